//! What the server's own admission does with a write: fills in, and refuses, by looking at other objects.
//! It must never know what one kind's fields may hold.

use serde_json::Value;

use super::call::Call;
use super::refusal::Refusal;
use super::state::State;

/// Fills in what other objects decide, and refuses what they forbid.
///
/// # Errors
/// 403.
pub fn admit(
    state: &mut State,
    call: &Call<'_>,
    object: &mut Value,
    old: Option<&Value>,
) -> Result<(), Refusal> {
    let _ = (state, call, object, old);
    Ok(())
}

/// Refuses what is valid in itself, and not with what else there is.
///
/// # Errors
/// 403.
pub fn validate(state: &State, call: &Call<'_>, object: &Value, old: Option<&Value>) -> Result<(), Refusal> {
    let _ = (state, call, object, old);
    Ok(())
}
