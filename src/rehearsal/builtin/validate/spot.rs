//! A place in an object that is judged, and the faults found so far.
//! It must never know kinds.

use crate::json::Value;

use super::super::fault::Fault;

const NOTHING: &Value = &Value::Null;

/// A path as the server writes it: `spec.containers[0].name`. Who only wants to know whether anything is wrong has none written,
/// which costs more than judging.
#[derive(Clone, Debug, Default)]
pub struct Path(Option<String>);

impl Path {
    /// The path of a field.
    fn field(&self, key: &str) -> Path {
        Path(self.0.as_ref().map(|path| match path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }))
    }

    /// The path of an item or an entry.
    fn inside(&self, key: impl std::fmt::Display) -> Path {
        Path(self.0.as_ref().map(|path| format!("{path}[{key}]")))
    }
}

impl std::ops::Deref for Path {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self)
    }
}

impl From<&str> for Path {
    fn from(path: &str) -> Path {
        path.to_owned().into()
    }
}

impl From<String> for Path {
    fn from(path: String) -> Path {
        Path(Some(path))
    }
}

impl From<&Path> for String {
    fn from(path: &Path) -> String {
        path.to_string()
    }
}

/// A place in an object: its value (null where there is none) and its path.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    /// The value.
    pub value: &'a Value,
    /// Its path.
    pub path: Path,
    /// What was here before, if anything was.
    pub old: Option<&'a Value>,
}

impl<'a> Spot<'a> {
    /// A value that is shown at a path.
    pub fn new(value: &'a Value, path: impl Into<Path>) -> Spot<'a> {
        Spot { value, path: path.into(), old: None }
    }

    /// The object itself, and what it was; `paths` says whether they are to be written.
    pub fn root(value: &'a Value, old: Option<&'a Value>, paths: bool) -> Spot<'a> {
        Spot { value, path: Path(paths.then(String::new)), old }
    }

    /// Whether it is the very same as before, and so was judged then.
    pub fn is_judged(&self) -> bool {
        self.old.is_some_and(|old| old.is(self.value))
    }

    /// A field.
    pub fn get(&self, key: &str) -> Spot<'a> {
        let of = |value: &'a Value| value.get(key).unwrap_or(NOTHING);
        Spot { value: of(self.value), path: self.path.field(key), old: self.old.map(of) }
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
        items.iter().enumerate().map(|(index, value)| Spot::new(value, self.path.inside(index)))
    }

    /// The entries of a mapping, each at `path[key]`.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, Spot<'a>)> {
        let map = self.value.as_object().into_iter().flatten();
        map.map(|(key, value)| (key.as_str(), Spot::new(value, self.path.inside(key))))
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
