//! What can go wrong in the world below the API: images, containers, nodes, the operator.
//! Must never know which playbook asked for it, nor how it shows in an object's status.

use super::driver::View;
use super::read::{controller, text, until};
use serde_json::Value;
use std::time::Duration;

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldFault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Whom it strikes; everybody if left out.
    pub target: Option<FaultTarget>,
    /// From when on, counted from the clock's start as the lead sets it; virtual time.
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
    /// No pod is placed on a node.
    Unschedulable,
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
        view.get(&resource.id(), namespace, text(&owner["name"]))
    });
    found
        .filter(|there| there["metadata"]["uid"] == owner["uid"])
        .is_some_and(|owner| strikes(view, target, owner, depth - 1))
}
