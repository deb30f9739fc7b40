//! PersistentVolumeClaims and PersistentVolumes: bound, or for a volume also free to be bound.
//! Must never know storage classes.

use super::read::{text, told};
use super::verdict::{Reason, Verdict};
use serde_json::Value;

/// A claim is ready when it is Bound.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    match text(&object["status"]["phase"]) {
        "Bound" => Verdict::Met(format!("bound to {}", told(&object["spec"]["volumeName"]))),
        _ => waiting(object, "Bound"),
    }
}

/// A volume is ready when it is Available or Bound.
pub(crate) fn volume_ready(object: &Value, _children: &[&Value]) -> Verdict {
    match text(&object["status"]["phase"]) {
        phase @ ("Bound" | "Available") => Verdict::Met(phase.to_lowercase()),
        _ => waiting(object, "Available or Bound"),
    }
}

fn waiting(object: &Value, wanted: &str) -> Verdict {
    let phase = told(&object["status"]["phase"]);
    let message = format!("its phase is {phase}{}", super::read::because(&object["status"]));
    Verdict::not_yet(Reason::new("/status/phase", phase, wanted, message))
}
