//! One function a kind of event: what the console does with it.
//! It must never know where lines go: it hands them over.

use super::layout::{INDENT, StepLine};
use super::line::{Ink, Line};
use super::note::Note;
use super::run::{self, End, Run};
use super::step::{Step, Written, below, depth};
use super::{Console, EACH, TROUBLE_EACH, Verbosity, diagnosis, failure, layout_of};
use crate::diagnostic::Style;
use crate::escape::{self, columns, cut, one_line};
use crate::event::{Event, EventKind, Failure, Operation, Outcome, Phase, PlannedStep, StepPath};
use crate::report::duration::took;
use std::io::Write;

impl<W: Write> Console<W> {
    pub(super) fn run_started(&mut self, kind: &EventKind) {
        let EventKind::RunStarted { playbook, mode, cluster, namespace, objects, steps, seed, .. } = kind
        else {
            return;
        };
        self.run = Run::new(&playbook.name, namespace, steps);
        let name =
            |step: &PlannedStep| columns(&one_line(run::planned_name(step))) + depth(&step.step) * INDENT;
        self.layout = layout_of(&self.options, steps.iter().map(name).max().unwrap_or(0));
        let mut lines = vec![self.run.header(*mode, cluster.as_ref(), objects)];
        if self.told(Verbosity::Verbose) {
            lines.extend(playbook.description.iter().map(|text| Line::new().ink(Ink::Dim, text)));
            lines.push(Line::new().ink(Ink::Dim, &format!("{} · seed {seed}", playbook.file)));
        }
        self.say(&lines);
    }

    /// The name of a part of the playbook, when its first step begins.
    fn part(&mut self, phase: Phase) -> Vec<Line> {
        if phase == self.phase {
            return Vec::new();
        }
        self.phase = phase;
        vec![Line::new().ink(Ink::Dim, phase.as_str())]
    }

    pub(super) fn step_started(
        &mut self,
        path: Option<&StepPath>,
        name: &str,
        deadline_ms: Option<u64>,
        event: &Event,
    ) {
        let Some(path) = path else { return };
        self.catch_up();
        let lines = self.part(path.phase);
        let at = self.position(path).unwrap_or_else(|| {
            self.running.push(Step::new(path.clone(), name.to_owned(), event.elapsed_ms));
            self.running.len() - 1
        });
        let step = &mut self.running[at];
        step.deadline_ms = deadline_ms.or(step.deadline_ms);
        step.attempt = event.attempt.unwrap_or(step.attempt);
        self.say(&lines);
    }

    pub(super) fn step_progress(&mut self, event: &Event) {
        let EventKind::StepProgress { met, total, words, unmet } = &event.kind else { return };
        let Some(at) = event.step.as_ref().and_then(|path| self.position(path)) else { return };
        let plain = !self.options.is_page() && self.told(Verbosity::Normal);
        let verbose = self.told(Verbosity::Verbose);
        let step = &mut self.running[at];
        let words = match words.is_empty() {
            true if *total > 0 => format!("{met} of {total}"),
            true => return,
            false => words.clone(),
        };
        step.attempt = event.attempt.unwrap_or(step.attempt);
        let changed = step.words != words || (verbose && step.unmet != *unmet);
        step.words = words;
        step.unmet.clone_from(unmet);
        // A terminal shows it with the next tick.
        if !plain || !changed {
            return;
        }
        step.unsaid = Some((event.elapsed_ms, self.stamp.clone()));
        if step.said_ms.is_some_and(|said| event.elapsed_ms.saturating_sub(said) < EACH) {
            return;
        }
        self.catch_up();
        let mut lines = Vec::new();
        if verbose {
            let depth = self.running[at].depth();
            let unmet = unmet.iter().take(5);
            lines.extend(unmet.map(|unmet| below(depth).ink(Ink::Dim, &cut(&unmet.to_string(), 400))));
        }
        self.say(&lines);
    }

    /// A note that only the quiet go without.
    pub(super) fn remark(&mut self, path: Option<&StepPath>, note: Note) {
        if self.told(Verbosity::Normal) {
            self.note(path, note);
        }
    }

