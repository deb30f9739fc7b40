//! The status of a SeldonDeployment, with its operator's habits: zeros left out, no observedGeneration, sentences for reasons.
//! Must never know how children are made.

use super::super::read::{condition, count, holds, items, namespace, stamp, text};
use super::super::resource::{DEPLOYMENTS, SERVICES};
use super::children::{Child, service_name};
use crate::json::{Map, Value, json};
use jiff::Timestamp;

/// Whether a Deployment counts as ready: some pod is, and none is missing. Neither its spec nor its generation is looked at.
pub(super) fn is_ready(deployment: &Value) -> bool {
    let status = &deployment["status"];
    count(&status["readyReplicas"]) > 0 && count(&status["unavailableReplicas"]) == 0
}

/// Whether a Deployment has given up: neither available nor progressing.
pub(super) fn is_stuck(deployment: &Value) -> bool {
    let is_false =
        |kind| condition(&deployment["status"], kind).is_some_and(|there| there["status"] == "False");
    !is_ready(deployment) && is_false("Progressing") && is_false("Available")
}

/// The whole status. `ready` is whether the Deployments are; left out, the pass failed and no condition is told.
pub(super) fn of(
    owner: &Value,
    children: &[(&Child, Option<&Value>)],
    (state, description): (&str, String),
    ready: Option<bool>,
    scaled: bool,
    now: Timestamp,
) -> Value {
    let mut status = Map::new();
    let begun = ready.is_some() || children.iter().any(|(_, live)| live.is_some());
    if let Some(url) = address(owner).filter(|_| begun) {
        status.insert("address".into(), json!({ "url": url }));
    }
    let (mut deployments, mut services) = (Map::new(), Map::new());
    for (at, (child, live)) in children.iter().filter(|(child, _)| child.resource == DEPLOYMENTS).enumerate()
    {
        let Some(live) = live else {
            if ready.is_some() {
                deployments.insert(child.name.as_str().into(), json!({}));
            }
            continue;
        };
        let mut entry = Map::new();
        for field in ["replicas", "availableReplicas"] {
            let number = count(&live["status"][field]);
            if number > 0 {
                entry.insert(field.into(), number.into());
                if at == 0 && field == "replicas" {
                    status.insert(field.into(), number.into());
                }
            }
        }
        deployments.insert(child.name.as_str().into(), entry.into());
    }
    // An entry appears in the pass after the one that made the Service.
    for (child, _) in children.iter().filter(|(child, live)| child.resource == SERVICES && live.is_some()) {
        let port = |at: usize| &child.object["spec"]["ports"][at]["port"];
        let host = format!("{}.{}", child.name, namespace(owner));
        let endpoints = json!({ "svcName": child.name, "httpEndpoint": format!("{host}:{}", port(0)), "grpcEndpoint": format!("{host}:{}", port(1)) });
        services.insert(child.name.as_str().into(), endpoints);
    }
    status.insert("deploymentStatus".into(), deployments.into());
    status.insert("serviceStatus".into(), services.into());
    status.insert("state".into(), state.into());
    if !description.is_empty() {
        status.insert("description".into(), description.into());
    }
    if let Some(ready) = ready {
        status
            .insert("conditions".into(), conditions(owner, state == "Available", ready, scaled, &stamp(now)));
    }
    Value::Object(status)
}

/// The URL of the first predictor.
fn address(owner: &Value) -> Option<String> {
    let spec = &owner["spec"];
    let predictor = items(&spec["predictors"]).first()?;
    let node = text(&predictor["graph"]["name"]);
    let path = match text(&spec["protocol"]) {
        "v2" | "kfserving" => format!("v2/models/{node}/infer"),
        "tensorflow" => format!("v1/models/{node}/:predict"),
        _ => "api/v1.0/predictions".to_owned(),
    };
    Some(format!(
        "http://{}.{}.svc.cluster.local:8000/{path}",
        service_name(owner, predictor),
        namespace(owner)
    ))
}

fn conditions(owner: &Value, available: bool, ready: bool, scaled: bool, now: &str) -> Value {
    let made = |kind: &str, is: bool, reason: &str| {
        let before = condition(&owner["status"], kind).filter(|_| holds(&owner["status"], kind) == is);
        let since = before.map_or(now, |before| text(&before["lastTransitionTime"]));
        let mut made =
            json!({ "type": kind, "status": if is { "True" } else { "False" }, "lastTransitionTime": since });
        if !reason.is_empty() {
            made["reason"] = reason.into();
        }
        made
    };
    let replicas = if ready { "MinimumReplicasAvailable" } else { "MinimumReplicasUnavailable" };
    let services = if available { "All services created" } else { "Not all services created" };
    let scalers = if scaled { "All HPAs resources ready" } else { "No HPAs defined" };
    json!([
        made("AmbassadorMappingsReady", true, "No Ambassador Mappaings defined"),
        made("DeploymentsReady", ready, replicas),
        made("HpasReady", true, scalers),
        made("KedaReady", true, "No KEDA resources defined"),
        made("PdbsReady", true, "No PDBs defined"),
        made("Ready", available, ""),
        made("ServicesReady", available, services),
        made("istioVirtualServicesReady", true, "No VirtualServices defined"),
    ])
}
