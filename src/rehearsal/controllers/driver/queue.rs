//! What is to be looked at: at once, in the order of the calls, or when its time has come.
//! Must never know what a look does, nor read a clock.

use super::Name;
use foldhash::{HashMap, HashSet};
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};

/// A controller's place in the table, and what it is called for.
pub(super) type Key = (usize, Name);

/// Everything that is called for, each once.
#[derive(Default)]
pub(super) struct Queue {
    ready: VecDeque<Key>,
    queued: HashSet<Key>,
    /// What is being looked at, and whether it is to be looked at again.
    working: Option<(Key, bool)>,
    /// What is due when; of what is due at once, first what was set first.
    timers: BTreeMap<(Timestamp, u64), Key>,
    timed: HashMap<Key, (Timestamp, u64)>,
    set: u64,
}

impl Queue {
    /// Calls for a look. What is being looked at right now comes last, after all that its own writes have called.
    pub fn call(&mut self, key: Key) {
        if let Some((_, again)) = self.working.as_mut().filter(|(working, _)| *working == key) {
            *again = true;
            return;
        }
        if self.queued.insert(key.clone()) {
            self.ready.push_back(key);
        }
    }

    /// Calls for a look at a time, unless it will be sooner.
    pub fn call_by(&mut self, key: Key, at: Timestamp) {
        if self.timed.get(&key).is_none_or(|(set, _)| *set > at) && !self.queued.contains(&key) {
            self.call_at(key, at);
        }
    }

    /// Calls for a look at a time, and at no other.
    pub fn call_at(&mut self, key: Key, at: Timestamp) {
        self.forget(&key);
        self.set += 1;
        self.timers.insert((at, self.set), key.clone());
        self.timed.insert(key, (at, self.set));
    }

    /// Takes back what is called for at a time.
    pub fn forget(&mut self, key: &Key) {
        if let Some(at) = self.timed.remove(key) {
            self.timers.remove(&at);
        }
    }

    /// The next look, which begins now. It ends with [`Queue::looked`].
    pub fn next(&mut self, now: Timestamp) -> Option<Key> {
        while let Some(entry) = self.timers.first_entry().filter(|entry| entry.key().0 <= now) {
            let key = entry.remove();
            self.timed.remove(&key);
            self.call(key);
        }
        let key = self.ready.pop_front()?;
        self.queued.remove(&key);
        self.working = Some((key.clone(), false));
        Some(key)
    }

    /// The look that was begun has ended.
    pub fn looked(&mut self) {
        if let Some((key, true)) = self.working.take() {
            self.call(key);
        }
    }

    /// When something is due that is not called for yet.
    pub fn due(&self) -> Option<Timestamp> {
        self.timers.keys().next().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        (0, Name::new("pods", "ns", name))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(second)
    }

    #[test]
    fn what_is_called_twice_is_looked_at_once_and_what_calls_itself_last() {
        let mut queue = Queue::default();
        ["a", "b", "a"].into_iter().for_each(|name| queue.call(key(name)));
        assert_eq!(queue.next(at(0)), Some(key("a")));
        queue.call(key("a"));
        queue.call(key("c"));
        queue.looked();
        let rest: Vec<Option<Key>> = (0..4)
            .map(|_| {
                let next = queue.next(at(0));
                queue.looked();
                next
            })
            .collect();
        assert_eq!(rest, [Some(key("b")), Some(key("c")), Some(key("a")), None]);
    }

    #[test]
    fn what_is_due_comes_at_its_time_the_first_set_first() {
        let mut queue = Queue::default();
        queue.call_at(key("late"), at(9));
        queue.call_at(key("b"), at(5));
        queue.call_at(key("a"), at(5));
        queue.call_by(key("late"), at(7));
        queue.call_by(key("late"), at(8));
        assert_eq!((queue.due(), queue.next(at(4))), (Some(at(5)), None));
        assert_eq!(queue.next(at(5)), Some(key("b")));
        queue.looked();
        assert_eq!(queue.next(at(5)), Some(key("a")));
        queue.looked();
        assert_eq!(queue.due(), Some(at(7)));
        queue.forget(&key("late"));
        assert_eq!((queue.due(), queue.next(at(9))), (None, None));
    }
}
