//! Seldon Core v2: Model, Server, Pipeline, Experiment, SeldonRuntime (operator/apis/mlops/v1alpha1, v2.10.2).
//! Must never know the scheduler behind them.

use super::general::{alone, counted, in_range};
use super::read::{condition, count, items, number, text, title, want_aggregate};
use super::verdict::{Decides, ScaleField, ScaleRefusal, ScaleRequest, ScaleTo, ScaleWrite, Verdict};
use crate::json::{Value, json};

/// A Model is ready when condition Ready is True, or ModelReady where there is no Ready, and as many replicas are available as asked for.
pub(crate) fn model_ready(object: &Value, _children: &[&Value]) -> Verdict {
    by_first(object, &["Ready", "ModelReady"], |object| {
        let available = count(&object["status"]["availableReplicas"]);
        format!("ready, {available}/{} replicas", count(&object["status"]["replicas"]).max(available))
    })
}

/// A Server is ready when condition Ready, else StatefulSetOrDeploymentReady, is True.
pub(crate) fn server_ready(object: &Value, _children: &[&Value]) -> Verdict {
    by_first(object, &["Ready", "StatefulSetOrDeploymentReady"], |object| {
        format!("ready, {} models loaded", count(&object["status"]["loadedModels"]))
    })
}

/// A Pipeline, an Experiment, a SeldonRuntime is ready when the aggregate condition Ready is True.
pub(crate) fn aggregate_ready(object: &Value, _children: &[&Value]) -> Verdict {
    by_first(object, &["Ready"], |_| "ready".to_owned())
}

fn by_first(object: &Value, kinds: &[&str], met: fn(&Value) -> String) -> Verdict {
    let kind = kinds.iter().copied().find(|kind| condition(object, kind).is_some()).unwrap_or("Ready");
    Verdict::unless(want_aggregate(object, kind), || met(object))
}

/// A Model or Server is scaled by its counts; a number left open is the default: minReplicas if stated, else 1.
pub(crate) fn scaled(object: &Value, _children: &[&Value]) -> Verdict {
    let spec = &object["spec"];
    let open = || number(&spec["minReplicas"]).filter(|min| *min > 0).unwrap_or(1);
    counted(object, number(&spec["replicas"]).unwrap_or_else(open))
}

/// A SeldonRuntime states replicas for each component in `spec.overrides`.
pub(crate) fn runtime_replicas(object: &Value) -> Vec<ScaleField> {
    let overrides = items(&object["spec"]["overrides"]).iter().enumerate();
    let stated = overrides.filter_map(|(index, component)| {
        let value = number(&component["replicas"])?;
        let deciding = Decides::Field(format!("/spec/overrides/{index}/replicas"));
        Some(ScaleField {
            child: text(&component["name"]).to_owned(),
            deciding,
            value: Some(value),
            losing: Vec::new(),
        })
    });
    stated.collect()
}

/// Scales one component of a SeldonRuntime, which must be among its overrides.
pub(crate) fn scale_runtime(object: &Value, request: &ScaleRequest) -> Result<Vec<ScaleWrite>, ScaleRefusal> {
    alone(object, &ScaleRequest { component: None, ..*request })?;
    let overrides = items(&object["spec"]["overrides"]);
    let names = || overrides.iter().map(|component| text(&component["name"])).collect::<Vec<_>>().join(", ");
    let (Some(name), ScaleTo::Replicas(to)) = (request.component, request.to) else {
        let help = format!("Write `scale: {{ replicas: 2, component: NAME }}` with one of: {}.", names());
        return Err(ScaleRefusal::new(
            "/spec/overrides",
            "a SeldonRuntime is scaled by component, to a number",
            help,
        ));
    };
    let Some(index) = overrides.iter().position(|component| component["name"] == *name) else {
        let message = format!("{} overrides no component {name}", title(object));
        let help = format!("Name one of: {}; or add it to spec.overrides.", names());
        return Err(ScaleRefusal::new("/spec/overrides", message, help));
    };
    let at = format!("/spec/overrides/{index}");
    Ok(vec![ScaleWrite {
        child: name.to_owned(),
        label: format!("component {name}"),
        pointer: format!("{at}/replicas"),
        from: number(&overrides[index]["replicas"]),
        to: in_range(to)?,
        through_scale: false,
        parent: None,
        leaves: Vec::new(),
        tests: vec![(format!("{at}/name"), json!(name))],
    }])
}
