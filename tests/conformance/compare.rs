//! Where two values differ, pointer by pointer.
//! It must never know whose values they are.

use serde_json::Value;
use std::collections::BTreeSet;

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
