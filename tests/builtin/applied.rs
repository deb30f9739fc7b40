//! Sequences of applies, updates and patches by several managers, carried out by a real API server and by the rehearsal's functions:
//! objects, managers and refusals must agree after each.

use http::Method;
use seldonplay::json::{Map, Value, json, merge};
use seldonplay::rehearsal::builtin::untouched_of_custom;
use seldonplay::rehearsal::fields::{self, Manager};
use seldonplay::structural::{self, Schema};

use crate::random::Random;
use crate::server::{Failure, Server};

const APPLY: &str = "application/apply-patch+yaml";
const MERGE: &str = "application/merge-patch+json";
const JSON: &str = "application/json";
const TIME: &str = "2026-01-01T00:00:00Z";

/// The custom kind, as YAML: every way in which parts are told apart.
const DEFINITION: &str = include_str!("widgets.yaml");

/// The custom kind in a group of this run's own.
fn definition(group: &str) -> Result<Value, Failure> {
    Ok(serde_yaml::from_str(&DEFINITION.replace("fields.example.com", group))?)
}

/// Some of the things that a spec may hold.
fn spec(random: &mut Random) -> Value {
    let mut spec = Map::new();
    let words = ["a", "b", "c"];
    let few = |random: &mut Random| -> Vec<Value> {
        words.iter().filter(|_| random.once_in(2)).map(|word| json!(word)).collect()
    };
    let mut put = |random: &mut Random, key: &str, value: &dyn Fn(&mut Random) -> Value| {
        if random.once_in(3) {
            spec.insert(key.into(), value(random));
        }
    };
    put(random, "text", &|random| json!(random.one(&words)));
    put(random, "count", &|random| json!(random.below(3)));
    put(random, "size", &|random| random.one(&[json!(1), json!("50%"), json!("1")]).clone());
    put(random, "filled", &|random| json!(random.one(&words)));
    put(random, "set", &|random| few(random).into());
    put(random, "list", &|random| few(random).into());
    put(random, "map", &|random| {
        few(random)
            .iter()
            .map(|word| (word.as_str().unwrap_or_default(), json!(random.one(&words))))
            .collect::<Map>()
            .into()
    });
    put(random, "whole", &|random| json!({"a": random.one(&words)}));
    put(random, "nested", &|random| match random.below(4) {
        0 => json!({}),
        1 => json!({"a": random.one(&words)}),
        2 => json!({"b": {"c": random.one(&words)}}),
        _ => json!({"a": "x", "b": {"d": random.below(2)}}),
    });
    put(random, "open", &|random| match random.below(5) {
        0 => json!({"x": {"y": random.below(2)}}),
        1 => json!({"x": [random.below(2)], "known": {"a": random.one(&words)}}),
        2 => json!({"known": {"z": random.below(2)}}),
        3 => json!({"x": random.below(2)}),
        _ => json!({}),
    });
    put(random, "ports", &|random| {
        let mut ports = Vec::new();
        for (port, protocol) in [(1, None), (1, Some("UDP")), (2, Some("TCP")), (3, None)] {
            if random.once_in(2) {
                let mut item = json!({"port": port});
                if let Some(protocol) = protocol {
                    item["protocol"] = json!(protocol);
                }
                if random.once_in(2) {
                    item["name"] = json!(random.one(&words));
                }
                if random.once_in(3) {
                    item["tags"] = few(random).into();
                }
                let at = random.below(ports.len() + 1);
                ports.insert(at, item);
            }
        }
        ports.into()
    });
    Value::Object(spec)
}

fn metadata(random: &mut Random, name: &str, namespace: &str) -> Value {
    let mut metadata = json!({"name": name, "namespace": namespace});
    for key in ["labels", "annotations"] {
        if random.once_in(4) {
            metadata[key] = json!({(*random.one(&["x", "y"])): random.one(&["1", "2"])});
        }
    }
    if random.once_in(6) {
        metadata["finalizers"] = json!([random.one(&["example.com/a", "example.com/b"])]);
    }
    metadata
}

