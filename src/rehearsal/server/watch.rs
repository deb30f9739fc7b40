//! Watches: what happened since a version, and what happens from then on, as frames.
//! It must never change anything, nor wait for anything but the clock and its own channel.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::direct::{self, Follow};
use crate::json::{Value, json};
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};

use super::call::Call;
use super::convert;
use super::feed::{Event, Interest, Told};
use super::interfere::{Asked, Delivery, Interfere};
use super::options::ListOptions;
use super::refusal::Refusal;
use super::render;
use super::resource::Resource;
use super::state::State;
use super::store::Happened;
use super::stored::{Stored, encode, line};
use super::view::View;

/// How often a watch that wants bookmarks is told how far it got.
const BOOKMARKS: Duration = Duration::from_secs(60);
/// How long a watch lasts that does not say; a real server draws between 30 and 60 minutes.
const LASTS: Duration = Duration::from_secs(1800);

/// The annotation of the bookmark that ends what was there when a watch began.
const INITIAL_END: &str = "k8s.io/initial-events-end";

/// Begins a watch.
///
/// # Errors
/// 400 or 422 for options that make no sense. That a version is too old is told inside the watch.
pub fn watch(
    state: &mut State,
    call: &Call<'_>,
    asked: Asked<'static>,
    interfere: Option<Arc<dyn Interfere>>,
) -> Result<Frames, Refusal> {
    let options = ListOptions::read(call, true)?;
    let writer =
        Writer { resource: call.resource.clone(), view: call.view, now: state.clock.now(), heads: false };
    let clock = state.clock.clone();
    let current = state.store.version();
    let shelf = call.resource.shelf.clone();
    let mut frames = Frames {
        ready: VecDeque::new(),
        receiver: None,
        last: current,
        writer,
        bookmarks: options.bookmarks.then(|| Timer::after(clock.real(first_bookmark(options.timeout)))),
        every: clock.real(BOOKMARKS),
        end: Timer::after(clock.real(options.timeout.filter(|t| !t.is_zero()).unwrap_or(LASTS))),
        clock,
        asked,
        interfere,
        over: false,
    };
    let from = options.version.unwrap_or_default();
    if from > 0 && from < state.store.oldest(&shelf) && options.initial != Some(true) {
        let oldest = state.store.oldest(&shelf);
        let refusal = Refusal::expired(format!("too old resource version: {from} ({oldest})"));
        frames.ready.push_back(News::Error(refusal.status()));
        frames.over = true;
        return Ok(frames);
    }
    let mut interest =
        Interest { namespace: call.namespace.to_owned(), selection: options.selection.clone(), after: from };
    let all_first = match options.initial {
        Some(wanted) => wanted,
        None => from == 0,
    };
    if all_first {
        for object in state.store.list(&shelf, call.namespace) {
            if options.selection.holds(object) {
                frames.push_state(object);
            }
        }
        if options.initial == Some(true) && options.bookmarks {
            frames.push_bookmark(current, true);
        }
    } else if from > 0 {
        for change in state.store.since(&shelf, from) {
            if let Some(event) = interest.sees(change) {
                frames.push(&Told { change: change.clone(), event });
            }
        }
    }
    interest.after = current.max(from);
    frames.receiver = Some(state.store.feed(&shelf).join(interest));
    Ok(frames)
}

/// When the first bookmark is due: within a minute, or shortly before the end.
fn first_bookmark(timeout: Option<Duration>) -> Duration {
    const BEFORE: Duration = Duration::from_secs(2);
    match timeout.filter(|timeout| *timeout > BEFORE) {
        Some(timeout) => BOOKMARKS.min(timeout - BEFORE),
        None => BOOKMARKS,
    }
}

/// What a watch tells, not yet written.
#[derive(Clone)]
enum News {
    Error(Value),
    There(Arc<Stored>),
    Told(Told),
    Bookmark { version: u64, initial: bool },
}

impl Told {
    /// What happened to the object, and what of it is told.
    fn value(&self, of: impl Fn(&Stored) -> &Value) -> (Happened, Value) {
        match self.event {
            Event::Is(happened) => (happened, of(&self.change.now).clone()),
            Event::Left => {
                // What left the selection is told as it was in it, at the version at which it left.
                let before = self.change.before.as_ref().unwrap_or(&self.change.now);
                let mut value = of(before).clone();
                value["metadata"]["resourceVersion"] = self.change.now.version.to_string().into();
                (Happened::Deleted, value)
            }
        }
    }
}

/// A watch that goes on: its frames as they come.
pub struct Frames {
    ready: VecDeque<News>,
    receiver: Option<mpsc::Receiver<Told>>,
    /// The version of the last thing told.
    last: u64,
    writer: Writer,
    clock: crate::rehearsal::clock::Clock,
    bookmarks: Option<Timer>,
    every: Duration,
    end: Timer,
    asked: Asked<'static>,
    interfere: Option<Arc<dyn Interfere>>,
    over: bool,
}

impl fmt::Debug for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames").field("asked", &self.asked).field("last", &self.last).finish_non_exhaustive()
    }
}

impl Frames {
    /// The next line; `None` when the watch is over.
    pub fn poll_line(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.next(cx).map(|news| news.map(|news| self.writer.line(&news, self.clock.now())))
    }

