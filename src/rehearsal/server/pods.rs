//! What is below a pod beside its status: binding it to a node, evicting it, and its log.
//! It must never run a pod, nor choose a node.

use crate::json::{Value, json};

use super::call::Call;
use super::refusal::{Refusal, quote};
use super::reply::{Content, Reply};
use super::resource::Shelf;
use super::state::State;
use super::{decode, delete, meta};
use crate::selector::LabelSelector;

/// 201 and `Status: Success`, as for something that was done and is no object.
fn done() -> Reply {
    let status =
        json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 });
    Reply { code: 201, ..Reply::json(status) }
}

/// Binds a pod to a node.
///
/// # Errors
/// 400, 404, or 409 if it has one.
pub fn bind(state: &mut State, call: &Call<'_>) -> Result<Reply, Refusal> {
    let binding = decode::object(call)?;
    if meta::text(&binding, "name") != call.name {
        return Err(Refusal::bad_request("name in URL does not match name in Binding object"));
    }
    let resource = call.resource.clone();
    let stored = state.store.get(&resource.shelf, call.namespace, call.name).cloned();
    let stored = stored.ok_or_else(|| Refusal::not_found(&resource, call.name))?;
    let mut pod = stored.value.clone();
    let conflict = |why: String| {
        let mut told = (*resource).clone();
        told.plural = "pods/binding".into();
        Refusal::conflict(&told, call.name, why)
    };
    if meta::is_leaving(&pod) {
        return Err(conflict(format!("pod {} is being deleted, cannot be assigned to a host", call.name)));
    }
    let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
    if !node.is_empty() {
        return Err(conflict(format!("pod {} is already assigned to node {}", call.name, quote(node))));
    }
    if call.dry_run() {
        return Ok(done());
    }
    pod["spec"]["nodeName"] = binding["target"]["name"].clone();
    let now = state.clock.seconds();
    let scheduled = json!({
        "type": "PodScheduled", "observedGeneration": meta::number(&pod, "generation").unwrap_or(1),
        "status": "True", "lastProbeTime": null, "lastTransitionTime": now,
    });
    if !pod["status"].is_object() {
        pod["status"] = json!({});
    }
    let conditions = &mut pod["status"]["conditions"];
    if !conditions.is_array() {
        *conditions = json!([]);
    }
    if let Some(conditions) = conditions.as_array_mut() {
        match conditions.iter_mut().find(|condition| condition["type"] == "PodScheduled") {
            Some(condition) => *condition = scheduled,
            None => conditions.push(scheduled),
        }
    }
    state.store.put(&resource, pod);
    Ok(done())
}

/// Evicts a pod, unless a disruption budget forbids it.
///
/// # Errors
/// 404, or 429 if the budget is used up.
pub fn evict(state: &mut State, call: &Call<'_>) -> Result<Reply, Refusal> {
    let eviction = decode::object(call)?;
    if !meta::text(&eviction, "name").is_empty() && meta::text(&eviction, "name") != call.name {
        return Err(Refusal::bad_request("name in URL does not match name in Eviction object"));
    }
    let resource = call.resource.clone();
    let stored = state.store.get(&resource.shelf, call.namespace, call.name).cloned();
    let stored = stored.ok_or_else(|| Refusal::not_found(&resource, call.name))?;
    let pod = stored.value.clone();
    let over = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed" | "Pending"));
    if !over && !meta::is_leaving(&pod) {
        spend(state, call, &pod)?;
    }
    delete::with(state, &resource, &stored, &eviction["deleteOptions"], call.dry_run())?;
    Ok(done())
}

/// Takes one disruption from the budget of a pod.
fn spend(state: &mut State, call: &Call<'_>, pod: &Value) -> Result<(), Refusal> {
    let Some(resource) = state.catalogue.find("policy", "v1", "poddisruptionbudgets").cloned() else {
        return Ok(());
    };
    let shelf = Shelf { group: "policy".into(), plural: "poddisruptionbudgets".into() };
    let budgets: Vec<Value> = state
        .store
        .list(&shelf, call.namespace)
        .map(|stored| stored.value.clone())
        .filter(|budget| {
            let selector = LabelSelector::from_object(&budget["spec"]["selector"]);
            selector.is_ok_and(|selector| selector.matches(&pod["metadata"]["labels"]))
        })
        .collect();
    let mut budgets = budgets.into_iter();
    let Some(mut budget) = budgets.next() else { return Ok(()) };
    if budgets.next().is_some() {
        return Err(Refusal::new(
            500,
            "InternalError",
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
        ));
    }
    let name = meta::text(&budget, "name").to_owned();
    let status = &budget["status"];
    let left = status["disruptionsAllowed"].as_i64().unwrap_or_default();
    let behind = status["observedGeneration"].as_i64() != meta::number(&budget, "generation");
    if behind || left <= 0 {
        let message = "Cannot evict pod as it would violate the pod's disruption budget.";
        let why = match behind {
            true => format!("The disruption budget {name} is still being processed by the server."),
            false => format!(
                "The disruption budget {name} needs {} healthy pods and has {} currently",
                status["desiredHealthy"].as_i64().unwrap_or_default(),
                status["currentHealthy"].as_i64().unwrap_or_default()
            ),
        };
        let mut refusal = Refusal::new(429, "TooManyRequests", message);
        refusal.details = json!({ "causes": [{ "reason": "DisruptionBudget", "message": why }] });
        refusal.retry_after = behind.then_some(10);
        return Err(refusal);
    }
    if !call.dry_run() {
        budget["status"]["disruptionsAllowed"] = (left - 1).into();
        budget["status"]["disruptedPods"][call.name] = state.clock.seconds().into();
        state.store.put(&resource, budget);
    }
    Ok(())
}

