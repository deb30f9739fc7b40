//! Jobs: pods run to their end, counted once, tried again when they fail, given up at their limits; and CronJobs, which make them.
//! Must never know how a pod comes to its end.
//!
//! Source: kubernetes 1.37, pkg/controller/job.

pub(super) mod cron;
mod schedule;

#[cfg(test)]
mod tests;

use super::driver::{Change, Name, View};
use super::outcome::{CREATED, Deletion, Outcome, Verb};
use super::pods;
use super::read::{
    annotation, condition, controller_of_kind, count, deleting, fields, has_finalizer, holds, items, later,
    name, namespace, stamp, text, time, uid, until,
};
use super::resource::{JOBS, PODS};
use crate::json::{Map, Text, Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Who tells the events.
const BY: &str = "job-controller";
/// Holds a pod until it is counted.
const TRACKED: &str = "batch.kubernetes.io/job-tracking";
/// The number of a pod of an indexed Job.
const INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// The first pause after a failure, and the longest.
const PAUSE: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(600);

/// What is done about pods is done together, so much later.
pub(super) const BATCH: Duration = Duration::from_secs(1);

/// A Job.
pub(super) fn concerns(_: &View, change: &Change, names: &mut Vec<Name>) {
    names.push(Name::of(JOBS, change.object));
}

/// The Job of a pod.
pub(super) fn concerns_pods(_: &View, change: &Change, names: &mut Vec<Name>) {
    let owner = controller_of_kind(change.object, "Job");
    names.extend(owner.map(|owner| Name::new(JOBS, namespace(change.object), owner)));
}

/// One look at a Job.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    let Some(job) = view.get(JOBS, &at.namespace, &at.name) else { return outcome };
    if let Some(failure) = view.failed {
        outcome.warn(BY, job, "FailedCreate", format!("Error creating: {}", failure.message));
        return outcome;
    }
    let pods = view.pods_of(job);
    if deleting(job) {
        return outcome;
    }
    let mut pass = Pass { view, job, pods, now: stamp(view.now), outcome };
    match is_finished(job) {
        true => pass.after(),
        false => pass.go(),
    }
    pass.outcome
}

/// Complete or Failed.
pub(super) fn is_finished(job: &Value) -> bool {
    holds(&job["status"], "Complete") || holds(&job["status"], "Failed")
}

struct Pass<'a> {
    view: &'a View<'a>,
    job: &'a Value,
    pods: Vec<&'a Value>,
    now: Text,
    outcome: Outcome,
}

/// Pods of a Job that are over and not counted.
#[derive(Default)]
struct Uncounted {
    succeeded: BTreeSet<String>,
    failed: BTreeSet<String>,
}

