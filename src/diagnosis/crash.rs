//! Containers that end when they should not: their exit codes, memory that ran out, models that cannot be fetched.
//! Must never know how long a container waits before it is started anew.

use super::finding::Finding;
use super::pod::Container;
use super::scene::Scene;
use crate::kinds::{items, text, title, told};

/// A container that should run ends again and again.
pub(super) fn crash(scene: &Scene) -> Vec<Finding> {
    ended(scene)
        .filter(|container| !container.init)
        .map(|container| finding(scene, "crash-loop", &container))
        .collect()
}

/// An init container that does not come to its good end.
pub(super) fn init(scene: &Scene) -> Vec<Finding> {
    let failing = ended(scene).filter(|container| container.init && uri(container).is_none());
    failing.map(|container| finding(scene, "init", &container)).collect()
}

/// The init container that fetches a model: Seldon Core's `…-model-initializer`, KServe's `storage-initializer`.
pub(super) fn model(scene: &Scene) -> Vec<Finding> {
    let failing = ended(scene).filter(|container| container.init).filter_map(|container| {
        let uri = uri(&container)?;
        let what = format!("the model at {uri} cannot be fetched: {}", how(scene, &container));
        let told = Finding::new("model", title(scene.maker(container.pod)), what).shown_by(container.shown());
        let log = scene.log_of(container.pod, container.name());
        Some(told.shown_by_all(log).fix(
            "Check the modelUri, and that the credentials for it (envSecretRefName, or the ServiceAccount) are those of its storage.",
        ))
    });
    failing.collect()
}

/// A container whose image is there, and that cannot be made or started of it.
pub(super) fn unstartable(scene: &Scene) -> Vec<Finding> {
    const REASONS: &[&str] = &[
        "CreateContainerError",
        "RunContainerError",
        "StartError",
        "PreCreateHookError",
        "PostStartHookError",
    ];
    let failing = Container::all(scene).filter_map(|container| {
        let (reason, message) = container.waits().filter(|(reason, _)| REASONS.contains(reason))?;
        let message = if message.is_empty() { reason } else { message };
        let what = format!("{} cannot be started: {message}", container.called());
        let told = Finding::new("container", title(scene.maker(container.pod)), what);
        Some(told.shown_by(container.shown()).fix("Check its command, and that the image holds it."))
    });
    failing.collect()
}

/// Where the model comes from that an init container fetches.
fn uri<'a>(container: &Container<'a>) -> Option<&'a str> {
    let fetches =
        container.name().ends_with("-model-initializer") || container.name() == "storage-initializer";
    items(&container.spec["args"]).first().map(text).filter(|_| fetches)
}

/// Containers that ended and are not ready again.
fn ended(scene: &Scene) -> impl Iterator<Item = Container<'_>> {
    Container::all(scene).filter(|container| {
        let pod_failed = container.pod["status"]["phase"] == "Failed";
        let rightly = container.status["state"]["terminated"]["exitCode"] == 0;
        container.ended().is_some() && !(pod_failed && rightly)
    })
}

fn finding(scene: &Scene, rule: &'static str, container: &Container<'_>) -> Finding {
    let what = how(scene, container);
    let what = if container.init { format!("{what}, so its Pods never start") } else { what };
    let told = Finding::new(rule, title(scene.maker(container.pod)), what).shown_by(container.shown());
    let log = scene.log_of(container.pod, container.name());
    told.shown_by_all(log).fix(remedy(scene, container))
}

/// How it ends: `container web ends with exit code 1`.
fn how(scene: &Scene, container: &Container<'_>) -> String {
    let called = container.called();
    let Some(end) = container.ended() else { return format!("{called} ends") };
    if text(&end["reason"]) == "OOMKilled" {
        let limit = &container.spec["resources"]["limits"]["memory"];
        return match limit.is_null() {
            true => format!("{called} was killed because the node ran out of memory (OOMKilled)"),
            false => format!(
                "{called} was killed for using more memory than its limit of {} (OOMKilled)",
                told(limit)
            ),
        };
    }
    if let Some(answer) = probe_killed(scene, container) {
        return format!("{called} is killed again and again since its liveness probe fails: {answer}");
    }
    let message = text(&end["message"]).trim();
    let last_words = if message.is_empty() { String::new() } else { format!(": {}", last_line(message)) };
    match (end["exitCode"].as_i64(), end["signal"].as_i64().filter(|signal| *signal != 0)) {
        (Some(0), _) => format!("{called} ends by itself (exit code 0), and should go on running"),
        (Some(code), _) => format!("{called} ends with exit code {code}{}{last_words}", meaning(code)),
        (None, Some(signal)) => format!("{called} is ended by signal {signal}{last_words}"),
        (None, None) => format!("{called} ends{last_words}"),
    }
}

/// What a liveness probe was answered, if its failing ended the container.
fn probe_killed(scene: &Scene, container: &Container<'_>) -> Option<String> {
    let killed = matches!(container.ended()?["exitCode"].as_i64(), Some(137 | 143))
        && container.spec["livenessProbe"].is_object();
    let event =
        scene.happened_to(container.pod).rfind(|event| event.message.starts_with("Liveness probe failed"));
    let said = event
        .filter(|_| killed)?
        .message
        .trim_start_matches("Liveness probe failed")
        .trim_start_matches(':')
        .trim();
    Some(last_line(said).to_owned())
}

/// What shells and kernels mean by some exit codes.
fn meaning(code: i64) -> &'static str {
    match code {
        126 => " (its command cannot be executed)",
        127 => " (its command is not there)",
        132 => " (illegal instruction: is the image for this kind of processor?)",
        134 => " (it aborted)",
        137 => " (it was killed)",
        139 => " (a segmentation fault)",
        143 => " (it was asked to end)",
        _ => "",
    }
}

fn remedy(scene: &Scene, container: &Container<'_>) -> &'static str {
    let end = container.ended();
    let code = end.and_then(|end| end["exitCode"].as_i64());
    if end.is_some_and(|end| end["reason"] == "OOMKilled") {
        "Raise resources.limits.memory, or let it use less."
    } else if probe_killed(scene, container).is_some() {
        "Give it more time (initialDelaySeconds, a startupProbe), or mend what the probe asks for."
    } else if matches!(code, Some(126 | 127)) {
        "Check its command and args against what the image holds."
    } else if code == Some(0) {
        "Check its command: it must stay in the foreground. What comes to an end belongs in a Job."
    } else {
        "Its log says why; see `kubectl logs --previous`."
    }
}

fn last_line(text: &str) -> &str {
    text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or(text)
}
