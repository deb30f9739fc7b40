//! THE API SERVER: requests in, answers out, as Kubernetes 1.37 gives them; all of it in memory and in this process.
//! It must never wait for anything but the clock and its own channels, nor draw randomness from anything but its seed.
//!
//! A request goes route → call (who asks what of which kind) → one file a verb → reply → answer. Objects are kept as values
//! that are shared (`stored`), and every change is told to those who watch. What a kind adds to the general rules
//! stands in `strategy`, `admission` and `effects`.

mod addresses;
mod admission;
mod amount;
mod answer;
mod body;
mod call;
mod convert;
mod create;
mod decode;
mod definition;
mod definition_rules;
mod delete;
mod discovery;
mod duplicates;
mod effects;
mod feed;
mod fields;
mod handle;
mod interfere;
mod jsonpatch;
mod labels;
mod limits;
mod list;
mod management;
mod managers;
mod meta;
mod model;
mod openapi;
mod options;
mod patch;
mod pods;
mod query;
mod quota;
mod random;
mod refusal;
mod render;
mod reply;
mod resource;
mod reviews;
mod rights;
mod route;
mod scale;
mod selection;
mod start;
mod state;
mod store;
mod stored;
mod strategy;
mod table;
mod update;
mod user;
mod view;
mod watch;

pub use body::Body;
pub use definition::{deprecations as definition_deprecations, refusals as definition_refusals};
pub use interfere::{Asked, Cut, Delivery, Interfere, Interference};
pub use refusal::Refusal;
pub use store::Happened;
pub use user::User;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::BoxError;

use super::clock::Clock;
use crate::direct::Direct;
use random::Random;
use resource::Catalogue;
use state::State;
use store::Store;

/// How a [`Server`] behaves.
#[derive(Clone)]
pub struct Settings {
    /// What time it is.
    pub clock: Clock,
    /// Where uids and generated names come from.
    pub seed: u64,
    /// Faults, if there are to be any.
    pub interfere: Option<Arc<dyn Interfere>>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults = self.interfere.is_some();
        f.debug_struct("Settings")
            .field("clock", &self.clock)
            .field("seed", &self.seed)
            .field("faults", &faults)
            .finish()
    }
}

/// An API server. Cheap to clone; clones are one server.
#[derive(Clone)]
pub struct Server {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    interfere: Option<Arc<dyn Interfere>>,
    clock: Clock,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl Server {
    /// A server with what a new cluster has: the namespaces of the system, roles, the service `kubernetes`.
    pub fn new(settings: Settings) -> Server {
        let Settings { clock, seed, interfere } = settings;
        let mut state = State {
            store: Store::default(),
            catalogue: Catalogue::built_in(),
            clock: clock.clone(),
            random: Random::new(seed),
            addresses: BTreeSet::new(),
        };
        start::furnish(&mut state);
        // What was before the beginning is not known, as in a cluster of some age.
        state.store.compact();
        Server { inner: Arc::new(Inner { state: Mutex::new(state), interfere, clock }) }
    }

    /// A client with all rights.
    pub fn client(&self) -> kube::Client {
        self.client_as(User::admin())
    }

    /// A client of some user. To be called where tokio runs.
    pub fn client_as(&self, user: User) -> kube::Client {
        let (server, user) = (self.clone(), Arc::new(user));
        let service = tower::service_fn(move |request: Request<kube::client::Body>| {
            let (server, user) = (server.clone(), user.clone());
            async move {
                let (head, body) = request.into_parts();
                let body = match head.extensions.get::<Direct>() {
                    Some(_) => Bytes::new(),
                    None => body.collect().await?.to_bytes(),
                };
                Ok::<_, BoxError>(server.handle(&user, Request::from_parts(head, body)).await?)
            }
        });
        kube::Client::new(service, "default")
    }

    /// Answers one request of a user.
    ///
    /// # Errors
    /// If faults cut the connection.
    pub async fn handle(&self, user: &User, request: Request<Bytes>) -> Result<Response<Body>, Cut> {
        handle::handle(self, user, request).await
    }

    /// Forgets what happened up to now: watches and lists from earlier versions are answered with 410.
    pub fn compact(&self) {
        self.state().store.compact();
    }

    /// Whether a kind is served.
    pub fn serves(&self, group: &str, version: &str, kind: &str) -> bool {
        self.state().catalogue.kind(group, version, kind).is_some()
    }

    /// Whether a namespace is there.
    pub fn has_namespace(&self, name: &str) -> bool {
        self.state().find("", "namespaces", "", name).is_some()
    }

    /// Ends all watches.
    pub fn cut_watches(&self) {
        self.state().store.cut(None);
    }

    /// The version of the last change.
    pub fn version(&self) -> u64 {
        self.state().store.version()
    }

    /// The version of the last change, if nothing is being changed right now; nobody is waited for.
    pub fn version_now(&self) -> Option<u64> {
        self.inner.state.try_lock().ok().map(|state| state.store.version())
    }

    /// All that the server holds. A panic elsewhere does not make it unusable: every change is whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
