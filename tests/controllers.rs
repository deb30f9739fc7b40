//! The controllers of a rehearsal against those of a real control plane, state by state.
//!
//! `tests/controllers/NAME/play.yaml` says what is watched and what is done, step by step; `real.txt` what a real control plane showed.
//! Each play is done in virtual time on the embedded server, and what is seen there must agree: of every object the same milestones in
//! the same order (its conditions, its phase, whether it is being deleted), and the same state when it has settled; the same events.
//! How many of several pods were counted between two milestones is left to chance on both.
//!
//! `UPDATE=1` with `SELDONPLAY_TEST_KUBECONFIG` records `real.txt` anew.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use regex::Regex;
use seldonplay::rehearsal::clock::Clock;
use seldonplay::rehearsal::controllers;
use seldonplay::rehearsal::server::{Server, Settings};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

/// What is done, and what is looked at.
#[derive(Deserialize)]
struct Play {
    /// Kinds.
    watch: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Step {
    create: Option<Value>,
    patch: Option<String>,
    merge: Option<Value>,
    json: Option<Value>,
    delete: Option<String>,
    propagation: Option<String>,
    /// Seconds until the next step.
    wait: f64,
}

/// The collection of a kind below a namespace, or of all.
fn path(kind: &str, namespace: &str) -> String {
    let (group, plural) = match kind {
        "Deployment" => ("apis/apps/v1", "deployments"),
        "ReplicaSet" => ("apis/apps/v1", "replicasets"),
        "StatefulSet" => ("apis/apps/v1", "statefulsets"),
        "DaemonSet" => ("apis/apps/v1", "daemonsets"),
        "ControllerRevision" => ("apis/apps/v1", "controllerrevisions"),
        "Job" => ("apis/batch/v1", "jobs"),
        "CronJob" => ("apis/batch/v1", "cronjobs"),
        "HorizontalPodAutoscaler" => ("apis/autoscaling/v2", "horizontalpodautoscalers"),
        "PodDisruptionBudget" => ("apis/policy/v1", "poddisruptionbudgets"),
        "EndpointSlice" => ("apis/discovery.k8s.io/v1", "endpointslices"),
        "SeldonDeployment" => ("apis/machinelearning.seldon.io/v1", "seldondeployments"),
        "Namespace" => return "/api/v1/namespaces".to_owned(),
        "Pod" => ("api/v1", "pods"),
        "Service" => ("api/v1", "services"),
        "Endpoints" => ("api/v1", "endpoints"),
        "Event" => ("api/v1", "events"),
        "ResourceQuota" => ("api/v1", "resourcequotas"),
        "PersistentVolumeClaim" => ("api/v1", "persistentvolumeclaims"),
        "ServiceAccount" => ("api/v1", "serviceaccounts"),
        "ConfigMap" => ("api/v1", "configmaps"),
        other => panic!("the plays know no {other}"),
    };
    format!("/{group}/namespaces/{namespace}/{plural}")
}

async fn send(client: &Client, method: Method, path: &str, content: &str, body: &Value) -> Value {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let request = Request::builder().method(method.clone()).uri(path).header("content-type", content);
    let response = client.send(request.body(Body::from(body)).expect("a request")).await.expect("an answer");
    let code = response.status();
    let body = response.into_body().collect().await.expect("a whole answer").to_bytes();
    let text = String::from_utf8_lossy(&body);
    assert!(code.is_success() || method == Method::DELETE, "{method} {path}: {code} {text}");
    serde_json::from_slice(&body).unwrap_or_default()
}

/// An object as a watch told it: in which step, what happened, and the object.
type Told = (usize, String, Value);
type Log = Arc<Mutex<(usize, Vec<Told>)>>;

async fn watch(client: Client, path: String, log: Log) {
    let request = Request::get(format!("{path}?watch=true")).body(Body::empty()).expect("a request");
    let mut body = client.send(request).await.expect("a watch").into_body();
    let mut rest: Vec<u8> = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        rest.extend_from_slice(&frame.into_data().unwrap_or_else(|_| Bytes::new()));
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            let mut line: Value = serde_json::from_slice(&line).expect("a line of JSON");
            let what = line["type"].as_str().unwrap_or_default().to_owned();
            let mut log = log.lock().expect("nobody panics");
            let step = log.0;
            log.1.push((step, what, line["object"].take()));
        }
    }
}

