//! Pods: ready by condition, or at their end when they succeeded; Failed is final.
//! Must never know who made a Pod.

use super::read::{because, condition, condition_pointer, holds, items, text, told};
use super::verdict::{Reason, Verdict};
use serde_json::Value;

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
    let phase = told(&status["phase"]);
    let pointer = condition_pointer(object, "Ready", "status");
    let mut message = format!("its phase is {phase}");
    if let Some(scheduled) =
        condition(object, "PodScheduled").filter(|scheduled| scheduled["status"] == "False")
    {
        message.push_str(&because(scheduled));
    }
    message.push_str(&containers(status).concat());
    let actual = condition(object, "Ready").map_or("nothing".to_owned(), |ready| told(&ready["status"]));
    Verdict::not_yet(Reason::new(pointer, actual, "True", message))
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
