//! `fieldsV1` as they are written, the same piece of memory for the same set: objects of one kind, written by the same controllers,
//! have the same fields, and these are often more than half of an object.
//! It must never decide whose fields they are.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::json::Value;

use super::set::Set;

/// As many sets are remembered.
const MOST: usize = 4096;

/// Sets that were written, and what was written.
static WRITTEN: LazyLock<Mutex<HashMap<Set, Value>>> = LazyLock::new(Mutex::default);

/// A set as `fieldsV1`.
pub fn of(set: &Set) -> Value {
    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(value) = written.get(set) {
        return value.clone();
    }
    if written.len() >= MOST {
        written.clear();
    }
    let value = set.to_json();
    written.insert(set.clone(), value.clone());
    value
}
