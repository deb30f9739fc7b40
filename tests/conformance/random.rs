//! Sequences of writes made up at random, to be played on two servers that must answer the same.
//! It must never know the answers.

use super::case::{Case, Deed, Request, Step};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How many requests a sequence has at most, those that clean up aside.
const LENGTH: usize = 16;

/// What the writes are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    ConfigMap,
    Widget,
    Deployment,
}

/// A request, before it is known what it is about.
#[derive(Clone, Debug)]
struct Write {
    verb: Verb,
    name: &'static str,
    manager: &'static str,
    /// Small numbers of which bodies are made.
    picks: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Verb {
    Create,
    Update,
    Merge,
    Json,
    Strategic,
    Apply,
    Force,
    Status,
    Scale,
    Delete,
    Hold,
    Release,
    Get,
    List,
}

const VERBS: &[Verb] = &[
    Verb::Create,
    Verb::Create,
    Verb::Update,
    Verb::Update,
    Verb::Merge,
    Verb::Merge,
    Verb::Json,
    Verb::Strategic,
    Verb::Apply,
    Verb::Apply,
    Verb::Apply,
    Verb::Apply,
    Verb::Force,
    Verb::Status,
    Verb::Scale,
    Verb::Delete,
    Verb::Hold,
    Verb::Release,
    Verb::Get,
    Verb::List,
];

/// Any sequence, as a case without answers; `only` about what has a name that holds this.
pub fn sequence(only: &str) -> impl Strategy<Value = Case> {
    let write =
        (select(VERBS), select(&["a", "b"][..]), select(&["one", "two", "three"][..]), vec(0u8..12, 8));
    let write = write.prop_map(|(verb, name, manager, picks)| Write { verb, name, manager, picks });
    let all = [Subject::ConfigMap, Subject::Widget, Subject::Deployment];
    let some: Vec<Subject> = all.into_iter().filter(|subject| subject.name().contains(only)).collect();
    let subject = select(if some.is_empty() { all.to_vec() } else { some });
    (subject, vec(write, 2..LENGTH)).prop_map(|(subject, writes)| subject.case(&writes))
}

/// A case as it would be written in a file, so that it can become one.
pub fn written(case: &Case) -> String {
    let mut text = String::from("steps:\n");
    for step in &case.steps {
        let Deed::Send(Request { method, path, body, headers }) = &step.deed else { continue };
        let body = body.as_ref().map(Value::to_string).unwrap_or_default();
        text.push_str(&format!("- {method} {path}: {body}\n"));
        if let Some(content) = headers.get("content-type") {
            text.push_str(&format!("  type: {content}\n"));
        }
    }
    text
}

impl Subject {
    fn case(self, writes: &[Write]) -> Case {
        let cleaned = ["a", "b"].map(|name| {
            let none = json!({"metadata": {"finalizers": null}});
            request("PATCH", format!("{}/{name}", self.path()), Some(none), "application/merge-patch+json")
        });
        let steps = writes.iter().map(|write| self.request(write)).chain(cleaned);
        let step = |request| Step {
            deed: Deed::Send(request),
            look: self.look(),
            save: BTreeMap::new(),
            until: None,
        };
        Case::made(self.name(), self.kinds(), steps.map(step).collect())
    }

    /// What is looked at: where controllers write, too, what they do not touch.
    fn look(self) -> Vec<String> {
        let places: &[&str] = match self {
            Subject::Deployment => &[
                "/kind",
                "/reason",
                "/message",
                "/details",
                "/spec",
                "/metadata/labels",
                "/metadata/finalizers",
                "/metadata/generation",
                "/metadata/deletionTimestamp",
                "$.metadata.managedFields[?@.manager != 'kube-controller-manager']",
                "$.items[*].spec",
            ],
            _ => &[],
        };
        places.iter().map(|place| (*place).to_owned()).collect()
    }

