//! Finds `${{ }}` in a text.
//! It must never know what stands between the braces.

use crate::diagnostic::{Code, Diagnostic};
use crate::json::Value;
use crate::source::{OffsetMap, Piece, Span, Text};

const OPEN: &str = "${{";
const CLOSE: &str = "}}";

/// A part of a text.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// Text as it is. An escaped `${{` is a value, so that no later pass takes it for an expression.
    Piece(Piece),
    /// An expression without its braces and the blanks beside them; the span has the braces too.
    Expression { expression: Text, span: Span },
    /// Something that is no expression, up to where the text goes on.
    Fault { finding: Diagnostic, rest: Text, span: Span },
}

/// The parts of a literal text, in order; `whole` is the scalar it belongs to.
pub(super) fn scan(text: &str, map: &OffsetMap, whole: Span) -> Vec<Found> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find(OPEN).map(|offset| at + offset) {
        let escaped = text[at..open].ends_with('$');
        let before = if escaped { open - 1 } else { open };
        let inside = open + OPEN.len();
        parts.extend(literal(text, map, at, before));
        if escaped {
            let span = map.span(whole, before, inside);
            parts.push(Found::Piece(Piece::Value { value: Value::from(OPEN), span }));
            at = inside;
            continue;
        }
        let Some(close) = close(&text[inside..]).map(|offset| inside + offset) else {
            let span = map.span(whole, open, inside);
            let message = format!("this `{OPEN}` is never closed");
            let help = format!(
                "Write `{CLOSE}` where the expression ends; a literal `{OPEN}` is written `${OPEN}`."
            );
            let finding = Diagnostic::error(Code::BadExpression, span, message).help(help);
            parts.push(Found::Fault { finding, rest: slice(text, map, whole, inside, text.len()), span });
            return parts;
        };
        at = close + CLOSE.len();
        let span = map.span(whole, open, at);
        let inner = &text[inside..close];
        let from = inside + (inner.len() - inner.trim_start().len());
        let expression = slice(text, map, whole, from, from + inner.trim().len());
        if inner.trim().is_empty() {
            let finding = Diagnostic::error(Code::BadExpression, span, "this expression is empty");
            parts.push(Found::Fault {
                finding: finding.help("Write `${{ vars.name }}`."),
                rest: expression,
                span,
            });
        } else {
            parts.push(Found::Expression { expression, span });
        }
    }
    parts.extend(literal(text, map, at, text.len()));
    parts
}

/// Where the expression ends: at the first `}}` outside of quotes, or, when a quote is never closed, at the first at all.
fn close(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, char) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if char == '\\' => escaped = true,
            Some(end) if char == end => quote = None,
            Some(_) => {}
            None if text[at..].starts_with(CLOSE) => return Some(at),
            None if matches!(char, '\'' | '"') => quote = Some(char),
            None => {}
        }
    }
    text.find(CLOSE).filter(|_| quote.is_some())
}

fn literal(text: &str, map: &OffsetMap, from: usize, to: usize) -> Option<Found> {
    (from < to).then(|| Found::Piece(Piece::Literal { text: text[from..to].to_owned(), map: map.tail(from) }))
}

fn slice(text: &str, map: &OffsetMap, whole: Span, from: usize, to: usize) -> Text {
    Text::literal(&text[from..to], map.tail(from), map.span(whole, from, to))
}
