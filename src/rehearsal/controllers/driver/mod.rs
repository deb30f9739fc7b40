//! What drives the controllers: it keeps what is known of the cluster, calls whom a change concerns, and sends what they want written.
//! Must never know any kind: a controller is a row of a table.

mod discovery;
mod exchange;
mod feed;
mod queue;
mod recorder;
mod store;
mod view;

pub(crate) use store::{Change, Entry, Store, version};
pub(crate) use view::{Failure, View};

use super::super::clock::Clock;
use super::outcome::{CREATED, Outcome, Told, Verb, Write};
use super::read::{holds, later, name, namespace, until};
use super::resource::{DEFINITIONS, Resource};
use super::{Controller, Settings};
use crate::json::{Text, Value};
use feed::{Kind, Message, News, feed};
use http::Method;
use kube::Client;
use queue::{Key, Queue};
use recorder::{Recorder, Sending};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, JoinSet};

/// The first pause after a failure; each one doubles it.
const PAUSE: Duration = Duration::from_millis(5);
/// The longest.
const LONGEST: Duration = Duration::from_secs(1000);

/// What a controller is called for: an object, there or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name {
    /// The resource's id.
    pub resource: Text,
    /// Empty for what is cluster-scoped.
    pub namespace: Text,
    /// The name.
    pub name: Text,
}

impl Name {
    /// Of an object of this resource.
    pub fn new(resource: &str, namespace: &str, name: &str) -> Name {
        Name { resource: resource.into(), namespace: namespace.into(), name: name.into() }
    }

    /// The name of an object.
    pub fn of(resource: &str, object: &Value) -> Name {
        Name::new(resource, namespace(object), name(object))
    }
}

/// Drives the controllers until it is dropped.
pub(super) struct Driver {
    client: Client,
    clock: Clock,
    settings: Settings,
    controllers: Vec<Controller>,
    store: Store,
    recorder: Recorder,
    queue: Queue,
    failures: BTreeMap<Key, u32>,
    notes: BTreeMap<Key, Value>,
    /// Resources of which no list came yet.
    unlisted: BTreeSet<Text>,
    feeds: BTreeMap<Text, AbortHandle>,
    tasks: JoinSet<()>,
    /// Whether the server is in this process.
    here: bool,
    sender: UnboundedSender<Message>,
    news: UnboundedReceiver<Message>,
}

impl Driver {
    /// A driver of these controllers. Nothing is asked of the server yet.
    pub fn new(client: Client, clock: Clock, settings: Settings, controllers: Vec<Controller>) -> Driver {
        let (sender, news) = unbounded_channel();
        Driver {
            client,
            clock,
            settings,
            controllers,
            store: Store::default(),
            recorder: Recorder::default(),
            queue: Queue::default(),
            failures: BTreeMap::new(),
            notes: BTreeMap::new(),
            unlisted: BTreeSet::new(),
            feeds: BTreeMap::new(),
            tasks: JoinSet::new(),
            here: false,
            sender,
            news,
        }
    }

