//! Sequences of applies, updates and patches of built-in kinds by several managers, carried out by a real API server and by the rehearsal's
//! functions: objects, managers and refusals must agree after each.

use http::Method;
use seldonplay::json::{Map, Value, json, merge};
use seldonplay::rehearsal::fields::{self, Manager};
use seldonplay::rehearsal::{builtin, strategic};

use crate::created::differences;
use crate::random::Random;
use crate::refused::Verdict;
use crate::server::{Failure, Server};

const APPLY: &str = "application/apply-patch+yaml";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const JSON: &str = "application/json";

/// A kind that no controller writes to.
struct Kind {
    name: &'static str,
    plural: &'static str,
    /// Fields that the server fills in by itself.
    given: &'static [&'static str],
    make: fn(&mut Random) -> Map,
}

const KINDS: &[Kind] = &[
    Kind { name: "ConfigMap", plural: "configmaps", given: &[], make: config_map },
    Kind { name: "PodTemplate", plural: "podtemplates", given: &[], make: pod_template },
    Kind {
        name: "Service",
        plural: "services",
        given: &["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"],
        make: service,
    },
];

const WORDS: [&str; 3] = ["a", "b", "c"];

fn some(random: &mut Random, map: &mut Map, key: &str, value: impl FnOnce(&mut Random) -> Value) {
    if random.once_in(2) {
        let value = value(random);
        map.insert(key.into(), value);
    }
}

fn labels(random: &mut Random) -> Value {
    let mut map = Map::new();
    for word in WORDS {
        some(random, &mut map, word, |random| json!(*random.one(&["1", "2"])));
    }
    Value::Object(map)
}

fn config_map(random: &mut Random) -> Map {
    let mut map = Map::new();
    some(random, &mut map, "data", labels);
    some(random, &mut map, "binaryData", |random| json!({(*random.one(&["x", "y"])): "YWJj"}));
    map
}

fn service(random: &mut Random) -> Map {
    let mut spec = Map::new();
    some(random, &mut spec, "selector", labels);
    let mut ports = Vec::new();
    for (port, protocol) in [(80, None), (80, Some("UDP")), (443, Some("TCP"))] {
        if random.once_in(2) || ports.is_empty() {
            let mut item = Map::from_iter([("port".to_owned(), json!(port))]);
            item.insert(
                "name".into(),
                json!(format!("p{port}{}", protocol.unwrap_or_default().to_lowercase())),
            );
            item.extend(protocol.map(|protocol| ("protocol".to_owned(), json!(protocol))));
            some(random, &mut item, "targetPort", |random| random.one(&[json!(8080), json!("http")]).clone());
            let at = random.below(ports.len() + 1);
            ports.insert(at, Value::Object(item));
        }
    }
    spec.insert("ports".into(), ports.into());
    if random.once_in(4) {
        spec.insert("sessionAffinity".into(), json!(*random.one(&["None", "ClientIP"])));
    }
    Map::from_iter([("spec".to_owned(), Value::Object(spec))])
}

fn container(random: &mut Random, name: &str) -> Value {
    let mut map = Map::from_iter([("name".to_owned(), json!(name))]);
    if !random.once_in(6) {
        map.insert("image".into(), json!(*random.one(&["one", "two:1"])));
    }
    some(random, &mut map, "args", |random| json!([random.one(&WORDS), random.one(&WORDS)]));
    some(random, &mut map, "env", |random| {
        let mut env = Vec::new();
        for word in WORDS {
            if random.once_in(2) {
                env.insert(0, json!({"name": word, "value": random.one(&WORDS)}));
            }
        }
        env.into()
    });
    some(random, &mut map, "ports", |random| {
        let ports = [json!({"containerPort": 80}), json!({"containerPort": 81, "protocol": "UDP"})];
        let named = json!({"containerPort": 80, "protocol": "TCP", "name": random.one(&WORDS)});
        random.one(&[json!([ports[0]]), json!([ports[1], ports[0]]), json!([named]), json!([])]).clone()
    });
    some(random, &mut map, "resources", |random| {
        let cpu = *random.one(&["100m", "0.1", "1"]);
        random
            .one(&[
                json!({"limits": {"cpu": cpu}}),
                json!({"limits": {"memory": "1Gi", "cpu": cpu}}),
                json!({}),
            ])
            .clone()
    });
    some(random, &mut map, "readinessProbe", |random| {
        random
            .one(&[json!({"httpGet": {"port": 80}}), json!({"tcpSocket": {"port": 80}, "periodSeconds": 3})])
            .clone()
    });
    Value::Object(map)
}

