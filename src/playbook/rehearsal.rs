//! `rehearsal:` of a playbook: what the world of a rehearsal does beyond what known kinds do by themselves.
//! It must never know how a rehearsal is played.

use super::decode::{Decode, Decoder, Schema, mapping, words};
use super::target::{KindWord, Target};
use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Value, json};
use crate::source::{Span, Spanned, Tree};
use std::time::Duration;

mapping! {
    /// What the world does when the playbook is rehearsed. A run on a cluster does not look at it.
    Rehearsal as "`rehearsal`" {
        /// What the controllers of kinds do that seldonplay does not know.
        controllers "controllers" optional: Vec<Controller>,
        /// What goes wrong.
        faults "faults" optional: Vec<Fault>,
        /// How the rehearsal must end. Left out: `passed`.
        expect "expect" optional: Expect,
    }
}

mapping! {
    /// What a controller does with the objects of a kind.
    Controller as "a controller" {
        /// Its objects: `Kind/name`, or `{ kind: Kind }` for all of them.
        target "target" required: Subject,
        /// How long after an object was made or changed its status is written. Left out: at once.
        after "after" optional: Spanned<Duration>,
        /// The status to write; it is merged into the one that is there.
        status "status" required: Json,
    }
}

mapping! {
    /// Something that goes wrong in a rehearsal.
    Fault as "a fault" {
        /// What goes wrong.
        fault "fault" required: FaultName,
        /// Whom it strikes: `Kind/name` or `{ kind: Kind }`, and what they own. Left out: everybody.
        target "target" optional: Subject,
        /// When it begins, counted from the begin of the rehearsal. Left out: at once; `api-outage` begins with the first wait.
        at "at" optional: Spanned<Duration>,
        /// How long it lasts; for `slow`, by how much everything is later. Left out: to the end; `api-outage` lasts 20s, `slow` is by 90s.
        for_ "for" optional: Spanned<Duration>,
    }
}

words! {
    /// The faults that a rehearsal can bring.
    FaultName {
        /// The images of pods cannot be pulled.
        ImagePull = "image-pull",
        /// Containers end with an error as soon as they run, again and again.
        CrashLoop = "crash-loop",
        /// Containers run, and their readiness probes fail.
        NeverReady = "never-ready",
        /// Pods become ready later than they should.
        Slow = "slow",
        /// A quota allows no pods.
        Quota = "quota",
        /// The user may read, and write nothing.
        Forbidden = "forbidden",
        /// Somebody else writes first: the first write of each object is answered with 409.
        Conflict = "conflict",
        /// The API server cannot be reached for a while.
        ApiOutage = "api-outage",
        /// Watches are cut after their first events, again and again.
        WatchDrop = "watch-drop",
        /// The operators of custom kinds do nothing.
        OperatorDown = "operator-down",
    }
}

words! {
    /// How a rehearsal must end.
    Expect {
        /// Every step passes.
        Passed = "passed",
        /// A step fails, for whatever reason, a deadline too.
        Failed = "failed",
        /// A deadline passes.
        TimedOut = "timed-out",
    }
}

/// Objects of a rehearsal: a kind, perhaps a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// The kind as written: `Deployment`, `deploy`, `widgets.example.com`.
    pub kind: KindWord,
    /// The API version, if one is written.
    pub api_version: Option<String>,
    /// The name, if one is written.
    pub name: Option<String>,
    /// Where it is written.
    pub span: Span,
}

impl Decode for Subject {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Subject> {
        let target = Target::decode(tree, decoder)?;
        let span = target.span();
        match target {
            Target::Object(object) => {
                Some(Subject { kind: object.kind, api_version: None, name: Some(object.name.value), span })
            }
            Target::Selector(selector)
                if selector.labels.is_none() && selector.owner.is_none() && selector.where_.is_none() =>
            {
                Some(Subject {
                    kind: selector.kind,
                    api_version: selector.api_version.map(|version| version.value),
                    name: selector.name.map(|name| name.value),
                    span,
                })
            }
            _ => {
                let message = "a rehearsal tells its objects by kind and name alone";
                let help = "Write `Kind/name`, or `{ kind: Kind }` for all of a kind.";
                decoder.push(Diagnostic::error(Code::BadTarget, span, message).help(help));
                None
            }
        }
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "anyOf": [
            { "type": "string" },
            { "type": "object", "additionalProperties": false, "required": ["kind"], "properties": {
                "kind": { "type": "string" }, "api-version": { "type": "string" }, "name": { "type": "string" },
            } },
        ] })
    }

    fn words() -> String {
        "`Kind/name` or `{ kind, api-version, name }`".into()
    }
}

/// A mapping of anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub Value);

impl Decode for Json {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Json> {
        match tree.entries() {
            Some(_) => Some(Json(tree.to_value())),
            None => decoder.wrong_type(tree, "a mapping"),
        }
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "object" })
    }

    fn words() -> String {
        "mapping".into()
    }
}
