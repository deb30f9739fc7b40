//! What can go wrong in the world below the API: images, containers, nodes, the operator.
//! Must never know which playbook asked for it, nor how it shows in an object's status.

use super::driver::{Change, Name, View};
use super::outcome::Outcome;
use super::read::{controller, deleting, text, until};
use super::resource::{NAMESPACES, RESOURCE_QUOTAS};
use crate::json::{Value, json};
use std::time::Duration;

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldFault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Whom it strikes; everybody if left out.
    pub target: Option<FaultTarget>,
    /// From when on, by the world's clock; always if left out.
    pub from: Option<jiff::Timestamp>,
    /// Until when; for ever if left out.
    pub until: Option<jiff::Timestamp>,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Images cannot be pulled.
    ImagePull,
    /// Containers end as soon as they run.
    CrashLoop,
    /// Containers run and never become ready.
    NeverReady,
    /// Containers become ready so much later.
    Slow(Duration),
    /// A quota lets no pod come into any namespace that is not the system's.
    Quota,
    /// No operator of custom kinds looks at anything.
    OperatorDown,
}

/// An object, or what it owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultTarget {
    /// `Deployment`
    pub kind: String,
    /// Its name; all of the kind if left out.
    pub name: Option<String>,
    /// Its namespace; any if left out.
    pub namespace: Option<String>,
}

impl WorldFault {
    /// A fault that strikes everybody, always.
    pub fn new(kind: FaultKind) -> WorldFault {
        WorldFault { kind, target: None, from: None, until: None }
    }
}

/// The faults that strike an object now: those that name it, an owner of it, or nobody.
pub(crate) fn of<'a>(view: &View<'a>, object: &Value) -> Vec<&'a FaultKind> {
    let now = |fault: &&WorldFault| {
        fault.from.is_none_or(|from| from <= view.now) && fault.until.is_none_or(|until| view.now < until)
    };
    let struck = view.settings.faults.iter().filter(now);
    struck
        .filter(|fault| fault.target.as_ref().is_none_or(|target| strikes(view, target, object, 8)))
        .map(|fault| &fault.kind)
        .collect()
}

/// How long until the faults of an object change, if ever.
pub(crate) fn change_in(view: &View) -> Option<Duration> {
    let times = view.settings.faults.iter().flat_map(|fault| [fault.from, fault.until]).flatten();
    times.filter(|time| *time > view.now).min().map(|time| until(view.now, time))
}

fn strikes(view: &View, target: &FaultTarget, object: &Value, depth: usize) -> bool {
    let metadata = &object["metadata"];
    let here = target.namespace.as_ref().is_none_or(|namespace| metadata["namespace"] == **namespace);
    if here
        && object["kind"] == *target.kind
        && target.name.as_ref().is_none_or(|name| metadata["name"] == **name)
    {
        return true;
    }
    let Some(owner) = controller(object).filter(|_| depth > 0) else { return false };
    let resource = view.store.resource_of(text(&owner["apiVersion"]), text(&owner["kind"]));
    let found = resource.and_then(|resource| {
        let namespace = if resource.namespaced { text(&metadata["namespace"]) } else { "" };
        view.get(resource.id(), namespace, text(&owner["name"]))
    });
    found
        .filter(|there| there["metadata"]["uid"] == owner["uid"])
        .is_some_and(|owner| strikes(view, target, owner, depth - 1))
}

/// The quota that lets no pod come.
const QUOTA: &str = "rehearsed-quota";

/// Every namespace.
pub(super) fn concerns(_: &View, change: &Change, names: &mut Vec<Name>) {
    if !change.gone {
        names.push(Name::of(NAMESPACES, change.object));
    }
}

