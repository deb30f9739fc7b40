//! The tables of custom kinds: the columns that their definitions name by JSON paths.
//! It must never know kinds of the server's own.

use crate::json::{Value, json};
use jiff::Timestamp;

use super::columns::{self, column};
use super::time::{age, read};

/// The columns of a custom kind: its name, and what the definition says, or else its age.
pub fn columns(written: &[Value]) -> Value {
    let mut all = vec![columns::name()];
    for known in written {
        let text = |key: &str| known[key].as_str().unwrap_or_default();
        let told = match text("description") {
            "" => format!("Custom resource definition column (in JSONPath format): {}", text("jsonPath")),
            told => told.to_owned(),
        };
        let priority = known["priority"].as_i64().unwrap_or_default();
        all.push(column(text("name"), text("type"), text("format"), priority, &told));
    }
    if written.is_empty() {
        all.push(column("Age", "date", "", 0, &columns::creation()));
    }
    json!(all)
}

/// The cells of an object.
pub fn cells(written: &[Value], object: &Value, now: Timestamp) -> Vec<Value> {
    let mut cells = vec![object["metadata"]["name"].clone()];
    for known in written {
        let path = known["jsonPath"].as_str().unwrap_or_default();
        let found = find(object, path);
        cells.push(match found.as_slice() {
            [] => Value::Null,
            found => cell(known["type"].as_str().unwrap_or_default(), found, now),
        });
    }
    if written.is_empty() {
        cells.push(age(&object["metadata"]["creationTimestamp"], now).into());
    }
    cells
}

fn cell(kind: &str, found: &[&Value], now: Timestamp) -> Value {
    let first = found[0];
    match (kind, first) {
        ("integer", Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(float)) => (float as i64).into(),
            _ => Value::Null,
        },
        ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => first.clone(),
        ("string", _) => found.iter().map(|value| shown(value)).collect::<Vec<_>>().join(" ").into(),
        ("date", Value::String(_)) => match read(first) {
            Some(_) => age(first, now).into(),
            None => "<invalid>".into(),
        },
        _ => Value::Null,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// What a JSON path of kubectl's dialect finds: fields, indices, `[*]` and filters of one comparison.
fn find<'a>(object: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![object];
    let mut rest = path.trim_start_matches('$');
    while !rest.is_empty() {
        let (step, after) = match rest.strip_prefix('[') {
            Some(inside) => match close(inside) {
                Some(end) => (Step::read(&inside[..end]), &inside[end + 1..]),
                None => return Vec::new(),
            },
            None => {
                let plain = rest.trim_start_matches('.');
                let (name, after) = name(plain);
                (Step::Name(name), after)
            }
        };
        found = found.into_iter().flat_map(|value| step.from(value)).collect();
        rest = after;
    }
    found
}

/// A name up to the next unescaped point or bracket.
fn name(text: &str) -> (String, &str) {
    let (mut name, mut chars) = (String::new(), text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => name.extend(chars.next().map(|(_, c)| c)),
            '.' | '[' => return (name, &text[at..]),
            c => name.push(c),
        }
    }
    (name, "")
}

/// Where the bracket ends that was opened before the text.
fn close(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ']') => return Some(at),
            _ => {}
        }
    }
    None
}

enum Step {
    Name(String),
    Index(i64),
    All,
    Where { path: String, wanted: String, equal: bool },
}

impl Step {
    fn read(inside: &str) -> Step {
        let unquoted = |text: &str| text.trim().trim_matches(['\'', '"']).to_owned();
        if inside == "*" {
            return Step::All;
        }
        if let Ok(index) = inside.parse() {
            return Step::Index(index);
        }
        let condition = inside.strip_prefix("?(").and_then(|inside| inside.strip_suffix(')'));
        match condition.and_then(|condition| {
            let (path, wanted) = condition.split_once("==").or_else(|| condition.split_once("!="))?;
            Some(Step::Where {
                path: path.trim().trim_start_matches('@').to_owned(),
                wanted: unquoted(wanted),
                equal: condition.contains("=="),
            })
        }) {
            Some(step) => step,
            None => Step::Name(unquoted(inside)),
        }
    }

    fn from<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match (self, value) {
            (Step::Name(name), Value::Object(map)) => map.get(name).into_iter().collect(),
            (Step::Index(index), Value::Array(items)) => {
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let at = if *index < 0 { length + index } else { *index };
                usize::try_from(at).ok().and_then(|at| items.get(at)).into_iter().collect()
            }
            (Step::All, Value::Array(items)) => items.iter().collect(),
            (Step::All, Value::Object(map)) => map.values().collect(),
            (Step::Where { path, wanted, equal }, Value::Array(items)) => items
                .iter()
                .filter(|item| {
                    let found = find(item, path);
                    found.first().is_some_and(|found| (shown(found) == *wanted) == *equal)
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_what_kubectl_finds() {
        let object =
            json!({ "a": { "b.c": [1, 2], "d": [{ "type": "Ready", "status": "True" }, { "type": "x" }] } });
        for (path, found) in [
            (".a.b\\.c[1]", json!([2])),
            (".a['b.c'][*]", json!([1, 2])),
            (".a.d[?(@.type==\"Ready\")].status", json!(["True"])),
            (".a.d[?(@.type!='Ready')].type", json!(["x"])),
            (".a.d[-1].type", json!(["x"])),
            (".a.none", json!([])),
            (".a[", json!([])),
        ] {
            assert_eq!(json!(find(&object, path)), found, "{path}");
        }
    }
}
