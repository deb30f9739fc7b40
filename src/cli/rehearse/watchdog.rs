//! Looks after a rehearsal by the clock of the wall: a rehearsal that makes no progress is a defect, and is said to be one.
//! It must never touch the rehearsal itself.

use crate::event::{Event, EventKind};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Without any event for so long, by the clock of the wall, a rehearsal is stuck.
const PATIENCE: Duration = Duration::from_secs(10);

/// Watches over a rehearsal until it is dropped.
pub(super) struct Watchdog {
    state: Arc<Mutex<State>>,
}

struct State {
    last: Instant,
    running: BTreeMap<String, String>,
    over: bool,
}

impl Watchdog {
    /// Begins to watch. When nothing is told for ten seconds it says which steps hang and ends the process with `exit_code`.
    pub(super) fn begin(playbook: String, exit_code: u8) -> Watchdog {
        let state = State { last: Instant::now(), running: BTreeMap::new(), over: false };
        let state = Arc::new(Mutex::new(state));
        let watched = state.clone();
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_millis(500));
                let state = lock(&watched);
                if state.over {
                    return;
                }
                if state.last.elapsed() >= PATIENCE {
                    let running: Vec<&str> = state.running.values().map(String::as_str).collect();
                    let what =
                        if running.is_empty() { "no step is running".into() } else { running.join(", ") };
                    eprintln!(
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
        state.last = Instant::now();
        let Some(step) = event.step.as_ref().map(ToString::to_string) else { return };
        match &event.kind {
            EventKind::StepStarted { name, .. } => {
                state.running.insert(step, name.clone());
            }
            EventKind::StepFinished { .. } => {
                state.running.remove(&step);
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
