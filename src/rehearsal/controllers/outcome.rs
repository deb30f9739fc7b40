//! What a controller wants done, as data: writes in their order, and when to look again.
//! Must never know how a write is sent, nor what comes of it.

use super::read::{text, uid};
use crate::json::{Text, Value};
use std::time::Duration;

/// Stands, in an event's message, for the name that the server gave to what was created just before.
pub(crate) const CREATED: &str = "\u{0}";

/// What comes of one look at one object.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// In this order; the first that fails ends them.
    pub writes: Vec<Write>,
    /// When to look again though nothing changes; virtual time.
    pub again_in: Option<Duration>,
    /// What is to be remembered for the next look once all is written; null forgets it. Left out, what was remembered stays.
    pub note: Option<Value>,
}

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Write {
    /// The resource's id, `deployments.apps`.
    pub resource: Text,
    /// Empty for what is cluster-scoped.
    pub namespace: Text,
    /// Empty where the server makes the name.
    pub name: Text,
    /// What is done.
    pub verb: Verb,
}

/// What is done with an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verb {
    /// POST of a new object.
    Create(Value),
    /// PUT of the whole object, refused if it changed since it was read.
    Update(Value),
    /// PUT of its status, refused likewise.
    Status(Value),
    /// Merge patch.
    Merge(Value),
    /// Server-side apply with force.
    Apply(Value),
    /// Merge patch of its scale, to so many replicas.
    Scale(i64),
    /// POST of a pod's binding to the node of this name.
    Bind(String),
    /// PUT of a namespace's finalizers.
    Finalize(Value),
    /// DELETE of the object with this UID.
    Delete(Deletion),
    /// DELETE of every object of the resource in the namespace.
    DeleteAll,
    /// Tells an event of an object.
    Tell(Box<Told>),
}

/// How an object is deleted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Deletion {
    /// Only the object with this UID.
    pub uid: String,
    /// Seconds of grace; the server's default if left out.
    pub grace: Option<i64>,
    /// `Background`, `Foreground` or `Orphan`; the server's default if left out.
    pub propagation: Option<&'static str>,
    /// Only if none of these owners (resource id, namespace, name, UID) is there; the server is asked.
    pub unless: Vec<[Text; 4]>,
}

/// What an event says, and of what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    /// `Normal` or `Warning`.
    pub kind: &'static str,
    /// The machine's word.
    pub reason: Text,
    /// The sentence.
    pub message: Text,
    /// Who tells it, `deployment-controller`.
    pub by: &'static str,
    /// The node it is told from; empty if none.
    pub host: Text,
    /// The object it speaks of, its `ObjectReference`.
    pub of: Value,
    /// What was being done, of events in the newer form; empty in the older.
    pub action: &'static str,
}

impl Outcome {
    /// Nothing to do.
    pub fn nothing() -> Outcome {
        Outcome::default()
    }

    /// Only a time to look again.
    pub fn again(after: Duration) -> Outcome {
        Outcome { again_in: Some(after), ..Outcome::default() }
    }

    /// Asks to be called again after this; of several the earliest.
    pub fn look_again(&mut self, after: Duration) {
        self.again_in = Some(self.again_in.map_or(after, |before| before.min(after)));
    }

    /// Whether anything is written.
    pub fn writes(&self) -> bool {
        !self.writes.is_empty()
    }

    /// Creates an object.
    pub fn create(&mut self, resource: &str, object: Value) {
        self.push(resource, &object.clone(), Verb::Create(object));
    }

    /// Updates an object as a whole; it carries the resourceVersion it was read at.
    pub fn update(&mut self, resource: &str, object: Value) {
        self.push(resource, &object.clone(), Verb::Update(object));
    }

    /// Writes an object's status.
    pub fn status(&mut self, resource: &str, object: Value) {
        self.push(resource, &object.clone(), Verb::Status(object));
    }

    /// Writes another status than it has; nothing if it is the same.
    pub fn set_status(&mut self, resource: &str, object: &Value, status: Value) -> bool {
        let changed = object["status"] != status;
        if changed {
            let mut next = object.clone();
            next["status"] = status;
            self.status(resource, next);
        }
        changed
    }

    /// Patches an object (RFC 7386).
    pub fn merge(&mut self, resource: &str, object: &Value, patch: Value) {
        self.push(resource, object, Verb::Merge(patch));
    }

    /// Deletes this very object.
    pub fn delete(&mut self, resource: &str, object: &Value) {
        let deletion = Deletion { uid: uid(object).to_owned(), ..Deletion::default() };
        self.push(resource, object, Verb::Delete(deletion));
    }

    /// Does something else with an object.
    pub fn push(&mut self, resource: &str, object: &Value, verb: Verb) {
        let metadata = &object["metadata"];
        let (namespace, name) = (metadata["namespace"].to_text(), metadata["name"].to_text());
        self.writes.push(Write { resource: resource.into(), namespace, name, verb });
    }

    /// Tells a Normal event of an object.
    pub fn normal(&mut self, by: &'static str, object: &Value, reason: &str, message: impl Into<String>) {
        self.tell("Normal", by, object, reason, message.into().into());
    }

    /// Tells a Warning event of an object.
    pub fn warn(&mut self, by: &'static str, object: &Value, reason: &str, message: impl Into<String>) {
        self.tell("Warning", by, object, reason, message.into().into());
    }

    fn tell(&mut self, kind: &'static str, by: &'static str, object: &Value, reason: &str, message: Text) {
        let (of, host) = (reference(object), Text::default());
        let told = Told { kind, reason: reason.into(), message, by, host, of, action: "" };
        self.push("events", object, Verb::Tell(Box::new(told)));
    }
}

/// The `ObjectReference` to an object.
pub(crate) fn reference(object: &Value) -> Value {
    let metadata = &object["metadata"];
    let mut reference = crate::json::Map::with_capacity(7);
    let fields = [
        ("kind", &object["kind"]),
        ("namespace", &metadata["namespace"]),
        ("name", &metadata["name"]),
        ("uid", &metadata["uid"]),
        ("apiVersion", &object["apiVersion"]),
        ("resourceVersion", &metadata["resourceVersion"]),
    ];
    for (field, value) in fields.into_iter().filter(|(_, value)| !text(value).is_empty()) {
        reference.insert(field.into(), value.clone());
    }
    Value::Object(reference)
}
