//! Playbooks as folders: `tests/cases/NAME/` holds `playbook.yaml`, what it needs beside it, perhaps `case.yaml` (see `support/case.rs`),
//! and what must come of it: `plan.txt`, `console.txt` and `events.jsonl`, with all masked that differs from one cluster to the next.
//!
//! `UPDATE=1 cargo test --test cases` writes the expected files anew; a person reads the difference. `CASE=delete` runs those cases alone whose
//! names hold `delete`. Plans need no cluster. Runs need one: `SELDONPLAY_TEST_KUBECONFIG` names its kubeconfig.

#[path = "support/mod.rs"]
mod support;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use support::case::Case;
use support::difference;
use support::ground::Ground;
use support::play;
use support::stage::Stage;

/// How many cases run side by side: they wait for most of their time.
const AT_ONCE: usize = 8;
/// How many are rehearsed side by side: they never wait.
const AT_ONCE_REHEARSED: usize = 2;
/// How many there must be at least, so that none is lost unseen.
const LEAST: usize = 100;

#[test]
fn every_case_is_planned_as_written() {
    let cases = Case::all();
    assert!(
        std::env::var_os("CASE").is_some() || cases.len() >= LEAST,
        "only {} cases are there",
        cases.len()
    );
    let told: Vec<String> = cases.iter().filter_map(|case| planned(case).err()).collect();
    conclude(cases.len(), &told);
}

/// The plan of a case, as `seldonplay plan` shows it, with what it finds.
fn planned(case: &Case) -> Result<(), String> {
    let output = Command::new(env!("CARGO_BIN_EXE_seldonplay"))
        .arg("plan")
        .args(case.arguments())
        .arg(case.playbook())
        .envs(&case.env)
        .output()
        .map_err(|error| case.failed(&format!("seldonplay cannot be started: {error}")))?;
    let found = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(case.failed(&format!("there is no plan:\n{found}")));
    }
    let plan = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = if found.is_empty() { plan } else { format!("{plan}\n--- findings\n{}\n", found.trim_end()) };
    difference::check(&case.folder.join("plan.txt"), &told).map_err(|told| case.failed(&told))
}

#[test]
fn every_case_is_rehearsed_as_written() {
    all_run_as_written(None);
}

#[test]
fn every_case_runs_as_written() {
    let Some(ground) = Ground::find() else {
        eprintln!(
            "The cases were rehearsed, and not run on a real cluster. Start one and name its kubeconfig:\n  \
             export SELDONPLAY_TEST_KUBECONFIG=$(../shared/cluster/up target/cluster)"
        );
        return;
    };
    all_run_as_written(Some(&ground));
}

/// Rehearsals take all the machine has, and what runs on a cluster has deadlines.
static ONE_AFTER_THE_OTHER: Mutex<()> = Mutex::new(());

/// Every case, on a cluster, or each on one of its own inside the process.
fn all_run_as_written(ground: Option<&Ground>) {
    let _turn = ONE_AFTER_THE_OTHER.lock().unwrap_or_else(PoisonError::into_inner);
    let cases = Case::all();
    let (alone, together): (Vec<_>, Vec<_>) = cases.iter().enumerate().partition(|(_, case)| case.alone);
    let at_once = if ground.is_some() { AT_ONCE } else { AT_ONCE_REHEARSED };
    let told = Mutex::new(Vec::new());
    for (cases, at_once) in [(together, at_once), (alone, 1)] {
        let queue: Mutex<VecDeque<(usize, &Case)>> = Mutex::new(cases.into());
        std::thread::scope(|scope| {
            for _ in 0..at_once {
                scope.spawn(|| {
                    loop {
                        let Some((number, case)) = queue.lock().ok().and_then(|mut queue| queue.pop_front())
                        else {
                            return;
                        };
                        let ran = catch_unwind(AssertUnwindSafe(|| run(case, number, ground)));
                        let ran = ran.unwrap_or_else(|_| Err(case.failed("it panicked")));
                        if let (Err(error), Ok(mut told)) = (ran, told.lock()) {
                            told.push(error);
                        }
                    }
                });
            }
        });
    }
    conclude(cases.len(), &told.into_inner().unwrap_or_default());
}

/// Runs a case and compares what was told.
fn run(case: &Case, number: usize, ground: Option<&Ground>) -> Result<(), String> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime =
        if ground.is_some() { builder.enable_all() } else { builder.enable_time().start_paused(true) };
    let runtime = runtime.build().map_err(|error| case.failed(&format!("there is no runtime: {error}")))?;
    let played = runtime.block_on(async {
        match ground {
            Some(ground) => play::play(case, number, &Stage::Cluster(ground)).await,
            None => play::play(case, number, &Stage::rehearsed().await?).await,
        }
    });
    let played = played.map_err(|told| case.failed(&told))?;
    let mut told = Vec::new();
    told.extend(difference::check(&case.folder.join("console.txt"), &played.console).err());
    told.extend(difference::check(&case.folder.join("events.jsonl"), &played.events).err());
    if played.exit_code != case.exit {
        told.push(format!(
            "the exit code is {}, and it must be {}\n{}",
            played.exit_code, case.exit, played.console
        ));
    }
    if let Some(least) = case.at_least.filter(|least| played.took < *least) {
        told.push(format!("it took {:?}, and cannot truly be done before {least:?}", played.took));
    }
    if let Some(most) = case.at_most.filter(|most| played.took > *most) {
        told.push(format!("it took {:?}, and must be done within {most:?}", played.took));
    }
    told.extend(played.told);
    if told.is_empty() { Ok(()) } else { Err(case.failed(&told.join("\n"))) }
}

fn conclude(cases: usize, told: &[String]) {
    assert!(cases > 0, "no case is called so");
    assert!(told.is_empty(), "{}\n{} of {cases} cases are not as written", told.join("\n\n"), told.len());
}
