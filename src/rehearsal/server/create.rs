//! New objects.
//! It must never change one that is there.

use crate::json::Value;

use super::call::Call;
use super::decode;
use super::management;
use super::managers::Managers;
use super::meta;
use super::model::{self, FieldValidation};
use super::refusal::{Refusal, quote};
use super::reply::Reply;
use super::resource::Resource;
use super::state::State;
use super::strategy;
use super::{admission, convert, duplicates, effects};
use crate::rehearsal::builtin::Fault;

/// How many letters a generated name gets.
const SUFFIX: usize = 5;
/// How long a name may be for the suffix to fit behind it.
const LONGEST_PREFIX: usize = 63 - SUFFIX;

/// Makes the object that was sent.
///
/// # Errors
/// 400, 403, 404, 409, 415 or 422.
pub fn create(state: &mut State, call: &Call<'_>) -> Result<Reply, Refusal> {
    let validation = FieldValidation::read(call.query.text("fieldValidation"), "CreateOptions")?;
    check_dry_run(call, "CreateOptions")?;
    let mut object = read(call, decode::object(call)?, validation, None)?;
    decode::settle_namespace(&call.resource, call.namespace, &mut object)?;
    make(state, call, object, None)
}

/// Makes an object that was read already; `applied` are its managers if server-side apply made it.
///
/// # Errors
/// 403, 404, 409 or 422.
pub fn make(
    state: &mut State,
    call: &Call<'_>,
    mut object: Value,
    applied: Option<Managers>,
) -> Result<Reply, Refusal> {
    let resource = &*call.resource;
    let now = state.clock.seconds();
    let read = object.clone();
    let name = name(state, &mut object);
    let uid = state.random.uid();
    meta::edit(&mut object, |meta| {
        for key in ["resourceVersion", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"] {
            if key != "resourceVersion"
                || meta.get(key).is_some_and(|version| version == "0" || version == "")
            {
                meta.shift_remove(key);
            }
        }
        meta.insert("uid".into(), uid.into());
        meta.insert("creationTimestamp".into(), now.clone().into());
    });
    if !meta::text(&object, "resourceVersion").is_empty() {
        let faults = "resourceVersion should not be set on objects to be created";
        return Err(Refusal::internal_plain(faults));
    }
    state.check_namespace(resource, call.namespace, &name)?;
    model::default(resource, &mut object, None);
    model::fit_stored(resource, &mut object);
    let brought = Managers::taken(&mut object);
    let managers = applied.unwrap_or_else(|| management::updated(call, None, &object, brought, &now));
    // What the server fills in by itself is nobody's.
    admission::admit(state, call, &mut object, None)?;
    strategy::create(resource, &mut object);
    object = model::normal(resource, object, Some(&read));
    meta::tidy(&mut object);
    let faults = faults(resource, &object);
    if !faults.is_empty() {
        // Events of both groups are told as those of the core group.
        return Err(Refusal::invalid(told_group(resource), &resource.kind, &name, &faults));
    }
    admission::validate(state, call, &object, None)?;
    if let Some(there) = state.store.get(&resource.shelf, call.namespace, &name) {
        let mut refusal = Refusal::already_exists(resource, &name);
        if meta::is_leaving(&there.value) {
            refusal.message = format!("object is being deleted: {}", refusal.message);
        }
        return Err(refusal);
    }
    if call.dry_run() {
        return Ok(Reply { code: 201, ..Reply::object(object, managers) });
    }
    let stored = state.store.put_by(resource, convert::kept(resource, object), managers);
    effects::written(state, resource, &stored, None);
    Ok(Reply::created(stored))
}

