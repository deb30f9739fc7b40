//! Events as client-go's recorder sends them: the same again is counted, many alike are combined, too many are dropped.
//! Must never know how an event is sent, nor why it is told.

use super::super::outcome::Told;
use super::super::read::{micro_stamp, stamp, text};
use crate::json::{Text, Value, json};
use foldhash::HashMap;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// As many different messages of one reason of one object are told one by one.
const ALIKE: usize = 10;
/// For as long are messages alike counted together, seconds.
const ALIKE_FOR: i64 = 600;
/// As many events of one object are told at once; one more each 300 s.
const BURST: f64 = 25.0;
const REFILL: f64 = 1.0 / 300.0;

/// What was told of what.
#[derive(Default)]
pub(crate) struct Recorder {
    told: HashMap<Same, Sent>,
    alike: HashMap<Alike, (BTreeSet<Text>, Timestamp)>,
    buckets: HashMap<Text, (f64, Timestamp)>,
    made: u64,
}

/// What is said of one object for one reason: the object and who tells it, the kind of event, the reason.
type Alike = (Text, &'static str, Text);

/// What is counted as the same: alike, and of the same part of the object in the same words.
type Same = (Alike, Text, Text);

/// The words under which many alike are counted.
const COMBINED: &str = "(combined from similar events)";

struct Sent {
    name: Text,
    count: i64,
    first: Timestamp,
}

/// What is to be sent.
#[derive(Debug, PartialEq)]
pub(crate) enum Sending {
    /// A new event.
    New(Value),
    /// A patch of the event of this name.
    Again(Text, Value),
}

impl Recorder {
    /// What to send for an event in this namespace; nothing if too much was said of the object already.
    pub fn tell(&mut self, told: &Told, namespace: &str, now: Timestamp) -> Option<Sending> {
        let of = &told.of;
        let object = format!("{}/{}/{}/{}", told.by, text(&of["kind"]), text(&of["name"]), text(&of["uid"]));
        let object = Text::from(object);
        let alike = (object.clone(), told.kind, told.reason.clone());
        if !told.action.is_empty() {
            return Some(self.series(told, alike, namespace, now));
        }
        let mut message = told.message.clone();
        let mut key = (alike.clone(), of["fieldPath"].to_text(), message.clone());
        let (messages, last) = self.alike.entry(alike.clone()).or_insert_with(|| (BTreeSet::new(), now));
        if now.as_second() - last.as_second() > ALIKE_FOR {
            messages.clear();
        }
        *last = now;
        messages.insert(message.clone());
        if messages.len() >= ALIKE {
            messages.remove(&message);
            message = format!("{COMBINED}: {message}").into();
            key = (alike, Text::default(), COMBINED.into());
        }
        if !self.may(object, now) {
            return None;
        }
        if let Some(sent) = self.told.get_mut(&key) {
            sent.count += 1;
            let patch = json!({ "count": sent.count, "lastTimestamp": stamp(now), "message": message });
            return Some(Sending::Again(sent.name.clone(), patch));
        }
        let name = self.name(of, now);
        self.told.insert(key, Sent { name: name.clone(), count: 1, first: now });
        let mut event = self.event(told, &message, &name, namespace);
        event["source"] = match told.host.as_str() {
            "" => json!({ "component": told.by }),
            host => json!({ "component": told.by, "host": host }),
        };
        event["firstTimestamp"] = stamp(now).into();
        event["lastTimestamp"] = stamp(now).into();
        event["count"] = 1.into();
        event["reportingComponent"] = told.by.into();
        event["reportingInstance"] = told.host.clone().into();
        Some(Sending::New(event))
    }

    /// An event in the newer form: what is said again becomes a series.
    fn series(&mut self, told: &Told, alike: Alike, namespace: &str, now: Timestamp) -> Sending {
        let key = (alike, told.action.into(), Text::default());
        if let Some(sent) =
            self.told.get_mut(&key).filter(|sent| now.as_second() - sent.first.as_second() < 360)
        {
            sent.count += 1;
            let series = json!({ "count": sent.count, "lastObservedTime": micro_stamp(now) });
            return Sending::Again(sent.name.clone(), json!({ "series": series }));
        }
        let name = self.name(&told.of, now);
        self.told.insert(key, Sent { name: name.clone(), count: 1, first: now });
        let mut event = self.event(told, &told.message, &name, namespace);
        event["source"] = json!({});
        event["firstTimestamp"] = Value::Null;
        event["lastTimestamp"] = Value::Null;
        event["eventTime"] = micro_stamp(now).into();
        event["action"] = told.action.into();
        event["reportingComponent"] = told.by.into();
        event["reportingInstance"] = format!("{}-0", told.by).into();
        Sending::New(event)
    }

    fn event(&self, told: &Told, message: &Text, name: &Text, namespace: &str) -> Value {
        // Events of what has no namespace live in `default`.
        let namespace = if namespace.is_empty() { "default" } else { namespace };
        json!({
            "apiVersion": "v1", "kind": "Event", "metadata": { "name": name, "namespace": namespace },
            "involvedObject": told.of, "reason": told.reason, "message": message, "type": told.kind,
        })
    }

    /// The object's name and a number that grows with time, as the recorder makes them.
    fn name(&mut self, of: &Value, now: Timestamp) -> Text {
        self.made += 1;
        let nanoseconds = u64::try_from(now.as_nanosecond()).unwrap_or_default();
        format!("{}.{:x}", text(&of["name"]), nanoseconds.wrapping_add(self.made)).into()
    }

    fn may(&mut self, object: Text, now: Timestamp) -> bool {
        let (tokens, last) = self.buckets.entry(object).or_insert((BURST, now));
        let passed = (now.as_second() - last.as_second()) as f64;
        *tokens = (*tokens + passed * REFILL).min(BURST);
        *last = now;
        let may = *tokens >= 1.0;
        if may {
            *tokens -= 1.0;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &str, action: &'static str) -> Told {
        Told {
            kind: "Normal",
            reason: "Made".into(),
            message: message.into(),
            by: "tester",
            host: "".into(),
            of: json!({ "kind": "Pod", "name": "a", "namespace": "ns", "uid": "1" }),
            action,
        }
    }

    #[test]
    fn the_same_again_is_counted() {
        let (mut recorder, now) = (Recorder::default(), Timestamp::UNIX_EPOCH);
        let Some(Sending::New(event)) = recorder.tell(&told("one", ""), "ns", now) else {
            panic!("it is new")
        };
        assert_eq!((&event["count"], &event["source"]["component"]), (&json!(1), &json!("tester")));
        let Some(Sending::Again(name, patch)) = recorder.tell(&told("one", ""), "ns", now) else {
            panic!("it is not")
        };
        assert_eq!((event["metadata"]["name"].as_str(), &patch["count"]), (Some(name.as_str()), &json!(2)));
    }

    #[test]
    fn many_alike_are_combined_and_too_many_dropped() {
        let (mut recorder, now) = (Recorder::default(), Timestamp::UNIX_EPOCH);
        let messages: Vec<String> = (0..30)
            .filter_map(|number| match recorder.tell(&told(&format!("number {number}"), ""), "ns", now)? {
                Sending::New(event) => Some(event["message"].as_str()?.to_owned()),
                Sending::Again(_, patch) => Some(patch["message"].as_str()?.to_owned()),
            })
            .collect();
        assert_eq!(messages.len(), 25);
        assert_eq!(messages[8], "number 8");
        assert_eq!(messages[9], "(combined from similar events): number 9");
        assert_eq!(messages[24], "(combined from similar events): number 24");
    }

    #[test]
    fn the_newer_form_makes_a_series() {
        let (mut recorder, now) = (Recorder::default(), Timestamp::UNIX_EPOCH);
        let Some(Sending::New(event)) = recorder.tell(&told("one", "Binding"), "", now) else {
            panic!("it is new")
        };
        assert_eq!(
            (&event["eventTime"], &event["metadata"]["namespace"]),
            (&json!("1970-01-01T00:00:00.000000Z"), &json!("default"))
        );
        let Some(Sending::Again(_, patch)) = recorder.tell(&told("two", "Binding"), "", now) else {
            panic!("it is not")
        };
        assert_eq!(patch["series"]["count"], 2);
    }
}
