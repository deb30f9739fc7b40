//! Takes the schemas out of a text with definitions, so that the rest can be read at once and each of them when it is needed.
//! It must never take out what the text may mean otherwise: where there is a doubt, nothing is taken out.
//!
//! What is taken out is a line `schema:` with all lines below it that are indented deeper. That the line is a key at all, and not
//! some words in a longer text, shows where a parser finds the mark that is left in its place: see [`number`].

use crate::json::Value;

/// A text without its schemas.
#[derive(Debug, PartialEq)]
pub(super) struct Cut {
    /// What remains, with a mark in the place of each schema.
    pub head: String,
    /// The schemas, each a mapping whose only key is [`KEY`].
    pub schemas: Vec<String>,
}

/// The key whose values are taken out.
pub(super) const KEY: &str = "schema";

/// What stands in the place of a schema, before its number.
const MARK: &str = "schema-taken-out-";

/// The number of a schema, if this stands in the place of one. The block of a list is nowhere read but within a block, which is what
/// the lines that were taken out were then too.
pub(super) fn number(value: &Value) -> Option<usize> {
    match value.as_array()?.as_slice() {
        [mark] => mark.as_str()?.strip_prefix(MARK)?.parse().ok(),
        _ => None,
    }
}

/// Takes the schemas out of a text; `None` if it has none that can be taken out.
pub(super) fn cut(text: &str) -> Option<Cut> {
    // Anchors and directives reach from one part of a text into another, and where a lone CR ends a line, lines are not what they seem.
    if text.contains('\r') || text.contains(MARK) || has_directives(text) || has_properties(text) {
        return None;
    }
    let mut cut = Cut { head: String::new(), schemas: Vec::new() };
    let mut rest = text;
    while let Some(found) = next(rest) {
        let (schema, after) = rest[found.start..].split_at(found.length);
        if goes_on(schema) {
            return None;
        }
        let (indentation, number) = (found.indentation, cut.schemas.len());
        cut.head.push_str(&rest[..found.start]);
        cut.head.push_str(&format!("{:indentation$}{KEY}:\n{:indentation$} - {MARK}{number}\n", "", ""));
        cut.schemas.push(schema.to_owned());
        rest = after;
    }
    cut.head.push_str(rest);
    (!cut.schemas.is_empty()).then_some(cut)
}

/// Where a schema stands.
struct Found {
    start: usize,
    indentation: usize,
    length: usize,
}

/// The next schema.
fn next(text: &str) -> Option<Found> {
    let line = format!(" {KEY}:\n");
    text.match_indices(&line).find_map(|(space, _)| {
        let start = text[..space].rfind('\n').map_or(0, |end| end + 1);
        let indentation = space + 1 - start;
        let first = space + line.len();
        let below = || below(&text[first..], indentation);
        let length = text[start..space].bytes().all(|byte| byte == b' ').then(below)??;
        Some(Found { start, indentation, length: first - start + length })
    })
}

/// How long the lines are that are indented deeper, with empty ones and comments among and behind them. `None` if there are none.
fn below(text: &str, indentation: usize) -> Option<usize> {
    let mut length = 0;
    let mut found = false;
    for line in text.split_inclusive('\n') {
        let spaces = line.bytes().position(|byte| byte != b' ').unwrap_or(line.len());
        let says_something = !matches!(line.as_bytes().get(spaces), None | Some(b'\n' | b'#'));
        if says_something && spaces <= indentation {
            break;
        }
        found |= says_something;
        length += line.len();
    }
    found.then_some(length)
}

/// Whether a line begins with `%`.
fn has_directives(text: &str) -> bool {
    text.match_indices('%').any(|(at, _)| text[..at].ends_with('\n') || at == 0)
}

/// Whether a node may have an anchor or a tag.
fn has_properties(text: &str) -> bool {
    let found = |property| text.match_indices(property).any(|(at, _)| may_begin(text, at));
    found('&') || found('!')
}

