//! From targets to the objects of a cluster that are meant.
//! It must never fetch or watch them.

use super::context::Context;
use super::trouble;
use crate::cluster::{KindName, ObjectRef, Resource};
use crate::event::{Cause, Failure};
use crate::json::Value;
use crate::plan::Object;
use crate::playbook::condition::Condition;
use crate::playbook::late::Late;
use crate::playbook::target::{KindWord, ObjectName, Selector, Target};

/// What a target means in the cluster.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    /// One object by its name, there or not.
    Named(ObjectRef),
    /// All that answer to a description.
    Selection(Box<Selection>),
}

/// Objects that answer to a description.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    /// Their kind.
    pub resource: Resource,
    /// Their namespace; none for all of them, or for what is in none.
    pub namespace: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// Their labels, as the API takes a selector.
    pub labels: Option<String>,
    /// What owns them, directly or not.
    pub owner: Option<ObjectRef>,
    /// What else they must meet.
    pub condition: Option<Condition>,
    /// The description in words.
    pub words: String,
}

impl Subject {
    /// It in a few words: `Deployment/web`, `Pod with app=web`.
    pub(super) fn words(&self) -> String {
        match self {
            Subject::Named(object) => object.short(),
            Subject::Selection(selection) => selection.words.clone(),
        }
    }
}

impl Context<'_> {
    /// What the step's target means; left out, the objects of the playbook's manifest.
    pub(super) async fn subjects(&self, target: Option<&Late<Target>>) -> Result<Vec<Subject>, Failure> {
        match target {
            None => {
                let mut subjects = Vec::new();
                for object in self.plan.default_target() {
                    subjects.push(Subject::Named(self.reference(object).await?));
                }
                Ok(subjects)
            }
            Some(target) => self.meant(&self.late(target)?).await,
        }
    }

    /// What a target means.
    pub(super) async fn meant(&self, target: &Target) -> Result<Vec<Subject>, Failure> {
        match target {
            Target::Object(name) => Ok(vec![Subject::Named(self.named(name).await?)]),
            Target::Selector(selector) => Ok(vec![self.selection(selector).await?]),
            Target::Manifest(manifest) => {
                let mut subjects = Vec::new();
                for object in self.plan.objects_at(manifest.span()) {
                    subjects.push(Subject::Named(self.reference(object).await?));
                }
                if subjects.is_empty() {
                    let message = "this manifest names no object of the plan";
                    return Err(Failure::new(Cause::Invalid, message).at(self.place(manifest.span())));
                }
                Ok(subjects)
            }
            Target::List(items, _) => {
                let mut subjects = Vec::new();
                for item in items {
                    subjects.extend(Box::pin(self.meant(item)).await?);
                }
                Ok(subjects)
            }
        }
    }

    /// The place in the cluster of an object of a manifest.
    pub(super) async fn reference(&self, object: &Object) -> Result<ObjectRef, Failure> {
        let name = KindName { word: object.kind.clone(), api_version: Some(object.api_version.clone()) };
        let resource = self.resource(&name).await.map_err(|failure| failure.at(self.place(object.span)))?;
        let namespace = object.namespace.clone().unwrap_or_else(|| self.plan.namespace.clone());
        let namespace = resource.namespaced.then_some(namespace);
        Ok(ObjectRef { resource, namespace, name: object.name.clone() })
    }

    /// An object of a manifest as it is sent: expressions filled in, its namespace named.
    pub(super) fn body(&self, object: &Object, reference: &ObjectRef) -> Result<Value, Failure> {
        let mut value = self.fill(&object.tree)?.to_value();
        if let (Some(namespace), Some(metadata)) =
            (&reference.namespace, value.get_mut("metadata").and_then(Value::as_object_mut))
        {
            metadata.insert("namespace".into(), namespace.into());
        }
        Ok(value)
    }

    /// A kind of the cluster by its name.
    pub(super) async fn resource(&self, name: &KindName) -> Result<Resource, Failure> {
        self.cluster.resolve(name).await.map_err(trouble::unresolved)
    }

    /// How a kind that may as well not be served is served.
    pub(super) async fn served(&self, api_version: &str, kind: &str) -> Result<Option<Resource>, Failure> {
        let served = self.cluster.served(api_version, kind).await;
        served.map_err(|error| self.failed("ask which kinds the cluster serves", error))
    }

    async fn kind(&self, kind: &KindWord, api_version: Option<&str>) -> Result<Resource, Failure> {
        let mut word = kind.word.clone();
        for part in [&kind.version, &kind.group].into_iter().flatten() {
            word = format!("{word}.{part}");
        }
        // A bare kind means what the manifests say it is, before the cluster is asked.
        let plain = kind.version.is_none() && kind.group.is_none();
        let in_manifest =
            self.plan.objects.iter().find(|object| plain && object.kind.eq_ignore_ascii_case(&word));
        let api_version =
            api_version.map(str::to_owned).or_else(|| in_manifest.map(|object| object.api_version.clone()));
        self.resource(&KindName { word, api_version })
            .await
            .map_err(|failure| failure.at(self.place(kind.span)))
    }

    async fn named(&self, name: &ObjectName) -> Result<ObjectRef, Failure> {
        let resource = self.kind(&name.kind, None).await?;
        let in_manifest = self
            .plan
            .objects
            .iter()
            .find(|object| object.kind == resource.kind && object.name == name.name.value);
        let namespace = in_manifest
            .and_then(|object| object.namespace.clone())
            .unwrap_or_else(|| self.plan.namespace.clone());
        let namespace = resource.namespaced.then_some(namespace);
        Ok(ObjectRef { resource, namespace, name: name.name.value.clone() })
    }

    async fn selection(&self, selector: &Selector) -> Result<Subject, Failure> {
        let api_version = selector.api_version.as_ref().map(|version| version.value.as_str());
        let resource = self.kind(&selector.kind, api_version).await?;
        let everywhere = selector.namespace.as_ref().is_some_and(|namespace| namespace.value == "*");
        let namespace = match &selector.namespace {
            _ if !resource.namespaced || everywhere => None,
            Some(namespace) => Some(namespace.value.clone()),
            None => Some(self.plan.namespace.clone()),
        };
        let name = selector.name.as_ref().map(|name| name.value.clone());
        let plain = selector.labels.is_none() && selector.owner.is_none() && selector.where_.is_none();
        if let (true, false, Some(name)) = (plain, everywhere, &name) {
            return Ok(Subject::Named(ObjectRef { resource, namespace, name: name.clone() }));
        }
        let labels = selector.labels.as_ref().map(|labels| labels.selector.to_string());
        let owner = match &selector.owner {
            Some(owner) => {
                let mut owner = self.named(owner).await?;
                if owner.resource.namespaced && namespace.is_some() {
                    owner.namespace = namespace.clone();
                }
                Some(owner)
            }
            None => None,
        };
        let mut words = resource.kind.clone();
        words.extend(name.iter().map(|name| format!("/{name}")));
        words.extend(labels.iter().map(|labels| format!(" with {labels}")));
        words.extend(owner.iter().map(|owner| format!(" of {}", owner.short())));
        words.extend(selector.where_.iter().map(|condition| format!(" where {}", condition.source())));
        let condition = selector.where_.clone();
        Ok(Subject::Selection(Box::new(Selection {
            resource,
            namespace,
            name,
            labels,
            owner,
            condition,
            words,
        })))
    }
}
