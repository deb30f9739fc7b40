//! Reads what stands in brackets: names, indices, slices, `*` and filters.
//! It must never know how paths are evaluated.

use super::input::Embedded;
use super::parser::{Parsed, Parser, is_name_char, is_name_first};
use super::query::Selector;
use crate::diagnostic::Diagnostic;
use crate::json::Value;
use crate::source::Spanned;

/// Indices beyond this are not exact in JSON (RFC 9535, section 2.1).
const LARGEST_INDEX: i64 = (1 << 53) - 1;

impl Parser<'_> {
    /// What stands in brackets, of which the first comes next.
    pub fn brackets(&mut self) -> Parsed<Vec<Selector>> {
        self.deeper(|parser| {
            let open = parser.at;
            let never_closed = |parser: &Parser<'_>| {
                let finding = parser.fault_at(parser.path_code, open, open + 1, "this `[` is never closed");
                Err(finding.help("Write `]` where it ends."))
            };
            parser.at += 1;
            let mut selectors = Vec::new();
            loop {
                parser.blank();
                if parser.at_end() {
                    return never_closed(parser);
                }
                selectors.push(parser.selector()?);
                parser.blank();
                if parser.eat("]") {
                    return Ok(selectors);
                }
                if parser.at_end() {
                    return never_closed(parser);
                }
                if !parser.eat(",") {
                    let filter = matches!(selectors.last(), Some(Selector::Filter(_)));
                    return Err(parser.unexpected_in_brackets(filter));
                }
            }
        })
    }

    fn unexpected_in_brackets(&self, filter: bool) -> Diagnostic {
        if let Some(finding) = self.misread_operator() {
            return Diagnostic { code: self.path_code, ..finding };
        }
        match filter {
            true => self.trailing(self.path_code),
            false => self.fault(self.path_code, "`]` or `,` is missing before this"),
        }
    }

    fn selector(&mut self) -> Parsed<Selector> {
        let code = self.path_code;
        if let Some(embedded) = self.embedded() {
            let literal = self.embedded_literal(embedded);
            return match literal.value {
                Value::String(name) => Ok(Selector::Name(Spanned::new(name.into(), literal.span))),
                Value::Number(number) => match number.as_i64().filter(|index| index.abs() <= LARGEST_INDEX) {
                    Some(index) => Ok(Selector::Index(index)),
                    None => Err(Diagnostic::error(code, literal.span, "an index is a whole number")),
                },
                _ if embedded == Embedded::Unknown => Ok(Selector::Wildcard),
                _ => Err(Diagnostic::error(
                    code,
                    literal.span,
                    "only a text or a number can stand in brackets",
                )),
            };
        }
        match self.peek() {
            Some('\'' | '"') => self.quoted_name().map(Selector::Name),
            Some('*') => {
                self.at += 1;
                Ok(Selector::Wildcard)
            }
            Some('?') => {
                self.at += 1;
                self.filters += 1;
                let logic = self.filter();
                self.filters -= 1;
                logic.map(Selector::Filter)
            }
            Some(char) if char == '-' || char == ':' || char.is_ascii_digit() => self.index_or_slice(),
            Some(']') => Err(self
                .fault(code, "nothing stands between these brackets")
                .help("Write `[*]` for every item.")),
            Some('(') => Err(self.fault(code, "a filter begins with `?`").help("Write `[?(…)]` or `[?…]`.")),
            Some('@' | '$' | '!') => Err(self
                .fault(code, "a filter begins with `?`")
                .help("Write `?` before it: `[?@.type == 'Ready']`.")),
            Some(char) if is_name_first(char) => {
                let name = self.run(|char| is_name_char(char) || matches!(char, '-' | '.' | '/'));
                let behind = self.rest().get(name.len()..).unwrap_or("").trim_start();
                if behind.starts_with(['=', '!', '<', '>']) {
                    let finding = self.fault(code, "a filter begins with `?`");
                    return Err(finding.help(format!("Write `[?@.{name} == 'x']`.")));
                }
                let finding =
                    self.fault_at(code, self.at, self.at + name.len(), "a name in brackets is quoted");
                Err(finding.help(format!("Write `['{name}']`.")))
            }
            _ => Err(self
                .fault(code, "this cannot stand in brackets")
                .help("A name is quoted, a filter begins with `?`.")),
        }
    }

    fn quoted_name(&mut self) -> Parsed<Spanned<String>> {
        let from = self.at;
        let name = self.string()?;
        let raw = self.input.text().get(from..self.at).unwrap_or("");
        let mut escaped = false;
        let dot = raw.char_indices().find(|&(_, char)| {
            let found = char == '.' && !escaped;
            escaped = char == '\\' && !escaped;
            found
        });
        if let Some((at, _)) = dot.filter(|_| self.kubectl) {
            let at = from + at;
            let finding = self.fault_at(
                self.path_code,
                at,
                at + 1,
                "kubectl reads this name as several, one inside the other",
            );
            let help = format!("Write `['{}']` for one name with dots.", name.value.replace('.', "\\."));
            return Err(finding.help(help));
        }
        Ok(name)
    }

    fn index_or_slice(&mut self) -> Parsed<Selector> {
        let mut numbers = [None; 3];
        let mut count = 0;
        loop {
            self.blank();
            if self.peek().is_some_and(|char| char == '-' || char.is_ascii_digit()) {
                numbers[count] = Some(self.whole_number()?);
            }
            let behind = self.at;
            self.blank();
            if count < 2 && self.eat(":") {
                count += 1;
                continue;
            }
            self.at = behind;
            return Ok(match (count, numbers[0]) {
                (0, Some(index)) => Selector::Index(index),
                _ => Selector::Slice(numbers[0], numbers[1], numbers[2]),
            });
        }
    }

    fn whole_number(&mut self) -> Parsed<i64> {
        let from = self.at;
        self.eat("-");
        self.digits();
        let written = self.input.text().get(from..self.at).unwrap_or("").to_owned();
        let digits = written.trim_start_matches('-');
        let zeros = digits.len() > 1 && digits.starts_with('0') || written == "-0";
        let number = written.parse::<i64>().ok().filter(|number| number.abs() <= LARGEST_INDEX && !zeros);
        number.ok_or_else(|| {
            let plain = digits.trim_start_matches('0');
            let help = match plain.is_empty() || plain.len() > 15 {
                true => "An index is a whole number from 0; `-1` is the last item.".to_owned(),
                false => format!("Write `{plain}`."),
            };
            self.fault_at(self.path_code, from, self.at, format!("`{written}` is no index")).help(help)
        })
    }
}
