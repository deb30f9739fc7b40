//! Events as a cluster keeps them, old style and new: what happened to an object, how often, when last, who says so.
//! Must never know who reads them, nor what the object is like now.

use super::read::text;
use crate::json::Value;

/// What one event of a cluster tells, whichever of its fields it uses for that (`core/v1` and `events.k8s.io/v1` show the same objects).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The event's own UID: a repetition keeps it and counts on.
    pub uid: String,
    /// The kind of the object it is about.
    pub kind: String,
    /// The name of that object.
    pub name: String,
    /// The UID of that object.
    pub about: String,
    /// The container it is about, of a Pod's field path.
    pub container: Option<String>,
    /// `Normal`, `Warning`, or what comes later.
    pub sort: String,
    /// The reason, one word: `FailedScheduling`.
    pub reason: String,
    /// The message.
    pub message: String,
    /// How many times it happened.
    pub count: u64,
    /// When it first happened, RFC 3339.
    pub first: String,
    /// When it last happened, RFC 3339.
    pub last: String,
    /// Who says so: `kubelet`.
    pub source: String,
}

impl Occurrence {
    /// What an event tells; `None` of an object that is none.
    pub fn of(event: &Value) -> Option<Occurrence> {
        if text(&event["kind"]) != "Event" {
            return None;
        }
        let first_of = |values: &[&Value]| {
            let found = values.iter().map(|value| text(value)).find(|text| !text.is_empty());
            found.unwrap_or_default().to_owned()
        };
        let object =
            if event["regarding"].is_object() { &event["regarding"] } else { &event["involvedObject"] };
        let series = &event["series"];
        let counts = [&series["count"], &event["count"], &event["deprecatedCount"]];
        let made = &event["metadata"]["creationTimestamp"];
        let container = text(&object["fieldPath"]).split(['{', '}']).nth(1).map(str::to_owned);
        Some(Occurrence {
            uid: text(&event["metadata"]["uid"]).to_owned(),
            kind: text(&object["kind"]).to_owned(),
            name: text(&object["name"]).to_owned(),
            about: text(&object["uid"]).to_owned(),
            container: container.filter(|name| !name.is_empty()),
            sort: text(&event["type"]).to_owned(),
            reason: text(&event["reason"]).to_owned(),
            message: first_of(&[&event["message"], &event["note"]]),
            count: counts.iter().find_map(|count| count.as_u64()).unwrap_or(1).max(1),
            first: first_of(&[
                &event["firstTimestamp"],
                &event["deprecatedFirstTimestamp"],
                &event["eventTime"],
                made,
            ]),
            last: first_of(&[
                &series["lastObservedTime"],
                &event["lastTimestamp"],
                &event["deprecatedLastTimestamp"],
                &event["eventTime"],
                &event["firstTimestamp"],
                made,
            ]),
            source: first_of(&[
                &event["source"]["component"],
                &event["deprecatedSource"]["component"],
                &event["reportingComponent"],
                &event["reportingController"],
            ]),
        })
    }

    /// `Pod/web-1`.
    pub fn object(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }

    /// Whether it tells of something out of order.
    pub fn is_warning(&self) -> bool {
        self.sort != "Normal"
    }

    /// `Failed: no such image`, or what there is of it.
    pub fn words(&self) -> String {
        match (self.reason.as_str(), self.message.trim()) {
            ("", message) => message.to_owned(),
            (reason, "") => reason.to_owned(),
            (reason, message) => format!("{reason}: {message}"),
        }
    }

    /// By what one comes after another: the time of the last repetition, to the second where no more is known, then the UID.
    pub fn order(&self) -> (&str, &str) {
        (&self.last, &self.uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn old_and_new_events_tell_the_same() {
        let old = json!({ "kind": "Event", "metadata": { "uid": "e" }, "type": "Warning", "reason": "BackOff", "message": "again",
            "involvedObject": { "kind": "Pod", "name": "web", "uid": "p", "fieldPath": "spec.containers{app}" },
            "count": 3, "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:01:00Z",
            "eventTime": null, "source": { "component": "kubelet" } });
        let new = json!({ "kind": "Event", "metadata": { "uid": "e" }, "type": "Warning", "reason": "BackOff", "note": "again",
            "regarding": { "kind": "Pod", "name": "web", "uid": "p", "fieldPath": "spec.containers{app}" },
            "eventTime": "2026-01-01T00:00:00Z", "reportingController": "kubelet",
            "series": { "count": 3, "lastObservedTime": "2026-01-01T00:01:00Z" } });
        let told = Occurrence::of(&old).expect("an event");
        assert_eq!(Occurrence::of(&new), Some(told.clone()));
        assert_eq!((told.object(), told.words()), ("Pod/web".to_owned(), "BackOff: again".to_owned()));
        assert_eq!((told.count, told.container.as_deref()), (3, Some("app")));
        assert_eq!(Occurrence::of(&json!({ "kind": "Pod" })), None);
    }

    #[test]
    fn an_event_without_times_was_when_it_was_made() {
        let event = json!({ "kind": "Event", "metadata": { "creationTimestamp": "2026-01-01T00:00:00Z" } });
        let told = Occurrence::of(&event).expect("an event");
        assert_eq!((told.last.as_str(), told.count), ("2026-01-01T00:00:00Z", 1));
    }
}
