//! The list of managers of an object: read, written in the server's order, and kept short.
//! It must never know schemas, nor compare objects.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::json::{Map, Text, Value, json};

use super::Manager;
use super::set::Set;
use super::written;

/// How a manager wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// By server-side apply.
    Apply,
    /// By anything else.
    Update,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        }
    }
}

/// What tells managers apart: one that applies is the same in every version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// The name it gave.
    pub name: Text,
    /// How it wrote.
    pub operation: Operation,
    /// In which version, empty for one that applies.
    pub api_version: Text,
    /// Through which subresource, empty for the object itself.
    pub subresource: Text,
}

impl Id {
    /// Who a request is from.
    pub fn of(manager: &Manager<'_>, operation: Operation) -> Id {
        let api_version = match operation {
            Operation::Apply => Text::default(),
            Operation::Update => manager.api_version.into(),
        };
        let name = if manager.name.is_empty() { "unknown" } else { manager.name };
        Id { name: name.into(), operation, api_version, subresource: manager.subresource.into() }
    }

    /// The manager in the words of a conflict: `"kubectl" with subresource "status" using apps/v1`.
    pub fn words(&self) -> String {
        let mut words = format!("{:?}", self.name);
        if !self.subresource.is_empty() {
            words.push_str(&format!(" with subresource {:?}", self.subresource));
        }
        if self.operation == Operation::Update {
            words.push_str(&format!(" using {}", self.api_version));
        }
        words
    }
}

/// What a manager owns.
#[derive(Clone, Debug)]
pub struct Owned {
    /// The fields; of what the server keeps they are read from `read` when somebody first wants them.
    set: OnceCell<Set>,
    /// The version that they are named in.
    pub api_version: Text,
    /// The fields as they were read, while they are the same.
    read: Option<Value>,
    /// The entry that they were read from, while they are the same.
    entry: Option<Value>,
}

impl Owned {
    /// What a manager comes to own.
    pub fn of(set: Set, api_version: &str) -> Owned {
        Owned { set: set.into(), api_version: api_version.into(), read: None, entry: None }
    }

    /// Changes the fields.
    pub fn change(&mut self, set: Set) {
        *self = Owned { api_version: std::mem::take(&mut self.api_version), ..Owned::of(set, "") };
    }

    /// The fields.
    pub fn set(&self) -> &Set {
        // What the server keeps was read when it came.
        let read = || self.read.as_ref().map(Set::from_json).transpose().ok().flatten();
        self.set.get_or_init(|| read().unwrap_or_default())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        match (self.set.get(), &self.read) {
            (None, Some(Value::Object(fields))) => fields.is_empty(),
            _ => self.set().is_empty(),
        }
    }

    /// Whether one of these fields is among them.
    pub fn meets(&self, set: &Set) -> bool {
        match (self.set.get(), &self.read) {
            (None, Some(fields)) => set.meets_written(fields),
            _ => self.set().meets(set),
        }
    }

    /// Whether all of these fields are among them.
    pub fn has_all(&self, set: &Set) -> bool {
        match (self.set.get(), &self.read) {
            (None, Some(fields)) => set.is_within_written(fields),
            _ => set.is_within(self.set()),
        }
    }

    /// Forgets how they were spelt.
    fn respell(&mut self) {
        self.set();
        (self.read, self.entry) = (None, None);
    }
}

/// All managers of an object.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    /// What each owns.
    pub fields: BTreeMap<Id, Owned>,
    /// When each last changed something, as RFC 3339.
    pub times: BTreeMap<Id, Text>,
}

/// How many managers that did not apply are kept apart.
const MOST_UPDATERS: usize = 10;

/// Who is named in place of the oldest of more.
const ANCIENT: &str = "ancient-changes";

impl Owners {
    /// Reads `metadata.managedFields`.
    ///
    /// # Errors
    /// In the server's words, if an entry is not one.
    pub fn read(entries: &Value) -> Result<Owners, String> {
        let owners = Owners::kept(entries)?;
        for owned in owners.fields.values() {
            if let Some(fields) = &owned.read {
                let set = Set::from_json(fields).map_err(|error| format!("error decoding set: {error}"))?;
                // It is the first who wants it.
                let _ = owned.set.set(set);
            }
        }
        Ok(owners)
    }

