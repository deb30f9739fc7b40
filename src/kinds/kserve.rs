//! KServe InferenceServices and InferenceGraphs: the aggregate condition, the state of the model, and the bounds of each autoscaler.
//! Must never know how KServe deploys.
//!
//! Sources: kserve `pkg/apis/serving/v1beta1/inference_service_status.go` (whose observedGeneration is that of a Deployment or a Knative
//! Service), `pkg/apis/serving/v1alpha1/inference_graph.go`.

use super::deployment;
use super::general::{Bounds, alone, scale_bounds};
use super::read::{
    holds, items, number, of_condition, owned_by, text, title, told, want_aggregate, want_condition,
};
use super::verdict::{Consult, Decides, Reason, ScaleField, ScaleRefusal, ScaleRequest, ScaleWrite, Verdict};
use crate::json::Value;

/// Ready: condition Ready is True, no newer model is still on its way in (`status.modelStatus`), and its own Deployments, if it has
/// any, are rolled out: without Knative the condition stays True while the pods of before still serve.
pub(crate) fn ready(object: &Value, children: &[&Value]) -> Verdict {
    let mut reasons = parts_ready(object);
    rolled_out(object, children, &mut reasons);
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

/// Wants condition Ready, which sums up the predictor's and the ingress's alone, and those of the parts. If it is not ready, all others tell
/// why, but for Stopped, which is well when it is False.
fn parts_ready(object: &Value) -> Vec<Reason> {
    if holds(object, "Stopped") {
        let message = "it is stopped, by its annotation serving.kserve.io/stop".to_owned();
        return vec![of_condition(object, "Stopped", "status", "False", message)];
    }
    let mut reasons: Vec<Reason> = want_condition(object, "Ready").into_iter().collect();
    let unready = !reasons.is_empty();
    let kinds = items(&object["status"]["conditions"]).iter().map(|condition| text(&condition["type"]));
    let wanted = kinds.filter(|kind| match *kind {
        "Ready" | "Stopped" => false,
        "PredictorReady" | "TransformerReady" | "ExplainerReady" => true,
        _ => unready,
    });
    reasons.extend(wanted.filter_map(|kind| want_condition(object, kind)));
    reasons
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
    Bounds { at, names: BOUNDS, label, child: part.to_owned() }
}

/// A graph is ready when condition Ready is True and its own Deployment, if it has one, is rolled out: without Knative the condition is
/// True as soon as that Deployment has a condition Available, whatever its status (`PropagateRawStatus` of the graph's controller).
pub(crate) fn graph_ready(object: &Value, children: &[&Value]) -> Verdict {
    let mut reasons = want_aggregate(object, "Ready");
    rolled_out(object, children, &mut reasons);
    Verdict::unless(reasons, || match text(&object["status"]["url"]) {
        "" => "ready".to_owned(),
        url => format!("ready at {url}"),
    })
}

/// What keeps the Deployments that an object owns from being rolled out.
fn rolled_out(object: &Value, children: &[&Value], reasons: &mut Vec<Reason>) {
    let uid = &object["metadata"]["uid"];
    for child in children.iter().filter(|child| child["kind"] == "Deployment" && owned_by(child, uid)) {
        let before = reasons.len();
        reasons.extend(deployment::unobserved(child));
        if let Verdict::NotYet(why) | Verdict::Never(why) = deployment::ready(child, &[]) {
            reasons.extend(why);
        }
        reasons[before..].iter_mut().for_each(|reason| reason.object = Some(title(child)));
    }
}

/// The Deployments of an InferenceService without Knative (`InferenceServicePodLabelKey`).
pub(crate) fn consults(object: &Value) -> Vec<Consult> {
    deployments(object, "serving.kserve.io/inferenceservice")
}

/// The Deployment of a graph without Knative.
pub(crate) fn graph_consults(object: &Value) -> Vec<Consult> {
    deployments(object, "serving.kserve.io/inferencegraph")
}

fn deployments(object: &Value, label: &str) -> Vec<Consult> {
    let name = text(&object["metadata"]["name"]);
    let labels = format!("{label}={name}");
    let consult = || Consult { api_version: "apps/v1".to_owned(), kind: "Deployment".to_owned(), labels };
    let is_label = !name.is_empty() && name.len() <= 63;
    is_label.then(consult).into_iter().collect()
}

/// A graph states the bounds of its autoscaler in its spec.
pub(crate) fn graph_replicas(object: &Value) -> Vec<ScaleField> {
    let [min, max] = BOUNDS.map(|name| number(&object["spec"][name]));
    let deciding = Decides::Autoscaler { pointer: "/spec".to_owned(), min, max };
    vec![ScaleField { child: title(object), deciding, value: None, losing: Vec::new() }]
}

/// Sets the bounds of a graph.
pub(crate) fn scale_graph(object: &Value, request: &ScaleRequest) -> Result<Vec<ScaleWrite>, ScaleRefusal> {
    alone(object, request)?;
    let bounds =
        Bounds { at: "/spec".to_owned(), names: BOUNDS, label: "replicas".to_owned(), child: title(object) };
    scale_bounds(object, &bounds, request.to)
}

const BOUNDS: [&str; 2] = ["minReplicas", "maxReplicas"];
