//! JSON AS VALUES THAT ARE SHARED: a copy of a tree costs nothing, and a change copies only what lies on the way to it.
//! It must never know what a value means.
//!
//! An API server and its controllers hand the same objects round at each write, and most of an object stays as it was. Here a
//! mapping, a list and a text are counted references: what was not touched is the same piece of memory before and after, so that
//! [`Value::is`] tells without looking further that nothing changed. The names are those of `serde_json`, whose text is read and
//! written. Mappings keep the order in which they were made and are equal in any.

mod list;
mod make;
mod map;
mod mark;
mod merge;
pub mod pointer;
mod query;
mod read;
mod serde;
mod text;

pub use list::List;
pub use make::ToJson;
pub use make::json;
pub use map::Map;
pub use mark::Mark;
pub use merge::{merge, patch};
pub use read::Unread;
pub use serde_json::Number;
pub use text::Text;

use std::fmt;
use std::ops;

/// A value of JSON.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(Text),
    /// A list.
    Array(List),
    /// A mapping.
    Object(Map),
}

/// What is where nothing is.
static NOTHING: Value = Value::Null;

impl Value {
    /// Whether it is the very same value, told without looking into it: a list, a mapping or a text in the same place of memory.
    /// What is not the same may be equal all the same.
    pub fn is(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Object(a), Value::Object(b)) => a.is(b),
            (Value::Array(a), Value::Array(b)) => a.is(b),
            (Value::String(a), Value::String(b)) => a.is(b),
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a == b,
            _ => false,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether it is a mapping.
    pub fn is_object(&self) -> bool {
        matches!(self, Value::Object(_))
    }

    /// Whether it is a list.
    pub fn is_array(&self) -> bool {
        matches!(self, Value::Array(_))
    }

    /// Whether it is a text.
    pub fn is_string(&self) -> bool {
        matches!(self, Value::String(_))
    }

    /// Whether it is a truth.
    pub fn is_boolean(&self) -> bool {
        matches!(self, Value::Bool(_))
    }

    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self, Value::Number(_))
    }

    /// Whether it is a number without a fraction that fits.
    pub fn is_i64(&self) -> bool {
        self.as_i64().is_some()
    }

    /// The truth, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The whole number, if it is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number()?.as_i64()
    }

    /// The whole number, if it is one that fits.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number()?.as_u64()
    }

    /// The number, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number()?.as_f64()
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text as it is kept, if it is one.
    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text as it is kept, empty if it is none.
    pub fn to_text(&self) -> Text {
        self.as_text().cloned().unwrap_or_default()
    }

    /// The items, if it is a list.
    pub fn as_array(&self) -> Option<&Vec<Value>> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The items to be changed, if it is a list: from here on it is no longer shared.
    pub fn as_array_mut(&mut self) -> Option<&mut Vec<Value>> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if it is a mapping.
    pub fn as_object(&self) -> Option<&Map> {
        match self {
            Value::Object(map) => Some(map),
            _ => None,
        }
    }

    /// The entries to be changed, if it is a mapping.
    pub fn as_object_mut(&mut self) -> Option<&mut Map> {
        match self {
            Value::Object(map) => Some(map),
            _ => None,
        }
    }

    /// The value of a key or at a place.
    pub fn get<I: Index>(&self, index: I) -> Option<&Value> {
        index.of(self)
    }

    /// The value of a key or at a place, to be changed.
    pub fn get_mut<I: Index>(&mut self, index: I) -> Option<&mut Value> {
        index.of_mut(self)
    }

    /// About how many bytes the JSON has of what is not in the same place of another value too.
    pub fn size_beside(&self, other: &Value) -> usize {
        match self {
            _ if self.is(other) => 0,
            Value::Null | Value::Bool(_) | Value::Number(_) => 4,
            Value::String(text) => text.len() + 3,
            Value::Array(items) => {
                let sizes = items.iter().enumerate().map(|(place, item)| item.size_beside(&other[place]));
                sizes.sum::<usize>() + 2
            }
            Value::Object(map) => {
                let nothing = Map::new();
                let entries = map.beside(other.as_object().unwrap_or(&nothing));
                let size =
                    |value: &Value, other: Option<&Value>| value.size_beside(other.unwrap_or(&NOTHING));
                entries.map(|(key, value, other)| key.len() + 4 + size(value, other)).sum::<usize>() + 2
            }
        }
    }

    /// The same, the keys of all mappings in order.
    pub fn sorted(&self) -> Value {
        match self {
            Value::Array(items) => items.iter().map(Value::sorted).collect(),
            Value::Object(map) => {
                let mut entries: Vec<(Text, Value)> =
                    map.iter().map(|(key, value)| (key.clone(), value.sorted())).collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Object(entries.into_iter().collect())
            }
            other => other.clone(),
        }
    }

    /// The value, `null` in its place.
    pub fn take(&mut self) -> Value {
        std::mem::take(self)
    }
}

