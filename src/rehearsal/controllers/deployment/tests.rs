use super::super::driver::Name;
use super::super::outcome::{Outcome, Verb};
use super::super::resource::{DEPLOYMENTS, REPLICA_SETS};
use super::super::testing::{World, events, statuses};
use super::*;

fn deployment(replicas: i64) -> Value {
    json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web", "namespace": "ns", "uid": "d", "generation": 1 },
        "spec": { "replicas": replicas, "selector": { "matchLabels": { "app": "web" } }, "progressDeadlineSeconds": 600,
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } },
            "revisionHistoryLimit": 1,
            "template": { "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "name": "web", "image": "web:1" }] } } },
        "status": {} })
}

fn look(world: &World) -> Outcome {
    reconcile(&world.view(), &Name::new(DEPLOYMENTS, "ns", "web"))
}

/// Carries out what is written of ReplicaSets and the Deployment's status, as a server would.
fn carry_out(world: &mut World, outcome: &Outcome) {
    for write in &outcome.writes {
        match &write.verb {
            Verb::Create(set) => {
                let mut set = set.clone();
                set["metadata"]["uid"] = write.name.clone().into();
                set["metadata"]["generation"] = 1.into();
                set["metadata"]["creationTimestamp"] = stamp(world.now).into();
                world.put(REPLICA_SETS, set);
            }
            Verb::Update(set) => world.put(REPLICA_SETS, set.clone()),
            Verb::Status(deployment) => world.put(DEPLOYMENTS, deployment.clone()),
            _ => {}
        }
    }
}

/// Lets every ReplicaSet have the pods it wants, all available.
fn fill(world: &mut World) {
    let sets: Vec<Value> = world.view().all(REPLICA_SETS).cloned().collect();
    for mut set in sets {
        let wanted = replicas(&set);
        set["status"] = json!({ "replicas": wanted, "readyReplicas": wanted, "availableReplicas": wanted,
            "terminatingReplicas": 0, "observedGeneration": 1 });
        world.put(REPLICA_SETS, set);
    }
}

/// Looks and carries out until nothing is written.
fn settle(world: &mut World) -> Vec<String> {
    let mut told = Vec::new();
    for _ in 0..50 {
        let outcome = look(world);
        told.extend(events(&outcome));
        if !outcome.writes() {
            return told;
        }
        carry_out(world, &outcome);
    }
    panic!("it never settles: {told:?}");
}

fn conditions(world: &World) -> Vec<String> {
    let view = world.view();
    let status =
        view.get(DEPLOYMENTS, "ns", "web").map(|deployment| deployment["status"].clone()).unwrap_or_default();
    let told =
        |each: &Value| format!("{} {} {}", text(&each["type"]), text(&each["status"]), text(&each["reason"]));
    super::super::read::items(&status["conditions"]).iter().map(told).collect()
}

#[test]
fn a_new_deployment_goes_through_the_states_of_the_real_one() {
    let mut world = World::of([(DEPLOYMENTS, deployment(2))]);
    let first = look(&world);
    assert_eq!(statuses(&first)[0]["conditions"][0]["reason"], "NewReplicaSetCreated");
    assert_eq!(statuses(&first)[0]["observedGeneration"], Value::Null);
    carry_out(&mut world, &first);
    let second = look(&world);
    assert_eq!(statuses(&second)[0]["unavailableReplicas"], 2);
    settle(&mut world);
    assert_eq!(
        conditions(&world),
        ["Progressing True NewReplicaSetCreated", "Available False MinimumReplicasUnavailable"]
    );
    fill(&mut world);
    settle(&mut world);
    assert_eq!(
        conditions(&world),
        ["Available True MinimumReplicasAvailable", "Progressing True NewReplicaSetAvailable"]
    );
    let revision = world.view().get(DEPLOYMENTS, "ns", "web").map(|it| it["metadata"]["annotations"].clone());
    assert_eq!(revision, Some(json!({ "deployment.kubernetes.io/revision": "1" })));
}

fn change(world: &mut World, change: impl Fn(&mut Value)) {
    let mut next = world.view().get(DEPLOYMENTS, "ns", "web").cloned().unwrap_or_default();
    change(&mut next["spec"]);
    next["metadata"]["generation"] = (generation(&next) + 1).into();
    world.put(DEPLOYMENTS, next);
}

