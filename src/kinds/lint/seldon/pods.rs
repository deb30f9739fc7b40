//! Rules on the pods of a predictor that its Deployments would be refused for, or its containers fight over.
//! It must never repeat what the schema says.

use std::collections::BTreeMap;

use crate::json::Value;

use super::super::{Finding, names};
use super::{Component, Container, Predictor, known_words, text};

pub(super) fn lint(predictor: &Predictor<'_>, findings: &mut Vec<Finding>) {
    for (index, component) in predictor.components.iter().enumerate() {
        let restart = text(&component.value["spec"], "restartPolicy");
        if !matches!(restart, "" | "Always") {
            let message = format!("the pods of a Deployment restart Always, not {restart}");
            findings.push(Finding::refused(
                "unknown-value",
                format!("{}/spec/restartPolicy", component.pointer),
                message,
            ));
        }
        for container in &component.containers {
            containers(predictor, container, findings);
            mounts(component, container, findings);
        }
        repeated_names(component, findings);
        ports(predictor, component, index == 0, findings);
        autoscalers(component, findings);
    }
}

fn containers(predictor: &Predictor<'_>, container: &Container<'_>, findings: &mut Vec<Finding>) {
    let name = container.name;
    if let Some(fault) = names::label_fault(name).filter(|_| !name.is_empty()) {
        let message = format!("the container name `{name}` {fault}");
        findings.push(Finding::refused("bad-name", format!("{}/name", container.pointer), message));
    }
    let served = predictor.units.iter().any(|unit| unit.name == name && unit.is_prepackaged());
    if text(container.value, "image").is_empty() && !served {
        let message = format!("container `{name}` has no image, and no prepackaged server gives it one");
        findings.push(Finding::refused("no-image", &container.pointer, message).at_key());
    }
    word(
        container.value,
        &container.pointer,
        "imagePullPolicy",
        &["Always", "IfNotPresent", "Never"],
        findings,
    );
    let mut seen: Vec<&str> = Vec::new();
    for (index, port) in super::list(container.value, "ports").iter().enumerate() {
        let pointer = format!("{}/ports/{index}", container.pointer);
        if let Some(number) = port.get("containerPort").and_then(Value::as_i64)
            && !(1..=65535).contains(&number)
        {
            let message = format!("a port is a number from 1 to 65535, not {number}");
            findings.push(Finding::refused("bad-port", format!("{pointer}/containerPort"), message));
        }
        word(port, &pointer, "protocol", &["TCP", "UDP", "SCTP"], findings);
        let name = text(port, "name");
        if name.len() > 15 {
            let message = format!("the port name `{name}` may not be longer than 15 characters");
            findings.push(Finding::refused("bad-port", format!("{pointer}/name"), message));
        }
        if !name.is_empty() && seen.contains(&name) {
            let message = format!("another port of the container is named `{name}` already");
            findings.push(Finding::refused("duplicate-item", format!("{pointer}/name"), message));
        }
        seen.push(name);
    }
}

/// A field that takes a few words only.
fn word(value: &Value, pointer: &str, field: &str, known: &[&str], findings: &mut Vec<Finding>) {
    let word = text(value, field);
    if !word.is_empty() && !known.contains(&word) {
        let message = format!("{field} cannot be `{word}`");
        let finding = Finding::refused("unknown-value", format!("{pointer}/{field}"), message);
        findings.push(finding.help(known_words(word, known)));
    }
}

fn repeated_names(component: &Component<'_>, findings: &mut Vec<Finding>) {
    for (index, container) in component.containers.iter().enumerate() {
        let earlier = |other: &Container<'_>| !other.name.is_empty() && other.name == container.name;
        if component.containers[..index].iter().any(earlier) {
            let message = format!("another container of the pod is named `{}` already", container.name);
            findings.push(Finding::refused("duplicate-item", format!("{}/name", container.pointer), message));
        }
    }
}

/// Containers of a pod share its ports, with the orchestrator too, which is in the pods of the first componentSpec.
fn ports(predictor: &Predictor<'_>, component: &Component<'_>, first: bool, findings: &mut Vec<Finding>) {
    let alone = ["seldon.io/no-engine", "seldon.io/engine-separate-pod"]
        .iter()
        .any(|key| predictor.value["annotations"].get(*key).is_some());
    let mut taken: BTreeMap<(i64, String), &str> = BTreeMap::new();
    if first && !alone {
        for port in [8000, 5001] {
            taken.insert((port, "TCP".into()), "seldon-container-engine");
        }
    }
    for container in &component.containers {
        let mut own = Vec::new();
        for (index, port) in super::list(container.value, "ports").iter().enumerate() {
            let Some(number) = port.get("containerPort").and_then(Value::as_i64) else { continue };
            let protocol = match text(port, "protocol") {
                "" => "TCP".to_owned(),
                other => other.to_owned(),
            };
            if let Some(holder) = taken.get(&(number, protocol.clone())) {
                let message = format!(
                    "port {number} is that of container {holder} in the same pod: only one can listen"
                );
                let pointer = format!("{}/ports/{index}/containerPort", container.pointer);
                findings.push(Finding::ignored("port-collision", pointer, message));
            }
            own.push((number, protocol));
        }
        own.into_iter().for_each(|key| {
            taken.entry(key).or_insert(container.name);
        });
    }
}

/// A mount names a volume of its pod, or one that the operator adds.
fn mounts(component: &Component<'_>, container: &Container<'_>, findings: &mut Vec<Finding>) {
    let volumes: Vec<&str> =
        super::list(&component.value["spec"], "volumes").iter().map(|volume| text(volume, "name")).collect();
    for (index, mount) in super::list(container.value, "volumeMounts").iter().enumerate() {
        let name = text(mount, "name");
        let added = name.is_empty() || name.ends_with("podinfo") || name.ends_with("provision-location");
        if !added && !volumes.contains(&name) {
            let message = format!("the pod has no volume `{name}` to mount");
            let pointer = format!("{}/volumeMounts/{index}/name", container.pointer);
            let finding = Finding::refused("no-volume", pointer, message);
            findings.push(
                finding.maybe_help(
                    crate::structural::nearest(name, volumes.iter().copied())
                        .map(|near| format!("Did you mean `{near}`?")),
                ),
            );
        }
    }
}

fn autoscalers(component: &Component<'_>, findings: &mut Vec<Finding>) {
    let number = |spec: &str, field: &str| component.value[spec].get(field).and_then(Value::as_i64);
    let bounds =
        [("hpaSpec", "minReplicas", "maxReplicas"), ("kedaSpec", "minReplicaCount", "maxReplicaCount")];
    for (spec, low, high) in bounds {
        let pointer = format!("{}/{spec}", component.pointer);
        if let Some(most) = number(spec, high).filter(|most| *most < 1) {
            let message = format!("{spec}.{high} must be at least 1, not {most}");
            findings.push(Finding::refused("bad-bounds", format!("{pointer}/{high}"), message));
        } else if let (Some(least), Some(most)) = (number(spec, low), number(spec, high))
            && least > most
        {
            let message = format!("{spec}.{low} is {least}, more than {high}, which is {most}");
            findings.push(Finding::refused("bad-bounds", format!("{pointer}/{low}"), message));
        }
    }
    if component.value["hpaSpec"].is_object() && component.value["kedaSpec"].is_object() {
        let message = "hpaSpec and kedaSpec would both scale one Deployment, against each other";
        findings.push(
            Finding::ignored("two-autoscalers", format!("{}/hpaSpec", component.pointer), message).at_key(),
        );
    }
}
