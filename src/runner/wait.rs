//! `wait-until`, `assert`, and the `wait` of other verbs: follows objects until a condition holds, or never will, or time is up.
//! It must never poll: every judgement follows a change that a watch has shown, or a time that has come.

use super::context::{Context, Done};
use super::judge::{Observation, Why, wants_absence};
use super::owned::Owned;
use super::panel::{Gate, Panel, Part, Rule, written_to};
use super::subject::Subject;
use super::until;
use super::view::{Change, Key, View};
use crate::cluster::{Error, Interest, KindName, ObjectRef, ResolveError, Snapshot};
use crate::event::{Cause, EventKind, Failure};
use crate::kinds;
use crate::playbook::action::{Assert, FailWhen, Match, WaitUntil};
use crate::playbook::condition::Condition;
use crate::playbook::duration;
use crate::playbook::late::Late;
use crate::source::Span;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long a condition must stay true after a write where nothing tells whether it is fresh.
pub(super) const SETTLE: Duration = Duration::from_secs(2);
/// How long `fail-when` must hold.
const FAIL_HOLD: Duration = Duration::from_secs(2);
/// How long the last look before a deadline is declared may take.
const LAST_LOOK: Duration = Duration::from_secs(2);
/// How many objects are looked at one by one at the end.
const LAST_LOOKS: usize = 16;
/// How many unmet comparisons are told.
const MOST_TOLD: usize = 20;
/// Up to how many objects of a kind have their own narrow watch for what is consulted.
const NARROW: usize = 4;

/// What is waited for.
pub(super) struct Wait<'c> {
    /// On what.
    pub subjects: Vec<Subject>,
    /// What must hold.
    pub condition: &'c Condition,
    /// How many must satisfy.
    pub rule: Rule,
    /// How freshness is treated.
    pub gate: Gate,
    /// How long it must stay true.
    pub hold: Duration,
    /// Whether an object made anew under its name is followed.
    pub allow_recreate: bool,
    /// Whether it is judged once, as soon as it can be.
    pub once: bool,
    /// What ends it early.
    pub fail_when: Option<Fail<'c>>,
}

/// What ends a wait early.
pub(super) struct Fail<'c> {
    subjects: Vec<Subject>,
    condition: &'c Condition,
    hold: Duration,
    span: Span,
}

