//! Objects of every built-in kind, created by a real API server as dry runs and by the rehearsal's functions: the same form, the same
//! defaults, the same managers.

use http::Method;
use seldonplay::json::{Map, Value, json};
use seldonplay::rehearsal::builtin::{self, untouched};
use seldonplay::rehearsal::fields::{self, Manager};

use crate::server::{Failure, Server};

const OBJECTS: &str = include_str!("objects.yaml");

/// Where each kind of the sample objects is served.
const PLURALS: &[(&str, &str, bool)] = &[
    ("ClusterRole", "clusterroles", false),
    ("ConfigMap", "configmaps", true),
    ("CronJob", "cronjobs", true),
    ("CustomResourceDefinition", "customresourcedefinitions", false),
    ("DaemonSet", "daemonsets", true),
    ("Deployment", "deployments", true),
    ("EndpointSlice", "endpointslices", true),
    ("Endpoints", "endpoints", true),
    ("Event", "events", true),
    ("HorizontalPodAutoscaler", "horizontalpodautoscalers", true),
    ("Ingress", "ingresses", true),
    ("Job", "jobs", true),
    ("Lease", "leases", true),
    ("LimitRange", "limitranges", true),
    ("Namespace", "namespaces", false),
    ("NetworkPolicy", "networkpolicies", true),
    ("PersistentVolume", "persistentvolumes", false),
    ("PersistentVolumeClaim", "persistentvolumeclaims", true),
    ("Pod", "pods", true),
    ("PodDisruptionBudget", "poddisruptionbudgets", true),
    ("PriorityClass", "priorityclasses", false),
    ("ReplicaSet", "replicasets", true),
    ("ReplicationController", "replicationcontrollers", true),
    ("ResourceQuota", "resourcequotas", true),
    ("Role", "roles", true),
    ("RoleBinding", "rolebindings", true),
    ("Secret", "secrets", true),
    ("Service", "services", true),
    ("ServiceAccount", "serviceaccounts", true),
    ("StatefulSet", "statefulsets", true),
    ("StorageClass", "storageclasses", false),
];

/// The sample objects.
pub fn objects(namespace: &str) -> Result<Vec<Value>, Failure> {
    let mut objects: Vec<Value> = serde_yaml::from_multiple(OBJECTS)?;
    for object in &mut objects {
        let namespaced = PLURALS.iter().any(|(kind, _, namespaced)| object["kind"] == *kind && *namespaced);
        if namespaced {
            object["metadata"]["namespace"] = json!(namespace);
        }
        if object["kind"] == "Event" {
            object["involvedObject"]["namespace"] = json!(namespace);
        }
    }
    Ok(objects)
}

/// The path under which objects of a kind are created.
pub fn folder(object: &Value, namespace: &str) -> Result<String, Failure> {
    let text = |key: &str| object[key].as_str().unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let entry =
        PLURALS.iter().find(|(known, ..)| *known == kind).ok_or_else(|| format!("no path for {kind}"))?;
    let root = if version.contains('/') { "apis" } else { "api" };
    let namespaces = if entry.2 { format!("namespaces/{namespace}/") } else { String::new() };
    Ok(format!("/{root}/{version}/{namespaces}{}", entry.1))
}

/// What of a created object comes of its strategy and admission, not of its form and defaults.
fn masked(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for key in ["uid", "resourceVersion", "creationTimestamp", "generation", "finalizers"] {
            metadata.shift_remove(key);
        }
        for entry in metadata.get_mut("managedFields").and_then(Value::as_array_mut).into_iter().flatten() {
            entry["time"] = json!("some");
        }
    }
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    let remove = |value: &mut Value, keys: &[&str]| {
        let map = value.as_object_mut();
        map.into_iter().for_each(|map| keys.iter().for_each(|key| drop(map.shift_remove(key))));
    };
    match kind.as_str() {
        "Service" => {
            let ips = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"];
            remove(&mut object["spec"], &ips);
            for port in object["spec"]["ports"].as_array_mut().into_iter().flatten() {
                remove(port, &["nodePort"]);
            }
        }
        "Pod" => {
            remove(&mut object["status"], &["phase", "qosClass"]);
            remove(&mut object["spec"], &["priority", "preemptionPolicy", "tolerations"]);
        }
        "Job" => {
            remove(&mut object["spec"], &["selector"]);
            remove(&mut object["spec"]["template"]["metadata"], &["labels"]);
            remove(&mut object["metadata"], &["labels"]);
        }
        "Namespace" => {
            remove(&mut object["spec"], &["finalizers"]);
        }
        "PersistentVolume" => remove(&mut object["status"], &["lastPhaseTransitionTime"]),
        "CustomResourceDefinition" => remove(&mut object["status"], &["conditions", "acceptedNames"]),
        "EndpointSlice" => remove(&mut object["metadata"], &["generateName"]),
        _ => {}
    }
    if let Some(map) = object.as_object_mut() {
        let empty = map.get("status").is_some_and(|status| *status == json!({}));
        if empty {
            map.shift_remove("status");
        }
    }
    sorted(&object)
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect::<Map>())
        }
        other => other.clone(),
    }
}

/// The places where two values differ.
pub fn differences(place: &str, theirs: &Value, ours: &Value, found: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                differences(&format!("{place}.{key}"), value, b.get(key).unwrap_or(&Value::Null), found);
            }
            for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(key)) {
                found.push(format!("{place}.{key}: theirs nothing, ours {value}"));
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter()
                .zip(b)
                .enumerate()
                .for_each(|(i, (a, b))| differences(&format!("{place}[{i}]"), a, b, found));
        }
        _ if theirs != ours => found.push(format!("{place}: theirs {theirs}, ours {ours}")),
        _ => {}
    }
}

#[tokio::test]
async fn objects_are_created_as_by_the_server() -> Result<(), Failure> {
    let Some(server) = Server::with_namespace("created").await? else { return Ok(()) };
    let mut found = Vec::new();
    for object in objects(&server.namespace)? {
        let path = format!("{}?dryRun=All&fieldManager=test", folder(&object, &server.namespace)?);
        let (status, theirs) = server.call(Method::POST, &path, Some("application/json"), &object).await?;
        let text = |key: &str| object[key].as_str().unwrap_or_default();
        let (version, kind) = (text("apiVersion"), text("kind"));
        let name = format!("{kind} {}", object["metadata"]["name"]);
        if status != 201 {
            found.push(format!("{name}: {status} {}", theirs["message"]));
            continue;
        }
        let schema = builtin::schema(version, kind).ok_or_else(|| format!("no schema of {kind}"))?;
        let mut ours = builtin::read(schema, &object)?.object;
        builtin::default(version, kind, &mut ours);
        let manager = Manager {
            name: "test",
            api_version: version,
            subresource: "",
            time: "2026-01-01T00:00:00Z",
            untouched: untouched(kind, ""),
            constant: true,
        };
        let ours = fields::update(schema, None, &ours, &manager);
        differences(&name, &masked(&theirs), &masked(&ours), &mut found);
    }
    server.leave().await?;
    assert!(found.is_empty(), "{} differences\n{}", found.len(), found.join("\n"));
    Ok(())
}
