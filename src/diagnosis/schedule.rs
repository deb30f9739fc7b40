//! Pods that no node can take.
//! Must never know how a scheduler decides: it reads what it said, beside what is asked for and what nodes have.

use super::capacity;
use super::finding::Finding;
use super::scene::{Scene, pods_of};
use crate::json::Value;
use crate::kinds::{condition, items, text, title};

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
        for (resource, word) in SCARCE {
            if why.contains(&format!("Insufficient {resource}")) {
                asked.extend(comparison(scene, pod, resource, word));
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

/// The resources that a scheduler may have too little of.
const SCARCE: &[(&str, &str)] = &[
    ("cpu", " CPU"),
    ("memory", " of memory"),
    ("ephemeral-storage", " of storage"),
    ("nvidia.com/gpu", " GPU"),
];
/// Of so many nodes it is looked at what is left of each.
const MOST_NODES: usize = 50;

/// Whether it helps to know what is left of the nodes: they are known, they are not many, and one of them may be too full.
pub(super) fn lacks_room(scene: &Scene) -> bool {
    let lacks =
        |pod: &Value| is_unschedulable(pod).is_some_and(|(_, message)| message.contains("Insufficient"));
    let nodes = scene.around("Node").count();
    (1..=MOST_NODES).contains(&nodes) && scene.pods().any(lacks)
}

/// What is asked of a resource beside what the nodes have: `each asks for 100 CPU, and the largest node has 32 in all`, or
/// `each asks for 8 CPU, and no node has more than 7.5 of its 32 left`.
fn comparison(scene: &Scene, pod: &Value, resource: &str, word: &str) -> Option<String> {
    let wanted = capacity::asked(pod, resource)?;
    let who = if pods_of(&title(scene.maker(pod))) == "it" { "it" } else { "each" };
    let asks = format!("{who} asks for {}{word}", capacity::words(resource, wanted));
    let nodes = || scene.around("Node").filter(|node| takes(node, pod));
    let largest = nodes().filter_map(|node| capacity::in_all(node, resource)).max();
    let left = |node| Some((scene.taken().left(node, resource)?, capacity::in_all(node, resource)?));
    Some(match (largest, nodes().filter_map(left).max()) {
        (Some(largest), _) if largest < wanted => {
            format!("{asks}, and the largest node has {} in all", capacity::words(resource, largest))
        }
        (_, Some((most, of))) if most < wanted => format!(
            "{asks}, and no node has more than {} of its {} left",
            capacity::words(resource, most.max(0)),
            capacity::words(resource, of)
        ),
        _ => asks,
    })
}

/// Whether a node takes Pods like this one at all.
fn takes(node: &Value, pod: &Value) -> bool {
    let tolerated = |taint: &Value| {
        items(&pod["spec"]["tolerations"]).iter().any(|toleration| {
            let key = text(&toleration["key"]);
            key == text(&taint["key"]) || (key.is_empty() && toleration["operator"] == "Exists")
        })
    };
    let spec = &node["spec"];
    let keeps_out = |taint: &&Value| matches!(text(&taint["effect"]), "NoSchedule" | "NoExecute");
    spec["unschedulable"] != true && items(&spec["taints"]).iter().filter(keeps_out).all(tolerated)
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
