//! A diagnosis drawn: the sentence, what shows it, what to try, what else is wrong.
//! It must never know how it was found.

use super::line::{Ink, Line};
use crate::diagnostic::Style;
use crate::escape::{cut, one_line};
use crate::event::{EventKind, Failure};

/// The most lines of evidence, and the longest line.
const MOST_EVIDENCE: usize = 12;
const LONGEST: usize = 600;

/// The lines of an [`EventKind::Diagnosis`]; none of another kind.
pub(super) fn draw(kind: &EventKind) -> Vec<Line> {
    let EventKind::Diagnosis { sentence, .. } = kind else { return Vec::new() };
    let mut lines = vec![Line::new().ink(Ink::Bad, "  ").ink(Ink::Strong, &short(sentence))];
    lines.extend(below(kind));
    lines
}

/// A failure whose sentence does not end with that of a diagnosis which is drawn above it.
pub(super) fn without(failure: &Failure, diagnoses: &[EventKind]) -> Failure {
    let head = diagnoses.iter().find_map(|kind| match kind {
        EventKind::Diagnosis { sentence, .. } => failure.message.strip_suffix(sentence)?.strip_suffix(": "),
        _ => None,
    });
    Failure { message: head.unwrap_or(&failure.message).to_owned(), ..failure.clone() }
}

/// What stands below the sentence.
fn below(kind: &EventKind) -> Vec<Line> {
    let EventKind::Diagnosis { evidence, fix, also, follows, .. } = kind else { return Vec::new() };
    let shown = evidence
        .iter()
        .take(MOST_EVIDENCE)
        .map(|line| Line::new().ink(Ink::Dim, &format!("    {}", short(line))));
    let mut lines: Vec<Line> = shown.collect();
    if let Some(left) = evidence.len().checked_sub(MOST_EVIDENCE).filter(|left| *left > 0) {
        lines.push(Line::new().ink(Ink::Dim, &format!("    and {left} more")));
    }
    let told =
        |word: &str, text: &str| Line::new().ink(Ink::Live, &format!("    {word}: ")).text(&short(text));
    lines.extend(fix.iter().map(|fix| told("try", fix)));
    lines.extend(also.iter().map(|also| told("also", also)));
    lines.extend(follows.iter().map(|follows| told("so", follows)));
    lines
}

/// The answer to the question why an object is not ready: `ready` holds the words for one that is.
pub fn draw_diagnosis(
    object: &str,
    ready: Option<&str>,
    found: Option<&EventKind>,
    unseen: &[String],
    style: Style,
) -> String {
    let (at_fault, sentence) = match found {
        Some(EventKind::Diagnosis { object, sentence, .. }) => (object.as_str(), sentence.as_str()),
        _ => ("", ""),
    };
    let own = sentence.strip_prefix(&format!("{object}: ")).filter(|_| at_fault == object);
    let mut lines = match (ready, own) {
        (Some(words), _) => {
            let line =
                Line::new().ink(Ink::Good, "✓ ").text(&format!("{object} is ready: {}", one_line(words)));
            let but = Line::new().ink(Ink::Warn, "! ").text(&short(sentence));
            if sentence.is_empty() { vec![line] } else { vec![line, but] }
        }
        (None, Some(own)) => {
            vec![
                Line::new()
                    .ink(Ink::Bad, "✗ ")
                    .ink(Ink::Strong, &format!("{object} is not ready: {}", short(own))),
            ]
        }
        (None, None) if sentence.is_empty() => {
            vec![
                Line::new()
                    .ink(Ink::Bad, "✗ ")
                    .ink(Ink::Strong, &format!("{object} is not ready, and nothing tells why")),
            ]
        }
        (None, None) => {
            let line = format!("{object} is not ready because of {}", short(sentence));
            vec![Line::new().ink(Ink::Bad, "✗ ").ink(Ink::Strong, &line)]
        }
    };
    lines.extend(found.map(below).unwrap_or_default());
    lines.extend(unseen.iter().map(|unseen| Line::new().ink(Ink::Warn, "! ").text(&short(unseen))));
    lines.iter().map(|line| line.render(style.colour) + "\n").collect()
}

fn short(text: &str) -> String {
    cut(&one_line(text), LONGEST)
}
