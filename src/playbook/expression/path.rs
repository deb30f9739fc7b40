//! Reads JSONPath: RFC 9535 and, in braces, kubectl's dialect of it.
//! It must never know how paths are evaluated.

use super::Grammar;
use super::input::{Embedded, Input};
use super::parser::{Parsed, Parser, is_blank, is_name_char, is_name_first};
use super::query::{Query, Segment, Selector};
use crate::diagnostic::Diagnostic;
use crate::json::Value;
use crate::source::Spanned;

impl Parser<'_> {
    /// A text that is one query.
    pub fn whole_query(&mut self) -> Parsed<Query> {
        self.blank();
        let query = match self.peek() {
            Some('$' | '@') => self.query()?,
            Some('{') => self.braces()?,
            Some(char) if char == '.' || is_name_first(char) => return Err(self.path_without_root()),
            next => {
                let at =
                    next.map_or(self.input.whole(), |next| self.span(self.at, self.at + next.len_utf8()));
                let finding = Diagnostic::error(self.path_code, at, "a path begins with `$`");
                return Err(finding.help("Write `$.status.state`."));
            }
        };
        self.blank();
        if self.at_end() {
            return Ok(query);
        }
        let operator = ["==", "!=", "<", ">", "=", "&&", "||"].iter().any(|operator| self.starts(operator));
        let finding = self.fault(self.path_code, "the path has ended before this");
        Err(finding.help(match operator {
            true => "This takes a path alone, not a condition.",
            false => "This takes a path alone.",
        }))
    }

    /// A query that begins with `$` or `@`, which comes next.
    pub fn query(&mut self) -> Parsed<Query> {
        let from = self.at;
        let relative = self.eat("@") || !self.eat("$");
        if self.peek().is_some_and(is_name_first) {
            let root = if relative { '@' } else { '$' };
            let name = self.run(|char| is_name_char(char) || matches!(char, '.' | '['));
            let finding = self.fault(self.path_code, format!("a dot is missing behind `{root}`"));
            return Err(finding.help(format!("Write `{root}.{name}`.")));
        }
        if !relative && self.starts("{") {
            let finding = self.fault_at(self.path_code, from, self.at + 1, "`${` begins nothing here");
            return Err(finding
                .help("A path begins with `$.`; a name of the playbook is written `${{ vars.name }}`."));
        }
        let segments = self.segments(Vec::new())?;
        Ok(self.made(from, relative, segments))
    }

    /// A query over names, of which the first comes next: `vars.replicas`.
    pub fn names(&mut self) -> Parsed<Query> {
        let from = self.at;
        let root = self.name()?;
        let segments =
            self.segments(vec![Segment { descend: false, selectors: vec![Selector::Name(root)] }])?;
        Ok(self.made(from, false, segments))
    }

    /// kubectl's `{.status.state}`, of which the brace comes next.
    pub fn braces(&mut self) -> Parsed<Query> {
        let from = self.at;
        self.eat("{");
        self.blank();
        if self.starts("range ") || self.starts("end}") {
            let finding =
                self.fault(self.path_code, "`range` and `end` print texts; a condition has no use for them");
            return Err(finding.help("Write one path, such as `$.status.conditions[*].type`."));
        }
        self.kubectl = true;
        let _ = self.eat("$") || self.eat("@");
        let mut first = Vec::new();
        if self.peek().is_some_and(is_kubectl_name) {
            first.push(Segment { descend: false, selectors: vec![Selector::Name(self.name()?)] });
        }
        if self.starts(".}") {
            self.at += 1;
        }
        let segments = self.segments(first)?;
        self.kubectl = false;
        self.blank();
        if !self.eat("}") {
            return Err(match self.at_end() {
                true => self
                    .fault_at(self.path_code, from, from + 1, "this `{` is never closed")
                    .help("Write `}` where it ends."),
                false => self
                    .fault(self.path_code, "`}` is missing before this")
                    .help("The braces enclose the path alone: `{.status.state} == 'Available'`."),
            });
        }
        Ok(self.made(from, false, segments))
    }

    fn made(&self, from: usize, relative: bool, segments: Vec<Segment>) -> Query {
        Query::new(self.input.shown(from, self.at), self.span(from, self.at), relative, segments)
    }

    fn segments(&mut self, mut segments: Vec<Segment>) -> Parsed<Vec<Segment>> {
        loop {
            let before = self.at;
            self.blank();
            if self.eat("..") {
                let selectors = match self.peek() {
                    Some('[') => self.brackets()?,
                    _ => vec![self.behind_dot()?],
                };
                segments.push(Segment { descend: true, selectors });
            } else if self.eat(".") {
                segments.push(Segment { descend: false, selectors: vec![self.behind_dot()?] });
            } else if self.starts("[") {
                segments.push(Segment { descend: false, selectors: self.brackets()? });
            } else {
                self.at = before;
                return Ok(segments);
            }
        }
    }

    fn behind_dot(&mut self) -> Parsed<Selector> {
        if self.eat("*") {
            return Ok(Selector::Wildcard);
        }
        let code = self.path_code;
        match self.peek() {
            None if self.embedded().is_some() => {}
            None => {
                let finding =
                    self.fault_at(code, self.at.saturating_sub(1), self.at, "a name must follow this dot");
                return Err(finding.help("Write one, or leave the dot out."));
            }
            Some('[') => {
                let finding = self.fault_at(code, self.at - 1, self.at, "no dot stands before `[`");
                return Err(finding.help("Leave the dot out."));
            }
            Some(char) if self.kubectl && is_kubectl_name(char) => {}
            Some(char) if is_name_first(char) => {}
            Some(char) if char.is_ascii_digit() => {
                let digits = self.run(is_name_char);
                let help = match digits.bytes().all(|digit| digit.is_ascii_digit()) {
                    true => format!("An index is written `[{digits}]`, a key `['{digits}']`."),
                    false => format!("Write it in brackets: `['{digits}']`."),
                };
                return Err(self.fault(code, "a name behind a dot cannot begin with a digit").help(help));
            }
            Some('\'' | '"') => {
                let finding = self.fault(code, "a quoted name stands in brackets");
                let name = self.rest().chars().skip(1).take_while(|char| !matches!(char, '\'' | '"'));
                let name: String = name.collect();
                return Err(finding.help(format!("Write `['{name}']`, without the dot.")));
            }
            Some(_) => {
                let finding = self.fault(code, "a name must follow the dot");
                return Err(finding.help("Write one, or leave the dot out."));
            }
        }
        self.name().map(Selector::Name)
    }

    /// A name without quotes, which comes next.
    fn name(&mut self) -> Parsed<Spanned<String>> {
        let from = self.at;
        let mut name = String::new();
        loop {
            if let Some(embedded) = self.embedded() {
                if let Embedded::Value(Value::Array(_) | Value::Object(_) | Value::Null) = embedded {
                    let finding = self.fault(
                        self.path_code,
                        "only a text or a number can be a name, and this value is neither",
                    );
                    return Err(finding);
                }
                name.push_str(&Parser::embedded_text(embedded));
                self.at += Input::embedded_length();
                continue;
            }
            match self.peek() {
                Some('\\') if self.kubectl => {
                    self.at += 1;
                    let Some(escaped) = self.peek() else {
                        return Err(self.fault_at(
                            self.path_code,
                            self.at - 1,
                            self.at,
                            "nothing follows this backslash",
                        ));
                    };
                    name.push(escaped);
                    self.at += escaped.len_utf8();
                }
                Some(char) if self.kubectl && is_kubectl_name(char) || is_name_char(char) => {
                    name.push(char);
                    self.at += char.len_utf8();
                }
                Some(char @ ('-' | '/' | '\\' | ':')) => return Err(self.name_with(char, from)),
                _ => return Ok(Spanned::new(name, self.span(from, self.at))),
            }
        }
    }

    /// The finding that a name behind a dot has a character that it cannot have.
    fn name_with(&mut self, char: char, from: usize) -> Diagnostic {
        let finding = self.fault(self.path_code, format!("a name behind a dot has no `{char}`"));
        self.at = from;
        let name = self.run(|char| is_name_char(char) || matches!(char, '-' | '/' | '\\' | ':' | '.'));
        let name = match name.contains(['/', '\\']) {
            true => name.replace('\\', ""),
            // A dot more likely begins the next name.
            false => name.split('.').next().unwrap_or_default().to_owned(),
        };
        let dot = if self.grammar == Grammar::Scope && self.filters == 0 {
            ""
        } else {
            ", without the dot before it"
        };
        // What begins with labels and has a slash is one key with dots in it.
        let before = self.input.text().get(..from).unwrap_or("");
        let maps = ["labels.", "annotations.", "Labels.", "nodeSelector."];
        let key = maps.iter().filter_map(|map| before.rfind(map).map(|at| at + map.len())).max();
        let parts = key.and_then(|at| before.get(at..)).filter(|_| name.contains('/'));
        match parts.filter(|parts| parts.chars().all(|char| is_name_char(char) || matches!(char, '.' | '-')))
        {
            Some(parts) if !parts.is_empty() => finding.help(format!(
                "Write the whole key in brackets, without the dot before it: `['{parts}{name}']`."
            )),
            _ => finding.help(format!("Write the name in brackets: `['{name}']`{dot}.")),
        }
    }

    /// The characters from here on that satisfy, without reading them.
    pub fn run(&self, satisfies: impl Fn(char) -> bool) -> String {
        let mut end = self.at;
        for char in self.rest().chars() {
            if self.input.embedded(end).is_some() || !satisfies(char) {
                break;
            }
            end += char.len_utf8();
        }
        self.input.text().get(self.at..end).unwrap_or("").to_owned()
    }

    /// The finding that a path comes next, but without what it begins with.
    pub fn path_without_root(&self) -> Diagnostic {
        let path = self.run(|char| !is_blank(char) && !"=!<>&|()".contains(char));
        let (root, what) = match (self.filters, self.grammar) {
            (0, _) => ("$", "a path begins with `$`"),
            (_, Grammar::Object) => {
                ("@", "a path begins with `@`, the item that is looked at, or `$`, the object")
            }
            (_, Grammar::Scope) => {
                ("@", "between brackets a path begins with `@`, the item that is looked at, or `$`")
            }
        };
        let dot = if path.starts_with(['.', '[']) { "" } else { "." };
        let finding = self.fault_at(self.path_code, self.at, self.at + path.len(), what);
        finding.help(format!("Write `{root}{dot}{path}`."))
    }
}

/// What a name in kubectl's braces may have: all that client-go does not take for syntax.
fn is_kubectl_name(char: char) -> bool {
    !is_blank(char) && char >= ' ' && !".[]{}()'\"=!<>&|*?@$,\\".contains(char)
}
