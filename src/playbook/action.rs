//! The verbs: the whole language on one page, one struct a verb.
//! It must never know how a verb is carried out.

use super::condition::Condition;
use super::decode::{Decode, Decoder, Key, Mapping, Schema, mapping, words};
use super::late::Late;
use super::manifest::ManifestRef;
use super::patch::{JsonPatch, Payload};
use super::replicas::Replicas;
use super::target::Target;
use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Value, json};
use crate::source::{Entry, Node, Span, Tree};
use std::time::Duration;

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `apply`
    Apply(Apply),
    /// `wait-until`
    WaitUntil(Box<WaitUntil>),
    /// `assert`
    Assert(Assert),
    /// `patch`
    Patch(Patch),
    /// `scale`
    Scale(Scale),
    /// `delete`
    Delete(Delete),
    /// `get`
    Get(Get),
    /// `describe`
    Describe(Describe),
    /// `logs`
    Logs(Logs),
    /// `pause`
    Pause(Pause),
    /// `sleep`
    Sleep(Sleep),
}

mapping! {
    /// Creates objects, or makes them as the manifest says, by server-side apply. Namespaces and CRDs go first and are awaited, the rest follows as written.
    #[derive(Default)]
    Apply as "apply" {
        /// The objects. Left out: those of the playbook's manifest. They do not join the default target.
        manifest "manifest" optional: ManifestRef,
        /// Take over fields that other managers own. Left out: false, and a conflict fails the step.
        force "force" optional: Late<bool>,
        /// The name under which fields are owned. Left out: `seldonplay`.
        field_manager "field-manager" optional: Late<String>,
        /// An object that is already there fails the step.
        create_only "create-only" optional: Late<bool>,
        /// What the objects must become before the step is done.
        wait "wait" optional: Late<Condition>,
    }
}

mapping! {
    /// Waits until a condition holds.
    WaitUntil as "wait-until" {
        /// The objects. Left out: those of the playbook's manifest.
        target "target" optional: Late<Target>,
        /// What must hold.
        condition "condition" required: Late<Condition>,
        /// The deadline of one attempt.
        timeout "timeout" optional: Late<Duration>,
        /// How long the condition must stay true.
        hold_for "hold-for" optional: Late<Duration>,
        /// What ends the wait early, as a failure.
        fail_when "fail-when" optional: FailWhen,
        /// Whether all objects must satisfy, or any. Left out: all.
        matching "match" optional: Match,
        /// How many objects must satisfy at the least. Left out: 1.
        at_least "at-least" optional: Late<u32>,
        /// How many objects may satisfy at the most.
        at_most "at-most" optional: Late<u32>,
        /// Whether only a status that speaks of the object as it is now is believed. Left out: true.
        fresh "fresh" optional: Late<bool>,
        /// How long a condition must stay true where nothing tells whether the status is fresh. Left out: 2s.
        settle "settle" optional: Late<Duration>,
        /// Whether an object that is made anew under its name is followed. Left out: false, and the wait fails.
        allow_recreate "allow-recreate" optional: Late<bool>,
    }
}

mapping! {
    /// Judges a condition once, as soon as the status is fresh.
    Assert as "assert" {
        /// The objects. Left out: those of the playbook's manifest.
        target "target" optional: Late<Target>,
        /// What must hold.
        condition "condition" required: Late<Condition>,
        /// The deadline of one attempt: how long to wait for a fresh status.
        timeout "timeout" optional: Late<Duration>,
        /// How long the condition must stay true; the step fails as soon as it is not.
        hold_for "hold-for" optional: Late<Duration>,
        /// Whether all objects must satisfy, or any. Left out: all.
        matching "match" optional: Match,
        /// How many objects must satisfy at the least. Left out: 1.
        at_least "at-least" optional: Late<u32>,
        /// How many objects may satisfy at the most.
        at_most "at-most" optional: Late<u32>,
        /// Whether only a status that speaks of the object as it is now is believed. Left out: true.
        fresh "fresh" optional: Late<bool>,
    }
}

