use super::super::testing::{World, events, statuses};
use super::*;
use crate::json::json;

fn iris(spec: Value) -> Value {
    json!({ "apiVersion": "machinelearning.seldon.io/v1", "kind": "SeldonDeployment",
        "metadata": { "name": "iris", "namespace": "ns", "uid": "i", "generation": 1 }, "spec": spec })
}

fn predictor(fields: Value) -> Value {
    let mut predictor = json!({ "name": "default", "graph": { "name": "classifier", "type": "MODEL" },
        "componentSpecs": [{ "spec": { "containers": [{ "name": "classifier", "image": "iris:1" }] } }] });
    for (key, value) in super::super::read::fields(&fields) {
        predictor[key] = value;
    }
    predictor
}

/// Looks once, and puts what was applied and the status where they belong.
fn look(world: &mut World) -> Outcome {
    let outcome = reconcile(&world.view(), &Name::new(SELDON_DEPLOYMENTS, "ns", "iris"));
    for write in &outcome.writes {
        match &write.verb {
            Verb::Apply(object) => {
                let mut object = object.clone();
                let before =
                    world.view().get(&write.resource, "ns", &write.name).cloned().unwrap_or_default();
                object["metadata"]["uid"] = write.name.clone().into();
                object["status"] = before["status"].clone();
                world.put(&write.resource, object);
            }
            Verb::Status(object) => world.put(SELDON_DEPLOYMENTS, object.clone()),
            _ => {}
        }
    }
    world.note = outcome.note.clone().unwrap_or(world.note.clone());
    outcome
}

