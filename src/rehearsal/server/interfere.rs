//! Where faults come in: asked before each request and each watch event.
//! It must never know which faults there are.

use std::borrow::Cow;
use std::time::Duration;

use super::refusal::Refusal;

/// A request as faults see it.
#[derive(Clone, Debug, Default)]
pub struct Asked<'a> {
    /// The user's name.
    pub user: Cow<'a, str>,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; of what is no object the HTTP method, in small letters.
    pub verb: Cow<'a, str>,
    /// The path, without the question mark and what follows.
    pub path: Cow<'a, str>,
    /// Empty for the core group, and for what is no object.
    pub group: Cow<'a, str>,
    /// `pods`; empty for what is no object.
    pub resource: Cow<'a, str>,
    /// `status`; mostly empty.
    pub subresource: Cow<'a, str>,
    /// Empty for all, and for kinds without.
    pub namespace: Cow<'a, str>,
    /// Empty for a collection.
    pub name: Cow<'a, str>,
}

impl Asked<'_> {
    /// The same, to be kept.
    pub fn into_owned(self) -> Asked<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Asked {
            user: own(self.user),
            verb: own(self.verb),
            path: own(self.path),
            group: own(self.group),
            resource: own(self.resource),
            subresource: own(self.subresource),
            namespace: own(self.namespace),
            name: own(self.name),
        }
    }
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
    fn request(&self, asked: &Asked<'_>) -> Interference {
        let _ = asked;
        Interference::Pass
    }

    /// Asked before a watch event (`ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK`) of an object is told.
    fn event(&self, watch: &Asked<'_>, event: &str, namespace: &str, name: &str) -> Delivery {
        let _ = (watch, event, namespace, name);
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
