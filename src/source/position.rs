//! From a span to what a person reads: lines and columns.
//! It must never know why somebody asks.

use super::Span;
use serde::{Deserialize, Serialize};

/// A resolved place: it can be drawn without the file. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The file's name as the user gave it.
    pub file: String,
    /// Line of the first character.
    pub line: usize,
    /// Column of the first character.
    pub column: usize,
    /// Line of the last character.
    pub end_line: usize,
    /// Column behind the last character.
    pub end_column: usize,
    /// The lines of the span, a line before and one behind them.
    pub source: String,
    /// Number of the first line in `source`.
    pub source_line: usize,
    /// Byte offset of the span in `source`.
    pub offset: usize,
    /// Length of the span in bytes, within `source`.
    pub length: usize,
}

/// The most lines of one span that are shown.
const MOST_LINES: usize = 6;
/// The longest part of a line that is shown, in bytes; a base64 blob of a megabyte helps nobody.
const LONGEST: usize = 2_000;

impl Place {
    pub(super) fn find(name: &str, text: &str, line_starts: &[u32], span: Span) -> Place {
        let start = floor_boundary(text, span.start as usize);
        let end = floor_boundary(text, (span.end as usize).max(start));
        let line_of =
            |offset: usize| line_starts.partition_point(|&begin| begin as usize <= offset).max(1) - 1;
        let begin_of = |line: usize| line_starts.get(line).map_or(text.len(), |&begin| begin as usize);
        let column = |line: usize, offset: usize| text[begin_of(line)..offset].chars().count() + 1;
        let first = line_of(start);
        // A span that ends behind a line break ends on the line before it.
        let last = line_of(if end > start && text[..end].ends_with('\n') { end - 1 } else { end });
        let shown_first = first.saturating_sub(1);
        let shown_last = (last + 1).min(first + MOST_LINES);
        let from = floor_boundary(text, begin_of(shown_first).max(start.saturating_sub(LONGEST)));
        let to = floor_boundary(text, begin_of(shown_last + 1).min(start + 2 * LONGEST).max(start));
        // The break behind the last line is not shown.
        let to = if to > end && text[..to].ends_with('\n') { to - 1 } else { to };
        Place {
            file: name.to_owned(),
            line: first + 1,
            column: column(first, start),
            end_line: last + 1,
            end_column: column(last, end.max(begin_of(last))),
            source: text[from..to].to_owned(),
            source_line: line_of(from) + 1,
            offset: start - from,
            length: end.min(to) - start,
        }
    }
}

impl std::fmt::Display for Place {
    /// `FILE:LINE:COLUMN`, which editors and terminals make clickable.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// The offset of each line's first byte.
pub(super) fn line_starts(text: &str) -> Vec<u32> {
    let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(breaks).map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect()
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use crate::source::{Sources, Span};

    fn place(text: &str, start: u32, end: u32) -> (usize, usize, usize, usize, String) {
        let mut sources = Sources::new();
        let file = sources.add("f", text);
        let place = sources.place(Span { file, start, end });
        let shown = place.source[place.offset..place.offset + place.length].to_owned();
        (place.line, place.column, place.end_line, place.end_column, shown)
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(place("é: ü\nab: c", 7, 9), (2, 1, 2, 3, "ab".into()));
        assert_eq!(place("é: ü", 4, 6), (1, 4, 1, 5, "ü".into()));
    }

    #[test]
    fn odd_spans_stay_in_the_text() {
        assert_eq!(place("", 0, 0), (1, 1, 1, 1, String::new()));
        assert_eq!(place("ab\n", 3, 3), (2, 1, 2, 1, String::new()));
        assert_eq!(place("ab", 9, 99).0, 1);
        assert_eq!(place("ab\ncd\n", 0, 6), (1, 1, 2, 4, "ab\ncd\n".into()));
    }
}
