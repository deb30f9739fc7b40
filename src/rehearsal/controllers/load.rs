//! What pods ask of their nodes.
//! Must never know where a pod is placed.

use super::read::{amount, items};
use crate::json::Value;

/// What pods ask of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Load {
    /// CPUs.
    pub cpu: f64,
    /// Bytes.
    pub memory: f64,
    /// Pods.
    pub pods: i64,
}

/// What a pod asks of its node: the sum of its containers, at least the greatest of those that run before them.
pub(crate) fn requests(pod: &Value) -> Load {
    let of = |container: &Value, what: &str| {
        let (requests, limits) =
            (&container["resources"]["requests"][what], &container["resources"]["limits"][what]);
        amount(if requests.is_null() { limits } else { requests })
    };
    let all = |what: &str| {
        let sum: f64 = items(&pod["spec"]["containers"]).iter().map(|container| of(container, what)).sum();
        let first = items(&pod["spec"]["initContainers"]).iter().map(|container| of(container, what));
        first.fold(sum, f64::max)
    };
    Load { cpu: all("cpu"), memory: all("memory"), pods: 1 }
}
