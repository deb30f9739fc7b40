//! Short ways to read objects: counts, conditions, owners, names, and values told in a few words.
//! Must never know what any kind means by what is read.

use super::verdict::Reason;
use crate::json::Value;
use crate::json::pointer::unescaped;

/// A count of a status, 0 where it is left out: Kubernetes omits zeros.
pub(crate) fn count(value: &Value) -> i64 {
    number(value).unwrap_or(0)
}

/// A whole number, also one that a YAML or JSON text wrote as a float; none beyond 2^53, so that sums of them fit.
pub(crate) fn number(value: &Value) -> Option<i64> {
    let float = || value.as_f64().filter(|float| float.fract() == 0.0).map(|float| float as i64);
    value.as_i64().or_else(float).filter(|number| number.unsigned_abs() <= 1 << 53)
}

/// `spec.replicas`, 1 where it is left out: the API server's default.
pub(crate) fn desired(object: &Value) -> i64 {
    number(&object["spec"]["replicas"]).unwrap_or(1)
}

/// A text; empty where there is none.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The items of a list; none where it is not one.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The entry of `status.conditions` of this type.
pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    items(&object["status"]["conditions"]).iter().find(|condition| condition["type"] == kind)
}

/// Whether the condition of this type is there and True.
pub(crate) fn holds(object: &Value, kind: &str) -> bool {
    condition(object, kind).is_some_and(|condition| condition["status"] == "True")
}

/// The JSON pointer of a field of the condition of this type, or of the list if it is not there.
pub(crate) fn condition_pointer(object: &Value, kind: &str, field: &str) -> String {
    let conditions = items(&object["status"]["conditions"]);
    match conditions.iter().position(|condition| condition["type"] == kind) {
        Some(index) => format!("/status/conditions/{index}/{field}"),
        None => "/status/conditions".to_owned(),
    }
}

/// `Kind/name`.
pub(crate) fn title(object: &Value) -> String {
    format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]))
}

/// Whether one of the object's ownerReferences has this UID.
pub(crate) fn owned_by(object: &Value, uid: &Value) -> bool {
    uid.is_string() && items(&object["metadata"]["ownerReferences"]).iter().any(|owner| owner["uid"] == *uid)
}

/// The group of an apiVersion; empty for the core group.
pub(crate) fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// A value in a few words: `nothing` for null, texts as they are, the rest as JSON, cut when long.
pub(crate) fn told(value: &Value) -> String {
    let whole = match value {
        Value::Null => return "nothing".to_owned(),
        Value::String(text) => text.as_str().to_owned(),
        other => other.to_string(),
    };
    match whole.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &whole[..end]),
        None => whole,
    }
}

/// Wants a number at a place.
pub(crate) fn want(
    reasons: &mut Vec<Reason>,
    pointer: &str,
    actual: i64,
    wanted: i64,
    message: impl FnOnce() -> String,
) {
    if actual != wanted {
        reasons.push(Reason::new(pointer, actual.to_string(), wanted.to_string(), message()));
    }
}

/// Wants as many replicas in all as asked for, and at least as many of each other count of the status: its field, and the word for it.
pub(crate) fn want_replicas(reasons: &mut Vec<Reason>, object: &Value, wanted: i64, others: &[(&str, &str)]) {
    let status = &object["status"];
    for (field, word) in others {
        let actual = count(&status[*field]);
        if actual < wanted {
            want(reasons, &format!("/status/{field}"), actual, wanted, || {
                format!("{actual} of {} {word}", replicas(wanted))
            });
        }
    }
    let all = count(&status["replicas"]);
    want(reasons, "/status/replicas", all, wanted, || match all > wanted {
        true => format!("{} too many still there", replicas(all - wanted)),
        false => format!("{all} of {} made", replicas(wanted)),
    });
}

/// Wants a condition to be True; the message carries its reason and message.
pub(crate) fn want_condition(object: &Value, kind: &str) -> Option<Reason> {
    let message = match condition(object, kind) {
        None => format!("there is no condition {kind} yet"),
        Some(condition) if condition["status"] == "True" => return None,
        Some(condition) => {
            format!("condition {kind} is {}{}", told(&condition["status"]), because(condition))
        }
    };
    Some(of_condition(object, kind, "status", "True", message))
}

/// A reason about a field of the condition of this type.
pub(crate) fn of_condition(object: &Value, kind: &str, field: &str, wanted: &str, message: String) -> Reason {
    let actual = condition(object, kind).map_or("not there".to_owned(), |condition| told(&condition[field]));
    Reason::new(condition_pointer(object, kind, field), actual, wanted, message).of_condition(kind)
}

/// Wants the condition that sums up the others to be True; if it is not, the others tell why.
pub(crate) fn want_aggregate(object: &Value, kind: &str) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = want_condition(object, kind).into_iter().collect();
    if !reasons.is_empty() {
        let parts = items(&object["status"]["conditions"]).iter().map(|condition| text(&condition["type"]));
        reasons.extend(parts.filter(|part| *part != kind).filter_map(|part| want_condition(object, part)));
    }
    reasons
}

/// `: Reason: message` of a condition or state, or what there is of it.
pub(crate) fn because(condition: &Value) -> String {
    let parts = [text(&condition["reason"]), text(&condition["message"])];
    parts.iter().filter(|part| !part.is_empty()).map(|part| format!(": {part}")).collect()
}

/// `its phase is Pending`, as far as it has one.
pub(crate) fn phase(object: &Value) -> String {
    match text(&object["status"]["phase"]) {
        "" => "it has no phase yet".to_owned(),
        phase => format!("its phase is {phase}"),
    }
}

/// `a Deployment`, `an Ingress`.
pub(crate) fn a_kind(object: &Value) -> String {
    let kind = told(&object["kind"]);
    let article = if kind.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// A JSON pointer as people write it: `spec.predictors[0].replicas`.
pub fn dotted(pointer: &str) -> String {
    let segments = pointer.split('/').skip(1);
    let written = segments.map(|segment| match segment.parse::<usize>() {
        Ok(index) => format!("[{index}]"),
        Err(_) => format!(".{}", unescaped(segment)),
    });
    written.collect::<String>().trim_start_matches('.').to_owned()
}

/// `1 replica`, `2 replicas`.
pub(crate) fn replicas(count: i64) -> String {
    if count == 1 { "1 replica".to_owned() } else { format!("{count} replicas") }
}