    /// Runs for ever.
    pub async fn run(mut self) {
        let served = loop {
            match discovery::discover(&self.client).await {
                Some((served, here)) => {
                    self.here = here;
                    break served;
                }
                None => self.clock.sleep(Duration::from_millis(500)).await,
            }
        };
        for resource in served {
            // Events are told, and nobody here listens to them.
            if *resource.id() == *"events" {
                self.store.serve(resource);
                continue;
            }
            self.unlisted.insert(resource.id().clone());
            self.serve(resource);
        }
        self.start();
        loop {
            while let Ok(message) = self.news.try_recv() {
                self.hear(message);
            }
            let ready = self.unlisted.is_empty();
            if ready && let Some(key) = self.queue.next(self.clock.now()) {
                self.work(key).await;
                self.queue.looked();
                continue;
            }
            let due = self.queue.due().filter(|_| ready).map(|at| until(self.clock.now(), at));
            // A timer of less than a millisecond would ring early.
            let due = due.map(|due| due.max(Duration::from_millis(1)));
            let sleep = async {
                match due {
                    Some(due) => self.clock.sleep(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                message = self.news.recv() => if let Some(message) = message { self.hear(message) },
                () = sleep => {}
            }
        }
    }

    /// Calls the controllers that have something to do though nothing is there.
    fn start(&mut self) {
        for at in 0..self.controllers.len() {
            for name in (self.controllers[at].at_start)(&self.settings) {
                self.queue.call((at, name));
            }
        }
    }

    fn serve(&mut self, resource: Resource) {
        let id = resource.id().clone();
        if self.feeds.contains_key(&id) {
            return;
        }
        self.store.serve(resource.clone());
        let task = feed(self.client.clone(), resource, self.clock.clone(), self.sender.clone());
        self.feeds.insert(id, self.tasks.spawn(task));
    }

    fn withdraw(&mut self, id: &str) {
        if let Some(task) = self.feeds.remove(id) {
            task.abort();
        }
        self.unlisted.remove(id);
        for object in self.store.withdraw(id) {
            self.ended(id, &object);
        }
    }

    /// Takes in what a feed has told.
    fn hear(&mut self, (id, news): Message) {
        if !self.feeds.contains_key(&id) {
            return;
        }
        match news {
            News::Listed(objects) => {
                let mut missing = self.store.names(&id);
                for object in objects {
                    missing.remove(&(namespace(&object).into(), name(&object).into()));
                    self.absorb(&id, object);
                }
                for (namespace, name) in missing {
                    self.gone(&id, &namespace, &name, None);
                }
                self.unlisted.remove(&id);
            }
            News::Missing => {
                self.unlisted.remove(&id);
            }
            News::Changed(kind, object) => self.hear_change(&id, kind, object),
        }
    }

    fn hear_change(&mut self, id: &Text, kind: Kind, object: Value) {
        let known = self.store.get(id, namespace(&object), name(&object));
        let stale = known.is_some_and(|known| store::version(&known.object) >= store::version(&object));
        if kind == Kind::There && stale {
            return;
        }
        match kind {
            Kind::There => self.absorb(id, object),
            Kind::Gone => {
                let uid = super::read::uid(&object).to_owned();
                self.gone(id, namespace(&object), name(&object), Some(&uid));
            }
        }
    }

    /// Takes in an object as the server has told it, and calls whom it concerns.
    fn absorb(&mut self, id: &str, object: Value) {
        // Finalizers gone from what is being deleted: the answer to a write may be the last that is told of it.
        let ended = super::read::deleting(&object)
            && super::read::items(&object["metadata"]["finalizers"]).is_empty()
            && object["metadata"]["deletionGracePeriodSeconds"] == 0;
        if ended {
            let uid = super::read::uid(&object).to_owned();
            return self.gone(id, namespace(&object), name(&object), Some(&uid));
        }
        let place = (namespace(&object).to_owned(), name(&object).to_owned());
        let replaced =
            self.store.get(id, &place.0, &place.1).map(|entry| super::read::uid(&entry.object).to_owned());
        let replaced = replaced.filter(|there| *there != super::read::uid(&object));
        if let Some(before) = replaced {
            self.gone(id, &place.0, &place.1, Some(&before));
        }
        let Some(before) = self.store.put(id, object, self.clock.now()) else { return };
        let Some(entry) = self.store.get(id, &place.0, &place.1) else { return };
        let change = Change { resource: id, object: &entry.object, before: before.as_ref(), gone: false };
        let concerned = self.concerned(&change);
        let defined = (id == DEFINITIONS).then(|| entry.object.clone());
        self.call(concerned);
        if let Some(definition) = defined {
            self.redefined(&definition, false);
        }
    }

    /// Notes that an object is gone, and calls whom it concerns.
    fn gone(&mut self, id: &str, namespace: &str, name: &str, uid: Option<&str>) {
        if let Some(object) = self.store.remove(id, namespace, name, uid) {
            self.ended(id, &object);
        }
    }

    /// An object is gone.
    fn ended(&mut self, resource: &str, object: &Value) {
        let concerned = self.concerned(&Change { resource, object, before: None, gone: true });
        self.call(concerned);
        if resource == DEFINITIONS {
            self.redefined(object, true);
        }
    }

    /// Who is to be called for a change.
    fn concerned(&self, change: &Change) -> Vec<Key> {
        let (view, mut names, mut keys) = (self.view(None, &Value::Null), Vec::new(), Vec::new());
        for (at, controller) in self.controllers.iter().enumerate() {
            if controller.watches.is_empty() || controller.watches.contains(&change.resource) {
                (controller.concerns)(&view, change, &mut names);
                keys.extend(names.drain(..).map(|name| (at, name)));
            }
        }
        keys
    }

    fn call(&mut self, keys: Vec<Key>) {
        for key in keys {
            match self.controllers[key.0].delay {
                Duration::ZERO => self.queue.call(key),
                delay => self.queue.call_by(key, later(self.clock.now(), delay)),
            }
        }
    }

    fn redefined(&mut self, definition: &Value, gone: bool) {
        let Some(resource) = discovery::defined(definition) else { return };
        let ending = gone || holds(&definition["status"], "Terminating") && super::read::deleting(definition);
        match ending {
            true if gone => self.withdraw(resource.id()),
            true => {}
            false => self.serve(resource),
        }
    }

    fn view<'a>(&'a self, failed: Option<&'a Failure>, note: &'a Value) -> View<'a> {
        View { store: &self.store, now: self.clock.now(), settings: &self.settings, failed, note }
    }