    pub(super) fn object_written(&mut self, path: Option<&StepPath>, kind: &EventKind) {
        let EventKind::ObjectWritten { object, namespace, operation, fields, .. } = kind else { return };
        let elsewhere = namespace.as_ref().filter(|namespace| **namespace != self.run.namespace);
        let elsewhere = elsewhere.map_or_else(String::new, |namespace| format!(" in {namespace}"));
        let fields = if fields.is_empty() { String::new() } else { format!(" · {}", fields.join(", ")) };
        let words = format!("{object} {}{elsewhere}{fields}", operation.as_str());
        match path.and_then(|path| self.position(path)) {
            Some(at) => {
                let step = &mut self.running[at];
                step.words.clone_from(&words);
                step.written.push(Written { operation: *operation, words });
            }
            None if self.told(Verbosity::Normal) => {
                self.catch_up();
                self.under = None;
                self.say(&[Line::new().text(&words)]);
            }
            None => {}
        }
    }

    /// What happens to objects is a line in a log; a page shows it while it happens, and keeps it only for those who want all.
    pub(super) fn saw(&mut self, path: Option<&StepPath>, kind: &EventKind) {
        let Some(note) = self.seen.take(kind, self.options.verbosity, self.now_ms) else { return };
        let kept = !self.options.is_page() || path.is_none() || self.told(Verbosity::Verbose);
        if kept {
            self.remark(path, note);
        }
    }

    /// A diagnosis belongs to the failure that its step ends with; without a step it stands alone.
    pub(super) fn diagnosed(&mut self, path: Option<&StepPath>, kind: &EventKind) {
        match path.and_then(|path| self.position(path)) {
            Some(at) => self.running[at].diagnoses.push(kind.clone()),
            None => {
                self.catch_up();
                self.under = None;
                self.say(&diagnosis::draw(kind));
            }
        }
    }

    pub(super) fn transport_trouble(&mut self, path: Option<&StepPath>, kind: &EventKind) {
        let Some(note) = Note::trouble(kind) else { return };
        let now = self.now_ms;
        let about = note.about.clone().unwrap_or_default();
        let said = self.troubles.get(&about).copied();
        let fresh = said.is_none_or(|said| now.saturating_sub(said) >= TROUBLE_EACH);
        let folded = self.options.is_page() && path.is_some_and(|path| self.position(path).is_some());
        // What a terminal folds into one note, a plain stream says at its beginning, at its end and now and then.
        if note.over {
            self.troubles.remove(&about);
        } else if fresh {
            self.troubles.insert(about, now);
        } else if !folded {
            return;
        }
        self.remark(path, note);
    }

    pub(super) fn asked(&mut self, path: Option<&StepPath>, text: &str) {
        self.asking = true;
        let at = path.and_then(|path| self.position(path));
        let mut lines = if self.options.is_page() { Vec::new() } else { self.heading(at) };
        let texts = escape::lines(text, 40, 1000);
        let mark = |at: usize| if at == 0 { "? " } else { "  " };
        lines.extend(
            texts.iter().enumerate().map(|(at, text)| Line::new().ink(Ink::Strong, mark(at)).text(text)),
        );
        self.say(&lines);
    }

