//! `seldonplay rehearse`: the line of `run`, against a cluster inside the process and in virtual time.
//! It must never know how that cluster does its part.

mod faults;
mod table;
mod watchdog;

use super::options::{PlaybookOptions, length};
use super::playbook::{Read, count, read, show};
use super::reports::ReportOptions;
use super::schemas::{DefinitionOptions, Definitions};
use super::screen::{say, tell};
use crate::cluster::{Cluster, Settings};
use crate::event::{Ending, Event, EventKind, Masks, Mode, Recorder};
use crate::json::Value;
use crate::plan::{Inputs, Object, Plan};
use crate::playbook::rehearsal::Expect;
use crate::rehearsal::faults::Fault;
use crate::rehearsal::world::{self, Seen, World};
use crate::runner::{self, Ask, Hands, Setup, Stop};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use table::Table;
use tokio::sync::watch;
use tokio::time::Instant;
use watchdog::Watchdog;

/// Rehearse playbooks without a cluster, in virtual time.
#[derive(Debug, Args)]
pub(super) struct Rehearse {
    /// The playbooks.
    #[arg(value_name = "PLAYBOOK", required = true)]
    playbooks: Vec<PathBuf>,
    #[command(flatten)]
    with: PlaybookOptions,
    #[command(flatten)]
    definitions: DefinitionOptions,
    /// Let this go wrong too, for so long, from then on: `image-pull`, `slow=90s`, `api-outage=20s@40s`; may be given several times.
    #[arg(long, value_name = "NAME[=FOR][@AT]", value_parser = faults::read)]
    fault: Vec<Fault>,
    /// Rehearse each playbook with each fault, and show how it ends.
    #[arg(long, value_enum, value_name = "WHICH", conflicts_with = "fault")]
    faults: Option<Which>,
    /// Of all randomness: the same seed plays the same rehearsal.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// The deadline of the whole run; handlers get --grace beyond it.
    #[arg(long, value_name = "DURATION", value_parser = length)]
    timeout: Option<Duration>,
    /// How long handlers may take beyond --timeout.
    #[arg(long, value_name = "DURATION", value_parser = length, default_value = "30s")]
    grace: Duration,
    /// Warnings about the playbook count as errors.
    #[arg(long)]
    deny_warnings: bool,
    #[command(flatten)]
    report: ReportOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Every fault there is, one after the other.
    All,
}

/// How a rehearsal went.
struct Rehearsed {
    ending: Ending,
    /// How long it took in its own time.
    took: Duration,
    /// What decided, in a sentence.
    failure: Option<String>,
    seen: Seen,
}

/// When every rehearsal begins, so that two of them print the same.
const BEGIN: &str = "2026-01-01T00:00:00Z";

impl Rehearse {
    pub(super) fn execute(self) -> Ending {
        let mut table = Table::default();
        let mut endings = Vec::new();
        let given = self.definitions.read();
        given.read_to_the_end();
        let findings = given.findings();
        show(&findings, &given.sources, self.report.colour().style());
        if findings.has_errors() {
            let (errors, warnings) = findings.counts();
            tell!("{}; nothing was rehearsed", count(errors, warnings));
            return Ending::Invalid;
        }
        for playbook in &self.playbooks {
            let ended = match self.faults {
                Some(Which::All) => self.with_all_faults(playbook, &given, &mut table),
                None => self.once(playbook, &given),
            };
            endings.push(ended.unwrap_or_else(|(ending, told)| {
                if let Some(told) = told {
                    tell!("error: {told}");
                }
                ending
            }));
        }
        if self.faults.is_some() {
            endings.push(say(&table.draw()));
        }
        endings.into_iter().find(|ending| *ending != Ending::Passed).unwrap_or(Ending::Passed)
    }