    /// Reads the managers of an object that the server keeps, and so has spelt itself.
    ///
    /// # Errors
    /// As for any others, but for what they own, which is not looked at yet.
    pub fn kept(entries: &Value) -> Result<Owners, String> {
        let mut owners = Owners::default();
        for (index, entry) in entries.as_array().into_iter().flatten().enumerate() {
            let text = |key: &str| entry[key].to_text();
            let operation = match text("operation").as_str() {
                "Apply" => Operation::Apply,
                "Update" => Operation::Update,
                _ => return Err("operation must be `Apply` or `Update`".into()),
            };
            let api_version = text("apiVersion");
            if api_version.is_empty() {
                return Err("apiVersion must not be empty".into());
            }
            match text("fieldsType").as_str() {
                "FieldsV1" => {}
                "" => return Err(format!("missing fieldsType in managed fields entry {index}")),
                other => return Err(format!("invalid fieldsType {other:?} in managed fields entry {index}")),
            }
            let versioned = if operation == Operation::Apply { Text::default() } else { api_version.clone() };
            let id = Id {
                name: text("manager"),
                operation,
                api_version: versioned,
                subresource: text("subresource"),
            };
            if let Some(time) = entry["time"].as_text() {
                owners.times.insert(id.clone(), time.clone());
            }
            let read = entry.get("fieldsV1").filter(|fields| !fields.is_null()).cloned();
            let entry = Some(entry.clone());
            owners.fields.insert(id, Owned { set: OnceCell::new(), api_version, read, entry });
        }
        Ok(owners)
    }

    /// The same, to be written in the server's own order and form: for what came from outside.
    pub fn respelt(mut self) -> Owners {
        self.fields.values_mut().for_each(Owned::respell);
        self
    }

    /// Writes `metadata.managedFields`, `None` if there is no manager.
    pub fn written(&self) -> Option<Value> {
        let mut entries: Vec<(&Id, &Owned, &str)> = self
            .fields
            .iter()
            .map(|(id, owned)| (id, owned, self.times.get(id).map_or("", Text::as_str)))
            .collect();
        entries.sort_by(|(a, x, s), (b, y, t)| {
            let order =
                a.operation.cmp(&b.operation).then_with(|| s.cmp(t)).then_with(|| a.name.cmp(&b.name));
            let order = order.then_with(|| x.api_version.cmp(&y.api_version));
            order.then_with(|| a.subresource.cmp(&b.subresource))
        });
        let entries: Vec<Value> =
            entries.into_iter().map(|(id, owned, time)| entry(id, owned, time)).collect();
        (!entries.is_empty()).then_some(entries.into())
    }

    /// Merges the oldest managers that did not apply, version by version, until few enough are left.
    pub fn cap(&mut self) {
        let mut updaters: Vec<Id> =
            self.fields.keys().filter(|id| id.operation == Operation::Update).cloned().collect();
        let mut left = updaters.len();
        if left <= MOST_UPDATERS {
            return;
        }
        updaters.sort_by(|a, b| self.times.get(a).cmp(&self.times.get(b)).then_with(|| a.cmp(b)));
        let mut firsts: BTreeMap<Text, Id> = BTreeMap::new();
        for id in updaters {
            if left <= MOST_UPDATERS {
                break;
            }
            let Some(owned) = self.fields.get(&id).cloned() else { continue };
            let Some(first) = firsts.get(&owned.api_version) else {
                firsts.insert(owned.api_version, id);
                continue;
            };
            let bucket = Id {
                name: ANCIENT.into(),
                operation: Operation::Update,
                api_version: owned.api_version.clone(),
                subresource: Text::default(),
            };
            if !self.fields.contains_key(&bucket)
                && let Some(moved) = self.fields.remove(first)
            {
                self.fields.insert(bucket.clone(), moved);
            }
            let before = self.fields.get(&bucket).map(|owned| owned.set().clone()).unwrap_or_default();
            self.fields.remove(&id);
            if let Some(time) = self.times.get(&id).cloned() {
                self.times.insert(bucket.clone(), time);
            }
            self.fields.insert(bucket, Owned::of(owned.set().union(&before), &owned.api_version));
            left -= 1;
        }
    }
}

fn entry(id: &Id, owned: &Owned, time: &str) -> Value {
    // The server's own order and form: what it has read it has written.
    if let Some(entry) = owned.entry.as_ref().filter(|entry| entry["time"] == *time) {
        return entry.clone();
    }
    let mut entry = Map::with_capacity(7);
    entry.insert("manager".into(), id.name.clone().into());
    entry.insert("operation".into(), id.operation.name().into());
    entry.insert("apiVersion".into(), owned.api_version.clone().into());
    if !time.is_empty() {
        entry.insert("time".into(), time.into());
    }
    entry.insert("fieldsType".into(), json!("FieldsV1"));
    entry.insert("fieldsV1".into(), owned.read.clone().unwrap_or_else(|| written::of(owned.set())));
    if !id.subresource.is_empty() {
        entry.insert("subresource".into(), id.subresource.clone().into());
    }
    Value::Object(entry)
}

/// Takes `metadata.managedFields` out of an object.
pub fn take(object: &mut Value) -> Option<Value> {
    object.remove("/metadata/managedFields")
}

/// Puts `metadata.managedFields` into an object, or takes it out if there is none.
pub fn put(object: &mut Value, entries: Option<Value>) {
    let Some(map) = object.as_object_mut() else { return };
    let metadata = map.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    let Some(metadata) = metadata.as_object_mut() else { return };
    match entries {
        Some(entries) => metadata.insert("managedFields".into(), entries),
        None => metadata.shift_remove("managedFields"),
    };
}
