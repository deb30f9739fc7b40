//! The embedded server, one for each case, in virtual time.
//! It must never know what a case asks.

use super::case::Case;
use super::play;
use seldonplay::rehearsal::clock::Clock;
use seldonplay::rehearsal::server::{Server, Settings};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a namespace is called there; as long as on a real control plane, whose messages may be cut off.
const NAMESPACE: &str = "conformance-00000-0";

/// The answers of a new embedded server to a case.
pub fn play(case: &Case) -> Result<Vec<Value>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let played = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let server = Server::new(Settings { clock: Clock::new(start(), 1.0), seed: 1, interfere: None });
            play::play(case, &server.client(), NAMESPACE, false).await
        })
    }));
    played.unwrap_or_else(|_| Err("it panicked".into()))
}

/// When virtual time begins.
fn start() -> jiff::Timestamp {
    jiff::civil::date(2026, 1, 1)
        .at(0, 0, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_or(jiff::Timestamp::MIN, |zoned| zoned.timestamp())
}
