//! The columns of the kinds the server has of itself.
//! It must never know a cell.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::json::{Value, json};

use super::super::resource::Resource;

const TABLE: &str = include_str!("columns.table");

/// The columns of a kind.
pub fn of(resource: &Resource) -> Value {
    let key = match resource.group.as_str() {
        "" => resource.plural.clone(),
        group => format!("{group}/{}", resource.plural),
    };
    all().get(key.as_str()).cloned().unwrap_or_else(plain)
}

/// Whether the kind has columns of its own.
pub fn known(resource: &Resource) -> bool {
    let full = [resource.group.as_str(), resource.plural.as_str()].join("/");
    all().contains_key(full.trim_start_matches('/'))
}

/// A column.
pub fn column(name: &str, kind: &str, format: &str, priority: i64, description: &str) -> Value {
    json!({ "name": name, "type": kind, "format": format, "description": description, "priority": priority })
}

/// Name and time of creation: all there is to say of any object.
fn plain() -> Value {
    json!([name(), column("Created At", "date", "", 0, &creation())])
}

/// The first column of every table.
pub fn name() -> Value {
    let pods = all().get("pods").and_then(|columns| columns.get(0)).cloned();
    pods.unwrap_or_else(|| column("Name", "string", "name", 0, ""))
}

/// What the time of creation is said to be.
pub fn creation() -> String {
    let age = all().get("configmaps").and_then(|columns| columns.get(2));
    age.and_then(|age| age["description"].as_str()).unwrap_or_default().to_owned()
}

fn all() -> &'static BTreeMap<&'static str, Value> {
    static ALL: OnceLock<BTreeMap<&'static str, Value>> = OnceLock::new();
    ALL.get_or_init(|| {
        let (mut all, mut shared, mut key) = (BTreeMap::new(), BTreeMap::new(), "");
        for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some((number, text)) = line.strip_prefix('*').and_then(|line| line.split_once(' ')) {
                shared.insert(number, text);
            } else if let Some(named) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                key = named;
            } else if let [name, kind, format, priority, description] =
                line.splitn(5, '|').collect::<Vec<_>>().as_slice()
            {
                let told = description.strip_prefix('*').and_then(|number| shared.get(number));
                let told = told.copied().unwrap_or(description);
                let columns = all.entry(key).or_insert_with(|| json!([]));
                if let Some(columns) = columns.as_array_mut() {
                    columns.push(column(
                        name,
                        kind,
                        format,
                        priority.parse().unwrap_or_default(),
                        &told.replace("\\n", "\n"),
                    ));
                }
            }
        }
        all
    })
}