mapping! {
    /// Changes one object by exactly one of `merge`, `json` and `strategic`.
    Patch as "patch" {
        /// The object. Left out: that of the playbook's manifest.
        target "target" optional: Late<Target>,
        /// A JSON merge patch (RFC 7386): mappings are merged, `null` removes, lists are replaced whole.
        merge "merge" optional: Late<Payload>,
        /// A JSON Patch (RFC 6902). A `path` is a JSON Pointer or, beginning with `$`, a JSONPath that is resolved on the live object.
        json "json" optional: Late<JsonPatch>,
        /// A strategic merge patch; for built-in kinds only.
        strategic "strategic" optional: Late<Payload>,
        /// The subresource to patch, such as `status`.
        subresource "subresource" optional: Late<String>,
        /// What the object must become before the step is done.
        wait "wait" optional: Late<Condition>,
    }
}

mapping! {
    /// Changes the number of replicas, in the field that decides it. It does not wait.
    Scale as "scale" {
        /// The object. Left out: that of the playbook's manifest.
        target "target" optional: Late<Target>,
        /// The number of replicas, or the bounds `{ min, max }` of an autoscaler.
        replicas "replicas" required: Late<Replicas>,
        /// One predictor of a SeldonDeployment, by name or index. Left out: all.
        predictor "predictor" optional: Late<NameOrIndex>,
        /// One component of a predictor, by name or index. Left out: all.
        component "component" optional: Late<NameOrIndex>,
        /// What the object must become before the step is done.
        wait "wait" optional: Late<Condition>,
    }
}

mapping! {
    /// Deletes objects, in the reverse order of apply, and waits until they and what they own are gone.
    #[derive(Default)]
    Delete as "delete" {
        /// The objects. Left out: those of the playbook's manifest.
        target "target" optional: Late<Target>,
        /// `created`: only what this run created.
        only "only" optional: Only,
        /// What becomes of owned objects. Left out: background.
        propagation "propagation" optional: Propagation,
        /// How long pods may take to end.
        grace_period "grace-period" optional: Late<Duration>,
        /// Whether to wait until all is gone. Left out: true.
        wait "wait" optional: Late<bool>,
        /// Whether an object that is not there is no failure. Left out: true.
        ignore_not_found "ignore-not-found" optional: Late<bool>,
    }
}

mapping! {
    /// Reads objects, for `save` and `expect`.
    #[derive(Default)]
    Get as "get" {
        /// The objects. Left out: those of the playbook's manifest.
        target "target" optional: Late<Target>,
    }
}

mapping! {
    /// Shows what stands in objects and in all that they own: fields, conditions, container states, events.
    #[derive(Default)]
    Describe as "describe" {
        /// The objects. Left out: those of the playbook's manifest.
        target "target" optional: Late<Target>,
    }
}

mapping! {
    /// Shows what the containers of objects have written, of Pods and of whatever owns Pods.
    #[derive(Default)]
    Logs as "logs" {
        /// The objects. Left out: those of the playbook's manifest.
        target "target" optional: Late<Target>,
        /// The container. Left out: all of them.
        container "container" optional: Late<String>,
        /// How many of the last lines of each container. Left out: all.
        tail "tail" optional: Late<u32>,
        /// Show what the container wrote before it was last started anew. Left out: false.
        previous "previous" optional: Late<bool>,
        /// Only what is younger.
        since "since" optional: Late<Duration>,
        /// Go on in the background until the run ends, Pods that come later included. Left out: false.
        follow "follow" optional: Late<bool>,
    }
}

mapping! {
    /// Asks a person to go on. `--yes` goes on by itself.
    Pause as "pause" {
        /// The question.
        text "text" required: Late<String>,
    }
}

mapping! {
    /// Sleeps. Mostly a `wait-until` is what is meant.
    Sleep as "sleep" {
        /// How long.
        duration "duration" required: Late<Duration>,
    }
}

words! {
    /// Over several objects: who must satisfy.
    Match {
        /// Every object.
        All = "all",
        /// One is enough.
        Any = "any",
    }
}

words! {
    /// Which of the objects are deleted.
    Only {
        /// Those that this run created.
        Created = "created",
    }
}

words! {
    /// What becomes of the objects that a deleted object owns.
    Propagation {
        /// They are deleted after it.
        Background = "background",
        /// They are deleted before it.
        Foreground = "foreground",
        /// They stay.
        Orphan = "orphan",
    }
}

/// A name, or an index from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameOrIndex(pub String);

