//! Deployments: their ReplicaSets, rolled, scaled and counted as kube-controller-manager does.
//! Must never know pods but those that keep a new set waiting.
//!
//! Source: kubernetes 1.37, pkg/controller/deployment (sync, rolling, recreate, progress).

mod rollout;
mod sets;
mod status;

#[cfg(test)]
mod tests;

use super::driver::{Change, Name, View};
use super::outcome::Outcome;
use super::read::{condition, controller_of_kind, deleting, generation, namespace, replicas, stamp, text};
use super::resource::{DEPLOYMENTS, PODS, REPLICA_SETS};
use crate::json::{Value, json};
use sets::Sets;

/// Who tells the events.
const BY: &str = "deployment-controller";

/// What its controller wants to hear of.
pub(super) const WATCHES: &[&str] = &[DEPLOYMENTS, REPLICA_SETS, PODS];

/// A Deployment, that of a ReplicaSet, and that of a pod which is gone.
pub(super) fn concerns(view: &View, change: &Change, names: &mut Vec<Name>) {
    let set = match change.resource {
        DEPLOYMENTS => return names.push(Name::of(DEPLOYMENTS, change.object)),
        REPLICA_SETS => Some(change.object),
        _ if change.gone => controller_of_kind(change.object, "ReplicaSet")
            .and_then(|set| view.get(REPLICA_SETS, namespace(change.object), set)),
        _ => None,
    };
    if let Some(owner) = set.and_then(|set| controller_of_kind(set, "Deployment")) {
        names.push(Name::new(DEPLOYMENTS, namespace(change.object), owner));
    }
}

/// One look at a Deployment.
pub(super) fn reconcile(view: &View, name: &Name) -> Outcome {
    let Some(deployment) = view.get(DEPLOYMENTS, &name.namespace, &name.name) else {
        return Outcome::nothing();
    };
    let mut pass = Pass { view, deployment, sets: Sets::of(view, deployment), outcome: Outcome::nothing() };
    pass.sync();
    pass.outcome
}

/// One look at one Deployment.
struct Pass<'a> {
    view: &'a View<'a>,
    deployment: &'a Value,
    sets: Sets<'a>,
    outcome: Outcome,
}

impl Pass<'_> {
    fn sync(&mut self) {
        let deployment = self.deployment;
        if deployment["spec"]["selector"] == json!({}) {
            let message = "This deployment is selecting all pods. A non-empty selector is required.";
            self.outcome.warn(BY, deployment, "SelectingAll", message);
            let mut status = deployment["status"].clone();
            status["observedGeneration"] = generation(deployment).into();
            self.outcome.set_status(DEPLOYMENTS, deployment, status);
            return;
        }
        if let Some(failure) = self.view.failed {
            return self.refused(&failure.message.clone());
        }
        if deleting(deployment) {
            return self.counted();
        }
        let paused = deployment["spec"]["paused"] == true;
        if self.pausing(paused) || self.adopts() {
            return;
        }
        if self.sets.annotate(deployment, &stamp(self.view.now), &mut self.outcome) {
            return;
        }
        if paused || self.sets.is_scaling(deployment) {
            return self.scale(paused);
        }
        match text(&deployment["spec"]["strategy"]["type"]) {
            "Recreate" => self.recreate(),
            _ => self.roll(),
        }
    }

    /// Takes in ReplicaSets without a controller that its selector selects; true if any was.
    fn adopts(&mut self) -> bool {
        let orphans = self.sets.orphans(self.view, self.deployment);
        for set in &orphans {
            let owner = super::read::owner_reference(self.deployment);
            let patch = json!({ "metadata": { "uid": set["metadata"]["uid"], "ownerReferences": [owner] } });
            self.outcome.merge(REPLICA_SETS, set, patch);
        }
        !orphans.is_empty()
    }

    /// Tells in condition Progressing that it is paused, or no longer; true if that was news.
    fn pausing(&mut self, paused: bool) -> bool {
        let progressing = condition(&self.deployment["status"], "Progressing");
        let reason = progressing.map_or("", |condition| text(&condition["reason"]));
        let (reason, message) = match (paused, reason) {
            (_, "ProgressDeadlineExceeded") => return false,
            (true, "DeploymentPaused") => return false,
            (true, _) => ("DeploymentPaused", "Deployment is paused"),
            (false, "DeploymentPaused") => ("DeploymentResumed", "Deployment is resumed"),
            (false, _) => return false,
        };
        if !status::has_deadline(self.deployment) {
            return false;
        }
        let mut status = self.deployment["status"].clone();
        status::set(&mut status, self.condition("Progressing", "Unknown", reason, message));
        self.outcome.set_status(DEPLOYMENTS, self.deployment, status)
    }

    /// A new ReplicaSet was refused.
    fn refused(&mut self, message: &str) {
        let name = self.sets.new_name(self.deployment);
        let message = format!("Failed to create new replica set {name:?}: {message}");
        if status::has_deadline(self.deployment) {
            let mut status = self.deployment["status"].clone();
            status::set(
                &mut status,
                self.condition("Progressing", "False", "ReplicaSetCreateError", &message),
            );
            self.outcome.set_status(DEPLOYMENTS, self.deployment, status);
        }
        self.outcome.warn(BY, self.deployment, "ReplicaSetCreateError", message);
    }

    /// Counts, and nothing else.
    fn counted(&mut self) {
        let status = status::counts(self.deployment, &self.sets, self.view.now);
        self.outcome.set_status(DEPLOYMENTS, self.deployment, status);
    }

    fn condition(&self, kind: &str, status: &str, reason: &str, message: &str) -> Value {
        status::condition(kind, status, reason, message, &stamp(self.view.now))
    }

    /// How many pods it wants.
    fn wanted(&self) -> i64 {
        replicas(self.deployment)
    }
}
