//! From an object before and after to events of what changed.
//! Must never know time, or what was told before.

use super::sketch::{Container, Sketch};
use crate::event::EventKind;

/// What changed in an object; nothing before means that it is seen for the first time.
pub(super) fn changes(before: Option<&Sketch>, after: &Sketch) -> Vec<EventKind> {
    let mut told = conditions(before, after);
    if let Some(now) = after.replicas.filter(|now| before.and_then(|before| before.replicas) != Some(*now)) {
        told.push(EventKind::ReplicasChanged {
            object: after.object.clone(),
            desired: now.desired,
            current: now.current,
            updated: now.updated,
            ready: now.ready,
            available: now.available,
        });
    }
    for (name, now) in &after.containers {
        let was = before.and_then(|before| before.containers.get(name));
        if was.is_none_or(|was| differs(was, now)) {
            told.push(EventKind::ContainerChanged {
                object: after.object.clone(),
                container: name.to_string(),
                from: was.map(|was| was.state.to_owned()),
                to: now.state.to_owned(),
                reason: given(&now.reason),
                message: given(&now.message),
                exit_code: now.exit_code.filter(|_| now.restarts > 0 || now.state == "ended"),
                restarts: now.restarts,
            });
        }
    }
    told
}

/// Whether a container stands otherwise. Messages count down and up; they alone are no change.
fn differs(was: &Container, now: &Container) -> bool {
    (was.state, &was.reason, was.restarts) != (now.state, &now.reason, now.restarts)
}

fn conditions(before: Option<&Sketch>, after: &Sketch) -> Vec<EventKind> {
    let changed = after.conditions.iter().filter_map(|(kind, now)| {
        let was = before.and_then(|before| before.conditions.get(kind));
        let same = was.is_some_and(|was| (&was.status, &was.reason) == (&now.status, &now.reason));
        (!same).then(|| EventKind::ConditionChanged {
            object: after.object.clone(),
            condition: kind.to_string(),
            from: was.map(|was| was.status.to_string()),
            to: now.status.to_string(),
            reason: given(&now.reason),
            message: given(&now.message),
        })
    });
    changed.collect()
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Value, json};

    fn between(before: Option<&Value>, after: &Value) -> Vec<Value> {
        let before = before.map(Sketch::of);
        let told = changes(before.as_ref(), &Sketch::of(after));
        told.iter().map(|kind| Value::of(kind).expect("an event is JSON")).collect()
    }

    #[test]
    fn only_what_changed_is_told() {
        let deployment = |available: i64, status: &str| {
            json!({ "kind": "Deployment", "metadata": { "name": "web" }, "spec": { "replicas": 2 },
                "status": { "replicas": 2, "updatedReplicas": 2, "availableReplicas": available,
                    "conditions": [{ "type": "Available", "status": status, "reason": "R", "message": available.to_string() }] } })
        };
        let (before, after) = (deployment(0, "False"), deployment(1, "False"));
        assert_eq!(between(Some(&before), &before), Vec::<Value>::new());
        let told = between(Some(&before), &after);
        assert_eq!(
            told,
            [json!({ "type": "replicas-changed", "object": "Deployment/web", "desired": 2, "current": 2,
            "updated": 2, "ready": 0, "available": 1 })]
        );
        let told = between(Some(&after), &deployment(1, "True"));
        assert_eq!((told.len(), &told[0]["from"], &told[0]["to"]), (1, &json!("False"), &json!("True")));
    }

    #[test]
    fn a_restart_is_told_with_its_exit_code() {
        let pod = |state: Value, restarts: i64| {
            json!({ "kind": "Pod", "metadata": { "name": "web" }, "status": { "phase": "Running", "containerStatuses":
                [{ "name": "app", "ready": false, "restartCount": restarts, "state": state, "lastState": { "terminated": { "exitCode": 137 } } }] } })
        };
        let running = pod(json!({ "running": {} }), 0);
        let looping =
            pod(json!({ "waiting": { "reason": "CrashLoopBackOff", "message": "back-off 10s" } }), 1);
        let told = between(Some(&running), &looping);
        assert_eq!(
            told,
            [
                json!({ "type": "container-changed", "object": "Pod/web", "container": "app", "from": "running", "to": "waiting",
            "reason": "CrashLoopBackOff", "message": "back-off 10s", "exitCode": 137, "restarts": 1 })
            ]
        );
        let later = pod(json!({ "waiting": { "reason": "CrashLoopBackOff", "message": "back-off 20s" } }), 1);
        assert_eq!(between(Some(&looping), &later), Vec::<Value>::new());
    }

    #[test]
    fn words_of_a_status_are_conditions_too() {
        let object = |state: &str| json!({ "kind": "SeldonDeployment", "metadata": { "name": "iris" }, "status": { "state": state, "description": "why" } });
        let told = between(Some(&object("Creating")), &object("Failed"));
        assert_eq!(
            told,
            [json!({ "type": "condition-changed", "object": "SeldonDeployment/iris", "condition": "state",
            "from": "Creating", "to": "Failed", "message": "why" })]
        );
    }
}
