//! Takes in what the watches show, and judges what it touches.
//! It must never end a wait but for what can never be mended: an object that is gone, replaced, or may not be seen.

use super::super::judge::wants_absence;
use super::super::owned::Owned;
use super::super::subject::Subject;
use super::super::view::{Change, Feed, Key, View, key_of};
use super::{Waiting, consult_of};
use crate::cluster::{Error, Interest, ObjectRef, Snapshot};
use crate::event::{Cause, Failure};
use crate::kinds;

/// Up to how many objects of a kind have their own narrow watch for what is consulted.
const NARROW: usize = 4;

impl<'w> Waiting<'w> {
    /// Takes in a change, and judges what it touches.
    pub(in crate::runner) async fn take(&mut self, change: Change) -> Result<(), Failure> {
        match change {
            Change::Present { feed, key } => {
                self.mask(feed, &key);
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

    pub(super) fn owned(&mut self, mut act: impl FnMut(&mut Owned, &View)) {
        for part in self.panels.iter_mut().flat_map(|panel| panel.parts.selections_mut()) {
            if let Some(owned) = &mut part.owned {
                act(owned, &self.view);
            }
        }
    }

    /// The owner of a selection was seen: what it owns is followed from now on.
    pub(super) async fn follow_owner(&mut self, feed: usize, key: &Key) -> Result<(), Failure> {
        let Waiting { panels, view, cx, .. } = self;
        for part in panels.iter_mut().flat_map(|panel| panel.parts.selections_mut()) {
            if part.owner_feed == Some(feed) {
                let Some(root) =
                    view.feed(feed).and_then(|feed| feed.objects().get(key)).map(Snapshot::value)
                else {
                    continue;
                };
                if let Some(owned) = &mut part.owned {
                    owned.follow(&root, true, view, cx).await?;
                }
            }
        }
        Ok(())
    }

    /// What a Secret holds is not shown, however it is judged.
    fn mask(&self, feed: usize, key: &Key) {
        let secrets = |feed: &&Feed| feed.interest().resource.kind == "Secret";
        let shown = self.view.feed(feed).filter(secrets);
        if let Some(secret) = shown.and_then(|feed| feed.objects().get(key)) {
            self.cx.teller.mask(&secret.value());
        }
    }

    /// Opens the feeds that an object's kind wants to be looked at too.
    pub(super) async fn consult(&mut self, feed: usize, key: &Key) -> Result<(), Failure> {
        let judged: usize = self.panels.iter().map(|panel| panel.parts.shown_by(feed)).sum();
        if judged == 0 {
            return Ok(());
        }
        let consults = |feed: &&Feed| {
            let resource = &feed.interest().resource;
            kinds::of(&resource.api_version(), &resource.kind).observes == kinds::Observes::ByChildren
        };
        let shown = self.view.feed(feed).filter(consults);
        let Some(value) = shown.and_then(|feed| feed.objects().get(key)).map(Snapshot::value) else {
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
            let Some(resource) = self.cx.served(&consult.api_version, &consult.kind).await? else {
                self.consults.insert(narrow, None);
                continue;
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
    pub(super) fn touched(&mut self, feed: usize, key: &Key, last: Option<&Snapshot>) -> Result<(), Failure> {
        let mut judged: Vec<(usize, usize, Key)> = Vec::new();
        let is_consulted = self.consults.values().any(|consulted| *consulted == Some(feed));
        let owner_uids = if is_consulted {
            let shown = last.or_else(|| self.view.feed(feed).and_then(|feed| feed.objects().get(key)));
            shown.map(|snapshot| snapshot.owners.clone()).unwrap_or_default()
        } else {
            Vec::new()
        };
        for (number, panel) in self.panels.iter().enumerate() {
            judged.extend(panel.parts.at(feed, key).map(|part| (number, part, key.clone())));
            for (index, part) in panel.parts.selections() {
                let owned_changes = part.owned.as_ref().is_some_and(|owned| owned.follows(feed));
                if let Some(shown) = self.view.feed(part.feed).filter(|_| owned_changes) {
                    judged.extend(shown.objects().keys().map(|key| (number, index, key.clone())));
                }
            }
            for judged_feed in panel.parts.feeds() {
                let Some(shown) = self.view.feed(judged_feed) else { continue };
                for key in owner_uids.iter().filter_map(|uid| shown.place(uid)) {
                    judged.extend(panel.parts.at(judged_feed, key).map(|part| (number, part, key.clone())));
                }
            }
        }
        for (panel, part, key) in judged {
            self.judge(panel, part, &key);
        }
        self.pin(feed, key)
    }

    /// Judges what is named and not there, once all there is has been seen.
    pub(super) fn judge_missing(&mut self) {
        let mut missing = Vec::new();
        for (number, panel) in self.panels.iter().enumerate() {
            for (index, part) in panel.parts.as_slice().iter().enumerate() {
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
    pub(super) fn pin(&mut self, feed: usize, key: &Key) -> Result<(), Failure> {
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
    pub(super) fn gone(
        &mut self,
        feed: usize,
        key: &Key,
        last: &Snapshot,
        left_selection: bool,
    ) -> Result<(), Failure> {
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
    pub(super) fn named(&self, feed: usize, key: &Key) -> Option<ObjectRef> {
        match &self.panels.first()?.parts.named(feed, key)?.subject {
            Subject::Named(object) => Some(object.clone()),
            Subject::Selection(_) => None,
        }
    }

    pub(super) fn blocked(&mut self, feed: usize, error: Error) -> Result<(), Failure> {
        let what =
            self.view.feed(feed).map_or_else(String::new, |feed| feed.interest().resource.plural.clone());
        let final_answer = matches!(error, Error::Refused(_) | Error::Unauthorized(_));
        let judged = self
            .panels
            .iter()
            .flat_map(|panel| panel.parts.as_slice())
            .any(|part| part.feed == feed || part.owner_feed == Some(feed));
        if judged && final_answer {
            return Err(self.cx.failed(&format!("look at {what}"), error));
        }
        if judged {
            return Ok(());
        }
        let Waiting { panels, view, cx, .. } = self;
        for owned in panels
            .iter_mut()
            .flat_map(|panel| panel.parts.selections_mut())
            .filter_map(|part| part.owned.as_mut())
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

    pub(super) fn warn(&mut self, message: String) {
        if self.warned.insert(message.clone()) {
            self.cx.teller.warn(message);
        }
    }
}
