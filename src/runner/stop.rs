//! What ends a run before its end, and how urgently.
//! It must never know what is being ended.

use crate::event::Ending;
use std::time::Duration;
use tokio::sync::watch;

/// Whether the run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// It does.
    Running,
    /// It ends: the step is ended, the handlers run within the grace period.
    Gracefully(Signal),
    /// It ends soon: outstanding deletes are sent, nothing is waited for.
    Soon(Signal),
    /// It ends at once: nothing more is sent.
    Now(Signal),
}

/// What ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// SIGINT, mostly a person.
    Interrupt,
    /// SIGTERM, mostly a machine.
    Terminate,
}

impl Signal {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
        }
    }
}

/// Waits until the handlers must end: the grace period has passed since the first signal, or a more urgent one came.
pub(super) async fn out_of_grace(stop: &mut watch::Receiver<Stop>, grace: Duration) -> Signal {
    let first = signalled(stop, Stop::Running).await;
    let more = signalled(stop, Stop::Gracefully(first));
    tokio::time::timeout(grace, more).await.unwrap_or(first)
}

/// Waits until the run is to be ended more urgently than `than`.
pub(super) async fn signalled(stop: &mut watch::Receiver<Stop>, than: Stop) -> Signal {
    match stop.wait_for(|stop| urgency(*stop) > urgency(than)).await {
        Ok(stop) => signal_of(*stop).unwrap_or(Signal::Interrupt),
        // Nobody can end it any more.
        Err(_) => std::future::pending().await,
    }
}

fn urgency(stop: Stop) -> u8 {
    match stop {
        Stop::Running => 0,
        Stop::Gracefully(_) => 1,
        Stop::Soon(_) => 2,
        Stop::Now(_) => 3,
    }
}

pub(super) fn signal_of(stop: Stop) -> Option<Signal> {
    match stop {
        Stop::Running => None,
        Stop::Gracefully(signal) | Stop::Soon(signal) | Stop::Now(signal) => Some(signal),
    }
}

pub(super) fn ending_of(signal: Signal) -> Ending {
    match signal {
        Signal::Interrupt => Ending::Interrupted,
        Signal::Terminate => Ending::Terminated,
    }
}
