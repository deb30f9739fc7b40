//! The operator and scheduler of Seldon Core v2, as far as conditions go: Models, Servers, Pipelines, Experiments and SeldonRuntimes
//! become ready a little after each change; a finalizer holds each until it is unloaded. Must never know pods.
//!
//! Source: operator/apis/mlops/v1alpha1 and operator/controllers/mlops of Seldon Core 2.10.

use super::driver::{Change, Name, View};
use super::faults::{self, FaultKind};
use super::outcome::Outcome;
use super::read::{
    condition, has_finalizer, holds, items, later, name, namespace, put_condition, stamp, text, uid, until,
};
use crate::json::{Value, json};
use std::time::Duration;

/// Models.
const MODELS: &str = "models.mlops.seldon.io";
/// Experiments.
const EXPERIMENTS: &str = "experiments.mlops.seldon.io";
/// Pipelines.
const PIPELINES: &str = "pipelines.mlops.seldon.io";
/// Servers.
const SERVERS: &str = "servers.mlops.seldon.io";
/// SeldonRuntimes.
const RUNTIMES: &str = "seldonruntimes.mlops.seldon.io";

/// What it wants to hear of.
pub(super) const WATCHES: &[&str] = &[MODELS, EXPERIMENTS, PIPELINES, SERVERS, RUNTIMES];

/// How long it takes to load or unload something.
const LOAD: Duration = Duration::from_millis(300);
const UNLOAD: Duration = Duration::from_millis(100);

/// A kind: its conditions beside Ready, in the order of their names, and its finalizer.
fn kind(resource: &str) -> (&'static [&'static str], Option<&'static str>) {
    match resource {
        MODELS => (&["ModelReady"], Some("seldon.model.finalizer")),
        EXPERIMENTS => {
            (&["CandidatesReady", "ExperimentReady", "MirrorReady"], Some("seldon.experiment.finalizer"))
        }
        PIPELINES => {
            (&["ModelsReady", "PipelineGwReady", "PipelineReady"], Some("seldon.pipeline.finalizer"))
        }
        SERVERS => (&["StatefulSetOrDeploymentReady"], None),
        _ => (
            &[
                "DataflowEngineReady",
                "EnvoyReady",
                "HodometerReady",
                "ModelGatewayReady",
                "PipelineGatewayReady",
                "SchedulerReady",
            ],
            Some("seldon.runtime.finalizer"),
        ),
    }
}

/// An object, and what refers to a Model.
pub(super) fn concerns(view: &View, change: &Change, names: &mut Vec<Name>) {
    if !change.gone {
        names.push(Name::of(change.resource, change.object));
    }
    if change.resource == MODELS {
        for resource in [PIPELINES, EXPERIMENTS] {
            let within = view.list(resource, namespace(change.object));
            let of = within.filter(|object| models(resource, object).contains(&name(change.object)));
            names.extend(of.map(|object| Name::of(resource, object)));
        }
    }
}

/// The Models that a Pipeline or Experiment refers to.
fn models<'a>(resource: &str, object: &'a Value) -> Vec<&'a str> {
    let list = match resource {
        PIPELINES => &object["spec"]["steps"],
        EXPERIMENTS if object["spec"]["resourceType"] != "pipeline" => &object["spec"]["candidates"],
        _ => &Value::Null,
    };
    items(list).iter().map(|item| text(&item["name"])).collect()
}

/// One look at an object.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    let Some(entry) = view.entry(&at.resource, &at.namespace, &at.name) else { return outcome };
    let (object, (conditions, finalizer)) = (&entry.object, kind(&at.resource));
    let struck = faults::of(view, object);
    outcome.again_in = faults::change_in(view);
    if struck.contains(&&FaultKind::OperatorDown) {
        return outcome;
    }
    if let Some(since) = entry.deleting_at {
        if let Some(finalizer) = finalizer.filter(|finalizer| has_finalizer(object, finalizer)) {
            match until(view.now, later(since, UNLOAD)) {
                Duration::ZERO => finalize(at, object, finalizer, false, &mut outcome),
                rest => outcome.look_again(rest),
            }
        }
        return outcome;
    }
    if let Some(finalizer) = finalizer.filter(|finalizer| !has_finalizer(object, finalizer)) {
        finalize(at, object, finalizer, true, &mut outcome);
        return outcome;
    }
    let slow: Duration = struck
        .iter()
        .map(|fault| match fault {
            FaultKind::Slow(by) => *by,
            _ => Duration::ZERO,
        })
        .sum();
    let never = struck
        .iter()
        .any(|fault| matches!(fault, FaultKind::NeverReady | FaultKind::ImagePull | FaultKind::CrashLoop));
    let rest = until(view.now, later(entry.spec_at, LOAD + slow));
    let loaded = rest.is_zero() && !never;
    if !rest.is_zero() {
        outcome.look_again(rest);
    }
    let status = status(view, at, object, conditions, loaded, !rest.is_zero());
    outcome.set_status(&at.resource, object, status);
    outcome
}

fn finalize(at: &Name, object: &Value, finalizer: &str, hold: bool, outcome: &mut Outcome) {
    let mut all: Vec<Value> = items(&object["metadata"]["finalizers"]).to_vec();
    all.retain(|there| *there != *finalizer);
    if hold {
        all.push(finalizer.into());
    }
    let version = &object["metadata"]["resourceVersion"];
    let patch = json!({ "metadata": { "uid": uid(object), "resourceVersion": version, "finalizers": all } });
    outcome.merge(&at.resource, object, patch);
}

