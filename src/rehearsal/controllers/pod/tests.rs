use super::super::driver::Name;
use super::super::faults::{FaultKind, WorldFault};
use super::super::outcome::{Outcome, Verb};
use super::super::read::later;
use super::super::resource::{NODES, PODS};
use super::super::testing::{World, events, statuses};
use super::{kubelet, scheduler};
use crate::json::{Value, json};
use std::time::Duration;

fn node(name: &str, cpu: &str) -> Value {
    json!({ "metadata": { "name": name, "uid": name }, "status": { "allocatable": { "cpu": cpu, "memory": "1Gi", "pods": "10" },
        "addresses": [{ "type": "InternalIP", "address": "127.0.0.1" }], "conditions": [{ "type": "Ready", "status": "True" }] } })
}

fn pod(name: &str, cpu: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "namespace": "ns", "uid": name, "generation": 1 },
        "spec": { "containers": [{ "name": "web", "image": "web:1", "resources": { "requests": { "cpu": cpu } } }] },
        "status": { "phase": "Pending" } })
}

fn place(world: &World) -> Outcome {
    scheduler::reconcile(&world.view(), &Name::new(PODS, "ns", "a"))
}

fn bound(outcome: &Outcome) -> Option<&str> {
    outcome.writes.iter().find_map(|write| match &write.verb {
        Verb::Bind(node) => Some(node.as_str()),
        _ => None,
    })
}

#[test]
fn a_pod_goes_where_there_is_room() {
    let mut there = pod("b", "1500m");
    there["spec"]["nodeName"] = "one".into();
    let world = World::of([
        (NODES, node("one", "2")),
        (NODES, node("two", "2")),
        (PODS, there),
        (PODS, pod("a", "1")),
    ]);
    assert_eq!(bound(&place(&world)), Some("two"));
    assert_eq!(events(&place(&world)), ["Normal Scheduled: Successfully assigned ns/a to two"]);
}

#[test]
fn where_there_is_none_it_is_told_in_the_schedulers_words() {
    let world = World::of([(NODES, node("one", "2")), (NODES, node("two", "2")), (PODS, pod("a", "3"))]);
    let words = "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.";
    assert_eq!(statuses(&place(&world))[0]["conditions"][0]["message"], words);
    let mut full = pod("b", "2");
    full["spec"]["nodeName"] = "one".into();
    let world = World::of([(NODES, node("one", "2")), (PODS, full), (PODS, pod("a", "1"))]);
    let words = "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.";
    assert_eq!(statuses(&place(&world))[0]["conditions"][0]["message"], words);
}

#[test]
fn a_selector_and_taints_keep_a_pod_away() {
    let mut tainted = node("one", "2");
    tainted["spec"] = json!({ "taints": [{ "key": "gpu", "value": "yes", "effect": "NoSchedule" }] });
    let mut world = World::of([(NODES, tainted), (PODS, pod("a", "1"))]);
    assert!(bound(&place(&world)).is_none());
    let mut tolerant = pod("a", "1");
    tolerant["spec"]["tolerations"] = json!([{ "key": "gpu", "operator": "Exists" }]);
    world.put(PODS, tolerant.clone());
    assert_eq!(bound(&place(&world)), Some("one"));
    tolerant["spec"]["nodeSelector"] = json!({ "zone": "b" });
    world.put(PODS, tolerant);
    assert!(bound(&place(&world)).is_none());
}

/// Lets a pod live for so many milliseconds, looking when it asks for it; the statuses it goes through, and its events.
fn live(world: &mut World, milliseconds: u64) -> (Vec<Value>, Vec<String>) {
    let end = later(world.now, Duration::from_millis(milliseconds));
    let (mut states, mut told) = (Vec::new(), Vec::new());
    loop {
        let outcome = kubelet::reconcile(&world.view(), &Name::new(PODS, "ns", "a"));
        told.extend(events(&outcome));
        let written = statuses(&outcome);
        if let Some(status) = written.first() {
            let mut pod = world.view().get(PODS, "ns", "a").cloned().unwrap_or_default();
            pod["status"] = status.clone();
            world.put(PODS, pod);
            states.extend(written);
            continue;
        }
        match outcome.again_in.map(|after| later(world.now, after)).filter(|at| *at <= end) {
            Some(at) => world.now = at,
            None => return (states, told),
        }
    }
}

fn placed(annotations: Value) -> World {
    let mut pod = pod("a", "1");
    pod["spec"]["nodeName"] = "one".into();
    pod["metadata"]["annotations"] = annotations;
    World::of([(NODES, node("one", "2")), (PODS, pod)])
}

