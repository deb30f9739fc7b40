//! Who manages which field, as requests have it: which schema, which manager, and the answer to a conflict.
//! It must never decide what is written, nor how fields are compared.

use crate::json::{Value, json};

use super::call::Call;
use super::model;
use super::refusal::Refusal;
use super::resource::Resource;
use crate::rehearsal::builtin;
use crate::rehearsal::fields::{self, Manager, Refused};

fn manager<'a>(call: &'a Call<'_>, name: &'a str, api_version: &'a str, now: &'a str) -> Manager<'a> {
    let resource = &call.resource;
    let untouched = match &resource.custom {
        Some(custom) => builtin::untouched_of_custom(call.subresource, custom.version.status),
        None => builtin::untouched(&resource.kind, call.subresource),
    };
    Manager {
        name,
        api_version,
        subresource: call.subresource,
        time: now,
        untouched,
        constant: resource.custom.is_none(),
    }
}

/// The object with its managers after a create, update or patch.
pub fn updated(call: &Call<'_>, resource: &Resource, live: Option<&Value>, new: Value, now: &str) -> Value {
    let Some(schema) = model::schema(resource) else { return new };
    let (name, api_version) = (call.manager(), resource.api_version());
    fields::update(schema, live, &new, &manager(call, &name, &api_version, now))
}

/// What server-side apply makes of an object.
///
/// # Errors
/// 409 with the managers that hold the fields, 400 and 500 for what cannot be applied.
pub fn applied(
    call: &Call<'_>,
    resource: &Resource,
    live: Option<&Value>,
    applied: &Value,
    now: &str,
) -> Result<Value, Refusal> {
    let Some(schema) = model::schema(resource) else {
        let why = format!("{} has no schema to apply by", resource.full_name());
        return Err(Refusal::internal_plain(why));
    };
    let (name, api_version) = (call.manager(), resource.api_version());
    let manager = manager(call, &name, &api_version, now);
    fields::apply(schema, live, applied, &manager, call.query.truth("force")).map_err(refusal)
}

fn refusal(refused: Refused) -> Refusal {
    let message = refused.message();
    match refused {
        Refused::BadRequest(_) => Refusal::bad_request(message),
        Refused::Failed(_) => Refusal::internal_plain(message),
        Refused::Conflicts(conflicts) => {
            let causes: Vec<Value> = conflicts
                .iter()
                .map(|conflict| {
                    json!({ "reason": "FieldManagerConflict", "message": conflict.message(), "field": conflict.field })
                })
                .collect();
            let mut refusal = Refusal::new(409, "Conflict", message);
            refusal.details = json!({ "causes": causes });
            refusal
        }
    }
}

/// A definition with its managers after the server itself wrote its status.
pub fn by_server(live: &Value, new: Value, now: &str) -> Value {
    const VERSION: &str = "apiextensions.k8s.io/v1";
    const KIND: &str = "CustomResourceDefinition";
    let Some(schema) = builtin::schema(VERSION, KIND) else { return new };
    let untouched = builtin::untouched(KIND, "status");
    let manager = Manager {
        name: "kube-apiserver",
        api_version: VERSION,
        subresource: "status",
        time: now,
        untouched,
        constant: true,
    };
    fields::update(schema, Some(live), &new, &manager)
}

/// The managers of a scale.
pub fn of_scale(entries: &Value, replicas: &[&str]) -> Option<Value> {
    fields::to_scale(entries, replicas)
}

/// What a write made of the managers of an object's scale: `old` and `new` are the scales, `entries` the object's own managers.
///
/// # Errors
/// As for an apply.
pub fn by_scale(
    call: &Call<'_>,
    old: &Value,
    new: &Value,
    apply: bool,
    entries: &Value,
    replicas: &[&str],
    now: &str,
) -> Result<(Value, Option<Value>), Refusal> {
    const VERSION: &str = "autoscaling/v1";
    let own = call.resource.api_version();
    let Some(schema) = builtin::schema(VERSION, "Scale") else {
        return Ok((new.clone(), Some(entries.clone())));
    };
    let name = call.manager();
    let manager = Manager {
        name: &name,
        api_version: VERSION,
        subresource: "scale",
        time: now,
        untouched: &[],
        constant: true,
    };
    let new = match apply {
        true => {
            fields::apply(schema, Some(old), new, &manager, call.query.truth("force")).map_err(refusal)?
        }
        false => {
            // A scale leaves a 0 out, and what it leaves out nobody takes.
            let mut new = new.clone();
            if let Some(spec) =
                new["spec"].as_object_mut().filter(|spec| spec.get("replicas") == Some(&0.into()))
            {
                spec.shift_remove("replicas");
            }
            fields::update(schema, Some(old), &new, &manager)
        }
    };
    let managers = fields::from_scale(entries, &new["metadata"]["managedFields"], replicas, &own);
    Ok((new, managers))
}
