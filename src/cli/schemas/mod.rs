//! The schemas that a command is given for kinds: by `--crd` from files and folders, by `--cluster` from a cluster.
//! It must never judge an object.
//!
//! `cut` takes the schemas out of a text, `read` finds the definitions in it, and a `definition` holds the rest together with its
//! schemas, which are read when an object asks for them: they are nearly all of the text, and most of them nobody asks for.

mod cluster;
mod cut;
mod definition;
mod place;
mod read;

pub(super) use cluster::of_cluster;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::json::{Value, json};
use crate::plan::{Schemas, near};
use crate::rehearsal::server::definition_deprecations;
use crate::source::{Sources, Span};
use clap::Args;
use definition::Definition;
use place::Where;
use read::{DEFINITION, Found};
use std::path::{Path, PathBuf};

/// Definitions of custom kinds.
#[derive(Debug, Default, Args)]
pub(super) struct DefinitionOptions {
    /// CustomResourceDefinitions by which objects of their kinds are judged, in place of what is known of these kinds: a file, or a folder with `*.yaml`, `*.yml` and `*.json` in it; may be given several times.
    #[arg(long, value_name = "PATH")]
    crd: Vec<PathBuf>,
}

/// The definitions that were given.
#[derive(Default)]
pub(super) struct Definitions {
    /// Their texts.
    pub sources: Sources,
    /// Their schemas.
    pub schemas: Schemas,
    /// What is wrong with the files they were looked for in.
    findings: Diagnostics,
    found: Vec<Definition>,
}

/// The endings of files in a folder.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];
/// The only version of definitions that servers still take.
const VERSION: &str = "apiextensions.k8s.io/v1";

impl DefinitionOptions {
    /// Reads all that is given.
    pub(super) fn read(&self) -> Definitions {
        let mut definitions = Definitions::default();
        for path in &self.crd {
            let argument = definitions.sources.add("--crd", path.display().to_string());
            let argument = definitions.sources.whole(argument);
            definitions.path(path, argument);
        }
        definitions
    }
}

impl Definitions {
    fn refuse(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.findings.push(Diagnostic::error(Code::BadDefinition, span, message).maybe_help(help));
    }

    /// A file, or the files of a folder.
    fn path(&mut self, path: &Path, argument: Span) {
        let before = (self.found.len(), self.findings.len());
        if path.is_dir() {
            let entries = match std::fs::read_dir(path) {
                Ok(entries) => entries,
                Err(error) => {
                    let message = format!("the folder `{}` cannot be read: {error}", path.display());
                    return self.refuse(argument, message, None);
                }
            };
            let ending = |path: &Path| {
                path.extension().and_then(|end| end.to_str()).is_some_and(|end| ENDINGS.contains(&end))
            };
            let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
            files.retain(|path| path.is_file() && ending(path));
            files.sort();
            files.iter().for_each(|path| self.file(path, argument));
        } else {
            self.file(path, argument);
        }
        if before == (self.found.len(), self.findings.len()) {
            let message = format!("`{}` holds no {DEFINITION}", path.display());
            let help = match path.is_dir() {
                true => "Folders inside of it are not searched.",
                false => "`kubectl get crd NAME -o yaml` prints one.",
            };
            self.refuse(argument, message, Some(help.into()));
        }
    }

    fn file(&mut self, path: &Path, argument: Span) {
        let file = match self.sources.read(path) {
            Ok(file) => file,
            Err(error) => {
                let message = format!("the file `{}` cannot be used: {}", path.display(), error.message);
                let help = near::help(path, Path::new("")).or(error.help);
                return self.refuse(argument, message, help);
            }
        };
        let text = self.sources.text(file);
        if !text.contains(DEFINITION) {
            return;
        }
        match read::read(text) {
            Ok((found, mut taken_out)) => {
                for Found { index, pointer, definition } in found {
                    self.definition(definition, &mut taken_out, Where { file, index, pointer });
                }
            }
            Err(error) => {
                self.findings.extend(place::unreadable(&self.sources, file, &error.to_string()));
            }
        }
    }

    fn definition(&mut self, definition: Value, taken_out: &mut [String], place: Where) {
        let version = definition["apiVersion"].as_str().unwrap_or_default();
        if version != VERSION {
            let message =
                format!("a {DEFINITION} of `{version}` is taken by no server since Kubernetes 1.22");
            let span = place.places(&self.sources).of("apiVersion");
            return self.refuse(span, message, Some(format!("Write it as `{VERSION}`.")));
        }
        let definition = Definition::new(definition, taken_out, place);
        let text =
            |pointer: &str| definition.head().pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (group, kind) = (text("/spec/group"), text("/spec/names/kind"));
        let mut deprecations = definition_deprecations(definition.head());
        for (version, schema) in definition.served() {
            let schema = schema.clone();
            let deprecated = deprecations.remove(version);
            self.schemas.add(group, version, kind, deprecated, move || schema.schema());
        }
        self.found.push(definition);
    }

    /// What is wrong with what was given, as far as it is read.
    pub(super) fn findings(&self) -> Diagnostics {
        let mut findings = self.findings.clone();
        findings.extend(self.found.iter().flat_map(|definition| definition.findings(&self.sources)));
        findings
    }

    /// Reads the schemas that nobody has asked for.
    pub(super) fn read_to_the_end(&self) {
        self.found.iter().for_each(Definition::read_to_the_end);
    }

    /// All definitions, as one would apply them.
    pub(super) fn all(&self) -> Vec<Value> {
        self.found.iter().map(|definition| applied(definition.whole())).collect()
    }
}

/// A definition without what a server wrote into it, and without a webhook, which nobody serves in a rehearsal.
fn applied(mut definition: Value) -> Value {
    if let Some(map) = definition.as_object_mut() {
        map.shift_remove("status");
    }
    if let Some(metadata) = definition["metadata"].as_object_mut() {
        metadata.retain(|key, _| matches!(key.as_str(), "name" | "labels" | "annotations"));
    }
    definition["spec"]["conversion"] = json!({ "strategy": "None" });
    definition
}
