use super::super::testing::{World, events, statuses};
use super::*;

fn job(spec: Value) -> Value {
    let mut job = json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "j", "namespace": "ns", "uid": "j", "generation": 1 },
        "spec": { "parallelism": 1, "completions": 1, "backoffLimit": 1, "template": { "metadata": {}, "spec": {} } }, "status": {} });
    for (key, value) in fields(&spec) {
        job["spec"][key] = value;
    }
    job
}

/// Looks and carries out, until nothing is written; the events told.
fn settle(world: &mut World) -> Vec<String> {
    let mut told = Vec::new();
    for _ in 0..20 {
        let outcome = reconcile(&world.view(), &Name::new(JOBS, "ns", "j"));
        told.extend(events(&outcome));
        if !outcome.writes() {
            return told;
        }
        for write in outcome.writes {
            match write.verb {
                Verb::Create(mut pod) => {
                    pod["metadata"]["name"] = format!("p-{}", world.uid()).into();
                    pod["metadata"]["uid"] = world.uid().into();
                    pod["metadata"]["creationTimestamp"] = stamp(world.now).into();
                    pod["status"] = json!({ "phase": "Running" });
                    world.put(PODS, pod);
                }
                Verb::Merge(patch) => {
                    let mut pod = world.view().get(PODS, "ns", &write.name).cloned().unwrap_or_default();
                    pod["metadata"]["finalizers"] = patch["metadata"]["finalizers"].clone();
                    world.put(PODS, pod);
                }
                Verb::Delete(deletion) => {
                    _ = world.store.remove(&write.resource, "ns", &write.name, Some(&deletion.uid))
                }
                Verb::Status(object) => world.put(JOBS, object),
                _ => {}
            }
        }
    }
    panic!("it never settles: {told:?}");
}

fn end(world: &mut World, phase: &str) {
    let all: Vec<Value> = world.view().all(PODS).filter(|pod| pods::is_active(pod)).cloned().collect();
    for mut pod in all {
        pod["status"]["phase"] = phase.into();
        pod["status"]["containerStatuses"] =
            json!([{ "state": { "terminated": { "finishedAt": stamp(world.now) } } }]);
        world.put(PODS, pod);
    }
}

fn status(world: &World) -> Value {
    world.view().get(JOBS, "ns", "j").map(|job| job["status"].clone()).unwrap_or_default()
}

#[test]
fn a_job_runs_as_many_pods_as_asked_and_is_complete() {
    let mut world = World::of([(JOBS, job(json!({ "completions": 3, "parallelism": 2 })))]);
    settle(&mut world);
    assert_eq!(status(&world)["active"], 2);
    end(&mut world, "Succeeded");
    settle(&mut world);
    assert_eq!((&status(&world)["succeeded"], &status(&world)["active"]), (&json!(2), &json!(1)));
    end(&mut world, "Succeeded");
    let told = settle(&mut world);
    assert_eq!(told, ["Normal Completed: Job completed"]);
    let status = status(&world);
    assert_eq!(status["uncountedTerminatedPods"], json!({}));
    let kinds: Vec<&Value> = items(&status["conditions"]).iter().map(|each| &each["type"]).collect();
    assert_eq!(
        (kinds, &status["succeeded"]),
        (vec![&json!("SuccessCriteriaMet"), &json!("Complete")], &json!(3))
    );
    assert!(world.view().all(PODS).all(|pod| !has_finalizer(pod, TRACKED)));
}

#[test]
fn what_fails_is_tried_again_after_a_pause_until_its_limit() {
    let mut world = World::of([(JOBS, job(json!({})))]);
    settle(&mut world);
    end(&mut world, "Failed");
    settle(&mut world);
    assert_eq!((&status(&world)["failed"], world.view().all(PODS).count()), (&json!(1), 1));
    let again = reconcile(&world.view(), &Name::new(JOBS, "ns", "j")).again_in;
    assert_eq!(again, Some(PAUSE));
    world.now = later(world.now, PAUSE);
    settle(&mut world);
    assert_eq!(world.view().all(PODS).count(), 2);
    end(&mut world, "Failed");
    let told = settle(&mut world);
    assert_eq!(told, ["Warning BackoffLimitExceeded: Job has reached the specified backoff limit"]);
    assert!(holds(&status(&world), "Failed"));
}

#[test]
fn one_that_takes_too_long_is_ended() {
    let mut world = World::of([(JOBS, job(json!({ "activeDeadlineSeconds": 5 })))]);
    settle(&mut world);
    assert_eq!(reconcile(&world.view(), &Name::new(JOBS, "ns", "j")).again_in, Some(Duration::from_secs(5)));
    world.now = later(world.now, Duration::from_secs(5));
    let told = settle(&mut world);
    assert!(told[0].starts_with("Normal SuccessfulDelete"), "{told:?}");
    assert!(holds(&status(&world), "Failed"), "{}", status(&world));
    assert_eq!(status(&world)["failed"], 1);
}

#[test]
fn an_indexed_job_counts_what_it_completed() {
    let mut world =
        World::of([(JOBS, job(json!({ "completions": 3, "parallelism": 3, "completionMode": "Indexed" })))]);
    settle(&mut world);
    let indices: BTreeSet<String> =
        world.view().all(PODS).map(|pod| annotation(pod, INDEX).to_owned()).collect();
    assert_eq!(indices, ["0", "1", "2"].map(str::to_owned).into());
    end(&mut world, "Succeeded");
    settle(&mut world);
    assert_eq!(status(&world)["completedIndexes"], "0-2");
    assert_eq!(spans(&indices_of("0-2,5,7-8")), "0-2,5,7-8");
}

#[test]
fn one_that_is_over_goes_when_its_time_has_come() {
    let mut world = World::of([(JOBS, job(json!({ "ttlSecondsAfterFinished": 10 })))]);
    settle(&mut world);
    end(&mut world, "Succeeded");
    settle(&mut world);
    world.now = later(world.now, Duration::from_secs(10));
    settle(&mut world);
    assert!(world.view().get(JOBS, "ns", "j").is_none());
}

#[test]
fn a_cron_job_makes_one_when_it_is_due() {
    use super::super::resource::CRON_JOBS;
    let cron = json!({ "apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": { "name": "c", "namespace": "ns", "uid": "c", "creationTimestamp": "2026-01-01T00:00:00Z" },
        "spec": { "schedule": "*/5 * * * *", "jobTemplate": { "spec": { "template": {} } } }, "status": {} });
    let mut world = World::of([(CRON_JOBS, cron)]);
    let name = Name::new(CRON_JOBS, "ns", "c");
    let first = cron::reconcile(&world.view(), &name);
    assert_eq!((first.writes(), first.again_in), (false, Some(Duration::from_millis(300_100))));
    world.now = later(world.now, first.again_in.unwrap_or_default());
    let second = cron::reconcile(&world.view(), &name);
    assert_eq!(events(&second), ["Normal SuccessfulCreate: Created job c-29453765"]);
    assert_eq!(statuses(&second)[0]["lastScheduleTime"], "2026-01-01T00:05:00Z");
}
