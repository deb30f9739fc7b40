//! What rows of the table are made of: the general rule, what most kinds share, sentences that are said of many.
//! Must never know a kind by name, but for those that others own.

use crate::json::Value;
use crate::kinds::fresh::{Observes, by_itself};
use crate::kinds::knowledge::{Knowledge, Words};
use crate::kinds::verdict::{Consult, Freshness, Owned, Written};
use crate::kinds::{general, plain};

fn by_observing(object: &Value, _children: &[&Value], written: Option<&Written>) -> Freshness {
    by_itself(object, crate::kinds::of_object(object).observes, written)
}

fn consults_none(_object: &Value) -> Vec<Consult> {
    Vec::new()
}

pub(super) const OBSERVED: &str =
    "Its controller sets status.observedGeneration; it must equal metadata.generation.";
pub(super) const SETTLED: &str = "status.observedGeneration, or that of the condition used, must equal metadata.generation where it is given; \
                       else, after a write of the run, what is true must stay true for `settle`.";
pub(super) const EXEMPT: &str = "Its observedGeneration is not its own, or never set, and is not looked at; after a write of the run, what is \
                      true must stay true for `settle`.";
pub(super) const BY_CONDITIONS: &str = "The observedGeneration of each condition used must equal metadata.generation where it is given; else, after a write \
                             of the run, what is true must stay true for `settle`.";
pub(super) const AT_ONCE: &str = "Always: the API server sets what is judged together with the write.";
pub(super) const BY_SCALE: &str = "spec.replicas, through /scale.";

pub(super) const GENERAL: Knowledge = Knowledge {
    group: "",
    versions: &[],
    kind: "",
    plural: "",
    short_names: &[],
    namespaced: true,
    observes: Observes::WhereGiven,
    owns: COMMON,
    words: Words {
        ready: "Condition Ready is True; without one condition Available is True; without either status.state or status.phase is a word \
                that means ready. Without a status: it exists.",
        scaled: "Each of status.replicas, updatedReplicas, readyReplicas and availableReplicas that is given equals spec.replicas.",
        fresh: SETTLED,
        scale: BY_SCALE,
    },
    counts_replicas: true,
    scalable: true,
    status: None,
    status_may_grow: false,
    ready: general::ready,
    scaled: general::scaled,
    fresh: by_observing,
    consults: consults_none,
    replicas: general::own_replicas,
    scale: general::scale,
};

/// A kind without replicas of its own, by its names; the rest as the general rule says.
pub(super) const fn kind(
    group: &'static str,
    versions: &'static [&'static str],
    [kind, plural]: [&'static str; 2],
    short_names: &'static [&'static str],
) -> Knowledge {
    Knowledge {
        group,
        versions,
        kind,
        plural,
        short_names,
        owns: &[],
        words: told(GENERAL.words.ready, GENERAL.words.fresh),
        counts_replicas: false,
        scalable: false,
        scaled: general::never_scaled,
        replicas: general::no_replicas,
        scale: general::not_scalable,
        ..GENERAL
    }
}

/// The words for a kind without replicas: when it is ready, and when its status is believed.
pub(super) const fn told(ready: &'static str, fresh: &'static str) -> Words {
    Words { ready, scaled: "", fresh, scale: "" }
}

/// A kind that is ready when it exists.
pub(super) const fn exists(
    group: &'static str,
    names: [&'static str; 2],
    short_names: &'static [&'static str],
) -> Knowledge {
    Knowledge {
        ready: plain::ready,
        observes: Observes::AtOnce,
        status: Some(&[]),
        words: told("It exists. Nothing about it can fail.", AT_ONCE),
        ..kind(group, &["v1"], names, short_names)
    }
}

/// The same, cluster-scoped.
pub(super) const fn everywhere(
    group: &'static str,
    names: [&'static str; 2],
    short_names: &'static [&'static str],
) -> Knowledge {
    Knowledge { namespaced: false, ..exists(group, names, short_names) }
}

pub(super) const fn owned(api_version: &'static str, kind: &'static str) -> Owned {
    Owned { api_version, kind }
}

pub(super) const DEPLOYMENT: Owned = owned("apps/v1", "Deployment");
pub(super) const REPLICA_SET: Owned = owned("apps/v1", "ReplicaSet");
pub(super) const STATEFUL_SET: Owned = owned("apps/v1", "StatefulSet");
pub(super) const DAEMON_SET: Owned = owned("apps/v1", "DaemonSet");
pub(super) const REVISION: Owned = owned("apps/v1", "ControllerRevision");
pub(super) const JOB: Owned = owned("batch/v1", "Job");
pub(super) const POD: Owned = owned("v1", "Pod");
pub(super) const SERVICE: Owned = owned("v1", "Service");
pub(super) const CLAIM: Owned = owned("v1", "PersistentVolumeClaim");
pub(super) const SLICE: Owned = owned("discovery.k8s.io/v1", "EndpointSlice");
pub(super) const AUTOSCALER: Owned = owned("autoscaling/v2", "HorizontalPodAutoscaler");
pub(super) const BUDGET: Owned = owned("policy/v1", "PodDisruptionBudget");
pub(super) const SCALED_OBJECT: Owned = owned("keda.sh/v1alpha1", "ScaledObject");

/// What controllers of custom kinds usually make.
pub(super) const COMMON: &[Owned] =
    &[DEPLOYMENT, STATEFUL_SET, DAEMON_SET, REPLICA_SET, JOB, POD, SERVICE, CLAIM];
