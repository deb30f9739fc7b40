//! `seldonplay validate`
//! It must never reach for a cluster.

use super::options::{ColourOption, PlaybookOptions};
use super::playbook::{count, read, show};
use crate::diagnostic::Finding;
use crate::event::{Ending, Masks};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Check playbooks without a cluster.
#[derive(Debug, Args)]
pub(super) struct Validate {
    /// The playbooks.
    #[arg(required = true, value_name = "PLAYBOOK")]
    playbooks: Vec<PathBuf>,
    #[command(flatten)]
    with: PlaybookOptions,
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
                eprintln!("error: {message}");
                return Ending::Invalid;
            }
        };
        // What a variable of the environment will be is known when the playbook runs.
        let inputs = crate::plan::Inputs { unset_is_late: true, run_id: "validate".into(), ..inputs };
        let style = self.colour.color.style();
        let (mut errors, mut warnings) = (0, 0);
        let mut data = Vec::new();
        let mut hidden = Vec::new();
        for path in &self.playbooks {
            let playbook = read(path, &inputs);
            let counts = playbook.findings.counts();
            errors += counts.0;
            warnings += counts.1;
            match self.format {
                Format::Text => show(&playbook.findings, &playbook.sources, style),
                Format::Json => {
                    let found = playbook.findings.in_order();
                    hidden.extend(playbook.findings.hidden().iter().cloned());
                    data.extend(found.into_iter().filter_map(|finding| {
                        serde_json::to_value(Finding::new(finding, &playbook.sources)).ok()
                    }));
                }
            }
        }
        match self.format {
            Format::Json => {
                println!("{}", Masks::new(hidden).text(&format!("{:#}", serde_json::Value::Array(data))));
            }
            Format::Text => {
                let what = match self.playbooks.as_slice() {
                    [only] => only.display().to_string(),
                    many => format!("{} playbooks", many.len()),
                };
                println!("{what}: {}", count(errors, warnings));
            }
        }
        if errors > 0 || self.deny_warnings && warnings > 0 { Ending::Invalid } else { Ending::Passed }
    }
}
