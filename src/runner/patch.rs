//! `patch`: changes one object, by a merge, a strategic merge or a JSON Patch whose paths may be JSONPaths.
//! It must never write anything before every path is resolved.

use super::context::{Context, Done};
use super::judge::path_of;
use super::wait;
use super::written::{may_show, tell};
use crate::cluster::{Operation as Written, PatchKind, PatchOptions};
use crate::event::{Cause, Failure, Operation};
use crate::json::pointer::escaped;
use crate::json::{self, Value, json};
use crate::playbook::action::Patch;
use crate::playbook::patch::{JsonPatch, Op, Operation as Step, Path};

/// Carries out a `patch`.
pub(super) async fn patch(action: &Patch, cx: &Context<'_>) -> Result<Done, Failure> {
    let subresource = cx.maybe(action.subresource.as_ref())?;
    let (object, live) = cx.exactly_one(action.target.as_ref(), |_| true).await?;
    let uid = live.pointer("/metadata/uid").and_then(Value::as_str).map(str::to_owned);
    let (kind, fields) = if let Some(merge) = &action.merge {
        let value = cx.late(merge)?.0;
        let fields = leaves(&value);
        (PatchKind::Merge(value), fields)
    } else if let Some(strategic) = &action.strategic {
        let value = cx.late(strategic)?.0;
        let fields = leaves(&value);
        (PatchKind::Strategic(value), fields)
    } else if let Some(json) = &action.json {
        let operations = resolve(&cx.late(json)?, &live, cx)?;
        let written = operations.iter().filter(|operation| operation["op"] != "test");
        let fields = written.filter_map(|operation| operation["path"].as_str().map(path_of)).collect();
        (PatchKind::Json(operations.into()), fields)
    } else {
        return Err(Failure::new(Cause::Defect, "a patch without any of `merge`, `json` and `strategic`"));
    };
    let options = PatchOptions { subresource, uid, ..PatchOptions::default() };
    let stumble = match &kind {
        PatchKind::Json(Value::Array(operations)) if may_show(&object) => stumble(operations, &live),
        _ => None,
    };
    let (cluster, target) = (cx.cluster.clone(), object.clone());
    let applied = cx.outstanding.write(async move { cluster.patch(&target, &kind, &options).await });
    let applied = applied.await.map_err(|error| {
        let lost = error.is_refused(422);
        let mut failure = cx.failed(&format!("patch {}", object.short()), error);
        if let (true, Some(stumble)) = (lost, stumble) {
            failure.message = format!("cannot patch {}: {stumble}", object.short());
        }
        failure
    })?;
    let operation =
        if applied.operation == Written::Unchanged { Operation::Unchanged } else { Operation::Patched };
    let shown: Vec<String> =
        if may_show(&object) { changes(&fields, &live, &applied.object) } else { fields };
    let words = match (operation, shown.as_slice()) {
        (Operation::Unchanged, _) => format!("{} unchanged", object.short()),
        (_, [first, rest @ ..]) if rest.len() > 2 => {
            format!("{} patched: {first} and {} more", object.short(), rest.len())
        }
        (_, few) => format!("{} patched: {}", object.short(), few.join(", ")),
    };
    tell(cx, &object, operation, shown, &applied);
    match wait::effect(action.wait.as_ref(), std::slice::from_ref(&object), cx).await? {
        Some(effect) => Ok(Done { words: format!("{words}, {}", effect.words), ..effect }),
        None => Ok(Done::new(applied.object, words)),
    }
}

