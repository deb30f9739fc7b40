//! What happened on the way to the server: troubles, each said once and once more when it is over; counts; every request for who wants them.
//! Never decides anything: patience does.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::lock;
use super::wire::{Ask, Sent};

/// A trouble on the way to the API server. It is told when it begins (`count` 1, not `over`) and, folded,
/// when it is over; a trouble is never told a third time.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    /// What was being done, such as `watch pods in seldon`.
    pub what: String,
    /// The HTTP status of the last failed attempt; `None` where no answer came.
    pub status: Option<u16>,
    /// The last failed attempt in words.
    pub message: String,
    /// Failed attempts so far.
    pub count: u64,
    /// How long the trouble lasted, once an attempt succeeded again.
    pub recovered: Option<Duration>,
    /// It is over: recovered, or (`recovered` is `None`) given up.
    pub over: bool,
}

/// One attempt of a request, and what came of it. It never holds what was sent or answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `GET` and the like.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The answer's HTTP status; `None` where none came.
    pub status: Option<u16>,
    /// Why none came; else empty.
    pub message: String,
    /// Until the whole answer was there; of a stream until it began.
    pub took: Duration,
}

/// One who hears of every request.
pub(super) type Hearer = Box<dyn Fn(Request) + Send + Sync>;

/// Requests sent so far, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All requests, repeated ones too.
    pub requests: u64,
    /// Single objects read, polls and looks after lost answers included.
    pub get: u64,
    /// Pages of lists.
    pub list: u64,
    /// Watches opened, resumed ones included.
    pub watch: u64,
    /// POSTs that create.
    pub create: u64,
    /// Server-side applies.
    pub apply: u64,
    /// Other patches, of `/scale` too.
    pub patch: u64,
    /// Deletes.
    pub delete: u64,
    /// Requests for what the server serves.
    pub discovery: u64,
    /// Those of the requests that repeat one that failed.
    pub retries: u64,
    /// Those of the requests that stand in for a watch that is forbidden.
    pub polls: u64,
    /// Watches that could not be resumed, so that all was listed again.
    pub relists: u64,
}

/// What a request is for, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    List,
    Watch,
    Create,
    Apply,
    Patch,
    Delete,
    Discover,
}

impl Counts {
    fn count(&mut self, verb: Verb) {
        self.requests += 1;
        *match verb {
            Verb::Get => &mut self.get,
            Verb::List => &mut self.list,
            Verb::Watch => &mut self.watch,
            Verb::Create => &mut self.create,
            Verb::Apply => &mut self.apply,
            Verb::Patch => &mut self.patch,
            Verb::Delete => &mut self.delete,
            Verb::Discover => &mut self.discovery,
        } += 1;
    }
}

/// Where troubles and counts are gathered.
#[derive(Default)]
pub(super) struct Gauge {
    counts: Mutex<Counts>,
    listeners: Mutex<Vec<UnboundedSender<Trouble>>>,
    hearers: Mutex<Vec<Hearer>>,
}

impl Gauge {
    pub fn counts(&self) -> Counts {
        *lock(&self.counts)
    }

    /// A request is about to be sent: counted now, told when what is returned is dropped.
    pub fn request<'a>(&'a self, ask: &'a Ask) -> Underway<'a> {
        lock(&self.counts).count(ask.verb);
        Underway { gauge: self, ask, since: Instant::now(), status: None, message: "given up".to_owned() }
    }

    pub fn hear(&self, hearer: Hearer) {
        lock(&self.hearers).push(hearer);
    }

    pub fn retry(&self) {
        lock(&self.counts).retries += 1;
    }

    pub fn poll(&self) {
        lock(&self.counts).polls += 1;
    }

    pub fn relist(&self) {
        lock(&self.counts).relists += 1;
    }

    pub fn listen(&self) -> UnboundedReceiver<Trouble> {
        let (sender, receiver) = unbounded_channel();
        lock(&self.listeners).push(sender);
        receiver
    }

    pub fn tell(&self, trouble: &Trouble) {
        lock(&self.listeners).retain(|listener| listener.send(trouble.clone()).is_ok());
    }
}

/// A request under way. However it ends, it is told once: also when whoever waited for it is gone.
pub(super) struct Underway<'a> {
    gauge: &'a Gauge,
    ask: &'a Ask,
    since: Instant,
    status: Option<u16>,
    message: String,
}

impl Underway<'_> {
    /// What came of it; `code` is the status of an answer.
    pub fn ended<T>(mut self, sent: Sent<T>, code: impl Fn(&T) -> u16) -> Sent<T> {
        self.message.clear();
        match &sent {
            Sent::Answer(answer) => self.status = Some(code(answer)),
            Sent::Refusal(status) => self.status = Some(status.code),
            Sent::Setback(setback) => match &setback.status {
                Some(status) if status.code > 0 => self.status = Some(status.code),
                _ => self.message.clone_from(&setback.message),
            },
        }
        sent
    }
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        for hearer in lock(&self.gauge.hearers).iter() {
            hearer(Request {
                method: self.ask.method.to_string(),
                path: self.ask.path.clone(),
                status: self.status,
                message: self.message.clone(),
                took: self.since.elapsed(),
            });
        }
    }
}
