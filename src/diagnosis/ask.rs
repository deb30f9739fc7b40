//! What else must be looked at before a scene can be judged: what its objects refer to, and the logs of containers at fault.
//! Must never know how that is fetched.

use super::pod::Container;
use super::scene::Scene;
use super::{missing, schedule};
use crate::json::Value;
use crate::kinds::{items, text};
use crate::selector::LabelSelector;
use std::collections::BTreeSet;

/// How many objects, and how many logs, are asked for.
const MOST: usize = 12;
const MOST_LOGS: usize = 3;

/// Something to look at. Objects are in the namespace of the root, unless their kind has none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ask {
    /// One object, there or not.
    Object {
        /// Its group and version.
        api_version: &'static str,
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// All objects of a kind.
    All {
        /// Their group and version.
        api_version: &'static str,
        /// Their kind.
        kind: &'static str,
        /// A label selector; none for all.
        labels: Option<String>,
    },
    /// The Pods of all namespaces, for what they take of their nodes.
    PlacedPods,
    /// The last lines of a container's log.
    Log {
        /// The Pod's name.
        pod: String,
        /// The container's name.
        container: String,
        /// Whether it is the log of the container before it was last started anew.
        previous: bool,
    },
}

/// What a scene leaves open.
pub fn asks(scene: &Scene) -> Vec<Ask> {
    let mut objects: BTreeSet<Ask> = BTreeSet::new();
    let object = |api_version, kind, name: &str| Ask::Object { api_version, kind, name: name.to_owned() };
    let all = |api_version, kind| Ask::All { api_version, kind, labels: None };
    let namespace = text(&scene.root()["metadata"]["namespace"]);
    if !namespace.is_empty() {
        objects.insert(object("v1", "Namespace", namespace));
    }
    for pod in scene.pods() {
        if schedule::is_unschedulable(pod).is_some() {
            objects.insert(all("v1", "Node"));
        }
        for (kind, name) in missing::references(pod).filter(|_| !has_started(pod)) {
            objects.insert(object("v1", kind, name));
        }
        let node = text(&pod["spec"]["nodeName"]);
        if !node.is_empty() && super::node::is_doubtful(pod) {
            objects.insert(object("v1", "Node", node));
        }
    }
    if scene.tree().any(|object| matches!(text(&object["kind"]), "Deployment" | "StatefulSet" | "ReplicaSet"))
    {
        objects.insert(all("autoscaling/v2", "HorizontalPodAutoscaler"));
    }
    if scene.root()["kind"] == "PersistentVolumeClaim" {
        objects.insert(all("v1", "Pod"));
    }
    if let Some(labels) = selected(scene.root()) {
        objects.insert(Ask::All { api_version: "v1", kind: "Pod", labels: Some(labels) });
    }
    let placed = schedule::lacks_room(scene).then_some(Ask::PlacedPods);
    objects.into_iter().take(MOST).chain(placed).chain(logs(scene)).collect()
}

/// Whether a container of a Pod was ever started.
fn has_started(pod: &Value) -> bool {
    Container::of(pod).any(|container| !container.init && (container.runs() || container.ended().is_some()))
}

/// The selector of a Service, as a query takes it.
fn selected(service: &Value) -> Option<String> {
    let labels = (service["kind"] == "Service").then(|| service["spec"]["selector"].as_object())??;
    LabelSelector::from_labels(&labels.iter().collect())
        .ok()
        .filter(|labels| !labels.is_empty())
        .map(|labels| labels.to_string())
}

/// One log for each container at fault of each maker: the others say the same.
fn logs(scene: &Scene) -> Vec<Ask> {
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    let failing = Container::all(scene).filter(|container| container.ended().is_some());
    let first = failing.filter(|container| {
        let maker = text(&scene.maker(container.pod)["metadata"]["name"]);
        seen.insert((maker, container.name()))
    });
    let log = |container: Container<'_>| Ask::Log {
        pod: text(&container.pod["metadata"]["name"]).to_owned(),
        container: container.name().to_owned(),
        previous: container.status["state"]["terminated"].is_null()
            && !items(&container.pod["spec"]["containers"]).is_empty(),
    };
    first.take(MOST_LOGS).map(log).collect()
}