    pub(super) fn step_finished(&mut self, event: &Event) {
        let EventKind::StepFinished { outcome, words, duration_ms, failure, kept_going, saved, evidence } =
            &event.kind
        else {
            return;
        };
        let Some(path) = &event.step else { return };
        self.catch_up();
        let mut lines = self.part(path.phase);
        let step = match self.position(path) {
            Some(at) => self.running.remove(at),
            None => Step::new(path.clone(), self.run.name_of(path), event.elapsed_ms),
        };
        let passed = *outcome == Outcome::Passed;
        let words = match (words.as_str(), failure) {
            ("", Some(failure)) => failure.message.clone(),
            ("", None) if passed => step.written_words(),
            (words, _) => words.to_owned(),
        };
        let words = if *kept_going { format!("{words} (the run goes on)") } else { words };
        lines.push(self.finished(&step, *outcome, &words, *duration_ms));
        lines.extend(self.written(&step, passed));
        lines.extend(step.notes.iter().flat_map(|note| note.lines(Some(step.depth()))));
        if self.told(Verbosity::Verbose) {
            let fact = |text: String| below(step.depth()).ink(Ink::Dim, &cut(&one_line(&text), 400));
            lines.extend(evidence.iter().map(|evidence| fact(format!("believed: {evidence}"))));
            lines.extend(saved.iter().map(|(name, value)| fact(format!("saved {name}: {value}"))));
        }
        match outcome {
            Outcome::Skipped => self.run.skipped += 1,
            Outcome::Interrupted => {
                self.run.interrupted.get_or_insert((path.clone(), step.name.clone()));
            }
            Outcome::Passed | Outcome::Failed => {}
        }
        if let Some(failure) = failure.as_ref().filter(|_| *outcome == Outcome::Failed) {
            self.run.failed(path, &step.name, failure);
            for diagnosis in &step.diagnoses {
                lines.push(Line::new());
                lines.extend(diagnosis::draw(diagnosis));
            }
            lines.extend(self.block(&diagnosis::without(failure, &step.diagnoses)));
        }
        self.under = None;
        self.say(&lines);
    }

    /// The line of a step that ended.
    fn finished(&self, step: &Step, outcome: Outcome, words: &str, duration_ms: u64) -> Line {
        let (mark, ink) = match outcome {
            Outcome::Passed => ('✓', Ink::Good),
            Outcome::Failed => ('✗', Ink::Bad),
            Outcome::Skipped => ('–', Ink::Dim),
            Outcome::Interrupted => ('✗', Ink::Warn),
        };
        let words = match outcome {
            Outcome::Skipped if words.is_empty() => "skipped".to_owned(),
            Outcome::Skipped => format!("skipped: {words}"),
            Outcome::Interrupted if words.is_empty() => "interrupted".to_owned(),
            Outcome::Interrupted => format!("interrupted: {words}"),
            Outcome::Passed | Outcome::Failed => words.to_owned(),
        };
        let took = took(duration_ms);
        let time = if outcome == Outcome::Skipped { "" } else { &took };
        self.layout.step(StepLine { mark, ink, depth: step.depth(), name: &step.name, words: &words, time })
    }

    /// The objects that a step wrote, below its line. One alone is in the words of a step that passed.
    fn written(&self, step: &Step, passed: bool) -> Vec<Line> {
        let all = self.told(Verbosity::Verbose);
        let only_the_same = step.written.iter().all(|written| written.operation == Operation::Unchanged);
        let folded = passed && (step.written.len() == 1 || only_the_same);
        if self.told(Verbosity::Normal) && (all || !folded) { step.written_lines(all) } else { Vec::new() }
    }

    /// A failure drawn whole, a blank line before and behind it.
    fn block(&self, failure: &Failure) -> Vec<Line> {
        let style = Style { colour: self.options.colour, width: self.options.width };
        let mut lines = vec![Line::new()];
        lines.extend(failure::draw(failure, style));
        lines.push(Line::new());
        lines
    }

    pub(super) fn run_finished(&mut self, kind: &EventKind) {
        let EventKind::RunFinished { ending, exit_code, counts, duration_ms, requests, failure } = kind
        else {
            return;
        };
        let mut lines = self.broken_off();
        let failure = failure.as_ref();
        if let Some(failure) = failure.filter(|failure| !self.run.is_drawn(failure)) {
            lines.extend(self.block(failure));
        }
        let troubled = requests.troubles > 0 && self.told(Verbosity::Normal);
        if troubled || self.told(Verbosity::Verbose) {
            lines.push(run::requests(requests));
        }
        let end = End { counts, duration_ms: *duration_ms, failure };
        lines.push(self.run.decisive(*ending, *exit_code, &end));
        self.say(&lines);
    }
}
