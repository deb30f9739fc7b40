//! Deletions: of one object or a collection, at once or in time, with what must happen before.
//! It must never do what a controller does afterwards: collect, or empty a namespace.

use std::sync::Arc;

use crate::json::{Value, json};
use jiff::{SignedDuration, Timestamp};

use super::call::Call;
use super::list;
use super::meta;
use super::options::ListOptions;
use super::refusal::{Refusal, quote};
use super::reply::{Content, Reply};
use super::resource::Resource;
use super::state::State;
use super::store::Happened;
use super::stored::Stored;
use super::{convert, decode, definition, effects};
use crate::rehearsal::builtin::Fault;
use crate::rehearsal::clock::stamp;

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

/// How a deletion is to be done.
#[derive(Clone, Debug, Default)]
struct Options {
    grace: Option<i64>,
    uid: Option<String>,
    version: Option<String>,
    policy: Option<String>,
    orphan: Option<bool>,
    dry_run: bool,
}

impl Options {
    fn read(call: &Call<'_>) -> Result<Options, Refusal> {
        let body = match call.sent.is_none() && call.body.iter().all(u8::is_ascii_whitespace) {
            true => {
                // Without a body, the parameters are the options.
                let query = &call.query;
                let mut body = json!({});
                for key in ["propagationPolicy"] {
                    if let Some(value) = query.text(key) {
                        body[key] = value.into();
                    }
                }
                if let Some(seconds) = query.number("gracePeriodSeconds")? {
                    body["gracePeriodSeconds"] = seconds.into();
                }
                if let Some(orphan) = query.choice("orphanDependents") {
                    body["orphanDependents"] = orphan.into();
                }
                let dry: Vec<&str> = query.all("dryRun").filter(|value| !value.is_empty()).collect();
                if !dry.is_empty() {
                    body["dryRun"] = json!(dry);
                }
                body
            }
            false => decode::options(call)?,
        };
        let options = Options::of(&body);
        options.check(&body)?;
        Ok(options)
    }

    fn of(body: &Value) -> Options {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Options {
            grace: body["gracePeriodSeconds"].as_i64(),
            uid: text(&body["preconditions"]["uid"]),
            version: text(&body["preconditions"]["resourceVersion"]),
            policy: text(&body["propagationPolicy"]),
            orphan: body["orphanDependents"].as_bool(),
            dry_run: body["dryRun"].as_array().is_some_and(|dry| dry.iter().any(|dry| dry == "All")),
        }
    }

    fn check(&self, body: &Value) -> Result<(), Refusal> {
        let mut faults = Vec::new();
        if self.policy.is_some() && self.orphan.is_some() {
            faults.push(Fault::invalid(
                "propagationPolicy",
                quote(self.policy.as_deref().unwrap_or_default()),
                "orphanDependents and deletionPropagation cannot be both set",
            ));
        }
        let unknown = |policy: &&str| !matches!(*policy, "Foreground" | "Background" | "Orphan");
        if let Some(policy) = self.policy.as_deref().filter(unknown) {
            let known = "\"Foreground\", \"Background\", \"Orphan\", \"nil\"";
            faults.push(Fault {
                reason: "FieldValueNotSupported",
                field: "propagationPolicy".into(),
                message: format!("Unsupported value: {}: supported values: {known}", quote(policy)),
            });
        }
        let dry = body["dryRun"].as_array().into_iter().flatten();
        for value in dry.filter(|value| *value != "All") {
            faults.push(Fault {
                reason: "FieldValueNotSupported",
                field: "dryRun".into(),
                message: format!("Unsupported value: [{value}]: supported values: \"All\""),
            });
        }
        match faults.is_empty() {
            true => Ok(()),
            false => Err(Refusal::invalid("meta.k8s.io", "DeleteOptions", "", &faults)),
        }
    }
}

/// What a deletion came to.
struct Done {
    /// The object as it was last.
    object: Value,
    gone: bool,
}