/// What can be compared: without what the server gives out, and managers without their times.
fn masked(object: &Value) -> Value {
    let mut object = object.clone();
    let Some(metadata) = object["metadata"].as_object_mut() else { return object };
    for key in ["uid", "resourceVersion", "creationTimestamp", "generation"] {
        metadata.shift_remove(key);
    }
    if let Some(entries) = metadata.get_mut("managedFields").and_then(Value::as_array_mut) {
        for entry in entries.iter_mut() {
            if entry.get("time").is_some() {
                entry["time"] = json!("some");
            }
        }
        entries.sort_by_key(|entry| {
            ["operation", "manager", "apiVersion", "subresource"].map(|key| entry[key].to_string())
        });
    }
    object
}

/// The rehearsal's side of one custom object.
struct Model<'a> {
    version: &'a str,
    schema: &'a Schema,
    object: Option<Value>,
}

impl Model<'_> {
    fn manager<'m>(&'m self, name: &'m str, subresource: &'m str) -> Manager<'m> {
        let untouched = untouched_of_custom(subresource, true);
        Manager { name, api_version: self.version, subresource, time: TIME, untouched, constant: false }
    }

    /// What the server does with a custom object after it is merged.
    fn settle(&mut self, mut new: Value, subresource: &str) {
        structural::prune(self.schema, &mut new);
        structural::default(self.schema, &mut new);
        let put = |object: &mut Value, key: &str, value: Option<Value>| {
            let Some(map) = object.as_object_mut() else { return };
            match value {
                Some(value) => map.insert(key.into(), value),
                None => map.shift_remove(key),
            };
        };
        match &self.object {
            Some(old) if subresource == "status" => {
                let managers = new["metadata"].get("managedFields").cloned();
                let status = new.get("status").cloned();
                new = old.clone();
                put(&mut new, "status", status);
                put(&mut new["metadata"], "managedFields", managers);
            }
            Some(old) => put(&mut new, "status", old.get("status").cloned()),
            None => put(&mut new, "status", None),
        }
        if let Some(old) = &self.object {
            crate::keep_times(old, &mut new);
        }
        self.object = Some(new);
    }

    fn apply(&mut self, applied: &Value, name: &str, subresource: &str, force: bool) -> Result<(), String> {
        let manager = self.manager(name, subresource);
        let merged = fields::apply(self.schema, self.object.as_ref(), applied, &manager, force)
            .map_err(|refused| refused.message())?;
        let nulls: Vec<String> =
            structural::nulls(self.schema, &merged).iter().map(ToString::to_string).collect();
        let (group, object) =
            (self.version.split('/').next().unwrap_or_default(), &applied["metadata"]["name"]);
        match &nulls[..] {
            [] => {}
            [one] => return Err(format!("Widget.{group} {object} is invalid: {one}")),
            _ => return Err(format!("Widget.{group} {object} is invalid: [{}]", nulls.join(", "))),
        }
        self.settle(merged, subresource);
        Ok(())
    }

    fn update(&mut self, mut new: Value, name: &str, subresource: &str) {
        structural::prune(self.schema, &mut new);
        structural::drop_nulls(self.schema, &mut new);
        structural::default(self.schema, &mut new);
        let new = fields::update(self.schema, self.object.as_ref(), &new, &self.manager(name, subresource));
        self.settle(new, subresource);
    }
}

