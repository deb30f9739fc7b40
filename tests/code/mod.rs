//! Rust source as tokens, without comments and the contents of literals: enough to find every path in it.
//! It must never know the rooms.

/// A word or a sign of the source.
#[derive(Debug)]
pub struct Token {
    /// The word, or one character.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
    /// Whether it belongs to tests.
    pub test: bool,
    /// How many modules are open around it inside the file.
    inner: usize,
}

/// A path as it is written, groups taken apart: `use a::{b, c::d}` is `a::b` and `a::c::d`.
#[derive(Debug, PartialEq)]
pub struct PathInCode {
    /// Its names.
    pub segments: Vec<String>,
    /// Its line, from 1.
    pub line: usize,
    /// Whether it belongs to tests.
    pub test: bool,
    inner: usize,
}

/// A source file.
pub struct Source {
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// How deep its module is: 1 for a file right under the library's root.
    depth: usize,
}

impl Source {
    /// Reads a file of a path such as `src/plan/check.rs`.
    pub fn read(file: &str, text: &str) -> Source {
        let inside = file.strip_prefix("src/").unwrap_or(file).trim_end_matches(".rs");
        let module: Vec<&str> = match inside {
            "lib" | "main" => Vec::new(),
            _ => inside.trim_end_matches("/mod").split('/').collect(),
        };
        let test = inside.split('/').any(|part| part == "tests");
        let mut tokens = words(text, test);
        mark(&mut tokens);
        Source { tokens, depth: module.len() }
    }

    /// The text of a token, or nothing beyond the ends.
    pub fn text(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| token.text.as_str())
    }

    /// Every path of two names and more.
    pub fn paths(&self) -> Vec<PathInCode> {
        let mut paths = Vec::new();
        let mut index = 0;
        while index < self.tokens.len() {
            // A word behind `::` belongs to the path before it, unless nothing is before it, as in `::std::fs`.
            let before = self.text(index.wrapping_sub(3));
            let continues = index >= 3 && self.is_join(index - 2) && (is_word(before) || before == ">");
            if is_word(self.text(index)) && self.is_join(index + 1) && !continues {
                let mut cursor = index;
                self.path(&mut cursor, &mut Vec::new(), &mut paths);
                index = cursor.max(index + 1);
            } else {
                index += 1;
            }
        }
        paths
    }

    /// The rooms that the file names, each with its line: by `crate::`, by the crate's own name, or by `super`s that leave its own.
    pub fn crate_paths(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for path in self.paths() {
            let supers = path.segments.iter().take_while(|name| *name == "super").count();
            // `super` from a module inside the file leads to the file's own first.
            let above = supers.saturating_sub(path.inner);
            let other = match path.segments.first().map(String::as_str) {
                Some("crate" | "seldonplay") => path.segments.get(1),
                Some("super") if above >= self.depth && self.depth > 0 => path.segments.get(supers),
                _ => continue,
            };
            // A path that ends at the root takes the whole crate.
            let other = other.filter(|name| *name != "self").map_or("*", String::as_str);
            found.push((path.line, other.to_owned()));
        }
        let whole = self.tokens.iter().enumerate().filter(|(index, token)| {
            let visibility = self.text(index.wrapping_sub(1)) == "(" && self.text(index + 1) == ")";
            token.text == "crate" && !self.is_join(index + 1) && !visibility
        });
        found.extend(whole.map(|(_, token)| (token.line, "*".to_owned())));
        found
    }

    fn is_join(&self, index: usize) -> bool {
        self.text(index) == ":" && self.text(index + 1) == ":"
    }

    fn path(&self, cursor: &mut usize, before: &mut Vec<String>, paths: &mut Vec<PathInCode>) {
        let start = before.len();
        while let Some(token) = self.tokens.get(*cursor) {
            let ends = |before: &[String]| PathInCode {
                segments: before.to_vec(),
                line: token.line,
                test: token.test,
                inner: token.inner,
            };
            match token.text.as_str() {
                "{" => {
                    *cursor += 1;
                    while !matches!(self.text(*cursor), "}" | "") {
                        if self.text(*cursor) == "as" {
                            *cursor += 2;
                        } else if is_word(self.text(*cursor)) || self.text(*cursor) == "*" {
                            self.path(cursor, before, paths);
                        } else {
                            *cursor += 1;
                        }
                    }
                    *cursor += 1;
                    break;
                }
                "*" => {
                    before.push("*".into());
                    paths.push(ends(before));
                    *cursor += 1;
                    break;
                }
                word if is_word(word) => {
                    before.push(word.to_owned());
                    *cursor += 1;
                    if self.is_join(*cursor) {
                        *cursor += 2;
                        continue;
                    }
                    paths.push(ends(before));
                    break;
                }
                // `::<T>`: what is between the brackets is looked at by itself.
                _ => {
                    paths.push(ends(before));
                    break;
                }
            }
        }
        before.truncate(start);
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The words and signs of a text; comments and the contents of literals are left out.
fn words(text: &str, test: bool) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    let next = |at: usize, ahead: usize| chars.get(at + ahead).copied().unwrap_or('\0');
    while at < chars.len() {
        let begin = at;
        let char = chars[at];
        match char {
            '/' if next(at, 1) == '/' => {
                while at < chars.len() && chars[at] != '\n' {
                    at += 1;
                }
            }
            '/' if next(at, 1) == '*' => {
                let mut depth = 0;
                while at < chars.len() {
                    match (chars[at], next(at, 1)) {
                        ('/', '*') => (depth, at) = (depth + 1, at + 1),
                        ('*', '/') => (depth, at) = (depth - 1, at + 1),
                        _ => {}
                    }
                    at += 1;
                    if depth == 0 {
                        break;
                    }
                }
            }
            '"' => at = behind_string(&chars, at),
            '\'' => {
                // A lifetime has no closing quote right behind it.
                let escaped = next(at, 1) == '\\';
                if escaped {
                    at += 3;
                    while at < chars.len() && chars[at] != '\'' {
                        at += 1;
                    }
                    at += 1;
                } else if next(at, 2) == '\'' {
                    at += 3;
                } else {
                    at += 1;
                    while at < chars.len() && (chars[at].is_alphanumeric() || chars[at] == '_') {
                        at += 1;
                    }
                }
            }
            _ if char.is_alphabetic() || char == '_' => {
                while at < chars.len() && (chars[at].is_alphanumeric() || chars[at] == '_') {
                    at += 1;
                }
                let word: String = chars[begin..at].iter().collect();
                let hashes = chars[at..].iter().take_while(|char| **char == '#').count();
                let raw = matches!(word.as_str(), "r" | "br" | "cr") && next(at, hashes) == '"';
                if raw {
                    at = behind_raw_string(&chars, at + hashes + 1, hashes);
                } else if matches!(word.as_str(), "b" | "c") && next(at, 0) == '"' {
                    at = behind_string(&chars, at);
                } else if word == "r" && next(at, 0) == '#' {
                    at += 1;
                } else {
                    tokens.push(Token { text: word, line, test, inner: 0 });
                }
            }
            _ if char.is_whitespace() => at += 1,
            _ if char.is_ascii_digit() => {
                while at < chars.len() && (chars[at].is_alphanumeric() || chars[at] == '_') {
                    at += 1;
                }
            }
            _ => {
                tokens.push(Token { text: char.to_string(), line, test, inner: 0 });
                at += 1;
            }
        }
        line += chars[begin..at.min(chars.len())].iter().filter(|char| **char == '\n').count();
    }
    tokens
}

