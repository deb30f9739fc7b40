//! The ledger of this run's writes: what freshness is judged by, and what is left behind at the end.
//! Never knows what a status means.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use crate::json::Value;
use tokio::time::Instant;

use super::lock;
use super::resource::{ObjectRef, Resource};

/// One write of this run that changed an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The object's UID.
    pub uid: String,
    /// What it is.
    pub resource: Resource,
    /// Its namespace; `None` for cluster-scoped objects.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// The resourceVersion after the write: no older snapshot knows of it.
    pub resource_version: String,
    /// `spec` from before the first attempt; `None` if the write created the object, null if it had none.
    pub spec_before: Option<Value>,
    /// The write raised `metadata.generation`, or the kind has none.
    pub generation_changed: bool,
    /// The write created the object.
    pub created: bool,
    /// When the answer (or, after an unknown outcome, the look) came.
    pub at: Instant,
}

impl Written {
    /// The object by its name.
    pub fn object(&self) -> ObjectRef {
        let Written { resource, namespace, name, .. } = self.clone();
        ObjectRef { resource, namespace, name }
    }
}

/// By UID the last write, and in order the first ones and what this run created and has not seen deleted.
#[derive(Debug, Default)]
pub struct Ledger {
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    first: Vec<Arc<Written>>,
    last: BTreeMap<String, Arc<Written>>,
    created: Vec<Arc<Written>>,
    gone: BTreeSet<String>,
}

impl Ledger {
    /// The last write to this object, if this run wrote it and the write changed something.
    pub fn last(&self, uid: &str) -> Option<Arc<Written>> {
        lock(&self.pages).last.get(uid).cloned()
    }

    /// The last write to the object of this name, unless that object was seen to be gone.
    pub fn find(&self, object: &ObjectRef) -> Option<Arc<Written>> {
        let pages = lock(&self.pages);
        let same = |written: &&Arc<Written>| {
            !pages.gone.contains(&written.uid)
                && written.name == object.name
                && written.namespace == object.namespace
                && written.resource.group == object.resource.group
                && written.resource.plural == object.resource.plural
        };
        pages.last.values().filter(same).max_by_key(|written| written.at).cloned()
    }

    /// The first write to each object that this run wrote, in order, but for so many that are known.
    pub fn first_after(&self, known: usize) -> Vec<Arc<Written>> {
        lock(&self.pages).first.iter().skip(known).cloned().collect()
    }

    /// Whether this run has written nothing.
    pub fn is_empty(&self) -> bool {
        lock(&self.pages).last.is_empty()
    }

    /// What this run created and has not seen deleted, in the order of creation.
    pub fn created(&self) -> Vec<Arc<Written>> {
        lock(&self.pages).created.clone()
    }

    /// True if this run created the object and has not seen it deleted.
    pub fn has_created(&self, uid: &str) -> bool {
        lock(&self.pages).created.iter().any(|written| written.uid == uid)
    }

    /// Notes a write.
    pub(super) fn record(&self, written: Written) -> Arc<Written> {
        let written = Arc::new(written);
        let mut pages = lock(&self.pages);
        if written.created {
            pages.created.retain(|known| known.uid != written.uid);
            pages.created.push(written.clone());
        }
        if pages.last.insert(written.uid.clone(), written.clone()).is_none() {
            pages.first.push(written.clone());
        }
        written
    }

    /// Notes that the object with this UID is gone for certain. Deletes and watches do so by themselves.
    pub fn gone(&self, uid: &str) {
        let mut pages = lock(&self.pages);
        let Some(written) = pages.last.get(uid).cloned() else { return };
        pages.created.retain(|written| written.uid != uid);
        pages.gone.insert(uid.to_owned());
        if written.resource.group.is_empty() && written.resource.kind == "Namespace" {
            pages.emptied(&written.name);
        }
    }

    /// Notes that a namespace is gone for certain, and so all that was in it.
    pub fn namespace_gone(&self, name: &str) {
        lock(&self.pages).emptied(name);
    }
}

impl Pages {
    /// Nothing is in this namespace any more.
    fn emptied(&mut self, namespace: &str) {
        let inside = |written: &Written| written.namespace.as_deref() == Some(namespace);
        self.created.retain(|written| !inside(written));
        let uids = self.last.values().filter(|written| inside(written)).map(|written| written.uid.clone());
        self.gone.extend(uids);
    }
}

#[cfg(test)]
mod tests {
    use super::super::resource::Served;
    use super::*;

    fn written(uid: &str, version: &str, created: bool) -> Written {
        Written {
            uid: uid.into(),
            resource: Resource::from(Served {
                group: String::new(),
                version: "v1".into(),
                kind: "ConfigMap".into(),
                plural: "configmaps".into(),
                singular: "configmap".into(),
                short_names: Vec::new(),
                namespaced: true,
                verbs: Vec::new(),
                subresources: Vec::new(),
            }),
            namespace: Some("n".into()),
            name: uid.into(),
            resource_version: version.into(),
            spec_before: (!created).then_some(Value::Null),
            generation_changed: true,
            created,
            at: Instant::now(),
        }
    }

    #[tokio::test]
    async fn the_last_record_counts_and_the_created_are_kept_in_order() {
        let ledger = Ledger::default();
        ledger.record(written("b", "1", true));
        ledger.record(written("a", "2", true));
        ledger.record(written("b", "3", false));
        ledger.record(written("c", "4", false));
        assert_eq!(ledger.last("b").map(|w| w.resource_version.clone()), Some("3".into()));
        let created = |ledger: &Ledger| ledger.created().iter().map(|w| w.uid.clone()).collect::<Vec<_>>();
        assert_eq!(created(&ledger), ["b", "a"]);
        assert!(ledger.has_created("b") && !ledger.has_created("c"));
        let first: Vec<_> = ledger.first_after(1).iter().map(|w| w.resource_version.clone()).collect();
        assert_eq!(first, ["2", "4"]);
        ledger.gone("b");
        assert_eq!(created(&ledger), ["a"]);
        assert!(ledger.last("b").is_some(), "freshness may still be asked of a deleted object's last state");
        let of = written("n-uid", "5", true);
        let kind = Served { kind: "Namespace".into(), ..(*of.resource).clone() };
        let namespace = Written { name: "n".into(), namespace: None, resource: kind.into(), ..of };
        ledger.record(namespace);
        assert_eq!(created(&ledger), ["a", "n-uid"]);
        ledger.gone("n-uid");
        assert_eq!(created(&ledger), [""; 0], "what was in a namespace goes with it");
    }
}
