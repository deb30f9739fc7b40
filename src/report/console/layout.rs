//! The columns of a step's line: mark, name, words, time.
//! It must never know what kind of event it is about.

use super::line::{Ink, Line};
use crate::escape::{columns, cut, one_line};

/// Where the time stands, if there is room: the eye does not find the end of a very wide line.
const COMFORTABLE: usize = 100;
/// The longest words on a line that is not cut to a width.
const MOST_WORDS: usize = 400;
/// The longest name on a line that is not cut to a width.
const MOST_NAME: usize = 200;
/// The columns that a level of nesting moves a name to the right.
pub(super) const INDENT: usize = 2;
/// What belongs to a step stands below its name.
pub(super) const BELOW: &str = "    ";

/// How the lines of a run are divided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// The columns that a line may take; none where lines are not cut.
    pub width: Option<usize>,
    /// The columns of the names.
    pub name: usize,
}

/// What stands on a step's line.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepLine<'a> {
    pub mark: char,
    pub ink: Ink,
    pub depth: usize,
    pub name: &'a str,
    pub words: &'a str,
    pub time: &'a str,
}

impl Layout {
    /// A layout for names of these columns at most.
    pub(super) fn new(width: Option<usize>, longest_name: usize) -> Layout {
        let most = width.map_or(40, |width| (width / 3).clamp(8, 40));
        Layout { width, name: longest_name.clamp(8, most) }
    }

    /// A step's line.
    pub(super) fn step(&self, step: StepLine<'_>) -> Line {
        let StepLine { mark, ink, depth, name, words, time } = step;
        let words_ink = if ink == Ink::Dim { Ink::Dim } else { Ink::Plain };
        let indent = " ".repeat(depth * INDENT);
        let named = format!("{indent}{}", one_line(name));
        let named = cut(&named, if self.width.is_some() { self.name } else { MOST_NAME });
        let line = Line::new().ink(ink, &format!("{mark} ")).ink(words_ink, &named);
        let line = line.pad(2 + self.name).text("  ");
        let behind = if time.is_empty() { 0 } else { columns(time) + 2 };
        let room = self.width.map_or(MOST_WORDS, |width| width.saturating_sub(line.columns() + behind));
        let line = line.ink(words_ink, &cut(&one_line(words), room));
        if time.is_empty() {
            return line;
        }
        let end = self.width.map_or(COMFORTABLE, |width| width.min(COMFORTABLE));
        line.text("  ").pad(end.saturating_sub(columns(time))).ink(Ink::Dim, time)
    }
}
