//! What the console remembers of a run, and the lines that speak of the run as a whole: the first, the last, an interruption.
//! It must never know how a step's own lines look.

use super::failure;
use super::line::{Ink, Line};
use crate::escape::{cut, one_line};
use crate::event::{ClusterInfo, Counts, Ending, Failure, Mode, Phase, PlannedStep, Requests, StepPath};
use crate::report::duration;
use std::collections::BTreeMap;

/// The objects that the first line names.
const OBJECTS: usize = 3;
/// The failed steps that are remembered to find the one that decided.
const FAILURES: usize = 64;
/// The longest message on the last line, in columns.
const MOST_MESSAGE: usize = 300;

#[derive(Debug, Default)]
pub(super) struct Run {
    pub name: String,
    pub namespace: String,
    /// The names of the planned steps.
    names: BTreeMap<(Phase, Vec<u32>), String>,
    /// Steps whose end said that they were skipped.
    pub skipped: u32,
    failed: Vec<(StepPath, String, Failure)>,
    /// The step that a signal ended.
    pub interrupted: Option<(StepPath, String)>,
    pub signal: Option<String>,
}

impl Run {
    pub(super) fn new(name: &str, namespace: &str, steps: &[PlannedStep]) -> Run {
        let named =
            |step: &PlannedStep| ((step.step.phase, step.step.index.clone()), planned_name(step).to_owned());
        Run {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            names: steps.iter().map(named).collect(),
            ..Run::default()
        }
    }

    /// The planned name of a step, or its number if it was not planned.
    pub(super) fn name_of(&self, path: &StepPath) -> String {
        let planned = self.names.get(&(path.phase, path.index.clone()));
        planned.cloned().unwrap_or_else(|| format!("step {path}"))
    }

    /// Remembers a step that failed.
    pub(super) fn failed(&mut self, path: &StepPath, name: &str, failure: &Failure) {
        if self.failed.len() < FAILURES {
            self.failed.push((path.clone(), name.to_owned(), failure.clone()));
        }
    }

    /// Whether the failure that decided was drawn below its step.
    pub(super) fn is_drawn(&self, failure: &Failure) -> bool {
        self.failed.iter().any(|(_, _, failed)| same(failed, failure))
    }

    /// The first line: what runs on what, where.
    pub(super) fn header(&self, mode: Mode, cluster: Option<&ClusterInfo>, objects: &[String]) -> Line {
        let mut parts: Vec<String> = Vec::new();
        if !objects.is_empty() {
            parts.push(named(objects, OBJECTS));
        }
        if !self.namespace.is_empty() {
            parts.push(format!("namespace {}", self.namespace));
        }
        match (mode, cluster) {
            (Mode::Rehearse, _) => parts.push("rehearsal".into()),
            (Mode::Run, Some(ClusterInfo { context: Some(context), .. })) => {
                parts.push(format!("context {context}"))
            }
            (Mode::Run, Some(cluster)) => parts.push(format!("server {}", cluster.server)),
            (Mode::Run, None) => {}
        }
        let line = Line::new().ink(Ink::Strong, &self.name);
        parts.iter().fold(line, |line, part| line.ink(Ink::Dim, " · ").text(part))
    }

    /// A signal came.
    pub(super) fn interruption(&mut self, signal: &str, grace_ms: Option<u64>) -> Line {
        self.signal.get_or_insert_with(|| signal.to_owned());
        let has = |phase: Phase| self.names.keys().any(|(planned, _)| *planned == phase);
        let handlers = match (has(Phase::OnFailure), has(Phase::Finally)) {
            (true, true) => "; on-failure and finally run within ",
            (true, false) => "; on-failure runs within ",
            (false, true) => "; finally runs within ",
            (false, false) => "",
        };
        let words = match grace_ms {
            None => "ending at once".to_owned(),
            Some(grace) => {
                let within = if handlers.is_empty() { String::new() } else { duration::set(grace) };
                let again = if signal == "SIGINT" { "; press Ctrl-C again to end at once" } else { "" };
                format!("stopping{handlers}{within}{again}")
            }
        };
        Line::new().ink(Ink::Warn, &format!("{signal}: {words}"))
    }

    /// The last line: how it ended, why and where, in figures.
    pub(super) fn decisive(&self, ending: Ending, exit_code: u8, end: &End<'_>) -> Line {
        let passed = ending == Ending::Passed;
        let verb = match ending {
            Ending::Passed => "passed",
            Ending::Failed => "failed",
            Ending::TimedOut => "failed",
            Ending::Invalid => "was not run",
            Ending::Refused => "did not begin",
            Ending::Interrupted | Ending::Terminated => "was interrupted",
        };
        let (mark, ink) = if passed { ("✓", Ink::Good) } else { ("✗", Ink::Bad) };
        let mut line = Line::new().ink(ink, &format!("{mark} {} {verb}", one_line(&self.name)));
        if matches!(ending, Ending::Interrupted | Ending::Terminated) {
            let signal = self.signal.as_deref().unwrap_or(if ending == Ending::Interrupted {
                "SIGINT"
            } else {
                "SIGTERM"
            });
            let at = self
                .interrupted
                .as_ref()
                .map_or_else(String::new, |(path, name)| format!(" at {}", step(path, name)));
            line = line.ink(Ink::Bad, &format!(" by {signal}{at}"));
        } else if let Some(failure) = end.failure.or(self.first_failure()).filter(|_| !passed) {
            let at = self
                .decided(failure)
                .map_or_else(String::new, |(path, name)| format!(" at {}", step(path, name)));
            line = line.ink(Ink::Bad, &at).text(&format!(": {}", sentence(failure)));
        }
        let mut figures = vec![if passed { self.passed(end.counts) } else { counted(end.counts) }];
        figures.push(duration::took(end.duration_ms));
        if !passed {
            figures.push(format!("exit code {exit_code}"));
        }
        figures
            .iter()
            .filter(|part| !part.is_empty())
            .fold(line, |line, part| line.ink(Ink::Dim, " · ").text(part))
    }

