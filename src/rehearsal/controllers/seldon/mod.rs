//! The operator of Seldon Core v1, as a client of the API sees it (1.13 to 1.17): Deployments, Services and autoscalers made and owned,
//! and its status with all its habits: no observedGeneration, a stale Available right after a change, no replicas field when there are
//! none, Failed and back again. Must never know how a Deployment comes to its pods.
//!
//! Graph rules, ingress objects, KEDA and disruption budgets are left out.

mod children;
mod pods;
mod status;

#[cfg(test)]
mod tests;

use super::driver::{Change, Name, View};
use super::faults::{self, FaultKind};
use super::outcome::{Outcome, Verb};
use super::read::{controlled_by, controller_of_kind, deleting, name, namespace};
use super::resource::{AUTOSCALERS, DEPLOYMENTS, SELDON_DEPLOYMENTS, SERVICES};
use crate::json::{Map, Value};
use crate::quantity::Quantity;
use children::{Child, Children};
use std::time::Duration;

/// Who tells the events, and manages what it applies.
pub(super) const BY: &str = "seldon-controller-manager";

/// A little later it looks, as a busy operator does; changes that come together are handled together.
pub(super) const DELAY: Duration = Duration::from_millis(50);

/// What it wants to hear of.
pub(super) const WATCHES: &[&str] = &[SELDON_DEPLOYMENTS, DEPLOYMENTS, SERVICES];

/// A SeldonDeployment, and that of a child.
pub(super) fn concerns(_: &View, change: &Change, names: &mut Vec<Name>) {
    if change.resource == SELDON_DEPLOYMENTS {
        names.push(Name::of(SELDON_DEPLOYMENTS, change.object));
    } else if let Some(owner) = controller_of_kind(change.object, "SeldonDeployment") {
        names.push(Name::new(SELDON_DEPLOYMENTS, namespace(change.object), owner));
    }
}

/// One look at a SeldonDeployment.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let Some(owner) = view.get(SELDON_DEPLOYMENTS, &at.namespace, &at.name) else {
        return Outcome { note: Some(Value::Null), ..Outcome::nothing() };
    };
    if deleting(owner) {
        return Outcome::nothing();
    }
    if faults::of(view, owner).contains(&&FaultKind::OperatorDown) {
        return Outcome { again_in: faults::change_in(view), ..Outcome::nothing() };
    }
    let children = children::of(owner);
    let mut pass = Pass { view, owner, outcome: Outcome::nothing(), note: Map::new() };
    match view.failed.map(|failure| failure.message.clone()) {
        Some(message) => pass.fail(&children, &message),
        None => pass.go(&children),
    }
    pass.outcome
}

struct Pass<'a> {
    view: &'a View<'a>,
    owner: &'a Value,
    outcome: Outcome,
    note: Map,
}

