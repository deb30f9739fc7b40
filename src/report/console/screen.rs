//! Where lines go: a terminal, whose last lines are rewritten in place, or a plain stream, on which every line has its time.
//! It must never know what the lines say.

use super::line::{Ink, Line};
use crate::report::sink::Sink;
use std::io::{self, Write};

/// The most lines that are rewritten in place: a terminal may be small, and what scrolled away cannot be reached.
const MOST_LIVE: usize = 10;

#[derive(Debug)]
pub(super) struct Screen<W> {
    sink: Sink<W>,
    page: bool,
    colour: bool,
    width: usize,
    /// The lines on the terminal that are not final.
    live: Vec<String>,
}

impl<W: Write> Screen<W> {
    pub(super) fn new(to: W, page: bool, colour: bool, width: usize) -> Screen<W> {
        Screen { sink: Sink::new(to), page, colour, width, live: Vec::new() }
    }

    pub(super) fn resize(&mut self, width: usize) {
        self.width = width;
    }

    /// Writes final lines, of a time, and below them the lines that are live now. All of it is one write.
    pub(super) fn show(&mut self, stamp: &str, lines: &[Line], live: Vec<Line>) {
        let text = if self.page { self.rewrite(lines, live) } else { self.plain(stamp, lines) };
        if !text.is_empty() {
            self.sink.write(&text);
        }
    }

    fn plain(&self, stamp: &str, lines: &[Line]) -> String {
        let stamp = Line::new().ink(Ink::Dim, stamp).render(self.colour);
        let line = |line: &Line| match line.render(self.colour) {
            text if text.is_empty() => format!("{stamp}\n"),
            text => format!("{stamp} {text}\n"),
        };
        lines.iter().map(line).collect()
    }

    fn rewrite(&mut self, lines: &[Line], live: Vec<Line>) -> String {
        let left = live.len().saturating_sub(MOST_LIVE);
        let mut live: Vec<String> =
            // A terminal breaks a line that reaches its last column.
            live.into_iter().take(MOST_LIVE).map(|line| line.cut(self.width.saturating_sub(1)).render(self.colour)).collect();
        if left > 0
            && let Some(last) = live.last_mut()
        {
            let more = Line::new().ink(Ink::Dim, &format!("… {} more lines", left + 1));
            *last = more.cut(self.width.saturating_sub(1)).render(self.colour);
        }
        if lines.is_empty() && live == self.live {
            return String::new();
        }
        let mut text = String::new();
        match self.live.len() {
            0 => {}
            1 => text.push('\r'),
            count => text.push_str(&format!("\r\x1b[{}A", count - 1)),
        }
        if !lines.is_empty() && !self.live.is_empty() {
            text.push_str("\x1b[J");
        }
        for line in lines {
            text.push_str(&line.render(self.colour));
            text.push('\n');
        }
        for (at, line) in live.iter().enumerate() {
            if at > 0 {
                text.push('\n');
            }
            text.push_str(line);
            text.push_str("\x1b[K");
        }
        if lines.is_empty() && live.len() < self.live.len() {
            text.push_str(if live.is_empty() { "\x1b[J" } else { "\n\x1b[J\x1b[A" });
        }
        self.live = live;
        text
    }

    pub(super) fn finish(&self) -> io::Result<()> {
        self.sink.finish()
    }
}
