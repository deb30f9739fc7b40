//! seldonplay: a declarative playbook interpreter for Kubernetes.

pub mod cli;
pub mod cluster;
pub mod diagnostic;
mod escape;
pub mod event;
pub mod kinds;
pub mod plan;
pub mod playbook;
pub mod quantity;
pub mod report;
pub mod runner;
pub mod selector;
pub mod source;
pub mod structural;
pub mod tree;