impl<'a> Pass<'a> {
    fn live(&self, child: &Child) -> Option<&'a Value> {
        self.view.get(child.resource, namespace(self.owner), &child.name)
    }

    fn go(&mut self, children: &Children) {
        for child in &children.all {
            self.bring(child);
        }
        if let Some(error) = &children.error {
            self.fail(children, error);
            self.outcome.note = Some(Value::Object(std::mem::take(&mut self.note)));
            return;
        }
        let ready = children.of(DEPLOYMENTS).all(|child| self.live(child).is_some_and(status::is_ready));
        let settled = children.of(SERVICES).all(|child| self.live(child).is_some());
        if ready {
            self.prune(children);
        }
        let stuck = children.of(DEPLOYMENTS).find(|child| self.live(child).is_some_and(status::is_stuck));
        let state = match (ready && settled, stuck) {
            (true, _) => ("Available", String::new()),
            (false, Some(child)) => ("Failed", format!("Deployment {} is no longer progressing", child.name)),
            (false, None) => ("Creating", String::new()),
        };
        let status = self.status(children, state, Some(ready));
        self.outcome.set_status(SELDON_DEPLOYMENTS, self.owner, status);
        self.outcome.normal(
            BY,
            self.owner,
            "Updated",
            format!("Updated SeldonDeployment {:?}", name(self.owner)),
        );
        self.outcome.note = Some(Value::Object(std::mem::take(&mut self.note)));
    }

    /// What could not be done is told, and tried again.
    fn fail(&mut self, children: &Children, message: &str) {
        let status = self.status(children, ("Failed", message.to_owned()), None);
        self.outcome.set_status(SELDON_DEPLOYMENTS, self.owner, status);
        self.outcome.warn(BY, self.owner, "InternalError", message);
        self.outcome.again_in = Some(Duration::from_secs(1));
    }

    fn status(&self, children: &Children, state: (&str, String), ready: Option<bool>) -> Value {
        let live: Vec<(&Child, Option<&Value>)> =
            children.all.iter().map(|child| (child, self.live(child))).collect();
        status::of(self.owner, &live, state, ready, children.scaled, self.view.now)
    }

    /// Makes a child, or changes it to what is asked for; what is as it was applied last is left alone.
    fn bring(&mut self, child: &Child) {
        let live = self.live(child);
        let title = child.title();
        let known = &self.view.note[&title];
        let same = *known == child.object && live.is_some_and(|live| covers(live, &child.object));
        if !same {
            self.outcome.push(child.resource, &child.object, Verb::Apply(child.object.clone()));
            let short = if child.resource == AUTOSCALERS { "HPA" } else { child.kind() };
            let (kind, name) = (child.kind(), &child.name);
            if live.is_none() {
                self.outcome.normal(
                    BY,
                    self.owner,
                    &format!("Create{short}"),
                    format!("Created {kind} {name:?}"),
                );
            } else if child.resource == DEPLOYMENTS
                && !known.is_null()
                && known["spec"]["template"] != child.object["spec"]["template"]
            {
                self.outcome.normal(
                    BY,
                    self.owner,
                    "UpdateDeployment",
                    format!("Updated Deployment {name:?}"),
                );
            }
        }
        // What was applied last, as it is remembered already if it is the same.
        let applied = if *known == child.object { known } else { &child.object };
        self.note.insert(title.into(), applied.clone());
    }

    /// Deletes the children that are no longer asked for.
    fn prune(&mut self, children: &Children) {
        for resource in [DEPLOYMENTS, SERVICES, AUTOSCALERS] {
            for there in self.view.controlled(self.owner, resource) {
                let wanted = children.of(resource).any(|child| child.name == name(there));
                if !wanted && !deleting(there) && controlled_by(there, self.owner) {
                    self.outcome.delete(resource, there);
                    let kind = match resource {
                        DEPLOYMENTS => "Deployment",
                        SERVICES => "Service",
                        _ => "HorizontalPodAutoscaler",
                    };
                    let message = format!("Deleted {kind} {:?}", name(there));
                    self.outcome.normal(BY, self.owner, &format!("Delete{kind}"), message);
                }
            }
        }
    }
}

/// What two values are as quantities, if both are.
fn amounts(there: &Value, asked: &Value) -> Option<(Quantity, Quantity)> {
    let amount = |value: &Value| match value {
        Value::String(text) => Quantity::parse(text),
        Value::Number(number) => Quantity::parse(&number.to_string()),
        _ => None,
    };
    Some((amount(there)?, amount(asked)?))
}

/// Whether an object has all that is asked for; items of lists are found by their names.
fn covers(there: &Value, asked: &Value) -> bool {
    match (there, asked) {
        // The server leaves out what is empty.
        (Value::Null, Value::Object(fields)) if fields.is_empty() => true,
        (Value::Object(_), Value::Object(fields)) => {
            fields.iter().all(|(key, value)| covers(&there[key], value))
        }
        (Value::Array(there), Value::Array(asked)) => {
            let named = |item: &Value| there.iter().find(|other| other["name"] == item["name"]);
            let has = |item: &Value| match item["name"].is_string() {
                true => named(item).is_some_and(|other| covers(other, item)),
                false => there.iter().any(|other| covers(other, item)),
            };
            asked.iter().all(has) && there.len() >= asked.len()
        }
        // Quantities come back as the server spells them.
        _ => there == asked || amounts(there, asked).is_some_and(|(there, asked)| there == asked),
    }
}
