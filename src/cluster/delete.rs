//! Deleting one object, known by its UID, so that a repetition can never hit another.
//! Never waits until the object is gone, nor looks at what it owned.

use crate::json::{Value, json};
use http::Method;

use super::Cluster;
use super::error::Error;
use super::patience::{Patience, Setback};
use super::read::refusal;
use super::resource::ObjectRef;
use super::snapshot::drop_managed_fields;
use super::trouble::Verb;
use super::wire::{Ask, Sent, send};

/// How often an object that is replaced again and again is deleted anew.
const REPLACEMENTS: u32 = 5;

/// What becomes of the objects that a deleted object owns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Propagation {
    /// They are deleted afterwards.
    #[default]
    Background,
    /// They are deleted first; the object lingers until they are gone.
    Foreground,
    /// They stay.
    Orphan,
}

/// How an object is deleted.
#[derive(Debug, Clone, Default)]
pub struct DeleteOptions {
    /// What becomes of what it owns.
    pub propagation: Propagation,
    /// Seconds that it is given to end; its own if `None`.
    pub grace_period: Option<u32>,
    /// Only the object with this UID. If `None`, the one that is there now.
    pub uid: Option<String>,
}

/// What came of a delete.
#[derive(Debug, Clone, PartialEq)]
pub struct Deleted {
    /// The UID of the deleted object; `None` if there was none.
    pub uid: Option<String>,
    /// There was nothing to delete: no object of this name, or (with a UID given) only its successor.
    pub already_gone: bool,
    /// It is still there, with a deletionTimestamp: finalizers or a grace period hold it.
    pub lingers: bool,
    /// The object as last seen, without managedFields; `None` if it was never seen.
    pub object: Option<Value>,
    /// The server's warnings.
    pub warnings: Vec<String>,
}

impl Deleted {
    fn nothing() -> Deleted {
        Deleted { uid: None, already_gone: true, lingers: false, object: None, warnings: Vec::new() }
    }
}

impl Cluster {
    /// Asks the server to delete an object, under a precondition on its UID.
    pub async fn delete(&self, target: &ObjectRef, options: &DeleteOptions) -> Result<Deleted, Error> {
        let mut replaced = 0;
        loop {
            let found = match &options.uid {
                Some(_) => None,
                None => match self.get(target).await? {
                    Some(found) => Some(found),
                    None => return Ok(Deleted::nothing()),
                },
            };
            let seen = found.as_ref().and_then(|object| object["metadata"]["uid"].as_str());
            let uid = options.uid.as_deref().or(seen).unwrap_or_default().to_owned();
            match self.delete_one(target, options, &uid, found).await? {
                Some(deleted) => return Ok(deleted),
                // Another of the same name took its place between the look and the delete.
                None if options.uid.is_none() && replaced < REPLACEMENTS => replaced += 1,
                None => return Ok(Deleted { uid: Some(uid), ..Deleted::nothing() }),
            }
        }
    }

    /// Deletes the object with this UID; `None` if another has its name.
    async fn delete_one(
        &self,
        target: &ObjectRef,
        options: &DeleteOptions,
        uid: &str,
        mut seen: Option<Value>,
    ) -> Result<Option<Deleted>, Error> {
        let inner = &self.inner;
        let body = body_of(options, uid);
        let path = target.path()?;
        let bytes = body.to_string().into_bytes();
        let ask = Ask::write(Verb::Delete, Method::DELETE, path, "application/json", bytes);
        let what = format!("delete {target}");
        let mut patience = Patience::new(inner, &what, Some(self.end()));
        let mut uncertain = false;
        loop {
            let setback = match send(&inner.requests, &inner.gauge, &ask, patience.limit()).await {
                Sent::Answer(reply) => {
                    patience.recovered();
                    // The server returns the object where it lingers, else a Status (some kinds: the object
                    // as it was, without a deletionTimestamp).
                    let answer: Value = reply.body.value().unwrap_or_default();
                    let lingers = !answer["metadata"]["deletionTimestamp"].is_null();
                    if answer["kind"] == *target.resource.kind {
                        seen = Some(answer);
                    }
                    return Ok(Some(self.deleted(uid, false, lingers, seen, reply.warnings)));
                }
                Sent::Refusal(status) if status.code == 404 && status.names_an_object() => {
                    patience.recovered();
                    return Ok(Some(self.deleted(uid, !uncertain, false, seen, Vec::new())));
                }
                Sent::Refusal(status) if status.code == 409 => {
                    patience.recovered();
                    let now = self.get(target).await?;
                    let same = now.as_ref().filter(|now| uid.is_empty() || now["metadata"]["uid"] == uid);
                    match same {
                        // Asked for twice, as namespaces answer it.
                        Some(same) if !same["metadata"]["deletionTimestamp"].is_null() => {
                            return Ok(Some(self.deleted(uid, false, true, now, Vec::new())));
                        }
                        Some(_) => return Err(Error::Refused(Box::new(status))),
                        None if uncertain || now.is_none() => {
                            return Ok(Some(self.deleted(uid, !uncertain, false, seen, Vec::new())));
                        }
                        None => {
                            inner.ledger.gone(uid);
                            return Ok(None);
                        }
                    }
                }
                Sent::Refusal(status) => {
                    patience.recovered();
                    return Err(refusal(status, &what));
                }
                Sent::Setback(setback) => setback,
            };
            self.bear(&mut patience, setback, &mut uncertain).await?;
        }
    }

    /// A delete may always be sent again: its precondition keeps it from hitting another object.
    async fn bear(&self, patience: &mut Patience, setback: Setback, sent: &mut bool) -> Result<(), Error> {
        *sent |= setback.reached;
        let last = setback.message.clone();
        let what = patience.what().to_owned();
        patience.bear(setback).await.map_err(|error| match *sent {
            true => Error::UnknownOutcome { what, message: last },
            false => error,
        })
    }

    fn deleted(
        &self,
        uid: &str,
        already_gone: bool,
        lingers: bool,
        mut object: Option<Value>,
        warnings: Vec<String>,
    ) -> Deleted {
        if !lingers {
            self.inner.ledger.gone(uid);
        }
        object.iter_mut().for_each(drop_managed_fields);
        Deleted { uid: Some(uid.to_owned()), already_gone, lingers, object, warnings }
    }
}

fn body_of(options: &DeleteOptions, uid: &str) -> Value {
    let propagation = match options.propagation {
        Propagation::Background => "Background",
        Propagation::Foreground => "Foreground",
        Propagation::Orphan => "Orphan",
    };
    let mut body = json!({ "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation });
    if let Some(seconds) = options.grace_period {
        body["gracePeriodSeconds"] = seconds.into();
    }
    if !uid.is_empty() {
        body["preconditions"] = json!({ "uid": uid });
    }
    body
}
