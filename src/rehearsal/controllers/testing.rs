//! Worlds for the unit tests: objects as told by no server, and what an outcome writes.
//! Must never know any controller.

use super::Settings;
use super::driver::{Failure, Store, View};
use super::outcome::{Outcome, Verb};
use super::resource::Resource;
use crate::json::{Text, Value};
use jiff::Timestamp;

/// A few objects and a time.
pub(crate) struct World {
    pub store: Store,
    pub settings: Settings,
    pub now: Timestamp,
    /// What the last look remembered.
    pub note: Value,
    failed: Option<Failure>,
    version: u64,
}

impl World {
    /// A world of these objects of these resources, at 2026-01-01T00:00:00Z.
    pub fn of<'a>(objects: impl IntoIterator<Item = (&'a str, Value)>) -> World {
        let now = "2026-01-01T00:00:00Z".parse().unwrap_or_default();
        let mut world = World {
            store: Store::default(),
            settings: Settings::default(),
            now,
            note: Value::Null,
            failed: None,
            version: 0,
        };
        for (resource, object) in objects {
            world.put(resource, object);
        }
        world
    }

    /// Puts an object in, as new as can be.
    pub fn put(&mut self, resource: &str, mut object: Value) {
        self.version += 1;
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        self.store.put(resource, object, self.now);
    }

    /// A UID that nothing has yet.
    pub fn uid(&self) -> String {
        format!("uid-{}", self.version)
    }

    /// Makes a kind known.
    pub fn serve(&mut self, group: &str, plural: &str, kind: &str) {
        self.store.serve(Resource::new([group, "v1", plural, kind], true));
    }

    /// The last create was refused in these words.
    pub fn fail(&mut self, message: &str) {
        self.failed = Some(Failure {
            creating: true,
            resource: Text::default(),
            code: 403,
            reason: "Forbidden".into(),
            message: message.into(),
            causes: Vec::new(),
        });
    }

    /// What is seen of it.
    pub fn view(&self) -> View<'_> {
        View {
            store: &self.store,
            now: self.now,
            settings: &self.settings,
            failed: self.failed.as_ref(),
            note: &self.note,
        }
    }
}

/// The statuses that an outcome writes.
pub(crate) fn statuses(outcome: &Outcome) -> Vec<Value> {
    let writes = outcome.writes.iter();
    writes
        .filter_map(|write| match &write.verb {
            Verb::Status(object) => Some(object["status"].clone()),
            _ => None,
        })
        .collect()
}

/// The events that an outcome tells: reason and message.
pub(crate) fn events(outcome: &Outcome) -> Vec<String> {
    let writes = outcome.writes.iter();
    writes
        .filter_map(|write| match &write.verb {
            Verb::Tell(told) => Some(format!("{} {}: {}", told.kind, told.reason, told.message)),
            _ => None,
        })
        .collect()
}
