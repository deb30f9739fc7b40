//! The interpreter: takes a plan's steps in order, with deadlines, retries, handlers and interruption, and tells what happens.
//! It must never know that rehearsals, reports or terminals exist.

mod apply;
mod context;
mod delete;
mod get;
mod judge;
mod one;
mod outstanding;
mod owned;
mod panel;
mod patch;
mod pause;
mod preflight;
mod scale;
mod step;
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
use crate::plan::{Plan, Step};
use crate::playbook::duration;
use crate::source::Sources;
use context::{Bound, Pace, Teller, Told};
use outstanding::Outstanding;
use serde_json::{Map, Value, json};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;
use step::{End, Surroundings, millis};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use futures_util::FutureExt;

/// Whether the run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// It does.
    Running,
    /// It ends: the step is ended, the handlers run within the grace period.
    Gracefully(Signal),
    /// It ends soon: outstanding deletes are sent, nothing is waited for.
    Soon(Signal),
    /// It ends at once: nothing more is sent.
    Now(Signal),
}

/// What ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// SIGINT, mostly a person.
    Interrupt,
    /// SIGTERM, mostly a machine.
    Terminate,
}

impl Signal {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
        }
    }
}

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

/// How long what is outstanding may take to be sent when the run ends soon.
const SOON: Duration = Duration::from_millis(1500);
/// How long the cluster is tried before anything was done.
const FIRST_CONTACT: Duration = Duration::from_secs(10);

/// Runs a plan. `tell` gets every event, in order; it has no other caller.
pub async fn run(
    plan: &Plan,
    sources: &Sources,
    cluster: &Cluster,
    setup: Setup,
    hands: Hands,
    tell: &mut dyn FnMut(&Event),
) -> Summary {
    let Setup { mut recorder, mode, info, seed, grace } = setup;
    let (sender, mut told) = mpsc::unbounded_channel::<Told>();
    let teller = Teller::new(sender);
    let mut troubles = cluster.troubles();
    teller.tell(started(plan, sources, mode, info, seed));
    let began = Instant::now();
    let mut troubled = 0;
    let outstanding = Outstanding::new();
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
            state: State::default(),
        };
        let running = AssertUnwindSafe(course.run()).catch_unwind();
        tokio::pin!(running);
        let mut stops = hands.stop.clone();
        loop {
            tokio::select! {
                biased;
                Some(told) = told.recv() => record(told),
                Ok(()) = stops.changed() => record(Told::Event(None, None, interrupted(*stops.borrow_and_update(), grace))),
                Some(trouble) = troubles.recv() => {
                    troubled += u64::from(!trouble.over);
                    record(Told::Event(None, None, transport(trouble)));
                }
                ended = &mut running => break ended.unwrap_or_else(|panic| defect(panic.as_ref())),
            }
        }
    };
    if !matches!(*hands.stop.borrow(), Stop::Now(_)) {
        outstanding.done(SOON).await;
    }
    while let Ok(told) = told.try_recv() {
        record(told);
    }
    while let Ok(trouble) = troubles.try_recv() {
        record(Told::Event(None, None, transport(trouble)));
    }
    if summary.ending != Ending::Passed
        && let Some(left) = left_behind(cluster)
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

/// What has come of the steps so far.
#[derive(Default)]
struct State {
    counts: Counts,
    /// The first failure and the title of its step; it decides.
    first: Option<(Failure, String)>,
    saved: Map<String, Value>,
    refused_before_anything: bool,
}

struct Course<'a> {
    plan: &'a Plan,
    sources: &'a Sources,
    cluster: &'a Cluster,
    teller: Teller,
    ask: &'a Ask,
    outstanding: Outstanding,
    stop: watch::Receiver<Stop>,
    grace: Duration,
    began: Instant,
    state: State,
}

