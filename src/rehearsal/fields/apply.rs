//! Server-side apply: what a manager wants, merged into the live object, unless others hold it.
//! It must never default, prune or validate what comes of it.

use crate::json::Value;

use super::compare::Changes;
use super::element::Element;
use super::merge::merge;
use super::named::named;
use super::owners::{self, Id, Operation, Owned, Owners};
use super::remove::remove;
use super::set::Set;
use super::shape::Shape;
use super::stripped::stripped;
use super::update::{conflicts, take_away, updated};
use super::{Manager, blank, reconcile, typed};
use crate::structural::{Schema, same};

/// Why an apply is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// 400, reason BadRequest.
    BadRequest(String),
    /// 409, reason Conflict; never empty.
    Conflicts(Vec<Conflict>),
    /// 500 without a reason: what was applied, or the live object, does not fit the schema.
    Failed(String),
}

/// A field that another manager holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The manager in the server's words: `"kubectl" using apps/v1`.
    pub manager: String,
    /// The field: `.spec.replicas`.
    pub field: String,
}

impl Refused {
    /// The message of the answer.
    pub fn message(&self) -> String {
        let conflicts = match self {
            Refused::BadRequest(text) | Refused::Failed(text) => return text.clone(),
            Refused::Conflicts(conflicts) => conflicts,
        };
        if let [Conflict { manager, field }] = &conflicts[..] {
            return format!("Apply failed with 1 conflict: conflict with {manager}: {field}");
        }
        let mut lines: Vec<String> = Vec::new();
        for (index, Conflict { manager, field }) in conflicts.iter().enumerate() {
            if index == 0 || conflicts[index - 1].manager != *manager {
                lines.push(format!("conflicts with {manager}:"));
            }
            lines.push(format!("- {field}"));
        }
        format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"))
    }
}

impl Conflict {
    /// The message of the cause in the answer's details; its reason is `FieldManagerConflict`.
    pub fn message(&self) -> String {
        format!("conflict with {}", self.manager)
    }
}

/// Who owned the fields of an object that had no managers before its first apply.
const BEFORE: &str = "before-first-apply";

/// The one manager who may take over what client-side apply wrote.
const KUBECTL: &str = "kubectl";

/// The annotation of client-side apply.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The live object (none if there is none yet) with what is applied merged into it, and its managers.
///
/// # Errors
/// [`Refused`].
pub fn apply(
    schema: &Schema,
    live: Option<&Value>,
    applied: &Value,
    manager: &Manager<'_>,
    force: bool,
) -> Result<Value, Refused> {
    check(applied, manager)?;
    let shape = Shape::of(schema);
    let kind = || applied.get("kind").and_then(Value::as_str).unwrap_or_default();
    let empty;
    let live = match live {
        Some(live) => live,
        None => {
            empty = blank(schema, manager.api_version, kind());
            &empty
        }
    };
    let stands = live.pointer("/metadata/managedFields").unwrap_or(&Value::Null);
    let mut owners = Owners::kept(stands)
        .map_err(|error| Refused::Failed(format!("failed to decode managed fields: {error}")))?;
    if owners.fields.is_empty() {
        let before = Manager { name: BEFORE, ..*manager };
        let empty = blank(schema, manager.api_version, kind());
        owners = updated(shape, &empty, live, owners, &before).unwrap_or_default();
    }
    let merging = Merging { shape, live, applied, manager };
    let (merged, owners) = match merging.apply(owners.clone(), force) {
        Err(Stopped::Conflicts(held)) if manager.name == KUBECTL => {
            let allowed = merging.last_applied().unwrap_or_default();
            let others: Vec<(Id, Set)> = held
                .into_iter()
                .map(|(id, set)| (id, set.difference(&allowed)))
                .filter(|(_, set)| !set.is_empty())
                .collect();
            match others.is_empty() {
                true => merging.apply(owners, true),
                false => Err(Stopped::Conflicts(others)),
            }
        }
        outcome => outcome,
    }
    .map_err(refused)?;
    let mut merged = merged.unwrap_or_else(|| live.clone());
    if manager.name == KUBECTL {
        merging.keep_last_applied(&mut merged);
    }
    owners::put(&mut merged, owners.written());
    Ok(merged)
}

/// What [`apply()`] makes where there is nothing yet, without its managers, who cost more than all else.
///
/// # Errors
/// [`Refused`].
pub fn made(schema: &Schema, applied: &Value, manager: &Manager<'_>) -> Result<Value, Refused> {
    check(applied, manager)?;
    let kind = applied.get("kind").and_then(Value::as_str).unwrap_or_default();
    let live = &blank(schema, manager.api_version, kind);
    let merging = Merging { shape: Shape::of(schema), live, applied, manager };
    let mut merged = merging.merged().map_err(refused)?;
    if manager.name == KUBECTL {
        merging.keep_last_applied(&mut merged);
    }
    Ok(merged)
}

/// Refuses what cannot be applied whatever there is.
fn check(applied: &Value, manager: &Manager<'_>) -> Result<(), Refused> {
    let version = applied.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    if version != manager.api_version {
        let expected = manager.api_version;
        return Err(Refused::BadRequest(format!(
            "Incorrect version specified in apply patch. Specified patch version: {version}, expected: {expected}"
        )));
    }
    match applied.pointer("/metadata/managedFields").is_some_and(|entries| !entries.is_null()) {
        true => Err(Refused::BadRequest("metadata.managedFields must be nil".into())),
        false => Ok(()),
    }
}

/// Why merging stopped.
enum Stopped {
    Conflicts(Vec<(Id, Set)>),
    Failed(String),
}

