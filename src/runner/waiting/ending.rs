//! How a wait ends: reached, failed early, out of time, and what is said of it.
//! It must never judge a single object.

use super::super::context::Done;
use super::super::judge::{Observation, Why, wants_absence};
use super::super::panel::written_to;
use super::super::parts::Part;
use super::super::subject::Subject;
use super::super::view::{Key, key_of};
use super::{MOST_TOLD, Waiting};
use crate::cluster::{Error, Interest, ObjectRef, Snapshot};
use crate::event::{Cause, Failure};
use crate::json::Value;
use crate::playbook::duration;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long the last look before a deadline is declared may take.
const LAST_LOOK: Duration = Duration::from_secs(2);
/// How many objects are looked at one by one at the end.
const LAST_LOOKS: usize = 16;

impl<'w> Waiting<'w> {
    /// Whether `fail-when` has held for long enough.
    pub(super) fn failed_early(&mut self) -> Option<Failure> {
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
        let said = self.descriptions(number);
        let held =
            format!("`fail-when` has held for {}: {}", duration::words(fail.hold), fail.condition.source());
        let message = match said.first() {
            Some(said) => format!("`fail-when` has held for {}: {said}", duration::words(fail.hold)),
            None => format!("{held} on {}", who.join(", ")),
        };
        self.head = format!("`fail-when` has held for {}", duration::words(fail.hold));
        let mut failure = Failure::new(Cause::Unmet, message).at(self.cx.place(fail.condition.span()));
        failure.unmet = self.whys().iter().take(MOST_TOLD).map(|why| why.unmet.clone()).collect();
        failure.details = said.into_iter().skip(1).collect();
        Some(failure)
    }

    /// What the failed objects' own status says of it.
    pub(super) fn descriptions(&self, panel: usize) -> Vec<String> {
        let Some(panel) = self.panels.get(panel) else { return Vec::new() };
        let met =
            panel.members.iter().filter(|(_, member)| matches!(member.observation, Observation::Met(_)));
        met.take(MOST_TOLD)
            .filter_map(|((part, key), member)| {
                let snapshot = self.view.feed(panel.parts.get(*part)?.feed)?.objects().get(key)?;
                let value = snapshot.value();
                let said = own_words(&value)?;
                Some(format!("{}: {said}", member.name))
            })
            .collect()
    }

