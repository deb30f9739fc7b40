//! What a write that changed nothing makes of the times of managers: nothing.
//! It must never change what anybody owns.

use crate::json::Value;

/// Whether managers differ in anything but their times. Follows `IgnoreManagedFieldsTimestampsTransformer` of the API server.
pub fn differ(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one.and_then(Value::as_array), other.and_then(Value::as_array)) {
        (Some(one), Some(other)) => {
            let pairs = || one.iter().zip(other);
            one.len() != other.len() || pairs().any(|(a, b)| !same_but("time", a, b))
        }
        _ => one != other,
    }
}

/// Whether two mappings are the same, one key left out of both.
fn same_but(key: &str, a: &Value, b: &Value) -> bool {
    let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else { return a == b };
    let count = |map: &crate::json::Map| map.len() - usize::from(map.contains_key(key));
    count(a) == count(b) && a.iter().all(|(name, value)| name == key || b.get(name) == Some(value))
}
