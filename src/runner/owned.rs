//! What an object owns, directly or not, live: for targets with an `owner`, and for a delete that waits for all of it.
//! It must never know why somebody asks.

use super::context::Context;
use super::view::{Key, View};
use crate::cluster::{Error, Interest, KindName, ResolveError};
use crate::event::Failure;
use crate::kinds;
use crate::tree::{Leaf, Tree};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The members of the trees below some roots.
#[derive(Default)]
pub(super) struct Owned {
    /// Roots, and what was once seen to be owned: an owner that is gone still counts.
    members: BTreeSet<String>,
    /// The feeds that show owned kinds.
    feeds: BTreeSet<usize>,
    /// What is there now of those kinds, by UID.
    tree: Tree,
    /// UIDs by feed and key.
    keys: BTreeMap<(usize, Key), String>,
}

impl Owned {
    /// Follows the kinds that an object may own. Those that may not be read are warned of and left out.
    pub(super) async fn follow(
        &mut self,
        root: &Value,
        view: &mut View,
        cx: &Context<'_>,
    ) -> Result<(), Failure> {
        let text = |pointer: &str| root.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        self.members.insert(text("/metadata/uid").to_owned());
        let namespace =
            Some(text("/metadata/namespace").to_owned()).filter(|namespace| !namespace.is_empty());
        let hint = kinds::labels_below(root);
        for owned in kinds::owns(text("/apiVersion"), text("/kind")) {
            let name =
                KindName { word: owned.kind.to_owned(), api_version: Some(owned.api_version.to_owned()) };
            let resource = match cx.cluster.resolve(&name).await {
                Ok(resource) => resource,
                // What is not served is not owned.
                Err(ResolveError::NotServed { .. } | ResolveError::Ambiguous { .. }) => continue,
                Err(ResolveError::Trouble(error)) => {
                    return Err(cx.failed("ask which kinds the cluster serves", error));
                }
            };
            let labelled = matches!(owned.kind, "Deployment" | "ReplicaSet" | "StatefulSet" | "Pod");
            let labels = hint.clone().filter(|_| labelled);
            let interest = Interest { resource, namespace: namespace.clone(), names: Vec::new(), labels };
            self.feeds.insert(view.open(&cx.cluster, interest, false));
        }
        Ok(())
    }

    /// Follows a kind without its label too.
    pub(super) fn follow_wide(&mut self, interest: &Interest, view: &mut View, cx: &Context<'_>) {
        let wide = Interest { labels: None, ..interest.clone() };
        self.feeds.insert(view.open(&cx.cluster, wide, false));
    }

    /// Whether an object is known to have belonged to one of the trees.
    pub(super) fn is_member(&self, uid: &str) -> bool {
        self.members.contains(uid)
    }

    /// Takes in an object of a view.
    pub(super) fn present(&mut self, feed: usize, key: &Key, view: &View) {
        if !self.feeds.contains(&feed) {
            return;
        }
        let Some(snapshot) = view.feed(feed).and_then(|feed| feed.objects().get(key)) else { return };
        if let Some(before) = self.keys.insert((feed, key.clone()), snapshot.uid.clone())
            && before != snapshot.uid
        {
            self.tree.remove(&before);
        }
        self.tree.insert(&snapshot.value());
        self.grow();
    }

    /// Takes out an object that is gone.
    pub(super) fn gone(&mut self, feed: usize, key: &Key, uid: &str) {
        if !self.feeds.contains(&feed) {
            return;
        }
        self.tree.remove(uid);
        if self.keys.get(&(feed, key.clone())).is_some_and(|known| known == uid) {
            self.keys.remove(&(feed, key.clone()));
        }
    }

    /// Whether an object with these owners belongs to one of the trees.
    pub(super) fn has(&self, owners: &[String]) -> bool {
        owners.iter().any(|owner| self.members.contains(owner))
    }

    /// What is there now of what the roots own.
    pub(super) fn left(&self) -> Vec<&Leaf> {
        self.tree.iter().filter(|leaf| self.has(&leaf.owners)).collect()
    }

    /// Whether a feed shows owned kinds.
    pub(super) fn follows(&self, feed: usize) -> bool {
        self.feeds.contains(&feed)
    }

    /// A feed that cannot be read is left out.
    pub(super) fn forsake(&mut self, feed: usize, view: &View, error: &Error, cx: &Context<'_>) {
        if self.feeds.remove(&feed) {
            let kind = view.feed(feed).map_or_else(String::new, |feed| feed.interest().resource.kind.clone());
            cx.teller.warn(format!(
                "objects of kind {kind} cannot be looked at, so what is owned is not known wholly: {error}"
            ));
        }
    }

    fn grow(&mut self) {
        loop {
            let found: Vec<String> = self
                .tree
                .iter()
                .filter(|leaf| !self.members.contains(&leaf.uid) && self.has(&leaf.owners))
                .map(|leaf| leaf.uid.clone())
                .collect();
            if found.is_empty() {
                return;
            }
            self.members.extend(found);
        }
    }
}
