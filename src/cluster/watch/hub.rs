//! Which feeds serve an interest, started with their first subscriber and ended with their last.
//! Never looks into objects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

use super::super::{Inner, lock};
use super::feed::{Feed, Subscriber};
use super::follow::Follower;
use super::interest::{Interest, Note};

/// Up to this many names, each has a watch of its own (which also is all that a role by names allows).
const FEW_NAMES: usize = 4;

/// All feeds that run.
#[derive(Default)]
pub(in super::super) struct Hub {
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    feeds: BTreeMap<Key, (Arc<Feed>, JoinHandle<()>)>,
    /// The number of the last subscription.
    last: u64,
}

/// What a feed selects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub group: String,
    pub version: String,
    pub plural: String,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub labels: Option<String>,
}

impl Key {
    fn new(interest: &Interest, name: Option<&String>) -> Key {
        let resource = &interest.resource;
        Key {
            group: resource.group.clone(),
            version: resource.version.clone(),
            plural: resource.plural.clone(),
            namespace: interest.namespace.clone().filter(|_| resource.namespaced),
            name: name.cloned(),
            labels: interest.labels.clone().filter(|labels| !labels.is_empty()),
        }
    }
}

/// The part of an interest that one feed serves.
#[derive(Clone)]
pub(super) struct Slot {
    /// The feed's own name selector.
    name: Option<String>,
    /// Of a feed without one, only these names.
    pub only: Option<BTreeSet<String>>,
}

impl Slot {
    /// A feed for one name.
    pub fn one(name: String) -> Slot {
        Slot { name: Some(name), only: None }
    }
}

impl Hub {
    /// Divides an interest: few names get a feed each, unless one that has them all is running anyway.
    pub(super) fn slots(&self, interest: &Interest) -> Vec<Slot> {
        let names: BTreeSet<String> = interest.names.iter().cloned().collect();
        if names.is_empty() {
            return vec![Slot { name: None, only: None }];
        }
        let running = lock(&self.running);
        let wide = running.feeds.get(&Key::new(interest, None)).map(|(feed, _)| feed);
        let wide_serves = match wide {
            Some(feed) => feed.serves_names(),
            None => names.len() > FEW_NAMES,
        };
        match wide_serves {
            true => vec![Slot { name: None, only: Some(names) }],
            false => names.into_iter().map(Slot::one).collect(),
        }
    }
}

/// A place among a feed's subscribers, given up when dropped.
pub(super) struct Subscription {
    inner: Arc<Inner>,
    key: Key,
    part: u64,
}

impl Subscription {
    /// Subscribes to the feed that serves a slot, starting it if it is the first. Returns its number too.
    pub fn new(
        inner: &Arc<Inner>,
        interest: &Interest,
        slot: &Slot,
        sender: &UnboundedSender<Note>,
    ) -> (u64, Subscription) {
        let key = Key::new(interest, slot.name.as_ref());
        let mut running = lock(&inner.hub.running);
        running.last += 1;
        let part = running.last;
        let (feed, _) = running.feeds.entry(key.clone()).or_insert_with(|| {
            let feed = Arc::new(Feed::new(key.clone(), interest.resource.clone()));
            let task = tokio::spawn(Follower::new(inner.clone(), feed.clone()).run());
            (feed, task)
        });
        feed.join(Subscriber { part, only: slot.only.clone(), sender: sender.clone() });
        (part, Subscription { inner: inner.clone(), key, part })
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut running = lock(&self.inner.hub.running);
        let is_last = running.feeds.get(&self.key).is_some_and(|(feed, _)| feed.leave(self.part));
        if is_last && let Some((_, task)) = running.feeds.remove(&self.key) {
            task.abort();
        }
    }
}
