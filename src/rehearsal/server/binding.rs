//! The binding of a pod: a scheduler names the node it is to run on.
//! It must never choose the node.

use serde_json::{Value, json};

use super::call::Call;
use super::meta;
use super::refusal::Refusal;
use super::reply::Reply;
use super::state::State;

/// Places a pod on the node that the body names.
///
/// # Errors
/// 400, 404, or 409 if it has a node already or is being deleted.
pub fn bind(state: &mut State, call: &Call<'_>) -> Result<Reply, Refusal> {
    let resource = &*call.resource;
    let binding: Value =
        serde_json::from_slice(call.body).map_err(|error| Refusal::bad_request(error.to_string()))?;
    let found = state.store.get(&resource.shelf, call.namespace, call.name).cloned();
    let Some(found) = found else { return Err(Refusal::not_found(resource, call.name)) };
    let mut pod = found.value();
    let node = binding["target"]["name"].as_str().unwrap_or_default();
    if node.is_empty() {
        return Err(Refusal::bad_request("target.name: Required value"));
    }
    if meta::is_leaving(&pod) {
        let why = format!("pod {} is being deleted, cannot be assigned to a host", call.name);
        return Err(Refusal::conflict(resource, call.name, why));
    }
    if let Some(there) = pod["spec"]["nodeName"].as_str().filter(|there| !there.is_empty()) {
        let why = format!("pod {} is already assigned to node \"{there}\"", call.name);
        return Err(Refusal::conflict(resource, call.name, why));
    }
    pod["spec"]["nodeName"] = node.into();
    let condition = json!({ "type": "PodScheduled", "status": "True", "lastProbeTime": null,
        "lastTransitionTime": state.clock.seconds() });
    let mut conditions = pod["status"]["conditions"].as_array().cloned().unwrap_or_default();
    conditions.retain(|there| there["type"] != "PodScheduled");
    conditions.push(condition);
    pod["status"]["conditions"] = conditions.into();
    if !call.dry_run() {
        state.store.put(resource, pod);
    }
    Ok(Reply {
        code: 201,
        ..Reply::json(
            json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 }),
        )
    })
}
