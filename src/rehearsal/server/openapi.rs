//! OpenAPI: what clients want to know of the kinds' fields, for `explain`, and of what paths take, for validation.
//! It must never know an object. There are no descriptions: what fields mean is told by the documentation of Kubernetes.

use std::collections::BTreeMap;

use crate::json::{Map, Value, json};

use super::model;
use super::resource::{Catalogue, Resource};
use crate::rehearsal::builtin;
use crate::structural::{Cursor, ListType, Type};

/// The definition of every object's metadata.
const METADATA: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// `GET /openapi/v3`: where the documents of each version are.
pub fn index(catalogue: &Catalogue) -> Value {
    let mut paths = Map::new();
    for group in catalogue.groups() {
        for version in catalogue.versions(group) {
            let path = root(group, version);
            // What is served of a version changes with its kinds, and nothing else.
            let kinds: Vec<String> =
                catalogue.resources(group, version).map(|resource| of_kind(resource)).collect();
            let hash =
                kinds.iter().flat_map(|kind| kind.bytes()).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
                });
            paths.insert(
                path.as_str().into(),
                json!({ "serverRelativeURL": format!("/openapi/v3/{path}?hash={hash:016X}") }),
            );
        }
    }
    json!({ "paths": paths })
}

fn of_kind(resource: &Resource) -> String {
    match &resource.custom {
        Some(custom) => format!("{}{}", resource.kind, custom.open_api),
        None => resource.kind.clone(),
    }
}

fn root(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

/// `GET /openapi/v3/PATH`: the document of one version; `None` if there is none.
pub fn document(catalogue: &Catalogue, path: &str) -> Option<Value> {
    let (group, version) = match path.split('/').collect::<Vec<_>>().as_slice() {
        ["api", version] => ("", *version),
        ["apis", group, version] => (*group, *version),
        _ => return None,
    };
    let mut document = Document { group, version, paths: Map::new(), schemas: BTreeMap::new() };
    let mut any = false;
    for resource in catalogue.resources(group, version) {
        any = true;
        document.add(resource);
    }
    if let Some(metadata) = builtin::metadata() {
        let schema = document.mapping(metadata.root());
        document.schemas.insert(METADATA.to_owned(), schema);
    }
    any.then(|| {
        json!({
            "openapi": "3.0.0", "info": { "title": "Kubernetes", "version": "1.37" },
            "paths": document.paths, "components": { "schemas": document.schemas },
        })
    })
}

/// `GET /openapi/v2`: nothing that the newer document does not say better.
pub fn older() -> Value {
    json!({
        "swagger": "2.0", "info": { "title": "Kubernetes", "version": "1.37" }, "paths": {}, "definitions": {},
    })
}

struct Document<'a> {
    group: &'a str,
    version: &'a str,
    paths: Map,
    schemas: BTreeMap<String, Value>,
}

