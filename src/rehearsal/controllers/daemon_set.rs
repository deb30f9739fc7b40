//! DaemonSets: a pod on every node that may have one, replaced a few at a time.
//! Must never know how a pod is placed but that its affinity names the node.
//!
//! Source: kubernetes 1.37, pkg/controller/daemon.

use super::driver::{Change, Name, View};
use super::outcome::{CREATED, Outcome};
use super::pods;
use super::read::{
    annotation, controller_of_kind, count, deleting, generation, items, name, namespace, put_count, share,
    text,
};
use super::resource::{DAEMON_SETS, NODES, PODS, REVISIONS};
use super::revision;
use crate::json::{Map, Value, json};
use std::collections::BTreeMap;

/// Who tells the events.
const BY: &str = "daemonset-controller";

/// What its controller wants to hear of.
pub(super) const WATCHES: &[&str] = &[DAEMON_SETS, PODS, REVISIONS, NODES];

/// Taints that its pods bear, and what these do.
const TOLERATED: &[(&str, &str)] = &[
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];

/// A DaemonSet, that of a pod or revision, and all when nodes change.
pub(super) fn concerns(view: &View, change: &Change, names: &mut Vec<Name>) {
    match change.resource {
        DAEMON_SETS => names.push(Name::of(DAEMON_SETS, change.object)),
        NODES => names.extend(view.all(DAEMON_SETS).map(|set| Name::of(DAEMON_SETS, set))),
        _ => {
            let owner = controller_of_kind(change.object, "DaemonSet");
            names.extend(owner.map(|owner| Name::new(DAEMON_SETS, namespace(change.object), owner)));
        }
    }
}

/// One look at a DaemonSet.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    let Some(set) = view.get(DAEMON_SETS, &at.namespace, &at.name) else { return outcome };
    if let Some(failure) = view.failed {
        outcome.warn(BY, set, "FailedCreate", format!("Error creating: {}", failure.message));
        return outcome;
    }
    if deleting(set) {
        return outcome;
    }
    let (revision, written) = revision::current(view, set, "controller-revision-hash", &mut outcome);
    if written {
        return outcome;
    }
    let nodes: Vec<&str> = view.all(NODES).filter(|node| may_run(set, node)).map(name).collect();
    let all = view.pods_of(set);
    let mut by_node: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for pod in all.iter().copied().filter(|pod| !pods::is_ended(pod)) {
        by_node.entry(node_of(pod)).or_default().push(pod);
    }
    for pod in all.iter().filter(|pod| pods::is_ended(pod) && !deleting(pod)) {
        outcome.delete(PODS, pod);
    }
    for node in nodes.iter().filter(|node| !by_node.contains_key(**node)) {
        outcome.create(PODS, pod(set, node, &revision.hash));
        outcome.normal(BY, set, "SuccessfulCreate", format!("Created pod: {CREATED}"));
    }
    let seconds = count(&set["spec"]["minReadySeconds"]);
    let available = |pod: &Value| pods::is_available(pod, seconds, view.now).is_ok() && !deleting(pod);
    for (node, pods) in &by_node {
        // Where it may not run, and every pod beyond the first.
        let spare = if nodes.contains(node) { 1 } else { 0 };
        for pod in pods.iter().skip(spare).filter(|pod| !deleting(pod)) {
            outcome.delete(PODS, pod);
            outcome.normal(BY, set, "SuccessfulDelete", format!("Deleted pod: {}", name(pod)));
        }
    }
    let is_new = |pod: &Value| text(&pod["metadata"]["labels"]["controller-revision-hash"]) == revision.hash;
    if set["spec"]["updateStrategy"]["type"] != "OnDelete" {
        let limit = &set["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"];
        let total = i64::try_from(nodes.len()).unwrap_or(i64::MAX);
        let limit = share(limit, total, true).unwrap_or(1).max(1);
        let missing = nodes
            .iter()
            .filter(|node| !by_node.get(**node).is_some_and(|pods| pods.iter().any(|pod| available(pod))));
        let mut room = limit - i64::try_from(missing.count()).unwrap_or(i64::MAX);
        for pod in by_node.values().flatten().filter(|pod| !is_new(pod) && !deleting(pod)) {
            // One that is not available is missing already.
            let counts = i64::from(available(pod));
            if room >= counts {
                room -= counts;
                outcome.delete(PODS, pod);
                outcome.normal(BY, set, "SuccessfulDelete", format!("Deleted pod: {}", name(pod)));
            }
        }
    }
    let (mut scheduled, mut ready, mut there, mut updated, mut wrong) = (0, 0, 0, 0, 0);
    for (node, pods) in &by_node {
        if !nodes.contains(node) {
            wrong += 1;
            continue;
        }
        scheduled += 1;
        ready += i64::from(pods.iter().any(|pod| pods::is_ready(pod)));
        there += i64::from(pods.iter().any(|pod| available(pod)));
        updated += i64::from(pods.iter().any(|pod| is_new(pod)));
    }
    let wanted = i64::try_from(nodes.len()).unwrap_or(i64::MAX);
    let mut status = Map::new();
    let always = [
        ("currentNumberScheduled", scheduled),
        ("numberMisscheduled", wrong),
        ("desiredNumberScheduled", wanted),
        ("numberReady", ready),
        ("observedGeneration", generation(set)),
    ];
    status.extend(always.map(|(field, number)| (field, number)));
    let unless_zero = [
        ("updatedNumberScheduled", updated),
        ("numberAvailable", there),
        ("numberUnavailable", wanted - there),
    ];
    unless_zero.iter().for_each(|(field, number)| put_count(&mut status, field, *number));
    for kept in ["collisionCount", "conditions"] {
        if !set["status"][kept].is_null() {
            status.insert(kept.into(), set["status"][kept].clone());
        }
    }
    outcome.set_status(DAEMON_SETS, set, Value::Object(status));
    let waits = all.iter().filter_map(|pod| pods::is_available(pod, seconds, view.now).err().flatten());
    waits.for_each(|rest| outcome.look_again(rest));
    outcome
}

