//! Changes of objects that are there.
//! It must never make a new one, but for the kinds that allow it.

use crate::json::Value;

use super::call::Call;
use super::decode;
use super::management;
use super::managers::Managers;
use super::meta;
use super::model::{self, FieldValidation};
use super::refusal::{Refusal, quote};
use super::reply::Reply;
use super::state::State;
use super::stored::Stored;
use super::strategy;
use super::{admission, convert, create, effects};
use crate::rehearsal::builtin::Fault;
use std::sync::Arc;

/// Puts what was sent in the place of what is there.
///
/// # Errors
/// 400, 403, 404, 409, 415 or 422.
pub fn update(state: &mut State, call: &Call<'_>) -> Result<Reply, Refusal> {
    let validation = FieldValidation::read(call.query.text("fieldValidation"), "UpdateOptions")?;
    create::check_dry_run(call, "UpdateOptions")?;
    let stored = state.store.get(&call.resource.shelf, call.namespace, call.name).cloned();
    let old = stored.as_ref().map(|stored| convert::served(&call.resource, stored.value.clone()));
    let mut object = create::read(call, decode::object(call)?, validation, old.as_ref())?;
    let named = meta::text(&object, "name");
    if named.is_empty() {
        return Err(Refusal::bad_request(format!(
            "the name of the object ({} based on URL) was undeterminable: name must be provided",
            call.name
        )));
    }
    if named != call.name {
        return Err(Refusal::bad_request(format!(
            "the name of the object ({named}) does not match the name on the URL ({})",
            call.name
        )));
    }
    decode::settle_namespace(&call.resource, call.namespace, &mut object)?;
    let (Some(stored), Some(old)) = (stored, old) else {
        return Err(Refusal::not_found(&call.resource, call.name));
    };
    let uid = meta::text(&object, "uid");
    if !uid.is_empty() && uid != meta::text(&old, "uid") {
        return Err(other_uid(call, uid, meta::text(&old, "uid")));
    }
    model::default(&call.resource, &mut object, Some(&old));
    settle(state, call, &stored, &old, object, None)
}

/// 409: the object of this name is another one.
pub fn other_uid(call: &Call<'_>, wanted: &str, found: &str) -> Refusal {
    let shelf = &call.resource.shelf;
    // The words name the place where a real server keeps it.
    let group = match (shelf.group.as_str(), call.resource.custom.is_some()) {
        (group, true) => format!("{group}/"),
        _ => String::new(),
    };
    let place = if call.namespace.is_empty() { String::new() } else { format!("{}/", call.namespace) };
    let key = format!("/registry/{group}{}/{place}{}", shelf.plural, call.name);
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
    );
    Refusal::conflict(&call.resource, call.name, why)
}