/// Deletes an object.
///
/// # Errors
/// 403, 404, 409 or 422.
pub fn delete(state: &mut State, call: &Call<'_>) -> Result<Reply, Refusal> {
    let resource = call.resource.clone();
    let options = Options::read(call)?;
    let stored = state.store.get(&resource.shelf, call.namespace, call.name).cloned();
    let stored = stored.ok_or_else(|| Refusal::not_found(&resource, call.name))?;
    let cascades = options.orphan == Some(false);
    let done = one(state, &resource, &stored, options)?;
    let mut reply = match done.gone && !returns_object(&resource) {
        true => Reply::success(&resource, call.name, meta::text(&done.object, "uid")),
        false => Reply::object(convert::served(&resource, done.object), stored.managers.clone()),
    };
    if !done.gone && cascades {
        reply.code = 202;
    }
    Ok(reply)
}

/// Deletes an object with options that came with something else.
///
/// # Errors
/// As for any deletion.
pub fn with(
    state: &mut State,
    resource: &Resource,
    stored: &Arc<Stored>,
    options: &Value,
    dry_run: bool,
) -> Result<(), Refusal> {
    let mut options = Options::of(options);
    options.dry_run |= dry_run;
    one(state, resource, stored, options).map(drop)
}

/// Deletes all objects that are selected.
///
/// # Errors
/// As for one.
pub fn collection(state: &mut State, call: &Call<'_>) -> Result<Reply, Refusal> {
    let resource = call.resource.clone();
    let options = Options::read(call)?;
    ListOptions::read(call, false)?;
    let listed = list::list(state, call)?;
    let mut gone = Vec::with_capacity(listed.items.len());
    for stored in &listed.items {
        let done = one(state, &resource, stored, options.clone())?;
        let last = (done.object, stored.managers.clone());
        gone.push(Arc::new(Stored::new(last, stored.version, Happened::Deleted, &stored.value)));
    }
    let listed = list::Listed {
        version: state.store.version(),
        items: gone,
        proceed: listed.proceed,
        remaining: listed.remaining,
    };
    Ok(Reply { code: 200, content: Content::Listed(listed) })
}

fn one(
    state: &mut State,
    resource: &Resource,
    stored: &Arc<Stored>,
    mut options: Options,
) -> Result<Done, Refusal> {
    let (namespace, name) = (stored.namespace.clone(), stored.name.clone());
    let old = stored.value.clone();
    protect(resource, &name)?;
    if resource.is("", "namespaces") {
        preconditions_of_namespace(resource, &old, &options)?;
        return Ok(leave_namespace(state, resource, old, &options));
    }
    preconditions(resource, &old, &options)?;
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") && !options.dry_run {
        return leave_definition(state, resource, old, options);
    }
    if options.grace.is_some_and(|grace| grace < 0) {
        options.grace = Some(1);
    }
    let now = state.clock.now();
    let mut object = old.clone();
    let graceful = match grace(resource, &mut object, &mut options, now) {
        Grace::Pending => return Ok(Done { object, gone: false }),
        Grace::None => false,
        Grace::Begun => true,
    };
    let finalizers = collect_first(resource, &object, &options);
    let held = !finalizers.is_empty();
    meta::edit(&mut object, |meta| meta.insert("finalizers".into(), json!(finalizers)));
    if !graceful && held {
        mark(&mut object, now);
    }
    let stays = held || (graceful && options.grace.unwrap_or_default() > 0);
    meta::tidy(&mut object);
    if stays {
        if options.dry_run || object == old {
            return Ok(Done { object, gone: false });
        }
        let put = state.store.put(resource, object);
        effects::written(state, resource, &put, Some(&old));
        return Ok(Done { object: put.value.clone(), gone: false });
    }
    if options.dry_run {
        return Ok(Done { object, gone: true });
    }
    if graceful && object != old {
        // Marked first and removed then, as a real server does where a kind could have been given time.
        state.store.put(resource, object.clone());
    }
    let last = state.store.remove(resource, &namespace, &name);
    effects::removed(state, resource, &old);
    Ok(Done { object: last.map_or(object, |last| last.value.clone()), gone: true })
}

enum Grace {
    /// The kind is given no time.
    None,
    /// It is now given time, written into the object.
    Begun,
    /// It was given time before, and no less now.
    Pending,
}

