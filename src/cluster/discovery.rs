//! Asking the server what it serves: two requests, at most once a run unless a lookup misses.
//! Never knows any kind by itself.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, try_join_all};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::Cluster;
use super::catalogue::{Catalogue, Lookup};
use super::documents::group_versions;
use super::error::Error;
use super::patience::Patience;
use super::read::call;
use super::resource::{KindName, Resource};
use super::trouble::Verb;
use super::wire::{Ask, Content};

/// Aggregated discovery in its two versions; older servers fall back to plain JSON.
const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                      application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// How long one group of an old server is waited for.
const FOR_ONE_GROUP: Duration = Duration::from_secs(3);

/// Why a word could not be made a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum ResolveError {
    /// The server serves nothing of this name.
    NotServed {
        /// The word, and the apiVersion if one was given.
        what: String,
        /// Near names ("did you mean"), and which servers behind the API server could not be asked.
        help: Vec<String>,
    },
    /// Several groups serve it.
    Ambiguous {
        /// The word.
        what: String,
        /// Names that are not ambiguous, such as `gateways.networking.istio.io`.
        candidates: Vec<String>,
    },
    /// The server could not be asked.
    Trouble(Error),
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResolveError::NotServed { what, help } if help.is_empty() => {
                write!(f, "the cluster does not serve {what}")
            }
            ResolveError::NotServed { what, help } => {
                write!(f, "the cluster does not serve {what}; it serves {}", help.join(", "))
            }
            ResolveError::Ambiguous { what, candidates } => {
                write!(f, "{what} may mean {}", candidates.join(" or "))
            }
            ResolveError::Trouble(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ResolveError {}

impl From<ResolveError> for Error {
    fn from(error: ResolveError) -> Error {
        match error {
            ResolveError::Trouble(error) => error,
            ResolveError::NotServed { what, help } if help.is_empty() => Error::NotServed {
                what: format!("find {what}"),
                message: "the cluster does not serve it".into(),
            },
            ResolveError::NotServed { what, help } => Error::NotServed {
                what: format!("find {what}"),
                message: format!("the cluster does not serve it; it serves {}", help.join(", ")),
            },
            ResolveError::Ambiguous { what, candidates } => Error::NotServed {
                what: format!("find {what}"),
                message: format!("it may mean {}", candidates.join(" or ")),
            },
        }
    }
}

/// What is known so far of what the server serves.
#[derive(Default)]
pub(super) struct Discovery {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    catalogue: Option<Arc<Catalogue>>,
    /// How often the server was asked.
    edition: u64,
}

impl Cluster {
    /// The resource that a word means. What the server serves is asked once a run, and once more by a
    /// lookup that misses, so that a CRD just established is found.
    pub async fn resolve(&self, name: &KindName) -> Result<Resource, ResolveError> {
        let (mut catalogue, edition) = self.catalogue(0).await?;
        let mut found = catalogue.look_up(name);
        if found == Lookup::Missing && !edition.fresh {
            catalogue = self.catalogue(edition.number + 1).await?.0;
            found = catalogue.look_up(name);
        }
        match found {
            Lookup::Found(resource) => Ok(resource),
            Lookup::Ambiguous(candidates) => {
                Err(ResolveError::Ambiguous { what: name.to_string(), candidates })
            }
            Lookup::Missing => {
                Err(ResolveError::NotServed { what: name.to_string(), help: catalogue.help(name) })
            }
        }
    }

    /// How a kind that may as well not be served is served: in the version that is meant, or in another one.
    /// A miss is no reason to ask the server again.
    pub async fn served(&self, api_version: &str, kind: &str) -> Result<Option<Resource>, Error> {
        let (catalogue, _) = self.catalogue(0).await.map_err(Error::from)?;
        Ok(catalogue.serving(api_version, kind).cloned())
    }

    /// Forgets what the server serves; the next lookup asks again.
    pub async fn forget_discovery(&self) {
        self.inner.discovery.known.lock().await.catalogue = None;
    }

    /// Everything served, in the server's order.
    pub async fn resources(&self) -> Result<Vec<Resource>, Error> {
        let (catalogue, _) = self.catalogue(0).await.map_err(Error::from)?;
        Ok(catalogue.resources.clone())
    }

    /// The catalogue in at least this edition. Those who ask at the same time share one asking.
    async fn catalogue(&self, least: u64) -> Result<(Arc<Catalogue>, Edition), ResolveError> {
        let waited = timeout_at(self.end(), self.inner.discovery.known.lock()).await;
        let Ok(mut known) = waited else {
            let message = "another call is still asking what the cluster serves".to_owned();
            let error = Error::Unreachable { message, outage: Duration::ZERO, status: None };
            return Err(ResolveError::Trouble(error));
        };
        if let Some(catalogue) = &known.catalogue
            && known.edition >= least
        {
            return Ok((catalogue.clone(), Edition { number: known.edition, fresh: false }));
        }
        let catalogue = Arc::new(self.discover().await.map_err(ResolveError::Trouble)?);
        known.catalogue = Some(catalogue.clone());
        known.edition += 1;
        Ok((catalogue, Edition { number: known.edition, fresh: true }))
    }

    async fn discover(&self) -> Result<Catalogue, Error> {
        let (core, groups) =
            join(self.document("/api", ACCEPT, self.end()), self.document("/apis", ACCEPT, self.end())).await;
        let mut catalogue = Catalogue::default();
        for document in [core?, groups?] {
            if catalogue.add_aggregated(&document).is_none() {
                self.discover_each(&document.bytes(), &mut catalogue).await?;
            }
        }
        Ok(catalogue)
    }

    /// Servers before Kubernetes 1.26 are asked for each group version.
    async fn discover_each(&self, document: &[u8], catalogue: &mut Catalogue) -> Result<(), Error> {
        let versions = group_versions(document).unwrap_or_default();
        // One group's own server that does not answer must neither hide nor hold up all others.
        let end = self.end().min(Instant::now() + FOR_ONE_GROUP);
        let ask = |(group, version): (String, String)| async move {
            let path = match group.as_str() {
                "" => format!("/api/{version}"),
                _ => format!("/apis/{group}/{version}"),
            };
            match self.document(&path, "application/json", end).await {
                Ok(body) => Ok((group, version, Some(body.bytes()))),
                Err(Error::Refused(_) | Error::Unreachable { status: Some(_), .. }) => {
                    Ok((group, version, None))
                }
                Err(error) => Err(error),
            }
        };
        for (group, version, body) in try_join_all(versions.into_iter().map(ask)).await? {
            let added = body.and_then(|body| catalogue.add_version(&group, &version, &body));
            if added.is_none() {
                catalogue.stale.push(format!("{group}/{version}"));
            }
        }
        Ok(())
    }

    pub(super) async fn document(
        &self,
        path: &str,
        accept: &'static str,
        end: Instant,
    ) -> Result<Content, Error> {
        let ask = Ask { accept, ..Ask::read(Verb::Discover, path) };
        let mut patience = Patience::new(&self.inner, format!("discover {path}"), Some(end));
        call(&self.inner, &ask, &mut patience, |reply| Ok(reply.body)).await
    }
}

/// Which asking a catalogue comes from, and whether it was made for this lookup.
struct Edition {
    number: u64,
    fresh: bool,
}
