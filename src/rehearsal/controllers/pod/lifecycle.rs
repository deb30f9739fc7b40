//! What a pod goes through on its node: pulled, started, ready, ended, restarted; as statuses.
//! Must never know time, nor why a step is taken.

use super::super::read::{count, fields, items, text};
use crate::json::{Map, Value, json};

/// Where a pod is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Placed, and nothing done about it yet.
    Placed,
    /// Its images are being pulled.
    Creating,
    /// Its images cannot be pulled.
    Unpullable,
    /// Its containers run, and are not ready.
    Running,
    /// Its containers run and are ready.
    Ready,
    /// Its containers wait to be started again.
    Crashed,
    /// Succeeded or Failed.
    Ended,
}

/// Where a pod is, going by its status.
pub(super) fn stage(pod: &Value) -> Stage {
    let status = &pod["status"];
    let containers = items(&status["containerStatuses"]);
    let waits = |reason: &str| containers.iter().any(|each| each["state"]["waiting"]["reason"] == reason);
    match text(&status["phase"]) {
        "Succeeded" | "Failed" => Stage::Ended,
        _ if waits("ImagePullBackOff") || waits("ErrImagePull") => Stage::Unpullable,
        _ if waits("CrashLoopBackOff") => Stage::Crashed,
        "Running" if super::super::pods::is_ready(pod) => Stage::Ready,
        "Running" => Stage::Running,
        _ if waits("ContainerCreating") => Stage::Creating,
        _ => Stage::Placed,
    }
}