impl<'c> Wait<'c> {
    /// A wait with nothing else said.
    pub(super) fn plain(subjects: Vec<Subject>, condition: &'c Condition) -> Wait<'c> {
        Wait {
            subjects,
            condition,
            rule: Rule::ALL,
            gate: Gate { fresh: true, settle: SETTLE },
            hold: Duration::ZERO,
            allow_recreate: false,
            once: false,
            fail_when: None,
        }
    }
}

/// Carries out a `wait-until`.
pub(super) async fn wait_until(action: &WaitUntil, cx: &Context<'_>) -> Result<Done, Failure> {
    let condition = cx.late(&action.condition)?;
    let fail_when = match &action.fail_when {
        Some(FailWhen { condition, .. }) => Some(cx.late(condition)?),
        None => None,
    };
    let subjects = cx.subjects(action.target.as_ref()).await?;
    let fail = match (&action.fail_when, &fail_when) {
        (Some(written), Some(condition)) => Some(Fail {
            subjects: if written.target.is_some() {
                cx.subjects(written.target.as_ref()).await?
            } else {
                subjects.clone()
            },
            condition,
            hold: cx.maybe(written.hold_for.as_ref())?.unwrap_or(FAIL_HOLD),
            span: written.span,
        }),
        _ => None,
    };
    let wait = Wait {
        rule: rule(cx, action.matching, action.at_least.as_ref(), action.at_most.as_ref())?,
        gate: Gate {
            fresh: cx.maybe(action.fresh.as_ref())?.unwrap_or(true),
            settle: cx.maybe(action.settle.as_ref())?.unwrap_or(SETTLE),
        },
        hold: cx.maybe(action.hold_for.as_ref())?.unwrap_or_default(),
        allow_recreate: cx.maybe(action.allow_recreate.as_ref())?.unwrap_or(false),
        fail_when: fail,
        ..Wait::plain(subjects, &condition)
    };
    wait_for(wait, cx).await
}

/// Carries out an `assert`.
pub(super) async fn assert(action: &Assert, cx: &Context<'_>) -> Result<Done, Failure> {
    let condition = cx.late(&action.condition)?;
    let wait = Wait {
        rule: rule(cx, action.matching, action.at_least.as_ref(), action.at_most.as_ref())?,
        gate: Gate { fresh: cx.maybe(action.fresh.as_ref())?.unwrap_or(true), settle: SETTLE },
        hold: cx.maybe(action.hold_for.as_ref())?.unwrap_or_default(),
        once: true,
        ..Wait::plain(cx.subjects(action.target.as_ref()).await?, &condition)
    };
    wait_for(wait, cx).await
}

/// The `wait` of another verb, on the objects that it acted on.
pub(super) async fn effect(
    condition: Option<&Late<Condition>>,
    objects: &[ObjectRef],
    cx: &Context<'_>,
) -> Result<Option<Done>, Failure> {
    let Some(condition) = condition else { return Ok(None) };
    let condition = cx.late(condition)?;
    let subjects = objects.iter().cloned().map(Subject::Named).collect();
    wait_for(Wait::plain(subjects, &condition), cx).await.map(Some)
}

fn rule(
    cx: &Context<'_>,
    matching: Option<Match>,
    at_least: Option<&Late<u32>>,
    at_most: Option<&Late<u32>>,
) -> Result<Rule, Failure> {
    let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    let at_most = cx.maybe(at_most)?.map(count);
    // `at-most: 0` asks for none; the least of 1 that is understood otherwise would contradict it.
    let least = if at_most == Some(0) { 0 } else { 1 };
    Ok(Rule {
        matching: matching.unwrap_or(Match::All),
        at_least: cx.maybe(at_least)?.map_or(least, count),
        at_most,
    })
}

/// Follows the objects until the condition holds, or never will, or the deadline has passed.
pub(super) async fn wait_for(wait: Wait<'_>, cx: &Context<'_>) -> Result<Done, Failure> {
    let mut waiting = Waiting::open(&wait, cx).await?;
    loop {
        if let Some(end) = waiting.judge_all().await? {
            return end;
        }
        let wake = waiting.wake();
        tokio::select! {
            biased;
            change = waiting.view.next() => {
                waiting.take(change).await?;
                // Before the first judgement of the whole, what comes is taken in at once.
                while !waiting.view.is_complete() && let Some(change) = waiting.view.try_next() {
                    waiting.take(change).await?;
                }
            }
            () = until(wake) => {
                if cx.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                    return waiting.out_of_time().await;
                }
                waiting.time_has_come();
            }
        }
    }
}

/// A wait while it lasts.
struct Waiting<'w> {
    wait: &'w Wait<'w>,
    cx: &'w Context<'w>,
    view: View,
    /// The wait's own objects, then those of `fail-when`, then those of conditions on other objects.
    panels: Vec<Panel<'w>>,
    fail_panel: Option<usize>,
    /// Panels of conditions on other objects, by where they are written.
    elsewhere: BTreeMap<Span, usize>,
    /// Feeds of what kinds' rules consult, by what is consulted; none where it cannot be read.
    consults: BTreeMap<Consult, Option<usize>>,
    pinned: BTreeMap<ObjectRef, String>,
    holds_since: Option<Instant>,
    fails_since: Option<Instant>,
    told: Option<EventKind>,
    confirmed: BTreeSet<ObjectRef>,
    warned: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Consult {
    api_version: String,
    kind: String,
    namespace: String,
    labels: String,
}

