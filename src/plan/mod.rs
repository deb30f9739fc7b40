//! The playbook as it will run: checked, defaults filled in, manifests loaded, steps numbered.
//! It must never know kube, nor do anything to a cluster.

mod check;
mod conditions;
mod lint;
mod manifest;
mod name;
mod named;
pub(crate) mod near;
mod never;
mod schemas;
pub mod secret;
mod vars;

pub use manifest::Object;
pub use name::title;
pub use schemas::{Given, Schemas};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::event::{Phase, StepPath};
use crate::json::{Map, Value, json};
use crate::playbook::action::Action;
use crate::playbook::decode::Decoder;
use crate::playbook::document::Playbook;
use crate::playbook::late::Late;
use crate::playbook::rehearsal::Rehearsal;
use crate::playbook::step::{Envelope, Step as WrittenStep};
use crate::playbook::template::{self, Scope};
use crate::source::{Dialect, FileId, Node, Sources, Span, Tree, read_yaml};
use check::Written;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// The deadline of a step that says nothing else.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// The namespace where nothing names one.
const DEFAULT_NAMESPACE: &str = "default";

/// What a plan is made of besides the playbook.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Manifests in place of the playbook's (`-f`); `-` is standard input, whose text is in `stdin`.
    pub manifests: Vec<PathBuf>,
    /// What was read from standard input.
    pub stdin: Option<Vec<u8>>,
    /// `--set NAME=YAML` and `--set-string NAME=TEXT` in the order given.
    pub set: Vec<Set>,
    /// `--vars-file`, in the order given.
    pub vars_files: Vec<PathBuf>,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// `-n`: the namespace that was demanded.
    pub namespace: Option<String>,
    /// The context's namespace.
    pub context_namespace: Option<String>,
    /// The run's id.
    pub run_id: String,
    /// Whether the run is a rehearsal.
    pub rehearsed: bool,
    /// Whether an environment variable that is not set is a warning: it may be there when the playbook runs.
    pub unset_is_late: bool,
    /// `--timeout`: the deadline of the whole run.
    pub timeout: Option<Duration>,
    /// Schemas of kinds, in place of those that are known.
    pub schemas: Schemas,
}

/// A variable set on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The argument, `NAME=VALUE`.
    pub argument: String,
    /// Whether the value is a text as it stands (`--set-string`) rather than YAML.
    pub text: bool,
}

/// A playbook that can run. The only way to one is [`Plan::new`].
#[derive(Clone, Debug)]
pub struct Plan {
    /// The playbook's file.
    pub file: FileId,
    /// Its name, or the file's.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The namespace of objects that name none.
    pub namespace: String,
    /// The deadline of `steps`.
    pub timeout: Option<Duration>,
    /// The deadline of the whole run (`--timeout`).
    pub run_timeout: Option<Duration>,
    /// The deadline of a step that waits and says nothing else.
    pub default_timeout: Duration,
    /// Every object that a manifest names.
    pub objects: Vec<Object>,
    /// Those of the playbook's manifest, or of `-f`: the default target.
    pub default_objects: Vec<usize>,
    /// The objects of each manifest, by where it is written.
    pub manifests: BTreeMap<Span, Vec<usize>>,
    /// The steps.
    pub steps: Vec<Step>,
    /// What runs once if a step failed.
    pub on_failure: Vec<Step>,
    /// What runs at the end, always.
    pub finally: Vec<Step>,
    /// What the world does when it is rehearsed.
    pub rehearsal: Option<Rehearsal>,
    /// The variables.
    pub vars: Map,
    /// What expressions may name, as far as it is known before the run.
    pub scope: Scope,
    /// Schemas of kinds, in place of those that are known.
    pub schemas: Schemas,
    /// The values of `secrets.*` and what Secrets in manifests hold, never to be shown.
    pub secrets: Vec<String>,
}

/// A step that can run.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its phase and number.
    pub path: StepPath,
    /// What the console shows, if it is known before the run.
    pub title: String,
    /// What it does.
    pub action: Action,
    /// What is said around it.
    pub envelope: Envelope,
    /// The verb's key.
    pub verb: Span,
    /// The whole step.
    pub span: Span,
}

impl Step {
    /// Its id.
    pub fn id(&self) -> Option<&str> {
        self.envelope.id.as_ref().map(|id| id.value.as_str())
    }
}

impl Plan {
    /// Checks a playbook with everything it refers to. All findings come at once; with an error among them there is no plan.
    pub fn new(file: FileId, sources: &mut Sources, inputs: &Inputs) -> (Option<Plan>, Diagnostics) {
        let mut found = Diagnostics::new();
        let plan = make(file, sources, inputs, &mut found);
        (plan.filter(|_| !found.has_errors()), found)
    }

