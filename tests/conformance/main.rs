//! How API servers behave, as data: `AREA/NAME.yaml` asks something of a server and holds what a real control plane answered, with times,
//! uids, versions and made-up names masked. The embedded server must answer the same, field by field.
//!
//! `SELDONPLAY_TEST_KUBECONFIG` names the kubeconfig of a real control plane: it is asked too, and must still answer as recorded. With `UPDATE=1`
//! its answers are recorded anew, after the line `---` of each file; what stands before is written by hand and stays. `CASE=watch/` asks
//! those cases alone whose names hold that. `SEED=7 CASE=random/widget` makes up other sequences of writes than usual, about widgets alone.

mod case;
mod compare;
mod definition;
mod embedded;
mod mask;
mod places;
mod play;
mod random;
mod table;
mod wire;
mod yaml;

use case::Case;
use futures_util::{StreamExt, stream};
use places::Places;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many cases are played on the real control plane at once: they wait for most of their time.
const AT_ONCE: usize = 6;
/// How many sequences of writes are sent to both servers.
const SEQUENCES: u32 = 32;
/// How many threads play cases on the embedded server.
const WORKERS: usize = 2;
/// How many there must be at least in an area, so that none is lost unseen; and in all of them.
const FLOORS: &[(&str, usize)] =
    &[("watch", 40), ("apply", 50), ("crd", 50), ("delete", 40), ("list", 30), ("", 300)];

