//! Where tests run that need a cluster: the one place that opens one, and makes and deletes namespaces there.
//! It must never know what is done there.

use super::line::{Line, Wire};
use super::proxy::Proxy;
use seldonplay::cluster::{
    ApplyOptions, Cluster, ConnectOptions, Connected, DeleteOptions, KindName, ObjectRef, Operation,
    Settings, connect,
};
use seldonplay::rehearsal::server;
use seldonplay::rehearsal::world::{self, World};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a new namespace may take until pods can be made in it.
const SETTLES_WITHIN: Duration = Duration::from_secs(60);

/// A cluster for tests.
pub enum Ground {
    /// One that a kubeconfig leads to.
    Cluster { kubeconfig: PathBuf },
    /// One inside the process.
    Rehearsed(Box<World>),
}

/// As whom the cluster is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// With all rights.
    Admin,
    /// Without any.
    Guest,
}

impl Ground {
    /// The cluster that the environment names, if it names one.
    pub fn find() -> Option<Ground> {
        let kubeconfig = std::env::var_os("SELDONPLAY_TEST_KUBECONFIG")?.into();
        Some(Ground::Cluster { kubeconfig })
    }

    /// A new cluster inside the process, on tokio's current runtime.
    pub async fn rehearsed() -> Result<Ground, String> {
        let world = World::begin(world::Settings {
            seed: 1,
            start: "2026-01-02T03:04:05Z".parse().map_err(|error| format!("{error}"))?,
            speed: 1.0,
            namespaces: BTreeSet::new(),
            kinds: BTreeSet::new(),
            scripts: Vec::new(),
            faults: Vec::new(),
        });
        Ok(Ground::Rehearsed(Box::new(world.await?)))
    }

    /// Connections that can be broken.
    pub async fn line(&self) -> Result<Line, String> {
        Ok(match self {
            Ground::Rehearsed(world) => Line::Inside(Wire::new(world.server().clone())),
            Ground::Cluster { .. } => {
                let home = self.connect(User::Admin, None).await?;
                Line::Network(Proxy::start(home.server.trim_start_matches("https://").to_owned()).await)
            }
        })
    }

    /// Opens the cluster, perhaps through connections that can be broken.
    pub async fn open(&self, user: User, through: Option<&Line>) -> Result<Cluster, String> {
        let world = match self {
            Ground::Rehearsed(world) => world,
            Ground::Cluster { .. } => {
                let address = match through {
                    Some(Line::Network(proxy)) => Some(proxy.address.as_str()),
                    _ => None,
                };
                return Ok(self.connect(user, address).await?.cluster);
            }
        };
        let user = match user {
            User::Admin => server::User::admin(),
            User::Guest => server::User::guest(),
        };
        let client = match through {
            Some(Line::Inside(wire)) => wire.client(user),
            _ => world.server().client_as(user),
        };
        Ok(Cluster::new(client.clone(), client, Settings::default()))
    }

    async fn connect(&self, user: User, through: Option<&str>) -> Result<Connected, String> {
        let Ground::Cluster { kubeconfig } = self else { return Err("there is no kubeconfig".into()) };
        let kubeconfig = match user {
            User::Admin => kubeconfig.clone(),
            User::Guest => kubeconfig.with_file_name("guest.kubeconfig"),
        };
        let server = through.map(|address| format!("https://{address}"));
        let options = ConnectOptions { kubeconfig: Some(kubeconfig), server, ..ConnectOptions::default() };
        connect(&options, Settings::default()).await.map_err(|error| error.to_string())
    }
}

/// Makes a namespace, and waits until pods can be made in it.
pub async fn make_namespace(cluster: &Cluster, name: &str) -> Result<(), String> {
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let made = cluster.apply(&object, &ApplyOptions::default()).await.map_err(|error| error.to_string())?;
    if made.operation != Operation::Created {
        return Err(format!("the namespace {name} is there already"));
    }
    let account = object_named(cluster, "ServiceAccount", Some(name), "default").await?;
    let end = Instant::now() + SETTLES_WITHIN;
    while cluster.get(&account).await.map_err(|error| error.to_string())?.is_none() {
        if Instant::now() > end {
            return Err(format!("the namespace {name} gets no service account"));
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Deletes a namespace, without waiting until it is gone.
pub async fn delete_namespace(cluster: &Cluster, name: &str) -> Result<(), String> {
    let namespace = object_named(cluster, "Namespace", None, name).await?;
    cluster.delete(&namespace, &DeleteOptions::default()).await.map(drop).map_err(|error| error.to_string())
}

/// An object by the word for its kind; the namespace is left out where its kind has none.
pub async fn object_named(
    cluster: &Cluster,
    word: &str,
    namespace: Option<&str>,
    name: &str,
) -> Result<ObjectRef, String> {
    let kind = KindName { word: word.into(), api_version: None };
    let resource = cluster.resolve(&kind).await.map_err(|error| format!("{error:?}"))?;
    let namespace = namespace.filter(|_| resource.namespaced).map(str::to_owned);
    Ok(ObjectRef { resource, namespace, name: name.into() })
}