/// The node of a pod: where it is, or where it is to go.
fn node_of(pod: &Value) -> &str {
    let terms = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchFields/0/values/0";
    match text(&pod["spec"]["nodeName"]) {
        "" => pod.pointer(terms).map_or("", text),
        node => node,
    }
}

fn may_run(set: &Value, node: &Value) -> bool {
    let labels = &node["metadata"]["labels"];
    let selector = set["spec"]["template"]["spec"]["nodeSelector"].as_object();
    let tolerations = items(&set["spec"]["template"]["spec"]["tolerations"]);
    let bears = |taint: &Value| {
        let own = TOLERATED.iter().any(|(key, effect)| taint["key"] == *key && taint["effect"] == *effect);
        own || tolerations.iter().any(|toleration| {
            let all = text(&toleration["key"]).is_empty() && toleration["operator"] == "Exists";
            all || toleration["key"] == taint["key"]
        })
    };
    let taints = items(&node["spec"]["taints"]).iter().filter(|taint| taint["effect"] != "PreferNoSchedule");
    selector.is_none_or(|selector| selector.iter().all(|(key, value)| labels[key] == *value))
        && taints.into_iter().all(bears)
}

fn pod(set: &Value, node: &str, hash: &str) -> Value {
    let mut pod = pods::made(set, &set["spec"]["template"], "");
    pods::label(&mut pod, "controller-revision-hash", hash);
    let template = annotation(set, "deprecated.daemonset.template.generation");
    if !template.is_empty() {
        pods::label(&mut pod, "pod-template-generation", template);
    }
    let only = json!({ "matchFields": [{ "key": "metadata.name", "operator": "In", "values": [node] }] });
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let terms = &set["spec"]["template"]["spec"]["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"];
    // Every term is narrowed to the node.
    let terms: Vec<Value> = match items(terms) {
        [] => vec![only],
        terms => terms.iter().map(|term| json!({ "matchExpressions": term["matchExpressions"], "matchFields": only["matchFields"] })).collect(),
    };
    pod["spec"]["affinity"]["nodeAffinity"][required] = json!({ "nodeSelectorTerms": terms });
    let mut tolerations = items(&pod["spec"]["tolerations"]).to_vec();
    tolerations.extend(
        TOLERATED.iter().map(|(key, effect)| json!({ "key": key, "operator": "Exists", "effect": effect })),
    );
    pod["spec"]["tolerations"] = tolerations.into();
    pod
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Verb;
    use super::super::testing::{World, statuses};
    use super::*;

    #[test]
    fn every_node_that_may_gets_a_pod() {
        let set = json!({ "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": { "name": "agent", "namespace": "ns", "uid": "d", "generation": 1 },
            "spec": { "template": { "metadata": { "labels": { "app": "agent" } }, "spec": { "nodeSelector": { "disk": "ssd" } } } } });
        let node = |name: &str, disk: &str| json!({ "metadata": { "name": name, "uid": name, "labels": { "disk": disk } } });
        let mut world = World::of([
            (DAEMON_SETS, set),
            (NODES, node("one", "ssd")),
            (NODES, node("two", "hdd")),
            (NODES, node("three", "ssd")),
        ]);
        let name = Name::new(DAEMON_SETS, "ns", "agent");
        let first = reconcile(&world.view(), &name);
        let Verb::Create(revision) = &first.writes[0].verb else { panic!("its revision comes first") };
        let mut revision = revision.clone();
        revision["metadata"]["uid"] = "r".into();
        world.put(REVISIONS, revision);
        let second = reconcile(&world.view(), &name);
        let made: Vec<Value> = second
            .writes
            .iter()
            .filter_map(|write| match &write.verb {
                Verb::Create(pod) => Some(pod.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(made.iter().map(node_of).collect::<Vec<_>>(), ["one", "three"]);
        assert_eq!(statuses(&second)[0]["desiredNumberScheduled"], 2);
        for (number, mut pod) in made.into_iter().enumerate() {
            pod["metadata"]["name"] = number.to_string().into();
            pod["metadata"]["uid"] = number.to_string().into();
            pod["status"] =
                json!({ "phase": "Running", "conditions": [{ "type": "Ready", "status": "True" }] });
            world.put(PODS, pod);
        }
        let third = reconcile(&world.view(), &name);
        assert_eq!(third.writes.len(), 1);
        let status = &statuses(&third)[0];
        assert_eq!((&status["numberAvailable"], &status["updatedNumberScheduled"]), (&json!(2), &json!(2)));
    }
}
