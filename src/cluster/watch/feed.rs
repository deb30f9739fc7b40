//! What is known of one selection of objects, and those who follow it. Whoever joins is told what is known,
//! then every change, without a gap in between.
//! Never waits, never talks to the server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use tokio::sync::mpsc::UnboundedSender;

use super::super::error::Error;
use super::super::ledger::Ledger;
use super::super::lock;
use super::super::resource::Resource;
use super::super::snapshot::Snapshot;
use super::hub::Key;
use super::interest::{News, Note, Seen};
use crate::json::Text;

/// Namespace and name.
pub(super) type Id = (Text, Text);

/// One feed.
pub(super) struct Feed {
    pub key: Key,
    pub resource: Resource,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<Id, Snapshot>,
    listed: bool,
    /// There are so many objects that names are better watched one by one, until all are listed anyway.
    vast: bool,
    polling: Option<String>,
    blocked: Option<Error>,
    subscribers: Vec<Subscriber>,
}

/// One who follows a feed.
pub(super) struct Subscriber {
    pub part: u64,
    pub only: Option<BTreeSet<String>>,
    pub sender: UnboundedSender<Note>,
}

impl Subscriber {
    /// A closed channel means that the watch is being dropped, which also ends the subscription.
    fn tell(&self, news: News) {
        drop(self.sender.send(Note { part: self.part, news }));
    }

    fn tell_of(&self, name: &str, seen: &Seen) {
        if self.only.as_ref().is_none_or(|only| only.contains(name)) {
            self.tell(News::Seen(seen.clone()));
        }
    }
}

impl State {
    fn tell_all(&self, seen: &Seen) {
        self.subscribers.iter().for_each(|subscriber| subscriber.tell(News::Seen(seen.clone())));
    }

    fn tell_of(&self, name: &str, seen: &Seen) {
        self.subscribers.iter().for_each(|subscriber| subscriber.tell_of(name, seen));
    }
}

pub(super) fn id(snapshot: &Snapshot) -> Id {
    (snapshot.namespace.clone(), snapshot.name.clone())
}

impl Feed {
    pub fn new(key: Key, resource: Resource) -> Feed {
        Feed { key, resource, state: Mutex::default() }
    }

    /// Adds a subscriber and tells it what is known.
    pub fn join(&self, subscriber: Subscriber) {
        let mut state = lock(&self.state);
        if let Some(why) = &state.polling {
            subscriber.tell(News::Seen(Seen::Polling { why: why.clone() }));
        }
        for snapshot in state.objects.values() {
            subscriber.tell_of(&snapshot.name, &Seen::Present(snapshot.clone()));
        }
        if state.listed {
            subscriber.tell(News::Seen(Seen::Listed));
        }
        if let Some(error) = &state.blocked {
            subscriber.tell(News::Seen(Seen::Blocked(error.clone())));
        }
        state.subscribers.push(subscriber);
    }

    /// Removes a subscriber; true if it was the last.
    pub fn leave(&self, part: u64) -> bool {
        let mut state = lock(&self.state);
        state.subscribers.retain(|subscriber| subscriber.part != part);
        state.subscribers.is_empty()
    }

    /// True if somebody who wants only a few names is served well by this feed.
    pub fn serves_names(&self) -> bool {
        let state = lock(&self.state);
        state.blocked.is_none() && state.polling.is_none() && (state.listed || !state.vast)
    }

    /// The object is there. What is known already is not told again.
    pub fn see(&self, snapshot: Snapshot, ledger: &Ledger) {
        let mut state = lock(&self.state);
        let known = state.objects.get(&id(&snapshot));
        if let Some(known) = known {
            let (same, old) = (known.uid == snapshot.uid, known.clone());
            if same && known.resource_version == snapshot.resource_version {
                return;
            }
            if !same {
                ledger.gone(&old.uid);
                state.tell_of(&snapshot.name, &Seen::Gone { last: old, left_selection: false });
            }
        }
        state.tell_of(&snapshot.name, &Seen::Present(snapshot.clone()));
        state.objects.insert(id(&snapshot), snapshot);
    }

    /// The object left the selection: for good, if there is no label selector.
    pub fn lose(&self, last: Snapshot, ledger: &Ledger) {
        let left_selection = self.key.labels.is_some();
        let mut state = lock(&self.state);
        state.objects.remove(&id(&last));
        if !left_selection {
            ledger.gone(&last.uid);
        }
        let name = last.name.clone();
        state.tell_of(&name, &Seen::Gone { last, left_selection });
    }

    /// A list is complete: what is not in it is gone. `anew` says so to all.
    pub fn complete(&self, seen: &BTreeSet<Id>, ledger: &Ledger, anew: bool) {
        let vanished = |state: &State| -> Vec<Snapshot> {
            let unseen = state.objects.iter().filter(|(id, _)| !seen.contains(id));
            unseen.map(|(_, snapshot)| snapshot.clone()).collect()
        };
        let vanished = vanished(&lock(&self.state));
        vanished.into_iter().for_each(|last| self.lose(last, ledger));
        let mut state = lock(&self.state);
        let tell = anew || !state.listed || state.blocked.is_some();
        (state.listed, state.blocked) = (true, None);
        if tell {
            state.tell_all(&Seen::Listed);
        }
    }

    /// From now on the objects are asked for instead of watched.
    pub fn polls(&self, why: &str) {
        let mut state = lock(&self.state);
        if state.polling.is_none() {
            state.polling = Some(why.to_owned());
            state.tell_all(&Seen::Polling { why: why.to_owned() });
        }
    }

    /// The objects can be neither watched nor asked for.
    pub fn block(&self, error: Error) {
        let mut state = lock(&self.state);
        if state.blocked.as_ref() != Some(&error) {
            state.tell_all(&Seen::Blocked(error.clone()));
            state.blocked = Some(error);
        }
    }

    /// There are very many objects: whoever wants but a few of them leaves. True if nobody stays.
    pub fn is_vast(&self) -> bool {
        let mut state = lock(&self.state);
        state.vast = true;
        let (leaving, staying) =
            std::mem::take(&mut state.subscribers).into_iter().partition(|s| s.only.is_some());
        let leaving: Vec<Subscriber> = leaving;
        leaving.iter().for_each(|subscriber| subscriber.tell(News::Vast));
        state.subscribers = staying;
        state.subscribers.is_empty()
    }

    /// True while nobody follows.
    pub fn is_deserted(&self) -> bool {
        lock(&self.state).subscribers.is_empty()
    }
}
