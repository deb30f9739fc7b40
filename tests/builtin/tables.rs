//! `schemas/builtin/*.table` are the schemas that the API server publishes of its built-in kinds; written anew with `UPDATE=1`.
//!
//! What OpenAPI does not say, the marks of fields that are absent (`?`, `*`, `~`) and the names of types (`as`), is kept from the tables as
//! they stand: it comes from the types in Go, and `created` and `refused` compare what follows from it with the server.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use seldonplay::json::Value;
use seldonplay::rehearsal::builtin;

use crate::server::{Failure, Server};

/// The packages of OpenAPI's definitions in the order in which they take short names, and their tables.
const PACKAGES: &[(&str, &str)] = &[
    ("io.k8s.api.core.v1", "core.v1"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1", "meta.v1"),
    ("io.k8s.api.apps.v1", "apps.v1"),
    ("io.k8s.api.batch.v1", "batch.v1"),
    ("io.k8s.api.autoscaling.v2", "autoscaling.v2"),
    ("io.k8s.api.autoscaling.v1", "autoscaling.v1"),
    ("io.k8s.api.policy.v1", "policy.v1"),
    ("io.k8s.api.networking.v1", "networking.v1"),
    ("io.k8s.api.rbac.v1", "rbac.v1"),
    ("io.k8s.api.storage.v1", "storage.v1"),
    ("io.k8s.api.scheduling.v1", "scheduling.v1"),
    ("io.k8s.api.scheduling.v1alpha3", "scheduling.v1alpha3"),
    ("io.k8s.api.coordination.v1", "coordination.v1"),
    ("io.k8s.api.discovery.v1", "discovery.v1"),
    ("io.k8s.api.events.v1", "events.v1"),
    ("io.k8s.api.authorization.v1", "authorization.v1"),
    ("io.k8s.api.authentication.v1", "authentication.v1"),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1", "apiextensions.v1"),
    ("io.k8s.api.admissionregistration.v1", "admissionregistration.v1"),
];

/// Definitions that tables have a word for.
const WORDS: &[(&str, &str)] = &[
    ("io.k8s.apimachinery.pkg.api.resource.Quantity", "quantity"),
    ("io.k8s.apimachinery.pkg.util.intstr.IntOrString", "int-or-string"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.Time", "date-time"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", "micro-time"),
    ("io.k8s.apimachinery.pkg.runtime.RawExtension", "raw"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1", "raw"),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON", "any"),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray", "any"),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool", "any"),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray", "any"),
];

#[tokio::test]
async fn the_tables_are_those_of_the_server() -> Result<(), Failure> {
    let Some(server) = Server::reach().await? else { return Ok(()) };
    let mut definitions = BTreeMap::new();
    for group_version in builtin::group_versions() {
        let folder = if group_version.contains('/') { "apis" } else { "api" };
        let (status, document) = server.get(&format!("/openapi/v3/{folder}/{group_version}")).await?;
        assert_eq!(status, 200, "{group_version}");
        let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
        definitions
            .extend(schemas.into_iter().flatten().map(|(name, schema)| (name.to_string(), schema.clone())));
    }
    let writer = Writer::new(&definitions);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/builtin");
    let mut size = 0;
    for (package, table) in PACKAGES {
        let path = format!("{folder}/{table}.table");
        let standing = std::fs::read_to_string(&path).unwrap_or_default();
        let text = writer.table(package, &marks(&standing))?;
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &text)?;
        } else {
            assert!(text == standing, "{path} is not as the server has it: run with UPDATE=1");
        }
        size += text.len();
    }
    assert!(size < 150_000, "the tables of built-in kinds are {size} bytes");
    Ok(())
}

/// The marks of absent fields and the names of types in a table, by definition and field.
fn marks(table: &str) -> BTreeMap<(String, String), (String, String)> {
    let mut found = BTreeMap::new();
    let mut definition = "";
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let word = line.trim().split(' ').next().unwrap_or_default();
        if !line.starts_with(' ') {
            definition = word;
            continue;
        }
        let name = word.trim_end_matches(['!', '?', '*', '~']);
        let marks: String = word.chars().filter(|char| "?*~".contains(*char)).collect();
        let named = line.split_once(" as ").and_then(|(_, rest)| rest.split(' ').next());
        let named = named.map(|name| format!(" as {name}")).unwrap_or_default();
        found.insert((definition.to_owned(), name.to_owned()), (marks, named));
    }
    found
}

struct Writer<'a> {
    definitions: &'a BTreeMap<String, Value>,
    /// The names in tables, by those in OpenAPI.
    names: BTreeMap<&'a str, String>,
}

