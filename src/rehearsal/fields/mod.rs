//! WHO MANAGES WHICH FIELD: `metadata.managedFields`, and server-side apply over it, as pure functions over JSON.
//! It must never know a store, a request, a clock, nor what a kind's fields mean.
//!
//! [`apply()`] merges what a manager applies into the live object; [`update()`] brings the managers up to date after any other write.
//! Both follow structured-merge-diff and apimachinery's `managedfields` of Kubernetes 1.37, their words included, file by file:
//! [`Set`] and [`Element`] are `fieldpath`; `shape` is what a schema says to them; `compare`, `merge`, `remove`, `named` and
//! `typed` are `typed`; `owners` is the list of managers; `apply` and `update` are `merge/update.go` and the managers around it.
//!
//! Objects of several versions are compared by the schema of the version at hand: what the rehearsal serves converts by name only.

mod apply;
mod compare;
mod element;
mod merge;
mod named;
mod owners;
mod reconcile;
mod remove;
mod scale;
mod set;
mod shape;
mod steps;
mod stripped;
#[cfg(test)]
mod tests;
mod times;
mod typed;
mod update;
mod values;
mod written;

pub use apply::{Conflict, Refused, apply, made};
pub use element::Element;
pub use scale::{from_scale, to_scale};
pub use set::Set;
pub use stripped::is_nobodys;
pub use times::differ;
pub use update::update;

use crate::json::{Map, Value};

use crate::structural::{Absent, Cursor, Schema, Type};

/// Who writes, as a request says it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manager<'a> {
    /// The field manager.
    pub name: &'a str,
    /// The version in which the object is written: `apps/v1`.
    pub api_version: &'a str,
    /// `status`, `scale` …, empty for the object itself.
    pub subresource: &'a str,
    /// Now, as RFC 3339 in whole seconds.
    pub time: &'a str,
    /// The fields that this path of the API does not write, and nobody comes to own by it: `status` for objects with a subresource
    /// of that name, `spec` for the subresource. See [`crate::rehearsal::builtin::untouched`].
    pub untouched: &'a [&'a [&'a str]],
    /// Whether the kind's schema is always the same, so that what its objects have was brought in line with it when it came.
    pub constant: bool,
}

/// An object of a kind before anything is written: for a built-in kind what an empty object of its type in Go is written as.
pub fn blank(schema: &Schema, api_version: &str, kind: &str) -> Value {
    let mut map = Map::new();
    map.insert("apiVersion".into(), api_version.into());
    map.insert("kind".into(), kind.into());
    fill(schema.root(), &mut map);
    Value::Object(map)
}

/// Adds the fields that are written although the mapping lacks them.
fn fill(at: Cursor<'_>, map: &mut Map) {
    for (name, absent, field) in at.written() {
        if map.contains_key(name) {
            continue;
        }
        match absent {
            Absent::Nothing | Absent::NothingForZero => {}
            Absent::Null => {
                map.insert(name.into(), Value::Null);
            }
            Absent::Zero => {
                map.insert(name.into(), zero(field));
            }
        }
    }
}

/// What a field is written as that is always written, where an object lacks it.
pub(crate) fn zero(at: Cursor<'_>) -> Value {
    match at.kind() {
        Some(Type::Object) => {
            let mut map = Map::new();
            fill(at, &mut map);
            Value::Object(map)
        }
        Some(Type::String) => "".into(),
        Some(Type::Integer | Type::Number) => 0.into(),
        Some(Type::Boolean) => false.into(),
        None if at.is_quantity() => "0".into(),
        None if at.is_int_or_string() => 0.into(),
        Some(Type::Array) | None => Value::Null,
    }
}
