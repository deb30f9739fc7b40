//! The language as written: data only. How steps, verbs, targets, conditions and expressions look, and how they are read.
//! It must never do I/O, nor know kube, plans or runs.

pub mod action;
pub mod condition;
pub mod decode;
pub mod document;
pub mod duration;
pub mod expression;
pub mod late;
pub mod like;
pub mod manifest;
pub mod names;
pub mod patch;
pub mod rehearsal;
pub mod replicas;
pub mod step;
pub mod suggest;
pub mod target;
pub mod template;

pub use expression::query;
