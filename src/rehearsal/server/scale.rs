//! The scale of an object: how many replicas it wants and has, as `autoscaling/v1` puts it.
//! It must never change anything but the replicas wanted.

use crate::json::{Map, Value, json};

use super::call::Call;
use super::management;
use super::managers::Managers;
use super::refusal::Refusal;
use super::reply::Reply;
use super::resource::Resource;
use super::state::State;
use super::{convert, create, decode, meta, patch, render, update};
use crate::rehearsal::builtin::Fault;
use crate::selector::LabelSelector;

/// Where a kind has its numbers, as JSON pointers.
struct Paths {
    spec: String,
    status: String,
    selector: Option<String>,
}

fn paths(resource: &Resource) -> Paths {
    match resource.custom.as_ref().and_then(|custom| custom.version.scale.clone()) {
        Some(scale) => Paths { spec: scale.spec, status: scale.status, selector: scale.selector },
        None => Paths { spec: "/spec/replicas".into(), status: "/status/replicas".into(), selector: None },
    }
}

/// Reads or changes the scale.
///
/// # Errors
/// As for the object itself; 500 for a custom object that wants no number at all.
pub fn scale(state: &mut State, call: &Call<'_>) -> Result<Reply, Refusal> {
    let resource = &*call.resource;
    let stored = state.store.get(&resource.shelf, call.namespace, call.name).cloned();
    let stored = stored.ok_or_else(|| Refusal::not_found(resource, call.name))?;
    let old = convert::served(resource, stored.value.clone());
    let paths = paths(resource);
    let wanted = old.pointer(&paths.spec).and_then(Value::as_i64);
    if call.verb == "get" {
        if wanted.is_none() && resource.custom.is_some() {
            let path = paths.spec.replace('/', ".");
            return Err(Refusal::internal(format!("the spec replicas field \"{path}\" does not exist")));
        }
        return Ok(Reply::json(of(resource, &old, &paths)));
    }
    let steps: Vec<&str> = paths.spec.split('/').skip(1).collect();
    let entries = stored.managers.entries().unwrap_or(&Value::Null);
    let mut before = of(resource, &old, &paths);
    if let Some(managers) = management::of_scale(entries, &steps) {
        before["metadata"]["managedFields"] = managers;
    }
    let apply = patch::is_apply(call);
    let sent = match call.verb {
        "patch" if apply => decode::applied(call)?,
        "patch" => patch::result(call, &before)?,
        _ => decode::object(call)?,
    };
    let now = state.clock.seconds();
    let (after, owners) = management::by_scale(call, &before, &sent, apply, entries, &steps, &now)?;
    create::check_dry_run(call, if call.verb == "patch" { "PatchOptions" } else { "UpdateOptions" })?;
    let named = meta::text(&after, "name");
    if named != call.name && !(named.is_empty() && resource.custom.is_none()) {
        return Err(Refusal::bad_request(format!(
            "the name of the object ({named}) does not match the name on the URL ({})",
            call.name
        )));
    }
    let replicas = match &(if apply { &after } else { &sent })["spec"]["replicas"] {
        // Of a custom kind what was never wanted stays so only if nobody names a number.
        Value::Null if wanted.is_none() && resource.custom.is_some() && call.verb == "patch" => {
            let path = paths.spec.replace('/', ".");
            return Err(Refusal::bad_request(format!("the spec replicas field \"{path}\" cannot be empty")));
        }
        Value::Null => 0,
        number => match number.as_i64() {
            Some(replicas) => replicas,
            None => {
                let found = if number.is_string() { "string".to_owned() } else { format!("number {number}") };
                let why = format!(
                    "json: cannot unmarshal {found} into Go struct field ScaleSpec.spec.replicas of type int32"
                );
                return Err(match call.verb {
                    "patch" => patch::unread(&after, &why),
                    _ => Refusal::bad_request(format!(
                        "Scale in version \"v1\" cannot be handled as a Scale: {why}"
                    )),
                });
            }
        },
    };
    // Of a custom kind the object itself is refused.
    if replicas < 0 && resource.custom.is_none() {
        let fault = Fault::invalid("spec.replicas", replicas, "must be greater than or equal to 0");
        return Err(Refusal::invalid("autoscaling", "Scale", call.name, &[fault]));
    }
    let uid = meta::text(&after, "uid");
    if !uid.is_empty() && uid != meta::text(&old, "uid") {
        let why = format!(
            "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            meta::text(&old, "uid")
        );
        return Err(Refusal::conflict(resource, call.name, why));
    }
    let mut new = old.clone();
    set(&mut new, &paths.spec, replicas.into());
    let version = meta::text(&after, "resourceVersion").to_owned();
    meta::edit(&mut new, |meta| {
        let current = stored.version.to_string();
        meta.insert("resourceVersion".into(), if version.is_empty() { current } else { version }.into())
    });
    let reply = update::settle(state, call, &stored, &old, new, Some(Managers::of(owners)))?;
    let now = render::value(resource, &reply);
    Ok(Reply::json(of(resource, &now, &paths)))
}

/// The scale of an object.
fn of(resource: &Resource, object: &Value, paths: &Paths) -> Value {
    let number = |pointer: &str| object.pointer(pointer).and_then(Value::as_i64).unwrap_or_default();
    let mut metadata = Map::new();
    for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = object["metadata"].get(key) {
            metadata.insert(key.into(), value.clone());
        }
    }
    let spec = match number(&paths.spec) {
        0 => json!({}),
        replicas => json!({ "replicas": replicas }),
    };
    let mut status = json!({ "replicas": number(&paths.status) });
    let selector = match &paths.selector {
        Some(pointer) => object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned(),
        None if resource.custom.is_some() => String::new(),
        None => selector(&object["spec"]["selector"]),
    };
    if !selector.is_empty() {
        status["selector"] = selector.into();
    }
    json!({ "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status })
}

/// A selector as text, its requirements by key.
pub(super) fn selector(selector: &Value) -> String {
    let is_plain = selector.get("matchLabels").is_none() && selector.get("matchExpressions").is_none();
    let labels = if is_plain { selector } else { &selector["matchLabels"] };
    let mut terms: Vec<(String, String)> = labels
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.to_string(), format!("{key}={}", value.as_str().unwrap_or_default())))
        .collect();
    for expression in selector["matchExpressions"].as_array().into_iter().flatten() {
        let one = LabelSelector::from_object(&json!({ "matchExpressions": [expression] }));
        let key = expression["key"].as_str().unwrap_or_default().to_owned();
        terms.extend(one.ok().map(|one| (key, one.to_string())));
    }
    terms.sort();
    terms.into_iter().map(|(_, term)| term).collect::<Vec<_>>().join(",")
}

/// Sets a value deep inside, making the mappings on the way.
fn set(object: &mut Value, pointer: &str, value: Value) {
    let mut at = object;
    for step in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[step];
    }
    *at = value;
}
