//! ReplicaSets and ReplicationControllers: as many pods as wanted, adopted, made and deleted as kube-controller-manager does.
//! Must never know Deployments, nor how a pod comes to run.
//!
//! Source: kubernetes 1.37, pkg/controller/replicaset, and pkg/controller/replication, which is the same in another coat.

use super::driver::{Change, Failure, Name, View};
use super::outcome::{CREATED, Outcome};
use super::pods;
use super::read::{
    condition, controller, controller_of_kind, count, deleting, generation, items, name, namespace,
    owner_reference, replicas, stamp,
};
use super::resource::{PODS, REPLICA_SETS, REPLICATION_CONTROLLERS};
use crate::json::{Map, Value, json};
use crate::selector::LabelSelector;

/// The two sorts.
struct Sort {
    resource: &'static str,
    kind: &'static str,
    /// Who tells the events.
    by: &'static str,
    /// Whether the status counts the pods that terminate.
    counts_terminating: bool,
}

const SORTS: [Sort; 2] = [
    Sort {
        resource: REPLICA_SETS,
        kind: "ReplicaSet",
        by: "replicaset-controller",
        counts_terminating: true,
    },
    Sort {
        resource: REPLICATION_CONTROLLERS,
        kind: "ReplicationController",
        by: "replication-controller",
        counts_terminating: false,
    },
];

impl Sort {
    fn of(resource: &str) -> Option<&'static Sort> {
        SORTS.iter().find(|sort| sort.resource == resource)
    }
}

/// A ReplicationController's selector is a plain mapping.
fn selector_of(set: &Value) -> Option<LabelSelector> {
    let selector = &set["spec"]["selector"];
    match set["kind"] == "ReplicationController" {
        true => LabelSelector::from_labels(selector.as_object()?).ok(),
        false => LabelSelector::from_object(selector).ok(),
    }
}

/// How long it takes until a change has come to it, so that a Deployment tells its own first.
pub(super) const DELAY: std::time::Duration = std::time::Duration::from_millis(1);

/// As many pods are made or deleted in one look.
const BURST: usize = 500;

/// What its controller wants to hear of.
pub(super) const WATCHES: &[&str] = &[REPLICA_SETS, REPLICATION_CONTROLLERS, PODS];

/// One of them, and that of a pod; of a pod without a controller those that might take it.
pub(super) fn concerns(view: &View, change: &Change, names: &mut Vec<Name>) {
    let object = change.object;
    if let Some(sort) = Sort::of(change.resource) {
        return names.push(Name::of(sort.resource, object));
    }
    let selects = |set: &&Value| {
        selector_of(set)
            .is_some_and(|selector| !selector.is_empty() && selector.matches(&object["metadata"]["labels"]))
    };
    for sort in &SORTS {
        if let Some(owner) = controller_of_kind(object, sort.kind) {
            names.push(Name::new(sort.resource, namespace(object), owner));
        } else if controller(object).is_none() {
            let sets = view.list(sort.resource, namespace(object)).filter(selects);
            names.extend(sets.map(|set| Name::of(sort.resource, set)));
        }
        // One that was let go may be missed by its former controller.
        let former = change.before.and_then(|before| controller_of_kind(before, sort.kind));
        names.extend(former.map(|former| Name::new(sort.resource, namespace(object), former)));
    }
}

/// One look at one of them.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    let Some(sort) = Sort::of(&at.resource) else { return outcome };
    let Some(set) = view.get(sort.resource, &at.namespace, &at.name) else { return outcome };
    let Some(selector) = selector_of(set) else { return outcome };
    if let Some(failure) = view.failed {
        refused(view, sort, set, failure, &mut outcome);
        return outcome;
    }
    let owned = view.pods_of(set);
    if claim(view, set, &selector, &owned, &mut outcome) {
        return outcome;
    }
    let (active, terminating) = sorted(&owned);
    if !deleting(set) {
        manage(view, sort, set, &active, &mut outcome);
    }
    let (status, again) = status(view, sort, set, &active, terminating.len(), None);
    outcome.set_status(sort.resource, set, status);
    outcome.again_in = again;
    outcome
}

fn sorted<'a>(owned: &[&'a Value]) -> (Vec<&'a Value>, Vec<&'a Value>) {
    let active = owned.iter().copied().filter(|pod| pods::is_active(pod)).collect();
    let terminating = owned.iter().copied().filter(|pod| pods::is_terminating(pod)).collect();
    (active, terminating)
}

