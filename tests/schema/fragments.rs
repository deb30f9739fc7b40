//! Playbooks made of fragments: every key of the language with every sort of value.

use super::{decoded, validator};
use seldonplay::playbook::action::VERBS;
use seldonplay::playbook::decode::Mapping;
use seldonplay::playbook::document::Playbook;
use seldonplay::playbook::step::envelope_keys;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What the schema cannot tell, by the finding's code: these are rules of what a text says.
const BY_CODE: &[(&str, &str)] = &[
    ("bad-condition", "a condition is a text with a grammar of its own"),
    ("bad-expression", "an expression is a text with a grammar of its own"),
    ("bad-target", "kinds, names and namespaces have spellings of their own"),
    ("bad-selector", "a label selector is a text with a grammar of its own"),
];

/// What the schema does not tell, by key and code.
const BY_KEY: &[(&str, &str, &str)] = &[
    ("manifest-file.path", "bad-manifest", "an empty path"),
    ("operation.from", "bad-patch", "which operations take `from`"),
    ("step.id", "bad-name", "names are letters, digits and `_`"),
];

/// A playbook with a value under a key.
struct Made {
    /// The key: `wait-until.timeout`.
    key: String,
    playbook: Value,
}

fn values() -> Vec<Value> {
    vec![
        json!("ready"),
        json!("some text"),
        json!("Deployment/web"),
        json!("$.status.x"),
        json!("90s"),
        json!("5"),
        json!(""),
        json!(0),
        json!(3),
        json!(-1),
        json!(1.5),
        json!(3_000_000_000u64),
        json!(true),
        Value::Null,
        json!([]),
        json!(["Deployment/web"]),
        json!({}),
        json!({ "kind": "Pod" }),
        json!({ "min": 1, "max": 2 }),
        json!([{ "op": "remove", "path": "/a" }]),
        json!("${{ vars.number }}"),
        json!("${{ vars.text }}"),
        json!("${{ vars.yes }}"),
        json!("${{ vars.time }}"),
        json!("${{ steps.up.url }}"),
        json!("before ${{ vars.text }}"),
    ]
}

fn with(base: Value, key: &str, value: &Value) -> Value {
    let mut map: Map<String, Value> = base.as_object().cloned().unwrap_or_default();
    map.insert(key.to_owned(), value.clone());
    Value::Object(map)
}

/// Mappings inside a step, and their keys.
const INSIDE: &[(&str, &[&str])] = &[
    ("retry", &["attempts", "delay", "backoff"]),
    ("save", &["url"]),
    ("target", &["kind", "apiVersion", "name", "namespace", "labels", "owner", "where"]),
    ("condition", &["all", "any", "not", "like", "target", "condition"]),
    ("replicas", &["min", "max"]),
];

/// A step with such a mapping.
fn inside(name: &str, mapping: &Value) -> Value {
    match name {
        "retry" => json!({ "apply": null, "retry": mapping }),
        "save" => json!({ "apply": null, "id": "up", "save": mapping }),
        "target" => {
            let mut target = json!({ "kind": "Pod", "name": "a" });
            for (key, value) in mapping.as_object().into_iter().flatten() {
                target[key] = value.clone();
            }
            json!({ "get": target })
        }
        "condition" => json!({ "assert": { "condition": mapping } }),
        _ => json!({ "scale": { "replicas": mapping } }),
    }
}

fn made() -> Vec<Made> {
    let mut all = Vec::new();
    let mut add = |key: String, playbook: Value| all.push(Made { key, playbook });
    let step = |step: Value| json!({ "steps": [step] });
    for value in &values() {
        add("step".into(), step(value.clone()));
        for verb in VERBS {
            add(verb.name.into(), step(json!({ verb.name: value })));
            for key in (verb.keys)() {
                let base = match (verb.name, key.name) {
                    ("wait-until" | "assert", _) => json!({ "condition": "ready" }),
                    ("patch", "json" | "strategic") => json!({}),
                    ("patch", _) => json!({ "merge": { "spec": {} } }),
                    ("scale", _) => json!({ "replicas": 2 }),
                    _ => json!({}),
                };
                add(
                    format!("{}.{}", verb.name, key.name),
                    step(json!({ verb.name: with(base, key.name, value) })),
                );
            }
        }
        for key in envelope_keys() {
            add(format!("step.{}", key.name), step(with(json!({ "apply": null }), key.name, value)));
        }
        for key in Playbook::keys() {
            add(format!("playbook.{}", key.name), with(json!({ "steps": ["apply"] }), key.name, value));
        }
        for (name, keys) in INSIDE {
            for key in *keys {
                add(format!("{name}.{key}"), step(inside(name, &json!({ *key: value }))));
            }
        }
        for key in ["target", "condition", "hold-for"] {
            let fail_when = with(json!({ "condition": "ready" }), key, value);
            add(
                format!("fail-when.{key}"),
                step(json!({ "wait-until": { "condition": "ready", "fail-when": fail_when } })),
            );
        }
        for key in ["op", "path", "from", "value"] {
            let operation = with(json!({ "op": "add", "path": "/a", "value": 1 }), key, value);
            add(format!("operation.{key}"), step(json!({ "patch": { "json": [operation] } })));
        }
        for key in ["path", "expand"] {
            let file = with(json!({ "path": "a.yaml" }), key, value);
            add(format!("manifest-file.{key}"), json!({ "steps": ["apply"], "manifest": file }));
        }
        add("defaults.timeout".into(), json!({ "steps": ["apply"], "defaults": { "timeout": value } }));
        add("unknown key".into(), with(json!({ "steps": ["apply"] }), "stpes", value));
        add("unknown key".into(), step(with(json!({ "apply": null }), "timeuot", value)));
        add("two verbs".into(), step(with(json!({ "apply": null }), "get", value)));
    }
    all
}

#[test]
fn decoder_and_schema_judge_alike() {
    let validator = validator();
    let mut faults = Vec::new();
    let (mut alike, mut refused) = (0, 0);
    let mut excused: BTreeSet<(String, String)> = BTreeSet::new();
    for Made { key, playbook } in made() {
        let text = playbook.to_string();
        let (errors, _) = decoded(&text);
        let valid = validator.is_valid(&playbook);
        match (errors.is_empty(), valid) {
            (true, true) => alike += 1,
            (false, false) => (alike, refused) = (alike + 1, refused + 1),
            // An expression takes any type, and what it gives nobody knows beforehand.
            (false, true) if text.contains("${{") => {}
            (false, true) => {
                for code in errors {
                    if BY_KEY.iter().any(|(at, what, _)| *at == key && *what == code) {
                        excused.insert((key.clone(), code.to_owned()));
                    } else if BY_CODE.iter().any(|(what, _)| *what == code) {
                        excused.insert((String::new(), code.to_owned()));
                    } else {
                        faults.push(format!("{key}: only the decoder refuses {text}: {code}"));
                    }
                }
            }
            (true, false) => faults.push(format!("{key}: only the schema refuses {text}")),
        }
    }
    assert!(faults.is_empty(), "{} playbooks are judged differently:\n{}", faults.len(), faults.join("\n"));
    assert!(alike > 2000 && refused > 500, "{alike} alike, {refused} refused by both");
    let listed: BTreeSet<(String, String)> = BY_KEY
        .iter()
        .map(|(key, code, _)| ((*key).to_owned(), (*code).to_owned()))
        .chain(BY_CODE.iter().map(|(code, _)| (String::new(), (*code).to_owned())))
        .collect();
    assert_eq!(excused, listed, "what really differs (left), and what is listed as differing (right)");
}
