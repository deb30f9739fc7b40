//! `logs`: what containers have written, once or until the run ends.
//! It must never wait for a container to write.

use super::context::{Context, Done, Teller};
use crate::cluster::{Cluster, Interest, KindName, LogLine, LogOptions, ObjectRef, Resource, Seen};
use crate::event::{EventKind, Failure};
use crate::json::{Text, Value, json};
use crate::kinds;
use crate::observe;
use crate::playbook::action::Logs;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How many lines one `logs` tells at most, the last ones, and how much of one log is read.
const MOST_LINES: usize = 10_000;
const MOST_BYTES: u32 = 4 << 20;

/// Carries out a `logs`.
pub(super) async fn logs(action: &Logs, cx: &Context<'_>) -> Result<Done, Failure> {
    let container = cx.maybe(action.container.as_ref())?;
    let options = LogOptions {
        tail: cx.maybe(action.tail.as_ref())?,
        previous: cx.maybe(action.previous.as_ref())?.unwrap_or(false),
        since_seconds: cx.maybe(action.since.as_ref())?.map(|since| since.as_secs()),
        ..LogOptions::default()
    };
    let follow = cx.maybe(action.follow.as_ref())?.unwrap_or(false);
    let objects = cx.objects(action.target.as_ref()).await?;
    if follow {
        let count = objects.len();
        for (object, value) in objects {
            let following = Following {
                cluster: cx.cluster.ever(),
                teller: cx.teller.clone(),
                container: container.clone(),
                options: options.clone(),
            };
            cx.outstanding.aside(following.run(object, value));
        }
        return Ok(Done::new(
            json!({ "lines": [] }),
            format!("following the logs of {count} {}", if count == 1 { "object" } else { "objects" }),
        ));
    }
    let (mut lines, mut containers) = (Vec::new(), 0);
    for (_, value) in &objects {
        for pod in pods(&cx.cluster, value).await {
            let (namespace, name) = place(&pod);
            for container in wanted(&pod, container.as_deref()) {
                let options = LogOptions {
                    container: Some(container.clone()),
                    most_bytes: Some(MOST_BYTES),
                    ..options.clone()
                };
                match cx.cluster.log(&namespace, &name, &options).await {
                    Ok(read) => {
                        containers += 1;
                        let skipped = read.len().saturating_sub(MOST_LINES);
                        if skipped > 0 {
                            cx.teller.warn(format!(
                                "the first {skipped} lines of {name}/{container} are left out"
                            ));
                        }
                        lines.extend(
                            read.into_iter()
                                .skip(skipped)
                                .map(|line| (name.clone(), container.clone(), line)),
                        );
                    }
                    // A container that has not started has no log yet.
                    Err(error) => {
                        cx.teller.warn(format!("the log of {name}/{container} cannot be read: {error}"))
                    }
                }
            }
        }
    }
    for (pod, container, line) in &lines {
        cx.teller.tell(told(pod, container, line));
    }
    let text: Vec<&str> = lines.iter().map(|(_, _, line)| line.text.as_str()).collect();
    let words = format!(
        "{} lines of {containers} {}",
        lines.len(),
        if containers == 1 { "container" } else { "containers" }
    );
    Ok(Done::new(json!({ "lines": text }), words))
}

fn told(pod: &str, container: &str, line: &LogLine) -> EventKind {
    EventKind::LogLine {
        object: format!("Pod/{pod}"),
        container: container.to_owned(),
        time: Some(line.time.clone()).filter(|time| !time.is_empty()),
        line: line.text.clone(),
    }
}

/// The Pods that are meant by an object: itself, or those that it owns.
async fn pods(cluster: &Cluster, object: &Value) -> Vec<Value> {
    if object["kind"] == "Pod" {
        return vec![object.clone()];
    }
    let look = observe::look(cluster, object.clone()).await;
    look.scene.owned().iter().filter(|owned| owned["kind"] == "Pod").cloned().collect()
}

fn place(pod: &Value) -> (String, String) {
    let text = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("/metadata/namespace"), text("/metadata/name"))
}

/// The containers whose logs are wanted: the one that is named, where a Pod has it; else all, those that run first before the others.
fn wanted(pod: &Value, named: Option<&str>) -> Vec<String> {
    let lists = ["/spec/initContainers", "/spec/containers"].into_iter();
    let containers = lists.filter_map(|list| pod.pointer(list)?.as_array()).flatten();
    let names = containers.filter_map(|container| container["name"].as_str());
    names.filter(|name| named.is_none_or(|named| named == *name)).map(str::to_owned).collect()
}

/// Follows the logs of an object's Pods, those that come later too.
struct Following {
    cluster: Cluster,
    teller: Teller,
    container: Option<String>,
    options: LogOptions,
}

