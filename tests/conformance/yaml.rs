//! YAML as recorded answers are kept in it: blocks where there is much, one line where there is little.
//! It must never know what is kept.

use serde_json::Value;

/// How long a line may become before a value is written in a block.
const WIDTH: usize = 130;

/// A document's value.
pub fn read(text: &str) -> Result<Value, String> {
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}

/// A value as a document, ending with a line break.
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

fn block(value: &Value, indent: usize, text: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                text.push_str(&pad);
                entry(key, value, indent, text);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for value in list {
                text.push_str(&pad);
                text.push_str("- ");
                item(value, indent, text);
            }
        }
        other => {
            text.push_str(&pad);
            text.push_str(&flow(other));
            text.push('\n');
        }
    }
}

/// What follows a `- `.
fn item(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(map) if !fits(value, indent + 2) => {
            for (at, (key, value)) in map.iter().enumerate() {
                if at > 0 {
                    text.push_str(&" ".repeat(indent + 2));
                }
                entry(key, value, indent + 2, text);
            }
        }
        Value::Array(_) if !fits(value, indent + 2) => {
            text.push('\n');
            block(value, indent + 2, text);
        }
        other => {
            text.push_str(&flow(other));
            text.push('\n');
        }
    }
}

/// A key with its value, the padding being there already.
fn entry(key: &str, value: &Value, indent: usize, text: &mut String) {
    text.push_str(&scalar(key));
    text.push(':');
    if fits(value, indent + key.len() + 2) {
        text.push(' ');
        text.push_str(&flow(value));
        text.push('\n');
    } else {
        text.push('\n');
        let deeper = if value.is_array() { indent } else { indent + 2 };
        block(value, deeper, text);
    }
}

/// Whether a value is written on one line.
fn fits(value: &Value, begins: usize) -> bool {
    match value {
        Value::Object(_) | Value::Array(_) => begins + flow(value).chars().count() <= WIDTH,
        _ => true,
    }
}

fn flow(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A text, in quotes unless it can only be read as a text.
fn scalar(text: &str) -> String {
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._- ".contains(letter);
    let word = !matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n" | "nan" | "inf" | "infinity"
    );
    if begins && word && !text.ends_with(' ') && text.chars().all(plain) {
        text.to_owned()
    } else {
        Value::String(text.to_owned()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_again() {
        let value = json!([
            {"code": 200, "body": {"f:data": {"k:{\"name\":\"a\"}": {}, ".": {}}, "text": "a: b # c\nd", "no": "no", "version": "1"}},
            {"events": [], "long": ["x".repeat(200), null, true, 1.5, {}, [[1, "y".repeat(200)], []]]},
        ]);
        assert_eq!(read(&write(&value)), Ok(value));
    }
}
