//! From signals to how a run is ended.
//! It must never know what the run is doing.

use crate::runner::{Signal, Stop};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Follows the process's signals until the receiver is gone. SIGHUP counts as SIGTERM: the terminal is gone.
///
/// # Errors
/// Signals cannot be received.
pub(super) async fn follow(stop: watch::Sender<Stop>) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    loop {
        let came = tokio::select! {
            biased;
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
            _ = hangup.recv() => Signal::Terminate,
        };
        stop.send_modify(|stop| *stop = next(*stop, came));
    }
}

/// The first signal ends the run gracefully; SIGTERM after it, as CI systems send it, soon; a second SIGINT at once. The first one names the end.
fn next(stop: Stop, came: Signal) -> Stop {
    match (stop, came) {
        (Stop::Running, came) => Stop::Gracefully(came),
        (Stop::Gracefully(first), Signal::Terminate) => Stop::Soon(first),
        (Stop::Gracefully(first) | Stop::Soon(first), Signal::Interrupt) => Stop::Now(first),
        (stop @ (Stop::Soon(_) | Stop::Now(_)), _) => stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_grow_more_urgent() {
        use Signal::{Interrupt, Terminate};
        for (signals, end) in [
            (vec![Interrupt], Stop::Gracefully(Interrupt)),
            (vec![Terminate], Stop::Gracefully(Terminate)),
            (vec![Interrupt, Terminate], Stop::Soon(Interrupt)),
            (vec![Interrupt, Interrupt], Stop::Now(Interrupt)),
            (vec![Interrupt, Terminate, Interrupt], Stop::Now(Interrupt)),
            (vec![Terminate, Terminate, Terminate], Stop::Soon(Terminate)),
        ] {
            assert_eq!(
                signals.iter().fold(Stop::Running, |stop, came| next(stop, *came)),
                end,
                "{signals:?}"
            );
        }
    }
}