/// Takes in pods that it selects and nobody controls, and lets go of those that it selects no longer; true if any.
fn claim(
    view: &View,
    set: &Value,
    selector: &LabelSelector,
    owned: &[&Value],
    outcome: &mut Outcome,
) -> bool {
    let before = outcome.writes.len();
    if deleting(set) {
        return false;
    }
    for pod in
        owned.iter().filter(|pod| pods::is_active(pod) && !selector.matches(&pod["metadata"]["labels"]))
    {
        let owners = items(&pod["metadata"]["ownerReferences"]).iter();
        let others: Vec<&Value> = owners.filter(|owner| owner["uid"] != set["metadata"]["uid"]).collect();
        outcome.merge(
            PODS,
            pod,
            json!({ "metadata": { "uid": pod["metadata"]["uid"], "ownerReferences": others } }),
        );
    }
    for pod in view.uncontrolled(PODS, namespace(set)) {
        if pods::is_active(pod) && selector.matches(&pod["metadata"]["labels"]) {
            let owners = json!([owner_reference(set)]);
            outcome.merge(
                PODS,
                pod,
                json!({ "metadata": { "uid": pod["metadata"]["uid"], "ownerReferences": owners } }),
            );
        }
    }
    outcome.writes.len() > before
}

/// Makes the pods that are missing, or deletes those too many.
fn manage(view: &View, sort: &Sort, set: &Value, active: &[&Value], outcome: &mut Outcome) {
    let wanted = usize::try_from(replicas(set)).unwrap_or(0);
    for _ in 0..wanted.saturating_sub(active.len()).min(BURST) {
        outcome.create(PODS, pods::made(set, &set["spec"]["template"], ""));
        outcome.normal(sort.by, set, "SuccessfulCreate", format!("Created pod: {CREATED}"));
    }
    let spare = active.len().saturating_sub(wanted).min(BURST);
    if spare == 0 {
        return;
    }
    let mut doomed = active.to_vec();
    if wanted > 0 {
        pods::sort_for_deletion(&mut doomed, &related(view, sort, set));
    }
    for pod in &doomed[..spare] {
        outcome.delete(PODS, pod);
        outcome.normal(sort.by, set, "SuccessfulDelete", format!("Deleted pod: {}", name(pod)));
    }
}

/// The active pods of all of its sort of the same controller.
fn related<'a>(view: &View<'a>, sort: &Sort, set: &'a Value) -> Vec<&'a Value> {
    let uid = controller(set).map(|owner| super::read::text(&owner["uid"]));
    let siblings: Vec<&Value> = match uid {
        Some(uid) => view.store.owned(uid, sort.resource).map(|entry| &entry.object).collect(),
        None => vec![set],
    };
    let owned = siblings.into_iter().flat_map(|sibling| view.pods_of(sibling));
    owned.filter(|pod| pods::is_active(pod)).collect()
}

/// A pod was refused: it is told, and stands in condition ReplicaFailure.
fn refused(view: &View, sort: &Sort, set: &Value, failure: &Failure, outcome: &mut Outcome) {
    // What was made in this very look is not seen yet, as a real one would not.
    let unseen = |pod: &&Value| {
        view.entry(PODS, namespace(pod), name(pod)).is_some_and(|entry| entry.seen_at >= view.now)
    };
    let owned: Vec<&Value> = view.pods_of(set).into_iter().filter(|pod| !unseen(pod)).collect();
    let (active, terminating) = sorted(&owned);
    // In a namespace that is going, nothing can be made, and that is no failure.
    let failure = Some(failure).filter(|failure| !failure.ends_namespace());
    if let Some(failure) = failure {
        outcome.warn(sort.by, set, "FailedCreate", format!("Error creating: {}", failure.message));
    }
    let (status, _) = status(view, sort, set, &active, terminating.len(), failure);
    outcome.set_status(sort.resource, set, status);
}

