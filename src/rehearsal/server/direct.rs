//! What both ends have in hand when they live in one process: values, where others send bytes.
//! It must never know what is asked.

use super::store::Happened;
use super::watch::Frames;
use crate::json::Value;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};

/// The body of a request or of an answer as the value that it is, beside its bytes: an extension of the message.
///
/// A server whose answers have it takes requests that have it, and then does not look at their bytes.
#[derive(Clone, Debug)]
pub struct Direct(pub Value);

/// What a watch tells, as values: an extension of the answer to a watch that was asked for with [`Direct`]. The body has nothing then.
#[derive(Clone, Debug)]
pub struct Followed(Arc<Mutex<Frames>>);

impl Followed {
    pub(super) fn new(frames: Frames) -> Followed {
        Followed(Arc::new(Mutex::new(frames)))
    }

    /// What happened next to which object; `None` when the watch is over.
    pub async fn next(&self) -> Option<(Happened, Value)> {
        poll_fn(|cx| self.0.lock().unwrap_or_else(PoisonError::into_inner).poll_value(cx)).await
    }
}
