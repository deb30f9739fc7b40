//! Deployments: what `kubectl rollout status` waits for, with its reasons, and the deadline that ends them.
//! Must never know who owns a Deployment.

use super::read::{because, condition, count, desired, holds, of_condition, want_replicas};
use super::verdict::{Reason, Verdict};
use crate::json::Value;

/// Ready: every replica is of the newest template and available, and none of an older one is left.
/// Final: its progress deadline was exceeded, and the controller says so of this generation.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let status = &object["status"];
    if let Some(progress) = condition(object, "Progressing")
        && progress["reason"] == "ProgressDeadlineExceeded"
        && status["observedGeneration"] == object["metadata"]["generation"]
    {
        let message = format!("it exceeded its progress deadline{}", because(progress));
        return Verdict::Never(vec![of_condition(object, "Progressing", "reason", "progress", message)]);
    }
    if status["observedGeneration"].is_null() {
        return Verdict::not_yet(unseen());
    }
    let wanted = desired(object);
    let mut reasons = counts(object, wanted);
    if let Some(failure) = condition(object, "ReplicaFailure").filter(|_| holds(object, "ReplicaFailure")) {
        let message = format!("its replicas cannot be made{}", because(failure));
        reasons.insert(0, of_condition(object, "ReplicaFailure", "status", "False", message));
    }
    if object["spec"]["paused"] == true && !reasons.is_empty() {
        reasons.insert(0, Reason::new("/spec/paused", "true", "false", "it is paused"));
    }
    Verdict::unless(
        reasons,
        || if wanted == 0 { super::general::as_asked(object) } else { available(object) },
    )
}

/// Scaled: the same counts.
pub(crate) fn scaled(object: &Value, _children: &[&Value]) -> Verdict {
    let wanted = desired(object);
    if object["status"]["observedGeneration"].is_null() {
        return Verdict::not_yet(unseen());
    }
    Verdict::unless(counts(object, wanted), || format!("{wanted}/{wanted} replicas"))
}

/// `available, 2/2 replicas`.
pub(crate) fn available(object: &Value) -> String {
    format!("available, {}/{} replicas", count(&object["status"]["availableReplicas"]), desired(object))
}

/// The controller has said nothing yet.
pub(crate) fn unseen() -> Reason {
    let message = "its controller has not looked at it yet";
    Reason::new("/status/observedGeneration", "nothing", "a generation", message)
}

/// The controller has not yet seen the Deployment as it is now.
pub(crate) fn unobserved(object: &Value) -> Option<Reason> {
    let (observed, generation) = (&object["status"]["observedGeneration"], &object["metadata"]["generation"]);
    let (seen, is) = (super::read::told(observed), super::read::told(generation));
    let message = format!("its controller has seen generation {seen}, not yet {is}");
    (observed != generation).then(|| Reason::new("/status/observedGeneration", seen, is, message))
}

/// Updated and available, and none left over: each against the wanted number.
pub(crate) fn counts(object: &Value, wanted: i64) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let others = [("availableReplicas", "available"), ("updatedReplicas", "updated")];
    want_replicas(&mut reasons, object, wanted, &others);
    reasons
}
