//! What goes wrong in a rehearsal: on the server's side (refusals, an outage, watches that are cut) and on the world's (pods, operators).
//! It must never know who asked for it.

use super::clock::Clock;
use super::controllers::faults::{FaultKind as WorldKind, FaultTarget, WorldFault};
use super::known::{is_operated, plural};
use super::server::{Asked, Delivery, Interfere, Interference};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// By how much everything is later where `slow` says nothing else.
const SLOW_BY: Duration = Duration::from_secs(90);
/// How long an outage lasts that says nothing else.
const OUTAGE: Duration = Duration::from_secs(20);
/// How many events a watch tells before it is cut.
const EVENTS_BEFORE_A_CUT: usize = 2;

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// The images of pods cannot be pulled.
    ImagePull,
    /// Containers end with an error as soon as they run.
    CrashLoop,
    /// Containers run, and their readiness probes fail.
    NeverReady,
    /// Pods become ready later than they should.
    Slow,
    /// A quota allows no pods.
    Quota,
    /// The user may read, and write nothing.
    Forbidden,
    /// The first write of each object by the user is answered with 409.
    Conflict,
    /// The API server cannot be reached by the user.
    ApiOutage,
    /// The user's watches are cut again and again.
    WatchDrop,
    /// The operators of custom kinds do nothing.
    OperatorDown,
}

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// Whom it strikes; everybody if left out.
    pub target: Option<FaultTarget>,
    /// When it begins, after the begin of the rehearsal; at once if left out, and [`FaultKind::ApiOutage`] with [`Disturbance::first_wait`].
    pub at: Option<Duration>,
    /// How long it lasts; of [`FaultKind::Slow`], by how much everything is later.
    pub length: Option<Duration>,
}

impl Fault {
    /// A fault that strikes everybody from the begin on.
    pub fn new(kind: FaultKind) -> Fault {
        Fault { kind, target: None, at: None, length: None }
    }

    fn from(&self, start: Timestamp) -> Timestamp {
        after(start, self.at.unwrap_or_default())
    }

    /// What it means for the controllers, if it is theirs.
    pub(super) fn in_the_world(&self, start: Timestamp) -> Option<WorldFault> {
        let (kind, lasts) = match self.kind {
            FaultKind::ImagePull => (WorldKind::ImagePull, self.length),
            FaultKind::CrashLoop => (WorldKind::CrashLoop, self.length),
            FaultKind::NeverReady => (WorldKind::NeverReady, self.length),
            FaultKind::Slow => (WorldKind::Slow(self.length.unwrap_or(SLOW_BY)), None),
            FaultKind::OperatorDown => (WorldKind::OperatorDown, self.length),
            FaultKind::Quota => (WorldKind::Quota, self.length),
            FaultKind::Forbidden | FaultKind::Conflict | FaultKind::ApiOutage | FaultKind::WatchDrop => {
                return None;
            }
        };
        let until = lasts.map(|lasts| after(self.from(start), lasts));
        let from = self.at.map(|_| self.from(start));
        Some(WorldFault { kind, target: self.target.clone(), from, until })
    }
}

fn after(time: Timestamp, length: Duration) -> Timestamp {
    let length = SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX);
    time.saturating_add(length).unwrap_or(Timestamp::MAX)
}

/// The faults of the server's side, and a record of what came into play.
#[derive(Debug)]
pub struct Disturbance {
    faults: Vec<Fault>,
    clock: Clock,
    start: Timestamp,
    /// Whom the faults of the server's side strike.
    user: String,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    first_wait: Option<Timestamp>,
    written: BTreeSet<String>,
    events: usize,
    struck: BTreeSet<FaultKind>,
    /// Whether a controller wanted pods.
    pods_wanted: bool,
    /// Whether the user wrote an object that an operator brings to life.
    operated: bool,
}

impl Disturbance {
    /// These faults, on `user`; `start` is when the rehearsal begins.
    pub fn new(faults: Vec<Fault>, clock: Clock, start: Timestamp, user: impl Into<String>) -> Disturbance {
        Disturbance { faults, clock, start, user: user.into(), seen: Mutex::default() }
    }

