//! JSON values: their types, when two are the same, and a few words about them for people.
//! It must never know schemas.

use crate::json::{Number, Value};

use super::schema::Type;

/// The type of a value, `None` for null. Numbers that fit 64 bits without a fraction part are integers, as Go decodes
/// them; `1.0` is a number.
pub(super) fn kind(value: &Value) -> Option<Type> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => Type::Boolean,
        Value::Number(number) if number.is_i64() => Type::Integer,
        Value::Number(_) => Type::Number,
        Value::String(_) => Type::String,
        Value::Array(_) => Type::Array,
        Value::Object(_) => Type::Object,
    })
}

/// Whether a number has no fraction, within the range that doubles hold exactly.
pub(super) fn is_whole(number: &Number) -> bool {
    number.is_i64() || number.as_f64().is_some_and(|float| float.fract() == 0.0 && float.abs() < 9.1e15)
}

/// Whether a value is one of an enum's, as the server tells: a fraction is cut off before it is compared with a whole
/// number (2.25 counts as 2).
pub(super) fn is_choice(value: &Value, choice: &Value) -> bool {
    match (value.as_f64().filter(|_| !value.is_i64()), choice.as_i64()) {
        (Some(float), Some(int)) if float.abs() < 9.1e15 => float.trunc() == int as f64,
        _ => same(value, choice),
    }
}

/// Whether two values are the same, numbers by what they are worth.
pub fn same(a: &Value, b: &Value) -> bool {
    if a.is(b) {
        return true;
    }
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// A value in a few words for people: its type and, if it is short, what it is.
pub(super) fn in_words(value: &Value) -> String {
    let text = match value {
        Value::Null => return "null".into(),
        Value::Array(items) => return format!("a list of {}", items.len()),
        Value::Object(map) => return format!("a mapping of {}", map.len()),
        other => other.to_string(),
    };
    let text =
        if text.chars().count() > 40 { text.chars().take(40).collect::<String>() + "…" } else { text };
    match value {
        Value::String(_) => format!("text {text}"),
        Value::Number(_) => format!("the number {text}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn sameness_is_by_worth() {
        assert!(same(&json!({"a": 1, "b": [1.0]}), &json!({"b": [1], "a": 1.0})));
        assert!(!same(&json!({"a": 1}), &json!({"a": "1"})));
    }
}
