//! HorizontalPodAutoscalers: they hold their bounds. Metrics always say that the number of replicas is right.
//! Must never know pods.
//!
//! Source: kubernetes 1.37, pkg/controller/podautoscaler.

use super::driver::{Change, Name, View};
use super::outcome::{Outcome, Verb, Write};
use super::read::{condition, deleting, generation, items, namespace, put_condition, stamp, text};
use super::resource::AUTOSCALERS;
use crate::json::{Value, json};
use std::time::Duration;

/// Who tells the events.
const BY: &str = "horizontal-pod-autoscaler";

/// How long it takes to find out what a target has.
pub(super) const DELAY: Duration = Duration::from_millis(20);

/// How often it looks at what does not change.
const PERIOD: Duration = Duration::from_secs(15);

/// An autoscaler that is new, or wants something else.
pub(super) fn concerns(_: &View, change: &Change, names: &mut Vec<Name>) {
    if !change.gone && change.before.is_none_or(|before| generation(before) != generation(change.object)) {
        names.push(Name::of(AUTOSCALERS, change.object));
    }
}

/// One look at an autoscaler.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let Some(scaler) = view.get(AUTOSCALERS, &at.namespace, &at.name) else { return Outcome::nothing() };
    if deleting(scaler) {
        return Outcome::nothing();
    }
    let mut outcome = Outcome::again(PERIOD);
    let mut status = scaler["status"].clone();
    status["observedGeneration"] = generation(scaler).into();
    let target = &scaler["spec"]["scaleTargetRef"];
    let resource = view
        .store
        .resource_of(text(&target["apiVersion"]), text(&target["kind"]))
        .map(|resource| resource.id());
    let there = resource.as_ref().and_then(|id| view.get(id, namespace(scaler), text(&target["name"])));
    let set = |status: &mut Value, kind: &str, holds: bool, reason: &str, message: &str| {
        let holds = if holds { "True" } else { "False" };
        let condition = json!({ "type": kind, "status": holds, "lastTransitionTime": stamp(view.now), "reason": reason, "message": message });
        put_condition(status, condition);
    };
    let (Some(id), Some(there)) = (resource, there) else {
        let what = format!(
            "{}s.{} {:?} not found",
            text(&target["kind"]).to_lowercase(),
            group(text(&target["apiVersion"])),
            text(&target["name"])
        );
        let message = format!("the HPA controller was unable to get the target's current scale: {what}");
        set(&mut status, "AbleToScale", false, "FailedGetScale", &message);
        outcome.warn(BY, scaler, "FailedGetScale", what);
        outcome.set_status(AUTOSCALERS, scaler, status);
        return outcome;
    };
    let current = there["spec"]["replicas"].as_i64().unwrap_or(1);
    let least = scaler["spec"]["minReplicas"].as_i64().unwrap_or(1);
    let most = scaler["spec"]["maxReplicas"].as_i64().unwrap_or(i64::MAX);
    let mut desired = current;
    if current == 0 {
        set(
            &mut status,
            "AbleToScale",
            true,
            "SucceededGetScale",
            "the HPA controller was able to get the target's current scale",
        );
        let message = "scaling is disabled since the replica count of the target is zero";
        set(&mut status, "ScalingActive", false, "ScalingDisabled", message);
    } else if current > most || current < least {
        desired = current.clamp(least, most);
        let write = Write {
            resource: id.into(),
            namespace: there["metadata"]["namespace"].to_text(),
            name: target["name"].to_text(),
            verb: Verb::Scale(desired),
        };
        outcome.writes.push(write);
        let bound = if current > most { "above Spec.MaxReplicas" } else { "below Spec.MinReplicas" };
        let message = format!("New size: {desired}; reason: Current number of replicas {bound}");
        outcome.normal(BY, scaler, "SuccessfulRescale", message);
        let message = format!("the HPA controller was able to update the target scale to {desired}");
        set(&mut status, "AbleToScale", true, "SucceededRescale", &message);
        set(
            &mut status,
            "ScaledToZero",
            false,
            "NotScaledToZero",
            "the HPA controller did not scale the workload to zero",
        );
        status["lastScaleTime"] = stamp(view.now).into();
    } else {
        set(&mut status, "AbleToScale", true, "ReadyForNewScale", "recommended size matches current size");
        let metric = metric(scaler);
        let message = format!("the HPA was able to successfully calculate a replica count from {metric}");
        set(&mut status, "ScalingActive", true, "ValidMetricFound", &message);
        set(
            &mut status,
            "ScalingLimited",
            false,
            "DesiredWithinRange",
            "the desired count is within the acceptable range",
        );
        status["currentMetrics"] = measured(scaler);
    }
    if condition(&status, "ScalingActive").is_none() && status["currentMetrics"].is_null() {
        status["currentMetrics"] = Value::Null;
    }
    status["currentReplicas"] = current.into();
    status["desiredReplicas"] = desired.into();
    outcome.set_status(AUTOSCALERS, scaler, status);
    outcome
}

