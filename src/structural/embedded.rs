//! Objects inside objects (`x-kubernetes-embedded-resource`): they must say what they are.
//! It must never judge their metadata beyond its type; that is the rule of whole objects.

use crate::json::{Map, Value};

use super::go::bad;
use super::place::Place;
use super::refusal::at;
use super::schema::{Id, Schema};
use super::violation::{Code, Violation};

/// Adds a violation for each embedded object without `apiVersion` or `kind`.
pub(super) fn nameless(
    schema: &Schema,
    id: Id,
    value: &Value,
    place: &Place<'_>,
    found: &mut Vec<Violation>,
) {
    let node = schema.node(id);
    match value {
        Value::Object(map) => {
            if node.embedded && !place.is_root() {
                for key in ["apiVersion", "kind"] {
                    found.extend(type_meta(map, key, place));
                }
            }
            for (key, value) in map {
                if let Some(id) = node.under(key) {
                    nameless(schema, id, value, &place.key(key), found);
                }
            }
        }
        Value::Array(items) => {
            let Some(id) = node.items else { return };
            for (index, item) in items.iter().enumerate() {
                nameless(schema, id, item, &place.index(index), found);
            }
        }
        _ => {}
    }
}

fn type_meta(map: &Map, key: &str, place: &Place<'_>) -> Option<Violation> {
    let here = place.key(key);
    let mut violation = match map.get(key) {
        None => {
            let mut violation = at(place, Code::Required, "Required value".into(), &Value::Null);
            violation.field = here.field();
            violation.actual = "nothing".into();
            violation
        }
        Some(Value::String(text)) if text.is_empty() => {
            let body = "Invalid value: \"\": must not be empty".into();
            at(&here, Code::Length, body, &"".into())
        }
        Some(Value::String(text)) if key == "kind" && !is_kind(text) => {
            let body = format!("Invalid value: {}: {KIND}", bad(&Value::String(text.clone())));
            at(&here, Code::Format, body, &Value::String(text.clone()))
        }
        Some(Value::String(_)) => return None,
        Some(other) => {
            at(&here, Code::WrongType, format!("Invalid value: {}: must be a string", bad(other)), other)
        }
    };
    violation.expected = format!("the {key} of the object inside");
    Some(violation)
}

const KIND: &str = "may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

fn is_kind(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}
