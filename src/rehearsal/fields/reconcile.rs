//! Owned fields after their schema made one value of a mapping or list: its manager owns that value.
//! It must never look at an object.
//!
//! Follows `typed/reconcile_schema.go` of structured-merge-diff.

use std::collections::BTreeMap;

use super::element::Element;
use super::owners::{Id, Owned};
use super::set::Set;
use super::shape::{Shape, Taken};

/// Brings the fields of all managers in line with the schema.
pub fn all(shape: Shape<'_>, fields: &mut BTreeMap<Id, Owned>) {
    for owned in fields.values_mut() {
        let mut grown = Set::default();
        walk(shape, Some(owned.set()), false, &mut Vec::new(), &mut grown);
        if !grown.is_empty() {
            owned.change(owned.set().without(&grown).union(&grown));
        }
    }
}

/// Collects the places below which something is owned and that are one value now. `whole` is said of a step that is owned with nothing
/// below it.
fn walk<'a>(
    shape: Shape<'_>,
    set: Option<&'a Set>,
    whole: bool,
    path: &mut Vec<&'a Element>,
    grown: &mut Set,
) {
    let steps = || set.into_iter().flat_map(Set::steps);
    match shape.atom().taken() {
        Taken::Scalar(_) => {}
        Taken::List(list) if list.is_atomic() => {
            if !whole {
                grown.insert(&owned(path));
            }
        }
        Taken::List(list) => {
            for (step, member, below) in steps() {
                path.push(step);
                let inner = Some(below).filter(|below| !below.is_empty());
                walk(list.items, inner, member && inner.is_none(), path, grown);
                path.pop();
            }
        }
        Taken::Mapping(mapping) if mapping.is_deduced() => {}
        Taken::Mapping(mapping) if mapping.atomic => {
            if !whole && set.is_some_and(|set| !set.is_empty()) {
                grown.insert(&owned(path));
            }
        }
        Taken::Mapping(mapping) => {
            for (step, member, below) in steps() {
                let Element::Field(name) = step else { continue };
                let Some(entry) = mapping.entry(name) else { continue };
                path.push(step);
                let inner = Some(below).filter(|below| !below.is_empty());
                walk(entry, inner, member && inner.is_none(), path, grown);
                path.pop();
            }
        }
    }
}

fn owned(path: &[&Element]) -> Vec<Element> {
    path.iter().map(|step| (*step).clone()).collect()
}
