//! The ReplicaSets of a Deployment: which is the new one, what they are called, what is noted on them.
//! Must never know how a rollout goes on.

use super::super::driver::View;
use super::super::outcome::Outcome;
use super::super::read::{
    annotation, deleting, fields, hash, name, namespace, owner_reference, replicas, same_template, share,
    text,
};
use super::super::resource::{DEPLOYMENTS, REPLICA_SETS};
use super::{BY, status};
use crate::json::{Map, Value, json};
use crate::selector::LabelSelector;

/// The label by which the pods of a Deployment's ReplicaSets differ.
pub(super) const HASH: &str = "pod-template-hash";
/// The number of a ReplicaSet among its Deployment's.
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MAX: &str = "deployment.kubernetes.io/max-replicas";
/// Annotations of a Deployment that its ReplicaSets do not get.
const OWN: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    HISTORY,
    DESIRED,
    MAX,
    "deprecated.deployment.rollback.to",
];

/// A Deployment's ReplicaSets, oldest first.
pub(super) struct Sets<'a> {
    /// The one of its template.
    pub new: Option<&'a Value>,
    /// The others.
    pub old: Vec<&'a Value>,
}

impl<'a> Sets<'a> {
    /// The ReplicaSets it controls.
    pub fn of(view: &View<'a>, deployment: &Value) -> Sets<'a> {
        let all = view.controlled(deployment, REPLICA_SETS);
        let template = &deployment["spec"]["template"];
        let new = all.iter().position(|set| same_template(&set["spec"]["template"], template, HASH));
        let new = new.map(|at| all[at]);
        let old = all.into_iter().filter(|set| new.is_none_or(|new| !std::ptr::eq(new, *set))).collect();
        Sets { new, old }
    }

    /// All of them, the new one last.
    pub fn all(&self) -> Vec<&'a Value> {
        self.old.iter().copied().chain(self.new).collect()
    }

    /// Those that are to have pods.
    pub fn active_old(&self) -> Vec<&'a Value> {
        self.old.iter().copied().filter(|set| replicas(set) > 0).collect()
    }

    /// ReplicaSets without a controller that the Deployment's selector selects.
    pub fn orphans(&self, view: &View<'a>, deployment: &'a Value) -> Vec<&'a Value> {
        let Ok(selector) = LabelSelector::from_object(&deployment["spec"]["selector"]) else {
            return Vec::new();
        };
        let free = view.uncontrolled(REPLICA_SETS, namespace(deployment));
        free.filter(|set| !deleting(set) && selector.matches(&set["metadata"]["labels"])).collect()
    }

    /// The number a new ReplicaSet gets.
    fn next_revision(&self) -> i64 {
        self.old.iter().map(|set| revision(set)).max().unwrap_or(0) + 1
    }

    /// Brings the new ReplicaSet's annotations and the Deployment's revision up to date; true if something was out of date, and then
    /// the rest is for the next look.
    pub fn annotate(&self, deployment: &Value, now: &str, outcome: &mut Outcome) -> bool {
        let Some(new) = self.new else { return false };
        let mut annotations = fields(&new["metadata"]["annotations"]);
        let before = annotations.clone();
        copy_annotations(deployment, &mut annotations);
        let (there, next) = (revision(new), self.next_revision());
        if there < next {
            let old = annotations.insert(REVISION.into(), next.to_string().into());
            if let Some(old) = old.as_ref().map(text) {
                let history = annotations.get(HISTORY).map(text).filter(|history| !history.is_empty());
                let history = history.map_or(old.to_owned(), |history| format!("{history},{old}"));
                annotations.insert(HISTORY.into(), history.into());
            }
        }
        let ready_after = &deployment["spec"]["minReadySeconds"];
        if annotations != before || new["spec"]["minReadySeconds"] != *ready_after {
            let mut set = new.clone();
            set["metadata"]["annotations"] = annotations.into();
            match ready_after {
                Value::Null => {
                    _ = set["spec"].as_object_mut().and_then(|spec| spec.shift_remove("minReadySeconds"))
                }
                seconds => set["spec"]["minReadySeconds"] = seconds.clone(),
            }
            outcome.update(REPLICA_SETS, set);
            return true;
        }
        let mut next = deployment.clone();
        let mut changed = annotation(deployment, REVISION) != annotation(new, REVISION);
        if changed {
            put_annotation(&mut next, REVISION, annotation(new, REVISION));
        }
        if status::has_deadline(deployment)
            && super::condition(&deployment["status"], "Progressing").is_none()
        {
            let message = format!("Found new replica set {:?}", name(new));
            let mut state = deployment["status"].clone();
            status::set(
                &mut state,
                status::condition("Progressing", "True", "FoundNewReplicaSet", &message, now),
            );
            next["status"] = state;
            changed = true;
        }
        if changed {
            outcome.status(DEPLOYMENTS, next);
        }
        changed
    }

    /// Whether somebody changed the Deployment's replicas since its sets were told.
    pub fn is_scaling(&self, deployment: &Value) -> bool {
        let told = |set: &&Value| annotation(set, DESIRED).parse::<i64>().ok();
        let active = self.all().into_iter().filter(|set| replicas(set) > 0);
        active.filter_map(|set| told(&set)).any(|told| told != replicas(deployment))
    }

    /// What the new ReplicaSet is called.
    pub fn new_name(&self, deployment: &Value) -> String {
        format!("{}-{}", name(deployment), template_hash(deployment))
    }

    /// The new ReplicaSet, with this many replicas, as it is to be created.
    pub fn made(&self, deployment: &Value, count: i64) -> Value {
        let hash = template_hash(deployment);
        let mut template = deployment["spec"]["template"].clone();
        let mut labels = fields(&template["metadata"]["labels"]);
        labels.insert(HASH.into(), hash.clone().into());
        template["metadata"]["labels"] = labels.clone().into();
        let mut selector = deployment["spec"]["selector"].clone();
        let mut wanted = fields(&selector["matchLabels"]);
        wanted.insert(HASH.into(), hash.into());
        selector["matchLabels"] = wanted.into();
        let mut annotations = Map::new();
        copy_annotations(deployment, &mut annotations);
        annotations.insert(REVISION.into(), self.next_revision().to_string().into());
        annotate_counts(deployment, &mut annotations);
        let mut spec = json!({ "replicas": count, "selector": selector, "template": template });
        if !deployment["spec"]["minReadySeconds"].is_null() {
            spec["minReadySeconds"] = deployment["spec"]["minReadySeconds"].clone();
        }
        json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": { "name": self.new_name(deployment), "namespace": namespace(deployment), "labels": labels,
                "annotations": annotations, "ownerReferences": [owner_reference(deployment)] },
            "spec": spec,
        })
    }

    /// The Deployment with the number of its new ReplicaSet.
    pub fn revised(&self, deployment: &Value) -> Value {
        let mut next = deployment.clone();
        put_annotation(&mut next, REVISION, &self.next_revision().to_string());
        next
    }
}

