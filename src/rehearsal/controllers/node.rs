//! The nodes: made when the world begins, and ready.
//! Must never know pods.

use super::Settings;
use super::driver::{Change, Name, View};
use super::outcome::Outcome;
use super::read::{holds, stamp};
use super::resource::NODES;
use crate::json::{Value, json};

/// What its controller wants to hear of.
pub(super) const WATCHES: &[&str] = &[NODES];

/// The nodes that are to be there.
pub(super) fn at_start(settings: &Settings) -> Vec<Name> {
    let named = settings.nodes.iter().cloned();
    let default = (1..=3).filter(|_| settings.nodes.is_empty()).map(|number| format!("node-{number}"));
    named.chain(default).map(|name| Name::new(NODES, "", &name)).collect()
}

/// Every node.
pub(super) fn concerns(_: &View, change: &Change, names: &mut Vec<Name>) {
    if !change.gone {
        names.push(Name::of(NODES, change.object));
    }
}

/// One look at a node.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    let now = stamp(view.now);
    match view.get(NODES, "", &at.name) {
        None if at_start(view.settings).contains(at) => outcome.create(NODES, node(&at.name, &now)),
        Some(node) if !holds(&node["status"], "Ready") => {
            let mut status = status(&at.name, &now);
            // What it can hold may have been told by whoever made it.
            for field in ["capacity", "allocatable"] {
                if !node["status"][field].is_null() {
                    status[field] = node["status"][field].clone();
                }
            }
            outcome.set_status(NODES, node, status);
        }
        _ => {}
    }
    outcome
}

fn node(name: &str, now: &str) -> Value {
    let labels =
        json!({ "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" });
    json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": name, "labels": labels }, "status": status(name, now) })
}

fn status(name: &str, now: &str) -> Value {
    let room = json!({ "cpu": "32", "memory": "256Gi", "pods": "5000" });
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({ "type": kind, "status": status, "reason": reason, "message": message, "lastHeartbeatTime": now, "lastTransitionTime": now });
    json!({
        "allocatable": room, "capacity": room,
        "addresses": [{ "type": "InternalIP", "address": "127.0.0.1" }, { "type": "Hostname", "address": name }],
        "conditions": [
            condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            condition("NetworkUnavailable", "False", "RouteCreated", "RouteController created a route"),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::World;
    use super::*;

    #[test]
    fn a_node_that_is_missing_is_made_and_one_of_somebody_else_becomes_ready() {
        let mut world = World::of([(
            NODES,
            json!({ "metadata": { "name": "other", "uid": "1" }, "status": { "capacity": { "cpu": "2" } } }),
        )]);
        let look = |world: &World, name: &str| reconcile(&world.view(), &Name::new(NODES, "", name));
        assert_eq!(look(&world, "node-1").writes.len(), 1);
        assert!(look(&world, "node-4").writes.is_empty());
        let outcome = look(&world, "other");
        let status = &super::super::testing::statuses(&outcome)[0];
        assert_eq!((&status["capacity"], holds(status, "Ready")), (&json!({ "cpu": "2" }), true));
        world.put(NODES, json!({ "metadata": { "name": "other", "uid": "1" }, "status": status }));
        assert!(look(&world, "other").writes.is_empty());
    }
}
