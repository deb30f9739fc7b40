//! The cluster's events as they come: each repetition once, old ones left out, early ones held until their object is known.
//! Must never know what objects there are: it is told.

use crate::event::EventKind;
use crate::kinds::Occurrence;
use foldhash::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// How long an event waits for its object.
const HOLD: Duration = Duration::from_secs(10);
/// How many events wait for their objects at most.
const MOST_HELD: usize = 2_000;

/// The events that were told, and those that wait.
#[derive(Default)]
pub(super) struct Occurrences {
    /// How often each had happened when it was last told, by UID.
    counts: HashMap<String, u64>,
    /// By the UID of the object they are about.
    held: HashMap<String, Vec<(Instant, Occurrence)>>,
    waiting: usize,
    /// No one that waits came earlier, as of the last time that all were looked at.
    oldest: Option<Instant>,
}

impl Occurrences {
    /// Takes in what is older than the observation: only its repetitions are news.
    pub(super) fn old(&mut self, occurrence: &Occurrence) {
        self.counts.insert(occurrence.uid.clone(), occurrence.count);
    }

    /// Takes one in; what is to be told of it now. `known` says whether its object belongs to what is observed.
    pub(super) fn take(&mut self, occurrence: Occurrence, known: bool) -> Option<EventKind> {
        let told = self.counts.get(&occurrence.uid).copied().unwrap_or(0);
        if occurrence.count <= told {
            return None;
        }
        if !known {
            self.hold(occurrence);
            return None;
        }
        self.counts.insert(occurrence.uid.clone(), occurrence.count);
        Some(event(occurrence))
    }

    /// An object has become known: what waited for it, in the order in which it happened.
    pub(super) fn release(&mut self, about: &str) -> Vec<EventKind> {
        let mut held = self.held.remove(about).unwrap_or_default();
        self.waiting = self.waiting.saturating_sub(held.len());
        held.sort_by(|one, other| one.1.order().cmp(&other.1.order()));
        held.into_iter().filter_map(|(_, occurrence)| self.take(occurrence, true)).collect()
    }

    fn hold(&mut self, occurrence: Occurrence) {
        let now = Instant::now();
        if self.waiting >= MOST_HELD && self.oldest.is_none_or(|oldest| now - oldest >= HOLD) {
            self.held.retain(|_, held| {
                held.retain(|(since, _)| now.saturating_duration_since(*since) < HOLD);
                !held.is_empty()
            });
            self.waiting = self.held.values().map(Vec::len).sum();
            self.oldest = self.held.values().flatten().map(|(since, _)| *since).min();
        }
        if self.waiting < MOST_HELD {
            let held = self.held.entry(occurrence.about.clone()).or_default();
            // A repetition stands for the one before.
            self.waiting -= held.len();
            held.retain(|(_, known)| known.uid != occurrence.uid);
            held.push((now, occurrence));
            self.waiting += held.len();
        }
    }
}

fn event(occurrence: Occurrence) -> EventKind {
    EventKind::ClusterEvent {
        object: occurrence.object(),
        uid: occurrence.uid,
        severity: occurrence.sort,
        reason: occurrence.reason,
        message: occurrence.message,
        count: occurrence.count,
        first: occurrence.first,
        last: occurrence.last,
        source: occurrence.source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    fn occurrence(uid: &str, about: &str, count: u64) -> Occurrence {
        let event = json!({ "kind": "Event", "metadata": { "uid": uid }, "involvedObject": { "uid": about }, "count": count,
            "lastTimestamp": format!("2026-01-01T00:00:0{count}Z") });
        Occurrence::of(&event).expect("an event")
    }

    fn count(kind: Option<EventKind>) -> Option<u64> {
        match kind {
            Some(EventKind::ClusterEvent { count, .. }) => Some(count),
            _ => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_repetition_is_told_once_and_old_ones_never() {
        let mut all = Occurrences::default();
        all.old(&occurrence("a", "x", 3));
        assert_eq!(count(all.take(occurrence("a", "x", 3), true)), None);
        assert_eq!(count(all.take(occurrence("a", "x", 4), true)), Some(4));
        assert_eq!(count(all.take(occurrence("a", "x", 4), true)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_early_event_waits_for_its_object() {
        let mut all = Occurrences::default();
        assert_eq!(count(all.take(occurrence("b", "x", 2), false)), None);
        assert_eq!(count(all.take(occurrence("a", "x", 1), false)), None);
        assert_eq!(count(all.take(occurrence("b", "x", 3), false)), None);
        let told: Vec<_> = all.release("x").into_iter().map(|kind| count(Some(kind))).collect();
        assert_eq!(told, [Some(1), Some(3)]);
        assert_eq!(all.release("x").len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_is_bounded() {
        let mut all = Occurrences::default();
        for number in 0..MOST_HELD * 2 {
            all.take(occurrence(&number.to_string(), &number.to_string(), 1), false);
        }
        assert_eq!(all.waiting, MOST_HELD);
        tokio::time::advance(HOLD).await;
        all.take(occurrence("late", "late", 1), false);
        assert_eq!(all.waiting, 1);
        assert_eq!(all.release("late").len(), 1);
    }
}
