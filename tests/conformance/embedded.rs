//! The embedded server with its controllers, a new one for each case, in virtual time.
//! It must never know what a case asks.

use super::case::Case;
use super::places::Place;
use super::play;
use seldonplay::rehearsal::world::{Settings, World};
use serde_json::Value;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a namespace is called there; as long as on a real control plane, whose messages may be cut off.
const NAMESPACE: &str = "conformance-00000-0";
/// When virtual time begins, in seconds since 1970: with the year 2026.
const START: i64 = 1_767_225_600;

/// The answers of a new embedded server to a case.
pub fn play(case: &Case) -> Result<Vec<Value>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let played = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let world = World::begin(settings()?).await?;
            let group = format!("{NAMESPACE}.example.com");
            let place = Place { namespace: NAMESPACE.into(), group, there: false, shared: false };
            play::play(case, &world.client(), &place).await.0
        })
    }));
    played.unwrap_or_else(|_| Err("it panicked".into()))
}

fn settings() -> Result<Settings, String> {
    Ok(Settings {
        definitions: Vec::new(),
        seed: 1,
        start: jiff::Timestamp::from_second(START).map_err(|error| error.to_string())?,
        speed: 1.0,
        namespaces: BTreeSet::new(),
        kinds: BTreeSet::new(),
        faults: Vec::new(),
        scripts: Vec::new(),
    })
}
