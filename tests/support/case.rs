//! A case as it is written: its folder, and what `case.yaml` says.
//! It must never know how it is run.

use seldonplay::json::Value;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A case.
pub struct Case {
    /// The folder's name.
    pub name: String,
    /// The folder, relative to the package.
    pub folder: PathBuf,
    /// The exit code.
    pub exit: u8,
    /// `--set`.
    pub set: Vec<String>,
    /// `-f`, paths in the folder.
    pub filename: Vec<String>,
    /// What `env` and `secrets` name.
    pub env: BTreeMap<String, String>,
    /// `--timeout`.
    pub timeout: Option<Duration>,
    /// `--grace`.
    pub grace: Duration,
    /// Whether every object and comparison is told (`--verbose`).
    pub verbose: bool,
    /// Whether the one who is asked says yes.
    pub answer: bool,
    /// Whether it runs as a user without rights.
    pub guest: bool,
    /// Whether it takes long, so that it begins before others.
    pub slow: bool,
    /// Whether others would notice it on the same cluster, so that it runs alone when they are done.
    pub alone: bool,
    /// Whether its namespace is not made.
    pub homeless: bool,
    /// Whether the cluster is reached through a proxy that the second actor can break.
    pub proxy: bool,
    /// How long it takes at the least if what it says is true.
    pub at_least: Option<Duration>,
    /// How long it may take.
    pub at_most: Option<Duration>,
    /// What a second actor does before the run, during it, while the run asks, and after it.
    pub before: Vec<Deed>,
    pub meanwhile: Vec<Cue>,
    pub pauses: BTreeMap<String, Vec<Deed>>,
    pub afterwards: Vec<Deed>,
}

/// When something happens in the run, the second actor does something.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cue {
    /// The step, as `2` or `finally 1`; any if left out.
    #[serde(default)]
    pub step: Option<String>,
    /// The type of the event, such as `step-progress`.
    pub comes: String,
    /// What the event must say somewhere.
    #[serde(default)]
    pub saying: Option<String>,
    /// What it does then.
    #[serde(rename = "do")]
    pub deeds: Vec<Deed>,
}

/// What the second actor does.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Deed {
    /// Applies a file of the folder, or an object, as the field manager `somebody`.
    Apply(Value),
    /// Patches an object.
    Patch(Change),
    /// Deletes an object, `Kind/name`.
    Delete(String),
    /// Waits until an object has a value at a JSON Pointer.
    Until(Sight),
    /// Applies an object again and again until it is refused with certain words; what was let in is deleted.
    /// Admission hears of a quota later than whoever reads it.
    Refused(Refusal),
    /// The object has a value at a JSON Pointer at this moment.
    Sees(Sight),
    /// The object is not there at this moment.
    Misses(String),
    /// Ends the run as SIGINT would: `gracefully`, `soon`, `now`.
    Interrupt(Urgency),
    /// Ends the run as SIGTERM would.
    Terminate(Urgency),
    /// Cuts all connections.
    Cut(Nothing),
    /// Refuses new connections, or lets them through again.
    Refuse(bool),
    /// Swallows all answers, or lets them through again.
    Stall(bool),
    /// Waits.
    Sleep(String),
}

/// How soon a run is to end.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    Gracefully,
    Soon,
    Now,
}

/// All there is to say.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nothing {
    All,
}

/// A change of an object.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// `Kind/name`.
    pub target: String,
    /// A merge patch.
    pub merge: Value,
    /// Such as `status`.
    #[serde(default)]
    pub subresource: Option<String>,
}

/// What is not let in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The object.
    pub object: Value,
    /// What the refusal says somewhere.
    pub saying: String,
}

/// What is there to be seen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sight {
    /// `Kind/name`.
    pub target: String,
    /// A JSON Pointer.
    pub at: String,
    /// The value; `null` where there is none.
    pub is: Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct File {
    exit: u8,
    set: Vec<String>,
    filename: Vec<String>,
    env: BTreeMap<String, String>,
    timeout: Option<String>,
    grace: Option<String>,
    verbose: bool,
    refuses: bool,
    guest: bool,
    slow: bool,
    alone: bool,
    homeless: bool,
    proxy: bool,
    at_least: Option<String>,
    at_most: Option<String>,
    before: Vec<Deed>,
    meanwhile: Vec<Cue>,
    pauses: BTreeMap<String, Vec<Deed>>,
    afterwards: Vec<Deed>,
}

impl Case {
    /// All cases whose names hold the environment's `CASE`: the slow ones first, then by name.
    pub fn all() -> Vec<Case> {
        let wanted = std::env::var("CASE").unwrap_or_default();
        let folder = Path::new("tests/cases");
        let entries =
            std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut cases: Vec<Case> = entries
            .map(|entry| entry.unwrap_or_else(|error| panic!("{}: {error}", folder.display())).path())
            .filter(|path| path.join("playbook.yaml").is_file())
            .map(|path| Case::read(&path))
            .filter(|case| case.name.contains(&wanted))
            .collect();
        cases.sort_by(|a, b| b.slow.cmp(&a.slow).then_with(|| a.name.cmp(&b.name)));
        cases
    }

    fn read(folder: &Path) -> Case {
        let path = folder.join("case.yaml");
        let broken = |error: &dyn std::fmt::Display| -> ! { panic!("{}: {error}", path.display()) };
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => serde_yaml::from_str(&text).unwrap_or_else(|error| broken(&error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => File::default(),
            Err(error) => broken(&error),
        };
        let time = |text: String| length(&text).unwrap_or_else(|error| broken(&error));
        Case {
            name: folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            folder: folder.to_owned(),
            exit: file.exit,
            set: file.set,
            filename: file.filename,
            env: file.env,
            timeout: file.timeout.map(time),
            grace: file.grace.map_or(Duration::from_secs(30), time),
            verbose: file.verbose,
            answer: !file.refuses,
            guest: file.guest,
            slow: file.slow,
            alone: file.alone,
            homeless: file.homeless,
            proxy: file.proxy,
            at_least: file.at_least.map(time),
            at_most: file.at_most.map(time),
            before: file.before,
            meanwhile: file.meanwhile,
            pauses: file.pauses,
            afterwards: file.afterwards,
        }
    }

    /// The playbook, relative to the package.
    pub fn playbook(&self) -> PathBuf {
        self.folder.join("playbook.yaml")
    }

    /// The manifests in place of the playbook's.
    pub fn manifests(&self) -> Vec<PathBuf> {
        self.filename.iter().map(|name| self.folder.join(name)).collect()
    }

    /// What the command line would say of the playbook.
    pub fn arguments(&self) -> Vec<String> {
        let set = self.set.iter().flat_map(|set| ["--set".to_owned(), set.clone()]);
        let manifests = self.manifests().into_iter().map(|path| path.display().to_string());
        set.chain(manifests.flat_map(|path| ["-f".to_owned(), path])).collect()
    }

    /// What went wrong, with the case's name.
    pub fn failed(&self, told: &str) -> String {
        format!("=== {}\n{told}", self.name)
    }
}

/// A duration as playbooks write it.
pub fn length(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{text}: {error}"))
}
