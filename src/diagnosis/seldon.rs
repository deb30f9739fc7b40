//! What only SeldonDeployments have: a graph, an operator that describes its failures, replicas on three levels.
//! Must never know the operator's address.

use super::finding::Finding;
use super::scene::Scene;
use crate::json::Value;
use crate::kinds::{self, Decides, dotted, lint, number, text, title};

/// What the operator or its webhook would refuse: told only while it has not brought the thing up.
pub(super) fn graph(scene: &Scene) -> Vec<Finding> {
    let stuck = root(scene).filter(|root| root["status"]["state"] != "Available");
    let told = stuck.into_iter().flat_map(|root| {
        let refused = lint::lint(root).into_iter().filter(|finding| finding.severity.is_error());
        refused.map(|finding| {
            let what = format!("{}, in {}", finding.message, dotted(&finding.pointer));
            let told = Finding::new("seldon-graph", title(root), what);
            match finding.help {
                Some(help) => told.fix(help),
                None => told,
            }
        })
    });
    told.collect()
}

/// The operator's own description of a failure.
pub(super) fn failed(scene: &Scene) -> Vec<Finding> {
    let failed = root(scene).filter(|root| root["status"]["state"] == "Failed");
    let told = failed.map(|root| {
        let what = match text(&root["status"]["description"]) {
            "" => "its operator says that it failed, and not why".to_owned(),
            said => format!("its operator says that it failed: {said}"),
        };
        let events = scene.happened_to(root).filter(|event| event.is_warning());
        let events = events.map(|event| format!("{}: {}", event.object(), event.words()));
        Finding::new("seldon-failed", title(root), what).shown_by_all(events)
    });
    told.into_iter().collect()
}

/// A number of replicas that is not heard, beside the one that decides, where they differ.
pub(super) fn losing(scene: &Scene) -> Vec<Finding> {
    let told = root(scene).into_iter().flat_map(|root| {
        kinds::replicas(root).into_iter().flat_map(move |field| {
            let by = match &field.deciding {
                Decides::Field(pointer) => {
                    format!("{} ({})", dotted(pointer), field.value.unwrap_or_default())
                }
                Decides::Autoscaler { pointer, .. } => dotted(pointer),
                Decides::Unset => String::new(),
            };
            let other: Vec<(String, i64)> =
                field.losing.iter().filter(|(_, value)| Some(*value) != field.value).cloned().collect();
            other.into_iter().map(move |(pointer, value)| {
                let what =
                    format!("{} ({value}) is not heard: {by} decides for {}", dotted(&pointer), field.child);
                Finding::new("losing-replicas", title(root), what)
                    .fix("Write the number where it decides, or use the verb `scale`.")
            })
        })
    });
    told.collect()
}

/// The root, if it is a SeldonDeployment.
fn root(scene: &Scene) -> Option<&Value> {
    let root = scene.root();
    let ours = root["kind"] == "SeldonDeployment"
        && text(&root["apiVersion"]).starts_with("machinelearning.seldon.io/");
    // One scaled to 0 is not stuck.
    let idle = number(&root["spec"]["replicas"]) == Some(0);
    (ours && !idle && root["metadata"]["deletionTimestamp"].is_null()).then_some(root)
}