/// Plays a play in a namespace of its own, and returns what was seen.
async fn perform(client: &Client, play: &Play, namespace: &str) -> Vec<Told> {
    let json = "application/json";
    let body = serde_json::json!({ "metadata": { "name": namespace } });
    let log: Log = Arc::default();
    send(client, Method::POST, "/api/v1/namespaces", json, &body).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let watches =
        play.watch.iter().map(|kind| tokio::spawn(watch(client.clone(), path(kind, namespace), log.clone())));
    let watches: Vec<_> = watches.collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    for (at, step) in play.steps.iter().enumerate() {
        log.lock().expect("nobody panics").0 = at + 1;
        let named = |target: &str| {
            let (kind, name) = target.split_once('/').expect("KIND/NAME");
            let name = if name == "NAMESPACE" { namespace } else { name };
            format!("{}/{name}", path(kind, namespace))
        };
        if let Some(object) = &step.create {
            let path = path(object["kind"].as_str().unwrap_or_default(), namespace);
            send(client, Method::POST, &path, json, object).await;
        }
        if let Some(target) = &step.patch {
            let (content, body) = match (&step.merge, &step.json) {
                (Some(merge), None) => ("application/merge-patch+json", merge),
                (None, Some(json)) => ("application/json-patch+json", json),
                _ => panic!("a patch is `merge` or `json`"),
            };
            send(client, Method::PATCH, &named(target), content, body).await;
        }
        if let Some(target) = &step.delete {
            let propagation = step.propagation.as_deref().unwrap_or("Background");
            let path = format!("{}?propagationPolicy={propagation}", named(target));
            send(client, Method::DELETE, &path, json, &Value::Null).await;
        }
        tokio::time::sleep(Duration::from_secs_f64(step.wait)).await;
    }
    watches.iter().for_each(tokio::task::JoinHandle::abort);
    send(client, Method::DELETE, &format!("/api/v1/namespaces/{namespace}"), json, &Value::Null).await;
    let log = std::mem::take(&mut log.lock().expect("nobody panics").1);
    log.into_iter()
        .filter(|(_, _, object)| object["kind"] != "Namespace" || object["metadata"]["name"] == namespace)
        .collect()
}

/// What was seen of the objects of one name in one step.
#[derive(Default, PartialEq)]
struct Seen {
    /// The milestones of each object of the name, in order; those alike once.
    milestones: BTreeSet<Vec<String>>,
    /// How each was at the end of the step; those alike once.
    settled: BTreeSet<String>,
}

/// A step's objects and events.
type Scene = (BTreeMap<String, Seen>, BTreeSet<String>);

/// Names that a server or a controller made up, by what they stand for.
fn aliases(told: &[Told], namespace: &str) -> Vec<(String, String)> {
    let mut sets: BTreeMap<String, String> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut pods: BTreeMap<String, String> = BTreeMap::new();
    for (_, _, object) in told {
        let (kind, metadata) = (object["kind"].as_str().unwrap_or_default(), &object["metadata"]);
        let name = metadata["name"].as_str().unwrap_or_default().to_owned();
        let owner = metadata["ownerReferences"][0]["name"].as_str().unwrap_or_default();
        if ["ReplicaSet", "ControllerRevision"].contains(&kind) && !sets.contains_key(&name) {
            let count = counts.entry(format!("{kind}/{owner}")).or_default();
            *count += 1;
            sets.insert(name, format!("{owner}-#{count}"));
        } else if let Some(stem) = metadata["generateName"].as_str() {
            pods.insert(name, format!("{stem}*"));
        }
    }
    let longest_first = |names: BTreeMap<String, String>| {
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        names
    };
    // A ControllerRevision's hash stands alone as well.
    let hashes: Vec<_> = sets
        .iter()
        .filter_map(|(name, alias)| {
            Some((name.rsplit_once('-')?.1.to_owned(), alias.rsplit_once('-')?.1.to_owned()))
        })
        .collect();
    let mut all = longest_first(pods);
    all.extend(longest_first(sets));
    all.extend(hashes);
    all.push((namespace.to_owned(), "NAMESPACE".to_owned()));
    all
}

/// What differs by chance, and what stands for it.
static CHANCE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let patterns = [
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID"),
        (r"\b10\.\d+\.\d+\.\d+\b", "IP"),
        (r"\bnode-\d\b", "NODE"),
        (r" \]", "]"),
        (r"(-#\d)-[a-z0-9]{5}\b", "$1-*"),
    ];
    patterns.map(|(pattern, mask)| (Regex::new(pattern).expect("a pattern"), mask)).into()
});

/// A text without what differs by chance.
fn masked(mut text: String, aliases: &[(String, String)]) -> String {
    for (name, alias) in aliases {
        text = text.replace(name, alias);
    }
    for (pattern, mask) in CHANCE.iter() {
        text = pattern.replace_all(&text, *mask).into_owned();
    }
    text
}

fn ordered(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, Value> =
                fields.iter().map(|(key, value)| (key, ordered(value))).collect();
            sorted
                .into_iter()
                .map(|(key, value)| (key.clone(), value))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        Value::Array(list) => list.iter().map(ordered).collect(),
        other => other.clone(),
    }
}

