//! THE BUILT-IN KINDS: their schemas, and what the API server fills in and refuses, as pure functions over JSON.
//! It must never know a store, a request, or the time.

mod kinds;

pub use kinds::{group_versions, kinds, schema};