fn phases(states: &[Value]) -> Vec<String> {
    let told = |status: &Value| {
        let state = &status["containerStatuses"][0];
        let inner = state["state"].as_object().and_then(|state| state.iter().next());
        let inner = inner.map(|(kind, state)| format!("{kind} {}", state["reason"].as_str().unwrap_or("-")));
        format!(
            "{} {} {}",
            status["phase"].as_str().unwrap_or("-"),
            inner.unwrap_or_default(),
            state["ready"]
        )
    };
    states.iter().map(told).collect()
}

#[test]
fn a_pod_is_pulled_runs_and_is_ready() {
    let mut world = placed(json!({}));
    let start = world.now;
    let (states, told) = live(&mut world, 1000);
    assert_eq!(
        phases(&states),
        ["Pending waiting ContainerCreating false", "Running running - false", "Running running - true"]
    );
    assert_eq!(told.len(), 4, "{told:?}");
    assert_eq!(told[0], "Normal Pulling: Pulling image \"web:1\"");
    assert_eq!(world.now, later(start, Duration::from_millis(300)));
    let kinds: Vec<&Value> =
        states[2]["conditions"].as_array().into_iter().flatten().map(|each| &each["type"]).collect();
    assert_eq!(kinds, ["Initialized", "Ready", "ContainersReady"]);
}

#[test]
fn annotations_and_faults_of_the_world_do_the_same() {
    let mut annotated = placed(json!({ "test/fault": "image-pull" }));
    let mut struck = placed(json!({}));
    struck.settings.faults = vec![WorldFault::new(FaultKind::ImagePull)];
    let (one, other) = (live(&mut annotated, 5000), live(&mut struck, 5000));
    assert_eq!(
        phases(&one.0),
        ["Pending waiting ContainerCreating false", "Pending waiting ImagePullBackOff false"]
    );
    assert_eq!(phases(&one.0), phases(&other.0));
    assert_eq!(one.1, other.1);
}

#[test]
fn what_crashes_is_started_again_until_the_fault_ends() {
    let mut world = placed(json!({}));
    let end = later(world.now, Duration::from_secs(4));
    world.settings.faults = vec![WorldFault { until: Some(end), ..WorldFault::new(FaultKind::CrashLoop) }];
    let (states, told) = live(&mut world, 10_000);
    let crashes = phases(&states).iter().filter(|phase| phase.contains("CrashLoopBackOff")).count();
    assert_eq!(crashes, 2);
    assert_eq!(phases(&states).last().map(String::as_str), Some("Running running - true"));
    assert_eq!(states.last().map(|status| &status["containerStatuses"][0]["restartCount"]), Some(&json!(2)));
    assert!(
        told.contains(&"Warning BackOff: Back-off restarting failed container web in pod a_ns(a)".to_owned())
    );
}

#[test]
fn a_pod_of_a_job_completes_and_one_that_may_not_restart_fails() {
    let job = json!([{ "kind": "Job", "name": "j", "uid": "j", "controller": true }]);
    for (annotations, phase) in [(json!({}), "Succeeded"), (json!({ "test/fault": "crash-loop" }), "Failed")]
    {
        let mut world = placed(annotations);
        let mut pod = world.view().get(PODS, "ns", "a").cloned().unwrap_or_default();
        pod["metadata"]["ownerReferences"] = job.clone();
        pod["spec"]["restartPolicy"] = "Never".into();
        world.put(PODS, pod);
        let (states, _) = live(&mut world, 5000);
        assert_eq!(states.last().map(|status| &status["phase"]), Some(&json!(phase)));
    }
}

#[test]
fn a_pod_that_is_deleted_is_gone_a_little_later() {
    let mut world = placed(json!({}));
    live(&mut world, 1000);
    let mut pod = world.view().get(PODS, "ns", "a").cloned().unwrap_or_default();
    pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    world.put(PODS, pod);
    let name = Name::new(PODS, "ns", "a");
    assert_eq!(kubelet::reconcile(&world.view(), &name).again_in, Some(Duration::from_millis(100)));
    world.now = later(world.now, Duration::from_millis(100));
    let outcome = kubelet::reconcile(&world.view(), &name);
    assert_eq!(events(&outcome), ["Normal Killing: Stopping container web"]);
    assert!(
        matches!(&outcome.writes[1].verb, Verb::Delete(deletion) if deletion.grace == Some(0) && deletion.uid == "a")
    );
}
