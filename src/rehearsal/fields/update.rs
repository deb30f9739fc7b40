//! The managers of an object after a create, an update or a patch that was no apply.
//! It must never change anything but `metadata.managedFields`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::compare::Changes;
use super::owners::{self, Id, Operation, Owned, Owners};
use super::set::Set;
use super::shape::Shape;
use super::{Manager, blank, reconcile, typed};
use crate::structural::Schema;

/// Fields that nobody owns.
const STRIPPED: &[&[&str]] = &[
    &["apiVersion"],
    &["kind"],
    &["metadata"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
    &["metadata", "uid"],
    &["metadata", "clusterName"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "resourceVersion"],
];

/// The new object with its managers brought up to date: `live` is the object before (none for a create), both in the version of the
/// manager and as the server writes them.
///
/// A subresource takes the managers of the live object; otherwise the new object may bring its own, and `[{}]` forgets them. An object
/// without managers gets none by an update.
pub fn update(schema: &Schema, live: Option<&Value>, new: &Value, manager: &Manager<'_>) -> Value {
    let mut new = new.clone();
    let brought = owners::take(&mut new);
    let stands = live.and_then(|live| live.pointer("/metadata/managedFields"));
    let standing = || stands.and_then(|entries| Owners::read(entries).ok()).unwrap_or_default();
    let owners = match brought {
        _ if !manager.subresource.is_empty() => standing(),
        Some(entries) if is_reset(&entries) => Owners::default(),
        Some(entries) => Owners::read(&entries)
            .ok()
            .filter(|owners| !owners.fields.is_empty())
            .map(Owners::respelt)
            .unwrap_or_else(standing),
        None => standing(),
    };
    if owners.fields.is_empty() && live.is_some() {
        return new;
    }
    let text = |key: &str| new.get(key).and_then(Value::as_str).unwrap_or_default();
    let empty;
    let before = match live {
        Some(live) => live,
        None => {
            empty = blank(schema, text("apiVersion"), text("kind"));
            &empty
        }
    };
    match updated(Shape::of(schema), before, &new, owners, manager) {
        Some(owners) => owners::put(&mut new, owners.written()),
        None => owners::put(&mut new, stands.cloned()),
    }
    new
}

/// The managers after a write that was no apply; `None` if the objects cannot be compared.
pub fn updated(
    shape: Shape<'_>,
    before: &Value,
    after: &Value,
    mut owners: Owners,
    manager: &Manager<'_>,
) -> Option<Owners> {
    if !typed::fits(shape, after) || !typed::fits(shape, before) {
        return None;
    }
    reconcile::all(shape, &mut owners.fields);
    let changes = Changes::between(shape, before, after).without(&Set::of(manager.untouched));
    take_away(&mut owners.fields, &changes, None);
    let set = changes.modified.union(&changes.added).without(&Set::of(manager.untouched));
    let set = set.difference(&stripped());
    if !set.is_empty() {
        let id = Id::of(manager, Operation::Update);
        let owned = owners.fields.get(&id).map(|owned| owned.set.union(&set)).unwrap_or(set);
        owners.fields.insert(id.clone(), Owned::of(owned, manager.api_version));
        owners.times.insert(id, manager.time.to_owned());
    }
    owners.cap();
    Some(owners)
}

/// Fields that nobody owns.
pub fn stripped() -> Set {
    Set::of(STRIPPED)
}

/// What each manager but one owns of what changed.
pub fn conflicts(fields: &BTreeMap<Id, Owned>, changes: &Changes, but: Option<&Id>) -> Vec<(Id, Set)> {
    let changed = changes.modified.union(&changes.added);
    let others = fields.iter().filter(|(id, owned)| Some(*id) != but && owned.set.meets(&changed));
    others.map(|(id, owned)| (id.clone(), owned.set.intersection(&changed))).collect()
}

/// Takes what changed from all managers but one.
pub fn take_away(fields: &mut BTreeMap<Id, Owned>, changes: &Changes, but: Option<&Id>) {
    let changed = changes.modified.union(&changes.added);
    for (_, owned) in fields.iter_mut().filter(|(id, _)| Some(*id) != but) {
        for gone in [&changed, &changes.removed] {
            if owned.set.meets(gone) {
                owned.change(owned.set.difference(gone));
            }
        }
    }
    fields.retain(|_, owned| !owned.set.is_empty());
}

/// Whether the entries ask to forget all managers: an empty list, or one empty entry.
fn is_reset(entries: &Value) -> bool {
    match entries.as_array().map(Vec::as_slice) {
        Some([]) => true,
        Some([one]) => {
            one.as_object().is_some_and(|one| one.values().all(|value| value.is_null() || value == ""))
        }
        _ => false,
    }
}
