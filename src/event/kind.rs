//! The kinds of events.
//! It must never know who makes or reads them.

use super::{Ending, Failure, Unmet};
use crate::json::Map;
use crate::source::Place;
use serde::{Deserialize, Serialize};

/// The part of a playbook that a step belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// `steps`.
    Steps,
    /// `on-failure`.
    OnFailure,
    /// `finally`.
    Finally,
}

impl Phase {
    /// The key in the playbook.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Steps => "steps",
            Phase::OnFailure => "on-failure",
            Phase::Finally => "finally",
        }
    }
}

/// Which step: its phase and its number, one index for each level of nesting, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepPath {
    /// The phase.
    pub phase: Phase,
    /// The indices from the outermost group to the step.
    pub index: Vec<u32>,
    /// The iteration of each loop around it, from 1.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub iteration: Vec<u32>,
}

impl std::fmt::Display for StepPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let index: Vec<String> = self.index.iter().map(u32::to_string).collect();
        match self.phase {
            Phase::Steps => write!(f, "{}", index.join(".")),
            phase => write!(f, "{} {}", phase.as_str(), index.join(".")),
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It did what it should.
    Passed,
    /// It did not.
    Failed,
    /// Its `when` was false, or the run ended before it.
    Skipped,
    /// A signal ended it.
    Interrupted,
}

/// What was done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// It was not there before.
    Created,
    /// It was changed by an apply.
    Configured,
    /// The server found nothing to change.
    Unchanged,
    /// It was changed by a patch.
    Patched,
    /// Its replicas were changed.
    Scaled,
    /// Its deletion was accepted.
    Deleted,
}

impl Operation {
    /// The word for the console.
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Created => "created",
            Operation::Configured => "configured",
            Operation::Unchanged => "unchanged",
            Operation::Patched => "patched",
            Operation::Scaled => "scaled",
            Operation::Deleted => "deleted",
        }
    }
}

/// What was seen of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    /// It was made.
    Made,
    /// It was there already.
    There,
    /// It is being deleted.
    Deleting,
    /// It is gone.
    Gone,
}

/// Against what the playbook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// A cluster.
    Run,
    /// The embedded API server, in virtual time.
    Rehearse,
}

/// This program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The playbook that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaybookInfo {
    /// Its name, or the file's if it has none.
    pub name: String,
    /// The file as the user gave it.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// Its tags.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tags: Vec<String>,
}

/// The cluster that it runs against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterInfo {
    /// The API server's address.
    pub server: String,
    /// The kubeconfig's context; none inside a cluster.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub context: Option<String>,
}

/// A step as it is planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// Which step.
    pub step: StepPath,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    /// What the console shows.
    pub name: String,
    /// Its verb.
    pub verb: String,
    /// Where it is written.
    pub place: Place,
}

/// How many steps ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Passed.
    pub passed: u32,
    /// Failed.
    pub failed: u32,
    /// Skipped, or never reached.
    pub skipped: u32,
}

