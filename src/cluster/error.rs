//! What can go wrong at the door, as values: the server's refusals, and trouble on the way to it.
//! Never knows events, reports, playbooks or exit codes.

use std::fmt;
use std::time::Duration;

use crate::json::Value;

/// The API server's answer to a request that it did not carry out (`metav1.Status`).
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// HTTP status code, such as 409.
    pub code: u16,
    /// The machine-readable reason, such as `Conflict`; empty where the server gave none.
    pub reason: String,
    /// The server's own words.
    pub message: String,
    /// `Status.details` as sent (name, kind, causes, retryAfterSeconds …), or null.
    pub details: Value,
}

/// One entry of `Status.details.causes`: a field that was refused, or that another manager owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Such as `FieldManagerConflict` or `FieldValueInvalid`.
    pub reason: String,
    /// The server's own words, such as `conflict with "kubectl" using apps/v1`.
    pub message: String,
    /// The field, such as `.spec.replicas`; empty where the server named none.
    pub field: String,
}

impl Status {
    /// Reads a response body: a `Status` object, or whatever text a proxy in between has put there.
    pub(super) fn read(code: u16, body: &[u8]) -> Status {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) if value["kind"] == "Status" => Status::from_value(code, &value),
            _ => {
                let text = String::from_utf8_lossy(body);
                let text = text.trim();
                let message = if text.is_empty() { format!("HTTP {code}") } else { shorten(text) };
                Status { code, reason: String::new(), message, details: Value::Null }
            }
        }
    }

    /// Takes a `Status` object apart. `code` stands in where the object has none.
    pub(super) fn from_value(code: u16, value: &Value) -> Status {
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let own = value["code"].as_u64().and_then(|own| u16::try_from(own).ok()).filter(|own| *own != 0);
        Status {
            code: own.unwrap_or(code),
            reason: text("reason"),
            message: text("message"),
            details: value["details"].clone(),
        }
    }

    /// As the server would say it of what is refused on this side of the door already.
    pub(super) fn local(message: impl Into<String>) -> Status {
        Status { code: 400, reason: "BadRequest".into(), message: message.into(), details: Value::Null }
    }

    /// `details.causes`: the fields concerned, and for a conflict the managers that own them.
    pub fn causes(&self) -> Vec<Cause> {
        let text = |cause: &Value, key: &str| cause[key].as_str().unwrap_or_default().to_owned();
        let causes = self.details["causes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let one = |cause| Cause {
            reason: text(cause, "reason"),
            message: text(cause, "message"),
            field: text(cause, "field"),
        };
        causes.iter().map(one).collect()
    }

    /// True when a 404 speaks of one object, false when it speaks of a path that is not served.
    pub(super) fn names_an_object(&self) -> bool {
        self.details["name"].as_str().is_some_and(|name| !name.is_empty())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason.as_str() {
            "" => write!(f, "{} (HTTP {})", self.message, self.code),
            reason => write!(f, "{} ({} {reason})", self.message, self.code),
        }
    }
}

/// Why a call did not come back with what was asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// The API server's answer, nearly always 4xx: asking again would be answered in the same way.
    Refused(Box<Status>),
    /// The API server does not serve this resource (any more), as after a CRD was deleted.
    NotServed {
        /// What was asked for, such as `get seldondeployments/iris in seldon`.
        what: String,
        /// The server's words, or the names that come near.
        message: String,
    },
    /// 401 for ten seconds, or credentials that could not be had.
    Unauthorized(Box<Status>),
    /// The deadline passed, or patience ended, while no usable answer could be had.
    Unreachable {
        /// The last trouble, such as `connection refused`.
        message: String,
        /// How long the trouble had lasted.
        outage: Duration,
        /// The server's words where it did answer (429 and 5xx).
        status: Option<Box<Status>>,
    },
    /// A write was sent, its answer was lost, and looking could not tell whether it was carried out.
    UnknownOutcome {
        /// The write, such as `patch deployments/web in seldon`.
        what: String,
        /// What is known.
        message: String,
    },
}

impl Error {
    /// A refusal made on this side of the door, for what no server could carry out.
    pub(super) fn local(message: impl Into<String>) -> Error {
        Error::Refused(Box::new(Status::local(message)))
    }

    /// The server's answer inside, where there is one.
    pub fn status(&self) -> Option<&Status> {
        match self {
            Error::Refused(status) | Error::Unauthorized(status) => Some(status),
            Error::Unreachable { status, .. } => status.as_deref(),
            Error::NotServed { .. } | Error::UnknownOutcome { .. } => None,
        }
    }

    /// True for a refusal with this HTTP code.
    pub fn is_refused(&self, code: u16) -> bool {
        matches!(self, Error::Refused(status) if status.code == code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Refused(status) => write!(f, "{status}"),
            Error::NotServed { what, message } => write!(f, "cannot {what}: {message}"),
            Error::Unauthorized(status) => {
                write!(f, "the API server does not accept the credentials: {status}")
            }
            Error::Unreachable { message, outage, .. } if outage.is_zero() => {
                write!(f, "the API server cannot be reached: {message}")
            }
            Error::Unreachable { message, outage, .. } => {
                let seconds = outage.as_secs_f64();
                write!(f, "the API server could not be reached for {seconds:.1}s: {message}")
            }
            Error::UnknownOutcome { what, message } => {
                write!(f, "it is unknown whether the server did {what}: {message}")
            }
        }
    }
}

impl std::error::Error for Error {}

/// Cuts a foreign text (an HTML page of a proxy, say) to what a line can hold.
pub(super) fn shorten(text: &str) -> String {
    const MOST: usize = 300;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_names_managers_and_fields() {
        let body = br#"{"kind":"Status","message":"Apply failed","reason":"Conflict","code":409,"details":
            {"causes":[{"reason":"FieldManagerConflict","message":"conflict with \"x\"","field":".spec.replicas"}]}}"#;
        let status = Status::read(409, body);
        assert_eq!(status.causes()[0].field, ".spec.replicas");
        assert_eq!(status.causes()[0].message, "conflict with \"x\"");
        assert!(!status.names_an_object());
        assert_eq!(status.to_string(), "Apply failed (409 Conflict)");
    }

    #[test]
    fn text_that_is_no_status_is_kept_short() {
        let status = Status::read(502, "é".repeat(1000).as_bytes());
        assert_eq!(status.message.chars().count(), 301);
        assert_eq!(Status::read(502, b" ").message, "HTTP 502");
    }
}
