//! The logs of containers, as the API server passes them on: what is there, or line after line as they come.
//! Never knows what is written in a line.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use kube::client::Body;
use tokio::time::{Instant, sleep};

use super::error::Error;
use super::patience::Patience;
use super::read::{call, refusal};
use super::resource::encode;
use super::trouble::Verb;
use super::wire::{Ask, Sent, broken, open};
use super::{Cluster, Inner};

/// The longest line that is kept whole, in bytes.
const LONGEST: usize = 16 << 10;
/// Between two attempts to follow a log that ended.
const AGAIN: Duration = Duration::from_millis(500);

/// Which part of a log is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// The container; may be left out of a Pod with a single one.
    pub container: Option<String>,
    /// The last lines only.
    pub tail: Option<u32>,
    /// So many bytes at most.
    pub most_bytes: Option<u32>,
    /// The log of the container before it was last started anew.
    pub previous: bool,
    /// Only what is younger than so many seconds.
    pub since_seconds: Option<u64>,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written, RFC 3339; empty if the server did not say.
    pub time: String,
    /// The line, without its end. A very long one is cut, and says so.
    pub text: String,
}

impl LogOptions {
    fn query(&self, since: Option<&str>, follow: bool) -> String {
        let container = self.container.as_deref().map(|name| format!("container={}", encode(name)));
        let fresh = since.is_none();
        let parts = [
            container,
            self.tail.filter(|_| fresh).map(|lines| format!("tailLines={lines}")),
            self.most_bytes.map(|bytes| format!("limitBytes={bytes}")),
            self.previous.then(|| "previous=true".to_owned()),
            self.since_seconds.filter(|_| fresh).map(|seconds| format!("sinceSeconds={}", seconds.max(1))),
            since.map(|since| format!("sinceTime={}", encode(since))),
            follow.then(|| "follow=true".to_owned()),
            Some("timestamps=true".to_owned()),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("&")
    }
}

fn path(namespace: &str, pod: &str, query: &str) -> String {
    format!("/api/v1/namespaces/{}/pods/{}/log?{query}", encode(namespace), encode(pod))
}

impl Cluster {
    /// What is in a container's log now. Bytes that are no UTF-8 are replaced.
    pub async fn log(&self, namespace: &str, pod: &str, options: &LogOptions) -> Result<Vec<LogLine>, Error> {
        let inner: &Inner = &self.inner;
        let ask =
            Ask { accept: "*/*", ..Ask::read(Verb::Get, path(namespace, pod, &options.query(None, false))) };
        let what = format!("read the log of {pod} in {namespace}");
        let mut patience = Patience::new(&self.inner, what, Some(self.end()));
        let body = call(inner, &ask, &mut patience, |reply| Ok(reply.body.bytes())).await?;
        let (mut cutter, mut lines) = (Cutter::default(), Vec::new());
        cutter.push(&body, |line| lines.push(line));
        lines.extend(cutter.end());
        Ok(lines)
    }

    /// Follows a container's log from now on, or from as far back as the options say.
    pub fn follow_log(&self, namespace: &str, pod: &str, options: LogOptions) -> LogStream {
        LogStream {
            inner: self.inner.clone(),
            namespace: namespace.to_owned(),
            pod: pod.to_owned(),
            options,
            body: None,
            cutter: Cutter::default(),
            ready: Vec::new(),
            seen: Seen::default(),
            reads_previous: false,
            behind: false,
            broke: false,
            over: false,
            opened: Instant::now(),
        }
    }
}

/// A log that is followed. Where the connection breaks it is taken up again, and no line is lost or told twice.
pub struct LogStream {
    inner: Arc<Inner>,
    namespace: String,
    pod: String,
    options: LogOptions,
    body: Option<Body>,
    cutter: Cutter,
    /// Lines that came and were not handed out yet, the last one first.
    ready: Vec<LogLine>,
    seen: Seen,
    /// Whether what is open is the log of the container before.
    reads_previous: bool,
    /// Whether the container was started anew, and the log of the one before was not read to its end.
    behind: bool,
    broke: bool,
    over: bool,
    opened: Instant,
}

impl LogStream {
    /// The container was started anew: what is left of the one before comes next, then the lines of the new one.
    pub fn restarted(&mut self) {
        (self.options.tail, self.options.since_seconds, self.options.previous) = (None, None, false);
        (self.behind, self.over) = (true, false);
    }

