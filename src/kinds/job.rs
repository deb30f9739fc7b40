//! Jobs and CronJobs: a Job is ready when it is complete, which is not what kstatus says (started).
//! Must never know Pods, nor when a CronJob fires.

use super::read::{because, condition, condition_pointer, count, holds, number};
use super::verdict::{Reason, Verdict};
use serde_json::Value;

/// Ready: condition Complete. Final: condition Failed.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let (spec, status) = (&object["spec"], &object["status"]);
    if let Some(failed) = condition(object, "Failed").filter(|_| holds(object, "Failed")) {
        let pointer = condition_pointer(object, "Failed", "status");
        return Verdict::Never(vec![Reason::new(
            pointer,
            "True",
            "False",
            format!("it failed{}", because(failed)),
        )]);
    }
    let succeeded = count(&status["succeeded"]);
    let wanted = number(&spec["completions"]).or(number(&spec["parallelism"])).unwrap_or(1);
    if holds(object, "Complete") {
        return Verdict::Met(format!("complete, {succeeded}/{wanted} succeeded"));
    }
    let (active, failed) = (count(&status["active"]), count(&status["failed"]));
    let message = match (spec["suspend"] == true, active) {
        (true, _) => "it is suspended".to_owned(),
        _ => format!("{succeeded} of {wanted} succeeded, {active} running, {failed} failed"),
    };
    let pointer = condition_pointer(object, "Complete", "status");
    Verdict::not_yet(Reason::new(pointer, "nothing", "True", message))
}

/// A CronJob is ready when it exists: nothing in its status says more.
pub(crate) fn cron_ready(object: &Value, _children: &[&Value]) -> Verdict {
    let spec = &object["spec"];
    let words = if spec["suspend"] == true { "suspended" } else { "scheduled" };
    Verdict::Met(format!("{words}, {}", super::read::told(&spec["schedule"])))
}
