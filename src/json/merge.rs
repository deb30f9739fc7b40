//! Merge patches (RFC 7386).

use super::{Map, Value};

/// Merges a patch into a value: a `null` takes away, a mapping is merged, anything else takes the place of what was there.
pub fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = Map::new().into();
    }
    let Some(map) = value.as_object_mut() else { return };
    for (key, patch) in patch.iter() {
        match patch {
            Value::Null => _ = map.shift_remove(key),
            _ => merge(map.entry(key).or_insert(Value::Null), patch),
        }
    }
}
