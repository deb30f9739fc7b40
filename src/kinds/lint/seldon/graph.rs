//! Rules on the nodes of a predictor's graph, as the operator's webhook has them.
//! It must never look at replicas or names of children.

use super::super::{Finding, Severity};
use super::{Predictor, Sdep, Unit, known_words, text};
use crate::structural;

/// Servers that the chart's seldon-config ConfigMap brings along.
const SERVERS: &[&str] = &[
    "SKLEARN_SERVER",
    "XGBOOST_SERVER",
    "MLFLOW_SERVER",
    "TENSORFLOW_SERVER",
    "TRITON_SERVER",
    "TEMPO_SERVER",
    "HUGGINGFACE_SERVER",
];

/// What the orchestrator does itself.
const BUILT_IN: &[&str] =
    &["SIMPLE_MODEL", "SIMPLE_ROUTER", "RANDOM_ABTEST", "AVERAGE_COMBINER", "UNKNOWN_IMPLEMENTATION"];

const TYPES: &[&str] = &["MODEL", "ROUTER", "COMBINER", "TRANSFORMER", "OUTPUT_TRANSFORMER", "UNKNOWN_TYPE"];
const METHODS: &[&str] = &["TRANSFORM_INPUT", "TRANSFORM_OUTPUT", "ROUTE", "AGGREGATE", "SEND_FEEDBACK"];
const PARAMETERS: &[&str] = &["INT", "FLOAT", "DOUBLE", "STRING", "BOOL"];

pub(super) fn lint(sdep: &Sdep<'_>, predictor: &Predictor<'_>, findings: &mut Vec<Finding>) {
    for unit in &predictor.units {
        match unit.is_prepackaged() {
            true => prepackaged(sdep, predictor, unit, findings),
            false => custom(predictor, unit, findings),
        }
        words(unit, findings);
        if let Some(logger) = unit.value.get("logger").filter(|logger| logger.is_object())
            && text(logger, "mode").is_empty()
        {
            let message = format!("the logger of node {} has no mode", unit.name);
            let finding =
                Finding::refused("logger-mode", format!("{}/logger", unit.pointer), message).at_key();
            findings.push(finding.help("It is all, request or response."));
        }
    }
    transports(sdep, predictor, findings);
    let no_engine = predictor.value["annotations"].get("seldon.io/no-engine").is_some();
    if no_engine && predictor.units.len() > 1 {
        let message = format!(
            "seldon.io/no-engine is for graphs of one node, and this has {}: nothing would join them",
            predictor.units.len()
        );
        let pointer = format!("{}/annotations/seldon.io~1no-engine", predictor.pointer);
        findings.push(Finding::refused("no-engine", pointer, message));
    }
}

/// A node that a container serves, or the orchestrator itself.
fn custom(predictor: &Predictor<'_>, unit: &Unit<'_>, findings: &mut Vec<Finding>) {
    if !unit.implementation().is_empty() || unit.name.is_empty() {
        return;
    }
    if predictor.container(unit.name).is_none() {
        let names: Vec<&str> = predictor.containers().map(|container| container.name).collect();
        let message = format!("node `{}` has no container of its name and no implementation", unit.name);
        let finding = Finding::refused("no-container", format!("{}/name", unit.pointer), message);
        findings.push(finding.help(match structural::nearest(unit.name, names.iter().copied()) {
            Some(near) => format!("A container is named `{near}`."),
            None if names.is_empty() => {
                "Add a container to componentSpecs, or an implementation such as SKLEARN_SERVER.".into()
            }
            None => format!("Containers are named {}.", names.join(", ")),
        }));
    }
    let methods = unit.value.get("methods").and_then(|methods| methods.as_array()).map_or(0, Vec::len);
    if text(unit.value, "type") == "UNKNOWN_TYPE" && methods == 0 {
        let message = format!("node `{}` is of type UNKNOWN_TYPE and names no methods", unit.name);
        let finding = Finding::refused("no-methods", format!("{}/type", unit.pointer), message);
        findings.push(finding.help("Write a type such as MODEL, or the methods that its container has."));
    }
}

