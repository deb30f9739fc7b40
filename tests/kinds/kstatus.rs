//! What kstatus answers (sigs.k8s.io/cli-utils/pkg/kstatus, as `kubectl apply`'s relatives, Flux and kpt use it): the rules of its `core.go`,
//! `generic.go` and `status.go`, to compare ours with.
//! It must never be better than the original.

use seldonplay::json::Value;

/// An answer of kstatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    InProgress,
    Failed,
    Current,
    Terminating,
}

use Status::{Current, Failed, InProgress, Terminating};

/// The status of an object; the time since its creation counts as long.
pub fn compute(object: &Value) -> Status {
    if object["metadata"]["deletionTimestamp"].as_str().is_some_and(|time| !time.is_empty()) {
        return Terminating;
    }
    let (generation, observed) = (&object["metadata"]["generation"], &object["status"]["observedGeneration"]);
    if let (Some(generation), Some(observed)) = (generation.as_i64(), observed.as_i64())
        && generation != observed
    {
        return InProgress;
    }
    for condition in conditions(object).filter(|condition| condition["status"] == "True") {
        match condition["type"].as_str() {
            Some("Reconciling") => return InProgress,
            Some("Stalled") => return Failed,
            _ => {}
        }
    }
    let group =
        object["apiVersion"].as_str().and_then(|text| text.split_once('/')).map_or("", |(group, _)| group);
    match (group, object["kind"].as_str().unwrap_or_default()) {
        ("", "Service") => service(object),
        ("", "Pod") => pod(object),
        ("", "Secret" | "ConfigMap") | ("batch", "CronJob") | ("policy", "PodDisruptionBudget") => Current,
        ("", "PersistentVolumeClaim") => when(object["status"]["phase"] == "Bound"),
        ("apps", "StatefulSet") => stateful_set(object),
        ("apps", "DaemonSet") => daemon_set(object),
        ("apps", "Deployment") => deployment(object),
        ("apps", "ReplicaSet") => replica_set(object),
        ("batch", "Job") => job(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(object),
        _ => by_ready(object),
    }
}

fn when(current: bool) -> Status {
    if current { Current } else { InProgress }
}

fn conditions(object: &Value) -> impl Iterator<Item = &Value> {
    object["status"]["conditions"].as_array().into_iter().flatten()
}

fn has(object: &Value, kind: &str, status: &str) -> bool {
    conditions(object).any(|condition| condition["type"] == kind && condition["status"] == status)
}

fn number(object: &Value, pointer: &str, default: i64) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or(default)
}

fn by_ready(object: &Value) -> Status {
    let known = ["True", "False", "Unknown"];
    let ready = conditions(object)
        .filter(|condition| condition["type"] == "Ready")
        .find_map(|condition| condition["status"].as_str().filter(|status| known.contains(status)));
    ready.map_or(Current, |status| when(status == "True"))
}

fn service(object: &Value) -> Status {
    let without = object["spec"]["clusterIP"].as_str().unwrap_or_default().is_empty();
    when(!(object["spec"]["type"] == "LoadBalancer" && without))
}

fn pod(object: &Value) -> Status {
    let mut containers = object["status"]["containerStatuses"].as_array().into_iter().flatten();
    match object["status"]["phase"].as_str() {
        Some("Succeeded" | "Failed") => Current,
        Some("Running") if has(object, "Ready", "True") => Current,
        Some("Running") if containers.any(|one| one["state"]["waiting"]["reason"] == "CrashLoopBackOff") => {
            Failed
        }
        Some("Pending") => {
            let unschedulable = |condition: &Value| {
                condition["type"] == "PodScheduled"
                    && condition["status"] == "False"
                    && condition["reason"] == "Unschedulable"
            };
            if conditions(object).any(unschedulable) { Failed } else { InProgress }
        }
        _ => InProgress,
    }
}

fn stateful_set(object: &Value) -> Status {
    if object["spec"]["updateStrategy"]["type"] == "OnDelete" {
        return Current;
    }
    let status = |key: &str| number(object, &format!("/status/{key}"), 0);
    let (wanted, updated) = (number(object, "/spec/replicas", 1), status("updatedReplicas"));
    let partition = object.pointer("/spec/updateStrategy/rollingUpdate/partition").and_then(Value::as_i64);
    if wanted != status("replicas") || wanted > status("readyReplicas") {
        return InProgress;
    }
    match partition {
        Some(partition) => when(updated >= wanted - partition),
        None => {
            let text = |key: &str| object["status"][key].as_str().unwrap_or_default();
            when(wanted <= status("currentReplicas") && text("currentRevision") == text("updateRevision"))
        }
    }
}

fn daemon_set(object: &Value) -> Status {
    let status = |key: &str| number(object, &format!("/status/{key}"), 0);
    let Some(wanted) = object["status"]["desiredNumberScheduled"].as_i64() else { return InProgress };
    let known = object["metadata"]["generation"].is_i64() && object["status"]["observedGeneration"].is_i64();
    let counts = ["currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady"];
    when(known && counts.iter().all(|key| wanted <= status(key)))
}

fn deployment(object: &Value) -> Status {
    const NEVER: i64 = i32::MAX as i64;
    let deadline = number(object, "/spec/progressDeadlineSeconds", NEVER);
    let of = |kind: &str| {
        conditions(object).filter(move |condition| condition["type"] == kind).collect::<Vec<_>>()
    };
    let progressing = of("Progressing");
    if progressing.iter().any(|condition| condition["reason"] == "ProgressDeadlineExceeded") {
        return Failed;
    }
    let arrived =
        |condition: &&Value| condition["status"] == "True" && condition["reason"] == "NewReplicaSetAvailable";
    let status = |key: &str| number(object, &format!("/status/{key}"), 0);
    let (wanted, updated) = (number(object, "/spec/replicas", 1), status("updatedReplicas"));
    when(
        wanted == status("replicas")
            && wanted <= updated
            && updated <= status("availableReplicas")
            && wanted <= status("readyReplicas")
            && (deadline == NEVER || progressing.iter().any(arrived))
            && has(object, "Available", "True"),
    )
}

fn replica_set(object: &Value) -> Status {
    let status = |key: &str| number(object, &format!("/status/{key}"), 0);
    let wanted = number(object, "/spec/replicas", 1);
    let counts = ["fullyLabeledReplicas", "availableReplicas", "readyReplicas"];
    when(
        !has(object, "ReplicaFailure", "True")
            && counts.iter().all(|key| wanted <= status(key))
            && status("replicas") <= wanted,
    )
}

fn job(object: &Value) -> Status {
    for condition in conditions(object).filter(|condition| condition["status"] == "True") {
        match condition["type"].as_str() {
            Some("Complete" | "Suspended") => return Current,
            Some("Failed") => return Failed,
            _ => {}
        }
    }
    when(object["status"]["startTime"].as_str().is_some_and(|time| !time.is_empty()))
}

fn definition(object: &Value) -> Status {
    for condition in conditions(object) {
        match (condition["type"].as_str(), condition["status"].as_str()) {
            (Some("NamesAccepted"), Some("False")) => return Failed,
            (Some("Established"), Some("False")) if condition["reason"] != "Installing" => return Failed,
            (Some("Established"), Some("True")) => return Current,
            _ => {}
        }
    }
    InProgress
}
