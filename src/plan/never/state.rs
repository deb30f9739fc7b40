//! What the steps make of the objects in manifests, as far as that can be told without a cluster.
//! It must never guess: what a step may or may not do leaves the object unknown.

use super::subjects::{self, Subject};
use crate::json::pointer::unescaped;
use crate::json::{self, Value, json};
use crate::kinds::{self, ScaleRequest, ScaleTo};
use crate::plan::{Plan, Step, known};
use crate::playbook::action::{Action, Patch, Scale};
use crate::playbook::patch::{JsonPatch, Op, Operation, Path};
use crate::playbook::replicas::Replicas;

/// An object that steps have written.
pub(super) struct Track<'p> {
    /// The object.
    pub subject: Subject<'p>,
    /// It as it is now, if that is known.
    pub value: Option<Value>,
    /// It before the last write, if that is known and there was one.
    pub before: Option<Value>,
    /// It before all writes, if that is known; none if the run itself applied it.
    pub original: Option<Value>,
    /// The step that wrote it last.
    pub by: &'p Step,
}

/// Every object that was written so far.
#[derive(Default)]
pub(super) struct World<'p> {
    tracks: Vec<Track<'p>>,
}

impl<'p> World<'p> {
    /// What is known of an object.
    pub fn of(&self, subject: &Subject<'_>) -> Option<&Track<'p>> {
        self.tracks.iter().find(|track| track.subject.is(subject))
    }

    /// Takes in what a step does.
    pub fn take(&mut self, step: &'p Step, plan: &'p Plan) {
        let refused = step.envelope.must_fail.is_some();
        let writes = match &step.action {
            Action::Patch(patch) => patch.subresource.is_none(),
            Action::Apply(_) | Action::Scale(_) | Action::Delete(_) => true,
            _ => false,
        };
        if refused || !writes {
            return;
        }
        let mut subjects = subjects::of_step(step, plan);
        subjects.retain(|subject| subject.name.is_some());
        for subject in subjects {
            let track = self.tracks.iter().position(|track| track.subject.is(&subject));
            let track = track.map(|index| self.tracks.swap_remove(index));
            if matches!(step.action, Action::Delete(_)) {
                continue;
            }
            let written = subject.object.and_then(|object| object.known());
            let before = match &track {
                Some(track) => track.value.clone(),
                None => written.clone(),
            };
            let value = match (&step.action, &before) {
                _ if step.envelope.when.is_some() => None,
                // What the run has patched in stays there when the manifest is applied again.
                (Action::Apply(_), _) => {
                    written.filter(|_| track.as_ref().is_none_or(|track| is_apply(track.by)))
                }
                (Action::Patch(patch), Some(before)) => patched(patch, before),
                (Action::Scale(scale), Some(before)) => scaled(scale, before),
                _ => None,
            };
            let before = before.filter(|_| track.is_some() || !is_apply(step));
            let original = match track {
                Some(track) => track.original,
                None => before.clone(),
            };
            self.tracks.push(Track { subject, value, before, original, by: step });
        }
    }
}

fn is_apply(step: &Step) -> bool {
    matches!(step.action, Action::Apply(_))
}

/// An object after a patch.
fn patched(patch: &Patch, object: &Value) -> Option<Value> {
    let mut object = object.clone();
    if let Some(merge) = &patch.merge {
        json::merge(&mut object, &merge.known()?.0);
        return Some(object);
    }
    let operations = resolved(known(patch.json.as_ref())?, &object)?;
    let operations: Vec<Value> = operations.into_iter().map(|(_, operation)| operation).collect();
    json::patch(&mut object, &operations).ok()?;
    Some(object)
}

/// The operations with JSON Pointers, each with the one it comes from; `None` if one finds no place.
pub(super) fn resolved<'p>(patch: &'p JsonPatch, object: &Value) -> Option<Vec<(&'p Operation, Value)>> {
    let mut operations = Vec::new();
    for operation in &patch.operations {
        let pointers = |path: &Path| match path {
            Path::Pointer(pointer) => vec![pointer.clone()],
            Path::Query(sought) => {
                let hits: Vec<String> = sought.query.select(object).iter().map(|hit| hit.pointer()).collect();
                if hits.is_empty() && operation.op == Op::Add { sought.places_to_add(object) } else { hits }
            }
        };
        let mut places = pointers(&operation.path);
        if operation.op == Op::Remove {
            places.reverse();
        }
        if places.is_empty() {
            return None;
        }
        let from = operation.from.as_ref().map(|from| pointers(from).into_iter().next());
        for place in places {
            let mut resolved = json!({ "op": operation.op.as_str(), "path": place });
            if let Some(from) = &from {
                resolved["from"] = json!(from.as_ref()?);
            }
            if let Some(value) = &operation.value {
                resolved["value"] = value.clone();
            }
            operations.push((operation, resolved));
        }
    }
    Some(operations)
}

/// An object after a `scale`.
fn scaled(scale: &Scale, object: &Value) -> Option<Value> {
    let to = match *scale.replicas.known()? {
        Replicas::Count(count) => ScaleTo::Replicas(i64::from(count)),
        Replicas::Bounds { min, max } => ScaleTo::Bounds { min: min.map(i64::from), max: max.map(i64::from) },
    };
    let part = |field: &Option<_>| field.is_none();
    if !part(&scale.predictor) && known(scale.predictor.as_ref()).is_none()
        || !part(&scale.component) && known(scale.component.as_ref()).is_none()
    {
        return None;
    }
    let request = ScaleRequest {
        to,
        predictor: known(scale.predictor.as_ref()).map(|name| name.0.as_str()),
        component: known(scale.component.as_ref()).map(|name| name.0.as_str()),
    };
    let mut object = object.clone();
    for write in kinds::scale(&object, &request).ok()? {
        if let Some(parent) = &write.parent {
            put(&mut object, parent, json!({}))?;
        }
        put(&mut object, &write.pointer, json!(write.to))?;
    }
    Some(object)
}

/// Sets a key of a mapping that is there.
fn put(object: &mut Value, pointer: &str, value: Value) -> Option<()> {
    let (parent, key) = pointer.rsplit_once('/')?;
    let key = unescaped(key);
    object.pointer_mut(parent)?.as_object_mut()?.insert(key.into(), value);
    Some(())
}
