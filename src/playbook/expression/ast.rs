//! An expression as data: what the parsers make and judging reads.
//! It must never know the text it came from, but for spans and what messages show.

use super::compare::Operator;
use super::query::Query;
use super::regexp::Regexp;
use crate::json::Value;
use crate::quantity::Quantity;
use crate::source::Span;

/// What is true or false.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Logic {
    Or(Vec<Logic>),
    And(Vec<Logic>),
    Not(Box<Logic>),
    Compare(Box<Comparison>),
    Test(Operand),
}

/// Two values side by side.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Comparison {
    pub left: Operand,
    pub operator: Operator,
    pub right: Operand,
    pub span: Span,
    /// Texts that are Kubernetes quantities compare as these.
    pub quantities: bool,
}

/// What stands on a side of a comparison, or alone.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Literal(Literal),
    Query(Query),
    Call(Box<Call>),
}

/// A value that is written out, or that an `${{ }}` gave.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Literal {
    /// The value; null if it is not known.
    pub value: Value,
    pub span: Span,
    /// It will be known only later: the syntax can be checked, and judging gives nothing.
    pub known: bool,
}

/// A function and its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub function: Function,
    /// As written.
    pub source: String,
    pub span: Span,
}

/// The functions of RFC 9535, section 2.4.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Function {
    Length(Operand),
    Count(Query),
    Value(Query),
    /// `match` and `search`.
    Fits(Operand, Pattern),
}

/// The regular expression of `match` and `search`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pattern {
    /// Compiled while parsing.
    Fixed(Regexp),
    /// Found in the object; compiled whenever it is judged.
    Found { operand: Operand, whole: bool },
}

impl Comparison {
    pub fn new(left: Operand, operator: Operator, right: Operand, span: Span) -> Comparison {
        let unit = |operand: &Operand| matches!(operand, Operand::Literal(Literal { value: Value::String(text), .. }) if Quantity::has_unit(text));
        let quantities = !operator.is_equality() || unit(&left) || unit(&right);
        Comparison { left, operator, right, span, quantities }
    }
}

impl Literal {
    pub fn new(value: Value, span: Span) -> Literal {
        Literal { value, span, known: true }
    }

    /// Whether it is a boolean, or one may come in its place.
    pub fn may_be_boolean(&self) -> bool {
        self.value.is_boolean() || !self.known
    }
}

impl Operand {
    pub fn span(&self) -> Span {
        match self {
            Operand::Literal(literal) => literal.span,
            Operand::Query(query) => query.span(),
            Operand::Call(call) => call.span,
        }
    }

    /// Whether it is true or false by itself: `match` and `search`.
    pub fn is_logical(&self) -> bool {
        matches!(self, Operand::Call(call) if matches!(call.function, Function::Fits(..)))
    }

    /// The queries in it.
    pub fn queries(&self) -> Vec<&Query> {
        match self {
            Operand::Literal(_) => Vec::new(),
            Operand::Query(query) => vec![query],
            Operand::Call(call) => match &call.function {
                Function::Length(operand) => operand.queries(),
                Function::Count(query) | Function::Value(query) => vec![query],
                Function::Fits(text, Pattern::Fixed(_)) => text.queries(),
                Function::Fits(text, Pattern::Found { operand, .. }) => {
                    [text.queries(), operand.queries()].concat()
                }
            },
        }
    }
}

impl Logic {
    /// Visits every operand, those of filters left out; `negated` says whether it stands under an odd number of `!`.
    pub fn visit<'l>(&'l self, negated: bool, see: &mut dyn FnMut(Seen<'l>)) {
        match self {
            Logic::Or(parts) | Logic::And(parts) => parts.iter().for_each(|part| part.visit(negated, see)),
            Logic::Not(part) => part.visit(!negated, see),
            Logic::Compare(comparison) => see(Seen::Compare(comparison, negated)),
            Logic::Test(operand) => see(Seen::Test(operand, negated)),
        }
    }

    /// The queries in it, those of filters left out.
    pub fn queries(&self) -> Vec<&Query> {
        let mut queries = Vec::new();
        self.visit(false, &mut |seen| match seen {
            Seen::Compare(comparison, _) => {
                queries.extend(comparison.left.queries());
                queries.extend(comparison.right.queries());
            }
            Seen::Test(operand, _) => queries.extend(operand.queries()),
        });
        queries
    }
}

/// A leaf of a [`Logic`], and whether it is negated.
pub(super) enum Seen<'l> {
    Compare(&'l Comparison, bool),
    Test(&'l Operand, bool),
}
