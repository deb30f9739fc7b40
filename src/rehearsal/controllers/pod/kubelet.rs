//! Runs pods on their nodes: pulled at once, running after 100 ms, ready 200 ms later, as kwok times it; pods of Jobs complete.
//! Must never know how a status is worded, nor where a fault comes from.
//!
//! Annotations of a pod tell what it does: `test/start-after`, `test/ready-after` (durations), `test/fault` (image-pull, crash-loop,
//! never-ready). The world's faults do the same to whom they strike.

use super::super::driver::{Change, Entry, Name, View};
use super::super::faults::{self, FaultKind};
use super::super::outcome::{Deletion, Outcome, Told, Verb, reference};
use super::super::read::{
    annotation, controller, duration, items, later, name, namespace, stamp, text, uid, until,
};
use super::super::resource::{NODES, PODS};
use super::lifecycle::{self, Stage};
use crate::json::Value;
use std::time::Duration;

/// What it wants to hear of.
pub(in super::super) const WATCHES: &[&str] = &[PODS];

/// How long a container takes to start.
const START: Duration = Duration::from_millis(100);
/// How long it takes to become ready, or a Job's to complete.
const READY: Duration = Duration::from_millis(200);
/// How long one that fails runs.
const CRASH: Duration = Duration::from_millis(300);
/// How long it waits until it is started again.
const RESTART: Duration = Duration::from_secs(2);
/// How long a pod takes to end.
const END: Duration = Duration::from_millis(100);
/// How often a probe that fails is told of.
const PROBE: Duration = Duration::from_secs(10);

/// A pod that has a node.
pub(in super::super) fn concerns(_: &View, change: &Change, names: &mut Vec<Name>) {
    if !change.gone && !text(&change.object["spec"]["nodeName"]).is_empty() {
        names.push(Name::of(PODS, change.object));
    }
}

/// One look at a pod.
pub(in super::super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let Some(entry) = view.entry(PODS, &at.namespace, &at.name) else { return Outcome::nothing() };
    if text(&entry.object["spec"]["nodeName"]).is_empty() {
        return Outcome::nothing();
    }
    let mut look = Look {
        view,
        entry,
        pod: &entry.object,
        ails: Ails::of(view, &entry.object),
        outcome: Outcome::nothing(),
    };
    match look.entry.deleting_at {
        Some(_) => look.end(),
        None => look.go_on(),
    }
    if let Some(change) = faults::change_in(view) {
        look.outcome.look_again(change);
    }
    look.outcome
}

/// What is wrong with a pod.
#[derive(Default)]
struct Ails {
    image_pull: bool,
    crash_loop: bool,
    never_ready: bool,
    slow: Duration,
}

impl Ails {
    fn of(view: &View, pod: &Value) -> Ails {
        let mut ails = Ails::default();
        match annotation(pod, "test/fault") {
            "image-pull" => ails.image_pull = true,
            "crash-loop" => ails.crash_loop = true,
            "never-ready" => ails.never_ready = true,
            _ => {}
        }
        for fault in faults::of(view, pod) {
            match fault {
                FaultKind::ImagePull => ails.image_pull = true,
                FaultKind::CrashLoop => ails.crash_loop = true,
                FaultKind::NeverReady => ails.never_ready = true,
                FaultKind::Slow(by) => ails.slow += *by,
                FaultKind::Quota | FaultKind::OperatorDown => {}
            }
        }
        ails
    }
}

/// What is done with a pod.
enum Next {
    Create,
    CannotPull,
    Start { pulled: bool },
    Crash,
    Complete,
    Unhealthy,
    Ready,
    Unready,
}

struct Look<'a> {
    view: &'a View<'a>,
    entry: &'a Entry,
    pod: &'a Value,
    ails: Ails,
    outcome: Outcome,
}

