//! A whole cluster in the process: the API server, its controllers, its clock, and what goes wrong.
//! It must never know what is done to it.

use super::clock::Clock;
use super::controllers;
use super::controllers::script::Script;
use super::faults::{Disturbance, Fault, FaultKind};
use super::known;
use super::pods::Pods;
use super::server::{self, Server, User};
use crate::direct::Direct;
use crate::json::{Value, json};
use http_body_util::BodyExt;
use jiff::Timestamp;
use kube::client::Body;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::AbortHandle;

/// Who the user of a world is to its server; everybody else is one of its controllers.
const USER: &str = "rehearsal";
/// The world's time before its start, in which its controllers do what is to be done from the begin on.
const SETTLED: Duration = Duration::from_millis(1);

/// What a world is made of.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Of all randomness: uids, generated names.
    pub seed: u64,
    /// What time it is when it begins.
    pub start: Timestamp,
    /// How many times faster than tokio's clock its own is.
    pub speed: f64,
    /// The namespaces that are there, beside those that every cluster has.
    pub namespaces: BTreeSet<String>,
    /// Definitions of custom kinds that are there, in place of what is known of these kinds.
    pub definitions: Vec<Value>,
    /// Kinds that are served without anybody having defined them, as `apiVersion` and `kind`.
    pub kinds: BTreeSet<(String, String)>,
    /// What the controllers of some kinds do.
    pub scripts: Vec<Script>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
}

/// A cluster in the process. Its controllers end when it is dropped.
pub struct World {
    server: Server,
    clock: Clock,
    disturbance: Arc<Disturbance>,
    pods: Arc<Pods>,
    /// Whether an outage begins with the first wait.
    outage_waits: bool,
    tasks: Vec<AbortHandle>,
}

/// What was seen of a world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Pods that there have been.
    pub pods: usize,
    /// How many of them were ever ready, or had done their work.
    pub ready_pods: usize,
    /// The faults that came into play.
    pub faults: BTreeSet<FaultKind>,
}

impl World {
    /// Begins a world, on tokio's current runtime. It is ready to be talked to when this returns.
    ///
    /// # Errors
    /// What its server refused while the world was being furnished: a name that is none.
    pub async fn begin(settings: Settings) -> Result<World, String> {
        let Settings { seed, start, speed, namespaces, definitions, kinds, scripts, faults } = settings;
        let clock = Clock::new(start.saturating_sub(SETTLED).unwrap_or(start), speed);
        let world_faults = faults.iter().filter_map(|fault| fault.in_the_world(start)).collect();
        let outages = faults.iter().filter(|fault| fault.kind == FaultKind::ApiOutage);
        let outages: Vec<Option<Duration>> = outages.map(|fault| fault.at).collect();
        let disturbance = Arc::new(Disturbance::new(faults, clock.clone(), start, USER));
        let server = Server::new(server::Settings {
            clock: clock.clone(),
            seed,
            interfere: Some(disturbance.clone()),
        });
        let pods = Arc::new(Pods::default());
        let mut world = World {
            server,
            clock,
            disturbance,
            pods,
            outage_waits: outages.contains(&None),
            tasks: Vec::new(),
        };
        let inside = world.client_of("system:kube-controller-manager");
        const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        for definition in &definitions {
            create(&inside, DEFINITIONS, definition).await?;
        }
        for definition in known::definitions(&world.server, &kinds) {
            create(&inside, DEFINITIONS, &definition).await?;
        }
        for namespace in namespaces.iter().filter(|name| !world.server.has_namespace(name)) {
            let object =
                json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } });
            create(&inside, "/api/v1/namespaces", &object).await?;
        }
        let settings =
            controllers::Settings { faults: world_faults, scripts, ..controllers::Settings::default() };
        world.spawn(controllers::run(inside.clone(), world.clock.clone(), settings));
        world.spawn(world.pods.clone().follow(inside.clone()));
        // Its controllers have done what they do at once, before anybody asks: a quota holds from the first moment on.
        world.clock.sleep(SETTLED).await;
        for at in outages.into_iter().flatten() {
            let (server, clock, disturbance) =
                (world.server.clone(), world.clock.clone(), world.disturbance.clone());
            world.spawn(async move {
                clock.sleep(at).await;
                begin_outage(&server, &disturbance);
            });
        }
        Ok(world)
    }

    /// A client of the world, as its user.
    pub fn client(&self) -> kube::Client {
        self.client_of(USER)
    }

    fn client_of(&self, name: &str) -> kube::Client {
        self.server.client_as(User { name: name.into(), ..User::admin() })
    }

    /// The server, to be reached from outside.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The world's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The user begins to wait; an outage that was not told when to begin begins now.
    pub fn first_wait(&self) {
        if self.disturbance.first_wait() && self.outage_waits {
            begin_outage(&self.server, &self.disturbance);
        }
    }

    /// What was seen so far.
    pub fn seen(&self) -> Seen {
        let (pods, ready_pods) = self.pods.counts();
        Seen { pods, ready_pods, faults: self.disturbance.came_into_play(pods) }
    }

    fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.push(tokio::spawn(task).abort_handle());
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// Whoever watches is cut off; the controllers, who may come back at once, too.
fn begin_outage(server: &Server, disturbance: &Disturbance) {
    disturbance.outage_begins();
    server.cut_watches();
}

async fn create(client: &kube::Client, path: &str, object: &Value) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let request = http::Request::post(path)
        .header(http::header::CONTENT_TYPE, "application/json")
        .extension(Direct(object.clone()))
        .body(Body::empty())
        .map_err(|error| told(&error))?;
    let answer = client.send(request).await.map_err(|error| told(&error))?;
    if answer.status().is_success() {
        return Ok(());
    }
    let refusal = answer.into_body().collect().await.map_err(|error| told(&error))?.to_bytes();
    let refusal: Value = serde_json::from_slice(&refusal).map_err(|error| told(&error))?;
    Err(refusal["message"].as_str().unwrap_or_default().to_owned())
}
