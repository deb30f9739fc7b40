//! What somebody follows, what they see, and the handle through which they see it.
//! Never talks to the server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::super::error::Error;
use super::super::resource::Resource;
use super::super::snapshot::Snapshot;
use super::super::{Cluster, Inner};
use super::hub::{Slot, Subscription};

/// Which objects are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interest {
    /// What they are.
    pub resource: Resource,
    /// Their namespace; `None` for cluster-scoped resources, or for all namespaces.
    pub namespace: Option<String>,
    /// Their names; empty for all.
    pub names: Vec<String>,
    /// A label selector, as the API takes it.
    pub labels: Option<String>,
}

/// What is seen of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// The object is there, new or changed.
    Present(Snapshot),
    /// The object is not there any more.
    Gone {
        /// Its last state, as far as it is known.
        last: Snapshot,
        /// It may still be there: it only fits the label selector no longer.
        left_selection: bool,
    },
    /// All there is was seen: after the first list, and after each that had to be made anew.
    Listed,
    /// Watching is forbidden, so the objects are asked for every other second. Said once.
    Polling {
        /// The server's words.
        why: String,
    },
    /// The objects can be neither watched nor asked for. It is tried again every few seconds.
    Blocked(Error),
}

/// A live view of an [`Interest`]. Every change is seen, in order; dropping it ends what nobody else needs.
pub struct Watch {
    inner: Arc<Inner>,
    interest: Interest,
    notes: UnboundedReceiver<Note>,
    sender: UnboundedSender<Note>,
    parts: BTreeMap<u64, Part>,
    polling_told: bool,
}

/// One feed that serves the interest, wholly or for some of its names.
struct Part {
    slot: Slot,
    listed: bool,
    _subscription: Subscription,
}

/// What a feed sends to those who follow it.
pub(super) struct Note {
    pub part: u64,
    pub news: News,
}

#[derive(Clone)]
pub(super) enum News {
    Seen(Seen),
    /// There are too many objects to list them all for the sake of a few names.
    Vast,
}

impl Cluster {
    /// Follows objects from now on. What is known already is seen at once, then [`Seen::Listed`], then every
    /// change. Trouble is borne for as long as the watch lives, whatever the deadline of the view.
    ///
    /// Must be called within a tokio runtime.
    pub fn watch(&self, interest: Interest) -> Watch {
        let (sender, notes) = unbounded_channel();
        let slots = self.inner.hub.slots(&interest);
        let mut watch = Watch {
            inner: self.inner.clone(),
            interest,
            notes,
            sender,
            parts: BTreeMap::new(),
            polling_told: false,
        };
        slots.into_iter().for_each(|slot| watch.follow(slot));
        watch
    }
}

impl Watch {
    /// What is seen next; waits for it. Nothing is lost if the wait is dropped.
    pub async fn next(&mut self) -> Seen {
        loop {
            let Some(note) = self.notes.recv().await else {
                let message = "the watch has ended".to_owned();
                return Seen::Blocked(Error::Unreachable { message, outage: Duration::ZERO, status: None });
            };
            if let Some(seen) = self.take(note) {
                return seen;
            }
        }
    }

    /// What is seen already, without waiting.
    pub fn try_next(&mut self) -> Option<Seen> {
        while let Ok(note) = self.notes.try_recv() {
            if let Some(seen) = self.take(note) {
                return Some(seen);
            }
        }
        None
    }

    /// What is followed.
    pub fn interest(&self) -> &Interest {
        &self.interest
    }

    fn take(&mut self, note: Note) -> Option<Seen> {
        let part = self.parts.get_mut(&note.part)?;
        let by_names = part.slot.only.is_some();
        match note.news {
            News::Vast => self.narrow(note.part),
            News::Seen(Seen::Blocked(error)) if by_names && error.is_refused(403) => self.narrow(note.part),
            News::Seen(Seen::Listed) => {
                part.listed = true;
                return self.parts.values().all(|part| part.listed).then_some(Seen::Listed);
            }
            News::Seen(Seen::Polling { why }) => {
                let told = std::mem::replace(&mut self.polling_told, true);
                return (!told).then_some(Seen::Polling { why });
            }
            News::Seen(seen) => return Some(seen),
        }
        None
    }

    /// Replaces one feed of many names by a feed for each.
    fn narrow(&mut self, part: u64) {
        let Some(part) = self.parts.remove(&part) else { return };
        let names: BTreeSet<String> = part.slot.only.clone().unwrap_or_default();
        names.into_iter().map(Slot::one).for_each(|slot| self.follow(slot));
    }

    fn follow(&mut self, slot: Slot) {
        let (part, subscription) = Subscription::new(&self.inner, &self.interest, &slot, &self.sender);
        self.parts.insert(part, Part { slot, listed: false, _subscription: subscription });
    }
}