fn behind_string(chars: &[char], quote: usize) -> usize {
    let mut at = quote + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn behind_raw_string(chars: &[char], mut at: usize, hashes: usize) -> usize {
    while at < chars.len() {
        let closes = chars[at] == '"'
            && chars[at + 1..].iter().take(hashes).filter(|char| **char == '#').count() == hashes;
        at += 1;
        if closes {
            return at + hashes;
        }
    }
    at
}

/// Notes which tokens stand in modules inside the file, and which behind `#[cfg(test)]`.
fn mark(tokens: &mut [Token]) {
    let mut depth = 0;
    let mut modules: Vec<usize> = Vec::new();
    let mut tests: Vec<usize> = Vec::new();
    let mut awaits_test = false;
    for index in 0..tokens.len() {
        let text = |ahead: usize| tokens.get(index + ahead).map_or("", |token| token.text.as_str());
        let attribute: Vec<&str> = (0..7).map(text).collect();
        if attribute == ["#", "[", "cfg", "(", "test", ")", "]"] {
            awaits_test = true;
        }
        let opens_module = index >= 2 && tokens[index - 2].text == "mod";
        match tokens[index].text.as_str() {
            "{" => {
                depth += 1;
                if opens_module {
                    modules.push(depth);
                }
                if awaits_test {
                    tests.push(depth);
                    awaits_test = false;
                }
            }
            "}" => {
                modules.retain(|module| *module < depth);
                tests.retain(|test| *test < depth);
                depth = depth.saturating_sub(1);
            }
            ";" if awaits_test => awaits_test = false,
            _ => {}
        }
        let token = &mut tokens[index];
        token.inner = modules.len();
        token.test |= !tests.is_empty() || awaits_test;
    }
}