impl Course<'_> {
    async fn run(&mut self) -> Summary {
        let bound = [(self.plan.timeout, "playbook"), (self.plan.run_timeout, "run")]
            .into_iter()
            .filter_map(|(limit, whose)| Some((limit?, whose)))
            .min()
            .map(|(limit, whose)| Bound {
                at: self.began + limit,
                of: format!("the {whose}'s timeout ({})", duration::words(limit)),
            });
        let contact = self.began + FIRST_CONTACT;
        let contact = bound.as_ref().map_or(contact, |bound| bound.at.min(contact));
        let cluster = self.cluster.until(contact);
        let mut stop = self.stop.clone();
        let looked = tokio::select! {
            biased;
            signal = signalled(&mut stop, Stop::Running) => {
                return Summary { ending: ending_of(signal), counts: self.counts(), failure: None };
            }
            looked = preflight::look(self.plan, self.sources, &cluster) => looked,
        };
        if let Err(failure) = looked {
            return Summary { ending: Ending::Refused, counts: self.counts(), failure: Some(failure) };
        }
        self.steps(bound).await;
        self.handlers().await;
        let signal = signal_of(*self.stop.borrow());
        let ending = match (&self.state.first, signal) {
            // The first failure decides; a signal that came during it is what ended it.
            (Some((failure, _)), _) if failure.cause != Cause::Interrupted => match failure.cause {
                Cause::TimedOut => Ending::TimedOut,
                _ if self.state.refused_before_anything => Ending::Refused,
                _ => Ending::Failed,
            },
            (_, Some(signal)) => ending_of(signal),
            (Some(_), None) => Ending::Failed,
            (None, None) => Ending::Passed,
        };
        let failure = self.state.first.take().map(|(failure, _)| failure);
        // That a signal ended a step is no failure of its own.
        let failure = failure.filter(|_| !matches!(ending, Ending::Interrupted | Ending::Terminated));
        Summary { ending, counts: self.counts(), failure }
    }

    fn counts(&self) -> Counts {
        let mut counts = self.state.counts;
        let steps = u32::try_from(self.plan.steps.len()).unwrap_or(u32::MAX);
        counts.skipped = steps.saturating_sub(counts.passed + counts.failed);
        counts
    }

    /// `steps`, until the first failure.
    async fn steps(&mut self, bound: Option<Bound>) {
        for step in &self.plan.steps {
            if *self.stop.borrow() != Stop::Running {
                return;
            }
            let mut stop = self.stop.clone();
            let stopped = async move { signalled(&mut stop, Stop::Running).await.as_str().to_owned() };
            let end = self.step(step, bound.clone(), Pace::Full, stopped).await;
            match end {
                End::Passed(_) => self.state.counts.passed += 1,
                End::Skipped => {}
                End::Failed { failure, keep_going } => {
                    let interrupted =
                        failure.cause == Cause::Interrupted && *self.stop.borrow() != Stop::Running;
                    self.state.counts.failed += u32::from(!interrupted);
                    let done_nothing = self.state.counts.passed == 0 && self.cluster.ledger().is_empty();
                    let refused =
                        matches!(failure.refusal.as_ref().map(|refusal| refusal.code), Some(401 | 403))
                            || failure.cause == Cause::Unreachable;
                    if self.state.first.is_none() {
                        self.state.refused_before_anything = done_nothing && refused;
                    }
                    self.state.first.get_or_insert((*failure, step.title.clone()));
                    if !keep_going {
                        return;
                    }
                }
            }
        }
    }

    /// `on-failure` if a step failed, then `finally`. They go on after a failure of their own, which never hides the first.
    async fn handlers(&mut self) {
        let stop = *self.stop.borrow();
        let bounded = stop != Stop::Running
            || self.plan.run_timeout.is_some_and(|limit| self.began + limit <= Instant::now());
        let length = self.grace;
        let grace = || Bound {
            at: Instant::now() + length,
            of: format!("the grace period ({})", duration::words(length)),
        };
        let mut bound = bounded.then(grace);
        let failed = self.state.first.is_some();
        let on_failure: &[Step] = if failed || stop != Stop::Running { &self.plan.on_failure } else { &[] };
        for step in on_failure.iter().chain(&self.plan.finally) {
            let now = *self.stop.borrow();
            if bound.is_none() && now != Stop::Running {
                bound = Some(grace());
            }
            let end = match now {
                Stop::Now(_) => return,
                Stop::Soon(_) => {
                    // Only what removes things is still sent.
                    if step.action.verb() != "delete" {
                        continue;
                    }
                    let mut stop = self.stop.clone();
                    let stopped = async move {
                        signalled(&mut stop, Stop::Soon(Signal::Terminate)).await.as_str().to_owned()
                    };
                    self.step(step, Some(soon()), Pace::Hurried, stopped).await
                }
                Stop::Running | Stop::Gracefully(_) => {
                    let mut stop = self.stop.clone();
                    let grace = self.grace;
                    let stopped = async move { out_of_grace(&mut stop, grace).await.as_str().to_owned() };
                    self.step(step, bound.clone(), Pace::Full, stopped).await
                }
            };
            if let End::Failed { failure, .. } = end {
                let hurried =
                    matches!(*self.stop.borrow(), Stop::Soon(_)) && failure.cause == Cause::Interrupted;
                if hurried && step.action.verb() == "delete" {
                    // It was waiting when the second signal came; its deletes may not have been sent.
                    let never = std::future::pending();
                    let _ = self.step(step, Some(soon()), Pace::Hurried, never).await;
                }
                self.state.first.get_or_insert((*failure, step.title.clone()));
            }
        }
    }

    async fn step(
        &mut self,
        step: &Step,
        bound: Option<Bound>,
        pace: Pace,
        stopped: impl Future<Output = String>,
    ) -> End {
        let mut scope = self.plan.scope.clone();
        scope.late.clear();
        scope.known.insert("steps".into(), Value::Object(self.state.saved.clone()));
        let failure = self
            .state
            .first
            .as_ref()
            .map_or(Value::Null, |(failure, step)| json!({ "step": step, "message": failure.message }));
        scope.known.insert("failure".into(), failure);
        let around = Surroundings {
            plan: self.plan,
            sources: self.sources,
            cluster: self.cluster,
            scope: &scope,
            ask: self.ask,
            outstanding: &self.outstanding,
            bound,
            pace,
        };
        let end = step::run(step, &around, &self.teller, stopped).await;
        if let (End::Passed(saved), Some(id)) = (&end, step.id()) {
            self.state.saved.insert(id.to_owned(), Value::Object(saved.clone()));
        }
        end
    }
}