/// The log of a pod's container: a few lines that tell what a rehearsed container does, which is not much.
///
/// # Errors
/// 400 or 404.
pub fn log(state: &State, call: &Call<'_>) -> Result<Reply, Refusal> {
    let stored = state.store.get(&call.resource.shelf, call.namespace, call.name);
    let pod = stored.ok_or_else(|| Refusal::not_found(&call.resource, call.name))?.value.clone();
    let names: Vec<&str> = ["containers", "initContainers"]
        .iter()
        .flat_map(|key| pod["spec"][*key].as_array().into_iter().flatten())
        .filter_map(|container| container["name"].as_str())
        .collect();
    let of_pod = pod["spec"]["containers"].as_array().map_or(0, Vec::len);
    let container = match call.query.text("container") {
        Some(name) if names.contains(&name) => name,
        Some(name) => {
            let why = format!("container {name} is not valid for pod {}", call.name);
            return Err(Refusal::bad_request(why));
        }
        None if of_pod == 1 => names[0],
        None => {
            let choices = names[..of_pod.min(names.len())].join(" ");
            let why = format!(
                "a container name must be specified for pod {}, choose one of: [{choices}]",
                call.name
            );
            return Err(Refusal::bad_request(why));
        }
    };
    if pod["spec"]["nodeName"].as_str().unwrap_or_default().is_empty() {
        return Ok(Reply { code: 200, content: Content::Text(String::new()) });
    }
    let status = pod["status"]["containerStatuses"].as_array().into_iter().flatten();
    let status = status.into_iter().find(|status| status["name"] == container);
    let previous = call.query.truth("previous");
    let ended = status.map(|status| &status["lastState"]["terminated"]).filter(|ended| ended.is_object());
    if previous && ended.is_none() {
        let why = format!(
            "previous terminated container {} in pod {} not found",
            quote(container),
            quote(call.name)
        );
        return Err(Refusal::bad_request(why));
    }
    let waiting = status.map(|status| &status["state"]["waiting"]).filter(|waiting| waiting.is_object());
    let began = status.is_some_and(|status| status["state"]["running"].is_object()) || ended.is_some();
    if let (Some(waiting), false) = (waiting, began) {
        let why = waiting["reason"].as_str().unwrap_or("ContainerCreating");
        let why = match why {
            "ImagePullBackOff" | "ErrImagePull" => "trying and failing to pull image",
            why => why,
        };
        let why =
            format!("container {} in pod {} is waiting to start: {why}", quote(container), quote(call.name));
        return Err(Refusal::bad_request(why));
    }
    let crashed = ended.filter(|ended| ended["exitCode"].as_i64().is_some_and(|code| code != 0));
    let mut lines = vec![format!("{container}: starting"), format!("{container}: reading the model")];
    match crashed {
        Some(ended) => lines.push(format!("{container}: giving up, exit code {}", ended["exitCode"])),
        None => lines.push(format!("{container}: serving")),
    }
    let keep = call.query.number("tailLines")?.and_then(|count| usize::try_from(count).ok());
    let from = keep.map_or(0, |keep| lines.len().saturating_sub(keep));
    let started = status
        .and_then(|status| status["state"]["running"]["startedAt"].as_str())
        .or(pod["metadata"]["creationTimestamp"].as_str())
        .unwrap_or_default();
    let stamp = if call.query.truth("timestamps") { format!("{started} ") } else { String::new() };
    let mut text: String = lines[from..].iter().map(|line| format!("{stamp}{line}\n")).collect();
    if let Some(limit) = call.query.number("limitBytes")?.and_then(|limit| usize::try_from(limit).ok()) {
        // The lines are plain letters but for the container's name, which is a DNS label.
        text.truncate(limit.min(text.len()));
    }
    Ok(Reply { code: 200, content: Content::Text(text) })
}
