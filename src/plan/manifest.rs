//! Loads the objects that a playbook refers to: files, globs, directories, objects in place, and `-f`.
//! It must never know what is done with them.

use super::Inputs;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::json::Value;
use crate::playbook::action::{Action, Apply};
use crate::playbook::document::Playbook;
use crate::playbook::manifest::ManifestRef;
use crate::playbook::template::{self, Scope};
use crate::source::{Dialect, FileId, Node, Sources, Span, Tree, read_yaml};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The endings of manifest files in a directory.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];
/// How deep lists may hold lists.
const LIST_DEPTH: usize = 4;

/// An object of a manifest.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its apiVersion.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The namespace that it names itself.
    pub namespace: Option<String>,
    /// Its text; an object in the playbook may have expressions that are known only later.
    pub tree: Tree,
    /// Where it begins.
    pub span: Span,
}

impl Object {
    /// `Kind/name`.
    pub fn title(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }

    /// The object as JSON, if it is known before the run.
    pub fn known(&self) -> Option<Value> {
        (!self.tree.has_holes()).then(|| self.tree.to_value())
    }
}

/// Reads every manifest once.
pub(super) struct Loader<'a> {
    playbook: FileId,
    sources: &'a mut Sources,
    inputs: &'a Inputs,
    scope: &'a Scope,
    found: &'a mut Diagnostics,
    objects: Vec<Object>,
    manifests: BTreeMap<Span, Vec<usize>>,
    /// The objects of each file that was read, by path and whether it was expanded.
    files: BTreeMap<(PathBuf, bool), Vec<usize>>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(
        playbook: FileId,
        sources: &'a mut Sources,
        inputs: &'a Inputs,
        scope: &'a Scope,
        found: &'a mut Diagnostics,
    ) -> Loader<'a> {
        Loader {
            playbook,
            sources,
            inputs,
            scope,
            found,
            objects: Vec::new(),
            manifests: BTreeMap::new(),
            files: BTreeMap::new(),
        }
    }

    pub(super) fn finish(self) -> (Vec<Object>, BTreeMap<Span, Vec<usize>>) {
        (self.objects, self.manifests)
    }

    /// The objects of a manifest, which are noted under its place too.
    pub(super) fn load(&mut self, manifest: &ManifestRef) -> Vec<usize> {
        let objects = match manifest {
            ManifestRef::List(list, _) => list.iter().flat_map(|manifest| self.load(manifest)).collect(),
            ManifestRef::Object(tree) => self.object(tree, 0),
            // What an unset variable leaves open is known when the playbook runs.
            ManifestRef::Path { path, .. } if self.inputs.unset_is_late && path.contains("${{") => Vec::new(),
            ManifestRef::Path { path, expand } => self.path(&path.value, path.span, *expand),
        };
        self.unique(&objects);
        self.manifests.insert(manifest.span(), objects.clone());
        objects
    }

    /// The objects of `-f`.
    pub(super) fn command_line(&mut self) -> Vec<usize> {
        let mut objects = Vec::new();
        for path in &self.inputs.manifests {
            let shown = path.display().to_string();
            let argument = self.sources.add("-f", shown.as_str());
            let span = self.sources.whole(argument);
            if shown == "-" {
                objects.extend(self.stdin(span));
            } else if shown.starts_with("http://") || shown.starts_with("https://") {
                let finding =
                    Diagnostic::error(Code::BadManifest, span, "manifests are not fetched from URLs");
                self.found.push(finding.help("Download it first, and look at it."));
            } else {
                objects.extend(self.entries(path, &shown, span, false));
            }
        }
        self.unique(&objects);
        objects
    }

    /// `-f` stands in for the playbook's manifest wherever that is meant by the same words.
    pub(super) fn replaced(&mut self, manifest: &ManifestRef) {
        self.manifests.entry(manifest.span()).or_default();
    }

    /// Those that steps name themselves.
    pub(super) fn load_steps(&mut self, playbook: &Playbook) {
        let groups = [Some(&playbook.steps), playbook.on_failure.as_ref(), playbook.finally.as_ref()];
        for step in groups.into_iter().flatten().flat_map(|steps| &steps.steps) {
            if let Action::Apply(Apply { manifest: Some(manifest), .. }) = &step.action {
                self.load(manifest);
            }
            let mut refs = Vec::new();
            super::conditions::manifests(step, &mut refs);
            for manifest in refs {
                self.load(manifest);
            }
        }
    }

    fn path(&mut self, text: &str, span: Span, expand: bool) -> Vec<usize> {
        if text.starts_with("http://") || text.starts_with("https://") {
            let finding = Diagnostic::error(Code::BadManifest, span, "manifests are not fetched from URLs");
            self.found.push(finding.help("Download it, and keep it beside the playbook."));
            return Vec::new();
        }
        let path = self.base().join(text);
        if path.exists() || !text.contains(['*', '?', '[']) {
            return self.entries(&path, text, span, expand);
        }
        let pattern = path.display().to_string();
        let paths = match glob::glob(&pattern) {
            Ok(paths) => paths,
            Err(error) => {
                self.found.push(Diagnostic::error(
                    Code::BadManifest,
                    span,
                    format!("this pattern cannot be read: {}", error.msg),
                ));
                return Vec::new();
            }
        };
        let mut paths: Vec<PathBuf> = paths.filter_map(Result::ok).filter(|path| path.is_file()).collect();
        paths.sort();
        if paths.is_empty() {
            let message = format!("no file matches `{text}`");
            let help = format!("Paths are relative to the playbook; looked for `{pattern}`.");
            self.found.push(Diagnostic::error(Code::BadManifest, span, message).help(help));
        }
        paths.iter().flat_map(|path| self.file(path, span, expand, true)).collect()
    }

    /// What paths in the playbook are relative to.
    fn base(&self) -> PathBuf {
        self.sources.directory(self.playbook).map(Path::to_owned).unwrap_or_default()
    }

    /// A file, or the files of a directory.
    fn entries(&mut self, path: &Path, shown: &str, span: Span, expand: bool) -> Vec<usize> {
        if !path.is_dir() {
            return self.file(path, span, expand, false);
        }
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("the directory `{shown}` cannot be read: {error}");
                self.found.push(Diagnostic::error(Code::BadManifest, span, message));
                return Vec::new();
            }
        };
        let ending = |path: &Path| {
            path.extension()
                .and_then(|ending| ending.to_str())
                .is_some_and(|ending| ENDINGS.contains(&ending))
        };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.is_file() && ending(path))
            .collect();
        paths.sort();
        if paths.is_empty() {
            let message = format!("the directory `{shown}` has no `*.yaml`, `*.yml` or `*.json` in it");
            let help = "Directories inside of it are not searched.";
            self.found.push(Diagnostic::error(Code::BadManifest, span, message).help(help));
            return Vec::new();
        }
        let before = self.found.len();
        let objects: Vec<usize> = paths.iter().flat_map(|path| self.file(path, span, expand, true)).collect();
        if objects.is_empty() && self.found.len() == before {
            let message = format!("the directory `{shown}` holds playbooks, and no object");
            let help = "Playbooks are run, not applied: name one, or another directory.";
            self.found.push(Diagnostic::error(Code::BadManifest, span, message).help(help));
        }
        objects
    }

    fn file(&mut self, path: &Path, span: Span, expand: bool, skip_playbooks: bool) -> Vec<usize> {
        let key = (path.to_owned(), expand);
        if let Some(objects) = self.files.get(&key) {
            return objects.clone();
        }
        let id = match self.sources.read(path) {
            Ok(id) => id,
            Err(error) => {
                let message = format!("the manifest `{}` cannot be used: {}", path.display(), error.message);
                let base = if span.file == self.playbook { self.base() } else { PathBuf::new() };
                let help = super::near::help(path, &base).or(error.help);
                self.found.push(Diagnostic::error(Code::BadManifest, span, message).maybe_help(help));
                return Vec::new();
            }
        };
        let objects = self.text(id, span, expand, skip_playbooks);
        self.files.insert(key, objects.clone());
        objects
    }

    fn stdin(&mut self, span: Span) -> Vec<usize> {
        let bytes = self.inputs.stdin.clone().unwrap_or_default();
        match self.sources.add_bytes("standard input", None, bytes) {
            Ok(id) => self.text(id, span, false, false),
            Err(error) => {
                let message = format!("what came from standard input cannot be used: {}", error.message);
                self.found.push(Diagnostic::error(Code::BadManifest, span, message).maybe_help(error.help));
                Vec::new()
            }
        }
    }

    fn text(&mut self, id: FileId, span: Span, expand: bool, skip_playbooks: bool) -> Vec<usize> {
        let (documents, faults) = read_yaml(self.sources, id, Dialect::Manifest);
        let broken = !faults.is_empty();
        self.found.faults(faults);
        let mut objects = Vec::new();
        let mut skipped = false;
        for document in documents.iter().filter(|document| document.tree.node != Node::Null) {
            if skip_playbooks && is_playbook(&document.tree) {
                skipped = true;
                continue;
            }
            let tree = if expand {
                template::expand(&document.tree, self.scope, self.found)
            } else {
                document.tree.clone()
            };
            objects.extend(self.object(&tree, 0));
        }
        if objects.is_empty()
            && !broken
            && !skipped
            && documents.iter().all(|document| document.tree.node == Node::Null)
        {
            let message = format!("the manifest `{}` holds no object", self.sources.name(id));
            let help = "An object has `apiVersion`, `kind` and `metadata.name`.";
            self.found.push(Diagnostic::error(Code::BadManifest, span, message).help(help));
        }
        objects
    }

    /// An object, or those of a list.
    fn object(&mut self, tree: &Tree, depth: usize) -> Vec<usize> {
        let fault = |message: String, span: Span| Diagnostic::error(Code::NotAnObject, span, message);
        let start = tree.entries().and_then(<[_]>::first).map_or(tree.head(), |entry| entry.key_span);
        let Node::Map(_) = &tree.node else {
            let message = format!("a manifest holds Kubernetes objects, and this is {}", tree.kind());
            let help = "An object is a mapping with `apiVersion`, `kind` and `metadata.name`.";
            self.found.push(fault(message, tree.head()).help(help));
            return Vec::new();
        };
        let (api_version, kind) = match (text(tree.get("apiVersion")), text(tree.get("kind"))) {
            (Some(api_version), Some(kind)) => (api_version, kind),
            (api_version, kind) => {
                let missing = [("apiVersion", api_version.is_none()), ("kind", kind.is_none())];
                let missing: Vec<&str> =
                    missing.into_iter().filter(|(_, missing)| *missing).map(|(key, _)| key).collect();
                let message = format!("this is no Kubernetes object: it has no {}", missing.join(" and no "));
                let help = match is_playbook(tree) {
                    true => "It looks like a playbook; a playbook is run, not applied.",
                    false => "An object has `apiVersion`, `kind` and `metadata.name`.",
                };
                self.found.push(fault(message, start).help(help));
                return Vec::new();
            }
        };
        if let (true, Some(Node::List(items))) =
            (kind.ends_with("List"), tree.get("items").map(|items| &items.node))
        {
            if depth >= LIST_DEPTH {
                self.found.push(fault("lists are nested too deeply here".into(), start));
                return Vec::new();
            }
            return items.iter().flat_map(|item| self.object(item, depth + 1)).collect();
        }
        let metadata = tree.get("metadata");
        let name_tree = metadata.and_then(|metadata| metadata.get("name"));
        let Some(name) = text(name_tree) else {
            let at = name_tree.map_or_else(
                || tree.entry("metadata").map_or(start, |entry| entry.key_span),
                |tree| tree.span,
            );
            let late = name_tree.is_some_and(|name| {
                template::references(name).iter().any(|name| self.scope.late.contains(name.root.as_str()))
            });
            if !late && name_tree.is_some_and(Tree::has_holes) {
                // A variable is missing, and a finding says which.
                return Vec::new();
            }
            let generated = metadata.and_then(|metadata| metadata.get("generateName")).is_some();
            let (message, help) = if late {
                (
                    "an object's name must be known before the run begins",
                    Some("Use `vars` or `run.id`, not `steps`."),
                )
            } else if generated {
                (
                    "apply needs `metadata.name`; `generateName` makes another object each time",
                    Some("Name it `name-${{ run.id }}` in the playbook."),
                )
            } else if name_tree.is_some_and(|tree| !matches!(tree.node, Node::Text(_))) {
                ("`metadata.name` must be a text", Some("Quote it."))
            } else {
                ("this object has no `metadata.name`", Some("Objects are told apart by their names."))
            };
            self.found.push(fault(message.into(), at).maybe_help(help.map(str::to_owned)));
            return Vec::new();
        };
        let namespace = text(metadata.and_then(|metadata| metadata.get("namespace")));
        let object = Object { api_version, kind, name, namespace, tree: tree.clone(), span: start };
        self.objects.push(object);
        vec![self.objects.len() - 1]
    }

    /// Reports an object that stands twice.
    fn unique(&mut self, objects: &[usize]) {
        let mut seen: BTreeMap<(String, String, String, Option<String>), Span> = BTreeMap::new();
        for object in objects.iter().filter_map(|&index| self.objects.get(index)) {
            let group = object.api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
            let key = (group, object.kind.clone(), object.name.clone(), object.namespace.clone());
            if let Some(first) = seen.insert(key, object.span)
                && first != object.span
            {
                let message = format!("{} stands twice in this manifest", object.title());
                self.found.push(
                    Diagnostic::error(Code::DuplicateObject, object.span, message)
                        .related(first, "first here")
                        .help("Keep one of them, or give them namespaces."),
                );
            }
        }
    }
}

/// A text that is known and not empty, expressions in it written out.
fn text(tree: Option<&Tree>) -> Option<String> {
    match &tree?.node {
        Node::Text(text) if !text.has_holes() => Some(text.joined()).filter(|text| !text.is_empty()),
        _ => None,
    }
}

/// Whether a document is a playbook rather than a manifest.
fn is_playbook(tree: &Tree) -> bool {
    let kind = tree.get("kind").and_then(Tree::as_str);
    matches!(tree.get("steps").map(|steps| &steps.node), Some(Node::List(_)))
        && kind.is_none_or(|kind| kind == crate::playbook::document::KIND)
}

/// Whether a text is a DNS label (RFC 1123), as names of namespaces are.
pub(super) fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty()
        && text.len() <= 63
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}
