//! One look at an object and at all around it that may say why it is not ready.
//! Must never judge what it sees, nor fail for what it may not see.

use super::served;
use crate::cluster::{Cluster, Error, LogOptions, ObjectRef};
use crate::diagnosis::{Ask, Scene, asks};
use crate::kinds;
use futures_util::future::join_all;
use serde_json::Value;

/// How many lines of a log are read for evidence, and how many bytes of them.
const LOG_LINES: u32 = 5;
const LOG_BYTES: u32 = 16 << 10;
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
    let owned = match namespace {
        Some(_) => kinds::owns(&text("/apiVersion"), &text("/kind")),
        // What an object without a namespace owns may be anywhere.
        None => &[],
    };
    let wanted = owned.iter().map(|owned| {
        let labels = hint.as_deref().filter(|_| LABELLED.contains(&owned.kind));
        (owned.api_version, owned.kind, labels)
    });
    let around = namespace.as_deref().unwrap_or("default");
    let events = ("v1", "Event", None);
    let lists = wanted
        .chain([events])
        .map(|(api_version, kind, labels)| list(cluster, api_version, kind, around, labels));
    let mut unseen = Vec::new();
    let mut objects = Vec::new();
    for listed in join_all(lists).await {
        match listed {
            Ok(listed) => objects.extend(listed),
            Err(why) => unseen.push(why),
        }
    }
    let mut scene = Scene::new(root, objects);
    let answers = asks(&scene).into_iter().map(|ask| answer(cluster, around, ask));
    for answer in join_all(answers).await {
        match answer {
            Answer::There(objects) => objects.into_iter().for_each(|object| scene.add(object)),
            Answer::Missing(kind, name) => scene.miss(kind, &name),
            Answer::Log(pod, container, lines) => scene.log(&pod, &container, lines),
            Answer::Unseen(why) => unseen.push(why),
            Answer::Nothing => {}
        }
    }
    unseen.sort();
    unseen.dedup();
    Look { scene, unseen }
}

/// What came of a question.
enum Answer {
    There(Vec<Value>),
    Missing(&'static str, String),
    Log(String, String, Vec<String>),
    Unseen(String),
    Nothing,
}

async fn answer(cluster: &Cluster, namespace: &str, ask: Ask) -> Answer {
    match ask {
        Ask::All { api_version, kind, labels } => {
            match list(cluster, api_version, kind, namespace, labels.as_deref()).await {
                Ok(objects) => Answer::There(objects),
                Err(why) => Answer::Unseen(why),
            }
        }
        Ask::Object { api_version, kind, name } => {
            let Some(resource) = served(cluster, api_version, kind).await else { return Answer::Nothing };
            let namespace = resource.namespaced.then(|| namespace.to_owned());
            match cluster.get(&ObjectRef { resource, namespace, name: name.clone() }).await {
                Ok(Some(object)) => Answer::There(vec![object]),
                Ok(None) => Answer::Missing(kind, name),
                Err(error) => Answer::Unseen(unseen(kind, &error)),
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

/// All objects of a kind, or why they cannot be seen. A kind that is not served has none.
async fn list(
    cluster: &Cluster,
    api_version: &str,
    kind: &str,
    namespace: &str,
    labels: Option<&str>,
) -> Result<Vec<Value>, String> {
    let Some(resource) = served(cluster, api_version, kind).await else { return Ok(Vec::new()) };
    let namespace = resource.namespaced.then_some(namespace);
    match cluster.list(&resource, namespace, labels, None).await {
        Ok(listed) => Ok(listed.items.iter().map(|snapshot| snapshot.value()).collect()),
        Err(error) => Err(unseen(kind, &error)),
    }
}

fn unseen(kind: &str, error: &Error) -> String {
    match error.status().map(|status| status.code) {
        Some(403) => format!("objects of kind {kind} may not be read"),
        _ => format!("objects of kind {kind} could not be read: {error}"),
    }
}
