//! The lint of Seldon Core v2: the schemas of its kinds, and the rules that its scheduler would refuse by.
//! It must never know the kinds of version 1.

use crate::json::Value;
use std::sync::Arc;

use super::{Finding, known, violations};
use crate::structural::{self, Schema};

pub(super) fn lint(object: &Value, kind: &str, given: Option<&Schema>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(schema) = given.or_else(|| known::schema("mlops.seldon.io", kind, true).map(Arc::as_ref)) {
        findings.extend(violations::lint(schema, &|| None, object));
    }
    let spec = &object["spec"];
    match kind {
        "Model" => {
            bounds(spec, &mut findings);
            if spec["explainer"].is_object() && spec["llm"].is_object() {
                let message = "a Model is an explainer or an llm, not both";
                findings.push(Finding::refused("both", "/spec/llm", message).at_key());
            }
        }
        "Server" => bounds(spec, &mut findings),
        "Pipeline" => steps(object, &mut findings),
        "Experiment" => candidates(spec, &mut findings),
        _ => {}
    }
    findings
}

/// Replicas lie within minReplicas and maxReplicas; 0 stands for no bound.
fn bounds(spec: &Value, findings: &mut Vec<Finding>) {
    let number = |field: &str| spec.get(field).and_then(Value::as_i64);
    let (least, most) = (number("minReplicas").unwrap_or(0), number("maxReplicas").unwrap_or(0));
    if most > 0 && least > most {
        let message = format!("minReplicas is {least}, more than maxReplicas, which is {most}");
        findings.push(Finding::refused("bad-bounds", "/spec/minReplicas", message));
    } else if let Some(replicas) = number("replicas") {
        if replicas < least {
            let message = format!("replicas is {replicas}, less than minReplicas, which is {least}");
            findings.push(Finding::refused("bad-bounds", "/spec/replicas", message));
        } else if most > 0 && replicas > most {
            let message = format!("replicas is {replicas}, more than maxReplicas, which is {most}");
            findings.push(Finding::refused("bad-bounds", "/spec/replicas", message));
        }
    }
}

/// Steps have names of their own, unlike the pipeline's, and inputs name steps or the pipeline
/// (scheduler/pkg/store/pipeline/validate.go of Seldon Core).
fn steps(object: &Value, findings: &mut Vec<Finding>) {
    let spec = &object["spec"];
    let pipeline = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    let steps = spec.get("steps").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut names: Vec<&str> =
        steps.iter().map(|step| step.get("name").and_then(Value::as_str).unwrap_or_default()).collect();
    for (index, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        let pointer = format!("/spec/steps/{index}/name");
        if names[..index].contains(name) {
            let message = format!("another step is named `{name}` already");
            findings.push(Finding::refused("duplicate-item", pointer, message));
        } else if *name == pipeline {
            let message = format!("a step may not be named as its pipeline: `{name}`");
            findings.push(Finding::refused("duplicate-item", pointer, message));
        }
    }
    if let Some(output) = spec.get("output") {
        inputs(output, "/spec/output", "steps", &names, findings);
    }
    names.push(pipeline);
    for (index, step) in steps.iter().enumerate() {
        for list in ["inputs", "triggers"] {
            inputs(step, &format!("/spec/steps/{index}"), list, &names, findings);
        }
    }
}

fn inputs(holder: &Value, pointer: &str, list: &str, names: &[&str], findings: &mut Vec<Finding>) {
    for (index, input) in holder.get(list).and_then(Value::as_array).into_iter().flatten().enumerate() {
        let Some(text) = input.as_str() else { continue };
        let step = text.split('.').next().unwrap_or(text);
        if !names.contains(&step) {
            let message = format!("no step is named `{step}`");
            let near = structural::nearest(step, names.iter().copied());
            let finding = Finding::refused("unknown-step", format!("{pointer}/{list}/{index}"), message);
            findings.push(finding.maybe_help(near.map(|near| format!("Did you mean `{near}`?"))));
        }
    }
}

/// The default of an experiment is one of its candidates.
fn candidates(spec: &Value, findings: &mut Vec<Finding>) {
    let candidates = spec.get("candidates").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let names: Vec<&str> = candidates.iter().filter_map(|one| one.get("name")?.as_str()).collect();
    if let Some(default) = spec.get("default").and_then(Value::as_str).filter(|name| !names.contains(name)) {
        let message = format!("the default `{default}` is no candidate of this experiment");
        let near = structural::nearest(default, names.iter().copied());
        let finding = Finding::refused("unknown-candidate", "/spec/default", message);
        findings.push(finding.maybe_help(near.map(|near| format!("Did you mean `{near}`?"))));
    }
}
