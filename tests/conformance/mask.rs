//! What differs from one server, one run, one moment to the next, made the same: times, uids, versions, generated names, the namespace.
//! Uids and objects' versions become numbers in the order in which they come, so that what must be the same, or another, still can be seen.

use regex::{Captures, Regex};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What is masked in a case, and as what.
pub struct Mask {
    /// The namespace, and names that the server made up: with what stands for them.
    names: Vec<(String, String)>,
    uids: BTreeMap<String, usize>,
    versions: BTreeMap<String, usize>,
    /// Which columns of a Table hold ages: a watch tells its columns once.
    dates: Vec<usize>,
}

static UID: LazyLock<Regex> = LazyLock::new(|| pattern("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"));
static TIME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"));
static AGE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d+[smhd])+$"));
/// A version in a message.
static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"([vV]ersion:? |record \(|precondition \(|current: |\()\d+"));

impl Mask {
    /// Nothing was seen yet but the names of the namespace and of the group of custom kinds.
    pub fn new(namespace: &str, group: &str) -> Mask {
        Mask {
            names: vec![
                (group.to_owned(), "NS.example.com".to_owned()),
                (namespace.to_owned(), "NS".to_owned()),
            ],
            uids: BTreeMap::new(),
            versions: BTreeMap::new(),
            dates: Vec::new(),
        }
    }

    /// An answer's body or an event's object, masked.
    pub fn mask(&mut self, mut value: Value) -> Value {
        self.value(&mut value);
        value
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::Object(_) => self.object(value),
            Value::Array(list) => list.iter_mut().for_each(|value| self.value(value)),
            Value::String(text) => *text = self.text(text),
            _ => {}
        }
    }

    fn object(&mut self, value: &mut Value) {
        self.metadata(value);
        if let Some(hash) = value.get_mut("storageVersionHash") {
            *hash = "HASH".into();
        }
        self.ages(value);
        conflicts(value);
        let status = value["kind"] == "Status";
        let Value::Object(map) = value else { return };
        *map = std::mem::take(map)
            .into_iter()
            .map(|(key, mut value)| {
                self.value(&mut value);
                (self.text(&key), value)
            })
            .collect();
        if let Some(Value::String(message)) = map.get_mut("message").filter(|_| status) {
            *message = NUMBER.replace_all(message, "${1}NUMBER").into_owned();
        }
    }

    /// Versions, tokens, made-up names, and the order of managers, which is that of their times.
    fn metadata(&mut self, value: &mut Value) {
        let Some(Value::Object(metadata)) = value.get_mut("metadata") else { return };
        let whole = metadata.contains_key("uid");
        if let Some(Value::String(version)) = metadata.get_mut("resourceVersion")
            && !version.is_empty()
        {
            let next = self.versions.len() + 1;
            *version = match whole {
                true => format!("V{}", self.versions.entry(version.clone()).or_insert(next)),
                false => "VERSION".into(),
            };
        }
        if let Some(Value::String(token)) = metadata.get_mut("continue")
            && !token.is_empty()
        {
            *token = "CONTINUE".into();
        }
        let text = |key: &str| metadata.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let (Some(prefix), Some(name)) = (text("generateName"), text("name"))
            && name.len() == prefix.len() + 5
            && name.starts_with(prefix)
        {
            self.names.push((name.to_owned(), format!("{prefix}?????")));
        }
        if let Some(Value::Array(fields)) = metadata.get_mut("managedFields") {
            let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            fields.sort_by_key(|entry| {
                ["operation", "manager", "subresource", "apiVersion"].map(|key| text(entry, key))
            });
        }
    }

    fn text(&mut self, text: &str) -> String {
        if let Some(found) = TIME.captures(text) {
            return if found.get(1).is_some() { "MICROTIME" } else { "TIME" }.to_owned();
        }
        let uids = &mut self.uids;
        let mut text = UID.replace_all(text, |found: &Captures<'_>| {
            let next = uids.len() + 1;
            format!("UID{}", uids.entry(found[0].to_owned()).or_insert(next))
        });
        for (name, mask) in &self.names {
            if text.contains(name.as_str()) {
                text = text.replace(name.as_str(), mask).into();
            }
        }
        text.into_owned()
    }

    /// Hides how old things are in a Table.
    fn ages(&mut self, table: &mut Value) {
        if table["kind"] != "Table" {
            return;
        }
        if let Some(columns) = table["columnDefinitions"].as_array() {
            let dates = columns.iter().enumerate();
            let dates = dates.filter(|(_, column)| column["name"] == "Age" || column["type"] == "date");
            self.dates = dates.map(|(index, _)| index).collect();
        }
        let rows = table.get_mut("rows").and_then(Value::as_array_mut).into_iter().flatten();
        for cells in rows.filter_map(|row| row.get_mut("cells").and_then(Value::as_array_mut)) {
            for index in &self.dates {
                if let Some(cell) = cells.get_mut(*index)
                    && cell.as_str().is_some_and(|text| AGE.is_match(text))
                {
                    *cell = "AGE".into();
                }
            }
        }
    }
}

/// Conflicts with several managers come in any order of these: they are put in one.
fn conflicts(status: &mut Value) {
    if status["reason"] != "Conflict" {
        return;
    }
    let Some(causes) = status.pointer_mut("/details/causes").and_then(Value::as_array_mut) else { return };
    let manager = |cause: &Value| cause["message"].as_str().unwrap_or_default().to_owned();
    causes.sort_by_key(manager);
    let several = causes.first().map(manager) != causes.last().map(manager);
    if let Some(Value::String(message)) = status.get_mut("message").filter(|_| several) {
        let (head, list) = message.split_once(": ").unwrap_or((message, ""));
        let mut lines: Vec<&str> = list.lines().collect();
        lines.sort_unstable();
        *message = format!("{head}: {}", lines.join("\n"));
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("it is a pattern")
}
