//! What field selectors may ask of each kind, beside name and namespace.
//! It must never know the grammar of selectors.

use std::sync::Arc;

use serde_json::Value;

use super::resource::Resource;

/// Names of the fields of a kind that may be selected by, each with where its value is.
/// As `selectableFields` and the kinds' `AddFieldLabelConversionFunc` have them in Kubernetes 1.37.
fn of_kind(resource: &Resource) -> &'static [(&'static str, &'static str)] {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => &[
            ("spec.nodeName", "/spec/nodeName"),
            ("spec.restartPolicy", "/spec/restartPolicy"),
            ("spec.schedulerName", "/spec/schedulerName"),
            ("spec.serviceAccountName", "/spec/serviceAccountName"),
            ("spec.hostNetwork", "/spec/hostNetwork"),
            ("status.phase", "/status/phase"),
            ("status.podIP", "/status/podIP"),
            ("status.podIPs", "/status/podIPs"),
            ("status.nominatedNodeName", "/status/nominatedNodeName"),
        ],
        ("", "events") => &[
            ("involvedObject.kind", "/involvedObject/kind"),
            ("involvedObject.namespace", "/involvedObject/namespace"),
            ("involvedObject.name", "/involvedObject/name"),
            ("involvedObject.uid", "/involvedObject/uid"),
            ("involvedObject.apiVersion", "/involvedObject/apiVersion"),
            ("involvedObject.resourceVersion", "/involvedObject/resourceVersion"),
            ("involvedObject.fieldPath", "/involvedObject/fieldPath"),
            ("reason", "/reason"),
            ("reportingComponent", "/reportingComponent"),
            ("source", "/source/component"),
            ("type", "/type"),
        ],
        ("events.k8s.io", "events") => &[
            ("regarding.kind", "/involvedObject/kind"),
            ("regarding.namespace", "/involvedObject/namespace"),
            ("regarding.name", "/involvedObject/name"),
            ("regarding.uid", "/involvedObject/uid"),
            ("regarding.apiVersion", "/involvedObject/apiVersion"),
            ("regarding.resourceVersion", "/involvedObject/resourceVersion"),
            ("regarding.fieldPath", "/involvedObject/fieldPath"),
            ("reason", "/reason"),
            ("reportingController", "/reportingComponent"),
            ("type", "/type"),
        ],
        ("", "nodes") => &[("spec.unschedulable", "/spec/unschedulable")],
        ("", "namespaces") => &[("status.phase", "/status/phase")],
        ("", "secrets") => &[("type", "/type")],
        ("", "services") => &[("spec.clusterIP", "/spec/clusterIP"), ("spec.type", "/spec/type")],
        ("", "replicationcontrollers") => &[("status.replicas", "/status/replicas")],
        ("batch", "jobs") => &[("status.successful", "/status/succeeded")],
        ("certificates.k8s.io", "certificatesigningrequests") => &[("spec.signerName", "/spec/signerName")],
        _ => &[],
    }
}

/// What an object, as it is kept, says in the fields that may be selected by.
pub fn of(resource: &Resource, value: &Value) -> Vec<(Arc<str>, String)> {
    // Events are kept in the core version, whichever version wrote them.
    let names = of_kind(resource);
    let mut found: Vec<(Arc<str>, String)> = names
        .iter()
        .map(|(name, pointer)| (Arc::from(*name), text(resource, name, value.pointer(pointer))))
        .collect();
    if resource.shelf.plural == "events" && resource.shelf.group.is_empty() {
        found = both_kinds_of_events(value);
    }
    for path in resource.custom.iter().flat_map(|custom| &custom.selectable) {
        let pointer = path.replace('.', "/");
        let name = path.strip_prefix('.').unwrap_or(path);
        found.push((Arc::from(name), text(resource, name, value.pointer(&pointer))));
    }
    found
}

fn both_kinds_of_events(value: &Value) -> Vec<(Arc<str>, String)> {
    let read = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let mut found: Vec<(Arc<str>, String)> = Vec::new();
    for part in ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"] {
        let value = read(&format!("/involvedObject/{part}"));
        found.push((Arc::from(format!("involvedObject.{part}")), value.to_owned()));
        found.push((Arc::from(format!("regarding.{part}")), value.to_owned()));
    }
    let component = read("/source/component");
    let reporting = read("/reportingComponent");
    let source = if component.is_empty() { reporting } else { component };
    for (name, value) in [
        ("reason", read("/reason")),
        ("type", read("/type")),
        ("source", source),
        ("reportingComponent", reporting),
        ("reportingController", reporting),
    ] {
        found.push((Arc::from(name), value.to_owned()));
    }
    found
}

/// The value as selectors compare it: absent numbers are 0 and absent truths false, as in Go.
fn text(resource: &Resource, name: &str, value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            let ips = items.iter().filter_map(|item| item.get("ip").and_then(Value::as_str));
            ips.collect::<Vec<_>>().join(",")
        }
        Some(Value::Null) | None if resource.custom.is_none() => match name {
            "spec.hostNetwork" | "spec.unschedulable" => "false".into(),
            "status.replicas" | "status.successful" => "0".into(),
            _ => String::new(),
        },
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// The names that a field selector on this kind may use, name and namespace first.
pub fn names(resource: &Resource) -> Vec<String> {
    let mut names = vec!["metadata.name".to_owned()];
    if resource.namespaced || resource.custom.is_none() {
        names.push("metadata.namespace".to_owned());
    }
    names.extend(of_kind(resource).iter().map(|(name, _)| (*name).to_owned()));
    let custom = resource.custom.iter().flat_map(|custom| &custom.selectable);
    names.extend(custom.map(|path| path.strip_prefix('.').unwrap_or(path).to_owned()));
    names
}
