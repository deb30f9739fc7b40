//! One step: its `when`, its deadline, its attempts, what must fail, what is expected and saved.
//! It must never know what its verb does: the one match over the verbs says who does it.

use super::context::{Bound, Context, Done, Pace, Teller};
use super::one::unmet;
use super::outstanding::Outstanding;
use super::{Ask, apply, delete, describe, get, logs, patch, pause, scale, wait};
use crate::cluster::Cluster;
use crate::event::{Cause, EventKind, Failure, Outcome};
use crate::json::{Map, Value, json};
use crate::plan::{self, Plan};
use crate::playbook::action::Action;
use crate::playbook::duration;
use crate::playbook::step::Retry;
use crate::playbook::template::Scope;
use crate::source::Sources;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How much longer than its deadline a verb may take to say why it is not done.
const LAST_WORDS: Duration = Duration::from_secs(8);

/// How a step ended.
pub(super) enum End {
    /// It passed, and saved this.
    Passed(Map),
    /// Its `when` was false.
    Skipped,
    /// It failed.
    Failed {
        /// Why.
        failure: Box<Failure>,
        /// Whether the run goes on all the same.
        keep_going: bool,
    },
}

/// What a step needs besides itself.
pub(super) struct Surroundings<'a> {
    pub plan: &'a Plan,
    pub sources: &'a Sources,
    pub cluster: &'a Cluster,
    pub scope: &'a Scope,
    pub ask: &'a Ask,
    pub outstanding: &'a Outstanding,
    /// When its phase ends.
    pub bound: Option<Bound>,
    pub pace: Pace,
}

/// Runs a step from its first event to its last, unless `stopped` comes to an end before.
pub(super) async fn run(
    step: &plan::Step,
    around: &Surroundings<'_>,
    teller: &Teller,
    stopped: impl Future<Output = String>,
) -> End {
    let teller = teller.of(&step.path);
    let began = Instant::now();
    let finished = |outcome, words: String, failure: Option<Failure>, kept_going, saved, evidence| {
        EventKind::StepFinished {
            outcome,
            words,
            duration_ms: millis(began.elapsed()),
            failure,
            kept_going,
            saved,
            evidence,
        }
    };
    let cx = |deadline: Option<Instant>, teller: Teller| Context {
        plan: around.plan,
        sources: around.sources,
        cluster: deadline.map_or_else(|| around.cluster.clone(), |deadline| around.cluster.until(deadline)),
        began,
        deadline,
        bound: around.bound.as_ref(),
        scope: around.scope,
        outstanding: around.outstanding,
        step,
        teller,
        pace: around.pace,
    };
    let outer = cx(around.bound.as_ref().map(|bound| bound.at), teller.clone());
    let asked = match &step.envelope.when {
        None => Ok(None),
        Some(when) => outer.asked(when),
    };
    let limits = match asked {
        Ok(Some(reason)) => {
            teller.tell(finished(Outcome::Skipped, reason, None, false, Map::new(), Vec::new()));
            return End::Skipped;
        }
        Ok(None) => Limits::of(step, &outer),
        Err(failure) => Err(failure),
    };
    let limits = match limits {
        Ok(limits) => limits,
        Err(failure) => {
            let failure = failure.at(outer.place(step.verb));
            teller.tell(finished(
                Outcome::Failed,
                String::new(),
                Some(failure.clone()),
                false,
                Map::new(),
                Vec::new(),
            ));
            return End::Failed { failure: Box::new(failure), keep_going: false };
        }
    };
    teller.tell(EventKind::StepStarted {
        name: outer.name(),
        verb: step.action.verb().to_owned(),
        targets: outer.targets(),
        deadline_ms: limits.deadline.map(|deadline| millis(deadline.saturating_duration_since(began))),
    });
    let attempts = attempts(step, &limits, &teller, &cx, around.ask);
    let ended = tokio::select! {
        biased;
        signal = stopped => {
            let failure = Failure::new(Cause::Interrupted, format!("{signal} ended the step")).at(outer.place(step.verb));
            teller.tell(finished(Outcome::Interrupted, signal, Some(failure.clone()), false, Map::new(), Vec::new()));
            return End::Failed { failure: Box::new(failure), keep_going: false };
        }
        ended = attempts => ended,
    };
    match ended {
        Ok((done, saved)) => {
            teller.tell(finished(Outcome::Passed, done.words, None, false, saved.clone(), done.evidence));
            End::Passed(saved)
        }
        Err(failure) => {
            let failure = failure.at(outer.place(step.verb));
            teller.tell(finished(
                Outcome::Failed,
                String::new(),
                Some(failure.clone()),
                limits.keep_going,
                Map::new(),
                Vec::new(),
            ));
            End::Failed { failure: Box::new(failure), keep_going: limits.keep_going }
        }
    }
}

