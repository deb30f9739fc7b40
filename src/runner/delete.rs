//! `delete`: in the reverse order of apply, and until the objects and what they own are gone.
//! It must never send a delete without the UID that it means.

use super::apply::goes_first;
use super::context::{Context, Done, Pace};
use super::explain::explain;
use super::owned::Owned;
use super::subject::Subject;
use super::until;
use super::view::{Change, Key, View, key_of};

use crate::cluster::{DeleteOptions, Error, Interest, ObjectRef, Propagation as Sent, Snapshot};
use crate::event::{Cause, EventKind, Failure, Operation, Unmet};
use crate::json::{Text, Value, json};
use crate::playbook::action::{Delete, Only, Propagation};
use crate::playbook::late::Late;
use crate::playbook::target::Target;
use std::collections::BTreeMap;

/// Up to how many objects are asked for one by one, and what they own followed for each.
const FEW: usize = 4;

/// An object that is deleted.
struct Doomed {
    object: ObjectRef,
    value: Value,
    uid: Text,
}

/// Carries out a `delete`.
pub(super) async fn delete(action: &Delete, cx: &Context<'_>) -> Result<Done, Failure> {
    let wait = cx.maybe(action.wait.as_ref())?.unwrap_or(true) && cx.pace == Pace::Full;
    let ignore = cx.maybe(action.ignore_not_found.as_ref())?.unwrap_or(true);
    let grace = cx
        .maybe(action.grace_period.as_ref())?
        .map(|grace| u32::try_from(grace.as_secs()).unwrap_or(u32::MAX));
    let propagation = match action.propagation.unwrap_or(Propagation::Background) {
        Propagation::Background => Sent::Background,
        Propagation::Foreground => Sent::Foreground,
        Propagation::Orphan => Sent::Orphan,
    };
    let doomed = doomed(action, ignore, cx).await?;
    let mut gone = Going::open(&doomed, wait, propagation == Sent::Orphan, cx).await?;
    let mut deleted = 0;
    let mut refused = None;
    for Doomed { object, uid, .. } in &doomed {
        let options = DeleteOptions { propagation, grace_period: grace, uid: Some(uid.to_string()) };
        let (cluster, target) = (cx.cluster.clone(), object.clone());
        match cx.outstanding.write(async move { cluster.delete(&target, &options).await }).await {
            Ok(answer) => {
                deleted += usize::from(!answer.already_gone);
                cx.teller.tell(EventKind::ObjectWritten {
                    object: object.short(),
                    namespace: object.namespace.clone(),
                    operation: Operation::Deleted,
                    fields: Vec::new(),
                    resource_version: None,
                });
                answer
                    .warnings
                    .iter()
                    .for_each(|warning| cx.teller.warn(format!("{}: {warning}", object.short())));
            }
            Err(Error::NotServed { .. }) => {}
            // The others are deleted all the same; the first refusal is what is told.
            Err(error) => refused = refused.or(Some(cx.failed(&format!("delete {}", object.short()), error))),
        }
    }
    if let Some(failure) = refused {
        return Err(failure);
    }
    let names: Vec<String> = doomed.iter().map(|doomed| doomed.object.short()).collect();
    let what = match names.as_slice() {
        [] => return Ok(Done::new(json!([]), "nothing was there")),
        [only] => only.clone(),
        many => format!("{} objects", many.len()),
    };
    if !wait {
        return Ok(Done::new(Value::Null, format!("{what} deleted, not waited for")));
    }
    let owned = gone.until_all_is_gone(cx).await?;
    for Doomed { object, uid, .. } in &doomed {
        cx.cluster.ledger().gone(uid);
        if object.resource.group.is_empty() && object.resource.kind == "Namespace" {
            cx.cluster.ledger().namespace_gone(&object.name);
        }
    }
    let with = match owned {
        0 => String::new(),
        1 => " with 1 owned object".into(),
        owned => format!(" with {owned} owned objects"),
    };
    let values = doomed.into_iter().map(|doomed| doomed.value).collect();
    let words = if deleted == 0 {
        format!("{what} was being deleted already, and is gone{with}")
    } else {
        format!("{what} gone{with}")
    };
    Ok(if cx.wants_result() { Done::of(values, words) } else { Done::new(Value::Null, words) })
}

