//! The containers of Pods, each with its state and what its Pod says of it.
//! Must never know what a state means for a diagnosis.

use super::scene::Scene;
use crate::json::Value;
use crate::kinds::{count, items, text, title, told};

/// A container of a Pod that should run.
#[derive(Clone, Copy)]
pub(super) struct Container<'a> {
    /// Its Pod.
    pub pod: &'a Value,
    /// Its entry in the Pod's spec; null if there is none.
    pub spec: &'a Value,
    /// Its entry in the Pod's status.
    pub status: &'a Value,
    /// Whether it runs before the others, to its end.
    pub init: bool,
}

impl<'a> Container<'a> {
    /// All containers of the scene's Pods that have a state, those that run first before the others.
    pub fn all(scene: &'a Scene) -> impl Iterator<Item = Container<'a>> {
        scene.pods().flat_map(Container::of)
    }

    /// Those of one Pod.
    pub fn of(pod: &'a Value) -> impl Iterator<Item = Container<'a>> {
        let lists =
            [("initContainerStatuses", "initContainers", true), ("containerStatuses", "containers", false)];
        lists.into_iter().flat_map(move |(statuses, specs, init)| {
            items(&pod["status"][statuses]).iter().map(move |status| {
                let spec = items(&pod["spec"][specs]).iter().find(|spec| spec["name"] == status["name"]);
                let sidecar = spec.is_some_and(|spec| spec["restartPolicy"] == "Always");
                Container { pod, spec: spec.unwrap_or(&Value::Null), status, init: init && !sidecar }
            })
        })
    }

    /// Its name.
    pub fn name(&self) -> &'a str {
        text(&self.status["name"])
    }

    /// What it is called in a sentence: `container web`, `init container fetch`.
    pub fn called(&self) -> String {
        let init = if self.init { "init " } else { "" };
        format!("{init}container {}", self.name())
    }

    /// Its image as it was written.
    pub fn image(&self) -> &'a str {
        let written = text(&self.spec["image"]);
        if written.is_empty() { text(&self.status["image"]) } else { written }
    }

    /// The reason and message of what it waits for.
    pub fn waits(&self) -> Option<(&'a str, &'a str)> {
        let waiting = &self.status["state"]["waiting"];
        waiting.is_object().then(|| (text(&waiting["reason"]), text(&waiting["message"])))
    }

    /// How it ended last: now, or before it was started anew; not if that was as it should.
    pub fn ended(&self) -> Option<&'a Value> {
        if self.status["ready"] == true {
            return None;
        }
        let ends = [&self.status["state"]["terminated"], &self.status["lastState"]["terminated"]];
        let end = ends.into_iter().find(|end| end.is_object())?;
        let rightly = self.init && end["exitCode"] == 0;
        (!rightly).then_some(end)
    }

    /// Whether it runs.
    pub fn runs(&self) -> bool {
        self.status["state"]["running"].is_object()
    }

    /// Its state as a line of evidence.
    pub fn shown(&self) -> String {
        let pod = title(self.pod);
        let restarts = match count(&self.status["restartCount"]) {
            0 => String::new(),
            1 => ", restarted 1 time".to_owned(),
            restarts => format!(", restarted {restarts} times"),
        };
        let state = match (self.waits(), self.ended()) {
            (Some((reason, "")), _) => format!("waiting: {reason}"),
            (Some((reason, message)), _) => format!("waiting: {reason}: {message}"),
            (None, _) if self.runs() => "running, not ready".to_owned(),
            (None, Some(end)) => {
                format!("ended: {} (exit code {})", told(&end["reason"]), told(&end["exitCode"]))
            }
            (None, None) => "not started".to_owned(),
        };
        format!("{pod}: {}: {state}{restarts}", self.called())
    }
}
