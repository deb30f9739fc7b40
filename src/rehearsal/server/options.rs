//! The options of lists and watches, read and checked.
//! It must never look at objects.
//!
//! The rules of `resourceVersion`, `resourceVersionMatch` and `sendInitialEvents` are those of apimachinery's
//! `ValidateListOptions` (Kubernetes 1.37).

use std::time::Duration;

use super::call::Call;
use super::refusal::{Refusal, quote};
use super::selection::Selection;
use crate::rehearsal::builtin::Fault;

/// How a list's version is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// At this version and no other.
    Exact,
    /// At this version or later.
    NotOlderThan,
}

/// The options of a list or watch.
#[derive(Clone, Debug)]
pub struct ListOptions {
    /// Which objects.
    pub selection: Selection,
    /// How many at once, 0 for all.
    pub limit: usize,
    /// Where the page before ended.
    pub proceed: Option<String>,
    /// `resourceVersion`; `None` if not given.
    pub version: Option<u64>,
    /// How the version is meant.
    pub matching: Option<Match>,
    /// How long a watch lasts.
    pub timeout: Option<Duration>,
    /// Whether bookmarks are wanted.
    pub bookmarks: bool,
    /// Whether a watch begins with all that is there.
    pub initial: Option<bool>,
}

impl ListOptions {
    /// Reads the options of a list, or of a watch.
    ///
    /// # Errors
    /// 400 or 422, in the server's words.
    pub fn read(call: &Call<'_>, watch: bool) -> Result<ListOptions, Refusal> {
        let query = &call.query;
        let limit = query.number("limit")?.unwrap_or_default();
        let timeout = query.number("timeoutSeconds")?;
        let initial = query.choice("sendInitialEvents").filter(|_| query.has("sendInitialEvents"));
        check(call, watch, initial)?;
        let version = match query.text("resourceVersion") {
            Some(text) => Some(version(text, watch)?),
            None => None,
        };
        let matching = match query.text("resourceVersionMatch") {
            Some("Exact") => Some(Match::Exact),
            Some(_) => Some(Match::NotOlderThan),
            None => None,
        };
        let (labels, fields) = (query.text("labelSelector"), query.text("fieldSelector"));
        let mut selection = Selection::read(&call.resource, labels, fields)?;
        if !call.name.is_empty() {
            selection.only(call.name);
        }
        Ok(ListOptions {
            selection,
            limit: usize::try_from(limit).unwrap_or_default(),
            proceed: query.text("continue").map(str::to_owned),
            version,
            matching,
            timeout: timeout.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs),
            bookmarks: query.truth("allowWatchBookmarks"),
            initial,
        })
    }
}

/// Reads a version.
///
/// # Errors
/// 400 for a list, 500 for one object and for a watch.
pub fn version(text: &str, watch: bool) -> Result<u64, Refusal> {
    text.parse().map_err(|_| {
        let fault = format!(
            "resourceVersion: Invalid value: {0}: strconv.ParseUint: parsing {0}: invalid syntax",
            quote(text)
        );
        match watch {
            true => Refusal::new(500, "", fault),
            false => Refusal::bad_request(format!("invalid resource version: {fault}")),
        }
    })
}

fn check(call: &Call<'_>, watch: bool, initial: Option<bool>) -> Result<(), Refusal> {
    let query = &call.query;
    let matching = query.text("resourceVersionMatch").unwrap_or_default();
    let version = query.text("resourceVersion").unwrap_or_default();
    let mut faults = Vec::new();
    let mut forbid = |field: &str, why: &str| faults.push(Fault::forbidden(field, why));
    match (watch, initial) {
        (true, Some(_)) => {
            const MATCH: &str = "resourceVersionMatch";
            if matching != "NotOlderThan" {
                forbid(MATCH, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
            }
            if !matching.is_empty() && matching != "NotOlderThan" {
                faults.push(unsupported(matching, &["NotOlderThan"]));
            }
            if query.has("continue") && query.text("continue").is_some() {
                faults.push(Fault::forbidden(
                    "resourceVersionMatch",
                    "resourceVersionMatch is forbidden when continue is provided",
                ));
            }
        }
        (true, None) => {
            // A watch that begins with all there is is one that asks for it.
            if matches!(version, "" | "0") && query.text("continue").is_some() {
                forbid("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
            }
            if !matching.is_empty() {
                forbid(
                    "resourceVersionMatch",
                    "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
                );
            }
        }
        (false, initial) => {
            if !matching.is_empty() {
                if version.is_empty() {
                    forbid(
                        "resourceVersionMatch",
                        "resourceVersionMatch is forbidden unless resourceVersion is provided",
                    );
                }
                if query.text("continue").is_some() {
                    forbid(
                        "resourceVersionMatch",
                        "resourceVersionMatch is forbidden when continue is provided",
                    );
                }
                if matching != "Exact" && matching != "NotOlderThan" {
                    faults.push(unsupported(matching, &["Exact", "NotOlderThan", ""]));
                }
                if matching == "Exact" && version == "0" {
                    faults.push(Fault::forbidden(
                        "resourceVersionMatch",
                        "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
                    ));
                }
            }
            if initial.is_some() {
                faults.push(Fault::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
            }
        }
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Refusal::invalid("meta.k8s.io", "ListOptions", "", &faults)),
    }
}

fn unsupported(value: &str, known: &[&str]) -> Fault {
    let known: Vec<String> = known.iter().map(|known| quote(known)).collect();
    Fault {
        reason: "FieldValueNotSupported",
        field: "resourceVersionMatch".into(),
        message: format!("Unsupported value: {}: supported values: {}", quote(value), known.join(", ")),
    }
}
