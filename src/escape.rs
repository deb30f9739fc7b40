//! Text from outside, made harmless: whatever could move a cursor, turn the reading direction or hide is written out as `\x1b`.
//! It must never know where a text is shown.

use std::borrow::Cow;

/// Whether a terminal or an editor may take the character for something else than text, or not show it at all:
/// control characters (C0, DEL, C1), line separators, bidirectional controls, invisible characters and tags.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A hidden character written out.
pub(crate) fn written_out(c: char) -> String {
    match u32::from(c) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code => format!("\\u{{{code:x}}}"),
    }
}

/// A text as one line: breaks become `⏎`, tabs a space. Breaks at the end are left out.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    let text = text.trim_end_matches(['\n', '\r']);
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\n' => shown.push('⏎'),
            '\t' => shown.push(' '),
            c if is_hidden(c) => shown.push_str(&written_out(c)),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// A text as lines, each cut to some characters and no more than some of them; what is left out is counted on a line of its own.
pub(crate) fn lines(text: &str, most: usize, longest: usize) -> Vec<String> {
    let text = text.trim_end_matches(['\n', '\r']);
    let mut shown: Vec<String> =
        text.split('\n').take(most).map(|line| cut(&one_line(line), longest)).collect();
    let left = text.split('\n').count().saturating_sub(most);
    if left > 0 {
        shown.push(format!("… {left} more {}", if left == 1 { "line" } else { "lines" }));
    }
    shown
}

/// The columns that a character takes on a terminal. One that asks for an emoji's shape counts for the second column it may bring.
pub(crate) fn column_count(c: char) -> usize {
    match c {
        '\u{fe0f}' => 1,
        c => unicode_width::UnicodeWidthChar::width(c).unwrap_or(0),
    }
}

/// The columns that a text takes on a terminal: never fewer than it really takes.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(column_count).sum()
}

/// The text, or as much of its beginning as fits into some columns with a `…` behind it.
pub(crate) fn cut(text: &str, most: usize) -> String {
    // Marks that combine take no column: they are bounded by their number.
    let marks = most.saturating_mul(4) + 16;
    let mut used = 0;
    // Where to cut if the whole does not fit.
    let mut fits = 0;
    for (count, (at, c)) in text.char_indices().enumerate() {
        used += column_count(c);
        if used > most || count >= marks {
            return if most == 0 { String::new() } else { format!("{}…", &text[..fits]) };
        }
        if used < most {
            fits = at + c.len_utf8();
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_could_deceive_is_written_out() {
        assert_eq!(one_line("a\x1b[2Jb\rc\x07\u{9b}d"), "a\\x1b[2Jb\\x0dc\\x07\\x9bd");
        assert_eq!(one_line("a\u{202e}b\u{2028}c"), "a\\u{202e}b\\u{2028}c");
        assert_eq!(one_line("a\r\nb\tc\n\n"), "a⏎b c");
        assert_eq!(one_line("née 日本 👩‍🚀"), "née 日本 👩‍🚀");
        assert_eq!(lines("a\r\nb\nc\nd\n", 2, 80), ["a", "b", "… 2 more lines"]);
    }

    #[test]
    fn cutting_counts_columns() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 5), "abcd…");
        assert_eq!(cut("日本語", 6), "日本語");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(cut("abc", 0), "");
        assert!(cut(&"\u{301}".repeat(100_000), 3).len() < 200);
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left_and_a_cut_text_fits(text in ".{0,60}", most in 0usize..50) {
            let shown = one_line(&text);
            prop_assert!(!shown.contains(is_hidden));
            prop_assert!(columns(&cut(&shown, most)) <= most);
        }
    }
}