#[tokio::test]
async fn custom_objects_are_managed_as_by_the_server() -> Result<(), Failure> {
    let Some(server) = Server::with_namespace("applied").await? else { return Ok(()) };
    let group = format!("{}.example.com", server.namespace);
    let version = format!("{group}/v1");
    let definition = definition(&group)?;
    let crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    server.call(Method::POST, crds, Some(JSON), &definition).await?;
    let folder = format!("/apis/{version}/namespaces/{}/widgets", server.namespace);
    while server.get(&folder).await?.0 != 200 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let crd = structural::CrdSchema::from_crd(&definition)?;
    let schema = &crd.version("v1").ok_or("no version")?.schema;
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(40);
    let mut differences = Vec::new();
    for seed in 0..rounds {
        let mut model = Model { version: &version, schema, object: None };
        if let Some(difference) = sequence(&server, &folder, seed, &mut model).await? {
            differences.push(format!("seed {seed}: {difference}"));
        }
    }
    server.call(Method::DELETE, &format!("{crds}/widgets.{group}"), None, &Value::Null).await?;
    server.leave().await?;
    assert!(
        differences.is_empty(),
        "{} of {rounds} differ\n{}",
        differences.len(),
        differences[..differences.len().min(5)].join("\n\n")
    );
    Ok(())
}

/// Plays one sequence; the first difference in words.
async fn sequence(
    server: &Server,
    folder: &str,
    seed: u64,
    model: &mut Model<'_>,
) -> Result<Option<String>, Failure> {
    let mut random = Random::of(seed + 1);
    let name = format!("w{seed}");
    let path = format!("{folder}/{name}");
    let mut live = Value::Null;
    let mut told = Vec::new();
    for _ in 0..10 {
        let by = *random.one(&["one", "two", "three", "kubectl"]);
        let subresource = if !live.is_null() && random.once_in(4) { "status" } else { "" };
        let slash = if subresource.is_empty() { "" } else { "/status" };
        let mut object = json!({"apiVersion": model.version, "kind": "Widget"});
        object["metadata"] = metadata(&mut random, &name, &server.namespace);
        object["spec"] = spec(&mut random);
        if random.once_in(3) || !subresource.is_empty() {
            object["status"] = json!({"phase": random.one(&["a", "b"]),
                "conditions": [{"type": random.one(&["x", "y"]), "status": random.one(&["True", "False"])}]});
        }
        let what = random.below(5);
        let force = random.once_in(2);
        let (status, answer, ours) = if what < 3 {
            let query = format!("{path}{slash}?fieldManager={by}&force={force}");
            let (status, answer) = server.call(Method::PATCH, &query, Some(APPLY), &object).await?;
            let ours = model.apply(&object, by, subresource, force);
            (status, answer, ours)
        } else if live.is_null() {
            let query = format!("{folder}?fieldManager={by}");
            let (status, answer) = server.call(Method::POST, &query, Some(JSON), &object).await?;
            model.update(object.clone(), by, "");
            (status, answer, Ok(()))
        } else if what == 3 {
            object["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
            if random.once_in(8) {
                object["metadata"]["managedFields"] = json!([{}]);
            }
            let query = format!("{path}{slash}?fieldManager={by}");
            let (status, answer) = server.call(Method::PUT, &query, Some(JSON), &object).await?;
            model.update(object.clone(), by, subresource);
            (status, answer, Ok(()))
        } else {
            let patch = json!({"spec": object["spec"], "status": object["status"]});
            let query = format!("{path}{slash}?fieldManager={by}");
            let (status, answer) = server.call(Method::PATCH, &query, Some(MERGE), &patch).await?;
            let mut new = model.object.clone().unwrap_or_default();
            merge(&mut new, &patch);
            model.update(new, by, subresource);
            (status, answer, Ok(()))
        };
        told.push(format!(
            "{by} {} {subresource} force={force}: {object}",
            ["apply", "apply", "apply", "put", "patch"][what]
        ));
        let theirs = if status < 300 {
            Ok(())
        } else {
            Err(answer["message"].as_str().unwrap_or_default().to_owned())
        };
        if status < 300 {
            live = answer;
        }
        let (a, b) = (masked(&live), masked(model.object.as_ref().unwrap_or(&Value::Null)));
        if theirs != ours || a != b {
            return Ok(Some(format!(
                "{}\n theirs {theirs:?}\n   ours {ours:?}\n theirs {a}\n   ours {b}",
                told.join("\n")
            )));
        }
    }
    Ok(None)
}
