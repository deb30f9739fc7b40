//! Argo Rollouts and Workflows: their phases.
//! Must never know steps or templates.
//!
//! Sources: argo-rollouts `utils/rollout/rolloututil.go` (`GetRolloutPhase`, which its own `status` command and Argo CD go by) and
//! `rollout/bluegreen.go` (what its counts count); argo-workflows `workflow_phase.go`.

use super::fresh::{Observes, by_itself, observed_number};
use super::read::{because, condition, count, desired, phase, replicas, text, told, want, want_replicas};
use super::verdict::{Freshness, Reason, Verdict, Written};
use crate::json::Value;

/// A Rollout is ready when its phase is Healthy. Final: Degraded because it was aborted or made no progress within its deadline; an
/// invalid spec is none, for what it refers to may still come.
pub(crate) fn rollout_ready(object: &Value, _children: &[&Value]) -> Verdict {
    let status = &object["status"];
    if status["phase"] == "Healthy" {
        return Verdict::Met(format!(
            "healthy, {}/{} replicas",
            count(&status["updatedReplicas"]),
            desired(object)
        ));
    }
    let message = format!("{}{}", phase(object), because(status));
    let reason = Reason::new("/status/phase", told(&status["phase"]), "Healthy", message);
    let given_up = condition(object, "Progressing").is_some_and(|progress| {
        ["RolloutAborted", "ProgressDeadlineExceeded"].contains(&text(&progress["reason"]))
    });
    let observed = observed_number(&status["observedGeneration"]);
    match status["phase"] == "Degraded" && given_up && observed == object["metadata"]["generation"].as_i64() {
        true => Verdict::Never(vec![reason]),
        false => Verdict::not_yet(reason),
    }
}

/// A Rollout is scaled when all its replicas are of the newest template and available. Those of before stay for a while where traffic is
/// moved from one to the other; elsewhere none of them is left.
pub(crate) fn rollout_scaled(object: &Value, _children: &[&Value]) -> Verdict {
    let (wanted, status) = (desired(object), &object["status"]);
    let strategy = &object["spec"]["strategy"];
    let mut reasons = Vec::new();
    if strategy["blueGreen"].is_object() {
        moved(&mut reasons, object, wanted, wanted);
        let (active, newest) = (&status["blueGreen"]["activeSelector"], &status["currentPodHash"]);
        if active != newest {
            let message = "its active Service still selects the replicas of before";
            let pointer = "/status/blueGreen/activeSelector";
            reasons.push(Reason::new(pointer, told(active), told(newest), message));
        }
    } else if strategy["canary"]["trafficRouting"].is_object() {
        // Of all that are there, so that none of the newest is taken for available because one of before is.
        moved(&mut reasons, object, wanted, count(&status["replicas"]).max(wanted));
    } else {
        let others = [("availableReplicas", "available"), ("updatedReplicas", "updated")];
        want_replicas(&mut reasons, object, wanted, &others);
    }
    Verdict::unless(reasons, || format!("{wanted}/{wanted} replicas"))
}

/// Wants so many of the newest template, whatever is left of before, and so many available.
fn moved(reasons: &mut Vec<Reason>, object: &Value, wanted: i64, available: i64) {
    let [updated, there] =
        ["updatedReplicas", "availableReplicas"].map(|field| count(&object["status"][field]));
    want(reasons, "/status/updatedReplicas", updated, wanted, || match updated > wanted {
        true => format!("{} of the newest too many still there", replicas(updated - wanted)),
        false => format!("{updated} of {} updated", replicas(wanted)),
    });
    if there < available {
        want(reasons, "/status/availableReplicas", there, available, || {
            format!("{there} of {} available", replicas(available))
        });
    }
}

/// A Rollout that takes its template from another workload (`spec.workloadRef`) must have seen that one's generation too: its controller
/// writes it into an annotation, and when it has gone by it into the status.
pub(crate) fn rollout_freshness(
    object: &Value,
    _children: &[&Value],
    written: Option<&Written>,
) -> Freshness {
    let fresh = by_itself(object, Observes::Always, written);
    let referred = &object["metadata"]["annotations"]["rollout.argoproj.io/workload-generation"];
    let seen = &object["status"]["workloadObservedGeneration"];
    match (fresh, observed_number(seen), observed_number(referred)) {
        (Freshness::Fresh(_), Some(was), Some(is))
            if was != is && object["spec"]["workloadRef"].is_object() =>
        {
            let message =
                format!("its status speaks of generation {was} of the workload it refers to, not of {is}");
            let pointer = "/status/workloadObservedGeneration";
            Freshness::Stale(Reason::new(pointer, was.to_string(), is.to_string(), message))
        }
        (fresh, ..) => fresh,
    }
}

/// A Workflow is ready when its phase is Succeeded; Failed and Error are final.
pub(crate) fn workflow_ready(object: &Value, _children: &[&Value]) -> Verdict {
    let status = &object["status"];
    let progress =
        status["progress"].as_str().map(|progress| format!(", {progress} done")).unwrap_or_default();
    let why = because(status);
    let message = match (object["spec"]["suspend"] == true, text(&status["phase"])) {
        (true, "" | "Pending" | "Running") => format!("it is suspended{progress}"),
        (_, "") => "its controller has not looked at it yet".to_owned(),
        _ => format!("{}{why}{progress}", phase(object)),
    };
    let reason = Reason::new("/status/phase", told(&status["phase"]), "Succeeded", message);
    match text(&status["phase"]) {
        "Succeeded" => Verdict::Met(format!("succeeded{progress}")),
        "Failed" | "Error" => Verdict::Never(vec![reason]),
        _ => Verdict::not_yet(reason),
    }
}