impl Decode for NameOrIndex {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<NameOrIndex> {
        match &tree.node {
            Node::Number(number) if number.is_u64() => Some(NameOrIndex(number.to_string())),
            Node::Text(text) => Some(NameOrIndex(text.joined())),
            _ => decoder.wrong_type(tree, "a name or an index"),
        }
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "anyOf": [{ "type": "string" }, { "type": "integer", "minimum": 0 }] })
    }

    fn words() -> String {
        "name or index".into()
    }
}

/// What ends a wait early: a condition, or a mapping with more.
#[derive(Clone, Debug, PartialEq)]
pub struct FailWhen {
    /// The objects; those of the wait if left out.
    pub target: Option<Late<Target>>,
    /// What must not hold.
    pub condition: Late<Condition>,
    /// How long it must stay true to count. Left out: 2s.
    pub hold_for: Option<Late<Duration>>,
    /// Where it is written.
    pub span: Span,
}

mapping! {
    /// What ends a wait early, with more than its condition.
    FailWhenMapping as "fail-when" {
        /// The objects. Left out: those of the wait.
        target "target" optional: Late<Target>,
        /// What ends the wait, as a failure, once it holds.
        condition "condition" required: Late<Condition>,
        /// How long it must stay true to count. Left out: 2s.
        hold_for "hold-for" optional: Late<Duration>,
    }
}

impl Decode for FailWhen {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<FailWhen> {
        let span = tree.span;
        if is_condition(tree) {
            let condition = Late::<Condition>::decode(tree, decoder)?;
            return Some(FailWhen { target: None, condition, hold_for: None, span });
        }
        if lacks_key(tree, decoder) {
            return None;
        }
        let FailWhenMapping { target, condition, hold_for } = FailWhenMapping::decode(tree, decoder)?;
        Some(FailWhen { target, condition, hold_for, span })
    }

    fn schema(schema: &mut Schema) -> Value {
        json!({ "anyOf": [Condition::schema(schema), FailWhenMapping::schema(schema)] })
    }

    fn words() -> String {
        "condition or mapping".into()
    }
}

/// Reports a combination beside keys of the verb, as in `{ all: […], timeout: 3m }`.
fn lacks_key(tree: &Tree, decoder: &mut Decoder<'_>) -> bool {
    let entries = tree.entries().unwrap_or_default();
    let combination =
        entries.iter().find(|entry| matches!(entry.key.as_str(), "all" | "any" | "not" | "like"));
    let Some(entry) = combination.filter(|_| !is_condition(tree) && tree.get("condition").is_none()) else {
        return false;
    };
    let message = format!("`{}` stands beside other keys, and so it must stand under `condition`", entry.key);
    let help = format!("Write `condition: {{ {}: … }}`.", entry.key);
    decoder.push(Diagnostic::error(Code::MissingKey, entry.key_span, message).help(help));
    true
}

/// Whether a tree is a condition rather than a mapping of a verb's keys.
fn is_condition(tree: &Tree) -> bool {
    match &tree.node {
        Node::Map(entries) => {
            !entries.is_empty()
                && entries.iter().all(|entry| matches!(entry.key.as_str(), "all" | "any" | "not" | "like"))
                || entries.iter().all(|entry| {
                    entry.value.node == Node::Null
                        && !FailWhenMapping::keys().iter().any(|key| key.name == entry.key)
                })
        }
        _ => true,
    }
}

/// Whether a tree is a target rather than a mapping of a verb's keys.
fn is_target(tree: &Tree) -> bool {
    match &tree.node {
        Node::Map(_) => {
            tree.get("target").is_none() && (tree.get("kind").is_some() || tree.get("manifest").is_some())
        }
        _ => true,
    }
}

