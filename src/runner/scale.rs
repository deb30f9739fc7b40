//! `scale`: writes the field that decides how many replicas there are, wherever that is.
//! It must never know which one: `kinds` does.

use super::context::{Context, Done};
use super::judge::path_of;
use super::wait;
use super::written::tell;
use crate::cluster::{Error, ObjectRef, Operation as Written, PatchKind, PatchOptions};
use crate::event::{Cause, Failure, Operation};
use crate::json::{Value, json};
use crate::kinds::{self, ScaleRequest, ScaleTo, ScaleWrite};
use crate::playbook::action::Scale;
use crate::playbook::replicas::Replicas;

/// How often the object is read anew when somebody else changed it meanwhile.
const ATTEMPTS: usize = 5;

/// Carries out a `scale`.
pub(super) async fn scale(action: &Scale, cx: &Context<'_>) -> Result<Done, Failure> {
    let replicas = cx.late(&action.replicas)?;
    let predictor = cx.maybe(action.predictor.as_ref())?;
    let component = cx.maybe(action.component.as_ref())?;
    let to = match replicas {
        Replicas::Count(count) => ScaleTo::Replicas(i64::from(count)),
        Replicas::Bounds { min, max } => ScaleTo::Bounds { min: min.map(i64::from), max: max.map(i64::from) },
    };
    let request = ScaleRequest {
        to,
        predictor: predictor.as_ref().map(|name| name.0.as_str()),
        component: component.as_ref().map(|name| name.0.as_str()),
    };
    let (object, mut live) = cx.exactly_one(action.target.as_ref(), can_scale).await?;
    let mut attempt = 1;
    let (writes, value) = loop {
        let writes = kinds::scale(&live, &request).map_err(|refusal| {
            let failure = Failure::new(Cause::Unmet, refusal.message).at(cx.place(action.replicas.span()));
            if refusal.help.is_empty() { failure } else { failure.help(refusal.help) }
        })?;
        let through_scale = writes.iter().any(|write| write.through_scale);
        if through_scale && !object.resource.has_subresource("scale") {
            let message = format!("{} cannot be scaled: its kind has no `scale` subresource", object.short());
            let failure = Failure::new(Cause::Unmet, message).at(cx.place(cx.step.verb));
            return Err(failure.help("Change the field that holds its replicas with `patch`."));
        }
        match write(&object, &live, &writes, cx).await {
            Ok(value) => break (writes, value),
            // Somebody changed what the paths were found by: look again.
            Err(error) if attempt < ATTEMPTS && lost_race(&error) => {
                attempt += 1;
                live = cx.look(&object).await?.ok_or_else(|| {
                    Failure::new(Cause::Unmet, format!("{} was deleted meanwhile", object.short()))
                })?;
            }
            Err(error) => return Err(cx.failed(&format!("scale {}", object.short()), error)),
        }
    };
    let words = writes.iter().map(words).collect::<Vec<_>>().join("; ");
    let words = if words.is_empty() { format!("{}: nothing to scale", object.short()) } else { words };
    for write in &writes {
        let alone =
            write.leaves.iter().filter(|(field, _)| writes.iter().all(|write| write.pointer != *field));
        for (field, value) in alone {
            cx.teller.warn(format!(
                "{}: {} says {value} and is left alone: {} decides",
                object.short(),
                path_of(field),
                path_of(&write.pointer)
            ));
        }
    }
    match wait::effect(action.wait.as_ref(), std::slice::from_ref(&object), cx).await? {
        Some(effect) => Ok(Done { words: format!("{words}, {}", effect.words), ..effect }),
        None => Ok(Done::new(value, words)),
    }
}

/// Whether an object of the default target can be scaled at all.
fn can_scale(object: &ObjectRef) -> bool {
    let known = kinds::of(&object.resource.api_version(), &object.resource.kind);
    known.scalable || known.is_general() && object.resource.has_subresource("scale")
}

/// `predictor default: 1 → 2 (spec.predictors[0].replicas)`
fn words(write: &ScaleWrite) -> String {
    let from = write.from.map_or_else(|| "unset".to_owned(), |from| from.to_string());
    let label = if write.label.is_empty() { String::new() } else { format!("{}: ", write.label) };
    match write.from {
        Some(from) if from == write.to => {
            format!("{label}already {} ({})", write.to, path_of(&write.pointer))
        }
        _ => format!("{label}{from} → {} ({})", write.to, path_of(&write.pointer)),
    }
}

async fn write(
    object: &ObjectRef,
    live: &Value,
    writes: &[ScaleWrite],
    cx: &Context<'_>,
) -> Result<Value, Error> {
    let mut operations = Vec::new();
    let mut latest = live.clone();
    for write in writes.iter().filter(|write| write.from != Some(write.to)) {
        // Several fields are written at once, or one could be written without the other.
        if let ([_], true) = (writes, write.through_scale) {
            let (cluster, target, to) = (cx.cluster.clone(), object.clone(), write.to);
            let applied = cx.outstanding.write(async move { cluster.scale(&target, to).await }).await?;
            let operation = if applied.operation == Written::Unchanged {
                Operation::Unchanged
            } else {
                Operation::Scaled
            };
            tell(cx, object, operation, vec![words(write)], &applied);
            if cx.wants_result() {
                latest = cx.cluster.get(object).await?.unwrap_or(latest);
            }
            continue;
        }
        operations.extend(
            write.tests.iter().map(|(path, value)| json!({ "op": "test", "path": path, "value": value })),
        );
        operations.extend(write.parent.iter().map(|path| json!({ "op": "add", "path": path, "value": {} })));
        operations.push(json!({ "op": "add", "path": write.pointer, "value": write.to }));
    }
    if !operations.is_empty() {
        let uid = live.pointer("/metadata/uid").and_then(Value::as_str).map(str::to_owned);
        let options = PatchOptions { uid, ..PatchOptions::default() };
        let (cluster, target) = (cx.cluster.clone(), object.clone());
        let patch = PatchKind::Json(operations.into());
        let applied =
            cx.outstanding.write(async move { cluster.patch(&target, &patch, &options).await }).await?;
        let operation =
            if applied.operation == Written::Unchanged { Operation::Unchanged } else { Operation::Scaled };
        tell(cx, object, operation, writes.iter().map(words).collect(), &applied);
        latest = applied.object;
    }
    Ok(latest)
}

/// A failed `test` of a JSON Patch, which the API server answers with 422, or a conflict.
fn lost_race(error: &Error) -> bool {
    error.is_refused(409)
        || matches!(error, Error::Refused(status) if status.code == 422 && status.message.contains("test"))
}
