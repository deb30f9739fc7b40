//! Schemas out of a CustomResourceDefinition.
//! It must never fetch one, nor judge whether the definition itself is good.

use std::sync::Arc;

use crate::json::{Map, Text, Value};

use super::format::Format;
use super::scale::ScalePaths;
use super::schema::{Bound, Entries, Field, Id, ListType, Node, Pattern, Rules, Schema, Type};

/// Where a version of a definition has its schema.
const SCHEMA: &str = "/schema/openAPIV3Schema";

/// A custom kind as its definition describes it.
#[derive(Clone, Debug)]
pub struct CrdSchema {
    /// `spec.group`
    pub group: String,
    /// `spec.names.kind`
    pub kind: String,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// All versions, as listed.
    pub versions: Vec<CrdVersion>,
}

/// One version of a custom kind.
#[derive(Clone, Debug)]
pub struct CrdVersion {
    /// `v1`
    pub name: String,
    /// Whether the API server serves it.
    pub served: bool,
    /// Whether objects are stored in it.
    pub storage: bool,
    /// What its objects may look like. Without a schema in the definition: anything. Versions alike share one.
    pub schema: Arc<Schema>,
    /// Whether status is a subresource: then a create ignores it.
    pub status: bool,
    /// The scale subresource, if there is one.
    pub scale: Option<ScalePaths>,
}

impl CrdSchema {
    /// Reads a CustomResourceDefinition of apiextensions.k8s.io/v1.
    ///
    /// # Errors
    /// In words, if it is none: no group, kind or versions.
    pub fn from_crd(crd: &Value) -> Result<CrdSchema, String> {
        let text = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str);
        let group = text("/spec/group").ok_or("the definition has no spec.group")?;
        let kind = text("/spec/names/kind").ok_or("the definition has no spec.names.kind")?;
        let versions = crd
            .pointer("/spec/versions")
            .and_then(Value::as_array)
            .ok_or("the definition has no spec.versions (apiextensions.k8s.io/v1beta1 is not read)")?;
        let keep_unknown = crd.pointer("/spec/preserveUnknownFields") == Some(&Value::Bool(true));
        let mut read: Vec<CrdVersion> = Vec::with_capacity(versions.len());
        for version in versions {
            let alike = |earlier: &Value| earlier.pointer(SCHEMA) == version.pointer(SCHEMA);
            let schema = match versions.iter().zip(&read).find(|(earlier, _)| alike(earlier)) {
                Some((_, earlier)) => Arc::clone(&earlier.schema),
                None => Arc::new(match version.pointer(SCHEMA) {
                    Some(schema) => Schema::from_open_api(schema, keep_unknown),
                    None => Schema::from_open_api(&Value::Null, true),
                }),
            };
            read.push(CrdVersion::read(version, schema));
        }
        Ok(CrdSchema {
            group: group.into(),
            kind: kind.into(),
            namespaced: text("/spec/scope") != Some("Cluster"),
            versions: read,
        })
    }

    /// The version of this name.
    pub fn version(&self, name: &str) -> Option<&CrdVersion> {
        self.versions.iter().find(|version| version.name == name)
    }
}

impl CrdVersion {
    fn read(version: &Value, schema: Arc<Schema>) -> CrdVersion {
        let flag = |key: &str| version.get(key) == Some(&Value::Bool(true));
        let scale = version.pointer("/subresources/scale").map(|scale| {
            let path = |key: &str| scale.get(key).and_then(Value::as_str).map(|path| path.replace('.', "/"));
            ScalePaths {
                spec: path("specReplicasPath").unwrap_or_default(),
                status: path("statusReplicasPath").unwrap_or_default(),
                selector: path("labelSelectorPath"),
            }
        });
        CrdVersion {
            name: version.get("name").and_then(Value::as_str).unwrap_or_default().into(),
            served: flag("served"),
            storage: flag("storage"),
            schema,
            status: version.pointer("/subresources/status").is_some(),
            scale,
        }
    }
}

impl Schema {
    /// Reads an `openAPIV3Schema` of a CRD. With `keep_unknown`, fields it does not know are kept everywhere.
    /// What is no schema is read as one that allows anything of any type and drops every field.
    pub fn from_open_api(schema: &Value, keep_unknown: bool) -> Schema {
        let mut out = Schema::default();
        out.root = read(&mut out, schema);
        if keep_unknown {
            out.nodes_mut().iter_mut().for_each(|node| node.open = true);
        }
        out
    }
}