fn pod_template(random: &mut Random) -> Map {
    let mut spec = Map::new();
    let mut containers = Vec::new();
    for name in WORDS {
        if random.once_in(2) || containers.is_empty() {
            let at = random.below(containers.len() + 1);
            containers.insert(at, container(random, name));
        }
    }
    spec.insert("containers".into(), containers.into());
    some(random, &mut spec, "nodeSelector", labels);
    some(
        random,
        &mut spec,
        "tolerations",
        |random| json!([{"key": random.one(&WORDS), "operator": "Exists"}]),
    );
    some(random, &mut spec, "imagePullSecrets", |random| json!([{"name": random.one(&WORDS)}]));
    some(random, &mut spec, "terminationGracePeriodSeconds", |random| json!(random.below(3)));
    some(random, &mut spec, "volumes", |random| {
        let volumes = [
            json!({"name": "a"}),
            json!({"name": "a", "emptyDir": {"medium": "Memory"}}),
            json!({"name": "b", "configMap": {"name": "x", "items": [{"key": "k", "path": "p"}]}}),
        ];
        random.one(&[json!([volumes[0]]), json!([volumes[1]]), json!([volumes[2], volumes[0]])]).clone()
    });
    some(random, &mut spec, "affinity", |random| {
        let values = json!([random.one(&WORDS)]);
        json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "k", "operator": "In", "values": values}]}]}}})
    });
    let mut template = Map::from_iter([("spec".to_owned(), Value::Object(spec))]);
    some(random, &mut template, "metadata", |random| json!({"labels": labels(random)}));
    Map::from_iter([("template".to_owned(), Value::Object(template))])
}

/// What can be compared.
fn masked(object: &Value) -> Value {
    let mut object = object.clone();
    let Some(metadata) = object["metadata"].as_object_mut() else { return object };
    for key in ["uid", "resourceVersion", "creationTimestamp", "generation"] {
        metadata.shift_remove(key);
    }
    if let Some(entries) = metadata.get_mut("managedFields").and_then(Value::as_array_mut) {
        for entry in entries.iter_mut().filter(|entry| entry.get("time").is_some()) {
            entry["time"] = json!("some");
        }
        entries
            .sort_by_key(|entry| ["operation", "manager", "subresource"].map(|key| entry[key].to_string()));
    }
    object
}

/// The rehearsal's side of one object.
struct Model<'a> {
    kind: &'a Kind,
    object: Option<Value>,
}

impl Model<'_> {
    fn manager<'m>(&self, name: &'m str) -> Manager<'m> {
        let untouched = builtin::untouched(self.kind.name, "");
        let time = "2026-01-01T00:00:00Z";
        Manager { name, api_version: "v1", subresource: "", time, untouched, constant: true }
    }

    /// Reads, fills in and judges what is written; the managers come of `owned`.
    fn write(
        &mut self,
        new: &Value,
        owned: impl FnOnce(&Model<'_>, Value) -> Value,
    ) -> Result<Verdict, Failure> {
        let schema = builtin::schema("v1", self.kind.name).ok_or("no schema")?;
        let read = match &self.object {
            Some(old) => builtin::read_over(schema, new, old),
            None => builtin::read(schema, new),
        };
        let mut new = match read {
            Ok(read) => read.object,
            Err(why) => return Ok(Verdict::failed(400, &why)),
        };
        builtin::default("v1", self.kind.name, &mut new);
        let mut new = owned(self, new);
        if let Some(old) = &self.object {
            for key in self.kind.given {
                let kept = old["spec"].get(*key).cloned();
                if let (Some(spec), Some(kept)) = (new["spec"].as_object_mut(), kept) {
                    spec.entry(*key).or_insert(kept);
                }
            }
        }
        let faults = builtin::validate("v1", self.kind.name, &new, self.object.as_ref());
        if !faults.is_empty() {
            return Ok(Verdict::refused(&faults));
        }
        if let Some(old) = &self.object {
            crate::keep_times(old, &mut new);
        }
        self.object = Some(builtin::normal(schema, &new, self.object.as_ref()));
        Ok(Verdict::fine())
    }

    fn apply(&mut self, applied: &Value, by: &str, force: bool) -> Result<Verdict, Failure> {
        let schema = builtin::schema("v1", self.kind.name).ok_or("no schema")?;
        match fields::apply(schema, self.object.as_ref(), applied, &self.manager(by), force) {
            Ok(merged) => self.write(&merged, |_, new| new),
            Err(fields::Refused::Conflicts(conflicts)) => {
                Ok(Verdict::failed(409, &fields::Refused::Conflicts(conflicts).message()))
            }
            Err(other) => Ok(Verdict::failed(500, &other.message())),
        }
    }

    fn update(&mut self, new: &Value, by: &str) -> Result<Verdict, Failure> {
        let schema = builtin::schema("v1", self.kind.name).ok_or("no schema")?;
        self.write(new, |model, new| fields::update(schema, model.object.as_ref(), &new, &model.manager(by)))
    }
}

