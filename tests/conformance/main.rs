//! How API servers behave, as data: `AREA/NAME.yaml` asks something of a server and holds what a real control plane answered, with times,
//! uids, versions and made-up names masked. The embedded server must answer the same, field by field.
//!
//! `SELDONPLAY_TEST_KUBECONFIG` names the kubeconfig of a real control plane: it is asked too, and must still answer as recorded. With `UPDATE=1`
//! its answers are recorded anew, after the line `---` of each file; what stands before is written by hand and stays. `CASE=watch/` asks
//! those cases alone whose names hold that.

mod case;
mod compare;
mod definition;
mod mask;
mod play;
mod yaml;

use case::Case;
use futures_util::{StreamExt, stream};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How many cases are played on the real control plane at once: they wait for most of their time.
const AT_ONCE: usize = 6;
/// How many there must be at least in an area, so that none is lost unseen; and in all of them.
const FLOORS: &[(&str, usize)] = &[("", 40)];

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
        let client = &client;
        let played = cases.iter().enumerate().map(|(number, case)| async move {
            let namespace = format!("conformance-{}-{number}", std::process::id());
            match play::play(case, client, &namespace, true).await {
                Ok(answers) if update => case.record(&answers),
                played => judge(case, played),
            }
        });
        let verdicts: Vec<_> = stream::iter(played).buffer_unordered(AT_ONCE).collect().await;
        verdicts.into_iter().filter_map(Result::err).collect()
    });
    assert!(wrong.is_empty(), "{}\n{} of {} cases", wrong.join("\n"), wrong.len(), cases.len());
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
