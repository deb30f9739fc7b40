//! Who manages which field, as requests have it: which schema, which manager, and the answer to a conflict.
//! It must never decide what is written, nor how fields are compared.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::json::{Map, Text, Value, json};

use super::call::Call;
use super::meta;
use super::model;
use super::refusal::Refusal;
use super::resource::Resource;
use super::stored::Stored;
use crate::rehearsal::builtin;
use crate::rehearsal::fields::{self, Manager, Refused};

/// Who manages the fields of an object: its `metadata.managedFields`, which are kept beside it. A copy is the same piece of memory.
///
/// They are found out when somebody asks: most writes of controllers are never asked about, and finding out costs more than the rest
/// of a write.
#[derive(Clone, Default)]
pub struct Managers(Option<Arc<Known>>);

struct Known {
    entries: OnceLock<Option<Value>>,
    /// What they come from, until they are found out.
    write: Mutex<Option<Write>>,
    /// How many writes in a row are not found out.
    writes: usize,
}

/// How many writes in a row are kept to be found out, with the objects that they wrote.
const MOST: usize = 12;

impl fmt::Debug for Managers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Managers").field(&self.0.as_ref().and_then(|known| known.entries.get())).finish()
    }
}

impl Managers {
    /// These managers; nobody, if there are none.
    pub fn of(entries: Option<Value>) -> Managers {
        let known = |_: &Value| Known { write: Mutex::default(), writes: 0, entries: OnceLock::new() };
        let known = entries.as_ref().map(known);
        Managers(known.map(|known| {
            // It is the first who says so.
            let _ = known.entries.set(entries);
            Arc::new(known)
        }))
    }

    /// Takes the managers out of an object.
    pub fn taken(object: &mut Value) -> Managers {
        Managers::of(object.remove(FIELD))
    }

    fn after(write: Write) -> Managers {
        let writes = write.stands.0.as_ref().map_or(0, |stands| match stands.entries.get() {
            Some(_) => 0,
            None => stands.writes,
        });
        let write = Mutex::new(Some(write));
        let managers =
            Managers(Some(Arc::new(Known { entries: OnceLock::new(), write, writes: writes + 1 })));
        if writes + 1 == MOST {
            managers.entries();
        }
        managers
    }

    /// The write has come to this: what was written is not kept beside it, if it tells the same.
    pub fn kept(&self, object: &Value) {
        let Some(known) = &self.0 else { return };
        if let Some(write) = known.write.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
            && write.is_told_by(object)
        {
            write.new = object.clone();
        }
    }

    /// `metadata.managedFields`
    pub fn entries(&self) -> Option<&Value> {
        let known = self.0.as_ref()?;
        let find = || {
            let write = known.write.lock().unwrap_or_else(PoisonError::into_inner).take();
            write.and_then(|write| write.entries())
        };
        known.entries.get_or_init(find).as_ref()
    }

    /// An object with its managers.
    pub fn on(&self, mut object: Value) -> Value {
        if let Some(entries) = self.entries() {
            meta::edit(&mut object, |meta| meta.insert("managedFields".into(), entries.clone()));
        }
        object
    }

    /// Whether they are others, and not only at other times: a write that does nothing but bring the times up to date is none. Follows
    /// `IgnoreManagedFieldsTimestampsTransformer` of the API server.
    pub fn differ(&self, from: &Managers) -> bool {
        let same = match (&self.0, &from.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        !same && fields::differ(self.entries(), from.entries())
    }
}

const FIELD: &str = "/metadata/managedFields";

/// A write from which its managers follow: any but an apply to what was there.
struct Write {
    /// Whether it was an apply.
    applies: bool,
    resource: Arc<Resource>,
    name: Text,
    subresource: Text,
    time: Text,
    /// The object before, if there was any.
    live: Option<Value>,
    stands: Managers,
    new: Value,
    /// The managers that the request named.
    brought: Managers,
}

impl Write {
    /// The first write of an object.
    fn of(call: &Call<'_>, new: &Value, now: &str) -> Write {
        Write {
            applies: false,
            resource: call.resource.clone(),
            name: call.manager().into(),
            subresource: call.subresource.into(),
            time: now.into(),
            live: None,
            stands: Managers::default(),
            new: new.clone(),
            brought: Managers::default(),
        }
    }

    /// Whether an object has the very same in every field that somebody comes to own by the write.
    fn is_told_by(&self, object: &Value) -> bool {
        let (false, Some(new), Some(object)) = (self.applies, self.new.as_object(), object.as_object())
        else {
            return false;
        };
        let untouched = untouched(&self.resource, &self.subresource);
        let same = |a: &Map, b: &Map, but: &dyn Fn(&str) -> bool| {
            let within = |a: &Map, b: &Map| {
                a.beside(b).all(|(key, value, there)| there.is_some_and(|there| there.is(value)) || but(key))
            };
            within(a, b) && within(b, a)
        };
        let but = |key: &str| key == "metadata" || untouched.iter().any(|path| **path == [key]);
        let metadata = |object: &Map| object.get("metadata").and_then(Value::as_object).cloned();
        same(new, object, &but)
            && same(
                &metadata(new).unwrap_or_default(),
                &metadata(object).unwrap_or_default(),
                &fields::is_nobodys,
            )
    }

