//! Knative Services: condition Ready, with the reasons of its parts.
//! Must never know revisions.

use super::read::{told, want_aggregate};
use super::verdict::{ScaleRefusal, ScaleRequest, ScaleWrite, Verdict};
use crate::json::Value;

/// Ready: condition Ready is True.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    Verdict::unless(want_aggregate(object, "Ready"), || {
        format!("ready at {}", told(&object["status"]["url"]))
    })
}

/// Refuses: its autoscaler takes its bounds from annotations, which are texts and make a new revision.
pub(crate) fn scale(_object: &Value, _request: &ScaleRequest) -> Result<Vec<ScaleWrite>, ScaleRefusal> {
    let at = "/spec/template/metadata/annotations";
    let help = "Patch autoscaling.knative.dev/min-scale and max-scale in spec.template.metadata.annotations.";
    Err(ScaleRefusal::new(at, "a Knative Service is scaled by its autoscaler's annotations", help))
}
