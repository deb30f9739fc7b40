//! Patches: JSON patch, merge patch, strategic merge patch and server-side apply.
//! It must never decide whether what comes of one is valid.

use serde_json::Value;

use super::call::Call;
use super::model::FieldValidation;
use super::refusal::{Fault, Refusal};
use super::reply::Reply;
use super::state::State;
use super::update::settle;
use super::{convert, create, decode, managers, meta, model};

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
        return Err(Refusal::unsupported_media(accepted(call)));
    }
    let validation = FieldValidation::read(call.query.text("fieldValidation"), "PatchOptions")?;
    create::check_dry_run(call, "PatchOptions")?;
    check_options(call, media == APPLY)?;
    let stored = state.store.get(&resource.shelf, call.namespace, call.name).cloned();
    if media == APPLY {
        return apply(state, call, validation);
    }
    let Some(stored) = stored else { return Err(Refusal::not_found(resource, call.name)) };
    let old = convert::served(resource, stored.value());
    let mut new = result(call, &old)?;
    retype(call, &mut new)?;
    create::known_fields(call, &mut new, validation)?;
    model::default(resource, &mut new);
    settle(state, call, &stored, &old, new, false)
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
        Some(_) => &[JSON, MERGE, APPLY, "application/apply-patch+cbor"],
        None => &[JSON, MERGE, STRATEGIC, APPLY, "application/apply-patch+cbor"],
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
    if let Some(manager) = call.query.text("fieldManager").filter(|manager| manager.len() > 128) {
        faults.push(Fault {
            reason: "FieldValueTooLong",
            field: "fieldManager".into(),
            message: format!("Too long: may not be more than 128 bytes{}", &manager[..0]),
        });
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Refusal::invalid("meta.k8s.io", "PatchOptions", "", &faults)),
    }
}

fn by_json(call: &Call<'_>, old: &Value) -> Result<Value, Refusal> {
    let operations: json_patch::Patch = serde_json::from_slice(call.body)
        .map_err(|error| Refusal::bad_request(format!("error decoding patch: {error}")))?;
    let mut new = old.clone();
    json_patch::patch(&mut new, &operations).map_err(|error| {
        Refusal::new(
            422,
            "Invalid",
            format!("the server rejected our request due to an error in our request: {error}"),
        )
    })?;
    Ok(new)
}

fn by_merge(call: &Call<'_>, old: &Value, strategic: bool) -> Result<Value, Refusal> {
    let patch: Value = serde_json::from_slice(call.body)
        .map_err(|error| Refusal::bad_request(format!("error decoding patch: {error}")))?;
    if !patch.is_object() {
        return Err(Refusal::bad_request(
            "error decoding patch: json: cannot unmarshal value into Go value of type map[string]interface {}",
        ));
    }
    let _ = strategic;
    let mut new = old.clone();
    json_patch::merge(&mut new, &patch);
    Ok(new)
}

/// A patch must not make another kind, version, name or namespace of an object.
fn retype(call: &Call<'_>, new: &mut Value) -> Result<(), Refusal> {
    let resource = &*call.resource;
    let name = meta::text(new, "name");
    if name != call.name {
        return Err(Refusal::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            call.name
        )));
    }
    if let Some(map) = new.as_object_mut() {
        map.insert("kind".into(), resource.kind.clone().into());
        map.insert("apiVersion".into(), resource.api_version().into());
    }
    Ok(())
}

fn apply(state: &mut State, call: &Call<'_>, validation: FieldValidation) -> Result<Reply, Refusal> {
    let resource = &*call.resource;
    let mut applied = decode::applied(call)?;
    let name = meta::text(&applied, "name").to_owned();
    if !name.is_empty() && name != call.name {
        return Err(Refusal::bad_request(format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            call.name
        )));
    }
    meta::edit(&mut applied, |meta| meta.insert("name".into(), call.name.into()));
    create::known_fields(call, &mut applied, validation)?;
    decode::settle_namespace(resource, call.namespace, &mut applied)?;
    let now = state.clock.seconds();
    let stored = state.store.get(&resource.shelf, call.namespace, call.name).cloned();
    let Some(stored) = stored else {
        if !call.subresource.is_empty() {
            return Err(Refusal::not_found(resource, call.name));
        }
        if !meta::text(&applied, "uid").is_empty() {
            let why = format!(
                "Precondition failed: UID in precondition: {}, UID in object meta: ",
                meta::text(&applied, "uid")
            );
            return Err(Refusal::conflict(resource, call.name, why));
        }
        let object = managers::applied(call, resource, None, &applied, &now)?;
        return create::make(state, call, object, true);
    };
    let old = convert::served(resource, stored.value());
    let uid = meta::text(&applied, "uid");
    if !uid.is_empty() && uid != meta::text(&old, "uid") {
        let why = format!(
            "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            meta::text(&old, "uid")
        );
        return Err(Refusal::conflict(resource, call.name, why));
    }
    let mut new = managers::applied(call, resource, Some(&old), &applied, &now)?;
    model::default(resource, &mut new);
    settle(state, call, &stored, &old, new, true)
}
