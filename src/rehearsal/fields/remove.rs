//! An object without a set of fields.
//! It must never know why they go.
//!
//! Follows `typed/remove.go` of structured-merge-diff, also in that a mapping or list of which nothing remains becomes null.

use crate::json::{Map, Value};

use super::element::Element;
use super::set::Set;
use super::shape::{Shape, Taken};

/// The value without the fields of the set.
pub fn remove(shape: Shape<'_>, value: &Value, fields: &Set) -> Value {
    match (shape.atom().for_value(Some(value)).taken(), value) {
        (Taken::Scalar(_), _) => value.clone(),
        (Taken::List(list), Value::Array(items)) if !list.is_atomic() => {
            let mut kept = Vec::with_capacity(items.len());
            for item in items {
                let Ok(step) = list.step(item) else {
                    kept.push(item.clone());
                    continue;
                };
                if fields.has_step(&step) {
                    continue;
                }
                kept.push(match fields.below(&step) {
                    Some(below) => remove(list.items, item, below),
                    None => item.clone(),
                });
            }
            if kept.is_empty() { Value::Null } else { kept.into() }
        }
        (Taken::Mapping(mapping), Value::Object(map)) if !mapping.atomic => {
            let mut kept = Map::new();
            for (key, value) in map {
                let step = Element::Field(key.clone());
                if fields.has_step(&step) {
                    continue;
                }
                let value = match (fields.below(&step), mapping.entry(key)) {
                    (Some(below), Some(shape)) => remove(shape, value, below),
                    _ => value.clone(),
                };
                kept.insert(key.clone(), value);
            }
            if kept.is_empty() { Value::Null } else { Value::Object(kept) }
        }
        _ => Value::Null,
    }
}
