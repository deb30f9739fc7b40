//! What happens to objects while a step runs, in lines: what everybody wants to know, or all of it.
//! It must never know where the lines go, nor keep more than it says.

use super::Verbosity;
use super::line::{Ink, Line};
use super::note::Note;
use super::step::below;
use crate::event::{EventKind, Sight};
use std::collections::{BTreeMap, BTreeSet};

/// A workload's counts are said again after this time, in milliseconds, unless it is complete.
const EACH: u64 = 1_000;
/// The workloads that a terminal shows below a running step.
const MOST_BARS: usize = 6;
/// The cells of a bar.
const CELLS: usize = 10;
/// How many different warnings are remembered, so that each is said once.
const MOST_WARNINGS: usize = 1_000;
/// Conditions that everybody wants to know of what the playbook names.
const TELLING: &[&str] = &["phase", "state", "Ready", "Available", "Complete", "Failed"];
/// What a container waits for while all is well.
const WELL: &[&str] = &["", "ContainerCreating", "PodInitializing"];

/// What was seen of the objects of a run.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// What the run wrote itself.
    roots: BTreeSet<String>,
    workloads: BTreeMap<String, Workload>,
    warnings: BTreeSet<String>,
}

#[derive(Debug)]
struct Workload {
    /// Whether those are available that came to their good end.
    ends: bool,
    desired: i64,
    updated: i64,
    available: i64,
    changed_ms: u64,
    /// When it was last said, and in which words.
    said: Option<(u64, String)>,
}

impl Workload {
    fn is_complete(&self) -> bool {
        self.available == self.desired && (self.ends || self.updated >= self.desired)
    }

    fn words(&self) -> String {
        let Workload { ends, desired, updated, available, .. } = self;
        if *ends {
            return format!("{available}/{desired} succeeded");
        }
        let updated = if updated < desired { format!(", {updated} updated") } else { String::new() };
        format!("{available}/{desired} available{updated}")
    }
}

impl Seen {
    /// Takes an event in; the note that is made of it, if it is told.
    pub(super) fn take(&mut self, kind: &EventKind, verbosity: Verbosity, now_ms: u64) -> Option<Note> {
        let all = verbosity >= Verbosity::Verbose;
        let told = match kind {
            EventKind::ObjectSeen { object, owner, sight, .. } => {
                if owner.is_none() {
                    self.roots.insert(object.clone());
                }
                if *sight == Sight::Gone {
                    self.workloads.remove(object);
                }
                let owner = owner.as_ref().map_or_else(String::new, |owner| format!(" of {owner}"));
                let word = match sight {
                    Sight::Made => "made",
                    Sight::There => "is there",
                    Sight::Deleting => "is being deleted",
                    Sight::Gone => "is gone",
                };
                let ends = matches!(sight, Sight::Deleting | Sight::Gone) && self.roots.contains(object);
                (all || ends).then(|| (Ink::Dim, format!("{object}{owner} {word}")))
            }
            EventKind::ReplicasChanged { object, desired, updated, available, .. } => {
                let counts = [*desired, *updated, *available];
                self.replicas(object, counts, now_ms)
                    .filter(|_| all || !object.starts_with("ReplicaSet/"))
                    .map(|words| (Ink::Dim, words))
            }
            EventKind::ConditionChanged { object, condition, from, to, reason, message } => {
                let telling =
                    from.is_some() && self.roots.contains(object) && TELLING.contains(&condition.as_str());
                let changed = from.as_ref().filter(|from| *from != to);
                let from = changed.map_or_else(String::new, |from| format!("{from} → "));
                // That all is well needs no reason.
                let well = to == "True" && condition != "Failed";
                let why = if all || !well { because(reason, message) } else { String::new() };
                (all || telling).then(|| (Ink::Dim, format!("{object}: {condition} {from}{to}{why}")))
            }
            EventKind::ContainerChanged {
                object,
                container,
                to,
                reason,
                message,
                exit_code,
                restarts,
                ..
            } => {
                let word = reason.as_deref().unwrap_or_default();
                let waits = to == "waiting" && !WELL.contains(&word);
                let failed = to == "ended" && *exit_code != Some(0);
                let trouble = waits || failed;
                // A container that is started anew again and again is told of ever more rarely.
                let first = *restarts <= 0 || restarts.count_ones() == 1;
                let ended =
                    exit_code.filter(|_| *restarts > 0).map(|code| format!(", last with exit code {code}"));
                let restarts = match restarts {
                    0 => String::new(),
                    1 => format!(", restarted 1 time{}", ended.unwrap_or_default()),
                    restarts => format!(", restarted {restarts} times{}", ended.unwrap_or_default()),
                };
                let why = because(reason, message);
                let ink = if trouble { Ink::Warn } else { Ink::Dim };
                (all || trouble && first)
                    .then(|| (ink, format!("{object}: container {container} {to}{why}{restarts}")))
            }
            EventKind::ClusterEvent { object, severity, reason, message, count, .. } => {
                let warning = severity != "Normal";
                let new = warning
                    && self.warnings.len() < MOST_WARNINGS
                    && self.warnings.insert(format!("{reason}: {message}"));
                let again = if *count > 1 { format!(" ({count} times)") } else { String::new() };
                let ink = if warning { Ink::Warn } else { Ink::Dim };
                (all || new).then(|| (ink, format!("{object}: {reason}: {message}{again}")))
            }
            _ => None,
        };
        told.map(|(ink, text)| Note { ink, mark: '›', text, about: None, over: false })
    }

