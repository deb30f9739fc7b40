//! The times of managers after a write that changed nothing else.
//! It must never change what anybody owns.

use crate::json::Value;

/// Puts back the times of all managers if the new object differs from the live one in nothing else, so that a write that says nothing
/// new is no change. Follows `IgnoreManagedFieldsTimestampsTransformer` of the API server.
pub fn keep_times(live: &Value, new: &mut Value) {
    let entries = |object: &Value| object.pointer("/metadata/managedFields").cloned();
    let (Some(Value::Array(before)), Some(Value::Array(after))) = (entries(live), entries(new)) else {
        return;
    };
    let same = before.len() == after.len()
        && !before.is_empty()
        && before.iter().zip(&after).all(|(a, b)| same_but("time", a, b))
        && same_but("metadata", live, new)
        && same_but("managedFields", &live["metadata"], &new["metadata"]);
    if let Some(slot) = new.pointer_mut("/metadata/managedFields").filter(|_| same) {
        *slot = Value::Array(before);
    }
}

/// Whether two mappings are the same, one key left out of both.
fn same_but(key: &str, a: &Value, b: &Value) -> bool {
    let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else { return a == b };
    let count = |map: &crate::json::Map| map.len() - usize::from(map.contains_key(key));
    count(a) == count(b) && a.iter().all(|(name, value)| name == key || b.get(name) == Some(value))
}
