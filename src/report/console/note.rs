//! What happened while a step ran, in words of its own: warnings, trouble with the cluster, retries, answers.
//! It must never know when or where it is shown.

use super::line::{Ink, Line};
use super::step::below;
use crate::escape;
use crate::event::{EventKind, Failure};
use crate::report::duration;

/// The most lines of one note, and the longest of them, in columns.
const MOST_LINES: usize = 12;
const LONGEST: usize = 1000;

/// A note: a mark, and a text of a line or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub ink: Ink,
    pub mark: char,
    pub text: String,
    /// What it is about: a later note about the same stands in its place.
    pub about: Option<String>,
    /// Whether that is over.
    pub over: bool,
}

impl Note {
    pub(super) fn warning(message: &str) -> Note {
        Note { ink: Ink::Warn, mark: '!', text: message.to_owned(), about: None, over: false }
    }

    pub(super) fn retry(attempt: Option<u32>, delay_ms: u64, failure: &Failure) -> Note {
        let attempt = attempt.map_or_else(|| "an attempt".to_owned(), |attempt| format!("attempt {attempt}"));
        let text = format!("{attempt} failed: {}; again in {}", failure.message, duration::set(delay_ms));
        Note { ink: Ink::Warn, mark: '↻', text, about: None, over: false }
    }

    /// A line of a description, as it stands.
    pub(super) fn line(text: &str) -> Note {
        Note { ink: Ink::Plain, mark: '┊', text: text.to_owned(), about: None, over: false }
    }

    /// A line that a container wrote. Pod and container have a colour of their own.
    pub(super) fn log(pod: &str, container: &str, time: Option<&str>, line: &str) -> Note {
        let inks = [Ink::Live, Ink::Good, Ink::Plain, Ink::Strong];
        let sum = pod
            .bytes()
            .chain(container.bytes())
            .fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let pod = pod.strip_prefix("Pod/").unwrap_or(pod);
        Note {
            ink: inks[sum % inks.len()],
            mark: '│',
            text: format!(
                "{pod} {container}: {}{line}",
                time.map_or_else(String::new, |time| format!("{time} "))
            ),
            about: None,
            over: false,
        }
    }

    pub(super) fn answer(go_on: bool, by: &str) -> Note {
        let text = if go_on { format!("go on, says {by}") } else { format!("do not go on, says {by}") };
        Note { ink: Ink::Dim, mark: '→', text, about: None, over: false }
    }

    /// The note of a [`EventKind::Requested`]: `GET /api/v1/pods: 200 in 3ms`.
    pub(super) fn request(kind: &EventKind) -> Note {
        let EventKind::Requested { method, path, status, message, duration_ms } = kind else {
            return Note::line("");
        };
        let status = status.map(|status| status.to_string());
        let came = status.as_deref().or(message.as_deref()).unwrap_or("no answer");
        let text = format!("{method} {path}: {came} in {duration_ms}ms");
        Note { ink: Ink::Dim, mark: '·', text, about: None, over: false }
    }

    /// The note of a [`EventKind::TransportTrouble`]; none of another kind.
    pub(super) fn trouble(kind: &EventKind) -> Option<Note> {
        let EventKind::TransportTrouble { what, status, message, count, outage_ms } = kind else {
            return None;
        };
        let mut facts: Vec<String> = Vec::new();
        facts.extend(status.map(|status| format!("HTTP {status}")));
        facts.extend((*count > 1).then(|| format!("{count} times")));
        let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
        let over = outage_ms.map_or_else(String::new, |ms| format!(", over after {}", duration::took(ms)));
        let colon = if message.is_empty() || what.is_empty() { "" } else { ": " };
        let text = format!("{what}{colon}{message}{facts}{over}");
        let ink = if outage_ms.is_some() { Ink::Dim } else { Ink::Warn };
        Some(Note { ink, mark: '~', text, about: Some(what.clone()), over: outage_ms.is_some() })
    }

    /// Its lines, below a step of a depth or by themselves.
    pub(super) fn lines(&self, depth: Option<usize>) -> Vec<Line> {
        let texts = escape::lines(&self.text, MOST_LINES, LONGEST);
        let line = |(at, text): (usize, &String)| {
            let mark = if at == 0 { self.mark } else { ' ' };
            depth.map_or_else(Line::new, below).ink(self.ink, &format!("{mark} ")).ink(self.ink, text)
        };
        texts.iter().enumerate().map(line).collect()
    }

    /// Adds it to others: trouble that goes on is one note, which changes.
    pub(super) fn join(mut self, notes: &mut Vec<Note>) {
        let earlier = notes.iter_mut().rev().find(|note| self.about.is_some() && note.about == self.about);
        if self.over {
            self.about = None;
        }
        match earlier {
            Some(earlier) => *earlier = self,
            None => notes.push(self),
        }
    }
}