impl Pass<'_> {
    /// What is left to do for a Job that is over: letting its pods go, and going itself.
    fn after(&mut self) {
        for pod in self.pods.iter().filter(|pod| has_finalizer(pod, TRACKED)) {
            release(pod, &mut self.outcome);
        }
        let Some(seconds) = self.job["spec"]["ttlSecondsAfterFinished"].as_u64() else { return };
        let ended = ["Complete", "Failed"].iter().filter_map(|kind| condition(&self.job["status"], kind));
        let Some(ended) = ended.filter_map(|there| time(&there["lastTransitionTime"])).max() else { return };
        match until(self.view.now, later(ended, Duration::from_secs(seconds))) {
            Duration::ZERO => {
                let deletion = Deletion {
                    uid: uid(self.job).to_owned(),
                    propagation: Some("Foreground"),
                    ..Deletion::default()
                };
                self.outcome.push(JOBS, self.job, Verb::Delete(deletion));
            }
            rest => self.outcome.look_again(rest),
        }
    }

    fn go(&mut self) {
        let told = &self.job["status"]["uncountedTerminatedPods"];
        let listed = |field: &str| {
            items(&told[field]).iter().filter_map(|uid| uid.as_str().map(str::to_owned)).collect()
        };
        let known = Uncounted { succeeded: listed("succeeded"), failed: listed("failed") };
        if !known.succeeded.is_empty() || !known.failed.is_empty() {
            return self.count(&known);
        }
        let suspended = self.job["spec"]["suspend"] == true;
        let mut status = self.job["status"].clone();
        if status["startTime"].is_null() && !suspended {
            status["startTime"] = self.now.clone().into();
        }
        let failing = condition(&self.job["status"], "FailureTarget").cloned();
        let mut over = Uncounted::default();
        for pod in self.pods.iter().filter(|pod| has_finalizer(pod, TRACKED)) {
            match text(&pod["status"]["phase"]) {
                "Succeeded" => over.succeeded.insert(uid(pod).to_owned()),
                "Failed" => over.failed.insert(uid(pod).to_owned()),
                _ if deleting(pod) => over.failed.insert(uid(pod).to_owned()),
                _ => false,
            };
        }
        let succeeded = count(&status["succeeded"]) + size(&over.succeeded);
        let failed = count(&status["failed"]) + size(&over.failed);
        let active: Vec<&Value> = self.pods.iter().copied().filter(|pod| pods::is_active(pod)).collect();
        let failure = failing.is_none().then(|| self.failure(&status, failed, &active)).flatten();
        if let Some((reason, message)) = failure {
            self.push_condition(&mut status, "FailureTarget", reason, message);
        }
        if failing.is_some() || holds(&status, "FailureTarget") {
            return self.fail(status, over, &active);
        }
        if self.is_done(succeeded, &active) && !holds(&status, "SuccessCriteriaMet") {
            let message = "Reached expected number of succeeded pods";
            self.push_condition(&mut status, "SuccessCriteriaMet", "CompletionsReached", message);
            active.iter().for_each(|pod| self.delete(pod));
            return self.tell(status, &over, 0);
        }
        if suspended {
            active.iter().for_each(|pod| self.delete(pod));
            self.push_condition(&mut status, "Suspended", "JobSuspended", "Job suspended");
            return self.tell(status, &over, 0);
        }
        let made = self.manage(&active, succeeded, failed, &over);
        self.tell(status, &over, size(&active) + made);
        if let (Some(seconds), Some(start)) =
            (self.job["spec"]["activeDeadlineSeconds"].as_u64(), time(&self.job["status"]["startTime"]))
        {
            self.outcome.look_again(until(self.view.now, later(start, Duration::from_secs(seconds))));
        }
    }

    /// Counts pods that are told of: they are let go, and the Job may be over.
    fn count(&mut self, known: &Uncounted) {
        for pod in self.pods.iter().filter(|pod| has_finalizer(pod, TRACKED)) {
            if known.succeeded.contains(uid(pod)) || known.failed.contains(uid(pod)) {
                release(pod, &mut self.outcome);
            }
        }
        let mut status = self.job["status"].clone();
        for (field, pods) in [("succeeded", &known.succeeded), ("failed", &known.failed)] {
            let total = count(&status[field]) + size(pods);
            if total > 0 {
                status[field] = total.into();
            }
        }
        self.indices(&mut status, known);
        status["uncountedTerminatedPods"] = json!({});
        if holds(&status, "SuccessCriteriaMet") {
            self.complete(&mut status);
        }
        self.outcome.set_status(JOBS, self.job, status);
    }

    fn complete(&mut self, status: &mut Value) {
        let message = "Reached expected number of succeeded pods";
        self.push_condition(status, "Complete", "CompletionsReached", message);
        status["completionTime"] = self.now.clone().into();
        self.outcome.normal(BY, self.job, "Completed", "Job completed");
    }

    /// What an indexed Job has completed.
    fn indices(&self, status: &mut Value, known: &Uncounted) {
        if self.job["spec"]["completionMode"] != "Indexed" {
            return;
        }
        let mut done = indices_of(text(&status["completedIndexes"]));
        let pods = self.pods.iter().filter(|pod| known.succeeded.contains(uid(pod)));
        done.extend(pods.filter_map(|pod| annotation(pod, INDEX).parse::<i64>().ok()));
        status["completedIndexes"] = spans(&done).into();
    }

    /// Ends what still runs, and the Job when nothing does.
    fn fail(&mut self, mut status: Value, mut over: Uncounted, active: &[&Value]) {
        for pod in active {
            self.delete(pod);
            if has_finalizer(pod, TRACKED) {
                over.failed.insert(uid(pod).to_owned());
            }
        }
        let terminating = self.pods.iter().filter(|pod| pods::is_terminating(pod)).count();
        if active.is_empty() && over.failed.is_empty() && over.succeeded.is_empty() && terminating == 0 {
            if count(&self.job["status"]["terminating"]) > 0 {
                return self.tell(status, &over, 0);
            }
            let target = condition(&status, "FailureTarget").cloned().unwrap_or_default();
            let (reason, message) = (text(&target["reason"]).to_owned(), text(&target["message"]).to_owned());
            self.push_condition(&mut status, "Failed", &reason, &message);
            self.outcome.warn(BY, self.job, &reason, message);
        }
        self.tell(status, &over, 0);
    }

    fn delete(&mut self, pod: &Value) {
        self.outcome.delete(PODS, pod);
        self.outcome.normal(BY, self.job, "SuccessfulDelete", format!("Deleted pod: {}", name(pod)));
    }

    /// Why it is to be given up.
    fn failure(
        &self,
        status: &Value,
        failed: i64,
        active: &[&Value],
    ) -> Option<(&'static str, &'static str)> {
        let spec = &self.job["spec"];
        let limit = spec["backoffLimit"].as_i64().unwrap_or(6);
        let restarts: i64 = active
            .iter()
            .filter(|pod| pod["spec"]["restartPolicy"] == "OnFailure")
            .flat_map(|pod| items(&pod["status"]["containerStatuses"]))
            .map(|each| count(&each["restartCount"]))
            .sum();
        if failed > limit || restarts > 0 && restarts >= limit {
            return Some(("BackoffLimitExceeded", "Job has reached the specified backoff limit"));
        }
        let deadline = spec["activeDeadlineSeconds"].as_u64().zip(time(&status["startTime"]));
        let passed = deadline
            .is_some_and(|(seconds, start)| later(start, Duration::from_secs(seconds)) <= self.view.now);
        passed.then_some(("DeadlineExceeded", "Job was active longer than specified deadline"))
    }

    fn is_done(&self, succeeded: i64, active: &[&Value]) -> bool {
        match self.job["spec"]["completions"].as_i64() {
            Some(wanted) => succeeded >= wanted,
            None => succeeded > 0 && active.is_empty(),
        }
    }

    /// Makes and deletes pods; how many more there are then.
    fn manage(&mut self, active: &[&Value], succeeded: i64, failed: i64, over: &Uncounted) -> i64 {
        let parallel = self.job["spec"]["parallelism"].as_i64().unwrap_or(1);
        let wanted = match self.job["spec"]["completions"].as_i64() {
            Some(completions) => parallel.min(completions - succeeded).max(0),
            None if succeeded > 0 => size(active),
            None => parallel,
        };
        let more = wanted - size(active);
        if more < 0 {
            for pod in active.iter().take(usize::try_from(-more).unwrap_or(0)) {
                self.delete(pod);
            }
            return more;
        }
        if more == 0 {
            return 0;
        }
        // What failed is tried again ever more slowly; what is not counted yet is waited for.
        if failed > 0 {
            let last = self.pods.iter().filter_map(|pod| ended_at(pod)).max();
            let pause = PAUSE.saturating_mul(1 << (failed - 1).clamp(0, 10)).min(LONGEST);
            let rest = last.map_or(Duration::ZERO, |last| until(self.view.now, later(last, pause)));
            if !rest.is_zero() || !over.failed.is_empty() {
                self.outcome.look_again(rest.max(Duration::from_millis(1)));
                return 0;
            }
        }
        let indexed = self.job["spec"]["completionMode"] == "Indexed";
        let mut taken = indices_of(text(&self.job["status"]["completedIndexes"]));
        let there = self.pods.iter().filter(|pod| !deleting(pod) && pod["status"]["phase"] != "Failed");
        taken.extend(there.filter_map(|pod| annotation(pod, INDEX).parse::<i64>().ok()));
        for _ in 0..more {
            let index = (0..).find(|index| !taken.contains(index)).filter(|_| indexed);
            taken.extend(index);
            let pod = self.pod(index);
            self.outcome.create(PODS, pod);
            self.outcome.normal(BY, self.job, "SuccessfulCreate", format!("Created pod: {CREATED}"));
        }
        more
    }

    fn pod(&self, index: Option<i64>) -> Value {
        let mut pod = pods::made(self.job, &self.job["spec"]["template"], "");
        let mut finalizers = items(&pod["metadata"]["finalizers"]).to_vec();
        finalizers.push(TRACKED.into());
        pod["metadata"]["finalizers"] = finalizers.into();
        if let Some(index) = index {
            let index = index.to_string();
            pods::label(&mut pod, INDEX, &index);
            let mut annotations = fields(&pod["metadata"]["annotations"]);
            annotations.insert(INDEX.into(), index.clone().into());
            pod["metadata"]["annotations"] = annotations.into();
            pod["metadata"]["generateName"] = format!("{}-{index}-", name(self.job)).into();
            pod["spec"]["hostname"] = format!("{}-{index}", name(self.job)).into();
        }
        pod
    }

    fn push_condition(&self, status: &mut Value, kind: &str, reason: &str, message: &str) {
        let mut conditions = items(&status["conditions"]).to_vec();
        if conditions.iter().any(|there| there["type"] == kind) {
            return;
        }
        conditions.push(
            json!({ "type": kind, "status": "True", "lastProbeTime": self.now, "lastTransitionTime": self.now,
            "reason": reason, "message": message }),
        );
        status["conditions"] = conditions.into();
    }

    /// Tells the status, with these pods active and those to be counted.
    fn tell(&mut self, status: Value, over: &Uncounted, active: i64) {
        let mut status: Map = fields(&status);
        super::read::put_count(&mut status, "active", active.max(0));
        let doomed = self.outcome.writes.iter().filter(|write| matches!(write.verb, Verb::Delete(_))).count();
        let terminating = self.pods.iter().filter(|pod| pods::is_terminating(pod)).count() + doomed;
        let ready = self.pods.iter().filter(|pod| pods::is_active(pod) && pods::is_ready(pod)).count();
        status.insert("terminating".into(), terminating.into());
        status.insert("ready".into(), ready.into());
        let mut uncounted = Map::new();
        for (field, pods) in [("succeeded", &over.succeeded), ("failed", &over.failed)] {
            if !pods.is_empty() {
                uncounted.insert(field.into(), json!(pods));
            }
        }
        let nothing = uncounted.is_empty();
        status.insert("uncountedTerminatedPods".into(), uncounted.into());
        let mut status = Value::Object(status);
        if nothing && holds(&status, "SuccessCriteriaMet") {
            self.complete(&mut status);
        }
        self.outcome.set_status(JOBS, self.job, status);
    }
}

