//! Where faults come in: asked before each request and each watch event.
//! It must never know which faults there are.

use std::time::Duration;

use super::refusal::{Refusal, details, quote};

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

impl Asked {
    /// 403 in the words of the server's rights.
    pub fn forbidden(&self) -> Refusal {
        let Asked { user, verb, group, resource, subresource, namespace, name, .. } = self;
        let subject = if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") };
        let below = if subresource.is_empty() { String::new() } else { format!("/{subresource}") };
        let named = if name.is_empty() { String::new() } else { format!(" {}", quote(name)) };
        let place = match namespace.as_str() {
            "" => " at the cluster scope".to_owned(),
            namespace => format!(" in the namespace {}", quote(namespace)),
        };
        let message = format!(
            "{subject}{named} is forbidden: User {} cannot {verb} resource {} in API group {}{place}",
            quote(user),
            quote(&format!("{resource}{below}")),
            quote(group),
        );
        let mut refusal = Refusal::new(403, "Forbidden", message);
        refusal.details = details(name, group, resource);
        refusal
    }

    /// 409: somebody else has written the object meanwhile.
    pub fn modified(&self) -> Refusal {
        let Asked { group, resource, name, .. } = self;
        let subject = if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") };
        let message = format!(
            "Operation cannot be fulfilled on {subject} {}: the object has been modified; please apply your changes to the latest version and try again",
            quote(name)
        );
        let mut refusal = Refusal::new(409, "Conflict", message);
        refusal.details = details(name, group, resource);
        refusal
    }
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Interference {
    /// It goes on.
    Pass,
    /// It is answered with this, and nothing is done.
    Answer(Refusal),
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
