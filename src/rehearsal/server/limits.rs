//! LimitRanges: what containers get that ask for nothing, and what they may not exceed.
//! It must never count what there is; that is the work of quotas.

use crate::json::{Value, json};

use super::amount::Amount;
use super::call::Call;
use super::meta;
use super::refusal::Refusal;
use super::resource::Shelf;
use super::state::State;

const PARTS: [(&str, &str); 2] = [("limits", "default"), ("requests", "defaultRequest")];

/// The limits that hold for the containers of a namespace.
fn of_containers(state: &State, namespace: &str) -> Vec<Value> {
    let shelf = Shelf { group: String::new(), plural: "limitranges".into() };
    let ranges = state.store.list(&shelf, namespace).map(|stored| stored.value.clone());
    let limits = ranges.flat_map(|mut range| match range["spec"]["limits"].take() {
        Value::Array(limits) => limits.to_vec(),
        _ => Vec::new(),
    });
    limits.filter(|limit| limit["type"] == "Container").collect()
}

/// Gives containers the limits and requests that they do not name.
pub fn fill_in(state: &State, namespace: &str, pod: &mut Value) {
    let limits = of_containers(state, namespace);
    if limits.is_empty() {
        return;
    }
    let mut told = Vec::new();
    for (key, word) in [("initContainers", "init container"), ("containers", "container")] {
        let containers = pod["spec"].get_mut(key).and_then(Value::as_array_mut).into_iter().flatten();
        for container in containers {
            let name = container["name"].as_str().unwrap_or_default().to_owned();
            for limit in &limits {
                for (part, default) in PARTS {
                    let mut set = Vec::new();
                    for (resource, amount) in limit[default].as_object().into_iter().flatten() {
                        let slot = &mut container["resources"][part][resource.as_str()];
                        if slot.is_null() {
                            *slot = amount.clone();
                            set.push(resource.as_str());
                        }
                    }
                    if !set.is_empty() {
                        let kind = if part == "limits" { "limit" } else { "request" };
                        told.push(format!("{} {kind} for {word} {name}", set.join(", ")));
                    }
                }
            }
        }
    }
    if !told.is_empty() {
        // Requests are told before limits.
        told.sort_by_key(|line| line.contains(" limit for "));
        let told = format!("LimitRanger plugin set: {}", told.join("; "));
        meta::edit(pod, |meta| {
            let annotations = meta.entry("annotations").or_insert_with(|| json!({}));
            if let Some(annotations) = annotations.as_object_mut() {
                annotations.insert("kubernetes.io/limit-ranger".into(), told.into());
            }
        });
    }
}

/// Refuses a pod one of whose containers asks for too much or too little.
///
/// # Errors
/// 403 in the server's words.
pub fn check(state: &State, call: &Call<'_>, pod: &Value) -> Result<(), Refusal> {
    let mut wrong = Vec::new();
    for limit in of_containers(state, call.namespace) {
        for container in pod["spec"]["containers"].as_array().into_iter().flatten() {
            let asked = |part: &str, resource: &str| container["resources"][part][resource].clone();
            let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            for (resource, most) in limit["max"].as_object().into_iter().flatten() {
                let (limited, wanted) = (asked("limits", resource), asked("requests", resource));
                if limited.is_null() {
                    wrong.push(format!(
                        "maximum {resource} usage per Container is {}.  No limit is specified",
                        shown(most)
                    ));
                } else if Amount::read(&limited) > Amount::read(most) {
                    wrong.push(format!(
                        "maximum {resource} usage per Container is {}, but limit is {}",
                        shown(most),
                        shown(&limited)
                    ));
                }
                if !wanted.is_null() && Amount::read(&wanted) > Amount::read(most) {
                    wrong.push(format!(
                        "maximum {resource} usage per Container is {}, but request is {}",
                        shown(most),
                        shown(&wanted)
                    ));
                }
            }
            for (resource, least) in limit["min"].as_object().into_iter().flatten() {
                let wanted = asked("requests", resource);
                if wanted.is_null() {
                    wrong.push(format!(
                        "minimum {resource} usage per Container is {}.  No request is specified",
                        shown(least)
                    ));
                } else if Amount::read(&wanted) < Amount::read(least) {
                    wrong.push(format!(
                        "minimum {resource} usage per Container is {}, but request is {}",
                        shown(least),
                        shown(&wanted)
                    ));
                }
            }
        }
    }
    let why = match wrong.as_slice() {
        [] => return Ok(()),
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    Err(Refusal::forbidden(&call.resource, meta::text(pod, "name"), why))
}
