//! What each kind does with a write before it is judged: what a client may not set, and when a generation begins.
//! It must never look at other objects.

use crate::json::{Map, Text, Value, json};

use super::definition;
use super::meta;
use super::resource::Resource;

/// Prepares a new object: status is the business of controllers, generations begin at 1.
pub fn create(resource: &Resource, object: &mut Value) {
    let keeps_status = matches!(
        (resource.group.as_str(), resource.plural.as_str()),
        ("", "nodes") | ("apiextensions.k8s.io", "customresourcedefinitions")
    ) && resource.custom.is_none();
    let counts = resource.counts_generations || resource.custom.is_some();
    if counts {
        meta::edit(object, |meta| meta.insert("generation".into(), 1.into()));
    }
    let Some(map) = object.as_object_mut() else { return };
    if resource.has_status() && !keeps_status {
        map.shift_remove("status");
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        _ if resource.custom.is_some() => {}
        ("", "namespaces") => {
            let mut finalizers = map.get("spec").map(|spec| spec["finalizers"].clone()).unwrap_or_default();
            if !finalizers.is_array() {
                finalizers = json!([]);
            }
            let lacks = |list: &&mut Vec<Value>| !list.iter().any(|finalizer| finalizer == "kubernetes");
            if let Some(list) = finalizers.as_array_mut().filter(lacks) {
                list.push("kubernetes".into());
            }
            map.insert("spec".into(), json!({ "finalizers": finalizers }));
            map.insert("status".into(), json!({ "phase": "Active" }));
        }
        ("", "pods") => {
            let quality = quality(&map["spec"]);
            map.insert("status".into(), json!({ "phase": "Pending", "qosClass": quality }));
        }
        ("", "persistentvolumeclaims" | "persistentvolumes") => {
            map.insert("status".into(), json!({ "phase": "Pending" }));
        }
        _ => {}
    }
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
        definition::create(object);
    }
    if resource.is("batch", "jobs") {
        select_own(object);
    }
}

/// A Job's pods are told from others by its uid, unless it selects them itself.
fn select_own(job: &mut Value) {
    if job["spec"]["manualSelector"] == true {
        return;
    }
    let (uid, name) = (meta::text(job, "uid").to_owned(), meta::text(job, "name").to_owned());
    let template = &mut job["spec"]["template"]["metadata"]["labels"];
    if !template.is_object() {
        *template = json!({});
    }
    for (key, value) in [
        ("batch.kubernetes.io/controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &name),
        ("controller-uid", &uid),
        ("job-name", &name),
    ] {
        template[key] = value.as_str().into();
    }
    let labels = template.clone();
    job["spec"]["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"] = uid.into();
    meta::edit(job, |meta| {
        if meta.get("labels").is_none_or(|labels| labels.as_object().is_none_or(Map::is_empty)) {
            meta.insert("labels".into(), labels);
        }
    });
}

/// Prepares a change: what belongs to subresources stays, and a change of what is wanted begins a generation.
pub fn update(resource: &Resource, subresource: &str, object: &mut Value, old: &Value) {
    meta::edit(object, |meta| {
        match old["metadata"].get("generation") {
            Some(generation) => meta.insert("generation".into(), generation.clone()),
            None => meta.shift_remove("generation"),
        };
    });
    if let Some(map) = object.as_object_mut() {
        match subresource {
            "status" => keep_all_but_status(resource, map, old),
            _ if resource.has_status() => {
                keep(map, old, "status");
                if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
                    definition::remember_stored(map);
                }
            }
            _ => {}
        }
    }
    if resource.is("", "namespaces") && subresource != "finalize" {
        keep_finalizers(object, old);
    }
    let counts = resource.counts_generations || resource.custom.is_some();
    if counts && subresource != "status" && wants_other(resource, object, old) {
        let generation = meta::number(old, "generation").unwrap_or_default() + 1;
        meta::edit(object, |meta| meta.insert("generation".into(), generation.into()));
    }
}