/// Scales one ReplicaSet, notes the Deployment's numbers on it, and tells it; true if its size changed.
pub(super) fn resize(
    deployment: &Value,
    set: &Value,
    to: i64,
    even_if_same: bool,
    outcome: &mut Outcome,
) -> bool {
    let from = replicas(set);
    if !even_if_same && from == to {
        return false;
    }
    let mut annotations = fields(&set["metadata"]["annotations"]);
    annotate_counts(deployment, &mut annotations);
    if from == to && set["metadata"]["annotations"] == Value::Object(annotations.clone()) {
        return false;
    }
    let mut next = set.clone();
    next["metadata"]["annotations"] = annotations.into();
    next["spec"]["replicas"] = to.into();
    outcome.update(REPLICA_SETS, next);
    if from != to {
        let direction = if from < to { "up" } else { "down" };
        let message = format!("Scaled {direction} replica set {} from {from} to {to}", name(set));
        outcome.normal(BY, deployment, "ScalingReplicaSet", message);
    }
    from != to
}

/// The number of a ReplicaSet; 0 if it has none.
pub(super) fn revision(set: &Value) -> i64 {
    annotation(set, REVISION).parse().unwrap_or(0)
}

/// How many pods there may be beyond those wanted, and how many may be missing, while it rolls.
pub(super) fn surge_and_missing(deployment: &Value) -> (i64, i64) {
    let strategy = &deployment["spec"]["strategy"];
    if strategy["type"] == "Recreate" {
        return (0, 0);
    }
    let (wanted, rolling) = (replicas(deployment), &strategy["rollingUpdate"]);
    let quarter = |value: &Value| if value.is_null() { json!("25%") } else { value.clone() };
    let surge = share(&quarter(&rolling["maxSurge"]), wanted, true).unwrap_or(0);
    let missing = share(&quarter(&rolling["maxUnavailable"]), wanted, false).unwrap_or(0);
    let missing = if surge == 0 && missing == 0 { 1 } else { missing };
    (surge, if wanted == 0 { 0 } else { missing.min(wanted) })
}

/// What a set noted as the greatest number of pods.
pub(super) fn max_noted(set: &Value) -> i64 {
    annotation(set, MAX).parse().unwrap_or(0)
}

/// What a set noted as the Deployment's replicas.
pub(super) fn desired_noted(set: &Value) -> Option<i64> {
    annotation(set, DESIRED).parse().ok()
}

fn annotate_counts(deployment: &Value, annotations: &mut Map) {
    let wanted = replicas(deployment);
    annotations.insert(DESIRED.into(), wanted.to_string().into());
    annotations.insert(MAX.into(), (wanted + surge_and_missing(deployment).0).to_string().into());
}

fn copy_annotations(deployment: &Value, annotations: &mut Map) {
    for (key, value) in fields(&deployment["metadata"]["annotations"]) {
        if !OWN.contains(&key.as_str()) {
            annotations.insert(key, value);
        }
    }
}

fn put_annotation(object: &mut Value, key: &str, value: &str) {
    let mut annotations = fields(&object["metadata"]["annotations"]);
    annotations.insert(key.into(), value.into());
    object["metadata"]["annotations"] = annotations.into();
}

fn template_hash(deployment: &Value) -> String {
    let collisions = deployment["status"]["collisionCount"].as_i64().unwrap_or(0);
    hash(&deployment["spec"]["template"], collisions)
}
