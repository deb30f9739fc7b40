//! The schemas that a command is given for kinds: by `--crd` from files and folders, by `--cluster` from a cluster.
//! It must never judge an object.

use crate::cluster::{Cluster, Error, Published};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::{Schemas, near};
use crate::rehearsal::server::definition_refusals;
use crate::source::{Dialect, FileId, Sources, Span, read_yaml};
use crate::structural::Schema;
use clap::Args;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    /// What is wrong with them.
    pub findings: Diagnostics,
    /// Their schemas.
    pub schemas: Schemas,
    /// They themselves, as one would apply them.
    pub all: Vec<Value>,
}

/// The endings of files in a folder.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];
/// What a definition is.
const DEFINITION: &str = "CustomResourceDefinition";
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
        let before = (self.all.len(), self.findings.len());
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
        if before == (self.all.len(), self.findings.len()) {
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
        // Places are asked for where something is wrong, and cost more than all else.
        let options = serde_yaml::options! { legacy_octal_numbers: true, budget: None };
        let documents = match serde_json::from_str::<Value>(text) {
            Ok(document) => Ok(vec![document]),
            Err(_) => serde_yaml::from_multiple_with_options::<Value>(text, options),
        };
        match documents {
            Ok(documents) => documents.into_iter().enumerate().for_each(|(index, document)| {
                self.document(document, Where { file, index, pointer: String::new() })
            }),
            Err(error) => {
                let (_, faults) = read_yaml(&self.sources, file, Dialect::Manifest);
                if faults.is_empty() {
                    let start = self.sources.whole(file).slice(0, 0);
                    return self.refuse(start, format!("this cannot be read as YAML: {error}"), None);
                }
                self.findings.faults(faults);
            }
        }
    }

    fn document(&mut self, document: Value, place: Where) {
        let kind = document["kind"].as_str().unwrap_or_default();
        if let (true, Value::Array(items)) = (kind.ends_with("List"), &document["items"]) {
            for (index, item) in items.iter().enumerate() {
                let pointer = format!("/items/{index}");
                self.document(item.clone(), Where { pointer, ..place.clone() });
            }
        } else if kind == DEFINITION {
            self.definition(Arc::new(document), &place);
        }
    }

    fn definition(&mut self, definition: Arc<Value>, place: &Where) {
        let version = definition["apiVersion"].as_str().unwrap_or_default();
        if version != VERSION {
            let message =
                format!("a {DEFINITION} of `{version}` is taken by no server since Kubernetes 1.22");
            let span = place.span(&self.sources, "/apiVersion");
            return self.refuse(span, message, Some(format!("Write it as `{VERSION}`.")));
        }
        let refusals = definition_refusals(&without_repeated(&definition));
        for (path, words) in &refusals {
            let span = place.span(&self.sources, &pointer(path));
            const SCHEMAS: [&str; 2] =
                ["spec.validation.openAPIV3Schema", "spec.versions[0].schema.openAPIV3Schema"];
            let schema = SCHEMAS.iter().find_map(|prefix| path.strip_prefix(prefix));
            let message = match schema.map(|below| below.trim_start_matches('.')).unwrap_or(path) {
                "" if schema.is_none() => words.clone(),
                "" => format!("the schema: {words}"),
                shown => format!("{shown}: {words}"),
            };
            let help = words.contains("structural").then(|| {
                "In `allOf`, `anyOf`, `oneOf` and `not` only values may be restricted: say this outside of them.".to_owned()
            });
            self.refuse(span, message, help);
        }
        if !refusals.is_empty() {
            return;
        }
        let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (group, kind) = (text("/spec/group"), text("/spec/names/kind"));
        let versions = definition["spec"]["versions"].as_array().into_iter().flatten().enumerate();
        for (index, version) in versions.filter(|(_, version)| version["served"] == true) {
            let whole = definition.clone();
            self.schemas.add(group, version["name"].as_str().unwrap_or_default(), kind, move || {
                Schema::from_open_api(
                    &whole["spec"]["versions"][index]["schema"]["openAPIV3Schema"],
                    whole["spec"]["preserveUnknownFields"] == true,
                )
            });
        }
        self.all.push(applied(&definition));
    }
}