fn refused(stopped: Stopped) -> Refused {
    let held = match stopped {
        Stopped::Conflicts(held) => held,
        Stopped::Failed(text) => return Refused::Failed(text),
    };
    let path = |path: Vec<Element>| path.iter().map(ToString::to_string).collect::<String>();
    let conflicts = held.into_iter().flat_map(|(id, set)| {
        let manager = id.words();
        let conflict = move |steps| Conflict { manager: manager.clone(), field: path(steps) };
        set.paths().into_iter().map(conflict).collect::<Vec<_>>()
    });
    Refused::Conflicts(conflicts.collect())
}

/// An apply in the making.
struct Merging<'a> {
    shape: Shape<'a>,
    live: &'a Value,
    applied: &'a Value,
    manager: &'a Manager<'a>,
}

impl Merging<'_> {
    /// The live object with what is applied merged into it, before anything is taken out again.
    fn merged(&self) -> Result<Value, Stopped> {
        let Merging { shape, live, applied, .. } = *self;
        let who = || self.who();
        typed::check(shape, applied).map_err(|error| {
            Stopped::Failed(format!("failed to create typed patch object ({}): {error}", who()))
        })?;
        (if typed::fits(shape, live) { Ok(()) } else { typed::check_loosely(shape, live) }).map_err(
            |error| Stopped::Failed(format!("failed to create typed live object ({}): {error}", who())),
        )?;
        merge(shape, live, applied)
            .map_err(|error| Stopped::Failed(format!("failed to merge config: {error}")))
    }

    /// The merged object, `None` if it is the live one, and the managers.
    fn apply(&self, mut owners: Owners, force: bool) -> Result<(Option<Value>, Owners), Stopped> {
        let Merging { shape, live, applied, manager } = *self;
        let merged = self.merged()?;
        if !manager.constant {
            reconcile::all(shape, &mut owners.fields);
        }
        let id = Id::of(manager, Operation::Apply);
        let last = owners.fields.get(&id).map(|owned| owned.set().clone()).unwrap_or_default();
        let untouched = Set::of(manager.untouched);
        let set = named(shape, applied).without(&untouched);
        if owners.fields.get(&id).is_none_or(|owned| *owned.set() != set) {
            owners.fields.insert(id.clone(), Owned::of(set, manager.api_version));
        }
        let merged = self.pruned(merged, &owners, &last);
        let changes = Changes::between(shape, live, &merged, &untouched);
        let held = conflicts(&owners.fields, &changes, Some(&id));
        if !force && !held.is_empty() {
            return Err(Stopped::Conflicts(held));
        }
        take_away(&mut owners.fields, &changes, Some(&id));
        if let Some(owned) = owners.fields.get_mut(&id).filter(|owned| owned.meets(stripped())) {
            owned.change(owned.set().difference(stripped()));
        }
        owners.fields.retain(|_, owned| !owned.is_empty());
        let merged = (!same(live, &merged)).then_some(merged);
        if merged.is_some() {
            owners.times.insert(id, manager.time.into());
        }
        Ok((merged, owners))
    }

    /// The merged object without what the manager applied last time, does not apply now, and nobody else owns.
    fn pruned(&self, merged: Value, owners: &Owners, last: &Set) -> Value {
        // What is applied again stays whatever else is there.
        let again = owners.fields.get(&Id::of(self.manager, Operation::Apply));
        if again.is_none_or(|again| last.is_within(again.set())) {
            return merged;
        }
        let shape = self.shape;
        let full = |set: &Set| set.with_named_fields(Some(shape));
        let owned = owners.fields.values().fold(Set::default(), |all, owned| all.union(owned.set()));
        let all = full(&named(shape, &merged));
        let kept = full(&named(shape, &remove(shape, &merged, &full(last))));
        let pruned = remove(shape, &merged, &all.difference(&kept.union(&full(&owned))));
        let kept = full(&named(shape, &pruned));
        remove(shape, &merged, &all.difference(&kept).intersection(&full(last)))
    }

    /// What client-side apply last wrote and nobody changed since: kubectl may take it over without force.
    fn last_applied(&self) -> Option<Set> {
        let text = self.live.pointer("/metadata/annotations")?.get(LAST_APPLIED)?.as_str()?;
        let last: Value = serde_json::from_str(text).ok()?;
        if last.get("apiVersion").and_then(Value::as_str) != Some(self.manager.api_version) {
            return None;
        }
        typed::check(self.shape, &last).ok()?;
        let changes = Changes::between(self.shape, &last, self.live, &Set::default());
        let set = named(self.shape, &last);
        Some(set.difference(&changes.written).difference(&changes.removed))
    }

    /// Brings the annotation of client-side apply up to date where there is one.
    fn keep_last_applied(&self, merged: &mut Value) {
        let annotations = merged.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
        let Some(annotation) = annotations.and_then(|annotations| annotations.get_mut(LAST_APPLIED)) else {
            return;
        };
        if annotation.as_str().is_none_or(str::is_empty) {
            return;
        }
        let mut applied = self.applied.sorted();
        if let Some(annotations) = applied.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut)
        {
            annotations.shift_remove(LAST_APPLIED);
        }
        *annotation = format!("{applied}\n").into();
    }

    /// The object in the words of a failure: `default/web; apps/v1, Kind=Deployment`.
    fn who(&self) -> String {
        let text = |pointer: &str| self.applied.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let version = text("/apiVersion");
        let version = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        format!("{namespace}/{name}; {version}, Kind={}", text("/kind"))
    }
}
