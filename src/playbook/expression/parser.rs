//! What the parsers of logic and of paths share: a place in the input, literals, and findings at the very character.
//! It must never know how expressions are judged.

use super::Grammar;
use super::ast::Literal;
use super::input::{Embedded, Input};
use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Number, Value};
use crate::source::{Span, Spanned};

/// How deep parentheses, brackets and `!` may nest.
const DEEPEST: usize = 64;

/// A part that was read, or the finding that says why it could not be.
pub(super) type Parsed<T> = Result<T, Diagnostic>;

/// Reads one expression.
pub(super) struct Parser<'t> {
    pub input: Input<'t>,
    /// The offset of what comes next.
    pub at: usize,
    pub grammar: Grammar,
    /// How many filters enclose this place.
    pub filters: usize,
    /// Inside kubectl's braces.
    pub kubectl: bool,
    /// The code of a finding in the logic.
    pub logic_code: Code,
    /// The code of a finding in a path.
    pub path_code: Code,
    depth: usize,
}

impl<'t> Parser<'t> {
    pub fn for_query(input: Input<'t>) -> Parser<'t> {
        let parser = Parser::for_expression(input, Grammar::Object);
        Parser { logic_code: Code::BadJsonpath, ..parser }
    }

    pub fn for_expression(input: Input<'t>, grammar: Grammar) -> Parser<'t> {
        let (logic_code, path_code) = match grammar {
            Grammar::Object => (Code::BadCondition, Code::BadJsonpath),
            Grammar::Scope => (Code::BadExpression, Code::BadExpression),
        };
        Parser { input, at: 0, grammar, filters: 0, kubectl: false, logic_code, path_code, depth: 0 }
    }

    /// The next character; none at the end and where a value is embedded.
    pub fn peek(&self) -> Option<char> {
        if self.embedded().is_some() { None } else { self.rest().chars().next() }
    }

    /// What is still to be read.
    pub fn rest(&self) -> &str {
        self.input.rest(self.at)
    }

    pub fn at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub fn starts(&self, text: &str) -> bool {
        self.embedded().is_none() && self.rest().starts_with(text)
    }

    pub fn eat(&mut self, text: &str) -> bool {
        let there = self.starts(text);
        if there {
            self.at += text.len();
        }
        there
    }

    pub fn blank(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    pub fn embedded(&self) -> Option<Embedded<'t>> {
        self.input.embedded(self.at)
    }

    pub fn span(&self, from: usize, to: usize) -> Span {
        self.input.span(from, to)
    }

    /// The finding that something from here on is wrong; it points at the next character.
    pub fn fault(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        let width = self.rest().chars().next().map_or(0, char::len_utf8);
        self.fault_at(code, self.at, self.at + width, message)
    }

    pub fn fault_at(&self, code: Code, from: usize, to: usize, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.span(from, to), message)
    }

    /// The code of a finding here: inside brackets a path is at fault.
    pub fn code(&self) -> Code {
        if self.filters > 0 { self.path_code } else { self.logic_code }
    }

    /// Reads something that is one level deeper.
    pub fn deeper<T>(&mut self, read: impl FnOnce(&mut Parser<'t>) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEEPEST {
            return Err(self.fault(self.code(), format!("this is nested more than {DEEPEST} levels deep")));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// An embedded value as text: what stands inside quotes and in names.
    pub fn embedded_text(embedded: Embedded<'_>) -> String {
        match embedded {
            Embedded::Value(Value::String(text)) => text.as_str().to_owned(),
            Embedded::Value(value) => value.to_string(),
            Embedded::Unknown => String::new(),
        }
    }

    /// An embedded value as a literal.
    pub fn embedded_literal(&mut self, embedded: Embedded<'t>) -> Literal {
        let from = self.at;
        self.at += Input::embedded_length();
        let span = self.span(from, self.at);
        match embedded {
            Embedded::Value(value) => Literal::new(value.clone(), span),
            Embedded::Unknown => Literal { value: Value::Null, span, known: false },
        }
    }

    /// A quoted text (RFC 9535, section 2.3.1.1), the next character being its quote.
    pub fn string(&mut self) -> Parsed<Spanned<String>> {
        let from = self.at;
        let quote = self.peek().unwrap_or('\'');
        self.at += quote.len_utf8();
        let mut text = String::new();
        loop {
            if let Some(embedded) = self.embedded() {
                text.push_str(&Parser::embedded_text(embedded));
                self.at += Input::embedded_length();
                continue;
            }
            match self.peek() {
                None => {
                    let finding = self.fault_at(self.code(), from, from + 1, "this quote is never closed");
                    return Err(finding.help(format!("Write `{quote}` where the text ends.")));
                }
                Some(char) if char == quote => {
                    self.at += 1;
                    return Ok(Spanned::new(text, self.span(from, self.at)));
                }
                Some('\\') => text.push(self.escape(quote)?),
                Some(char) if char < ' ' => {
                    let message = "line breaks and other control characters cannot stand inside quotes";
                    return Err(self.fault(self.code(), message).help("Write `\\n` for a line break."));
                }
                Some(char) => {
                    text.push(char);
                    self.at += char.len_utf8();
                }
            }
        }
    }

    fn escape(&mut self, quote: char) -> Parsed<char> {
        let from = self.at;
        self.at += 1;
        let next = self.peek();
        self.at += next.map_or(0, char::len_utf8);
        let char = match next {
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some(char @ ('/' | '\\')) => Some(char),
            Some(char) if char == quote || self.kubectl && char == '.' => Some(char),
            Some('u') => self.unicode(),
            _ => None,
        };
        char.ok_or_else(|| {
            let written = self.input.shown(from, self.at);
            let finding = self.fault_at(self.code(), from, self.at, format!("`{written}` is no escape"));
            finding.help("Write `\\\\` for a backslash; in a regular expression too: `'a\\\\.b'`.")
        })
    }

    fn unicode(&mut self) -> Option<char> {
        let high = self.hex()?;
        if (0xD800..0xDC00).contains(&high) && self.eat("\\u") {
            let low = self.hex().filter(|low| (0xDC00..0xE000).contains(low))?;
            return char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
        }
        char::from_u32(high)
    }

    fn hex(&mut self) -> Option<u32> {
        let digits =
            self.rest().get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        let code = u32::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(code)
    }

    /// A number as in JSON, the next character being a digit or `-`.
    pub fn number(&mut self) -> Parsed<Literal> {
        let from = self.at;
        self.eat("-");
        let digits = self.digits();
        if digits == 0 {
            return Err(self
                .fault_at(self.code(), from, self.at, "a number must follow `-`")
                .help("There is no arithmetic."));
        }
        if self.peek() == Some('.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.fault(self.code(), "a digit must follow the dot"));
            }
        }
        if self.peek().is_some_and(|char| matches!(char, 'e' | 'E')) {
            let before = self.at;
            self.at += 1;
            let _ = self.eat("+") || self.eat("-");
            if self.digits() == 0 {
                self.at = before;
            }
        }
        let written = self.input.text().get(from..self.at).unwrap_or("").to_owned();
        if self.peek().is_some_and(|char| is_name_char(char) || char == '.') || self.embedded().is_some() {
            while self.peek().is_some_and(|char| is_name_char(char) || matches!(char, '.' | '-')) {
                self.at += self.peek().map_or(0, char::len_utf8);
            }
            let written = self.input.shown(from, self.at.max(from + written.len()));
            let finding = self.fault_at(self.code(), from, self.at, format!("`{written}` is no number"));
            return Err(finding.help(format!("Texts and quantities are quoted: `'{written}'`.")));
        }
        match serde_json::from_str::<Number>(&written) {
            Ok(number) => Ok(Literal::new(Value::Number(number), self.span(from, self.at))),
            Err(_) => {
                let plain = written.trim_start_matches('-').trim_start_matches('0');
                let help = format!(
                    "Write it without leading zeros: `{}`.",
                    if plain.is_empty() { "0" } else { plain }
                );
                let finding = self.fault_at(self.code(), from, self.at, format!("`{written}` is no number"));
                let zeros = written.trim_start_matches('-').starts_with('0');
                Err(finding.maybe_help(Some(help).filter(|_| zeros)))
            }
        }
    }

    pub fn digits(&mut self) -> usize {
        let from = self.at;
        while self.peek().is_some_and(|char| char.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - from
    }
}

/// Blanks of RFC 9535.
pub(super) fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r')
}

/// What a name behind a dot may begin with (RFC 9535, section 2.5.1.1).
pub(super) fn is_name_first(char: char) -> bool {
    char.is_ascii_alphabetic() || char == '_' || char >= '\u{80}'
}

/// What a name behind a dot may go on with.
pub(super) fn is_name_char(char: char) -> bool {
    is_name_first(char) || char.is_ascii_digit()
}
