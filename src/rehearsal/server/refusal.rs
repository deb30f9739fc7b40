//! What the server says no with: `Status` objects with the code, reason, details and words of the real one.
//! It must never decide what is refused.
//!
//! Words and codes are those of apimachinery's `api/errors` (Kubernetes 1.37).

use std::fmt::Display;

use crate::json::{Value, json};

use super::resource::Resource;
use crate::rehearsal::builtin::Fault;

/// A request that is refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub code: u16,
    /// `NotFound`; empty where the server gives none.
    pub reason: &'static str,
    /// The sentence.
    pub message: String,
    /// `details`: a mapping, or null where the server has none.
    pub details: Value,
    /// Seconds for `Retry-After`.
    pub retry_after: Option<u64>,
    /// Whether it is told as plain text, and not as a `Status`.
    pub plain: bool,
    /// `metadata.continue`: where a list that is refused may go on.
    pub resume: Option<String>,
}

impl Refusal {
    /// A refusal with these words and no details.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            code,
            reason,
            message: message.into(),
            details: Value::Null,
            retry_after: None,
            resume: None,
            plain: false,
        }
    }

    fn about(mut self, resource: &Resource, name: &str) -> Refusal {
        self.details = details(name, &resource.group, &resource.plural);
        self
    }

    /// 404: there is no such object.
    pub fn not_found(resource: &Resource, name: &str) -> Refusal {
        Refusal::new(404, "NotFound", format!("{} {} not found", resource.full_name(), quote(name)))
            .about(resource, name)
    }

    /// 404: there is no such kind, or nothing is served at this path.
    pub fn unknown_resource() -> Refusal {
        let mut refusal = Refusal::new(404, "NotFound", "the server could not find the requested resource");
        refusal.details = json!({});
        refusal
    }

    /// 404 in plain text: there is nothing at this path, not even a kind.
    pub fn no_page() -> Refusal {
        Refusal { plain: true, ..Refusal::new(404, "", "404 page not found\n") }
    }

    /// 409: the name is taken.
    pub fn already_exists(resource: &Resource, name: &str) -> Refusal {
        let message = format!("{} {} already exists", resource.full_name(), quote(name));
        Refusal::new(409, "AlreadyExists", message).about(resource, name)
    }

    /// 409: the object is not what the request says it is.
    pub fn conflict(resource: &Resource, name: &str, why: impl Display) -> Refusal {
        let message =
            format!("Operation cannot be fulfilled on {} {}: {why}", resource.full_name(), quote(name));
        Refusal::new(409, "Conflict", message).about(resource, name)
    }

    /// 409: the object has changed since it was read.
    pub fn modified(resource: &Resource, name: &str) -> Refusal {
        let why =
            "the object has been modified; please apply your changes to the latest version and try again";
        Refusal::conflict(resource, name, why)
    }

    /// 403: the request is well formed, and yet must not be.
    pub fn forbidden(resource: &Resource, name: &str, why: impl Display) -> Refusal {
        let what = resource.full_name();
        let message = match name {
            "" => format!("{what} is forbidden: {why}"),
            name => format!("{what} {} is forbidden: {why}", quote(name)),
        };
        Refusal::new(403, "Forbidden", message).about(resource, name)
    }

    /// 400: the request is not well formed.
    pub fn bad_request(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "BadRequest", message)
    }

    /// 422: the object is not what its kind may be.
    pub fn invalid(group: &str, kind: &str, name: &str, faults: &[Fault]) -> Refusal {
        let what = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let mut lines: Vec<String> = Vec::with_capacity(faults.len());
        for fault in faults {
            let line = format!("{}: {}", fault.field, fault.message);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let told = match lines.as_slice() {
            [] => String::new(),
            [line] => format!(": {line}"),
            lines => format!(": [{}]", lines.join(", ")),
        };
        let mut refusal = Refusal::new(422, "Invalid", format!("{what} {} is invalid{told}", quote(name)));
        let causes: Vec<Value> = faults
            .iter()
            .map(|fault| json!({ "reason": fault.reason, "message": fault.message, "field": fault.field }))
            .collect();
        refusal.details = details(name, group, kind);
        if let (Some(details), false) = (refusal.details.as_object_mut(), causes.is_empty()) {
            details.insert("causes".into(), causes.into());
        }
        refusal
    }

    /// The refusal, with details of which object it speaks.
    pub fn of(self, resource: &Resource, name: &str) -> Refusal {
        self.about(resource, name)
    }

    /// 405: the kind does not know the verb.
    pub fn method_not_allowed() -> Refusal {
        let message = "the server does not allow this method on the requested resource";
        let mut refusal = Refusal::new(405, "MethodNotAllowed", message);
        refusal.details = json!({});
        refusal
    }

    /// 406: the client accepts nothing that the server can write.
    pub fn not_acceptable(accepted: &[&str]) -> Refusal {
        let message = format!("only the following media types are accepted: {}", accepted.join(", "));
        Refusal::new(406, "NotAcceptable", message)
    }

    /// 415: the server cannot read what was sent.
    pub fn unsupported_media(accepted: &[&str]) -> Refusal {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            accepted.join(", ")
        );
        Refusal::new(415, "UnsupportedMediaType", message)
    }

    /// 410: what is asked for is no longer known.
    pub fn expired(message: impl Into<String>) -> Refusal {
        Refusal::new(410, "Expired", message)
    }

    /// 500.
    pub fn internal(message: impl Display) -> Refusal {
        let mut refusal = Refusal::new(500, "InternalError", format!("Internal error occurred: {message}"));
        refusal.details = json!({ "causes": [{ "message": message.to_string() }] });
        refusal
    }

    /// 500 with these words alone.
    pub fn internal_plain(message: impl Into<String>) -> Refusal {
        Refusal::new(500, "", message)
    }

    /// The `Status` object.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message,
        });
        if let Some(resume) = &self.resume {
            status["metadata"]["continue"] = resume.as_str().into();
        }
        if !self.reason.is_empty() {
            status["reason"] = self.reason.into();
        }
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        if let Some(seconds) = self.retry_after {
            status["details"]["retryAfterSeconds"] = seconds.into();
        }
        status["code"] = self.code.into();
        status
    }
}

/// `details` of a `Status`; what is empty is left out.
pub(super) fn details(name: &str, group: &str, kind: &str) -> Value {
    let entries = [("name", name), ("group", group), ("kind", kind)];
    let entries = entries.into_iter().filter(|(_, value)| !value.is_empty());
    Value::Object(entries.collect())
}

/// Text as Go's `%q` writes it, for the characters that occur.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