/// What holds a namespace is written through a path of its own.
fn keep_finalizers(object: &mut Value, old: &Value) {
    let finalizers = old["spec"].get("finalizers").cloned();
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        match finalizers {
            Some(finalizers) => spec.insert("finalizers".into(), finalizers),
            None => spec.shift_remove("finalizers"),
        };
    } else if let (Some(finalizers), Some(map)) = (finalizers, object.as_object_mut()) {
        map.insert("spec".into(), json!({ "finalizers": finalizers }));
    }
}

fn keep(map: &mut Map, old: &Value, key: &str) {
    match old.get(key) {
        Some(value) => map.insert(key.into(), value.clone()),
        None => map.shift_remove(key),
    };
}

/// Through the path of the status, nothing but status is written; of the server's own kinds annotations too.
fn keep_all_but_status(resource: &Resource, map: &mut Map, old: &Value) {
    let keys: Vec<Text> = map.keys().cloned().collect();
    for key in
        keys.iter().filter(|key| !matches!(key.as_str(), "status" | "metadata" | "kind" | "apiVersion"))
    {
        keep(map, old, key);
    }
    for key in old.as_object().into_iter().flat_map(|old| old.keys()) {
        if !matches!(key.as_str(), "status" | "metadata") && !map.contains_key(key) {
            keep(map, old, key);
        }
    }
    let Some(meta) = map.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let old = &old["metadata"];
    let managed = meta.get("managedFields").cloned();
    let annotations = meta.get("annotations").cloned();
    let version = meta.get("resourceVersion").cloned();
    let uid = meta.get("uid").cloned();
    if resource.custom.is_some() {
        *meta = old.as_object().cloned().unwrap_or_default();
        for (key, value) in [("managedFields", managed), ("resourceVersion", version), ("uid", uid)] {
            match value {
                Some(value) => meta.insert(key.into(), value),
                None => meta.shift_remove(key),
            };
        }
        return;
    }
    for key in ["labels", "ownerReferences", "finalizers", "deletionTimestamp"] {
        match old.get(key) {
            Some(value) => meta.insert(key.into(), value.clone()),
            None => meta.shift_remove(key),
        };
    }
    if let Some(annotations) = annotations {
        meta.insert("annotations".into(), annotations);
    }
}

/// Whether anything but metadata and status is another.
fn wants_other(resource: &Resource, new: &Value, old: &Value) -> bool {
    let counts = |key: &str| match key {
        "metadata" | "kind" | "apiVersion" => false,
        "status" => resource.custom.is_some() && !resource.has_status(),
        _ => true,
    };
    let keys = [new, old].into_iter().flat_map(|object| object.as_object().into_iter().flat_map(Map::keys));
    let other = keys.filter(|key| counts(key)).any(|key| new.get(key) != old.get(key));
    let annotated = resource.is("apps", "deployments")
        && new["metadata"]["annotations"] != old["metadata"]["annotations"];
    // A class of priorities is made once and for all.
    let fixed = resource.is("scheduling.k8s.io", "priorityclasses");
    !fixed && (annotated || other)
}

/// The quality of service that a pod's requests and limits earn.
fn quality(spec: &Value) -> &'static str {
    let containers = ["containers", "initContainers"];
    let containers = containers.iter().flat_map(|key| spec[*key].as_array().into_iter().flatten());
    let (mut any, mut guaranteed) = (false, true);
    for container in containers {
        for resource in ["cpu", "memory"] {
            let request = &container["resources"]["requests"][resource];
            let limit = &container["resources"]["limits"][resource];
            any |= !request.is_null() || !limit.is_null();
            guaranteed &= !limit.is_null() && (request.is_null() || request == limit);
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

/// Whether a change must say which version it changes.
pub fn wants_version(resource: &Resource) -> bool {
    resource.custom.is_some() || resource.is("apiextensions.k8s.io", "customresourcedefinitions")
}

/// What is wrong with an object's name, in the server's words.
pub fn check_name(resource: &Resource, name: &str) -> Vec<String> {
    match (resource.group.as_str(), resource.plural.as_str()) {
        _ if resource.custom.is_some() => meta::check_name(name, false),
        ("", "namespaces" | "services") => meta::check_name(name, true),
        ("rbac.authorization.k8s.io", _) => meta::check_segment(name),
        ("", "events") | ("events.k8s.io", _) => meta::check_name(name, false),
        _ => meta::check_name(name, false),
    }
}
