//! The language as written: data only. How steps, verbs, targets, conditions and expressions look, and how they are read.
//! It must never do I/O, nor know kube, plans or runs.

pub mod condition;
pub mod decode;
pub mod duration;
pub mod expression;
pub mod late;
pub mod like;
pub use expression::query;
pub mod suggest;
pub mod target;
pub mod template;
