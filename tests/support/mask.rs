//! What is told of a run without what differs from one run, or one cluster, to the next.
//! It must never hide words that a user would miss.

use regex::{Captures, Regex};
use seldonplay::event::{Event, EventKind, Phase};
use seldonplay::json::{Value, json};

/// The letters of generated names.
const SAFE: &str = "[bcdfghjklmnpqrstvwxz2456789]";

/// Masks what is told in one run.
pub struct Mask {
    /// Texts of this run and what stands for them.
    own: Vec<(String, &'static str)>,
    patterns: Vec<(Regex, &'static str)>,
    took: Regex,
    /// The first line of a diagnosis.
    sentence: Regex,
    /// Whether a deadline of its own bounds all steps.
    bounded: bool,
}

impl Mask {
    /// A mask for a run in a namespace, under an id.
    pub fn new(namespace: &str, run: &str, bounded: bool) -> Result<Mask, regex::Error> {
        let patterns = [
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z".to_owned(), "TIME"),
            ("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".to_owned(), "UID"),
            (format!(r"-{SAFE}{{8,10}}-{SAFE}{{5}}\b"), "-HASH-POD"),
            (format!(r"-{SAFE}{{8,10}}\b"), "-HASH"),
            (r"127\.0\.0\.1:\d+".to_owned(), "SERVER"),
            (r"resourceVersion \d+".to_owned(), "resourceVersion VERSION"),
            (r"with \d+ owned objects?".to_owned(), "with COUNT owned objects"),
            (r"could not be reached for \d+s".to_owned(), "could not be reached for TIME"),
            // Simulated kubelets do not say what a probe was answered.
            (": HTTP probe failed with statuscode: 503".to_owned(), ""),
        ];
        let patterns = patterns
            .into_iter()
            .map(|(pattern, instead)| Ok((Regex::new(&pattern)?, instead)))
            .collect::<Result<_, regex::Error>>()?;
        Ok(Mask {
            own: vec![(namespace.to_owned(), "case-namespace"), (run.to_owned(), "run-id")],
            patterns,
            took: Regex::new(r"(?: {2,}| · )(?:\d+\.\d+s|\d+m \d+s)( · exit code \d+)?$")?,
            sentence: Regex::new(r"^  [A-Z][A-Za-z]+/\S+: ")?,
            bounded,
        })
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (own, instead) in &self.own {
            text = text.replace(own, instead);
        }
        for (pattern, instead) in &self.patterns {
            text = pattern.replace_all(&text, *instead).into_owned();
        }
        text
    }

    /// What the console says, without where steps stood and without how long things took.
    pub fn console(&self, text: &str) -> String {
        let mut lines = String::new();
        let mut in_progress = false;
        let mut in_diagnosis = false;
        for line in text.lines() {
            // Every line begins with its time.
            let line = line.split_once(' ').map_or("", |(_, line)| line);
            // Below a line of progress stands what is not met yet.
            in_progress = line.starts_with('…') || in_progress && is_unmet(line);
            // What shows a diagnosis are states and events of that moment; the sentence and what to try are always the same.
            let shows = line.starts_with("    ")
                && !["try: ", "also: ", "so: "].iter().any(|word| line[4..].starts_with(word));
            if in_diagnosis && shows {
                continue;
            }
            in_diagnosis = self.sentence.is_match(line) || in_diagnosis && line.starts_with("    ");
            if in_progress
                || line.trim_start().starts_with(['~', '›', '┊'])
                || line.contains(" is not shown: ")
                || line.trim_start_matches("    ").starts_with("│ ")
                || line.contains(" requests (")
            {
                continue;
            }
            let line = self.took.replace(line, |found: &Captures<'_>| match found.get(1) {
                Some(code) => code.as_str().to_owned(),
                None => String::new(),
            });
            lines.push_str(self.text(&line).trim_end());
            lines.push('\n');
        }
        lines
    }

    /// An event as a line; none for those that a cluster decides.
    pub fn event(&self, event: &Event) -> Option<String> {
        let seen = matches!(
            event.kind,
            EventKind::ObjectSeen { .. }
                | EventKind::ConditionChanged { .. }
                | EventKind::ReplicasChanged { .. }
                | EventKind::ContainerChanged { .. }
                | EventKind::ClusterEvent { .. }
                | EventKind::Described { .. }
                | EventKind::LogLine { .. }
        );
        if seen || matches!(event.kind, EventKind::StepProgress { .. } | EventKind::TransportTrouble { .. }) {
            return None;
        }
        let Ok(Value::Object(all)) = Value::of(event) else { return None };
        let is_handler = event.step.as_ref().is_some_and(|step| step.phase != Phase::Steps);
        let mut line = seldonplay::json::Map::new();
        line.insert("type".into(), all.get("type").cloned().unwrap_or_default());
        for (key, value) in all {
            let ours = matches!(key.as_str(), "version" | "seq" | "at" | "elapsedMs" | "run" | "type");
            let clusters = matches!(
                key.as_str(),
                "durationMs"
                    | "resourceVersion"
                    | "evidence"
                    | "requests"
                    | "tool"
                    | "seed"
                    | "cluster"
                    | "mode"
            );
            // A deadline that comes from outside of the step leaves it whatever time is left.
            let left = key == "deadlineMs" && (self.bounded || is_handler);
            if !ours && !clusters && !left {
                line.insert(key.clone(), short(&key, value));
            }
        }
        let line = Value::Object(line).to_string();
        Some(self.text(&line))
    }
}

/// Whether a line is a comparison below a step: notes begin with a mark, comparisons with the object's kind.
fn is_unmet(line: &str) -> bool {
    line.strip_prefix("    ").is_some_and(|line| line.starts_with(|first: char| first.is_ascii_uppercase()))
}

/// A value in short: a step by its number, a place by its line, of the playbook its name.
fn short(key: &str, value: Value) -> Value {
    match (key, value) {
        ("playbook", playbook) => playbook["name"].clone(),
        ("step", Value::Object(step)) => {
            let index: Vec<String> =
                step["index"].as_array().into_iter().flatten().map(Value::to_string).collect();
            match step["phase"].as_str() {
                Some("steps") | None => json!(index.join(".")),
                Some(phase) => json!(format!("{phase} {}", index.join("."))),
            }
        }
        ("place", place) => json!(format!(
            "{}:{}:{}",
            place["file"].as_str().unwrap_or_default(),
            place["line"],
            place["column"]
        )),
        (_, Value::Object(map)) => {
            let shortened = map.into_iter().map(|(key, value)| (key.clone(), short(&key, value)));
            Value::Object(shortened.collect())
        }
        (_, Value::Array(items)) => items.into_iter().map(|item| short("", item)).collect(),
        (_, value) => value,
    }
}
