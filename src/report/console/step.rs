//! A step that is running: what is known of it until its line is final.
//! It must never know where its lines are written.

use super::layout::{BELOW, INDENT, Layout, StepLine};
use super::line::{Ink, Line};
use super::note::Note;
use crate::event::{EventKind, Operation, StepPath, Unmet};
use crate::report::duration;

/// The notes of a running step that are shown while it runs: the last ones.
const LIVE_NOTES: usize = 4;
/// The objects that are named below a step that wrote several.
const OBJECTS: usize = 5;

const SPINNER: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

#[derive(Debug)]
pub(super) struct Step {
    pub path: StepPath,
    pub name: String,
    /// Milliseconds from the run's beginning to its own.
    pub began_ms: u64,
    pub deadline_ms: Option<u64>,
    pub attempt: u32,
    /// Where it stands.
    pub words: String,
    pub unmet: Vec<Unmet>,
    pub notes: Vec<Note>,
    pub written: Vec<Written>,
    /// Why its objects are not as they should be.
    pub diagnoses: Vec<EventKind>,
    /// When a line about it was last written on a plain stream, in milliseconds of the run.
    pub said_ms: Option<u64>,
    /// When its words changed since, in milliseconds of the run and as lines begin with it.
    pub unsaid: Option<(u64, String)>,
}

/// An object that it wrote, in words.
#[derive(Debug)]
pub(super) struct Written {
    pub operation: Operation,
    pub words: String,
}

impl Step {
    pub(super) fn new(path: StepPath, name: String, began_ms: u64) -> Step {
        Step {
            path,
            name,
            began_ms,
            deadline_ms: None,
            attempt: 1,
            words: String::new(),
            unmet: Vec::new(),
            notes: Vec::new(),
            written: Vec::new(),
            diagnoses: Vec::new(),
            said_ms: None,
            unsaid: None,
        }
    }

    /// How deep it is nested.
    pub(super) fn depth(&self) -> usize {
        depth(&self.path)
    }

    /// Its line while it runs.
    pub(super) fn running(&self, layout: &Layout, mark: char, now_ms: u64) -> Line {
        let elapsed = duration::whole(now_ms.saturating_sub(self.began_ms));
        let time = match self.deadline_ms {
            Some(deadline) => format!("{elapsed} of {}", duration::set(deadline)),
            None => elapsed,
        };
        let words = match self.attempt {
            0 | 1 => self.words.clone(),
            attempt if self.words.is_empty() => format!("attempt {attempt}"),
            attempt => format!("attempt {attempt}: {}", self.words),
        };
        let depth = self.depth();
        layout.step(StepLine { mark, ink: Ink::Live, depth, name: &self.name, words: &words, time: &time })
    }

    /// What a terminal shows of it while it runs.
    pub(super) fn live(&self, layout: &Layout, tick: usize, now_ms: u64, unmet: bool) -> Vec<Line> {
        let mark = SPINNER[tick % SPINNER.len()];
        let mut lines = vec![self.running(layout, mark, now_ms)];
        if unmet {
            lines.extend(
                self.unmet
                    .iter()
                    .take(LIVE_NOTES)
                    .map(|unmet| below(self.depth()).ink(Ink::Dim, &unmet.to_string())),
            );
        }
        let earlier = self.notes.len().saturating_sub(LIVE_NOTES);
        if earlier > 0 {
            lines.push(below(self.depth()).ink(Ink::Dim, &format!("… {earlier} earlier")));
        }
        lines.extend(
            self.notes[earlier..].iter().flat_map(|note| note.lines(Some(self.depth())).into_iter().take(1)),
        );
        lines
    }

    /// What it wrote, for one line.
    pub(super) fn written_words(&self) -> String {
        if let [only] = self.written.as_slice() {
            return only.words.clone();
        }
        let mut counts: Vec<(Operation, usize)> = Vec::new();
        for written in &self.written {
            match counts.iter_mut().find(|(operation, _)| *operation == written.operation) {
                Some((_, count)) => *count += 1,
                None => counts.push((written.operation, 1)),
            }
        }
        let words: Vec<String> =
            counts.iter().map(|(operation, count)| format!("{count} {}", operation.as_str())).collect();
        words.join(", ")
    }

    /// The objects that it wrote, a line each, those that changed first; `all` of them or the first few.
    pub(super) fn written_lines(&self, all: bool) -> Vec<Line> {
        let mut ordered: Vec<&Written> = self.written.iter().collect();
        ordered.sort_by_key(|written| written.operation == Operation::Unchanged);
        // One more takes no more room than the words that say so.
        let most = if all || ordered.len() == OBJECTS + 1 { usize::MAX } else { OBJECTS };
        let mut lines: Vec<Line> = ordered
            .iter()
            .take(most)
            .map(|written| below(self.depth()).ink(Ink::Dim, &written.words))
            .collect();
        if let Some(left) = ordered.len().checked_sub(most).filter(|left| *left > 0) {
            lines.push(below(self.depth()).ink(Ink::Dim, &format!("and {left} more")));
        }
        lines
    }
}

/// How deep a step is nested.
pub(super) fn depth(path: &StepPath) -> usize {
    path.index.len().saturating_sub(1).min(8)
}

/// The beginning of a line below a step.
pub(super) fn below(depth: usize) -> Line {
    Line::new().text(BELOW).text(&" ".repeat(depth * INDENT))
}