    /// The next line; none when the container has ended, or its log cannot be had (any more).
    pub async fn next(&mut self) -> Option<LogLine> {
        loop {
            if let Some(line) = self.ready.pop() {
                return Some(line);
            }
            let Some(body) = &mut self.body else {
                if self.over || !self.open().await {
                    return None;
                }
                continue;
            };
            match body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        let (cutter, seen, ready) = (&mut self.cutter, &mut self.seen, &mut self.ready);
                        cutter.push(&data, |line| ready.extend(seen.is_new(&line).then_some(line)));
                        self.ready.reverse();
                    }
                }
                Some(Err(error)) => {
                    tracing::debug!(error = broken(error).message, "the log broke off");
                    self.close(true);
                }
                // All that the container before has written.
                None if self.reads_previous => {
                    let rest = self.cutter.end().filter(|line| self.seen.is_new(line));
                    self.behind = false;
                    self.close(false);
                    self.ready.extend(rest);
                }
                // The container ended, or the connection did: asking again tells which.
                None if self.opened.elapsed() < AGAIN => {
                    let rest = self.cutter.end().filter(|line| self.seen.is_new(line));
                    self.close(false);
                    self.over = true;
                    return rest;
                }
                None => self.close(true),
            }
        }
    }

    fn close(&mut self, broke: bool) {
        self.body = None;
        self.cutter = Cutter::default();
        self.broke = broke;
    }

    /// Opens the log from where it broke off; false if there is no more to be had. True with nothing opened: it is to be tried again.
    async fn open(&mut self) -> bool {
        let since = self.seen.time().map(str::to_owned);
        if self.broke {
            sleep(AGAIN).await;
        }
        self.reads_previous = self.behind;
        let options = LogOptions { previous: self.behind || self.options.previous, ..self.options.clone() };
        let query = options.query(since.as_deref(), !self.behind);
        let ask = Ask { accept: "*/*", ..Ask::read(Verb::Watch, path(&self.namespace, &self.pod, &query)) };
        let what = format!("follow the log of {} in {}", self.pod, self.namespace);
        let mut patience = Patience::new(&self.inner, what, None);
        loop {
            let limit = patience.limit();
            match open(&self.inner.watches, &self.inner.gauge, &ask, limit).await {
                Sent::Answer(response) => {
                    patience.recovered();
                    self.seen.again();
                    self.body = Some(response.into_body());
                    self.opened = Instant::now();
                    return true;
                }
                Sent::Refusal(status) => {
                    tracing::debug!(error = %refusal(status, patience.what()), "no log");
                    // Of the container before nothing may be left, which says nothing of this one.
                    return std::mem::take(&mut self.behind);
                }
                Sent::Setback(setback) => {
                    if patience.bear(setback).await.is_err() {
                        return false;
                    }
                }
            }
        }
    }
}

/// What was seen of a log, so that taking it up again neither repeats nor loses a line: `sinceTime` counts whole seconds.
#[derive(Default)]
struct Seen {
    /// The time of the last line.
    last: String,
    /// How many lines have this very time.
    count: usize,
    /// How many lines of this very time came since the log was taken up again.
    again: Option<usize>,
}

impl Seen {
    fn time(&self) -> Option<&str> {
        (!self.last.is_empty()).then_some(self.last.as_str())
    }

    /// The log is read again from the second of the last line.
    fn again(&mut self) {
        self.again = Some(0);
    }

