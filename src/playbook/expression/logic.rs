//! Reads logic: `&&`, `||`, `!`, parentheses, comparisons and functions, outside of brackets by the language's rules, inside by
//! those of RFC 9535. It must never know how it is judged.

use super::Grammar;
use super::ast::{Comparison, Literal, Logic, Operand};
use super::compare::Operator;
use super::function::FUNCTIONS;
use super::parser::{Parsed, Parser, is_blank, is_name_char, is_name_first};
use crate::diagnostic::Diagnostic;
use crate::json::Value;

impl Parser<'_> {
    /// A text that is one expression.
    pub fn whole_expression(&mut self) -> Parsed<Logic> {
        self.blank();
        if self.at_end() {
            let help = match self.grammar {
                Grammar::Object => "Write a condition: `$.status.state == 'Available'`.",
                Grammar::Scope => "Write an expression: `vars.name`.",
            };
            return Err(
                Diagnostic::error(self.logic_code, self.input.whole(), "nothing stands here").help(help)
            );
        }
        let logic = self.or()?;
        self.blank();
        if !self.at_end() {
            return Err(self.trailing(self.code()));
        }
        // Alone over names anything is a value; elsewhere it must be true or false.
        if !matches!((self.grammar, &logic), (Grammar::Scope, Logic::Test(_))) {
            self.sound(&logic)?;
        }
        Ok(logic)
    }

    /// What follows `?` in brackets.
    pub fn filter(&mut self) -> Parsed<Logic> {
        self.blank();
        let logic = self.or()?;
        self.sound(&logic)?;
        Ok(logic)
    }

    fn or(&mut self) -> Parsed<Logic> {
        self.deeper(|parser| {
            parser.joined("||", Logic::Or, |parser| parser.joined("&&", Logic::And, Parser::unary))
        })
    }

    fn joined(
        &mut self,
        operator: &str,
        join: fn(Vec<Logic>) -> Logic,
        mut part: impl FnMut(&mut Self) -> Parsed<Logic>,
    ) -> Parsed<Logic> {
        let first = part(self)?;
        let mut parts = vec![first];
        loop {
            let before = self.at;
            self.blank();
            if !self.eat(operator) {
                self.at = before;
                break;
            }
            self.blank();
            parts.push(part(self)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { join(parts) })
    }

    fn unary(&mut self) -> Parsed<Logic> {
        self.blank();
        let from = self.at;
        if self.eat("!") {
            if self.starts("=") {
                self.at = from;
                let finding = self.fault(self.code(), "a value is missing before `!=`");
                return Err(finding.help("Write a path such as `$.status.state`."));
            }
            let inner = self.deeper(Parser::unary)?;
            if matches!(inner, Logic::Compare(_)) && !self.negates_parentheses(from) {
                let compared = self.input.shown(from + 1, self.at);
                let finding = self.fault_at(
                    self.code(),
                    from,
                    from + 1,
                    "`!` binds tighter than the comparison behind it",
                );
                return Err(finding.help(format!("Write `!({})`.", compared.trim())));
            }
            return Ok(Logic::Not(Box::new(inner)));
        }
        if !self.starts("(") {
            return self.comparison();
        }
        self.at += 1;
        let inner = self.or()?;
        self.blank();
        if !self.eat(")") {
            if self.at_end() || self.filters > 0 && self.starts("]") {
                let finding = self.fault_at(self.code(), from, from + 1, "this `(` is never closed");
                return Err(finding.help("Write `)` where it ends."));
            }
            return Err(self.trailing(self.code()));
        }
        let behind = self.at;
        self.blank();
        if let Some(operator) = self.operator()? {
            let message =
                format!("`{}` compares values, and parentheses enclose a condition", operator.as_str());
            let end = self.at;
            return Err(self
                .fault_at(self.code(), end - operator.as_str().len(), end, message)
                .help("Leave the parentheses out."));
        }
        self.at = behind;
        Ok(inner)
    }

    /// Whether what `!` at this place applies to begins with parentheses.
    fn negates_parentheses(&self, from: usize) -> bool {
        self.input.rest(from).trim_start_matches(|char| char == '!' || is_blank(char)).starts_with('(')
    }

    fn comparison(&mut self) -> Parsed<Logic> {
        let from = self.at;
        let left = self.operand()?;
        let behind = self.at;
        self.blank();
        let Some(operator) = self.operator()? else {
            self.at = behind;
            return Ok(Logic::Test(left));
        };
        self.blank();
        if self.starts("(") || self.starts("!") {
            let finding = self.fault(self.code(), format!("a value must follow `{}`", operator.as_str()));
            return Err(finding.help("Conditions compare values; they are joined with `&&` and `||`."));
        }
        let right = self.operand()?;
        let span = self.span(from, self.at);
        self.comparable(&left)?;
        self.comparable(&right)?;
        let behind = self.at;
        self.blank();
        let begin = self.at;
        if self.operator()?.is_some() {
            let finding = self.fault_at(self.code(), begin, self.at, "comparisons cannot be chained");
            return Err(finding.help("Join two of them with `&&`: `1 <= $.a && $.a <= 3`."));
        }
        self.at = behind;
        Ok(Logic::Compare(Box::new(Comparison::new(left, operator, right, span))))
    }

    /// Refuses what has no value that could be compared.
    fn comparable(&self, operand: &Operand) -> Parsed<()> {
        match operand {
            Operand::Call(call) if operand.is_logical() => {
                let message = "this is true or false by itself and compares with nothing";
                Err(Diagnostic::error(self.code(), call.span, message)
                    .help("Leave the comparison out, or write `!` before it."))
            }
            Operand::Query(query) if self.filters > 0 && !query.is_singular() => {
                let message =
                    "between brackets a comparison takes a path to one value, and this may select several";
                let help = "Test that there is one: `[?@.items[?@.name == 'x']]`; or count them: `count(@.items[*]) == 1`.";
                Err(Diagnostic::error(self.path_code, query.span(), message).help(help))
            }
            _ => Ok(()),
        }
    }

    /// Refuses tests of what is neither true nor false.
    fn sound(&self, logic: &Logic) -> Parsed<()> {
        match logic {
            Logic::Or(parts) | Logic::And(parts) => parts.iter().try_for_each(|part| self.sound(part)),
            Logic::Not(part) => self.sound(part),
            Logic::Compare(_) | Logic::Test(Operand::Query(_)) => Ok(()),
            Logic::Test(Operand::Literal(literal)) if self.filters == 0 && literal.may_be_boolean() => Ok(()),
            Logic::Test(operand) if operand.is_logical() => Ok(()),
            Logic::Test(operand) => {
                let message = "this is a value, and nothing says what it must be";
                Err(Diagnostic::error(self.code(), operand.span(), message).help("Compare it: `… == 1`."))
            }
        }
    }

    /// What stands on a side of a comparison, or alone.
    pub fn operand(&mut self) -> Parsed<Operand> {
        if let Some(embedded) = self.embedded() {
            return Ok(Operand::Literal(self.embedded_literal(embedded)));
        }
        match self.peek() {
            Some('\'' | '"') => {
                let text = self.string()?;
                Ok(Operand::Literal(Literal::new(text.value.into(), text.span)))
            }
            Some(char) if char == '-' || char.is_ascii_digit() => self.number().map(Operand::Literal),
            Some('$' | '@') => self.query().map(Operand::Query),
            Some('{') if self.grammar == Grammar::Object && self.filters == 0 => {
                self.braces().map(Operand::Query)
            }
            Some('.' | '[') => Err(self.path_without_root()),
            Some('“' | '”' | '‘' | '’') => Err(self.no_operand()),
            Some(char) if is_name_first(char) => self.word(),
            _ => Err(self.no_operand()),
        }
    }

    /// What begins with a letter: a function, `true`, `false`, `null`, a name of the scope.
    fn word(&mut self) -> Parsed<Operand> {
        let from = self.at;
        let word = self.run(is_name_char);
        let end = from + word.len();
        let behind = self.input.rest(end);
        if behind.starts_with('(') {
            return self.call(&word).map(|call| Operand::Call(Box::new(call)));
        }
        if FUNCTIONS.contains(&word.as_str()) && behind.trim_start_matches(is_blank).starts_with('(') {
            let finding = self.fault_at(
                self.code(),
                end,
                end + 1,
                format!("the parenthesis of `{word}` follows it at once"),
            );
            return Err(finding.help("Leave the blank out."));
        }
        let value = match word.as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" => Some(Value::Null),
            _ => None,
        };
        let whole = !behind.starts_with(['.', '[']) && self.input.embedded(end).is_none();
        if let Some(value) = value.filter(|_| whole) {
            self.at = end;
            return Ok(Operand::Literal(Literal::new(value, self.span(from, end))));
        }
        if let Some(finding) = self.misread_word(&word) {
            return Err(finding);
        }
        match self.grammar {
            Grammar::Scope if self.filters == 0 => self.names().map(Operand::Query),
            _ => Err(self.bare_word(&word)),
        }
    }

    /// The operator that comes next, if one does.
    fn operator(&mut self) -> Parsed<Option<Operator>> {
        if let Some(finding) = self.misread_operator() {
            return Err(finding);
        }
        let operators = [
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        Ok(operators.into_iter().find(|(text, _)| self.eat(text)).map(|(_, operator)| operator))
    }
}
