//! Unknown fields: found, or dropped as the API server drops them.
//! It must never judge values, nor touch `apiVersion`, `kind` and `metadata` of an object.

use serde_json::Value;

use super::place::Place;
use super::schema::{Entries, Id, Schema};
use super::suggest;
use super::value::{in_words, quoted};
use super::violation::{Code, Violation};

/// The fields that the schema does not know, in the object's order.
pub fn unknown_fields(schema: &Schema, object: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    find(schema, schema.root, object, &Place::ROOT, &mut found);
    found
}

/// Drops the fields that the schema does not know and returns the JSON pointers of what it dropped.
pub fn prune(schema: &Schema, object: &mut Value) -> Vec<String> {
    let pointers: Vec<String> =
        unknown_fields(schema, object).into_iter().map(|violation| violation.pointer).collect();
    for pointer in &pointers {
        let Some((parent, key)) = pointer.rsplit_once('/') else { continue };
        if let Some(map) = object.pointer_mut(parent).and_then(Value::as_object_mut) {
            map.shift_remove(&key.replace("~1", "/").replace("~0", "~"));
        }
    }
    pointers
}

fn find(schema: &Schema, id: Id, value: &Value, place: &Place<'_>, found: &mut Vec<Violation>) {
    let node = schema.node(id);
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let meta = matches!(key.as_str(), "apiVersion" | "kind" | "metadata");
                if meta && (node.embedded || place.is_root()) {
                    continue;
                }
                let here = place.key(key);
                match (node.under(key), node.entries) {
                    (Some(id), _) => find(schema, id, value, &here, found),
                    (None, Some(Entries::Any)) => {}
                    (None, _) if node.open => {}
                    (None, _) => found.push(Violation {
                        pointer: here.pointer(),
                        code: Code::UnknownField,
                        field: here.field(),
                        message: format!("unknown field {}", quoted(&here.field())),
                        expected: suggest::fields_in_words(node),
                        actual: in_words(value),
                        suggestion: suggest::nearest(key, node.fields.iter().map(|(name, _)| &**name))
                            .map(str::to_owned),
                    }),
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
