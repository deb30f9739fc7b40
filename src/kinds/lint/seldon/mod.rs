//! The lint of a SeldonDeployment: its schema, its webhook's rules, and what its operator makes of it.
//! It must never know a cluster: what depends on one (the seldon-config ConfigMap) is a warning.

mod deployment;
mod graph;
mod names;
mod pods;
mod predictors;
mod replicas;

use crate::json::Value;
use std::sync::Arc;

use super::{Finding, Severity, Version, known, violations};
use crate::structural;

/// Everything there is to say about an object of the group machinelearning.seldon.io.
pub(super) fn lint(object: &Value, version: &str, kind: &str, given: Option<&Version<'_>>) -> Vec<Finding> {
    if kind != "SeldonDeployment" {
        let message = format!("the group machinelearning.seldon.io has no kind {kind}");
        return vec![
            Finding::refused("unknown-kind", "/kind", message).help("Its only kind is SeldonDeployment."),
        ];
    }
    if let Some(given) = given {
        let told = given.deprecated.is_some() || !given.served.contains(&NEWEST);
        let mut findings: Vec<Finding> = older(version).filter(|_| !told).into_iter().collect();
        findings.extend(violations::lint(given.schema, &|| None, object));
        rules(object, &mut findings);
        return findings;
    }
    let mut findings: Vec<Finding> = match version {
        NEWEST => Vec::new(),
        _ => vec![older(version).unwrap_or_else(|| unknown(version))],
    };
    if let Some(schema) = known::schema("machinelearning.seldon.io", kind, false) {
        let newer = || known::schema("machinelearning.seldon.io", kind, true).map(Arc::as_ref);
        findings.extend(violations::lint(schema, &newer, object));
        too_deep(object, &mut findings);
    }
    rules(object, &mut findings);
    findings
}

/// What the webhook and the operator have to say, whatever the schema.
fn rules(object: &Value, findings: &mut Vec<Finding>) {
    if has(object, "status") {
        let message = "a status in a manifest is dropped: the operator writes it";
        findings.push(Finding::ignored("server-field", "/status", message).at_key());
    }
    let sdep = Sdep::of(object);
    deployment::lint(&sdep, findings);
    predictors::lint(&sdep, findings);
    for predictor in &sdep.predictors {
        graph::lint(&sdep, predictor, findings);
        pods::lint(predictor, findings);
    }
    names::lint(&sdep, findings);
    replicas::lint(&sdep, findings);
}

/// The version that is stored, and in which one writes.
const NEWEST: &str = "v1";

fn older(version: &str) -> Option<Finding> {
    matches!(version, "v1alpha2" | "v1alpha3").then(|| {
        let message = format!("{version} is an older version of SeldonDeployment, served and stored as v1");
        let finding = Finding::new("older-version", Severity::Older, "/apiVersion", message);
        finding.help("Write machinelearning.seldon.io/v1: the fields are the same.")
    })
}

fn unknown(version: &str) -> Finding {
    let message = format!("SeldonDeployment has no version {version}");
    Finding::refused("unknown-kind", "/apiVersion", message).help("Write machinelearning.seldon.io/v1.")
}

/// The CRD unrolls a graph ten levels below its root; what is deeper is an unknown field.
fn too_deep(object: &Value, findings: &mut Vec<Finding>) {
    fn walk(unit: &Value, pointer: &str, depth: usize, findings: &mut Vec<Finding>) {
        if depth == 10 && unit.get("children").is_some() {
            let message =
                "graphs are at most ten levels deep below their root: deeper children are refused or dropped";
            findings.push(Finding::refused("unknown-field", format!("{pointer}/children"), message).at_key());
            return;
        }
        for (index, child) in list(unit, "children").iter().enumerate() {
            walk(child, &format!("{pointer}/children/{index}"), depth + 1, findings);
        }
    }
    for (index, predictor) in list(&object["spec"], "predictors").iter().enumerate() {
        walk(&predictor["graph"], &format!("/spec/predictors/{index}/graph"), 0, findings);
    }
}

