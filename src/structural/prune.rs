//! Unknown fields: found, or dropped as the API server drops them.
//! It must never judge values, nor touch `apiVersion`, `kind` and `metadata` of an object.

use crate::json::Value;
use crate::json::pointer::unescaped;

use super::go::quoted;
use super::place::Place;
use super::schema::{Entries, Id, Node, Schema};
use super::suggest;
use super::value::in_words;
use super::violation::{Code, Violation};

/// The fields that the schema does not know, in the object's order.
pub fn unknown_fields(schema: &Schema, object: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    find(schema, Some(schema.root), false, object, &Place::ROOT, &mut found);
    found
}

/// Drops the fields that the schema does not know and returns the JSON pointers of what it dropped.
pub fn prune(schema: &Schema, object: &mut Value) -> Vec<String> {
    let pointers: Vec<String> =
        unknown_fields(schema, object).into_iter().map(|violation| violation.pointer).collect();
    for pointer in &pointers {
        let Some((parent, key)) = pointer.rsplit_once('/') else { continue };
        if let Some(map) = object.pointer_mut(parent).and_then(Value::as_object_mut) {
            map.shift_remove(&unescaped(key));
        }
    }
    pointers
}

/// Walks a value with its schema, `None` where there is none: then every field is unknown. Below a place that keeps
/// unknown fields, `kept` holds for the items of a list, not for fields that the schema knows.
fn find(
    schema: &Schema,
    id: Option<Id>,
    kept: bool,
    value: &Value,
    place: &Place<'_>,
    found: &mut Vec<Violation>,
) {
    let node = id.map(|id| schema.node(id));
    let kept = kept || node.is_some_and(|node| node.open);
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let meta = matches!(key.as_str(), "apiVersion" | "kind" | "metadata");
                if meta && (place.is_root() || node.is_some_and(|node| node.embedded)) {
                    continue;
                }
                let here = place.key(key);
                match (node.and_then(|node| node.under(key)), node.and_then(|node| node.entries)) {
                    (Some(id), _) => find(schema, Some(id), false, value, &here, found),
                    (None, Some(Entries::Any)) => find(schema, None, false, value, &here, found),
                    (None, _) if kept => {}
                    (None, _) => found.push(unknown(node, key, value, &here)),
                }
            }
        }
        Value::Array(items) => {
            let id = node.and_then(|node| node.items);
            if id.is_none() && kept {
                return;
            }
            for (index, item) in items.iter().enumerate() {
                find(schema, id, kept, item, &place.index(index), found);
            }
        }
        _ => {}
    }
}

fn unknown(node: Option<&Node>, key: &str, value: &Value, here: &Place<'_>) -> Violation {
    let names = node.map_or(&[][..], |node| &node.fields[..]).iter().map(|field| &*field.name);
    Violation {
        pointer: here.pointer(),
        code: Code::UnknownField,
        field: here.field(),
        message: format!("unknown field {}", quoted(&here.field())),
        expected: suggest::fields_in_words(names.clone()),
        actual: in_words(value),
        suggestion: suggest::nearest(key, names).map(str::to_owned),
    }
}