impl Look<'_> {
    /// A pod that is being deleted: its containers stop, and then it is gone.
    fn end(&mut self) {
        let since = self.entry.deleting_at.unwrap_or(self.view.now);
        let rest = until(self.view.now, later(since, END));
        if !rest.is_zero() {
            return self.outcome.look_again(rest);
        }
        if matches!(lifecycle::stage(self.pod), Stage::Running | Stage::Ready) {
            for container in lifecycle::names(self.pod) {
                self.tell("Normal", "Killing", format!("Stopping container {container}"), Some(container));
            }
        }
        let deletion = Deletion { uid: uid(self.pod).to_owned(), grace: Some(0), ..Deletion::default() };
        self.outcome.push(PODS, self.pod, Verb::Delete(deletion));
    }

    fn go_on(&mut self) {
        let now = stamp(self.view.now);
        let after = |key: &str, default: Duration| duration(annotation(self.pod, key)).unwrap_or(default);
        let (start, ready) =
            (after("test/start-after", START), after("test/ready-after", READY) + self.ails.slow);
        let (after, next) = match lifecycle::stage(self.pod) {
            Stage::Placed => (Duration::ZERO, Next::Create),
            Stage::Creating if self.ails.image_pull => (START, Next::CannotPull),
            Stage::Creating => (start, Next::Start { pulled: true }),
            Stage::Unpullable if !self.ails.image_pull => (Duration::ZERO, Next::Start { pulled: true }),
            Stage::Running | Stage::Ready if self.ails.crash_loop => (CRASH, Next::Crash),
            Stage::Crashed => (RESTART, Next::Start { pulled: false }),
            Stage::Running if self.completes() => (ready, Next::Complete),
            Stage::Running if self.ails.never_ready => (ready, Next::Unhealthy),
            Stage::Running => (ready, Next::Ready),
            Stage::Ready if self.ails.never_ready => (Duration::ZERO, Next::Unready),
            Stage::Unpullable | Stage::Ready | Stage::Ended => return,
        };
        if !self.is_time(after) {
            return;
        }
        match next {
            Next::Create => self.create(&now),
            Next::CannotPull => self.cannot_pull(),
            Next::Start { pulled } => self.start(&now, pulled),
            Next::Crash => self.crash(&now),
            Next::Complete => self.write(lifecycle::ended(self.pod, 0, &now)),
            Next::Unhealthy => self.unhealthy(),
            Next::Ready => self.write(lifecycle::set_ready(self.pod, true, &now)),
            Next::Unready => {
                self.write(lifecycle::set_ready(self.pod, false, &now));
                self.unhealthy();
            }
        }
    }

    /// Whether its status has been as it is for so long; if not, it is looked at again when it will have been.
    fn is_time(&mut self, after: Duration) -> bool {
        let rest = until(self.view.now, later(self.entry.status_at, after));
        if !rest.is_zero() {
            self.outcome.look_again(rest);
        }
        rest.is_zero()
    }

    /// Whether its containers end by themselves: those of Jobs, and those that may not be started again do so when they are done.
    fn completes(&self) -> bool {
        controller(self.pod).is_some_and(|owner| owner["kind"] == "Job")
    }

    fn create(&mut self, now: &str) {
        let node = self.view.get(NODES, "", text(&self.pod["spec"]["nodeName"]));
        let addresses = node.map_or(&[][..], |node| items(&node["status"]["addresses"]));
        let host = addresses.iter().find(|address| address["type"] == "InternalIP");
        let host = host.map_or("127.0.0.1", |address| text(&address["address"]));
        self.write(lifecycle::creating(self.pod, host, now));
        self.tell_each("Normal", "Pulling", |_, image| format!("Pulling image {image:?}"));
    }

    fn cannot_pull(&mut self) {
        self.write(lifecycle::unpullable(self.pod));
        self.tell_each("Warning", "Failed", |_, image| format!("Failed to pull image {image:?}: not found"));
        self.tell_each("Warning", "Failed", |_, _| "Error: ImagePullBackOff".to_owned());
        self.tell_each("Normal", "BackOff", |_, image| format!("Back-off pulling image {image:?}"));
    }

    fn start(&mut self, now: &str, pulled: bool) {
        self.write(lifecycle::running(self.pod, now));
        let message = |_: &str, image: &str| match pulled {
            true => format!(
                "Successfully pulled image {image:?} in 100ms (100ms including waiting). Image size: 1048576 bytes."
            ),
            false => format!("Container image {image:?} already present on machine"),
        };
        self.tell_each("Normal", "Pulled", message);
        self.tell_each("Normal", "Created", |_, _| "Container created".to_owned());
        self.tell_each("Normal", "Started", |_, _| "Container started".to_owned());
    }

    fn crash(&mut self, now: &str) {
        if self.pod["spec"]["restartPolicy"] == "Never" {
            return self.write(lifecycle::ended(self.pod, 1, now));
        }
        self.write(lifecycle::crashed(self.pod, now));
        let of = format!("{}_{}({})", name(self.pod), namespace(self.pod), uid(self.pod));
        let message = |container: &str, _: &str| {
            format!("Back-off restarting failed container {container} in pod {of}")
        };
        self.tell_each("Warning", "BackOff", message);
    }

    fn unhealthy(&mut self) {
        for container in items(&self.pod["spec"]["containers"]) {
            if !container["readinessProbe"].is_null() {
                let message = "Readiness probe failed: HTTP probe failed with statuscode: 503";
                self.tell("Warning", "Unhealthy", message.to_owned(), Some(text(&container["name"])));
                self.outcome.look_again(PROBE);
            }
        }
    }

    fn write(&mut self, status: Value) {
        self.outcome.set_status(PODS, self.pod, status);
    }

    /// Tells the same of each container, given its name and image.
    fn tell_each(&mut self, kind: &'static str, reason: &str, message: impl Fn(&str, &str) -> String) {
        for container in items(&self.pod["spec"]["containers"]) {
            let (name, image) = (text(&container["name"]), text(&container["image"]));
            self.tell(kind, reason, message(name, image), Some(name));
        }
    }

    fn tell(&mut self, kind: &'static str, reason: &str, message: String, container: Option<&str>) {
        let mut of = reference(self.pod);
        if let Some(container) = container {
            of["fieldPath"] = format!("spec.containers{{{container}}}").into();
        }
        let host = self.pod["spec"]["nodeName"].to_text();
        let (reason, message) = (reason.into(), message.into());
        let told = Told { kind, reason, message, by: "kubelet", host, of, action: "" };
        self.outcome.push("events", self.pod, Verb::Tell(Box::new(told)));
    }
}