impl fmt::Display for Value {
    /// Its JSON; in lines and indented with `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = match f.alternate() {
            true => serde_json::to_string_pretty(self),
            false => serde_json::to_string(self),
        };
        f.write_str(&written.map_err(|_| fmt::Error)?)
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::String(a), Value::String(b)) => a == b,
            (Value::Array(a), Value::Array(b)) => a == b,
            (Value::Object(a), Value::Object(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

/// A key, or a place in a list.
pub trait Index {
    /// What is there.
    fn of<'a>(&self, value: &'a Value) -> Option<&'a Value>;
    /// What is there, to be changed.
    fn of_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value>;
    /// What is there, to be changed or made.
    fn make<'a>(&self, value: &'a mut Value) -> &'a mut Value;
}

impl Index for str {
    fn of<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        value.as_object()?.get(self)
    }

    fn of_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        self.of(value)?;
        value.as_object_mut()?.get_mut(self)
    }

    fn make<'a>(&self, value: &'a mut Value) -> &'a mut Value {
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
        match value {
            Value::Object(map) => map.entry(self).or_insert(Value::Null),
            other => panic!("cannot access key {self:?} in JSON {}", other.sort()),
        }
    }
}

impl Index for usize {
    fn of<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        value.as_array()?.get(*self)
    }

    fn of_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        self.of(value)?;
        value.as_array_mut()?.get_mut(*self)
    }

    fn make<'a>(&self, value: &'a mut Value) -> &'a mut Value {
        let sort = value.sort();
        match self.of_mut(value) {
            Some(found) => found,
            None => panic!("cannot access index {self} of JSON {sort}"),
        }
    }
}

macro_rules! keys {
    ($($sort:ty),*) => { $(
        impl Index for $sort {
            fn of<'a>(&self, value: &'a Value) -> Option<&'a Value> {
                self.as_str().of(value)
            }

            fn of_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
                self.as_str().of_mut(value)
            }

            fn make<'a>(&self, value: &'a mut Value) -> &'a mut Value {
                self.as_str().make(value)
            }
        }
    )* };
}

keys!(String, Text);

impl<T: Index + ?Sized> Index for &T {
    fn of<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        (**self).of(value)
    }

    fn of_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        (**self).of_mut(value)
    }

    fn make<'a>(&self, value: &'a mut Value) -> &'a mut Value {
        (**self).make(value)
    }
}

impl<I: Index> ops::Index<I> for Value {
    type Output = Value;

    /// What is there, `null` if nothing is.
    fn index(&self, index: I) -> &Value {
        index.of(self).unwrap_or(&NOTHING)
    }
}

impl<I: Index> ops::IndexMut<I> for Value {
    /// What is there, made if it is not: of a `null` becomes a mapping.
    ///
    /// # Panics
    /// If the value is neither a mapping nor `null`, or a place beyond the end of a list.
    fn index_mut(&mut self, index: I) -> &mut Value {
        index.make(self)
    }
}

impl Value {
    /// What sort of value it is, for messages.
    fn sort(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        }
    }
}

#[cfg(test)]
mod tests;
