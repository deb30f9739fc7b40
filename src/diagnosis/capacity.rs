//! What Pods ask for, what nodes have, and what is left of it.
//! Must never know why a Pod is where it is.

use crate::json::{Text, Value};
use crate::kinds::{items, text};
use crate::quantity::Quantity;
use std::collections::BTreeMap;

/// What the Pods of each node ask for, by node and resource, in thousandths.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken(BTreeMap<String, BTreeMap<String, i128>>);

impl Taken {
    /// Counts a Pod, unless it is nowhere or has ended.
    pub(super) fn count(&mut self, pod: &Value) {
        let node = text(&pod["spec"]["nodeName"]);
        if node.is_empty() || matches!(text(&pod["status"]["phase"]), "Succeeded" | "Failed") {
            return;
        }
        let taken = self.0.entry(node.to_owned()).or_default();
        for resource in resources(pod) {
            let sum = taken.entry(resource.to_owned()).or_default();
            *sum = sum.saturating_add(asked(pod, resource).unwrap_or(0));
        }
    }

    /// What is left of a resource on a node, which is never less than nothing; unknown where no Pod was counted at all.
    pub(super) fn left(&self, node: &Value, resource: &str) -> Option<i128> {
        if self.0.is_empty() {
            return None;
        }
        let taken = self.0.get(text(&node["metadata"]["name"])).and_then(|taken| taken.get(resource));
        Some((in_all(node, resource)? - taken.copied().unwrap_or(0)).max(0))
    }
}

/// What a node has for Pods.
pub(super) fn in_all(node: &Value, resource: &str) -> Option<i128> {
    amount(&node["status"]["allocatable"][resource])
}

/// What a Pod asks for in all: its containers and those init containers that go on running, or more if one init container asks for
/// more by itself, and what running a Pod costs.
pub(super) fn asked(pod: &Value, resource: &str) -> Option<i128> {
    let spec = &pod["spec"];
    let of = |container: &Value| amount(&container["resources"]["requests"][resource]);
    let stays = |container: &&Value| container["restartPolicy"] == "Always";
    let init = items(&spec["initContainers"]).iter();
    let together: Vec<i128> =
        items(&spec["containers"]).iter().chain(init.clone().filter(stays)).filter_map(of).collect();
    let alone = init.filter_map(of).max();
    let sum = (!together.is_empty()).then(|| together.iter().sum::<i128>());
    let most = sum.max(alone)?;
    Some(most + amount(&spec["overhead"][resource]).unwrap_or(0))
}

/// An amount of a resource, not less than nothing, as people write it: `7.5`, `12.3Gi`.
pub(super) fn words(resource: &str, thousandths: i128) -> String {
    const UNITS: [(&str, u32); 4] = [("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)];
    let is_bytes = matches!(resource, "memory" | "ephemeral-storage");
    let unit = UNITS.into_iter().filter(|_| is_bytes).find(|(_, power)| thousandths >= 1000 << power);
    let (unit, thousandths) = unit.map_or(("", thousandths), |(unit, power)| (unit, thousandths >> power));
    let (whole, rest) = (thousandths / 1000, thousandths % 1000);
    // What is left is never told as more than it is.
    let rest = if unit.is_empty() { format!("{rest:03}") } else { format!("{}", rest / 100) };
    let rest = rest.trim_end_matches('0');
    let point = if rest.is_empty() { "" } else { "." };
    format!("{whole}{point}{rest}{unit}")
}

/// The resources that any container of a Pod asks for.
fn resources(pod: &Value) -> Vec<&str> {
    let lists = [&pod["spec"]["containers"], &pod["spec"]["initContainers"]].into_iter();
    let requests =
        lists.flat_map(items).filter_map(|container| container["resources"]["requests"].as_object());
    let mut names: Vec<&str> = requests.flat_map(|requests| requests.keys().map(Text::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn amount(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => Quantity::parse(text)?.thousandths(),
        Value::Number(number) => Quantity::parse(&number.to_string())?.thousandths(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn a_pod_asks_for_its_containers_together_or_for_its_greediest_init_container() {
        let pod = |init: &str, restart: Value| {
            let requests = |cpu: &str| json!({ "requests": { "cpu": cpu } });
            json!({ "spec": { "containers": [{ "resources": requests("1") }, { "resources": requests("500m") }],
                "initContainers": [{ "resources": requests(init), "restartPolicy": restart }], "overhead": { "cpu": "100m" } } })
        };
        assert_eq!(asked(&pod("1", Value::Null), "cpu"), Some(1_600));
        assert_eq!(asked(&pod("4", Value::Null), "cpu"), Some(4_100));
        assert_eq!(asked(&pod("1", json!("Always")), "cpu"), Some(2_600));
        assert_eq!(asked(&pod("1", Value::Null), "memory"), None);
    }

    #[test]
    fn what_is_left_of_a_node_is_never_less_than_nothing() {
        let node = json!({ "metadata": { "name": "n" }, "status": { "allocatable": { "cpu": "2", "memory": "1Gi" } } });
        let pod = |cpu: &str| json!({ "spec": { "nodeName": "n", "containers": [{ "resources": { "requests": { "cpu": cpu } } }] } });
        let mut taken = Taken::default();
        assert_eq!(taken.left(&node, "cpu"), None);
        taken.count(&pod("500m"));
        assert_eq!(taken.left(&node, "cpu"), Some(1_500));
        taken.count(&pod("3"));
        assert_eq!(taken.left(&node, "cpu"), Some(0));
        assert_eq!(taken.left(&node, "memory"), Some(1000 << 30));
    }

    #[test]
    fn amounts_are_told_as_people_write_them() {
        let told = |resource: &str, text: &str| words(resource, amount(&json!(text)).unwrap_or_default());
        let told = [
            ("cpu", "7500m"),
            ("cpu", "32"),
            ("cpu", "250m"),
            ("memory", "12.39Gi"),
            ("memory", "512Mi"),
            ("memory", "100"),
        ]
        .map(|(resource, text)| told(resource, text));
        assert_eq!(told, ["7.5", "32", "0.25", "12.3Gi", "512Mi", "100"]);
    }
}
