//! What a cluster has from its first moment.
//! It must never do what a controller does.

use serde_json::{Value, json};

use super::meta;
use super::state::State;

/// Makes what a cluster has from its first moment.
pub fn furnish(state: &mut State) {
    for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
        let object = json!({
            "kind": "Namespace", "apiVersion": "v1",
            "metadata": { "name": name, "labels": { "kubernetes.io/metadata.name": name } },
            "spec": { "finalizers": ["kubernetes"] }, "status": { "phase": "Active" },
        });
        keep(state, "", "v1", "namespaces", object);
    }
    for (name, value, description) in [
        (
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
        ),
        (
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node.",
        ),
    ] {
        let object = json!({
            "kind": "PriorityClass", "apiVersion": "scheduling.k8s.io/v1", "metadata": { "name": name, "generation": 1 },
            "value": value, "description": description, "preemptionPolicy": "PreemptLowerPriority",
        });
        keep(state, "scheduling.k8s.io", "v1", "priorityclasses", object);
    }
}

fn keep(state: &mut State, group: &str, version: &str, plural: &str, mut object: Value) {
    let Some(resource) = state.catalogue.find(group, version, plural).cloned() else { return };
    let (uid, now) = (state.random.uid(), state.clock.seconds());
    meta::edit(&mut object, |meta| {
        meta.insert("uid".into(), uid.into());
        meta.insert("creationTimestamp".into(), now.into());
    });
    meta::tidy(&mut object);
    state.store.put(&resource, object);
}
