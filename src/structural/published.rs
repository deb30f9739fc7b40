//! Schemas out of what an API server publishes of its kinds: the OpenAPI v3 document of a group and version.
//! It must never fetch one.
//!
//! A custom kind is published as its definition has it, so all of it is taken. A built-in kind is published as its type in Go: of
//! that, fields and types are taken. What else the server asks of it stands in no document, and what the document calls required is
//! not always.

use std::collections::BTreeMap;

use crate::json::{Value, json};

use super::crd::read;
use super::format::Format;
use super::schema::{Entries, Field, Id, Node, Schema, Type};

/// How one part of a document refers to another.
const REFERENCE: &str = "#/components/schemas/";

impl Schema {
    /// The schema of a kind in the document of its group and version; `None` if the document has no such kind.
    pub fn from_published(document: &Value, group: &str, version: &str, kind: &str) -> Option<Schema> {
        let schemas = document.pointer("/components/schemas")?.as_object()?;
        let wanted = json!({ "group": group, "kind": kind, "version": version });
        let is_it = |schema: &Value| {
            schema["x-kubernetes-group-version-kind"]
                .as_array()
                .is_some_and(|kinds| *kinds == [wanted.clone()])
        };
        let (name, schema) = schemas.iter().find(|(_, schema)| is_it(schema))?;
        let reversed: Vec<&str> = group.split('.').rev().collect();
        if *name == format!("{}.{version}.{kind}", reversed.join(".")) {
            let mut schema = schema.clone();
            schema["properties"]["metadata"] = json!({ "type": "object" });
            return Some(Schema::from_open_api(&schema, false));
        }
        let mut types = Types { schemas, out: Schema::default(), made: BTreeMap::new() };
        let root = types.of(schema);
        let metadata = types.out.add(Node { open: true, ..Node::of(Type::Object) });
        let fields = &mut types.out.nodes_mut()[root.0 as usize].fields;
        fields.iter_mut().filter(|field| field.name == "metadata").for_each(|field| field.id = metadata);
        Some(Schema { root, ..types.out })
    }
}

/// The types in Go that a document describes.
struct Types<'a> {
    schemas: &'a crate::json::Map,
    out: Schema,
    /// Types may hold themselves.
    made: BTreeMap<&'a str, Id>,
}

impl<'a> Types<'a> {
    fn of(&mut self, json: &'a Value) -> Id {
        let reference = json["$ref"].as_str().or_else(|| json.pointer("/allOf/0/$ref")?.as_str());
        let Some(name) = reference.and_then(|text| text.strip_prefix(REFERENCE)) else {
            let id = self.out.add(Node::default());
            return self.fill(id, json);
        };
        if let Some(id) = self.made.get(name) {
            return *id;
        }
        let id = self.out.add(Node::default());
        self.made.insert(name, id);
        match self.schemas.get(name) {
            Some(schema) => self.fill(id, schema),
            None => self.fill(id, &Value::Null),
        }
    }