/// What is there of what is meant, in the order of deletion.
async fn doomed(action: &Delete, ignore: bool, cx: &Context<'_>) -> Result<Vec<Doomed>, Failure> {
    let created = action.only == Some(Only::Created);
    let mut objects: Vec<(ObjectRef, Option<Value>)> = Vec::new();
    if created && action.target.is_none() {
        objects.extend(cx.cluster.ledger().created().iter().map(|written| (written.object(), None)));
    } else {
        for subject in meant(action.target.as_ref(), cx).await? {
            match subject {
                Subject::Named(object) => objects.push((object, None)),
                Subject::Selection(selection) => {
                    objects.extend(
                        cx.select(&selection).await?.into_iter().map(|(object, value)| (object, Some(value))),
                    );
                }
            }
        }
    }
    objects.reverse();
    let mut doomed = Vec::new();
    for (object, value) in objects {
        let value = match value {
            Some(value) => Some(value),
            None => match cx.cluster.get(&object).await {
                Ok(value) => value,
                // A kind that is not served (any more) has no objects.
                Err(Error::NotServed { .. }) => None,
                Err(error) => return Err(cx.failed(&format!("look at {}", object.short()), error)),
            },
        };
        let Some(value) = value else {
            if !ignore {
                let span = action.target.as_ref().map_or(cx.step.verb, Late::span);
                return Err(
                    Failure::new(Cause::Unmet, format!("there is no {object} to delete")).at(cx.place(span))
                );
            }
            continue;
        };
        let uid = value["metadata"]["uid"].to_text();
        if !created || cx.cluster.ledger().has_created(&uid) {
            doomed.push(Doomed { object, value, uid });
        }
    }
    Ok(doomed)
}

