//! One look at an object and at all around it that may say why it is not ready.
//! Must never judge what it sees, nor fail for what it may not see.

use super::below::below;
use super::{objects_of, served};
use crate::cluster::{Cluster, Error, LogOptions, ObjectRef, Resource, Snapshot};
use crate::diagnosis::{Ask, Scene, asks};
use crate::json::{Value, json};
use crate::kinds;
use futures_util::future::join_all;
use std::collections::BTreeSet;

/// How many lines of a log are read for evidence, and how many bytes of them.
const LOG_LINES: u32 = 5;
const LOG_BYTES: u32 = 16 << 10;
/// How many objects of a kind are told that are left in a Namespace.
const MOST_LEFT: usize = 100;
/// How often it is asked for what is left open.
const ROUNDS: usize = 2;
/// The kinds that carry the labels of what owns them.
const LABELLED: &[&str] = &["Deployment", "ReplicaSet", "StatefulSet", "Pod"];

/// What one look showed.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// The object, what it owns, and what is around them.
    pub scene: Scene,
    /// What could not be looked at, a sentence each.
    pub unseen: Vec<String>,
}

/// Looks at an object, as it was read, and at what it owns, by lists; then at what these leave open. It takes as long as the patience
/// of the cluster's view; what may not be read makes it thinner.
pub async fn look(cluster: &Cluster, root: Value) -> Look {
    let text = |pointer: &str| root.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let namespace = Some(text("/metadata/namespace")).filter(|namespace| !namespace.is_empty());
    let hint = kinds::labels_below(&root);
    let mut wanted = match namespace {
        Some(_) => below(cluster, &text("/apiVersion"), &text("/kind")).await,
        // What an object without a namespace owns may be anywhere.
        None => Vec::new(),
    };
    wanted.extend(served(cluster, "v1", "Event").await);
    let around = namespace.as_deref().unwrap_or("default");
    let lists = wanted.iter().map(|resource| {
        let labels = hint.as_deref().filter(|_| LABELLED.contains(&resource.kind.as_str()));
        list(cluster, resource, Some(around), labels)
    });
    let mut unseen = Vec::new();
    let mut objects = Vec::new();
    for listed in join_all(lists).await {
        match listed {
            Ok(listed) => objects.extend(listed.iter().map(Snapshot::value)),
            Err(why) => unseen.push(why),
        }
    }
    let mut scene = Scene::new(root, objects);
    for left in left_in(cluster, scene.root()).await {
        match left {
            Ok(left) => left.iter().take(MOST_LEFT).for_each(|object| scene.add(in_short(object))),
            Err(why) => unseen.push(why),
        }
    }
    // What is answered may leave something open, too.
    let mut asked = BTreeSet::new();
    for _ in 0..ROUNDS {
        let open: Vec<Ask> = asks(&scene).into_iter().filter(|ask| asked.insert(ask.clone())).collect();
        let answers = open.into_iter().map(|ask| answer(cluster, around, ask));
        for answer in join_all(answers).await {
            match answer {
                Answer::There(objects) => objects.into_iter().for_each(|object| scene.add(object)),
                Answer::Placed(pods) => pods.iter().for_each(|pod| scene.place(&pod.value())),
                Answer::Missing(kind, name) => scene.miss(kind, &name),
                Answer::Log(pod, container, lines) => scene.log(&pod, &container, lines),
                Answer::Unseen(why) => unseen.push(why),
                Answer::Nothing => {}
            }
        }
    }
    Look { scene, unseen: told(unseen) }
}

/// What is left in a Namespace that is being deleted, of every kind that is served. Nothing of anything else.
async fn left_in(cluster: &Cluster, root: &Value) -> Vec<Result<Vec<Snapshot>, Unseen>> {
    let name = root.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    if root["kind"] != "Namespace" || root.pointer("/metadata/deletionTimestamp").is_none() {
        return Vec::new();
    }
    let mut kinds: Vec<Resource> = Vec::new();
    for resource in cluster.resources().await.unwrap_or_default() {
        let stays = resource.namespaced && resource.can("list") && resource.can("delete");
        if stays
            && resource.kind != "Event"
            && !kinds.iter().any(|kind| kind.full_name() == resource.full_name())
        {
            kinds.push(resource);
        }
    }
    join_all(kinds.iter().map(|kind| list(cluster, kind, Some(name), None))).await
}

