//! What the controllers of pods need to know of them: active, ready, available, which goes first; and how one is made of a template.
//! Must never know how a pod comes to run.

use super::read::{
    condition, count, deleting, fields, holds, items, later, name, namespace, owner_reference, text, time,
    until,
};
use crate::json::{Map, Value, json};
use jiff::Timestamp;
use std::cmp::Reverse;
use std::time::Duration;

/// Neither ended nor being deleted.
pub(crate) fn is_active(pod: &Value) -> bool {
    !is_ended(pod) && !deleting(pod)
}

/// Being deleted, and not ended yet.
pub(crate) fn is_terminating(pod: &Value) -> bool {
    !is_ended(pod) && deleting(pod)
}

/// Succeeded or Failed.
pub(crate) fn is_ended(pod: &Value) -> bool {
    matches!(text(&pod["status"]["phase"]), "Succeeded" | "Failed")
}

/// Condition Ready.
pub(crate) fn is_ready(pod: &Value) -> bool {
    holds(&pod["status"], "Ready")
}

/// Ready for so many seconds; else how long it takes yet, if it is ready.
pub(crate) fn is_available(pod: &Value, seconds: i64, now: Timestamp) -> Result<(), Option<Duration>> {
    let Some(ready) = condition(&pod["status"], "Ready").filter(|ready| ready["status"] == "True") else {
        return Err(None);
    };
    let Some(seconds) = u64::try_from(seconds).ok().filter(|seconds| *seconds > 0) else { return Ok(()) };
    let since = time(&ready["lastTransitionTime"]).unwrap_or(now);
    match until(now, later(since, Duration::from_secs(seconds))) {
        Duration::ZERO => Ok(()),
        rest => Err(Some(rest)),
    }
}

/// A pod of a template, owned by its controller; named by the server if `name` is empty.
pub(crate) fn made(owner: &Value, template: &Value, named: &str) -> Value {
    let mut metadata = Map::new();
    match named {
        "" => metadata.insert("generateName".into(), format!("{}-", name(owner)).into()),
        named => metadata.insert("name".into(), named.into()),
    };
    metadata.insert("namespace".into(), namespace(owner).into());
    for field in ["labels", "annotations", "finalizers"] {
        if !template["metadata"][field].is_null() {
            metadata.insert(field.into(), template["metadata"][field].clone());
        }
    }
    metadata.insert("ownerReferences".into(), json!([owner_reference(owner)]));
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"] })
}

/// Puts a label on an object.
pub(crate) fn label(object: &mut Value, key: &str, value: &str) {
    let mut labels = fields(&object["metadata"]["labels"]);
    labels.insert(key.into(), value.into());
    object["metadata"]["labels"] = labels.into();
}

/// Sorts pods so that those to be deleted first come first: not placed, pending, not ready, cheap, crowded on a node, young.
pub(crate) fn sort_for_deletion(pods: &mut [&Value], related: &[&Value]) {
    let on_node = |node: &Value| {
        let ready = related.iter().filter(|pod| is_ready(pod) && pod["spec"]["nodeName"] == *node);
        ready.count()
    };
    pods.sort_by_cached_key(|pod| {
        let phase = match text(&pod["status"]["phase"]) {
            "Pending" => 0,
            "Unknown" => 1,
            _ => 2,
        };
        let annotations = &pod["metadata"]["annotations"];
        let cost: i64 = text(&annotations["controller.kubernetes.io/pod-deletion-cost"]).parse().unwrap_or(0);
        let since = condition(&pod["status"], "Ready").map_or("", |ready| text(&ready["lastTransitionTime"]));
        let restarts =
            items(&pod["status"]["containerStatuses"]).iter().map(|each| count(&each["restartCount"]));
        (
            (!text(&pod["spec"]["nodeName"]).is_empty(), phase, is_ready(pod), cost),
            Reverse(on_node(&pod["spec"]["nodeName"])),
            Reverse(if is_ready(pod) { since.to_owned() } else { String::new() }),
            Reverse(restarts.max().unwrap_or(0)),
            Reverse(text(&pod["metadata"]["creationTimestamp"]).to_owned()),
            text(&pod["metadata"]["uid"]).to_owned(),
        )
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, node: &str, ready: bool, made: &str) -> Value {
        let status = if ready { "True" } else { "False" };
        json!({ "metadata": { "name": name, "uid": name, "creationTimestamp": made }, "spec": { "nodeName": node },
            "status": { "phase": "Running", "conditions": [{ "type": "Ready", "status": status, "lastTransitionTime": made }] } })
    }

    #[test]
    fn the_least_useful_pod_goes_first() {
        let old = pod("old", "n1", true, "2026-01-01T00:00:00Z");
        let young = pod("young", "n2", true, "2026-01-01T00:01:00Z");
        let crowded = pod("crowded", "n1", true, "2026-01-01T00:00:30Z");
        let unready = pod("unready", "n3", false, "2025-01-01T00:00:00Z");
        let unplaced = pod("unplaced", "", true, "2025-01-01T00:00:00Z");
        let all = [&old, &young, &crowded, &unready, &unplaced];
        let mut sorted = all.to_vec();
        sort_for_deletion(&mut sorted, &all);
        let names: Vec<&str> = sorted.iter().map(|pod| text(&pod["metadata"]["name"])).collect();
        assert_eq!(names, ["unplaced", "unready", "crowded", "old", "young"]);
    }

    #[test]
    fn a_pod_is_available_once_it_was_ready_long_enough() {
        let pod = pod("a", "n", true, "2026-01-01T00:00:00Z");
        let at = |time: &str| time.parse::<Timestamp>().unwrap_or_default();
        assert_eq!(is_available(&pod, 0, at("2026-01-01T00:00:00Z")), Ok(()));
        assert_eq!(is_available(&pod, 10, at("2026-01-01T00:00:04Z")), Err(Some(Duration::from_secs(6))));
        assert_eq!(is_available(&pod, 10, at("2026-01-01T00:00:10Z")), Ok(()));
    }
}