/// A verb of the language, for decoding, schema and documentation.
pub struct Verb {
    /// Its key.
    pub name: &'static str,
    /// The key that its short form gives.
    pub short: Option<&'static str>,
    /// Whether it may stand alone.
    pub alone: bool,
    /// How it may be written, in a line.
    pub example: &'static str,
    /// What it is for.
    pub about: fn() -> String,
    /// Its keys.
    pub keys: fn() -> Vec<Key>,
    /// The schema of what it takes.
    pub schema: fn(&mut Schema) -> Value,
    decode: fn(&Entry, &mut Decoder<'_>) -> Option<Action>,
}

/// The verbs that this version runs, in the order of the documentation.
pub const VERBS: &[Verb] = &[
    Verb {
        name: "apply",
        short: Some("manifest"),
        alone: true,
        example: "apply: manifests/iris.yaml",
        about: Apply::about,
        keys: Apply::keys,
        schema: |schema| either(ManifestRef::schema(schema), Apply::schema(schema), true),
        decode: |entry, decoder| {
            let empty =
                Apply { manifest: None, force: None, field_manager: None, create_only: None, wait: None };
            Some(Action::Apply(match &entry.value {
                tree if tree.node == Node::Null => empty,
                tree if ManifestRef::is_manifest(tree) || tree.entries().is_none() => {
                    Apply { manifest: Some(ManifestRef::decode(tree, decoder)?), ..empty }
                }
                tree => Apply::decode_at(tree, entry.key_span, decoder)?,
            }))
        },
    },
    Verb {
        name: "wait-until",
        short: Some("condition"),
        alone: false,
        example: "wait-until: ready",
        about: WaitUntil::about,
        keys: WaitUntil::keys,
        schema: |schema| either(Condition::schema(schema), WaitUntil::schema(schema), false),
        decode: |entry, decoder| {
            if lacks_condition(entry, decoder) || lacks_key(&entry.value, decoder) {
                return None;
            }
            if !is_condition(&entry.value) {
                return WaitUntil::decode_at(&entry.value, entry.key_span, decoder)
                    .map(Box::new)
                    .map(Action::WaitUntil);
            }
            let condition = Late::<Condition>::decode(&entry.value, decoder)?;
            Some(Action::WaitUntil(Box::new(WaitUntil::of(None, condition))))
        },
    },
    Verb {
        name: "assert",
        short: Some("condition"),
        alone: false,
        example: "assert: ready",
        about: Assert::about,
        keys: Assert::keys,
        schema: |schema| either(Condition::schema(schema), Assert::schema(schema), false),
        decode: |entry, decoder| {
            if lacks_condition(entry, decoder) || lacks_key(&entry.value, decoder) {
                return None;
            }
            if !is_condition(&entry.value) {
                return Assert::decode_at(&entry.value, entry.key_span, decoder).map(Action::Assert);
            }
            let condition = Late::<Condition>::decode(&entry.value, decoder)?;
            Some(Action::Assert(Assert {
                target: None,
                condition,
                timeout: None,
                hold_for: None,
                matching: None,
                at_least: None,
                at_most: None,
                fresh: None,
            }))
        },
    },
    Verb {
        name: "patch",
        short: None,
        alone: false,
        example: "patch: { merge: { … } }",
        about: Patch::about,
        keys: Patch::keys,
        schema: |schema| {
            let mut own = Patch::schema(schema);
            let forms = ["merge", "json", "strategic"];
            own["oneOf"] = json!(forms.map(|form| json!({ "required": [form] })));
            own
        },
        decode: |entry, decoder| Patch::checked(entry, decoder).map(Action::Patch),
    },
    Verb {
        name: "scale",
        short: Some("replicas"),
        alone: false,
        example: "scale: 2",
        about: Scale::about,
        keys: Scale::keys,
        schema: |schema| either(Late::<Replicas>::schema(schema), Scale::schema(schema), false),
        decode: |entry, decoder| {
            let bounds = entry.value.get("min").is_some() || entry.value.get("max").is_some();
            if entry.value.entries().is_some() && !bounds {
                return Scale::decode_at(&entry.value, entry.key_span, decoder).map(Action::Scale);
            }
            let replicas = Late::<Replicas>::decode(&entry.value, decoder)?;
            Some(Action::Scale(Scale {
                target: None,
                replicas,
                predictor: None,
                component: None,
                wait: None,
            }))
        },
    },
    Verb {
        name: "delete",
        short: Some("target"),
        alone: true,
        example: "delete: Kind/name",
        about: Delete::about,
        keys: Delete::keys,
        schema: |schema| either(Target::schema(schema), Delete::schema(schema), true),
        decode: |entry, decoder| {
            let empty = Delete::default();
            Some(Action::Delete(match &entry.value {
                tree if tree.node == Node::Null => empty,
                tree if is_target(tree) => Delete { target: Some(Late::decode(tree, decoder)?), ..empty },
                tree => Delete::decode_at(tree, entry.key_span, decoder)?,
            }))
        },
    },
    Verb {
        name: "get",
        short: Some("target"),
        alone: true,
        example: "get: Kind/name",
        about: Get::about,
        keys: Get::keys,
        schema: |schema| either(Target::schema(schema), Get::schema(schema), true),
        decode: |entry, decoder| {
            Some(Action::Get(match &entry.value {
                tree if tree.node == Node::Null => Get { target: None },
                tree if is_target(tree) => Get { target: Some(Late::decode(tree, decoder)?) },
                tree => Get::decode_at(tree, entry.key_span, decoder)?,
            }))
        },
    },
    Verb {
        name: "describe",
        short: Some("target"),
        alone: true,
        example: "describe: Kind/name",
        about: Describe::about,
        keys: Describe::keys,
        schema: |schema| either(Target::schema(schema), Describe::schema(schema), true),
        decode: |entry, decoder| {
            Some(Action::Describe(match &entry.value {
                tree if tree.node == Node::Null => Describe::default(),
                tree if is_target(tree) => Describe { target: Some(Late::decode(tree, decoder)?) },
                tree => Describe::decode_at(tree, entry.key_span, decoder)?,
            }))
        },
    },
    Verb {
        name: "logs",
        short: Some("target"),
        alone: true,
        example: "logs: Kind/name",
        about: Logs::about,
        keys: Logs::keys,
        schema: |schema| either(Target::schema(schema), Logs::schema(schema), true),
        decode: |entry, decoder| {
            let empty = Logs::default();
            Some(Action::Logs(match &entry.value {
                tree if tree.node == Node::Null => empty,
                tree if is_target(tree) => Logs { target: Some(Late::decode(tree, decoder)?), ..empty },
                tree => Logs::decode_at(tree, entry.key_span, decoder)?,
            }))
        },
    },
    Verb {
        name: "pause",
        short: Some("text"),
        alone: false,
        example: "pause: Shall it go on?",
        about: Pause::about,
        keys: Pause::keys,
        schema: |schema| either(String::schema(schema), Pause::schema(schema), false),
        decode: |entry, decoder| {
            Some(Action::Pause(match entry.value.entries() {
                Some(_) => Pause::decode_at(&entry.value, entry.key_span, decoder)?,
                None => Pause { text: Late::decode(&entry.value, decoder)? },
            }))
        },
    },
    Verb {
        name: "sleep",
        short: Some("duration"),
        alone: false,
        example: "sleep: 10s",
        about: Sleep::about,
        keys: Sleep::keys,
        schema: |schema| either(Late::<Duration>::schema(schema), Sleep::schema(schema), false),
        decode: |entry, decoder| {
            Some(Action::Sleep(match entry.value.entries() {
                Some(_) => Sleep::decode_at(&entry.value, entry.key_span, decoder)?,
                None => Sleep { duration: Late::decode(&entry.value, decoder)? },
            }))
        },
    },
];

/// Verbs of the language that this version does not run.
pub const NOT_YET: &[&str] =
    &["block", "parallel", "for-each", "include", "predict", "request", "exec", "command"];

impl Action {
    /// Reads the entry of a verb.
    pub fn decode(entry: &Entry, decoder: &mut Decoder<'_>) -> Option<Action> {
        let verb = VERBS.iter().find(|verb| verb.name == entry.key)?;
        if !verb.alone && entry.value.node == Node::Null && verb.short != Some("condition") {
            let message = format!("`{}` stands alone, and it needs more", verb.name);
            let help = format!("Write `{}`.", verb.example);
            decoder.push(Diagnostic::error(Code::MissingKey, entry.key_span, message).help(help));
            return None;
        }
        (verb.decode)(entry, decoder)
    }