fn group(version: &str) -> &str {
    version.split_once('/').map_or("", |(group, _)| group)
}

/// The first metric, in the controller's words.
fn metric(scaler: &Value) -> String {
    let metric = items(&scaler["spec"]["metrics"]).first().cloned().unwrap_or_default();
    let resource = match text(&metric["resource"]["name"]) {
        "" => "cpu",
        name => name,
    };
    match text(&metric["type"]) {
        "" | "Resource" => format!("{resource} resource utilization (percentage of request)"),
        "External" => format!("external metric {}(nil)", text(&metric["external"]["metric"]["name"])),
        "Pods" => format!("pods metric {}", text(&metric["pods"]["metric"]["name"])),
        other => format!("{} metric", other.to_lowercase()),
    }
}

/// Each metric just as it is wanted.
fn measured(scaler: &Value) -> Value {
    let metrics = items(&scaler["spec"]["metrics"]).iter().filter(|metric| metric["type"] == "Resource");
    let measured: Vec<Value> = metrics
        .map(|metric| {
            let target = &metric["resource"]["target"];
            let mut current = json!({ "averageValue": "0" });
            if !target["averageUtilization"].is_null() {
                current["averageUtilization"] = target["averageUtilization"].clone();
            }
            if !target["averageValue"].is_null() {
                current["averageValue"] = target["averageValue"].clone();
            }
            json!({ "type": "Resource", "resource": { "name": metric["resource"]["name"], "current": current } })
        })
        .collect();
    if measured.is_empty() { Value::Null } else { measured.into() }
}

#[cfg(test)]
mod tests {
    use super::super::resource::DEPLOYMENTS;
    use super::super::testing::{World, events, statuses};
    use super::*;

    #[test]
    fn it_holds_its_bounds_and_is_content_within_them() {
        let scaler = json!({ "metadata": { "name": "web", "namespace": "ns", "uid": "h", "generation": 1 },
            "spec": { "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": "web" }, "minReplicas": 2, "maxReplicas": 4 } });
        let deployment = |replicas: i64| json!({ "metadata": { "name": "web", "namespace": "ns", "uid": "d" }, "spec": { "replicas": replicas } });
        let mut world = World::of([(AUTOSCALERS, scaler)]);
        world.serve("apps", "deployments", "Deployment");
        let look = |world: &World| reconcile(&world.view(), &Name::new(AUTOSCALERS, "ns", "web"));
        assert_eq!(statuses(&look(&world))[0]["conditions"][0]["reason"], "FailedGetScale");
        for (there, to, bound) in [(1, 2, "below Spec.MinReplicas"), (9, 4, "above Spec.MaxReplicas")] {
            world.put(DEPLOYMENTS, deployment(there));
            let outcome = look(&world);
            assert_eq!(outcome.writes[0].verb, Verb::Scale(to));
            assert_eq!(
                events(&outcome)[0],
                format!(
                    "Normal SuccessfulRescale: New size: {to}; reason: Current number of replicas {bound}"
                )
            );
        }
        world.put(DEPLOYMENTS, deployment(3));
        let outcome = look(&world);
        assert_eq!(outcome.writes.len(), 1);
        assert_eq!(statuses(&outcome)[0]["conditions"][1]["reason"], "ValidMetricFound");
    }
}
