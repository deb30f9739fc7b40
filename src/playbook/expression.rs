//! Expressions: comparisons and queries joined with `&&`, `||`, `!` and parentheses, over an object or over the names of a playbook.
//! It must never know where the object comes from.

use super::decode::{Decode, Decoder, Schema};
use super::query::Query;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Node, Span, Spanned, Text, Tree};
use serde_json::{Value, json};

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
    query: Query,
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

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A query of an expression and the literal it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Use<'e> {
    /// The query.
    pub query: &'e Query,
    /// The comparison with a literal, the query on its left; `None` for a lone query.
    pub comparison: Option<(Operator, &'e Value)>,
    /// Where the comparison is written.
    pub span: Span,
    /// Whether it stands under an odd number of `!`.
    pub negated: bool,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// Findings that point at the character.
    pub fn parse(text: &Text, grammar: Grammar) -> Result<Expression, Vec<Diagnostic>> {
        let source = text.joined();
        let path = match grammar {
            Grammar::Object => source.clone(),
            Grammar::Scope => format!("$.{}", source.trim()),
        };
        let code = if grammar == Grammar::Object { Code::BadCondition } else { Code::BadExpression };
        let whole =
            Text { pieces: Tree::from_value(&Value::String(path), text.span).text_pieces(), span: text.span };
        match Query::parse(&whole) {
            Ok(query) => Ok(Expression { span: text.span, source, query }),
            Err(finding) => Err(vec![Diagnostic { code, ..finding }]),
        }
    }

    /// Where it is written.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The expression as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Judges an object; if it is unmet, says why.
    pub fn judge(&self, object: &Value) -> Truth {
        match self.query.select(object).as_slice() {
            [] => Truth::Unmet(vec![Unmet {
                span: self.span,
                path: self.source.clone(),
                actual: "nothing".into(),
                wanted: "anything".into(),
            }]),
            _ => Truth::Met,
        }
    }

    /// Its value over a scope: a lone singular query is what it selects, any other lone query a list, a literal itself,
    /// anything else a boolean.
    ///
    /// # Errors
    /// A singular query selects nothing; the message names it.
    pub fn value(&self, scope: &Value) -> Result<Value, String> {
        let hits = self.query.select(scope);
        match (self.query.is_singular(), hits.first()) {
            (true, Some(hit)) => Ok(hit.value.clone()),
            (true, None) => Err(format!("there is nothing at `{}`", self.source)),
            (false, _) => Ok(hits.into_iter().map(|hit| hit.value.clone()).collect()),
        }
    }

    /// The names it refers to.
    pub fn references(&self) -> Vec<Reference> {
        let mut names = self.source.trim().split('.').map(|name| Spanned::new(name.to_owned(), self.span));
        names
            .next()
            .map(|root| Reference { root, names: names.collect(), span: self.span })
            .into_iter()
            .collect()
    }

    /// Every query outside of filters, with what it is compared with.
    pub fn queries(&self) -> Vec<Use<'_>> {
        vec![Use { query: &self.query, comparison: None, span: self.span, negated: false }]
    }
}

/// The expression of `when`: over names, `${{ }}` not needed; a boolean is taken too.
#[derive(Clone, Debug, PartialEq)]
pub struct When(pub Expression);

impl Decode for When {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<When> {
        let text = match &tree.node {
            Node::Text(text) => text.clone(),
            Node::Bool(_) => Text { pieces: tree.text_pieces(), span: tree.span },
            _ => return decoder.wrong_type(tree, "an expression"),
        };
        match Expression::parse(&text, Grammar::Scope) {
            Ok(expression) => Some(When(expression)),
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