    /// The verb's key.
    pub fn verb(&self) -> &'static str {
        match self {
            Action::Apply(_) => "apply",
            Action::WaitUntil(_) => "wait-until",
            Action::Assert(_) => "assert",
            Action::Patch(_) => "patch",
            Action::Scale(_) => "scale",
            Action::Delete(_) => "delete",
            Action::Get(_) => "get",
            Action::Describe(_) => "describe",
            Action::Logs(_) => "logs",
            Action::Pause(_) => "pause",
            Action::Sleep(_) => "sleep",
        }
    }

    /// The target as written; none where it is left out or the verb takes none.
    pub fn target(&self) -> Option<&Late<Target>> {
        match self {
            Action::WaitUntil(wait) => wait.target.as_ref(),
            Action::Assert(Assert { target, .. })
            | Action::Patch(Patch { target, .. })
            | Action::Scale(Scale { target, .. })
            | Action::Delete(Delete { target, .. })
            | Action::Describe(Describe { target })
            | Action::Logs(Logs { target, .. })
            | Action::Get(Get { target }) => target.as_ref(),
            Action::Apply(_) | Action::Pause(_) | Action::Sleep(_) => None,
        }
    }

    /// What the verb's own `timeout` says: the deadline of one attempt.
    pub fn attempt_timeout(&self) -> Option<&Late<Duration>> {
        match self {
            Action::WaitUntil(wait) => wait.timeout.as_ref(),
            Action::Assert(assert) => assert.timeout.as_ref(),
            _ => None,
        }
    }

