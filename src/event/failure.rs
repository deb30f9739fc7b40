//! Why a step failed, as data.
//! It must never know how the failure is shown.

use crate::json::Text;
use crate::source::Place;
use serde::{Deserialize, Serialize};

/// What sort of failure: whether an expectation is not met, or something could not be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// An expectation is not met and will not be: a final failure, `fail-when`, `assert`, `expect`, an object that is gone.
    Unmet,
    /// A deadline passed.
    TimedOut,
    /// The API server refused.
    Refused,
    /// The cluster could not be reached.
    Unreachable,
    /// It is unknown whether a write was carried out.
    Uncertain,
    /// What earlier steps saved does not fit here, or names nothing.
    Invalid,
    /// A signal, or a person who said no.
    Interrupted,
    /// A defect of this program.
    Defect,
}

/// Why a step failed: what, where, what to try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// What sort of failure.
    pub cause: Cause,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// The place in the playbook, resolved, so that it can be drawn without the file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub place: Option<Place>,
    /// What to try.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub help: Option<String>,
    /// Each comparison that is not met.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unmet: Vec<Unmet>,
    /// The API server's refusal.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refusal: Option<Refusal>,
    /// Further facts, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub details: Vec<String>,
}

impl Failure {
    /// A failure of a sort, with its sentence.
    pub fn new(cause: Cause, message: impl Into<String>) -> Failure {
        Failure {
            cause,
            message: message.into(),
            place: None,
            help: None,
            unmet: Vec::new(),
            refusal: None,
            details: Vec::new(),
        }
    }

    /// The same with what to try.
    pub fn help(mut self, help: impl Into<String>) -> Failure {
        self.help = Some(help.into());
        self
    }

    /// The same at a place, unless it already has a nearer one.
    pub fn at(mut self, place: Place) -> Failure {
        self.place.get_or_insert(place);
        self
    }
}

/// A comparison that is not met: the actual value beside the wanted one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unmet {
    /// The object, `Kind/name`.
    pub object: Text,
    /// What was looked at: a JSONPath, or words.
    pub path: Text,
    /// What is there.
    pub actual: Text,
    /// What should be.
    pub wanted: Text,
}

impl std::fmt::Display for Unmet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Unmet { object, path, actual, wanted } = self;
        let object = if object.is_empty() { String::new() } else { format!("{object}: ") };
        match (path.is_empty(), wanted.is_empty()) {
            (true, true) => write!(f, "{object}{actual}"),
            (true, false) => write!(f, "{object}is {actual}, wanted {wanted}"),
            (false, true) => write!(f, "{object}{path}: {actual}"),
            (false, false) => write!(f, "{object}{path} is {actual}, wanted {wanted}"),
        }
    }
}

/// The API server's refusal: what `must-fail` is judged on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// The HTTP status.
    pub code: u16,
    /// The machine-readable reason, such as `Invalid` or `Forbidden`.
    pub reason: String,
    /// The message.
    pub message: String,
}
