//! Reading: one object, a list, the state of a namespace; and the loop that bears trouble for every read.
//! Never writes, never remembers an object.

use crate::json::Value;

use super::decode::{Page, TypeMeta, read_page};
use super::error::{Error, Status};
use super::patience::{Patience, Setback};
use super::resource::{KindName, ObjectRef, Resource, encode};
use super::snapshot::{Snapshot, drop_managed_fields};
use super::trouble::Verb;
use super::wire::{Ask, Reply, Sent, send};
use super::{Cluster, Inner};

/// How many objects one page of a list holds.
const PAGE: u32 = 500;

/// All objects of a list, at one resourceVersion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The objects, in the server's order.
    pub items: Vec<Snapshot>,
    /// The version of the whole list.
    pub resource_version: String,
}

/// What is known of a namespace.
#[derive(Debug, Clone, PartialEq)]
pub enum NamespaceState {
    /// It is there and takes objects.
    Exists,
    /// There is none of this name.
    Missing,
    /// It is being deleted, and takes no new objects.
    Terminating,
    /// It may not be read; the server's words.
    Unknown(Status),
}

impl Cluster {
    /// The object, without managedFields; `None` if there is none of this name.
    pub async fn get(&self, object: &ObjectRef) -> Result<Option<Value>, Error> {
        let mut found = self.fetch(object, "get").await?;
        found.iter_mut().for_each(drop_managed_fields);
        Ok(found)
    }

