//! Pods: ready by condition, or at their end when they succeeded; Failed is final.
//! Must never know who made a Pod.

use super::read::{because, condition, holds, items, of_condition, phase, text, told};
use super::verdict::{Reason, Verdict};
use crate::json::Value;

/// Ready: condition Ready, or phase Succeeded. Final: phase Failed.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let status = &object["status"];
    match text(&status["phase"]) {
        "Succeeded" => return Verdict::Met("succeeded".to_owned()),
        "Failed" => {
            let why = format!("it failed{}{}", because(status), containers(status).concat());
            return Verdict::Never(vec![Reason::new("/status/phase", "Failed", "Running", why)]);
        }
        _ if holds(object, "Ready") => {
            let all = items(&status["containerStatuses"]);
            let ready = all.iter().filter(|container| container["ready"] == true).count();
            return Verdict::Met(format!("ready, {ready}/{} containers", all.len()));
        }
        _ => {}
    }
    let mut message = phase(object);
    if let Some(scheduled) =
        condition(object, "PodScheduled").filter(|scheduled| scheduled["status"] == "False")
    {
        message.push_str(&because(scheduled));
    }
    message.push_str(&containers(status).concat());
    // Before its kubelet says anything of readiness, the phase tells.
    Verdict::not_yet(match (condition(object, "Ready"), text(&status["phase"])) {
        (None, "" | "Pending" | "Unknown") => {
            Reason::new("/status/phase", told(&status["phase"]), "Running", message)
        }
        _ => of_condition(object, "Ready", "status", "True", message),
    })
}

/// What each container that is not ready waits for or ended with: `, container web ImagePullBackOff: …`.
fn containers(status: &Value) -> Vec<String> {
    let lists = [&status["initContainerStatuses"], &status["containerStatuses"]];
    let all = lists.into_iter().flat_map(items);
    all.filter(|container| container["ready"] != true && container["state"]["terminated"]["exitCode"] != 0)
        .filter_map(|container| {
            let state = container["state"].as_object()?;
            let (word, detail) = state.iter().next()?;
            let code =
                detail["exitCode"].as_i64().map(|code| format!(" with exit code {code}")).unwrap_or_default();
            let reason =
                detail["reason"].as_str().unwrap_or(if word == "running" { "is not ready" } else { word });
            let message =
                detail["message"].as_str().map(|message| format!(": {message}")).unwrap_or_default();
            Some(format!(", container {} {reason}{code}{message}", text(&container["name"])))
        })
        .collect()
}
