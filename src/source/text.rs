//! The text of a scalar, which remembers where each of its characters was written, whatever quotes and escapes lie between.
//! It must never know what the text means.

use super::Span;
use crate::json::Value;

/// A text in one or more pieces. Read from YAML it is one [`Piece::Literal`]; a templating pass may split it.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// The pieces, in order.
    pub pieces: Vec<Piece>,
    /// The whole scalar, quotes included.
    pub span: Span,
}

/// A part of a [`Text`].
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Text as the author wrote it.
    Literal {
        /// The text, escapes resolved.
        text: String,
        /// From offsets in `text` to offsets in the file.
        map: OffsetMap,
    },
    /// A value put in the place of an expression.
    Value {
        /// The value.
        value: Value,
        /// The expression it replaced.
        span: Span,
    },
    /// An expression that is not known yet.
    Hole {
        /// The expression's text, without what encloses it.
        expression: Box<Text>,
        /// The expression and what encloses it.
        span: Span,
    },
}

impl Text {
    /// A text of one literal piece.
    pub fn literal(text: impl Into<String>, map: OffsetMap, span: Span) -> Text {
        Text { pieces: vec![Piece::Literal { text: text.into(), map }], span }
    }

    /// The text, if it is one literal.
    pub fn as_literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Literal { text, .. }] => Some(text),
            _ => None,
        }
    }

    /// Where a range of the joined text was written; of a part that an expression gave, the place of the expression.
    pub fn place(&self, from: usize, to: usize) -> Span {
        let mut offset = 0;
        let mut place: Option<Span> = None;
        for piece in &self.pieces {
            let part = Text { pieces: vec![piece.clone()], span: self.span };
            let length = part.joined().len();
            let (begin, end) = (from.max(offset), to.min(offset + length));
            if begin < end || from == to && (offset..offset + length).contains(&from) {
                let span = match piece {
                    Piece::Literal { map, .. } => {
                        map.span(self.span, begin - offset, end.max(begin) - offset)
                    }
                    Piece::Value { span, .. } | Piece::Hole { span, .. } => *span,
                };
                place = Some(place.map_or(span, |place| place.join(span)));
            }
            offset += length;
        }
        place.unwrap_or(self.span)
    }

    /// Whether a part of it is not known yet.
    pub fn has_holes(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Hole { .. }))
    }

    /// The text with values written out: strings as they are, anything else as JSON. Holes leave their expression.
    pub fn joined(&self) -> String {
        let mut joined = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal { text, .. } => joined.push_str(text),
                Piece::Value { value: Value::String(text), .. } => joined.push_str(text),
                Piece::Value { value, .. } => joined.push_str(&value.to_string()),
                Piece::Hole { expression, .. } => {
                    joined.push_str("${{ ");
                    joined.push_str(&expression.joined());
                    joined.push_str(" }}");
                }
            }
        }
        joined
    }
}

/// Maps offsets in a decoded text to offsets in the file. Between two entries both sides advance alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetMap {
    /// (offset in the text, offset in the file), ascending.
    runs: Vec<(u32, u32)>,
    /// Where the text ends in the file.
    end: u32,
}

impl OffsetMap {
    /// The map of a text that is written in the file as it is, beginning at `start`.
    pub fn verbatim(start: u32, length: usize) -> OffsetMap {
        OffsetMap {
            runs: vec![(0, start)],
            end: start.saturating_add(u32::try_from(length).unwrap_or(u32::MAX)),
        }
    }

    /// The place in the file of a range of the text.
    pub fn span(&self, whole: Span, from: usize, to: usize) -> Span {
        let start = self.offset(from);
        let end = if to <= from { start } else { self.offset(to - 1).saturating_add(1).max(self.offset(to)) };
        // The end of a range is where its last byte ends: never beyond the text's own end.
        let end = end.min(self.end).max(start);
        Span {
            file: whole.file,
            start: start.clamp(whole.start, whole.end),
            end: end.clamp(whole.start, whole.end),
        }
    }

    /// The map of the part of the text that begins at `from`.
    pub fn tail(&self, from: usize) -> OffsetMap {
        let start = u32::try_from(from).unwrap_or(u32::MAX);
        let mut runs = vec![(0, self.offset(from))];
        runs.extend(self.runs.iter().filter(|run| run.0 > start).map(|run| (run.0 - start, run.1)));
        OffsetMap { runs, end: self.end }
    }

    fn offset(&self, offset: usize) -> u32 {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let index = self.runs.partition_point(|run| run.0 <= offset);
        match index.checked_sub(1).and_then(|index| self.runs.get(index)) {
            Some(run) => run.1.saturating_add(offset - run.0).min(self.end),
            None => self.end,
        }
    }

