//! WHAT WE KNOW OF EACH KIND: when its objects are ready, scaled and caught up, what they own, how they are scaled.
//! Must never know I/O, time, spans of files, or who asks: pure functions over JSON, one file a kind, one table ([`all`]).

mod argo;
mod autoscaler;
mod certificate;
mod claim;
mod daemon_set;
mod deployment;
mod disruption_budget;
mod fresh;
mod gateway;
mod general;
mod job;
mod knative;
mod knowledge;
mod kserve;
pub mod lint;
mod namespace;
mod node;
mod occurrence;
mod plain;
mod pod;
mod read;
mod replica_set;
mod resource_quota;
mod seldon_deployment;
mod seldon_v2;
mod service;
mod stateful_set;
pub mod status;
mod table;
mod verdict;

pub(crate) use seldon_deployment::shortened;

pub use fresh::Observes;
pub use knowledge::{Knowledge, Words};
pub use occurrence::Occurrence;
pub use read::dotted;
pub(crate) use read::{because, condition, count, holds, items, number, text, title, told};
pub use status::status_fields;
pub use table::{all, by_name, of};
pub use verdict::{
    Consult, Decides, Freshness, Owned, Reason, ScaleField, ScaleRefusal, ScaleRequest, ScaleTo, ScaleWrite,
    Verdict, Written,
};

use crate::json::Value;
use crate::selector::LabelSelector;

/// What is known of the kind of this object.
pub fn of_object(object: &Value) -> &'static Knowledge {
    of(text(&object["apiVersion"]), text(&object["kind"]))
}

/// Whether an object is ready. `children` are the objects that [`consults`] names, and may hold others.
///
/// An object that is being deleted is never ready: it is told as [`Verdict::NotYet`], for another may come in its place. Judge
/// [`freshness`] first: a verdict, `Never` too, is about the status as it stands.
pub fn ready(object: &Value, children: &[&Value]) -> Verdict {
    match being_deleted(object) {
        Some(reason) => Verdict::not_yet(reason),
        None => (of_object(object).ready)(object, children),
    }
}

/// Whether every child has, updated and available, the number of replicas that its deciding field says.
/// Of a kind without replicas it is [`Verdict::Never`]. Judge [`freshness`] first, and [`written_in_vain`].
pub fn scaled(object: &Value, children: &[&Value]) -> Verdict {
    match being_deleted(object) {
        Some(reason) => Verdict::not_yet(reason),
        None => (of_object(object).scaled)(object, children),
    }
}

fn being_deleted(object: &Value) -> Option<Reason> {
    let since = &object["metadata"]["deletionTimestamp"];
    if since.is_null() {
        return None;
    }
    let finalizers: Vec<&str> = items(&object["metadata"]["finalizers"]).iter().map(text).collect();
    let held = match finalizers.as_slice() {
        [] => namespace::left(object).map(|left| format!(": {left}")).unwrap_or_default(),
        finalizers => format!(", held by the finalizer {}", finalizers.join(", ")),
    };
    let message = format!("it is being deleted{held}");
    Some(Reason::new("/metadata/deletionTimestamp", told(since), "nothing", message))
}

/// The objects that must be looked at for `ready`, `scaled` and `freshness` of this one; none for most kinds.
/// They follow from the spec: ask again when it changed.
pub fn consults(object: &Value) -> Vec<Consult> {
    (of_object(object).consults)(object)
}

/// Kinds that an object of this kind can own, directly or not: what to watch until all it owned is gone.
/// Those that a cluster does not serve are to be skipped.
pub fn owns(api_version: &str, kind: &str) -> &'static [Owned] {
    of(api_version, kind).owns
}

/// The labels that all workloads and Pods below an object carry, as a selector: a hint that keeps lists and watches narrow; who owns
/// what is told by UIDs alone.
pub fn labels_below(object: &Value) -> Option<String> {
    if let Some(consult) = consults(object).first() {
        return Some(consult.labels.clone()).filter(|labels| !labels.is_empty());
    }
    let selector = object.pointer("/spec/selector")?;
    selector.get("matchLabels").or_else(|| selector.get("matchExpressions"))?;
    LabelSelector::from_object(&selector.into()).ok().map(|selector| selector.to_string())
}

/// Whether the status speaks of the object as it is now: rules 1 to 4 of "Fresh status".
/// `written` is the ledger's record of the run's last write to it. Of rule 1 it judges the object's own snapshot; that the snapshots of
/// `children` are no older than the write is for who holds them to see to.
pub fn freshness(object: &Value, children: &[&Value], written: Option<&Written>) -> Freshness {
    match written.and_then(|written| fresh::older_than_write(object, written)) {
        Some(reason) => Freshness::Stale(reason),
        None => (of_object(object).fresh)(object, children, written),
    }
}

/// Whether one condition, named in a user's expression, speaks of the object's generation; `None` where it does not say.
pub fn condition_freshness(object: &Value, condition: &str) -> Option<Freshness> {
    if matches!(of_object(object).observes, Observes::Exempt | Observes::ByChildren) {
        return None;
    }
    fresh::by_condition(object, condition)
}

/// The run changed a replicas field that decides nothing, from what it was in `spec_before` (the value of `spec` before the write):
/// the field written, and the one that decides.
pub fn written_in_vain(object: &Value, spec_before: &Value) -> Option<Reason> {
    match of_object(object).observes {
        Observes::ByChildren => seldon_deployment::written_in_vain(object, spec_before),
        _ => None,
    }
}

/// For each child, the field that decides its number of replicas and those that lose; empty for kinds without replicas.
pub fn replicas(object: &Value) -> Vec<ScaleField> {
    (of_object(object).replicas)(object)
}

/// The fields to write so that the object is scaled: those that decide. An unknown kind is scaled through `/scale`, which
/// discovery must show.
pub fn scale(object: &Value, request: &ScaleRequest) -> Result<Vec<ScaleWrite>, ScaleRefusal> {
    (of_object(object).scale)(object, request)
}

/// Why the object has failed for good: the first reason of a [`Verdict::Never`] of [`ready`].
pub fn final_failure(object: &Value) -> Option<Reason> {
    match ready(object, &[]) {
        Verdict::Never(reasons) => reasons.into_iter().next(),
        Verdict::Met(_) | Verdict::NotYet(_) => None,
    }
}
