//! What the server refuses in objects of built-in kinds: every rule that needs no other object, in its own words.
//! It must never look at other objects, nor change one.
//!
//! Follows `pkg/apis/*/validation` of Kubernetes 1.37, one file for what belongs together.

mod container;
mod definition;
mod meta;
mod pod;
mod service;
mod small;
mod spot;
mod status;
mod storage;
#[cfg(test)]
mod tests;
mod volumes;
mod words;
mod workload;

use crate::json::Value;

use super::fault::Fault;
use spot::{Faults, Spot};

/// Everything that the server would refuse in an object that was read and filled in; `old` is the object that it replaces. Kinds that
/// are not built in, and those without rules here, are judged by their metadata alone.
pub fn validate(group_version: &str, kind: &str, new: &Value, old: Option<&Value>) -> Vec<Fault> {
    // Most objects are right, and where they would be wrong nobody needs to know.
    match judged(group_version, kind, &Spot::root(new, old, false)) {
        faults if faults.is_empty() => faults,
        _ => judged(group_version, kind, &Spot::root(new, old, true)),
    }
}

fn judged(group_version: &str, kind: &str, root: &Spot<'_>) -> Vec<Fault> {
    let (mut faults, old) = (Faults::default(), root.old);
    let metadata = root.get("metadata");
    match old {
        // What is not named at all is named by the server.
        None if kind == "LimitRange" && metadata.get("name").is_empty() => {}
        None => meta::new(&metadata, name(kind), &mut faults),
        Some(_) => meta::replaced(&metadata, &mut faults),
    }
    let before = old.map(|old| &old["spec"]);
    let spec = root.get("spec");
    let found = &mut faults;
    match (group_version, kind) {
        ("apps/v1" | "batch/v1", _) | ("v1", "Pod" | "Service" | "ReplicationController")
            if old.is_some() && spec.is_judged() => {}
        ("apps/v1", "Deployment") => workload::deployment(&spec, before, found),
        ("apps/v1", "ReplicaSet") => workload::replica_set(&spec, before, found),
        ("apps/v1", "StatefulSet") => workload::stateful_set(&spec, before, found),
        ("apps/v1", "DaemonSet") => workload::daemon_set(&spec, before, found),
        ("v1", "ReplicationController") => workload::replication_controller(&spec, found),
        ("batch/v1", "Job") => {
            workload::job(&spec, found);
            workload::job_selector(&spec, old.is_some(), found);
            if old.is_none() {
                workload::indexed_names(&metadata.get("name"), &spec, found);
            }
            if let Some(before) = before {
                workload::job_replaced(&spec, before, found);
            }
        }
        ("batch/v1", "CronJob") => {
            workload::cron_job(&spec, found);
            let name = metadata.get("name");
            if old.is_none() && name.text().len() > 52 {
                found.invalid(&name, "must be no more than 52 characters");
            }
        }
        ("v1", "Pod") => {
            pod::spec(&spec, found);
            if let Some(before) = before {
                pod::replaced(&spec, before, found);
            }
        }
        ("v1", "PodTemplate") => pod::template(&root.get("template"), found),
        ("v1", "Service") => {
            if let Some(before) = before {
                service::service_replaced(&spec, before, found);
            }
            service::service(&spec, found);
        }
        ("v1", "Endpoints") => service::endpoints(root, found),
        ("discovery.k8s.io/v1", "EndpointSlice") => service::slice(root, old, found),
        ("networking.k8s.io/v1", "Ingress") => service::ingress(&spec, found),
        ("networking.k8s.io/v1", "NetworkPolicy") => service::network_policy(&spec, found),
        ("v1", "ConfigMap") => small::config_map(root, old, found),
        ("v1", "Secret") => small::secret(root, old, found),
        ("v1", "ResourceQuota") => small::quota(&spec, before, found),
        ("v1", "LimitRange") => small::limit_range(&spec, found),
        ("v1", "PersistentVolumeClaim") => {
            storage::claim_spec(&spec, found);
            if let Some(old) = old {
                storage::claim_replaced(root, old, found);
            }
        }
        ("v1", "PersistentVolume") => storage::volume(&spec, found),
        ("storage.k8s.io/v1", "StorageClass") => storage::class(root, old, found),
        ("autoscaling/v2" | "autoscaling/v1", "HorizontalPodAutoscaler") => small::autoscaler(&spec, found),
        ("policy/v1", "PodDisruptionBudget") => small::budget(&spec, found),
        ("rbac.authorization.k8s.io/v1", "Role") => small::role(root, true, found),
        ("rbac.authorization.k8s.io/v1", "ClusterRole") => small::role(root, false, found),
        ("rbac.authorization.k8s.io/v1", "RoleBinding") => small::binding(root, true, old, found),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding") => small::binding(root, false, old, found),
        ("coordination.k8s.io/v1", "Lease") => small::lease(&spec, found),
        ("scheduling.k8s.io/v1", "PriorityClass") => small::priority(root, old, found),
        ("v1", "Event") => small::event(root, found),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition") => definition::check(root, before, found),
        _ => {}
    }
    status::check(kind, &root.get("status"), &mut faults);
    faults.0
}

/// How objects of a kind may be named.
fn name(kind: &str) -> meta::Name {
    match kind {
        "Namespace" | "Service" | "StatefulSet" => words::label,
        "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" => meta::path_segment,
        // Events are named after what they are about.
        "Event" | "PodDisruptionBudget" => |_| Vec::new(),
        "ReplicationController" => words::subdomain_in_bytes,
        _ => words::subdomain,
    }
}
