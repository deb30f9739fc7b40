//! Jobs and CronJobs: a Job is ready when it is complete, which is not what kstatus says (started).
//! Must never know Pods, nor when a CronJob fires.

use super::read::{because, condition, count, holds, number, of_condition};
use super::verdict::Verdict;
use crate::json::Value;

/// Ready: condition Complete. Final: condition Failed.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let (spec, status) = (&object["spec"], &object["status"]);
    if let Some(failed) = condition(object, "Failed").filter(|_| holds(object, "Failed")) {
        let message = format!("it failed{}", because(failed));
        return Verdict::Never(vec![of_condition(object, "Failed", "status", "False", message)]);
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
    Verdict::not_yet(of_condition(object, "Complete", "status", "True", message))
}

/// A CronJob is ready when it exists: nothing in its status says more.
pub(crate) fn cron_ready(object: &Value, _children: &[&Value]) -> Verdict {
    let spec = &object["spec"];
    let words = if spec["suspend"] == true { "suspended" } else { "scheduled" };
    Verdict::Met(format!("{words}, {}", super::read::told(&spec["schedule"])))
}