    /// The objects of a playbook as `apiVersion` and kind, as far as it can be read.
    pub fn kinds(file: FileId, sources: &mut Sources, inputs: &Inputs) -> BTreeSet<(String, String)> {
        let plan = make(file, sources, inputs, &mut Diagnostics::new());
        let objects = plan.into_iter().flat_map(|plan| plan.objects);
        objects.map(|object| (object.api_version, object.kind)).collect()
    }

    /// All steps with handlers.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().chain(&self.on_failure).chain(&self.finally)
    }

    /// The objects of a manifest that is written at a place.
    pub fn objects_at(&self, span: Span) -> impl Iterator<Item = &Object> {
        self.manifests.get(&span).into_iter().flatten().filter_map(|&index| self.objects.get(index))
    }

    /// The objects of the default target.
    pub fn default_target(&self) -> impl Iterator<Item = &Object> {
        self.default_objects.iter().filter_map(|&index| self.objects.get(index))
    }
}

fn make(file: FileId, sources: &mut Sources, inputs: &Inputs, found: &mut Diagnostics) -> Option<Plan> {
    let (documents, faults) = read_yaml(sources, file, Dialect::Playbook);
    found.faults(faults);
    let tree = match documents.as_slice() {
        [only] if only.tree.node != Node::Null => &only.tree,
        [] if found.has_errors() => return None,
        [] | [_] => {
            let message = "this file is empty, and a playbook has at least `steps`";
            let help = "A first playbook: `steps: [apply, wait-until: ready]` with `manifest: FILE`.";
            found.push(
                Diagnostic::error(Code::NoPlaybook, sources.whole(file).slice(0, 0), message).help(help),
            );
            return None;
        }
        [_, second, ..] => {
            let message = "a playbook is one YAML document, and this file holds several";
            let help = "Make a file of each, or put manifests in files of their own.";
            found.push(Diagnostic::error(Code::NoPlaybook, second.tree.head(), message).help(help));
            return None;
        }
    };

    let mut scope = Scope { unset_is_late: inputs.unset_is_late, ..Scope::default() };
    let env: Map = inputs.env.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut run = json!({ "id": inputs.run_id, "rehearsed": inputs.rehearsed });
    scope.known.insert("env".into(), Value::Object(env.clone()));
    scope.known.insert("secrets".into(), Value::Object(env));
    scope.known.insert("run".into(), run.clone());
    scope.late.extend(["steps".to_owned(), "failure".to_owned()]);

    // The namespace may depend on variables, or variables on the namespace.
    scope.late.insert("vars".into());
    let early = namespace(tree, &scope, inputs);
    scope.late.remove("vars");
    match &early {
        Some(namespace) => run["namespace"] = json!(namespace),
        None => circular(tree, &mut run, found),
    }
    scope.known.insert("run".into(), run.clone());
    let mut secrets = secrets(tree, inputs);
    let vars = vars::resolve(tree, &scope, sources, inputs, found);
    scope.known.insert("vars".into(), Value::Object(vars.clone()));
    let namespace =
        early.or_else(|| namespace(tree, &scope, inputs)).unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
    run["namespace"] = json!(namespace);
    scope.known.insert("run".into(), run);

    let mut expanded = template::expand(&vars::without_vars(tree), &scope, found);
    vars::put_back(&mut expanded, tree);
    at_once(&mut expanded, &scope, found);
    let has_manifest = expanded.get("manifest").is_some() || !inputs.manifests.is_empty();

    let playbook = Playbook::read(&expanded, &mut Decoder::new(found))?;
    if let Some(written) = &playbook.namespace
        && !manifest::is_dns_label(&written.value)
    {
        let message = format!("`{}` is no name of a namespace", written.value);
        found.push(
            Diagnostic::error(Code::BadName, written.span, message)
                .help("It is made of at most 63 lower-case letters, digits and `-`."),
        );
    }
    let mut loader = manifest::Loader::new(file, sources, inputs, &scope, found);
    let default_objects = match (&playbook.manifest, inputs.manifests.is_empty()) {
        (_, false) => loader.command_line(),
        (Some(manifest), true) => loader.load(manifest),
        (None, true) => Vec::new(),
    };
    if let (Some(manifest), false) = (&playbook.manifest, inputs.manifests.is_empty()) {
        loader.replaced(manifest);
    }
    loader.load_steps(&playbook);
    let (objects, manifests) = loader.finish();
    secrets.extend(objects.iter().filter_map(Object::known).flat_map(|object| secret::values(&object)));
    found.hide(secrets.iter().cloned());

    let name =
        playbook.name.as_ref().map_or_else(|| file_stem(sources.name(file)), |name| name.value.clone());
    let mut plan = Plan {
        file,
        name,
        description: playbook.description.clone(),
        tags: playbook.tags.clone().unwrap_or_default(),
        namespace,
        timeout: playbook.timeout.as_ref().map(|timeout| timeout.value),
        run_timeout: inputs.timeout,
        default_timeout: playbook
            .defaults
            .as_ref()
            .and_then(|defaults| defaults.timeout.as_ref())
            .map_or(DEFAULT_TIMEOUT, |timeout| timeout.value),
        objects,
        default_objects,
        manifests,
        steps: number(Phase::Steps, &playbook.steps.steps),
        on_failure: number(Phase::OnFailure, playbook.on_failure.as_ref().map_or(&[], |steps| &steps.steps)),
        finally: number(Phase::Finally, playbook.finally.as_ref().map_or(&[], |steps| &steps.steps)),
        rehearsal: playbook.rehearsal.clone(),
        vars,
        scope,
        schemas: inputs.schemas.clone(),
        secrets,
    };
    let titles: Vec<String> = plan.all_steps().map(|step| title(step, &plan)).collect();
    for (step, title) in
        plan.steps.iter_mut().chain(&mut plan.on_failure).chain(&mut plan.finally).zip(titles)
    {
        step.title = title;
    }
    check::check(&plan, &Written { playbook: &playbook, has_manifest }, inputs, found);
    Some(plan)
}

