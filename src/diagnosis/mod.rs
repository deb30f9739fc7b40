//! WHY IT IS NOT READY: rules over the state of an object and of what it owns, each of which says in a sentence what is wrong,
//! where, and what to try. The state decides; what a cluster's events say is evidence, or the answer that a state leaves out.
//! Must never know I/O, time, or who asks: pure functions over a [`Scene`], one small file a few rules of one shape, one table ([`RULES`]).
//!
//! Rules are asked in the order of the table, the nearest to a root cause first. Those that tell what follows from others
//! ([`Rule::follows`]) lead only where nothing else was found.

mod admission;
mod ask;
mod autoscaler;
mod capacity;
mod claim;
mod crash;
mod deletion;
mod finding;
mod general;
mod image;
mod missing;
mod node;
mod operator;
mod pod;
mod progress;
mod readiness;
mod scene;
mod schedule;
mod seldon;
mod selector;

pub use ask::{Ask, asks};
pub use finding::Finding;
pub use scene::Scene;

use crate::json::Value;
use crate::kinds::{self, Verdict};

/// One rule.
pub struct Rule {
    /// Its stable name.
    pub name: &'static str,
    /// What it finds, in words for the documentation.
    pub about: &'static str,
    /// Whether it tells what follows from other faults.
    pub follows: bool,
    find: fn(&Scene) -> Vec<Finding>,
}

const fn rule(name: &'static str, about: &'static str, find: fn(&Scene) -> Vec<Finding>) -> Rule {
    Rule { name, about, follows: false, find }
}

const fn follows(name: &'static str, about: &'static str, find: fn(&Scene) -> Vec<Finding>) -> Rule {
    Rule { name, about, follows: true, find }
}

/// The rule that repeats what an object's own status says: no news to who has judged that status.
pub const STATUS: &str = "status";

/// The rule of what is being deleted.
const DELETION: &str = "finalizer";

/// Every rule, the nearest to a root cause first.
pub const RULES: &[Rule] = &[
    rule("namespace", "The namespace is being deleted: nothing new is made in it.", deletion::namespace),
    rule(
        DELETION,
        "It is being deleted, and finalizers hold it, or what it owns; of a Namespace what is left in it.",
        deletion::finalizer,
    ),
    rule(
        "seldon-graph",
        "What the operator's webhook would refuse of a SeldonDeployment, such as a node without a container of its name.",
        seldon::graph,
    ),
    rule("quota", "A ResourceQuota lets no more Pods be made.", admission::quota),
    rule("service-account", "The ServiceAccount of its Pods does not exist.", admission::service_account),
    rule("pod-security", "The namespace's Pod Security level forbids its Pods.", admission::pod_security),
    rule("webhook", "An admission webhook refuses its Pods, or cannot be asked.", admission::webhook),
    rule(
        "refused",
        "The API server refuses its Pods for another reason, such as a LimitRange.",
        admission::refused,
    ),
    rule("missing", "A ConfigMap, Secret, claim or key that its Pods need does not exist.", missing::missing),
    rule("claim", "A PersistentVolumeClaim of its Pods is not bound.", claim::claim),
    rule(
        "unschedulable",
        "No node can take its Pods: what they ask for, and what is left of the nodes.",
        schedule::unschedulable,
    ),
    rule("node", "The node of its Pods is not ready, or has put them out.", node::node),
    rule("image-pull", "An image cannot be pulled: which one, and what the registry answered.", image::pull),
    rule("model", "The model of a prepackaged server cannot be fetched by its init container.", crash::model),
    rule(
        "init",
        "An init container does not come to its good end, so that its Pods never start.",
        crash::init,
    ),
    rule(
        "crash-loop",
        "A container ends again and again: its exit code, whether memory ran out, the last lines of its log.",
        crash::crash,
    ),
    rule("container", "A container cannot be started from its image.", crash::unstartable),
    rule(
        "not-ready",
        "A container runs and is not ready: its probe, and what it answered.",
        readiness::probe,
    ),
    rule("readiness-gate", "A readiness gate of its Pods is not met.", readiness::gate),
    rule("selector", "A Service selects no Pods, or none that is ready.", selector::selector),
    rule("autoscaler", "An autoscaler cannot work, as for want of metrics.", autoscaler::broken),
    rule("paused", "It is paused, so that its newest template is not rolled out.", progress::paused),
    rule(
        "operator",
        "No controller has looked at it: no status, nothing made, no events.",
        operator::operator,
    ),
    follows("starting", "A container is still being made, or its image is being pulled.", image::starting),
    follows(
        "seldon-failed",
        "The operator says that the SeldonDeployment failed, in its own words.",
        seldon::failed,
    ),
    follows(
        "job-failed",
        "A Job failed for good: too many Pods of it failed, or its deadline passed.",
        progress::job,
    ),
    follows("deadline-exceeded", "A Deployment made no progress before its deadline.", progress::deadline),
    follows(
        "autoscaled",
        "An autoscaler sets the number of replicas, whatever else asks for another.",
        autoscaler::overrules,
    ),
    follows(
        "losing-replicas",
        "A replicas field of a SeldonDeployment that a nearer one overrules.",
        seldon::losing,
    ),
    follows(
        STATUS,
        "What the object's own status says; told where no other rule finds anything.",
        general::status,
    ),
];

/// What is wrong, the root cause first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// Causes; where there are none, what follows from one that is not known.
    pub causes: Vec<Finding>,
    /// What follows from them.
    pub follows: Vec<Finding>,
}

impl Diagnosis {
    /// The finding that explains most.
    pub fn root_cause(&self) -> Option<&Finding> {
        self.causes.first()
    }

    /// The same, unless it is itself what follows from something that is not known.
    pub fn explanation(&self) -> Option<&Finding> {
        let follows = |finding: &&Finding| RULES.iter().any(|rule| rule.follows && rule.name == finding.rule);
        self.root_cause().filter(|cause| !follows(cause))
    }
}

/// What is wrong in a scene; nothing where all is as it should be.
pub fn diagnose(scene: &Scene) -> Diagnosis {
    // Of what is on its way out only what holds it matters.
    let going = !scene.root()["metadata"]["deletionTimestamp"].is_null();
    let of = |follows: bool| {
        let rules = RULES.iter().filter(|rule| rule.follows == follows && (!going || rule.name == DELETION));
        Finding::fold(rules.flat_map(|rule| (rule.find)(scene)).collect())
    };
    let (causes, mut follows) = (of(false), of(true));
    if !causes.is_empty() {
        // What a status says of itself is no news beside a cause.
        follows.retain(|finding| !matches!(finding.rule, STATUS | "starting"));
        return Diagnosis { causes, follows };
    }
    if follows.len() > 1 {
        follows.retain(|finding| finding.rule != STATUS);
    }
    let rest = follows.split_off(follows.len().min(1));
    Diagnosis { causes: follows, follows: rest }
}

/// Whether the root is ready, by the rule of its kind; what it owns is consulted.
pub fn ready(scene: &Scene) -> Verdict {
    let children: Vec<&Value> = scene.owned().iter().collect();
    kinds::ready(scene.root(), &children)
}