pub(super) fn read(out: &mut Schema, json: &Value) -> Id {
    let mut node = Node::default();
    let mut rules = Rules::default();
    let Some(map) = json.as_object() else { return out.add(node) };
    let format = map.get("format").and_then(Value::as_str).and_then(Format::of);
    for (key, value) in map {
        match key.as_str() {
            "type" => node.kind = value.as_str().and_then(Type::of),
            "nullable" => node.nullable = truth(value),
            "x-kubernetes-int-or-string" => node.int_or_string = truth(value),
            "x-kubernetes-preserve-unknown-fields" => node.open = truth(value),
            "x-kubernetes-embedded-resource" => node.embedded = truth(value),
            "x-kubernetes-map-type" => node.atomic = value == "atomic",
            "x-kubernetes-validations" => out.cel_rules += value.as_array().map_or(0, Vec::len),
            "default" => node.default = Some(value.clone()),
            "required" => node.required = strings(value).map(|name| name.to_owned().into()).collect(),
            "properties" => node.fields = fields(out, value),
            "items" => node.items = Some(read(out, value)),
            "additionalProperties" => {
                node.entries = match value {
                    Value::Bool(true) => Some(Entries::Any),
                    Value::Object(_) => Some(Entries::Of(read(out, value))),
                    _ => None,
                }
            }
            _ => rule(out, &mut rules, key, value, map),
        }
    }
    node.list = match map.get("x-kubernetes-list-type").and_then(Value::as_str) {
        Some("set") => ListType::Set,
        Some("map") => {
            let keys = map.get("x-kubernetes-list-map-keys");
            ListType::Map(keys.into_iter().flat_map(strings).map(|key| key.to_owned().into()).collect())
        }
        _ => ListType::Atomic,
    };
    node.format = format.filter(|format| match node.types() {
        [Type::Integer] => format.is_integer(),
        [Type::Number] => format.is_float(),
        [Type::String] | [] | [_, _, ..] => format.is_text(),
        _ => false,
    });
    if has_rules(&rules) {
        node.rules = Some(Box::new(rules));
    }
    out.add(node)
}

fn fields(out: &mut Schema, value: &Value) -> Vec<Field> {
    let entries = value.as_object().into_iter().flatten();
    let field = |(name, schema): (&Text, &Value)| Field::new(name.to_string().into(), read(out, schema));
    let mut fields: Vec<Field> = entries.map(field).collect();
    fields.sort_by(|a, b| a.name.cmp(&b.name));
    fields
}

fn rule(out: &mut Schema, rules: &mut Rules, key: &str, value: &Value, map: &Map) {
    let bound = |exclusive: &str| {
        let limit = value.as_number()?.clone();
        Some(Bound { limit, exclusive: map.get(exclusive).is_some_and(truth) })
    };
    let mut all = |value: &Value| -> Vec<Id> {
        value.as_array().into_iter().flatten().map(|schema| read(out, schema)).collect()
    };
    match key {
        "enum" => rules.choices = value.as_array().cloned().unwrap_or_default(),
        "minimum" => rules.minimum = bound("exclusiveMinimum"),
        "maximum" => rules.maximum = bound("exclusiveMaximum"),
        "multipleOf" => rules.multiple_of = value.as_number().cloned(),
        "minLength" => rules.min_length = value.as_u64(),
        "maxLength" => rules.max_length = value.as_u64(),
        "pattern" => rules.pattern = value.as_str().map(|text| Pattern::new(text.to_owned())),
        "minItems" => rules.min_items = value.as_u64(),
        "maxItems" => rules.max_items = value.as_u64(),
        "uniqueItems" => rules.unique = truth(value),
        "minProperties" => rules.min_fields = value.as_u64(),
        "maxProperties" => rules.max_fields = value.as_u64(),
        "allOf" => rules.all_of = all(value),
        "anyOf" => rules.any_of = all(value),
        "oneOf" => rules.one_of = all(value),
        "not" => rules.not = Some(read(out, value)),
        _ => {}
    }
}

fn has_rules(rules: &Rules) -> bool {
    let numbers = [
        rules.min_length,
        rules.max_length,
        rules.min_items,
        rules.max_items,
        rules.min_fields,
        rules.max_fields,
    ];
    numbers.iter().any(Option::is_some)
        || !rules.choices.is_empty()
        || rules.minimum.is_some()
        || rules.maximum.is_some()
        || rules.multiple_of.is_some()
        || rules.pattern.is_some()
        || rules.unique
        || !(rules.all_of.is_empty() && rules.any_of.is_empty() && rules.one_of.is_empty())
        || rules.not.is_some()
}

fn truth(value: &Value) -> bool {
    value == &Value::Bool(true)
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}
