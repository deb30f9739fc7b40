//! Replicas that decide nothing: every Deployment they would reach has a nearer field or an autoscaler.
//! It must never say which number a Deployment gets; that is the room of scaling.

use crate::json::Value;

use super::super::{Finding, Severity};
use super::{Component, Predictor, Sdep, has};

pub(super) fn lint(sdep: &Sdep<'_>, findings: &mut Vec<Finding>) {
    let mut top_loses_to = Vec::new();
    let mut top_decides = sdep.predictors.is_empty();
    for predictor in &sdep.predictors {
        let own =
            predictor.value.get("replicas").map(|_| format!("predictors[].replicas of {}", predictor.name));
        let mut own_loses_to = Vec::new();
        let mut own_decides =
            separate_orchestrator(predictor) && !has(&predictor.value["svcOrchSpec"], "replicas");
        for component in &predictor.components {
            match decided_by(component) {
                Some(nearer) => own_loses_to.push(nearer),
                None => own_decides = true,
            }
            beside_autoscaler(component, findings);
        }
        // Prepackaged servers without componentSpecs get one made for them.
        own_decides |= predictor.components.is_empty();
        match (&own, own_decides) {
            (Some(own), _) => top_loses_to.push(own.clone()),
            (None, true) => top_decides = true,
            (None, false) => top_loses_to.append(&mut own_loses_to.clone()),
        }
        if own.is_some() && !own_decides {
            let pointer = format!("{}/replicas", predictor.pointer);
            findings.push(losing(&pointer, &own_loses_to));
        }
        unused_orchestrator(predictor, findings);
        negative(predictor.value, &predictor.pointer, findings);
        predictor
            .components
            .iter()
            .for_each(|component| negative(component.value, &component.pointer, findings));
    }
    if has(sdep.spec, "replicas") && !top_decides {
        findings.push(losing("/spec/replicas", &top_loses_to));
    }
    negative(sdep.spec, "/spec", findings);
}

fn losing(pointer: &str, to: &[String]) -> Finding {
    let mut to: Vec<&str> = to.iter().map(String::as_str).collect();
    to.dedup();
    let message = format!("this number decides nothing: it is overruled by {}", to.join(" and "));
    Finding::new("losing-replicas", Severity::Losing, pointer, message)
        .help("The nearest field wins: kedaSpec, hpaSpec, componentSpecs[].replicas, predictors[].replicas, spec.replicas.")
}

/// What decides over a component's Deployment before its predictor does.
fn decided_by(component: &Component<'_>) -> Option<String> {
    autoscaler(component)
        .map(str::to_owned)
        .or_else(|| has(component.value, "replicas").then(|| "componentSpecs[].replicas".to_owned()))
}

fn autoscaler(component: &Component<'_>) -> Option<&'static str> {
    ["kedaSpec", "hpaSpec"].into_iter().find(|spec| component.value[*spec].is_object())
}

fn beside_autoscaler(component: &Component<'_>, findings: &mut Vec<Finding>) {
    if let Some(spec) = autoscaler(component).filter(|_| has(component.value, "replicas")) {
        findings.push(losing(&format!("{}/replicas", component.pointer), &[spec.to_owned()]));
    }
}

fn separate_orchestrator(predictor: &Predictor<'_>) -> bool {
    predictor.annotation("seldon.io/engine-separate-pod") == Some("true")
}

fn unused_orchestrator(predictor: &Predictor<'_>, findings: &mut Vec<Finding>) {
    if has(&predictor.value["svcOrchSpec"], "replicas") && !separate_orchestrator(predictor) {
        let pointer = format!("{}/svcOrchSpec/replicas", predictor.pointer);
        let message = "this number decides nothing: the orchestrator runs beside the model, in its pods";
        let finding = Finding::new("losing-replicas", Severity::Losing, pointer, message);
        findings.push(finding.help("It counts with the annotation seldon.io/engine-separate-pod: \"true\"."));
    }
}

fn negative(value: &Value, pointer: &str, findings: &mut Vec<Finding>) {
    if let Some(number) = value.get("replicas").and_then(Value::as_i64).filter(|number| *number < 0) {
        let message = format!("replicas cannot be fewer than none: {number}");
        findings.push(Finding::refused("bad-value", format!("{pointer}/replicas"), message));
    }
}
