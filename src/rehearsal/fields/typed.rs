//! Whether an applied configuration is one that its schema can merge: types, unknown fields, items that occur twice.
//! It must never judge more than that.
//!
//! Follows `typed/validate.go` of structured-merge-diff, its words included.

use std::collections::BTreeSet;

use crate::json::Value;

use super::element::Element;
use super::shape::{List, Mapping, Scalar, Shape, Taken};
use crate::structural::go;

/// Checks a value.
///
/// # Errors
/// All faults, each with its path, as the server words them in one text.
pub fn check(shape: Shape<'_>, value: &Value) -> Result<(), String> {
    run(shape, value, false)
}

/// Checks a value in which items may occur twice, such as what is stored.
///
/// # Errors
/// As [`check`].
pub fn check_loosely(shape: Shape<'_>, value: &Value) -> Result<(), String> {
    run(shape, value, true)
}

/// Whether a value in which items may occur twice fits, without the words.
pub fn fits(shape: Shape<'_>, value: &Value) -> bool {
    match (shape.atom().for_value(Some(value)).taken(), value) {
        (_, Value::Null) => true,
        (Taken::Scalar(scalar), _) => refused(scalar, value).is_none(),
        (Taken::Mapping(mapping), Value::Object(map)) => {
            map.iter().all(|(key, value)| mapping.entry(key).is_some_and(|shape| fits(shape, value)))
        }
        (Taken::List(list), Value::Array(items)) => {
            items.iter().all(|item| (list.is_atomic() || list.step(item).is_ok()) && fits(list.items, item))
        }
        _ => false,
    }
}

/// A walk over a value, with the faults found.
/// Whether what is in one of two values and not in the other fits; what both have was judged when it came.
pub fn fit(shape: Shape<'_>, before: &Value, after: &Value) -> bool {
    if before.is(after) {
        return true;
    }
    let atom = shape.atom();
    match (atom.for_value(Some(before)).taken(), before, after) {
        (Taken::Mapping(mapping), Value::Object(old), Value::Object(new)) => {
            let one = |key: &str, value: &Value| mapping.entry(key).is_some_and(|shape| fits(shape, value));
            let both = |key: &str, old: &Value, new: &Value| {
                old.is(new) || mapping.entry(key).is_some_and(|shape| fit(shape, old, new))
            };
            new.iter().all(|(key, value)| match old.get(key) {
                Some(before) => both(key, before, value),
                None => one(key, value),
            }) && old.iter().all(|(key, value)| new.contains_key(key) || one(key, value))
        }
        _ => fits(shape, after) && fits(shape, before),
    }
}

struct Walk {
    path: String,
    found: Vec<String>,
    /// Whether items may occur twice.
    twice: bool,
}

fn run(shape: Shape<'_>, value: &Value, twice: bool) -> Result<(), String> {
    let mut walk = Walk { path: String::new(), found: Vec::new(), twice };
    walk.value(shape, value);
    match &walk.found[..] {
        [] => Ok(()),
        [one] => Err(one.clone()),
        found => Err(format!("errors:\n  {}", found.join("\n  "))),
    }
}

impl Walk {
    fn fault(&mut self, text: String) {
        let path = &self.path;
        self.found.push(if path.is_empty() { text } else { format!("{path}: {text}") });
    }

    fn below(&mut self, step: &str, shape: Shape<'_>, value: &Value) {
        let length = self.path.len();
        self.path.push_str(step);
        self.value(shape, value);
        self.path.truncate(length);
    }

    fn value(&mut self, shape: Shape<'_>, value: &Value) {
        match (shape.atom().for_value(Some(value)).taken(), value) {
            (_, Value::Null) => {}
            (Taken::Scalar(scalar), _) => {
                refused(scalar, value).into_iter().for_each(|text| self.fault(text))
            }
            (Taken::Mapping(mapping), Value::Object(_)) => self.entries(mapping, value),
            (Taken::List(list), Value::Array(items)) => self.items(list, items),
            (Taken::Mapping(_), _) => self.fault(format!("expected map, got &{{{}}}", go::printed(value))),
            (Taken::List(_), _) => self.fault(format!("expected list, got &{{{}}}", go::printed(value))),
        }
    }

    fn entries(&mut self, mapping: Mapping<'_>, value: &Value) {
        for (key, value) in value.as_object().into_iter().flatten() {
            let Some(shape) = mapping.entry(key) else {
                self.found.push(format!("{}.{key}: field not declared in schema", self.path));
                return;
            };
            self.below(&format!(".{key}"), shape, value);
        }
    }

    fn items(&mut self, list: List<'_>, items: &[Value]) {
        let mut seen: BTreeSet<Element> = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let step = match list.is_atomic() {
                true => Element::Index(i64::try_from(index).unwrap_or(i64::MAX)),
                false => match list.step(item) {
                    Ok(step) => step,
                    Err(text) => return self.fault(format!("element {index}: {text}")),
                },
            };
            if !list.is_atomic() && !seen.insert(step.clone()) && !self.twice {
                self.fault(format!("duplicate entries for key {step}"));
            }
            self.below(&step.to_string(), list.items, item);
        }
    }
}

fn refused(scalar: Scalar, value: &Value) -> Option<String> {
    let fits = match scalar {
        Scalar::Any => !value.is_array() && !value.is_object(),
        Scalar::Number => value.is_number(),
        Scalar::Text => value.is_string(),
        Scalar::Boolean => value.is_boolean(),
    };
    if fits {
        return None;
    }
    let shown = go::printed(value);
    Some(match scalar {
        Scalar::Any => format!("expected any scalar, got &{{{shown}}}"),
        Scalar::Number => format!("expected numeric (int or float), got {}", go::type_name(value)),
        Scalar::Text => {
            format!("expected string, got &value.valueUnstructured{{Value:{}}}", go::syntax(value))
        }
        Scalar::Boolean => format!("expected boolean, got &{{{shown}}}"),
    })
}
