//! What a definition may not say, beyond what can be seen field by field: schemas that are not structural, defaults that
//! their own schema refuses, versions in which something may still be kept.
//! It must never change a definition.

use crate::json::Value;
use regex::Regex;

use super::refusal::quote;
use crate::rehearsal::builtin::Fault;
use crate::structural::{self, Schema};

/// What is wrong with a definition.
pub fn faults(definition: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    let spec = &definition["spec"];
    let group = spec["group"].as_str().unwrap_or_default();
    let protected = |domain: &str| group == domain || group.ends_with(&format!(".{domain}"));
    const APPROVED: &str = "api-approved.kubernetes.io";
    if (protected("k8s.io") || protected("kubernetes.io"))
        && definition["metadata"]["annotations"][APPROVED].as_str().unwrap_or_default().is_empty()
    {
        let why = "protected groups must have approval annotation \"api-approved.kubernetes.io\", see https://github.com/kubernetes/enhancements/pull/1111";
        faults.push(Fault::required(format!("metadata.annotations[{APPROVED}]"), why));
    }
    let versions = spec["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let alike = versions.windows(2).all(|pair| pair[0]["schema"] == pair[1]["schema"]);
    for (index, version) in versions.iter().enumerate() {
        // A schema that all versions have is told once, under the name it had when there was but one.
        let place = match alike {
            true if index > 0 => continue,
            true => "spec.validation.openAPIV3Schema".to_owned(),
            false => format!("spec.versions[{index}].schema.openAPIV3Schema"),
        };
        schema(&version["schema"]["openAPIV3Schema"], &place, &mut faults);
    }
    stored(definition, versions, &mut faults);
    faults
}

fn stored(definition: &Value, versions: &[Value], faults: &mut Vec<Fault>) {
    let stored = definition["status"]["storedVersions"].as_array().map(Vec::as_slice).unwrap_or_default();
    if stored.is_empty() {
        faults.push(Fault::invalid("status.storedVersions", "null", "must have at least one stored version"));
    }
    for version in versions.iter().filter(|version| version["storage"] == true && !stored.is_empty()) {
        if !stored.contains(&version["name"]) {
            let why =
                format!("must have the storage version {}", version["name"].as_str().unwrap_or_default());
            let shown = Value::from(stored.to_vec());
            faults.push(Fault::invalid("status.storedVersions", shown, why));
        }
    }
    for (index, name) in stored.iter().enumerate() {
        if versions.iter().any(|version| version["name"] == *name) {
            continue;
        }
        let name = name.as_str().unwrap_or_default();
        let why = format!(
            "missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in {name} and removes {name} from status.storedVersions"
        );
        faults.push(Fault::invalid(format!("status.storedVersions[{index}]"), quote(name), why));
    }
}

/// One place of a schema, and all below.
fn schema(at: &Value, place: &str, faults: &mut Vec<Fault>) {
    if let Some(pattern) = at["pattern"].as_str().filter(|pattern| !structural::is_pattern(pattern)) {
        let why = format!(
            "must be a valid regular expression, but isn't: error parsing regexp: {}",
            why_not(pattern)
        );
        faults.push(Fault::invalid(format!("{place}.pattern"), quote(pattern), why));
    }
    if at["uniqueItems"] == true {
        let why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        faults.push(Fault::forbidden(format!("{place}.uniqueItems"), why));
    }
    if !at["default"].is_null() {
        let compiled = Schema::from_open_api(at, false);
        for violation in structural::check(&compiled, &at["default"]) {
            let mut message = violation.message.clone();
            // The value itself has no path.
            if let Some((before, after)) = message.split_once(" in body ") {
                let value = before.rsplit_once(": ").map_or(before, |(value, _)| value);
                message = format!("{value}:  in body {after}");
            }
            faults.push(Fault {
                reason: Fault::reason_of(&message),
                field: format!("{place}.default"),
                message,
            });
        }
    }
    keys(at, place, faults);
    for junction in ["allOf", "anyOf", "oneOf"] {
        for (index, below) in at[junction].as_array().into_iter().flatten().enumerate() {
            value_only(at, below, &format!("{place}.{junction}[{index}]"), faults);
        }
    }
    if at["not"].is_object() {
        value_only(at, &at["not"], &format!("{place}.not"), faults);
    }
    for (name, below) in at["properties"].as_object().into_iter().flatten() {
        schema(below, &format!("{place}.properties[{name}]"), faults);
    }
    for key in ["items", "additionalProperties"] {
        if at[key].is_object() {
            schema(&at[key], &format!("{place}.{key}"), faults);
        }
    }
}

/// The keys of a list that is a map must be there in every item.
fn keys(at: &Value, place: &str, faults: &mut Vec<Fault>) {
    if at["x-kubernetes-list-type"] != "map" {
        return;
    }
    let items = &at["items"];
    let required = |key: &str| items["required"].as_array().into_iter().flatten().any(|name| name == key);
    for key in at["x-kubernetes-list-map-keys"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !required(key) && items["properties"][key]["default"].is_null() {
            let why = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
            faults.push(Fault::required(format!("{place}.items.properties[{key}].default"), why));
        }
    }
}

/// What is combined says of values only, never of which type they are.
fn value_only(parent: &Value, at: &Value, place: &str, faults: &mut Vec<Fault>) {
    let numbers_or_text = parent["x-kubernetes-int-or-string"] == true;
    for key in ["type", "default", "description", "title", "nullable"] {
        let given = match &at[key] {
            Value::Null => false,
            Value::Bool(given) => *given,
            Value::String(text) => !text.is_empty(),
            _ => true,
        };
        if given && !(key == "type" && numbers_or_text) {
            faults.push(Fault::forbidden(format!("{place}.{key}"), "must be empty to be structural"));
        }
    }
    for (name, below) in at["properties"].as_object().into_iter().flatten() {
        value_only(&Value::Null, below, &format!("{place}.properties[{name}]"), faults);
    }
    if at["items"].is_object() {
        value_only(&Value::Null, &at["items"], &format!("{place}.items"), faults);
    }
}

/// Why a text is no regular expression, in Go's words for the commonest reasons.
fn why_not(pattern: &str) -> String {
    let told = Regex::new(pattern).map_or_else(|error| error.to_string(), |_| String::new());
    let what = match () {
        () if told.contains("unclosed group") => "missing closing )",
        () if told.contains("unopened group") => "unexpected )",
        () if told.contains("unclosed character class") => "missing closing ]",
        () if told.contains("repetition operator missing") => "missing argument to repetition operator",
        () => "invalid or unsupported Perl syntax",
    };
    format!("{what}: `{pattern}`")
}