    fn fill(&mut self, id: Id, json: &'a Value) -> Id {
        let one_of: Vec<&str> =
            json["oneOf"].as_array().into_iter().flatten().filter_map(|one| one["type"].as_str()).collect();
        let mut node = match json["type"].as_str().and_then(Type::of) {
            Some(Type::Object) => {
                let fields = json["properties"].as_object();
                let entries = &json["additionalProperties"];
                let mut fields: Vec<Field> = fields
                    .into_iter()
                    .flatten()
                    .map(|(name, schema)| Field::new(name.to_string().into(), self.of(schema)))
                    .collect();
                fields.sort_by(|a, b| a.name.cmp(&b.name));
                let entries = entries.is_object().then(|| Entries::Of(self.of(entries)));
                Node {
                    open: fields.is_empty() && entries.is_none(),
                    fields,
                    entries,
                    ..Node::of(Type::Object)
                }
            }
            Some(Type::Array) => Node { items: Some(self.of(&json["items"])), ..Node::of(Type::Array) },
            // What is no time, or no quantity, is refused in words of its own type.
            Some(kind) => {
                let format = json["format"].as_str().and_then(Format::of);
                let format = format.filter(|format| kind == Type::Integer && format.is_integer());
                Node { format, ..Node::of(kind) }
            }
            None if one_of.contains(&"integer") => Node { int_or_string: true, ..Node::default() },
            None if json["enum"].is_array() => {
                let id = read(&mut self.out, json);
                self.out.node(id).clone()
            }
            None => Node { open: true, ..Node::default() },
        };
        // A null is read as nothing, whatever the type.
        node.nullable = true;
        self.out.nodes_mut()[id.0 as usize] = node;
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structural::{Code, validate};

    fn document() -> Value {
        let reference =
            |name: &str| json!({ "default": {}, "allOf": [{ "$ref": format!("{REFERENCE}{name}") }] });
        let kind = |group: &str, kind: &str| json!([{ "group": group, "kind": kind, "version": "v1" }]);
        json!({ "components": { "schemas": {
            "io.k8s.api.core.v1.Pot": {
                "type": "object", "required": ["spec"], "x-kubernetes-group-version-kind": kind("", "Pot"),
                "properties": { "metadata": reference("Meta"), "spec": reference("Spec") },
            },
            "Meta": { "type": "object", "properties": { "name": { "type": "string" } } },
            "Spec": { "type": "object", "required": ["soil"], "properties": {
                "inner": { "$ref": format!("{REFERENCE}Spec") }, "soil": { "type": "string" }, "port": reference("Port"),
                "depth": reference("Quantity"), "raw": { "type": "object" },
                "labels": { "type": "object", "additionalProperties": { "type": "string" } },
            } },
            "Port": { "format": "int-or-string", "oneOf": [{ "type": "integer" }, { "type": "string" }] },
            "Quantity": { "oneOf": [{ "type": "string" }, { "type": "number" }] },
            "com.example.v1.Plant": {
                "type": "object", "required": ["spec"], "x-kubernetes-group-version-kind": kind("example.com", "Plant"),
                "properties": { "metadata": reference("Meta"), "spec": { "type": "object", "required": ["leaves"],
                    "properties": { "leaves": { "type": "integer", "minimum": 1 } } } },
            },
        } } })
    }

    fn found(group: &str, kind: &str, object: &Value) -> Vec<(Code, String)> {
        let schema = Schema::from_published(&document(), group, "v1", kind).unwrap_or_default();
        validate(&schema, object).into_iter().map(|found| (found.code, found.pointer)).collect()
    }

    #[test]
    fn a_type_in_go_tells_fields_and_types() {
        let good = json!({ "metadata": { "name": "a" }, "spec": { "inner": { "inner": {} }, "soil": null, "port": "http",
            "depth": 1.5, "raw": { "x": 1 }, "labels": { "a": "b" } } });
        assert_eq!(found("", "Pot", &good), []);
        assert_eq!(found("", "Pot", &json!({})), [], "what is required is not known");
        let bad =
            json!({ "spec": { "inner": { "soil": 1, "sand": true }, "port": true, "labels": { "a": 1 } } });
        let at = |pointer: &str| pointer.to_owned();
        assert_eq!(
            found("", "Pot", &bad),
            [
                (Code::UnknownField, at("/spec/inner/sand")),
                (Code::WrongType, at("/spec/inner/soil")),
                (Code::WrongType, at("/spec/port")),
                (Code::WrongType, at("/spec/labels/a")),
            ]
        );
    }

    #[test]
    fn a_custom_kind_tells_all_that_its_definition_has() {
        let of = |spec: Value| {
            found("example.com", "Plant", &json!({ "metadata": { "name": "a" }, "spec": spec }))
        };
        assert_eq!(of(json!({ "leaves": 1 })), []);
        assert_eq!(of(json!({})), [(Code::Required, "/spec".to_owned())]);
        assert_eq!(of(json!({ "leaves": 0 })), [(Code::Range, "/spec/leaves".to_owned())]);
    }

    #[test]
    fn a_kind_that_is_not_there_has_no_schema() {
        assert!(Schema::from_published(&document(), "example.com", "v2", "Plant").is_none());
        assert!(Schema::from_published(&Value::Null, "example.com", "v1", "Plant").is_none());
    }
}
