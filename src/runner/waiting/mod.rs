//! A wait while it lasts: the objects it is about, what was seen of them, and whether the whole holds.
//! It must never say how a wait is written in a playbook.

mod ending;
mod following;

use super::context::{Context, Done};
use super::judge::{Observation, Why};
use super::owned::Owned;
use super::panel::{Gate, Panel, Rule, written_to};
use super::parts::{Part, Parts};
use super::subject::Subject;
use super::view::{Key, View};
use super::wait::Wait;
use crate::cluster::{Interest, ObjectRef};
use crate::event::{Cause, EventKind, Failure};
use crate::json::{Text, Value};
use crate::kinds;
use crate::playbook::condition::Condition;
use crate::playbook::duration;
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// How many unmet comparisons are told.
const MOST_TOLD: usize = 20;

/// A wait while it lasts.
pub(super) struct Waiting<'w> {
    pub(super) wait: &'w Wait<'w>,
    pub(super) cx: &'w Context<'w>,
    pub(super) view: View,
    /// The wait's own objects, then those of `fail-when`, then those of conditions on other objects.
    pub(super) panels: Vec<Panel<'w>>,
    pub(super) fail_panel: Option<usize>,
    /// Panels of conditions on other objects, by where they are written.
    pub(super) elsewhere: BTreeMap<Span, usize>,
    /// Feeds of what kinds' rules consult, by what is consulted; none where it cannot be read.
    pub(super) consults: BTreeMap<Consult, Option<usize>>,
    pub(super) pinned: BTreeMap<ObjectRef, Text>,
    pub(super) holds_since: Option<Instant>,
    pub(super) fails_since: Option<Instant>,
    pub(super) told: Option<EventKind>,
    pub(super) confirmed: BTreeSet<ObjectRef>,
    pub(super) warned: BTreeSet<String>,
    /// Of a wait that failed, its sentence without the comparisons that it ends with.
    pub(super) head: String,
    /// Whether the cluster could not be reached at the end.
    pub(super) out_of_touch: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Consult {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) labels: String,
}

