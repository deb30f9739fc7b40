//! SeldonDeployments (Seldon Core v1): ready by their state, scaled by their Deployments, fresh as these tell.
//! Must never know the API server, time, or how anything is shown.
//!
//! Sources: the operator's api package and controllers from 1.1 to 1.19, named where a rule stands.

mod children;
mod declared;
mod fresh;
mod md5;
mod pod;
mod predictor;
mod scale;
mod told;

pub(crate) use children::shortened;
pub(crate) use fresh::freshness;
pub(crate) use scale::{scale, written_in_vain};

use super::read::{condition, count, desired, group, owned_by, text, told as in_words, want, want_aggregate};
use super::verdict::{Consult, Decides, Reason, ScaleField, Verdict};
use crate::json::Value;
use crate::selector::LabelSelector;
use children::{expected, label_values};

/// Ready: `status.state` is Available, and condition Ready is True where there are conditions (since 1.11). Failed is not final: the
/// operator tries again. Children, where known, say why not.
pub(crate) fn ready(object: &Value, children: &[&Value]) -> Verdict {
    let status = &object["status"];
    let mut reasons = Vec::new();
    if status["state"] != "Available" {
        let state = in_words(&status["state"]);
        let description = text(&status["description"]);
        let why = if description.is_empty() { String::new() } else { format!(": {description}") };
        let message = match status["state"] {
            Value::Null => "its operator has not looked at it yet".to_owned(),
            _ => format!("its state is {state}{why}"),
        };
        reasons.push(Reason::new("/status/state", state, "Available", message));
    }
    if condition(object, "Ready").is_some() {
        reasons.extend(want_aggregate(object, "Ready"));
    }
    if reasons.is_empty() {
        return Verdict::Met(available(status));
    }
    let owned = owned_deployments(object, children);
    for child in expected(object) {
        let Some(deployment) = owned.iter().find(|there| child.is_named(text(&there["metadata"]["name"])))
        else {
            continue;
        };
        if desired(deployment) == 0 {
            let message =
                "it is scaled to 0, so the SeldonDeployment never becomes Available: wait until scaled";
            reasons.push(Reason::new("/spec/replicas", "0", "1 or more", message).of(child.title()));
        } else if let Verdict::NotYet(why) | Verdict::Never(why) = super::deployment::ready(deployment, &[]) {
            reasons.extend(why.into_iter().map(|reason| reason.of(child.title())));
        }
    }
    Verdict::NotYet(reasons)
}

/// `available, 3/3 replicas`, over all its Deployments.
fn available(status: &Value) -> String {
    let entries = || status["deploymentStatus"].as_object().into_iter().flat_map(|entries| entries.values());
    let sum = |field: &str| entries().map(|entry| count(&entry[field])).sum::<i64>();
    format!("available, {}/{} replicas", sum("availableReplicas"), sum("replicas"))
}