/// The limits of a step.
struct Limits {
    deadline: Option<Instant>,
    attempt: Option<Duration>,
    keep_going: bool,
    retry: Option<Again>,
}

/// How to try again.
struct Again {
    attempts: Option<u32>,
    delay: Duration,
    backoff: f64,
}

impl Limits {
    fn of(step: &plan::Step, cx: &Context<'_>) -> Result<Limits, Failure> {
        let own = cx.maybe(step.envelope.timeout.as_ref())?;
        let attempt = cx.maybe(step.action.attempt_timeout())?;
        let hold = cx.maybe(step.action.hold_for())?.unwrap_or_default();
        let endless = matches!(step.action, Action::Pause(_) | Action::Sleep(_));
        let retries = step.envelope.retry.is_some();
        let limit = match (own, attempt) {
            (Some(own), _) => Some(own),
            // The verb's own timeout is that of the step when there is but one attempt.
            (None, Some(attempt)) if !retries => Some(attempt),
            (None, _) if endless => None,
            (None, _) => Some(cx.plan.default_timeout.max(attempt.unwrap_or_default()) + hold),
        };
        let deadline = [limit.map(|limit| cx.began + limit), cx.deadline].into_iter().flatten().min();
        let retry = match &step.envelope.retry {
            None => None,
            Some(Retry { attempts, delay, backoff }) => Some(Again {
                attempts: cx.maybe(attempts.as_ref())?,
                delay: cx.maybe(delay.as_ref())?.unwrap_or(Duration::from_secs(1)),
                backoff: cx.maybe(backoff.as_ref())?.unwrap_or(1.0),
            }),
        };
        Ok(Limits {
            deadline,
            attempt,
            keep_going: cx.maybe(step.envelope.keep_going.as_ref())?.unwrap_or(false),
            retry,
        })
    }
}

type Ended = Result<(Done, Map), Failure>;

/// Tries until it passes, may not be tried again, or time is up.
async fn attempts<'a>(
    step: &plan::Step,
    limits: &Limits,
    teller: &Teller,
    cx: &impl Fn(Option<Instant>, Teller) -> Context<'a>,
    ask: &Ask,
) -> Ended {
    let mut delay = limits.retry.as_ref().map_or(Duration::ZERO, |retry| retry.delay);
    for attempt in 1_u32.. {
        let teller = if limits.retry.is_some() { teller.attempt(attempt) } else { teller.clone() };
        let own = limits.attempt.map(|attempt| Instant::now() + attempt);
        let deadline = [own, limits.deadline].into_iter().flatten().min();
        let failure = match once(step, &cx(deadline, teller.clone()), ask).await {
            Ok(passed) => return Ok(passed),
            Err(failure) => failure,
        };
        let Some(retry) = &limits.retry else { return Err(failure) };
        // What earlier steps saved will not fit better the next time.
        let hopeless = matches!(failure.cause, Cause::Invalid | Cause::Interrupted | Cause::Defect);
        let spent = retry.attempts.is_some_and(|most| attempt >= most);
        let late = limits.deadline.is_some_and(|deadline| Instant::now() + delay >= deadline);
        if hopeless || spent || late {
            return Err(failure);
        }
        teller.tell(EventKind::StepRetried { delay_ms: millis(delay), failure });
        sleep(delay).await;
        delay = Duration::from_secs_f64(
            (delay.as_secs_f64() * retry.backoff).min(duration::LONGEST.as_secs_f64()),
        );
    }
    Err(Failure::new(Cause::Defect, "no attempt is left"))
}

