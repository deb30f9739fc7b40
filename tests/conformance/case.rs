//! A case as it is written: what is asked of an API server, and what a real one answered.
//! It must never know which server is asked.

use super::yaml;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the cases are, relative to the package.
pub const FOLDER: &str = "tests/conformance";
/// Divides what a person wrote from what was recorded.
const DIVIDER: &str = "\n---\n";
/// What is asked for unless a step says otherwise.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];

/// A behaviour of API servers.
#[derive(Debug)]
pub struct Case {
    /// The folder's name.
    pub area: String,
    /// `AREA/NAME`.
    pub name: String,
    /// The behaviour in a sentence.
    pub about: String,
    /// Why the embedded server knowingly answers otherwise.
    pub differs: Option<String>,
    /// CustomResourceDefinitions that are there before anything is asked: their specs, with what goes without saying left out.
    pub kinds: Vec<Value>,
    /// What must come about first; the answers are not looked at, but have to be good ones.
    pub given: Vec<Step>,
    /// What is asked, each with its answer.
    pub steps: Vec<Step>,
    /// The answers of a real control plane, masked; one for each step. Nothing if it was never asked.
    pub answers: Option<Vec<Value>>,
    path: PathBuf,
    written: String,
}

/// One thing that is done.
#[derive(Debug)]
pub struct Step {
    /// What.
    pub deed: Deed,
    /// JSON pointers, or JSONPaths where they begin with `$`: what is looked at of the answer; all of it if there are none.
    pub look: Vec<String>,
    /// Words to be used later as `${WORD}`, by the pointer where they stand in the answer.
    pub save: BTreeMap<String, String>,
    /// The request is repeated until the answer has these values at these pointers; `code` is the answer's code.
    pub until: Option<Map<String, Value>>,
}

/// What a step does.
#[derive(Debug)]
pub enum Deed {
    /// Sends a request and reads the whole answer.
    Send(Request),
    /// Opens a watch under a name, to be read later.
    Open(Request, String),
    /// Opens a watch, reads events and ends it.
    Watch(Request, Take),
    /// Reads events of an open watch.
    Events(String, Take),
}

/// How many events are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// So many.
    Count(usize),
    /// All until the server ends the watch.
    End,
}

/// A request. Paths, headers and bodies may hold `${WORD}`.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    /// With its query.
    pub path: String,
    /// A text is sent as it is, anything else as JSON.
    pub body: Option<Value>,
    pub headers: BTreeMap<String, String>,
}