#[tokio::test]
async fn built_in_objects_are_managed_as_by_the_server() -> Result<(), Failure> {
    let Some(server) = Server::with_namespace("sequences").await? else { return Ok(()) };
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20);
    let mut found = Vec::new();
    for kind in KINDS {
        for seed in 0..rounds {
            if let Some(difference) = sequence(&server, kind, seed).await? {
                found.push(format!("{} {seed}: {difference}", kind.name));
            }
        }
    }
    server.leave().await?;
    assert!(found.is_empty(), "{} differ\n{}", found.len(), found[..found.len().min(6)].join("\n\n"));
    Ok(())
}

async fn sequence(server: &Server, kind: &Kind, seed: u64) -> Result<Option<String>, Failure> {
    let mut random = Random::of(seed + 77);
    let folder = format!("/api/v1/namespaces/{}/{}", server.namespace, kind.plural);
    let name = format!("x{seed}");
    let mut model = Model { kind, object: None };
    let mut live = Value::Null;
    let mut told = Vec::new();
    for _ in 0..8 {
        let by = *random.one(&["one", "two", "kubectl"]);
        let mut object = Map::new();
        object.insert("apiVersion".into(), json!("v1"));
        object.insert("kind".into(), json!(kind.name));
        let mut metadata = Map::from_iter([
            ("name".to_owned(), json!(name)),
            ("namespace".to_owned(), json!(server.namespace)),
        ]);
        some(&mut random, &mut metadata, "labels", labels);
        object.insert("metadata".into(), Value::Object(metadata));
        object.extend((kind.make)(&mut random));
        let mut object = Value::Object(object);
        let what = random.below(6);
        // What client-side apply leaves behind, for kubectl to take over.
        if (what >= 3 || live.is_null()) && random.once_in(3) {
            let last = object.to_string();
            object["metadata"]["annotations"] =
                json!({"kubectl.kubernetes.io/last-applied-configuration": last});
        }
        let force = random.once_in(2);
        let (path, query) = (format!("{folder}/{name}"), format!("fieldManager={by}"));
        let (text, (code, answer), ours) = if what < 3 {
            let query = format!("{path}?{query}&force={force}");
            let theirs = server.call(Method::PATCH, &query, Some(APPLY), &object).await?;
            ("apply", theirs, model.apply(&object, by, force)?)
        } else if live.is_null() {
            let theirs = server.call(Method::POST, &format!("{folder}?{query}"), Some(JSON), &object).await?;
            ("create", theirs, model.update(&object, by)?)
        } else if what == 3 {
            let theirs = server.call(Method::PUT, &format!("{path}?{query}"), Some(JSON), &object).await?;
            ("put", theirs, model.update(&object, by)?)
        } else {
            let media = if what == 4 { STRATEGIC } else { MERGE };
            let mut patch = object.clone();
            if random.once_in(3) && kind.name == "PodTemplate" {
                let gone = *random.one(&WORDS);
                patch["template"]["spec"]["containers"] = json!([{"name": gone, "$patch": "delete"}]);
            }
            let theirs = server.call(Method::PATCH, &format!("{path}?{query}"), Some(media), &patch).await?;
            let old = model.object.clone().unwrap_or_default();
            let schema = builtin::schema("v1", kind.name).ok_or("no schema")?;
            let new = match what {
                4 => strategic::patch(schema, &old, &patch).map_err(|error| format!("{error:?}")),
                _ => {
                    let mut new = old;
                    merge(&mut new, &patch);
                    Ok(new)
                }
            };
            let ours = match new {
                Ok(new) => model.update(&new, by)?,
                Err(why) => Verdict::failed(500, &why),
            };
            told.push(format!("the next patch: {patch}"));
            (if what == 4 { "strategic" } else { "merge" }, theirs, ours)
        };
        told.push(format!("{by} {text} force={force}: {object}"));
        let theirs = Verdict::theirs(code, &answer);
        if code < 300 {
            live = answer;
            if let Some(object) = model.object.as_mut() {
                for key in kind.given {
                    object["spec"][*key] = live["spec"][*key].clone();
                }
            }
        }
        let mut found = Vec::new();
        differences("", &masked(&live), &masked(model.object.as_ref().unwrap_or(&Value::Null)), &mut found);
        if theirs != ours || !found.is_empty() {
            let told = told[told.len().saturating_sub(8)..].join("\n");
            return Ok(Some(format!("{told}\n theirs {theirs:?}\n   ours {ours:?}\n{}", found.join("\n"))));
        }
    }
    Ok(None)
}
