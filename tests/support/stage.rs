//! Where the cases run: a cluster that a kubeconfig leads to, or one inside the process.
//! It must never know what is done there.

use super::ground::{Ground, User};
use super::line::{Line, Wire};
use super::proxy::Proxy;
use seldonplay::cluster::{Cluster, Settings};
use seldonplay::rehearsal::controllers::faults::FaultTarget;
use seldonplay::rehearsal::faults::{Fault, FaultKind};
use seldonplay::rehearsal::server;
use seldonplay::rehearsal::world::{self, World};
use std::collections::BTreeSet;

/// A cluster for the cases.
pub enum Stage<'g> {
    /// One that a kubeconfig leads to.
    Cluster(&'g Ground),
    /// One inside the process.
    Rehearsed(Box<World>),
}

impl Stage<'_> {
    /// A new cluster inside the process, on tokio's current runtime.
    pub async fn rehearsed() -> Result<Stage<'static>, String> {
        let world = World::begin(world::Settings {
            definitions: Vec::new(),
            seed: 1,
            start: "2026-01-02T03:04:05Z".parse().map_err(|error| format!("{error}"))?,
            speed: 1.0,
            namespaces: BTreeSet::new(),
            kinds: BTreeSet::new(),
            scripts: Vec::new(),
            // As on the control plane for tests, no operator is there for the kinds of Seldon Core v2.
            faults: ["Model", "Server", "Pipeline", "Experiment"].map(unattended).into(),
        });
        Ok(Stage::Rehearsed(Box::new(world.await?)))
    }

    /// Connections that can be broken.
    pub async fn line(&self) -> Result<Line, String> {
        Ok(match self {
            Stage::Rehearsed(world) => Line::Inside(Wire::new(world.server().clone())),
            Stage::Cluster(ground) => {
                let home = ground.open(User::Admin, None).await?;
                Line::Network(Proxy::start(home.server.trim_start_matches("https://").to_owned()).await)
            }
        })
    }

    /// Opens the cluster, perhaps through connections that can be broken.
    pub async fn open(&self, user: User, through: Option<&Line>) -> Result<Cluster, String> {
        let world = match self {
            Stage::Rehearsed(world) => world,
            Stage::Cluster(ground) => {
                let address = match through {
                    Some(Line::Network(proxy)) => Some(proxy.address.as_str()),
                    _ => None,
                };
                return Ok(ground.open(user, address).await?.cluster);
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
}

/// No operator looks at the objects of a kind.
fn unattended(kind: &str) -> Fault {
    let target = FaultTarget { kind: kind.into(), name: None, namespace: None };
    Fault { target: Some(target), ..Fault::new(FaultKind::OperatorDown) }
}
