//! Services that lead nowhere.
//! Must never know ports or protocols.

use super::finding::Finding;
use super::scene::Scene;
use crate::json::Value;
use crate::kinds::{holds, title};
use crate::selector::LabelSelector;

/// A Service selects no Pods, or, if it is what is asked about, none that is ready. Below an object without any Pods it is not told.
pub(super) fn selector(scene: &Scene) -> Vec<Finding> {
    let services =
        scene.of_kind("Service").filter(|service| service["metadata"]["deletionTimestamp"].is_null());
    let told = services.filter_map(|service| {
        let selector =
            LabelSelector::from_labels(&service["spec"]["selector"].as_object()?.iter().collect()).ok()?;
        if selector.is_empty() {
            return None;
        }
        let is_root = title(service) == title(scene.root());
        let pods: Vec<&Value> = scene.of_kind("Pod").chain(scene.around("Pod")).collect();
        let selected: Vec<&&Value> =
            pods.iter().filter(|pod| selector.matches(&pod["metadata"]["labels"])).collect();
        let finding = |what: String| Finding::new("selector", title(service), what);
        match selected.as_slice() {
            [] if is_root || !pods.is_empty() => Some(
                finding(format!("it selects no Pods: none has the labels {selector}"))
                    .fix("Make the Service's selector and the labels of the Pods' template the same."),
            ),
            [] => None,
            selected if is_root && !selected.iter().any(|pod| holds(pod, "Ready")) => {
                let shown = selected.iter().take(3).map(|pod| format!("{} is not ready", title(pod)));
                let count = selected.len();
                let word = if count == 1 { "Pod" } else { "Pods" };
                let what = format!("it selects {count} {word}, and none of them is ready");
                Some(finding(what).shown_by_all(shown).fix("Ask why of one of these Pods."))
            }
            _ => None,
        }
    });
    told.collect()
}
