//! `seldonplay validate`
//! It must never reach for a cluster unasked, nor change anything there.

use super::options::{ColourOption, ConnectionOptions, PlaybookOptions};
use super::playbook::{Read, count, read, show};
use super::schemas::{self, DefinitionOptions, Definitions};
use super::screen::{say, tell};
use super::why::unconnected;
use crate::cluster::{self, Settings};
use crate::diagnostic::Finding;
use crate::event::{Ending, Masks};
use crate::json::Value;
use crate::plan::{Inputs, Plan};
use crate::source::Sources;
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Check playbooks, without a cluster unless --cluster is given.
#[derive(Debug, Args)]
pub(super) struct Validate {
    /// The playbooks.
    #[arg(required = true, value_name = "PLAYBOOK")]
    playbooks: Vec<PathBuf>,
    #[command(flatten)]
    with: PlaybookOptions,
    #[command(flatten)]
    definitions: DefinitionOptions,
    /// Ask the cluster what objects may look like: that of the context, or the kubeconfig's cluster NAME. Nothing is sent to it.
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true)]
    cluster: Option<Option<String>>,
    #[command(flatten)]
    connection: Option<ConnectionOptions>,
    /// Warnings count as errors: they make the exit code 2.
    #[arg(long)]
    deny_warnings: bool,
    /// How findings are printed: drawn for people on standard error, or as one JSON array on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    colour: ColourOption,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For editors and CI.
    Json,
}

impl Validate {
    pub(super) fn execute(self) -> Ending {
        let inputs = match self.with.inputs() {
            Ok(inputs) => inputs,
            Err(message) => {
                tell!("error: {message}");
                return Ending::Invalid;
            }
        };
        // What a variable of the environment will be is known when the playbook runs.
        let inputs = Inputs { unset_is_late: true, run_id: "validate".into(), ..inputs };
        let mut definitions = self.definitions.read();
        if let Err(ending) = self.ask_cluster(&inputs, &mut definitions) {
            return ending;
        }
        let inputs = Inputs { schemas: std::mem::take(&mut definitions.schemas), ..inputs };
        let playbooks: Vec<Read> = self.playbooks.iter().map(|path| read(path, &inputs)).collect();
        // What is wrong with a schema is known when a playbook has asked for it.
        let findings = definitions.findings();
        let given = Read { sources: definitions.sources, plan: None, findings };
        let style = self.colour.color.style();
        let (mut errors, mut warnings) = (0, 0);
        let mut data = Vec::new();
        let mut hidden = Vec::new();
        for read in [given].into_iter().chain(playbooks) {
            let counts = read.findings.counts();
            errors += counts.0;
            warnings += counts.1;
            match self.format {
                Format::Text => show(&read.findings, &read.sources, style),
                Format::Json => {
                    let found = read.findings.in_order();
                    hidden.extend(read.findings.hidden().iter().cloned());
                    data.extend(
                        found
                            .into_iter()
                            .filter_map(|finding| Value::of(&Finding::new(finding, &read.sources)).ok()),
                    );
                }
            }
        }
        let said = match self.format {
            Format::Json => say(&Masks::new(hidden).text(&format!("{:#}\n", Value::from(data)))),
            Format::Text => {
                let what = match self.playbooks.as_slice() {
                    [only] => only.display().to_string(),
                    many => format!("{} playbooks", many.len()),
                };
                say(&format!("{what}: {}\n", count(errors, warnings)))
            }
        };
        if errors > 0 || self.deny_warnings && warnings > 0 { Ending::Invalid } else { said }
    }

    /// Takes in the schemas of the cluster, if they are asked for.
    fn ask_cluster(&self, inputs: &Inputs, definitions: &mut Definitions) -> Result<(), Ending> {
        let Some(name) = &self.cluster else {
            if self.connection.is_some() {
                tell!("error: how to reach a cluster is said, and nothing is asked of one");
                tell!("  help: add --cluster");
                return Err(Ending::Invalid);
            }
            return Ok(());
        };
        let options = match &self.connection {
            Some(connection) => connection.connect(name.as_deref()),
            None => ConnectionOptions::default().connect(name.as_deref()),
        };
        let mut kinds = BTreeSet::new();
        for path in &self.playbooks {
            let mut sources = Sources::new();
            // One that cannot be read is told of when it is checked.
            if let Ok(file) = sources.read(path) {
                kinds.extend(Plan::kinds(file, &mut sources, inputs));
            }
        }
        let ending = super::on_runtime(async {
            let connected = match cluster::connect(&options, Settings::default()).await {
                Ok(connected) => connected,
                Err(error) => return unconnected(&error),
            };
            connected.warnings.iter().for_each(|warning| tell!("warning: {warning}"));
            match schemas::of_cluster(&connected.cluster, &kinds, definitions).await {
                Ok(()) => Ending::Passed,
                Err(error) => {
                    tell!("error: {error}");
                    Ending::Refused
                }
            }
        });
        if ending == Ending::Passed { Ok(()) } else { Err(ending) }
    }
}
