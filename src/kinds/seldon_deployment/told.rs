//! What an orchestrator is told of its predictor (ENGINE_PREDICTOR), against the predictor as declared.
//! Must never know templates.
//!
//! Source: getEngineVarJson and createEngineContainer in the operator's controllers; the explainer is left out of the copy,
//! replicas of the predictor are told as 0 (since 1.2.1), its traffic as 0 or as it is, hosts and ports of the graph are the operator's.

use super::children::{graph_nodes, is_prepackaged};
use super::declared::{Gap, blank, field_present, field_remains};
use super::pod::{Place, pod_present};
use crate::json::Value;
use crate::kinds::read::{items, text};

/// All that is declared is told.
pub(crate) fn predictor_present(predictor: &Value, copy: &Value) -> Result<(), Gap> {
    for field in ["name", "annotations", "labels", "svcOrchSpec", "shadow", "ssl", "engineResources"] {
        field_present(predictor, copy, field)?;
    }
    // Where its traffic is told at all, it is told as it is.
    let (declared, told) = (&predictor["traffic"], &copy["traffic"]);
    let stated = |traffic: &Value| traffic.as_i64().is_some_and(|traffic| traffic != 0);
    if stated(declared) && stated(told) && declared.as_i64() != told.as_i64() {
        return Err(Gap::new(told, declared).under("traffic"));
    }
    let graph = &predictor["graph"];
    graph_present(graph, &copy["graph"]).map_err(|gap| gap.under("graph"))?;
    let mut nodes = Vec::new();
    graph_nodes(graph, &mut nodes);
    for (index, component) in items(&predictor["componentSpecs"]).iter().enumerate() {
        component_present(component, &copy["componentSpecs"][index], &nodes)
            .map_err(|gap| component_at(gap, index))?;
    }
    Ok(())
}

fn component_present(component: &Value, copy: &Value, nodes: &[&Value]) -> Result<(), Gap> {
    for field in ["hpaSpec", "kedaSpec", "pdbSpec", "replicas"] {
        field_present(component, copy, field)?;
    }
    for field in ["name", "labels", "annotations"] {
        field_present(&component["metadata"], &copy["metadata"], field)
            .map_err(|gap| gap.under("metadata"))?;
    }
    pod_present(&component["spec"], &copy["spec"], nodes, Place::Copy).map_err(|gap| gap.under("spec"))
}

/// A graph, node by node; children in their order, for routers tell them by number.
fn graph_present(declared: &Value, copy: &Value) -> Result<(), Gap> {
    let forced = is_prepackaged(declared);
    for field in GRAPH_FIELDS.iter().filter(|field| !(forced && **field == "type")) {
        field_present(declared, copy, field)?;
    }
    field_present(&declared["endpoint"], &copy["endpoint"], "type").map_err(|gap| gap.under("endpoint"))?;
    let (children, copies) = (items(&declared["children"]), items(&copy["children"]));
    if children.len() != copies.len() {
        return Err(Gap::new(&copies.len().into(), &children.len().into()).under("children"));
    }
    for (index, (child, copy)) in children.iter().zip(copies).enumerate() {
        graph_present(child, copy).map_err(|gap| gap.under(format!("[{index}]")).under("children"))?;
    }
    Ok(())
}

const GRAPH_FIELDS: &[&str] = &[
    "name",
    "type",
    "implementation",
    "methods",
    "parameters",
    "modelUri",
    "serviceAccountName",
    "envSecretRefName",
    "storageInitializerImage",
    "logger",
];

/// The first thing that was removed and is still told.
pub(crate) fn predictor_remains(before: &Value, now: &Value, copy: &Value) -> Option<Gap> {
    let whole = ["annotations", "svcOrchSpec", "shadow", "ssl", "engineResources"];
    let gone = whole.iter().find_map(|field| field_remains(before, now, copy, field));
    gone.or_else(|| labels_remain(before, now, copy))
        .or_else(|| {
            graph_remains(&before["graph"], &now["graph"], &copy["graph"]).map(|gap| gap.under("graph"))
        })
        .or_else(|| {
            let components =
                items(&before["componentSpecs"]).iter().zip(items(&now["componentSpecs"])).enumerate();
            components.into_iter().find_map(|(index, (before, now))| {
                let copy = &copy["componentSpecs"][index];
                let fields = ["hpaSpec", "kedaSpec", "pdbSpec", "spec"];
                let gap =
                    fields.iter().find_map(|field| field_remains(before, now, copy, field)).or_else(|| {
                        let [before, now, copy] = [before, now, copy].map(|component| &component["metadata"]);
                        let fields = ["labels", "annotations"];
                        let gap = fields.iter().find_map(|field| field_remains(before, now, copy, field));
                        gap.map(|gap| gap.under("metadata"))
                    });
                gap.map(|gap| component_at(gap, index))
            })
        })
}

/// Labels of the predictor; the operator itself adds `version`, the predictor's name.
fn labels_remain(before: &Value, now: &Value, copy: &Value) -> Option<Gap> {
    let labels = before["labels"].as_object().into_iter().flatten();
    let mut gone = labels.filter(|(key, value)| {
        let filled_in = *key == "version" && **value == now["name"];
        !filled_in && !blank(value) && blank(&now["labels"][*key]) && copy["labels"][*key] == **value
    });
    gone.next().map(|(key, value)| Gap::new(value, &Value::Null).under(key.as_str()).under("labels"))
}

/// Nodes are compared where they were; a child that moved or went is found by [`graph_present`].
fn graph_remains(before: &Value, now: &Value, copy: &Value) -> Option<Gap> {
    if text(&before["name"]) != text(&now["name"]) {
        return None;
    }
    let own = GRAPH_FIELDS.iter().find_map(|field| field_remains(before, now, copy, field));
    own.or_else(|| {
        let gap = field_remains(&before["endpoint"], &now["endpoint"], &copy["endpoint"], "type");
        gap.map(|gap| gap.under("endpoint"))
    })
    .or_else(|| {
        let [old, new, copies] = [before, now, copy].map(|node| items(&node["children"]));
        let mut children = old.iter().zip(new).zip(copies).enumerate();
        children.find_map(|(index, ((old, new), copy))| {
            graph_remains(old, new, copy).map(|gap| gap.under(format!("[{index}]")).under("children"))
        })
    })
}

fn component_at(gap: Gap, index: usize) -> Gap {
    gap.under(format!("[{index}]")).under("componentSpecs")
}
