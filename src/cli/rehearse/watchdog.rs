//! Looks after a rehearsal by the clock of the wall: a rehearsal that makes no progress is a defect, and is said to be one.
//! It must never touch the rehearsal itself.

use super::super::screen::tell;
use crate::event::{Event, EventKind};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Without any event, and without any object written, for so long by the clock of the wall, a rehearsal is stuck.
const PATIENCE: Duration = Duration::from_secs(10);
/// Without any event for so long it is stuck, whatever is written.
const LONGEST: Duration = Duration::from_secs(300);

/// Watches over a rehearsal until it is dropped.
pub(super) struct Watchdog {
    state: Arc<Mutex<State>>,
}

struct State {
    /// When something was last told.
    told: Instant,
    running: BTreeMap<String, String>,
    over: bool,
}

impl Watchdog {
    /// Begins to watch. When nothing is told for ten seconds, and `version`, that of the last object written, stays as it is, it says
    /// which steps hang and ends the process with `exit_code`. A `version` that is not known just now is as it was.
    pub(super) fn begin(
        playbook: String,
        exit_code: u8,
        version: impl Fn() -> Option<u64> + Send + 'static,
    ) -> Watchdog {
        let state = State { told: Instant::now(), running: BTreeMap::new(), over: false };
        let state = Arc::new(Mutex::new(state));
        let watched = state.clone();
        std::thread::spawn(move || {
            let (mut written, mut seen) = (Instant::now(), None);
            loop {
                std::thread::sleep(Duration::from_millis(500));
                let now = version();
                if now.is_some() && now != seen {
                    (written, seen) = (Instant::now(), now);
                }
                let state = lock(&watched);
                if state.over {
                    return;
                }
                let idle = state.told.elapsed().min(written.elapsed());
                if idle >= PATIENCE || state.told.elapsed() >= LONGEST {
                    let running: Vec<&str> = state.running.values().map(String::as_str).collect();
                    let what =
                        if running.is_empty() { "no step is running".into() } else { running.join(", ") };
                    tell!(
                        "error: the rehearsal of {playbook} is stuck, which is a defect of this program: {what}"
                    );
                    std::process::exit(i32::from(exit_code));
                }
            }
        });
        Watchdog { state }
    }

    /// Something has happened.
    pub(super) fn take(&self, event: &Event) {
        let mut state = lock(&self.state);
        state.told = Instant::now();
        match (&event.step, &event.kind) {
            (Some(step), EventKind::StepStarted { name, .. }) => {
                state.running.insert(step.to_string(), name.clone());
            }
            (Some(step), EventKind::StepFinished { .. }) => {
                state.running.remove(&step.to_string());
            }
            _ => {}
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        lock(&self.state).over = true;
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
