//! Findings for what people write in place of the language: other languages' operators, words without quotes, paths without `$`.
//! It must never accept anything.

use super::Grammar;
use super::parser::{Parser, is_blank, is_name_char, is_name_first};
use crate::diagnostic::{Code, Diagnostic};

const NO_ARITHMETIC: &str = "Write the number itself, or compare two paths.";
const JOIN: &str = "Operators are `==`, `!=`, `<`, `<=`, `>`, `>=`, `&&`, `||` and `!`.";

impl Parser<'_> {
    /// An operator of another language, where one may stand.
    pub fn misread_operator(&self) -> Option<Diagnostic> {
        let right = [
            ("= =", "==", "`==` is written without a blank"),
            ("! =", "!=", "`!=` is written without a blank"),
            ("> =", ">=", "`>=` is written without a blank"),
            ("< =", "<=", "`<=` is written without a blank"),
            ("= >", ">=", "greater or equal is written `>=`"),
            ("= <", "<=", "less or equal is written `<=`"),
            ("===", "==", "equality is written `==`"),
            ("!==", "!=", "inequality is written `!=`"),
            ("=~", "match($.name, 'a.*')", "a regular expression is tried with `match` or `search`"),
            ("=>", ">=", "greater or equal is written `>=`"),
            ("=<", "<=", "less or equal is written `<=`"),
            ("<>", "!=", "inequality is written `!=`"),
        ];
        if let Some((wrong, right, message)) = right.iter().find(|(wrong, ..)| self.starts(wrong)) {
            let finding = self.fault_at(self.code(), self.at, self.at + wrong.len(), *message);
            return Some(finding.help(format!("Use `{right}`.")));
        }
        if self.starts("=") && !self.starts("==") {
            return Some(self.fault(self.code(), "equality is written `==`").help("Use `==`."));
        }
        let word = self.run(is_name_char);
        let (message, help) = match word.as_str() {
            "is" | "eq" | "equals" => ("equality is written `==`", "Use `==`."),
            "ne" => ("inequality is written `!=`", "Use `!=`."),
            "gt" | "ge" | "lt" | "le" => ("order is written `<`, `<=`, `>` or `>=`", "Use the sign."),
            "in" => ("there is no `in`", "Write `$.a == 'x' || $.a == 'y'`, or `match($.a, 'x|y')`."),
            "contains" => (
                "there is no `contains`",
                "Write `search($.a, 'x')` for a text, `$.list[?@ == 'x']` for a list.",
            ),
            "matches" | "like" => {
                ("a regular expression is tried with `match` or `search`", "Write `match($.a, 'x.*')`.")
            }
            _ => return None,
        };
        Some(self.fault_at(self.code(), self.at, self.at + word.len(), message).help(help))
    }

    /// A word of another language, where a value may stand.
    pub fn misread_word(&self, word: &str) -> Option<Diagnostic> {
        let behind = self.input.rest(self.at + word.len());
        let compared = behind.trim_start_matches(is_blank).starts_with(['=', '!', '<', '>']);
        let (message, help) = match word {
            "not" | "NOT" if behind.starts_with([' ', '(']) => ("negation is written `!`", "Use `!(…)`."),
            "and" | "AND" | "or" | "OR" if !compared => {
                ("a value is missing before this word", "`&&` and `||` join two comparisons.")
            }
            "True" | "TRUE" => ("the boolean is written `true`", "Use `true`; the text is written `'True'`."),
            "False" | "FALSE" => {
                ("the boolean is written `false`", "Use `false`; the text is written `'False'`.")
            }
            "None" | "nil" | "NULL" | "Null" => ("nothing is written `null`", "Use `null`."),
            _ => return None,
        };
        let plain = !behind.starts_with(['.', '[']);
        plain.then(|| self.fault_at(self.code(), self.at, self.at + word.len(), message).help(help))
    }

    /// A word that is no value: a text without quotes, or a path without `$`.
    pub fn bare_word(&self, word: &str) -> Diagnostic {
        let end = self.at + word.len();
        if self.input.rest(end).starts_with(['.', '[']) {
            return self.path_without_root();
        }
        let text = self.run(|char| is_name_char(char) || matches!(char, '-' | '/' | ':'));
        let behind = self.input.rest(self.at + text.len()).trim_start_matches(is_blank);
        let root = if self.filters > 0 { '@' } else { '$' };
        let finding =
            self.fault_at(self.code(), self.at, self.at + text.len(), format!("`{text}` is no value"));
        if matches!(text.as_str(), "ready" | "scaled" | "exists" | "absent") {
            let help =
                format!("A named condition stands beside others in a list: `[{text}, …]`, or in an `any`.");
            return finding.help(help);
        }
        match behind.starts_with(['=', '!', '<', '>']) {
            true => finding.help(format!("A field is written `{root}.{text}`, a text `'{text}'`.")),
            false => finding.help(format!("Quote a text: `'{text}'`.")),
        }
    }

    /// Nothing that a value could begin with.
    pub fn no_operand(&self) -> Diagnostic {
        let code = self.code();
        if self.at_end() {
            let text = self.input.text().trim_end();
            let from = text.char_indices().next_back().map_or(0, |(at, _)| at);
            return self
                .fault_at(code, from, text.len(), "a value is missing behind this")
                .help("Write a text in quotes, a number, `true`, `false`, `null` or a path.");
        }
        if ["==", "!=", "<", ">", "=", "&&", "||", "&", "|"].iter().any(|operator| self.starts(operator)) {
            return self
                .fault(code, "a value is missing before this")
                .help("Write a path such as `$.status.state`, or what it is compared with.");
        }
        match self.peek() {
            Some('`') => self.fault(code, "a text is quoted with `'` or `\"`").help("Use `'…'`."),
            Some(')' | ']' | '}') => self
                .fault(code, "a value is missing before this")
                .help("Write one, or leave this and what it closes out."),
            Some('{') if self.grammar == Grammar::Scope => {
                self.fault(code, "a name is written as it is").help("Write `vars.name`, without braces.")
            }
            Some('+' | '*' | '/' | '%') => self.fault(code, "there is no arithmetic").help(NO_ARITHMETIC),
            Some('“' | '”' | '‘' | '’') => {
                self.fault(code, "this is a typographic quote").help("Use `'` or `\"`.")
            }
            Some('?') => self
                .fault(code, "`?` begins a filter, and filters stand in brackets")
                .help("Write `$.items[?@.name == 'x']`."),
            _ => self
                .fault(code, "no value begins like this")
                .help("A path begins with `$`, a text stands in quotes."),
        }
    }

    /// What comes next belongs to nothing that was read.
    pub fn trailing(&self, code: Code) -> Diagnostic {
        let word = self.run(is_name_char);
        let finding = |width: usize, message: &str| self.fault_at(code, self.at, self.at + width, message);
        match word.as_str() {
            "and" | "AND" => return finding(word.len(), "conditions are joined with `&&`").help("Use `&&`."),
            "or" | "OR" => return finding(word.len(), "conditions are joined with `||`").help("Use `||`."),
            "not" | "NOT" => return finding(word.len(), "negation is written `!`").help("Use `!(…)`."),
            _ => {}
        }
        match self.peek() {
            Some('&') => finding(1, "conditions are joined with `&&`").help("Use `&&`."),
            Some('|') => finding(1, "conditions are joined with `||`").help("Use `||`."),
            Some(char @ (')' | ']' | '}')) => {
                finding(1, &format!("this `{char}` closes nothing")).help("Leave it out.")
            }
            Some('+' | '*' | '/' | '%' | '-') => finding(1, "there is no arithmetic").help(NO_ARITHMETIC),
            Some('?') => finding(1, "`?` begins a filter, and filters stand in brackets")
                .help("Write `[?@.name == 'x']`."),
            Some(char) if is_name_first(char) && self.input.text()[..self.at].ends_with(']') => {
                finding(char.len_utf8(), "a dot is missing before this").help(format!("Write `.{word}`."))
            }
            Some(',') => finding(1, "`,` separates nothing here").help("Join conditions with `&&` or `||`."),
            Some('!') => finding(1, "`&&` or `||` is missing before this").help(JOIN),
            Some(char) if is_name_first(char) || char.is_ascii_digit() || "$@'\"{(".contains(char) => {
                finding(char.len_utf8(), "`&&`, `||` or a comparison is missing before this").help(JOIN)
            }
            None if !self.at_end() => {
                finding(1, "`&&`, `||` or a comparison is missing before this").help(JOIN)
            }
            _ => finding(self.peek().map_or(0, char::len_utf8), "this cannot stand here").help(JOIN),
        }
    }
}