/// One attempt: the verb, then what must have come of it.
async fn once(step: &plan::Step, cx: &Context<'_>, ask: &Ask) -> Ended {
    let acted = act(step, cx, ask);
    let acted = match cx.deadline {
        None => acted.await,
        Some(deadline) => match timeout_at(deadline + LAST_WORDS, acted).await {
            Ok(acted) => acted,
            Err(_) => {
                let message = format!("`{}` was not done {}", step.action.verb(), cx.in_time());
                Err(Failure::new(Cause::TimedOut, message))
            }
        },
    };
    // What could not be reached until the deadline ran out of time.
    let acted = acted.map_err(|failure| match (failure.cause, cx.deadline) {
        (Cause::Unreachable, Some(deadline)) if Instant::now() >= deadline => {
            Failure { cause: Cause::TimedOut, ..failure }
        }
        _ => failure,
    });
    let done = match &step.envelope.must_fail {
        None => acted?,
        Some(must_fail) => refused(&cx.late(must_fail)?, acted, cx)?,
    };
    if let Some(expect) = &step.envelope.expect {
        let condition = cx.late(expect)?;
        if let Some((words, unmet)) = unmet(&condition, &done.value) {
            let message = format!("the result is not as expected: {words}");
            let mut failure = Failure::new(Cause::Unmet, message).at(cx.place(expect.span()));
            failure.unmet = unmet;
            return Err(failure);
        }
    }
    let saved = save(step, &done.value, cx)?;
    Ok((done, saved))
}

/// The one match over the verbs.
async fn act(step: &plan::Step, cx: &Context<'_>, ask: &Ask) -> Result<Done, Failure> {
    match &step.action {
        Action::Apply(action) => apply::apply(action, cx).await,
        Action::WaitUntil(action) => wait::wait_until(action, cx).await,
        Action::Assert(action) => wait::assert(action, cx).await,
        Action::Patch(action) => patch::patch(action, cx).await,
        Action::Scale(action) => scale::scale(action, cx).await,
        Action::Delete(action) => delete::delete(action, cx).await,
        Action::Get(action) => get::get(action, cx).await,
        Action::Describe(action) => describe::describe(action, cx).await,
        Action::Logs(action) => logs::logs(action, cx).await,
        Action::Pause(action) => pause::pause(action, ask, cx).await,
        Action::Sleep(action) => {
            let length = cx.late(&action.duration)?;
            let end = Instant::now() + length;
            if let Some(deadline) = cx.deadline.filter(|deadline| *deadline < end) {
                tokio::time::sleep_until(deadline).await;
                return Err(Failure::new(
                    Cause::TimedOut,
                    format!("the deadline passed before {} had", duration::words(length)),
                ));
            }
            sleep(length).await;
            Ok(Done::new(Value::Null, format!("slept {}", duration::words(length))))
        }
    }
}

/// Passes if the API server refused as it must.
fn refused(
    must_fail: &crate::playbook::condition::Condition,
    acted: Result<Done, Failure>,
    cx: &Context<'_>,
) -> Result<Done, Failure> {
    let place = cx.place(must_fail.span());
    let failure = match acted {
        Ok(done) => {
            let words = if done.words.is_empty() { String::new() } else { format!(" ({})", done.words) };
            return Err(
                Failure::new(Cause::Unmet, format!("it must be refused, and it was not{words}")).at(place)
            );
        }
        Err(failure) => failure,
    };
    let Some(refusal) = &failure.refusal else { return Err(failure) };
    let value = json!({ "code": refusal.code, "reason": refusal.reason, "message": refusal.message });
    match unmet(must_fail, &value) {
        None => Ok(Done::new(value, format!("refused as it must be: {} {}", refusal.code, refusal.reason))),
        Some((words, unmet)) => {
            let message = format!("it was refused otherwise than it must be: {words}");
            let told = Failure::new(Cause::Unmet, message).at(place);
            Err(Failure { unmet, refusal: failure.refusal, ..told })
        }
    }
}

/// What the step saves of its result.
fn save(step: &plan::Step, result: &Value, cx: &Context<'_>) -> Result<Map, Failure> {
    let mut saved = Map::new();
    for (name, query) in step.envelope.save.iter().flat_map(|saves| &saves.0) {
        let span = query.span();
        let query = cx.late(query)?;
        let hits = query.select(result);
        let value = if query.is_singular() {
            let hit = hits.first().ok_or_else(|| {
                let message = format!(
                    "`{}` selects nothing in the result, so `{}` cannot be saved",
                    query.source(),
                    name.value
                );
                Failure::new(Cause::Unmet, message).at(cx.place(span))
            })?;
            hit.value.clone()
        } else {
            hits.into_iter().map(|hit| hit.value.clone()).collect()
        };
        saved.insert(name.value.as_str().into(), value);
    }
    Ok(saved)
}

/// Milliseconds for an event.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
