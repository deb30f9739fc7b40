//! Kinds without a status of their own, or whose status says nothing of readiness: they are ready when they exist.
//! Must never know what is in them.

use super::verdict::Verdict;
use crate::json::Value;

/// It exists.
pub(crate) fn ready(_object: &Value, _children: &[&Value]) -> Verdict {
    Verdict::Met("exists".to_owned())
}
