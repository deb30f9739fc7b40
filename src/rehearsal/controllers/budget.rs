//! PodDisruptionBudgets: how many of their pods may be disturbed.
//! Must never know who disturbs them.
//!
//! Source: kubernetes 1.37, pkg/controller/disruption.

use super::driver::{Change, Name, View};
use super::outcome::Outcome;
use super::pods;
use super::read::{controller, deleting, generation, namespace, put_condition, replicas, share, stamp, text};
use super::resource::{BUDGETS, PODS};
use crate::json::{Value, json};
use crate::selector::LabelSelector;
use std::collections::BTreeMap;

/// Who tells the events.
const BY: &str = "controllermanager";

/// What its controller wants to hear of.
pub(super) const WATCHES: &[&str] = &[BUDGETS, PODS];

/// A budget, and those that speak of a pod.
pub(super) fn concerns(view: &View, change: &Change, names: &mut Vec<Name>) {
    if change.resource == BUDGETS {
        return names.push(Name::of(BUDGETS, change.object));
    }
    let budgets = view.list(BUDGETS, namespace(change.object));
    let of = budgets.filter(|budget| {
        selects(budget, change.object) || change.before.is_some_and(|before| selects(budget, before))
    });
    names.extend(of.map(|budget| Name::of(BUDGETS, budget)));
}

fn selects(budget: &Value, pod: &Value) -> bool {
    LabelSelector::from_object(&budget["spec"]["selector"])
        .is_ok_and(|selector| selector.matches(&pod["metadata"]["labels"]))
}

/// One look at a budget.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    let Some(budget) = view.get(BUDGETS, &at.namespace, &at.name).filter(|budget| !deleting(budget)) else {
        return outcome;
    };
    let all: Vec<&Value> =
        view.list(PODS, &at.namespace).filter(|pod| selects(budget, pod) && !pods::is_ended(pod)).collect();
    if all.is_empty() {
        outcome.normal(BY, budget, "NoPods", "No matching pods found");
    }
    let size = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let healthy = size(all.iter().filter(|pod| pods::is_ready(pod) && !deleting(pod)).count());
    let (least, spare) = (&budget["spec"]["minAvailable"], &budget["spec"]["maxUnavailable"]);
    let (expected, desired) = match (least, spare) {
        (Value::Number(least), _) => (size(all.len()), least.as_i64().unwrap_or(0)),
        (Value::Null, Value::Null) => (size(all.len()), 0),
        (Value::Null, spare) => {
            let expected = asked_for(view, &all);
            (expected, (expected - share(spare, expected, true).unwrap_or(0)).max(0))
        }
        (least, _) => {
            let expected = asked_for(view, &all);
            (expected, share(least, expected, true).unwrap_or(0))
        }
    };
    let allowed = if expected > 0 { (healthy - desired).max(0) } else { 0 };
    let mut status = json!({ "currentHealthy": healthy, "desiredHealthy": desired, "disruptionsAllowed": allowed, "expectedPods": expected,
        "observedGeneration": generation(budget) });
    if !budget["status"]["conditions"].is_null() {
        status["conditions"] = budget["status"]["conditions"].clone();
    }
    let (holds, reason) =
        if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    put_condition(
        &mut status,
        json!({ "type": "DisruptionAllowed", "status": holds, "observedGeneration": generation(budget),
        "lastTransitionTime": stamp(view.now), "reason": reason, "message": "" }),
    );
    outcome.set_status(BUDGETS, budget, status);
    outcome
}

/// How many pods their controllers ask for.
fn asked_for(view: &View, pods: &[&Value]) -> i64 {
    let mut asked: BTreeMap<&str, i64> = BTreeMap::new();
    for pod in pods {
        let Some(owner) = controller(pod) else { continue };
        let resource = view.store.resource_of(text(&owner["apiVersion"]), text(&owner["kind"]));
        let there =
            resource.and_then(|resource| view.get(resource.id(), namespace(pod), text(&owner["name"])));
        asked.insert(text(&owner["uid"]), there.map_or(1, replicas));
    }
    asked.values().sum()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, statuses};
    use super::*;

    #[test]
    fn what_may_be_disturbed_is_counted() {
        let budget = |spec: Value| json!({ "metadata": { "name": "b", "namespace": "ns", "uid": "b", "generation": 1 }, "spec": spec });
        let pod = |name: &str, ready: &str| {
            json!({ "metadata": { "name": name, "namespace": "ns", "uid": name, "labels": { "app": "web" },
                "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "r", "controller": true }] },
                "status": { "conditions": [{ "type": "Ready", "status": ready }] } })
        };
        let set = json!({ "metadata": { "name": "web", "namespace": "ns", "uid": "r" }, "spec": { "replicas": 4 } });
        let mut world = World::of([
            ("pods", pod("a", "True")),
            ("pods", pod("b", "True")),
            ("pods", pod("c", "False")),
            ("replicasets.apps", set),
        ]);
        world.serve("apps", "replicasets", "ReplicaSet");
        let selector = json!({ "matchLabels": { "app": "web" } });
        for (field, value, counts) in [
            ("minAvailable", json!(1), json!([2, 1, 1, 3])),
            ("minAvailable", json!("50%"), json!([2, 2, 0, 4])),
            ("maxUnavailable", json!(3), json!([2, 1, 1, 4])),
        ] {
            world.put(BUDGETS, budget(json!({ "selector": selector, field: value })));
            let outcome = reconcile(&world.view(), &Name::new(BUDGETS, "ns", "b"));
            let status = &statuses(&outcome)[0];
            let told = ["currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods"]
                .map(|field| status[field].clone());
            assert_eq!(json!(told), counts, "{field}");
        }
    }
}
