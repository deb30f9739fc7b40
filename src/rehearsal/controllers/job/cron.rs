//! CronJobs: Jobs made when they are due, as many kept as asked for.
//! Must never know pods.
//!
//! Source: kubernetes 1.37, pkg/controller/cronjob.

use super::super::driver::{Change, Name, View};
use super::super::outcome::{Deletion, Outcome, Verb};
use super::super::read::{
    controller_of_kind, deleting, fields, holds, items, later, name, namespace, owner_reference, stamp, text,
    time, uid, until,
};
use super::super::resource::{CRON_JOBS, JOBS};
use super::is_finished;
use super::schedule::Schedule;
use crate::json::{Value, json};
use std::time::Duration;

/// Who tells the events.
const BY: &str = "cronjob-controller";

/// What its controller wants to hear of.
pub(in super::super) const WATCHES: &[&str] = &[CRON_JOBS, JOBS];

/// A CronJob, and that of a Job.
pub(in super::super) fn concerns(_: &View, change: &Change, names: &mut Vec<Name>) {
    if change.resource == CRON_JOBS {
        names.push(Name::of(CRON_JOBS, change.object));
    } else if let Some(owner) = controller_of_kind(change.object, "CronJob") {
        names.push(Name::new(CRON_JOBS, namespace(change.object), owner));
    }
}

/// One look at a CronJob.
pub(in super::super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    let Some(cron) = view.get(CRON_JOBS, &at.namespace, &at.name) else { return outcome };
    if deleting(cron) || view.failed.is_some() {
        return outcome;
    }
    let jobs = view.controlled(cron, JOBS);
    let mut status = fields(&cron["status"]);
    let known: Vec<&str> = items(&cron["status"]["active"]).iter().map(|job| text(&job["uid"])).collect();
    for job in jobs.iter().filter(|job| is_finished(job) && known.contains(&uid(job))) {
        let how = if holds(&job["status"], "Complete") { "Complete" } else { "Failed" };
        let message = format!("Saw completed job: {}, condition: {how}", name(job));
        outcome.normal(BY, cron, "SawCompletedJob", message);
        if how == "Complete" && !job["status"]["completionTime"].is_null() {
            status.insert("lastSuccessfulTime".into(), job["status"]["completionTime"].clone());
        }
    }
    let active: Vec<&Value> = jobs.iter().copied().filter(|job| !is_finished(job)).collect();
    keep(cron, &jobs, &mut outcome);
    due(view, cron, &active, &mut status, &mut outcome);
    let listed: Vec<Value> = active
        .iter()
        .map(|job| json!({ "kind": "Job", "namespace": namespace(job), "name": name(job), "uid": uid(job), "apiVersion": "batch/v1",
            "resourceVersion": job["metadata"]["resourceVersion"] }))
        .collect();
    let same = listed.iter().map(|job| text(&job["uid"])).eq(known);
    match listed.is_empty() {
        true => _ = status.shift_remove("active"),
        false if same => {}
        false => _ = status.insert("active".into(), listed.into()),
    }
    outcome.set_status(CRON_JOBS, cron, Value::Object(status));
    outcome
}

/// Makes the Job that is due, and asks to be called when the next one is.
fn due(view: &View, cron: &Value, active: &[&Value], status: &mut crate::json::Map, outcome: &mut Outcome) {
    let spec = &cron["spec"];
    let Some(schedule) = Schedule::parse(text(&spec["schedule"])) else {
        let message = format!("unparseable schedule: {:?}", text(&spec["schedule"]));
        return outcome.warn(BY, cron, "UnparseableSchedule", message);
    };
    if spec["suspend"] == true {
        return;
    }
    let since = time(&cron["status"]["lastScheduleTime"]).or(time(&cron["metadata"]["creationTimestamp"]));
    let mut last = None;
    let mut at = since.unwrap_or(view.now);
    // Of what was missed only the last is made up for.
    for _ in 0..1000 {
        match schedule.next(at).filter(|next| *next <= view.now) {
            Some(next) => (last, at) = (Some(next), next),
            None => break,
        }
    }
    if let Some(next) = schedule.next(view.now) {
        outcome.look_again(until(view.now, next) + Duration::from_millis(100));
    }
    let Some(when) = last else { return };
    let deadline = spec["startingDeadlineSeconds"].as_u64();
    if deadline.is_some_and(|seconds| later(when, Duration::from_secs(seconds)) < view.now) {
        return;
    }
    match text(&spec["concurrencyPolicy"]) {
        "Forbid" if !active.is_empty() => {
            let message =
                "Not starting job because prior execution is running and concurrency policy is Forbid";
            return outcome.normal(BY, cron, "JobAlreadyActive", message);
        }
        "Replace" => active.iter().for_each(|job| remove(cron, job, outcome)),
        _ => {}
    }
    let job = job(cron, when);
    if view.get(JOBS, namespace(cron), name(&job)).is_none() {
        let message = format!("Created job {}", name(&job));
        outcome.create(JOBS, job);
        outcome.normal(BY, cron, "SuccessfulCreate", message);
    }
    status.insert("lastScheduleTime".into(), stamp(when).into());
}

fn job(cron: &Value, when: jiff::Timestamp) -> Value {
    let template = &cron["spec"]["jobTemplate"];
    let mut annotations = fields(&template["metadata"]["annotations"]);
    annotations.insert("batch.kubernetes.io/cronjob-scheduled-timestamp".into(), stamp(when).into());
    json!({ "apiVersion": "batch/v1", "kind": "Job", "spec": template["spec"],
        "metadata": { "name": format!("{}-{}", name(cron), when.as_second() / 60), "namespace": namespace(cron),
            "labels": fields(&template["metadata"]["labels"]), "annotations": annotations, "ownerReferences": [owner_reference(cron)] } })
}

fn remove(cron: &Value, job: &Value, outcome: &mut Outcome) {
    let deletion =
        Deletion { uid: uid(job).to_owned(), propagation: Some("Background"), ..Deletion::default() };
    outcome.push(JOBS, job, Verb::Delete(deletion));
    outcome.normal(BY, cron, "SuccessfulDelete", format!("Deleted job {}", name(job)));
}

/// Deletes the oldest Jobs that are over, beyond those that are to be kept.
fn keep(cron: &Value, jobs: &[&Value], outcome: &mut Outcome) {
    for (kind, field, default) in
        [("Complete", "successfulJobsHistoryLimit", 3), ("Failed", "failedJobsHistoryLimit", 1)]
    {
        let limit = usize::try_from(cron["spec"][field].as_u64().unwrap_or(default)).unwrap_or(usize::MAX);
        let mut over: Vec<&&Value> =
            jobs.iter().filter(|job| holds(&job["status"], kind) && !deleting(job)).collect();
        over.sort_by_key(|job| text(&job["status"]["startTime"]));
        let spare = over.len().saturating_sub(limit);
        over.into_iter().take(spare).for_each(|job| remove(cron, job, outcome));
    }
}