/// A SeldonDeployment taken apart. Parts of a wrong type count as absent: the schema has told of them.
struct Sdep<'a> {
    name: &'a str,
    spec: &'a Value,
    predictors: Vec<Predictor<'a>>,
}

struct Predictor<'a> {
    value: &'a Value,
    pointer: String,
    name: &'a str,
    components: Vec<Component<'a>>,
    units: Vec<Unit<'a>>,
}

struct Component<'a> {
    value: &'a Value,
    pointer: String,
    containers: Vec<Container<'a>>,
}

struct Container<'a> {
    value: &'a Value,
    pointer: String,
    name: &'a str,
}

/// A node of a graph.
struct Unit<'a> {
    value: &'a Value,
    pointer: String,
    name: &'a str,
}

impl<'a> Sdep<'a> {
    fn of(object: &'a Value) -> Sdep<'a> {
        let spec = &object["spec"];
        let predictors = list(spec, "predictors").iter().enumerate();
        Sdep {
            name: object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default(),
            spec,
            predictors: predictors
                .map(|(index, value)| Predictor::of(value, format!("/spec/predictors/{index}")))
                .collect(),
        }
    }
}

impl<'a> Predictor<'a> {
    fn of(value: &'a Value, pointer: String) -> Predictor<'a> {
        let components = list(value, "componentSpecs").iter().enumerate();
        let components = components
            .map(|(index, value)| {
                let pointer = format!("{pointer}/componentSpecs/{index}");
                let containers = list(&value["spec"], "containers").iter().enumerate();
                let containers = containers
                    .map(|(index, value)| Container {
                        value,
                        pointer: format!("{pointer}/spec/containers/{index}"),
                        name: text(value, "name"),
                    })
                    .collect();
                Component { value, pointer, containers }
            })
            .collect();
        let mut units = Vec::new();
        if value["graph"].is_object() {
            collect(&value["graph"], format!("{pointer}/graph"), &mut units);
        }
        Predictor { value, name: text(value, "name"), components, units, pointer }
    }

    /// The name, or what else people can tell it by.
    fn title(&self) -> &str {
        if self.name.is_empty() { self.pointer.trim_start_matches("/spec/") } else { self.name }
    }

    fn container(&self, name: &str) -> Option<&Container<'a>> {
        self.containers().find(|container| container.name == name)
    }

    fn containers(&self) -> impl Iterator<Item = &Container<'a>> {
        self.components.iter().flat_map(|component| &component.containers)
    }

    fn annotation(&self, key: &str) -> Option<&'a str> {
        self.value["annotations"].get(key).and_then(Value::as_str)
    }
}

fn collect<'a>(value: &'a Value, pointer: String, units: &mut Vec<Unit<'a>>) {
    units.push(Unit { value, pointer: pointer.clone(), name: text(value, "name") });
    for (index, child) in list(value, "children").iter().enumerate() {
        collect(child, format!("{pointer}/children/{index}"), units);
    }
}

impl Unit<'_> {
    fn implementation(&self) -> &str {
        match text(self.value, "implementation") {
            "UNKNOWN_IMPLEMENTATION" => "",
            other => other,
        }
    }

    /// Whether a prepackaged server serves the node: any implementation but those that the orchestrator has itself.
    fn is_prepackaged(&self) -> bool {
        !matches!(
            self.implementation(),
            "" | "SIMPLE_MODEL" | "SIMPLE_ROUTER" | "RANDOM_ABTEST" | "AVERAGE_COMBINER"
        )
    }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether a mapping has a field; null counts as none.
fn has(value: &Value, key: &str) -> bool {
    value.get(key).is_some_and(|value| !value.is_null())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// "Did you mean", or the list of what is known.
fn known_words(word: &str, known: &[&str]) -> String {
    match structural::nearest(word, known.iter().copied()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("Known are {}.", known.join(", ")),
    }
}
