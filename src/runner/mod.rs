//! The interpreter: takes a plan's steps in order, with deadlines, retries, handlers and interruption, and tells what happens.
//! It must never know that rehearsals, reports or terminals exist.

mod apply;
mod context;
mod course;
mod delete;
mod describe;
mod explain;
mod get;
mod judge;
mod left_behind;
mod logs;
mod observing;
mod one;
mod outstanding;
mod owned;
mod panel;
mod parts;
mod patch;
mod pause;
mod preflight;
mod scale;
mod step;
mod stop;
mod subject;
mod trouble;
mod view;
mod wait;
mod waiting;
mod written;

use crate::cluster::Cluster;
use crate::event::{
    Cause, ClusterInfo, Counts, Ending, Event, EventKind, Failure, Mode, PlannedStep, PlaybookInfo, Recorder,
    Requests, Tool,
};
use crate::observe;
use crate::plan::{Plan, Step};
use crate::source::Sources;
use context::{Teller, Told};
use course::{Course, State};
use left_behind::left_behind;
use observing::Observing;
use outstanding::Outstanding;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;
use step::millis;
pub use stop::{Signal, Stop};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use futures_util::FutureExt;

/// Puts a question to a person and brings back whether to go on.
pub type Person = Box<dyn Fn(String) -> Pin<Box<dyn Future<Output = bool>>>>;

/// Who answers a `pause`.
pub enum Ask {
    /// It goes on by itself (`--yes`).
    Yes,
    /// Nobody can be asked.
    Nobody,
    /// A person.
    Person(Person),
}

/// What the outside may do while a run lasts.
pub struct Hands {
    /// Ends it.
    pub stop: watch::Receiver<Stop>,
    /// Answers its questions.
    pub ask: Ask,
}

/// What a run is told about itself.
pub struct Setup {
    /// Numbers, stamps and masks the events.
    pub recorder: Recorder,
    /// Against what it runs.
    pub mode: Mode,
    /// The cluster, for the record.
    pub info: Option<ClusterInfo>,
    /// Of all randomness, for the record.
    pub seed: u64,
    /// How long handlers may take after a signal or the run's own deadline.
    pub grace: Duration,
    /// Whether what happens to the objects that it writes is told.
    pub observe: bool,
    /// Whether every request is told.
    pub requests: bool,
}

/// How a run went.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// How it ended.
    pub ending: Ending,
    /// How many steps ended how.
    pub counts: Counts,
    /// The failure that decided.
    pub failure: Option<Failure>,
}

/// Runs a plan. `tell` gets every event, in order; it has no other caller.
pub async fn run(
    plan: &Plan,
    sources: &Sources,
    cluster: &Cluster,
    setup: Setup,
    hands: Hands,
    tell: &mut dyn FnMut(&Event),
) -> Summary {
    let Setup { mut recorder, mode, info, seed, grace, observe, requests: each_request } = setup;
    let (sender, mut told) = mpsc::unbounded_channel::<Told>();
    let teller = Teller::new(sender);
    let mut troubles = cluster.troubles();
    if each_request {
        let teller = teller.clone();
        cluster.hear(move |request| teller.tell(observe::requested(request)));
    }
    let context = info.as_ref().and_then(|info| info.context.clone());
    teller.tell(started(plan, sources, mode, info, seed));
    let began = Instant::now();
    let mut troubled = 0;
    let outstanding = Outstanding::new();
    let (mut observing, begun) = Observing::begin(cluster, &plan.namespace, observe);
    let mut record = |told: Told| match told {
        Told::Event(step, attempt, kind) => tell(&recorder.record(step, attempt, kind)),
        Told::Mask(values) => recorder.mask(values),
    };
    let summary = {
        let stop = hands.stop.clone();
        let mut course = Course {
            plan,
            sources,
            cluster,
            teller: teller.clone(),
            ask: &hands.ask,
            outstanding: outstanding.clone(),
            stop,
            grace,
            began,
            begun,
            state: State::default(),
        };
        let running = AssertUnwindSafe(course.run()).catch_unwind();
        tokio::pin!(running);
        let mut stops = hands.stop.clone();
        loop {
            tokio::select! {
                biased;
                Some(told) = told.recv() => {
                    record(observing.hear(told));
                }
                Ok(()) = stops.changed() => record(Told::Event(None, None, interrupted(*stops.borrow_and_update(), grace))),
                Some(trouble) = troubles.recv() => {
                    troubled += u64::from(!trouble.over);
                    record(Told::Event(None, None, transport(trouble)));
                }
                seen = observing.next() => record(seen),
                ended = &mut running => break ended.unwrap_or_else(|panic| defect(panic.as_ref())),
            }
        }
    };
    if !matches!(*hands.stop.borrow(), Stop::Now(_)) {
        outstanding.done(course::SOON).await;
    }
    outstanding.end_asides();
    while let Ok(told) = told.try_recv() {
        record(observing.hear(told));
    }
    while let Some(seen) = observing.try_next() {
        record(seen);
    }
    while let Ok(trouble) = troubles.try_recv() {
        record(Told::Event(None, None, transport(trouble)));
    }
    if summary.ending != Ending::Passed
        && let Some(left) = left_behind(cluster, context.as_deref())
    {
        record(Told::Event(None, None, left));
    }
    let finished = EventKind::RunFinished {
        ending: summary.ending,
        exit_code: summary.ending.exit_code(),
        counts: summary.counts,
        duration_ms: millis(began.elapsed()),
        requests: requests(cluster, troubled),
        failure: summary.failure.clone(),
    };
    record(Told::Event(None, None, finished));
    summary
}

