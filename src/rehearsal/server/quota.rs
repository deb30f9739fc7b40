//! Quotas: what a namespace may hold, charged when an object is made.
//! It must never count anew what was given back; that is a controller's work.

use std::collections::BTreeMap;

use crate::json::{Value, json};

use super::amount::Amount;
use super::call::Call;
use super::meta;
use super::refusal::Refusal;
use super::resource::{Resource, Shelf};
use super::state::State;

/// What something uses, by the names that quotas have.
type Usage = BTreeMap<String, Amount>;

/// Charges what an object uses to every quota of its namespace that speaks of it.
///
/// # Errors
/// 403 in the server's words if one is exceeded, or asks for numbers that the object does not say.
pub fn charge(
    state: &mut State,
    call: &Call<'_>,
    object: &Value,
    old: Option<&Value>,
) -> Result<(), Refusal> {
    let resource = &*call.resource;
    if !resource.namespaced || !call.subresource.is_empty() || resource.is("", "resourcequotas") {
        return Ok(());
    }
    let shelf = Shelf { group: String::new(), plural: "resourcequotas".into() };
    let quotas: Vec<Value> =
        state.store.list(&shelf, call.namespace).map(|stored| stored.value.clone()).collect();
    if quotas.is_empty() {
        return Ok(());
    }
    let mut delta = usage(resource, object);
    if let Some(old) = old {
        for (name, before) in usage(resource, old) {
            if let Some(amount) = delta.get_mut(&name) {
                *amount = amount.less(before);
            }
        }
    }
    delta.retain(|_, amount| amount.is_positive());
    let mut charged = Vec::new();
    for mut quota in quotas {
        let hard = quota["status"]["hard"].as_object().cloned().unwrap_or_default();
        let name = meta::text(&quota, "name").to_owned();
        if !in_scope(&quota, resource, object) {
            continue;
        }
        if resource.is("", "pods") && old.is_none() {
            demand(call, object, &name, &hard)?;
        }
        let mine: Vec<(&String, Amount)> = delta
            .iter()
            .filter(|(name, _)| hard.contains_key(name))
            .map(|(name, amount)| (name, *amount))
            .collect();
        if mine.is_empty() {
            continue;
        }
        let used = |key: &str| Amount::read(&quota["status"]["used"][key]);
        let over: Vec<&(&String, Amount)> =
            mine.iter().filter(|(key, amount)| used(key).plus(*amount) > Amount::read(&hard[*key])).collect();
        if !over.is_empty() {
            let told = |amount: &dyn Fn(&str, Amount) -> Amount| {
                over.iter()
                    .map(|(key, more)| format!("{key}={}", amount(key, *more)))
                    .collect::<Vec<_>>()
                    .join(",")
            };
            let why = format!(
                "exceeded quota: {name}, requested: {}, used: {}, limited: {}",
                told(&|_, more| more),
                told(&|key, _| used(key)),
                told(&|key, _| Amount::read(&hard[key]))
            );
            return Err(Refusal::forbidden(resource, meta::text(object, "name"), why));
        }
        let after: Vec<(String, String)> =
            mine.iter().map(|(key, amount)| ((*key).clone(), used(key).plus(*amount).to_string())).collect();
        if !quota["status"]["used"].is_object() {
            quota["status"]["used"] = json!({});
        }
        for (key, amount) in after {
            quota["status"]["used"][key.as_str()] = amount.into();
        }
        charged.push(quota);
    }
    let quotas = state.catalogue.find("", "v1", "resourcequotas").cloned();
    if let (Some(quotas), false) = (quotas, call.dry_run()) {
        for quota in charged {
            state.store.put(&quotas, quota);
        }
    }
    Ok(())
}

