//! Conditions: expressions, entries of `status.conditions`, named conditions, containment, and combinations of these.
//! It must never know how objects are fetched, nor what `ready` means.

mod entry;
mod read;

use super::decode::words;
use super::expression::compare::shorten;
use super::expression::{Expression, Truth};
use super::like::Like;
use super::target::Target;
use crate::json::Value;
use crate::source::{Span, Spanned};
pub use entry::Entry;

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
            let parts: Vec<String> = parts.iter().map(Condition::source_of_part).collect();
            parts.join(word)
        };
        match self {
            Condition::Expression(expression) => {
                expression.source().split_whitespace().collect::<Vec<_>>().join(" ")
            }
            Condition::Entry(entry) => entry.source(),
            Condition::Named(named) => named.as_str().to_owned(),
            Condition::Like(like) => format!("like {}", shorten(&like.value().to_string())),
            Condition::All(parts, _) => join(parts, " and "),
            Condition::Any(parts, _) => join(parts, " or "),
            Condition::Not(part, _) => format!("not {}", part.source_of_part()),
            Condition::On(on) => format!("{}: {}", on.target.source(), on.condition.source_of_part()),
        }
    }

    /// The same inside another: in parentheses where it has parts itself.
    fn source_of_part(&self) -> String {
        match self {
            Condition::All(parts, _) | Condition::Any(parts, _) if parts.len() > 1 => {
                format!("({})", self.source())
            }
            part => part.source(),
        }
    }

    /// Visits every condition that has no parts, with the target that it is judged on where that is another one.
    pub fn leaves<'c>(&'c self, visit: &mut dyn FnMut(&'c Condition, Option<&'c Target>)) {
        self.leaves_on(None, visit);
    }

    fn leaves_on<'c>(
        &'c self,
        on: Option<&'c Target>,
        visit: &mut dyn FnMut(&'c Condition, Option<&'c Target>),
    ) {
        match self {
            Condition::All(parts, _) | Condition::Any(parts, _) => {
                parts.iter().for_each(|part| part.leaves_on(on, visit));
            }
            Condition::Not(part, _) => part.leaves_on(on, visit),
            Condition::On(other) => other.condition.leaves_on(Some(&other.target), visit),
            leaf => visit(leaf, on),
        }
    }

    /// Judges one snapshot of an object. What it cannot know itself it asks: a named condition, one on other objects; the question
    /// comes with what is wanted, so that the answer to a wanted `false` can explain why it is true.
    pub fn judge(&self, object: &Value, ask: &mut dyn FnMut(&Condition, bool) -> Truth) -> Truth {
        self.judge_as(true, object, ask)
    }

    fn judge_as(
        &self,
        wanted: bool,
        object: &Value,
        ask: &mut dyn FnMut(&Condition, bool) -> Truth,
    ) -> Truth {
        match self {
            Condition::Expression(expression) => expression.judge_as(wanted, object),
            Condition::Entry(entry) => entry.judge_as(wanted, object),
            Condition::Like(like) => like.judge_as(wanted, object),
            Condition::Named(_) | Condition::On(_) => ask(self, wanted),
            Condition::Not(part, _) => part.judge_as(!wanted, object, ask),
            Condition::All(parts, _) | Condition::Any(parts, _) => {
                let enough = matches!(self, Condition::Any(..)) == wanted;
                let mut unmet = Vec::new();
                let mut all = true;
                for part in parts {
                    match part.judge_as(wanted, object, ask) {
                        Truth::Met if enough => return Truth::Met,
                        Truth::Met => {}
                        Truth::Unmet(reasons) => {
                            all = false;
                            unmet.extend(reasons);
                        }
                    }
                }
                if all && !enough { Truth::Met } else { Truth::Unmet(unmet) }
            }
        }
    }
}

#[cfg(test)]
mod tests;