fn started(plan: &Plan, sources: &Sources, mode: Mode, cluster: Option<ClusterInfo>, seed: u64) -> EventKind {
    let planned = |step: &Step| PlannedStep {
        step: step.path.clone(),
        id: step.id().map(str::to_owned),
        name: step.title.clone(),
        verb: step.action.verb().to_owned(),
        place: sources.place(step.verb),
    };
    EventKind::RunStarted {
        tool: Tool { name: env!("CARGO_PKG_NAME").into(), version: env!("CARGO_PKG_VERSION").into() },
        playbook: PlaybookInfo {
            name: plan.name.clone(),
            file: sources.name(plan.file).to_owned(),
            text: sources.text(plan.file).to_owned(),
            description: plan.description.clone(),
            tags: plan.tags.clone(),
        },
        mode,
        seed,
        cluster,
        namespace: plan.namespace.clone(),
        vars: plan.vars.clone(),
        objects: plan.default_target().map(|object| object.title()).collect(),
        steps: plan.all_steps().map(planned).collect(),
    }
}

fn interrupted(stop: Stop, grace: Duration) -> EventKind {
    let (signal, grace) = match stop {
        Stop::Running => ("", None),
        Stop::Gracefully(signal) => (signal.as_str(), Some(grace)),
        // What came after the first signal: SIGTERM ends it soon, SIGINT at once.
        Stop::Soon(_) => (Signal::Terminate.as_str(), None),
        Stop::Now(_) => (Signal::Interrupt.as_str(), None),
    };
    EventKind::Interrupted { signal: signal.into(), grace_ms: grace.map(millis) }
}

fn transport(trouble: crate::cluster::Trouble) -> EventKind {
    EventKind::TransportTrouble {
        what: trouble.what,
        status: trouble.status,
        message: trouble.message,
        count: trouble.count,
        outage_ms: trouble.recovered.map(millis),
    }
}

fn requests(cluster: &Cluster, troubles: u64) -> Requests {
    let counts = cluster.counts();
    Requests {
        total: counts.requests,
        get: counts.get,
        list: counts.list,
        watch: counts.watch,
        write: counts.create + counts.apply + counts.patch + counts.delete,
        discovery: counts.discovery,
        retried: counts.retries,
        troubles,
    }
}

/// A panic is a defect of this program, and ends the run as a failure.
fn defect(panic: &(dyn std::any::Any + Send)) -> Summary {
    let words = panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    let message = format!("this program has a defect: {}", words.unwrap_or_else(|| "it panicked".into()));
    let failure =
        Failure::new(Cause::Defect, message).help("Please report it with the playbook and this message.");
    Summary { ending: Ending::Failed, counts: Counts::default(), failure: Some(failure) }
}

/// Sleeps until an instant, or for ever.
async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