fn grace(resource: &Resource, object: &mut Value, options: &mut Options, now: Timestamp) -> Grace {
    let given = meta::number(object, "deletionGracePeriodSeconds");
    if meta::is_leaving(object) {
        let Some(given @ 1..) = given else { return Grace::None };
        let Some(period) = options.grace.filter(|period| *period < given) else { return Grace::Pending };
        let due = meta::text(object, "deletionTimestamp").parse::<Timestamp>().unwrap_or(now);
        let mut due = due.saturating_add(SignedDuration::from_secs(period - given)).unwrap_or(now);
        let mut period = period;
        if due < now {
            due = now;
            period = period.min(1);
        }
        options.grace = Some(period);
        set_end(object, due, period);
        return Grace::Begun;
    }
    if !resource.is("", "pods") {
        return Grace::None;
    }
    let phase = object["status"]["phase"].as_str().unwrap_or_default();
    let spec = &object["spec"];
    let mut period = options.grace.or_else(|| spec["terminationGracePeriodSeconds"].as_i64()).unwrap_or(30);
    // What never came to a node, or is over, needs no time.
    if spec["nodeName"].as_str().unwrap_or_default().is_empty() || matches!(phase, "Failed" | "Succeeded") {
        period = 0;
    }
    if period < 0 {
        period = 1;
    }
    options.grace = Some(period);
    let due = now.saturating_add(SignedDuration::from_secs(period)).unwrap_or(now);
    set_end(object, due, period);
    next_generation(object);
    Grace::Begun
}

fn set_end(object: &mut Value, due: Timestamp, period: i64) {
    meta::edit(object, |meta| {
        meta.insert("deletionTimestamp".into(), stamp(due).into());
        meta.insert("deletionGracePeriodSeconds".into(), period.into());
    });
}

fn next_generation(object: &mut Value) {
    if let Some(generation @ 1..) = meta::number(object, "generation") {
        meta::edit(object, |meta| meta.insert("generation".into(), (generation + 1).into()));
    }
}

/// Marks what waits for its finalizers.
fn mark(object: &mut Value, now: Timestamp) {
    if !meta::is_leaving(object) {
        next_generation(object);
    }
    let due = meta::text(object, "deletionTimestamp").parse::<Timestamp>();
    let due = due.ok().filter(|due| *due <= now).unwrap_or(now);
    set_end(object, due, 0);
}

/// The finalizers, with those of the garbage collector as the options have it.
fn collect_first(resource: &Resource, object: &Value, options: &Options) -> Vec<String> {
    let known = meta::finalizers(object);
    // Nothing belongs to an event.
    if resource.plural == "events" && resource.custom.is_none() {
        return known;
    }
    let has = |finalizer: &str| known.iter().any(|known| known == finalizer);
    let (orphan, foreground) = match (options.orphan, options.policy.as_deref()) {
        (Some(orphan), _) => (orphan, false),
        (_, Some("Orphan")) => (true, false),
        (_, Some("Foreground")) => (false, true),
        (_, Some(_)) => (false, false),
        _ => (has(ORPHAN), has(FOREGROUND) && !has(ORPHAN)),
    };
    let mut finalizers: Vec<String> =
        known.into_iter().filter(|finalizer| !matches!(finalizer.as_str(), ORPHAN | FOREGROUND)).collect();
    if orphan {
        finalizers.push(ORPHAN.into());
    }
    if foreground {
        finalizers.push(FOREGROUND.into());
    }
    finalizers
}