/// Scaled: every Deployment has, updated and available, the number that its deciding field says; within its bounds where an autoscaler
/// decides; as many as it asks for where nothing does. `Available` is not asked for: at 0 it never comes.
pub(crate) fn scaled(object: &Value, children: &[&Value]) -> Verdict {
    let owned = owned_deployments(object, children);
    let expected = expected(object);
    if expected.is_empty() {
        return Verdict::not_yet(Reason::new(
            "/spec/predictors",
            "nothing",
            "a Deployment",
            "its predictors make no Deployments",
        ));
    }
    let (mut reasons, mut told, mut total) = (Vec::new(), 0, 0);
    for child in &expected {
        let Some(deployment) = owned.iter().find(|there| child.is_named(text(&there["metadata"]["name"])))
        else {
            if !child.optional {
                reasons.push(
                    Reason::new("", "nothing", "the Deployment", "it is not there yet").of(child.title()),
                );
            }
            continue;
        };
        let field = children::replicas(object, child);
        let wanted = field.value.unwrap_or_else(|| desired(deployment));
        let before = reasons.len();
        match &field.deciding {
            Decides::Autoscaler { pointer, min, max } => {
                reasons.extend(out_of_bounds(wanted, pointer, *min, *max))
            }
            _ => want(&mut reasons, "/spec/replicas", desired(deployment), wanted, || {
                format!("it asks for {}, not {wanted}", super::read::replicas(desired(deployment)))
            }),
        }
        reasons.extend(super::deployment::unobserved(deployment));
        reasons.extend(super::deployment::counts(deployment, wanted));
        reasons[before..].iter_mut().for_each(|reason| reason.object = Some(child.title()));
        told += count(&deployment["status"]["availableReplicas"]);
        total += wanted;
    }
    if !reasons.is_empty() && object["status"]["state"] == "Failed" {
        let description = in_words(&object["status"]["description"]);
        reasons.push(Reason::new(
            "/status/state",
            "Failed",
            "any other",
            format!("its state is Failed: {description}"),
        ));
    }
    Verdict::unless(reasons, || format!("{told}/{total} replicas"))
}

fn out_of_bounds(there: i64, pointer: &str, min: Option<i64>, max: Option<i64>) -> Option<Reason> {
    let lowest = min.unwrap_or(if pointer.ends_with("/hpaSpec") { 1 } else { 0 });
    let highest = max.unwrap_or(i64::MAX);
    let message =
        format!("it asks for {}, which is not between {lowest} and {highest}", super::read::replicas(there));
    let outside = !(lowest..=highest).contains(&there);
    outside
        .then(|| Reason::new("/spec/replicas", there.to_string(), format!("{lowest} to {highest}"), message))
}

/// Its Deployments, by label; the orchestrators' own carry the name of their predictor's Service there.
pub(crate) fn consults(object: &Value) -> Vec<Consult> {
    let values = label_values(object);
    let labels = match values.as_slice() {
        [value] => format!("seldon-deployment-id={value}"),
        values => format!("seldon-deployment-id in ({})", values.join(",")),
    };
    let labels = LabelSelector::parse(&labels).map_or(labels, |selector| selector.to_string());
    vec![Consult { api_version: "apps/v1".to_owned(), kind: "Deployment".to_owned(), labels }]
}

/// Every child Deployment's deciding field.
pub(crate) fn replicas(object: &Value) -> Vec<ScaleField> {
    expected(object)
        .iter()
        .filter(|child| !child.optional)
        .map(|child| children::replicas(object, child))
        .collect()
}

/// The Deployments that this very object owns: by UID, never by label alone.
pub(crate) fn owned_deployments<'a>(object: &Value, children: &[&'a Value]) -> Vec<&'a Value> {
    let uid = &object["metadata"]["uid"];
    let ours = |child: &&&'a Value| {
        child["kind"] == "Deployment" && group(text(&child["apiVersion"])) == "apps" && owned_by(child, uid)
    };
    children.iter().filter(ours).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn deployments_are_found_by_every_label_that_the_operator_gives_them() {
        let labels =
            |object: &Value| consults(object).into_iter().map(|consult| consult.labels).collect::<Vec<_>>();
        let mut object = json!({ "metadata": { "name": "iris" }, "spec": { "predictors": [
            { "name": "main" }, { "name": "canary", "annotations": { "seldon.io/svc-name": "birds" } }] } });
        assert_eq!(labels(&object), ["seldon-deployment-id=iris"]);
        object["spec"]["annotations"] = json!({ "seldon.io/engine-separate-pod": "true" });
        assert_eq!(labels(&object), ["seldon-deployment-id in (birds,iris,iris-main)"]);
        object = json!({ "metadata": { "name": "a-name-of-more-than-sixty-three-characters-which-no-label-may-have" } });
        assert_eq!(labels(&object), ["seldon-deployment-id=seldon-7767b11da76134c02c5a11349ea82bd4"]);
    }
}