fn status(view: &View, at: &Name, object: &Value, conditions: &[&str], loaded: bool, soon: bool) -> Value {
    let mut status = object["status"].clone();
    // What is ready stays so while a change is taken in.
    let ready = loaded || soon && holds(&status, "Ready");
    let wanted = object["spec"]["replicas"]
        .as_i64()
        .or(object["spec"]["minReplicas"].as_i64().filter(|least| *least > 0))
        .unwrap_or(1);
    let others = models(&at.resource, object);
    let all_ready = others.iter().all(|model| {
        view.get(MODELS, namespace(object), model).is_some_and(|model| holds(&model["status"], "Ready"))
    });
    let scaled_down = at.resource == MODELS && wanted == 0;
    let state = match (ready, scaled_down, soon) {
        (_, true, _) => "ModelScaledDown",
        (true, false, _) => "ModelAvailable",
        (false, false, true) => "ModelProgressing",
        (false, false, false) => "ModelFailed",
    };
    let mut put = |kind: &str, is: bool, reason: &str| {
        let mut condition = json!({ "type": kind, "status": if is { "True" } else { "False" }, "lastTransitionTime": stamp(view.now) });
        if !reason.is_empty() {
            condition["reason"] = reason.into();
            condition["message"] = reason.into();
        }
        put_condition(&mut status, condition);
    };
    let mut aggregate = true;
    for kind in conditions {
        let (is, reason) = match *kind {
            "ModelReady" => (ready && !scaled_down, state),
            "ModelsReady" | "CandidatesReady" => (all_ready, if all_ready { "" } else { "models not ready" }),
            _ => (ready, ""),
        };
        aggregate &= is;
        put(kind, is, reason);
    }
    put("Ready", aggregate, if at.resource == MODELS { state } else { "" });
    let mut sorted = items(&status["conditions"]).to_vec();
    sorted.sort_by_cached_key(|condition| text(&condition["type"]).to_owned());
    status["conditions"] = sorted.into();
    let counted = loaded || status["replicas"].is_null();
    let there = if loaded { wanted } else { 0 };
    match at.resource.as_str() {
        MODELS if counted => {
            status["replicas"] = there.into();
            status["availableReplicas"] = there.into();
            status["selector"] = format!("server={}", text(&object["spec"]["server"])).into();
        }
        SERVERS if counted => {
            let loaded = view
                .list(MODELS, namespace(object))
                .filter(|model| condition(&model["status"], "Ready").is_some());
            status["loadedModels"] = loaded.count().into();
            status["replicas"] = there.into();
            status["selector"] = format!("seldon-server-name={}", name(object)).into();
        }
        _ => {}
    }
    status
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Verb;
    use super::super::testing::{World, statuses};
    use super::*;

    fn object(kind: &str, named: &str, finalizer: &str, spec: Value) -> Value {
        json!({ "apiVersion": "mlops.seldon.io/v1alpha1", "kind": kind, "metadata": { "name": named, "namespace": "ns", "uid": named, "generation": 1,
            "finalizers": [finalizer] }, "spec": spec })
    }

    fn look(world: &mut World, resource: &str, named: &str) -> Outcome {
        let outcome = reconcile(&world.view(), &Name::new(resource, "ns", named));
        for write in &outcome.writes {
            if let Verb::Status(object) = &write.verb {
                world.put(resource, object.clone());
            }
        }
        outcome
    }

    fn ready(world: &World, resource: &str, named: &str) -> bool {
        world.view().get(resource, "ns", named).is_some_and(|object| holds(&object["status"], "Ready"))
    }

    #[test]
    fn a_model_is_held_loaded_and_let_go() {
        let mut model = object("Model", "m", "other", json!({ "replicas": 2 }));
        let mut world = World::of([(MODELS, model.clone())]);
        let outcome = look(&mut world, MODELS, "m");
        assert!(
            matches!(&outcome.writes[0].verb, Verb::Merge(patch) if patch["metadata"]["finalizers"] == json!(["other", "seldon.model.finalizer"]))
        );
        model["metadata"]["finalizers"] = json!(["seldon.model.finalizer"]);
        world.put(MODELS, model.clone());
        let outcome = look(&mut world, MODELS, "m");
        assert_eq!(
            (outcome.again_in, &statuses(&outcome)[0]["conditions"][0]["reason"]),
            (Some(LOAD), &json!("ModelProgressing"))
        );
        world.now = later(world.now, LOAD);
        let outcome = look(&mut world, MODELS, "m");
        assert_eq!(
            (&statuses(&outcome)[0]["availableReplicas"], ready(&world, MODELS, "m")),
            (&json!(2), true)
        );
        let mut leaving = world.view().get(MODELS, "ns", "m").cloned().unwrap_or_default();
        leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        world.put(MODELS, leaving);
        world.now = later(world.now, UNLOAD);
        assert!(
            matches!(&look(&mut world, MODELS, "m").writes[0].verb, Verb::Merge(patch) if patch["metadata"]["finalizers"] == json!([]))
        );
    }

    #[test]
    fn a_pipeline_waits_for_its_models() {
        let model = object("Model", "m", "seldon.model.finalizer", json!({}));
        let pipeline =
            object("Pipeline", "p", "seldon.pipeline.finalizer", json!({ "steps": [{ "name": "m" }] }));
        let mut world = World::of([(MODELS, model), (PIPELINES, pipeline)]);
        world.now = later(world.now, LOAD);
        look(&mut world, PIPELINES, "p");
        assert!(!ready(&world, PIPELINES, "p"));
        look(&mut world, MODELS, "m");
        look(&mut world, PIPELINES, "p");
        assert!(ready(&world, PIPELINES, "p"));
    }
}
