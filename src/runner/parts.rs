//! What a condition is judged on, and the feeds that show it: found by where an object stands, however many there are.
//! It must never judge.

use super::owned::Owned;
use super::subject::Subject;
use super::view::{Key, key_of};
use std::collections::BTreeMap;

/// A subject and the feed that shows it.
pub(super) struct Part {
    pub subject: Subject,
    pub feed: usize,
    /// What the selection's owner owns.
    pub owned: Option<Owned>,
    /// The feed that shows the owner, until it was seen.
    pub owner_feed: Option<usize>,
}

/// Subjects in the order in which they were given.
pub(super) struct Parts {
    all: Vec<Part>,
    /// Named objects, by feed and place.
    named: BTreeMap<usize, BTreeMap<Key, Vec<usize>>>,
    selections: Vec<usize>,
}

impl Parts {
    /// These subjects.
    pub(super) fn new(all: Vec<Part>) -> Parts {
        let (mut named, mut selections) = (BTreeMap::<usize, BTreeMap<Key, Vec<usize>>>::new(), Vec::new());
        for (number, part) in all.iter().enumerate() {
            match &part.subject {
                Subject::Named(object) => {
                    named.entry(part.feed).or_default().entry(key_of(object)).or_default().push(number);
                }
                Subject::Selection(_) => selections.push(number),
            }
        }
        Parts { all, named, selections }
    }

    /// All of them, as they were given.
    pub(super) fn as_slice(&self) -> &[Part] {
        &self.all
    }

    /// One of them, by its number.
    pub(super) fn get(&self, number: usize) -> Option<&Part> {
        self.all.get(number)
    }

    /// The numbers of those that an object in this place of a feed is judged for.
    pub(super) fn at(&self, feed: usize, key: &Key) -> impl Iterator<Item = usize> {
        let named = self.named.get(&feed).and_then(|named| named.get(key)).into_iter().flatten().copied();
        let shows = move |number: &usize| self.all.get(*number).is_some_and(|part| part.feed == feed);
        named.chain(self.selections.iter().copied().filter(shows))
    }

    /// The object that is named and stands in this place of a feed.
    pub(super) fn named(&self, feed: usize, key: &Key) -> Option<&Part> {
        self.get(*self.named.get(&feed)?.get(key)?.first()?)
    }

    /// The feeds that show objects to be judged.
    pub(super) fn feeds(&self) -> impl Iterator<Item = usize> {
        let selected = self.selections().map(|(_, part)| part.feed);
        let named = self.named.keys().copied();
        named.chain(selected.filter(|feed| !self.named.contains_key(feed)))
    }

    /// How many of them a feed shows, where a selection is one.
    pub(super) fn shown_by(&self, feed: usize) -> usize {
        let named = self.named.get(&feed).map_or(0, BTreeMap::len);
        named + self.selections().filter(|(_, part)| part.feed == feed).count()
    }

    /// The selections and their numbers.
    pub(super) fn selections(&self) -> impl Iterator<Item = (usize, &Part)> {
        self.selections.iter().filter_map(|number| Some((*number, self.all.get(*number)?)))
    }

    /// The selections, to be changed.
    pub(super) fn selections_mut(&mut self) -> impl Iterator<Item = &mut Part> {
        let end = self.selections.last().map_or(0, |last| last + 1);
        let some = self.all.iter_mut().take(end);
        some.filter(|part| matches!(part.subject, Subject::Selection(_)))
    }
}
