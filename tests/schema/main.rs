//! The JSON Schema of playbooks: committed as it is generated, of use to editors, and of one mind with the decoder.

mod fragments;
mod table;

use seldonplay::diagnostic::{Diagnostics, Severity};
use seldonplay::playbook::action::VERBS;
use seldonplay::playbook::decode::Decoder;
use seldonplay::playbook::document::Playbook;
use seldonplay::playbook::template::{self, Scope};
use seldonplay::source::{Dialect, Sources, read_yaml};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

/// Where the schema is kept.
fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas/playbook.schema.json")
}

/// The schema, ready to judge.
fn validator() -> jsonschema::Validator {
    jsonschema::draft202012::new(&Playbook::json_schema().plain()).expect("it is a schema")
}

/// The errors that the decoder finds in a playbook, each by its code. Expressions are expanded before, as for a plan:
/// `vars` are known, `steps` come later.
fn decoded(text: &str) -> (Vec<&'static str>, Option<Value>) {
    let mut sources = Sources::new();
    let file = sources.add("playbook.yaml", text);
    let (documents, faults) = read_yaml(&sources, file, Dialect::Playbook);
    let mut found = Diagnostics::new();
    found.extend(faults.into_iter().map(Into::into));
    let mut scope = Scope::default();
    scope.known.insert(
        "vars".into(),
        json!({ "number": 3, "text": "Deployment/web", "yes": true, "time": "5s" }).into(),
    );
    scope.late.insert("steps".into());
    let document = documents.first();
    if let Some(document) = document {
        let tree = template::expand(&document.tree, &scope, &mut found);
        Playbook::read(&tree, &mut Decoder::new(&mut found));
    }
    let errors = found.in_order().into_iter().filter(|finding| finding.severity == Severity::Error);
    (
        errors.map(|finding| finding.code.as_str()).collect(),
        document.map(|document| document.tree.to_value().plain()),
    )
}

#[test]
fn it_is_committed_as_it_is_generated() {
    let generated = format!("{:#}\n", Playbook::json_schema().plain());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(committed(), &generated).expect("the schema can be written");
    }
    let written = std::fs::read_to_string(committed()).unwrap_or_default();
    assert!(written == generated, "the schema has changed: UPDATE=1 cargo test --test schema writes it");
    let printed = Command::new(env!("CARGO_BIN_EXE_seldonplay")).arg("schema").output().expect("it starts");
    assert_eq!(printed.status.code(), Some(0));
    assert!(printed.stdout == generated.as_bytes(), "`seldonplay schema` prints another one");
}

#[test]
fn it_is_a_schema_of_its_draft() {
    let schema = Playbook::json_schema().plain();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    if let Err(fault) = jsonschema::draft202012::meta::validate(&schema) {
        panic!("{}: {fault}", fault.instance_path());
    }
}

#[test]
fn a_step_is_one_object_of_all_verbs() {
    let schema = Playbook::json_schema().plain();
    let step = &schema["$defs"]["step"]["anyOf"][1];
    assert_eq!(step["additionalProperties"], json!(false));
    let one_of: Vec<Value> = VERBS.iter().map(|verb| json!({ "required": [verb.name] })).collect();
    assert_eq!(step["oneOf"], json!(one_of), "exactly one verb, told by `required` alone");
    for (key, property) in step["properties"].as_object().expect("a step has keys") {
        assert!(property["description"].is_string(), "`{key}` has no description to show in an editor");
    }
    for (key, property) in schema["properties"].as_object().expect("a playbook has keys") {
        assert!(key == "kind" || property["description"].is_string(), "`{key}` has no description");
    }
}

#[test]
fn numbers_booleans_and_durations_take_expressions() {
    let mut without = Vec::new();
    lonely(&Playbook::json_schema().plain(), false, &mut String::new(), &mut without);
    assert!(without.is_empty(), "these take no `${{{{ }}}}`: {without:?}");
}

/// The places of numbers, booleans and durations that take no expression.
fn lonely(schema: &Value, admits: bool, place: &mut String, found: &mut Vec<String>) {
    let Value::Object(map) = schema else {
        for (index, item) in schema.as_array().into_iter().flatten().enumerate() {
            let length = place.len();
            place.push_str(&format!("/{index}"));
            lonely(item, admits, place, found);
            place.truncate(length);
        }
        return;
    };
    let types: Vec<&str> = match &map.get("type") {
        Some(Value::String(only)) => vec![only],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let scalar = types.iter().any(|name| matches!(*name, "integer" | "number" | "boolean"));
    let duration =
        map.get("pattern").and_then(Value::as_str).is_some_and(|pattern| pattern.contains("ms|s|m|h"));
    if (scalar && !types.contains(&"string") || duration) && !admits {
        found.push(place.trim_start_matches('/').to_owned());
    }
    for (key, inner) in map {
        // Behind a choice of which one is an expression, the others need not take it too.
        let alternatives = inner.as_array().filter(|_| key == "anyOf").into_iter().flatten();
        let expression =
            |choice: &Value| choice["pattern"].as_str().is_some_and(|pattern| pattern.contains(r"\$\{\{"));
        let admits = alternatives.clone().any(expression)
            || (key == "anyOf" && admits && !map.contains_key("properties"));
        let length = place.len();
        place.push_str(&format!("/{key}"));
        lonely(inner, admits, place, found);
        place.truncate(length);
    }
}
