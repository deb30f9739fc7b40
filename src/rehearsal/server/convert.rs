//! Between the version in which an object is kept and those that are served.
//! It must never validate.

use crate::json::{Map, Value, json};

use super::model;
use super::resource::Resource;
use crate::rehearsal::builtin;

/// Whether the version served is the one that is kept, so that bytes may go out as they are.
pub fn is_as_kept(resource: &Resource) -> bool {
    resource.version == resource.stored && resource.group == resource.shelf.group
}

/// An object as kept, in the version that this resource serves.
pub fn served(resource: &Resource, mut kept: Value) -> Value {
    if is_as_kept(resource) {
        return kept;
    }
    set_version(&mut kept, &resource.api_version());
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("events.k8s.io", "events") => model::normal(resource, event_served(kept), None),
        ("autoscaling", "horizontalpodautoscalers") => model::normal(resource, autoscaler_served(kept), None),
        _ => kept,
    }
}

/// An object in the version that this resource serves, as it is to be kept.
pub fn kept(resource: &Resource, mut object: Value) -> Value {
    if is_as_kept(resource) {
        return object;
    }
    let api_version = super::resource::api_version(&resource.shelf.group, &resource.stored);
    set_version(&mut object, &api_version);
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("events.k8s.io", "events") => in_form("v1", "Event", event_kept(object)),
        ("autoscaling", "horizontalpodautoscalers") => {
            in_form("autoscaling/v2", "HorizontalPodAutoscaler", autoscaler_kept(object))
        }
        _ => object,
    }
}

fn in_form(api_version: &str, kind: &str, object: Value) -> Value {
    match builtin::schema(api_version, kind) {
        Some(schema) => builtin::normal(schema, &object, None),
        None => object,
    }
}

fn set_version(object: &mut Value, api_version: &str) {
    if let Some(map) = object.as_object_mut() {
        map.insert("apiVersion".into(), api_version.into());
    }
}

/// Fields of an Event: in events.k8s.io/v1, and in v1.
const EVENT: [(&str, &str); 7] = [
    ("regarding", "involvedObject"),
    ("note", "message"),
    ("reportingController", "reportingComponent"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
];

fn event_served(event: Value) -> Value {
    rename(event, |key| EVENT.iter().find(|(_, core)| *core == key).map(|(new, _)| *new))
}

fn event_kept(event: Value) -> Value {
    let mut event = rename(event, |key| EVENT.iter().find(|(new, _)| *new == key).map(|(_, core)| *core));
    if let Some(map) = event.as_object_mut() {
        // What the core version always writes down.
        for (key, value) in
            [("source", json!({})), ("firstTimestamp", Value::Null), ("lastTimestamp", Value::Null)]
        {
            map.entry(key).or_insert(value);
        }
    }
    event
}

fn rename(object: Value, name: impl Fn(&str) -> Option<&'static str>) -> Value {
    match object {
        Value::Object(map) => Value::Object(
            map.into_iter().map(|(key, value)| (name(&key).map_or(key, Into::into), value)).collect(),
        ),
        other => other,
    }
}

/// The metrics that v1 has no field for are lost to it; a real server hides them in annotations.
fn autoscaler_served(mut autoscaler: Value) -> Value {
    if let Some(spec) = autoscaler.get_mut("spec").and_then(Value::as_object_mut) {
        let metrics = spec.shift_remove("metrics").unwrap_or_default();
        spec.shift_remove("behavior");
        let cpu = metrics.as_array().into_iter().flatten().find(|metric| metric["resource"]["name"] == "cpu");
        let target = cpu.map(|metric| metric["resource"]["target"]["averageUtilization"].clone());
        if let Some(target) = target.filter(|target| !target.is_null()) {
            spec.insert("targetCPUUtilizationPercentage".into(), target);
        }
    }
    if let Some(status) = autoscaler.get_mut("status").and_then(Value::as_object_mut) {
        let metrics = status.shift_remove("currentMetrics").unwrap_or_default();
        status.shift_remove("conditions");
        status.entry("currentReplicas").or_insert(0.into());
        let cpu = metrics.as_array().into_iter().flatten().find(|metric| metric["resource"]["name"] == "cpu");
        let current = cpu.map(|metric| metric["resource"]["current"]["averageUtilization"].clone());
        if let Some(current) = current.filter(|current| !current.is_null()) {
            status.insert("currentCPUUtilizationPercentage".into(), current);
        }
    }
    autoscaler
}

fn autoscaler_kept(mut autoscaler: Value) -> Value {
    let spec = autoscaler.get_mut("spec").and_then(Value::as_object_mut);
    if let Some((spec, target)) = spec.and_then(|spec| {
        let target = spec.shift_remove("targetCPUUtilizationPercentage")?;
        Some((spec, target))
    }) {
        let metric = json!([{ "type": "Resource", "resource": { "name": "cpu",
            "target": { "type": "Utilization", "averageUtilization": target } } }]);
        spec.insert("metrics".into(), metric);
    }
    if let Some(status) = autoscaler.get_mut("status").and_then(Value::as_object_mut) {
        status.shift_remove("currentCPUUtilizationPercentage");
        status.entry("currentMetrics").or_insert(Value::Null);
    }
    autoscaler
}

/// The fields of an object that is nothing yet, as Go writes them: in bookmarks.
pub fn blank(resource: &Resource) -> Map {
    let template = || json!({ "metadata": {}, "spec": { "containers": null } });
    let fields = match (resource.group.as_str(), resource.plural.as_str()) {
        _ if resource.custom.is_some() => json!({}),
        ("", "pods") => json!({ "spec": { "containers": null }, "status": {} }),
        ("", "services") => json!({ "spec": {}, "status": { "loadBalancer": {} } }),
        ("", "namespaces" | "nodes" | "persistentvolumes" | "resourcequotas" | "replicationcontrollers") => {
            json!({ "spec": {}, "status": {} })
        }
        ("", "persistentvolumeclaims") => json!({ "spec": { "resources": {} }, "status": {} }),
        ("", "events") => json!({
            "involvedObject": {}, "source": {}, "firstTimestamp": null, "lastTimestamp": null,
            "eventTime": null, "reportingComponent": "", "reportingInstance": "",
        }),
        ("apps", "deployments") => json!({
            "spec": { "replicas": 0, "selector": null, "template": template(), "strategy": {} }, "status": {},
        }),
        ("apps", "replicasets") => json!({
            "spec": { "replicas": 0, "selector": null, "template": { "metadata": {}, "spec": { "containers": null } } },
            "status": { "replicas": 0 },
        }),
        ("batch", "jobs") => json!({ "spec": { "template": template() }, "status": {} }),
        _ => json!({}),
    };
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