    /// One look of a controller at one object, and its writes.
    async fn work(&mut self, key: Key) {
        let (at, name) = (key.0, &key.1);
        let note = self.notes.get(&key).unwrap_or(&Value::Null);
        let Outcome { writes, again_in, note } =
            (self.controllers[at].reconcile)(&self.view(None, note), name);
        let manager = self.controllers[at].manager;
        let Err(failure) = self.write_all(writes, manager).await else {
            self.failures.remove(&key);
            match note {
                None => {}
                Some(Value::Null) => _ = self.notes.remove(&key),
                Some(note) => _ = self.notes.insert(key.clone(), note),
            }
            if let Some(after) = again_in {
                let at = later(self.clock.now(), after);
                self.queue.call_at(key, at);
            } else if self.controllers[at].delay.is_zero() {
                self.queue.forget(&key);
            }
            return;
        };
        let failures = self.failures.entry(key.clone()).or_default();
        *failures += 1;
        let pause = PAUSE.saturating_mul(1 << (*failures - 1).min(20)).min(LONGEST);
        if failure.creating && failure.code != 0 && failure.reason != "AlreadyExists" {
            let note = self.notes.get(&key).unwrap_or(&Value::Null);
            let follow = (self.controllers[at].reconcile)(&self.view(Some(&failure), note), name);
            // What is told of a failure may itself fail; the next try tells it again.
            let _ = self.write_all(follow.writes, manager).await;
        }
        if failure.ends_namespace() {
            return;
        }
        self.queue.call_at(key, later(self.clock.now(), pause));
    }

    async fn write_all(&mut self, writes: Vec<Write>, manager: &str) -> Result<(), Failure> {
        let mut created = String::new();
        for write in writes {
            match &write.verb {
                Verb::Tell(told) if told.message.contains(CREATED) => {
                    let message = told.message.replace(CREATED, &created).into();
                    self.tell(&Told { message, ..told.as_ref().clone() }, &write.namespace).await;
                }
                Verb::Tell(told) => self.tell(told, &write.namespace).await,
                Verb::Delete(deletion) if self.any_is_there(&deletion.unless).await? => {}
                _ => created = self.write(&write, manager).await?,
            }
        }
        Ok(())
    }

