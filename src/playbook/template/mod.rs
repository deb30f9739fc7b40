//! `${{ }}` in any text of a tree: what is known is put in its place, what is known only later leaves a hole.
//! It must never know where values come from.

mod scan;
mod scope;

use super::expression::{Expression, Grammar, Reference};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::json::Value;
use crate::source::{Entry, Node, Piece, Span, Text, Tree};
use scan::{Found, scan};
pub use scope::Scope;
use scope::Standing;

/// Puts values in the place of expressions. A text that is one expression alone becomes its value, of whatever type; in any other text
/// a value is a [`Piece::Value`]. What depends on a late name becomes a [`Piece::Hole`]. What cannot be read or has no value is a
/// finding, and a hole too. `$${{` is a literal `${{`. Holes that an earlier pass left are filled if their names are known now.
pub fn expand(tree: &Tree, scope: &Scope, found: &mut Diagnostics) -> Tree {
    Expansion { scope, all: Value::Object(scope.known.clone()), scanning: true, found }.tree(tree)
}

/// Fills every hole, when the step starts. Texts without holes are left as they are.
///
/// # Errors
/// An expression has no value; each finding points at it.
pub fn fill(tree: &Tree, scope: &Scope) -> Result<Tree, Vec<Diagnostic>> {
    let mut found = Diagnostics::new();
    let filled =
        Expansion { scope, all: Value::Object(scope.known.clone()), scanning: false, found: &mut found }
            .tree(tree);
    if found.has_errors() { Err(found.into_iter().collect()) } else { Ok(filled) }
}

struct Expansion<'a> {
    scope: &'a Scope,
    /// All names of the scope, as expressions see them.
    all: Value,
    /// Texts are looked through for expressions, not only holes.
    scanning: bool,
    found: &'a mut Diagnostics,
}

impl Expansion<'_> {
    fn tree(&mut self, tree: &Tree) -> Tree {
        let node = match &tree.node {
            Node::List(items) => Node::List(items.iter().map(|item| self.tree(item)).collect()),
            Node::Map(entries) => Node::Map(entries.iter().map(|entry| self.entry(entry)).collect()),
            Node::Text(text) => return self.text(text, tree),
            plain => plain.clone(),
        };
        Tree { node, span: tree.span }
    }

    fn entry(&mut self, entry: &Entry) -> Entry {
        if self.scanning && entry.key.replace("$${{", "").contains("${{") {
            let message = "an expression cannot be a key";
            let help = "Write the key out, or make a variable of the whole mapping.";
            self.found.push(Diagnostic::error(Code::BadExpression, entry.key_span, message).help(help));
        }
        Entry { key: entry.key.clone(), key_span: entry.key_span, value: self.tree(&entry.value) }
    }

    fn text(&mut self, text: &Text, tree: &Tree) -> Tree {
        let mut pieces = Vec::new();
        let mut changed = false;
        for piece in &text.pieces {
            match piece {
                Piece::Literal { text: written, map } if self.scanning && written.contains("${{") => {
                    changed = true;
                    pieces.extend(scan(written, map, text.span).into_iter().map(|found| self.found(found)));
                }
                Piece::Hole { expression, span } => {
                    changed = true;
                    pieces.push(self.expression((**expression).clone(), *span));
                }
                piece => pieces.push(piece.clone()),
            }
        }
        match pieces.as_slice() {
            [Piece::Value { value, .. }] if changed => Tree::from_value(value, tree.span),
            _ => Tree { node: Node::Text(Text { pieces, span: text.span }), span: tree.span },
        }
    }

    fn found(&mut self, found: Found) -> Piece {
        match found {
            Found::Piece(piece) => piece,
            Found::Expression { expression, span } => self.expression(expression, span),
            Found::Fault { finding, rest, span } => {
                self.found.push(finding);
                Piece::Hole { expression: Box::new(rest), span }
            }
        }
    }

    /// The value of an expression, or a hole in its place.
    fn expression(&mut self, expression: Text, span: Span) -> Piece {
        match self.value(&expression) {
            Some(value) => Piece::Value { value, span },
            None => Piece::Hole { expression: Box::new(expression), span },
        }
    }

    fn value(&mut self, expression: &Text) -> Option<Value> {
        let parsed = match Expression::parse(expression, Grammar::Scope) {
            Ok(parsed) => parsed,
            Err(findings) => {
                self.found.extend(findings);
                return None;
            }
        };
        match self.scope.check(&parsed.references(), self.found) {
            Standing::Known => {}
            Standing::Late | Standing::Missing => return None,
        }
        match parsed.value(&self.all) {
            Ok(value) => Some(value),
            Err(message) => {
                let nearest = parsed.references().iter().find_map(|name| self.scope.deepest(name));
                self.found.push(
                    nearest.unwrap_or_else(|| Diagnostic::error(Code::UnknownName, expression.span, message)),
                );
                None
            }
        }
    }
}

/// The names that the expressions of a tree refer to, in the order of writing: those of its texts and of its holes. Expressions that
/// cannot be read have none.
pub fn references(tree: &Tree) -> Vec<Reference> {
    match &tree.node {
        Node::List(items) => items.iter().flat_map(references).collect(),
        Node::Map(entries) => entries.iter().flat_map(|entry| references(&entry.value)).collect(),
        Node::Text(text) => {
            let expressions = text.pieces.iter().flat_map(|piece| expressions(piece, text.span));
            expressions.flat_map(|expression| expression.references()).collect()
        }
        Node::Null | Node::Bool(_) | Node::Number(_) => Vec::new(),
    }
}

fn expressions(piece: &Piece, whole: Span) -> Vec<Expression> {
    let parse = |expression: &Text| Expression::parse(expression, Grammar::Scope).ok();
    match piece {
        Piece::Literal { text, map } => {
            let found = scan(text, map, whole).into_iter().filter_map(|found| match found {
                Found::Expression { expression, .. } => parse(&expression),
                Found::Piece(_) | Found::Fault { .. } => None,
            });
            found.collect()
        }
        Piece::Value { .. } => Vec::new(),
        Piece::Hole { expression, .. } => parse(expression).into_iter().collect(),
    }
}

/// Where the values of a tree will come from once its holes are filled: the place of the first hole and a label such as
/// `saved by step up`, which [`super::decode::Decoder::late`] adds to every finding.
pub fn origin(tree: &Tree) -> Option<(Span, String)> {
    match &tree.node {
        Node::List(items) => items.iter().find_map(origin),
        Node::Map(entries) => entries.iter().find_map(|entry| origin(&entry.value)),
        Node::Text(text) => text.pieces.iter().find_map(|piece| match piece {
            Piece::Hole { expression, span } => {
                let parsed = Expression::parse(expression, Grammar::Scope).ok();
                let reference = parsed.and_then(|parsed| parsed.references().into_iter().next());
                Some((
                    *span,
                    reference.map_or_else(|| "an expression".to_owned(), |reference| label(&reference)),
                ))
            }
            Piece::Literal { .. } | Piece::Value { .. } => None,
        }),
        Node::Null | Node::Bool(_) | Node::Number(_) => None,
    }
}

fn label(reference: &Reference) -> String {
    match (reference.root.as_str(), reference.names.first()) {
        ("steps", Some(step)) => format!("saved by step {}", step.value),
        ("failure", _) => "told by the failure".to_owned(),
        ("env" | "secrets", Some(name)) => format!("the environment variable {}", name.value),
        (root, _) => format!("the value of {root}"),
    }
}

#[cfg(test)]
mod tests;
