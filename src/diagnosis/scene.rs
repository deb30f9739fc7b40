//! All that a diagnosis looks at: an object, what it owns, what happened to them, and what they refer to.
//! Must never know where it comes from, nor what any of it means.

use super::capacity::Taken;
use crate::json::{Text, Value};
use crate::kinds::{Occurrence, items, text, title};
use crate::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// How far up a chain of owners is looked.
const DEEPEST: usize = 8;

/// An object and all that is known around it, at one moment.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    root: Value,
    owned: Vec<Value>,
    around: Vec<Value>,
    occurrences: Vec<Occurrence>,
    /// What the Pods of the cluster take of its nodes.
    taken: Taken,
    /// `Kind/name` of what was asked for and is not there.
    missing: BTreeSet<String>,
    /// The last lines of a container's log, by Pod and container.
    logs: BTreeMap<(String, String), Vec<String>>,
}

impl Scene {
    /// A scene of a root and other objects in any order: those it owns (by UID), the cluster's events, and others.
    pub fn new(root: Value, objects: Vec<Value>) -> Scene {
        let mut tree = Tree::new();
        objects.iter().for_each(|object| {
            tree.insert(object);
        });
        let uid = text(&root["metadata"]["uid"]).to_owned();
        let below: BTreeSet<Text> = tree.owned_by(&uid).iter().map(|leaf| leaf.uid.clone()).collect();
        let mut scene = Scene { root, ..Scene::default() };
        for object in objects {
            if below.contains(text(&object["metadata"]["uid"])) {
                scene.owned.push(object);
            } else {
                scene.add(object);
            }
        }
        // Names are what people see; UIDs would order them anew on every cluster.
        scene.owned.sort_by_cached_key(title);
        scene
    }

    /// Adds something that the root does not own, or an event of the cluster.
    pub fn add(&mut self, object: Value) {
        match Occurrence::of(&object) {
            Some(occurrence) => {
                let at = self.occurrences.partition_point(|known| known.order() <= occurrence.order());
                self.occurrences.insert(at, occurrence);
            }
            None if title(&object) != title(&self.root) => self.around.push(object),
            None => {}
        }
    }

    /// Counts a Pod of any namespace as one that takes something of its node.
    pub fn place(&mut self, pod: &Value) {
        self.taken.count(pod);
    }

    /// What Pods take of the nodes.
    pub(super) fn taken(&self) -> &Taken {
        &self.taken
    }

    /// Notes that an object is not there.
    pub fn miss(&mut self, kind: &str, name: &str) {
        self.missing.insert(format!("{kind}/{name}"));
    }

    /// Adds the last lines of a container's log.
    pub fn log(&mut self, pod: &str, container: &str, lines: Vec<String>) {
        self.logs.insert((pod.to_owned(), container.to_owned()), lines);
    }

    /// The object that is asked about.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// What it owns, directly or not.
    pub fn owned(&self) -> &[Value] {
        &self.owned
    }

    /// The root, then what it owns.
    pub(super) fn tree(&self) -> impl Iterator<Item = &Value> {
        std::iter::once(&self.root).chain(&self.owned)
    }

    /// Objects of a kind in the tree.
    pub(super) fn of_kind<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Value> {
        self.tree().filter(move |object| object["kind"] == kind)
    }

    /// Objects of a kind that are not in the tree.
    pub(super) fn around<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Value> {
        self.around.iter().filter(move |object| object["kind"] == kind)
    }

    /// Whatever is not in the tree.
    pub(super) fn things_around(&self) -> impl Iterator<Item = &Value> {
        self.around.iter()
    }

    /// Whether an object was asked for and is not there.
    pub(super) fn is_missing(&self, kind: &str, name: &str) -> bool {
        self.missing.contains(&format!("{kind}/{name}"))
    }

    /// What happened to an object, the latest last.
    pub fn events_of<'s>(&'s self, object: &'s Value) -> impl Iterator<Item = &'s Occurrence> {
        self.happened_to(object)
    }

    /// The same, from both ends.
    pub(super) fn happened_to<'s>(
        &'s self,
        object: &'s Value,
    ) -> impl DoubleEndedIterator<Item = &'s Occurrence> {
        let uid = text(&object["metadata"]["uid"]);
        self.occurrences.iter().filter(move |occurrence| !uid.is_empty() && occurrence.about == uid)
    }

    /// The latest that happened to an object for a reason.
    pub(super) fn latest<'s>(&'s self, object: &'s Value, reason: &str) -> Option<&'s Occurrence> {
        self.happened_to(object).rfind(|occurrence| occurrence.reason == reason)
    }

    /// The Pods that use a claim, as far as they are known; none of anything else.
    pub fn users<'s>(&'s self, claim: &'s Value) -> impl Iterator<Item = &'s Value> {
        let is_claim = claim["kind"] == "PersistentVolumeClaim";
        let name = &claim["metadata"]["name"];
        let pods = self.of_kind("Pod").chain(self.around("Pod")).filter(move |_| is_claim);
        pods.filter(move |pod| {
            let volumes = items(&pod["spec"]["volumes"]).iter();
            volumes.map(|volume| &volume["persistentVolumeClaim"]["claimName"]).any(|claim| claim == name)
        })
    }

    /// The last lines of a container's log, as evidence.
    pub(super) fn log_of(&self, pod: &Value, container: &str) -> Vec<String> {
        let pod = text(&pod["metadata"]["name"]);
        let lines = self.logs.get(&(pod.to_owned(), container.to_owned()));
        lines.into_iter().flatten().map(|line| format!("log of {container}: {line}")).collect()
    }

    /// Pods that should run: neither on their way out nor at their good end.
    pub(super) fn pods(&self) -> impl Iterator<Item = &Value> {
        self.of_kind("Pod").filter(|pod| {
            pod["metadata"]["deletionTimestamp"].is_null() && pod["status"]["phase"] != "Succeeded"
        })
    }

    /// What people wrote that made an object: the topmost of its owners that makes Pods, or itself.
    pub(super) fn maker<'s>(&'s self, object: &'s Value) -> &'s Value {
        let mut at = object;
        for _ in 0..DEEPEST {
            let owners = items(&at["metadata"]["ownerReferences"]);
            let owner = self.tree().find(|other| {
                let uid = &other["metadata"]["uid"];
                uid.is_string() && makes_pods(other) && owners.iter().any(|owner| owner["uid"] == *uid)
            });
            match owner {
                Some(owner) => at = owner,
                None => break,
            }
        }
        at
    }
}

/// What a sentence about a maker of Pods calls them: a Pod that nobody made is itself.
pub(super) fn pods_of(maker: &str) -> &'static str {
    if maker.starts_with("Pod/") { "it" } else { "its Pods" }
}

fn makes_pods(object: &Value) -> bool {
    let kind = text(&object["kind"]);
    matches!(
        kind,
        "ReplicaSet"
            | "Deployment"
            | "StatefulSet"
            | "DaemonSet"
            | "Job"
            | "CronJob"
            | "ReplicationController"
    )
}
