//! ResourceQuotas: how much of what they limit is used.
//! Must never know who refuses what is too much: that is the API server.

use super::driver::{Change, Name, View};
use super::outcome::Outcome;
use super::pods;
use super::read::{amount, deleting, items, namespace};
use super::resource::{CLAIMS, PODS, RESOURCE_QUOTAS, SERVICES};
use crate::json::{Map, json};

/// A quota, and those of a namespace in which something came or went, or a pod ended.
pub(super) fn concerns(view: &View, change: &Change, names: &mut Vec<Name>) {
    if change.resource == RESOURCE_QUOTAS {
        return names.push(Name::of(RESOURCE_QUOTAS, change.object));
    }
    let ended = change.before.is_some_and(|before| pods::is_ended(before) != pods::is_ended(change.object));
    if change.gone || change.before.is_none() || change.resource == PODS && ended {
        let quotas = view.list(RESOURCE_QUOTAS, namespace(change.object));
        names.extend(quotas.map(|quota| Name::of(RESOURCE_QUOTAS, quota)));
    }
}

/// One look at a quota.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    let Some(quota) = view.get(RESOURCE_QUOTAS, &at.namespace, &at.name).filter(|quota| !deleting(quota))
    else {
        return outcome;
    };
    let hard = super::read::fields(&quota["spec"]["hard"]);
    let mut used = Map::new();
    for what in hard.keys() {
        used.insert(what.clone(), written(what, uses(view, &at.namespace, what)).into());
    }
    let status = json!({ "hard": hard, "used": used });
    outcome.set_status(RESOURCE_QUOTAS, quota, status);
    outcome
}

/// How much of something is used in a namespace.
fn uses(view: &View, within: &str, what: &str) -> f64 {
    let count = |resource: &str| view.store.list(resource, within).count() as f64;
    let pods = || view.list(PODS, within).filter(|pod| !pods::is_ended(pod));
    let sum = |kind: &str, of: &str| {
        let containers = pods().flat_map(|pod| items(&pod["spec"]["containers"]));
        containers.map(|container| amount(&container["resources"][kind][of])).sum::<f64>()
    };
    let services = |kind: &str| {
        view.list(SERVICES, within).filter(|service| service["spec"]["type"] == *kind).count() as f64
    };
    match what {
        "pods" | "count/pods" => pods().count() as f64,
        "services.loadbalancers" => services("LoadBalancer"),
        "services.nodeports" => {
            let ports = view.list(SERVICES, within).flat_map(|service| items(&service["spec"]["ports"]));
            ports.filter(|port| port["nodePort"].as_i64().is_some_and(|port| port > 0)).count() as f64
        }
        "requests.storage" => view
            .list(CLAIMS, within)
            .map(|claim| amount(&claim["spec"]["resources"]["requests"]["storage"]))
            .sum(),
        _ => match what.split_once('.') {
            Some(("limits", of)) => sum("limits", of),
            Some(("requests", of)) => sum("requests", of),
            _ if matches!(what, "cpu" | "memory" | "ephemeral-storage") => sum("requests", what),
            _ => count(what.strip_prefix("count/").unwrap_or(what)),
        },
    }
}

/// An amount as quantities are written.
fn written(what: &str, amount: f64) -> String {
    let bytes = text_has(what, &["memory", "storage"]);
    if bytes {
        let units =
            [(1024f64.powi(4), "Ti"), (1024f64.powi(3), "Gi"), (1024f64.powi(2), "Mi"), (1024.0, "Ki")];
        let unit = units.iter().find(|(size, _)| amount >= *size && amount % size == 0.0);
        return unit.map_or(format!("{amount:.0}"), |(size, unit)| format!("{:.0}{unit}", amount / size));
    }
    match (amount * 1000.0).round() {
        milli if milli % 1000.0 == 0.0 => format!("{:.0}", milli / 1000.0),
        milli => format!("{milli:.0}m"),
    }
}

fn text_has(what: &str, words: &[&str]) -> bool {
    words.iter().any(|word| what.contains(word))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, statuses};
    use super::*;

    #[test]
    fn what_is_used_is_summed() {
        let pod = |name: &str, phase: &str| {
            json!({ "metadata": { "name": name, "namespace": "ns", "uid": name }, "status": { "phase": phase },
                "spec": { "containers": [{ "resources": { "requests": { "cpu": "250m", "memory": "128Mi" }, "limits": { "cpu": "1" } } }] } })
        };
        let quota = json!({ "metadata": { "name": "q", "namespace": "ns", "uid": "q" },
            "spec": { "hard": { "pods": "5", "requests.cpu": "2", "requests.memory": "1Gi", "limits.cpu": "9", "configmaps": "1" } } });
        let world = World::of([
            (RESOURCE_QUOTAS, quota),
            (PODS, pod("a", "Running")),
            (PODS, pod("b", "Pending")),
            (PODS, pod("c", "Failed")),
        ]);
        let outcome = reconcile(&world.view(), &Name::new(RESOURCE_QUOTAS, "ns", "q"));
        assert_eq!(
            statuses(&outcome)[0]["used"],
            json!({ "pods": "2", "requests.cpu": "500m", "requests.memory": "256Mi", "limits.cpu": "2", "configmaps": "0" })
        );
        assert_eq!(statuses(&outcome)[0]["hard"]["pods"], "5");
    }
}
