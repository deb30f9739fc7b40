//! Writing: server-side apply, create, patch, scale. A write whose outcome is unknown is looked at before
//! it is sent again (`look`).
//! Never knows which field decides anything; never waits for an effect.

use std::sync::Arc;

use crate::json::{Value, json};
use http::Method;
use tokio::time::Instant;

use super::Cluster;
use super::effect::{Touch, is_unchanged};
use super::error::Error;
use super::ledger::Written;
use super::look::{Repeat, Verdict};
use super::patience::{Patience, Setback};
use super::read::{refusal, unreadable};
use super::resource::{KindName, ObjectRef, encode};
use super::snapshot::drop_managed_fields;
use super::trouble::Verb;
use super::wire::{Ask, Sent, send};

/// How often a patch without a precondition is sent again after losing against other writers.
const CONFLICTS: u32 = 5;

/// How an object is applied.
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions {
    /// Take over fields that other managers own.
    pub force: bool,
    /// Instead of [`super::Settings::field_manager`].
    pub field_manager: Option<String>,
    /// Create the object; one that is there is a refusal (409 `AlreadyExists`).
    pub create_only: bool,
}

/// What a patch says, in one of the three forms of the API.
#[derive(Debug, Clone, PartialEq)]
pub enum PatchKind {
    /// A JSON merge patch (RFC 7386).
    Merge(Value),
    /// The list of operations of a JSON patch (RFC 6902).
    Json(Value),
    /// A strategic merge patch; built-in kinds only.
    Strategic(Value),
}

/// What else a patch may ask for.
#[derive(Debug, Clone, Default)]
pub struct PatchOptions {
    /// Such as `status`.
    pub subresource: Option<String>,
    /// The patch is refused if the object has another UID.
    pub uid: Option<String>,
    /// The patch is refused if the object has another resourceVersion.
    pub resource_version: Option<String>,
    /// Instead of [`super::Settings::field_manager`].
    pub field_manager: Option<String>,
}

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The object was not there before.
    Created,
    /// The object changed.
    Configured,
    /// The object was already so.
    Unchanged,
}

/// What came of a write.
#[derive(Debug, Clone)]
pub struct Applied {
    /// What it did, judged by the object from before the first attempt.
    pub operation: Operation,
    /// What the server returned, without managedFields: the object, or for a scale its `Scale`.
    pub object: Value,
    /// The server's warnings, such as of deprecated versions.
    pub warnings: Vec<String>,
    /// The record in the ledger; `None` if nothing changed.
    pub written: Option<Arc<Written>>,
}

impl Cluster {
    /// Applies an object on the server's side (or creates it), with `fieldValidation=Strict`. The object
    /// must carry apiVersion, kind, name and, unless it is cluster-scoped, its namespace.
    ///
    /// Errors: a conflict is [`Error::Refused`] with the fields and managers in [`super::Status::causes`]; a kind
    /// that is not served is [`Error::NotServed`].
    pub async fn apply(&self, object: &Value, options: &ApplyOptions) -> Result<Applied, Error> {
        let target = self.target(object).await?;
        let manager = self.manager(&options.field_manager);
        let body = json_bytes(object);
        if options.create_only {
            return self.create(&target, manager, body).await;
        }
        let before = self.fetch(&target, "get").await?;
        let path = format!(
            "{}?fieldManager={}&fieldValidation=Strict&force={}",
            target.path()?,
            encode(manager),
            options.force
        );
        let ask = Ask::write(Verb::Apply, Method::PATCH, path, "application/apply-patch+yaml", body);
        let repeat = Repeat::Apply { manager: manager.to_owned() };
        let landed = self.write(ask, "apply", &target, before.as_ref(), repeat).await?;
        Ok(self.applied(&target, before.as_ref(), landed, Touch::Apply { object, manager }))
    }

    async fn create(&self, target: &ObjectRef, manager: &str, body: Vec<u8>) -> Result<Applied, Error> {
        let named = !target.name.is_empty();
        let before = if named { self.fetch(target, "get").await? } else { None };
        let collection = target.resource.path(target.namespace.as_deref());
        let path = format!("{collection}?fieldManager={}&fieldValidation=Strict", encode(manager));
        let ask = Ask::write(Verb::Create, Method::POST, path, "application/json", body);
        let repeat = match named {
            true => Repeat::Create { manager: manager.to_owned() },
            false => Repeat::Never,
        };
        let landed = self.write(ask, "create", target, before.as_ref(), repeat).await?;
        // With generateName, the name is only known now.
        let name = landed.object["metadata"]["name"].as_str().unwrap_or(&target.name).to_owned();
        Ok(self.applied(&ObjectRef { name, ..target.clone() }, None, landed, Touch::Unseen))
    }

