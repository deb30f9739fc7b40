//! A place in an object that is judged, and the faults found so far.
//! It must never know kinds.

use crate::json::Value;

use super::super::fault::Fault;

const NOTHING: &Value = &Value::Null;

/// A place in an object: its value (null where there is none) and its path.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    /// The value.
    pub value: &'a Value,
    /// The path as the server writes it.
    pub path: String,
    /// What was here before, if anything was.
    pub old: Option<&'a Value>,
}

impl<'a> Spot<'a> {
    /// A value that is shown at a path.
    pub fn new(value: &'a Value, path: impl Into<String>) -> Spot<'a> {
        Spot { value, path: path.into(), old: None }
    }

    /// The object itself, and what it was.
    pub fn root(value: &'a Value, old: Option<&'a Value>) -> Spot<'a> {
        Spot { value, path: String::new(), old }
    }

    /// Whether it is the very same as before, and so was judged then.
    pub fn is_judged(&self) -> bool {
        self.old.is_some_and(|old| old.is(self.value))
    }

    /// A field.
    pub fn get(&self, key: &str) -> Spot<'a> {
        let dot = if self.path.is_empty() { "" } else { "." };
        let of = |value: &'a Value| value.get(key).unwrap_or(NOTHING);
        Spot { value: of(self.value), path: format!("{}{dot}{key}", self.path), old: self.old.map(of) }
    }

    /// A field that is there. Where most are not, this is cheaper.
    pub fn find(&self, key: &str) -> Option<Spot<'a>> {
        self.value.get(key).filter(|value| !value.is_null()).map(|_| self.get(key))
    }

    /// A field of a field …
    pub fn at(&self, keys: &str) -> Spot<'a> {
        keys.split('.').fold(self.clone(), |spot, key| spot.get(key))
    }

    /// The items of a list.
    pub fn items(&self) -> impl Iterator<Item = Spot<'a>> {
        let items = self.value.as_array().map_or(&[][..], Vec::as_slice);
        items.iter().enumerate().map(|(index, value)| Spot::new(value, format!("{}[{index}]", self.path)))
    }

    /// The entries of a mapping, each at `path[key]`.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, Spot<'a>)> {
        let map = self.value.as_object().into_iter().flatten();
        map.map(|(key, value)| (key.as_str(), Spot::new(value, format!("{}[{key}]", self.path))))
    }

    /// The text, empty if there is none.
    pub fn text(&self) -> &'a str {
        self.value.as_str().unwrap_or_default()
    }

    /// The number, 0 if there is none.
    pub fn int(&self) -> i64 {
        self.value.as_i64().unwrap_or_default()
    }

    /// Whether there is a value.
    pub fn is_there(&self) -> bool {
        !self.value.is_null()
    }

    /// Whether there is no text, item, entry or value at all.
    pub fn is_empty(&self) -> bool {
        match self.value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        }
    }

    /// Whether it is `true`.
    pub fn is_true(&self) -> bool {
        self.value == &Value::Bool(true)
    }
}

/// Faults in the making.
#[derive(Debug, Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Refuses a value.
    pub fn invalid(&mut self, spot: &Spot<'_>, why: impl std::fmt::Display) {
        self.0.push(Fault::invalid(&spot.path, spot.value, why));
    }

    /// Refuses a value for each reason.
    pub fn invalid_each(&mut self, spot: &Spot<'_>, whys: impl IntoIterator<Item = String>) {
        whys.into_iter().for_each(|why| self.invalid(spot, why));
    }

    /// Misses a value.
    pub fn required(&mut self, spot: &Spot<'_>, why: &str) {
        self.0.push(Fault::required(&spot.path, why));
    }

    /// Forbids a value.
    pub fn forbidden(&mut self, spot: &Spot<'_>, why: impl std::fmt::Display) {
        self.0.push(Fault::forbidden(&spot.path, why));
    }

    /// Refuses what is there once already.
    pub fn duplicate(&mut self, spot: &Spot<'_>) {
        self.0.push(Fault::duplicate(&spot.path, spot.value));
    }

    /// Misses a value, or refuses one that is none of the choices.
    pub fn choice(&mut self, spot: &Spot<'_>, choices: &[&str]) {
        if spot.is_empty() {
            self.required(spot, "");
        } else {
            self.optional_choice(spot, choices);
        }
    }

    /// Refuses a value that is there and none of the choices.
    pub fn optional_choice(&mut self, spot: &Spot<'_>, choices: &[&str]) {
        if spot.is_there() && !choices.contains(&spot.text()) {
            self.0.push(Fault::unsupported(&spot.path, spot.value, choices));
        }
    }

    /// Refuses numbers below zero.
    pub fn not_negative(&mut self, spot: &Spot<'_>) {
        if spot.int() < 0 {
            self.invalid(spot, "must be greater than or equal to 0");
        }
    }

    /// Refuses another value than the old one.
    pub fn immutable(&mut self, spot: &Spot<'_>, old: &Value, pointer: &str) {
        if *spot.value != *old.pointer(pointer).unwrap_or(NOTHING) {
            self.invalid(spot, "field is immutable");
        }
    }
}

impl Faults {
    /// Refuses a text that stands somewhere below a place, for each reason, at the place itself.
    pub fn invalid_each_at(&mut self, spot: &Spot<'_>, text: &str, whys: impl IntoIterator<Item = String>) {
        let value = Value::from(text);
        whys.into_iter().for_each(|why| self.0.push(Fault::invalid(&spot.path, &value, why)));
    }
}

impl Spot<'_> {
    /// Whether it is a mapping.
    pub fn is_object_like(&self) -> bool {
        self.value.is_object()
    }
}
