//! The fields that a configuration names: what its applier comes to own.
//! It must never know managers.
//!
//! Follows `typed/tofieldset.go` of structured-merge-diff.

use std::collections::BTreeMap;

use crate::json::Value;

use super::element::Element;
use super::set::Set;
use super::shape::{List, Mapping, Shape, Taken};

/// The fields that the value names.
pub fn named(shape: Shape<'_>, value: &Value) -> Set {
    let mut set = Set::default();
    walk(shape, value, &mut Vec::new(), &mut set);
    set
}

fn walk(shape: Shape<'_>, value: &Value, path: &mut Vec<Element>, set: &mut Set) {
    match shape.atom().for_value(Some(value)).taken() {
        Taken::Scalar(_) => set.insert(path),
        Taken::Mapping(mapping) if mapping.atomic => set.insert(path),
        Taken::List(list) if list.is_atomic() => set.insert(path),
        Taken::Mapping(mapping) => entries(mapping, value, path, set),
        Taken::List(list) => items(list, value, path, set),
    }
}

fn entries(mapping: Mapping<'_>, value: &Value, path: &mut Vec<Element>, set: &mut Set) {
    for (key, value) in value.as_object().into_iter().flatten() {
        path.push(Element::Field(key.clone()));
        if let Some(shape) = mapping.entry(key) {
            walk(shape, value, path, set);
        }
        let empty = value.is_null() || value.as_object().is_some_and(|map| map.is_empty());
        if empty || !mapping.names(key) {
            set.insert(path);
        }
        path.pop();
    }
}

/// Items that occur twice are owned whole.
fn items(list: List<'_>, value: &Value, path: &mut Vec<Element>, set: &mut Set) {
    let mut found: BTreeMap<Element, Vec<&Value>> = BTreeMap::new();
    for item in value.as_array().into_iter().flatten() {
        if let Ok(step) = list.step(item) {
            found.entry(step).or_default().push(item);
        }
    }
    for (step, items) in found {
        path.push(step);
        if let [item] = items[..] {
            walk(list.items, item, path, set);
        }
        set.insert(path);
        path.pop();
    }
}
