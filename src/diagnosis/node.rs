//! Nodes that are lost, and Pods that were put out of theirs.
//! Must never know why a node is lost.

use super::finding::Finding;
use super::scene::Scene;
use crate::json::Value;
use crate::kinds::{because, condition, holds, items, text, title};

/// The node of a Pod is not ready or not there, or the Pod was evicted.
pub(super) fn node(scene: &Scene) -> Vec<Finding> {
    let told = scene.pods().filter_map(|pod| {
        let maker = title(scene.maker(pod));
        if pod["status"]["reason"] == "Evicted" {
            let what = format!("its Pod was put out of its node: {}", text(&pod["status"]["message"]));
            let fix = "Ask for what it needs in resources.requests, or free the node.";
            return Some(
                Finding::new("node", maker, what).shown_by(format!("{}: Evicted", title(pod))).fix(fix),
            );
        }
        let name = text(&pod["spec"]["nodeName"]);
        if name.is_empty() || !is_doubtful(pod) {
            return None;
        }
        let node = scene.around("Node").find(|node| node["metadata"]["name"] == *name);
        let why = match node {
            Some(node) if holds(node, "Ready") => return None,
            Some(node) => condition(node, "Ready").map_or_else(String::new, because),
            None if scene.is_missing("Node", name) => ": it does not exist".to_owned(),
            None => return None,
        };
        let what = format!("Node/{name}, where its Pods are, is not ready{why}");
        let fix = "Bring the node back, or delete its Pods so that others are made elsewhere.";
        Some(Finding::new("node", maker, what).shown_by(format!("{} is on {name}", title(pod))).fix(fix))
    });
    told.collect()
}

/// Whether a Pod is as one of a lost node: placed and not ready, though its containers tell of no trouble of their own.
pub(super) fn is_doubtful(pod: &Value) -> bool {
    let containers = items(&pod["status"]["containerStatuses"]);
    let in_trouble = |container: &Value| {
        let waits = text(&container["state"]["waiting"]["reason"]);
        (!container["state"]["waiting"].is_null() && waits != "ContainerCreating")
            || container["restartCount"].as_i64() > Some(0)
    };
    !holds(pod, "Ready") && !containers.iter().any(in_trouble)
}
