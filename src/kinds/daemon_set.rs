//! DaemonSets: one available Pod of the newest template on every node that is to have one.
//! Must never know nodes.

use super::deployment::unseen;
use super::read::{count, want};
use super::verdict::Verdict;
use crate::json::Value;

/// Ready and scaled. A DaemonSet that no node is to run is ready; with OnDelete updated Pods are not asked for.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let status = &object["status"];
    if count(&status["observedGeneration"]) == 0 {
        return Verdict::not_yet(unseen());
    }
    let wanted = count(&status["desiredNumberScheduled"]);
    let [scheduled, updated, available] =
        ["currentNumberScheduled", "updatedNumberScheduled", "numberAvailable"]
            .map(|field| count(&status[field]));
    let mut reasons = Vec::new();
    want(&mut reasons, "/status/currentNumberScheduled", scheduled, wanted, || {
        format!("on {scheduled} of {wanted} nodes")
    });
    if object["spec"]["updateStrategy"]["type"] != "OnDelete" {
        want(&mut reasons, "/status/updatedNumberScheduled", updated, wanted, || {
            format!("updated on {updated} of {wanted} nodes")
        });
    }
    want(&mut reasons, "/status/numberAvailable", available, wanted, || {
        format!("available on {available} of {wanted} nodes")
    });
    Verdict::unless(reasons, || match wanted {
        0 => "no node is to run it".to_owned(),
        _ => format!("available on {available}/{wanted} nodes"),
    })
}