    /// The step whose failure decided: the one with this very failure, else the first.
    fn decided(&self, failure: &Failure) -> Option<(&StepPath, &String)> {
        let found = self.failed.iter().find(|(_, _, failed)| same(failed, failure));
        found.or(self.failed.first()).map(|(path, name, _)| (path, name))
    }

    fn first_failure(&self) -> Option<&Failure> {
        self.failed.first().map(|(_, _, failure)| failure)
    }

    fn passed(&self, counts: &Counts) -> String {
        let steps = if counts.passed == 1 { "step" } else { "steps" };
        let skipped = if self.skipped == 0 { String::new() } else { format!(", {} skipped", self.skipped) };
        format!("{} {steps}{skipped}", counts.passed)
    }
}

/// What the console calls a planned step.
pub(super) fn planned_name(step: &PlannedStep) -> &str {
    if step.name.is_empty() { &step.verb } else { &step.name }
}

/// Whether two failures are one: what it says and where, for its help may have grown on the way.
fn same(one: &Failure, other: &Failure) -> bool {
    (one.cause, &one.message, &one.place) == (other.cause, &other.message, &other.place)
}

/// How a run ended, in figures.
#[derive(Clone, Copy, Debug)]
pub(super) struct End<'a> {
    pub counts: &'a Counts,
    pub duration_ms: u64,
    pub failure: Option<&'a Failure>,
}

/// The requests of a run: all of them, what went wrong.
pub(super) fn requests(requests: &Requests) -> Line {
    let Requests { total, get, list, watch, write, discovery, retried, troubles } = requests;
    let kinds = [(get, "get"), (list, "list"), (watch, "watch"), (write, "write"), (discovery, "discovery")];
    let kinds: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| **count > 0)
        .map(|(count, kind)| format!("{count} {kind}"))
        .collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let mut words = format!("{total} {}{kinds}", plural(*total, "request"));
    if *troubles > 0 {
        words.push_str(&format!(" · {troubles} {} with the cluster", plural(*troubles, "trouble")));
    }
    if *retried > 0 {
        words.push_str(&format!(" · {retried} sent again"));
    }
    Line::new().ink(Ink::Dim, &words)
}

/// What is left on the cluster, and how to remove it. The command is whole, to be copied.
pub(super) fn left_behind(objects: &[String], command: &str) -> Vec<Line> {
    let mut lines = vec![Line::new().ink(Ink::Warn, "left on the cluster: ").text(&named(objects, 8))];
    if !command.is_empty() {
        lines.push(Line::new().text("  to remove: ").ink(Ink::Strong, command));
    }
    lines
}

fn plural(count: u64, noun: &str) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}

/// The first few of some objects, and how many more there are.
fn named(objects: &[String], most: usize) -> String {
    // One more takes no more room than the words that say so.
    let most = if objects.len() == most + 1 { objects.len() } else { most };
    let shown: Vec<String> = objects.iter().take(most).map(|object| cut(&one_line(object), 120)).collect();
    match objects.len().checked_sub(most) {
        Some(left @ 1..) => format!("{} and {left} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

fn counted(counts: &Counts) -> String {
    let parts = [(counts.passed, "passed"), (counts.failed, "failed"), (counts.skipped, "not run")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, how)| format!("{count} {how}")).collect();
    parts.join(", ")
}

fn step(path: &StepPath, name: &str) -> String {
    let phase = if path.phase == Phase::Steps { String::new() } else { format!("{} ", path.phase.as_str()) };
    let index: Vec<String> = path.index.iter().map(u32::to_string).collect();
    let iteration: Vec<String> = path.iteration.iter().map(u32::to_string).collect();
    let iteration =
        if iteration.is_empty() { String::new() } else { format!(" (iteration {})", iteration.join(".")) };
    format!("{phase}step {}{iteration} \"{}\"", index.join("."), cut(&one_line(name), 80))
}

/// The failure as one sentence with its place.
fn sentence(failure: &Failure) -> String {
    let sentence = one_line(&failure.message).into_owned();
    let sentence = if sentence.is_empty() { failure::code(failure.cause).to_owned() } else { sentence };
    let place = failure.place.as_ref().map_or_else(String::new, |place| format!(" ({place})"));
    format!("{}{place}", cut(&sentence, MOST_MESSAGE))
}
