//! Items that occur twice in a list whose type forbids it (`x-kubernetes-list-type` set or map).
//! It must never judge the items themselves.

use crate::json::{Map, Value};

use super::go::bad;
use super::place::Place;
use super::refusal::at;
use super::schema::{Id, ListType, Schema};
use super::value::same;
use super::violation::{Code, Violation};

/// Adds a violation for each item that repeats an earlier one; of one that occurs more often, the second only.
pub(super) fn duplicates(
    schema: &Schema,
    id: Id,
    value: &Value,
    place: &Place<'_>,
    found: &mut Vec<Violation>,
) {
    let node = schema.node(id);
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if let Some(id) = node.under(key) {
                    duplicates(schema, id, value, &place.key(key), found);
                }
            }
        }
        Value::Array(items) => {
            match &node.list {
                ListType::Atomic => {}
                ListType::Set => repeated(items, place, found),
                ListType::Map(keys) => {
                    let not_mapping = |item: &&Value| !item.is_null() && !item.is_object();
                    match items.iter().position(|item| not_mapping(&item)) {
                        Some(index) => found.push(no_mapping(&items[index], &place.index(index))),
                        None => {
                            let default = |key: &str| {
                                let item = schema.node(node.items?);
                                schema.node(item.field(key)?).default.clone()
                            };
                            let keys: Vec<Value> =
                                items.iter().map(|item| key_of(item, keys, &default)).collect();
                            repeated(&keys, place, found);
                        }
                    }
                }
            }
            if let Some(id) = node.items {
                for (index, item) in items.iter().enumerate() {
                    duplicates(schema, id, item, &place.index(index), found);
                }
            }
        }
        _ => {}
    }
}

fn repeated(items: &[Value], place: &Place<'_>, found: &mut Vec<Violation>) {
    for (index, item) in items.iter().enumerate() {
        if items[..index].iter().filter(|earlier| same(earlier, item)).count() == 1 {
            let body = format!("Duplicate value: {}", bad(item));
            let mut violation = at(&place.index(index), Code::Duplicate, body, item);
            violation.expected = "an item that the list does not hold yet".into();
            found.push(violation);
        }
    }
}

/// The fields that tell an item apart, those with a default filled in.
fn key_of(
    item: &Value,
    keys: &[std::borrow::Cow<'static, str>],
    default: &dyn Fn(&str) -> Option<Value>,
) -> Value {
    let mut parts = Map::new();
    for key in keys {
        let value = item.get(&**key).filter(|value| !value.is_null()).cloned();
        if let Some(value) = value.or_else(|| default(key).filter(|_| item.is_object())) {
            parts.insert((&**key).into(), value);
        }
    }
    Value::Object(parts)
}

fn no_mapping(item: &Value, place: &Place<'_>) -> Violation {
    let body = format!("Invalid value: {}: must be an object for an array of list-type map", bad(item));
    let mut violation = at(place, Code::WrongType, body, item);
    violation.expected = "a mapping".into();
    violation
}
