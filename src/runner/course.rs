//! The course of a run: the steps until the first failure, then the handlers, and which ending that makes.
//! It must never know how a verb is carried out.

use super::context::{Bound, Pace, Teller};
use super::observing::{self, Begun};
use super::outstanding::Outstanding;
use super::step::{self, End, Surroundings};
use super::stop::{Signal, Stop, ending_of, out_of_grace, signal_of, signalled};
use super::{Ask, Summary, preflight};
use crate::cluster::Cluster;
use crate::event::{Cause, Counts, Ending, Failure};
use crate::json::{Map, Value, json};
use crate::plan::{Plan, Step};
use crate::playbook::duration;
use crate::source::Sources;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long what is outstanding may take to be sent when the run ends soon.
pub(super) const SOON: Duration = Duration::from_millis(1500);
/// How long the cluster is tried before anything was done.
const FIRST_CONTACT: Duration = Duration::from_secs(10);

/// What has come of the steps so far.
#[derive(Default)]
pub(super) struct State {
    counts: Counts,
    /// The first failure and the title of its step; it decides.
    first: Option<(Failure, String)>,
    saved: Map,
    refused_before_anything: bool,
}

/// A run on its way through the plan.
pub(super) struct Course<'a> {
    pub plan: &'a Plan,
    pub sources: &'a Sources,
    pub cluster: &'a Cluster,
    pub teller: Teller,
    pub ask: &'a Ask,
    pub outstanding: Outstanding,
    pub stop: watch::Receiver<Stop>,
    pub grace: Duration,
    pub began: Instant,
    /// Comes when what the run will do can be observed from its beginning.
    pub begun: Begun,
    pub state: State,
}

impl Course<'_> {
    /// All of it.
    pub async fn run(&mut self) -> Summary {
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
        observing::begun(&mut self.begun).await;
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
                    let (grace, ending) = (self.grace, now);
                    let stopped = async move {
                        let signal = match ending {
                            Stop::Running => out_of_grace(&mut stop, grace).await,
                            // The step's own deadline is the end of the grace period, and it has more to say then.
                            ending => signalled(&mut stop, ending).await,
                        };
                        signal.as_str().to_owned()
                    };
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
            self.state.saved.insert(id.into(), Value::Object(saved.clone()));
        }
        end
    }
}

/// The end of what is outstanding when the run ends soon.
fn soon() -> Bound {
    Bound { at: Instant::now() + SOON, of: format!("the last {}", duration::words(SOON)) }
}