    /// Patches one object. It is read first, for the record of what it was.
    pub async fn patch(
        &self,
        target: &ObjectRef,
        patch: &PatchKind,
        options: &PatchOptions,
    ) -> Result<Applied, Error> {
        let before = self.fetch(target, "get").await?;
        let (content_type, body) = body_of(patch, options)?;
        let mut path = target.path()?;
        if let Some(subresource) = &options.subresource {
            path = format!("{path}/{}", encode(subresource));
        }
        let manager = self.manager(&options.field_manager);
        path = format!("{path}?fieldManager={}&fieldValidation=Strict", encode(manager));
        let ask = Ask::write(Verb::Patch, Method::PATCH, path, content_type, json_bytes(&body));
        let guarded = options.resource_version.is_some();
        let repeat = match (body, patch) {
            (body, PatchKind::Json(_)) => Repeat::Json { operations: body, guarded },
            (body, PatchKind::Merge(_)) if guarded => Repeat::GuardedMerge { patch: body },
            (_, PatchKind::Strategic(_)) if guarded => Repeat::Guarded,
            _ => Repeat::Always,
        };
        let touch = match patch {
            PatchKind::Json(operations) => Touch::Json(operations),
            PatchKind::Merge(patch) | PatchKind::Strategic(patch) => Touch::Merge(patch),
        };
        let landed = self.write(ask, "patch", target, before.as_ref(), repeat).await?;
        Ok(self.applied(target, before.as_ref(), landed, touch))
    }

    /// Sets the number of replicas through the `/scale` subresource, which is written blindly: reading it
    /// is an error where the field is not set. The object itself is read first, for the record.
    pub async fn scale(&self, target: &ObjectRef, replicas: i64) -> Result<Applied, Error> {
        let before = self.fetch(target, "get").await?;
        let path = format!("{}/scale?fieldManager={}", target.path()?, encode(self.manager(&None)));
        let body = json_bytes(&json!({ "spec": { "replicas": replicas } }));
        let ask = Ask::write(Verb::Patch, Method::PATCH, path, "application/merge-patch+json", body);
        let landed = self.write(ask, "scale", target, before.as_ref(), Repeat::Always).await?;
        Ok(self.applied(target, before.as_ref(), landed, Touch::Unseen))
    }

    fn manager<'a>(&'a self, own: &'a Option<String>) -> &'a str {
        own.as_ref().unwrap_or(&self.inner.settings.field_manager)
    }

    /// Which object a manifest speaks of.
    async fn target(&self, object: &Value) -> Result<ObjectRef, Error> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (api_version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
        if api_version.is_empty() || kind.is_empty() {
            return Err(Error::local("the object has no apiVersion or no kind"));
        }
        let name = KindName { word: kind, api_version: Some(api_version) };
        let resource = self.resolve(&name).await?;
        let namespace = object["metadata"]["namespace"].as_str().map(str::to_owned);
        let namespace = namespace.filter(|_| resource.namespaced);
        if resource.namespaced && namespace.is_none() {
            let message = format!("{} is namespaced, and the object names no namespace", resource.kind);
            return Err(Error::local(message));
        }
        Ok(ObjectRef { resource, namespace, name: text(&object["metadata"]["name"]) })
    }

    /// Sends a write until its outcome is known, or patience ends.
    async fn write(
        &self,
        mut ask: Ask,
        doing: &str,
        target: &ObjectRef,
        before: Option<&Value>,
        repeat: Repeat,
    ) -> Result<Landed, Error> {
        let inner = &self.inner;
        let what = format!("{doing} {target}");
        let mut patience = Patience::new(inner, &what, Some(self.end()));
        // Whether an earlier attempt may have been carried out although no answer came, and whether it made
        // the object.
        let (mut uncertain, mut made) = (false, false);
        let mut conflicts = 0;
        loop {
            let setback = match send(&inner.requests, &inner.gauge, &ask, patience.limit()).await {
                Sent::Answer(reply) => match reply.body.value() {
                    Ok(object) => {
                        patience.recovered();
                        let created = made || reply.code == 201;
                        return Ok(Landed { object, created, warnings: reply.warnings });
                    }
                    Err(error) => unreadable(&error),
                },
                Sent::Refusal(status) if uncertain && repeat.may_be_an_echo(&status) => {
                    patience.recovered();
                    return match self.look(target, before, &repeat, &status.message).await? {
                        Verdict::Done(object) => Ok(Landed::seen(object, before)),
                        _ => Err(refusal(status, &what)),
                    };
                }
                Sent::Refusal(status) if repeat.is_lost_race(&status) && conflicts < CONFLICTS => {
                    conflicts += 1;
                    Setback { reached: false, ..Setback::told(status) }
                }
                Sent::Refusal(status) => {
                    patience.recovered();
                    return Err(refusal(status, &what));
                }
                Sent::Setback(setback) => setback,
            };
            uncertain |= setback.reached;
            let last = setback.message.clone();
            let borne = patience.bear(setback).await;
            if !uncertain {
                borne?;
                continue;
            }
            match self.look(target, before, &repeat, &last).await? {
                Verdict::Done(object) => {
                    patience.recovered();
                    return Ok(Landed::seen(object, before));
                }
                _ if borne.is_err() => {
                    let message = format!("{last}; and the time for another attempt is over");
                    return Err(Error::UnknownOutcome { what, message });
                }
                Verdict::SendInstead(body) => ask.body = json_bytes(&body).into(),
                Verdict::SendAgain { made: by_us } => made |= by_us,
            }
        }
    }

