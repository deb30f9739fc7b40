//! The run in words for people: on a terminal a line a step that lives while the step runs, elsewhere plain lines with their times.
//! It must never know how a run is carried out, nor read the environment.

mod diagnosis;
mod failure;
mod kinds;
mod layout;
mod line;
mod note;
mod run;
mod screen;
mod seen;
mod step;
#[cfg(test)]
mod tests;

pub use diagnosis::draw_diagnosis;

use super::Reporter;
use crate::escape::{cut, one_line};
use crate::event::{Event, EventKind, Phase, StepPath};
use jiff::Timestamp;
use layout::Layout;
use line::Line;
use note::Note;
use run::Run;
use screen::Screen;
use seen::Seen;
use std::collections::BTreeMap;
use std::io::{self, Write};
use step::Step;
use tokio::time::Instant;

/// On a plain stream a step says at most once in this time where it stands, in milliseconds.
const EACH: u64 = 1_000;
/// Trouble that goes on is said again after this time, in milliseconds.
const TROUBLE_EACH: u64 = 30_000;
/// The notes of one step that a terminal keeps until its line is final.
const MOST_NOTES: usize = 1_000;

/// How much is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// How each step ended, failures, warnings, what is left, the last line.
    Quiet,
    /// And what steps wrote, where they stand, trouble with the cluster.
    #[default]
    Normal,
    /// And all that is seen of objects, every object written, what is not met, why a status was believed, what was saved, how many requests.
    Verbose,
    /// And every request.
    Requests,
}

/// What the console writes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// A log: every line is final and begins with its time, and steps say now and then where they stand.
    Log,
    /// A page: a line a step, with what it told folded below it, and no times. Nobody watches it being written.
    Page,
    /// A terminal: a page of which the last lines show what is running, and are rewritten in place.
    Terminal,
}

/// How the console writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsoleOptions {
    /// What it writes on.
    pub surface: Surface,
    /// Whether to use colours.
    pub colour: bool,
    /// The columns of the terminal; without one, those that a failure is drawn in.
    pub width: usize,
    /// How much is told.
    pub verbosity: Verbosity,
    /// Whether lines of logs begin with the time when they were written.
    pub log_times: bool,
}

/// The run in words. On a terminal the last lines show the running steps and are rewritten in place; without one every line
/// is final and begins with its time, RFC 3339 in UTC and whole seconds. The line that decides comes last.
#[derive(Debug)]
pub struct Console<W> {
    options: ConsoleOptions,
    screen: Screen<W>,
    layout: Layout,
    run: Run,
    running: Vec<Step>,
    phase: Phase,
    /// The step that the last line on a plain stream is about.
    under: Option<StepPath>,
    /// When trouble was last said, in milliseconds of the run, by what it is about.
    troubles: BTreeMap<String, u64>,
    /// What happened to the objects of the run.
    seen: Seen,
    /// The last event: when it came, in milliseconds of the run, by the clock and by the calendar.
    latest: Option<(u64, Instant, Option<Timestamp>)>,
    /// The time that is being told of, in milliseconds of the run, and as lines begin with it.
    now_ms: u64,
    stamp: String,
    ticks: usize,
    /// Whether a person is being asked: the terminal is theirs until they answer.
    asking: bool,
}

impl ConsoleOptions {
    /// Whether what a step tells is folded below its line.
    fn is_page(&self) -> bool {
        self.surface != Surface::Log
    }
}

impl<W: Write> Console<W> {
    /// A console that writes there.
    pub fn new(to: W, options: ConsoleOptions) -> Console<W> {
        let screen = Screen::new(to, options.surface != Surface::Log, options.colour, options.width);
        Console {
            options,
            screen,
            layout: layout_of(&options, 0),
            run: Run::default(),
            running: Vec::new(),
            phase: Phase::Steps,
            under: None,
            troubles: BTreeMap::new(),
            seen: Seen::default(),
            latest: None,
            now_ms: 0,
            stamp: String::new(),
            ticks: 0,
            asking: false,
        }
    }

