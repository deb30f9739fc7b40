//! Rules among predictors: names, traffic, shadows, service names, and fields of one that have no effect.
//! It must never look into pods.

use super::super::{Finding, Severity};
use super::{Predictor, Sdep, has, known_words, text};
use crate::json::Value;

/// Explainers that some release has brought along.
const EXPLAINERS: &[&str] = &[
    "AnchorTabular",
    "AnchorImages",
    "AnchorText",
    "Counterfactuals",
    "Contrastive",
    "KernelShap",
    "IntegratedGradients",
    "ALE",
    "TreeShap",
];

pub(super) fn lint(sdep: &Sdep<'_>, findings: &mut Vec<Finding>) {
    repeated_names(sdep, findings);
    traffic(sdep, findings);
    shadows(sdep, findings);
    service_names(sdep, findings);
    for predictor in &sdep.predictors {
        without_effect(predictor, findings);
    }
}

fn repeated_names(sdep: &Sdep<'_>, findings: &mut Vec<Finding>) {
    for (index, predictor) in sdep.predictors.iter().enumerate() {
        let earlier = |other: &Predictor<'_>| !other.name.is_empty() && other.name == predictor.name;
        if sdep.predictors[..index].iter().any(earlier) {
            let message = format!("another predictor is named `{}` already", predictor.name);
            findings.push(Finding::refused(
                "duplicate-predictor",
                format!("{}/name", predictor.pointer),
                message,
            ));
        }
    }
}

fn is_shadow(predictor: &Predictor<'_>) -> bool {
    predictor.value.get("shadow").is_some_and(|shadow| shadow.as_bool() == Some(true))
}

fn traffic_of(predictor: &Predictor<'_>) -> i64 {
    predictor.value.get("traffic").and_then(Value::as_i64).unwrap_or(0)
}

fn traffic(sdep: &Sdep<'_>, findings: &mut Vec<Finding>) {
    let open: Vec<&Predictor<'_>> = sdep.predictors.iter().filter(|one| !is_shadow(one)).collect();
    let shadowed: i64 =
        sdep.predictors.iter().filter(|one| is_shadow(one)).map(traffic_of).fold(0, i64::saturating_add);
    let sum = open.iter().map(|one| traffic_of(one)).fold(0, i64::saturating_add);
    if open.len() > 1 && sum != 100 {
        let shares: Vec<String> =
            open.iter().map(|one| format!("{} {}", one.title(), traffic_of(one))).collect();
        let message =
            format!("the traffic of {} predictors must add up to 100, and adds up to {sum}", open.len());
        let mut finding = Finding::refused("traffic-sum", "/spec/predictors", message)
            .at_key()
            .help(format!("Percent by predictor: {}.", shares.join(", ")));
        if shadowed != 0 && sum.saturating_add(shadowed) == 100 {
            finding = finding
                .help("Since 1.14 a shadow's traffic does not count: it is the share that is mirrored.");
        }
        findings.push(finding);
    } else if open.len() > 1 && shadowed != 0 {
        let message = "operators up to 1.13 count the shadow's traffic in the sum of 100, and refuse this";
        findings.push(Finding::new("traffic-sum", Severity::Older, "/spec/predictors", message).at_key());
    }
    if let [only] = &sdep.predictors[..]
        && (1..100).contains(&sum)
    {
        let message = format!("the traffic of the only predictor must be 100 or left out, not {sum}");
        findings.push(Finding::refused("traffic-sum", format!("{}/traffic", only.pointer), message));
    }
}

fn shadows(sdep: &Sdep<'_>, findings: &mut Vec<Finding>) {
    let shadows: Vec<&Predictor<'_>> = sdep.predictors.iter().filter(|one| is_shadow(one)).collect();
    for shadow in &shadows {
        let traffic = traffic_of(shadow);
        if !(0..=100).contains(&traffic) {
            let message = format!("the traffic of a shadow is a percentage from 0 to 100, not {traffic}");
            findings.push(Finding::refused("shadow-traffic", format!("{}/traffic", shadow.pointer), message));
        }
    }
    if sdep.predictors.len() == 1 && shadows.len() == 1 {
        let message = "a shadow cannot be the only predictor: it mirrors the traffic of another";
        findings.push(Finding::refused("shadow", format!("{}/shadow", shadows[0].pointer), message));
    }
    for shadow in shadows.iter().skip(1) {
        let message = "only one predictor may be a shadow";
        findings.push(Finding::refused("shadow", format!("{}/shadow", shadow.pointer), message));
    }
}

fn service_names(sdep: &Sdep<'_>, findings: &mut Vec<Finding>) {
    let named = |predictor: &Predictor<'_>| predictor.annotation("seldon.io/svc-name").map(str::to_owned);
    for (index, predictor) in sdep.predictors.iter().enumerate() {
        let Some(name) = named(predictor) else { continue };
        let pointer = format!("{}/annotations/seldon.io~1svc-name", predictor.pointer);
        if let Some(fault) = super::super::names::label_fault(&name) {
            let message = format!("the service name `{name}` {fault}");
            findings.push(Finding::refused("bad-name", &pointer, message));
        }
        if sdep.predictors[..index].iter().any(|other| named(other).as_ref() == Some(&name)) {
            let message = format!("another predictor's service is named `{name}` already");
            let finding = Finding::refused("duplicate-service", pointer, message);
            findings.push(
                finding.help("Operators before 1.16 take it, and let the predictors share one Service."),
            );
        }
    }
}

fn without_effect(predictor: &Predictor<'_>, findings: &mut Vec<Finding>) {
    if has(predictor.value, "engineResources") {
        let message = "engineResources is read by no operator of version 1";
        let finding =
            Finding::ignored("no-effect", format!("{}/engineResources", predictor.pointer), message);
        findings.push(finding.at_key().help("Write svcOrchSpec.resources."));
    }
    let Some(explainer) = predictor.value.get("explainer").filter(|explainer| explainer.is_object()) else {
        return;
    };
    let pointer = format!("{}/explainer", predictor.pointer);
    match text(explainer, "type") {
        "" => {
            let message = "an explainer without a type is not made";
            let finding = Finding::ignored("no-effect", pointer, message).at_key();
            findings.push(finding.help(format!("Known types are {}.", EXPLAINERS.join(", "))));
        }
        kind if !EXPLAINERS.contains(&kind) => {
            let message = format!("no release of Seldon Core brings an explainer `{kind}` along");
            let finding = Finding::ignored("unknown-value", format!("{pointer}/type"), message);
            findings.push(finding.help(known_words(kind, EXPLAINERS)));
        }
        _ => {}
    }
}
