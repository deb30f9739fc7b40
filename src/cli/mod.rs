//! The command line: one file a subcommand. Only here the environment is read, the clock of the wall is looked at, and text is printed outside a report.
//! It must never know how anything is done: it calls those who do.

#![expect(
    clippy::disallowed_methods,
    reason = "the wall's clock and the seed of all randomness come from here"
)]

mod kinds;
mod observe;
mod options;
mod plan;
mod playbook;
mod rehearse;
mod replicas;
mod reports;
mod run;
mod schema;
mod schemas;
mod screen;
mod serve;
mod signals;
mod validate;
mod why;

use crate::event::Ending;
use clap::{Parser, Subcommand};
use screen::tell;
use std::process::ExitCode;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

const AFTER_HELP: &str = "\
Exit codes:
  0    passed
  1    a step failed
  2    the playbook or the command line is wrong, or a `pause` has nobody to ask (nothing was done)
  3    the cluster cannot be reached, or refuses us, before anything was done
  4    a deadline passed
  130  interrupted by SIGINT (Ctrl-C)
  143  ended by SIGTERM

A first playbook:
  manifest: manifests/iris.yaml
  steps:
    - apply
    - wait-until: ready
    - delete";

/// Declarative playbooks for Kubernetes: apply, wait, scale, delete, and be told the truth about it.
#[derive(Debug, Parser)]
#[command(name = "seldonplay", version, after_help = AFTER_HELP, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a playbook against a cluster.
    Run(Box<run::Run>),
    /// Rehearse playbooks without a cluster, in virtual time: what would they do, and what would they notice?
    Rehearse(Box<rehearse::Rehearse>),
    /// Serve a rehearsed cluster on loopback, for kubectl and other tools.
    Serve(serve::Serve),
    /// Check playbooks without a cluster: every finding at once, each with its place.
    Validate(validate::Validate),
    /// Show the plan as it will run: steps numbered, defaults filled in, objects named. Nothing is done.
    Plan(plan::PlanCommand),
    /// Print the JSON Schema of playbooks, for editors.
    Schema(schema::SchemaCommand),
    /// List the kinds that are known by heart, or tell what `ready`, `scaled` and `scale` mean for one of them.
    Kinds(kinds::KindsCommand),
    /// Show which field decides how many replicas each child of an object has. No cluster is needed.
    Replicas(replicas::ReplicasCommand),
    /// Show what happens to an object and to all that it owns, until its last child is gone or Ctrl-C is pressed.
    Observe(Box<observe::ObserveCommand>),
    /// Tell why an object is not ready, now: one sentence, then its evidence.
    Why(Box<why::WhyCommand>),
}

/// Runs the command line; what it returns is the exit code.
pub fn main() -> ExitCode {
    let filter = std::env::var("SELDONPLAY_LOG").ok().and_then(|filter| filter.parse().ok());
    let filter: Targets = filter.unwrap_or_default();
    let told = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(told.with_filter(filter)).init();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no failure; clap says which.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Ending::Invalid.exit_code() } else { 0 });
        }
    };
    let ending = match cli.command {
        Command::Run(command) => command.execute(),
        Command::Rehearse(command) => command.execute(),
        Command::Serve(command) => command.execute(),
        Command::Validate(command) => command.execute(),
        Command::Plan(command) => command.execute(),
        Command::Schema(command) => command.execute(),
        Command::Kinds(command) => command.execute(),
        Command::Replicas(command) => command.execute(),
        Command::Observe(command) => command.execute(),
        Command::Why(command) => command.execute(),
    };
    ExitCode::from(ending.exit_code())
}

/// Carries something out on a runtime of its own. Nobody waits for a question that nobody answered.
fn on_runtime(work: impl Future<Output = Ending>) -> Ending {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tell!("error: this machine lets no program run as it must: {error}");
            return Ending::Failed;
        }
    };
    let ending = runtime.block_on(work);
    runtime.shutdown_background();
    ending
}
