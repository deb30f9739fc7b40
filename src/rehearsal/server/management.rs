//! Who manages which field after a request: which schema, which manager, and the answer to a conflict.
//! It must never decide what is written, nor how fields are compared.

use std::sync::Arc;

use crate::json::{Value, json};

use super::call::Call;
use super::managers::{Managers, Write, manager};
use super::model;
use super::refusal::Refusal;
use super::resource::Resource;
use crate::rehearsal::builtin;
use crate::rehearsal::fields::{self, Manager, Refused};

/// The managers after a create, update or patch: `live` is what was there with its managers, `brought` are those that the request named.
pub fn updated(
    call: &Call<'_>,
    live: Option<(&Value, &Managers)>,
    new: &Value,
    brought: Managers,
    now: &str,
) -> Managers {
    let (live, stands) = live.map(|(live, stands)| (live.clone(), stands.clone())).unzip();
    Managers::after(Write { live, stands: stands.unwrap_or_default(), brought, ..first(call, new, now) })
}

/// What server-side apply makes of an object, and its managers.
///
/// # Errors
/// 409 with the managers that hold the fields, 400 and 500 for what cannot be applied.
pub fn applied(
    call: &Call<'_>,
    live: Option<(&Value, &Managers)>,
    applied: &Value,
    now: &str,
) -> Result<(Value, Managers), Refusal> {
    let resource = &*call.resource;
    let Some(schema) = model::schema(resource) else {
        let why = format!("{} has no schema to apply by", resource.full_name());
        return Err(Refusal::internal_plain(why));
    };
    let (name, api_version) = (call.manager(), resource.api_version());
    let manager = manager(resource, (name, call.subresource), &api_version, now);
    let Some((live, stands)) = live else {
        let object = fields::made(schema, applied, &manager).map_err(refusal)?;
        return Ok((object, Managers::after(Write { applies: true, ..first(call, applied, now) })));
    };
    let live = Some(stands.on(live.clone()));
    let mut object = fields::apply(schema, live.as_ref(), applied, &manager, call.query.truth("force"))
        .map_err(refusal)?;
    let managers = Managers::taken(&mut object);
    Ok((object, managers))
}

/// The first write of an object.
fn first(call: &Call<'_>, new: &Value, now: &str) -> Write {
    Write {
        applies: false,
        resource: call.resource.clone(),
        name: call.manager().into(),
        subresource: call.subresource.into(),
        time: now.into(),
        live: None,
        stands: Managers::default(),
        new: new.clone(),
        brought: Managers::default(),
    }
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

/// The managers of a definition after the server itself wrote its status: `live` is what was there with its managers.
pub fn by_server(
    resource: Arc<Resource>,
    (live, stands): (&Value, &Managers),
    new: &Value,
    now: &str,
) -> Managers {
    Managers::after(Write {
        applies: false,
        resource,
        name: "kube-apiserver".into(),
        subresource: "status".into(),
        time: now.into(),
        live: Some(live.clone()),
        stands: stands.clone(),
        new: new.clone(),
        brought: Managers::default(),
    })
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
    let manager = Manager {
        name: call.manager(),
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
