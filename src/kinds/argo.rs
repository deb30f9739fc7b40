//! Argo Rollouts and Workflows: their phases.
//! Must never know strategies, steps or templates.

use super::read::{count, desired, text, told, want_replicas};
use super::verdict::{Reason, Verdict};
use serde_json::Value;

/// A Rollout is ready when its phase is Healthy.
pub(crate) fn rollout_ready(object: &Value, _children: &[&Value]) -> Verdict {
    let status = &object["status"];
    if status["phase"] == "Healthy" {
        return Verdict::Met(format!(
            "healthy, {}/{} replicas",
            count(&status["availableReplicas"]),
            desired(object)
        ));
    }
    let phase = told(&status["phase"]);
    let message = format!("its phase is {phase}{}", super::read::because(status));
    Verdict::not_yet(Reason::new("/status/phase", phase, "Healthy", message))
}

/// A Rollout is scaled when all its replicas are available and none is left over.
pub(crate) fn rollout_scaled(object: &Value, _children: &[&Value]) -> Verdict {
    let wanted = desired(object);
    let mut reasons = Vec::new();
    let others = [("availableReplicas", "available"), ("updatedReplicas", "updated")];
    want_replicas(&mut reasons, object, wanted, &others);
    Verdict::unless(reasons, || format!("{wanted}/{wanted} replicas"))
}

/// A Workflow is ready when its phase is Succeeded; Failed and Error are final.
pub(crate) fn workflow_ready(object: &Value, _children: &[&Value]) -> Verdict {
    let status = &object["status"];
    let phase = told(&status["phase"]);
    let progress =
        status["progress"].as_str().map(|progress| format!(", {progress} done")).unwrap_or_default();
    let message = format!("its phase is {phase}{}{progress}", super::read::because(status));
    let reason = Reason::new("/status/phase", phase, "Succeeded", message);
    match text(&status["phase"]) {
        "Succeeded" => Verdict::Met(format!("succeeded{progress}")),
        "Failed" | "Error" => Verdict::Never(vec![reason]),
        _ => Verdict::not_yet(reason),
    }
}
