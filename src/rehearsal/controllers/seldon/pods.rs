//! The containers of a SeldonDeployment's pods: those declared, prepackaged servers, the orchestrator, an explainer.
//! Must never know Deployments.

use super::super::read::{fields, items, name, text};
use super::children::service_name;
use crate::json::{Map, Value, json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Whether a graph's root is served by a prepackaged server.
pub(super) fn is_served(node: &Value) -> bool {
    text(&node["implementation"]).ends_with("_SERVER")
}

/// The containers of a componentSpec: those declared, and in the first one that of a prepackaged server which is not.
pub(super) fn containers(predictor: &Value, component: &Value, at: usize) -> Vec<Value> {
    let graph = &predictor["graph"];
    let image = || format!("seldonio/{}", text(&graph["implementation"]).to_lowercase());
    let mut containers = items(&component["spec"]["containers"]).to_vec();
    if at == 0 {
        let mut nodes = Vec::new();
        nodes_of(graph, &mut nodes);
        let declared: Vec<Value> = items(&predictor["componentSpecs"])
            .iter()
            .flat_map(|component| items(&component["spec"]["containers"]))
            .map(|container| container["name"].clone())
            .collect();
        for node in nodes.into_iter().filter(|node| is_served(node) && !declared.contains(&node["name"])) {
            let image = format!("seldonio/{}", text(&node["implementation"]).to_lowercase());
            containers.push(json!({ "name": node["name"], "image": image }));
        }
    }
    for container in &mut containers {
        if container["image"].is_null() {
            container["image"] = image().into();
        }
    }
    containers
}

fn nodes_of<'a>(node: &'a Value, nodes: &mut Vec<&'a Value>) {
    if node.is_object() {
        nodes.push(node);
        items(&node["children"]).iter().for_each(|child| nodes_of(child, nodes));
    }
}

/// What a graph's node of this name is, as its label says it; nothing where there is none.
pub(super) fn role(graph: &Value, wanted: &str) -> Option<String> {
    let mut nodes = Vec::new();
    nodes_of(graph, &mut nodes);
    let node = nodes.into_iter().find(|node| text(&node["name"]) == wanted)?;
    Some(match text(&node["type"]) {
        "" | "UNKNOWN_TYPE" => "model".to_owned(),
        kind => kind.to_lowercase().replace('_', "-"),
    })
}

/// Whether some container serves a node of the graph, so that the orchestrator has a pod to go into.
pub(super) fn hosts_engine(components: &[Value], graph: &Value) -> bool {
    let built_in = !matches!(text(&graph["implementation"]), "" | "UNKNOWN_IMPLEMENTATION");
    let mut containers = components.iter().flat_map(|component| items(&component["spec"]["containers"]));
    built_in || containers.any(|container| role(graph, text(&container["name"])).is_some())
}

/// The orchestrator. It is told the predictor, so that a change of the graph rolls the pods; its replicas are left out, so that scaling
/// does not.
pub(super) fn engine(owner: &Value, predictor: &Value) -> Value {
    let mut told = predictor.clone();
    told["replicas"] = 0.into();
    let encoded = STANDARD.encode(told.sorted().to_string());
    let mut env = vec![json!({ "name": "ENGINE_PREDICTOR", "value": encoded })];
    env.extend(items(&predictor["svcOrchSpec"]["env"]).iter().cloned());
    let mut container = json!({
        "name": "seldon-container-engine", "image": "seldonio/seldon-core-executor:1.17.1", "env": env,
        "ports": [{ "name": "http", "containerPort": 8000, "protocol": "TCP" }, { "name": "grpc", "containerPort": 5001, "protocol": "TCP" }],
    });
    if !predictor["svcOrchSpec"]["resources"].is_null() {
        container["resources"] = predictor["svcOrchSpec"]["resources"].clone();
    }
    // Only where the object says something else than their defaults do these reach the arguments.
    let said = |field: &str| Some(text(&owner["spec"][field])).filter(|said| !said.is_empty());
    let arguments: Vec<&str> = [("--protocol", "protocol")]
        .iter()
        .filter_map(|(flag, field)| Some([*flag, said(field)?]))
        .flatten()
        .collect();
    if !arguments.is_empty() {
        container["args"] = json!(arguments);
    }
    container
}

/// The pod of a predictor's explainer.
pub(super) fn explainer(owner: &Value, predictor: &Value, named: &str) -> Map {
    let explainer = &predictor["explainer"];
    let mut container = fields(&explainer["containerSpec"]);
    if container.get("name").is_none_or(Value::is_null) {
        container.insert("name".into(), named.into());
    }
    container.entry("image").or_insert_with(|| "seldonio/alibiexplainer:1.17.1".into());
    let host = format!("{}.{}:8000", service_name(owner, predictor), super::namespace(owner));
    let mut arguments = vec![
        format!("--model_name={}", name(owner)),
        format!("--predictor_host={host}"),
        format!("--storage_uri={}", "/mnt/models"),
        text(&explainer["type"]).to_owned(),
    ];
    for (key, value) in fields(&explainer["config"]) {
        arguments.push(format!("--{key}={}", text(&value)));
    }
    container.insert("args".into(), json!(arguments));
    let mut pod = Map::from_iter([("containers".to_owned(), json!([container]))]);
    if let Some(uri) = explainer["modelUri"].as_str().filter(|uri| !uri.is_empty()) {
        let initializer = json!({ "name": "explainer-model-initializer", "image": "seldonio/rclone-storage-initializer:1.17.1",
            "args": [uri, "/mnt/models"] });
        pod.insert("initContainers".into(), json!([initializer]));
    }
    if !explainer["serviceAccountName"].is_null() {
        pod.insert("serviceAccountName".into(), explainer["serviceAccountName"].clone());
    }
    pod
}