fn size<T>(all: T) -> i64
where
    T: IntoIterator,
    T::IntoIter: ExactSizeIterator,
{
    i64::try_from(all.into_iter().len()).unwrap_or(i64::MAX)
}

fn release(pod: &Value, outcome: &mut Outcome) {
    let left: Vec<&Value> =
        items(&pod["metadata"]["finalizers"]).iter().filter(|there| *there != TRACKED).collect();
    outcome.merge(PODS, pod, json!({ "metadata": { "uid": uid(pod), "finalizers": left } }));
}

/// When a pod that failed ended.
fn ended_at(pod: &Value) -> Option<jiff::Timestamp> {
    let failed = pod["status"]["phase"] == "Failed";
    let ends = items(&pod["status"]["containerStatuses"])
        .iter()
        .filter_map(|each| time(&each["state"]["terminated"]["finishedAt"]));
    ends.max().filter(|_| failed)
}

/// `0-2,5` as numbers.
fn indices_of(words: &str) -> BTreeSet<i64> {
    let spans = words.split(',').filter_map(|span| {
        let (from, to) = span.split_once('-').unwrap_or((span, span));
        Some(from.parse::<i64>().ok()?..=to.parse::<i64>().ok()?.min(1 << 20))
    });
    spans.flatten().collect()
}

/// Numbers as `0-2,5`.
fn spans(numbers: &BTreeSet<i64>) -> String {
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for number in numbers {
        match spans.last_mut() {
            Some((_, to)) if *to + 1 == *number => *to = *number,
            _ => spans.push((*number, *number)),
        }
    }
    let words =
        spans.iter().map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") });
    words.collect::<Vec<_>>().join(",")
}
