//! Where text goes: whether there is a terminal, how wide, with which colours.
//! It must never know what is shown.

use crate::diagnostic::Style;
use crate::event::Ending;
use clap::ValueEnum;
use std::io::{ErrorKind, IsTerminal, Write};

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless NO_COLOR is set or TERM is `dumb`.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How wide text is drawn where there is no terminal.
const WIDTH: usize = 100;

impl Colour {
    /// Whether to use colours on a stream.
    pub(super) fn on(self, stream: &impl IsTerminal) -> bool {
        match self {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                stream.is_terminal() && !refused && !is_dumb()
            }
        }
    }

    /// How findings are drawn on standard error.
    pub(super) fn style(self) -> Style {
        Style { colour: self.on(&std::io::stderr()), width: width(&std::io::stderr()) }
    }
}

/// Prints a text on standard output, and says how that ended: a reader who has gone is no failure, a disk that is full is one, and told.
pub(super) fn say(text: &str) -> Ending {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            tell!("error: standard output cannot be written to: {error}");
            Ending::Failed
        }
        _ => Ending::Passed,
    }
}

/// Prints a text on standard error. Where that is gone there is nobody to tell, and the exit code says the rest.
pub(super) fn complain(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints a line on standard error: [`complain`] with the words of `format!`.
macro_rules! tell {
    ($($words:tt)*) => {
        $crate::cli::screen::complain(&format!("{}\n", format_args!($($words)*)))
    };
}

pub(super) use tell;

/// Whether a stream is a terminal on which lines can be rewritten.
pub(super) fn rewrites(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && !is_dumb()
}

/// The columns of a stream's terminal, or those that text without one is drawn for.
pub(super) fn width(stream: &impl IsTerminal) -> usize {
    if !stream.is_terminal() {
        return WIDTH;
    }
    terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0).max(20))
}

fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}