/// What an object is and what holds it, without what stands in it.
fn in_short(object: &Snapshot) -> Value {
    let mut object = object.value();
    let mut part = |key: &str| object.get_mut(key).map(Value::take).unwrap_or_default();
    json!({ "apiVersion": part("apiVersion"), "kind": part("kind"), "metadata": part("metadata") })
}

/// What could not be looked at: kinds that may not be read are one sentence.
fn told(unseen: Vec<Unseen>) -> Vec<String> {
    let mut forbidden = BTreeSet::new();
    let mut told = BTreeSet::new();
    for Unseen { kind, why } in unseen {
        match why {
            None => {
                forbidden.insert(kind);
            }
            Some(why) => {
                told.insert(format!("objects of kind {kind} could not be read: {why}"));
            }
        }
    }
    let forbidden: Vec<String> = forbidden.into_iter().collect();
    let forbidden = objects_of(&forbidden).map(|objects| format!("{objects} may not be read"));
    forbidden.into_iter().chain(told).collect()
}

/// What came of a question.
enum Answer {
    There(Vec<Value>),
    /// Pods of all namespaces, wherever they are placed.
    Placed(Vec<Snapshot>),
    Missing(&'static str, String),
    Log(String, String, Vec<String>),
    Unseen(Unseen),
    Nothing,
}

/// A kind that could not be looked at.
struct Unseen {
    kind: String,
    /// Why; nothing where it may not be read.
    why: Option<String>,
}

impl Unseen {
    fn new(kind: &str, error: &Error) -> Unseen {
        let forbidden = error.status().is_some_and(|status| status.code == 403);
        Unseen { kind: kind.to_owned(), why: (!forbidden).then(|| error.to_string()) }
    }
}

async fn answer(cluster: &Cluster, namespace: &str, ask: Ask) -> Answer {
    match ask {
        Ask::All { api_version, kind, labels } => {
            // A kind that is not served has none.
            let Some(resource) = served(cluster, api_version, kind).await else { return Answer::Nothing };
            match list(cluster, &resource, Some(namespace), labels.as_deref()).await {
                Ok(objects) => Answer::There(objects.iter().map(Snapshot::value).collect()),
                Err(why) => Answer::Unseen(why),
            }
        }
        Ask::PlacedPods => {
            let Some(pods) = served(cluster, "v1", "Pod").await else { return Answer::Nothing };
            // Who may not see them all is told less, which is no news.
            list(cluster, &pods, None, None).await.map_or(Answer::Nothing, Answer::Placed)
        }
        Ask::Object { api_version, kind, name } => {
            let Some(resource) = served(cluster, api_version, kind).await else { return Answer::Nothing };
            let namespace = resource.namespaced.then(|| namespace.to_owned());
            match cluster.get(&ObjectRef { resource, namespace, name: name.clone() }).await {
                Ok(Some(object)) => Answer::There(vec![object]),
                Ok(None) => Answer::Missing(kind, name),
                Err(error) => Answer::Unseen(Unseen::new(kind, &error)),
            }
        }
        Ask::Log { pod, container, previous } => {
            let options = |previous| LogOptions {
                container: Some(container.clone()),
                tail: Some(LOG_LINES),
                most_bytes: Some(LOG_BYTES),
                previous,
                ..LogOptions::default()
            };
            let mut read = cluster.log(namespace, &pod, &options(previous)).await;
            if previous && read.as_ref().map_or(true, Vec::is_empty) {
                read = cluster.log(namespace, &pod, &options(false)).await;
            }
            match read {
                Ok(lines) => Answer::Log(pod, container, lines.into_iter().map(|line| line.text).collect()),
                Err(_) => Answer::Nothing,
            }
        }
    }
}

/// All objects of a kind, in a namespace or in all of them, or why they cannot be seen.
async fn list(
    cluster: &Cluster,
    resource: &Resource,
    namespace: Option<&str>,
    labels: Option<&str>,
) -> Result<Vec<Snapshot>, Unseen> {
    let namespace = namespace.filter(|_| resource.namespaced);
    match cluster.list(resource, namespace, labels, None).await {
        Ok(listed) => Ok(listed.items),
        Err(error) => Err(Unseen::new(&resource.kind, &error)),
    }
}
