//! What a controller sees when it looks: the objects, the time, and what came of its last write.
//! Must never know how the objects came here, nor any kind.

use super::super::Settings;
use super::super::resource::PODS;
use super::store::{Entry, Store};
use crate::json::{Text, Value};
use jiff::Timestamp;

/// The world as one controller sees it at one moment.
pub(crate) struct View<'a> {
    /// The objects.
    pub store: &'a Store,
    /// The virtual time.
    pub now: Timestamp,
    /// What was asked of this world.
    pub settings: &'a Settings,
    /// What the server refused of this very object's last writes, told once.
    pub failed: Option<&'a Failure>,
    /// What the last look at this very object had remembered; null if nothing.
    pub note: &'a Value,
}

/// A write that failed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    /// Whether it was to create an object.
    pub creating: bool,
    /// The resource written to.
    pub resource: Text,
    /// The status code; 0 where no answer came.
    pub code: u16,
    /// The reason in the answer, `AlreadyExists`.
    pub reason: String,
    /// What the server said.
    pub message: String,
    /// The reasons of the causes in the answer, `NamespaceTerminating`.
    pub causes: Vec<String>,
}

impl Failure {
    /// Whether the namespace is being deleted, so that nothing new may come into it.
    pub fn ends_namespace(&self) -> bool {
        self.causes.iter().any(|cause| cause == "NamespaceTerminating")
    }
}

impl<'a> View<'a> {
    /// An object.
    pub fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<&'a Value> {
        self.entry(resource, namespace, name).map(|entry| &entry.object)
    }

    /// An object with its times.
    pub fn entry(&self, resource: &str, namespace: &str, name: &str) -> Option<&'a Entry> {
        self.store.get(resource, namespace, name)
    }

    /// The objects of a resource in a namespace, by name.
    pub fn list(&self, resource: &str, namespace: &'a str) -> impl Iterator<Item = &'a Value> {
        self.store.list(resource, namespace).map(|entry| &entry.object)
    }

    /// The objects of a resource in a namespace that no controller controls, by name.
    pub fn uncontrolled(&self, resource: &str, namespace: &str) -> impl Iterator<Item = &'a Value> {
        self.store.uncontrolled(resource, namespace).map(|entry| &entry.object)
    }

    /// The pods that are on no node.
    pub fn unplaced(&self) -> impl Iterator<Item = &'a Value> {
        self.store.unplaced().map(|entry| &entry.object)
    }

    /// All objects of a resource.
    pub fn all(&self, resource: &str) -> impl Iterator<Item = &'a Value> {
        self.store.all(resource).map(|entry| &entry.object)
    }

    /// The pods that an object controls, those that are ended or being deleted among them, oldest first, then by name.
    pub fn pods_of(&self, owner: &Value) -> Vec<&'a Value> {
        self.controlled(owner, PODS)
    }

    /// The objects of a resource whose controller is this one, oldest first, then by name.
    pub fn controlled(&self, owner: &Value, resource: &'a str) -> Vec<&'a Value> {
        let uid = super::super::read::uid(owner).to_owned();
        let owned = self.store.owned(&uid, resource).map(|entry| &entry.object);
        let mut found: Vec<&Value> =
            owned.filter(|object| super::super::read::controlled_by(object, owner)).collect();
        found.sort_by_key(|object| super::super::read::text(&object["metadata"]["creationTimestamp"]));
        found
    }
}