#[test]
fn there_are_cases_enough_and_each_has_answers() {
    let cases = cases();
    let mut wrong = Vec::new();
    for (area, least) in FLOORS.iter().filter(|_| std::env::var_os("CASE").is_none()) {
        let count = cases.iter().filter(|case| area.is_empty() || case.area == *area).count();
        if count < *least {
            wrong.push(format!("`{area}` has {count} cases of {least}"));
        }
    }
    let mut told: BTreeMap<&str, &str> = BTreeMap::new();
    for case in &cases {
        if let Some(other) = told.insert(&case.about, &case.name) {
            wrong.push(format!("{} is about the same as {other}", case.name));
        }
        if case.answers.as_ref().is_none_or(|answers| answers.len() != case.steps.len()) {
            wrong.push(format!(
                "{} has no answers: UPDATE=1 records those of a real control plane",
                case.name
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_embedded_server_answers_as_recorded() {
    let cases = cases();
    let next = AtomicUsize::new(0);
    let mut verdicts: Vec<(usize, Result<(), String>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(|| work(&cases, &next))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    assert_eq!(verdicts.len(), cases.len(), "not every case was played");
    verdicts.sort();
    let mut wrong: Vec<String> = Vec::new();
    for (case, (_, verdict)) in cases.iter().zip(&verdicts) {
        match (&case.differs, verdict) {
            (None, Err(told)) => wrong.push(told.clone()),
            (Some(reason), Ok(())) => {
                wrong.push(format!("{} agrees, though it says it differs: {reason}", case.name))
            }
            _ => {}
        }
    }
    if std::env::var_os("CASE").is_none() {
        let agrees: Vec<bool> = verdicts.iter().map(|(_, verdict)| verdict.is_ok()).collect();
        wrong.extend(compare::file(Path::new(table::PAGE), &table::page(&cases, &agrees)).err());
    }
    assert!(wrong.is_empty(), "{}\n{} of {} cases", wrong.join("\n"), wrong.len(), cases.len());
}

/// Plays cases on the embedded server until none is left.
fn work(cases: &[Case], next: &AtomicUsize) -> Vec<(usize, Result<(), String>)> {
    let mut verdicts = Vec::new();
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(case) = cases.get(at) else { return verdicts };
        let verdict = judge(case, embedded::play(case));
        verdicts.push((at, verdict));
    }
}

#[test]
fn the_real_control_plane_answers_as_recorded() {
    let Some(kubeconfig) = std::env::var_os("SELDONPLAY_TEST_KUBECONFIG").map(PathBuf::from) else {
        eprintln!("The real control plane was not asked: SELDONPLAY_TEST_KUBECONFIG names none.");
        return;
    };
    let update = std::env::var_os("UPDATE").is_some();
    let cases = cases();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("there is a runtime");
    let wrong: Vec<String> = runtime.block_on(async {
        let client = connect(kubeconfig).await.expect("the control plane can be reached");
        let places = Places::new("conformance");
        let (client, all) = (&client, &places);
        let played = cases.iter().map(|case| async move {
            let place = all.take();
            let (played, again) = play::play(case, client, &place).await;
            if again {
                all.give_back(place);
            }
            match played {
                Ok(answers) if update => case.record(&answers),
                played => judge(case, played),
            }
        });
        let verdicts: Vec<_> = stream::iter(played).buffer_unordered(AT_ONCE).collect().await;
        play::delete(client, places.left()).await;
        verdicts.into_iter().filter_map(Result::err).collect()
    });
    assert!(wrong.is_empty(), "{}\n{} of {} cases", wrong.join("\n"), wrong.len(), cases.len());
}

#[test]
fn both_servers_answer_the_same_to_any_sequence_of_writes() {
    let Some(kubeconfig) = std::env::var_os("SELDONPLAY_TEST_KUBECONFIG").map(PathBuf::from) else {
        eprintln!("No sequences were sent to both servers: SELDONPLAY_TEST_KUBECONFIG names no real one.");
        return;
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("there is a runtime");
    let client = runtime.block_on(connect(kubeconfig)).expect("the control plane can be reached");
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1u8);
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let config =
        Config { cases: SEQUENCES, max_shrink_iters: 100, failure_persistence: None, ..Config::default() };
    let only = std::env::var("CASE").unwrap_or_default();
    let number = AtomicUsize::new(0);
    let places = Places::new("random");
    let verdict = TestRunner::new_with_rng(config, random).run(&random::sequence(&only), |case| {
        number.fetch_add(1, Ordering::Relaxed);
        let place = places.take();
        let (real, again) = runtime.block_on(play::play(&case, &client, &place));
        if again {
            places.give_back(place);
        }
        let embedded = embedded::play(&case);
        let (real, embedded) = (real.map_err(TestCaseError::fail)?, embedded.map_err(TestCaseError::fail)?);
        let found = compare::differences(&Value::Array(real), &Value::Array(embedded));
        match found.is_empty() {
            true => Ok(()),
            false => {
                Err(TestCaseError::fail(format!("{}\n  {}", random::written(&case), found.join("\n  "))))
            }
        }
    });
    runtime.block_on(play::delete(&client, places.left()));
    if let Err(error) = verdict {
        let told = match error {
            TestError::Fail(reason, _) => reason.message().to_owned(),
            abort => abort.to_string(),
        };
        panic!("with SEED={seed}, after {} sequences:\n{told}", number.into_inner());
    }
}

/// Compares what was answered with what was recorded.
fn judge(case: &Case, played: Result<Vec<Value>, String>) -> Result<(), String> {
    let answers = played.map_err(|error| format!("{}: {error}", case.name))?;
    let recorded = Value::Array(case.answers.clone().unwrap_or_default());
    let found = compare::differences(&recorded, &Value::Array(answers));
    match found.is_empty() {
        true => Ok(()),
        false => Err(format!("{} ({})\n  {}", case.name, case.about, found.join("\n  "))),
    }
}

async fn connect(kubeconfig: PathBuf) -> Result<kube::Client, Box<dyn std::error::Error>> {
    let kubeconfig = kube::config::Kubeconfig::read_from(kubeconfig)?;
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &Default::default()).await?;
    config.default_retry = false;
    Ok(kube::Client::try_from(config)?)
}

fn cases() -> Vec<Case> {
    Case::all().unwrap_or_else(|error| panic!("{error}"))
}
