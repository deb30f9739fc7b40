//! What is remembered of an object while it is observed: little, since there may be thousands.
//! Must never know who owns it or who is told.

use crate::json::{Text, Value};
use crate::kinds::{count, items, number, text, title};
use std::collections::BTreeMap;

/// The words of a status that say where an object stands, beside its conditions.
const WORDS: &[&str] = &["phase", "state"];

/// An object in short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sketch {
    /// `Kind/name`.
    pub object: String,
    /// The kind.
    pub kind: Text,
    /// The namespace; empty where there is none.
    pub namespace: Text,
    /// The UIDs of its owners.
    pub owners: Vec<Text>,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// Status, reason and message of its conditions, by type; `phase` and `state` too.
    pub conditions: BTreeMap<Text, Condition>,
    /// How many replicas there are, of kinds that count them.
    pub replicas: Option<Replicas>,
    /// The containers of a Pod, by name.
    pub containers: BTreeMap<Text, Container>,
}

/// One condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Condition {
    pub status: Text,
    pub reason: Text,
    pub message: Text,
}

/// How many replicas there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Replicas {
    pub desired: i64,
    pub current: i64,
    pub updated: i64,
    pub ready: i64,
    pub available: i64,
}

/// Where a container stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Container {
    /// `waiting`, `running`, `ready` or `ended`.
    pub state: &'static str,
    pub reason: Text,
    pub message: Text,
    /// Of one that ended, now or before it was started anew.
    pub exit_code: Option<i64>,
    pub restarts: i64,
}

impl Sketch {
    /// The object in short.
    pub(super) fn of(object: &Value) -> Sketch {
        let (metadata, status) = (&object["metadata"], &object["status"]);
        let owners = items(&metadata["ownerReferences"]).iter();
        let entries = items(&status["conditions"]).iter().map(|entry| {
            let part = |key: &str| entry[key].to_text();
            let condition =
                Condition { status: part("status"), reason: part("reason"), message: part("message") };
            (part("type"), condition)
        });
        let words = WORDS.iter().filter_map(|word| {
            let status_word = status[*word].to_text();
            let part = |key: &str| status[key].to_text();
            let message = if *word == "state" { part("description") } else { part("message") };
            let condition = Condition { status: status_word.clone(), reason: part("reason"), message };
            (!status_word.is_empty()).then(|| (Text::of_program(word), condition))
        });
        let lists = [(&status["initContainerStatuses"], true), (&status["containerStatuses"], false)];
        let containers =
            lists.into_iter().flat_map(|(list, init)| items(list).iter().map(move |entry| (entry, init)));
        Sketch {
            object: title(object),
            kind: object["kind"].to_text(),
            namespace: metadata["namespace"].to_text(),
            owners: owners.map(|owner| owner["uid"].to_text()).collect(),
            deleting: !metadata["deletionTimestamp"].is_null(),
            conditions: entries.chain(words).filter(|(kind, _)| !kind.is_empty()).collect(),
            replicas: replicas(object),
            containers: containers
                .map(|(entry, init)| (entry["name"].to_text(), container(entry, init)))
                .collect(),
        }
    }
}

/// The counts of the kinds that have them.
fn replicas(object: &Value) -> Option<Replicas> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let counts = |[current, updated, ready, available]: [&str; 4]| {
        [current, updated, ready, available].map(|field| count(&status[field]))
    };
    let (desired, [current, updated, ready, available]) = match text(&object["kind"]) {
        "Deployment" | "StatefulSet" => (
            number(&spec["replicas"]).unwrap_or(1),
            counts(["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"]),
        ),
        "ReplicaSet" | "ReplicationController" => (
            number(&spec["replicas"]).unwrap_or(1),
            counts(["replicas", "replicas", "readyReplicas", "availableReplicas"]),
        ),
        "DaemonSet" => (
            count(&status["desiredNumberScheduled"]),
            counts(["currentNumberScheduled", "updatedNumberScheduled", "numberReady", "numberAvailable"]),
        ),
        // Of a Job those count that came to their good end.
        "Job" => {
            (number(&spec["completions"]).unwrap_or(1), counts(["active", "active", "ready", "succeeded"]))
        }
        _ => return None,
    };
    Some(Replicas { desired, current, updated, ready, available })
}

fn container(entry: &Value, init: bool) -> Container {
    let state = &entry["state"];
    let last = &entry["lastState"]["terminated"];
    let (word, detail) = if state["waiting"].is_object() {
        ("waiting", &state["waiting"])
    } else if state["terminated"].is_object() {
        ("ended", &state["terminated"])
    } else if entry["ready"] == true && !init {
        ("ready", &state["running"])
    } else if state["running"].is_object() {
        ("running", &state["running"])
    } else {
        ("waiting", &Value::Null)
    };
    let exit_code = detail["exitCode"].as_i64().or_else(|| last["exitCode"].as_i64());
    Container {
        state: word,
        reason: detail["reason"].to_text(),
        message: detail["message"].to_text(),
        exit_code,
        restarts: count(&entry["restartCount"]),
    }
}
