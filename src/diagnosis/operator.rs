//! Objects that no controller has looked at.
//! Must never know where operators run.

use super::finding::Finding;
use super::scene::Scene;
use crate::json::Map;
use crate::kinds::{self, Verdict, items, text, title};

/// The root has no status, owns nothing, and nothing happened to it. Kinds that need no controller are ready without one.
pub(super) fn operator(scene: &Scene) -> Vec<Finding> {
    let root = scene.root();
    // Some API servers write conditions of their own when an object is made: all Unknown.
    let status = &root["status"];
    let mut conditions = items(&status["conditions"]).iter();
    let fields = status.as_object().map_or(0, Map::len);
    let silent = match status.get("conditions") {
        None => fields == 0,
        Some(_) => fields == 1 && conditions.all(|condition| condition["status"] == "Unknown"),
    };
    let not_ready = matches!(kinds::ready(root, &[]), Verdict::NotYet(_));
    let going = !root["metadata"]["deletionTimestamp"].is_null();
    if !silent || !not_ready || going || !scene.owned().is_empty() || scene.happened_to(root).next().is_some()
    {
        return Vec::new();
    }
    let (kind, group) =
        (text(&root["kind"]), text(&root["apiVersion"]).split_once('/').map_or("", |(group, _)| group));
    let who = match (group, kind) {
        ("", _) | ("apps" | "batch", _) => "the cluster's controller manager".to_owned(),
        ("machinelearning.seldon.io", _) => "the Seldon Core operator (seldon-controller-manager)".to_owned(),
        ("mlops.seldon.io", _) => "the Seldon Core 2 operator and its scheduler".to_owned(),
        _ => format!("the operator of {group}"),
    };
    let what = "no controller has looked at it: it has no status, nothing was made for it, and nothing is told of it";
    let fix = format!("See whether {who} runs, and whether it watches this namespace.");
    vec![Finding::new("operator", title(root), what).fix(fix)]
}
