//! JSON values in the words of the API server: type names, numbers and quotes as Go prints them.
//! It must never know schemas.

use std::fmt::Write;

use serde_json::{Number, Value};

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

/// A number as Go's `%v` prints it.
pub(super) fn number(number: &Number) -> String {
    match (number.as_i64(), number.as_f64()) {
        (Some(int), _) => int.to_string(),
        (None, Some(float)) => float_text(float),
        (None, None) => number.to_string(),
    }
}

fn float_text(float: f64) -> String {
    let exponent = if float == 0.0 { 0.0 } else { float.abs().log10().floor() };
    if (-4.0..6.0).contains(&exponent) {
        return format!("{float}");
    }
    let text = format!("{float:e}");
    match text.split_once('e') {
        Some((digits, power)) => {
            let (sign, power) = power.strip_prefix('-').map_or(("+", power), |power| ("-", power));
            format!("{digits}e{sign}{power:0>2}")
        }
        None => text,
    }
}

/// Text in quotes, as Go's `%q` prints it.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(char),
            '\0'..'\u{80}' => write!(out, "\\x{:02x}", u32::from(char)).unwrap_or_default(),
            _ if char.is_control() => write!(out, "\\u{:04x}", u32::from(char)).unwrap_or_default(),
            _ => out.push(char),
        }
    }
    out.push('"');
    out
}

/// A value as the server's field errors print it: text quoted, scalars plain, the rest as JSON with sorted keys.
pub(super) fn bad(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Number(value) => number(value),
        Value::Bool(_) | Value::Null => value.to_string(),
        Value::Array(_) | Value::Object(_) => sorted(value).to_string(),
    }
}

/// A value as Go's `%v` prints it.
pub(super) fn printed(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::Bool(_) => value.to_string(),
        Value::Number(value) => number(value),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(printed).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let mut entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", printed(value))).collect();
            entries.sort();
            format!("map[{}]", entries.join(" "))
        }
    }
}

/// The type that Go decodes a value to.
pub(super) fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_i64() => "int64",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> =
                map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        other => other.clone(),
    }
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
pub(super) fn same(a: &Value, b: &Value) -> bool {
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
    use serde_json::json;

    #[test]
    fn numbers_and_quotes_are_those_of_go() {
        assert_eq!(bad(&json!(3)), "3");
        assert_eq!(bad(&json!(0.5)), "0.5");
        assert_eq!(bad(&json!(1e21)), "1e+21");
        assert_eq!(bad(&json!(1234567.5)), "1.2345675e+06");
        assert_eq!(bad(&json!(1e-7)), "1e-07");
        assert_eq!(bad(&json!("a\"b\n\u{1}é")), "\"a\\\"b\\n\\x01é\"");
        assert_eq!(bad(&json!({"b": 1, "a": [true]})), r#"{"a":[true],"b":1}"#);
    }

    #[test]
    fn sameness_is_by_worth() {
        assert!(same(&json!({"a": 1, "b": [1.0]}), &json!({"b": [1], "a": 1.0})));
        assert!(!same(&json!({"a": 1}), &json!({"a": "1"})));
    }
}
