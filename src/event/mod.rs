//! What happens in a run, as data: the contract between running and showing. Console, JSON, reports and exit codes are readings of it.
//! It must never know how a run is carried out or how events are shown.
//!
//! Readers skip kinds and fields they do not know; [`VERSION`] rises only when a known one changes its meaning.

mod failure;
mod kind;
mod recorder;

pub use failure::{Cause, Failure, Refusal, Unmet};
pub use kind::{
    ClusterInfo, Counts, EventKind, Mode, Operation, Outcome, Phase, PlannedStep, PlaybookInfo, Requests,
    Sight, StepPath, Tool,
};
pub use recorder::{Masks, Recorder};

use serde::{Deserialize, Serialize};

/// The version of the event format.
pub const VERSION: u32 = 1;

/// Something that happened, with when and where in the playbook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The format's version, [`VERSION`].
    pub version: u32,
    /// Counts the events of a run from 1, without gaps.
    pub seq: u64,
    /// The time, RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// Milliseconds since the run began.
    pub elapsed_ms: u64,
    /// The run's id.
    pub run: String,
    /// The step it belongs to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub step: Option<StepPath>,
    /// Which attempt of the step, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attempt: Option<u32>,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// How a run ended, which is its exit code: 0 passed, 1 a step failed, 2 the playbook or the command line is wrong,
/// 3 the cluster could not be reached or refused before anything was done, 4 a deadline passed, 130 and 143 interrupted.
/// The first failure decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Every step passed or was skipped.
    Passed,
    /// A step failed.
    Failed,
    /// The playbook or the command line is wrong; nothing was done.
    Invalid,
    /// The cluster cannot be reached, or refuses us, before anything was done.
    Refused,
    /// A deadline passed.
    TimedOut,
    /// SIGINT ended it.
    Interrupted,
    /// SIGTERM ended it.
    Terminated,
}

impl Ending {
    /// The process's exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Ending::Passed => 0,
            Ending::Failed => 1,
            Ending::Invalid => 2,
            Ending::Refused => 3,
            Ending::TimedOut => 4,
            Ending::Interrupted => 130,
            Ending::Terminated => 143,
        }
    }
}
