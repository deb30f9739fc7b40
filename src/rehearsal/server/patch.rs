//! Patches: JSON patch, merge patch, strategic merge patch and server-side apply.
//! It must never decide whether what comes of one is valid.

use crate::json::{Map, Text, Value};

use super::call::Call;
use super::model::FieldValidation;
use super::refusal::{Refusal, quote};
use super::reply::Reply;
use super::state::State;
use super::update::settle;
use super::{convert, create, decode, duplicates, jsonpatch, management, meta, model};
use crate::rehearsal::builtin::Fault;
use crate::rehearsal::strategic::{self, PatchError};

const JSON: &str = "application/json-patch+json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

/// Patches an object; applying makes it if it is not there.
///
/// # Errors
/// 400, 403, 404, 409, 415 or 422.
pub fn patch(state: &mut State, call: &Call<'_>) -> Result<Reply, Refusal> {
    let resource = &*call.resource;
    let media = call.content_type();
    if !accepted(call).contains(&media) {
        // A type that no patch has is refused by the router, in other words than one that this kind does not take.
        return Err(match [JSON, MERGE, STRATEGIC, APPLY].contains(&media) {
            true => Refusal::unsupported_media(accepted(call)),
            false => {
                let mut refusal = Refusal::new(415, "UnsupportedMediaType", "415: Unsupported Media Type");
                refusal.details = crate::json::json!({});
                refusal
            }
        });
    }
    let validation = FieldValidation::read(call.query.text("fieldValidation"), "PatchOptions")?;
    create::check_dry_run(call, "PatchOptions")?;
    check_options(call, media == APPLY)?;
    let stored = state.store.get(&resource.shelf, call.namespace, call.name).cloned();
    if media == APPLY {
        return apply(state, call, validation);
    }
    let Some(stored) = stored else { return Err(Refusal::not_found(resource, call.name)) };
    let old = convert::served(resource, stored.value.clone());
    let mut new = match patches_managers(call) {
        true => result(call, &stored.managers.on(old.clone()))?,
        false => result(call, &old)?,
    };
    retype(call, &mut new)?;
    let before = new.clone();
    new = create::read(call, new, validation, Some(&old)).map_err(|refusal| match refusal.code {
        400 => {
            // What comes of a patch is told with all of it, and without the words for what was sent.
            let told = refusal
                .message
                .split_once(" cannot be handled as a ")
                .and_then(|(_, told)| told.split_once(": "));
            let told = told.map_or(refusal.message.as_str(), |(_, told)| told);
            match media == STRATEGIC {
                true => unread_text(&go_map(&call.json().unwrap_or_default()), told),
                false => unread(&before, told),
            }
        }
        _ => refusal,
    })?;
    // Beside the status nothing is written by it, and a status has no defaults.
    if call.subresource != "status" || resource.custom.is_some() {
        model::default(resource, &mut new, Some(&old));
    }
    settle(state, call, &stored, &old, new, None)
}

/// Whether a patch may have to do with the managers: any but one in this process that merges something else.
fn patches_managers(call: &Call<'_>) -> bool {
    let merges = call.content_type() == MERGE;
    call.sent.is_none_or(|sent| !merges || sent["metadata"].get("managedFields").is_some())
}

/// What a patch that is no apply makes of an object, be that the one kept or a scale.
///
/// # Errors
/// 400, 415 or 422.
pub fn result(call: &Call<'_>, old: &Value) -> Result<Value, Refusal> {
    match call.content_type() {
        JSON => by_json(call, old),
        MERGE => by_merge(call, old, false),
        STRATEGIC if call.resource.custom.is_none() => by_merge(call, old, true),
        _ => Err(Refusal::unsupported_media(accepted(call))),
    }
}

/// Whether a patch is a server-side apply.
pub fn is_apply(call: &Call<'_>) -> bool {
    call.verb == "patch" && call.content_type() == APPLY
}

/// The media types of patches that the kind takes.
fn accepted(call: &Call<'_>) -> &'static [&'static str] {
    match call.resource.custom {
        Some(_) => &[JSON, MERGE, APPLY],
        None => &[JSON, MERGE, STRATEGIC, APPLY],
    }
}

fn check_options(call: &Call<'_>, apply: bool) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    if !apply && call.query.has("force") {
        faults.push(Fault::forbidden("force", "may not be specified for non-apply patch"));
    }
    if apply && call.query.text("fieldManager").is_none() {
        faults.push(Fault::required("fieldManager", "is required for apply patch"));
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Refusal::invalid("meta.k8s.io", "PatchOptions", "", &faults)),
    }
}

fn by_json(call: &Call<'_>, old: &Value) -> Result<Value, Refusal> {
    const TARGET: &str = "json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp";
    let patch: Value = call.json().map_err(|_| Refusal::bad_request("invalid JSON patch"))?;
    let Some(operations) = patch.as_array() else { return Err(undecoded(TARGET)) };
    let mut new = old.clone();
    match jsonpatch::patch(&mut new, operations) {
        Some(()) => Ok(new),
        None => {
            let mut refusal = Refusal::new(
                422,
                "Invalid",
                "the server rejected our request due to an error in our request",
            );
            refusal.details = crate::json::json!({});
            Err(refusal)
        }
    }
}

fn undecoded(why: &str) -> Refusal {
    Refusal::bad_request(format!("error decoding patch: {why}"))
}

