//! Short ways to read and build objects: names, owners, conditions, times.
//! Must never know what any kind means by what is read.

pub(crate) use super::super::clock::stamp;
use crate::json::{Map, Text, Value, json};
use jiff::Timestamp;
use std::time::Duration;

/// A text; empty where there is none.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The items of a list; none where it is not one.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A count, 0 where it is left out.
pub(crate) fn count(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

/// `metadata.name`
pub(crate) fn name(object: &Value) -> &str {
    text(&object["metadata"]["name"])
}

/// `metadata.namespace`
pub(crate) fn namespace(object: &Value) -> &str {
    text(&object["metadata"]["namespace"])
}

/// `metadata.uid`
pub(crate) fn uid(object: &Value) -> &str {
    text(&object["metadata"]["uid"])
}

/// `metadata.generation`
pub(crate) fn generation(object: &Value) -> i64 {
    count(&object["metadata"]["generation"])
}

/// `spec.replicas`, 1 where it is left out.
pub(crate) fn replicas(object: &Value) -> i64 {
    object["spec"]["replicas"].as_i64().unwrap_or(1)
}

/// Whether it is being deleted.
pub(crate) fn deleting(object: &Value) -> bool {
    !object["metadata"]["deletionTimestamp"].is_null()
}

/// Whether a finalizer of this name is there.
pub(crate) fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    items(&object["metadata"]["finalizers"]).iter().any(|there| there == finalizer)
}

/// An annotation; empty where there is none.
pub(crate) fn annotation<'a>(object: &'a Value, key: &str) -> &'a str {
    text(&object["metadata"]["annotations"][key])
}

/// The owner that is its controller.
pub(crate) fn controller(object: &Value) -> Option<&Value> {
    items(&object["metadata"]["ownerReferences"]).iter().find(|owner| owner["controller"] == true)
}

/// Whether its controller is the object of this UID.
pub(crate) fn controlled_by(object: &Value, owner: &Value) -> bool {
    controller(object).is_some_and(|there| there["uid"] == owner["metadata"]["uid"])
}

/// The name of its controller, if that is of this kind.
pub(crate) fn controller_of_kind<'a>(object: &'a Value, kind: &str) -> Option<&'a str> {
    controller(object).filter(|owner| owner["kind"] == kind).map(|owner| text(&owner["name"]))
}

/// The owner reference of a controller.
pub(crate) fn owner_reference(owner: &Value) -> Value {
    json!({
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"],
        "controller": true, "blockOwnerDeletion": true,
    })
}

