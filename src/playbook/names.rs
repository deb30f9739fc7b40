//! Names that users choose: vars, ids, saves, loop names.
//! It must never know what they name.

use super::decode::Decoder;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// The regular expression of a name.
pub const PATTERN: &str = "^[A-Za-z_][A-Za-z0-9_]*$";

/// Whether a text is a name.
pub fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Reports a text that is no name.
pub fn check(text: &str, span: Span, what: &str, decoder: &mut Decoder<'_>) {
    if is_name(text) {
        return;
    }
    if text.is_empty() {
        let finding = Diagnostic::error(Code::BadName, span, format!("{what} needs a name"));
        decoder.push(finding.help("Names are made of letters, digits and `_`."));
        return;
    }
    let mended: String =
        text.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect();
    let mended =
        if mended.starts_with(|first: char| first.is_ascii_digit()) { format!("_{mended}") } else { mended };
    let finding = Diagnostic::error(Code::BadName, span, format!("`{text}` is no name for {what}"));
    let help = "Names are made of the letters a to z, digits and `_`, and do not begin with a digit.";
    decoder.push(if is_name(&mended) && text.is_ascii() {
        finding.help(format!("{help} Write `{mended}`."))
    } else {
        finding.help(help)
    });
}
