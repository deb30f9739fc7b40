//! `wait-until`, `assert`, and the `wait` of other verbs: follows objects until a condition holds, or never will, or time is up.
//! It must never poll: every judgement follows a change that a watch has shown, or a time that has come.

use super::context::{Context, Done};
use super::explain::explain;
use super::panel::{Gate, Rule};
use super::subject::Subject;
use super::until;
use super::waiting::Waiting;
use crate::cluster::ObjectRef;
use crate::event::{Cause, Failure};
use crate::playbook::action::{Assert, FailWhen, Match, WaitUntil};
use crate::playbook::condition::Condition;
use crate::playbook::late::Late;
use std::time::Duration;
use tokio::time::Instant;

/// How long a condition must stay true after a write where nothing tells whether it is fresh.
pub(super) const SETTLE: Duration = Duration::from_secs(2);
/// How long `fail-when` must hold.
const FAIL_HOLD: Duration = Duration::from_secs(2);

/// What is waited for.
pub(super) struct Wait<'c> {
    /// On what.
    pub subjects: Vec<Subject>,
    /// What must hold.
    pub condition: &'c Condition,
    /// How many must satisfy.
    pub rule: Rule,
    /// How freshness is treated.
    pub gate: Gate,
    /// How long it must stay true.
    pub hold: Duration,
    /// Whether an object made anew under its name is followed.
    pub allow_recreate: bool,
    /// Whether it is judged once, as soon as it can be.
    pub once: bool,
    /// What ends it early.
    pub fail_when: Option<Fail<'c>>,
}

/// What ends a wait early.
pub(super) struct Fail<'c> {
    /// On what.
    pub subjects: Vec<Subject>,
    /// What must not hold.
    pub condition: &'c Condition,
    /// For how long it counts.
    pub hold: Duration,
}

impl<'c> Wait<'c> {
    /// A wait with nothing else said.
    pub(super) fn plain(subjects: Vec<Subject>, condition: &'c Condition) -> Wait<'c> {
        Wait {
            subjects,
            condition,
            rule: Rule::ALL,
            gate: Gate { fresh: true, settle: SETTLE },
            hold: Duration::ZERO,
            allow_recreate: false,
            once: false,
            fail_when: None,
        }
    }
}

/// Carries out a `wait-until`.
pub(super) async fn wait_until(action: &WaitUntil, cx: &Context<'_>) -> Result<Done, Failure> {
    let condition = cx.late(&action.condition)?;
    let fail_when = match &action.fail_when {
        Some(FailWhen { condition, .. }) => Some(cx.late(condition)?),
        None => None,
    };
    let subjects = cx.subjects(action.target.as_ref()).await?;
    let fail = match (&action.fail_when, &fail_when) {
        (Some(written), Some(condition)) => Some(Fail {
            subjects: if written.target.is_some() {
                cx.subjects(written.target.as_ref()).await?
            } else {
                subjects.clone()
            },
            condition,
            hold: cx.maybe(written.hold_for.as_ref())?.unwrap_or(FAIL_HOLD),
        }),
        _ => None,
    };
    let wait = Wait {
        rule: rule(cx, action.matching, action.at_least.as_ref(), action.at_most.as_ref())?,
        gate: Gate {
            fresh: cx.maybe(action.fresh.as_ref())?.unwrap_or(true),
            settle: cx.maybe(action.settle.as_ref())?.unwrap_or(SETTLE),
        },
        hold: cx.maybe(action.hold_for.as_ref())?.unwrap_or_default(),
        allow_recreate: cx.maybe(action.allow_recreate.as_ref())?.unwrap_or(false),
        fail_when: fail,
        ..Wait::plain(subjects, &condition)
    };
    wait_for(wait, cx).await
}

/// Carries out an `assert`.
pub(super) async fn assert(action: &Assert, cx: &Context<'_>) -> Result<Done, Failure> {
    let condition = cx.late(&action.condition)?;
    let wait = Wait {
        rule: rule(cx, action.matching, action.at_least.as_ref(), action.at_most.as_ref())?,
        gate: Gate { fresh: cx.maybe(action.fresh.as_ref())?.unwrap_or(true), settle: SETTLE },
        hold: cx.maybe(action.hold_for.as_ref())?.unwrap_or_default(),
        once: true,
        ..Wait::plain(cx.subjects(action.target.as_ref()).await?, &condition)
    };
    wait_for(wait, cx).await
}

/// The `wait` of another verb, on the objects that it acted on.
pub(super) async fn effect(
    condition: Option<&Late<Condition>>,
    objects: &[ObjectRef],
    cx: &Context<'_>,
) -> Result<Option<Done>, Failure> {
    let Some(condition) = condition else { return Ok(None) };
    let condition = cx.late(condition)?;
    let subjects = objects.iter().cloned().map(Subject::Named).collect();
    wait_for(Wait::plain(subjects, &condition), cx).await.map(Some)
}

fn rule(
    cx: &Context<'_>,
    matching: Option<Match>,
    at_least: Option<&Late<u32>>,
    at_most: Option<&Late<u32>>,
) -> Result<Rule, Failure> {
    let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    let at_most = cx.maybe(at_most)?.map(count);
    // `at-most: 0` asks for none; the least of 1 that is understood otherwise would contradict it.
    let least = if at_most == Some(0) { 0 } else { 1 };
    Ok(Rule {
        matching: matching.unwrap_or(Match::All),
        at_least: cx.maybe(at_least)?.map_or(least, count),
        at_most,
    })
}

/// Follows the objects until the condition holds, or never will, or the deadline has passed.
pub(super) async fn wait_for(wait: Wait<'_>, cx: &Context<'_>) -> Result<Done, Failure> {
    let mut waiting = Waiting::open(&wait, cx).await?;
    match to_the_end(&mut waiting, cx).await {
        Err(failure)
            if !waiting.head.is_empty() && matches!(failure.cause, Cause::Unmet | Cause::TimedOut) =>
        {
            Err(explain(failure, &waiting.head, &waiting.at_fault(), cx).await)
        }
        ended => ended,
    }
}

async fn to_the_end(waiting: &mut Waiting<'_>, cx: &Context<'_>) -> Result<Done, Failure> {
    loop {
        if let Some(end) = waiting.judge_all().await? {
            return end;
        }
        let wake = waiting.wake();
        tokio::select! {
            biased;
            change = waiting.view.next() => {
                waiting.take(change).await?;
                // Before the first judgement of the whole, what comes is taken in at once.
                while !waiting.view.is_complete() && let Some(change) = waiting.view.try_next() {
                    waiting.take(change).await?;
                }
            }
            () = until(wake) => {
                if cx.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                    return waiting.out_of_time().await;
                }
                waiting.time_has_come();
            }
        }
    }
}
