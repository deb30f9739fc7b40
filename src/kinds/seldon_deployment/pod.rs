//! Pod specs of a SeldonDeployment against what the operator and the API server make of them.
//! Must never know predictors or Deployments.

use super::children::is_prepackaged;
use super::declared::{Gap, field_present, field_remains, present};
use crate::json::{Value, json};
use crate::kinds::read::{items, text};

/// Where a pod spec is looked for: in a template the operator overwrites more than in the copy it tells its orchestrator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The template of a Deployment.
    Template,
    /// The orchestrator's copy.
    Copy,
}

/// All that a pod spec declares is there, but for what is overwritten: in a template the grace period (before 1.2) and the pod's security
/// context; the service account where a model names one; and what [`container_present`] says.
pub(crate) fn pod_present(
    declared: &Value,
    there: &Value,
    nodes: &[&Value],
    place: Place,
) -> Result<(), Gap> {
    let account = nodes.iter().any(|node| !text(&node["serviceAccountName"]).is_empty());
    for field in declared.as_object().into_iter().flatten().map(|(field, _)| field.as_str()) {
        match field {
            "securityContext" | "terminationGracePeriodSeconds" if place == Place::Template => {}
            "serviceAccountName" | "serviceAccount" if account => {}
            "containers" => containers_present(&declared[field], &there[field], nodes)?,
            _ => field_present(declared, there, field)?,
        }
    }
    Ok(())
}

fn containers_present(declared: &Value, there: &Value, nodes: &[&Value]) -> Result<(), Gap> {
    for container in items(declared) {
        let name = text(&container["name"]);
        let served = nodes.iter().find(|node| node["name"] == *name && is_prepackaged(node));
        let under = |gap: Gap| gap.under(format!("[{name}]")).under("containers");
        let found = items(there).iter().find(|there| there["name"] == *name);
        let found = found.ok_or_else(|| under(Gap::new(&Value::Null, &container["name"])))?;
        container_present(container, found, served.copied()).map_err(under)?;
    }
    Ok(())
}

/// A container, but for the volume `podinfo` (renamed in 1.2) and, where it is a prepackaged server, its ports, its parameters and, for
/// TENSORFLOW_SERVER, its image.
fn container_present(declared: &Value, there: &Value, served: Option<&Value>) -> Result<(), Gap> {
    let tensorflow = served.is_some_and(|node| node["implementation"] == "TENSORFLOW_SERVER");
    let but = |field: &str, name: &str| {
        let kept = items(&declared[field]).iter().filter(|item| item["name"] != *name);
        let kept = json!({ field: kept.collect::<Vec<_>>() });
        field_present(&kept, there, field)
    };
    for field in declared.as_object().into_iter().flatten().map(|(field, _)| field.as_str()) {
        match field {
            "ports" if served.is_some() => {}
            "image" if tensorflow => {}
            "env" if served.is_some() => but(field, "PREDICTIVE_UNIT_PARAMETERS")?,
            "volumeMounts" => but(field, "podinfo")?,
            _ => field_present(declared, there, field)?,
        }
    }
    Ok(())
}

/// The first thing that was removed from a pod spec and is still there; a pod's security context is the operator's.
pub(crate) fn pod_remains(before: &Value, now: &Value, there: &Value) -> Option<Gap> {
    let fields = before.as_object().into_iter().flatten().map(|(field, _)| field.as_str());
    let mut ours = fields.filter(|field| *field != "securityContext");
    ours.find_map(|field| field_remains(before, now, there, field))
}

/// What a graph says of its models, in a template where the operator wrote that down: parameters in the environment, the model's
/// place in the arguments of the container that fetches it.
pub(crate) fn models(nodes: &[&Value], declared: &Value, pod: &Value) -> Result<(), Gap> {
    for node in nodes {
        let name = text(&node["name"]);
        let under = |gap: Gap| gap.under(format!("[{name}]")).under("graph");
        let Some(container) = named(&pod["containers"], name) else { continue };
        let own = named(&declared["containers"], name).is_some_and(|own| parameters(own).is_some());
        let told = parameters(container).filter(|_| !own);
        if let Some(told) = told.and_then(|told| serde_json::from_str::<Value>(told).ok()) {
            let before = |gap: Gap| under(gap.under("parameters"));
            present(&node["parameters"], &told).map_err(before)?;
        }
        let initializer = named(&pod["initContainers"], &format!("{name}-model-initializer"));
        if initializer.is_some_and(|initializer| !fetches(initializer, text(&node["modelUri"]))) {
            return Err(under(Gap::new(&Value::Null, &node["modelUri"]).under("modelUri")));
        }
    }
    Ok(())
}

fn named<'a>(list: &'a Value, name: &str) -> Option<&'a Value> {
    items(list).iter().find(|item| item["name"] == *name)
}

fn parameters(container: &Value) -> Option<&str> {
    named(&container["env"], "PREDICTIVE_UNIT_PARAMETERS")?["value"].as_str()
}

/// Whether an initializer's arguments name this model; of a claim they are told the path in it.
pub(crate) fn fetches(initializer: &Value, uri: &str) -> bool {
    let told = match uri.strip_prefix("pvc://") {
        Some(claim) => claim.split_once('/').map_or("", |(_, path)| path),
        None => uri,
    };
    items(&initializer["args"]).iter().any(|argument| text(argument).ends_with(told))
}

/// Letters and digits alone, in lower case: `AnchorTabular` is told as `anchor_tabular` by some.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether some text in it says this (which is [`plain`]), letters and digits compared alone.
pub(crate) fn mentions(value: &Value, needle: &str) -> bool {
    match value {
        Value::String(text) => plain(text).contains(needle),
        Value::Array(items) => items.iter().any(|item| mentions(item, needle)),
        Value::Object(fields) => fields.values().any(|field| mentions(field, needle)),
        _ => false,
    }
}
