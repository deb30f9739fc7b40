//! The body of an answer: all of it at once, or a watch's frames as they come. What is not read is never written.
//! It must never know what the bytes say.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::stored::{Stored, encode};
use super::watch::Frames;
use crate::json::Value;
use std::sync::Arc;

/// The body of an answer.
#[derive(Debug)]
pub struct Body(Kind);

#[derive(Debug)]
enum Kind {
    Whole(Option<Bytes>),
    Stored(Arc<Stored>),
    Value(Value),
    Watch(Box<Frames>),
}

impl Body {
    /// A body of these bytes.
    pub fn whole(bytes: impl Into<Bytes>) -> Body {
        Body(Kind::Whole(Some(bytes.into()).filter(|bytes: &Bytes| !bytes.is_empty())))
    }

    /// An object as it is kept.
    pub(super) fn stored(object: Arc<Stored>) -> Body {
        Body(Kind::Stored(object))
    }

    /// Any other value.
    pub(super) fn value(value: Value) -> Body {
        Body(Kind::Value(value))
    }

    pub(super) fn watch(frames: Frames) -> Body {
        Body(Kind::Watch(Box::new(frames)))
    }

    /// The value that it is, where nobody has written it yet.
    pub(super) fn as_value(&self) -> Option<&Value> {
        match &self.0 {
            Kind::Stored(object) => Some(&object.value),
            Kind::Value(value) => Some(value),
            Kind::Whole(_) | Kind::Watch(_) => None,
        }
    }

    /// The same body, written already unless it is a watch.
    pub fn written(self) -> Body {
        self.bytes().map_or(self, Body::whole)
    }

    /// The bytes, where they are all there already: everything but a watch.
    pub fn bytes(&self) -> Option<Bytes> {
        match &self.0 {
            Kind::Whole(bytes) => Some(bytes.clone().unwrap_or_default()),
            Kind::Stored(object) => Some(object.wire()),
            Kind::Value(value) => Some(encode(value)),
            Kind::Watch(_) => None,
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let (Kind::Stored(_) | Kind::Value(_), Some(bytes)) = (&self.0, self.bytes()) {
            self.0 = Kind::Whole(Some(bytes));
        }
        match &mut self.0 {
            Kind::Stored(_) | Kind::Value(_) => Poll::Ready(None),
            Kind::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Kind::Watch(frames) => {
                frames.poll_line(cx).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Kind::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Kind::Stored(_) | Kind::Value(_) | Kind::Watch(_) => SizeHint::default(),
        }
    }
}
