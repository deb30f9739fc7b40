//! What every object must have: apiVersion, kind and metadata that the API server takes.
//! It must never know what a kind does with its spec.

use crate::json::pointer::escaped;
use crate::json::{Map, Value};

use super::names::{self, NameRule};
use super::{Finding, known, violations};

/// How many bytes the keys and values of all annotations may have together.
const ANNOTATIONS: usize = 256 * 1024;

pub(super) fn lint(object: &Value) -> Vec<Finding> {
    let Value::Object(map) = object else {
        return vec![Finding::refused(
            "no-object",
            "",
            "a manifest must be a mapping with apiVersion and kind",
        )];
    };
    let mut findings = Vec::new();
    type_meta(map, "apiVersion", "such as v1 or apps/v1", &mut findings);
    type_meta(map, "kind", "such as Deployment", &mut findings);
    if let Some(Value::String(version)) = map.get("apiVersion")
        && (version.matches('/').count() > 1 || version.starts_with('/') || version.ends_with('/'))
    {
        findings.push(Finding::refused(
            "bad-api-version",
            "/apiVersion",
            format!("`{version}` is no apiVersion: it is a version, or a group, `/` and a version"),
        ));
    }
    let text = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default();
    let group = text("apiVersion").split_once('/').map_or("", |(group, _)| group);
    match map.get("metadata") {
        Some(Value::Object(metadata)) => {
            meta(object, metadata, names::rule(group, text("kind")), &mut findings)
        }
        Some(Value::Null) | None => {
            findings.push(Finding::refused("missing-field", "", "metadata.name is missing").at_key());
        }
        Some(_) => findings.push(Finding::refused("wrong-type", "/metadata", "metadata must be a mapping")),
    }
    findings
}

fn type_meta(map: &Map, key: &str, example: &str, findings: &mut Vec<Finding>) {
    let pointer = format!("/{key}");
    match map.get(key) {
        Some(Value::String(text)) if !text.is_empty() => {}
        None | Some(Value::Null) => {
            let finding = Finding::refused("missing-field", "", format!("{key} is missing")).at_key();
            findings.push(finding.help(format!("Every object has {key}, {example}.")));
        }
        Some(_) => {
            let message = format!("{key} must be text, {example}");
            findings.push(Finding::refused("wrong-type", pointer, message));
        }
    }
}

fn meta(object: &Value, metadata: &Map, rule: NameRule, findings: &mut Vec<Finding>) {
    name(metadata, rule, findings);
    if let Some(Value::String(namespace)) = metadata.get("namespace")
        && let Some(fault) = names::label_fault(namespace).filter(|_| !namespace.is_empty())
    {
        findings.push(Finding::refused(
            "bad-name",
            "/metadata/namespace",
            format!("the namespace `{namespace}` {fault}"),
        ));
    }
    if metadata
        .get("managedFields")
        .is_some_and(|fields| fields.as_array().is_none_or(|list| !list.is_empty()))
    {
        let message = "metadata.managedFields must not be applied: the server writes it";
        findings.push(Finding::refused("server-field", "/metadata/managedFields", message).at_key());
    }
    for field in ["resourceVersion", "uid"] {
        if metadata.get(field).is_some_and(|value| value.as_str().is_some_and(|text| !text.is_empty())) {
            let message = format!(
                "metadata.{field} ties the manifest to one state of one object: applying it anywhere else fails"
            );
            let finding = Finding::ignored("server-field", format!("/metadata/{field}"), message).at_key();
            findings.push(finding.help("Leave it out of manifests; it comes from an exported object."));
        }
    }
    texts(metadata, "labels", findings);
    texts(metadata, "annotations", findings);
    let Some(schema) = known::object_meta() else { return };
    let Some(value) = object.get("metadata") else { return };
    let told = |pointer: &str| {
        pointer.starts_with("/labels/") || pointer.starts_with("/annotations/") || pointer == "/name"
    };
    for finding in
        violations::lint(schema, &|| None, value).into_iter().filter(|finding| !told(&finding.pointer))
    {
        let pointer = format!("/metadata{}", finding.pointer);
        let message = match finding.message.strip_prefix("the object has") {
            Some(rest) => format!("metadata has{rest}"),
            None => format!("metadata.{}", finding.message),
        };
        findings.push(Finding { pointer, message, ..finding });
    }
}

fn name(metadata: &Map, rule: NameRule, findings: &mut Vec<Finding>) {
    let pointer = "/metadata/name";
    match metadata.get("name") {
        Some(Value::String(name)) if !name.is_empty() => {
            if let Some(fault) = names::fault(rule, name) {
                findings.push(Finding::refused("bad-name", pointer, format!("the name `{name}` {fault}")));
            }
        }
        None | Some(Value::Null | Value::String(_)) => {
            let finding = Finding::refused("missing-field", "/metadata", "metadata.name is missing").at_key();
            let generated = metadata.get("generateName").is_some_and(Value::is_string);
            let help =
                "Apply needs a name: generateName makes another object each time and is for create only.";
            findings.push(if generated { finding.help(help) } else { finding });
        }
        Some(other) => findings.push(
            Finding::refused("wrong-type", pointer, format!("the name must be text, not {other}"))
                .help(format!("Write it in quotes: \"{other}\".")),
        ),
    }
}

/// Labels and annotations: text by text.
fn texts(metadata: &Map, field: &'static str, findings: &mut Vec<Finding>) {
    let Some(Value::Object(map)) = metadata.get(field) else { return };
    let what = if field == "labels" { "label" } else { "annotation" };
    let mut size = 0;
    for (key, value) in map {
        let pointer = format!("/metadata/{field}/{}", escaped(key));
        // The server reads keys of annotations in lower case.
        let read = if field == "labels" { key.clone() } else { key.to_lowercase().into() };
        if let Some(fault) = names::key_fault(&read) {
            let message = format!("the {what} key `{key}` {fault}");
            findings.push(Finding::refused("bad-label", &pointer, message).at_key());
        }
        match value {
            Value::String(text) => {
                size += key.len() + text.len();
                if let Some(fault) = names::label_value_fault(text).filter(|_| field == "labels") {
                    let message = format!("the value `{text}` of label {key} {fault}");
                    findings.push(Finding::refused("bad-label", pointer, message));
                }
            }
            Value::Null => {}
            Value::Number(_) | Value::Bool(_) => {
                let message = format!("the {what} {key} must be text, and YAML reads it as {value}");
                findings.push(Finding::refused("not-text", pointer, message).help(
                    "Write the value in quotes: without them 1.10 becomes the number 1.1, and yes, no, on and off become true or false.",
                ));
            }
            Value::Array(_) | Value::Object(_) => {
                let kind = if value.is_array() { "a list" } else { "a mapping" };
                let message = format!("the {what} {key} must be text, not {kind}");
                findings.push(Finding::refused("not-text", pointer, message));
            }
        }
    }
    if field == "annotations" && size > ANNOTATIONS {
        let message = format!("annotations may have {ANNOTATIONS} bytes together; these have {size}");
        findings.push(Finding::refused("too-long", "/metadata/annotations", message));
    }
}