    /// The terminal has another width now.
    pub fn resize(&mut self, width: usize) {
        self.options.width = width;
        self.screen.resize(width);
        self.layout.width = layout_of(&self.options, 0).width;
    }

    fn told(&self, least: Verbosity) -> bool {
        self.options.verbosity >= least
    }

    /// The time of an event is now.
    fn at(&mut self, event: &Event) {
        let time = event.at.parse().ok();
        self.latest = Some((event.elapsed_ms, Instant::now(), time));
        self.now_ms = event.elapsed_ms;
        // A text that is no time is shown as it is.
        self.stamp = time.map_or_else(|| cut(&one_line(&event.at), 30), stamp);
    }

    /// As much later than the last event as the clock says.
    fn later(&mut self) {
        if let Some((ms, at, time)) = self.latest {
            let elapsed = at.elapsed();
            self.now_ms = ms.saturating_add(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
            if let Some(time) = time.and_then(|time| time.checked_add(elapsed).ok()) {
                self.stamp = stamp(time);
            }
        }
    }

    /// Writes final lines, and the running steps anew.
    fn say(&mut self, lines: &[Line]) {
        let live =
            if self.options.surface == Surface::Terminal && !self.asking { self.live() } else { Vec::new() };
        self.screen.show(&self.stamp, lines, live);
    }

    fn live(&self) -> Vec<Line> {
        let unmet = self.told(Verbosity::Verbose);
        let bars = |step: &Step| self.seen.bars(step.depth(), step.began_ms);
        let live = |step: &Step| step.live(&self.layout, self.ticks, self.now_ms, unmet);
        self.running.iter().flat_map(|step| live(step).into_iter().chain(bars(step))).collect()
    }

    /// Writes a note where it belongs: below its step, which a terminal does when the step's line is final.
    fn note(&mut self, path: Option<&StepPath>, note: Note) {
        let at = path.and_then(|path| self.position(path));
        let (Some(at), true) = (at, self.options.is_page()) else {
            let mut lines = self.heading(at);
            lines.extend(note.lines(at.map(|at| self.running[at].depth())));
            return self.say(&lines);
        };
        let notes = &mut self.running[at].notes;
        if notes.len() < MOST_NOTES {
            note.join(notes);
            return self.say(&[]);
        }
        let lines = note.lines(Some(self.running[at].depth()));
        self.say(&lines);
    }

    fn position(&self, path: &StepPath) -> Option<usize> {
        self.running.iter().position(|step| step.path == *path)
    }

    /// What a plain stream needs before a line about a running step: the step itself, unless the last line was about it.
    fn heading(&mut self, at: Option<usize>) -> Vec<Line> {
        self.catch_up();
        let Some(step) = at.and_then(|at| self.running.get_mut(at)) else {
            self.under = None;
            return Vec::new();
        };
        if self.under.as_ref() == Some(&step.path) {
            return Vec::new();
        }
        self.under = Some(step.path.clone());
        step.said_ms = Some(self.now_ms);
        vec![step.running(&self.layout, '…', self.now_ms)]
    }

    /// Writes the words of running steps that a plain stream does not have yet, with the time when they came to be so.
    /// Done before anything else is written, so that nothing is told out of order.
    fn catch_up(&mut self) {
        let mut held_back: Vec<(u64, String, Line)> = Vec::new();
        for step in &mut self.running {
            if let Some((since_ms, stamp)) = step.unsaid.take() {
                step.said_ms = Some(self.now_ms);
                self.under = Some(step.path.clone());
                held_back.push((since_ms, stamp, step.running(&self.layout, '…', since_ms)));
            }
        }
        held_back.sort_by_key(|(since_ms, ..)| *since_ms);
        for (_, stamp, line) in held_back {
            self.screen.show(&stamp, &[line], Vec::new());
        }
    }

    /// The steps whose end never came, as they stand: the run broke off.
    fn broken_off(&mut self) -> Vec<Line> {
        self.catch_up();
        let mut lines = Vec::new();
        for step in std::mem::take(&mut self.running) {
            lines.push(step.running(&self.layout, '…', self.now_ms));
            lines.extend(step.notes.iter().flat_map(|note| note.lines(Some(step.depth()))));
        }
        lines
    }
}

impl<W: Write> Reporter for Console<W> {
    fn take(&mut self, event: &Event) {
        self.at(event);
        let path = event.step.as_ref();
        match &event.kind {
            EventKind::RunStarted { .. } => self.run_started(&event.kind),
            EventKind::StepStarted { name, verb, targets: _, deadline_ms } => {
                let name = if name.is_empty() { verb } else { name };
                self.step_started(path, name, *deadline_ms, event);
            }
            EventKind::StepProgress { .. } => self.step_progress(event),
            EventKind::StepRetried { delay_ms, failure } => {
                // What ailed an attempt is no news of the next one.
                if let Some(at) = path.and_then(|path| self.position(path)) {
                    self.running[at].diagnoses.clear();
                }
                self.remark(path, Note::retry(event.attempt, *delay_ms, failure));
            }
            EventKind::StepFinished { .. } => self.step_finished(event),
            EventKind::ObjectWritten { .. } => self.object_written(path, &event.kind),
            EventKind::ObjectSeen { .. }
            | EventKind::ConditionChanged { .. }
            | EventKind::ReplicasChanged { .. }
            | EventKind::ContainerChanged { .. }
            | EventKind::ClusterEvent { .. } => self.saw(path, &event.kind),
            EventKind::Described { lines, .. } => {
                for line in lines {
                    self.remark(path, Note::line(line));
                }
            }
            EventKind::LogLine { object, container, time, line } => {
                let time = time.as_deref().filter(|_| self.options.log_times);
                self.remark(path, Note::log(object, container, time, line));
            }
            EventKind::Diagnosis { .. } => self.diagnosed(path, &event.kind),
            EventKind::Warning { message } => self.note(path, Note::warning(message)),
            EventKind::TransportTrouble { .. } => self.transport_trouble(path, &event.kind),
            EventKind::Requested { .. } => {
                if self.told(Verbosity::Requests) {
                    self.note(path, Note::request(&event.kind));
                }
            }
            EventKind::Asked { text } => self.asked(path, text),
            EventKind::Answered { go_on, by } => {
                self.asking = false;
                self.remark(path, Note::answer(*go_on, by));
            }
            EventKind::Interrupted { signal, grace_ms } => {
                self.catch_up();
                let line = self.run.interruption(signal, *grace_ms);
                self.asking = false;
                self.under = None;
                self.say(&[line]);
            }
            EventKind::LeftBehind { objects, command } => {
                self.catch_up();
                self.under = None;
                self.say(&run::left_behind(objects, command));
            }
            EventKind::RunFinished { .. } => self.run_finished(&event.kind),
        }
    }

    fn tick(&mut self) {
        self.ticks += 1;
        self.later();
        if self.options.is_page() {
            if !self.asking {
                self.say(&[]);
            }
        } else if self.told(Verbosity::Normal) {
            let now = self.now_ms;
            let due = |step: &Step| now.saturating_sub(step.said_ms.unwrap_or(step.began_ms)) >= EACH;
            // A step that said nothing yet is named once: silence looks like a hang.
            for step in self.running.iter_mut().filter(|step| step.said_ms.is_none() && due(step)) {
                step.unsaid.get_or_insert_with(|| (now, self.stamp.clone()));
            }
            if self.running.iter().any(|step| step.unsaid.is_some() && due(step)) {
                self.catch_up();
            }
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.asking = false;
        self.later();
        let lines = self.broken_off();
        self.say(&lines);
        self.screen.finish()
    }
}

/// The layout on a terminal, or on a plain stream, whose lines are not cut to a width.
fn layout_of(options: &ConsoleOptions, longest_name: usize) -> Layout {
    Layout::new(options.is_page().then(|| options.width.saturating_sub(1)), longest_name)
}

/// A time as lines begin with it: whole seconds, UTC.
fn stamp(time: Timestamp) -> String {
    format!("{time:.0}")
}
