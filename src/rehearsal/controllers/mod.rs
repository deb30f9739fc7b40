//! THE CONTROLLERS: what makes the objects of a cluster come to life, against `kube::Client` alone, so that they run against any API server.
//! They must never know the server they talk to, nor the clock of the wall; each is a pure function of what it sees.
//!
//! [`run`] drives them all. The `driver` keeps what is known of the cluster and calls, for each change, the controllers it concerns; a
//! controller looks (`View`) and answers with what is to be written and when to look again (`Outcome`). One thing is done after
//! another, and what a write was answered with is known before the next look, so that the same requests make the same world every time.
//!
//! What they do is what kube-controller-manager, kube-scheduler, a kubelet (with kwok's timing: a container runs after 100 ms, is ready
//! 200 ms later) and the Seldon operators do, as far as a client of the API can see.

mod autoscaler;
mod budget;
mod claim;
mod daemon_set;
mod deployment;
mod driver;
mod endpoints;
pub mod faults;
mod garbage;
mod job;
mod load;
mod namespace;
mod node;
mod outcome;
mod pod;
mod pods;
mod quota;
mod read;
mod replica_set;
mod resource;
mod revision;
pub mod script;
mod seldon;
mod seldon_v2;
mod stateful_set;
#[cfg(test)]
mod testing;

use super::clock::Clock;
use driver::{Change, Driver, Name, View};
use faults::WorldFault;
use outcome::Outcome;
use script::Script;
use std::time::Duration;

/// What is asked of a world.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What goes wrong in it.
    pub faults: Vec<WorldFault>,
    /// What the controllers of other kinds would do.
    pub scripts: Vec<Script>,
    /// The nodes' names; `node-1` to `node-3` of 32 CPUs if empty.
    pub nodes: Vec<String>,
    /// Only controllers of these names run, such as `seldon`; all if empty.
    pub only: Vec<String>,
}

/// A controller: a row of the table.
#[derive(Clone, Copy)]
struct Controller {
    /// By which settings choose it.
    name: &'static str,
    /// Who it is to the server: the manager of the fields it writes.
    manager: &'static str,
    /// The resources it wants to hear of; all if empty.
    watches: &'static [&'static str],
    /// What a change means for it: the names it is to be called for.
    concerns: fn(&View, &Change, &mut Vec<Name>),
    /// One look.
    reconcile: fn(&View, &Name) -> Outcome,
    /// The names it is called for when it starts.
    at_start: fn(&Settings) -> Vec<Name>,
    /// How long after a change it is called; changes that come together are handled together.
    delay: Duration,
}

impl Controller {
    const fn new(
        name: &'static str,
        watches: &'static [&'static str],
        concerns: fn(&View, &Change, &mut Vec<Name>),
        reconcile: fn(&View, &Name) -> Outcome,
    ) -> Controller {
        let manager = "kube-controller-manager";
        Controller {
            name,
            manager,
            watches,
            concerns,
            reconcile,
            at_start: |_| Vec::new(),
            delay: Duration::ZERO,
        }
    }
}

/// All controllers, in the order in which a change calls them.
const ALL: &[Controller] = &[
    Controller {
        at_start: node::at_start,
        manager: "kubelet",
        ..Controller::new("node", node::WATCHES, node::concerns, node::reconcile)
    },
    Controller {
        manager: "rehearsal",
        ..Controller::new("fault", &[resource::NAMESPACES], faults::concerns, faults::reconcile)
    },
    Controller::new("deployment", deployment::WATCHES, deployment::concerns, deployment::reconcile),
    Controller {
        delay: replica_set::DELAY,
        ..Controller::new("replica-set", replica_set::WATCHES, replica_set::concerns, replica_set::reconcile)
    },
    Controller::new("stateful-set", stateful_set::WATCHES, stateful_set::concerns, stateful_set::reconcile),
    Controller::new("daemon-set", daemon_set::WATCHES, daemon_set::concerns, daemon_set::reconcile),
    Controller::new("job", &[resource::JOBS], job::concerns, job::reconcile),
    Controller {
        delay: job::BATCH,
        ..Controller::new("job", &[resource::PODS], job::concerns_pods, job::reconcile)
    },
    Controller::new("cron-job", job::cron::WATCHES, job::cron::concerns, job::cron::reconcile),
    Controller {
        manager: "kube-scheduler",
        ..Controller::new(
            "scheduler",
            pod::scheduler::WATCHES,
            pod::scheduler::concerns,
            pod::scheduler::reconcile,
        )
    },
    Controller {
        manager: "kubelet",
        ..Controller::new("kubelet", pod::kubelet::WATCHES, pod::kubelet::concerns, pod::kubelet::reconcile)
    },
    Controller::new("endpoints", endpoints::WATCHES, endpoints::concerns, endpoints::reconcile),
    Controller::new("budget", budget::WATCHES, budget::concerns, budget::reconcile),
    Controller::new("quota", &[], quota::concerns, quota::reconcile),
    Controller::new("claim", claim::WATCHES, claim::concerns, claim::reconcile),
    Controller {
        delay: autoscaler::DELAY,
        ..Controller::new("autoscaler", &[resource::AUTOSCALERS], autoscaler::concerns, autoscaler::reconcile)
    },
    Controller::new("namespace", &[], namespace::concerns, namespace::reconcile),
    Controller::new("garbage", &[], garbage::concerns, garbage::reconcile),
    Controller {
        manager: seldon::BY,
        delay: seldon::DELAY,
        ..Controller::new("seldon", seldon::WATCHES, seldon::concerns, seldon::reconcile)
    },
    Controller {
        manager: "seldon-v2-controller-manager",
        ..Controller::new("seldon-v2", seldon_v2::WATCHES, seldon_v2::concerns, seldon_v2::reconcile)
    },
    Controller { manager: "script", ..Controller::new("script", &[], script::concerns, script::reconcile) },
];

/// Runs the controllers until the future is dropped. The client reaches the server they are to run against; all waiting is the clock's.
/// Tokio's runtime must be a current-thread one for the same events to make the same world every time.
pub async fn run(client: kube::Client, clock: Clock, settings: Settings) {
    let chosen = |controller: &&Controller| {
        settings.only.is_empty() || settings.only.iter().any(|name| name == controller.name)
    };
    let controllers = ALL.iter().filter(chosen).copied().collect();
    Driver::new(client, clock, settings, controllers).run().await;
}
