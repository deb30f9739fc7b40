//! What is wrong with an object of a manifest, shown where it is written.
//! It must never know the rules: `kinds` has them, and speaks of JSON pointers.

use super::Object;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::kinds::lint::{self, Severity as Consequence};
use crate::source::Node;

/// Findings about one object.
pub(super) fn lint(object: &Object, found: &mut Diagnostics) {
    let Some(value) = object.known() else { return };
    for finding in lint::lint_object(&value) {
        let (tree, entry, whole) = object.tree.nearest(&finding.pointer);
        let span = match (finding.at_key || !whole, entry) {
            (true, Some(entry)) => entry.key_span,
            _ => match (&tree.node, entry) {
                // A collection is shown by its key: its own text may be pages long.
                (Node::List(_) | Node::Map(_), Some(entry)) => entry.key_span,
                (Node::Map(entries), None) => entries.first().map_or(object.span, |entry| entry.key_span),
                (Node::List(_), None) => object.span,
                _ => tree.span,
            },
        };
        let (severity, code) = match finding.severity {
            Consequence::Refused => (Severity::Error, Code::WouldBeRefused),
            Consequence::Ignored => (Severity::Warning, Code::WouldBeIgnored),
            Consequence::Older => (Severity::Warning, Code::OlderVersion),
            Consequence::Losing => (Severity::Warning, Code::LosingField),
        };
        let diagnostic = Diagnostic { severity, ..Diagnostic::error(code, span, finding.message) };
        found.push(diagnostic.maybe_help(finding.help));
    }
}
