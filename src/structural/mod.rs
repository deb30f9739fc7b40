//! Structural schemas of custom kinds: unknown fields, defaults and validation, as the API server does them.
//! It must never know spans, kinds or clusters: everything here is JSON and JSON pointers.
//!
//! A [`Schema`] comes from a CustomResourceDefinition ([`CrdSchema`]), from what a server publishes ([`Schema::from_published`])
//! or from a compact table ([`Table`]).
//! Over an object it answers three questions: which fields would be dropped ([`unknown_fields`], [`prune()`]),
//! what would be filled in ([`default`]) and what would be refused ([`check()`]); [`validate`] is what a strict
//! create would find: unknown fields and refusals together. Messages are the API server's own words, taken from
//! kube-openapi's validator and apiextensions-apiserver of Kubernetes 1.37.
//!
//! Rules in CEL (`x-kubernetes-validations`) are counted ([`Schema::cel_rules`]) and not evaluated: an object that
//! passes here may still be refused by one.

mod check;
mod compact;
mod crd;
mod cursor;
mod embedded;
mod fill;
mod format;
pub mod go;
mod lists;
mod numbers;
mod place;
mod prune;
mod published;
mod refusal;
mod scale;
mod schema;
mod suggest;
mod value;
mod violation;

pub use check::check;
pub use compact::{Table, TableError};
pub use crd::{CrdSchema, CrdVersion};
pub use cursor::Cursor;
pub use fill::{default, drop_nulls, nulls};
pub use prune::{prune, unknown_fields};
pub use scale::ScalePaths;
pub use schema::{Absent, ListType, Patch, Schema, Type, is_pattern};
pub use suggest::{homes, nearest};
pub use value::same;
pub use violation::{Code, Violation};

use crate::json::Value;

/// Everything that a create with strict field validation would be refused for, unknown fields first.
///
/// The server stops at unknown fields (400, "strict decoding error") and would name the other faults (422) only
/// when those are gone; here they are all found at once.
pub fn validate(schema: &Schema, object: &Value) -> Vec<Violation> {
    let mut found = unknown_fields(schema, object);
    found.extend(check(schema, object));
    found
}