impl<'w> Waiting<'w> {
    async fn open(wait: &'w Wait<'w>, cx: &'w Context<'w>) -> Result<Waiting<'w>, Failure> {
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
                waiting.pinned.insert(object.clone(), written.uid.clone());
            }
        }
        Ok(waiting)
    }

    /// Opens a panel with its feeds, and those of the conditions on other objects inside its condition.
    async fn panel(
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
        self.panels.push(Panel { parts, condition, rule, gate, members: BTreeMap::new() });
        let mut inner = Vec::new();
        on_others(condition, &mut inner);
        for on in inner {
            let subjects = cx.meant(&on.target).await?;
            self.elsewhere.insert(on.span, self.panels.len());
            Box::pin(self.panel(subjects, &on.condition, Rule::ALL, gate)).await?;
        }
        Ok(())
    }

    /// Takes in a change, and judges what it touches.
    async fn take(&mut self, change: Change) -> Result<(), Failure> {
        match change {
            Change::Present { feed, key } => {
                self.follow_owner(feed, &key).await?;
                self.consult(feed, &key).await?;
                self.owned(|owned, view| owned.present(feed, &key, view));
                self.touched(feed, &key, None)
            }
            Change::Gone { feed, key, last, left_selection } => {
                self.owned(|owned, _| owned.gone(feed, &key, &last.uid));
                self.gone(feed, &key, &last, left_selection)?;
                self.touched(feed, &key, Some(&last))
            }
            Change::Listed => {
                self.judge_missing();
                Ok(())
            }
            Change::Polling { feed, why } => {
                let what = self
                    .view
                    .feed(feed)
                    .map_or_else(String::new, |feed| feed.interest().resource.plural.clone());
                self.warn(format!(
                    "{what} may not be watched, so they are asked for every other second: {why}"
                ));
                Ok(())
            }
            Change::Blocked { feed, error } => self.blocked(feed, error),
        }
    }

    fn owned(&mut self, mut act: impl FnMut(&mut Owned, &View)) {
        for part in self.panels.iter_mut().flat_map(|panel| &mut panel.parts) {
            if let Some(owned) = &mut part.owned {
                act(owned, &self.view);
            }
        }
    }

    /// The owner of a selection was seen: what it owns is followed from now on.
    async fn follow_owner(&mut self, feed: usize, key: &Key) -> Result<(), Failure> {
        let Waiting { panels, view, cx, .. } = self;
        for part in panels.iter_mut().flat_map(|panel| &mut panel.parts) {
            if part.owner_feed == Some(feed) {
                let Some(root) =
                    view.feed(feed).and_then(|feed| feed.objects().get(key)).map(Snapshot::value)
                else {
                    continue;
                };
                if let Some(owned) = &mut part.owned {
                    owned.follow(&root, view, cx).await?;
                }
            }
        }
        Ok(())
    }

    /// Opens the feeds that an object's kind wants to be looked at too.
    async fn consult(&mut self, feed: usize, key: &Key) -> Result<(), Failure> {
        let judged =
            self.panels.iter().flat_map(|panel| &panel.parts).filter(|part| part.feed == feed).count();
        if judged == 0 {
            return Ok(());
        }
        let Some(value) = self.view.feed(feed).and_then(|feed| feed.objects().get(key)).map(Snapshot::value)
        else {
            return Ok(());
        };
        let many = self.view.feed(feed).is_some_and(|feed| feed.objects().len() > NARROW) || judged > NARROW;
        for consulted in kinds::consults(&value) {
            let mut consult = consult_of(&value, consulted);
            if self.consults.contains_key(&consult) {
                continue;
            }
            let narrow = consult.clone();
            if many {
                consult.labels.clear();
            }
            if let Some(known) = self.consults.get(&consult).cloned() {
                self.consults.insert(narrow, known);
                continue;
            }
            let name =
                KindName { word: consult.kind.clone(), api_version: Some(consult.api_version.clone()) };
            let resource = match self.cx.cluster.resolve(&name).await {
                Ok(resource) => resource,
                Err(ResolveError::NotServed { .. } | ResolveError::Ambiguous { .. }) => {
                    self.consults.insert(narrow, None);
                    continue;
                }
                Err(ResolveError::Trouble(error)) => {
                    return Err(self.cx.failed("ask which kinds the cluster serves", error));
                }
            };
            let interest = Interest {
                resource,
                namespace: Some(consult.namespace.clone()).filter(|namespace| !namespace.is_empty()),
                names: Vec::new(),
                labels: Some(consult.labels.clone()).filter(|labels| !labels.is_empty()),
            };
            let opened = Some(self.view.open(&self.cx.cluster, interest, true));
            self.consults.insert(consult, opened);
            self.consults.insert(narrow, opened);
        }
        Ok(())
    }

    /// Judges every object that a change touches.
    fn touched(&mut self, feed: usize, key: &Key, last: Option<&Snapshot>) -> Result<(), Failure> {
        let mut judged: Vec<(usize, usize, Key)> = Vec::new();
        let is_consulted = self.consults.values().any(|consulted| *consulted == Some(feed));
        let owner_uids = if is_consulted {
            let shown = last.or_else(|| self.view.feed(feed).and_then(|feed| feed.objects().get(key)));
            shown.map(|snapshot| super::view::owners(&snapshot.value())).unwrap_or_default()
        } else {
            Vec::new()
        };
        for (number, panel) in self.panels.iter().enumerate() {
            for (index, part) in panel.parts.iter().enumerate() {
                let is_it = |key: &Key| match &part.subject {
                    Subject::Named(object) => {
                        object.name == key.1 && object.namespace.as_deref().unwrap_or_default() == key.0
                    }
                    Subject::Selection(_) => true,
                };
                if part.feed == feed && is_it(key) {
                    judged.push((number, index, key.clone()));
                }
                let owned_changes = part.owned.as_ref().is_some_and(|owned| owned.follows(feed));
                let Some(shown) = self.view.feed(part.feed) else { continue };
                if owned_changes {
                    judged.extend(shown.objects().keys().map(|key| (number, index, key.clone())));
                } else if !owner_uids.is_empty() {
                    let owners = shown
                        .objects()
                        .iter()
                        .filter(|(key, shown)| is_it(key) && owner_uids.contains(&shown.uid));
                    judged.extend(owners.map(|(key, _)| (number, index, key.clone())));
                }
            }
        }
        for (panel, part, key) in judged {
            self.judge(panel, part, &key);
        }
        self.pin(feed, key)
    }

    fn judge(&mut self, number: usize, part: usize, key: &Key) {
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

    fn panel_state(&self, panel: usize) -> Observation {
        self.panels.get(panel).map_or(Observation::NotYet(Vec::new()), Panel::state)
    }

    /// Judges what is named and not there, once all there is has been seen.
    fn judge_missing(&mut self) {
        let mut missing = Vec::new();
        for (number, panel) in self.panels.iter().enumerate() {
            for (index, part) in panel.parts.iter().enumerate() {
                if let Subject::Named(object) = &part.subject {
                    let key = key_of(object);
                    if self.view.feed(part.feed).is_some_and(|feed| !feed.objects().contains_key(&key)) {
                        missing.push((number, index, key));
                    }
                }
            }
        }
        for (panel, part, key) in missing {
            self.judge(panel, part, &key);
        }
    }

    /// Notes the UID of a named object at its first sight; another one under its name ends the wait.
    fn pin(&mut self, feed: usize, key: &Key) -> Result<(), Failure> {
        let Some(snapshot) = self.view.feed(feed).and_then(|feed| feed.objects().get(key)) else {
            return Ok(());
        };
        let Some(object) = self.named(feed, key) else { return Ok(()) };
        match self.pinned.get(&object) {
            None => {
                self.pinned.insert(object, snapshot.uid.clone());
                Ok(())
            }
            Some(uid) if *uid == snapshot.uid => Ok(()),
            // What this run wrote is newer than what is seen.
            Some(uid)
                if self
                    .cx
                    .cluster
                    .ledger()
                    .last(uid)
                    .is_some_and(|written| snapshot.is_older_than(&written.resource_version)) =>
            {
                Ok(())
            }
            Some(_) if self.wait.allow_recreate || wants_absence(self.wait.condition) => {
                self.pinned.insert(object, snapshot.uid.clone());
                Ok(())
            }
            Some(_) => {
                let message = format!(
                    "{} was deleted and made anew under its name while it was waited for",
                    object.short()
                );
                let failure =
                    Failure::new(Cause::Unmet, message).at(self.cx.place(self.wait.condition.span()));
                Err(failure.help("If that is meant to happen, say `allow-recreate: true`."))
            }
        }
    }

    /// A named object of the wait is gone: a positive wait ends.
    fn gone(&mut self, feed: usize, key: &Key, last: &Snapshot, left_selection: bool) -> Result<(), Failure> {
        if left_selection {
            return Ok(());
        }
        self.cx.cluster.ledger().gone(&last.uid);
        let Some(object) = self.named(feed, key) else { return Ok(()) };
        let replaced = self.view.feed(feed).is_some_and(|feed| feed.objects().contains_key(key));
        if wants_absence(self.wait.condition) || self.wait.allow_recreate || replaced {
            return Ok(());
        }
        let message = format!("{} was deleted while it was waited for", object.short());
        Err(Failure::new(Cause::Unmet, message).at(self.cx.place(self.wait.condition.span())))
    }

    /// The named object of the wait itself that a feed shows under a key.
    fn named(&self, feed: usize, key: &Key) -> Option<ObjectRef> {
        let parts = self.panels.first().map_or(&[][..], |panel| &panel.parts);
        parts.iter().filter(|part| part.feed == feed).find_map(|part| match &part.subject {
            Subject::Named(object) if key_of(object) == *key => Some(object.clone()),
            _ => None,
        })
    }

    fn blocked(&mut self, feed: usize, error: Error) -> Result<(), Failure> {
        let what =
            self.view.feed(feed).map_or_else(String::new, |feed| feed.interest().resource.plural.clone());
        let final_answer = matches!(error, Error::Refused(_) | Error::Unauthorized(_));
        let judged = self
            .panels
            .iter()
            .any(|panel| panel.parts.iter().any(|part| part.feed == feed || part.owner_feed == Some(feed)));
        if judged && final_answer {
            return Err(self.cx.failed(&format!("look at {what}"), error));
        }
        if judged {
            return Ok(());
        }
        let Waiting { panels, view, cx, .. } = self;
        for owned in
            panels.iter_mut().flat_map(|panel| &mut panel.parts).filter_map(|part| part.owned.as_mut())
        {
            owned.forsake(feed, view, &error, cx);
        }
        if self.consults.values().any(|consulted| *consulted == Some(feed)) {
            self.warn(format!(
                "{what} cannot be looked at, so whether the status is fresh is judged by `settle` alone: {error}"
            ));
            let all: Vec<(usize, usize, Key)> = self
                .panels
                .iter()
                .enumerate()
                .flat_map(|(number, panel)| {
                    panel.members.keys().map(move |(part, key)| (number, *part, key.clone()))
                })
                .collect();
            for (panel, part, key) in all {
                self.judge(panel, part, &key);
            }
        }
        Ok(())
    }

    fn warn(&mut self, message: String) {
        if self.warned.insert(message.clone()) {
            self.cx.teller.warn(message);
        }
    }

    /// Judges the whole; an end, or nothing while it goes on.
    async fn judge_all(&mut self) -> Result<Option<Result<Done, Failure>>, Failure> {
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
            Observation::Never(whys) => {
                Ok(Some(Err(self.unmet(Cause::Unmet, "will not hold any more", &whys))))
            }
            Observation::NotYet(whys) => {
                let stale = self.panels.first().is_some_and(|panel| {
                    self.wait.gate.fresh && panel.members.values().any(|member| member.stale)
                });
                if self.wait.once && !stale {
                    let what = if self.holds_since.is_some() { "did not stay so" } else { "does not hold" };
                    return Ok(Some(Err(self.unmet(Cause::Unmet, what, &whys))));
                }
                self.holds_since = None;
                let words = in_line(&whys);
                self.progress(&words, &whys);
                Ok(None)
            }
        }
    }

    /// Whether `fail-when` has held for long enough.
    fn failed_early(&mut self) -> Option<Failure> {
        let (number, fail) = (self.fail_panel?, self.wait.fail_when.as_ref()?);
        let panel = self.panels.get(number)?;
        if !matches!(panel.state(), Observation::Met(_)) {
            self.fails_since = None;
            return None;
        }
        let written =
            panel.members.iter().filter(|(_, member)| matches!(member.observation, Observation::Met(_)));
        let last_write = written
            .filter_map(|((part, key), _)| {
                let feed = panel.parts.get(*part)?.feed;
                let uid = &self.view.feed(feed)?.objects().get(key)?.uid;
                Some(self.cx.cluster.ledger().last(uid)?.at)
            })
            .max();
        let now = Instant::now();
        let since = *self.fails_since.get_or_insert(last_write.map_or(now, |write| write.max(now)));
        if now < since + fail.hold {
            return None;
        }
        let who: Vec<&str> = panel
            .members
            .values()
            .filter(|member| matches!(member.observation, Observation::Met(_)))
            .map(|member| member.name.as_str())
            .collect();
        let message = format!(
            "{}: {} has held for {}",
            who.join(", "),
            fail.condition.source(),
            duration::words(fail.hold)
        );
        let mut failure = Failure::new(Cause::Unmet, message).at(self.cx.place(fail.span));
        failure.unmet = self.whys().iter().take(MOST_TOLD).map(|why| why.unmet.clone()).collect();
        failure.details = self.descriptions(number);
        Some(failure)
    }

    /// What the failed objects' own status says of it.
    fn descriptions(&self, panel: usize) -> Vec<String> {
        let Some(panel) = self.panels.get(panel) else { return Vec::new() };
        let met =
            panel.members.iter().filter(|(_, member)| matches!(member.observation, Observation::Met(_)));
        met.take(MOST_TOLD)
            .filter_map(|((part, key), member)| {
                let snapshot = self.view.feed(panel.parts.get(*part)?.feed)?.objects().get(key)?;
                let value = snapshot.value();
                let said = ["/status/description", "/status/message", "/status/reason"].iter().find_map(
                    |pointer| value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()),
                )?;
                Some(format!("{}: {said}", member.name))
            })
            .collect()
    }

    /// Before something is said to be gone: what only left a selection, or was written by this run and never seen, is asked for.
    async fn is_confirmed(&mut self) -> Result<bool, Failure> {
        if !wants_absence(self.wait.condition) {
            return Ok(true);
        }
        let doubtful: Vec<(usize, ObjectRef)> = self
            .panels
            .first()
            .map_or(&[][..], |panel| &panel.parts)
            .iter()
            .filter_map(|part| match &part.subject {
                Subject::Named(object) => Some((part.feed, object.clone())),
                Subject::Selection(_) => None,
            })
            .filter(|(feed, object)| {
                self.view.feed(*feed).is_some_and(|feed| !feed.objects().contains_key(&key_of(object)))
            })
            .filter(|(_, object)| {
                written_to(&self.cx.cluster, object).is_some() && !self.confirmed.contains(object)
            })
            .collect();
        for (feed, object) in doubtful {
            let found = self
                .cx
                .cluster
                .get(&object)
                .await
                .map_err(|error| self.cx.failed(&format!("look at {}", object.short()), error))?;
            let known = self.pinned.get(&object).cloned();
            let uid = found.as_ref().and_then(|found| found.pointer("/metadata/uid")).and_then(Value::as_str);
            if let (Some(known), true) = (&known, uid != known.as_deref()) {
                self.cx.cluster.ledger().gone(known);
            }
            match &found {
                Some(value) if known.is_none() || known.as_deref() == uid => {
                    if let Some(key) = snapshot_of(value).and_then(|snapshot| self.view.put(feed, snapshot)) {
                        self.touched(feed, &key, None)?;
                    }
                    return Ok(false);
                }
                _ => {
                    self.confirmed.insert(object);
                }
            }
        }
        Ok(true)
    }

    /// What is not met now.
    fn whys(&self) -> Vec<Why> {
        match self.panel_state(0) {
            Observation::Met(_) => Vec::new(),
            Observation::NotYet(whys) | Observation::Never(whys) => whys,
        }
    }

    fn progress(&mut self, words: &str, whys: &[Why]) {
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

    fn unmet(&self, cause: Cause, what: &str, whys: &[Why]) -> Failure {
        let message = match whys {
            [] => format!("{} {what}", self.wait.condition.source()),
            whys => format!("{} {what}: {}", self.wait.condition.source(), in_line(whys)),
        };
        let span = whys.first().map_or(self.wait.condition.span(), |why| why.span);
        let mut failure = Failure::new(cause, message).at(self.cx.place(span));
        failure.unmet = whys.iter().take(MOST_TOLD).map(|why| why.unmet.clone()).collect();
        failure.details = whys.iter().skip(1).take(MOST_TOLD - 1).map(Why::words).collect();
        failure
    }

    fn done(&self, words: String) -> Done {
        let panel = self.panels.first();
        let evidence = panel.map_or_else(BTreeSet::new, |panel| {
            panel.members.values().filter_map(|member| member.evidence.clone()).take(MOST_TOLD).collect()
        });
        let mut done = Done::new(Value::Null, words);
        if self.cx.wants_result() {
            done.value = self.result();
        }
        done.evidence = evidence.into_iter().collect();
        done
    }

    /// The objects as they are now: one where one is named, else a list.
    fn result(&self) -> Value {
        let Some(panel) = self.panels.first() else { return Value::Null };
        let value = |(part, key): &(usize, Key)| {
            let feed = panel.parts.get(*part)?.feed;
            self.view.feed(feed)?.objects().get(key).map(Snapshot::value)
        };
        if let ([Part { subject: Subject::Named(_), .. }], Some(key)) =
            (panel.parts.as_slice(), panel.members.keys().next())
        {
            return value(key).unwrap_or(Value::Null);
        }
        panel.members.keys().filter_map(value).collect()
    }

    /// When something is due without a change.
    fn wake(&self) -> Option<Instant> {
        let settles = self
            .panels
            .iter()
            .flat_map(|panel| panel.members.values())
            .filter_map(|member| member.settles)
            .min();
        let holds = self.holds_since.map(|since| since + self.wait.hold);
        let fails = self.fails_since.zip(self.wait.fail_when.as_ref()).map(|(since, fail)| since + fail.hold);
        [settles, holds, fails, self.cx.deadline].into_iter().flatten().min()
    }

    /// Judges anew what had to stay true for a while.
    fn time_has_come(&mut self) {
        let now = Instant::now();
        let due: Vec<(usize, usize, Key)> = self
            .panels
            .iter()
            .enumerate()
            .flat_map(|(number, panel)| {
                panel.members.iter().map(move |((part, key), member)| (number, *part, key.clone(), member))
            })
            .filter(|(_, _, _, member)| member.settles.is_some_and(|settles| settles <= now))
            .map(|(number, part, key, _)| (number, part, key))
            .collect();
        for (panel, part, key) in due {
            self.judge(panel, part, &key);
        }
    }

    /// The deadline has passed: one plain look before that is said.
    async fn out_of_time(&mut self) -> Result<Done, Failure> {
        let looked = timeout(LAST_LOOK, self.last_look()).await;
        if let Ok(looked) = looked {
            looked?;
            if let Observation::Met(words) = self.panel_state(0)
                && self.view.is_complete()
                && self.wait.hold.is_zero()
            {
                return Ok(self.done(words));
            }
        }
        let spent = self.cx.step_time();
        let what = format!("did not hold within {}", duration::words(spent));
        let mut failure = match self.panel_state(0) {
            Observation::Met(_) if self.holds_since.is_some() => {
                let what = format!(
                    "held, but not for {} before {} had passed",
                    duration::words(self.wait.hold),
                    duration::words(spent)
                );
                self.unmet(Cause::TimedOut, &what, &[])
            }
            Observation::Met(_) => self.unmet(Cause::TimedOut, &what, &[]),
            Observation::NotYet(whys) | Observation::Never(whys) => self.unmet(Cause::TimedOut, &what, &whys),
        };
        if !self.view.is_complete() {
            failure.details.push("the cluster has not shown all of the objects in this time".into());
        }
        let stale =
            self.panels.first().is_some_and(|panel| panel.members.values().any(|member| member.stale));
        if stale && self.wait.gate.fresh {
            failure = failure.help("The status does not speak of the object as it is now; `fresh: false` judges it all the same.");
        }
        Err(failure)
    }

    /// Asks once more for what is named and not as wanted, and for what is consulted.
    async fn last_look(&mut self) -> Result<(), Failure> {
        let open: Vec<(usize, ObjectRef)> = self
            .panels
            .iter()
            .flat_map(|panel| &panel.parts)
            .filter_map(|part| match &part.subject {
                Subject::Named(object) => Some((part.feed, object.clone())),
                Subject::Selection(_) => None,
            })
            .take(LAST_LOOKS)
            .collect::<BTreeMap<usize, ObjectRef>>()
            .into_iter()
            .collect();
        for (feed, object) in open {
            let Ok(found) = self.cx.cluster.get(&object).await else { continue };
            let key = key_of(&object);
            match found.as_ref().and_then(snapshot_of) {
                Some(snapshot) => {
                    if let Some(key) = self.view.put(feed, snapshot) {
                        self.touched(feed, &key, None)?;
                    }
                }
                None => {
                    if let Some(last) = self.view.drop(feed, &key) {
                        self.touched(feed, &key, Some(&last))?;
                    }
                }
            }
        }
        let consulted: BTreeSet<usize> = self.consults.values().copied().flatten().collect();
        for feed in consulted {
            let Some(Interest { resource, namespace, labels, .. }) =
                self.view.feed(feed).map(|feed| feed.interest().clone())
            else {
                continue;
            };
            let Ok(listed) =
                self.cx.cluster.list(&resource, namespace.as_deref(), labels.as_deref(), None).await
            else {
                continue;
            };
            for snapshot in listed.items {
                if let Some(key) = self.view.put(feed, snapshot) {
                    self.touched(feed, &key, None)?;
                }
            }
        }
        Ok(())
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

pub(super) fn key_of(object: &ObjectRef) -> Key {
    (object.namespace.clone().unwrap_or_default(), object.name.clone())
}

fn consult_of(value: &Value, consulted: kinds::Consult) -> Consult {
    let namespace =
        value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default().to_owned();
    let kinds::Consult { api_version, kind, labels } = consulted;
    Consult { api_version, kind, namespace, labels }
}

/// An object from a GET as a watch would show it.
fn snapshot_of(value: &Value) -> Option<Snapshot> {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(Snapshot {
        uid: text("/metadata/uid"),
        namespace: text("/metadata/namespace"),
        name: text("/metadata/name"),
        resource_version: text("/metadata/resourceVersion"),
        raw: serde_json::to_vec(value).ok()?.into(),
    })
}