    fn next(&mut self, cx: &mut Context<'_>) -> Poll<Option<News>> {
        loop {
            if let Some(news) = self.ready.pop_front() {
                return Poll::Ready(Some(news));
            }
            if self.over {
                return Poll::Ready(None);
            }
            match self.receiver.as_mut().map(|receiver| receiver.poll_recv(cx)) {
                Some(Poll::Ready(Some(told))) => {
                    self.push(&told);
                    continue;
                }
                Some(Poll::Ready(None)) | None => return Poll::Ready(None),
                Some(Poll::Pending) => {}
            }
            if self.end.poll(cx).is_ready() {
                self.over = true;
                continue;
            }
            let due = self.bookmarks.as_mut().is_some_and(|timer| timer.poll(cx).is_ready());
            if !due {
                return Poll::Pending;
            }
            self.bookmarks = Some(Timer::after(self.every));
            self.push_bookmark(self.last, false);
        }
    }

    fn push(&mut self, told: &Told) {
        let object = &told.change.now;
        self.last = object.version;
        let word = match told.event {
            Event::Is(happened) => happened.word(),
            Event::Left => Happened::Deleted.word(),
        };
        self.deliver(word, News::Told(told.clone()), &object.namespace, &object.name);
    }

    fn push_state(&mut self, object: &Arc<Stored>) {
        let news = News::There(object.clone());
        self.deliver(Happened::Added.word(), news, &object.namespace, &object.name);
    }

    fn push_bookmark(&mut self, version: u64, initial: bool) {
        self.deliver("BOOKMARK", News::Bookmark { version, initial }, "", "");
    }

    fn deliver(&mut self, word: &str, news: News, namespace: &str, name: &str) {
        let delivery = match &self.interfere {
            Some(interfere) => interfere.event(&self.asked, word, namespace, name),
            None => Delivery::Deliver,
        };
        match delivery {
            _ if self.over => {}
            Delivery::Deliver => self.ready.push_back(news),
            Delivery::Twice => self.ready.extend([news.clone(), news]),
            Delivery::Drop => self.over = true,
        }
    }
}

impl Follow for Frames {
    /// The next event, its object as a value of the kind as it is kept.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<direct::Event>> {
        self.next(cx).map(|news| {
            Some(match news? {
                News::Error(status) => ("ERROR", status),
                News::There(object) => (Happened::Added.word(), object.value.clone()),
                News::Told(told) => {
                    let (happened, value) = told.value(|stored| &stored.value);
                    (happened.word(), value)
                }
                News::Bookmark { version, initial } => ("BOOKMARK", self.writer.bookmark(version, initial)),
            })
        })
    }
}

/// A timer that begins to count when it is made, and is set when first asked.
struct Timer {
    due: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    fn after(length: Duration) -> Timer {
        let now = Instant::now();
        // Thirty years is never.
        let due = now.checked_add(length).unwrap_or(now + Duration::from_secs(30 * 365 * 86_400));
        Timer { due, sleep: None }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(self.due)));
        sleep.as_mut().poll(cx)
    }
}

/// Writes events in the form that was asked for.
struct Writer {
    resource: Arc<Resource>,
    view: View,
    now: jiff::Timestamp,
    /// Whether a table with its columns was written already.
    heads: bool,
}

impl Writer {
    fn line(&mut self, news: &News, now: jiff::Timestamp) -> Bytes {
        self.now = now;
        match news {
            News::Error(status) => line("ERROR", &encode(status)),
            News::There(object) => self.object(Happened::Added.word(), object),
            News::Told(told) => self.event(told),
            News::Bookmark { version, initial } => {
                let object = self.bookmark(*version, *initial);
                self.written("BOOKMARK", &object)
            }
        }
    }

    fn event(&mut self, told: &Told) -> Bytes {
        let as_kept = matches!(self.view, View::Plain | View::Yaml) && convert::is_as_kept(&self.resource);
        match told.event {
            Event::Is(happened) if as_kept => told.change.line(happened),
            Event::Is(happened) => self.object(happened.word(), &told.change.now),
            Event::Left => {
                let (happened, value) = told.value(Stored::whole);
                self.value(happened.word(), value)
            }
        }
    }

    fn object(&mut self, word: &str, object: &Stored) -> Bytes {
        match matches!(self.view, View::Plain | View::Yaml) && convert::is_as_kept(&self.resource) {
            true => line(word, &object.wire()),
            false => self.value(word, object.whole().clone()),
        }
    }

    fn value(&mut self, word: &str, kept: Value) -> Bytes {
        self.written(word, &convert::served(&self.resource, kept))
    }

    fn written(&mut self, word: &str, value: &Value) -> Bytes {
        match self.view {
            View::Plain | View::Yaml => line(word, &encode(value)),
            View::Metadata { .. } => line(word, &encode(&render::metadata(value))),
            View::Table(include) => {
                let heads = !std::mem::replace(&mut self.heads, true);
                line(word, &encode(&render::table_event(&self.resource, value, self.now, (heads, include))))
            }
        }
    }

    fn bookmark(&self, version: u64, initial: bool) -> Value {
        let mut metadata = json!({ "resourceVersion": version.to_string() });
        if initial {
            metadata["annotations"] = json!({ INITIAL_END: "true" });
        }
        let mut object = json!({ "kind": self.resource.kind, "apiVersion": self.resource.api_version(), "metadata": metadata });
        if let Some(object) = object.as_object_mut() {
            object.extend(convert::blank(&self.resource));
        }
        object
    }
}
