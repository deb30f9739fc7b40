//! From trouble with the cluster to a failure that says what, why and what to try.
//! It must never know which step it was.

use crate::cluster::{self, Error, ResolveError, Status};
use crate::event::{Cause, Failure, Refusal};
use crate::json::pointer::escaped;
use std::collections::BTreeMap;
use std::time::Duration;

/// A failure of something that was asked of the cluster: `what` is it in words, such as `apply Deployment/web`.
pub(super) fn failure(what: &str, error: Error) -> Failure {
    match error {
        Error::Refused(status) => refused(what, &status),
        Error::NotServed { message, .. } => {
            let failure = Failure::new(Cause::Refused, format!("cannot {what}: {message}"));
            let refusal = Refusal { code: 404, reason: "NotFound".into(), message };
            Failure { refusal: Some(refusal), ..failure }
        }
        Error::Unauthorized(status) => {
            let message =
                format!("cannot {what}: the API server does not accept our credentials ({})", status.message);
            let failure =
                Failure { refusal: Some(refusal(&status)), ..Failure::new(Cause::Refused, message) };
            failure.help("Log in anew, or check the user of the kubeconfig's context.")
        }
        Error::Unreachable { message, outage, status } => {
            let message = if outage > Duration::from_millis(999) {
                format!(
                    "cannot {what}: the API server could not be reached for {:.0}s ({message})",
                    outage.as_secs_f64()
                )
            } else {
                format!("cannot {what}: the API server cannot be reached ({message})")
            };
            let mut failure = Failure::new(Cause::Unreachable, message);
            if let Some(status) = status {
                failure.details.push(format!("the API server's last answer: {status}"));
            }
            failure.help(
                "Check the server's address in the kubeconfig, the network, and whether the cluster is up.",
            )
        }
        Error::UnknownOutcome { message, .. } => {
            let message = format!("it is unknown whether the cluster did {what}: {message}");
            Failure::new(Cause::Uncertain, message).help("Look at the object before you run this again.")
        }
    }
}

fn refusal(status: &Status) -> Refusal {
    Refusal { code: status.code, reason: status.reason.clone(), message: status.message.clone() }
}

fn refused(what: &str, status: &Status) -> Failure {
    let conflicts: Vec<_> =
        status.causes().into_iter().filter(|cause| cause.reason == "FieldManagerConflict").collect();
    let mut failure = if conflicts.is_empty() {
        Failure::new(Cause::Refused, format!("cannot {what}: {}", status.message))
    } else {
        Failure::new(Cause::Refused, format!("cannot {what}: {}", owners(&conflicts)))
    };
    failure.refusal = Some(refusal(status));
    if conflicts.is_empty() {
        let told = status
            .causes()
            .into_iter()
            .filter(|cause| !cause.field.is_empty() && !status.message.contains(&cause.message));
        failure.details = told.map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
    }
    let help = match (status.code, status.reason.as_str()) {
        (409, _) if !conflicts.is_empty() => {
            Some("Take the fields out of the manifest, or take them over with `force: true`.")
        }
        (409, "AlreadyExists") => Some(
            "`create-only` wants an object that is not there yet. Delete it first, or leave `create-only` out.",
        ),
        (403, _) if status.message.contains("exceeded quota") => {
            Some("Free some of the namespace's quota, or ask for more.")
        }
        (403, _) => Some("Ask for a Role that allows this, or run as another user (`--context`, `--as`)."),
        (404, _) if status.message.contains("namespaces") => {
            Some("Create the namespace first, or name another with `-n`.")
        }
        _ if status.message.contains("unknown field") || status.message.contains(UNDECLARED) => {
            Some("The server does not know this field: check its spelling and its place.")
        }
        _ => None,
    };
    match help {
        Some(help) => failure.help(help),
        None => failure,
    }
}

/// What the server says of a field that is in no schema, behind its path.
const UNDECLARED: &str = ": field not declared in schema";
/// The most fields of one manager that are named.
const MOST_FIELDS: usize = 3;

/// `data.jam and data.rice belong to "somebody"`
fn owners(conflicts: &[cluster::Cause]) -> String {
    let mut fields: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for conflict in conflicts {
        let manager = conflict.message.strip_prefix("conflict with ").unwrap_or(&conflict.message);
        fields.entry(manager).or_default().push(conflict.field.trim_start_matches('.'));
    }
    let told = fields.iter().map(|(manager, fields)| match fields.as_slice() {
        [only] => format!("{only} belongs to {manager}"),
        many if many.len() > MOST_FIELDS => {
            format!(
                "{} and {} more belong to {manager}",
                many[..MOST_FIELDS].join(", "),
                many.len() - MOST_FIELDS
            )
        }
        [most @ .., last] => format!("{} and {last} belong to {manager}", most.join(", ")),
        [] => String::new(),
    });
    told.collect::<Vec<_>>().join("; ")
}

/// The field that a refusal is about, as a JSON Pointer; empty where it names none, or one that is found by its neighbours only.
pub(super) fn field(status: &Status) -> String {
    let named = status.causes().into_iter().map(|cause| cause.field).find(|field| !field.is_empty());
    let undeclared = || status.message.split_once(UNDECLARED)?.0.rsplit_once(": ").map(|(_, path)| path);
    let unknown = || status.message.split_once("unknown field \"")?.1.split_once('"').map(|(path, _)| path);
    let path = named.or_else(|| undeclared().or_else(unknown).map(str::to_owned)).unwrap_or_default();
    let mut pointer = String::new();
    for segment in path.split(['.', '[', ']']).filter(|segment| !segment.is_empty()) {
        pointer.push('/');
        pointer.push_str(&escaped(segment));
    }
    pointer
}

/// A kind that the cluster does not serve, as a failure.
pub(super) fn unresolved(error: ResolveError) -> Failure {
    match error {
        ResolveError::Trouble(error) => failure("ask which kinds the cluster serves", error),
        ResolveError::NotServed { what, help } => {
            let failure = Failure::new(Cause::Refused, format!("the cluster does not serve {what}"));
            let refusal = Refusal { code: 404, reason: "NotFound".into(), message: failure.message.clone() };
            let failure = Failure { refusal: Some(refusal), ..failure };
            if help.is_empty() {
                failure.help("Install its CRD (or operator) first, or put the CRD into the manifest.")
            } else {
                failure.help(format!("It serves {}.", help.join(", ")))
            }
        }
        ResolveError::Ambiguous { what, candidates } => {
            let failure = Failure::new(Cause::Refused, format!("{what} may mean several kinds"));
            failure.help(format!("Write one of {}.", candidates.join(", ")))
        }
    }
}
