//! Images that cannot be pulled, and containers that are still being made.
//! Must never know how often a pull is tried.

use super::finding::Finding;
use super::pod::Container;
use super::scene::Scene;
use crate::kinds::{text, title};

/// What a container waits for when its image cannot be had.
const REASONS: &[&str] = &[
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
];

/// An image cannot be pulled. The registry's answer stands in the state for a moment only, so the cluster's events are asked for it too.
pub(super) fn pull(scene: &Scene) -> Vec<Finding> {
    let failing = Container::all(scene).filter_map(|container| {
        let (reason, message) = container.waits().filter(|(reason, _)| REASONS.contains(reason))?;
        let event = scene.happened_to(container.pod).rfind(|event| {
            let ours = event.container.as_deref().is_none_or(|name| name == container.name());
            ours && event.is_warning() && event.message.starts_with("Failed to pull image")
        });
        let answer = match (reason, event) {
            ("ErrImagePull", _) if !message.is_empty() => message,
            (_, Some(event)) => event.message.as_str(),
            _ => "",
        };
        let answer = answered(answer, container.image());
        let (what, fix) = match reason {
            "InvalidImageName" => (
                format!(
                    "`{}`, the image of {}, is no name of an image",
                    container.image(),
                    container.called()
                ),
                "Write the image as REGISTRY/NAME:TAG, in lower case.".to_owned(),
            ),
            "ErrImageNeverPull" => (
                format!(
                    "the image {} of {} is not on the node, and imagePullPolicy is Never",
                    container.image(),
                    container.called()
                ),
                "Load the image onto the node, or leave imagePullPolicy out.".to_owned(),
            ),
            _ => {
                let answer = if answer.is_empty() { String::new() } else { format!(": {answer}") };
                let what = format!(
                    "the image {} of {} cannot be pulled{answer}",
                    container.image(),
                    container.called()
                );
                (what, remedy(&answer).to_owned())
            }
        };
        let finding =
            Finding::new("image-pull", title(scene.maker(container.pod)), what).shown_by(container.shown());
        let event = event.map(|event| format!("{}: {}", event.object(), event.words()));
        Some(finding.shown_by_all(event).fix(fix))
    });
    failing.collect()
}

/// What the registry answered, without the words around it.
fn answered(message: &str, image: &str) -> String {
    let message = message.trim();
    let message = message.strip_prefix("Failed to pull image").unwrap_or(message).trim_start();
    let message = message.strip_prefix(&format!("\"{image}\"")).unwrap_or(message);
    let message = message.trim_start_matches(':').trim_start();
    let message =
        match message.strip_prefix("rpc error: code = ").and_then(|rest| rest.split_once(" desc = ")) {
            Some((_, told)) => told,
            None => message,
        };
    // `failed to pull and unpack image "…": failed to resolve reference "…": …: not found`: the end is the answer.
    let said = message.rsplit_once("\": ").map_or(message, |(_, said)| said);
    let name = image.rsplit_once('@').or_else(|| image.rsplit_once(':')).map_or(image, |(name, _)| name);
    let said = match said.split_once(": ") {
        Some((first, rest)) if !name.is_empty() && first.contains(name) => rest,
        _ => said,
    };
    said.to_owned()
}

/// What to try, by what the registry answered.
fn remedy(answer: &str) -> &'static str {
    let answer = answer.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| answer.contains(word));
    if says(&["unauthorized", "denied", "forbidden", "authentication", "401", "403", "no basic auth"]) {
        "Give the Pods credentials for the registry: imagePullSecrets, of the Pod or of its ServiceAccount."
    } else if says(&["toomanyrequests", "rate limit", "429"]) {
        "The registry lets nobody pull so often: wait, pull with credentials, or use a mirror."
    } else if says(&[
        "no such host",
        "timeout",
        "connection refused",
        "x509",
        "i/o",
        "unreachable",
        "deadline",
    ]) {
        "Check that the nodes reach the registry, and trust its certificate."
    } else if says(&["not found", "manifest unknown", "does not exist"]) {
        "Check the image's name and tag: the registry has no such image."
    } else {
        "Check the image's name and tag, that the nodes reach the registry, and imagePullSecrets."
    }
}

/// Containers that are not started yet, without a fault of their own.
pub(super) fn starting(scene: &Scene) -> Vec<Finding> {
    let making = Container::all(scene).filter(|container| {
        !container.init
            && container
                .waits()
                .is_some_and(|(reason, _)| matches!(reason, "ContainerCreating" | "PodInitializing" | ""))
    });
    let told = making.map(|container| {
        let object = title(scene.maker(container.pod));
        let latest = scene.happened_to(container.pod).next_back();
        let pulling = latest.is_some_and(|latest| latest.reason == "Pulling");
        let what = match text(&container.status["state"]["waiting"]["reason"]) {
            "PodInitializing" => format!("container {} waits for its init containers", container.name()),
            _ if pulling => format!(
                "the image {} of container {} is still being pulled",
                container.image(),
                container.name()
            ),
            _ => format!("container {} is still being created", container.name()),
        };
        let event = latest.map(|event| format!("{}: {}", event.object(), event.words()));
        Finding::new("starting", object, what).shown_by(container.shown()).shown_by_all(event)
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_the_registry_is_what_is_left_of_the_words_around_it() {
        let cases = [
            ("Failed to pull image: not found", "not found"),
            (
                "rpc error: code = NotFound desc = failed to pull and unpack image \"docker.io/pantry/oven:1.0\": failed to resolve \
                 reference \"docker.io/pantry/oven:1.0\": docker.io/pantry/oven:1.0: not found",
                "not found",
            ),
            (
                "Failed to pull image \"pantry/oven:1.0\": failed to pull and unpack image \"docker.io/pantry/oven:1.0\": failed to \
                 resolve reference \"docker.io/pantry/oven:1.0\": pull access denied, repository does not exist or may require \
                 authorization: server message: insufficient_scope: authorization failed",
                "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: \
                 authorization failed",
            ),
            ("", ""),
        ];
        for (message, answer) in cases {
            assert_eq!(answered(message, "pantry/oven:1.0"), answer);
        }
    }
}
