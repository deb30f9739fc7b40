//! The objects that a step looks at, live: several watches in one place.
//! It must never know what is looked for in them.

use crate::cluster::{Cluster, Error, Interest, ObjectRef, Seen, Snapshot, Watch};
use crate::json::{Text, Value};
use foldhash::HashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// Namespace (empty where there is none) and name.
pub(super) type Key = (Text, Text);

/// Several live watches.
#[derive(Default)]
pub(super) struct View {
    feeds: Vec<Feed>,
}

/// One live watch and what it shows now.
pub(super) struct Feed {
    watch: Watch,
    objects: BTreeMap<Key, Snapshot>,
    /// Where they stand, by UID.
    places: HashMap<Text, Key>,
    /// Which objects have this owner, where that is asked for.
    owned: Option<HashMap<Text, BTreeSet<Key>>>,
    listed: bool,
    blocked: bool,
}

/// What changed in a view. `feed` is the number that [`View::open`] gave.
#[derive(Debug)]
pub(super) enum Change {
    /// An object is there, new or changed.
    Present { feed: usize, key: Key },
    /// An object is gone, or left the selection.
    Gone { feed: usize, key: Key, last: Snapshot, left_selection: bool },
    /// All there is has been seen.
    Listed,
    /// It is asked for again and again, since it may not be watched.
    Polling { feed: usize, why: String },
    /// It can be neither watched nor asked for.
    Blocked { feed: usize, error: Error },
}

impl View {
    /// Follows what is of interest; an interest that is followed already is not followed twice.
    pub(super) fn open(&mut self, cluster: &Cluster, interest: Interest, by_owner: bool) -> usize {
        let same = self
            .feeds
            .iter()
            .position(|feed| *feed.watch.interest() == interest && feed.owned.is_some() >= by_owner);
        if let Some(same) = same {
            return same;
        }
        let owned = by_owner.then(HashMap::default);
        let watch = cluster.watch(interest);
        self.feeds.push(Feed {
            watch,
            objects: BTreeMap::new(),
            places: HashMap::default(),
            owned,
            listed: false,
            blocked: false,
        });
        self.feeds.len() - 1
    }

    /// Whether every watch has shown all there is, or cannot.
    pub(super) fn is_complete(&self) -> bool {
        self.feeds.iter().all(|feed| feed.listed || feed.blocked)
    }

    /// A feed by its number.
    pub(super) fn feed(&self, feed: usize) -> Option<&Feed> {
        self.feeds.get(feed)
    }

    /// What changes next; waits for it. Nothing is lost if the wait is dropped.
    pub(super) async fn next(&mut self) -> Change {
        loop {
            let (feed, seen) = poll_fn(|cx| {
                for (index, feed) in self.feeds.iter_mut().enumerate() {
                    if let Poll::Ready(seen) = pin!(feed.watch.next()).poll(cx) {
                        return Poll::Ready((index, seen));
                    }
                }
                Poll::Pending
            })
            .await;
            if let Some(change) = self.take(feed, seen) {
                return change;
            }
        }
    }

    /// What has changed already.
    pub(super) fn try_next(&mut self) -> Option<Change> {
        for index in 0..self.feeds.len() {
            while let Some(seen) = self.feeds.get_mut(index).and_then(|feed| feed.watch.try_next()) {
                if let Some(change) = self.take(index, seen) {
                    return Some(change);
                }
            }
        }
        None
    }

    /// Takes in what a plain GET has shown, unless something newer was seen.
    pub(super) fn put(&mut self, feed: usize, snapshot: Snapshot) -> Option<Key> {
        let known = self.feeds.get(feed)?.objects.get(&key(&snapshot));
        if known.is_some_and(|known| {
            known.uid == snapshot.uid && !known.is_older_than(&snapshot.resource_version)
        }) {
            return None;
        }
        match self.take(feed, Seen::Present(snapshot)) {
            Some(Change::Present { key, .. }) => Some(key),
            _ => None,
        }
    }

    /// Takes out what a plain GET has shown to be gone.
    pub(super) fn drop(&mut self, feed: usize, key: &Key) -> Option<Snapshot> {
        let feed = self.feeds.get_mut(feed)?;
        let last = feed.objects.remove(key)?;
        feed.places.remove(&last.uid);
        feed.disown(&last, key);
        Some(last)
    }

    fn take(&mut self, index: usize, seen: Seen) -> Option<Change> {
        let feed = self.feeds.get_mut(index)?;
        match seen {
            Seen::Present(snapshot) => {
                let key = key(&snapshot);
                feed.own(&snapshot, &key);
                feed.places.insert(snapshot.uid.clone(), key.clone());
                if let Some(before) = feed.objects.insert(key.clone(), snapshot)
                    && feed.objects.get(&key).is_some_and(|now| now.uid != before.uid)
                {
                    feed.places.remove(&before.uid);
                }
                Some(Change::Present { feed: index, key })
            }
            Seen::Gone { last, left_selection } => {
                let key = key(&last);
                feed.disown(&last, &key);
                feed.places.remove(&last.uid);
                // An object that was made anew meanwhile stays.
                if feed.objects.get(&key).is_some_and(|known| known.uid == last.uid) {
                    feed.objects.remove(&key);
                }
                Some(Change::Gone { feed: index, key, last, left_selection })
            }
            Seen::Listed => {
                feed.listed = true;
                feed.blocked = false;
                Some(Change::Listed)
            }
            Seen::Polling { why } => Some(Change::Polling { feed: index, why }),
            Seen::Blocked(error) => {
                feed.blocked = true;
                Some(Change::Blocked { feed: index, error })
            }
        }
    }
}

impl Feed {
    /// What is there now.
    pub(super) fn objects(&self) -> &BTreeMap<Key, Snapshot> {
        &self.objects
    }

    /// Where the object of this UID stands, if it is there.
    pub(super) fn place(&self, uid: &str) -> Option<&Key> {
        self.places.get(uid)
    }

    /// What has this owner.
    pub(super) fn owned_by(&self, uid: &str) -> impl Iterator<Item = &Snapshot> {
        let keys = self.owned.as_ref().and_then(|owned| owned.get(uid));
        keys.into_iter().flatten().filter_map(|key| self.objects.get(key))
    }

    /// Whether it can be neither watched nor asked for.
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// What it follows.
    pub(super) fn interest(&self) -> &Interest {
        self.watch.interest()
    }

    fn own(&mut self, snapshot: &Snapshot, key: &Key) {
        let Some(owned) = &mut self.owned else { return };
        for owner in &snapshot.owners {
            owned.entry(owner.clone()).or_default().insert(key.clone());
        }
    }

    fn disown(&mut self, last: &Snapshot, key: &Key) {
        let Some(owned) = &mut self.owned else { return };
        for owner in &last.owners {
            if let Some(keys) = owned.get_mut(owner) {
                keys.remove(key);
            }
        }
    }
}

/// The UIDs of an object's owners.
pub(super) fn owners(object: &Value) -> Vec<Text> {
    let references = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let uid = |reference: &Value| reference["uid"].as_text().cloned();
    references.map_or_else(Vec::new, |references| references.iter().filter_map(uid).collect())
}

/// Where a named object is found in a feed.
pub(super) fn key_of(object: &ObjectRef) -> Key {
    (object.namespace.as_deref().unwrap_or_default().into(), object.name.as_str().into())
}

/// Where an object is found in a feed.
pub(super) fn key(snapshot: &Snapshot) -> Key {
    (snapshot.namespace.clone(), snapshot.name.clone())
}
