//! Pods that no node can take.
//! Must never know how a scheduler decides: it reads what it said, beside what is asked for and what nodes have.

use super::finding::Finding;
use super::scene::{Scene, pods_of};
use crate::kinds::{condition, items, text, title, told};
use crate::quantity::Quantity;
use serde_json::Value;

/// No node can take a Pod. What a claim or something missing explains is theirs to tell.
pub(super) fn unschedulable(scene: &Scene) -> Vec<Finding> {
    let told = scene.pods().filter_map(|pod| {
        let (reason, message) = is_unschedulable(pod)?;
        let maker = title(scene.maker(pod));
        let pods = pods_of(&maker);
        if reason == "SchedulingGated" {
            let gates: Vec<&str> =
                items(&pod["spec"]["schedulingGates"]).iter().map(|gate| text(&gate["name"])).collect();
            let what = format!("the scheduling gate {} holds {pods} back", gates.join(", "));
            return Some(
                Finding::new("unschedulable", maker, what).shown_by(format!("{}: {message}", title(pod))),
            );
        }
        if message.contains("persistentvolumeclaim")
            || message.contains("unbound immediate PersistentVolumeClaims")
        {
            return None;
        }
        let why = reasons(message);
        let mut asked = Vec::new();
        for resource in ["cpu", "memory", "ephemeral-storage", "nvidia.com/gpu"] {
            if why.contains(&format!("Insufficient {resource}")) {
                asked.extend(comparison(scene, pod, resource));
            }
        }
        let asked = if asked.is_empty() { String::new() } else { format!(" ({})", asked.join("; ")) };
        let what = format!("no node can take {pods}{asked}: {why}");
        Some(
            Finding::new("unschedulable", maker, what)
                .shown_by(format!("{}: {reason}: {message}", title(pod)))
                .fix(remedy(&why)),
        )
    });
    told.collect()
}

/// Why a Pod is not scheduled: the reason and message of its condition.
pub(super) fn is_unschedulable(pod: &Value) -> Option<(&str, &str)> {
    let scheduled = condition(pod, "PodScheduled").filter(|scheduled| scheduled["status"] == "False")?;
    Some((text(&scheduled["reason"]), text(&scheduled["message"])))
}

/// The scheduler's reasons without its count of nodes and its words on preemption.
fn reasons(message: &str) -> String {
    let message = message.split(". preemption:").next().unwrap_or(message);
    message.trim().trim_end_matches('.').to_owned()
}

/// What is asked of a resource beside what the largest node has: `each asks for 100 CPU, and the largest node has 32`.
fn comparison(scene: &Scene, pod: &Value, resource: &str) -> Option<String> {
    let asked = items(&pod["spec"]["containers"])
        .iter()
        .map(|container| &container["resources"]["requests"][resource]);
    let asked: Vec<String> = asked.filter(|asked| !asked.is_null()).map(told).collect();
    let word = match resource {
        "cpu" => " CPU",
        "memory" => " of memory",
        "nvidia.com/gpu" => " GPU",
        _ => " of storage",
    };
    let has = |node: &Value| {
        let has = told(&node["status"]["allocatable"][resource]);
        Quantity::parse(&has).map(|quantity| (quantity, has))
    };
    let largest = scene.around("Node").filter_map(has).max_by(|one, other| one.0.cmp(&other.0));
    let asked = match asked.as_slice() {
        [] => return None,
        asked => asked.join(" + "),
    };
    Some(match largest {
        Some((_, largest)) => {
            format!("each asks for {asked}{word}, and the largest node has {largest} in all")
        }
        None => format!("each asks for {asked}{word}"),
    })
}

fn remedy(why: &str) -> &'static str {
    if why.contains("Insufficient") {
        "Ask for less in resources.requests, free or add nodes."
    } else if why.contains("taint") {
        "Give the Pods a toleration for the taint, or use other nodes."
    } else if why.contains("affinity") || why.contains("selector") {
        "Check nodeSelector and affinity against the labels of the nodes."
    } else if why.contains("no nodes available") {
        "The cluster has no node that takes Pods."
    } else {
        "See what the scheduler says of each node."
    }
}