/// The status of a pod whose images are being pulled.
pub(super) fn creating(pod: &Value, host: &str, now: &str) -> Value {
    let mut status = fields(&pod["status"]);
    let version = super::super::driver::version(pod);
    let [_, .., high, middle, low] = version.to_be_bytes();
    let address = format!("10.{high}.{middle}.{low}");
    let unready = format!("containers with unready status: [{}]", names(pod).join(" "));
    let mut conditions = vec![
        json!({ "type": "Initialized", "status": "True", "lastProbeTime": null, "lastTransitionTime": now }),
    ];
    for kind in ["Ready", "ContainersReady"] {
        conditions.push(unready_condition(kind, &unready, now));
    }
    let kept = items(&pod["status"]["conditions"]).iter().filter(|there| there["type"] == "PodScheduled");
    conditions.extend(kept.cloned());
    let done = json!({ "terminated": { "exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now } });
    let first: Vec<Value> = items(&pod["spec"]["initContainers"])
        .iter()
        .map(|container| json!({ "name": container["name"], "state": done, "lastState": {}, "ready": true, "restartCount": 0,
            "image": container["image"], "imageID": "" }))
        .collect();
    status.insert("phase".into(), "Pending".into());
    status.insert("conditions".into(), conditions.into());
    status.insert("hostIP".into(), host.into());
    status.insert("hostIPs".into(), json!([{ "ip": host }]));
    status.insert("podIP".into(), address.clone().into());
    status.insert("podIPs".into(), json!([{ "ip": address }]));
    status.insert("startTime".into(), now.into());
    if !first.is_empty() {
        status.insert("initContainerStatuses".into(), first.into());
    }
    let mut status = Value::Object(status);
    let waiting = |_: &Value, _: &Value| Container {
        state: json!({ "waiting": { "reason": "ContainerCreating" } }),
        ..Container::default()
    };
    put_containers(pod, &mut status, waiting);
    status
}

fn unready_condition(kind: &str, message: &str, now: &str) -> Value {
    json!({ "type": kind, "status": "False", "lastProbeTime": null, "lastTransitionTime": now, "reason": "ContainersNotReady",
        "message": message })
}

/// The names of its containers.
pub(super) fn names(pod: &Value) -> Vec<&str> {
    items(&pod["spec"]["containers"]).iter().map(|container| text(&container["name"])).collect()
}

/// What is told of one container.
#[derive(Default)]
struct Container {
    state: Value,
    last: Option<Value>,
    ready: bool,
    started: bool,
    restarts: i64,
    pulled: bool,
}

/// States every container anew: `each` is given its spec and its status before.
fn put_containers(pod: &Value, status: &mut Value, each: impl Fn(&Value, &Value) -> Container) {
    let before = items(&pod["status"]["containerStatuses"]);
    let stated = items(&pod["spec"]["containers"]).iter().map(|spec| {
        let before = before.iter().find(|before| before["name"] == spec["name"]).unwrap_or(&Value::Null);
        let container = each(spec, before);
        let image = if container.pulled { format!("test://{}", text(&spec["image"])) } else { String::new() };
        let last = container.last.unwrap_or_else(|| Value::Object(Map::new()));
        json!({ "name": spec["name"], "state": container.state, "lastState": last, "ready": container.ready,
            "restartCount": container.restarts, "image": spec["image"], "imageID": image, "started": container.started })
    });
    let stated: Vec<Value> = stated.collect();
    status["containerStatuses"] = stated.into();
}

/// Its images cannot be pulled.
pub(super) fn unpullable(pod: &Value) -> Value {
    let mut status = pod["status"].clone();
    put_containers(pod, &mut status, |spec, _| {
        let message = format!("Back-off pulling image {:?}", text(&spec["image"]));
        Container {
            state: json!({ "waiting": { "reason": "ImagePullBackOff", "message": message } }),
            ..Container::default()
        }
    });
    status
}

/// Its containers run, and are not ready yet.
pub(super) fn running(pod: &Value, now: &str) -> Value {
    let mut status = pod["status"].clone();
    status["phase"] = "Running".into();
    put_containers(pod, &mut status, |_, before| Container {
        state: json!({ "running": { "startedAt": now } }),
        last: last(before),
        started: true,
        restarts: count(&before["restartCount"]),
        pulled: true,
        ready: false,
    });
    status
}

fn last(before: &Value) -> Option<Value> {
    before["lastState"].as_object().filter(|last| !last.is_empty()).map(|last| last.clone().into())
}

/// Its containers are ready, or no longer.
pub(super) fn set_ready(pod: &Value, ready: bool, now: &str) -> Value {
    let mut status = pod["status"].clone();
    put_containers(pod, &mut status, |_, before| Container {
        state: before["state"].clone(),
        last: last(before),
        ready,
        started: true,
        restarts: count(&before["restartCount"]),
        pulled: true,
    });
    put_ready(pod, &mut status, ready, now);
    status
}

fn put_ready(pod: &Value, status: &mut Value, ready: bool, now: &str) {
    let unready = format!("containers with unready status: [{}]", names(pod).join(" "));
    let mut kinds = vec!["Ready", "ContainersReady"];
    if ready {
        kinds.extend(items(&pod["spec"]["readinessGates"]).iter().map(|gate| text(&gate["conditionType"])));
    }
    for kind in kinds {
        let condition = match ready {
            true => {
                json!({ "type": kind, "status": "True", "lastProbeTime": null, "lastTransitionTime": now })
            }
            false => unready_condition(kind, &unready, now),
        };
        super::super::read::put_condition(status, condition);
    }
}

/// Its containers ended with an error and wait to be started again.
pub(super) fn crashed(pod: &Value, now: &str) -> Value {
    let mut status = pod["status"].clone();
    put_containers(pod, &mut status, |spec, before| {
        let message = format!("back-off restarting failed container={}", text(&spec["name"]));
        Container {
            state: json!({ "waiting": { "reason": "CrashLoopBackOff", "message": message } }),
            last: Some(terminated(before, 1, now)),
            restarts: count(&before["restartCount"]) + 1,
            pulled: true,
            ..Container::default()
        }
    });
    if super::super::pods::is_ready(pod) {
        put_ready(pod, &mut status, false, now);
    }
    status
}

fn terminated(before: &Value, code: i64, now: &str) -> Value {
    let reason = if code == 0 { "Completed" } else { "Error" };
    let started = before["state"]["running"]["startedAt"].as_str().unwrap_or(now);
    json!({ "terminated": { "exitCode": code, "reason": reason, "startedAt": started, "finishedAt": now } })
}

/// Its containers ended, for good.
pub(super) fn ended(pod: &Value, code: i64, now: &str) -> Value {
    let mut status = pod["status"].clone();
    status["phase"] = if code == 0 { "Succeeded" } else { "Failed" }.into();
    put_containers(pod, &mut status, |_, before| Container {
        state: terminated(before, code, now),
        last: last(before),
        restarts: count(&before["restartCount"]),
        pulled: true,
        ..Container::default()
    });
    if super::super::pods::is_ready(pod) {
        put_ready(pod, &mut status, false, now);
    }
    status
}
