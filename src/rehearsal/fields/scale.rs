//! The managers of `spec.replicas` as the scale subresource shows them, and back.
//! It must never scale anything.
//!
//! Follows `scalehandler.go` of apimachinery, to the letter: a manager who did not apply is another one in the scale, whose version differs,
//! so that any write to the scale takes the replicas from it.

use crate::json::Value;

use super::element::Element;
use super::owners::{Owned, Owners};
use super::set::Set;

/// The version of scales.
const SCALE: &str = "autoscaling/v1";

fn path(names: &[&str]) -> Vec<Element> {
    names.iter().map(|name| Element::Field((*name).into())).collect()
}

/// `managedFields` of a scale: those managers of the object who own its replicas, at `replicas` (`spec`, `replicas`).
pub fn to_scale(entries: &Value, replicas: &[&str]) -> Option<Value> {
    let owners = Owners::read(entries).unwrap_or_default();
    let field = path(replicas);
    let mut scale = Owners { times: owners.times.clone(), ..Owners::default() };
    for (id, _) in owners.fields.iter().filter(|(_, owned)| owned.set().has(&field)) {
        let owned = Owned::of(Set::of(&[&["spec", "replicas"]]), SCALE);
        scale.fields.insert(id.clone(), owned);
    }
    scale.written()
}

/// `managedFields` of an object after its scale was written: `entries` are those before, `scale` those of the scale after, and
/// `api_version` that of the object.
pub fn from_scale(entries: &Value, scale: &Value, replicas: &[&str], api_version: &str) -> Option<Value> {
    let before = Owners::read(entries).unwrap_or_default();
    let mut scale = Owners::read(scale).unwrap_or_default();
    let field = path(replicas);
    let own = Set::of(&[replicas]);
    let mut after = Owners::default();
    for (id, owned) in &before.fields {
        let kept = if !owned.set().has(&field) || scale.fields.remove(id).is_some() {
            owned.set().clone()
        } else {
            owned.set().difference(&own)
        };
        if !kept.is_empty() {
            after.fields.insert(id.clone(), Owned::of(kept, &owned.api_version));
            if let Some(time) = before.times.get(id) {
                after.times.insert(id.clone(), time.clone());
            }
        }
    }
    let replicas_of_scale = path(&["spec", "replicas"]);
    for (id, _) in scale.fields.iter().filter(|(_, owned)| owned.set().has(&replicas_of_scale)) {
        if let Some(time) = before.times.get(id) {
            after.times.insert(id.clone(), time.clone());
        }
        after.fields.insert(id.clone(), Owned::of(own.clone(), api_version));
    }
    after.written()
}
