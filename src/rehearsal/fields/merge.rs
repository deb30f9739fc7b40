//! An applied configuration laid over a live object: mappings and the items of lists that can be told apart are merged.
//! It must never know managers, nor remove a field.
//!
//! Follows `typed/merge.go` of structured-merge-diff.

use std::collections::BTreeMap;

use crate::json::{Map, Text, Value};

use super::element::Element;
use super::shape::{List, Mapping, Shape, Taken};

/// The live object with the configuration laid over it.
///
/// # Errors
/// In the server's words, if an item of a list cannot be told apart or occurs twice in the configuration.
pub fn merge(shape: Shape<'_>, live: &Value, applied: &Value) -> Result<Value, String> {
    Ok(value(shape, Some(live), Some(applied))?.unwrap_or(Value::Null))
}

/// `None` where nothing comes of it.
fn value(shape: Shape<'_>, live: Option<&Value>, applied: Option<&Value>) -> Result<Option<Value>, String> {
    let Some(asked) = applied else { return Ok(live.cloned()) };
    if live.is_some_and(|live| live.is(asked)) {
        return Ok(live.cloned());
    }
    let merged = laid_over(shape, live, applied)?;
    // What is as it was remains the same piece of memory.
    Ok(match live.filter(|live| merged.as_ref() == Some(*live)) {
        Some(live) => Some(live.clone()),
        None => merged,
    })
}

fn laid_over(
    shape: Shape<'_>,
    live: Option<&Value>,
    applied: Option<&Value>,
) -> Result<Option<Value>, String> {
    let taken = shape.atom().for_value(applied).taken();
    let leaf = || Ok(applied.or(live).cloned());
    match taken {
        Taken::Scalar(_) => leaf(),
        Taken::Mapping(mapping) => {
            let (ours, theirs) = (live.and_then(Value::as_object), applied.and_then(Value::as_object));
            let empty = |map: Option<&Map>| map.is_none_or(Map::is_empty);
            match mapping.atomic || empty(ours) && empty(theirs) {
                true => leaf(),
                false => self::mapping(mapping, ours, theirs),
            }
        }
        Taken::List(list) => {
            let (ours, theirs) = (live.and_then(Value::as_array), applied.and_then(Value::as_array));
            let empty = |items: Option<&Vec<Value>>| items.is_none_or(Vec::is_empty);
            match list.is_atomic() || empty(ours) && empty(theirs) {
                true => leaf(),
                false => self::list(list, ours, theirs),
            }
        }
    }
}

fn mapping(mapping: Mapping<'_>, live: Option<&Map>, applied: Option<&Map>) -> Result<Option<Value>, String> {
    let mut out = Map::new();
    let mut entry = |key: &Text, live: Option<&Value>, applied: Option<&Value>| -> Result<(), String> {
        let Some(shape) = mapping.entry(key) else { return Ok(()) };
        if let Some(merged) = value(shape, live, applied)? {
            out.insert(key.clone(), merged);
        }
        Ok(())
    };
    for (key, live) in live.into_iter().flatten() {
        entry(key, Some(live), applied.and_then(|applied| applied.get(key)))?;
    }
    for (key, applied) in applied.into_iter().flatten() {
        if live.is_none_or(|live| !live.contains_key(key)) {
            entry(key, None, Some(applied))?;
        }
    }
    Ok((!out.is_empty()).then_some(Value::Object(out)))
}

/// The items of a list, each with its step, and the item of each step: null where it occurs more than once.
struct Indexed<'a> {
    steps: Vec<Element>,
    items: BTreeMap<Element, &'a Value>,
}

const NULL: &Value = &Value::Null;

fn indexed<'a>(list: List<'_>, items: &'a [Value], twice: bool) -> Result<Indexed<'a>, String> {
    let mut found = Indexed { steps: Vec::with_capacity(items.len()), items: BTreeMap::new() };
    for (index, item) in items.iter().enumerate() {
        let step = list.step(item).map_err(|error| format!("element {index}: {error}"))?;
        if found.items.contains_key(&step) {
            if !twice {
                return Err(format!("duplicate entries for key {step}"));
            }
            found.items.insert(step.clone(), NULL);
        } else {
            found.items.insert(step.clone(), item);
        }
        found.steps.push(step);
    }
    Ok(found)
}

/// Merges lists: the order of the configuration decides for items that both have, the live order for the rest.
fn list(
    list: List<'_>,
    live: Option<&Vec<Value>>,
    applied: Option<&Vec<Value>>,
) -> Result<Option<Value>, String> {
    let (live, applied) = (live.map_or(&[][..], Vec::as_slice), applied.map_or(&[][..], Vec::as_slice));
    let ours = indexed(list, live, true)?;
    let theirs = indexed(list, applied, false)?;
    let mut shared = theirs.steps.iter().filter(|step| ours.items.contains_key(step));
    let mut next = shared.next();
    let mut merged: Vec<&Element> = Vec::new();
    let mut out = Vec::new();
    let mut push = |live: Option<&Value>, applied: Option<&Value>| -> Result<(), String> {
        out.extend(value(list.items, live, applied)?);
        Ok(())
    };
    let (mut left, mut right) = (0, 0);
    while left < ours.steps.len() || right < theirs.steps.len() {
        if let (Some(our), Some(their)) = (ours.steps.get(left), theirs.steps.get(right)) {
            if our == their {
                merged.push(our);
                push(ours.items.get(our).copied(), theirs.items.get(our).copied())?;
                (left, right) = (left + 1, right + 1);
                next = shared.next();
                continue;
            }
            if theirs.items.contains_key(our) && next.is_some_and(|next| next != our) {
                left += 1;
                continue;
            }
        }
        if let Some(our) = ours.steps.get(left) {
            if !theirs.items.contains_key(our) {
                push(live.get(left), None)?;
                left += 1;
                continue;
            }
            if merged.contains(&our) {
                left += 1;
            }
        }
        if let Some(their) = theirs.steps.get(right) {
            merged.push(their);
            push(ours.items.get(their).copied(), theirs.items.get(their).copied())?;
            right += 1;
            if next == Some(their) {
                next = shared.next();
            }
        }
    }
    Ok((!out.is_empty()).then_some(out.into()))
}
