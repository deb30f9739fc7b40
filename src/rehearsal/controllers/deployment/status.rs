//! The status of a Deployment: counts over its ReplicaSets, Available, Progressing, ReplicaFailure.
//! Must never know how ReplicaSets are scaled.

use super::super::read::{count, generation, items, later, replicas, stamp, text, time, until};
use super::sets::{Sets, surge_and_missing};
use crate::json::{Map, Value, json};
use jiff::Timestamp;
use std::time::Duration;

/// A condition of a Deployment.
pub(super) fn condition(kind: &str, status: &str, reason: &str, message: &str, now: &str) -> Value {
    json!({ "type": kind, "status": status, "lastUpdateTime": now, "lastTransitionTime": now, "reason": reason, "message": message })
}

/// Puts a condition at the end of the list, unless one of its status and reason is there.
pub(super) fn set(status: &mut Value, mut condition: Value) {
    let kind = condition["type"].clone();
    let there = items(&status["conditions"]).iter().find(|there| there["type"] == kind);
    if let Some(there) = there.filter(|there| there["status"] == condition["status"]) {
        if there["reason"] == condition["reason"] {
            return;
        }
        condition["lastTransitionTime"] = there["lastTransitionTime"].clone();
    }
    remove(status, text(&kind));
    let mut conditions = items(&status["conditions"]).to_vec();
    conditions.push(condition);
    status["conditions"] = conditions.into();
}

/// Takes a condition out.
fn remove(status: &mut Value, kind: &str) {
    if let Some(conditions) = status.get_mut("conditions").and_then(Value::as_array_mut) {
        conditions.retain(|condition| condition["type"] != kind);
    }
}

/// Whether progress has a deadline.
pub(super) fn has_deadline(deployment: &Value) -> bool {
    seconds(deployment) != i64::from(i32::MAX)
}

/// `spec.progressDeadlineSeconds`, the API server's default where it is left out.
fn seconds(deployment: &Value) -> i64 {
    deployment["spec"]["progressDeadlineSeconds"].as_i64().unwrap_or(600)
}

/// The status as the sets stand: counts, and Available.
pub(super) fn counts(deployment: &Value, sets: &Sets, now: Timestamp) -> Value {
    let all = sets.all();
    let sum = |field: &str| all.iter().map(|set| count(&set["status"][field])).sum::<i64>();
    let asked: i64 = all.iter().map(|set| replicas(set)).sum();
    let available = sum("availableReplicas");
    let updated = sets.new.map_or(0, |set| count(&set["status"]["replicas"]));
    let mut status = Map::new();
    status.insert("observedGeneration".into(), generation(deployment).into());
    let numbers = [
        ("replicas", sum("replicas")),
        ("updatedReplicas", updated),
        ("readyReplicas", sum("readyReplicas")),
        ("availableReplicas", available),
        ("unavailableReplicas", (asked - available).max(0)),
    ];
    for (field, number) in numbers.into_iter().filter(|(_, number)| *number != 0) {
        status.insert(field.into(), number.into());
    }
    let observed = |set: &&&Value| count(&set["status"]["observedGeneration"]) != 0;
    let terminating: Option<i64> =
        all.iter().filter(observed).map(|set| set["status"]["terminatingReplicas"].as_i64()).sum();
    if let Some(terminating) = terminating {
        status.insert("terminatingReplicas".into(), terminating.into());
    }
    for kept in ["conditions", "collisionCount"] {
        if !deployment["status"][kept].is_null() {
            status.insert(kept.into(), deployment["status"][kept].clone());
        }
    }
    let mut status = Value::Object(status);
    let least = replicas(deployment) - surge_and_missing(deployment).1;
    let (holds, reason, message) = match available >= least {
        true => ("True", "MinimumReplicasAvailable", "Deployment has minimum availability."),
        false => ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability."),
    };
    set(&mut status, condition("Available", holds, reason, message, &stamp(now)));
    status
}

