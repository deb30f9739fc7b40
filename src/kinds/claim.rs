//! PersistentVolumeClaims and PersistentVolumes: bound, or for a volume also free to be bound.
//! Must never know storage classes.

use super::read::{because, condition, phase, text, told};
use super::verdict::{Reason, Verdict};
use crate::json::Value;
use crate::quantity::Quantity;

/// A claim is ready when it is Bound to a volume that has as much room as it asks for: one that is to grow has grown.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    if text(&object["status"]["phase"]) != "Bound" {
        return waiting(object, "Bound");
    }
    let room = &object["status"]["capacity"]["storage"];
    let asked = &object["spec"]["resources"]["requests"]["storage"];
    let quantity = |value: &Value| Quantity::parse(value.as_str()?);
    if let (Some(has), Some(wants)) = (quantity(room), quantity(asked))
        && has < wants
    {
        let grows =
            ["FileSystemResizePending", "Resizing"].into_iter().find_map(|kind| condition(object, kind));
        let why = grows.map(because).unwrap_or_default();
        let message = format!("it has {} of the {} that it asks for{why}", told(room), told(asked));
        return Verdict::not_yet(Reason::new("/status/capacity/storage", told(room), told(asked), message));
    }
    Verdict::Met(format!("bound to {}", told(&object["spec"]["volumeName"])))
}

/// A volume is ready when it is Available or Bound.
pub(crate) fn volume_ready(object: &Value, _children: &[&Value]) -> Verdict {
    match text(&object["status"]["phase"]) {
        phase @ ("Bound" | "Available") => Verdict::Met(phase.to_lowercase()),
        _ => waiting(object, "Available or Bound"),
    }
}

fn waiting(object: &Value, wanted: &str) -> Verdict {
    let message = format!("{}{}", phase(object), because(&object["status"]));
    Verdict::not_yet(Reason::new("/status/phase", told(&object["status"]["phase"]), wanted, message))
}
