//! What a fault of YAML means to the person who wrote the text: the parser's words in ours, and how it is mended.
//! It must never know how YAML is read.

/// A fault in our words.
pub(super) struct Meant {
    /// What is wrong.
    pub message: String,
    /// How it is mended.
    pub help: Option<String>,
    /// The offset of the tab that is at fault, if one is.
    pub tab: Option<usize>,
}

const QUOTE: &str = "Quote the whole value: '…'.";
const INDENT: &str = "Look at the indentation: what belongs together begins in the same column.";
const EXPRESSION: &str =
    "Inside `{ }` and `[ ]`, and before `: `, an expression must be quoted: \"${{ … }}\".";

impl Meant {
    /// The parser's words `info` about what stands at an offset of a text.
    pub fn by(info: &str, text: &str, at: usize) -> Meant {
        let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
        let line = text[start..].lines().next().unwrap_or("");
        let before = &text[start..at];
        let rest = &text[at..];
        let first = rest.chars().next().unwrap_or(' ');
        let has = |part: &str| info.contains(part);
        if has("tab") || first == '\t' {
            let message = "YAML indents with spaces, and this is a tab".to_owned();
            let help = Some("Write spaces in its place.".to_owned());
            return Meant { message, help, tab: tab(text, start) };
        }
        let (message, help) = if has("unknown anchor") {
            let name: String = rest.chars().take_while(|char| !char.is_whitespace()).collect();
            (
                "no anchor of this name stands before it".to_owned(),
                format!("If it is a text, quote it: '{name}'."),
            )
        } else if has("unexpected character") {
            let first = if first == '`' { "a backtick".to_owned() } else { format!("`{first}`") };
            (format!("in YAML a value without quotes cannot begin with {first}"), QUOTE.to_owned())
        } else if has("unclosed quote") {
            ("this quote is never closed".to_owned(), format!("Write `{first}` where the text ends."))
        } else if has("unclosed bracket") {
            let close = if first == '{' { '}' } else { ']' };
            (format!("this `{first}` is never closed"), format!("Write `{close}` where it ends."))
        } else if has("did not find expected key") && before.contains(['}', ']', '\'', '"']) {
            ("the value has ended before this".to_owned(), QUOTE.to_owned())
        } else if has("trailing content after") {
            let help = "Quote all of it: '…'; a quote inside of it is written `''`.";
            ("the quoted text has ended before this".to_owned(), help.to_owned())
        } else if has("escape character") {
            let help = "Inside of `\"` a backslash is written `\\\\`; inside of `'` it stands for itself.";
            ("this is no escape of YAML".to_owned(), help.to_owned())
        } else {
            let Some((message, mut help)) = expected(info) else {
                return Meant { message: info.to_owned(), help: None, tab: None };
            };
            if has("parsing a flow") && before.trim().is_empty() {
                help = "Write it at the end of the line before.";
            }
            (message.to_owned(), if line.contains("${{") { EXPRESSION } else { help }.to_owned())
        };
        Meant { message, help: Some(help), tab: None }
    }
}

/// What was expected, and what to look at.
fn expected(info: &str) -> Option<(&'static str, &'static str)> {
    let flow = "Quote a value that has `,`, `[`, `]`, `{` or `}` in it.";
    let colon = "Look at the indentation, or quote a value that has `: ` in it.";
    let known = [
        ("flow mapping", "`,` or `}` is missing before this", flow),
        ("flow sequence", "`,` or `]` is missing before this", flow),
        ("mapping values are not allowed", "`: ` cannot stand here", colon),
        ("simple key", "`:` is missing behind this key", colon),
        ("expected '-'", "this belongs neither to the item before it nor to the list", INDENT),
        ("expected key", "this belongs to none of the keys before it", INDENT),
        ("indentation", "this is not indented as it must be", INDENT),
    ];
    known.into_iter().find(|(theirs, ..)| info.contains(theirs)).map(|(_, message, help)| (message, help))
}

/// The first tab in the indentation of the lines from an offset on.
fn tab(text: &str, start: usize) -> Option<usize> {
    let mut begin = start;
    for line in text[start..].split_inclusive('\n').take(3) {
        let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..blank].find('\t') {
            return Some(begin + tab);
        }
        begin += line.len();
    }
    None
}
