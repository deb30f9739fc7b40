//! Expressions: comparisons and queries joined with `&&`, `||`, `!` and parentheses, over an object or over the names of a playbook.
//! It must never know where the object comes from.

mod ast;
mod brackets;
pub(super) mod compare;
mod function;
mod input;
mod judge;
mod logic;
mod misread;
mod parser;
mod path;
pub mod query;
mod regexp;
#[cfg(test)]
mod tests;

use super::decode::{Decode, Decoder, Schema};
use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Value, json};
use crate::source::{Node, Span, Spanned, Text, Tree};
use ast::{Logic, Operand, Seen};
pub use compare::Operator;
use input::Input;
use parser::Parser;
use query::{Query, Selector};

/// What an expression speaks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// An object: `$` and `@` are it.
    Object,
    /// Names: `vars.replicas`, the leading `$.` left out.
    Scope,
}

/// An expression, parsed once.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    span: Span,
    source: String,
    logic: Logic,
}

/// What a judgement of an object gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Truth {
    /// It is so.
    Met,
    /// It is not, and why: each part with its actual value.
    Unmet(Vec<Unmet>),
}

/// A part of a condition that is not as wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Unmet {
    /// Where the part is written.
    pub span: Span,
    /// What was looked at: `$.status.replicas`.
    pub path: String,
    /// What is there, shortened; `nothing` when nothing is.
    pub actual: String,
    /// What is wanted: `>= 2`.
    pub wanted: String,
}

/// A name that an expression over names refers to: `steps.up.url`.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The first name: `steps`.
    pub root: Spanned<String>,
    /// The plain names that follow it: `up`, `url`.
    pub names: Vec<Spanned<String>>,
    /// All of it.
    pub span: Span,
}

/// A query of an expression and the literal it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Use<'e> {
    /// The query.
    pub query: &'e Query,
    /// The comparison with a literal, the query on its left; `None` for a lone query and for one inside a function.
    pub comparison: Option<(Operator, &'e Value)>,
    /// Where the comparison is written.
    pub span: Span,
    /// Whether it stands under an odd number of `!`.
    pub negated: bool,
}

impl Expression {
    /// Reads an expression. Values in the text stand as JSON literals, inside quotes and names as plain text: they cannot change how
    /// it is read. Holes stand for literals that are not known: parse so to check the syntax; judging such an expression tells nothing.
    /// Over an object, a text that is one text value alone is read as if it were written there.
    ///
    /// # Errors
    /// Findings that point at the character.
    pub fn parse(text: &Text, grammar: Grammar) -> Result<Expression, Vec<Diagnostic>> {
        let input = match grammar {
            Grammar::Object => Input::of_field(text),
            Grammar::Scope => Input::new(text),
        };
        let source = input.shown(0, input.text().len()).trim().to_owned();
        let logic =
            Parser::for_expression(input, grammar).whole_expression().map_err(|finding| vec![finding])?;
        Ok(Expression { span: text.span, source, logic })
    }

    /// Where it is written.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The expression as written, embedded values as JSON literals.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The value, if it is nothing but a literal that is known.
    pub fn literal(&self) -> Option<&Value> {
        match &self.logic {
            Logic::Test(Operand::Literal(literal)) if literal.known => Some(&literal.value),
            _ => None,
        }
    }

    /// Whether it is true or false by its form: anything but a lone literal or function that is no boolean.
    fn is_truth(&self) -> bool {
        match &self.logic {
            Logic::Test(Operand::Literal(literal)) => literal.may_be_boolean(),
            Logic::Test(operand @ Operand::Call(_)) => operand.is_logical(),
            _ => true,
        }
    }

    /// Judges an object, or a scope; if it is unmet, says why.
    pub fn judge(&self, object: &Value) -> Truth {
        self.judge_as(true, object)
    }

    /// Judges whether it is met, or whether it is not: as is wanted.
    pub fn judge_as(&self, wanted: bool, object: &Value) -> Truth {
        self.logic.judge(wanted, object)
    }