    fn kinds(self) -> Vec<Value> {
        match self {
            Subject::Widget => vec![json!({
                "kind": "Widget",
                "schema": {
                    "spec": {"type": "object", "properties": {
                        "replicas": {"type": "integer", "minimum": 0, "default": 1},
                        "color": {"type": "string", "enum": ["red", "green"]},
                        "deep": {"type": "object", "properties": {"x": {"type": "string"}, "z": {"type": "string"}}},
                        "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                        "plain": {"type": "array", "items": {"type": "string"}},
                        "parts": {
                            "type": "array",
                            "x-kubernetes-list-type": "map",
                            "x-kubernetes-list-map-keys": ["name"],
                            "items": {"type": "object", "required": ["name"], "properties": {
                                "name": {"type": "string"},
                                "value": {"type": "integer"},
                                "note": {"type": "string", "default": "none"},
                            }},
                        },
                        "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                    }},
                    "status": {"type": "object", "properties": {"phase": {"type": "string"}}},
                },
                "subresources": {
                    "status": {},
                    "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
                },
            })],
            _ => Vec::new(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Subject::ConfigMap => "random/config-map",
            Subject::Widget => "random/widget",
            Subject::Deployment => "random/deployment",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Subject::ConfigMap => "${core}/configmaps",
            Subject::Widget => "${custom}/widgets",
            Subject::Deployment => "${apps}/deployments",
        }
    }

    fn request(self, write: &Write) -> Request {
        let Write { verb, name, manager, picks } = write;
        let all = self.path();
        let one = format!("{all}/{name}");
        let mut pick = picks.iter().copied().chain(std::iter::repeat(0));
        let mut pick = move || pick.next().unwrap_or_default();
        let merge = "application/merge-patch+json";
        let applied = "application/apply-patch+yaml";
        let by = |path: &str| format!("{path}?fieldManager={manager}");
        match verb {
            Verb::Create => {
                request("POST", by(all), Some(self.whole(name, true, &mut pick)), "application/json")
            }
            Verb::Update => {
                request("PUT", by(&one), Some(self.whole(name, true, &mut pick)), "application/json")
            }
            Verb::Apply => request("PATCH", by(&one), Some(self.whole(name, false, &mut pick)), applied),
            Verb::Force => {
                let path = format!("{}&force=true", by(&one));
                request("PATCH", path, Some(self.whole(name, false, &mut pick)), applied)
            }
            Verb::Merge => request("PATCH", by(&one), Some(self.part(&mut pick)), merge),
            Verb::Strategic => {
                let part = self.part(&mut pick);
                request("PATCH", by(&one), Some(part), "application/strategic-merge-patch+json")
            }
            Verb::Json => {
                let operations = match pick() % 4 {
                    0 => json!([{"op": "add", "path": "/metadata/labels", "value": {"l": "json"}}]),
                    1 => json!([{"op": "remove", "path": "/metadata/labels/l"}]),
                    2 => {
                        json!([{"op": "test", "path": "/metadata/name", "value": "a"}, {"op": "add", "path": "/metadata/annotations", "value": {"n1": "x"}}])
                    }
                    _ => json!([]),
                };
                request("PATCH", by(&one), Some(operations), "application/json-patch+json")
            }
            Verb::Status => {
                let phase = ["Made", "Lost"][usize::from(pick() % 2)];
                let status = json!({"status": {"phase": phase}});
                request("PATCH", by(&format!("{one}/status")), Some(status), merge)
            }
            Verb::Scale => {
                let scale = json!({"spec": {"replicas": i32::from(pick() % 4) - 1}});
                request("PATCH", by(&format!("{one}/scale")), Some(scale), merge)
            }
            Verb::Delete => request("DELETE", one, None, ""),
            Verb::Hold => {
                let held = json!({"metadata": {"finalizers": ["example.com/hold"]}});
                request("PATCH", by(&one), Some(held), merge)
            }
            Verb::Release => {
                request("PATCH", by(&one), Some(json!({"metadata": {"finalizers": null}})), merge)
            }
            Verb::Get => request("GET", one, None, ""),
            Verb::List => request(
                "GET",
                format!("{all}?labelSelector=l{}", ["", "=1", " in (0, 2)"][usize::from(pick() % 3)]),
                None,
                "",
            ),
        }
    }

    /// A whole object; what must be there is, if it is `complete`.
    fn whole(self, name: &str, complete: bool, pick: &mut impl FnMut() -> u8) -> Value {
        let (version, kind) = match self {
            Subject::ConfigMap => ("v1", "ConfigMap"),
            Subject::Widget => ("${group}/v1", "Widget"),
            Subject::Deployment => ("apps/v1", "Deployment"),
        };
        let mut object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}});
        join(&mut object, self.part(pick));
        if self == Subject::Deployment && (complete || !pick().is_multiple_of(3)) {
            join(
                &mut object,
                json!({"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}}}}),
            );
            let containers = &mut object["spec"]["template"]["spec"]["containers"];
            if containers.is_null() {
                *containers = json!([{"name": "c", "image": "i"}]);
            }
        }
        object
    }

    /// Some fields.
    fn part(self, pick: &mut impl FnMut() -> u8) -> Value {
        let mut object = json!({});
        match pick() {
            0..3 => join(&mut object, json!({"metadata": {"labels": {"l": pick().to_string()}}})),
            3 => join(&mut object, json!({"metadata": {"annotations": {"n1": "x"}, "labels": {"l": "1"}}})),
            _ => {}
        }
        for _ in 0..2 {
            join(&mut object, self.field(pick));
        }
        object
    }

    fn field(self, pick: &mut impl FnMut() -> u8) -> Value {
        let text = |pick: u8| ["x", "w", "1"][usize::from(pick % 3)];
        match (self, pick()) {
            (Subject::ConfigMap, 0..5) => json!({"data": {"x": text(pick())}}),
            (Subject::ConfigMap, 5..9) => json!({"data": {"z": text(pick())}}),
            (Subject::ConfigMap, 9) => json!({"data": {}}),
            (Subject::ConfigMap, 10) => json!({"binaryData": {"b": "YQ=="}}),
            (Subject::ConfigMap, _) => json!({"dta": {"x": "1"}}),
            (Subject::Widget, 0) => json!({"spec": {"replicas": pick()}}),
            (Subject::Widget, 1) => {
                let color = ["red", "green", "blue"][usize::from(pick() % 3)];
                json!({"spec": {"color": color}})
            }
            (Subject::Widget, 2) => json!({"spec": {"deep": {"x": text(pick())}}}),
            (Subject::Widget, 3) => json!({"spec": {"deep": {"z": text(pick())}}}),
            (Subject::Widget, 4) => json!({"spec": {"set": [text(pick()), "s"]}}),
            (Subject::Widget, 5) => json!({"spec": {"set": [text(pick())]}}),
            (Subject::Widget, 6) => json!({"spec": {"plain": [text(pick())]}}),
            (Subject::Widget, 7) => json!({"spec": {"parts": [{"name": text(pick()), "value": pick()}]}}),
            (Subject::Widget, 8) => {
                json!({"spec": {"parts": [{"name": text(pick())}, {"name": "p", "note": "n1"}]}})
            }
            (Subject::Widget, 9) => json!({"spec": {"any": {text(pick()): {"deep": [pick()]}}}}),
            (Subject::Widget, 10) => json!({"spec": {}}),
            (Subject::Widget, _) => json!({"spec": {"unknown": 1}, "status": {"phase": "Made"}}),
            (Subject::Deployment, 0..3) => json!({"spec": {"replicas": 0, "paused": true}}),
            (Subject::Deployment, 3) => json!({"spec": {"minReadySeconds": pick() % 3}}),
            (Subject::Deployment, 4) => json!({"spec": {"strategy": {"type": "Recreate"}}}),
            (Subject::Deployment, 5..8) => {
                json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": text(pick())}]}}}})
            }
            (Subject::Deployment, 8) => {
                json!({"spec": {"template": {"spec": {"containers": [{"name": "d", "image": text(pick())}, {"name": "c", "image": "i", "env": [{"name": "E", "value": text(pick())}]}]}}}})
            }
            (Subject::Deployment, 9) => {
                json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80 + pick() % 2}]}]}}}})
            }
            (Subject::Deployment, 10) => {
                json!({"spec": {"template": {"spec": {"nodeSelector": {"k": text(pick())}}}}})
            }
            (Subject::Deployment, _) => {
                json!({"spec": {"template": {"metadata": {"annotations": {"n1": text(pick())}}}}})
            }
        }
    }
}

fn request(method: &str, path: String, body: Option<Value>, content: &str) -> Request {
    let mut headers = BTreeMap::from([("accept".to_owned(), "application/json".to_owned())]);
    if body.is_some() {
        headers.insert("content-type".into(), content.into());
    }
    Request { method: method.into(), path, body, headers }
}

/// Puts the fields of an object into another, deep down.
fn join(object: &mut Value, more: Value) {
    match (object, more) {
        (Value::Object(object), Value::Object(more)) => {
            for (key, value) in more {
                join(object.entry(key).or_insert_with(|| Value::Object(Map::new())), value);
            }
        }
        (place, value) => *place = value,
    }
}