fn by_merge(call: &Call<'_>, old: &Value, by_schema: bool) -> Result<Value, Refusal> {
    let patch: Value = call.json().map_err(|_| Refusal::bad_request("invalid JSON patch"))?;
    if !patch.is_object() {
        let found = match &patch {
            Value::Array(_) => "array",
            Value::String(_) => "string",
            Value::Bool(_) => "bool",
            _ => "number",
        };
        return Err(undecoded(&format!(
            "json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
        )));
    }
    if let (true, Some(schema)) = (by_schema, model::schema(&call.resource)) {
        return strategic::patch(schema, old, &patch).map_err(|error| match error {
            PatchError::BadRequest(words) => Refusal::bad_request(words),
            PatchError::Unprocessable(words) => {
                let mut refusal = Refusal::new(422, "Invalid", words);
                refusal.details = crate::json::json!({});
                refusal
            }
            PatchError::Failed(words) => Refusal::internal_plain(words),
        });
    }
    let mut new = old.clone();
    crate::json::merge(&mut new, &patch);
    Ok(new)
}

/// A patch must not make another kind, version or name of an object.
fn retype(call: &Call<'_>, new: &mut Value) -> Result<(), Refusal> {
    let resource = &*call.resource;
    let (kind, api_version) = (resource.kind.as_str(), resource.api_version());
    let text = |key: &str| new.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (found_kind, found_version) = (text("kind"), text("apiVersion"));
    if found_kind != kind || found_version != api_version {
        let why = match found_kind == kind {
            false if resource.custom.is_none() => {
                let version = found_version.rsplit('/').next().unwrap_or_default();
                let package = decode::internal(&resource.group);
                format!("converting ({version}.{found_kind}) to ({package}.{kind}): unknown conversion")
            }
            _ if resource.custom.is_none() => format!(
                "no kind {} is registered for version {} in scheme \"pkg/runtime/scheme.go:111\"",
                quote(&found_kind),
                quote(&found_version)
            ),
            _ if found_kind != kind => {
                let fault = Fault::invalid("kind", quote(&found_kind), format!("must be {kind}"));
                return Err(Refusal::invalid(&resource.group, &found_kind, call.name, &[fault]));
            }
            _ => {
                let told = format!("must be {api_version}");
                let fault = Fault::invalid("apiVersion", quote(&found_version), told);
                return Err(Refusal::invalid(&resource.group, kind, call.name, &[fault]));
            }
        };
        return Err(unread(new, &why));
    }
    let name = meta::text(new, "name");
    if name.is_empty() {
        return Err(Refusal::bad_request(format!(
            "the name of the object ({} based on URL) was undeterminable: name must be provided",
            call.name
        )));
    }
    if name != call.name {
        return Err(Refusal::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            call.name
        )));
    }
    Ok(())
}

/// 422: what came of the patch cannot be read.
pub fn unread(new: &Value, why: &str) -> Refusal {
    let mut sorted: Vec<(&Text, &Value)> = new.as_object().into_iter().flatten().collect();
    sorted.sort_by_key(|(key, _)| key.as_str());
    let text: Map = sorted.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    unread_text(&Value::Object(text).to_string(), why)
}

fn unread_text(shown: &str, why: &str) -> Refusal {
    let fault = Fault::invalid("patch", quote(shown), why);
    Refusal::invalid("", "", "", &[fault])
}

/// A value as Go's `%v` shows it.
fn go_map(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&Text, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            let shown: Vec<String> =
                entries.into_iter().map(|(key, value)| format!("{key}:{}", go_map(value))).collect();
            format!("map[{}]", shown.join(" "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(go_map).collect::<Vec<_>>().join(" ")),
        Value::String(text) => text.to_string(),
        Value::Null => "<nil>".into(),
        other => other.to_string(),
    }
}

fn apply(state: &mut State, call: &Call<'_>, validation: FieldValidation) -> Result<Reply, Refusal> {
    let resource = &*call.resource;
    let mut applied = decode::applied(call)?;
    let name = meta::text(&applied, "name").to_owned();
    if name != call.name {
        return Err(Refusal::bad_request(match name.as_str() {
            "" => format!(
                "the name of the object ({} based on URL) was undeterminable: name must be provided",
                call.name
            ),
            name => {
                format!("the name of the object ({name}) does not match the name on the URL ({})", call.name)
            }
        }));
    }
    model::drop_unknown_metadata(&mut applied);
    if validation == FieldValidation::Strict {
        let twice = duplicates::duplicates(call.body);
        if let Some(path) = twice.first() {
            return Err(Refusal::bad_request(format!(
                "error decoding patch: strict decoding error: duplicate field {}",
                quote(path)
            )));
        }
    }
    let now = state.clock.seconds();
    let stored = state.store.get(&resource.shelf, call.namespace, call.name).cloned();
    let Some(stored) = stored else {
        if !call.subresource.is_empty() {
            return Err(Refusal::not_found(resource, call.name));
        }
        let uid = meta::text(&applied, "uid").to_owned();
        if !uid.is_empty() {
            let why = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            );
            return Err(Refusal::conflict(resource, call.name, why));
        }
        meta::edit(&mut applied, |meta| meta.shift_remove("resourceVersion"));
        let (object, managers) = management::applied(call, None, &applied, &now)?;
        let mut object = model::normal(resource, object, None);
        decode::settle_namespace(resource, call.namespace, &mut object)?;
        return create::make(state, call, object, Some(managers));
    };
    let old = convert::served(resource, stored.value.clone());
    let (new, managers) = management::applied(call, Some((&old, &stored.managers)), &applied, &now)?;
    let mut new = model::normal(resource, new, Some(&old));
    model::default(resource, &mut new, Some(&old));
    settle(state, call, &stored, &old, new, Some(managers))
}
