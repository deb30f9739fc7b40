//! Regular expressions of `match` and `search`: I-Regexp (RFC 9485), compiled once.
//! It must never know which texts are matched.

use regex::{Regex, RegexBuilder};

/// The most memory one compiled expression may take, in bytes.
const LARGEST: usize = 1 << 20;

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub(super) struct Regexp {
    pattern: String,
    whole: bool,
    regex: Regex,
}

impl PartialEq for Regexp {
    fn eq(&self, other: &Regexp) -> bool {
        self.pattern == other.pattern && self.whole == other.whole
    }
}

impl Regexp {
    /// Compiles a pattern; `whole` as `match` wants it: the whole text must fit, not a part of it.
    ///
    /// # Errors
    /// Why it is no regular expression.
    pub fn new(pattern: &str, whole: bool) -> Result<Regexp, String> {
        let translated = translate(pattern);
        let build = |text: &str| {
            RegexBuilder::new(text).size_limit(LARGEST).build().map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
                error => reason(&error.to_string()),
            })
        };
        // Alone first: `a)|(b` is none, though it would be one inside the group below.
        let alone = build(&translated)?;
        let regex = if whole { build(&format!("^(?:{translated})$"))? } else { alone };
        Ok(Regexp { pattern: pattern.to_owned(), whole, regex })
    }

    /// Whether a text fits.
    pub fn fits(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Whether the whole text must fit.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The pattern as written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }
}

/// The last line of the library's error, which says what is wrong; those before it draw a caret.
fn reason(error: &str) -> String {
    let last = error.lines().last().unwrap_or(error).trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// In I-Regexp `.` is any character but `\n` and `\r` (RFC 9485, section 5.3); the library's `.` takes `\r`.
fn translate(pattern: &str) -> String {
    let mut translated = String::with_capacity(pattern.len());
    let mut class_depth = 0_usize;
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => {
                translated.push(char);
                translated.extend(chars.next());
                continue;
            }
            '[' => class_depth += 1,
            ']' => class_depth = class_depth.saturating_sub(1),
            '.' if class_depth == 0 => {
                translated.push_str(r"[^\n\r]");
                continue;
            }
            _ => {}
        }
        translated.push(char);
    }
    translated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn match_is_anchored_and_search_is_not() {
        for (pattern, text, whole, part) in [
            ("iris.*", "iris-2", true, true),
            ("iris.*", "my-iris", false, true),
            ("a|ab", "ab", true, true),
            ("a.b", "a\rb", false, false),
            ("a[.]b", "a.b", true, true),
            (r"a\.b", "axb", false, false),
            (r"\p{Lu}\d+", "É42", true, true),
            ("", "", true, true),
            ("", "x", false, true),
        ] {
            let fits = |anchored| Regexp::new(pattern, anchored).map(|regexp| regexp.fits(text));
            assert_eq!(fits(true), Ok(whole), "match {pattern} {text}");
            assert_eq!(fits(false), Ok(part), "search {pattern} {text}");
        }
    }

    #[test]
    fn what_is_no_regular_expression_is_told() {
        for (pattern, part) in
            [("a(", "unclosed group"), ("a)|(b", "unopened group"), ("[", "unclosed"), ("*", "repetition")]
        {
            let error = Regexp::new(pattern, true).expect_err(pattern);
            assert!(error.contains(part), "{pattern}: {error}");
        }
        assert!(Regexp::new("(?x)a#", true).is_err(), "a comment would hide the anchor");
        assert_eq!(Regexp::new("(a{1000}){1000}", false).err().as_deref(), Some("it is too large"));
    }
}