    /// Whether a line was not seen before. Times have the same form and as many digits, so that their texts compare.
    fn is_new(&mut self, line: &LogLine) -> bool {
        if line.time.is_empty() {
            return true;
        }
        if let Some(again) = &mut self.again {
            if line.time < self.last {
                return false;
            }
            if line.time == self.last {
                *again += 1;
                if *again <= self.count {
                    return false;
                }
            }
        }
        if line.time == self.last {
            self.count += 1;
        } else {
            self.last.clone_from(&line.time);
            self.count = 1;
            self.again = None;
        }
        true
    }
}

/// Cuts what comes into lines, and very long lines short.
#[derive(Default)]
struct Cutter {
    rest: Vec<u8>,
    /// Bytes of the current line that were not kept.
    dropped: usize,
}

impl Cutter {
    fn push(&mut self, data: &[u8], mut each: impl FnMut(LogLine)) {
        let mut data = data;
        while let Some(end) = data.iter().position(|byte| *byte == b'\n') {
            self.keep(&data[..end]);
            each(self.line());
            data = &data[end + 1..];
        }
        self.keep(data);
    }

    /// The line that has no end.
    fn end(&mut self) -> Option<LogLine> {
        (!self.rest.is_empty()).then(|| self.line())
    }

    fn keep(&mut self, data: &[u8]) {
        let room = LONGEST.saturating_sub(self.rest.len()).min(data.len());
        self.rest.extend_from_slice(&data[..room]);
        self.dropped += data.len() - room;
    }

    fn line(&mut self) -> LogLine {
        let bytes = std::mem::take(&mut self.rest);
        let dropped = std::mem::take(&mut self.dropped);
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches('\r');
        let is_time = |word: &str| {
            word.len() >= 20
                && word.as_bytes().get(10) == Some(&b'T')
                && word.starts_with(|c: char| c.is_ascii_digit())
        };
        let (time, text) = match text.split_once(' ') {
            Some((time, text)) if is_time(time) => (time, text),
            _ if is_time(text) => (text, ""),
            _ => ("", text),
        };
        let cut = if dropped > 0 { format!("… ({dropped} bytes more)") } else { String::new() };
        LogLine { time: time.to_owned(), text: format!("{text}{cut}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(time: &str, text: &str) -> LogLine {
        LogLine { time: time.into(), text: text.into() }
    }

    #[test]
    fn a_line_of_a_megabyte_is_cut_and_says_so() {
        let (mut cutter, mut lines) = (Cutter::default(), Vec::new());
        let long = format!("2026-01-01T00:00:00.000000001Z {}\nnext", "x".repeat(1 << 20));
        long.as_bytes().chunks(1000).for_each(|data| cutter.push(data, |line| lines.push(line)));
        lines.extend(cutter.end());
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].time, "2026-01-01T00:00:00.000000001Z");
        assert!(lines[0].text.len() < LONGEST + 40 && lines[0].text.ends_with(" bytes more)"));
        assert_eq!(lines[1], line("", "next"));
    }

    #[test]
    fn a_log_that_is_taken_up_again_repeats_and_loses_nothing() {
        let mut seen = Seen::default();
        let all = [line("t1", "a"), line("t2", "b"), line("t2", "b"), line("t2", "c"), line("t3", "d")];
        let told: Vec<bool> = all[..3].iter().map(|line| seen.is_new(line)).collect();
        assert_eq!(told, [true; 3]);
        seen.again();
        let told: Vec<bool> = all.iter().map(|line| seen.is_new(line)).collect();
        assert_eq!(told, [false, false, false, true, true]);
    }

    proptest! {
        #[test]
        fn however_a_log_is_cut_its_lines_are_the_same(text in "[ab\n]{0,60}", size in 1usize..9) {
            let read = |size: usize| {
                let (mut cutter, mut lines) = (Cutter::default(), Vec::new());
                text.as_bytes().chunks(size).for_each(|data| cutter.push(data, |line| lines.push(line.text)));
                lines.extend(cutter.end().map(|line| line.text));
                lines
            };
            prop_assert_eq!(read(size), text.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
