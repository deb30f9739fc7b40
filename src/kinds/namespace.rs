//! Namespaces and CustomResourceDefinitions: what others need before they can be made.
//! Must never know what is made with them.

use super::fresh::{Observes, by_itself};
use super::read::{because, condition, holds, items, of_condition, phase, text, told, want_condition};
use super::verdict::{Freshness, Reason, Verdict, Written};
use crate::json::Value;

/// A namespace is ready when its phase is Active.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let active = &object["status"]["phase"];
    if active == "Active" {
        return Verdict::Met("active".to_owned());
    }
    Verdict::not_yet(Reason::new("/status/phase", told(active), "Active", phase(object)))
}

/// What keeps a namespace that is being deleted: its controller says so in conditions, of which all but what is left are failures.
pub(crate) fn left(object: &Value) -> Option<String> {
    let conditions = items(&object["status"]["conditions"]).iter();
    let kept = conditions.filter(|condition| {
        condition["status"] == "True" && text(&condition["type"]).starts_with("Namespace")
    });
    let told: Vec<&str> = kept.map(|condition| text(&condition["message"])).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// A definition is ready when it is Established and its names were accepted.
pub(crate) fn definition_ready(object: &Value, _children: &[&Value]) -> Verdict {
    let mut reasons = Vec::new();
    if let Some(names) = condition(object, "NamesAccepted").filter(|_| !holds(object, "NamesAccepted")) {
        let message = format!("its names are not accepted{}", because(names));
        reasons.push(of_condition(object, "NamesAccepted", "status", "True", message));
    }
    reasons.extend(want_condition(object, "Established"));
    Verdict::unless(reasons, || "established".to_owned())
}

/// A new definition's conditions can only speak of it; an old one's are not known to, after a change.
pub(crate) fn definition_freshness(
    object: &Value,
    _children: &[&Value],
    written: Option<&Written>,
) -> Freshness {
    match written {
        Some(written) if written.spec_before.is_none() && condition(object, "Established").is_some() => {
            Freshness::Fresh("it is new, so its conditions speak of it".to_owned())
        }
        _ => by_itself(object, Observes::WhereGiven, written),
    }
}
