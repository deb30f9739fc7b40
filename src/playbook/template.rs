//! `${{ }}` in any text of a tree: what is known is put in its place, what is known only later leaves a hole.
//! It must never know where values come from.

use super::expression::{Expression, Grammar, Reference};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{Entry, Node, Piece, Span, Text, Tree};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The names that expressions may use.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// What is known: `vars`, `env`, `secrets`, `run`, at run time `steps`, `failure` and a loop's name, each with its value.
    pub known: Map<String, Value>,
    /// Names that will be known when the step starts.
    pub late: BTreeSet<String>,
    /// An `env` or `secrets` variable that is not set is a warning and left open, as `validate` wants it; else it is an error.
    pub unset_is_late: bool,
}

/// Puts values in the place of expressions. What depends on a late name becomes a hole.
pub fn expand(tree: &Tree, scope: &Scope, found: &mut Diagnostics) -> Tree {
    let node = match &tree.node {
        Node::List(items) => Node::List(items.iter().map(|item| expand(item, scope, found)).collect()),
        Node::Map(entries) => Node::Map(
            entries
                .iter()
                .map(|entry| Entry { value: expand(&entry.value, scope, found), ..entry.clone() })
                .collect(),
        ),
        Node::Text(text) => return expand_text(text, tree, scope, found),
        other => other.clone(),
    };
    Tree { node, span: tree.span }
}

fn expand_text(text: &Text, tree: &Tree, scope: &Scope, found: &mut Diagnostics) -> Tree {
    let [Piece::Literal { text: written, map }] = text.pieces.as_slice() else { return tree.clone() };
    let Some(inner) = written.trim().strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")) else {
        return tree.clone();
    };
    let from = written.find("${{").unwrap_or(0) + 3;
    let span = map.span(text.span, from, from + inner.len());
    let expression = Text::literal(inner, map.tail(from), span);
    match Expression::parse(&expression, Grammar::Scope) {
        Ok(parsed)
            if parsed.references().iter().any(|reference| scope.late.contains(&reference.root.value)) =>
        {
            let pieces = vec![Piece::Hole { expression: Box::new(expression), span }];
            Tree { node: Node::Text(Text { pieces, span: tree.span }), span: tree.span }
        }
        Ok(parsed) => match parsed.value(&Value::Object(scope.known.clone())) {
            Ok(value) => Tree::from_value(&value, tree.span),
            Err(message) => {
                found.push(Diagnostic::error(Code::UnknownName, span, message));
                tree.clone()
            }
        },
        Err(findings) => {
            found.extend(findings);
            tree.clone()
        }
    }
}

/// The names that the expressions of a tree refer to, in the order of writing: those of its texts and of its holes.
pub fn references(tree: &Tree) -> Vec<Reference> {
    match &tree.node {
        Node::List(items) => items.iter().flat_map(references).collect(),
        Node::Map(entries) => entries.iter().flat_map(|entry| references(&entry.value)).collect(),
        Node::Text(text) => text
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Hole { expression, .. } => Expression::parse(expression, Grammar::Scope).ok(),
                _ => None,
            })
            .flat_map(|expression| expression.references())
            .collect(),
        _ => Vec::new(),
    }
}

/// Fills every hole, when the step starts.
///
/// # Errors
/// An expression has no value; each finding points at it.
pub fn fill(tree: &Tree, scope: &Scope) -> Result<Tree, Vec<Diagnostic>> {
    let mut found = Diagnostics::new();
    let filled = fill_into(tree, &Value::Object(scope.known.clone()), &mut found);
    if found.is_empty() { Ok(filled) } else { Err(found.into_iter().collect()) }
}

fn fill_into(tree: &Tree, scope: &Value, found: &mut Diagnostics) -> Tree {
    let node = match &tree.node {
        Node::List(items) => Node::List(items.iter().map(|item| fill_into(item, scope, found)).collect()),
        Node::Map(entries) => Node::Map(
            entries
                .iter()
                .map(|entry| Entry { value: fill_into(&entry.value, scope, found), ..entry.clone() })
                .collect(),
        ),
        Node::Text(text) => {
            let mut pieces = Vec::new();
            for piece in &text.pieces {
                let Piece::Hole { expression, span } = piece else {
                    pieces.push(piece.clone());
                    continue;
                };
                let value = Expression::parse(expression, Grammar::Scope).map(|parsed| parsed.value(scope));
                match value {
                    Ok(Ok(value)) => pieces.push(Piece::Value { value, span: *span }),
                    Ok(Err(message)) => found.push(Diagnostic::error(Code::UnknownName, *span, message)),
                    Err(findings) => found.extend(findings),
                }
            }
            match pieces.as_slice() {
                [Piece::Value { value, .. }] if text.has_holes() => {
                    return Tree::from_value(value, tree.span);
                }
                _ => Node::Text(Text { pieces, span: text.span }),
            }
        }
        other => other.clone(),
    };
    Tree { node, span: tree.span }
}

/// Where the values of a filled tree come from: the place of its first hole and a label such as `saved by step up`.
pub fn origin(tree: &Tree) -> Option<(Span, String)> {
    let reference = references(tree).into_iter().next()?;
    let label = match (reference.root.as_str(), reference.names.first()) {
        ("steps", Some(step)) => format!("saved by step {}", step.value),
        (root, _) => format!("the value of `{root}`"),
    };
    Some((reference.span, label))
}