    /// Before something is said to be gone: what only left a selection, or was written by this run and never seen, is asked for.
    pub(super) async fn is_confirmed(&mut self) -> Result<bool, Failure> {
        if !wants_absence(self.wait.condition) {
            return Ok(true);
        }
        let doubtful: Vec<(usize, ObjectRef)> = self
            .panels
            .first()
            .map_or(&[][..], |panel| panel.parts.as_slice())
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
                    if let Some(key) = self.view.put(feed, Snapshot::of(value.clone())) {
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
    pub(super) fn whys(&self) -> Vec<Why> {
        match self.panel_state(0) {
            Observation::Met(_) => Vec::new(),
            Observation::NotYet(whys) | Observation::Never(whys) => whys,
        }
    }

    pub(super) fn unmet(&mut self, cause: Cause, what: &str, whys: &[Why]) -> Failure {
        self.head = format!("{} {what}", self.wait.condition.source());
        let message = match whys {
            [] => self.head.clone(),
            whys => format!("{}: {}", self.head, self.in_short(whys)),
        };
        let span = whys.first().map_or(self.wait.condition.span(), |why| why.span);
        let mut failure = Failure::new(cause, message).at(self.cx.place(span));
        failure.unmet = whys.iter().take(MOST_TOLD).map(|why| why.unmet.clone()).collect();
        failure.details = whys.iter().skip(1).take(MOST_TOLD - 1).filter_map(Why::more).collect();
        failure
    }

    /// The objects that are there and do not satisfy; none where the cluster cannot be asked about them.
    pub(in crate::runner) fn at_fault(&self) -> Vec<ObjectRef> {
        let Some(panel) = self.panels.first().filter(|_| !self.out_of_touch) else { return Vec::new() };
        let unmet =
            panel.members.iter().filter(|(_, member)| !matches!(member.observation, Observation::Met(_)));
        let object = |(number, key): &(usize, Key)| {
            let part = panel.parts.get(*number)?;
            match &part.subject {
                Subject::Named(object) => Some(object.clone()),
                Subject::Selection(selection) => Some(ObjectRef::new(&selection.resource, &key.0, &key.1)),
            }
        };
        unmet.filter_map(|(member, _)| object(member)).collect()
    }

    pub(super) fn done(&self, words: String) -> Done {
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
    pub(super) fn result(&self) -> Value {
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

    /// The deadline has passed: one plain look before that is said.
    pub(in crate::runner) async fn out_of_time(&mut self) -> Result<Done, Failure> {
        let looked = timeout(LAST_LOOK, self.last_look()).await;
        let out_of_touch = match looked {
            Ok(looked) => looked?,
            Err(_) => Some("it does not answer".to_owned()),
        };
        if out_of_touch.is_none()
            && let Observation::Met(words) = self.panel_state(0)
            && self.view.is_complete()
            && self.wait.hold.is_zero()
        {
            return Ok(self.done(words));
        }
        self.out_of_touch = out_of_touch.is_some();
        let in_time = self.cx.in_time();
        let what = match &out_of_touch {
            None => format!("did not hold {in_time}"),
            Some(_) => {
                format!("was not seen to hold {in_time}, and the API server could not be reached at the end")
            }
        };
        let mut failure = match self.panel_state(0) {
            Observation::Met(_) if self.holds_since.is_some() && out_of_touch.is_none() => {
                let what = format!("held, but not for {} {in_time}", duration::words(self.wait.hold));
                self.unmet(Cause::TimedOut, &what, &[])
            }
            Observation::Met(_) => self.unmet(Cause::TimedOut, &what, &[]),
            Observation::NotYet(whys) | Observation::Never(whys) => self.unmet(Cause::TimedOut, &what, &whys),
        };
        if let Some(why) = out_of_touch {
            failure.details.push(format!("this is what was seen last; at the end: {why}"));
        }
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

    /// Asks once more for what is named and not as wanted, and for what is consulted; why that cannot be asked for, if so.
    pub(super) async fn last_look(&mut self) -> Result<Option<String>, Failure> {
        let mut out_of_touch = None;
        let mut open = BTreeSet::new();
        for panel in &self.panels {
            let unmet =
                panel.members.iter().filter(|(_, member)| !matches!(member.observation, Observation::Met(_)));
            let named = unmet.filter_map(|((part, _), _)| match panel.parts.get(*part)? {
                Part { subject: Subject::Named(object), feed, .. } => Some((*feed, object.clone())),
                Part { subject: Subject::Selection(_), .. } => None,
            });
            open.extend(named.take(LAST_LOOKS));
        }
        for (feed, object) in open {
            let found = match self.cx.cluster.get(&object).await {
                Ok(found) => found,
                Err(Error::Unreachable { message, .. }) => {
                    out_of_touch = Some(message);
                    continue;
                }
                Err(_) => continue,
            };
            let key = key_of(&object);
            match found.map(Snapshot::of) {
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
        Ok(out_of_touch)
    }
}

/// What an object's own status says of its trouble: a description, or what a container waits for or ended with.
fn own_words(object: &Value) -> Option<String> {
    let text = |value: &Value, pointer: &str| {
        value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let containers = ["/status/initContainerStatuses", "/status/containerStatuses"].into_iter();
    let containers = containers.filter_map(|pointer| object.pointer(pointer)?.as_array()).flatten();
    let troubled = containers.filter_map(|container| {
        let name = text(container, "/name")?;
        let state = ["/state/waiting", "/state/terminated", "/lastState/terminated"];
        let state = state.into_iter().find_map(|pointer| container.pointer(pointer))?;
        let reason = text(state, "/reason")?;
        let message = text(state, "/message").map_or_else(String::new, |message| format!(" ({message})"));
        Some(format!("container {name}: {reason}{message}"))
    });
    let troubled: Vec<String> = troubled.collect();
    if !troubled.is_empty() {
        return Some(troubled.join("; "));
    }
    ["/status/description", "/status/message", "/status/reason"]
        .into_iter()
        .find_map(|pointer| text(object, pointer))
}
