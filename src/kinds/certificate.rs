//! cert-manager Certificates: condition Ready, and how the issuing of the next one goes.
//! Must never know issuers, requests or keys.
//!
//! Sources: cert-manager `types_certificate.go` and its readiness and issuing controllers. While a certificate is renewed it stays Ready:
//! the one that there is is still good. Argo CD calls it progressing then.

use super::read::{because, condition, holds, want_condition};
use super::verdict::Verdict;
use crate::json::Value;

/// Ready: condition Ready is True. An issuing that failed is tried again, so nothing is final.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let Some(mut reason) = want_condition(object, "Ready") else {
        let words = if holds(object, "Issuing") { "ready, being issued anew" } else { "ready" };
        return Verdict::Met(words.to_owned());
    };
    if let Some(issuing) = condition(object, "Issuing").filter(|issuing| issuing["status"] == "False") {
        reason.message.push_str(&format!("; it was not issued{}", because(issuing)));
    }
    Verdict::not_yet(reason)
}
