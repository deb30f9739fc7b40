//! Where faults come in: asked before each request and each watch event.
//! It must never know which faults there are.

use std::time::Duration;

use super::refusal::Refusal;

/// A request as faults see it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The user's name.
    pub user: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; of what is no object the HTTP method, in small letters.
    pub verb: String,
    /// The path, without the question mark and what follows.
    pub path: String,
    /// Empty for the core group, and for what is no object.
    pub group: String,
    /// `pods`; empty for what is no object.
    pub resource: String,
    /// `status`; mostly empty.
    pub subresource: String,
    /// Empty for all, and for kinds without.
    pub namespace: String,
    /// Empty for a collection.
    pub name: String,
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Interference {
    /// It goes on.
    Pass,
    /// It is answered with this, and nothing is done.
    Answer(Refusal),
    /// It is refused as one of a user without the right to it.
    Forbid,
    /// It is refused as one of an object that somebody else has written meanwhile. What is no object is not.
    Conflict,
    /// It goes on after this length of the cluster's time.
    Delay(Duration),
    /// The connection is cut, and nothing is done.
    Cut,
    /// It is carried out, and then the connection is cut.
    CutAfter,
}

/// What becomes of a watch event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It is told.
    Deliver,
    /// It is told twice.
    Twice,
    /// It is lost, and the connection ends.
    Drop,
}

/// Faults.
pub trait Interfere: Send + Sync {
    /// Asked before a request is handled.
    fn request(&self, asked: &Asked) -> Interference {
        let _ = asked;
        Interference::Pass
    }

    /// Asked before a watch event (`ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK`) is told; `object` is `NAMESPACE/NAME`.
    fn event(&self, watch: &Asked, event: &str, object: &str) -> Delivery {
        let _ = (watch, event, object);
        Delivery::Deliver
    }
}

/// The connection was cut before there was an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("connection reset by peer")
    }
}

impl std::error::Error for Cut {}
