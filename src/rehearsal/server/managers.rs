//! Who manages the fields of an object: a value beside the object, found out from its writes when somebody asks.
//! It must never decide what is written, nor how fields are compared.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::json::{Map, Text, Value};

use super::meta;
use super::model;
use super::resource::Resource;
use crate::rehearsal::builtin;
use crate::rehearsal::fields::{self, Manager};

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

    /// The managers after a write.
    pub fn after(write: Write) -> Managers {
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
pub struct Write {
    /// Whether it was an apply.
    pub applies: bool,
    /// What kind was written.
    pub resource: Arc<Resource>,
    /// The manager's name.
    pub name: Text,
    /// Such as `status`; empty for the object itself.
    pub subresource: Text,
    /// When.
    pub time: Text,
    /// The object before, if there was any.
    pub live: Option<Value>,
    /// Its managers.
    pub stands: Managers,
    /// What was written; for an apply what was applied.
    pub new: Value,
    /// The managers that the request named.
    pub brought: Managers,
}

impl Write {
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

/// A manager by its name, in one of the kind's subresources.
pub fn manager<'a>(
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