    /// Aligns a decoded scalar with its source. `raw` begins at `start` in the file; `escapes` says which quote is in force.
    pub(super) fn align(raw: &str, start: u32, decoded: &str, escapes: Escapes) -> OffsetMap {
        let at = |offset: usize| start.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
        let mut runs: Vec<(u32, u32)> = Vec::new();
        let mut source = 0;
        let mut note = |text: usize, source: usize| {
            let next = (u32::try_from(text).unwrap_or(u32::MAX), at(source));
            let continues = runs.last().is_some_and(|run| next.1.wrapping_sub(run.1) == next.0 - run.0);
            if !continues {
                runs.push(next);
            }
        };
        for (offset, wanted) in decoded.char_indices() {
            source = skip_folds(raw, source, wanted, escapes);
            note(offset, source);
            source += escapes.width(&raw[source..]);
        }
        let end = at(source);
        if runs.is_empty() {
            runs.push((0, end));
        }
        OffsetMap { runs, end }
    }
}

/// How characters may be written in a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// As they are.
    None,
    /// `''` is one quote.
    Single,
    /// A backslash begins an escape.
    Double,
}

impl Escapes {
    /// How many source bytes write the next character.
    fn width(self, raw: &str) -> usize {
        let first = raw.chars().next().map_or(0, char::len_utf8);
        match self {
            Escapes::Single if raw.starts_with("''") => 2,
            Escapes::Double if raw.starts_with('\\') => {
                let body = raw[1..].chars().next();
                let digits = match body {
                    Some('x') => 2,
                    Some('u') => 4,
                    Some('U') => 8,
                    _ => 0,
                };
                let width = 1 + body.map_or(0, char::len_utf8) + digits;
                // A surrogate pair writes one character with two escapes.
                let pair = digits == 4
                    && raw.get(2..4).is_some_and(|hex| {
                        matches!(hex.to_ascii_lowercase().as_bytes(), [b'd', b'8'..=b'b'])
                    })
                    && raw.get(width..width + 2) == Some("\\u");
                let width = if pair { width + 6 } else { width };
                (0..=width.min(raw.len())).rev().find(|&end| raw.is_char_boundary(end)).unwrap_or(first)
            }
            _ => first,
        }
    }
}

/// Passes over source that yields no character of its own: indentation, folded line breaks, escaped line breaks.
fn skip_folds(raw: &str, mut source: usize, wanted: char, escapes: Escapes) -> usize {
    while let Some(next) = raw[source..].chars().next() {
        if escapes == Escapes::Double && raw[source..].starts_with("\\\n") {
            source += 2;
            source += raw[source..].len() - raw[source..].trim_start_matches([' ', '\t']).len();
            continue;
        }
        let escaped =
            escapes == Escapes::Double && next == '\\' || escapes == Escapes::Single && next == '\'';
        if next == wanted || escaped || !next.is_ascii_whitespace() {
            break;
        }
        let fold = matches!(wanted, ' ' | '\n') && matches!(next, '\n' | '\r');
        if fold {
            break;
        }
        source += 1;
    }
    source
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Node, Sources, read_yaml};
    use proptest::prelude::*;

    /// Reads `key: SCALAR`, and returns the source under each of `needles` in the decoded text.
    fn under(scalar: &str, needle: &str) -> String {
        let mut sources = Sources::new();
        let file = sources.add("f", format!("key: {scalar}\n"));
        let (documents, faults) = read_yaml(&sources, file, crate::source::Dialect::Playbook);
        assert!(faults.is_empty(), "{faults:?}");
        let Node::Map(entries) = &documents[0].tree.node else { panic!("no mapping") };
        let Node::Text(text) = &entries[0].value.node else { panic!("no text") };
        let [Piece::Literal { text: decoded, map }] = text.pieces.as_slice() else { panic!("no literal") };
        let from = decoded.find(needle).expect("needle");
        sources.slice(map.span(text.span, from, from + needle.len())).to_owned()
    }

    #[test]
    fn places_survive_quotes_escapes_and_folds() {
        for (scalar, needle, source) in [
            ("plain text", "text", "text"),
            ("'it''s here'", "here", "here"),
            ("'it''s here'", "'", "''"),
            (r#""a\tb \"c\" \u00e9 here""#, "here", "here"),
            (r#""a\tb \"c\" \u00e9 here""#, "é", r"\u00e9"),
            ("|\n  one\n  two\n", "two", "two"),
            (">\n  one\n  two\n", "two", "two"),
            ("one\n  two\n  three", "three", "three"),
            ("\"one\n  two\n  \\\n  three\"", "three", "three"),
            ("'ünï cödé'", "cödé", "cödé"),
        ] {
            assert_eq!(under(scalar, needle), source, "in {scalar}");
        }
    }

    proptest! {
        #[test]
        fn any_alignment_lies_in_the_source(raw in ".{0,40}", decoded in ".{0,40}", from in 0usize..50, length in 0usize..50) {
            for escapes in [Escapes::None, Escapes::Single, Escapes::Double] {
                let map = OffsetMap::align(&raw, 10, &decoded, escapes);
                let mut sources = Sources::new();
                let file = sources.add("f", "");
                let whole = Span { file, start: 10, end: 10 + u32::try_from(raw.len()).expect("short") };
                let span = map.span(whole, from, from + length);
                prop_assert!(span.start <= span.end && span.start >= whole.start && span.end <= whole.end);
            }
        }
    }
}
