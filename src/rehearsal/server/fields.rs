//! What field selectors may ask of each kind, beside name and namespace.
//! It must never know the grammar of selectors.

use std::borrow::Cow;

use crate::json::Value;

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

/// Where a field that may be selected by is in objects as they are kept.
#[derive(Clone, Debug)]
pub struct Place {
    /// The first that is there.
    pointers: Vec<Cow<'static, str>>,
    /// What it says where nothing is: absent numbers are 0 and absent truths false, as in Go.
    nothing: &'static str,
}

impl Place {
    /// The place of a field, nothing if the kind has none of this name.
    pub fn of(resource: &Resource, name: &str) -> Option<Place> {
        let custom = resource.custom.iter().flat_map(|custom| &custom.selectable);
        let mut custom = custom.filter(|path| path.strip_prefix('.').unwrap_or(path) == name);
        if let Some(path) = custom.next() {
            return Some(Place { pointers: vec![path.replace('.', "/").into()], nothing: "" });
        }
        let (_, pointer) = of_kind(resource).iter().find(|(known, _)| *known == name)?;
        let mut pointers = vec![(*pointer).into()];
        if name == "source" {
            // In the newer form of events it is who reports them.
            pointers.push("/reportingComponent".into());
        }
        let nothing = match name {
            "spec.hostNetwork" | "spec.unschedulable" => "false",
            "status.replicas" | "status.successful" => "0",
            _ => "",
        };
        Some(Place { pointers, nothing })
    }

    /// The value as selectors compare it.
    pub fn read<'a>(&self, object: &'a Value) -> Cow<'a, str> {
        let mut found = self.pointers.iter().filter_map(|pointer| object.pointer(pointer));
        match found.find(|value| !value.is_null() && *value != "") {
            Some(Value::String(text)) => text.as_str().into(),
            Some(Value::Array(items)) => {
                let ips = items.iter().filter_map(|item| item.get("ip").and_then(Value::as_str));
                ips.collect::<Vec<_>>().join(",").into()
            }
            Some(other) => other.to_string().into(),
            None => self.nothing.into(),
        }
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