/// A definition in which a schema that several versions share stands once: what is wrong with it is told once, and large ones are many
/// times the same.
fn without_repeated(definition: &Value) -> Value {
    let fields = |of: &Value, without: &str| -> Map<String, Value> {
        let fields = of.as_object().into_iter().flatten();
        fields.filter(|(key, _)| *key != without).map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let Some(versions) = definition["spec"]["versions"].as_array() else { return definition.clone() };
    let slim = |(index, version): (usize, &Value)| {
        if !versions[..index].iter().any(|earlier| earlier["schema"] == version["schema"]) {
            return version.clone();
        }
        let mut slim = fields(version, "schema");
        slim.insert("schema".into(), json!({ "openAPIV3Schema": { "type": "object" } }));
        Value::Object(slim)
    };
    let versions: Vec<Value> = versions.iter().enumerate().map(slim).collect();
    let mut spec = fields(&definition["spec"], "versions");
    spec.insert("versions".into(), versions.into());
    let mut slim = fields(definition, "spec");
    slim.insert("spec".into(), spec.into());
    Value::Object(slim)
}

/// A definition without what a server wrote into it, and without a webhook, which nobody serves in a rehearsal.
fn applied(definition: &Value) -> Value {
    let mut definition = definition.clone();
    if let Some(map) = definition.as_object_mut() {
        map.shift_remove("status");
    }
    if let Some(metadata) = definition["metadata"].as_object_mut() {
        metadata.retain(|key, _| matches!(key.as_str(), "name" | "labels" | "annotations"));
    }
    definition["spec"]["conversion"] = json!({ "strategy": "None" });
    definition
}

/// Where a definition stands.
#[derive(Clone)]
struct Where {
    file: FileId,
    /// Which document of the file.
    index: usize,
    pointer: String,
}

impl Where {
    fn span(&self, sources: &Sources, pointer: &str) -> Span {
        let (documents, _) = read_yaml(sources, self.file, Dialect::Manifest);
        let Some(document) = documents.get(self.index) else { return sources.whole(self.file).slice(0, 0) };
        let (tree, entry, whole) = document.tree.nearest(&format!("{}{pointer}", self.pointer));
        match entry {
            Some(entry) if !whole || tree.entries().is_some() => entry.key_span,
            _ => tree.head(),
        }
    }
}

/// The JSON pointer of a path as servers write it: `spec.versions[0].name`, `properties[a.b]`.
fn pointer(path: &str) -> String {
    // A schema that all versions share is told under the name that it had when there was but one version.
    let path = path.replacen("spec.validation.", "spec.versions[0].schema.", 1);
    let path = if path == "spec.version" { "spec.versions[0].name".to_owned() } else { path };
    let mut pointer = String::new();
    let mut rest = path.as_str();
    while !rest.is_empty() {
        let (step, after) = match rest.strip_prefix('[') {
            Some(inner) => inner.split_once(']').unwrap_or((inner, "")),
            None => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
        };
        pointer.push('/');
        pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    pointer
}

/// Takes in what a cluster publishes of kinds, given as `apiVersion` and kind.
///
/// # Errors
/// The cluster cannot be asked at all.
pub(super) async fn of_cluster(
    cluster: &Cluster,
    kinds: &BTreeSet<(String, String)>,
    definitions: &mut Definitions,
) -> Result<(), Error> {
    let wanted: BTreeSet<&(String, String)> = kinds
        .iter()
        .filter(|(api_version, kind)| {
            let group = api_version.split_once('/').map_or("", |(group, _)| group);
            !definitions.schemas.defines(group, kind)
        })
        .collect();
    let api_versions = wanted.iter().map(|(api_version, _)| api_version.clone()).collect();
    let published = match cluster.published(&api_versions).await {
        Ok(published) => published,
        Err(error @ (Error::Refused(_) | Error::NotServed { .. })) => {
            definitions.unknown("the schemas of the cluster", &error);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    for (api_version, published) in published {
        let kinds = wanted.iter().filter(|(of, _)| *of == api_version).map(|(_, kind)| kind);
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        match published {
            Published::Document(document) => {
                for kind in kinds {
                    match Schema::from_published(&document, group, version, kind) {
                        Some(schema) => definitions.schemas.add(group, version, kind, || schema),
                        None => definitions.schemas.is_not_served(&api_version, kind),
                    }
                }
            }
            Published::NotServed => {
                kinds.for_each(|kind| definitions.schemas.is_not_served(&api_version, kind));
            }
            Published::Unknown(error) => {
                definitions.unknown(&format!("the cluster's schemas of `{api_version}`"), &error);
            }
        }
    }
    Ok(())
}

impl Definitions {
    /// What cannot be had is told, and what is known by heart decides.
    fn unknown(&mut self, what: &str, error: &Error) {
        let argument = self.sources.add("--cluster", "--cluster");
        let span = self.sources.whole(argument);
        let message = format!("{what} cannot be had: {error}");
        let help = "Objects are judged by what is known of their kinds without a cluster.";
        self.findings.push(Diagnostic::warning(Code::SchemaUnknown, span, message).help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::pointer;

    #[test]
    fn paths_of_the_server_are_pointers() {
        for (path, wanted) in [
            ("spec.versions[0].name", "/spec/versions/0/name"),
            ("spec.version", "/spec/versions/0/name"),
            ("", ""),
            (
                "spec.validation.openAPIV3Schema.properties[a.b/c].type",
                "/spec/versions/0/schema/openAPIV3Schema/properties/a.b~1c/type",
            ),
        ] {
            assert_eq!(pointer(path), wanted);
        }
    }
}