/// A time to the microsecond.
pub(crate) fn micro_stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// A time that an object states.
pub(crate) fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// From a time until another; nothing if it has passed.
pub(crate) fn until(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// A time so much later; the last there is at the end of time.
pub(crate) fn later(from: Timestamp, by: Duration) -> Timestamp {
    let by = jiff::SignedDuration::try_from(by).unwrap_or(jiff::SignedDuration::MAX);
    from.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// The entry of a list of conditions of this type.
pub(crate) fn condition<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    items(&status["conditions"]).iter().find(|condition| condition["type"] == kind)
}

/// Whether the condition of this type is True.
pub(crate) fn holds(status: &Value, kind: &str) -> bool {
    condition(status, kind).is_some_and(|condition| condition["status"] == "True")
}

/// Puts a condition in where the one of its type stands, else at the end; its transition time stays if its status does.
pub(crate) fn put_condition(status: &mut Value, mut condition: Value) {
    let mut conditions = items(&status["conditions"]).to_vec();
    match conditions.iter_mut().find(|there| there["type"] == condition["type"]) {
        Some(there) => {
            if there["status"] == condition["status"] {
                condition["lastTransitionTime"] = there["lastTransitionTime"].clone();
            }
            *there = condition;
        }
        None => conditions.push(condition),
    }
    status["conditions"] = conditions.into();
}

/// Sets a field of a status, or leaves it out if it is 0.
pub(crate) fn put_count(status: &mut Map, field: &str, count: i64) {
    match count {
        0 => status.shift_remove(field),
        count => status.insert(field.into(), count.into()),
    };
}

/// The object of a value; an empty one if it is none.
pub(crate) fn fields(value: &Value) -> Map {
    value.as_object().cloned().unwrap_or_default()
}

/// A number or a percentage of a whole, rounded up or down; nothing if it is neither.
pub(crate) fn share(value: &Value, whole: i64, up: bool) -> Option<i64> {
    if let Some(number) = value.as_i64() {
        return Some(number);
    }
    let percent: i64 = value.as_str()?.strip_suffix('%')?.parse().ok()?;
    let product = percent.checked_mul(whole)?;
    Some(if up { (product + 99).div_euclid(100) } else { product.div_euclid(100) })
}

/// A quantity as a number; 0 if it is none.
pub(crate) fn amount(value: &Value) -> f64 {
    if let Some(number) = value.as_f64() {
        return number;
    }
    let words = text(value);
    let end = words.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(words.len());
    // An exponent belongs to the number.
    let (number, unit) = match words.parse::<f64>() {
        Ok(number) => return number,
        Err(_) => words.split_at(end),
    };
    let times = match unit {
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "" => 1.0,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024f64.powi(2),
        "Gi" => 1024f64.powi(3),
        "Ti" => 1024f64.powi(4),
        "Pi" => 1024f64.powi(5),
        "Ei" => 1024f64.powi(6),
        _ => return 0.0,
    };
    number.parse::<f64>().unwrap_or(0.0) * times
}

/// A duration as annotations state it, `200ms`.
pub(crate) fn duration(words: &str) -> Option<Duration> {
    humantime::parse_duration(words).ok()
}

/// The pods' template stripped of what a controller adds to its labels.
pub(crate) fn same_template(one: &Value, other: &Value, but: &str) -> bool {
    let labels = |template: &Value| {
        let mut labels = fields(&template["metadata"]["labels"]);
        labels.shift_remove(but);
        labels
    };
    let annotations = |template: &Value| fields(&template["metadata"]["annotations"]);
    one["spec"] == other["spec"] && labels(one) == labels(other) && annotations(one) == annotations(other)
}

/// A stable hash of a value in the alphabet of generated names, such as a `pod-template-hash`.
pub(crate) fn hash(value: &Value, salt: i64) -> String {
    const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut state: u64 = 0xcbf2_9ce4_8422_2325 ^ u64::from_le_bytes(salt.to_le_bytes());
    stir(value, &mut state);
    // What comes out of FNV is spread once more, so that near values differ in every digit.
    state ^= state >> 33;
    state = state.wrapping_mul(0xff51_afd7_ed55_8ccd);
    state ^= state >> 33;
    let digits = (0..10).map(|_| {
        let digit = state % 27;
        state /= 27;
        char::from(LETTERS[usize::try_from(digit).unwrap_or_default()])
    });
    digits.collect()
}

/// FNV-1a over the value, the fields of mappings in the order of their names.
fn stir(value: &Value, state: &mut u64) {
    match value {
        Value::Object(fields) => {
            feed(b"{", state);
            let mut entries: Vec<(&Text, &Value)> = fields.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            for (key, value) in entries {
                told(key, state);
                stir(value, state);
            }
        }
        Value::Array(list) => {
            feed(b"[", state);
            list.iter().for_each(|item| stir(item, state));
        }
        Value::String(text) => told(text, state),
        other => feed(other.to_string().as_bytes(), state),
    }
}

/// A text, and where it ends.
fn told(text: &str, state: &mut u64) {
    feed(b"\"", state);
    feed(text.as_bytes(), state);
    feed(b"\"", state);
}

fn feed(bytes: &[u8], state: &mut u64) {
    for byte in bytes {
        *state = (*state ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_hangs_on_what_is_said_and_not_on_its_order() {
        let one = json!({ "a": 1, "b": [1, "x"] });
        let other = json!({ "b": [1, "x"], "a": 1 });
        assert_eq!(hash(&one, 0), hash(&other, 0));
        assert_ne!(hash(&one, 0), hash(&one, 1));
        assert_ne!(hash(&one, 0), hash(&json!({ "a": 2, "b": [1, "x"] }), 0));
        assert_eq!(hash(&one, 0).len(), 10);
    }

    #[test]
    fn shares_are_rounded_as_asked() {
        assert_eq!(share(&json!("25%"), 3, true), Some(1));
        assert_eq!(share(&json!("25%"), 3, false), Some(0));
        assert_eq!(share(&json!(2), 3, false), Some(2));
        assert_eq!(share(&json!("two"), 3, false), None);
    }

    #[test]
    fn a_condition_keeps_its_time_while_its_status_stays() {
        let mut status =
            json!({ "conditions": [{ "type": "Ready", "status": "False", "lastTransitionTime": "1" }] });
        put_condition(
            &mut status,
            json!({ "type": "Ready", "status": "False", "reason": "Why", "lastTransitionTime": "2" }),
        );
        assert_eq!(
            status["conditions"][0],
            json!({ "type": "Ready", "status": "False", "reason": "Why", "lastTransitionTime": "1" })
        );
        put_condition(&mut status, json!({ "type": "Ready", "status": "True", "lastTransitionTime": "3" }));
        assert_eq!(status["conditions"][0]["lastTransitionTime"], "3");
    }

    #[test]
    fn times_are_read_and_told_to_the_second() {
        let at = time(&json!("2026-02-03T04:05:06Z")).unwrap_or_default();
        assert_eq!(stamp(at), "2026-02-03T04:05:06Z");
        assert_eq!(micro_stamp(later(at, Duration::from_millis(1))), "2026-02-03T04:05:06.001000Z");
        assert_eq!(until(later(at, Duration::from_secs(3)), at), Duration::ZERO);
        assert_eq!(until(at, later(at, Duration::from_secs(3))), Duration::from_secs(3));
    }
}