/// The state of an object in one line, and its milestone: what of it does not hang on chance.
fn state(what: &str, object: &Value) -> (String, String) {
    let metadata = &object["metadata"];
    if what == "DELETED" {
        return ("gone".to_owned(), "gone".to_owned());
    }
    let leaving = if metadata["deletionTimestamp"].is_null() { "" } else { " leaving" };
    let mut status = object["status"].as_object().cloned().unwrap_or_default();
    let conditions = status.shift_remove("conditions").unwrap_or_default();
    status.shift_remove("hostIPs");
    let conditions: Vec<String> = conditions
        .as_array()
        .into_iter()
        .flatten()
        .map(|each| {
            let [kind, status, reason, message] =
                ["type", "status", "reason", "message"].map(|field| each[field].as_str().unwrap_or_default());
            format!("{kind}={status} {reason} {message}").trim_end().to_owned()
        })
        .collect();
    let mut rest = String::new();
    for field in ["subsets", "endpoints"] {
        if !object[field].is_null() {
            rest = format!(" {field} {}", ordered(&object[field]));
        }
    }
    let wants =
        object["spec"]["replicas"].as_i64().map(|wants| format!(" wants {wants}")).unwrap_or_default();
    // A slice counts every change of its endpoints.
    let number = metadata["generation"].as_i64().filter(|_| object["kind"] != "EndpointSlice");
    let number = number.map(|number| format!("#{number}")).unwrap_or_default();
    let conditions = conditions.join("; ");
    let whole = format!("{number}{wants}{leaving} {}{rest} [{conditions}]", ordered(&Value::Object(status)));
    let phase = object["status"]["phase"].as_str().or(object["status"]["state"].as_str()).unwrap_or_default();
    let finalizers = metadata["finalizers"]
        .as_array()
        .map(|all| format!(" {}", Value::from(all.clone())))
        .unwrap_or_default();
    (whole, format!("{number}{leaving}{finalizers} {phase} [{conditions}]"))
}

/// What was seen, step by step.
fn scenes(told: &[Told], steps: usize, namespace: &str) -> Vec<Scene> {
    let aliases = aliases(told, namespace);
    let mut states: BTreeMap<(usize, String, String), Vec<(String, String)>> = BTreeMap::new();
    let mut scenes: Vec<Scene> = (0..=steps).map(|_| Scene::default()).collect();
    for (step, what, object) in told {
        let text = |value: &Value| masked(value.as_str().unwrap_or_default().to_owned(), &aliases);
        let kind = object["kind"].as_str().unwrap_or_default();
        if kind == "Event" {
            let of = &object["involvedObject"];
            // What a kubelet tells is the stand-in's own affair.
            let by = object["reportingComponent"].as_str().unwrap_or_default();
            if what == "ADDED" && !["kubelet", "kwok_controller"].contains(&by) {
                let [name, reason, message] = [&of["name"], &object["reason"], &object["message"]].map(text);
                let (kind, sort) = (text(&of["kind"]), text(&object["type"]));
                scenes[*step].1.insert(format!("{kind}/{name} {sort} {reason}: {message}"));
            }
            continue;
        }
        let name = format!("{kind}/{}", text(&object["metadata"]["name"]));
        let uid = object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        let (whole, milestone) = state(what, object);
        let seen = states.entry((*step, name, uid)).or_default();
        seen.push((masked(whole, &aliases), masked(milestone, &aliases)));
    }
    for ((step, name, _), states) in states {
        let seen = scenes[step].0.entry(name).or_default();
        let mut milestones: Vec<String> = states.iter().map(|(_, milestone)| milestone.clone()).collect();
        milestones.dedup();
        seen.milestones.insert(milestones);
        seen.settled.extend(states.last().map(|(whole, _)| whole.clone()));
    }
    scenes
}

fn rendered(scenes: &[Scene]) -> String {
    let mut text = String::new();
    for (number, (objects, events)) in scenes.iter().enumerate().skip(1) {
        text += &format!("== step {number}\n");
        for (name, seen) in objects {
            text += &format!("{name}\n");
            for milestones in &seen.milestones {
                text += "  through\n";
                milestones.iter().for_each(|milestone| text += &format!("    {milestone}\n"));
            }
            seen.settled.iter().for_each(|settled| text += &format!("  settled {settled}\n"));
        }
        events.iter().for_each(|event| text += &format!("event {event}\n"));
    }
    text
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/controllers")
}