/// Brings a change to an end: `new` in the place of `old`, both as served; `applied` are its managers if server-side apply made it.
///
/// # Errors
/// 403, 409 or 422.
pub fn settle(
    state: &mut State,
    call: &Call<'_>,
    stored: &Arc<Stored>,
    old: &Value,
    mut new: Value,
    applied: Option<Managers>,
) -> Result<Reply, Refusal> {
    let resource = &*call.resource;
    let now = state.clock.seconds();
    let name = call.name;
    check_version(call, stored, &mut new)?;
    decode::settle_namespace(resource, call.namespace, &mut new)?;
    model::fit_stored(resource, &mut new);
    let brought = Managers::taken(&mut new);
    let managers = match applied {
        Some(managers) => managers,
        None => management::updated(call, Some((old, &stored.managers)), &new, brought, &now),
    };
    admission::admit(state, call, &mut new, Some(old))?;
    strategy::update(resource, call.subresource, &mut new, old);
    meta::edit(&mut new, |meta| {
        let old = &old["metadata"];
        let mut keep = |key: &str, always: bool| {
            if always || meta.get(key).is_none_or(Value::is_null) {
                match old.get(key) {
                    Some(value) => meta.insert(key.into(), value.clone()),
                    None if always => meta.shift_remove(key),
                    None => None,
                };
            }
        };
        keep("uid", false);
        keep("creationTimestamp", true);
        keep("deletionGracePeriodSeconds", false);
        if old.get("deletionTimestamp").is_some() {
            keep("deletionTimestamp", true);
        }
        meta.insert("resourceVersion".into(), stored.version.to_string().into());
    });
    // What was read is in form; only addresses are written into it anew.
    if resource.is("", "services") {
        new = model::normal(resource, new, Some(old));
    }
    meta::tidy(&mut new);
    let faults = faults(call, &new, old);
    if !faults.is_empty() {
        return Err(Refusal::invalid(&resource.group, &resource.kind, name, &faults));
    }
    admission::validate(state, call, &new, Some(old))?;
    let leaves = meta::is_leaving(old)
        && meta::finalizers(&new).is_empty()
        && meta::number(old, "deletionGracePeriodSeconds").unwrap_or_default() == 0
        && !effects::holds_on(resource, &new);
    let unchanged = new == *old && !managers.differ(&stored.managers);
    let managers = if unchanged { stored.managers.clone() } else { managers };
    if call.dry_run() {
        return Ok(Reply::object(new, managers));
    }
    if leaves {
        state.store.remove(resource, call.namespace, name);
        effects::removed(state, resource, old);
        return Ok(Reply::object(new, managers));
    }
    if unchanged {
        return Ok(Reply::stored(stored.clone()));
    }
    let put = state.store.put_by(resource, convert::kept(resource, new), managers);
    effects::written(state, resource, &put, Some(old));
    Ok(Reply::stored(put))
}

/// Refuses a change of something older than what is there.
fn check_version(call: &Call<'_>, stored: &Stored, new: &mut Value) -> Result<(), Refusal> {
    let resource = &*call.resource;
    match meta::text(new, "resourceVersion") {
        "" | "0" if call.verb == "update" && strategy::wants_version(resource) => {
            let fault = Fault::invalid("metadata.resourceVersion", 0, "must be specified for an update");
            Err(Refusal::invalid(&resource.group, &resource.plural, call.name, &[fault]))
        }
        "" | "0" => Ok(()),
        version => match version.parse::<u64>() {
            Ok(version) if version == stored.version => Ok(()),
            Ok(_) => Err(Refusal::modified(resource, call.name)),
            Err(_) => Err(Refusal::internal_plain(format!(
                "strconv.ParseUint: parsing {}: invalid syntax",
                quote(version)
            ))),
        },
    }
}

fn faults(call: &Call<'_>, new: &Value, old: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    let (now, before) = (&new["metadata"], &old["metadata"]);
    if meta::is_leaving(old) {
        let known = meta::finalizers(old);
        let added: Vec<String> =
            meta::finalizers(new).into_iter().filter(|finalizer| !known.contains(finalizer)).collect();
        if !added.is_empty() {
            let list: Vec<String> = added.iter().map(|finalizer| quote(finalizer)).collect();
            let why = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                list.join(", ")
            );
            faults.push(Fault::forbidden("metadata.finalizers", why));
        }
    }
    for key in
        ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
    {
        if now[key] != before[key] {
            let value = match &now[key] {
                Value::Null => "null".to_owned(),
                value => value.to_string(),
            };
            faults.push(Fault::invalid(format!("metadata.{key}"), value, "field is immutable"));
        }
    }
    let (custom, about) = (call.resource.custom.is_some(), model::validate(&call.resource, new, Some(old)));
    let about = match call.subresource {
        // A status that is written by itself is judged by itself.
        "status" if custom => about.into_iter().map(of_status).collect(),
        _ => about,
    };
    if model::has_rules(&call.resource) {
        create::add(&mut faults, about);
        create::add(&mut faults, meta::check(new, Some(old), custom));
    } else {
        create::add(&mut faults, meta::check(new, Some(old), custom));
        create::add(&mut faults, about);
    }
    faults
}

fn of_status(mut fault: Fault) -> Fault {
    fault.message = fault.message.replacen(": status.", ": ", 1);
    fault
}