/// The namespace of objects that name none, as far as it is known.
fn namespace(tree: &Tree, scope: &Scope, inputs: &Inputs) -> Option<String> {
    if let Some(asked) = &inputs.namespace {
        return Some(asked.clone());
    }
    match tree.get("namespace") {
        // What is wrong with it is told when all is expanded.
        Some(written) => match template::expand(written, scope, &mut Diagnostics::new()).node {
            Node::Text(text) if !text.has_holes() => Some(text.joined()),
            _ => None,
        },
        None => Some(inputs.context_namespace.clone().unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned())),
    }
}

/// Reports variables that depend on the namespace, which is not known before them.
fn circular(tree: &Tree, run: &mut Value, found: &mut Diagnostics) {
    let references = tree.get("vars").map(template::references).unwrap_or_default();
    let on_namespace = references.iter().filter(|reference| {
        reference.root.value == "run" && reference.names.first().is_some_and(|name| name.value == "namespace")
    });
    for reference in on_namespace {
        // It is told once, and not that there is none.
        run["namespace"] = json!("");
        let message = "this depends on the namespace, and the namespace on variables";
        let mut finding = Diagnostic::error(Code::UnknownName, reference.span, message);
        if let Some(namespace) = tree.get("namespace") {
            finding = finding.related(namespace.span, "the namespace");
        }
        found.push(finding.help("Let one of them be plain."));
    }
}

/// What a run needs before its first step.
const AT_ONCE: [&str; 9] =
    ["apiVersion", "kind", "name", "description", "tags", "namespace", "timeout", "defaults", "rehearsal"];

/// Reports what must be known at once and is known only later. It is left out, as is what an unset variable leaves open.
fn at_once(expanded: &mut Tree, scope: &Scope, found: &mut Diagnostics) {
    let Node::Map(entries) = &mut expanded.node else { return };
    entries.retain(|entry| {
        let open = AT_ONCE.contains(&entry.key.as_str()) && entry.value.has_holes();
        if open {
            let references = template::references(&entry.value);
            let late = references.iter().find(|reference| scope.late.contains(reference.root.as_str()));
            found.extend(late.map(|reference| {
                let message = format!(
                    "`{}` must be known before the run begins, and `{}` is not",
                    entry.key, reference.root.value
                );
                Diagnostic::error(Code::BadExpression, reference.span, message)
                    .help("Use `vars`, `env` or `run`.")
            }));
        }
        !open
    });
}

fn number(phase: Phase, steps: &[WrittenStep]) -> Vec<Step> {
    let numbered = steps.iter().zip(1..);
    numbered
        .map(|(step, number)| Step {
            path: StepPath { phase, index: vec![number], iteration: Vec::new() },
            title: String::new(),
            action: step.action.clone(),
            envelope: step.envelope.clone(),
            verb: step.verb,
            span: step.span,
        })
        .collect()
}

fn secrets(tree: &Tree, inputs: &Inputs) -> Vec<String> {
    let names: BTreeSet<String> = template::references(tree)
        .into_iter()
        .filter(|reference| reference.root.value == "secrets")
        .filter_map(|reference| reference.names.first().map(|name| name.value.clone()))
        .collect();
    names.iter().filter_map(|name| inputs.env.get(name).cloned()).collect()
}

fn file_stem(name: &str) -> String {
    let path = std::path::Path::new(name);
    path.file_stem().map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// The value of a late field when it is known, else nothing: what a plan can check.
pub(crate) fn known<T>(field: Option<&Late<T>>) -> Option<&T> {
    field.and_then(Late::known)
}
