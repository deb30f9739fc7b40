//! Events of what was seen.
//! Must never know where they go.

use crate::cluster::Request;
use crate::diagnosis::{Diagnosis, Finding};
use crate::event::EventKind;

/// How many sentences beside the first are told of each sort.
const MOST: usize = 5;

/// A diagnosis as an event about an object; none where nothing was found.
pub fn diagnosis(root: &str, found: &Diagnosis) -> Option<EventKind> {
    let cause = found.root_cause()?;
    let sentences = |findings: &[Finding]| findings.iter().take(MOST).map(Finding::sentence).collect();
    Some(EventKind::Diagnosis {
        root: root.to_owned(),
        rule: cause.rule.to_owned(),
        object: cause.object.clone(),
        sentence: cause.sentence(),
        evidence: cause.evidence.clone(),
        fix: cause.fix.clone(),
        also: sentences(found.causes.get(1..).unwrap_or_default()),
        follows: sentences(&found.follows),
    })
}

/// A request as an event.
pub fn requested(request: Request) -> EventKind {
    EventKind::Requested {
        method: request.method,
        path: request.path,
        status: request.status,
        message: Some(request.message).filter(|message| !message.is_empty()),
        duration_ms: u64::try_from(request.took.as_millis()).unwrap_or(u64::MAX),
    }
}
