//! Where two values differ, pointer by pointer; and whether a file is as it must be.
//! It must never know whose values they are.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A line for each place where an answer is not as recorded.
pub fn differences(recorded: &Value, answered: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(recorded, answered, "", &mut found);
    found
}

fn compare(recorded: &Value, answered: &Value, at: &str, found: &mut Vec<String>) {
    match (recorded, answered) {
        (Value::Object(before), Value::Object(after)) => {
            let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for key in keys {
                let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                match (before.get(key), after.get(key)) {
                    (Some(before), Some(after)) => compare(before, after, &at, found),
                    (Some(before), None) => found.push(format!("{at}: {before} is missing")),
                    (None, Some(after)) => found.push(format!("{at}: {after} is too much")),
                    (None, None) => {}
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for (index, pair) in before.iter().zip(after).enumerate() {
                compare(pair.0, pair.1, &format!("{at}/{index}"), found);
            }
            for (index, before) in before.iter().enumerate().skip(after.len()) {
                found.push(format!("{at}/{index}: {before} is missing"));
            }
            for (index, after) in after.iter().enumerate().skip(before.len()) {
                found.push(format!("{at}/{index}: {after} is too much"));
            }
        }
        _ if recorded == answered => {}
        _ => found.push(format!("{at}:\n    recorded {recorded}\n    answered {answered}")),
    }
}

/// Compares a text with a file, or writes it with `UPDATE=1`.
pub fn file(path: &Path, text: &str) -> Result<(), String> {
    if std::env::var_os("UPDATE").is_some() {
        return std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()));
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    match there.lines().zip(text.lines()).find(|(there, line)| there != line) {
        _ if there == text => Ok(()),
        None => Err(format!("{} is of another length; UPDATE=1 writes it anew", path.display())),
        Some((there, line)) => {
            Err(format!("{} says `{there}`, and it is `{line}`; UPDATE=1 writes it anew", path.display()))
        }
    }
}