    /// One rehearsal, told as a run is told.
    fn once(&self, playbook: &Path, given: &Definitions) -> Result<Ending, (Ending, Option<String>)> {
        let read = self.read(playbook, given)?;
        let plan = self.plan(playbook, &read)?;
        let mut reports = self.report.reports(true);
        let mut faults = faults::of_playbook(plan);
        faults.extend(self.fault.iter().cloned());
        let rehearsed = self.rehearse(playbook, plan, &read, given, faults, &mut |event| reports.take(event));
        reports.finish();
        let rehearsed = rehearsed.map_err(|told| (Ending::Failed, Some(told)))?;
        if rehearsed.ending == Ending::Passed && rehearsed.seen.pods > 0 && rehearsed.seen.ready_pods == 0 {
            tell!(
                "warning: it passed although no pod ever became ready: no step of it waits for that (`wait-until: ready`)"
            );
        }
        // Faults of the command line are not what the playbook reckons with.
        match plan.rehearsal.as_ref().and_then(|rehearsal| rehearsal.expect) {
            Some(expect) if self.fault.is_empty() => Ok(judged(playbook, expect, &rehearsed)),
            _ => Ok(rehearsed.ending),
        }
    }

    /// A rehearsal as it is, and one with each fault.
    fn with_all_faults(
        &self,
        playbook: &Path,
        given: &Definitions,
        table: &mut Table,
    ) -> Result<Ending, (Ending, Option<String>)> {
        let read = self.read(playbook, given)?;
        let plan = self.plan(playbook, &read)?;
        let fine = |told| (Ending::Failed, Some(told));
        let own = faults::of_playbook(plan);
        let plain = self.rehearse(playbook, plan, &read, given, own.clone(), &mut |_| {}).map_err(fine)?;
        let expect = plan.rehearsal.as_ref().and_then(|rehearsal| rehearsal.expect).unwrap_or(Expect::Passed);
        let mut worst = if meets(expect, plain.ending) { Ending::Passed } else { plain.ending };
        table.plain(&plan.name, &plain, meets(expect, plain.ending));
        for kind in faults::all() {
            let mut all = own.clone();
            all.push(Fault::new(kind));
            let rehearsed = self.rehearse(playbook, plan, &read, given, all, &mut |_| {}).map_err(fine)?;
            if !table.fault(kind, &rehearsed) {
                worst = Ending::Failed;
            }
        }
        Ok(worst)
    }

    fn read(&self, playbook: &Path, given: &Definitions) -> Result<Read, (Ending, Option<String>)> {
        let inputs = Inputs {
            run_id: format!("{:08x}", self.seed as u32),
            timeout: self.timeout,
            rehearsed: true,
            schemas: given.schemas.clone(),
            ..self.with.inputs().map_err(|told| (Ending::Invalid, Some(told)))?
        };
        Ok(read(playbook, &inputs))
    }

    /// The plan, if nothing speaks against it; findings are shown.
    fn plan<'r>(&self, playbook: &Path, read: &'r Read) -> Result<&'r Plan, (Ending, Option<String>)> {
        show(&read.findings, &read.sources, self.report.colour().style());
        let (errors, warnings) = read.findings.counts();
        let denied = self.deny_warnings && warnings > 0;
        read.plan.as_ref().filter(|_| !denied).ok_or_else(|| {
            tell!("{}: {}; nothing was rehearsed", playbook.display(), count(errors, warnings));
            (Ending::Invalid, None)
        })
    }

    fn rehearse(
        &self,
        playbook: &Path,
        plan: &Plan,
        read: &Read,
        given: &Definitions,
        faults: Vec<Fault>,
        tell: &mut dyn FnMut(&Event),
    ) -> Result<Rehearsed, String> {
        let start: Timestamp = BEGIN.parse().map_err(|error| format!("{error}"))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .map_err(|error| format!("this machine lets no program run as it must: {error}"))?;
        runtime.block_on(async {
            let world = World::begin(world::Settings {
                seed: self.seed,
                start,
                speed: 1.0,
                namespaces: namespaces(plan),
                definitions: given.all(),
                kinds: undefined(plan),
                scripts: faults::scripts(plan),
                faults,
            });
            let world = world.await?;
            let began = Instant::now();
            let client = world.client();
            let settings = Settings { seed: self.seed, ..Settings::default() };
            let cluster = Cluster::new(client.clone(), client, settings);
            let setup = Setup {
                recorder: Recorder::new(
                    format!("{:08x}", self.seed as u32),
                    world.clock().now(),
                    Masks::new(plan.secrets.clone()),
                ),
                mode: Mode::Rehearse,
                info: None,
                seed: self.seed,
                grace: self.grace,
                observe: self.report.observes(),
                requests: self.report.requests(),
            };
            let (_stop, stopped) = watch::channel(Stop::Running);
            let hands = Hands { stop: stopped, ask: Ask::Yes };
            let server = world.server().clone();
            let watchdog =
                Watchdog::begin(playbook.display().to_string(), Ending::Failed.exit_code(), move || {
                    server.version_now()
                });
            let mut take = |event: &Event| {
                watchdog.take(event);
                if is_wait(event) {
                    world.first_wait();
                }
                tell(event);
            };
            let summary = runner::run(plan, &read.sources, &cluster, setup, hands, &mut take).await;
            Ok(Rehearsed {
                ending: summary.ending,
                took: began.elapsed(),
                failure: summary.failure.map(|failure| failure.message),
                seen: world.seen(),
            })
        })
    }
}

