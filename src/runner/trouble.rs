//! From trouble with the cluster to a failure that says what, why and what to try.
//! It must never know which step it was.

use crate::cluster::{Error, ResolveError, Status};
use crate::event::{Cause, Failure, Refusal};
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
        let fields =
            if conflicts.len() == 1 { "a field".to_owned() } else { format!("{} fields", conflicts.len()) };
        Failure::new(Cause::Refused, format!("cannot {what}: {fields} of it belong to other managers"))
    };
    failure.refusal = Some(refusal(status));
    failure.details = if conflicts.is_empty() {
        let told = status
            .causes()
            .into_iter()
            .filter(|cause| !cause.field.is_empty() && !status.message.contains(&cause.message));
        told.map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
    } else {
        conflicts.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
    };
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
        (400 | 422, _) if status.message.contains("unknown field") => {
            Some("The server does not know this field: check its spelling and its place.")
        }
        _ => None,
    };
    match help {
        Some(help) => failure.help(help),
        None => failure,
    }
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
