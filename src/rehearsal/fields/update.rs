//! The managers of an object after a create, an update or a patch that was no apply.
//! It must never change anything but `metadata.managedFields`.

use std::collections::BTreeMap;

use crate::json::Value;

use super::compare::Changes;
use super::owners::{self, Id, Operation, Owned, Owners};
use super::set::Set;
use super::shape::Shape;
use super::{Manager, blank, reconcile, typed};
use crate::structural::Schema;

/// The new object with its managers brought up to date: `live` is the object before (none for a create), both in the version of the
/// manager and as the server writes them.
///
/// A subresource takes the managers of the live object; otherwise the new object may bring its own, and `[{}]` forgets them. An object
/// without managers gets none by an update.
pub fn update(schema: &Schema, live: Option<&Value>, new: &Value, manager: &Manager<'_>) -> Value {
    let mut new = new.clone();
    let brought = owners::take(&mut new);
    let stands = live.and_then(|live| live.pointer("/metadata/managedFields"));
    let standing = || stands.and_then(|entries| Owners::kept(entries).ok()).unwrap_or_default();
    let brought = brought
        .filter(|entries| manager.subresource.is_empty() && stands.is_none_or(|stands| !stands.is(entries)));
    let owners = match &brought {
        Some(entries) if is_reset(entries) => Owners::default(),
        Some(entries) => Owners::read(entries)
            .ok()
            .filter(|owners| !owners.fields.is_empty())
            .map(Owners::respelt)
            .unwrap_or_else(standing),
        None => standing(),
    };
    let manager = &Manager { constant: manager.constant && brought.is_none(), ..*manager };
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
    if !typed::fit(shape, before, after) {
        return None;
    }
    if !manager.constant {
        reconcile::all(shape, &mut owners.fields);
    }
    let changes = Changes::between(shape, before, after, &Set::of(manager.untouched));
    let id = Id::of(manager, Operation::Update);
    take_away(&mut owners.fields, &changes, Some(&id));
    let own =
        owners.fields.entry(id.clone()).or_insert_with(|| Owned::of(Set::default(), manager.api_version));
    // Most writes change what their manager has written before.
    let Changes { removed, written } = changes;
    let wrote = !written.is_empty();
    if own.is_empty() {
        own.change(written);
    } else if !own.has_all(&written) || own.meets(&removed) {
        own.change(own.set().difference(&removed).union(&written));
    }
    if own.is_empty() {
        owners.fields.remove(&id);
    }
    if wrote {
        owners.times.insert(id, manager.time.into());
    }
    owners.cap();
    Some(owners)
}

/// What each manager but one owns of what changed.
pub fn conflicts(fields: &BTreeMap<Id, Owned>, changes: &Changes, but: Option<&Id>) -> Vec<(Id, Set)> {
    let others = fields.iter().filter(|(id, owned)| Some(*id) != but && owned.meets(&changes.written));
    others.map(|(id, owned)| (id.clone(), owned.set().intersection(&changes.written))).collect()
}

/// Takes what changed from all managers but one.
pub fn take_away(fields: &mut BTreeMap<Id, Owned>, changes: &Changes, but: Option<&Id>) {
    for (_, owned) in fields.iter_mut().filter(|(id, _)| Some(*id) != but) {
        for gone in [&changes.written, &changes.removed] {
            if owned.meets(gone) {
                owned.change(owned.set().difference(gone));
            }
        }
    }
    fields.retain(|_, owned| !owned.is_empty());
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