    /// The user begins to wait. True the first time.
    pub fn first_wait(&self) -> bool {
        let now = self.clock.now();
        let mut seen = self.seen();
        let first = seen.first_wait.is_none();
        seen.first_wait.get_or_insert(now);
        first
    }

    /// An outage begins: who was connected notices.
    pub(super) fn outage_begins(&self) {
        self.seen().struck.insert(FaultKind::ApiOutage);
    }

    /// The faults that came into play; `pods` is how many there have been.
    pub fn came_into_play(&self, pods: usize) -> BTreeSet<FaultKind> {
        let seen = self.seen();
        let mut struck = seen.struck.clone();
        struck.extend(self.faults.iter().map(|fault| fault.kind).filter(|kind| match kind {
            FaultKind::ImagePull | FaultKind::CrashLoop | FaultKind::NeverReady | FaultKind::Slow => pods > 0,
            FaultKind::Quota => seen.pods_wanted,
            FaultKind::OperatorDown => seen.operated,
            FaultKind::Forbidden | FaultKind::Conflict | FaultKind::ApiOutage | FaultKind::WatchDrop => false,
        }));
        struck
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a fault of this kind is on now.
    fn is_on(&self, fault: &Fault, seen: &Seen) -> bool {
        let now = self.clock.now();
        let from = match (fault.kind, fault.at) {
            (FaultKind::ApiOutage, None) => match seen.first_wait {
                Some(time) => time,
                None => return false,
            },
            _ => fault.from(self.start),
        };
        let length = match fault.kind {
            FaultKind::ApiOutage => Some(fault.length.unwrap_or(OUTAGE)),
            _ => fault.length,
        };
        from <= now && length.is_none_or(|length| now < after(from, length))
    }

    fn concerns(&self, fault: &Fault, asked: &Asked<'_>) -> bool {
        fault.target.as_ref().is_none_or(|target| {
            plural(&target.kind) == asked.resource
                && target.name.as_ref().is_none_or(|name| *name == asked.name)
        })
    }
}

const WRITES: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];

impl Interfere for Disturbance {
    fn request(&self, asked: &Asked<'_>) -> Interference {
        let mut seen = self.seen();
        let writes = WRITES.contains(&&*asked.verb);
        if asked.user != self.user {
            seen.pods_wanted |= asked.resource == "pods" && asked.verb == "create";
            return Interference::Pass;
        }
        seen.operated |= is_operated(&asked.group) && writes;
        for fault in self.faults.iter().filter(|fault| self.concerns(fault, asked)) {
            if !self.is_on(fault, &seen) {
                continue;
            }
            let interference = match fault.kind {
                FaultKind::ApiOutage => Interference::Cut,
                FaultKind::Forbidden if writes => Interference::Forbid,
                FaultKind::Conflict if writes && asked.verb != "delete" => {
                    match seen.written.insert(asked.path.to_string()) {
                        true => Interference::Conflict,
                        false => continue,
                    }
                }
                _ => continue,
            };
            seen.struck.insert(fault.kind);
            return interference;
        }
        Interference::Pass
    }

    fn event(&self, watch: &Asked<'_>, _: &str, _: &str, _: &str) -> Delivery {
        if watch.user != self.user {
            return Delivery::Deliver;
        }
        let mut seen = self.seen();
        for fault in self.faults.iter().filter(|fault| self.concerns(fault, watch)) {
            if !self.is_on(fault, &seen) {
                continue;
            }
            match fault.kind {
                FaultKind::ApiOutage => return Delivery::Drop,
                FaultKind::WatchDrop => {
                    seen.events += 1;
                    if seen.events.is_multiple_of(EVENTS_BEFORE_A_CUT + 1) {
                        seen.struck.insert(FaultKind::WatchDrop);
                        return Delivery::Drop;
                    }
                }
                _ => {}
            }
        }
        Delivery::Deliver
    }
}