impl<'w> Waiting<'w> {
    pub(super) async fn open(wait: &'w Wait<'w>, cx: &'w Context<'w>) -> Result<Waiting<'w>, Failure> {
        let mut waiting = Waiting {
            wait,
            cx,
            view: View::default(),
            panels: Vec::new(),
            fail_panel: None,
            elsewhere: BTreeMap::new(),
            consults: BTreeMap::new(),
            pinned: BTreeMap::new(),
            holds_since: None,
            fails_since: None,
            told: None,
            confirmed: BTreeSet::new(),
            warned: BTreeSet::new(),
            head: String::new(),
            out_of_touch: false,
        };
        waiting.panel(wait.subjects.clone(), wait.condition, wait.rule, wait.gate).await?;
        if let Some(fail) = &wait.fail_when {
            let gate = Gate { fresh: false, settle: Duration::ZERO };
            waiting.fail_panel = Some(waiting.panels.len());
            waiting.panel(fail.subjects.clone(), fail.condition, Rule::ANY, gate).await?;
        }
        for subject in &wait.subjects {
            if let Subject::Named(object) = subject
                && let Some(written) = written_to(&cx.cluster, object)
            {
                waiting.pinned.insert(object.clone(), written.uid.as_str().into());
            }
        }
        Ok(waiting)
    }

    /// Opens a panel with its feeds, and those of the conditions on other objects inside its condition.
    pub(super) async fn panel(
        &mut self,
        subjects: Vec<Subject>,
        condition: &'w Condition,
        rule: Rule,
        gate: Gate,
    ) -> Result<(), Failure> {
        let cx = self.cx;
        let mut names: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for subject in &subjects {
            if let Subject::Named(object) = subject {
                names.entry(kind_in(object)).or_default().push(object.name.clone());
            }
        }
        let mut parts = Vec::new();
        for subject in subjects {
            let mut owned = None;
            let mut owner_feed = None;
            let interest = match &subject {
                Subject::Named(object) => Interest {
                    resource: object.resource.clone(),
                    namespace: object.namespace.clone(),
                    names: names.get(&kind_in(object)).cloned().unwrap_or_default(),
                    labels: None,
                },
                Subject::Selection(selection) => {
                    if let Some(owner) = &selection.owner {
                        let interest = Interest {
                            resource: owner.resource.clone(),
                            namespace: owner.namespace.clone(),
                            names: vec![owner.name.clone()],
                            labels: None,
                        };
                        owner_feed = Some(self.view.open(&cx.cluster, interest, false));
                        owned = Some(Owned::default());
                    }
                    Interest {
                        resource: selection.resource.clone(),
                        namespace: selection.namespace.clone(),
                        names: selection.name.iter().cloned().collect(),
                        labels: selection.labels.clone(),
                    }
                }
            };
            let feed = self.view.open(&cx.cluster, interest, false);
            parts.push(Part { subject, feed, owned, owner_feed });
        }
        self.panels.push(Panel::new(Parts::new(parts), condition, rule, gate));
        let mut inner = Vec::new();
        on_others(condition, &mut inner);
        for on in inner {
            let subjects = cx.meant(&on.target).await?;
            self.elsewhere.insert(on.span, self.panels.len());
            Box::pin(self.panel(subjects, &on.condition, Rule::ALL, gate)).await?;
        }
        Ok(())
    }

    pub(super) fn judge(&mut self, number: usize, part: usize, key: &Key) {
        let states: BTreeMap<Span, Observation> =
            self.elsewhere.iter().map(|(span, panel)| (*span, self.panel_state(*panel))).collect();
        let elsewhere = |span: Span| states.get(&span).cloned().unwrap_or(Observation::NotYet(Vec::new()));
        let consults = &self.consults;
        let consulted = |value: &Value| {
            kinds::consults(value)
                .into_iter()
                .map(|consulted| consults.get(&consult_of(value, consulted)).copied().flatten())
                .collect::<Option<Vec<usize>>>()
        };
        if let Some(panel) = self.panels.get_mut(number) {
            panel.judge(part, key, &self.view, &self.cx.cluster, &consulted, &elsewhere);
        }
        // What is judged on other objects changes what depends on them.
        if self.elsewhere.values().any(|panel| *panel == number) && number != 0 {
            let dependents: Vec<(usize, usize, Key)> = self
                .panels
                .iter()
                .enumerate()
                .take(number)
                .flat_map(|(number, panel)| {
                    panel.members.keys().map(move |(part, key)| (number, *part, key.clone()))
                })
                .collect();
            for (panel, part, key) in dependents {
                self.judge(panel, part, &key);
            }
        }
    }

    pub(super) fn panel_state(&self, panel: usize) -> Observation {
        self.panels.get(panel).map_or(Observation::NotYet(Vec::new()), Panel::state)
    }

    /// Judges the whole; an end, or nothing while it goes on.
    pub(super) async fn judge_all(&mut self) -> Result<Option<Result<Done, Failure>>, Failure> {
        if !self.view.is_complete() {
            return Ok(None);
        }
        if let Some(failure) = self.failed_early() {
            return Ok(Some(Err(failure)));
        }
        let now = Instant::now();
        match self.panel_state(0) {
            Observation::Met(words) => {
                if !self.is_confirmed().await? {
                    return Ok(None);
                }
                let since = *self.holds_since.get_or_insert(now);
                if now >= since + self.wait.hold {
                    return Ok(Some(Ok(self.done(words))));
                }
                let words = format!("{words}, must hold for {}", duration::words(self.wait.hold));
                self.progress(&words, &[]);
                Ok(None)
            }
            Observation::Never(whys) => Ok(Some(Err(self.unmet(Cause::Unmet, "will never hold", &whys)))),
            Observation::NotYet(whys) => {
                let stale = self.panels.first().is_some_and(|panel| {
                    self.wait.gate.fresh && panel.members.values().any(|member| member.stale)
                });
                if self.wait.once && !stale {
                    let what = if self.holds_since.is_some() { "did not stay so" } else { "does not hold" };
                    return Ok(Some(Err(self.unmet(Cause::Unmet, what, &whys))));
                }
                self.holds_since = None;
                let words = self.in_short(&whys);
                self.progress(&words, &whys);
                Ok(None)
            }
        }
    }

    /// Why it is not done, for one line; of many objects, how many satisfy.
    pub(super) fn in_short(&self, whys: &[Why]) -> String {
        let (met, total) = self.panels.first().map_or((0, 0), |panel| (panel.met(), panel.members.len()));
        match whys {
            [first, ..] if total > 1 => format!("{}; {met} of {total} so far", first.words_with_name()),
            whys => in_line(whys),
        }
    }

    pub(super) fn progress(&mut self, words: &str, whys: &[Why]) {
        let Some(panel) = self.panels.first() else { return };
        let event = EventKind::StepProgress {
            met: panel.met(),
            total: panel.members.len(),
            words: words.to_owned(),
            unmet: whys.iter().take(MOST_TOLD).map(|why| why.unmet.clone()).collect(),
        };
        if self.told.as_ref() != Some(&event) {
            self.told = Some(event.clone());
            self.cx.teller.tell(event);
        }
    }

    /// When something is due without a change.
    pub(super) fn wake(&self) -> Option<Instant> {
        let settles = self.panels.iter().flat_map(Panel::settling).map(|(_, settles)| settles).min();
        let holds = self.holds_since.map(|since| since + self.wait.hold);
        let fails = self.fails_since.zip(self.wait.fail_when.as_ref()).map(|(since, fail)| since + fail.hold);
        [settles, holds, fails, self.cx.deadline].into_iter().flatten().min()
    }

    /// Judges anew what had to stay true for a while.
    pub(super) fn time_has_come(&mut self) {
        let now = Instant::now();
        let due: Vec<(usize, usize, Key)> = self
            .panels
            .iter()
            .enumerate()
            .flat_map(|(number, panel)| {
                let due = panel.settling().filter(|(_, settles)| *settles <= now);
                due.map(move |((part, key), _)| (number, *part, key.clone()))
            })
            .collect();
        for (panel, part, key) in due {
            self.judge(panel, part, &key);
        }
    }
}

/// The first reason, and how many more there are.
pub(super) fn in_line(whys: &[Why]) -> String {
    match whys {
        [] => String::new(),
        [only] => only.words(),
        [first, rest @ ..] => format!("{} (and {} more)", first.words(), rest.len()),
    }
}

fn on_others<'c>(condition: &'c Condition, into: &mut Vec<&'c crate::playbook::condition::On>) {
    match condition {
        Condition::On(on) => into.push(on),
        Condition::All(parts, _) | Condition::Any(parts, _) => {
            parts.iter().for_each(|part| on_others(part, into))
        }
        Condition::Not(part, _) => on_others(part, into),
        Condition::Expression(_) | Condition::Entry(_) | Condition::Named(_) | Condition::Like(_) => {}
    }
}

fn kind_in(object: &ObjectRef) -> (String, String) {
    (object.resource.full_name(), object.namespace.clone().unwrap_or_default())
}

fn consult_of(value: &Value, consulted: kinds::Consult) -> Consult {
    let namespace =
        value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default().to_owned();
    let kinds::Consult { api_version, kind, labels } = consulted;
    Consult { api_version, kind, namespace, labels }
}
