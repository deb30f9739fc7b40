//! Places pods on nodes that have room for them, the emptiest first, and tells why there is none.
//! Must never know how a pod runs once it is placed.

use super::super::claim;
use super::super::driver::{Change, Name, View};
use super::super::load::{Load, requests};
use super::super::outcome::{Outcome, Told, Verb, reference};
use super::super::pods;
use super::super::read::{amount, deleting, holds, items, name, namespace, put_condition, stamp, text};
use super::super::resource::{CLAIMS, NODES, PODS};
use crate::json::{Text, Value, json};
use std::collections::BTreeMap;

/// What it wants to hear of.
pub(in super::super) const WATCHES: &[&str] = &[PODS, NODES, CLAIMS];

/// A pod that is to be placed; all of them when room was made.
pub(in super::super) fn concerns(view: &View, change: &Change, names: &mut Vec<Name>) {
    let waits = |pod: &Value| text(&pod["spec"]["nodeName"]).is_empty() && !deleting(pod);
    let room =
        change.resource == NODES || change.resource == CLAIMS || change.gone || pods::is_ended(change.object);
    if change.resource == PODS && !change.gone && waits(change.object) {
        // Its own status says nothing new.
        if change.before.is_none_or(|before| before["spec"] != change.object["spec"]) {
            names.push(Name::of(PODS, change.object));
        }
    } else if room {
        names.extend(view.unplaced().filter(|pod| waits(pod)).map(|pod| Name::of(PODS, pod)));
    }
}

/// One look at a pod.
pub(in super::super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    let Some(pod) = view.get(PODS, &at.namespace, &at.name) else { return outcome };
    let spec = &pod["spec"];
    let placed = !text(&spec["nodeName"]).is_empty();
    let ours = ["", "default-scheduler"].contains(&text(&spec["schedulerName"]));
    if placed || deleting(pod) || pods::is_ended(pod) || !ours || !items(&spec["schedulingGates"]).is_empty()
    {
        return outcome;
    }
    match place(view, pod) {
        Ok(node) => {
            outcome.push(PODS, pod, Verb::Bind(node.clone()));
            let message = format!("Successfully assigned {}/{} to {node}", namespace(pod), name(pod));
            tell(&mut outcome, pod, "Normal", "Scheduled", message, "Binding");
        }
        Err(message) => {
            let mut status = pod["status"].clone();
            let condition = json!({ "type": "PodScheduled", "observedGeneration": pod["metadata"]["generation"], "status": "False",
                "lastProbeTime": null, "lastTransitionTime": stamp(view.now), "reason": "Unschedulable", "message": message });
            put_condition(&mut status, condition);
            outcome.set_status(PODS, pod, status);
            tell(&mut outcome, pod, "Warning", "FailedScheduling", message, "Scheduling");
        }
    }
    outcome
}

fn tell(
    outcome: &mut Outcome,
    pod: &Value,
    kind: &'static str,
    reason: &str,
    message: String,
    action: &'static str,
) {
    let by = "default-scheduler";
    let (reason, message, host) = (reason.into(), message.into(), Text::default());
    let told = Told { kind, reason, message, by, host, of: reference(pod), action };
    outcome.push("events", pod, Verb::Tell(Box::new(told)));
}

/// What keeps a pod from a node: in the scheduler's words, and whether less load would help.
struct Hindrance {
    words: String,
    load: bool,
}

/// The node for a pod, or why there is none.
fn place(view: &View, pod: &Value) -> Result<String, String> {
    let (mut best, mut hindrances, mut nodes) = (None, Vec::new(), 0);
    let wanted = requests(pod);
    if let Some(words) = unbound(view, pod) {
        let nodes = view.all(NODES).count();
        let help = format!(
            "preemption: 0/{nodes} nodes are available: {nodes} Preemption is not helpful for scheduling."
        );
        return Err(format!("0/{nodes} nodes are available: {words}. {help}"));
    }
    for node in view.all(NODES) {
        nodes += 1;
        let used = view.store.load(name(node));
        let found = hinders(pod, node, wanted, used);
        if found.is_empty() {
            let key = (used.pods, name(node).to_owned());
            best = best.filter(|best| *best <= key).or(Some(key));
        }
        hindrances.extend(found);
    }
    match best {
        Some((_, node)) => Ok(node),
        None => Err(why(nodes, &hindrances)),
    }
}