/// Whether every pod wanted is there, of the new template, available, and no other.
pub(super) fn complete(deployment: &Value, status: &Value) -> bool {
    let wanted = replicas(deployment);
    ["updatedReplicas", "replicas", "availableReplicas"].iter().all(|field| count(&status[field]) == wanted)
        && count(&status["observedGeneration"]) >= generation(deployment)
}

fn progresses(before: &Value, after: &Value) -> bool {
    let old = |status: &Value| count(&status["replicas"]) - count(&status["updatedReplicas"]);
    let more = |field: &str| count(&after[field]) > count(&before[field]);
    more("updatedReplicas") || old(after) < old(before) || more("readyReplicas") || more("availableReplicas")
}

/// The whole status while it rolls, and after how long its deadline must be looked at again if nothing changes.
pub(super) fn rolling(deployment: &Value, sets: &Sets, now: Timestamp) -> (Value, Option<Duration>) {
    let mut status = counts(deployment, sets, now);
    let before = &deployment["status"];
    let current = super::condition(before, "Progressing");
    let reason = current.map_or("", |condition| text(&condition["reason"]));
    let what = match sets.new {
        Some(new) => format!("ReplicaSet {:?}", super::super::read::name(new)),
        None => format!("Deployment {:?}", super::super::read::name(deployment)),
    };
    let made = |holds, reason, told: &str| {
        condition("Progressing", holds, reason, &format!("{what} {told}"), &stamp(now))
    };
    let done = status["replicas"] == status["updatedReplicas"] && reason == "NewReplicaSetAvailable";
    if !has_deadline(deployment) {
        remove(&mut status, "Progressing");
    } else if !done {
        if complete(deployment, &status) {
            set(&mut status, made("True", "NewReplicaSetAvailable", "has successfully progressed."));
        } else if progresses(before, &status) {
            let mut progressing = made("True", "ReplicaSetUpdated", "is progressing.");
            if let Some(current) = current.filter(|current| current["status"] == "True") {
                progressing["lastTransitionTime"] = current["lastTransitionTime"].clone();
            }
            remove(&mut status, "Progressing");
            set(&mut status, progressing);
        } else if timed_out(deployment, current, now) {
            set(&mut status, made("False", "ProgressDeadlineExceeded", "has timed out progressing."));
        }
    }
    match failure(sets) {
        Some(failure) => set(&mut status, failure),
        None => remove(&mut status, "ReplicaFailure"),
    }
    let waits = has_deadline(deployment)
        && !complete(deployment, &status)
        && !["", "ProgressDeadlineExceeded"].contains(&reason)
        && status == *before;
    let again = current.filter(|_| waits).and_then(|current| deadline(deployment, current));
    (status, again.map(|deadline| until(now, deadline).max(Duration::ZERO) + Duration::from_secs(1)))
}

fn deadline(deployment: &Value, progressing: &Value) -> Option<Timestamp> {
    let seconds = u64::try_from(self::seconds(deployment)).ok()?;
    Some(later(time(&progressing["lastUpdateTime"])?, Duration::from_secs(seconds)))
}

fn timed_out(deployment: &Value, current: Option<&Value>, now: Timestamp) -> bool {
    let Some(current) = current else { return false };
    match text(&current["reason"]) {
        "NewReplicaSetAvailable" => false,
        "ProgressDeadlineExceeded" => true,
        _ => deadline(deployment, current).is_some_and(|deadline| deadline < now),
    }
}

/// A set that could not make its pods: the new one first.
fn failure(sets: &Sets) -> Option<Value> {
    let failed = sets.new.into_iter().chain(sets.old.iter().copied());
    let failed = failed.filter_map(|set| super::condition(&set["status"], "ReplicaFailure")).next()?;
    let at = text(&failed["lastTransitionTime"]);
    let [status, reason, message] = ["status", "reason", "message"].map(|field| text(&failed[field]));
    Some(condition("ReplicaFailure", status, reason, message, at))
}