impl<'a> Writer<'a> {
    /// Takes the kinds and everything they refer to.
    fn new(definitions: &'a BTreeMap<String, Value>) -> Writer<'a> {
        let mut reached = BTreeSet::new();
        for (name, schema) in definitions {
            let kinds = schema["x-kubernetes-group-version-kind"].as_array().map_or(0, Vec::len);
            let is_object = schema.pointer("/properties/metadata").is_some();
            if kinds == 1 && is_object && !name.ends_with("List") {
                reach(definitions, name, &mut reached);
            }
        }
        let mut names: BTreeMap<&str, String> = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for (package, table) in PACKAGES {
            for name in &reached {
                let Some(short) = name.strip_prefix(package).and_then(|rest| rest.strip_prefix('.')) else {
                    continue;
                };
                let free = !short.contains('.') && taken.insert(short);
                names.insert(name, if free { short.to_owned() } else { format!("{table}.{short}") });
            }
        }
        Writer { definitions, names }
    }

    fn table(
        &self,
        package: &str,
        marks: &BTreeMap<(String, String), (String, String)>,
    ) -> Result<String, Failure> {
        let mut text = format!("# {package}, written by a test: UPDATE=1 cargo test --test builtin tables\n");
        for (name, short) in &self.names {
            let own = name.strip_prefix(package).and_then(|rest| rest.strip_prefix('.'));
            if own.is_none_or(|own| own.contains('.')) {
                continue;
            }
            let schema = &self.definitions[*name];
            let atomic = if schema["x-kubernetes-map-type"] == "atomic" { " atomic" } else { "" };
            writeln!(text, "{short}{atomic}")?;
            let required: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
                let must = if required.contains(&field.as_str()) { "!" } else { "" };
                let none = (String::new(), String::new());
                let (mark, named) = marks.get(&(short.clone(), field.to_string())).unwrap_or(&none);
                let line = self.field(schema, mark.contains('*'), named)?;
                writeln!(text, " {field}{must}{mark} {line}")?;
            }
        }
        Ok(text)
    }

    fn field(&self, schema: &Value, always: bool, named: &str) -> Result<String, Failure> {
        let mut line = self.kind(schema)?;
        line.push_str(named);
        let keys = |key: &str| {
            let keys: Vec<&str> = schema[key].as_array()?.iter().filter_map(Value::as_str).collect();
            Some(keys.join(","))
        };
        let strategy = schema["x-kubernetes-patch-strategy"].as_str().unwrap_or_default();
        let key = schema["x-kubernetes-patch-merge-key"].as_str();
        match (schema["x-kubernetes-list-type"].as_str(), strategy.starts_with("merge"), key) {
            (Some("map"), _, _) => {
                write!(line, " by {}", keys("x-kubernetes-list-map-keys").unwrap_or_default())?;
            }
            (Some("set"), _, _) => line.push_str(" set"),
            (None, true, Some(key)) if line.starts_with('[') => write!(line, " by {key}")?,
            (None, true, None) if line.starts_with('[') => line.push_str(" set"),
            _ => {}
        }
        match (strategy, key) {
            ("merge", Some(key)) | ("merge,retainKeys", Some(key)) => write!(line, " merge:{key}")?,
            ("merge" | "merge,retainKeys", None) => line.push_str(" merge"),
            _ => {}
        }
        if strategy == "replace" {
            line.push_str(" replace");
        }
        if strategy.ends_with("retainKeys") {
            line.push_str(" retain");
        }
        if schema["x-kubernetes-map-type"] == "atomic" {
            line.push_str(" atomic");
        }
        if let Some(choices) = schema["enum"].as_array() {
            let choices: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
            write!(line, " of {}", choices.join(","))?;
        }
        let default = &schema["default"];
        let zero = default == "" || default == 0 || default == false;
        if !(default.is_null() || default.is_object() || zero && always) {
            write!(line, " = {default}")?;
        }
        Ok(line)
    }

    fn kind(&self, schema: &Value) -> Result<String, Failure> {
        if let Some(name) = reference(schema) {
            if let Some((_, word)) = WORDS.iter().find(|(known, _)| *known == name) {
                return Ok((*word).into());
            }
            return Ok(self.names.get(name).ok_or_else(|| format!("{name} has no name"))?.clone());
        }
        Ok(match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("array"), _) => format!("[{}]", self.kind(&schema["items"])?),
            (Some("object"), _) if schema["additionalProperties"].is_object() => {
                format!("{{{}}}", self.kind(&schema["additionalProperties"])?)
            }
            (Some("integer"), Some(format @ ("int32" | "int64"))) => format.into(),
            (Some("string"), Some("byte")) => "byte".into(),
            (Some("number"), Some("double")) => "number".into(),
            (Some(kind @ ("string" | "boolean" | "integer")), None) => kind.into(),
            _ => return Err(format!("no word for {schema}").into()),
        })
    }
}

fn reference(schema: &Value) -> Option<&str> {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    reference.and_then(|reference| reference.rsplit('/').next())
}

fn reach<'a>(definitions: &'a BTreeMap<String, Value>, name: &'a str, reached: &mut BTreeSet<&'a str>) {
    if WORDS.iter().any(|(known, _)| *known == name) || !reached.insert(name) {
        return;
    }
    let mut stack = vec![&definitions[name]];
    while let Some(schema) = stack.pop() {
        if let Some(name) = reference(schema) {
            reach(definitions, name, reached);
        }
        stack.extend(schema["properties"].as_object().into_iter().flatten().map(|(_, schema)| schema));
        stack.extend(["items", "additionalProperties"].iter().filter_map(|key| schema.get(key)));
    }
}