    fn entries(self) -> Option<Value> {
        let schema = model::schema(&self.resource)?;
        let live = self.live.map(|live| self.stands.on(live));
        let new = self.brought.on(self.new);
        let api_version = self.resource.api_version();
        let manager = manager(&self.resource, (&self.name, &self.subresource), &api_version, &self.time);
        let mut object = match self.applies {
            // It was made of this, so that it cannot be refused.
            true => fields::apply(schema, None, &new, &manager, true).ok()?,
            false => fields::update(schema, live.as_ref(), &new, &manager),
        };
        object.remove(FIELD)
    }
}

fn manager<'a>(
    resource: &Resource,
    (name, subresource): (&'a str, &'a str),
    api_version: &'a str,
    time: &'a str,
) -> Manager<'a> {
    let untouched = untouched(resource, subresource);
    Manager { name, api_version, subresource, time, untouched, constant: resource.custom.is_none() }
}

fn untouched(resource: &Resource, subresource: &str) -> &'static [&'static [&'static str]] {
    match &resource.custom {
        Some(custom) => builtin::untouched_of_custom(subresource, custom.version.status),
        None => builtin::untouched(&resource.kind, subresource),
    }
}

/// The managers after a create, update or patch: `live` is what was there with its managers, `brought` are those that the request named.
pub fn updated(
    call: &Call<'_>,
    live: Option<(&Value, &Managers)>,
    new: &Value,
    brought: Managers,
    now: &str,
) -> Managers {
    let (live, stands) = live.map(|(live, stands)| (live.clone(), stands.clone())).unzip();
    Managers::after(Write { live, stands: stands.unwrap_or_default(), brought, ..Write::of(call, new, now) })
}

/// What server-side apply makes of an object, and its managers.
///
/// # Errors
/// 409 with the managers that hold the fields, 400 and 500 for what cannot be applied.
pub fn applied(
    call: &Call<'_>,
    live: Option<(&Value, &Managers)>,
    applied: &Value,
    now: &str,
) -> Result<(Value, Managers), Refusal> {
    let resource = &*call.resource;
    let Some(schema) = model::schema(resource) else {
        let why = format!("{} has no schema to apply by", resource.full_name());
        return Err(Refusal::internal_plain(why));
    };
    let (name, api_version) = (call.manager(), resource.api_version());
    let manager = manager(resource, (name, call.subresource), &api_version, now);
    let Some((live, stands)) = live else {
        let object = fields::made(schema, applied, &manager).map_err(refusal)?;
        return Ok((object, Managers::after(Write { applies: true, ..Write::of(call, applied, now) })));
    };
    let live = Some(stands.on(live.clone()));
    let mut object = fields::apply(schema, live.as_ref(), applied, &manager, call.query.truth("force"))
        .map_err(refusal)?;
    let managers = Managers::taken(&mut object);
    Ok((object, managers))
}

fn refusal(refused: Refused) -> Refusal {
    let message = refused.message();
    match refused {
        Refused::BadRequest(_) => Refusal::bad_request(message),
        Refused::Failed(_) => Refusal::internal_plain(message),
        Refused::Conflicts(conflicts) => {
            let causes: Vec<Value> = conflicts
                .iter()
                .map(|conflict| {
                    json!({ "reason": "FieldManagerConflict", "message": conflict.message(), "field": conflict.field })
                })
                .collect();
            let mut refusal = Refusal::new(409, "Conflict", message);
            refusal.details = json!({ "causes": causes });
            refusal
        }
    }
}

/// The managers of a definition after the server itself wrote its status.
pub fn by_server(resource: Arc<Resource>, before: &Stored, new: &Value, now: &str) -> Managers {
    Managers::after(Write {
        applies: false,
        resource,
        name: "kube-apiserver".into(),
        subresource: "status".into(),
        time: now.into(),
        live: Some(before.value.clone()),
        stands: before.managers.clone(),
        new: new.clone(),
        brought: Managers::default(),
    })
}

/// The managers of a scale.
pub fn of_scale(entries: &Value, replicas: &[&str]) -> Option<Value> {
    fields::to_scale(entries, replicas)
}

/// What a write made of the managers of an object's scale: `old` and `new` are the scales, `entries` the object's own managers.
///
/// # Errors
/// As for an apply.
pub fn by_scale(
    call: &Call<'_>,
    old: &Value,
    new: &Value,
    apply: bool,
    entries: &Value,
    replicas: &[&str],
    now: &str,
) -> Result<(Value, Option<Value>), Refusal> {
    const VERSION: &str = "autoscaling/v1";
    let own = call.resource.api_version();
    let Some(schema) = builtin::schema(VERSION, "Scale") else {
        return Ok((new.clone(), Some(entries.clone())));
    };
    let manager = Manager {
        name: call.manager(),
        api_version: VERSION,
        subresource: "scale",
        time: now,
        untouched: &[],
        constant: true,
    };
    let new = match apply {
        true => {
            fields::apply(schema, Some(old), new, &manager, call.query.truth("force")).map_err(refusal)?
        }
        false => {
            // A scale leaves a 0 out, and what it leaves out nobody takes.
            let mut new = new.clone();
            if let Some(spec) =
                new["spec"].as_object_mut().filter(|spec| spec.get("replicas") == Some(&0.into()))
            {
                spec.shift_remove("replicas");
            }
            fields::update(schema, Some(old), &new, &manager)
        }
    };
    let managers = fields::from_scale(entries, &new["metadata"]["managedFields"], replicas, &own);
    Ok((new, managers))
}
