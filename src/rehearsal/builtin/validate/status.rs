//! What controllers write of workloads: counts that are none below zero, and none above the whole.
//! It must never know what was asked for.

use super::spot::{Faults, Spot};
use crate::rehearsal::builtin::fault::Fault;

/// The counts in a kind's status.
fn counts(kind: &str) -> &'static [&'static str] {
    match kind {
        "Deployment" => &[
            "observedGeneration",
            "replicas",
            "updatedReplicas",
            "readyReplicas",
            "availableReplicas",
            "unavailableReplicas",
            "terminatingReplicas",
            "collisionCount",
        ],
        "ReplicaSet" => &[
            "replicas",
            "fullyLabeledReplicas",
            "readyReplicas",
            "availableReplicas",
            "observedGeneration",
            "terminatingReplicas",
        ],
        "ReplicationController" => {
            &["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"]
        }
        "StatefulSet" => &[
            "replicas",
            "readyReplicas",
            "currentReplicas",
            "updatedReplicas",
            "availableReplicas",
            "observedGeneration",
            "collisionCount",
        ],
        "DaemonSet" => &[
            "currentNumberScheduled",
            "numberMisscheduled",
            "desiredNumberScheduled",
            "numberReady",
            "observedGeneration",
            "updatedNumberScheduled",
            "numberAvailable",
            "numberUnavailable",
            "collisionCount",
        ],
        "Job" => &["active", "succeeded", "failed", "ready", "terminating"],
        _ => &[],
    }
}

/// Checks the status of an object.
pub fn check(kind: &str, status: &Spot<'_>, faults: &mut Faults) {
    if !status.is_there() {
        return;
    }
    counts(kind).iter().for_each(|key| faults.not_negative(&status.get(key)));
    let parts: &[&str] = match kind {
        "Deployment" => &["updatedReplicas", "readyReplicas", "availableReplicas"],
        "ReplicaSet" | "ReplicationController" => {
            &["fullyLabeledReplicas", "readyReplicas", "availableReplicas"]
        }
        "StatefulSet" => &["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"],
        _ => return,
    };
    let whole = status.get("replicas").int();
    for part in parts.iter().map(|part| status.get(part)).filter(|part| part.int() > whole) {
        refuse(&part, "cannot be greater than status.replicas".into(), faults);
    }
    let (ready, available) = (status.get("readyReplicas"), status.get("availableReplicas"));
    if available.int() > ready.int() {
        let of = if kind == "StatefulSet" { "status.readyReplicas" } else { "readyReplicas" };
        refuse(&available, format!("cannot be greater than {of}"), faults);
    }
}

/// Refuses a count; one that is not written is none.
fn refuse(count: &Spot<'_>, why: String, faults: &mut Faults) {
    faults.0.push(Fault::invalid(&count.path, count.int(), why));
}
