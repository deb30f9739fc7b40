//! Freshness by what an object says of itself: rules 1, 2 and 4 of "Fresh status" in the language reference.
//! Must never know children, nor how long to wait.

use super::read::{condition, of_condition, told};
use super::verdict::{Freshness, Reason, Written};
use crate::json::Value;
use std::cmp::Ordering;

/// How a kind's status tells which generation it speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observes {
    /// Its controller always sets `status.observedGeneration`; absent, it has not looked yet.
    Always,
    /// Where there is one, in the status or in the conditions used, it is compared; else `settle` decides.
    WhereGiven,
    /// It never sets it, or copies it from another object: not looked at, `settle` decides.
    Exempt,
    /// The API server itself sets what is judged, together with the write: always fresh.
    AtOnce,
    /// Its children tell; a SeldonDeployment.
    ByChildren,
}

/// Rule 1: no snapshot older than the run's own write is judged.
pub(crate) fn older_than_write(object: &Value, written: &Written) -> Option<Reason> {
    let seen = object["metadata"]["resourceVersion"].as_str()?;
    let older = compare_versions(seen, &written.resource_version)? == Ordering::Less;
    let message = "this is how it was before the run's own write";
    older.then(|| {
        Reason::new(
            "/metadata/resourceVersion",
            seen,
            format!("{} or later", written.resource_version),
            message,
        )
    })
}

/// Resource versions compare as whole numbers of any size; anything else cannot be compared.
fn compare_versions(left: &str, right: &str) -> Option<Ordering> {
    let whole = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (plain, other) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    (whole(left) && whole(right)).then(|| plain.len().cmp(&other.len()).then_with(|| plain.cmp(other)))
}

/// Rules 2 and 4.
pub(crate) fn by_itself(object: &Value, observes: Observes, written: Option<&Written>) -> Freshness {
    match observes {
        Observes::AtOnce => {
            return Freshness::Fresh("the API server sets it together with the write".to_owned());
        }
        Observes::Exempt => return by_settling(object, written),
        Observes::Always | Observes::WhereGiven | Observes::ByChildren => {}
    }
    let used = ["Ready", "Available"].into_iter().find(|kind| condition(object, kind).is_some());
    let at_status = (None, &object["status"]["observedGeneration"]);
    let at_condition = used.and_then(|kind| Some((Some(kind), observed_of_condition(object, kind)?)));
    let given = Some(at_status).filter(|(_, observed)| !observed.is_null()).or(at_condition);
    let generation = object["metadata"]["generation"].as_i64();
    match (given, generation) {
        (Some((whose, observed)), Some(generation)) => match observed_number(observed) {
            Some(observed) => compare_generations(object, whose, observed, generation),
            None => by_settling(object, written),
        },
        (None, Some(generation)) if observes == Observes::Always => {
            let message = "its controller has not looked at it yet";
            Freshness::Stale(Reason::new(
                "/status/observedGeneration",
                "nothing",
                generation.to_string(),
                message,
            ))
        }
        _ => by_settling(object, written),
    }
}

/// Rule 2 for a condition that a user names: `None` where it says nothing of a generation.
pub(crate) fn by_condition(object: &Value, kind: &str) -> Option<Freshness> {
    let observed = observed_number(observed_of_condition(object, kind)?)?;
    Some(compare_generations(object, Some(kind), observed, object["metadata"]["generation"].as_i64()?))
}

fn observed_of_condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    Some(&condition(object, kind)?["observedGeneration"]).filter(|observed| !observed.is_null())
}

/// What the status has observed, or a condition of it, against what it should have.
fn compare_generations(object: &Value, whose: Option<&str>, observed: i64, generation: i64) -> Freshness {
    if observed == generation {
        return Freshness::Fresh(format!("it observed generation {generation}"));
    }
    let message = format!("its status speaks of generation {observed}, not of {generation}");
    let wanted = generation.to_string();
    Freshness::Stale(match whose {
        Some(kind) => of_condition(object, kind, "observedGeneration", &wanted, message),
        None => Reason::new("/status/observedGeneration", observed.to_string(), wanted, message),
    })
}

/// A number, or a text that is one (Argo Rollouts writes it so).
pub(crate) fn observed_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Rule 4: `settle` has to decide after a write that changed the generation, and for a new object without a status.
fn by_settling(object: &Value, written: Option<&Written>) -> Freshness {
    match written {
        None => Freshness::Fresh("the run has not written it".to_owned()),
        Some(written) if written.generation_changed || written.spec_before.is_none() => Freshness::Unknowable,
        Some(_) => {
            let generation = told(&object["metadata"]["generation"]);
            Freshness::Fresh(format!("the run's last write left its generation at {generation}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_versions_compare_as_whole_numbers() {
        assert_eq!(compare_versions("9", "10"), Some(Ordering::Less));
        assert_eq!(
            compare_versions("100000000000000000000000", "99999999999999999999999"),
            Some(Ordering::Greater)
        );
        assert_eq!(compare_versions("007", "7"), Some(Ordering::Equal));
        assert_eq!(compare_versions("0", "7"), Some(Ordering::Less));
        assert_eq!(compare_versions("a", "7"), None);
        assert_eq!(compare_versions("7", ""), None);
    }
}
