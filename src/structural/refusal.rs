//! Violations in the making: the server's words around a value, and ours beside them.
//! It must never decide what is refused.

use crate::json::Value;

use super::go::quoted;
use super::place::Place;
use super::schema::Node;
use super::suggest;
use super::value::in_words;
use super::violation::{Code, Violation};

/// A violation at a place, still without the words of what was expected.
pub(super) fn at(place: &Place<'_>, code: Code, message: String, value: &Value) -> Violation {
    Violation {
        pointer: place.pointer(),
        code,
        field: if place.is_root() { "<nil>".into() } else { place.field() },
        message,
        expected: String::new(),
        actual: in_words(value),
        suggestion: None,
    }
}

/// A violation that the server reports without a path.
pub(super) fn invalid_nowhere(place: &Place<'_>, code: Code, value: &Value, rest: String) -> Violation {
    let mut violation = at(place, code, format!("Invalid value: \"\": {rest}"), value);
    violation.field = "<nil>".into();
    violation.expected = rest;
    violation
}

/// A value of another type: `wanted` and `actual` are the names of types.
pub(super) fn wrong_type(
    node: &Node,
    value: &Value,
    place: &Place<'_>,
    wanted: &str,
    actual: &str,
) -> Violation {
    let shown = quoted(actual);
    let body = format!("Invalid value: {shown}: {} in body must be of type {wanted}: {shown}", place.field());
    let mut violation = at(place, Code::WrongType, body, value);
    violation.expected = suggest::types_in_words(node);
    violation.suggestion = suggest::respelt(node, value);
    violation
}

/// Fewer items or properties than there must be.
pub(super) fn too_few(place: &Place<'_>, value: &Value, count: u64, least: u64, unit: &str) -> Violation {
    let body =
        format!("Invalid value: {count}: {} in body should have at least {least} {unit}", place.field());
    let mut violation = at(place, Code::Length, body, value);
    violation.expected = format!("at least {least} {unit}");
    violation
}

/// More items or properties than there may be.
pub(super) fn too_many(place: &Place<'_>, value: &Value, count: u64, most: u64) -> Violation {
    let unit = if most == 1 { "item" } else { "items" };
    let mut violation =
        at(place, Code::Length, format!("Too many: {count}: must have at most {most} {unit}"), value);
    violation.expected = format!("at most {most}");
    violation
}
