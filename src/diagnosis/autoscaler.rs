//! Autoscalers: those that cannot work, and those that decide in place of others.
//! Must never know where metrics come from.

use super::finding::Finding;
use super::scene::Scene;
use crate::json::Value;
use crate::kinds::{condition, count, number, text, title};

/// An autoscaler of the tree says that it cannot work.
pub(super) fn broken(scene: &Scene) -> Vec<Finding> {
    let told = of_tree(scene).flat_map(|(autoscaler, target)| {
        ["AbleToScale", "ScalingActive"].into_iter().filter_map(move |kind| {
            let condition = condition(autoscaler, kind).filter(|condition| condition["status"] == "False")?;
            // Switched off by a scale to 0, which is meant.
            let reason = text(&condition["reason"]);
            if reason == "ScalingDisabled" {
                return None;
            }
            let what = format!("it cannot scale {target}: {reason}: {}", text(&condition["message"]));
            Some(
                Finding::new("autoscaler", title(autoscaler), what)
                    .shown_by(format!("condition {kind} is False"))
                    .fix("See whether the metrics server runs, and whether the Pods say what they ask for in resources.requests."),
            )
        })
    });
    told.collect()
}

/// An autoscaler sets the number of replicas.
pub(super) fn overrules(scene: &Scene) -> Vec<Finding> {
    let told =
        of_tree(scene).filter(|(autoscaler, _)| number(&autoscaler["status"]["desiredReplicas"]).is_some());
    let told = told.map(|(autoscaler, target)| {
        let (spec, status) = (&autoscaler["spec"], &autoscaler["status"]);
        let what = format!(
            "it sets the replicas of {target} to {}, between {} and {}: a number written elsewhere does not last",
            count(&status["desiredReplicas"]),
            number(&spec["minReplicas"]).unwrap_or(1),
            count(&spec["maxReplicas"]),
        );
        Finding::new("autoscaled", title(autoscaler), what).fix("Scale by its minReplicas and maxReplicas.")
    });
    told.collect()
}

/// Autoscalers whose target is in the tree, with the target's name.
fn of_tree(scene: &Scene) -> impl Iterator<Item = (&Value, String)> {
    let all = scene.of_kind("HorizontalPodAutoscaler").chain(scene.around("HorizontalPodAutoscaler"));
    all.filter_map(|autoscaler| {
        let target = &autoscaler["spec"]["scaleTargetRef"];
        let target = format!("{}/{}", text(&target["kind"]), text(&target["name"]));
        scene.tree().any(|object| title(object) == target).then_some((autoscaler, target))
    })
}