/// How many requests a run made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    /// All of them.
    pub total: u64,
    /// GETs of one object.
    pub get: u64,
    /// Lists, a page each.
    pub list: u64,
    /// Watches opened.
    pub watch: u64,
    /// Creates, applies, patches and deletes.
    pub write: u64,
    /// Questions about which kinds there are.
    pub discovery: u64,
    /// Requests that were sent again after trouble.
    pub retried: u64,
    /// Times that something was in trouble: refused connections, 429, 5xx, broken or silent watches.
    pub troubles: u64,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum EventKind {
    /// A run begins.
    RunStarted {
        /// This program.
        tool: Tool,
        /// The playbook.
        playbook: PlaybookInfo,
        /// Against what.
        mode: Mode,
        /// Of all randomness.
        seed: u64,
        /// The cluster.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        cluster: Option<ClusterInfo>,
        /// The namespace of objects that name none.
        namespace: String,
        /// The vars, secrets masked.
        vars: Map,
        /// The objects of the playbook's manifest, `Kind/name`.
        objects: Vec<String>,
        /// All steps, handlers too.
        steps: Vec<PlannedStep>,
    },
    /// A step begins.
    StepStarted {
        /// What the console shows.
        name: String,
        /// Its verb.
        verb: String,
        /// The objects it acts on, as far as they are known.
        targets: Vec<String>,
        /// Milliseconds until its deadline.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        deadline_ms: Option<u64>,
    },
    /// Something about why a step is not done changed.
    StepProgress {
        /// How many objects satisfy.
        met: usize,
        /// Of how many.
        total: usize,
        /// In short, for one line.
        words: String,
        /// What is not met.
        unmet: Vec<Unmet>,
    },
    /// An attempt failed and another follows.
    StepRetried {
        /// Milliseconds until then.
        delay_ms: u64,
        /// Why it failed.
        failure: Failure,
    },
    /// A step ended.
    StepFinished {
        /// How.
        outcome: Outcome,
        /// In short: what was reached, or why it was skipped.
        words: String,
        /// Milliseconds it took, all attempts.
        duration_ms: u64,
        /// Why it failed.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        failure: Option<Failure>,
        /// Whether the run goes on although it failed (`keep-going`).
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        kept_going: bool,
        /// What it saved.
        #[serde(skip_serializing_if = "Map::is_empty", default)]
        saved: Map,
        /// Why the status was believed.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        evidence: Vec<String>,
    },
    /// The run changed an object, or found it as it should be.
    ObjectWritten {
        /// `Kind/name`.
        object: String,
        /// Its namespace.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        namespace: Option<String>,
        /// What was done.
        operation: Operation,
        /// In short, where there is more to say: `spec.predictors[0].replicas: 1 → 2`.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        fields: Vec<String>,
        /// Its version after that.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        resource_version: Option<String>,
    },
    /// An object that the run wrote, or that one of these owns, came, goes or is gone.
    ObjectSeen {
        /// `Kind/name`.
        object: String,
        /// Its namespace.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        namespace: Option<String>,
        /// What owns it, `Kind/name`; none of what the run wrote itself.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        owner: Option<String>,
        /// What was seen.
        sight: Sight,
    },
    /// A condition of such an object changed, or its `phase` or `state`.
    ConditionChanged {
        /// `Kind/name`.
        object: String,
        /// The condition's type; `phase` and `state` stand for these words of the status.
        condition: String,
        /// What it was; none if it was not there.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        from: Option<String>,
        /// What it is.
        to: String,
        /// Its reason.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
        /// Its message.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        message: Option<String>,
    },
    /// The replicas of a workload changed. Of a Job those are available that came to their good end.
    ReplicasChanged {
        /// `Kind/name`.
        object: String,
        /// How many are asked for.
        desired: i64,
        /// How many there are.
        current: i64,
        /// How many of them are of the newest template.
        updated: i64,
        /// How many are ready.
        ready: i64,
        /// How many are available.
        available: i64,
    },
    /// A container is in another state, or was started anew.
    ContainerChanged {
        /// Its Pod, `Pod/name`.
        object: String,
        /// Its name.
        container: String,
        /// The state it was in: `waiting`, `running`, `ready`, `ended`; none at first.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        from: Option<String>,
        /// The state it is in.
        to: String,
        /// The reason of that state, such as `ImagePullBackOff`.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
        /// The message of that state.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        message: Option<String>,
        /// With what it ended last.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        exit_code: Option<i64>,
        /// How often it was started anew.
        restarts: i64,
    },
    /// The cluster recorded an event about such an object, or that one happened again.
    ClusterEvent {
        /// What it is about, `Kind/name`.
        object: String,
        /// The event's UID: repetitions have the same.
        uid: String,
        /// `Normal`, `Warning`, or what a cluster says.
        severity: String,
        /// The reason, one word.
        reason: String,
        /// The message.
        message: String,
        /// How many times it has happened.
        count: u64,
        /// When first, RFC 3339.
        first: String,
        /// When last, RFC 3339.
        last: String,
        /// Who recorded it.
        source: String,
    },
    /// An object and all that it owns as they are, in words: what `describe` shows.
    Described {
        /// `Kind/name`.
        object: String,
        /// The words, a line each; what is owned stands below its owner, two blanks a level.
        lines: Vec<String>,
    },
    /// A container wrote a line.
    LogLine {
        /// Its Pod, `Pod/name`.
        object: String,
        /// Its name.
        container: String,
        /// When it was written, RFC 3339.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        time: Option<String>,
        /// The line.
        line: String,
    },
    /// Why an object is not as it should be, as far as its state and that of what it owns tell. It comes before the end of the step
    /// that failed for it.
    Diagnosis {
        /// The object that was asked about, `Kind/name`.
        root: String,
        /// The rule that found it: a stable word, `image-pull`. `status` stands for what an object's own status says.
        rule: String,
        /// The object at fault, `Kind/name`.
        object: String,
        /// What is wrong, one sentence with its object and without a full stop.
        sentence: String,
        /// What shows it, a line each: states, events of the cluster, the last lines of a log.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        evidence: Vec<String>,
        /// What to try.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        fix: Option<String>,
        /// Other causes that were found, a sentence each.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        also: Vec<String>,
        /// What follows from the causes, a sentence each.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        follows: Vec<String>,
    },
    /// Something that does not stop the run and should be known.
    Warning {
        /// What.
        message: String,
    },
    /// The cluster could not be reached, or did not answer as it should, for a while.
    TransportTrouble {
        /// What was being done.
        what: String,
        /// The HTTP status, if there was one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        status: Option<u16>,
        /// What went wrong.
        message: String,
        /// How many times in a row.
        count: u64,
        /// Milliseconds that it lasted, once it is over.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        outage_ms: Option<u64>,
    },
    /// A request was sent to the API server. Told only where every request is asked for (`-vv`); what was sent and answered is never in it.
    Requested {
        /// `GET` and the like.
        method: String,
        /// Path and query.
        path: String,
        /// The answer's HTTP status; none where none came.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        status: Option<u16>,
        /// Why none came.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        message: Option<String>,
        /// Milliseconds until the whole answer was there; of a stream (a watch, a log that is followed) until it began.
        duration_ms: u64,
    },
    /// A person is asked to go on.
    Asked {
        /// The question.
        text: String,
    },
    /// And answered.
    Answered {
        /// Whether to go on.
        go_on: bool,
        /// Who: `person` or `--yes`.
        by: String,
    },
    /// A signal came.
    Interrupted {
        /// `SIGINT` or `SIGTERM`.
        signal: String,
        /// Milliseconds that the handlers may take; none when all ends at once.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        grace_ms: Option<u64>,
    },
    /// What this run created and has not removed.
    LeftBehind {
        /// `Kind/name` of each object.
        objects: Vec<String>,
        /// The command that removes them.
        command: String,
    },
    /// The run ended.
    RunFinished {
        /// How.
        ending: Ending,
        /// The process's exit code.
        exit_code: u8,
        /// How many steps ended how.
        counts: Counts,
        /// Milliseconds that it took.
        duration_ms: u64,
        /// The requests it made.
        requests: Requests,
        /// The failure that decided.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        failure: Option<Failure>,
    },
}