/// Puts the quota into a namespace while the fault lasts, and takes it out again. A target that names no namespace is anywhere.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome { again_in: change_in(view), ..Outcome::nothing() };
    let Some(namespace) = view.get(NAMESPACES, "", &at.name) else { return outcome };
    let here = |fault: &&WorldFault| {
        let target = fault.target.as_ref().and_then(|target| target.namespace.as_ref());
        let now = fault.from.is_none_or(|from| from <= view.now)
            && fault.until.is_none_or(|until| view.now < until);
        now && fault.kind == FaultKind::Quota && target.is_none_or(|target| *target == at.name)
    };
    let lasts = view.settings.faults.iter().any(|fault| here(&fault))
        && !deleting(namespace)
        && !at.name.starts_with("kube-");
    match (view.get(RESOURCE_QUOTAS, &at.name, QUOTA), lasts) {
        (None, true) => {
            let quota = json!({ "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": QUOTA, "namespace": at.name },
                "spec": { "hard": { "pods": "0" } } });
            outcome.create(RESOURCE_QUOTAS, quota);
        }
        (Some(quota), false) if !deleting(quota) => outcome.delete(RESOURCE_QUOTAS, quota),
        _ => {}
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::super::read::later;
    use super::super::testing::World;
    use super::*;

    #[test]
    fn a_fault_strikes_its_target_and_what_that_owns_for_its_time() {
        let owner = |kind: &str, name: &str| json!([{ "apiVersion": "apps/v1", "kind": kind, "name": name, "uid": name, "controller": true }]);
        let set = json!({ "kind": "ReplicaSet", "metadata": { "name": "web-1", "namespace": "ns", "uid": "web-1", "ownerReferences": owner("Deployment", "web") } });
        let deployment =
            json!({ "kind": "Deployment", "metadata": { "name": "web", "namespace": "ns", "uid": "web" } });
        let pod = json!({ "kind": "Pod", "metadata": { "name": "web-1-a", "namespace": "ns", "uid": "p", "ownerReferences": owner("ReplicaSet", "web-1") } });
        let other = json!({ "kind": "Pod", "metadata": { "name": "b", "namespace": "ns", "uid": "b" } });
        let mut world = World::of([("replicasets.apps", set), ("deployments.apps", deployment)]);
        world.serve("apps", "replicasets", "ReplicaSet");
        world.serve("apps", "deployments", "Deployment");
        let target = FaultTarget { kind: "Deployment".into(), name: Some("web".into()), namespace: None };
        let (from, until) =
            (later(world.now, Duration::from_secs(10)), later(world.now, Duration::from_secs(20)));
        world.settings.faults = vec![WorldFault {
            kind: FaultKind::NeverReady,
            target: Some(target),
            from: Some(from),
            until: Some(until),
        }];
        let start = world.now;
        for (seconds, strikes, change) in
            [(0, false, Some(10)), (10, true, Some(10)), (19, true, Some(1)), (20, false, None)]
        {
            world.now = later(start, Duration::from_secs(seconds));
            assert_eq!(!of(&world.view(), &pod).is_empty(), strikes, "after {seconds} s");
            assert_eq!(change_in(&world.view()), change.map(Duration::from_secs), "after {seconds} s");
            assert!(of(&world.view(), &other).is_empty());
        }
    }

    #[test]
    fn a_quota_comes_and_goes_with_its_fault() {
        let mut world = World::of([(NAMESPACES, json!({ "metadata": { "name": "ns", "uid": "ns" } }))]);
        let look = |world: &World| reconcile(&world.view(), &Name::new(NAMESPACES, "", "ns"));
        assert!(!look(&world).writes());
        let end = later(world.now, Duration::from_secs(5));
        world.settings.faults = vec![WorldFault { until: Some(end), ..WorldFault::new(FaultKind::Quota) }];
        assert_eq!(
            (look(&world).writes[0].name.as_str(), look(&world).again_in),
            (QUOTA, Some(Duration::from_secs(5)))
        );
        world.put(RESOURCE_QUOTAS, json!({ "metadata": { "name": QUOTA, "namespace": "ns", "uid": "q" } }));
        assert!(!look(&world).writes());
        world.now = end;
        assert_eq!(look(&world).writes.len(), 1);
    }
}
