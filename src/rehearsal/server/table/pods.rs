//! The row of a pod.
//! It must never be asked of anything else.

use crate::json::{Value, json};
use jiff::Timestamp;

use super::time::{age, read};

/// The conditions of a row: a pod that is over is told apart.
pub fn conditions(pod: &Value) -> Option<Value> {
    let (reason, message) = match pod["status"]["phase"].as_str()? {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!([{ "type": "Completed", "status": "True", "reason": reason, "message": message }]))
}

/// What is found out of the containers.
#[derive(Default)]
struct Sum {
    reason: String,
    restarts: i64,
    ready: usize,
    last: Option<Timestamp>,
}

impl Sum {
    fn restarted(&mut self, container: &Value) {
        self.restarts += container["restartCount"].as_i64().unwrap_or_default();
        let ended = read(&container["lastState"]["terminated"]["finishedAt"]);
        self.last = self.last.max(ended);
    }
}

/// The cells of a pod.
pub fn cells(pod: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&pod["spec"], &pod["status"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let phase = text(&status["phase"]);
    let mut sum = Sum { reason: phase.clone(), ..Sum::default() };
    if !text(&status["reason"]).is_empty() {
        sum.reason = text(&status["reason"]);
    }
    let conditions = || status["conditions"].as_array().into_iter().flatten();
    if conditions().any(|known| known["type"] == "PodScheduled" && known["reason"] == "SchedulingGated") {
        sum.reason = "SchedulingGated".into();
    }
    let of = |key: &str| spec[key].as_array().map(Vec::as_slice).unwrap_or_default();
    let restartable = |name: &Value| {
        of("initContainers").iter().any(|known| known["name"] == *name && known["restartPolicy"] == "Always")
    };
    let sidecars = of("initContainers").iter().filter(|known| known["restartPolicy"] == "Always").count();
    let total = of("containers").len() + sidecars;
    let mut beside = Sum::default();
    let initializing = initialize(pod, &mut sum, &mut beside, restartable);
    let initialized = conditions().any(|known| known["type"] == "Initialized" && known["status"] == "True");
    if !initializing || initialized {
        (sum.restarts, sum.last) = (beside.restarts, beside.last);
        run(status, &mut sum);
    }
    let leaving = pod["metadata"].get("deletionTimestamp").is_some();
    if leaving && status["reason"] == "NodeLost" {
        sum.reason = "Unknown".into();
    } else if leaving && !matches!(phase.as_str(), "Succeeded" | "Failed") {
        sum.reason = "Terminating".into();
    }
    let restarts = match sum.last {
        Some(last) if sum.restarts != 0 => {
            format!("{} ({} ago)", sum.restarts, age(&last.to_string().into(), now))
        }
        _ => sum.restarts.to_string(),
    };
    let or_none = |value: &Value| match value.as_str().unwrap_or_default() {
        "" => "<none>".to_owned(),
        text => text.to_owned(),
    };
    let gates = of("readinessGates");
    let open = gates.iter().filter(|gate| {
        conditions().any(|known| known["type"] == gate["conditionType"] && known["status"] == "True")
    });
    let gates =
        if gates.is_empty() { "<none>".to_owned() } else { format!("{}/{}", open.count(), gates.len()) };
    vec![
        pod["metadata"]["name"].clone(),
        format!("{}/{total}", sum.ready).into(),
        sum.reason.into(),
        restarts.into(),
        age(&pod["metadata"]["creationTimestamp"], now).into(),
        or_none(&status["podIPs"][0]["ip"]).into(),
        or_none(&spec["nodeName"]).into(),
        or_none(&status["nominatedNodeName"]).into(),
        gates.into(),
    ]
}

/// What the init containers say. Whether the pod is still at them.
fn initialize(pod: &Value, sum: &mut Sum, beside: &mut Sum, restartable: impl Fn(&Value) -> bool) -> bool {
    let count = pod["spec"]["initContainers"].as_array().map_or(0, Vec::len);
    let statuses = pod["status"]["initContainerStatuses"].as_array().into_iter().flatten();
    for (index, container) in statuses.enumerate() {
        sum.restarted(container);
        let stays = restartable(&container["name"]);
        if stays {
            beside.restarted(container);
        }
        let (ended, waiting) = (&container["state"]["terminated"], &container["state"]["waiting"]);
        if ended.is_object() && ended["exitCode"].as_i64().unwrap_or_default() == 0 {
            continue;
        }
        if stays && container["started"] == true {
            sum.ready += usize::from(container["ready"] == true);
            continue;
        }
        let why = waiting["reason"].as_str().unwrap_or_default();
        sum.reason = if ended.is_object() {
            format!("Init:{}", ending(ended))
        } else if !why.is_empty() && why != "PodInitializing" {
            format!("Init:{why}")
        } else {
            format!("Init:{index}/{count}")
        };
        return true;
    }
    false
}

/// What the containers say.
fn run(status: &Value, sum: &mut Sum) {
    let (mut running, mut failed) = (false, String::new());
    for container in status["containerStatuses"].as_array().into_iter().flatten().rev() {
        sum.restarted(container);
        let state = &container["state"];
        let why = state["waiting"]["reason"].as_str().unwrap_or_default();
        if !why.is_empty() {
            sum.reason = why.to_owned();
        } else if state["terminated"].is_object() {
            sum.reason = ending(&state["terminated"]);
            if state["terminated"]["exitCode"].as_i64().unwrap_or_default() != 0 {
                failed.clone_from(&sum.reason);
            }
        } else if container["ready"] == true && state["running"].is_object() {
            running = true;
            sum.ready += 1;
        }
    }
    if sum.reason == "Completed" {
        let conditions = status["conditions"].as_array().into_iter().flatten();
        let ready = conditions.into_iter().any(|known| known["type"] == "Ready" && known["status"] == "True");
        if running && ready {
            sum.reason = "Running".into();
        } else if !failed.is_empty() {
            sum.reason = failed;
        } else if running {
            sum.reason = "NotReady".into();
        }
    }
}

/// How a container ended.
fn ending(ended: &Value) -> String {
    let number = |key: &str| ended[key].as_i64().unwrap_or_default();
    match ended["reason"].as_str().unwrap_or_default() {
        "" if number("signal") != 0 => format!("Signal:{}", number("signal")),
        "" => format!("ExitCode:{}", number("exitCode")),
        reason => reason.to_owned(),
    }
}
