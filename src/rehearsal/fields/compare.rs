//! What changed between two objects, as sets of fields.
//! It must never know who changed it.
//!
//! Follows `typed/compare.go` of structured-merge-diff.

use std::collections::BTreeMap;

use crate::json::{Map, Text, Value};

use super::element::Element;
use super::set::Set;
use super::shape::{List, Mapping, Shape, Taken};
use super::stripped::stripped;
use crate::structural::same;

/// The fields in which two objects differ, but for those that nobody owns.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Those that only the first has.
    pub removed: Set,
    /// Those that are another in the second, or only there.
    pub written: Set,
}

impl Changes {
    /// The changes from one object to another outside of some fields.
    pub fn between(shape: Shape<'_>, old: &Value, new: &Value, but: &Set) -> Changes {
        let mut walk = Walk { found: Changes::default(), path: Vec::new(), but };
        walk.value(shape, Some(old), Some(new));
        walk.found
    }
}

struct Walk<'a> {
    found: Changes,
    path: Vec<Element>,
    but: &'a Set,
}

impl Walk<'_> {
    fn written(&mut self) {
        if !stripped().has(&self.path) {
            self.found.written.insert(&self.path);
        }
    }

    fn removed(&mut self) {
        if !stripped().has(&self.path) {
            self.found.removed.insert(&self.path);
        }
    }

    fn value(&mut self, shape: Shape<'_>, old: Option<&Value>, new: Option<&Value>) {
        let atom = shape.atom();
        if old.zip(new).is_some_and(|(old, new)| old.is(new)) {
            return;
        }
        let (before, after) = (atom.for_value(old), atom.for_value(new));
        let leaf = match (old, new) {
            (_, None) => self.taken(before.taken(), old, new),
            (None, _) => self.taken(after.taken(), old, new),
            _ if before.is_like(&after) => self.taken(after.taken(), old, new),
            _ => {
                self.taken(before.taken(), old, new);
                self.taken(after.taken(), old, new)
            }
        };
        match (old, new) {
            (None, _) if !leaf => self.written(),
            (_, None) if !leaf => self.removed(),
            _ => {}
        }
    }

    /// Compares what is taken as one kind; whether it was compared as one value.
    fn taken(&mut self, taken: Taken<'_>, old: Option<&Value>, new: Option<&Value>) -> bool {
        match taken {
            Taken::Mapping(mapping) => {
                let (before, after) = (old.and_then(Value::as_object), new.and_then(Value::as_object));
                let empty = |map: Option<&Map>| map.is_none_or(Map::is_empty);
                if mapping.atomic || empty(before) && empty(after) {
                    self.leaf(old, new);
                    return true;
                }
                self.mapping(mapping, before, after);
            }
            Taken::List(list) => {
                let (before, after) = (old.and_then(Value::as_array), new.and_then(Value::as_array));
                let empty = |items: Option<&Vec<Value>>| items.is_none_or(Vec::is_empty);
                if list.is_atomic() || empty(before) && empty(after) {
                    self.leaf(old, new);
                    return true;
                }
                self.list(list, before, after);
            }
            Taken::Scalar(_) => {
                self.leaf(old, new);
                return true;
            }
        }
        false
    }

    fn leaf(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (None, _) => self.written(),
            (_, None) => self.removed(),
            (Some(old), Some(new)) if !same(old, new) => self.written(),
            _ => {}
        }
    }

    fn mapping(&mut self, mapping: Mapping<'_>, old: Option<&Map>, new: Option<&Map>) {
        let mut entry = |key: &Text, old: Option<&Value>, new: Option<&Value>| {
            if old.zip(new).is_some_and(|(old, new)| same(old, new)) {
                return;
            }
            if let Some(shape) = mapping.entry(key) {
                self.path.push(Element::Field(key.clone()));
                if !self.but.has(&self.path) {
                    self.value(shape, old, new);
                }
                self.path.pop();
            }
        };
        for (key, value) in old.into_iter().flatten() {
            entry(key, Some(value), new.and_then(|new| new.get(key)));
        }
        for (key, value) in new.into_iter().flatten() {
            if old.is_none_or(|old| !old.contains_key(key)) {
                entry(key, None, Some(value));
            }
        }
    }

    fn list(&mut self, list: List<'_>, old: Option<&Vec<Value>>, new: Option<&Vec<Value>>) {
        // Items that stay where they are need no name.
        let alike = |(a, b): (&Value, &Value)| same(a, b);
        if old.zip(new).is_some_and(|(a, b)| a.len() == b.len() && a.iter().zip(b).all(alike)) {
            return;
        }
        let mut steps: BTreeMap<Element, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
        for item in old.into_iter().flatten() {
            if let Ok(step) = list.step(item) {
                steps.entry(step).or_default().0.push(item);
            }
        }
        for item in new.into_iter().flatten() {
            if let Ok(step) = list.step(item) {
                steps.entry(step).or_default().1.push(item);
            }
        }
        for (step, (old, new)) in steps {
            self.path.push(step);
            match (&old[..], &new[..]) {
                ([] | [_], [] | [_]) => self.value(list.items, old.first().copied(), new.first().copied()),
                ([_, _, ..], [_, _, ..]) => {
                    let unmoved = old.len() == new.len() && old.iter().zip(&new).all(|(a, b)| same(a, b));
                    if !unmoved {
                        self.written();
                    }
                }
                ([_, _, ..], _) => {
                    if let Some(new) = new.first() {
                        self.value(list.items, None, Some(new));
                    }
                    self.removed();
                }
                (_, [_, _, ..]) => {
                    if let Some(old) = old.first() {
                        self.value(list.items, Some(old), None);
                    }
                    self.written();
                }
            }
            self.path.pop();
        }
    }
}
