//! The names that the operator puts together, and what becomes of those that are too long or have odd letters.
//! It must never look at what the named things do.

use super::super::{Finding, names};
use super::{Predictor, Sdep, text};

/// How long a name of a Deployment, Service or label value may be; longer ones are replaced by a hash.
const LONGEST: usize = 63;

pub(super) fn lint(sdep: &Sdep<'_>, findings: &mut Vec<Finding>) {
    if sdep.name.contains('.') {
        let message = format!(
            "Services of this deployment begin with its name, and `{}` has dots, which names of Services may not",
            sdep.name
        );
        findings.push(Finding::refused("bad-name", "/metadata/name", message));
    }
    if sdep.name.len() > LONGEST {
        hashed(sdep.name, "the label seldon-deployment-id", "/metadata/name", findings);
    }
    for predictor in &sdep.predictors {
        if let Some(fault) = names::label_fault(predictor.name).filter(|_| !predictor.name.is_empty()) {
            let message = format!("the predictor name `{}` {fault}: it is part of names", predictor.name);
            findings.push(Finding::refused("bad-name", format!("{}/name", predictor.pointer), message));
            continue;
        }
        composed(sdep, predictor, findings);
    }
}

fn composed(sdep: &Sdep<'_>, predictor: &Predictor<'_>, findings: &mut Vec<Finding>) {
    let at = |rest: &str| format!("{}{rest}", predictor.pointer);
    let base = format!("{}-{}", sdep.name, predictor.name);
    if base.len() > LONGEST && predictor.annotation("seldon.io/svc-name").is_none() {
        hashed(&base, "the predictor's Service", &at("/name"), findings);
    }
    let explainer = !text(&predictor.value["explainer"], "type").is_empty();
    if explainer && base.len() + "-explainer".len() > LONGEST {
        hashed(&format!("{base}-explainer"), "the explainer's Deployment", &at("/explainer"), findings);
    }
    for (index, component) in predictor.components.iter().enumerate() {
        let named = text(&component.value["metadata"], "name");
        let mut suffix = named.to_owned();
        if named.is_empty() {
            let containers: Vec<&str> = component.containers.iter().map(|container| container.name).collect();
            suffix = containers.join("-");
        }
        let name = format!("{base}-{index}-{suffix}");
        if name.len() > LONGEST && !suffix.is_empty() {
            let pointer = if named.is_empty() {
                component.pointer.clone()
            } else {
                format!("{}/metadata/name", component.pointer)
            };
            hashed(&name, "the Deployment", &pointer, findings);
        }
    }
    for unit in predictor.units.iter().filter(|unit| !unit.name.is_empty()) {
        let name = format!("{base}-{}", unit.name);
        if name.len() > LONGEST {
            hashed(
                &name,
                &format!("the Service of node {}", unit.name),
                &format!("{}/name", unit.pointer),
                findings,
            );
        }
        if unit.is_prepackaged()
            && let Some(fault) = names::label_fault(unit.name)
        {
            let message = format!("the node name `{}` {fault}: its container is named so", unit.name);
            findings.push(Finding::refused("bad-name", format!("{}/name", unit.pointer), message));
        }
    }
}

fn hashed(name: &str, what: &str, pointer: &str, findings: &mut Vec<Finding>) {
    let message = format!(
        "{what} would be named `{name}`, {} characters long, more than {LONGEST}: the operator replaces it by `seldon-` and a hash",
        name.len()
    );
    let finding = Finding::ignored("long-name", pointer, message);
    findings.push(finding.help("Shorten the names of the deployment, the predictor or the containers."));
}
