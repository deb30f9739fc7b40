//! Defaults filled in, and nulls dropped that a schema does not allow.
//! It must never overwrite a value.

use crate::json::Value;

use super::place::Place;
use super::refusal::wrong_type;
use super::schema::{Entries, Field, Id, Schema};
use super::violation::Violation;

/// Fills in what the object lacks and the schema has a default for, also in place of a null that is not allowed.
pub fn default(schema: &Schema, object: &mut Value) {
    fill(schema, schema.root, object);
}

/// Drops nulls that are neither allowed nor replaced by a default, as the server does while decoding.
/// A null in a list stays.
pub fn drop_nulls(schema: &Schema, object: &mut Value) {
    drop(schema, schema.root, object);
}

/// The nulls that [`drop_nulls`] would drop, each as the server refuses it where it does not decode: what comes of a server-side apply
/// may hold a null in place of a mapping or list of which nothing remained.
pub fn nulls(schema: &Schema, object: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    find(schema, schema.root, object, &Place::ROOT, &mut found);
    found
}

fn find(schema: &Schema, id: Id, value: &Value, place: &Place<'_>, found: &mut Vec<Violation>) {
    let node = schema.node(id);
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let Some(id) = node.under(key) else { continue };
                let (here, inner) = (place.key(key), schema.node(id));
                if value.is_null() && inner.drops_null() && !inner.types().is_empty() {
                    let names: Vec<&str> = inner.types().iter().map(|kind| kind.name()).collect();
                    found.push(wrong_type(inner, value, &here, &names.join(","), "null"));
                } else {
                    find(schema, id, value, &here, found);
                }
            }
        }
        Value::Array(items) => {
            let Some(id) = node.items else { return };
            for (index, item) in items.iter().enumerate() {
                find(schema, id, item, &place.index(index), found);
            }
        }
        _ => {}
    }
}

fn fill(schema: &Schema, id: Id, value: &mut Value) {
    let node = schema.node(id);
    match value {
        Value::Object(map) => {
            for Field { name, id, .. } in &node.fields {
                let field = schema.node(*id);
                let Some(default) = &field.default else { continue };
                let lacking = match map.get(name) {
                    None => true,
                    Some(value) => value.is_null() && !field.nullable,
                };
                if lacking {
                    map.insert((&**name).into(), default.clone());
                }
            }
            for (key, value) in map.iter_mut() {
                let Some(id) = node.under(key) else { continue };
                if matches!(node.entries, Some(Entries::Of(entry)) if entry == id) {
                    replace_null(schema, id, value);
                }
                fill(schema, id, value);
            }
        }
        Value::Array(items) => {
            let Some(id) = node.items else { return };
            for item in items {
                replace_null(schema, id, item);
                fill(schema, id, item);
            }
        }
        _ => {}
    }
}

fn replace_null(schema: &Schema, id: Id, value: &mut Value) {
    let node = schema.node(id);
    if value.is_null() && !node.nullable {
        *value = node.default.clone().unwrap_or(Value::Null);
    }
}

fn drop(schema: &Schema, id: Id, value: &mut Value) {
    let node = schema.node(id);
    match value {
        Value::Object(map) => {
            map.retain(|key, value| {
                !(value.is_null() && node.under(key).is_some_and(|id| schema.node(id).drops_null()))
            });
            for (key, value) in map.iter_mut() {
                if let Some(id) = node.under(key) {
                    drop(schema, id, value);
                }
            }
        }
        Value::Array(items) => {
            let Some(id) = node.items else { return };
            items.iter_mut().for_each(|item| drop(schema, id, item));
        }
        _ => {}
    }
}