/// Whether a step begins to wait, or goes on waiting.
fn is_wait(event: &Event) -> bool {
    match &event.kind {
        EventKind::StepStarted { verb, .. } => matches!(verb.as_str(), "wait-until" | "assert"),
        EventKind::StepProgress { .. } => true,
        _ => false,
    }
}

/// The namespaces that a playbook takes for granted: those that it does not make itself.
fn namespaces(plan: &Plan) -> BTreeSet<String> {
    let made = |name: &str| {
        plan.objects
            .iter()
            .any(|object| object.api_version == "v1" && object.kind == "Namespace" && object.name == name)
    };
    let named = plan.objects.iter().filter_map(|object| object.namespace.clone());
    named.chain([plan.namespace.clone()]).filter(|name| !made(name)).collect()
}

/// The kinds that a playbook names and does not define itself.
fn undefined(plan: &Plan) -> BTreeSet<(String, String)> {
    let definitions = plan.objects.iter().filter(|object| object.kind == "CustomResourceDefinition");
    let defined: Vec<(Value, Value)> = definitions
        .map(|object| object.tree.to_value())
        .map(|definition| (definition["spec"]["group"].clone(), definition["spec"]["names"]["kind"].clone()))
        .collect();
    let is_defined = |object: &Object| {
        let group = object.api_version.split_once('/').map_or("", |(group, _)| group);
        defined.iter().any(|(of, kind)| of == group && *kind == object.kind)
    };
    let named = plan.objects.iter().filter(|object| !is_defined(object));
    named.map(|object| (object.api_version.clone(), object.kind.clone())).collect()
}

fn meets(expect: Expect, ending: Ending) -> bool {
    match expect {
        Expect::Passed => ending == Ending::Passed,
        Expect::Failed => ending != Ending::Passed,
        Expect::TimedOut => ending == Ending::TimedOut,
    }
}

/// How a rehearsal ends whose playbook says how it must.
fn judged(playbook: &Path, expect: Expect, rehearsed: &Rehearsed) -> Ending {
    if meets(expect, rehearsed.ending) {
        if expect != Expect::Passed {
            return say(&format!(
                "✓ {} ends as its rehearsal must: {}\n",
                playbook.display(),
                expect.as_str()
            ));
        }
        return Ending::Passed;
    }
    if rehearsed.ending == Ending::Passed {
        say(&format!(
            "✗ {} passed, and its rehearsal must end otherwise: {}\n",
            playbook.display(),
            expect.as_str()
        ));
        return Ending::Failed;
    }
    if expect != Expect::Passed {
        say(&format!(
            "✗ {} must end otherwise when it is rehearsed: {}\n",
            playbook.display(),
            expect.as_str()
        ));
    }
    rehearsed.ending
}