/// What an object uses.
fn usage(resource: &Resource, object: &Value) -> Usage {
    let mut usage = Usage::new();
    let counted = if resource.group.is_empty() {
        format!("count/{}", resource.plural)
    } else {
        format!("count/{}.{}", resource.plural, resource.group)
    };
    usage.insert(counted, Amount::ONE);
    if resource.custom.is_some() || !resource.group.is_empty() {
        return usage;
    }
    match resource.plural.as_str() {
        "configmaps" | "secrets" | "replicationcontrollers" => {
            usage.insert(resource.plural.clone(), Amount::ONE);
        }
        "services" => {
            usage.insert("services".into(), Amount::ONE);
            let ports = object["spec"]["ports"].as_array().map_or(0, Vec::len);
            match object["spec"]["type"].as_str() {
                Some("NodePort") => {
                    usage.insert("services.nodeports".into(), Amount::whole(ports));
                }
                Some("LoadBalancer") => {
                    usage.insert("services.nodeports".into(), Amount::whole(ports));
                    usage.insert("services.loadbalancers".into(), Amount::ONE);
                }
                _ => {}
            }
        }
        "persistentvolumeclaims" => {
            usage.insert("persistentvolumeclaims".into(), Amount::ONE);
            let storage = &object["spec"]["resources"]["requests"]["storage"];
            if !storage.is_null() {
                usage.insert("requests.storage".into(), Amount::read(storage));
            }
        }
        "pods" => pod(object, &mut usage),
        _ => {}
    }
    usage
}

fn pod(object: &Value, usage: &mut Usage) {
    // What is over uses nothing.
    if matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed")) {
        return;
    }
    usage.insert("pods".into(), Amount::ONE);
    for (part, prefix) in [("requests", "requests."), ("limits", "limits.")] {
        let mut sum: BTreeMap<String, Amount> = BTreeMap::new();
        let list = |key: &str| object["spec"][key].as_array().cloned().unwrap_or_default();
        for container in list("containers") {
            for (name, amount) in container["resources"][part].as_object().into_iter().flatten() {
                let so_far = sum.entry(name.to_string()).or_insert(Amount::ZERO);
                *so_far = so_far.plus(Amount::read(amount));
            }
        }
        // Those that come first come one by one.
        for container in list("initContainers") {
            for (name, amount) in container["resources"][part].as_object().into_iter().flatten() {
                let most = sum.entry(name.to_string()).or_insert(Amount::ZERO);
                *most = (*most).max(Amount::read(amount));
            }
        }
        for (name, amount) in sum {
            let plain = matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage");
            if part == "requests" && (plain || name.starts_with("hugepages-")) {
                usage.insert(name.clone(), amount);
            }
            if plain || part == "requests" {
                usage.insert(format!("{prefix}{name}"), amount);
            }
        }
    }
}

/// A quota of a number demands that every container says it.
fn demand(call: &Call<'_>, pod: &Value, quota: &str, hard: &crate::json::Map) -> Result<(), Refusal> {
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let containers = ["initContainers", "containers"];
    let containers = containers.iter().flat_map(|key| pod["spec"][*key].as_array().into_iter().flatten());
    for container in containers {
        let name = container["name"].as_str().unwrap_or_default();
        for key in ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"] {
            let (part, of) = key.split_once('.').unwrap_or(("requests", key));
            if hard.contains_key(key) && container["resources"][part][of].is_null() {
                missing.entry(name).or_default().push(key);
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    // By number, and of each the containers that do not say it.
    let mut by_key: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (container, keys) in &missing {
        for key in keys {
            by_key.entry(key).or_default().push(container);
        }
    }
    let told: Vec<String> =
        by_key.into_iter().map(|(key, containers)| format!("{key} for: {}", containers.join(","))).collect();
    let why = format!("failed quota: {quota}: must specify {}", told.join("; "));
    Err(Refusal::forbidden(&call.resource, meta::text(pod, "name"), why))
}

/// Whether a quota's scopes cover an object. Only pods are told apart.
fn in_scope(quota: &Value, resource: &Resource, object: &Value) -> bool {
    let scopes = quota["spec"]["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut scopes = scopes.peekable();
    if scopes.peek().is_none() {
        return true;
    }
    let spec = &object["spec"];
    let ends = spec["activeDeadlineSeconds"].is_number();
    let best_effort = object["status"]["qosClass"] == "BestEffort";
    resource.is("", "pods")
        && scopes.all(|scope| match scope {
            "Terminating" => ends,
            "NotTerminating" => !ends,
            "BestEffort" => best_effort,
            "NotBestEffort" => !best_effort,
            _ => true,
        })
}