/// Resolves JSONPaths on the live object, as the operations before have left it. Each hit is one operation, after a test of
/// what was read there; removals go last index first.
fn resolve(patch: &JsonPatch, live: &Value, cx: &Context<'_>) -> Result<Vec<Value>, Failure> {
    let mut operations = Vec::new();
    let mut now = live.clone();
    for step in &patch.operations {
        let done = operations.len();
        let live = &now;
        let from = match &step.from {
            None => None,
            Some(Path::Pointer(pointer)) => Some(pointer.clone()),
            Some(Path::Query(sought)) => match sought.query.select(live).as_slice() {
                [only] => Some(only.pointer()),
                hits => {
                    let message = format!(
                        "`from: {}` selects {} places, and must select one",
                        sought.query.source(),
                        hits.len()
                    );
                    return Err(Failure::new(Cause::Unmet, message).at(cx.place(step.span)));
                }
            },
        };
        match &step.path {
            Path::Pointer(pointer) => operations.push(operation(step, pointer, from.as_deref())),
            Path::Query(sought) => {
                let query = &sought.query;
                let mut places: Vec<(String, Option<&Value>)> =
                    query.select(live).iter().map(|hit| (hit.pointer(), Some(hit.value))).collect();
                if places.is_empty() && step.op == Op::Add {
                    places = sought.places_to_add(live).into_iter().map(|pointer| (pointer, None)).collect();
                }
                if places.is_empty() {
                    let message = format!("`{}` selects nothing in the object as it is now", query.source());
                    return Err(Failure::new(Cause::Unmet, message).at(cx.place(step.span)));
                }
                if step.op == Op::Remove {
                    places.reverse();
                }
                for (pointer, read) in places {
                    if let Some(read) = read
                        && step.op != Op::Test
                    {
                        operations.push(json!({ "op": "test", "path": pointer, "value": read }));
                    }
                    operations.push(operation(step, &pointer, from.as_deref()));
                }
            }
        }
        for operation in operations.iter().skip(done) {
            // What cannot be done here the server refuses.
            let _ = carry_out(operation, &mut now);
        }
    }
    Ok(operations)
}

/// Carries out one operation as the server does.
fn carry_out(operation: &Value, object: &mut Value) -> Result<(), String> {
    json::patch(object, std::slice::from_ref(operation))
}

/// Which operation the server could not carry out, for it does not say.
fn stumble(operations: &[Value], live: &Value) -> Option<String> {
    let mut now = live.clone();
    for operation in operations {
        let path = operation["path"].as_str().unwrap_or_default();
        let there = now.pointer(path).cloned();
        if let Err(error) = carry_out(operation, &mut now) {
            let path = path_of(path);
            return Some(match (operation["op"].as_str(), there) {
                (Some("test"), Some(there)) => {
                    format!("the test of {path} fails: it is {there}, wanted {}", operation["value"])
                }
                (Some(op), None) if op != "add" => format!("cannot {op} {path}: it is not there"),
                (op, _) => format!("cannot {} {path}: {error}", op.unwrap_or_default()),
            });
        }
    }
    None
}

fn operation(step: &Step, pointer: &str, from: Option<&str>) -> Value {
    let mut operation = json!({ "op": step.op.as_str(), "path": pointer });
    if let Some(from) = from {
        operation["from"] = json!(from);
    }
    if let Some(value) = &step.value {
        operation["value"] = value.clone();
    }
    operation
}

/// The paths of what a merge patch says.
fn leaves(value: &Value) -> Vec<String> {
    fn walk(value: &Value, pointer: &str, into: &mut Vec<String>) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    walk(value, &format!("{pointer}/{}", escaped(key)), into);
                }
            }
            _ => into.push(path_of(pointer)),
        }
    }
    let mut all = Vec::new();
    walk(value, "", &mut all);
    all
}

/// Each field with what it was and what it is: `spec.replicas: 1 → 2`.
fn changes(fields: &[String], before: &Value, after: &Value) -> Vec<String> {
    let scalar = |object: &Value, path: &str| {
        let pointer = format!("/{}", path.replace('[', ".").replace([']', '\''], "").replace('.', "/"));
        match object.pointer(&pointer) {
            None => Some("nothing".to_owned()),
            Some(value @ (Value::Bool(_) | Value::Number(_) | Value::Null)) => Some(value.to_string()),
            Some(Value::String(text)) if text.chars().count() <= 40 => Some(format!("'{text}'")),
            Some(_) => None,
        }
    };
    fields
        .iter()
        .map(|path| match (scalar(before, path), scalar(after, path)) {
            (Some(before), Some(after)) if before != after => format!("{path}: {before} → {after}"),
            _ => path.clone(),
        })
        .collect()
}