/// A node that a prepackaged server serves.
fn prepackaged(sdep: &Sdep<'_>, predictor: &Predictor<'_>, unit: &Unit<'_>, findings: &mut Vec<Finding>) {
    let (name, server) = (unit.name, unit.implementation());
    let pointer = format!("{}/implementation", unit.pointer);
    let image = predictor.container(name).is_some_and(|container| !text(container.value, "image").is_empty());
    if !SERVERS.contains(&server) && !image {
        let message =
            format!("no prepackaged server is named `{server}`, unless the cluster's seldon-config says so");
        let known: Vec<&str> = SERVERS.iter().chain(BUILT_IN).copied().collect();
        findings.push(
            Finding::ignored("unknown-implementation", &pointer, message).help(known_words(server, &known)),
        );
    }
    if text(unit.value, "modelUri").is_empty() {
        match server {
            "HUGGINGFACE_SERVER" => {
                let message = "operators before 1.14 refuse a HUGGINGFACE_SERVER without modelUri";
                findings.push(Finding::new("no-model-uri", Severity::Older, &unit.pointer, message).at_key());
            }
            _ => {
                let message = format!("node `{name}` has no modelUri for its {server} to load");
                findings.push(Finding::refused("no-model-uri", &unit.pointer, message).at_key());
            }
        }
    }
    let refuses =
        matches!(server, "SKLEARN_SERVER" | "XGBOOST_SERVER" | "MLFLOW_SERVER" | "HUGGINGFACE_SERVER");
    if text(sdep.spec, "protocol") == "tensorflow" && refuses {
        let message = format!("{server} does not speak the tensorflow protocol");
        findings.push(Finding::refused("protocol", pointer, message).help("TENSORFLOW_SERVER does."));
    }
}

/// Words that neither schema nor webhook looks at, and that mean nothing if misspelt.
fn words(unit: &Unit<'_>, findings: &mut Vec<Finding>) {
    let mut check = |word: &str, pointer: String, known: &[&str], what: &str| {
        if !word.is_empty() && !known.contains(&word) {
            let message = format!("{what} `{word}` is unknown to the orchestrator");
            findings.push(Finding::ignored("unknown-value", pointer, message).help(known_words(word, known)));
        }
    };
    let pointer = |rest: &str| format!("{}/{rest}", unit.pointer);
    check(text(unit.value, "type"), pointer("type"), TYPES, "the node type");
    for (index, method) in super::list(unit.value, "methods").iter().enumerate() {
        check(
            method.as_str().unwrap_or_default(),
            pointer(&format!("methods/{index}")),
            METHODS,
            "the method",
        );
    }
    for (index, parameter) in super::list(unit.value, "parameters").iter().enumerate() {
        let pointer = pointer(&format!("parameters/{index}/type"));
        check(text(parameter, "type"), pointer, PARAMETERS, "the parameter type");
    }
    if let Some(logger) = unit.value.get("logger") {
        check(
            text(logger, "mode"),
            pointer("logger/mode"),
            &["all", "request", "response"],
            "the logger mode",
        );
    }
}

/// All endpoints of a deployment speak one transport, that of spec.transport if it says one. The webhook looks
/// over all predictors; the first endpoint that differs is told.
fn transports(sdep: &Sdep<'_>, predictor: &Predictor<'_>, findings: &mut Vec<Finding>) {
    fn endpoint<'a>(unit: &Unit<'a>) -> &'a str {
        unit.value.get("endpoint").map_or("", |endpoint| text(endpoint, "type"))
    }
    let all = sdep.predictors.iter().flat_map(|predictor| &predictor.units);
    let first = all.map(endpoint).find(|kind| !kind.is_empty());
    let wanted = match text(sdep.spec, "transport") {
        "rest" => Some("REST"),
        "grpc" => Some("GRPC"),
        _ => None,
    };
    for unit in &predictor.units {
        let kind = endpoint(unit);
        let pointer = format!("{}/endpoint/type", unit.pointer);
        if kind.is_empty() {
            continue;
        }
        if let Some(first) = first.filter(|first| *first != kind) {
            let message =
                format!("endpoint types are mixed: {kind} here, {first} before; a deployment has one");
            let finding = Finding::refused("mixed-transport", pointer, message);
            findings.push(finding.help("Leave endpoint.type out and write spec.transport."));
        } else if let Some(wanted) =
            wanted.filter(|wanted| *wanted != kind && matches!(kind, "REST" | "GRPC"))
        {
            let message = format!("the endpoint is {kind}, and spec.transport says {wanted}");
            findings
                .push(Finding::refused("mixed-transport", pointer, message).help("Leave endpoint.type out."));
        } else if !matches!(kind, "REST" | "GRPC") {
            let message = format!("the endpoint type `{kind}` is unknown to the orchestrator");
            findings.push(
                Finding::ignored("unknown-value", pointer, message)
                    .help(known_words(kind, &["REST", "GRPC"])),
            );
        }
    }
}