/// The status, and after how long a ready pod becomes available.
fn status(
    view: &View,
    sort: &Sort,
    set: &Value,
    active: &[&Value],
    terminating: usize,
    failure: Option<&Failure>,
) -> (Value, Option<std::time::Duration>) {
    let seconds = count(&set["spec"]["minReadySeconds"]);
    let labels = set["spec"]["template"]["metadata"]["labels"].as_object().cloned().unwrap_or_default();
    let template = LabelSelector::from_labels(&labels).unwrap_or_default();
    let available: Vec<_> = active.iter().map(|pod| pods::is_available(pod, seconds, view.now)).collect();
    let numbers = [
        (
            "fullyLabeledReplicas",
            active.iter().filter(|pod| template.matches(&pod["metadata"]["labels"])).count(),
        ),
        ("readyReplicas", active.iter().filter(|pod| pods::is_ready(pod)).count()),
        ("availableReplicas", available.iter().filter(|pod| pod.is_ok()).count()),
    ];
    let mut status = Map::new();
    status.insert("replicas".into(), active.len().into());
    for (field, number) in numbers.into_iter().filter(|(_, number)| *number > 0) {
        status.insert(field.into(), number.into());
    }
    if sort.counts_terminating {
        status.insert("terminatingReplicas".into(), terminating.into());
    }
    status.insert("observedGeneration".into(), generation(set).into());
    let failed = condition(&set["status"], "ReplicaFailure").cloned();
    let failed = failure.map(|failure| failed.unwrap_or_else(|| json!({
        "type": "ReplicaFailure", "status": "True", "lastTransitionTime": stamp(view.now), "reason": "FailedCreate",
        "message": failure.message,
    })));
    let others = items(&set["status"]["conditions"]).iter().filter(|there| there["type"] != "ReplicaFailure");
    let conditions: Vec<Value> = others.cloned().chain(failed).collect();
    if !conditions.is_empty() {
        status.insert("conditions".into(), conditions.into());
    }
    let again = available.into_iter().filter_map(|pod| pod.err().flatten()).min();
    (Value::Object(status), again)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, statuses};
    use super::*;
    use crate::json::Text;

    fn set() -> Value {
        json!({ "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": { "name": "web", "namespace": "ns", "uid": "set", "generation": 1 },
            "spec": { "replicas": 2, "selector": { "matchLabels": { "app": "web" } },
                "template": { "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [] } } } })
    }

    fn look(world: &World) -> Outcome {
        reconcile(&world.view(), &Name::new(REPLICA_SETS, "ns", "web"))
    }

    #[test]
    fn missing_pods_are_made_and_told() {
        let world = World::of([(REPLICA_SETS, set())]);
        let outcome = look(&world);
        assert_eq!(outcome.writes.len(), 5);
        assert_eq!(
            statuses(&outcome)[0],
            json!({ "replicas": 0, "terminatingReplicas": 0, "observedGeneration": 1 })
        );
    }

    #[test]
    fn a_replication_controller_is_one_in_another_coat() {
        let mut controller = set();
        controller["apiVersion"] = json!("v1");
        controller["kind"] = json!("ReplicationController");
        controller["spec"]["selector"] = json!({ "app": "web" });
        let world = World::of([(REPLICATION_CONTROLLERS, controller)]);
        let outcome = reconcile(&world.view(), &Name::new(REPLICATION_CONTROLLERS, "ns", "web"));
        assert_eq!(outcome.writes.len(), 5);
        assert_eq!(statuses(&outcome)[0], json!({ "replicas": 0, "observedGeneration": 1 }));
    }

    #[test]
    fn pods_that_nobody_controls_are_taken_in_before_any_is_made() {
        let pod =
            json!({ "metadata": { "name": "a", "namespace": "ns", "uid": "1", "labels": { "app": "web" } } });
        let world = World::of([(REPLICA_SETS, set()), (PODS, pod)]);
        let outcome = look(&world);
        assert_eq!(outcome.writes.len(), 1);
        assert_eq!(outcome.writes[0].name, "a");
    }

    #[test]
    fn a_refused_pod_stands_in_a_condition_until_one_is_made() {
        let mut world = World::of([(REPLICA_SETS, set())]);
        world.fail("pods \"x\" is forbidden: exceeded quota");
        let outcome = look(&world);
        let status = statuses(&outcome)[0].clone();
        assert_eq!(status["conditions"][0]["reason"], "FailedCreate");
        assert_eq!(status["conditions"][0]["message"], "pods \"x\" is forbidden: exceeded quota");
        let mut failed = set();
        failed["status"] = status;
        failed["spec"]["replicas"] = 0.into();
        let outcome = look(&World::of([(REPLICA_SETS, failed)]));
        assert_eq!(statuses(&outcome)[0]["conditions"], Value::Null);
    }

    #[test]
    fn pods_too_many_are_deleted() {
        let owners = json!([{ "uid": "set", "controller": true, "kind": "ReplicaSet", "name": "web" }]);
        let pods = (0..3).map(|number| {
            let name = number.to_string();
            (PODS, json!({ "metadata": { "name": name, "namespace": "ns", "uid": name, "labels": { "app": "web" }, "ownerReferences": owners } }))
        });
        let world = World::of(pods.chain([(REPLICA_SETS, set())]));
        let deleted: Vec<Text> = look(&world)
            .writes
            .into_iter()
            .filter(|write| matches!(write.verb, super::super::outcome::Verb::Delete(_)))
            .map(|write| write.name)
            .collect();
        assert_eq!(deleted.len(), 1);
    }
}