    /// The object with all that the server keeps of it. `doing` says what for, should there be trouble.
    pub(super) async fn fetch(&self, object: &ObjectRef, doing: &str) -> Result<Option<Value>, Error> {
        let ask = Ask::read(Verb::Get, object.path()?);
        let mut patience = Patience::new(&self.inner, format!("{doing} {object}"), Some(self.end()));
        match call(&self.inner, &ask, &mut patience, |reply| reply.body.value()).await {
            Ok(value) => Ok(Some(value)),
            Err(Error::Refused(status)) if status.code == 404 && status.names_an_object() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All objects of a resource, read in pages: in one namespace or (`None`) everywhere; `labels` and
    /// `fields` are selectors as the API takes them.
    pub async fn list(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        labels: Option<&str>,
        fields: Option<&str>,
    ) -> Result<Listed, Error> {
        let what = format!("list {}", resource.whereabouts(namespace));
        let mut patience = Patience::new(&self.inner, what, Some(self.end()));
        let query = selectors(labels, fields);
        let mut pages = Pages::new(resource, namespace, &query);
        let mut items = Vec::new();
        loop {
            let Some(page) = pages.next(&self.inner, &mut patience).await? else {
                items.clear();
                continue;
            };
            items.extend(page.items);
            if page.proceed.is_empty() {
                return Ok(Listed { items, resource_version: page.resource_version });
            }
        }
    }

    /// How far a resource has come: the version of its list, without its objects.
    pub async fn version_of(&self, resource: &Resource, namespace: Option<&str>) -> Result<String, Error> {
        let ask = Ask::read(Verb::List, format!("{}?limit=1", resource.path(namespace)));
        let what = format!("list {}", resource.whereabouts(namespace));
        let mut patience = Patience::new(&self.inner, what, Some(self.end()));
        let api_version = resource.api_version();
        let it = TypeMeta { api_version: &api_version, kind: &resource.kind };
        let page = call(&self.inner, &ask, &mut patience, |reply| read_page(reply.body, it)).await?;
        Ok(page.resource_version)
    }

    /// What is known of a namespace.
    pub async fn namespace_state(&self, name: &str) -> Result<NamespaceState, Error> {
        let kind = KindName { word: "Namespace".into(), api_version: Some("v1".into()) };
        let resource = self.resolve(&kind).await?;
        let object = ObjectRef { resource, namespace: None, name: name.to_owned() };
        match self.fetch(&object, "get").await {
            Ok(None) => Ok(NamespaceState::Missing),
            Ok(Some(namespace)) => {
                let going = !namespace["metadata"]["deletionTimestamp"].is_null();
                match going || namespace["status"]["phase"] == "Terminating" {
                    true => Ok(NamespaceState::Terminating),
                    false => Ok(NamespaceState::Exists),
                }
            }
            Err(Error::Refused(status)) if status.code == 403 => Ok(NamespaceState::Unknown(*status)),
            Err(error) => Err(error),
        }
    }
}

/// Asks until there is an answer that `read` can read, or patience ends. Only for what may be repeated.
pub(super) async fn call<T>(
    inner: &Inner,
    ask: &Ask,
    patience: &mut Patience,
    read: impl Fn(Reply) -> serde_json::Result<T>,
) -> Result<T, Error> {
    loop {
        let setback = match send(&inner.requests, &inner.gauge, ask, patience.limit()).await {
            Sent::Answer(reply) => match read(reply) {
                Ok(value) => {
                    patience.recovered();
                    return Ok(value);
                }
                Err(error) => unreadable(&error),
            },
            Sent::Refusal(status) => {
                patience.recovered();
                return Err(refusal(status, patience.what()));
            }
            Sent::Setback(setback) => setback,
        };
        patience.bear(setback).await?;
    }
}

/// A 404 that speaks of no object means that the resource itself is not served.
pub(super) fn refusal(status: Status, what: &str) -> Error {
    match status.code == 404 && !status.names_an_object() {
        true => Error::NotServed { what: what.to_owned(), message: status.message },
        false => Error::Refused(Box::new(status)),
    }
}

/// Trouble with an answer that is no JSON, as of a proxy that answers for the server.
pub(super) fn unreadable(error: &serde_json::Error) -> Setback {
    Setback::of(format!("the answer is not what an API server sends: {error}"))
}

/// `&labelSelector=…&fieldSelector=…`, as far as given.
pub(super) fn selectors(labels: Option<&str>, fields: Option<&str>) -> String {
    let part = |key: &str, text: Option<&str>| match text {
        Some(text) if !text.is_empty() => format!("&{key}={}", encode(text)),
        _ => String::new(),
    };
    part("labelSelector", labels) + &part("fieldSelector", fields)
}

/// A list that is read page by page.
pub(super) struct Pages<'a> {
    resource: &'a Resource,
    api_version: String,
    path: String,
    query: &'a str,
    proceed: String,
    /// Falls to 0 (no limit) when a list grows too old between its pages again and again.
    page: u32,
    expired: u32,
}

impl<'a> Pages<'a> {
    pub fn new(resource: &'a Resource, namespace: Option<&str>, query: &'a str) -> Pages<'a> {
        Pages {
            resource,
            api_version: resource.api_version(),
            path: resource.path(namespace),
            query,
            proceed: String::new(),
            page: PAGE,
            expired: 0,
        }
    }

    /// The next page. `None` means that the list is read from its beginning again, since its version
    /// expired between two pages: what was read so far does not count.
    pub async fn next(&mut self, inner: &Inner, patience: &mut Patience) -> Result<Option<Page>, Error> {
        let mut path = format!("{}?limit={}{}", self.path, self.page, self.query);
        if !self.proceed.is_empty() {
            path = format!("{path}&continue={}", encode(&self.proceed));
        }
        let ask = Ask::read(Verb::List, path);
        let it = TypeMeta { api_version: &self.api_version, kind: &self.resource.kind };
        match call(inner, &ask, patience, |reply| read_page(reply.body, it)).await {
            Ok(page) => {
                self.proceed.clone_from(&page.proceed);
                Ok(Some(page))
            }
            Err(Error::Refused(status)) if status.code == 410 && !self.proceed.is_empty() => {
                self.proceed.clear();
                self.expired += 1;
                if self.expired > 1 {
                    self.page = 0;
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
