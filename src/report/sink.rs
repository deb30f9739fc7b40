//! A writer that breaks once and stays silent from then on.
//! It must never know what is written.

use std::io::{self, Write};

#[derive(Debug)]
pub(super) struct Sink<W> {
    to: W,
    fault: Option<(io::ErrorKind, String)>,
}

impl<W: Write> Sink<W> {
    pub(super) fn new(to: W) -> Sink<W> {
        Sink { to, fault: None }
    }

    /// Writes and flushes, unless an earlier write failed.
    pub(super) fn write(&mut self, text: &str) {
        if self.fault.is_none()
            && let Err(fault) = self.to.write_all(text.as_bytes()).and_then(|()| self.to.flush())
        {
            self.break_with(&fault);
        }
    }

    /// Writes nothing from now on.
    pub(super) fn break_with(&mut self, fault: &io::Error) {
        self.fault.get_or_insert((fault.kind(), fault.to_string()));
    }

    /// The first fault, each time that it is asked for.
    pub(super) fn finish(&self) -> io::Result<()> {
        self.fault.clone().map_or(Ok(()), |(kind, message)| Err(io::Error::new(kind, message)))
    }
}
