//! The events as they are: one JSON object a line, for programs.
//! It must never know what an event means.

use super::Reporter;
use super::sink::Sink;
use crate::escape::is_hidden;
use crate::event::Event;
use std::io::{self, Write};

/// Writes each event as a line of JSON and flushes it. Every control character, line separator and invisible character is
/// escaped (`\u001b`), so that a line is a line for every reader and harmless on a terminal.
#[derive(Debug)]
pub struct Json<W> {
    sink: Sink<W>,
}

impl<W: Write> Json<W> {
    /// Lines to this writer.
    pub fn new(to: W) -> Json<W> {
        Json { sink: Sink::new(to) }
    }
}

impl<W: Write> Reporter for Json<W> {
    fn take(&mut self, event: &Event) {
        match serde_json::to_string(event) {
            Ok(line) => self.sink.write(&harmless(line)),
            Err(fault) => self.sink.break_with(&io::Error::other(fault)),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.sink.finish()
    }
}

/// The line with its break. JSON has such characters in strings alone, where `\u` stands for them.
fn harmless(mut json: String) -> String {
    if json.contains(is_hidden) {
        let mut escaped = String::with_capacity(json.len() + 32);
        for c in json.chars() {
            if is_hidden(c) {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    escaped.push_str(&format!("\\u{unit:04x}"));
                }
            } else {
                escaped.push(c);
            }
        }
        json = escaped;
    }
    json.push('\n');
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EventKind, VERSION};
    use proptest::prelude::*;

    fn warning(message: &str) -> Event {
        Event {
            version: VERSION,
            seq: 1,
            at: "2026-01-02T03:04:05.000Z".into(),
            elapsed_ms: 0,
            run: "r".into(),
            step: None,
            attempt: None,
            kind: EventKind::Warning { message: message.into() },
        }
    }

    fn written(event: &Event) -> String {
        let mut out = Vec::new();
        let mut json = Json::new(&mut out);
        json.take(event);
        json.finish().expect("memory does not break");
        String::from_utf8(out).expect("JSON is UTF-8")
    }

    #[test]
    fn an_event_is_a_line() {
        let line = written(&warning("two\nlines\u{2028}\u{9b}\u{e0041}"));
        let expected = "{\"version\":1,\"seq\":1,\"at\":\"2026-01-02T03:04:05.000Z\",\"elapsedMs\":0,\"run\":\"r\",\
            \"type\":\"warning\",\"message\":\"two\\nlines\\u2028\\u009b\\udb40\\udc41\"}\n";
        assert_eq!(line, expected);
    }

    struct Closed(usize);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            self.0 += 1;
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_told_at_the_end_and_not_written_to_again() {
        let mut closed = Closed(0);
        let mut json = Json::new(&mut closed);
        json.take(&warning("a"));
        json.take(&warning("b"));
        assert_eq!(json.finish().map_err(|fault| fault.kind()), Err(io::ErrorKind::BrokenPipe));
        assert_eq!(closed.0, 1);
    }

    proptest! {
        #[test]
        fn every_text_survives(message in any::<String>()) {
            let event = warning(&message);
            let line = written(&event);
            prop_assert!(!line.trim_end_matches('\n').contains(is_hidden));
            prop_assert_eq!(serde_json::from_str::<Event>(&line).expect("it reads back"), event);
        }
    }
}