/// The objects meant; those of the default target with what goes first in an apply first, so that it goes last here.
/// A kind that the cluster does not serve has no objects.
async fn meant(target: Option<&Late<Target>>, cx: &Context<'_>) -> Result<Vec<Subject>, Failure> {
    if target.is_some() {
        return cx.subjects(target).await;
    }
    let (first, rest): (Vec<_>, Vec<_>) = cx.plan.default_target().partition(|object| goes_first(object));
    let mut subjects = Vec::new();
    for object in first.into_iter().chain(rest) {
        match cx.reference(object).await {
            Ok(object) => subjects.push(Subject::Named(object)),
            Err(failure) if failure.refusal.as_ref().is_some_and(|refusal| refusal.code == 404) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(subjects)
}

/// What is followed until it is gone.
struct Going {
    view: View,
    /// The objects themselves: UID by feed and name.
    roots: BTreeMap<Text, (usize, ObjectRef)>,
    owned: Owned,
    /// What left a selection, and may be there without its label: by feed, UIDs and names.
    doubtful: BTreeMap<usize, BTreeMap<Text, Key>>,
    seen: usize,
}

impl Going {
    /// Opens the watches, and notes what is owned, before anything is deleted.
    async fn open(doomed: &[Doomed], wait: bool, orphan: bool, cx: &Context<'_>) -> Result<Going, Failure> {
        let mut going = Going {
            view: View::default(),
            roots: BTreeMap::new(),
            owned: Owned::default(),
            doubtful: BTreeMap::new(),
            seen: 0,
        };
        if !wait {
            return Ok(going);
        }
        let place = |object: &ObjectRef| (object.resource.full_name(), object.namespace.clone());
        let mut interests: BTreeMap<(String, Option<String>), Interest> = BTreeMap::new();
        for Doomed { object, .. } in doomed {
            let interest = interests.entry(place(object)).or_insert_with(|| Interest {
                resource: object.resource.clone(),
                namespace: object.namespace.clone(),
                names: Vec::new(),
                labels: None,
            });
            interest.names.push(object.name.clone());
        }
        let feeds: BTreeMap<(String, Option<String>), usize> = interests
            .into_iter()
            .map(|(place, interest)| (place, going.view.open(&cx.cluster, interest, false)))
            .collect();
        for Doomed { object, value, uid } in doomed {
            let Some(feed) = feeds.get(&place(object)) else { continue };
            going.roots.insert(uid.clone(), (*feed, object.clone()));
            if !orphan {
                going.owned.follow(value, doomed.len() <= FEW, &mut going.view, cx).await?;
            }
        }
        while !going.view.is_complete() {
            let change = going.view.next().await;
            going.take(change, cx)?;
        }
        while let Some(change) = going.view.try_next() {
            going.take(change, cx)?;
        }
        going.seen = going.owned.count();
        Ok(going)
    }

    fn take(&mut self, change: Change, cx: &Context<'_>) -> Result<(), Failure> {
        match change {
            Change::Present { feed, key } => self.owned.present(feed, &key, &self.view),
            Change::Gone { feed, key, last, left_selection } => {
                self.owned.gone(feed, &key, &last.uid);
                if left_selection && self.owned.follows(feed) {
                    // What lost its label may still be there; it is asked for at the end.
                    self.doubtful.entry(feed).or_default().insert(last.uid.clone(), key);
                }
            }
            Change::Blocked { feed, error } => {
                let is_root = self.roots.values().any(|(root, _)| *root == feed);
                match error {
                    Error::Refused(_) | Error::Unauthorized(_) if is_root => {
                        return Err(cx.failed("watch what is deleted", error));
                    }
                    error if !is_root => self.owned.forsake(feed, &self.view, &error, cx),
                    _ => {}
                }
            }
            Change::Polling { why, .. } => {
                cx.teller.warn(format!("it may not be watched, so it is asked for every other second: {why}"))
            }
            Change::Listed => {}
        }
        Ok(())
    }

    /// Waits, and says how many owned objects went too.
    async fn until_all_is_gone(&mut self, cx: &Context<'_>) -> Result<usize, Failure> {
        let mut told = String::new();
        loop {
            let mut left = self.left();
            if left.is_empty() {
                self.confirm(cx).await?;
                left = self.left();
            }
            if left.is_empty() {
                return Ok(self.seen);
            }
            let words = in_words(&left);
            if words != told {
                let unmet = left.iter().take(20).map(Left::unmet).collect();
                cx.teller.tell(EventKind::StepProgress {
                    met: 0,
                    total: left.len(),
                    words: words.clone(),
                    unmet,
                });
                told = words;
            }
            tokio::select! {
                biased;
                change = self.view.next() => self.take(change, cx)?,
                () = until(cx.deadline) => return Err(self.out_of_time(cx).await),
            }
            self.seen = self.seen.max(self.owned.count());
            // What has come already is taken in before anything is said of it.
            while let Some(change) = self.view.try_next() {
                self.take(change, cx)?;
                self.seen = self.seen.max(self.owned.count());
            }
        }
    }

    /// Asks for what left a selection; what is there all the same is followed on by another, wider watch.
    async fn confirm(&mut self, cx: &Context<'_>) -> Result<(), Failure> {
        for (feed, doubtful) in std::mem::take(&mut self.doubtful) {
            let Some(interest) = self.view.feed(feed).map(|feed| feed.interest().clone()) else { continue };
            let members = doubtful.iter().filter(|(uid, _)| self.owned.is_member(uid));
            let names: Vec<&Key> = members.map(|(_, key)| key).collect();
            let mut there = Vec::new();
            if names.len() <= FEW {
                for (namespace, name) in names {
                    let object = ObjectRef::new(&interest.resource, namespace, name);
                    there.extend(cx.look(&object).await?);
                }
            } else {
                let Interest { resource, namespace, .. } = &interest;
                let listed = cx.cluster.list(resource, namespace.as_deref(), None, None).await;
                let listed =
                    listed.map_err(|error| cx.failed(&format!("list {}", resource.plural), error))?;
                there.extend(
                    listed
                        .items
                        .iter()
                        .filter(|snapshot| doubtful.contains_key(&snapshot.uid))
                        .map(Snapshot::value),
                );
            }
            let uid = |object: &Value| object["metadata"]["uid"].as_text().cloned();
            if there.iter().filter_map(uid).any(|uid| doubtful.contains_key(&uid)) {
                self.owned.follow_wide(&interest, &mut self.view, cx);
            }
        }
        while !self.view.is_complete() {
            let change = self.view.next().await;
            self.take(change, cx)?;
        }
        Ok(())
    }

    /// What is still there: the objects themselves, then what they own.
    fn left(&self) -> Vec<Left> {
        let mut left = Vec::new();
        for (uid, (feed, object)) in &self.roots {
            let shown = self.view.feed(*feed).and_then(|feed| feed.objects().get(&key_of(object)));
            if let Some(shown) = shown.filter(|shown| shown.uid == *uid) {
                left.push(Left::of(&object.short(), &shown.value()));
            }
        }
        let owned = self.owned.left().map(|leaf| Left {
            name: format!("{}/{}", leaf.kind, leaf.name),
            deleting: leaf.deleting,
            finalizers: leaf.finalizers.clone(),
        });
        let mut owned: Vec<Left> = owned.collect();
        left.sort_by(|a, b| a.name.cmp(&b.name));
        owned.sort_by(|a, b| a.name.cmp(&b.name));
        left.extend(owned);
        left
    }

    /// What is left when the time is over, and why it is.
    async fn out_of_time(&self, cx: &Context<'_>) -> Failure {
        let left = self.left();
        let head = format!("not all is gone {}", cx.in_time());
        let message = format!("{head}: {}", in_words(&left));
        let mut failure = Failure::new(Cause::TimedOut, message).at(cx.place(cx.step.verb));
        failure.unmet = left.iter().take(20).map(Left::unmet).collect();
        let there = |(feed, object): &&(usize, ObjectRef)| {
            self.view.feed(*feed).is_some_and(|feed| feed.objects().contains_key(&key_of(object)))
        };
        let objects: Vec<ObjectRef> =
            self.roots.values().filter(there).map(|(_, object)| object.clone()).collect();
        let failure = explain(failure, &head, &objects, cx).await;
        if let Some((_, object)) = self.roots.values().next()
            && let Err(Error::Unreachable { message, .. }) = cx.cluster.get(object).await
        {
            let detail = format!("this is what was seen last; at the end: {message}");
            return Failure { details: vec![detail], ..failure };
        }
        failure
    }
}

/// An object that is still there.
struct Left {
    name: String,
    deleting: bool,
    finalizers: Vec<Text>,
}

impl Left {
    fn of(name: &str, value: &Value) -> Left {
        let finalizers = value.pointer("/metadata/finalizers").and_then(Value::as_array);
        Left {
            name: name.to_owned(),
            deleting: value.pointer("/metadata/deletionTimestamp").is_some(),
            finalizers: finalizers
                .map_or_else(Vec::new, |all| all.iter().filter_map(Value::as_text).cloned().collect()),
        }
    }

    fn state(&self) -> String {
        match (self.deleting, self.finalizers.as_slice()) {
            (true, []) => "being deleted".into(),
            (true, finalizers) => format!("being deleted, held by {}", finalizers.join(", ")),
            (false, _) => "still there".into(),
        }
    }

    fn unmet(&self) -> Unmet {
        let object = self.name.as_str().into();
        Unmet { object, path: Text::default(), actual: self.state().into(), wanted: "gone".into() }
    }
}

fn in_words(left: &[Left]) -> String {
    match left {
        [] => String::new(),
        [only] => format!("{} is {}", only.name, only.state()),
        [first, rest @ ..] => format!("{} is {} (and {} more)", first.name, first.state(), rest.len()),
    }
}