/// The end of what is outstanding when the run ends soon.
fn soon() -> Bound {
    Bound { at: Instant::now() + SOON, of: format!("the last {}", duration::words(SOON)) }
}

/// Waits until the handlers must end: the grace period has passed since the first signal, or a more urgent one came.
async fn out_of_grace(stop: &mut watch::Receiver<Stop>, grace: Duration) -> Signal {
    let first = signalled(stop, Stop::Running).await;
    let more = signalled(stop, Stop::Gracefully(first));
    tokio::time::timeout(grace, more).await.unwrap_or(first)
}

/// Waits until the run is to be ended more urgently than `than`.
async fn signalled(stop: &mut watch::Receiver<Stop>, than: Stop) -> Signal {
    match stop.wait_for(|stop| urgency(*stop) > urgency(than)).await {
        Ok(stop) => signal_of(*stop).unwrap_or(Signal::Interrupt),
        // Nobody can end it any more.
        Err(_) => std::future::pending().await,
    }
}

fn urgency(stop: Stop) -> u8 {
    match stop {
        Stop::Running => 0,
        Stop::Gracefully(_) => 1,
        Stop::Soon(_) => 2,
        Stop::Now(_) => 3,
    }
}

fn signal_of(stop: Stop) -> Option<Signal> {
    match stop {
        Stop::Running => None,
        Stop::Gracefully(signal) | Stop::Soon(signal) | Stop::Now(signal) => Some(signal),
    }
}

fn ending_of(signal: Signal) -> Ending {
    match signal {
        Signal::Interrupt => Ending::Interrupted,
        Signal::Terminate => Ending::Terminated,
    }
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

/// What this run created and has not removed, with the command that removes it.
fn left_behind(cluster: &Cluster) -> Option<EventKind> {
    let created = cluster.ledger().created();
    if created.is_empty() {
        return None;
    }
    let mut commands: Vec<(Option<String>, Vec<String>)> = Vec::new();
    for written in created.iter().rev() {
        let name = format!("{}/{}", written.resource.full_name(), written.name);
        match commands.iter_mut().find(|(namespace, _)| *namespace == written.namespace) {
            Some((_, names)) => names.push(name),
            None => commands.push((written.namespace.clone(), vec![name])),
        }
    }
    let command = commands
        .iter()
        .map(|(namespace, names)| {
            let namespace =
                namespace.as_ref().map_or_else(String::new, |namespace| format!(" -n {namespace}"));
            format!("kubectl delete{namespace} {}", names.join(" "))
        })
        .collect::<Vec<_>>()
        .join(" && ");
    Some(EventKind::LeftBehind {
        objects: created.iter().map(|written| written.object().short()).collect(),
        command,
    })
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
