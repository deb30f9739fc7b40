//! The time of a rehearsal: a start of its own, and tokio's clock from there on, perhaps faster.
//! It must never look at the clock of the wall: under a paused runtime its time is virtual.

use std::cell::RefCell;
use std::time::Duration;

use crate::json::Text;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// What time it is in a rehearsed cluster. Cheap to clone; clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    start: Timestamp,
    base: Instant,
    speed: f64,
}

impl Clock {
    /// A clock that tells `start` now and runs `speed` times as fast as tokio's. A speed that is none (zero, below,
    /// or no number) counts as 1.
    pub fn new(start: Timestamp, speed: f64) -> Clock {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        Clock { start, base: Instant::now(), speed }
    }

    /// The time in the cluster.
    pub fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    /// What the clock tells, or told, at an instant of tokio's; an instant before the clock began is its start.
    pub fn at(&self, instant: Instant) -> Timestamp {
        let elapsed = instant.saturating_duration_since(self.base).mul_f64(self.speed);
        let elapsed = SignedDuration::try_from(elapsed).unwrap_or(SignedDuration::MAX);
        self.start.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    /// Sleeps for a length of the cluster's time.
    pub async fn sleep(&self, length: Duration) {
        tokio::time::sleep(self.real(length)).await;
    }

    /// How long a length of the cluster's time takes on tokio's clock.
    pub fn real(&self, length: Duration) -> Duration {
        if self.speed == 1.0 { length } else { length.div_f64(self.speed) }
    }

    /// The time as `metadata` has it, in whole seconds: `2026-01-02T03:04:05Z`.
    pub fn seconds(&self) -> Text {
        stamp(self.now())
    }

    /// The time as events and leases have it, in microseconds: `2026-01-02T03:04:05.000000Z`.
    pub fn micros(&self) -> String {
        self.now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
    }
}

/// A time as `metadata` has it, in whole seconds: `2026-01-02T03:04:05Z`.
pub fn stamp(at: Timestamp) -> Text {
    thread_local! {
        /// What was told last: in virtual time very much happens in one second.
        static LAST: RefCell<(i64, Text)> = const { RefCell::new((0, Text::of_program("1970-01-01T00:00:00Z"))) };
    }
    LAST.with_borrow_mut(|(second, told)| {
        if *second != at.as_second() {
            (*second, *told) = (at.as_second(), at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into());
        }
        told.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    #[tokio::test(start_paused = true)]
    async fn it_runs_as_fast_as_told() {
        let clock = Clock::new(start(), 10.0);
        clock.sleep(Duration::from_secs(60)).await;
        assert_eq!(clock.seconds(), "2026-01-02T03:05:05Z");
        assert_eq!(clock.micros(), "2026-01-02T03:05:05.000000Z");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(clock.seconds(), "2026-01-02T03:05:15Z");
    }

    #[tokio::test(start_paused = true)]
    async fn a_speed_that_is_none_is_one() {
        for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Clock::new(start(), speed).real(Duration::from_secs(7)), Duration::from_secs(7));
        }
    }
}
