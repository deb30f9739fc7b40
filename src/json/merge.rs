//! Patches: merge patches (RFC 7386) and JSON patches (RFC 6902).

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

/// Carries out the operations of a JSON patch (RFC 6902), all or none.
///
/// # Errors
/// Says which operation is none, or could not be carried out.
pub fn patch(value: &mut Value, operations: &[Value]) -> Result<(), String> {
    let operations: json_patch::Patch = Value::from(operations).read().map_err(|error| error.to_string())?;
    let mut theirs = value.plain();
    json_patch::patch(&mut theirs, &operations).map_err(|error| error.kind.to_string())?;
    *value = theirs.into();
    Ok(())
}