/// What keeps a pod from every node: a claim that is not there, or not bound.
fn unbound(view: &View, pod: &Value) -> Option<String> {
    claim::claims(pod).find_map(|used| {
        let Some(there) = view.get(CLAIMS, namespace(pod), used) else {
            return Some(format!("persistentvolumeclaim {used:?} not found"));
        };
        let unbound = there["status"]["phase"] != "Bound";
        unbound.then(|| "pod has unbound immediate PersistentVolumeClaims".to_owned())
    })
}

fn why(nodes: usize, hindrances: &[Hindrance]) -> String {
    if nodes == 0 {
        return "no nodes available to schedule pods".to_owned();
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    hindrances.iter().for_each(|hindrance| *counts.entry(hindrance.words.as_str()).or_default() += 1);
    let words: Vec<String> = counts.iter().map(|(words, count)| format!("{count} {words}")).collect();
    let hopeless = hindrances.iter().filter(|hindrance| !hindrance.load).count().min(nodes);
    let (helpless, help) =
        ("Preemption is not helpful for scheduling", "No preemption victims found for incoming pod");
    let mut preemption = Vec::new();
    if nodes > hopeless {
        preemption.push(format!("{} {help}", nodes - hopeless));
    }
    if hopeless > 0 {
        preemption.push(format!("{hopeless} {helpless}"));
    }
    format!(
        "0/{nodes} nodes are available: {}. preemption: 0/{nodes} nodes are available: {}.",
        words.join(", "),
        preemption.join(", ")
    )
}

fn hinders(pod: &Value, node: &Value, wanted: Load, used: Load) -> Vec<Hindrance> {
    let mut found = Vec::new();
    if !matches(pod, node) {
        found.push(hindrance("node(s) didn't match Pod's node affinity/selector", false));
    } else if node["spec"]["unschedulable"] == true
        && !tolerates(pod, &json!({ "key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule" }))
    {
        found.push(hindrance("node(s) were unschedulable", false));
    } else if let Some(taint) = items(&node["spec"]["taints"])
        .iter()
        .find(|taint| taint["effect"] != "PreferNoSchedule" && !tolerates(pod, taint))
    {
        let words = format!(
            "node(s) had untolerated taint(s) {{{}: {}}}",
            text(&taint["key"]),
            text(&taint["value"])
        );
        found.push(hindrance(&words, false));
    } else if !holds(&node["status"], "Ready") {
        found.push(hindrance("node(s) had untolerated taint(s) {node.kubernetes.io/not-ready: }", false));
    } else {
        let there = |what: &str| amount(&node["status"]["allocatable"][what]);
        if used.pods as f64 + 1.0 > there("pods") {
            found.push(hindrance("Too many pods", true));
        }
        for (what, wanted, used) in [("cpu", wanted.cpu, used.cpu), ("memory", wanted.memory, used.memory)] {
            if wanted > 0.0 && used + wanted > there(what) + 1e-9 {
                found.push(hindrance(&format!("Insufficient {what}"), wanted <= there(what)));
            }
        }
    }
    found
}

fn hindrance(words: &str, load: bool) -> Hindrance {
    Hindrance { words: words.to_owned(), load }
}

/// `nodeSelector`, and required node affinity by labels and by name.
fn matches(pod: &Value, node: &Value) -> bool {
    let labels = &node["metadata"]["labels"];
    let selector = pod["spec"]["nodeSelector"].as_object();
    let selected = selector.is_none_or(|selector| selector.iter().all(|(key, value)| labels[key] == *value));
    let required = &pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    let terms = items(&required["nodeSelectorTerms"]);
    let by = |expression: &Value, there: &Value| {
        let values = items(&expression["values"]);
        match text(&expression["operator"]) {
            "In" => values.contains(there),
            "NotIn" => !values.contains(there),
            "Exists" => !there.is_null(),
            "DoesNotExist" => there.is_null(),
            _ => false,
        }
    };
    let term = |term: &Value| {
        items(&term["matchExpressions"])
            .iter()
            .all(|expression| by(expression, &labels[text(&expression["key"])]))
            && items(&term["matchFields"]).iter().all(|field| by(field, &node["metadata"]["name"]))
    };
    selected && (terms.is_empty() || terms.iter().any(term))
}

fn tolerates(pod: &Value, taint: &Value) -> bool {
    items(&pod["spec"]["tolerations"]).iter().any(|toleration| {
        let exists = toleration["operator"] == "Exists";
        let key =
            if text(&toleration["key"]).is_empty() { exists } else { toleration["key"] == taint["key"] };
        let effect = text(&toleration["effect"]).is_empty() || toleration["effect"] == taint["effect"];
        key && effect && (exists || text(&toleration["value"]) == text(&taint["value"]))
    })
}