    /// What the verb's own `hold-for` says.
    pub fn hold_for(&self) -> Option<&Late<Duration>> {
        match self {
            Action::WaitUntil(wait) => wait.hold_for.as_ref(),
            Action::Assert(assert) => assert.hold_for.as_ref(),
            _ => None,
        }
    }

    /// The condition that the verb's own `wait` names.
    pub fn wait(&self) -> Option<&Late<Condition>> {
        match self {
            Action::Apply(Apply { wait, .. })
            | Action::Patch(Patch { wait, .. })
            | Action::Scale(Scale { wait, .. }) => wait.as_ref(),
            _ => None,
        }
    }
}

impl WaitUntil {
    /// A wait for a condition with nothing else said.
    pub fn of(target: Option<Late<Target>>, condition: Late<Condition>) -> WaitUntil {
        WaitUntil {
            target,
            condition,
            timeout: None,
            hold_for: None,
            fail_when: None,
            matching: None,
            at_least: None,
            at_most: None,
            fresh: None,
            settle: None,
            allow_recreate: None,
        }
    }
}

impl Patch {
    fn checked(entry: &Entry, decoder: &mut Decoder<'_>) -> Option<Patch> {
        let patch = Patch::decode_at(&entry.value, entry.key_span, decoder)?;
        let written: Vec<(&str, Span)> = [
            ("merge", patch.merge.as_ref().map(Late::span)),
            ("json", patch.json.as_ref().map(Late::span)),
            ("strategic", patch.strategic.as_ref().map(Late::span)),
        ]
        .into_iter()
        .filter_map(|(key, span)| Some((key, span?)))
        .collect();
        let present =
            ["merge", "json", "strategic"].iter().filter(|key| entry.value.get(key).is_some()).count();
        match written.as_slice() {
            [_] if present == 1 => Some(patch),
            [] if present == 0 => {
                let message = "patch needs exactly one of `merge`, `json` and `strategic`";
                let help = "Write `merge: { … }` with the part of the object that changes.";
                decoder.push(Diagnostic::error(Code::MissingKey, entry.key_span, message).help(help));
                None
            }
            [first, second, ..] => {
                let message = format!(
                    "patch takes one of `merge`, `json` and `strategic`, and here are `{}` and `{}`",
                    first.0, second.0
                );
                let span = entry.value.entry(second.0).map_or(second.1, |entry| entry.key_span);
                decoder.push(
                    Diagnostic::error(Code::ConflictingKeys, span, message).help("Make a step of each."),
                );
                None
            }
            // The one that is there was not decoded, and a finding says why.
            _ => None,
        }
    }
}

fn lacks_condition(entry: &Entry, decoder: &mut Decoder<'_>) -> bool {
    if entry.value.node != Node::Null {
        return false;
    }
    let message = format!("`{}` needs a condition", entry.key);
    let help = format!("Write `{}: ready`, or an expression such as \"$.status.replicas >= 2\".", entry.key);
    decoder.push(Diagnostic::error(Code::MissingKey, entry.key_span, message).help(help));
    true
}

fn either(short: Value, long: Value, alone: bool) -> Value {
    let mut forms = vec![short, long];
    if alone {
        forms.push(json!({ "type": "null" }));
    }
    json!({ "anyOf": forms })
}