impl Case {
    /// Every case, by name; those alone whose names hold what `CASE` says, if it is set. The error names the file.
    pub fn all() -> Result<Vec<Case>, String> {
        let only = std::env::var("CASE").unwrap_or_default();
        let mut cases = Vec::new();
        for area in entries(Path::new(FOLDER))?.into_iter().filter(|path| path.is_dir()) {
            for path in entries(&area)? {
                let text =
                    std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                let case =
                    Case::read(&path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
                if case.name.contains(&only) {
                    cases.push(case);
                }
            }
        }
        Ok(cases)
    }

    fn read(path: &Path, text: &str) -> Result<Case, String> {
        let (written, recorded) = match text.split_once(DIVIDER) {
            Some((written, recorded)) => (format!("{written}\n"), Some(recorded)),
            None => (text.to_owned(), None),
        };
        let Value::Object(mut keys) = yaml::read(&written)? else { return Err("it is no mapping".into()) };
        let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let area = part(path.parent().and_then(Path::file_name));
        let case = Case {
            name: format!("{area}/{}", part(path.file_stem())),
            area,
            about: text_of(keys.remove("about")).ok_or("`about` says what it is about")?,
            differs: text_of(keys.remove("differs")),
            kinds: list(keys.remove("kinds"))?,
            given: list(keys.remove("given"))?.into_iter().map(Step::read).collect::<Result<_, _>>()?,
            steps: list(keys.remove("steps"))?.into_iter().map(Step::read).collect::<Result<_, _>>()?,
            answers: recorded.map(|recorded| list(Some(yaml::read(recorded)?))).transpose()?,
            path: path.to_owned(),
            written,
        };
        nothing_left(&keys)?;
        if case.steps.is_empty() { Err("it asks nothing".into()) } else { Ok(case) }
    }

    /// A case that was not written by anybody.
    pub fn made(name: &str, kinds: Vec<Value>, steps: Vec<Step>) -> Case {
        Case {
            area: String::new(),
            name: name.to_owned(),
            about: String::new(),
            differs: None,
            kinds,
            given: Vec::new(),
            steps,
            answers: None,
            path: PathBuf::new(),
            written: String::new(),
        }
    }

    /// Whether it writes nothing but what nobody else acts upon, so that it can be taken away again without a trace.
    pub fn is_alone(&self) -> bool {
        let alone = [
            "${core}/configmaps",
            "${core}/secrets",
            "${core}/events",
            "${custom}/",
            "${crds}",
            "/apis/${group}/",
        ];
        self.given.iter().chain(&self.steps).all(|step| match &step.deed {
            Deed::Send(request) if request.method != "GET" => {
                alone.iter().any(|begin| request.path.starts_with(begin))
            }
            _ => true,
        })
    }

    /// Keeps answers as the right ones, unless they were that before.
    pub fn record(&self, answers: &[Value]) -> Result<(), String> {
        if self.answers.as_deref() == Some(answers) {
            return Ok(());
        }
        let answers = Value::Array(answers.to_vec());
        let recorded = yaml::write(&answers);
        if yaml::read(&recorded)? != answers {
            return Err(format!(
                "{}: what would be written is not what was answered:\n{recorded}",
                self.name
            ));
        }
        let text = format!("{}{DIVIDER}{recorded}", self.written.trim_end());
        std::fs::write(&self.path, text).map_err(|error| format!("{}: {error}", self.path.display()))
    }
}

impl Step {
    fn read(step: Value) -> Result<Step, String> {
        let Value::Object(mut keys) = step else { return Err(format!("this is no step: {step}")) };
        let head = keys.keys().find(|key| key.contains(' ')).cloned();
        let head = head.ok_or_else(|| format!("nothing is asked: {keys:?}"))?;
        let body = keys.shift_remove(&head).filter(|body| !body.is_null());
        let (word, path) = head.split_once(' ').ok_or("nothing is asked")?;
        let take = match keys.remove("take") {
            None => None,
            Some(Value::String(end)) if end == "end" => Some(Take::End),
            Some(count) => {
                let count = count.as_u64().and_then(|count| usize::try_from(count).ok());
                Some(Take::Count(count.ok_or("`take` is a number, or `end`")?))
            }
        };
        let mut headers = BTreeMap::from([("accept".to_owned(), "application/json".to_owned())]);
        if let Some(Value::Object(given)) = keys.remove("headers") {
            headers.extend(given.into_iter().filter_map(|(name, value)| Some((name, text_of(Some(value))?))));
        }
        if let Some(accept) = text_of(keys.remove("accept")) {
            headers.insert("accept".into(), media_type(&accept));
        }
        if let Some(content) =
            text_of(keys.remove("type")).or_else(|| body.as_ref().map(|_| "json".to_owned()))
        {
            headers.insert("content-type".into(), content_type(&content, word));
        }
        let request = |method: &str| Request {
            method: method.to_owned(),
            path: path.to_owned(),
            body: body.clone(),
            headers: headers.clone(),
        };
        let deed = match (word, text_of(keys.remove("as")), take) {
            ("WATCH", Some(name), None) => Deed::Open(request("GET"), name),
            ("WATCH", None, Some(take)) => Deed::Watch(request("GET"), take),
            ("EVENTS", None, Some(take)) => Deed::Events(path.to_owned(), take),
            (method, None, None) if METHODS.contains(&method) => Deed::Send(request(method)),
            _ => return Err(format!("`{head}` cannot be done so")),
        };
        let step = Step {
            deed,
            look: list(keys.remove("look"))?.into_iter().filter_map(|look| text_of(Some(look))).collect(),
            save: match keys.remove("save") {
                Some(Value::Object(save)) => {
                    save.into_iter().filter_map(|(word, place)| Some((word, text_of(Some(place))?))).collect()
                }
                _ => BTreeMap::new(),
            },
            until: match keys.remove("until") {
                Some(Value::Object(until)) => Some(until),
                None => None,
                Some(other) => return Err(format!("`until` is {other}")),
            },
        };
        nothing_left(&keys)?;
        Ok(step)
    }
}

/// What a body is, by its short name; or as it stands.
fn content_type(word: &str, method: &str) -> String {
    match (word, method) {
        ("json", "PATCH") => "application/json-patch+json".into(),
        ("json", _) => "application/json".into(),
        ("merge", _) => "application/merge-patch+json".into(),
        ("strategic", _) => "application/strategic-merge-patch+json".into(),
        ("apply", _) => "application/apply-patch+yaml".into(),
        (other, _) => other.into(),
    }
}

/// What is wanted, by its short name; or as it stands.
fn media_type(word: &str) -> String {
    match word {
        "table" | "metadata" | "metadata-list" => {
            let kind = match word {
                "table" => "Table",
                "metadata" => "PartialObjectMetadata",
                _ => "PartialObjectMetadataList",
            };
            format!("application/json;as={kind};g=meta.k8s.io;v=v1")
        }
        other => other.into(),
    }
}

fn text_of(value: Option<Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

fn list(value: Option<Value>) -> Result<Vec<Value>, String> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => Ok(list),
        Some(other) => Err(format!("this is no list: {other}")),
    }
}

fn nothing_left(keys: &Map<String, Value>) -> Result<(), String> {
    match keys.keys().next() {
        Some(key) => Err(format!("`{key}` says nothing here")),
        None => Ok(()),
    }
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}
