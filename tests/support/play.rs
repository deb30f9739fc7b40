//! Runs a case as `seldonplay run` does: source → playbook → plan → run → events → reports, in a namespace of its own.
//! It must never know what is expected of it.

use super::actor::{Actor, Told};
use super::case::Case;
use super::ground::{User, delete_namespace, make_namespace};
use super::mask::Mask;
use super::stage::Stage;
use seldonplay::diagnostic::Style;
use seldonplay::event::{ClusterInfo, Event, Masks, Mode, Recorder};
use seldonplay::json::Value;
use seldonplay::plan::{Inputs, Plan, Set};
use seldonplay::report::{Console, ConsoleOptions, Reporter, Surface, Verbosity};
use seldonplay::runner::{self, Ask, Hands, Setup, Stop};
use seldonplay::source::Sources;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};

/// How long a case may take at all.
const LONGEST: Duration = Duration::from_secs(180);

/// What was told of a run, masked, and how it ended.
pub struct Played {
    pub console: String,
    pub events: String,
    pub exit_code: u8,
    pub took: Duration,
    /// What did not come to pass as the case says.
    pub told: Vec<String>,
}

/// Runs a case. `number` is another one for each case of this process.
pub async fn play(case: &Case, number: usize, stage: &Stage<'_>) -> Result<Played, String> {
    let process = std::process::id();
    let namespace = format!("case-{process:08}-{number:03}");
    let run_id = format!("{:08x}", u64::from(process) * 1000 + number as u64);
    let home = stage.open(User::Admin, None).await?;
    let line = if case.proxy { Some(stage.line().await?) } else { None };
    if !case.homeless {
        make_namespace(&home, &namespace).await?;
    }
    let (stop, stopped) = watch::channel(Stop::Running);
    let actor =
        Actor { case, cluster: home.clone(), namespace: &namespace, run: &run_id, line: line.as_ref(), stop };
    let ran = match actor.act(&case.before).await {
        Ok(()) => timeout(LONGEST, run(case, &actor, stopped, stage)).await,
        Err(told) => Ok(Err(told)),
    };
    let mut told = Vec::new();
    told.extend(actor.act(&case.afterwards).await.err());
    if !case.homeless {
        told.extend(delete_namespace(&home, &namespace).await.err());
    }
    let mut played = ran.map_err(|_| format!("it takes longer than {LONGEST:?}"))??;
    played.told.extend(told);
    Ok(played)
}

async fn run(
    case: &Case,
    actor: &Actor<'_>,
    stopped: watch::Receiver<Stop>,
    stage: &Stage<'_>,
) -> Result<Played, String> {
    let user = if case.guest { User::Guest } else { User::Admin };
    let cluster = stage.open(user, actor.line).await?;
    let mut sources = Sources::new();
    let file = sources.read(&case.playbook()).map_err(|error| error.message)?;
    let inputs = Inputs {
        manifests: case.manifests(),
        set: case.set.iter().map(|argument| Set { argument: argument.clone(), text: false }).collect(),
        env: case.env.clone(),
        context_namespace: Some(actor.namespace.to_owned()),
        run_id: actor.run.to_owned(),
        timeout: case.timeout,
        ..Inputs::default()
    };
    let (plan, found) = Plan::new(file, &mut sources, &inputs);
    let plan = plan.ok_or_else(|| {
        let style = Style { colour: false, width: 100 };
        found.in_order().iter().map(|finding| finding.render(&sources, style)).collect::<String>()
    })?;

    let (teller, told) = mpsc::unbounded_channel();
    let asking = teller.clone();
    let ask = Ask::Person(Box::new(move |text| {
        let asking = asking.clone();
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            asking.send(Told::Asked(text, answer)).is_ok() && answered.await.unwrap_or(false)
        })
    }));
    let began = "2026-01-02T03:04:05Z".parse().map_err(|error| format!("{error}"))?;
    let setup = Setup {
        recorder: Recorder::new(actor.run, began, Masks::new(plan.secrets.clone())),
        mode: Mode::Run,
        info: Some(ClusterInfo { server: "https://cluster".into(), context: Some("cases".into()) }),
        seed: 1,
        grace: case.grace,
        observe: true,
        requests: false,
    };
    let mask = Mask::new(actor.namespace, actor.run, plan.timeout.or(plan.run_timeout).is_some())
        .map_err(|error| error.to_string())?;
    let mut shown = Vec::new();
    let verbosity = if case.verbose { Verbosity::Verbose } else { Verbosity::Normal };
    let mut console = Console::new(
        &mut shown,
        ConsoleOptions { surface: Surface::Log, colour: false, width: 100, verbosity, log_times: false },
    );
    let mut events = String::new();
    let start = Instant::now();
    let running = async {
        let mut tell = |event: &Event| {
            console.take(event);
            if let Some(line) = mask.event(event) {
                events.push_str(&line);
                events.push('\n');
            }
            let value = Value::of(event).unwrap_or_default();
            let step = event.step.as_ref().map(ToString::to_string).unwrap_or_default();
            let kind = value.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
            let _ = teller.send(Told::Event { step, kind, text: value.to_string() });
        };
        let hands = Hands { stop: stopped, ask };
        let summary = runner::run(&plan, &sources, &cluster, setup, hands, &mut tell).await;
        let took = start.elapsed();
        // The actor ends when nobody can tell it anything more.
        drop(teller);
        (summary, took)
    };
    let ((summary, took), acted) = tokio::join!(running, actor.follow(told));
    console.finish().map_err(|error| error.to_string())?;
    drop(console);
    let console = mask.console(&String::from_utf8_lossy(&shown));
    Ok(Played {
        console,
        events,
        exit_code: summary.ending.exit_code(),
        took,
        told: acted.err().into_iter().collect(),
    })
}
