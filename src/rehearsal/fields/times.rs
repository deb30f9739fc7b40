//! The times of managers after a write that changed nothing else.
//! It must never change what anybody owns.

use serde_json::{Map, Value};

/// Puts back the times of all managers if the new object differs from the live one in nothing else, so that a write that says nothing
/// new is no change. Follows `IgnoreManagedFieldsTimestampsTransformer` of the API server.
pub fn keep_times(live: &Value, new: &mut Value) {
    let entries =
        |object: &Value| object.pointer("/metadata/managedFields").and_then(Value::as_array).cloned();
    let (Some(before), Some(after)) = (entries(live), entries(new)) else { return };
    let same = before.len() == after.len()
        && !before.is_empty()
        && before.iter().zip(&after).all(|(a, b)| without(a, "time") == without(b, "time"))
        && differ_in_nothing_but_managers(live, new);
    if let Some(slot) = new.pointer_mut("/metadata/managedFields").filter(|_| same) {
        *slot = Value::Array(before);
    }
}

fn without(value: &Value, key: &str) -> Map<String, Value> {
    let mut map = value.as_object().cloned().unwrap_or_default();
    map.shift_remove(key);
    map
}

fn differ_in_nothing_but_managers(a: &Value, b: &Value) -> bool {
    let metadata = |object: &Value| object.get("metadata").map(|meta| without(meta, "managedFields"));
    metadata(a) == metadata(b) && without(a, "metadata") == without(b, "metadata")
}
