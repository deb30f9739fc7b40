//! KServe InferenceServices: the aggregate condition, the state of the model, and the bounds of each part's autoscaler.
//! Must never know how KServe deploys.

use super::general::{Bounds, alone, scale_bounds};
use super::read::{number, text, title, told, want_aggregate};
use super::verdict::{Decides, Reason, ScaleField, ScaleRefusal, ScaleRequest, ScaleWrite, Verdict};
use serde_json::Value;

/// Ready: condition Ready is True, and no newer model is still on its way in (`status.modelStatus`).
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let mut reasons = want_aggregate(object, "Ready");
    let model = &object["status"]["modelStatus"];
    let transition = &model["transitionStatus"];
    if !matches!(text(transition), "" | "UpToDate") {
        let failure = super::read::because(&model["lastFailureInfo"]);
        let message = format!("the model's transition is {}{failure}", told(transition));
        reasons.push(Reason::new(
            "/status/modelStatus/transitionStatus",
            told(transition),
            "UpToDate",
            message,
        ));
    }
    Verdict::unless(reasons, || match text(&object["status"]["url"]) {
        "" => "ready".to_owned(),
        url => format!("ready at {url}"),
    })
}

/// The parts that the object has, each with the bounds of its autoscaler.
pub(crate) fn replicas(object: &Value) -> Vec<ScaleField> {
    let parts = PARTS.iter().filter(|part| object["spec"][**part].is_object());
    let field = |part: &&str| {
        let bounds = bounds(part);
        let [min, max] = bounds.names.map(|name| number(&object["spec"][*part][name]));
        let deciding = Decides::Autoscaler { pointer: bounds.at, min, max };
        ScaleField { child: bounds.child, deciding, value: None, losing: Vec::new() }
    };
    parts.map(field).collect()
}

/// Sets the bounds of the predictor, or of the part that `component` names.
pub(crate) fn scale(object: &Value, request: &ScaleRequest) -> Result<Vec<ScaleWrite>, ScaleRefusal> {
    alone(object, &ScaleRequest { component: None, ..*request })?;
    let part = request.component.unwrap_or("predictor");
    if !PARTS.contains(&part) || !object["spec"][part].is_object() {
        let here = PARTS.iter().filter(|part| object["spec"][**part].is_object());
        let help = format!("Name one of: {}.", here.copied().collect::<Vec<_>>().join(", "));
        return Err(ScaleRefusal::new("/spec", format!("{} has no {part}", title(object)), help));
    }
    scale_bounds(object, &bounds(part), request.to)
}

const PARTS: &[&str] = &["predictor", "transformer", "explainer"];

fn bounds(part: &str) -> Bounds {
    let (at, label) = (format!("/spec/{part}"), part.to_owned());
    Bounds { at, names: ["minReplicas", "maxReplicas"], label, child: part.to_owned() }
}
