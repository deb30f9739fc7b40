//! What was probably meant: near names, values in their right spelling, and where a misplaced field belongs.
//! It must never decide whether something is wrong.

use crate::json::{Map, Text, Value};

use super::cursor::Cursor;
use super::format::Format;
use super::schema::{Node, Schema, Type};

/// How alike two names must be (Jaro-Winkler) for one to be suggested for the other.
const ALIKE: f64 = 0.8;

/// The candidate most like `word`, whatever the case of its letters, if any is like it.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-', ' '], "");
    let word = plain(word);
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, &plain(candidate)), candidate))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Where a field of this name is known near a place that does not know it: JSON pointers of mappings, those above
/// the place first (nearest first), then mappings below it, down to two levels, that the object has or could have.
/// Items of lists stand as `-`.
pub fn homes(schema: &Schema, pointer: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut above = pointer;
    while let Some((parent, _)) = above.rsplit_once('/') {
        above = parent;
        if schema.at(above).is_some_and(|cursor| cursor.field(name).is_some()) {
            found.push(above.to_owned());
        }
    }
    if let Some(cursor) = schema.at(pointer) {
        below(cursor, pointer, name, 2, &mut found);
    }
    found
}

fn below(cursor: Cursor<'_>, pointer: &str, name: &str, depth: u8, found: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    for (field, next) in cursor.fields() {
        let (next, path) = match next.item() {
            Some(item) => (item, format!("{pointer}/{field}/-")),
            None => (next, format!("{pointer}/{field}")),
        };
        if next.field(name).is_some() {
            found.push(path);
        } else {
            below(next, &path, name, depth - 1, found);
        }
    }
}

/// A key of the mapping that was probably meant to be the missing field.
pub(super) fn misspelt(node: &Node, missing: &str, map: &Map) -> Option<String> {
    let strangers = map.keys().map(Text::as_str).filter(|key| node.under(key).is_none());
    nearest(missing, strangers).map(|key| format!("`{key}` is probably meant to be `{missing}`"))
}

/// The value in the spelling that the schema wants, as YAML.
pub(super) fn respelt(node: &Node, value: &Value) -> Option<String> {
    let wants = |kind: Type| node.types().contains(&kind);
    match value {
        Value::String(text) if wants(Type::Integer) => {
            text.trim().parse::<i64>().ok().map(|int| int.to_string())
        }
        Value::String(text) if wants(Type::Number) => {
            text.trim().parse::<f64>().ok().filter(|float| float.is_finite()).map(|float| float.to_string())
        }
        Value::String(text) if wants(Type::Boolean) => match text.to_lowercase().as_str() {
            "true" | "yes" | "on" => Some("true".into()),
            "false" | "no" | "off" => Some("false".into()),
            _ => None,
        },
        Value::Number(_) | Value::Bool(_) if wants(Type::String) => Some(format!("\"{value}\"")),
        _ => None,
    }
}

/// The types of a node in words: `a whole number or text`.
pub(super) fn types_in_words(node: &Node) -> String {
    if let Some(format) = node.format.filter(|format| format.is_text()) {
        return format.in_words().to_owned();
    }
    let word = |kind: &Type| match kind {
        Type::Object => "a mapping",
        Type::Array => "a list",
        Type::String => "text",
        Type::Integer => "a whole number",
        Type::Number => "a number",
        Type::Boolean => "true or false",
    };
    node.types().iter().map(word).collect::<Vec<_>>().join(" or ")
}

/// Names of fields in words, at most sixteen of them.
pub(super) fn fields_in_words<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.len() {
        0 => "no fields at all".into(),
        1..=16 => format!("one of {}", names.join(", ")),
        _ => "a known field".into(),
    }
}

impl Format {
    /// What text of this format is, in a few words.
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Format::DateTime => "a date and time such as 2030-01-31T12:00:00Z",
            Format::Date => "a date such as 2030-01-31",
            Format::Duration => "a duration such as 90s",
            Format::Byte => "base64",
            Format::Int32 | Format::Int64 => "a whole number",
            Format::Float | Format::Double => "a number",
            other => other.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_whatever_their_case() {
        assert_eq!(nearest("modelURI", ["modelUri", "name"]), Some("modelUri"));
        assert_eq!(nearest("component_specs", ["componentSpecs", "name"]), Some("componentSpecs"));
        assert_eq!(nearest("zebra", ["componentSpecs"]), None);
    }
}