/// Whether something in quotes or brackets may go on behind the text: parsers put up with lines of it that are not indented.
fn goes_on(text: &str) -> bool {
    // The last quote then is the one that opened it, or an escaped one.
    let quote = |quote: char, escape: char| {
        text.rfind(quote).is_some_and(|at| text[..at].ends_with(escape) || may_begin(text, at))
    };
    let bracket = |bracket: char| {
        let mut found = text.match_indices(bracket).filter(|(at, _)| may_begin(text, *at));
        found.any(|(at, _)| {
            let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
            !text[start..].lines().next().is_some_and(closes)
        })
    };
    quote('"', '\\') || quote('\'', '\'') || bracket('[') || bracket('{')
}

/// Whether brackets that are opened in a line are closed at its end.
fn closes(line: &str) -> bool {
    let opened = line.match_indices(['[', '{']).find(|(at, _)| may_begin(line, *at));
    let line = opened.map_or("", |(at, _)| &line[at..]);
    let count = |chars: &[char]| line.matches(chars).count();
    line.trim_end().ends_with([']', '}'])
        && count(&['[', '{']) == count(&[']', '}'])
        && count(&['"']) % 2 == 0
        && count(&['\'']) % 2 == 0
        && !line.contains('\\')
}

/// Whether a node may begin there.
fn may_begin(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches([' ', '\t']);
    matches!(before.bytes().next_back(), None | Some(b'\n' | b':' | b'-' | b'?' | b',' | b'[' | b'{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_taken_out_with_all_lines_that_are_indented_deeper() {
        let text = "versions:\n- name: v1\n  schema:\n\n    a: |\n      schema:\n        b\n# c\n    d: 1\n\n  served: true\n";
        let cut = cut(text);
        let schema = "  schema:\n\n    a: |\n      schema:\n        b\n# c\n    d: 1\n\n";
        let head = "versions:\n- name: v1\n  schema:\n   - schema-taken-out-0\n  served: true\n";
        assert_eq!(cut, Some(Cut { head: head.into(), schemas: vec![schema.into()] }));
    }

    #[test]
    fn nothing_is_taken_out_where_there_is_none_or_a_doubt() {
        const GOOD: &str = "a:\n  schema:\n    b: 'a & b, a && !b'\n";
        assert!(cut(GOOD).is_some());
        for text in [
            "",
            "schema:\n  a: 1\n",
            "a:\n  schema: { a: 1 }\n",
            "a:\n- schema:\n    a: 1\n",
            "a:\n  schema:\n  b: 1\n",
            "a:\n  schema:\n    # nothing\n",
            "{ \"a\": { \"schema\": { \"b\": 1 } } }\n",
        ] {
            assert_eq!(cut(text), None, "{text}");
        }
        for doubt in [
            "c: &c 1\n",
            "c: !!str 1\n",
            "c:\n  &c 1\n",
            "c: [&c 1]\n",
            "d: 1\r\n",
            "c: [schema-taken-out-0]\n",
            "...\n%YAML 1.2\n---\n",
        ] {
            assert_eq!(cut(&format!("{GOOD}{doubt}")), None, "{doubt}");
            assert_eq!(cut(&format!("{doubt}{GOOD}")), None, "{doubt}");
        }
        for open in
            ["\"c", "\"c\\\"", "'c", "'c''", "{ c: d", "[c, {d: e}", "[ \"]\", ']", "[c] # d", "- - - {c: d"]
        {
            assert_eq!(cut(&format!("{GOOD}    e: {open}\n")), None, "{open}");
        }
        for closed in ["\"c\"", "'c'", "\"\"", "c's", "{ c: [d, { e: 'f' }] }", "see [c", "{}"] {
            assert!(cut(&format!("{GOOD}    e: {closed}\n")).is_some(), "{closed}");
        }
    }
}
