//! THE BUILT-IN KINDS: their schemas, and what the API server fills in and refuses, as pure functions over JSON.
//! It must never know a store, a request, or the time.

mod default;
mod fault;
mod filled;
mod kinds;
mod read;
mod spelling;
mod untouched;
mod validate;

pub use fault::Fault;
pub use kinds::{Kind, default, group_versions, kind, kinds, metadata, schema};
pub use read::{Read, normal, read, read_over};
pub use untouched::{untouched, untouched_of_custom};
pub use validate::validate;