fn preconditions(resource: &Resource, object: &Value, options: &Options) -> Result<(), Refusal> {
    let (uid, version) = (meta::text(object, "uid"), meta::text(object, "resourceVersion"));
    let about = |why: String| {
        // Here a real server names the kind where it should name the resource.
        let mut told = resource.clone();
        told.plural = resource.kind.clone();
        Err(Refusal::conflict(&told, meta::text(object, "name"), why))
    };
    match (&options.uid, &options.version) {
        (Some(wanted), _) if wanted != uid => about(format!(
            "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        )),
        (_, Some(wanted)) if wanted != version => about(format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({version}). The object might have been modified"
        )),
        _ => Ok(()),
    }
}

/// Of a namespace they are checked as for a change.
fn preconditions_of_namespace(resource: &Resource, object: &Value, options: &Options) -> Result<(), Refusal> {
    let (uid, version) = (meta::text(object, "uid"), meta::text(object, "resourceVersion"));
    let refuse = |what: &str, wanted: &str, found: &str| {
        let why =
            format!("Precondition failed: {what} in precondition: {wanted}, {what} in object meta: {found}");
        Err(Refusal::conflict(resource, meta::text(object, "name"), why))
    };
    match (&options.uid, &options.version) {
        (Some(wanted), _) if wanted != uid => refuse("UID", wanted, uid),
        (_, Some(wanted)) if wanted != version => refuse("ResourceVersion", wanted, version),
        _ => Ok(()),
    }
}

/// Some namespaces stay.
fn protect(resource: &Resource, name: &str) -> Result<(), Refusal> {
    if resource.is("", "namespaces") && matches!(name, "default" | "kube-system" | "kube-public") {
        return Err(Refusal::forbidden(resource, name, "this namespace may not be deleted"));
    }
    Ok(())
}

/// A namespace is marked, and goes when it is empty.
fn leave_namespace(state: &mut State, resource: &Resource, old: Value, options: &Options) -> Done {
    let mut object = old.clone();
    if !meta::is_leaving(&object) {
        let now = state.clock.seconds();
        meta::edit(&mut object, |meta| meta.insert("deletionTimestamp".into(), now.into()));
    }
    if let Some(object) = object.as_object_mut() {
        object.insert("status".into(), with_phase(object.get("status"), "Terminating"));
    }
    if matches!(options.policy.as_deref(), Some("Foreground" | "Orphan")) || options.orphan == Some(true) {
        let finalizers = collect_first(resource, &object, options);
        meta::edit(&mut object, |meta| meta.insert("finalizers".into(), json!(finalizers)));
    }
    meta::tidy(&mut object);
    let held = effects::holds_on(resource, &object) || !meta::finalizers(&object).is_empty();
    let name = meta::text(&object, "name").to_owned();
    if options.dry_run {
        return Done { object, gone: false };
    }
    if !held {
        let last = state.store.remove(resource, "", &name);
        return Done { object: last.map_or(object, |last| last.value.clone()), gone: true };
    }
    if object == old {
        return Done { object, gone: false };
    }
    Done { object: state.store.put(resource, object).value.clone(), gone: false }
}

/// A definition is marked, its objects are deleted, and it goes with the last of them.
fn leave_definition(
    state: &mut State,
    resource: &Resource,
    old: Value,
    options: Options,
) -> Result<Done, Refusal> {
    let now = state.clock.seconds();
    let Some(marked) = definition::leave(&old, &now) else { return Ok(Done { object: old, gone: false }) };
    let told = state.store.put(resource, marked).value.clone();
    definition::serve(state, &told);
    let text = |pointer: &str| told.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (group, plural) = (text("/spec/group"), text("/spec/names/plural"));
    if let Some(kind) = state.catalogue.any(group, plural).cloned() {
        let all: Vec<Arc<Stored>> = state.store.list(&kind.shelf, "").cloned().collect();
        for object in all {
            one(state, &kind, &object, Options { dry_run: options.dry_run, ..Options::default() })?;
        }
    }
    effects::clean(state, group, plural);
    Ok(Done { object: told, gone: false })
}

fn with_phase(status: Option<&Value>, phase: &str) -> Value {
    let mut status = status.filter(|status| status.is_object()).cloned().unwrap_or_else(|| json!({}));
    status["phase"] = phase.into();
    status
}

/// Whether the answer to a deletion is the object, and not a `Status`.
fn returns_object(resource: &Resource) -> bool {
    resource.custom.is_none()
        && matches!(
            (resource.group.as_str(), resource.plural.as_str()),
            (
                "resource.k8s.io",
                "resourceclaims" | "resourceclaimtemplates" | "resourceslices" | "deviceclasses"
            ) | (
                "storage.k8s.io",
                "csidrivers"
                    | "storageclasses"
                    | "volumeattachments"
                    | "csinodes"
                    | "volumeattributesclasses"
            ) | ("", "resourcequotas" | "persistentvolumes" | "serviceaccounts" | "persistentvolumeclaims")
                | ("", "namespaces" | "pods" | "services" | "podtemplates")
        )
}
