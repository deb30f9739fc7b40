//! HorizontalPodAutoscalers and KEDA ScaledObjects: whether they work, and the bounds they hold.
//! Must never know metrics, nor what they scale.
//!
//! Sources: keda `apis/keda/v1alpha1/{scaledobject,condition}_types.go`; Argo CD's `keda.sh/ScaledObject/health.lua`, which calls one
//! degraded while a fallback stands in.

use super::general::{Bounds, alone, scale_bounds};
use super::read::{
    because, condition, count, holds, number, of_condition, text, title, want, want_condition,
};
use super::verdict::{Decides, Reason, ScaleField, ScaleRefusal, ScaleRequest, ScaleWrite, Verdict};
use crate::json::Value;

/// An autoscaler is ready when it can read its metrics and scale: conditions AbleToScale and ScalingActive.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let reasons =
        ["AbleToScale", "ScalingActive"].into_iter().filter_map(|kind| want_condition(object, kind));
    Verdict::unless(reasons.collect(), || {
        let status = &object["status"];
        format!(
            "active, {} of {} replicas",
            count(&status["currentReplicas"]),
            count(&status["desiredReplicas"])
        )
    })
}

/// A ScaledObject is ready when it is defined well and its triggers answer (condition Ready), and no fallback stands in for one that does
/// not (condition Fallback). A paused one is ready, and scales nothing.
pub(crate) fn scaled_object_ready(object: &Value, _children: &[&Value]) -> Verdict {
    let mut reasons: Vec<Reason> = want_condition(object, "Ready").into_iter().collect();
    if let Some(fallback) = condition(object, "Fallback").filter(|_| holds(object, "Fallback")) {
        let message = format!("a fallback decides its replicas{}", because(fallback));
        reasons.push(of_condition(object, "Fallback", "status", "False", message));
    }
    let paused = if holds(object, "Paused") { ", paused" } else { "" };
    Verdict::unless(reasons, || format!("ready{paused}"))
}

/// Scaled: there are as many replicas as it wants, within its bounds.
pub(crate) fn scaled(object: &Value, _children: &[&Value]) -> Verdict {
    let (spec, status) = (&object["spec"], &object["status"]);
    let (current, desired) = (count(&status["currentReplicas"]), count(&status["desiredReplicas"]));
    let (min, max) =
        (number(&spec["minReplicas"]).unwrap_or(1), number(&spec["maxReplicas"]).unwrap_or(i64::MAX));
    let mut reasons: Vec<Reason> = Vec::new();
    if !(min..=max).contains(&desired) {
        let message = format!("it wants {desired} replicas, which is not between {min} and {max}");
        let wanted = format!("{min} to {max}");
        reasons.push(Reason::new("/status/desiredReplicas", desired.to_string(), wanted, message));
    }
    want(&mut reasons, "/status/currentReplicas", current, desired, || {
        format!("{current} of {desired} replicas made")
    });
    Verdict::unless(reasons, || format!("{current}/{desired} replicas"))
}

/// The bounds decide for the object that is scaled.
pub(crate) fn replicas(object: &Value) -> Vec<ScaleField> {
    let bounds = bounds(object);
    let [min, max] = bounds.names.map(|name| number(&object["spec"][name]));
    let deciding = Decides::Autoscaler { pointer: bounds.at, min, max };
    vec![ScaleField { child: bounds.child, deciding, value: None, losing: Vec::new() }]
}

/// Sets the bounds; a plain number is refused.
pub(crate) fn scale(object: &Value, request: &ScaleRequest) -> Result<Vec<ScaleWrite>, ScaleRefusal> {
    alone(object, request)?;
    scale_bounds(object, &bounds(object), request.to)
}

fn bounds(object: &Value) -> Bounds {
    let target = &object["spec"]["scaleTargetRef"];
    let names = match object["kind"] == "ScaledObject" {
        true => ["minReplicaCount", "maxReplicaCount"],
        false => ["minReplicas", "maxReplicas"],
    };
    let kind = Some(text(&target["kind"])).filter(|kind| !kind.is_empty()).unwrap_or("Deployment");
    let child = match text(&target["name"]) {
        "" => title(object),
        name => format!("{kind}/{name}"),
    };
    Bounds { at: "/spec".to_owned(), names, label: "replicas".to_owned(), child }
}
