//! The text of an expression as one row of characters, in which every place knows where it was written and whether an embedded
//! value stands there. It must never know the grammar.

use crate::json::Value;
use crate::source::{OffsetMap, Piece, Span, Text};

/// Stands for an embedded value. What counts is the place, not the character: the same character typed by a person is no value.
const PLACEHOLDER: char = '\u{FFFC}';

/// A value in the place of an `${{ }}`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Embedded<'t> {
    /// Its value.
    Value(&'t Value),
    /// Not known yet: only the syntax around it can be checked.
    Unknown,
}

#[derive(Debug)]
enum Origin<'t> {
    /// Typed by a person.
    Written(&'t OffsetMap),
    /// The whole text came from an expression.
    Given,
    /// One placeholder.
    Embedded(Embedded<'t>),
}

#[derive(Debug)]
struct Part<'t> {
    start: usize,
    end: usize,
    span: Span,
    origin: Origin<'t>,
}

/// A [`Text`] as the parsers read it.
#[derive(Debug)]
pub(super) struct Input<'t> {
    text: String,
    parts: Vec<Part<'t>>,
    whole: Span,
}

impl<'t> Input<'t> {
    /// Values in it stand for themselves.
    pub fn new(text: &'t Text) -> Input<'t> {
        let mut input = Input { text: String::new(), parts: Vec::new(), whole: text.span };
        for piece in &text.pieces {
            match piece {
                Piece::Literal { text: written, map } => input.add(written, text.span, Origin::Written(map)),
                Piece::Value { value, span } => {
                    input.add(
                        PLACEHOLDER.encode_utf8(&mut [0; 4]),
                        *span,
                        Origin::Embedded(Embedded::Value(value)),
                    );
                }
                Piece::Hole { span, .. } => {
                    input.add(
                        PLACEHOLDER.encode_utf8(&mut [0; 4]),
                        *span,
                        Origin::Embedded(Embedded::Unknown),
                    );
                }
            }
        }
        input
    }

    /// The same, but where the whole of it is one text value, that text is read as if it were typed there.
    pub fn of_field(text: &'t Text) -> Input<'t> {
        match text.pieces.as_slice() {
            [Piece::Value { value: Value::String(given), .. }] => {
                let mut input = Input { text: String::new(), parts: Vec::new(), whole: text.span };
                input.add(given, text.span, Origin::Given);
                input
            }
            _ => Input::new(text),
        }
    }

    fn add(&mut self, text: &str, span: Span, origin: Origin<'t>) {
        let start = self.text.len();
        self.text.push_str(text);
        self.parts.push(Part { start, end: self.text.len(), span, origin });
    }

    /// All characters.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where all of it was written, quotes included.
    pub fn whole(&self) -> Span {
        self.whole
    }

    /// What is behind an offset; empty outside the text.
    pub fn rest(&self, at: usize) -> &str {
        self.text.get(at..).unwrap_or("")
    }

    /// The embedded value that stands at an offset.
    pub fn embedded(&self, at: usize) -> Option<Embedded<'t>> {
        let part = self.part(at)?;
        match part.origin {
            Origin::Embedded(embedded) if part.start == at => Some(embedded),
            _ => None,
        }
    }

    /// The length of an embedded value in the row of characters.
    pub fn embedded_length() -> usize {
        PLACEHOLDER.len_utf8()
    }

    /// A range as a person would write it: embedded values as literals, within quotes as text, the unknown ones as `${{ … }}`.
    pub fn shown(&self, from: usize, to: usize) -> String {
        let mut shown = String::new();
        for part in self.parts.iter().filter(|part| part.start < to && part.end > from) {
            match part.origin {
                Origin::Embedded(Embedded::Value(value)) => {
                    let literal = super::compare::literal(value);
                    let inside = literal.get(1..literal.len().saturating_sub(1));
                    match inside.filter(|_| value.is_string() && self.is_quoted(part.start)) {
                        Some(inside) => shown.push_str(inside),
                        None => shown.push_str(&literal),
                    }
                }
                Origin::Embedded(Embedded::Unknown) => shown.push_str("${{ … }}"),
                _ => shown.push_str(self.text.get(part.start.max(from)..part.end.min(to)).unwrap_or("")),
            }
        }
        shown
    }

    /// Whether a place lies within quotes.
    fn is_quoted(&self, at: usize) -> bool {
        let mut quote = None;
        let mut escaped = false;
        for c in self.text.get(..at).unwrap_or("").chars() {
            match (quote, c) {
                _ if escaped => escaped = false,
                (Some(_), '\\') => escaped = true,
                (Some(open), c) if c == open => quote = None,
                (None, '\'' | '"') => quote = Some(c),
                _ => {}
            }
        }
        quote.is_some()
    }

    /// Where a range was written.
    pub fn span(&self, from: usize, to: usize) -> Span {
        let to = to.max(from);
        let Some(first) = self.part(from) else {
            return match self.parts.last() {
                Some(last) => self.within(last, last.end, last.end),
                None => self.whole,
            };
        };
        let start = self.within(first, from, to.min(first.end));
        match to.checked_sub(1).filter(|&last| last >= first.end).and_then(|last| self.part(last)) {
            Some(last) => start.join(self.within(last, last.start, to)),
            None => start,
        }
    }

    fn part(&self, at: usize) -> Option<&Part<'t>> {
        let index = self.parts.partition_point(|part| part.end <= at);
        self.parts.get(index).filter(|part| part.start <= at)
    }

    fn within(&self, part: &Part<'_>, from: usize, to: usize) -> Span {
        match part.origin {
            Origin::Written(map) => map.span(part.span, from - part.start, to - part.start),
            Origin::Given | Origin::Embedded(_) => part.span,
        }
    }
}
