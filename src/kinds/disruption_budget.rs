//! PodDisruptionBudgets: enough healthy Pods to be disrupted at all.
//! Must never know the Pods.

use super::read::count;
use super::verdict::{Reason, Verdict};
use crate::json::Value;

/// Ready: at least as many Pods are healthy as it wants. kstatus calls every budget ready.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let status = &object["status"];
    if status["observedGeneration"].is_null() {
        return Verdict::not_yet(super::deployment::unseen());
    }
    let (healthy, wanted) = (count(&status["currentHealthy"]), count(&status["desiredHealthy"]));
    if healthy >= wanted {
        return Verdict::Met(format!("{healthy} healthy, {wanted} wanted"));
    }
    let message = format!("{healthy} of {wanted} Pods healthy");
    let wanted = format!("{wanted} or more");
    Verdict::not_yet(Reason::new("/status/currentHealthy", healthy.to_string(), wanted, message))
}