fn play(name: &str) -> Play {
    let text = std::fs::read_to_string(folder().join(name).join("play.yaml")).expect("a play");
    let value: Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What serves SeldonDeployments: any spec, status and scale as parts.
fn seldon_deployments() -> Value {
    serde_json::json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "seldondeployments.machinelearning.seldon.io" },
        "spec": { "group": "machinelearning.seldon.io", "scope": "Namespaced",
            "names": { "plural": "seldondeployments", "singular": "seldondeployment", "kind": "SeldonDeployment" },
            "versions": [{ "name": "v1", "served": true, "storage": true,
                "subresources": { "status": {}, "scale": { "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas" } },
                "schema": { "openAPIV3Schema": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } } }] },
    })
}

/// Plays it on the embedded server, in virtual time.
fn rehearse(name: &str) -> String {
    let play = play(name);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let clock = Clock::new("2026-01-01T00:00:00Z".parse().expect("a time"), 1.0);
        let server = Server::new(Settings { clock: clock.clone(), seed: 7, interfere: None });
        let client = server.client();
        if play.watch.iter().any(|kind| kind == "SeldonDeployment") {
            let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
            send(&client, Method::POST, path, "application/json", &seldon_deployments()).await;
        }
        let world = tokio::spawn(controllers::run(server.client(), clock, controllers::Settings::default()));
        tokio::time::sleep(Duration::from_secs(1)).await;
        let told = perform(&client, &play, "play").await;
        world.abort();
        rendered(&scenes(&told, play.steps.len(), "play"))
    })
}

/// Plays it on a real control plane.
fn record(name: &str) -> String {
    let play = play(name);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let file = std::env::var("SELDONPLAY_TEST_KUBECONFIG").expect("SELDONPLAY_TEST_KUBECONFIG");
        let config = kube::config::Kubeconfig::read_from(file).expect("a kubeconfig");
        let config =
            kube::Config::from_custom_kubeconfig(config, &Default::default()).await.expect("a config");
        let client = Client::try_from(config).expect("a client");
        for attempt in 0.. {
            let namespace = format!("play-{name}-{}-{attempt}", std::process::id());
            let told = perform(&client, &play, &namespace).await;
            let text = rendered(&scenes(&told, play.steps.len(), &namespace));
            // A machine that is too busy loses its nodes for a while.
            if attempt == 4
                || !text.contains("NodeNotReady") && !text.contains("Ready=False; ContainersReady=True")
            {
                return text;
            }
        }
        String::new()
    })
}

fn compare(name: &str) {
    let file = folder().join(name).join("real.txt");
    if std::env::var("UPDATE").is_ok() && std::env::var("SELDONPLAY_TEST_KUBECONFIG").is_ok() {
        std::fs::write(&file, record(name)).expect("real.txt can be written");
    }
    let real = std::fs::read_to_string(file).expect("a recording");
    let ours = rehearse(name);
    if let Ok(folder) = std::env::var("KEEP_REHEARSED") {
        std::fs::write(Path::new(&folder).join(format!("{name}.txt")), &ours).expect("it can be kept");
    }
    let lines: Vec<&str> = real.lines().collect();
    let differs = ours.lines().zip(&lines).position(|(ours, real)| ours != *real);
    let differs =
        differs.or((ours.lines().count() != lines.len()).then(|| ours.lines().count().min(lines.len())));
    if let Some(at) = differs {
        let around =
            |text: &str| text.lines().skip(at.saturating_sub(6)).take(10).collect::<Vec<_>>().join("\n");
        panic!("{name} differs at line {}; real:\n{}\nrehearsed:\n{}", at + 1, around(&real), around(&ours));
    }
    assert_eq!(rehearse(name), ours, "two rehearsals of {name} differ");
}

macro_rules! plays {
    ($($test:ident $name:literal),* $(,)?) => {
        $(#[test] fn $test() { compare($name); })*

        #[test]
        fn every_play_is_played() {
            let there: BTreeSet<String> = std::fs::read_dir(folder()).expect("the plays").map(|entry| {
                entry.expect("a play").file_name().to_string_lossy().into_owned()
            }).collect();
            assert_eq!(there, BTreeSet::from([$($name.to_owned()),*]));
        }
    };
}

plays! {
    deployment_create "deployment-create",
    deployment_scale "deployment-scale",
    deployment_roll "deployment-roll",
    deployment_recreate "deployment-recreate",
    deployment_fail "deployment-fail",
    deployment_crash "deployment-crash",
    deployment_quota "deployment-quota",
    deployment_delete "deployment-delete",
    deployment_pause "deployment-pause",
    pods "pods",
    stateful_set "stateful-set",
    daemon_set "daemon-set",
    job "job",
    job_deadline "job-deadline",
    namespace "namespace",
    around "around",
    seldon "seldon",
    seldon_two "seldon-two",
    seldon_failed "seldon-failed",
}
