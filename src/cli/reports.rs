//! What is shown of a run, and where.
//! It must never know how a run is carried out.

use super::options::{ColourOption, Output};
use super::screen::{Colour, rewrites, tell, width};
use crate::event::Event;
use crate::report::{Console, ConsoleOptions, Json, Reporter, Surface, Verbosity};
use clap::{ArgAction, Args};
use std::io::Write;

/// How much is shown, and as what.
#[derive(Debug, Args)]
pub(super) struct ReportOptions {
    /// What goes to standard output: words for people, or one JSON object for each event (the words go to standard error then).
    #[arg(short, long, value_enum, default_value_t = Output::Text, value_name = "FORMAT")]
    output: Output,
    /// Only steps and failures.
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Tell all that is seen; twice (`-vv`): every request, too.
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
    /// Begin every line with its time, on a terminal and in a rehearsal too, and lines of logs with the time when they were
    /// written. Lines are final then: none is rewritten.
    #[arg(long)]
    timestamps: bool,
    #[command(flatten)]
    colour: ColourOption,
}

impl ReportOptions {
    /// Whether what happens to objects is shown.
    pub(super) fn observes(&self) -> bool {
        !self.quiet
    }

    /// Whether every request is shown.
    pub(super) fn requests(&self) -> bool {
        self.verbose > 1
    }

    /// When to use colours.
    pub(super) fn colour(&self) -> Colour {
        self.colour.color
    }

    /// The reports of a run, or of a rehearsal: nobody watches one of those being written.
    pub(super) fn reports(&self, rehearsed: bool) -> Reports {
        let verbosity = match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Verbose,
            (false, _) => Verbosity::Requests,
        };
        let (to, terminal, colour, width): (Box<dyn Write>, bool, bool, usize) = match self.output {
            Output::Text => {
                let to = std::io::stdout();
                (Box::new(std::io::stdout()), rewrites(&to), self.colour().on(&to), width(&to))
            }
            Output::Json => {
                let to = std::io::stderr();
                (Box::new(std::io::stderr()), rewrites(&to), self.colour().on(&to), width(&to))
            }
        };
        let surface = match (rehearsed, terminal) {
            _ if self.timestamps => Surface::Log,
            (true, _) => Surface::Page,
            (false, true) => Surface::Terminal,
            (false, false) => Surface::Log,
        };
        let console = Console::new(
            to,
            ConsoleOptions { surface, colour, width, verbosity, log_times: self.timestamps },
        );
        Reports { console, json: (self.output == Output::Json).then(|| Json::new(std::io::stdout())) }
    }
}

/// Where events are shown.
pub(super) struct Reports {
    console: Console<Box<dyn Write>>,
    json: Option<Json<std::io::Stdout>>,
}

impl Reports {
    /// Shows an event.
    pub(super) fn take(&mut self, event: &Event) {
        if let Some(json) = &mut self.json {
            json.take(event);
        }
        self.console.take(event);
    }

    /// The last lines are out. Whoever reads them may be gone, which is no failure of the run.
    pub(super) fn finish(&mut self) {
        let ends = [self.json.as_mut().map(Reporter::finish), Some(self.console.finish())];
        for error in ends.into_iter().flatten().filter_map(Result::err) {
            if error.kind() != std::io::ErrorKind::BrokenPipe {
                tell!("error: what happened could not be written wholly: {error}");
            }
        }
    }

    /// Some time has passed.
    pub(super) fn tick(&mut self) {
        self.console.tick();
    }

    /// The terminal has another width.
    pub(super) fn resize(&mut self, width: usize) {
        self.console.resize(width);
    }
}
