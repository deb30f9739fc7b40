//! The scale subresource of a custom kind: where its numbers are, and what it refuses in them.
//! It must never know what scaling does.

use crate::json::Value;

use super::crd::CrdVersion;
use super::go;
use super::value::in_words;
use super::violation::{Code, Violation};

/// Where the scale subresource finds its numbers, as JSON pointers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalePaths {
    /// The replicas wanted.
    pub spec: String,
    /// The replicas that are.
    pub status: String,
    /// The label selector, as text.
    pub selector: Option<String>,
}

impl CrdVersion {
    /// What the scale subresource refuses in an object (422), beside the schema: replicas that are no whole number,
    /// below zero or beyond 32 bits, and a selector that is no text.
    pub fn check_scale(&self, object: &Value) -> Vec<Violation> {
        let Some(scale) = &self.scale else { return Vec::new() };
        let numbers = [&scale.spec, &scale.status].into_iter().filter_map(|pointer| number(object, pointer));
        let selector = scale.selector.iter().filter_map(|pointer| {
            let value = find(object, pointer)?;
            match value {
                Ok(Value::String(_)) => None,
                Ok(other) => Some(complaint(object, pointer, "\"\"", accessor(pointer, other, "string"))),
                Err(fault) => Some(complaint(object, pointer, "\"\"", fault)),
            }
        });
        numbers.chain(selector).collect()
    }
}

fn number(object: &Value, pointer: &str) -> Option<Violation> {
    let value = match find(object, pointer)? {
        Ok(value) => value,
        Err(fault) => return Some(complaint(object, pointer, "0", fault)),
    };
    let (shown, rest) = match value.as_i64() {
        Some(int) if int < 0 => (int, "should be a non-negative integer".to_owned()),
        Some(int) if int > i64::from(i32::MAX) => {
            (int, format!("should be less than or equal to {}", i32::MAX))
        }
        Some(_) => return None,
        None => (0, accessor(pointer, value, "int64")),
    };
    Some(complaint(object, pointer, &shown.to_string(), rest))
}

/// The value at a pointer, or the server's words where the way to it is barred; `None` where there is nothing.
fn find<'a>(object: &'a Value, pointer: &str) -> Option<Result<&'a Value, String>> {
    let mut here = object;
    let mut way = String::new();
    for step in pointer.split('/').skip(1) {
        way.push('/');
        way.push_str(step);
        match here {
            Value::Null => return None,
            Value::Object(map) => here = map.get(step)?,
            other => return Some(Err(accessor(&way, other, "map[string]interface{}"))),
        }
    }
    // What is null is dropped before it is looked at.
    (!here.is_null()).then_some(Ok(here))
}

fn accessor(pointer: &str, value: &Value, wanted: &str) -> String {
    let path = pointer.replace('/', ".");
    format!(
        "{path} accessor error: {} is of the type {}, expected {wanted}",
        go::printed(value),
        go::type_name(value)
    )
}

fn complaint(object: &Value, pointer: &str, shown: &str, rest: String) -> Violation {
    Violation {
        pointer: pointer.to_owned(),
        code: Code::Range,
        field: pointer.replace('/', "."),
        message: format!("Invalid value: {shown}: {rest}"),
        expected: format!("a whole number from 0 to {}", i32::MAX),
        actual: object.pointer(pointer).map_or_else(|| "nothing".into(), in_words),
        suggestion: None,
    }
}
