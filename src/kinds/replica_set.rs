//! ReplicaSets and ReplicationControllers: as many available Pods as asked for.
//! Must never know the Deployment above.

use super::deployment::unseen;
use super::read::{because, condition, desired, holds, of_condition, want_replicas};
use super::verdict::{ScaleRefusal, ScaleRequest, ScaleWrite, Verdict};
use crate::json::Value;

/// Ready and scaled: every replica is there and available.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let status = &object["status"];
    if status["observedGeneration"].is_null() {
        return Verdict::not_yet(unseen());
    }
    let mut reasons = Vec::new();
    if let Some(failure) = condition(object, "ReplicaFailure").filter(|_| holds(object, "ReplicaFailure")) {
        let message = format!("its replicas cannot be made{}", because(failure));
        reasons.push(of_condition(object, "ReplicaFailure", "status", "False", message));
    }
    want_replicas(&mut reasons, object, desired(object), &[("availableReplicas", "available")]);
    Verdict::unless(reasons, || super::deployment::available(object))
}

/// Scales through `/scale`; refused below a controller, which would set the number back.
pub(crate) fn scale(object: &Value, request: &ScaleRequest) -> Result<Vec<ScaleWrite>, ScaleRefusal> {
    let owners = super::read::items(&object["metadata"]["ownerReferences"]);
    if let Some(owner) = owners.iter().find(|owner| owner["controller"] == true) {
        let owner = format!("{}/{}", super::read::text(&owner["kind"]), super::read::text(&owner["name"]));
        let message = format!("{owner} decides its replicas and would set them back");
        return Err(ScaleRefusal::new("/metadata/ownerReferences", message, format!("Scale {owner}.")));
    }
    super::general::scale(object, request)
}