    /// Sends a write and takes in the answer; the name of the object in it.
    async fn write(&mut self, write: &Write, manager: &str) -> Result<String, Failure> {
        let id = &write.resource;
        let request = self
            .store
            .resource(id)
            .and_then(|resource| exchange::request(resource, write, manager, self.here));
        let creating = matches!(write.verb, Verb::Create(_) | Verb::Apply(_));
        match exchange::read(&self.client, request).await {
            Ok(answer) => {
                let answer = answer.value;
                let written = name(&answer).to_owned();
                match &write.verb {
                    Verb::Bind(_) | Verb::Scale(_) => self.refresh(id, &write.namespace, &write.name).await?,
                    Verb::DeleteAll => {}
                    Verb::Delete(_) if answer["kind"] == "Status" => {
                        let uid = answer["details"]["uid"].as_str().map(str::to_owned);
                        self.gone(id, &write.namespace, &write.name, uid.as_deref());
                    }
                    Verb::Delete(_) if !super::read::deleting(&answer) => {
                        let uid = super::read::uid(&answer).to_owned();
                        self.gone(id, &write.namespace, &write.name, Some(&uid));
                    }
                    _ if answer["metadata"].is_object() => self.absorb(id, answer),
                    _ => {}
                }
                Ok(written)
            }
            Err(failure) => {
                let deleting = matches!(write.verb, Verb::Delete(_) | Verb::DeleteAll);
                // What was written to has changed, or is gone: the next look must see it as it is.
                if matches!(failure.code, 404 | 409) && !write.name.is_empty() {
                    self.refresh(id, &write.namespace, &write.name).await?;
                }
                match failure.code {
                    404 if !creating => Ok(String::new()),
                    409 if deleting => Ok(String::new()),
                    _ => Err(Failure { creating, resource: id.clone(), ..failure }),
                }
            }
        }
    }

    /// Reads an object anew.
    async fn refresh(&mut self, id: &str, namespace: &str, name: &str) -> Result<(), Failure> {
        let Some(path) = self.store.resource(id).map(|resource| resource.path(namespace, name, "")) else {
            return Ok(());
        };
        match exchange::read(&self.client, exchange::ask(&path)).await {
            Ok(answer) => {
                self.absorb(id, answer.value);
                Ok(())
            }
            Err(failure) if failure.code == 404 => {
                self.gone(id, namespace, name, None);
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Whether one of these objects is there, by what the server says.
    async fn any_is_there(&mut self, objects: &[[Text; 4]]) -> Result<bool, Failure> {
        for [id, namespace, name, uid] in objects {
            if self.store.is_gone(uid) {
                continue;
            }
            let known = |store: &Store| {
                store.get(id, namespace, name).is_some_and(|there| super::read::uid(&there.object) == uid)
            };
            if !known(&self.store) {
                self.refresh(id, namespace, name).await?;
            }
            if known(&self.store) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Tells an event; that it could not be told is no failure.
    async fn tell(&mut self, told: &Told, namespace: &str) {
        let sending = self.recorder.tell(told, namespace, self.clock.now());
        let space = if namespace.is_empty() { "default" } else { namespace };
        let path = format!("/api/v1/namespaces/{space}/events");
        let request = match sending {
            None => return,
            Some(Sending::New(event)) => {
                let path = format!("{path}?fieldManager={}", told.by);
                exchange::bring((Method::POST, &path, "application/json"), event, self.here)
            }
            Some(Sending::Again(name, patch)) => {
                let path = format!("{path}/{name}?fieldManager={}", told.by);
                let content = "application/merge-patch+json";
                exchange::bring((Method::PATCH, &path, content), patch, self.here)
            }
        };
        let _ = exchange::read(&self.client, request).await;
    }
}
