//! The one object that a verb acts on.
//! It must never write: it fails before anything is written.

use super::context::Context;
use super::subject::{Selection, Subject};
use super::waiting::in_line;
use crate::cluster::ObjectRef;
use crate::event::{Cause, Failure};
use crate::json::Value;
use crate::playbook::condition::Condition;
use crate::playbook::late::Late;
use crate::playbook::target::Target;

impl Context<'_> {
    /// The one object that is meant, as it is now. `can` says which of the default target's objects the verb can serve.
    pub(super) async fn exactly_one(
        &self,
        target: Option<&Late<Target>>,
        can: fn(&ObjectRef) -> bool,
    ) -> Result<(ObjectRef, Value), Failure> {
        let subjects = self.subjects(target).await?;
        let mut found = Vec::new();
        for subject in &subjects {
            match subject {
                Subject::Named(object) if target.is_some() || can(object) => {
                    found.push((object.clone(), None))
                }
                Subject::Named(_) => {}
                Subject::Selection(selection) => {
                    found.extend(
                        self.select(selection)
                            .await?
                            .into_iter()
                            .map(|(object, value)| (object, Some(value))),
                    );
                }
            }
        }
        let verb = self.step.action.verb();
        let span = target.map_or(self.step.verb, Late::span);
        match found.as_slice() {
            [(object, value)] => {
                let value = match value {
                    Some(value) => Some(value.clone()),
                    None => self.look(object).await?,
                };
                let value = value.ok_or_else(|| {
                    Failure::new(Cause::Unmet, format!("there is no {object} to {verb}")).at(self.place(span))
                })?;
                Ok((object.clone(), value))
            }
            [] => {
                let words: Vec<String> = subjects.iter().map(Subject::words).collect();
                let message = format!("`{verb}` needs one object, and there is none: {}", words.join(", "));
                Err(Failure::new(Cause::Unmet, message).at(self.place(span)))
            }
            many => {
                let names: Vec<String> = many.iter().take(5).map(|(object, _)| object.short()).collect();
                let message =
                    format!("`{verb}` needs one object, and there are {}: {}", many.len(), names.join(", "));
                Err(Failure::new(Cause::Unmet, message)
                    .at(self.place(span))
                    .help("Name one: `target: Kind/name`."))
            }
        }
    }

    /// The objects that are meant and there, as they are now; of those that are named and not there a warning says so.
    pub(super) async fn objects(
        &self,
        target: Option<&Late<Target>>,
    ) -> Result<Vec<(ObjectRef, Value)>, Failure> {
        let mut found = Vec::new();
        for subject in self.subjects(target).await? {
            match subject {
                Subject::Named(object) => match self.look(&object).await? {
                    Some(value) => found.push((object, value)),
                    None => self.teller.warn(format!("there is no {object} to {}", self.step.action.verb())),
                },
                Subject::Selection(selection) => found.extend(self.select(&selection).await?),
            }
        }
        Ok(found)
    }

    /// An object as it is now; none where it is not there.
    pub(super) async fn look(&self, object: &ObjectRef) -> Result<Option<Value>, Failure> {
        let found = self.cluster.get(object).await;
        let found = found.map_err(|error| self.failed(&format!("look at {}", object.short()), error))?;
        found.iter().for_each(|object| self.teller.mask(object));
        Ok(found)
    }

    /// What answers to a description now.
    pub(super) async fn select(&self, selection: &Selection) -> Result<Vec<(ObjectRef, Value)>, Failure> {
        let listed = self
            .cluster
            .list(&selection.resource, selection.namespace.as_deref(), selection.labels.as_deref(), None)
            .await
            .map_err(|error| self.failed(&format!("list {}", selection.resource.plural), error))?;
        let mut found = Vec::new();
        let owned = match &selection.owner {
            Some(owner) => Some(self.owned_now(owner).await?),
            None => None,
        };
        for snapshot in &listed.items {
            let named = selection.name.as_ref().is_none_or(|name| *name == snapshot.name);
            if !named {
                continue;
            }
            let value = snapshot.value();
            self.teller.mask(&value);
            let belongs = owned.as_ref().is_none_or(|owned| owned.has(&super::view::owners(&value)));
            if belongs && selection.condition.as_ref().is_none_or(|condition| meets(condition, &value)) {
                found.push((ObjectRef::new(&selection.resource, &snapshot.namespace, &snapshot.name), value));
            }
        }
        Ok(found)
    }

    async fn owned_now(&self, owner: &ObjectRef) -> Result<super::owned::Owned, Failure> {
        let mut owned = super::owned::Owned::default();
        let mut view = super::view::View::default();
        let Some(root) = self.look(owner).await? else { return Ok(owned) };
        owned.follow(&root, true, &mut view, self).await?;
        while !view.is_complete() {
            if let super::view::Change::Present { feed, key } = view.next().await {
                owned.present(feed, &key, &view);
            }
        }
        while let Some(change) = view.try_next() {
            if let super::view::Change::Present { feed, key } = change {
                owned.present(feed, &key, &view);
            }
        }
        Ok(owned)
    }
}

fn meets(condition: &Condition, value: &Value) -> bool {
    unmet(condition, value).is_none()
}

/// Why a condition does not hold on a value that is no live object: a result, a refusal.
pub(super) fn unmet(condition: &Condition, value: &Value) -> Option<(String, Vec<crate::event::Unmet>)> {
    use super::judge::{Observation, Sight, judge};
    let sight = Sight {
        name: "",
        object: Some(value),
        children: &[],
        written: None,
        outdated: false,
        childless: false,
    };
    match judge(condition, &sight, &|_| Observation::NotYet(Vec::new())) {
        Observation::Met(_) => None,
        Observation::NotYet(whys) | Observation::Never(whys) => {
            let unmet = whys.iter().map(|why| why.unmet.clone()).collect();
            Some((in_line(&whys), unmet))
        }
    }
}
