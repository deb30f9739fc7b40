//! What a known kind's status may hold: its fields, their types, and which of them are left out when they are zero or empty.
//! Must never know conditions or queries, nor whether an object is ready.
//!
//! Built-in kinds are as Kubernetes 1.37 has them: a field is left out when its Go type says `omitempty` and is no pointer. A newer
//! release may add fields; a query that goes by `..` is never held against these tables.

mod builtin;
mod projects;
mod seldon;
#[cfg(test)]
mod tests;

pub(crate) use builtin::*;
pub(crate) use projects::*;
pub(crate) use seldon::*;

/// A field of a status, or of something in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What is in it.
    pub shape: Shape,
    /// Whether nothing is written when it is zero, false or empty. A field that is merely absent until it is known is not left out.
    pub left_out: bool,
}

/// What a place of a status holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Anything: it is not described here.
    Any,
    /// Nothing: the schema has the field, and no release of the kind's controller writes it.
    Unset,
    /// A whole number that is never negative.
    Count,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// A text.
    Text,
    /// A text that is one of these words.
    Word {
        /// The words.
        known: &'static [&'static str],
        /// Whether there can be no others.
        closed: bool,
    },
    /// A list.
    List(&'static Shape),
    /// A mapping with keys of any name.
    Map(&'static Shape),
    /// A mapping with these fields and no others.
    Object(&'static [Field]),
}

impl Shape {
    /// The fields of a mapping that has fixed ones.
    pub fn fields(&self) -> Option<&'static [Field]> {
        match self {
            Shape::Object(fields) => Some(fields),
            _ => None,
        }
    }
}

/// The fields of the status of a kind; none at all if objects of this kind have no status. `None` where it is not known.
pub fn status_fields(api_version: &str, kind: &str) -> Option<&'static [Field]> {
    super::of(api_version, kind).status
}

/// The words that stand for `type` in a kind's `status.conditions`, and whether there can be no others.
pub fn condition_types(status: &[Field]) -> Option<(&'static [&'static str], bool)> {
    let conditions = status.iter().find(|field| field.name == "conditions")?;
    let Shape::List(entry) = conditions.shape else { return None };
    let kind = entry.fields()?.iter().find(|field| field.name == "type")?;
    match kind.shape {
        Shape::Word { known, closed } => Some((known, closed)),
        _ => None,
    }
}

/// The fields of `metadata`, of every kind.
pub const METADATA: &[Field] = &[
    omitted("annotations", Shape::Map(&Shape::Text)),
    given("creationTimestamp", Shape::Text),
    given("deletionGracePeriodSeconds", Shape::Count),
    given("deletionTimestamp", Shape::Text),
    omitted("finalizers", Shape::List(&Shape::Text)),
    omitted("generateName", Shape::Text),
    omitted("generation", Shape::Count),
    omitted("labels", Shape::Map(&Shape::Text)),
    omitted("managedFields", Shape::Any),
    omitted("name", Shape::Text),
    omitted("namespace", Shape::Text),
    omitted(
        "ownerReferences",
        Shape::List(&Shape::Object(&[
            given("apiVersion", Shape::Text),
            given("blockOwnerDeletion", Shape::Boolean),
            given("controller", Shape::Boolean),
            given("kind", Shape::Text),
            given("name", Shape::Text),
            given("uid", Shape::Text),
        ])),
    ),
    omitted("resourceVersion", Shape::Text),
    omitted("selfLink", Shape::Text),
    omitted("uid", Shape::Text),
];

/// The values of `status` of a condition.
const TRUTH: Shape = Shape::Word { known: &["True", "False", "Unknown"], closed: true };

/// A field that is written whenever it is known.
const fn given(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, left_out: false }
}

/// A field that is left out when it is zero, false or empty.
const fn omitted(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, left_out: true }
}

/// One of these words and no other.
const fn one_of(known: &'static [&'static str]) -> Shape {
    Shape::Word { known, closed: true }
}

/// One of these words, or others.
const fn such_as(known: &'static [&'static str]) -> Shape {
    Shape::Word { known, closed: false }
}

/// `conditions` with these types, and more fields than all conditions have.
macro_rules! conditions {
    ($types:expr $(, $more:expr)* $(,)?) => {
        omitted(
            "conditions",
            Shape::List(&Shape::Object(&[
                given("type", $types),
                given("status", TRUTH),
                given("lastTransitionTime", Shape::Text),
                $($more,)*
            ])),
        )
    };
}
use conditions;
