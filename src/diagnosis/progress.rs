//! Rollouts and Jobs that do not go on.
//! Must never know why their Pods fail.

use super::finding::Finding;
use super::scene::Scene;
use crate::kinds::{condition, count, number, text, title};

/// A Deployment is paused before its newest template was rolled out.
pub(super) fn paused(scene: &Scene) -> Vec<Finding> {
    let paused = scene.of_kind("Deployment").filter(|deployment| {
        let wanted = number(&deployment["spec"]["replicas"]).unwrap_or(1);
        deployment["spec"]["paused"] == true && count(&deployment["status"]["updatedReplicas"]) < wanted
    });
    let told = paused.map(|deployment| {
        Finding::new("paused", title(deployment), "it is paused, so its newest template is not rolled out")
            .shown_by(format!("{}: spec.paused is true", title(deployment)))
            .fix("Resume it: `kubectl rollout resume`, or set spec.paused to false.")
    });
    told.collect()
}

/// A Deployment made no progress in its time.
pub(super) fn deadline(scene: &Scene) -> Vec<Finding> {
    let told = scene.of_kind("Deployment").filter_map(|deployment| {
        let progress = condition(deployment, "Progressing")
            .filter(|progress| progress["reason"] == "ProgressDeadlineExceeded")?;
        let seconds = number(&deployment["spec"]["progressDeadlineSeconds"]).unwrap_or(600);
        let what = format!("it made no progress within its deadline of {seconds}s");
        let shown = format!("{}: {}", title(deployment), text(&progress["message"]));
        Some(Finding::new("deadline-exceeded", title(deployment), what).shown_by(shown))
    });
    told.collect()
}

/// A Job that failed for good.
pub(super) fn job(scene: &Scene) -> Vec<Finding> {
    let told = scene.of_kind("Job").filter_map(|job| {
        let failed = condition(job, "Failed").filter(|failed| failed["status"] == "True")?;
        let why = match text(&failed["reason"]) {
            "BackoffLimitExceeded" => {
                let limit = number(&job["spec"]["backoffLimit"]).unwrap_or(6);
                format!("its Pods failed more often than its backoffLimit of {limit} allows")
            }
            "DeadlineExceeded" => {
                format!(
                    "it took longer than its activeDeadlineSeconds of {}",
                    count(&job["spec"]["activeDeadlineSeconds"])
                )
            }
            reason => format!("{reason}: {}", text(&failed["message"])),
        };
        let what = format!("it failed for good: {why}");
        Some(Finding::new("job-failed", title(job), what).shown_by(format!(
            "{}: {}",
            title(job),
            text(&failed["message"])
        )))
    });
    told.collect()
}