    /// Its value over a scope: a lone singular query is what it selects, any other lone query a list, a literal itself, a function its
    /// value, anything else a boolean.
    ///
    /// # Errors
    /// A singular query selects nothing; the message names it.
    pub fn value(&self, scope: &Value) -> Result<Value, String> {
        match &self.logic {
            Logic::Test(operand) => operand.value(scope),
            logic => Ok(Value::Bool(logic.judge(true, scope) == Truth::Met)),
        }
    }

    /// The names that an expression over names refers to, in the order of writing.
    pub fn references(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        refer(&self.logic, false, &mut references);
        references
    }

    /// Every query outside of filters, with what it is compared with.
    pub fn queries(&self) -> Vec<Use<'_>> {
        let mut uses = Vec::new();
        self.logic.visit(false, &mut |seen| match seen {
            Seen::Test(operand, negated) => {
                let span = operand.span();
                uses.extend(operand.queries().into_iter().map(|query| Use {
                    query,
                    comparison: None,
                    span,
                    negated,
                }));
            }
            Seen::Compare(comparison, negated) => {
                let sides = [
                    (&comparison.left, &comparison.right, comparison.operator),
                    (&comparison.right, &comparison.left, comparison.operator.mirrored()),
                ];
                for (side, other, operator) in sides {
                    let literal = match (side, other) {
                        (Operand::Query(_), Operand::Literal(literal)) if literal.known => {
                            Some((operator, &literal.value))
                        }
                        _ => None,
                    };
                    let span = comparison.span;
                    uses.extend(side.queries().into_iter().map(|query| Use {
                        query,
                        comparison: literal,
                        span,
                        negated,
                    }));
                }
            }
        });
        uses
    }
}

/// Collects references; inside a filter `@` is an item, and what follows it no name of the scope.
fn refer(logic: &Logic, filter: bool, references: &mut Vec<Reference>) {
    for query in logic.queries() {
        let segments = query.segments();
        let mut names = segments.iter().map_while(|segment| match segment.selectors.as_slice() {
            [Selector::Name(name)] if !segment.descend => Some(name.clone()),
            _ => None,
        });
        if !(filter && query.is_relative())
            && let Some(root) = names.next()
        {
            let names: Vec<Spanned<String>> = names.collect();
            let span = names.last().map_or(root.span, |last| root.span.join(last.span));
            references.push(Reference { root, names, span });
        }
        for selector in segments.iter().flat_map(|segment| &segment.selectors) {
            if let Selector::Filter(logic) = selector {
                refer(logic, true, references);
            }
        }
    }
}

/// The finding that kubectl's `{.status.state}` was written without quotes: YAML makes a mapping of it.
pub(super) fn braces_without_quotes(tree: &Tree) -> Option<Diagnostic> {
    let [entry] = tree.entries()? else { return None };
    let path = entry.key.as_str();
    let looks_like = path.starts_with(['.', '$', '@']) && entry.value.node == Node::Null;
    looks_like.then(|| {
        let message = "YAML reads this as a mapping, not as a path in braces";
        Diagnostic::error(Code::BadCondition, tree.span, message).help(format!("Quote it: '{{{path}}}'."))
    })
}

/// The expression of `when`: over names, `${{ }}` not needed; a boolean is taken too.
#[derive(Clone, Debug, PartialEq)]
pub struct When(pub Expression);

impl Decode for When {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<When> {
        let text = match &tree.node {
            Node::Text(text) => text.clone(),
            Node::Bool(_) => Text { pieces: tree.text_pieces(), span: tree.span },
            _ => return decoder.wrong_type(tree, "an expression that is true or false"),
        };
        match Expression::parse(&text, Grammar::Scope) {
            Ok(expression) if expression.is_truth() => Some(When(expression)),
            Ok(expression) => {
                let message = format!("this must be true or false, and `{}` is a value", expression.source());
                decoder.push(
                    Diagnostic::error(Code::BadExpression, tree.span, message)
                        .help("Compare it: `vars.name == 'x'`."),
                );
                None
            }
            Err(findings) => {
                findings.into_iter().for_each(|finding| decoder.push(finding));
                None
            }
        }
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": ["string", "boolean"] })
    }

    fn words() -> String {
        "expression".into()
    }
}
