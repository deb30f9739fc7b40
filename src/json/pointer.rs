//! JSON pointers (RFC 6901): how they are written, and what they lead to.

use super::Value;
use std::borrow::Cow;

impl Value {
    /// The value at a JSON pointer (RFC 6901).
    pub fn pointer(&self, pointer: &str) -> Option<&Value> {
        steps(pointer)?.try_fold(self, |at, step| match at {
            Value::Object(map) => map.get(&unescaped(step)),
            Value::Array(items) => items.get(place(step)?),
            _ => None,
        })
    }

    /// The value at a JSON pointer, to be changed.
    pub fn pointer_mut(&mut self, pointer: &str) -> Option<&mut Value> {
        // What is not there is not made ready to be changed.
        self.pointer(pointer)?;
        steps(pointer)?.try_fold(self, |at, step| match at {
            Value::Object(map) => map.get_mut(&unescaped(step)),
            Value::Array(items) => items.get_mut(place(step)?),
            _ => None,
        })
    }

    /// Takes out the entry at a JSON pointer. Where there is none, nothing is made ready to be changed.
    pub fn remove(&mut self, pointer: &str) -> Option<Value> {
        let (around, key) = pointer.rsplit_once('/')?;
        self.pointer(around)?.as_object()?.get(&unescaped(key))?;
        self.pointer_mut(around)?.as_object_mut()?.shift_remove(&unescaped(key))
    }
}

/// The steps of a JSON pointer; nothing if it is none.
fn steps(pointer: &str) -> Option<impl Iterator<Item = &str>> {
    let rest = match pointer {
        "" => None,
        _ => Some(pointer.strip_prefix('/')?),
    };
    Some(rest.into_iter().flat_map(|rest| rest.split('/')))
}

/// A key as a step of a JSON pointer.
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The key that a step of a JSON pointer means.
pub fn unescaped(step: &str) -> Cow<'_, str> {
    match step.contains('~') {
        true => step.replace("~1", "/").replace("~0", "~").into(),
        false => step.into(),
    }
}

/// A place in a list as pointers write it.
fn place(step: &str) -> Option<usize> {
    let plain = !(step.starts_with('+') || step.starts_with('0') && step.len() > 1);
    plain.then(|| step.parse().ok()).flatten()
}