impl Following {
    /// Until it is dropped.
    async fn run(self, object: ObjectRef, value: Value) {
        let pods = KindName { word: "Pod".into(), api_version: Some("v1".into()) };
        let Ok(resource) = self.cluster.resolve(&pods).await else { return };
        let (is_pod, namespace) = (value["kind"] == "Pod", object.namespace.clone());
        let interest = Interest {
            resource: resource.clone(),
            namespace: namespace.clone(),
            names: is_pod.then(|| object.name.clone()).into_iter().collect(),
            labels: if is_pod { None } else { kinds::labels_below(&value) },
        };
        let mut watch = self.cluster.watch(interest);
        let mut members: BTreeSet<String> =
            value.pointer("/metadata/uid").and_then(Value::as_str).map(str::to_owned).into_iter().collect();
        // The containers that are followed, by the Pod's UID and name: how often they were started anew, and who is to know.
        let mut followed: BTreeMap<(Text, String), (i64, UnboundedSender<()>)> = BTreeMap::new();
        let mut streams = tokio::task::JoinSet::new();
        let shared = Arc::new(self);
        loop {
            tokio::select! {
                biased;
                seen = watch.next() => match seen {
                    Seen::Present(snapshot) => {
                        let pod = snapshot.value();
                        if !shared.belongs(&pod, &mut members, &resource, is_pod).await {
                            continue;
                        }
                        for (container, restarts) in started_containers(&pod, shared.container.as_deref()) {
                            match followed.entry((snapshot.uid.clone(), container.clone())) {
                                Entry::Occupied(mut known) => {
                                    let (before, again) = known.get_mut();
                                    if *before < restarts {
                                        *before = restarts;
                                        // Whoever follows it ends only with all of this.
                                        let _ = again.send(());
                                    }
                                }
                                Entry::Vacant(new) => {
                                    let (again, anew) = unbounded_channel();
                                    new.insert((restarts, again));
                                    let (follower, place) = (shared.clone(), (snapshot.namespace.to_string(), snapshot.name.to_string()));
                                    streams.spawn(async move { follower.tell(place, container, anew).await });
                                }
                            }
                        }
                    }
                    Seen::Blocked(_) | Seen::Polling { .. } => return,
                    Seen::Gone { .. } | Seen::Listed => {}
                },
                Some(_) = streams.join_next() => {}
            }
        }
    }

    /// Whether a Pod is below the object: its owners are, or what owns those.
    async fn belongs(
        &self,
        pod: &Value,
        members: &mut BTreeSet<String>,
        pods: &Resource,
        is_pod: bool,
    ) -> bool {
        if is_pod {
            return true;
        }
        let owners = pod.pointer("/metadata/ownerReferences").and_then(Value::as_array).into_iter().flatten();
        for owner in owners.clone() {
            if owner["uid"].as_str().is_some_and(|uid| members.contains(uid)) {
                return true;
            }
        }
        // Between a Pod and a Deployment or what makes Deployments stand ReplicaSets and the like.
        let namespace = pod.pointer("/metadata/namespace").and_then(Value::as_str).map(str::to_owned);
        let mut level: Vec<Value> = owners.cloned().collect();
        let mut path: Vec<String> = Vec::new();
        for _ in 0..4 {
            let Some(owner) = level.first().cloned() else { return false };
            let Some(uid) = owner["uid"].as_str() else { return false };
            if members.contains(uid) {
                members.extend(path);
                return true;
            }
            path.push(uid.to_owned());
            let name = KindName {
                word: owner["kind"].as_str().unwrap_or(&pods.kind).to_owned(),
                api_version: owner["apiVersion"].as_str().map(str::to_owned),
            };
            let Ok(resource) = self.cluster.resolve(&name).await else { return false };
            let object = ObjectRef {
                resource,
                namespace: namespace.clone(),
                name: owner["name"].as_str().unwrap_or_default().to_owned(),
            };
            let Ok(Some(found)) = self.cluster.get(&object).await else { return false };
            level = found
                .pointer("/metadata/ownerReferences")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
        }
        false
    }

    /// Tells what a container writes; `anew` says that it was started anew.
    async fn tell(
        &self,
        (namespace, pod): (String, String),
        container: String,
        mut anew: UnboundedReceiver<()>,
    ) {
        let options =
            LogOptions { container: Some(container.clone()), previous: false, ..self.options.clone() };
        let mut stream = self.cluster.follow_log(&namespace, &pod, options);
        loop {
            while let Some(line) = stream.next().await {
                self.teller.tell(told(&pod, &container, &line));
            }
            // It has ended.
            if anew.recv().await.is_none() {
                return;
            }
            stream.restarted();
        }
    }
}

/// The containers of a Pod that were started, each with how often.
fn started_containers(pod: &Value, named: Option<&str>) -> Vec<(String, i64)> {
    let lists = ["/status/initContainerStatuses", "/status/containerStatuses"].into_iter();
    let entries = lists.filter_map(|list| pod.pointer(list)?.as_array()).flatten();
    let started = entries
        .filter(|entry| !entry["state"]["running"].is_null() || !entry["state"]["terminated"].is_null());
    let names = started.filter_map(|entry| {
        Some((entry["name"].as_str()?.to_owned(), entry["restartCount"].as_i64().unwrap_or(0)))
    });
    names.filter(|(name, _)| named.is_none_or(|named| named == name)).collect()
}
