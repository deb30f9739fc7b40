//! Who follows a kind, and is told what happens to it.
//! It must never know how that is written down, nor wait for anybody.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::selection::Selection;
use super::store::{Change, Happened};

/// How far a follower may lag before it is cut off, as a real server cuts slow watches off.
const LAG: usize = 1 << 14;

/// What a follower is told.
#[derive(Clone, Debug)]
pub struct Told {
    /// What happened.
    pub change: Arc<Change>,
    /// What that is to this follower.
    pub event: Event,
}

/// What a change is to a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// An object came, changed or went.
    Is(Happened),
    /// An object is there still, and no longer selected.
    Left,
}

/// What a follower asks for.
#[derive(Clone, Debug)]
pub struct Interest {
    /// Empty for all.
    pub namespace: String,
    /// Which objects.
    pub selection: Selection,
    /// Nothing up to this version is told.
    pub after: u64,
}

impl Interest {
    /// What a change is to this follower, if anything.
    pub fn sees(&self, change: &Change) -> Option<Event> {
        if change.now.version <= self.after
            || !(self.namespace.is_empty() || self.namespace == change.now.namespace)
        {
            return None;
        }
        let is = change.happened != Happened::Deleted && self.selection.holds(&change.now);
        let was = change.before.as_ref().is_some_and(|before| self.selection.holds(before));
        match (was, is) {
            (false, true) => Some(Event::Is(Happened::Added)),
            (true, true) => Some(Event::Is(Happened::Modified)),
            (true, false) if change.happened == Happened::Deleted => Some(Event::Is(Happened::Deleted)),
            (true, false) => Some(Event::Left),
            (false, false) => None,
        }
    }
}

/// The followers of a kind: those of one name apart, so that a change is told only to whom it may concern.
#[derive(Debug, Default)]
pub struct Feed {
    named: BTreeMap<String, Vec<Follower>>,
    others: Vec<Follower>,
}

#[derive(Debug)]
struct Follower {
    interest: Interest,
    sender: mpsc::Sender<Told>,
}

impl Feed {
    /// Follows from now on. The channel ends when the follower lags too far, or is cut off.
    pub fn join(&mut self, interest: Interest) -> mpsc::Receiver<Told> {
        let (sender, receiver) = mpsc::channel(LAG);
        let name = interest.selection.name().map(str::to_owned);
        let followers = match name {
            Some(name) => self.named.entry(name).or_default(),
            None => &mut self.others,
        };
        followers.retain(|follower| !follower.sender.is_closed());
        followers.push(Follower { interest, sender });
        receiver
    }

    /// Tells whom it concerns.
    pub fn tell(&mut self, change: &Arc<Change>) {
        if let Some(followers) = self.named.get_mut(change.now.name.as_str()) {
            tell(followers, change);
            if followers.is_empty() {
                self.named.remove(change.now.name.as_str());
            }
        }
        tell(&mut self.others, change);
    }
}

fn tell(followers: &mut Vec<Follower>, change: &Arc<Change>) {
    followers.retain(|follower| match follower.interest.sees(change) {
        Some(event) => follower.sender.try_send(Told { change: change.clone(), event }).is_ok(),
        None => !follower.sender.is_closed(),
    });
}
