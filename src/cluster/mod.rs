//! A thin door over `kube::Client`: discovery, shared watches, retries, the ledger of this run's writes.
//! Never knows playbooks, events, reports or exit codes; never prints; reports trouble as values.
//!
//! A [`Cluster`] is made by [`connect()`] or, over any tower service, by [`Cluster::new`]. Its calls bear
//! trouble (429, 5xx, lost connections, slow answers, a passing 401) until the deadline of the view they are
//! made through ([`Cluster::until`]), and come back with the server's answer, or with what is known. Nothing
//! behind the door is ever waited for in silence: every trouble is told on [`Cluster::troubles`].
//!
//! A write whose outcome is unknown is never repeated without looking first (`write`, `look`). Objects are
//! followed by [`Cluster::watch`]: one list and watch for each resource, namespace and selector, shared by all
//! who are interested (`watch`).

mod catalogue;
mod client;
mod connect;
mod decode;
mod delete;
mod discovery;
mod documents;
mod effect;
mod error;
mod kubeconfig;
mod ledger;
mod log;
mod look;
mod patience;
mod published;
mod read;
mod resource;
mod snapshot;
mod trouble;
mod watch;
mod wire;
mod write;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

pub use connect::{ConnectError, ConnectOptions, Connected, connect};
pub use delete::{DeleteOptions, Deleted, Propagation};
pub use discovery::ResolveError;
pub use error::{Cause, Error, Status};
pub use ledger::{Ledger, Written};
pub use log::{LogLine, LogOptions, LogStream};
pub use published::Published;
pub use read::{Listed, NamespaceState};
pub use resource::{KindName, ObjectRef, Resource, Served};
pub use snapshot::{Snapshot, compare_versions};
pub use trouble::{Counts, Request, Trouble};
pub use watch::{Interest, Seen, Watch};
pub use write::{Applied, ApplyOptions, Operation, PatchKind, PatchOptions};

/// How a [`Cluster`] behaves; what the user may choose.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The field manager of this program's writes.
    pub field_manager: String,
    /// Seeds the jitter of all pauses between attempts.
    pub seed: u64,
    /// How long one attempt of a request may take.
    pub request_timeout: Duration,
    /// How long trouble is borne by calls of a view without a deadline: first contact.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            field_manager: "seldonplay".into(),
            seed: 0,
            request_timeout: Duration::from_secs(30),
            patience: Duration::from_secs(10),
        }
    }
}

/// The door to one cluster. Cheap to clone; clones share watches, discovery, counts and the ledger.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
    deadline: Option<Instant>,
}

/// What all clones share.
struct Inner {
    requests: kube::Client,
    watches: kube::Client,
    settings: Settings,
    random: Mutex<u64>,
    gauge: trouble::Gauge,
    discovery: discovery::Discovery,
    ledger: Ledger,
    hub: watch::Hub,
}

impl Cluster {
    /// A door over two clients, which may be one and the same, and have any tower service behind them.
    /// They must not retry by themselves, and must not cut long answers short.
    pub fn new(requests: kube::Client, watches: kube::Client, settings: Settings) -> Cluster {
        let inner = Inner {
            requests,
            watches,
            random: Mutex::new(settings.seed),
            settings,
            gauge: trouble::Gauge::default(),
            discovery: discovery::Discovery::default(),
            ledger: Ledger::default(),
            hub: watch::Hub::default(),
        };
        Cluster { inner: Arc::new(inner), deadline: None }
    }

    /// A view whose calls bear trouble until `deadline`, and no longer. Each still makes one attempt, of a
    /// second at most, when the deadline has passed.
    pub fn until(&self, deadline: Instant) -> Cluster {
        Cluster { inner: self.inner.clone(), deadline: Some(deadline) }
    }

    /// A view without a deadline: each call bears trouble for as long as first contact may.
    pub fn ever(&self) -> Cluster {
        Cluster { inner: self.inner.clone(), deadline: None }
    }

    /// All troubles from now on: each when it begins, and once more, folded, when it is over.
    pub fn troubles(&self) -> UnboundedReceiver<Trouble> {
        self.inner.gauge.listen()
    }

    /// Calls `hearer` with every request from now on, when it has ended: in the midst of things, so it must be quick.
    pub fn hear(&self, hearer: impl Fn(Request) + Send + Sync + 'static) {
        self.inner.gauge.hear(Box::new(hearer));
    }

    /// Requests so far.
    pub fn counts(&self) -> Counts {
        self.inner.gauge.counts()
    }

    /// This run's writes.
    pub fn ledger(&self) -> &Ledger {
        &self.inner.ledger
    }

    /// When the patience of a call that begins now ends.
    fn end(&self) -> Instant {
        self.deadline.unwrap_or_else(|| Instant::now() + self.inner.settings.patience)
    }
}

impl Inner {
    /// The next random number in [0, 1), by SplitMix64.
    fn jitter(&self) -> f64 {
        let mut state = lock(&self.random);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Locks; a panic elsewhere does not make the data unusable, since no lock is held across a step that may fail.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
