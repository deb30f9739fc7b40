//! `seldonplay run`: source → playbook → plan → run → events → reports.
//! It must never know how any of them does its part.

use super::options::{ClusterOptions, PlaybookOptions, length};
use super::playbook::{Read, count, read, show};
use super::reports::{ReportOptions, Reports};
use super::screen::{complain, tell, width};
use super::signals;
use super::why::unconnected;
use crate::cluster::{self, Connected, Settings};
use crate::diagnostic::Severity;
use crate::event::{ClusterInfo, Ending, Event, Masks, Mode, Recorder};
use crate::plan::{Inputs, Plan};
use crate::runner::{self, Ask, Hands, Setup, Stop};
use clap::Args;
use jiff::Timestamp;
use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// Run a playbook against a cluster.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The playbook.
    #[arg(value_name = "PLAYBOOK")]
    playbook: PathBuf,
    #[command(flatten)]
    with: PlaybookOptions,
    /// The deadline of the whole run; handlers get --grace beyond it.
    #[arg(long, value_name = "DURATION", value_parser = length)]
    timeout: Option<Duration>,
    /// How long `on-failure` and `finally` may take after a signal.
    #[arg(long, value_name = "DURATION", value_parser = length, default_value = "30s")]
    grace: Duration,
    /// Go on by itself at every `pause`.
    #[arg(short, long)]
    yes: bool,
    /// Warnings about the playbook count as errors.
    #[arg(long)]
    deny_warnings: bool,
    #[command(flatten)]
    report: ReportOptions,
    #[command(flatten)]
    cluster: ClusterOptions,
}

impl Run {
    pub(super) fn execute(self) -> Ending {
        super::on_runtime(self.run())
    }

    async fn run(self) -> Ending {
        let seed = RandomState::new().build_hasher().finish();
        let settings = Settings { seed, ..Settings::default() };
        let connected = cluster::connect(&self.cluster.connect(), settings).await;
        let inputs = match self.inputs(connected.as_ref().ok(), seed) {
            Ok(inputs) => inputs,
            Err(message) => {
                tell!("error: {message}");
                return Ending::Invalid;
            }
        };
        let playbook = read(&self.playbook, &inputs);
        show(&playbook.findings, &playbook.sources, self.report.colour().style());
        let Some(plan) = self.runnable(&playbook) else { return Ending::Invalid };
        let connected = match connected {
            Ok(connected) => connected,
            Err(error) => return unconnected(&error),
        };
        connected.warnings.iter().for_each(|warning| tell!("warning: {warning}"));
        self.follow(plan, &playbook, connected, &inputs.run_id, seed).await
    }

    fn inputs(&self, connected: Option<&Connected>, seed: u64) -> Result<Inputs, String> {
        Ok(Inputs {
            run_id: format!("{:08x}", seed as u32),
            timeout: self.timeout,
            context_namespace: connected.map(|connected| connected.namespace.clone()),
            ..self.with.inputs()?
        })
    }

    /// The plan, if nothing speaks against running it.
    fn runnable<'p>(&self, playbook: &'p Read) -> Option<&'p Plan> {
        let (errors, warnings) = playbook.findings.counts();
        let denied = self.deny_warnings && warnings > 0;
        let Some(plan) = playbook.plan.as_ref().filter(|_| !denied) else {
            tell!("{}: {}; nothing was done", self.playbook.display(), count(errors, warnings));
            return None;
        };
        let pause = plan.all_steps().find(|step| step.action.verb() == "pause");
        if let Some(pause) = pause.filter(|_| !self.yes && !std::io::stdin().is_terminal()) {
            let place = playbook.sources.place(pause.verb);
            tell!(
                "{place}: `pause` has nobody to ask: there is no terminal. Run it in one, or go on by --yes; nothing was done"
            );
            return None;
        }
        debug_assert!(
            playbook.findings.in_order().iter().all(|finding| finding.severity == Severity::Warning)
        );
        Some(plan)
    }

    async fn follow(
        &self,
        plan: &Plan,
        playbook: &Read,
        connected: Connected,
        run_id: &str,
        seed: u64,
    ) -> Ending {
        let reports = RefCell::new(self.report.reports(false));
        let (stop, stopped) = watch::channel(Stop::Running);
        let setup = Setup {
            recorder: Recorder::new(run_id, Timestamp::now(), Masks::new(plan.secrets.clone())),
            mode: Mode::Run,
            info: Some(ClusterInfo { server: connected.server.clone(), context: connected.context.clone() }),
            seed,
            grace: self.grace,
            observe: self.report.observes(),
            requests: self.report.requests(),
        };
        let hands = Hands { stop: stopped, ask: self.ask() };
        let mut tell = |event: &Event| reports.borrow_mut().take(event);
        let summary = {
            let running = runner::run(plan, &playbook.sources, &connected.cluster, setup, hands, &mut tell);
            tokio::pin!(running);
            let following = signals::follow(stop);
            tokio::pin!(following);
            let ticking = tick(&reports);
            tokio::pin!(ticking);
            let mut follows = true;
            loop {
                tokio::select! {
                    biased;
                    summary = &mut running => break summary,
                    followed = &mut following, if follows => {
                        follows = false;
                        if let Err(error) = followed {
                            tell!("warning: signals cannot be received, so Ctrl-C ends nothing gracefully: {error}");
                        }
                    }
                    () = &mut ticking => {}
                }
            }
        };
        reports.borrow_mut().finish();
        summary.ending
    }

    fn ask(&self) -> Ask {
        if self.yes {
            return Ask::Yes;
        }
        if !std::io::stdin().is_terminal() {
            return Ask::Nobody;
        }
        Ask::Person(Box::new(|_| {
            Box::pin(async {
                let answer = tokio::task::spawn_blocking(|| {
                    complain("  Go on? [Y/n] ");
                    let mut line = String::new();
                    // At the end of input nobody has said yes.
                    matches!(std::io::stdin().read_line(&mut line), Ok(read) if read > 0)
                        && matches!(line.trim().to_lowercase().as_str(), "" | "y" | "yes")
                });
                answer.await.unwrap_or(false)
            })
        }))
    }
}

/// Ticks for as long as it is polled, and follows the terminal's size.
async fn tick(reports: &RefCell<Reports>) {
    let mut interval = tokio::time::interval(Duration::from_millis(100));
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut resized = signal(SignalKind::window_change()).ok();
    loop {
        let resize = async {
            match &mut resized {
                Some(resized) => {
                    resized.recv().await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = resize => reports.borrow_mut().resize(width(&std::io::stdout())),
            _ = interval.tick() => reports.borrow_mut().tick(),
        }
    }
}
