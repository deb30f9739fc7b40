//! `seldonplay serve`: the API server of rehearsals, for kubectl and other tools.
//! It must never know how it answers.

use super::options::length;
use super::screen::{say, tell};
use crate::event::Ending;
use crate::json::{Value, json};
use crate::rehearsal::http::{GUEST_TOKEN, serve};
use crate::rehearsal::world::{Settings, World};
use clap::Args;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Serve a rehearsed cluster on loopback, in real or faster time, for kubectl and other tools.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to write a kubeconfig for it. Left out: it is printed.
    #[arg(long, value_name = "FILE")]
    kubeconfig_out: Option<PathBuf>,
    /// How many times faster its time passes.
    #[arg(long, value_name = "NUMBER", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// The port; any that is free if left out.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    port: u16,
    /// Namespaces to begin with, beside `default`; may be given several times.
    #[arg(short, long, value_name = "NAME")]
    namespace: Vec<String>,
    /// Of all randomness.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// End by itself after this time.
    #[arg(long, value_name = "DURATION", value_parser = length)]
    timeout: Option<Duration>,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed.is_finite() && (0.01..=1000.0).contains(&speed) => Ok(speed),
        _ => Err("this is a number from 0.01 to 1000".into()),
    }
}

impl Serve {
    pub(super) fn execute(self) -> Ending {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                tell!("error: this machine lets no program run as it must: {error}");
                return Ending::Failed;
            }
        };
        match runtime.block_on(self.serve()) {
            Ok(ending) => ending,
            Err(told) => {
                tell!("error: {told}");
                Ending::Failed
            }
        }
    }

    async fn serve(self) -> Result<Ending, String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))
            .await
            .map_err(|error| format!("port {} of 127.0.0.1 cannot be listened on: {error}", self.port))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let world = World::begin(Settings {
            definitions: Vec::new(),
            seed: self.seed,
            start: Timestamp::now(),
            speed: self.speed,
            namespaces: self.namespace.iter().cloned().collect(),
            kinds: BTreeSet::new(),
            scripts: Vec::new(),
            faults: Vec::new(),
        })
        .await?;
        self.hand_out(&kubeconfig(&format!("http://{address}")))?;
        let (mut interrupt, mut terminate) = (
            signal(SignalKind::interrupt()).map_err(|error| error.to_string())?,
            signal(SignalKind::terminate()).map_err(|error| error.to_string())?,
        );
        let timeout = async {
            match self.timeout {
                Some(timeout) => tokio::time::sleep(timeout).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = interrupt.recv() => Ok(Ending::Passed),
            _ = terminate.recv() => Ok(Ending::Passed),
            () = timeout => Ok(Ending::Passed),
            served = serve(world.server().clone(), listener) => match served {
                Ok(()) => Ok(Ending::Passed),
                Err(error) => Err(format!("no connections can be accepted any more: {error}")),
            },
        }
    }

    /// Gives out the kubeconfig: whoever reads it may ask at once.
    fn hand_out(&self, kubeconfig: &Value) -> Result<(), String> {
        // JSON is YAML.
        let text = format!("{kubeconfig:#}\n");
        let Some(path) = &self.kubeconfig_out else {
            return match say(&text) {
                Ending::Passed => Ok(()),
                _ => Err("nobody can be given the kubeconfig".into()),
            };
        };
        write_whole(path, &text).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        tell!("A rehearsed cluster listens; Ctrl-C ends it.\n  export KUBECONFIG={}", path.display());
        Ok(())
    }
}

/// Writes a file so that nobody sees half of it.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, path)
}

fn kubeconfig(server: &str) -> Value {
    let context = |name: &str| json!({ "name": name, "context": { "cluster": "rehearsal", "user": name, "namespace": "default" } });
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": "rehearsal", "cluster": { "server": server } }],
        "users": [
            { "name": "rehearsal", "user": { "token": "admin" } },
            { "name": "guest", "user": { "token": GUEST_TOKEN } },
        ],
        "contexts": [context("rehearsal"), context("guest")],
        "current-context": "rehearsal",
    })
}
