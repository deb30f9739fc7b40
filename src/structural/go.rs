//! JSON values as Go writes them, and so the API server: quotes, numbers, types.
//! It must never know schemas.

use std::fmt::Write;

use crate::json::{Number, Value};

/// A number as Go's `%v` prints it.
pub fn number(number: &Number) -> String {
    match (number.as_i64(), number.as_f64()) {
        (Some(int), _) => int.to_string(),
        (None, Some(float)) => float_text(float),
        (None, None) => number.to_string(),
    }
}

fn float_text(float: f64) -> String {
    let text = format!("{float:e}");
    let Some((digits, power)) = text.split_once('e') else { return text };
    if power.parse().is_ok_and(|power: i32| (-4..6).contains(&power)) {
        return format!("{float}");
    }
    let (sign, power) = power.strip_prefix('-').map_or(("+", power), |power| ("-", power));
    format!("{digits}e{sign}{power:0>2}")
}

/// Text in quotes, as Go's `%q` prints it.
pub fn quoted(text: &str) -> String {
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
pub fn bad(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Number(value) => number(value),
        Value::Bool(_) | Value::Null => value.to_string(),
        Value::Array(_) | Value::Object(_) => value.sorted().to_string(),
    }
}

/// A value as Go's `%v` prints it.
pub fn printed(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::Bool(_) => value.to_string(),
        Value::Number(value) => number(value),
        Value::String(text) => text.to_string(),
        Value::Array(items) => format!("[{}]", items.iter().map(printed).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let mut entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", printed(value))).collect();
            entries.sort();
            format!("map[{}]", entries.join(" "))
        }
    }
}

/// The type that Go decodes a value to, as `%T` prints it.
pub fn type_name(value: &Value) -> &'static str {
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

/// A value as Go's `%#v` prints it.
pub fn syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".into(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(map) => {
            let mut entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key:?}:{}", syntax(value))).collect();
            entries.sort();
            format!("map[string]interface {{}}{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn numbers_and_quotes_are_those_of_go() {
        assert_eq!(bad(&json!(3)), "3");
        assert_eq!(bad(&json!(0.5)), "0.5");
        assert_eq!(bad(&json!(1e21)), "1e+21");
        assert_eq!(bad(&json!(1234567.5)), "1.2345675e+06");
        assert_eq!(bad(&json!(1e-7)), "1e-07");
        assert_eq!(bad(&json!(1e6)), "1e+06");
        assert_eq!(bad(&json!(999999.5)), "999999.5");
        assert_eq!(bad(&json!(-0.0001)), "-0.0001");
        assert_eq!(bad(&json!(-0.00001)), "-1e-05");
        assert_eq!(bad(&json!(0.0)), "0");
        assert_eq!(bad(&json!("a\"b\n\u{1}é")), "\"a\\\"b\\n\\x01é\"");
        assert_eq!(bad(&json!({"b": 1, "a": [true]})), r#"{"a":[true],"b":1}"#);
    }

    #[test]
    fn values_are_printed_in_the_order_of_their_keys() {
        let value = json!({ "b": [1, "x", null], "a": { "c": true } });
        assert_eq!(printed(&value), "map[a:map[c:true] b:[1 x <nil>]]");
        assert_eq!(
            syntax(&value),
            r#"map[string]interface {}{"a":map[string]interface {}{"c":true}, "b":[]interface {}{1, "x", interface {}(nil)}}"#
        );
        assert_eq!(
            (type_name(&json!(1)), type_name(&json!(1.5)), type_name(&json!(null))),
            ("int64", "float64", "<nil>")
        );
    }
}
