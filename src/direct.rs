//! What both ends of a connection have in hand when they live in one process: values, where others send bytes.
//! It must never know what is asked, nor at which end it is.

use crate::json::Value;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

/// The body of a request or of an answer as the value that it is, beside its bytes: an extension of the message.
///
/// A server whose answers have it takes requests that have it, `null` where nothing is sent, and then does not look at their bytes.
/// What it answers to these, and what it tells in a watch that was asked for so, comes without `metadata.managedFields`, which are
/// not even found out then.
#[derive(Clone, Debug)]
pub struct Direct(pub Value);

/// What a watch tells: the type of an event as the API has it (`ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK`, `ERROR`), and its object.
pub type Event = (&'static str, Value);

/// A watch that tells values.
pub trait Follow: Send {
    /// The next event; `None` when the watch is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>>;
}

/// What a watch tells, as values: an extension of the answer to a watch that was asked for with [`Direct`]. The body has nothing then.
#[derive(Clone)]
pub struct Followed(Arc<Mutex<dyn Follow>>);

impl Followed {
    /// The events of a watch.
    pub fn new(events: impl Follow + 'static) -> Followed {
        Followed(Arc::new(Mutex::new(events)))
    }

    /// The next event; `None` when the watch is over. Nothing is lost if the wait is dropped.
    pub async fn next(&self) -> Option<Event> {
        poll_fn(|cx| self.0.lock().unwrap_or_else(PoisonError::into_inner).poll(cx)).await
    }
}

impl fmt::Debug for Followed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Followed").finish_non_exhaustive()
    }
}
