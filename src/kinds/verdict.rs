//! What a rule of a kind answers: verdicts, reasons, freshness, and the fields that hold a number of replicas.
//! Must never know how a verdict is reached, waited for or shown.

use crate::json::Value;

/// Whether an object is what it is asked to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is. The short words say how, for the console: `available, 1/1 replicas`.
    Met(String),
    /// Not yet, and why; never without a reason.
    NotYet(Vec<Reason>),
    /// It will never be (a final failure), and why; never without a reason.
    Never(Vec<Reason>),
}

impl Verdict {
    /// Whether it is [`Verdict::Met`].
    pub fn is_met(&self) -> bool {
        matches!(self, Verdict::Met(_))
    }

    /// Met if there is no reason why not.
    pub(crate) fn unless(reasons: Vec<Reason>, met: impl FnOnce() -> String) -> Verdict {
        if reasons.is_empty() { Verdict::Met(met()) } else { Verdict::NotYet(reasons) }
    }

    /// Not yet, for one reason.
    pub(crate) fn not_yet(reason: Reason) -> Verdict {
        Verdict::NotYet(vec![reason])
    }
}

/// One comparison that did not hold: what is, beside what was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The object it is about, `Deployment/iris-default-0-classifier`, when that is not the object judged.
    pub object: Option<String>,
    /// Where in that object, as a JSON pointer; empty when it is about the whole of it.
    pub pointer: String,
    /// The condition it is about, `Ready` or `Programmed of listener web`, where it points at one, or at the list that lacks it.
    pub condition: Option<String>,
    /// What was found there, in short; `nothing` where there was nothing.
    pub actual: String,
    /// What was wanted there, in short.
    pub wanted: String,
    /// The sentence for people, without the name of the object: `1 of 2 replicas available`.
    pub message: String,
}

impl Reason {
    /// A reason about the object judged.
    pub(crate) fn new(
        pointer: impl Into<String>,
        actual: impl Into<String>,
        wanted: impl Into<String>,
        message: impl Into<String>,
    ) -> Reason {
        let (actual, wanted) = (actual.into(), wanted.into());
        let (pointer, message) = (pointer.into(), message.into());
        Reason { object: None, pointer, condition: None, actual, wanted, message }
    }

    /// The same reason, about a condition: nobody knows those by their numbers.
    pub(crate) fn of_condition(mut self, condition: impl Into<String>) -> Reason {
        self.condition = Some(condition.into());
        self
    }

    /// The condition that it points at, for people: `condition Ready`, `condition Ready: reason`.
    pub fn entry(&self) -> Option<String> {
        let condition = self.condition.as_ref()?;
        Some(match self.pointer.rsplit('/').next() {
            Some("status" | "conditions") | None => format!("condition {condition}"),
            Some(field) => format!("condition {condition}: {field}"),
        })
    }

    /// The same reason about another object.
    pub(crate) fn of(mut self, object: String) -> Reason {
        self.object = Some(object);
        self
    }
}

/// Objects that must be looked at beside the one judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consult {
    /// Their group and version, `apps/v1`.
    pub api_version: String,
    /// Their kind.
    pub kind: String,
    /// The label selector that finds them (and perhaps others), as a query string takes it. They are in the object's namespace.
    pub labels: String,
}

/// A kind of objects that an object can own, directly or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owned {
    /// Group and version, `apps/v1`.
    pub api_version: &'static str,
    /// The kind.
    pub kind: &'static str,
}

/// What a write of the run left in the ledger about the object it wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The resourceVersion that the write returned.
    pub resource_version: String,
    /// The object's `spec` (not the whole object) as it was before the run's write; `None` if the write created the object.
    pub spec_before: Option<Value>,
    /// Whether the write changed `metadata.generation`; true as well where the kind has none.
    pub generation_changed: bool,
}

/// Whether a status speaks of the object as it is now (language reference, "Fresh status").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It does; the evidence in short.
    Fresh(String),
    /// It does not, and which clause is missing.
    Stale(Reason),
    /// Nothing in it tells: the rule of `settle` decides, counted from the run's last write.
    Unknowable,
}

/// One child's number of replicas: which field decides it, which lose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleField {
    /// The child whose replicas these are, `Deployment/iris-default-0-classifier`; the object itself where it has no children.
    pub child: String,
    /// What decides.
    pub deciding: Decides,
    /// The number it says; `None` where it leaves that open.
    pub value: Option<i64>,
    /// Fields that state a number too and are not heard: JSON pointer and value, nearest first.
    pub losing: Vec<(String, i64)>,
}

/// What decides a number of replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decides {
    /// The field at this JSON pointer.
    Field(String),
    /// No field: the API server's default at creation, afterwards left as found.
    Unset,
    /// An autoscaler whose settings are at the pointer.
    Autoscaler {
        /// JSON pointer of its settings.
        pointer: String,
        /// The lower bound, if stated.
        min: Option<i64>,
        /// The upper bound, if stated.
        max: Option<i64>,
    },
}

/// What to scale to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleTo {
    /// This number of replicas.
    Replicas(i64),
    /// An autoscaler's bounds; the one left out stays as it is.
    Bounds {
        /// The lower bound.
        min: Option<i64>,
        /// The upper bound.
        max: Option<i64>,
    },
}

/// What is asked of [`super::scale`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScaleRequest<'a> {
    /// The number or the bounds.
    pub to: ScaleTo,
    /// Only this predictor of a SeldonDeployment: its name or its index.
    pub predictor: Option<&'a str>,
    /// Only this component: its name (of a container, or the componentSpec's metadata.name) or its index; `svc-orch` is the orchestrator.
    pub component: Option<&'a str>,
}

/// One field to write.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaleWrite {
    /// The children it decides for, `Deployment/a, Deployment/b`; the object itself where it has none.
    pub child: String,
    /// What it scales, for the console: `predictor default`.
    pub label: String,
    /// JSON pointer of the field.
    pub pointer: String,
    /// What it says now; `None` if it is absent, so that it must be added and not replaced.
    pub from: Option<i64>,
    /// What it is to say.
    pub to: i64,
    /// PATCH the `/scale` subresource with a merge of `{"spec":{"replicas":to}}` in place of the object itself.
    pub through_scale: bool,
    /// JSON pointer of an object that holds the field and is absent: add it as `{}` first.
    pub parent: Option<String>,
    /// Fields that state another number and lose to this one, left alone: JSON pointer and value.
    pub leaves: Vec<(String, i64)>,
    /// JSON Patch tests that guard the list indices in the pointer: JSON pointer and the value read there.
    pub tests: Vec<(String, Value)>,
}

/// Why nothing can be scaled so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleRefusal {
    /// What is wrong.
    pub message: String,
    /// What to write in its place; empty if there is nothing.
    pub help: String,
    /// JSON pointer of the field that stands in the way; empty if there is none.
    pub pointer: String,
}

impl ScaleRefusal {
    pub(crate) fn new(
        pointer: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> ScaleRefusal {
        ScaleRefusal { message: message.into(), help: help.into(), pointer: pointer.into() }
    }
}

impl std::fmt::Display for ScaleRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ScaleRefusal {}
