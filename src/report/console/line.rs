//! A line of the console: inked parts, harmless by construction, measured in columns.
//! It must never know what the line says or where it is written.

use crate::escape::{columns, cut, one_line};
use anstyle::{AnsiColor, Style};

/// What a part of a line means, which is its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Strong,
    Dim,
    Good,
    Bad,
    Warn,
    Live,
}

impl Ink {
    fn style(self) -> Style {
        match self {
            Ink::Plain => Style::new(),
            Ink::Strong => Style::new().bold(),
            Ink::Dim => Style::new().dimmed(),
            Ink::Good => AnsiColor::Green.on_default(),
            Ink::Bad => AnsiColor::Red.on_default().bold(),
            Ink::Warn => AnsiColor::Yellow.on_default(),
            Ink::Live => AnsiColor::Cyan.on_default(),
        }
    }
}

/// A line made of inked parts. Whatever is added is escaped, so a line holds no control character; [`Line::drawn`] alone is taken as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    parts: Vec<(Option<Ink>, String)>,
}

impl Line {
    pub(super) fn new() -> Line {
        Line::default()
    }

    /// A line that is drawn already, colours and all, of texts that were made harmless before.
    pub(super) fn drawn(text: &str) -> Line {
        Line { parts: vec![(None, text.to_owned())] }
    }

    /// The same with a text behind it.
    pub(super) fn ink(mut self, ink: Ink, text: &str) -> Line {
        if !text.is_empty() {
            self.parts.push((Some(ink), one_line(text).into_owned()));
        }
        self
    }

    /// The same with a text behind it that needs no colour.
    pub(super) fn text(self, text: &str) -> Line {
        self.ink(Ink::Plain, text)
    }

    /// The same with blanks up to a column.
    pub(super) fn pad(self, to: usize) -> Line {
        let blanks = " ".repeat(to.saturating_sub(self.columns()));
        self.text(&blanks)
    }

    /// The columns that it takes.
    pub(super) fn columns(&self) -> usize {
        self.parts.iter().map(|(_, text)| columns(text)).sum()
    }

    /// The same, cut to some columns.
    pub(super) fn cut(mut self, most: usize) -> Line {
        let mut left = most;
        if self.columns() > most {
            for (_, text) in &mut self.parts {
                *text = cut(text, left);
                left -= columns(text);
            }
        }
        self
    }

    /// It as it is written, without blanks at its end.
    pub(super) fn render(&self, colour: bool) -> String {
        let last =
            self.parts.iter().rposition(|(_, text)| !text.trim_end().is_empty()).map_or(0, |at| at + 1);
        let mut written = String::new();
        for (at, (ink, text)) in self.parts[..last].iter().enumerate() {
            let text = if at + 1 == last { text.trim_end() } else { text };
            match ink {
                Some(ink) if colour && *ink != Ink::Plain => {
                    let style = ink.style();
                    written.push_str(&format!("{style}{text}{style:#}"));
                }
                _ => written.push_str(text),
            }
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_by_columns_and_inked() {
        let line = Line::new().ink(Ink::Good, "✓ ").text("日本語 name").pad(20).ink(Ink::Dim, "1s");
        assert_eq!(line.columns(), 22);
        assert_eq!(line.render(false), "✓ 日本語 name       1s");
        assert_eq!(line.clone().cut(7).render(false), "✓ 日本…");
        assert_eq!(
            Line::new().ink(Ink::Bad, "\x1b[31m").text("  ").render(true),
            "\x1b[1m\x1b[31m\\x1b[31m\x1b[0m"
        );
    }
}