    /// Takes in the counts of a workload; its words, if they are worth a line now.
    fn replicas(
        &mut self,
        object: &str,
        [desired, updated, available]: [i64; 3],
        now_ms: u64,
    ) -> Option<String> {
        let said = self.workloads.get(object).and_then(|workload| workload.said.clone());
        let ends = object.starts_with("Job/");
        let mut workload = Workload { ends, desired, updated, available, changed_ms: now_ms, said };
        let words = workload.words();
        let is_due = |said_ms: u64| now_ms.saturating_sub(said_ms) >= EACH || workload.is_complete();
        // What came and went between two lines is no news.
        let news = workload.said.as_ref().is_none_or(|(at, said)| is_due(*at) && *said != words);
        if news {
            workload.said = Some((now_ms, words.clone()));
        }
        self.workloads.insert(object.to_owned(), workload);
        news.then(|| format!("{object}: {words}"))
    }

    /// What a terminal shows below a running step: a bar for each workload that changed since it began or is not complete.
    pub(super) fn bars(&self, depth: usize, began_ms: u64) -> Vec<Line> {
        let shown = self.workloads.iter().filter(|(object, workload)| {
            !object.starts_with("ReplicaSet/") && (workload.changed_ms >= began_ms || !workload.is_complete())
        });
        let line = |(object, workload): (&String, &Workload)| {
            let (full, empty) = bar(workload.available, workload.desired);
            below(depth)
                .ink(Ink::Dim, &format!("{object} "))
                .ink(Ink::Good, &full)
                .ink(Ink::Dim, &empty)
                .text(&format!(" {}", workload.words()))
        };
        shown.take(MOST_BARS).map(line).collect()
    }
}

/// The full and the empty cells of a bar.
fn bar(available: i64, desired: i64) -> (String, String) {
    let (available, desired) = (available.max(0) as u128, desired.max(1) as u128);
    let full = (available.min(desired) * CELLS as u128 / desired) as usize;
    ("█".repeat(full), "░".repeat(CELLS - full))
}

fn because(reason: &Option<String>, message: &Option<String>) -> String {
    [reason, message].into_iter().flatten().map(|part| format!(": {part}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicas(available: i64) -> EventKind {
        EventKind::ReplicasChanged {
            object: "Deployment/web".into(),
            desired: 3,
            current: 3,
            updated: 3,
            ready: available,
            available,
        }
    }

    fn warning(object: &str) -> EventKind {
        EventKind::ClusterEvent {
            object: object.into(),
            uid: object.into(),
            severity: "Warning".into(),
            reason: "FailedScheduling".into(),
            message: "no room".into(),
            count: 1,
            first: String::new(),
            last: String::new(),
            source: String::new(),
        }
    }

    #[test]
    fn counts_are_said_now_and_then_and_when_they_are_complete() {
        let mut seen = Seen::default();
        let mut said = |available: i64, now: u64| {
            seen.take(&replicas(available), Verbosity::Normal, now).map(|note| note.text)
        };
        assert_eq!(said(0, 0).as_deref(), Some("Deployment/web: 0/3 available"));
        assert_eq!(said(1, 100), None);
        assert_eq!(said(2, 1500).as_deref(), Some("Deployment/web: 2/3 available"));
        assert_eq!(said(3, 1600).as_deref(), Some("Deployment/web: 3/3 available"));
        assert_eq!(said(2, 1700), None);
        assert_eq!(said(3, 1800), None);
    }

    #[test]
    fn a_job_succeeds_and_a_condition_that_is_well_needs_no_reason() {
        let mut seen = Seen::default();
        let mut said = |kind: EventKind| {
            seen.take(&kind, Verbosity::Normal, 0).map(|note| note.text).unwrap_or_default()
        };
        let job = EventKind::ReplicasChanged {
            object: "Job/bake".into(),
            desired: 1,
            current: 0,
            updated: 0,
            ready: 0,
            available: 1,
        };
        assert_eq!(said(job), "Job/bake: 1/1 succeeded");
        said(EventKind::ObjectSeen {
            object: "Deployment/web".into(),
            namespace: None,
            owner: None,
            sight: Sight::Made,
        });
        let condition = |to: &str| EventKind::ConditionChanged {
            object: "Deployment/web".into(),
            condition: "Available".into(),
            from: Some("Unknown".into()),
            to: to.into(),
            reason: Some("Reason".into()),
            message: None,
        };
        assert_eq!(said(condition("True")), "Deployment/web: Available Unknown → True");
        assert_eq!(said(condition("False")), "Deployment/web: Available Unknown → False: Reason");
    }

    #[test]
    fn a_warning_of_many_pods_is_said_once() {
        let mut seen = Seen::default();
        assert!(seen.take(&warning("Pod/a"), Verbosity::Normal, 0).is_some());
        assert!(seen.take(&warning("Pod/b"), Verbosity::Normal, 0).is_none());
        assert!(seen.take(&warning("Pod/c"), Verbosity::Verbose, 0).is_some());
    }

    #[test]
    fn a_bar_is_full_when_all_are_there() {
        assert_eq!(bar(0, 3), (String::new(), "░".repeat(10)));
        assert_eq!(bar(3, 3), ("█".repeat(10), String::new()));
        assert_eq!(bar(i64::MAX, 0).0.chars().count(), 10);
    }
}