impl Document<'_> {
    fn add(&mut self, resource: &Resource) {
        let kind = json!({ "group": self.group, "version": self.version, "kind": resource.kind });
        let id = self.id(&resource.kind);
        let mut schema = match (&resource.custom, model::schema(resource)) {
            // A definition that says nothing of fields is of a kind that is known by heart, or that may hold anything.
            (Some(custom), _) if custom.open_api["properties"].is_object() => {
                with_metadata(custom.open_api.clone())
            }
            (_, Some(schema)) => {
                let schema = self.mapping(schema.root());
                with_metadata(schema)
            }
            (_, None) => json!({ "type": "object" }),
        };
        schema["x-kubernetes-group-version-kind"] = json!([kind]);
        self.schemas.insert(id.clone(), schema);
        let list = json!({
            "type": "object", "required": ["items"],
            "properties": {
                "apiVersion": { "type": "string" }, "kind": { "type": "string" }, "metadata": { "type": "object" },
                "items": { "type": "array", "items": { "$ref": format!("#/components/schemas/{id}") } },
            },
            "x-kubernetes-group-version-kind":
                [{ "group": self.group, "version": self.version, "kind": resource.list_kind }],
        });
        let lists = self.id(&resource.list_kind);
        if resource.can("list") {
            self.schemas.insert(lists, list);
        }
        let place = if resource.namespaced { "/namespaces/{namespace}" } else { "" };
        let all = format!("/{}{place}/{}", root(self.group, self.version), resource.plural);
        let one = format!("{all}/{{name}}");
        let of = |verbs: &[(&str, &str, &str)]| -> Map {
            let known = verbs.iter().filter(|(_, verb, _)| resource.can(verb));
            known.map(|(method, _, action)| ((*method).to_owned(), operation(action, &kind))).collect()
        };
        let on_all = of(&[
            ("get", "list", "list"),
            ("post", "create", "post"),
            ("delete", "deletecollection", "deletecollection"),
        ]);
        let on_one = of(&[
            ("get", "get", "get"),
            ("put", "update", "put"),
            ("patch", "patch", "patch"),
            ("delete", "delete", "delete"),
        ]);
        self.paths.insert(all.into(), on_all.into());
        self.paths.insert(one.as_str().into(), on_one.into());
        for below in &resource.subresources {
            let actions = below.verbs.iter().map(|verb| match *verb {
                "create" => ("post", "post"),
                "update" => ("put", "put"),
                "patch" => ("patch", "patch"),
                "delete" => ("delete", "delete"),
                _ => ("get", "get"),
            });
            let operations: Map =
                actions.map(|(method, action)| (method.to_owned(), operation(action, &kind))).collect();
            self.paths.insert(format!("{one}/{}", below.name).into(), operations.into());
        }
    }

    /// The name of a definition in this document.
    fn id(&self, name: &str) -> String {
        let group: Vec<&str> = self.group.split('.').rev().collect();
        match self.group {
            "" => format!("io.k8s.api.core.{}.{name}", self.version),
            group if !group.contains('.') => format!("io.k8s.api.{group}.{}.{name}", self.version),
            _ => format!("{}.{}.{name}", group.join("."), self.version),
        }
    }

    /// The schema of a place: a reference where it has a name.
    fn schema(&mut self, at: Cursor<'_>) -> Value {
        let Some(name) = at.name() else { return self.plain(at) };
        let id = self.id(name);
        if !self.schemas.contains_key(&id) {
            // It may hold itself.
            self.schemas.insert(id.clone(), Value::Null);
            let schema = self.plain(at);
            self.schemas.insert(id.clone(), schema);
        }
        json!({ "$ref": format!("#/components/schemas/{id}") })
    }

    fn plain(&mut self, at: Cursor<'_>) -> Value {
        if at.is_int_or_string() {
            return json!({ "format": "int-or-string", "oneOf": [{ "type": "integer" }, { "type": "string" }] });
        }
        match at.kind() {
            Some(Type::Object) => self.mapping(at),
            Some(Type::Array) => {
                let items = at.item().map(|item| self.schema(item)).unwrap_or_else(|| json!({}));
                let mut list = json!({ "type": "array", "items": items });
                match at.list_type() {
                    ListType::Atomic => list["x-kubernetes-list-type"] = "atomic".into(),
                    ListType::Set => list["x-kubernetes-list-type"] = "set".into(),
                    ListType::Map(keys) => {
                        list["x-kubernetes-list-type"] = "map".into();
                        list["x-kubernetes-list-map-keys"] = json!(keys);
                    }
                }
                if let Some(patch) = at.patch() {
                    let words = [(patch.merge, "merge"), (patch.retain_keys, "retainKeys")];
                    let words: Vec<&str> =
                        words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
                    list["x-kubernetes-patch-strategy"] = words.join(",").into();
                    if let Some(key) = &patch.key {
                        list["x-kubernetes-patch-merge-key"] = key.as_ref().into();
                    }
                }
                list
            }
            kind => {
                let mut value = Map::new();
                if let Some(kind) = kind {
                    value.insert("type".into(), kind.name().into());
                }
                if let Some(format) = at.format() {
                    value.insert("format".into(), format.into());
                }
                if !at.choices().is_empty() {
                    value.insert("enum".into(), json!(at.choices()));
                }
                Value::Object(value)
            }
        }
    }

    fn mapping(&mut self, at: Cursor<'_>) -> Value {
        let mut schema = json!({ "type": "object" });
        let mut properties = Map::new();
        for (name, field) in at.fields() {
            let below = self.schema(field);
            // Beside a reference nothing else may stand.
            let below = match below.get("$ref") {
                Some(_) => json!({ "allOf": [below] }),
                None => below,
            };
            properties.insert(name.into(), below);
        }
        if !properties.is_empty() {
            schema["properties"] = properties.into();
        }
        if let Some(entry) = at.entry() {
            schema["additionalProperties"] = self.schema(entry);
        }
        let required: Vec<&str> = at.required().collect();
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        if at.is_atomic_map() {
            schema["x-kubernetes-map-type"] = "atomic".into();
        }
        if at.is_open() {
            schema["x-kubernetes-preserve-unknown-fields"] = true.into();
        }
        schema
    }
}

/// The fields that every object has.
fn with_metadata(mut schema: Value) -> Value {
    if !schema.is_object() {
        schema = json!({ "type": "object" });
    }
    for (key, told) in [
        (
            "apiVersion",
            "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources",
        ),
        (
            "kind",
            "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds",
        ),
    ] {
        schema["properties"][key] = json!({ "description": told, "type": "string" });
    }
    schema["properties"]["metadata"] = json!({
        "description": "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
        "allOf": [{ "$ref": format!("#/components/schemas/{METADATA}") }],
    });
    schema
}

/// What a client may do with a path: of a write, which parameters it takes.
fn operation(action: &str, kind: &Value) -> Value {
    let parameter = |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "string", "uniqueItems": true } });
    let mut operation = json!({
        "responses": { "200": { "description": "OK" } },
        "x-kubernetes-action": action, "x-kubernetes-group-version-kind": kind,
    });
    let names: &[&str] = match action {
        "patch" => &["dryRun", "fieldManager", "fieldValidation", "force"],
        "post" | "put" => &["dryRun", "fieldManager", "fieldValidation"],
        "delete" => &["dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy"],
        "list" => &[
            "continue",
            "fieldSelector",
            "labelSelector",
            "limit",
            "resourceVersion",
            "timeoutSeconds",
            "watch",
        ],
        _ => &[],
    };
    if !names.is_empty() {
        operation["parameters"] = names.iter().map(|name| parameter(name)).collect();
    }
    operation
}