/// Reads an object as its kind; `old` is what it is to take the place of. Fields that the kind does not know are dropped, with warnings, or the object is refused
/// for them; likewise for keys that stand twice.
///
/// # Errors
/// 400 under strict validation, and for values that cannot be read.
pub fn read(
    call: &Call<'_>,
    object: Value,
    validation: FieldValidation,
    old: Option<&Value>,
) -> Result<Value, Refusal> {
    let Resource { kind, version, .. } = &*call.resource;
    let handled = |words: String| {
        Refusal::bad_request(format!(
            "{kind} in version {} cannot be handled as a {kind}: {words}",
            quote(version)
        ))
    };
    let mut wrong = match (validation, call.content_type()) {
        (FieldValidation::Ignore, _) => Vec::new(),
        // In a value no key stands twice.
        _ if call.sent.is_some() => Vec::new(),
        (_, "application/json" | "") => duplicates::duplicates(call.body),
        _ => Vec::new(),
    };
    let object = match call.resource.custom.is_none() && !wrong.is_empty() && call.verb != "patch" {
        true => duplicates::merged(call.body).unwrap_or(object),
        false => object,
    };
    let (object, unknown) = model::read(&call.resource, object, old).map_err(handled)?;
    for path in &mut wrong {
        *path = format!("duplicate field {}", quote(path));
    }
    wrong.extend(unknown);
    match validation {
        _ if wrong.is_empty() => {}
        FieldValidation::Ignore => {}
        FieldValidation::Warn => wrong.into_iter().for_each(|text| call.warn(text)),
        FieldValidation::Strict => {
            return Err(handled(format!("strict decoding error: {}", wrong.join(", "))));
        }
    }
    Ok(object)
}

/// Refuses a `dryRun` that is none.
///
/// # Errors
/// 422.
pub fn check_dry_run(call: &Call<'_>, options: &str) -> Result<(), Refusal> {
    let wrong: Vec<Fault> = call
        .query
        .all("dryRun")
        .filter(|value| *value != "All")
        .map(|value| Fault {
            reason: "FieldValueNotSupported",
            field: "dryRun".into(),
            message: format!("Unsupported value: [{}]: supported values: \"All\"", quote(value)),
        })
        .collect();
    let mut wrong = wrong;
    if call.query.text("fieldManager").is_some_and(|manager| manager.len() > 128) {
        wrong.push(Fault {
            reason: "FieldValueTooLong",
            field: "fieldManager".into(),
            message: "Too long: may not be more than 128 bytes".into(),
        });
    }
    if wrong.is_empty() { Ok(()) } else { Err(Refusal::invalid("meta.k8s.io", options, "", &wrong)) }
}

/// The object's name, generated if that is wanted.
fn name(state: &mut State, object: &mut Value) -> String {
    let (name, prefix) =
        (meta::text(object, "name").to_owned(), meta::text(object, "generateName").to_owned());
    if !name.is_empty() || prefix.is_empty() {
        return name;
    }
    let mut end = prefix.len().min(LONGEST_PREFIX);
    while !prefix.is_char_boundary(end) {
        end -= 1;
    }
    let name = format!("{}{}", &prefix[..end], state.random.suffix(SUFFIX));
    meta::edit(object, |meta| meta.insert("name".into(), name.clone().into()));
    name
}

/// Adds what is not told yet.
pub fn add(faults: &mut Vec<Fault>, more: Vec<Fault>) {
    for fault in more {
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
}

fn faults(resource: &Resource, object: &Value) -> Vec<Fault> {
    let mut faults = model::validate(resource, object, None);
    if model::has_rules(resource) {
        add(&mut faults, meta::check(object, None, false));
        return faults;
    }
    let (name, prefix) = (meta::text(object, "name"), meta::text(object, "generateName"));
    let mut about = Vec::new();
    if name.is_empty() && prefix.is_empty() {
        about.push(Fault::required("metadata.name", "name or generateName is required"));
    } else {
        let wrong = strategy::check_name(resource, name);
        about.extend(wrong.into_iter().map(|why| Fault::invalid("metadata.name", quote(name), why)));
    }
    about.extend(meta::check(object, None, resource.custom.is_some()));
    about.append(&mut faults);
    about
}

/// The group that refusals name.
fn told_group(resource: &Resource) -> &str {
    if resource.is("events.k8s.io", "events") { "" } else { &resource.group }
}
