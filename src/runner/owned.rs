//! What an object owns, directly or not, live: for targets with an `owner`, and for a delete that waits for all of it.
//! It must never know why somebody asks.

use super::context::Context;
use super::view::{Key, View};
use crate::cluster::{Error, Interest};
use crate::event::Failure;
use crate::json::{Text, Value};
use crate::kinds;
use crate::tree::{Leaf, Tree};
use foldhash::{HashMap, HashSet};
use std::collections::BTreeSet;

/// The members of the trees below some roots.
#[derive(Default)]
pub(super) struct Owned {
    /// Roots, and what was once seen to be owned: an owner that is gone still counts.
    members: HashSet<Text>,
    /// The feeds that show owned kinds.
    feeds: BTreeSet<usize>,
    /// What is there now of those kinds, by UID.
    tree: Tree,
    /// Those in the tree that belong to it by their owners.
    left: BTreeSet<Text>,
    /// UIDs by feed and key.
    keys: HashMap<(usize, Key), Text>,
}

impl Owned {
    /// Follows the kinds that an object may own: one of a few narrowly, by the labels of what is below it; one of many as one of all.
    /// Those that may not be read are warned of and left out.
    pub(super) async fn follow(
        &mut self,
        root: &Value,
        narrow: bool,
        view: &mut View,
        cx: &Context<'_>,
    ) -> Result<(), Failure> {
        let text = |pointer: &str| root.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        self.join(text("/metadata/uid"));
        let namespace =
            Some(text("/metadata/namespace").to_owned()).filter(|namespace| !namespace.is_empty());
        let hint = kinds::labels_below(root).filter(|_| narrow);
        for owned in kinds::owns(text("/apiVersion"), text("/kind")) {
            // What is not served is not owned.
            let Some(resource) = cx.served(owned.api_version, owned.kind).await? else { continue };
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
            self.left.remove(&before);
        }
        self.tree.insert(&snapshot.value());
        let owners = self.tree.get(&snapshot.uid).map_or(&[][..], |leaf| &leaf.owners);
        if self.has(owners) {
            self.left.insert(snapshot.uid.clone());
            self.join(&snapshot.uid);
        } else {
            self.left.remove(&snapshot.uid);
        }
    }

    /// Takes out an object that is gone.
    pub(super) fn gone(&mut self, feed: usize, key: &Key, uid: &str) {
        if !self.feeds.contains(&feed) {
            return;
        }
        self.tree.remove(uid);
        self.left.remove(uid);
        if self.keys.get(&(feed, key.clone())).is_some_and(|known| known == uid) {
            self.keys.remove(&(feed, key.clone()));
        }
    }

    /// Whether an object with these owners belongs to one of the trees.
    pub(super) fn has(&self, owners: &[Text]) -> bool {
        owners.iter().any(|owner| self.members.contains(owner))
    }

    /// What is there now of what the roots own.
    pub(super) fn left(&self) -> impl Iterator<Item = &Leaf> {
        self.left.iter().filter_map(|uid| self.tree.get(uid))
    }

    /// How many they are.
    pub(super) fn count(&self) -> usize {
        self.left.len()
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

    /// Takes in a member, and what was seen before and belongs to it.
    fn join(&mut self, uid: &str) {
        let mut joining = vec![Text::from(uid)];
        while let Some(uid) = joining.pop() {
            if self.members.insert(uid.clone()) {
                let owned = self.tree.owned_directly(&uid).map(|leaf| leaf.uid.clone());
                let before = joining.len();
                joining.extend(owned);
                self.left.extend(joining[before..].iter().cloned());
            }
        }
    }
}
