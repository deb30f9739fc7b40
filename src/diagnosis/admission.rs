//! Pods that the API server does not let be made.
//! Must never know which admission plugins there are: it reads their refusals.

use super::finding::Finding;
use super::scene::Scene;
use crate::json::Value;
use crate::kinds::{condition, count, holds, items, number, text, title};

/// Whose business a refusal is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Quota,
    ServiceAccount,
    PodSecurity,
    Webhook,
    Other,
}

/// A quota.
pub(super) fn quota(scene: &Scene) -> Vec<Finding> {
    told(scene, Sort::Quota, "quota", |message| {
        if let Some((_, rest)) = message.split_once("exceeded quota: ") {
            let (name, figures) = rest.split_once(", ").unwrap_or((rest, ""));
            let figures = if figures.is_empty() { String::new() } else { format!(" ({figures})") };
            return (
                format!("ResourceQuota/{name} lets no more Pods be made{figures}"),
                "Raise the quota, ask for less, or remove what uses it up.",
            );
        }
        let rest = message.split_once("failed quota: ").map_or(message, |(_, rest)| rest);
        let (name, wants) = rest.split_once(": ").unwrap_or((rest, "it does not say what"));
        (
            format!("ResourceQuota/{name} wants the Pods to say more: {wants}"),
            "Write these under resources of each container, or give the namespace a LimitRange with defaults.",
        )
    })
}

/// A ServiceAccount that is not there.
pub(super) fn service_account(scene: &Scene) -> Vec<Finding> {
    told(scene, Sort::ServiceAccount, "service-account", |message| {
        let name = message
            .split_once("serviceaccount \"")
            .and_then(|(_, rest)| rest.split('"').next())
            .unwrap_or("default");
        (
            format!("ServiceAccount/{name} does not exist, so none of its Pods can be made"),
            "Create the ServiceAccount in this namespace, or mend serviceAccountName.",
        )
    })
}

/// The namespace's Pod Security level.
pub(super) fn pod_security(scene: &Scene) -> Vec<Finding> {
    told(scene, Sort::PodSecurity, "pod-security", |message| {
        let rest = message.split_once("violates PodSecurity ").map_or(message, |(_, rest)| rest);
        (
            format!("the namespace's Pod Security level forbids its Pods: {rest}"),
            "Meet what is listed in securityContext, or let the namespace's pod-security.kubernetes.io/enforce label allow more.",
        )
    })
}

/// A webhook that refuses, or that cannot be asked.
pub(super) fn webhook(scene: &Scene) -> Vec<Finding> {
    told(scene, Sort::Webhook, "webhook", |message| {
        if let Some((_, rest)) = message.split_once("failed calling webhook ") {
            return (
                format!(
                    "the admission webhook {rest} (it could not be asked), so none of its Pods can be made"
                ),
                "See whether the Service and Pods behind the webhook run.",
            );
        }
        let rest = message.split_once("admission webhook ").map_or(message, |(_, rest)| rest);
        (format!("the admission webhook {rest}"), "The webhook's own words say what it wants.")
    })
}

/// Any other refusal.
pub(super) fn refused(scene: &Scene) -> Vec<Finding> {
    told(scene, Sort::Other, "refused", |message| {
        (
            format!("its Pods cannot be made: {message}"),
            "Mend what the API server names in the Pods' template.",
        )
    })
}

fn told(
    scene: &Scene,
    sort: Sort,
    rule: &'static str,
    words: fn(&str) -> (String, &'static str),
) -> Vec<Finding> {
    let refused = refusals(scene).into_iter().filter(|(_, message)| self::sort(message) == sort);
    let found = refused.map(|(object, message)| {
        let (what, fix) = words(bare(message));
        Finding::new(rule, title(scene.maker(object)), what)
            .shown_by(format!("{}: {message}", title(object)))
            .fix(fix)
    });
    found.collect()
}

/// What makes Pods and is refused: by its condition, or by the last event of one that has no such condition and still lacks Pods.
fn refusals(scene: &Scene) -> Vec<(&Value, &str)> {
    let mut found: Vec<(&Value, &str)> = Vec::new();
    for object in scene.tree() {
        let kind = text(&object["kind"]);
        let failure = condition(object, "ReplicaFailure").filter(|_| holds(object, "ReplicaFailure"));
        let message = match (kind, failure) {
            ("ReplicaSet" | "Deployment", Some(failure)) => Some(text(&failure["message"])),
            ("StatefulSet" | "DaemonSet" | "Job", _) if lacks_pods(scene, object) => {
                let last = scene.happened_to(object).rfind(|event| {
                    event.reason.starts_with("FailedCreate") || event.reason.starts_with("Successful")
                });
                last.filter(|event| event.is_warning()).map(|event| event.message.as_str())
            }
            _ => None,
        };
        found.extend(message.map(|message| (object, message)));
    }
    // A ReplicaSet says the same as its Deployment, nearer to the cause.
    let sets: Vec<&Value> =
        found.iter().map(|(object, _)| *object).filter(|object| object["kind"] == "ReplicaSet").collect();
    let told_by_set = |object: &Value| {
        object["kind"] == "Deployment" && sets.iter().any(|set| title(scene.maker(set)) == title(object))
    };
    let keep: Vec<(&Value, &str)> =
        found.iter().filter(|(object, _)| !told_by_set(object)).copied().collect();
    keep
}

fn lacks_pods(scene: &Scene, object: &Value) -> bool {
    let wanted = match text(&object["kind"]) {
        "Job" => number(&object["spec"]["parallelism"]).unwrap_or(1),
        "DaemonSet" => count(&object["status"]["desiredNumberScheduled"]),
        _ => number(&object["spec"]["replicas"]).unwrap_or(1),
    };
    let uid = &object["metadata"]["uid"];
    let owned =
        |pod: &&Value| items(&pod["metadata"]["ownerReferences"]).iter().any(|owner| owner["uid"] == *uid);
    i64::try_from(scene.of_kind("Pod").filter(owned).count()).unwrap_or(i64::MAX) < wanted
}

fn sort(message: &str) -> Sort {
    if message.contains("exceeded quota: ") || message.contains("failed quota: ") {
        Sort::Quota
    } else if message.contains("error looking up service account") {
        Sort::ServiceAccount
    } else if message.contains("violates PodSecurity") {
        Sort::PodSecurity
    } else if message.contains("admission webhook ") || message.contains("failed calling webhook ") {
        Sort::Webhook
    } else {
        Sort::Other
    }
}

/// A refusal without the name of the Pod that would have been made: `pods "web-7d9f-" is forbidden: …`.
fn bare(message: &str) -> &str {
    let rest = message.split_once("pods \"").and_then(|(_, rest)| rest.split_once("\" is forbidden: "));
    rest.map_or(message, |(_, rest)| rest)
}