fn ready(replicas: i64) -> World {
    let mut world = World::of([(DEPLOYMENTS, deployment(replicas))]);
    settle(&mut world);
    fill(&mut world);
    settle(&mut world);
    world
}

#[test]
fn a_rollout_keeps_within_its_bounds_and_back_takes_the_old_set_again() {
    let mut world = ready(4);
    change(&mut world, |spec| spec["template"]["spec"]["containers"][0]["image"] = "web:2".into());
    let mut told = settle(&mut world);
    for _ in 0..10 {
        let sizes: i64 = world.view().all(REPLICA_SETS).map(replicas).sum();
        assert!((3..=5).contains(&sizes), "{sizes} pods are wanted");
        fill(&mut world);
        told.extend(settle(&mut world));
    }
    let sizes: Vec<i64> = world.view().all(REPLICA_SETS).map(replicas).collect();
    assert_eq!(sizes.iter().sum::<i64>(), 4);
    assert!(sizes.contains(&0));
    assert!(
        told[0].contains("from 0 to 1") && told.iter().any(|told| told.contains("Scaled down")),
        "{told:?}"
    );
    change(&mut world, |spec| spec["template"]["spec"]["containers"][0]["image"] = "web:1".into());
    settle(&mut world);
    let revisions: std::collections::BTreeSet<String> = world
        .view()
        .all(REPLICA_SETS)
        .map(|set| super::super::read::annotation(set, "deployment.kubernetes.io/revision").to_owned())
        .collect();
    assert_eq!(revisions, ["2", "3"].map(str::to_owned).into());
}

#[test]
fn scaling_changes_the_set_and_tells_it() {
    let mut world = ready(2);
    change(&mut world, |spec| spec["replicas"] = 5.into());
    let told = settle(&mut world);
    assert_eq!(told.len(), 1);
    assert!(told[0].ends_with("from 2 to 5"), "{told:?}");
    assert_eq!(world.view().all(REPLICA_SETS).map(replicas).collect::<Vec<_>>(), [5]);
}

#[test]
fn recreate_ends_the_old_pods_first() {
    let mut world = World::of([]);
    let mut recreate = deployment(2);
    recreate["spec"]["strategy"] = json!({ "type": "Recreate" });
    world.put(DEPLOYMENTS, recreate);
    settle(&mut world);
    fill(&mut world);
    settle(&mut world);
    change(&mut world, |spec| spec["template"]["spec"]["containers"][0]["image"] = "web:2".into());
    settle(&mut world);
    assert_eq!(world.view().all(REPLICA_SETS).map(replicas).collect::<Vec<_>>(), [0]);
    fill(&mut world);
    settle(&mut world);
    let mut sizes: Vec<i64> = world.view().all(REPLICA_SETS).map(replicas).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [0, 2]);
}

#[test]
fn what_makes_no_progress_is_told_after_its_deadline() {
    let mut world = World::of([(DEPLOYMENTS, deployment(2))]);
    settle(&mut world);
    let again = look(&world).again_in;
    assert_eq!(again, Some(std::time::Duration::from_secs(601)));
    world.now = super::super::read::later(world.now, again.unwrap_or_default());
    settle(&mut world);
    assert!(
        conditions(&world).contains(&"Progressing False ProgressDeadlineExceeded".to_owned()),
        "{:?}",
        conditions(&world)
    );
}

#[test]
fn pausing_is_told_and_holds_a_rollout() {
    let mut world = ready(2);
    change(&mut world, |spec| spec["paused"] = true.into());
    settle(&mut world);
    assert!(conditions(&world).contains(&"Progressing Unknown DeploymentPaused".to_owned()));
    change(&mut world, |spec| spec["template"]["spec"]["containers"][0]["image"] = "web:2".into());
    settle(&mut world);
    assert_eq!(world.view().all(REPLICA_SETS).count(), 1);
    change(&mut world, |spec| spec["paused"] = false.into());
    settle(&mut world);
    assert_eq!(world.view().all(REPLICA_SETS).count(), 2);
}

#[test]
fn a_refused_set_is_told() {
    let mut world = World::of([(DEPLOYMENTS, deployment(2))]);
    world.fail("no");
    let outcome = look(&world);
    assert_eq!(statuses(&outcome)[0]["conditions"][0]["reason"], "ReplicaSetCreateError");
    assert!(
        events(&outcome)[0]
            .starts_with("Warning ReplicaSetCreateError: Failed to create new replica set \"web-")
    );
}
