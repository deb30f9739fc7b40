//! What happened on the way to the server: troubles, each said once and once more when it is over; and counts.
//! Never decides anything: patience does.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::lock;

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
}

impl Gauge {
    pub fn counts(&self) -> Counts {
        *lock(&self.counts)
    }

    pub fn request(&self, verb: Verb) {
        lock(&self.counts).count(verb);
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