    /// Looks at the object of a write whose answer was lost.
    async fn look(
        &self,
        target: &ObjectRef,
        before: Option<&Value>,
        repeat: &Repeat,
        last: &str,
    ) -> Result<Verdict, Error> {
        let what = format!("write {target}");
        let unknown = |message: String| Error::UnknownOutcome { what, message: format!("{last}; {message}") };
        if *repeat == Repeat::Never {
            return Err(unknown("it has no name yet by which it could be looked for".into()));
        }
        match self.fetch(target, "look at").await {
            Ok(found) => repeat.judge(before, found).map_err(unknown),
            Err(error) => Err(unknown(format!("and it could not be looked at: {error}"))),
        }
    }

    /// Compares before and after, and notes the write in the ledger if it changed something.
    fn applied(
        &self,
        target: &ObjectRef,
        before: Option<&Value>,
        landed: Landed,
        touch: Touch<'_>,
    ) -> Applied {
        let Landed { mut object, created, warnings } = landed;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &object["metadata"];
        let same = before.filter(|before| before["metadata"]["uid"] == metadata["uid"]);
        let operation = match same {
            None if created => Operation::Created,
            // It was not there when looked at, and others were faster to make it.
            None => Operation::Configured,
            Some(before) if is_unchanged(before, &object, touch) => Operation::Unchanged,
            Some(_) => Operation::Configured,
        };
        let is_object = object["kind"] == *target.resource.kind;
        let generation_changed = match same {
            Some(before) if is_object => {
                let generation = &metadata["generation"];
                generation.is_null() || *generation != before["metadata"]["generation"]
            }
            _ => true,
        };
        let written = (operation != Operation::Unchanged).then(|| {
            self.inner.ledger.record(Written {
                uid: text(&metadata["uid"]),
                resource: target.resource.clone(),
                namespace: target.namespace.clone(),
                name: target.name.clone(),
                resource_version: text(&metadata["resourceVersion"]),
                spec_before: match (same, operation) {
                    (Some(before), _) => Some(before["spec"].clone()),
                    (None, Operation::Created) => None,
                    (None, _) => Some(Value::Null),
                },
                generation_changed,
                created: operation == Operation::Created,
                at: Instant::now(),
            })
        });
        drop_managed_fields(&mut object);
        Applied { operation, object, warnings, written }
    }
}

/// A write that was carried out.
struct Landed {
    object: Value,
    /// The server said, or the look showed, that it made the object.
    created: bool,
    warnings: Vec<String>,
}

impl Landed {
    /// What a look has shown to be carried out.
    fn seen(object: Value, before: Option<&Value>) -> Landed {
        Landed { object, created: before.is_none(), warnings: Vec::new() }
    }
}

/// The body of a patch, its preconditions in it, and how it is called on the wire.
fn body_of(patch: &PatchKind, options: &PatchOptions) -> Result<(&'static str, Value), Error> {
    let conditions = [("uid", &options.uid), ("resourceVersion", &options.resource_version)];
    let conditions = conditions.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
    let refuse = |message: &str| Err(Error::local(message));
    let (content_type, patch) = match patch {
        PatchKind::Json(Value::Array(operations)) => {
            let test =
                |(key, value)| json!({ "op": "test", "path": format!("/metadata/{key}"), "value": value });
            let body = conditions.map(test).chain(operations.iter().cloned()).collect();
            return Ok(("application/json-patch+json", body));
        }
        PatchKind::Json(_) => return refuse("a JSON patch is a list of operations"),
        PatchKind::Merge(patch) => ("application/merge-patch+json", patch),
        PatchKind::Strategic(patch) => ("application/strategic-merge-patch+json", patch),
    };
    let mut body = patch.clone();
    for (key, value) in conditions {
        let Some(fields) = body.as_object_mut() else { return refuse("a merge patch is a mapping") };
        let metadata = fields.entry("metadata").or_insert_with(|| json!({}));
        let Some(metadata) = metadata.as_object_mut() else { return refuse("`metadata` is a mapping") };
        metadata.insert(key.into(), value.as_str().into());
    }
    Ok((content_type, body))
}

fn json_bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}
