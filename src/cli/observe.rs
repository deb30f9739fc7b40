//! `seldonplay observe`
//! It must never write, nor decide what is told: `observe` and the reports do.

use super::options::ClusterOptions;
use super::reports::ReportOptions;
use super::screen::{say, tell};
use super::why::{named, unconnected};
use crate::cluster::{self, Cluster, ObjectRef, Settings};
use crate::event::{Ending, Masks, Recorder};
use crate::json::Value;
use crate::observe::{self, Observer};
use clap::Args;
use jiff::Timestamp;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Show what happens to an object and to all that it owns, until its last child is gone or Ctrl-C is pressed.
#[derive(Debug, Args)]
pub(super) struct ObserveCommand {
    /// The object: `sdep/iris`, `Deployment.apps/web`.
    #[arg(value_name = "KIND/NAME")]
    object: String,
    /// Its namespace. Left out: the context's.
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Describe everything as it is now, and end.
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    report: ReportOptions,
    #[command(flatten)]
    cluster: ClusterOptions,
}

/// How long the cluster is tried at first.
const CONTACT: Duration = Duration::from_secs(10);

impl ObserveCommand {
    pub(super) fn execute(self) -> Ending {
        super::on_runtime(self.observe())
    }

    async fn observe(self) -> Ending {
        let connected = match cluster::connect(&self.cluster.connect(), Settings::default()).await {
            Ok(connected) => connected,
            Err(error) => return unconnected(&error),
        };
        connected.warnings.iter().for_each(|warning| tell!("warning: {warning}"));
        let namespace = self.namespace.clone().unwrap_or(connected.namespace);
        let contact = connected.cluster.until(Instant::now() + CONTACT);
        let object = match named(&contact, &self.object, &namespace).await {
            Ok(object) => object,
            Err((ending, message)) => {
                tell!("error: {message}");
                return ending;
            }
        };
        let root = match contact.get(&object).await {
            Ok(Some(root)) => root,
            Ok(None) => {
                tell!("error: {object} does not exist");
                return Ending::Failed;
            }
            Err(error) => {
                tell!("error: {error}");
                return Ending::Refused;
            }
        };
        if self.once {
            let look = observe::look(&contact, root).await;
            look.unseen.iter().for_each(|unseen| tell!("warning: {unseen}"));
            let lines: String = observe::describe(&look.scene)
                .iter()
                .map(|line| crate::escape::one_line(line).into_owned() + "\n")
                .collect();
            return say(&lines);
        }
        self.live(&connected.cluster, &object, &root).await
    }

    async fn live(&self, cluster: &Cluster, object: &ObjectRef, root: &Value) -> Ending {
        let mut reports = self.report.reports(false);
        let mut recorder = Recorder::new("observe", Timestamp::now(), Masks::default());
        let (sender, mut requests) = unbounded_channel();
        if self.report.requests() {
            // Nobody listens only when all is over.
            cluster.hear(move |request| drop(sender.send(request)));
        }
        let mut observer = Observer::new(cluster);
        let uid = root.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
        observer.follow(object, uid, false).await;
        let mut ticks = interval(Duration::from_millis(100));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ending = loop {
            tokio::select! {
                biased;
                pressed = tokio::signal::ctrl_c() => {
                    if let Err(error) = pressed {
                        tell!("warning: signals cannot be received: {error}");
                    }
                    break Ending::Interrupted;
                }
                Some(request) = requests.recv() => {
                    reports.take(&recorder.record(None, None, observe::requested(request)));
                }
                kind = observer.next() => {
                    reports.take(&recorder.record(None, None, kind));
                    while let Some(kind) = observer.try_next() {
                        reports.take(&recorder.record(None, None, kind));
                    }
                }
                _ = ticks.tick() => {
                    reports.tick();
                    if observer.is_over() {
                        break Ending::Passed;
                    }
                }
            }
        };
        reports.finish();
        ending
    }
}