fn fill(world: &mut World, replicas: i64) {
    let all: Vec<Value> = world.view().all(DEPLOYMENTS).cloned().collect();
    for mut deployment in all {
        deployment["status"] =
            json!({ "replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas });
        world.put(DEPLOYMENTS, deployment);
    }
}

fn state(world: &World) -> Value {
    world
        .view()
        .get(SELDON_DEPLOYMENTS, "ns", "iris")
        .map(|iris| iris["status"]["state"].clone())
        .unwrap_or_default()
}

fn applied(outcome: &Outcome) -> Vec<&str> {
    let applied = outcome.writes.iter().filter(|write| matches!(write.verb, Verb::Apply(_)));
    applied.map(|write| write.name.as_str()).collect()
}

#[test]
fn it_makes_its_children_and_is_available_when_they_are() {
    let mut world = World::of([(
        SELDON_DEPLOYMENTS,
        iris(json!({ "predictors": [predictor(json!({ "replicas": 2 }))] })),
    )]);
    let first = look(&mut world);
    assert_eq!(applied(&first), ["iris-default-classifier", "iris-default-0-classifier", "iris-default"]);
    assert_eq!(
        events(&first).last().map(String::as_str),
        Some("Normal Updated: Updated SeldonDeployment \"iris\"")
    );
    assert_eq!(statuses(&first)[0]["serviceStatus"], json!({}));
    assert_eq!(state(&world), "Creating");
    fill(&mut world, 2);
    let second = look(&mut world);
    assert!(applied(&second).is_empty(), "{:?}", applied(&second));
    let status = &statuses(&second)[0];
    assert_eq!((&status["state"], &status["replicas"]), (&json!("Available"), &json!(2)));
    assert_eq!(status["serviceStatus"]["iris-default"]["httpEndpoint"], "iris-default.ns:8000");
    assert_eq!(status["observedGeneration"], Value::Null);
    assert!(statuses(&look(&mut world)).is_empty());
}

#[test]
fn a_change_leaves_a_stale_available_and_scaling_rolls_no_pods() {
    let mut world = World::of([(
        SELDON_DEPLOYMENTS,
        iris(json!({ "predictors": [predictor(json!({ "replicas": 1 }))] })),
    )]);
    look(&mut world);
    fill(&mut world, 1);
    look(&mut world);
    let mut more = world.view().get(SELDON_DEPLOYMENTS, "ns", "iris").cloned().unwrap_or_default();
    more["spec"]["predictors"][0]["replicas"] = 3.into();
    world.put(SELDON_DEPLOYMENTS, more.clone());
    let outcome = look(&mut world);
    assert_eq!(applied(&outcome), ["iris-default-0-classifier"]);
    assert!(!events(&outcome).iter().any(|event| event.contains("UpdateDeployment")));
    assert_eq!(state(&world), "Available");
    more["spec"]["replicas"] = 5.into();
    world.put(SELDON_DEPLOYMENTS, more.clone());
    assert!(applied(&look(&mut world)).is_empty(), "the predictor's number wins");
    more["spec"]["predictors"][0]["componentSpecs"][0]["spec"]["containers"][0]["image"] = "iris:2".into();
    world.put(SELDON_DEPLOYMENTS, more);
    assert!(
        events(&look(&mut world)).contains(
            &"Normal UpdateDeployment: Updated Deployment \"iris-default-0-classifier\"".to_owned()
        )
    );
}

#[test]
fn without_replicas_it_is_never_available_and_leaves_the_field_out() {
    let mut world = World::of([(
        SELDON_DEPLOYMENTS,
        iris(json!({ "predictors": [predictor(json!({ "replicas": 0 }))] })),
    )]);
    look(&mut world);
    fill(&mut world, 0);
    look(&mut world);
    assert_eq!(state(&world), "Creating");
    let status = world
        .view()
        .get(SELDON_DEPLOYMENTS, "ns", "iris")
        .map(|iris| iris["status"].clone())
        .unwrap_or_default();
    assert_eq!(
        (&status["replicas"], &status["deploymentStatus"]),
        (&Value::Null, &json!({ "iris-default-0-classifier": {} }))
    );
}

#[test]
fn a_graph_that_nothing_serves_fails_and_what_is_refused_is_told() {
    let mut world = World::of([(
        SELDON_DEPLOYMENTS,
        iris(json!({ "predictors": [predictor(json!({ "graph": { "name": "other" } }))] })),
    )]);
    let outcome = look(&mut world);
    assert_eq!(state(&world), "Failed");
    assert!(events(&outcome)[0].starts_with("Warning InternalError: engine not separate"));
    let mut world = World::of([(SELDON_DEPLOYMENTS, iris(json!({ "predictors": [predictor(json!({}))] })))]);
    world.fail("no such thing");
    look(&mut world);
    let status = world
        .view()
        .get(SELDON_DEPLOYMENTS, "ns", "iris")
        .map(|iris| iris["status"].clone())
        .unwrap_or_default();
    assert_eq!((&status["state"], &status["description"]), (&json!("Failed"), &json!("no such thing")));
}

#[test]
fn prepackaged_servers_autoscalers_and_removed_predictors() {
    let component = json!({ "hpaSpec": { "minReplicas": 2, "maxReplicas": 4 },
        "spec": { "containers": [{ "name": "classifier", "image": "iris:1" }] } });
    let served = json!({ "name": "canary", "graph": { "name": "m", "implementation": "SKLEARN_SERVER" } });
    let both =
        json!({ "replicas": 7, "predictors": [predictor(json!({ "componentSpecs": [component] })), served] });
    let mut world = World::of([(SELDON_DEPLOYMENTS, iris(both.clone()))]);
    let outcome = look(&mut world);
    assert!(applied(&outcome).contains(&"iris-canary-0-m"));
    let scaled = world
        .view()
        .get(DEPLOYMENTS, "ns", "iris-default-0-classifier")
        .map(|it| it["spec"]["replicas"].clone());
    assert_eq!(scaled, Some(Value::Null), "an autoscaler decides");
    assert_eq!(world.view().all(AUTOSCALERS).count(), 1);
    fill(&mut world, 2);
    look(&mut world);
    let mut one = world.view().get(SELDON_DEPLOYMENTS, "ns", "iris").cloned().unwrap_or_default();
    one["spec"]["predictors"] = json!([both["predictors"][0]]);
    world.put(SELDON_DEPLOYMENTS, one);
    let told = events(&look(&mut world));
    assert!(
        told.contains(&"Normal DeleteDeployment: Deleted Deployment \"iris-canary-0-m\"".to_owned()),
        "{told:?}"
    );
}
