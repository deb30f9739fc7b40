//! Gateway API: GatewayClasses, Gateways and routes, by conditions that each speak of a generation.
//! Must never know an implementation, nor whether traffic flows.
//!
//! Sources: apis/v1 of gateway-api 1.2 to 1.4. Implementations must set `observedGeneration` in every condition they write.

use super::fresh::{Observes, by_itself};
use super::read::{because, items, text, title, told};
use super::verdict::{Freshness, Reason, Verdict, Written};
use serde_json::Value;

/// A GatewayClass is ready when a controller has accepted it.
pub(crate) fn class_ready(object: &Value, _children: &[&Value]) -> Verdict {
    Verdict::unless(own(object, &["Accepted"]), || "accepted".to_owned())
}

/// A Gateway is ready when it is accepted and programmed, and so is every listener that it reports, with its references resolved.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let mut reasons = own(object, &["Accepted", "Programmed"]);
    for (index, listener) in items(&object["status"]["listeners"]).iter().enumerate() {
        let whose = format!("listener {}", text(&listener["name"]));
        let at = format!("/status/listeners/{index}/conditions");
        for kind in ["Accepted", "Programmed", "ResolvedRefs"] {
            if find(&listener["conditions"], kind).is_some() {
                reasons.extend(want(&listener["conditions"], kind, &at, &whose));
            }
        }
    }
    Verdict::unless(reasons, || match text(&object["status"]["addresses"][0]["value"]) {
        "" => "programmed".to_owned(),
        address => format!("programmed at {address}"),
    })
}

/// A route is ready when every parent that it names has accepted it and resolved what it refers to.
pub(crate) fn route_ready(object: &Value, _children: &[&Value]) -> Verdict {
    let wanted = items(&object["spec"]["parentRefs"]);
    if wanted.is_empty() {
        let message = "it names no parent, so nothing routes by it";
        return Verdict::not_yet(Reason::new("/spec/parentRefs", "nothing", "a parent", message));
    }
    let mut reasons = Vec::new();
    for parent in wanted {
        let whose = format!("parent {}", parent_in_words(parent));
        let answers: Vec<_> = answers(object, parent).collect();
        if answers.is_empty() {
            let message = format!("{whose} has not answered yet");
            reasons.push(Reason::new("/status/parents", "nothing", "an entry", message));
        }
        for (index, answer) in answers {
            let at = format!("/status/parents/{index}/conditions");
            reasons.extend(want(&answer["conditions"], "Accepted", &at, &whose));
            if find(&answer["conditions"], "ResolvedRefs").is_some() {
                reasons.extend(want(&answer["conditions"], "ResolvedRefs", &at, &whose));
            }
        }
    }
    Verdict::unless(reasons, || match wanted {
        [only] => format!("accepted by {}", parent_in_words(only)),
        many => format!("accepted by {} parents", many.len()),
    })
}

/// `yard/door`, `door, listener web`: as far as it says more than a name.
fn parent_in_words(parent: &Value) -> String {
    let part = |field: &str, before: &str, after: &str| match text(&parent[field]) {
        "" => String::new(),
        part => format!("{before}{part}{after}"),
    };
    format!(
        "{}{}{}",
        part("namespace", "", "/"),
        text(&parent["name"]),
        part("sectionName", ", listener ", "")
    )
}

/// The entries of `status.parents` that answer a parent, one of each controller, each with its index.
fn answers<'a>(object: &'a Value, parent: &'a Value) -> impl Iterator<Item = (usize, &'a Value)> {
    let namespace = text(&object["metadata"]["namespace"]);
    let key = move |parent: &'a Value| {
        let or = |field: &str, default: &'a str| parent[field].as_str().unwrap_or(default);
        let group_and_kind = (or("group", "gateway.networking.k8s.io"), or("kind", "Gateway"));
        (
            group_and_kind,
            or("namespace", namespace),
            or("name", ""),
            or("sectionName", ""),
            parent["port"].as_i64(),
        )
    };
    let entries = items(&object["status"]["parents"]).iter().enumerate();
    entries.filter(move |(_, entry)| key(&entry["parentRef"]) == key(parent))
}

/// The conditions of the object itself that must be True.
fn own(object: &Value, kinds: &[&str]) -> Vec<Reason> {
    let conditions = &object["status"]["conditions"];
    kinds.iter().filter_map(|kind| want(conditions, kind, "/status/conditions", "")).collect()
}

fn find<'a>(conditions: &'a Value, kind: &str) -> Option<(usize, &'a Value)> {
    items(conditions).iter().enumerate().find(|(_, condition)| condition["type"] == kind)
}

/// Wants a condition of a list to be True; `whose` it is stands before the sentence.
fn want(conditions: &Value, kind: &str, at: &str, whose: &str) -> Option<Reason> {
    let whose = if whose.is_empty() { String::new() } else { format!("{whose}: ") };
    let Some((index, condition)) = find(conditions, kind) else {
        return Some(Reason::new(at, "nothing", "True", format!("{whose}there is no condition {kind} yet")));
    };
    let status = told(&condition["status"]);
    let message = format!("{whose}condition {kind} is {status}{}", because(condition));
    (status != "True").then(|| Reason::new(format!("{at}/{index}/status"), status, "True", message))
}

/// Every condition that counts must speak of the generation; where none does, `settle` decides.
pub(crate) fn freshness(object: &Value, _children: &[&Value], written: Option<&Written>) -> Freshness {
    let conditions = std::iter::once(("/status/conditions".to_owned(), &object["status"]["conditions"]));
    judge(object, conditions, written)
}

/// The same for the answers of a route's parents.
pub(crate) fn route_freshness(object: &Value, _children: &[&Value], written: Option<&Written>) -> Freshness {
    let parents = items(&object["spec"]["parentRefs"]).iter().flat_map(|parent| answers(object, parent));
    let lists =
        parents.map(|(index, answer)| (format!("/status/parents/{index}/conditions"), &answer["conditions"]));
    judge(object, lists, written)
}

fn judge<'a>(
    object: &Value,
    lists: impl Iterator<Item = (String, &'a Value)>,
    written: Option<&Written>,
) -> Freshness {
    let Some(generation) = object["metadata"]["generation"].as_i64() else {
        return by_itself(object, Observes::Exempt, written);
    };
    let mut told_any = false;
    for (at, conditions) in lists {
        for kind in ["Accepted", "Programmed", "ResolvedRefs"] {
            let found = find(conditions, kind);
            let Some((index, observed)) =
                found.and_then(|(at, found)| Some((at, found["observedGeneration"].as_i64()?)))
            else {
                continue;
            };
            told_any = true;
            if observed != generation {
                let message = format!(
                    "condition {kind} of {} speaks of generation {observed}, not of {generation}",
                    title(object)
                );
                let pointer = format!("{at}/{index}/observedGeneration");
                return Freshness::Stale(Reason::new(
                    pointer,
                    observed.to_string(),
                    generation.to_string(),
                    message,
                ));
            }
        }
    }
    match told_any {
        true => Freshness::Fresh(format!("its conditions observed generation {generation}")),
        false => by_itself(object, Observes::Exempt, written),
    }
}
