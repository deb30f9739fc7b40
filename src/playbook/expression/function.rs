//! Reads calls of functions, each with arguments of the types that RFC 9535 (section 2.4) gives it.
//! It must never know how they are evaluated.

use super::ast::{Call, Function, Literal, Operand, Pattern};
use super::parser::{Parsed, Parser};
use super::query::Query;
use super::regexp::Regexp;
use crate::diagnostic::{Code, Diagnostic};
use crate::json::Value;
use crate::playbook::suggest;

/// The functions there are.
pub(super) const FUNCTIONS: [&str; 5] = ["length", "count", "value", "match", "search"];

impl Parser<'_> {
    /// A call of a function, of which the name comes next and a parenthesis behind it.
    pub fn call(&mut self, name: &str) -> Parsed<Call> {
        let from = self.at;
        if !FUNCTIONS.contains(&name) {
            let finding =
                self.fault_at(self.code(), from, from + name.len(), format!("there is no function `{name}`"));
            return Err(finding.maybe_help(suggest::help(name, FUNCTIONS)));
        }
        self.at += name.len() + 1;
        let arguments = self.deeper(|parser| parser.arguments(from))?;
        let span = self.span(from, self.at);
        let wanted = if matches!(name, "match" | "search") { 2 } else { 1 };
        let count = arguments.len();
        let mut arguments = arguments.into_iter();
        let function = match (name, count, arguments.next(), arguments.next()) {
            ("length", 1, Some(argument), _) => Function::Length(self.one_value(argument)?),
            ("count", 1, Some(argument), _) => Function::Count(self.nodes(argument, name)?),
            ("value", 1, Some(argument), _) => Function::Value(self.nodes(argument, name)?),
            ("match" | "search", 2, Some(text), Some(pattern)) => {
                Function::Fits(self.one_value(text)?, self.pattern(pattern, name == "match")?)
            }
            _ => {
                let things = if wanted == 1 { "one argument" } else { "two arguments" };
                let message = format!("`{name}` takes {things}, and here are {count}");
                let help = if wanted == 1 {
                    format!("Write `{name}($.items)`.")
                } else {
                    format!("Write `{name}($.name, 'a.*')`.")
                };
                return Err(Diagnostic::error(self.code(), span, message).help(help));
            }
        };
        Ok(Call { function, source: self.input.shown(from, self.at), span })
    }

    fn arguments(&mut self, from: usize) -> Parsed<Vec<Operand>> {
        let mut arguments = Vec::new();
        loop {
            self.blank();
            if arguments.is_empty() && self.eat(")") {
                return Ok(arguments);
            }
            if !self.at_end() {
                arguments.push(self.operand()?);
            }
            self.blank();
            if self.eat(")") {
                return Ok(arguments);
            }
            if self.at_end() {
                let open = from + self.input.rest(from).find('(').unwrap_or(0);
                let finding = self.fault_at(self.code(), open, open + 1, "this `(` is never closed");
                return Err(finding.help("Write `)` where it ends."));
            }
            if !self.eat(",") {
                let finding = self.fault(self.code(), "`,` or `)` is missing before this");
                return Err(finding.help("A text stands in quotes, a name with `-` or `/` in `['…']`."));
            }
        }
    }

    /// An argument that must be one value.
    fn one_value(&self, argument: Operand) -> Parsed<Operand> {
        match &argument {
            Operand::Query(query) if !query.is_singular() => {
                let message = "this function takes one value, and this path may select several";
                let help =
                    "`count(…)` counts what a path selects, `value(…)` takes the one value that it selects.";
                Err(Diagnostic::error(self.path_code, query.span(), message).help(help))
            }
            operand if operand.is_logical() => Err(Diagnostic::error(
                self.code(),
                operand.span(),
                "this is true or false, and the function takes a value",
            )),
            _ => Ok(argument),
        }
    }

    /// An argument that must be a path.
    fn nodes(&self, argument: Operand, name: &str) -> Parsed<Query> {
        match argument {
            Operand::Query(query) => Ok(query),
            other => Err(Diagnostic::error(
                self.code(),
                other.span(),
                format!("`{name}` takes a path, and this is none"),
            )
            .help(format!("Write `{name}($.status.conditions[*])`."))),
        }
    }

    fn pattern(&self, argument: Operand, whole: bool) -> Parsed<Pattern> {
        match argument {
            Operand::Literal(Literal { value: Value::String(pattern), span, known: true }) => {
                let compiled = Regexp::new(&pattern, whole).map_err(|reason| {
                    let message = format!("this is no regular expression: {reason}");
                    let help = "A sign that means itself has `\\\\` before it: `'a\\\\.b'`. The syntax is that of I-Regexp (RFC 9485).";
                    Diagnostic::error(Code::BadRegex, span, message).help(help)
                })?;
                Ok(Pattern::Fixed(compiled))
            }
            Operand::Literal(literal) if literal.known => Err(Diagnostic::error(
                Code::BadRegex,
                literal.span,
                "a regular expression is a text in quotes",
            )
            .help("Write `match($.metadata.name, 'iris.*')`.")),
            found => Ok(Pattern::Found { operand: self.one_value(found)?, whole }),
        }
    }
}
