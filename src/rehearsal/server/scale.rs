//! The scale of an object: how many replicas it wants and has, as `autoscaling/v1` puts it.
//! It must never change anything but the replicas wanted.

use super::call::Call;
use super::refusal::Refusal;
use super::reply::Reply;
use super::state::State;

/// Reads or changes the scale.
///
/// # Errors
/// As for the object itself.
pub fn scale(state: &mut State, call: &Call<'_>) -> Result<Reply, Refusal> {
    let _ = (state, call);
    Err(Refusal::unknown_resource())
}
