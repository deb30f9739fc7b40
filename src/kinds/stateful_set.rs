//! StatefulSets: the rules of `kubectl rollout status`, with partitions, and for OnDelete the counts alone.
//! Must never know Pods.

use super::deployment::unseen;
use super::read::{count, desired, number, replicas, told, want_replicas};
use super::verdict::{Reason, Verdict};
use crate::json::Value;

/// Ready and scaled: every replica is there and available, and those above the partition are of the newest revision.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let status = &object["status"];
    if status["observedGeneration"].is_null() {
        return Verdict::not_yet(unseen());
    }
    let wanted = desired(object);
    let mut reasons = updated(object, wanted);
    want_replicas(&mut reasons, object, wanted, &[("availableReplicas", "available")]);
    Verdict::unless(reasons, || super::deployment::available(object))
}

fn updated(object: &Value, wanted: i64) -> Vec<Reason> {
    let (status, strategy) = (&object["status"], &object["spec"]["updateStrategy"]);
    if strategy["type"] == "OnDelete" {
        return Vec::new();
    }
    let partition = number(&strategy["rollingUpdate"]["partition"]).unwrap_or(0).clamp(0, wanted.max(0));
    let (updated, above) = (count(&status["updatedReplicas"]), wanted - partition);
    if updated < above {
        let message = format!("{updated} of {} updated", replicas(above));
        return vec![Reason::new("/status/updatedReplicas", updated.to_string(), above.to_string(), message)];
    }
    let (current, newest) = (&status["currentRevision"], &status["updateRevision"]);
    if partition == 0 && current != newest {
        let message = "its new revision is not complete yet";
        return vec![Reason::new("/status/currentRevision", told(current), told(newest), message)];
    }
    Vec::new()
}
