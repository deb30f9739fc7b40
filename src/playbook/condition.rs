//! Conditions: expressions, entries of `status.conditions`, named conditions, containment, and combinations of these.
//! It must never know how objects are fetched, nor what `ready` means.

use super::decode::{Decode, Decoder, Schema, words};
use super::expression::{Expression, Grammar, Truth, Unmet};
use super::like::Like;
use super::target::Target;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Node, Span, Spanned, Tree};
use serde_json::{Value, json};

/// What must be so.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Comparisons and queries.
    Expression(Expression),
    /// `condition=Ready`.
    Entry(Entry),
    /// `ready`, `scaled`, `exists`, `absent`.
    Named(Spanned<Named>),
    /// `{ like: … }`.
    Like(Like),
    /// All of these.
    All(Vec<Condition>, Span),
    /// At least one of these.
    Any(Vec<Condition>, Span),
    /// Not this.
    Not(Box<Condition>, Span),
    /// Judged on other objects.
    On(Box<On>),
}

words! {
    /// A condition with a name; what it means is known for each kind.
    Named {
        /// It serves as it is declared.
        Ready = "ready",
        /// Every child has, updated and available, the number that its deciding field says.
        Scaled = "scaled",
        /// It is there.
        Exists = "exists",
        /// It is not there.
        Absent = "absent",
    }
}

/// An entry of `status.conditions`, in kubectl's spelling.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The type of the entry, compared without regard to case.
    pub kind: String,
    /// The wanted status, compared without regard to case.
    pub status: String,
    /// Where it is written.
    pub span: Span,
}

/// A condition judged on other objects.
#[derive(Clone, Debug, PartialEq)]
pub struct On {
    /// The objects.
    pub target: Target,
    /// The condition.
    pub condition: Condition,
    /// All of it.
    pub span: Span,
}

impl Entry {
    /// Judges an object; if it is unmet, says what the entry is.
    pub fn judge(&self, object: &Value) -> Truth {
        let entries = object.pointer("/status/conditions").and_then(Value::as_array);
        let text = |entry: &'_ Value, key: &str| {
            entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let entry = entries.and_then(|entries| {
            entries.iter().find(|entry| text(entry, "type").eq_ignore_ascii_case(&self.kind))
        });
        let actual = entry.map(|entry| text(entry, "status"));
        if actual.as_ref().is_some_and(|actual| actual.eq_ignore_ascii_case(&self.status)) {
            return Truth::Met;
        }
        let path = format!("$.status.conditions[?@.type == '{}'].status", self.kind);
        let actual = actual.unwrap_or_else(|| "nothing".into());
        Truth::Unmet(vec![Unmet { span: self.span, path, actual, wanted: format!("== '{}'", self.status) }])
    }
}

impl Condition {
    /// Where it is written.
    pub fn span(&self) -> Span {
        match self {
            Condition::Expression(expression) => expression.span(),
            Condition::Entry(entry) => entry.span,
            Condition::Named(named) => named.span,
            Condition::Like(like) => like.span(),
            Condition::All(_, span) | Condition::Any(_, span) | Condition::Not(_, span) => *span,
            Condition::On(on) => on.span,
        }
    }

    /// The condition in a line, for the console.
    pub fn source(&self) -> String {
        let join = |parts: &[Condition], word: &str| {
            parts.iter().map(Condition::source).collect::<Vec<_>>().join(word)
        };
        match self {
            Condition::Expression(expression) => expression.source().to_owned(),
            Condition::Entry(entry) => format!("condition={}", entry.kind),
            Condition::Named(named) => named.as_str().to_owned(),
            Condition::Like(like) => format!("like {}", like.value()),
            Condition::All(parts, _) => join(parts, " and "),
            Condition::Any(parts, _) => join(parts, " or "),
            Condition::Not(part, _) => format!("not {}", part.source()),
            Condition::On(on) => format!("{}: {}", on.target.words_for_console(), on.condition.source()),
        }
    }

    /// Visits every condition that has no parts, those on other objects too.
    pub fn leaves<'c>(&'c self, visit: &mut dyn FnMut(&'c Condition)) {
        match self {
            Condition::All(parts, _) | Condition::Any(parts, _) => {
                parts.iter().for_each(|part| part.leaves(visit))
            }
            Condition::Not(part, _) => part.leaves(visit),
            Condition::On(on) => on.condition.leaves(visit),
            leaf => visit(leaf),
        }
    }
}

impl Decode for Condition {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Condition> {
        let list = |tree: &Tree, decoder: &mut Decoder<'_>| Vec::<Condition>::decode(tree, decoder);
        match &tree.node {
            Node::List(_) => Some(Condition::All(list(tree, decoder)?, tree.span)),
            Node::Text(text) => {
                let written = text.joined();
                let named = [Named::Ready, Named::Scaled, Named::Exists, Named::Absent]
                    .into_iter()
                    .find(|named| named.as_str() == written);
                if let Some(named) = named {
                    return Some(Condition::Named(Spanned::new(named, tree.span)));
                }
                if let Some(entry) = written.strip_prefix("condition=") {
                    let (kind, status) = entry.split_once('=').unwrap_or((entry, "True"));
                    return Some(Condition::Entry(Entry {
                        kind: kind.into(),
                        status: status.into(),
                        span: tree.span,
                    }));
                }
                match Expression::parse(text, Grammar::Object) {
                    Ok(expression) => Some(Condition::Expression(expression)),
                    Err(findings) => {
                        findings.into_iter().for_each(|finding| decoder.push(finding));
                        None
                    }
                }
            }
            Node::Map(entries) => match entries.as_slice() {
                [entry] if entry.key == "all" => {
                    Some(Condition::All(list(&entry.value, decoder)?, tree.span))
                }
                [entry] if entry.key == "any" => {
                    Some(Condition::Any(list(&entry.value, decoder)?, tree.span))
                }
                [entry] if entry.key == "not" => {
                    Some(Condition::Not(Box::new(Condition::decode(&entry.value, decoder)?), tree.span))
                }
                [entry] if entry.key == "like" => Like::decode(&entry.value, decoder).map(Condition::Like),
                _ => match (tree.get("target"), tree.get("condition")) {
                    (Some(target), Some(condition)) => {
                        let target = Target::decode(target, decoder);
                        let condition = Condition::decode(condition, decoder);
                        Some(Condition::On(Box::new(On {
                            target: target?,
                            condition: condition?,
                            span: tree.span,
                        })))
                    }
                    _ => {
                        let message =
                            "a condition is `all`, `any`, `not`, `like`, or `target` with `condition`";
                        decoder.push(Diagnostic::error(Code::BadCondition, tree.span.slice(0, 1), message));
                        None
                    }
                },
            },
            _ => decoder.wrong_type(tree, "a condition"),
        }
    }

    fn schema(schema: &mut Schema) -> Value {
        schema.define("condition", |_| json!({ "type": ["string", "object", "array"] }))
    }

    fn words() -> String {
        "condition".into()
    }
}
