//! Pods: placed on nodes, and run there.
//! Must never know who made a pod, but that those of Jobs are to end.

pub(super) mod kubelet;
mod lifecycle;
pub(super) mod scheduler;

#[cfg(test)]
mod tests;
