//! Gateway API: GatewayClasses, Gateways and routes, by conditions that each speak of a generation.
//! Must never know an implementation, nor whether traffic flows.
//!
//! Sources: apis/v1 of gateway-api, `gatewayclass_types.go`, `gateway_types.go`, `shared_types.go`. Implementations must set
//! `observedGeneration` in every condition they write. Argo CD's `health.lua` judges by the same conditions, but for PartiallyInvalid.

use super::fresh::{Observes, by_itself};
use super::read::{because, condition, items, text, title, told};
use super::verdict::{Freshness, Reason, Verdict, Written};
use crate::json::Value;

/// A GatewayClass is ready when a controller has accepted it.
pub(crate) fn class_ready(object: &Value, _children: &[&Value]) -> Verdict {
    Verdict::unless(own(object, &["Accepted"]), || "accepted".to_owned())
}

/// A Gateway is ready when it is accepted and programmed, and so is every listener that it reports, with its references resolved.
pub(crate) fn ready(object: &Value, _children: &[&Value]) -> Verdict {
    let mut reasons = own(object, &["Accepted", "Programmed"]);
    if condition(object, "ResolvedRefs").is_some() {
        reasons.extend(own(object, &["ResolvedRefs"]));
    }
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
            if let Some((place, partly)) = find(&answer["conditions"], "PartiallyInvalid")
                .filter(|(_, partly)| partly["status"] == "True")
            {
                let message = format!("{whose}: not all of its rules are in force{}", because(partly));
                let reason = Reason::new(format!("{at}/{place}/status"), "True", "False", message);
                reasons.push(reason.of_condition(named("PartiallyInvalid", &whose)));
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
    let before = if whose.is_empty() { String::new() } else { format!("{whose}: ") };
    let reason = match find(conditions, kind) {
        None => Reason::new(at, "not there", "True", format!("{before}there is no condition {kind} yet")),
        Some((_, condition)) if condition["status"] == "True" => return None,
        Some((index, condition)) => {
            let status = told(&condition["status"]);
            let message = format!("{before}condition {kind} is {status}{}", because(condition));
            Reason::new(format!("{at}/{index}/status"), status, "True", message)
        }
    };
    Some(reason.of_condition(named(kind, whose)))
}

/// `Programmed of listener web`.
fn named(kind: &str, whose: &str) -> String {
    if whose.is_empty() { kind.to_owned() } else { format!("{kind} of {whose}") }
}

/// Every condition that counts must speak of the generation; where none does, `settle` decides.
pub(crate) fn freshness(object: &Value, _children: &[&Value], written: Option<&Written>) -> Freshness {
    let own = ("/status/conditions".to_owned(), String::new(), &object["status"]["conditions"]);
    judge(object, std::iter::once(own), written)
}

/// The same for the answers of a route's parents.
pub(crate) fn route_freshness(object: &Value, _children: &[&Value], written: Option<&Written>) -> Freshness {
    let parents = items(&object["spec"]["parentRefs"]).iter();
    let lists = parents.flat_map(|parent| {
        answers(object, parent).map(move |(index, answer)| {
            let whose = format!("parent {}", parent_in_words(parent));
            (format!("/status/parents/{index}/conditions"), whose, &answer["conditions"])
        })
    });
    judge(object, lists, written)
}

fn judge<'a>(
    object: &Value,
    lists: impl Iterator<Item = (String, String, &'a Value)>,
    written: Option<&Written>,
) -> Freshness {
    let Some(generation) = object["metadata"]["generation"].as_i64() else {
        return by_itself(object, Observes::Exempt, written);
    };
    let mut told_any = false;
    for (at, whose, conditions) in lists {
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
                let reason = Reason::new(pointer, observed.to_string(), generation.to_string(), message);
                return Freshness::Stale(reason.of_condition(named(kind, &whose)));
            }
        }
    }
    match told_any {
        true => Freshness::Fresh(format!("its conditions observed generation {generation}")),
        false => by_itself(object, Observes::Exempt, written),
    }
}
