//! Tables of the event format, read from the source of its types: names, types and documentation as they stand there.
//! It must never know what happens in a run.

use std::collections::BTreeMap;

/// The generated parts of `docs/events.md`, in their order.
pub const PARTS: &[&str] = &["envelope", "events", "values", "words"];

const SOURCES: &[&str] = &[
    include_str!("../../src/event/mod.rs"),
    include_str!("../../src/event/kind.rs"),
    include_str!("../../src/event/failure.rs"),
    include_str!("../../src/source/position.rs"),
];

/// Something with fields, or a word of a closed set.
#[derive(Debug, Default)]
struct Item {
    doc: String,
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    name: String,
    kind: String,
    doc: String,
    optional: bool,
}

/// The types of the format: structs by name, and enums as lists of variants.
#[derive(Debug, Default)]
struct Types {
    structs: BTreeMap<String, Item>,
    enums: BTreeMap<String, (String, Vec<(String, Item)>)>,
}

/// A generated part.
pub fn part(name: &str) -> Option<String> {
    let types = read();
    Some(match name {
        "envelope" => fields(&types.structs.get("Event")?.fields, &types),
        "events" => {
            let (_, kinds) = types.enums.get("EventKind")?;
            let sections = kinds.iter().map(|(name, kind)| {
                format!("### `{}`\n\n{}\n\n{}", kebab(name), kind.doc, fields(&kind.fields, &types))
            });
            sections.collect::<Vec<_>>().join("\n\n")
        }
        "values" => {
            let named = types.structs.iter().filter(|(name, _)| *name != "Event");
            named
                .map(|(name, item)| format!("### {name}\n\n{}\n\n{}", item.doc, fields(&item.fields, &types)))
                .collect::<Vec<_>>()
                .join("\n\n")
        }
        "words" => {
            let named = types.enums.iter().filter(|(name, _)| *name != "EventKind");
            named
                .map(|(name, (doc, words))| {
                    let rows: Vec<String> = words
                        .iter()
                        .map(|(word, item)| format!("| `{}` | {} |", kebab(word), item.doc))
                        .collect();
                    format!("### {name}\n\n{doc}\n\n| word | meaning |\n|---|---|\n{}", rows.join("\n"))
                })
                .collect::<Vec<_>>()
                .join("\n\n")
        }
        _ => return None,
    })
}

fn fields(fields: &[Field], types: &Types) -> String {
    let mut rows = vec!["| field | is | meaning |".to_owned(), "|---|---|---|".to_owned()];
    for field in fields {
        let name = if field.name == "kind" { "type".to_owned() } else { field.name.clone() };
        let optional = if field.optional { ", or left out" } else { "" };
        rows.push(format!("| `{name}` | {}{optional} | {} |", words(&field.kind, types), field.doc));
    }
    rows.join("\n")
}

/// A type of the source in words, with a link where it is one of the format's own.
fn words(kind: &str, types: &Types) -> String {
    let inside = |outer: &str| kind.strip_prefix(outer)?.strip_suffix('>');
    if let Some(inner) = inside("Option<") {
        return words(inner, types);
    }
    if let Some(inner) = inside("Vec<") {
        return format!("list of {}", words(inner, types));
    }
    match kind {
        "String" | "Text" => "text".into(),
        "bool" => "boolean".into(),
        "Map" => "mapping of names to any value".into(),
        "EventKind" => "text; its fields stand beside it".into(),
        number if number.starts_with(['u', 'i']) && number.len() <= 5 => "number".into(),
        own if types.structs.contains_key(own) || types.enums.contains_key(own) => {
            format!("[{own}](#{})", own.to_lowercase())
        }
        other => panic!("the documentation has no words for the type {other}"),
    }
}

fn read() -> Types {
    let mut types = Types::default();
    for source in SOURCES {
        let source = source.split("#[cfg(test)]").next().unwrap_or(source);
        let mut lines = source.lines().peekable();
        let mut doc = Vec::new();
        while let Some(line) = lines.next() {
            let text = line.trim();
            if let Some(comment) = text.strip_prefix("/// ") {
                doc.push(comment.to_owned());
            } else if let Some(name) =
                line.strip_prefix("pub struct ").and_then(|rest| rest.strip_suffix(" {"))
            {
                let fields = read_fields(&mut lines, "}");
                types.structs.insert(name.to_owned(), Item { doc: doc.join(" "), fields });
                doc.clear();
            } else if let Some(name) = line.strip_prefix("pub enum ").and_then(|rest| rest.strip_suffix(" {"))
            {
                types.enums.insert(name.to_owned(), (doc.join(" "), read_variants(&mut lines)));
                doc.clear();
            } else if !text.starts_with("#[") {
                doc.clear();
            }
        }
    }
    // What is shown is what is serialized.
    types.structs.retain(|name, _| name != "Masks" && name != "Recorder");
    types
}

type Lines<'l> = std::iter::Peekable<std::str::Lines<'l>>;

fn read_fields(lines: &mut Lines<'_>, end: &str) -> Vec<Field> {
    let mut fields = Vec::new();
    let (mut doc, mut optional) = (Vec::new(), false);
    for line in lines.by_ref() {
        let text = line.trim().trim_start_matches("pub ");
        if text == end || text == format!("{end},") {
            break;
        } else if let Some(comment) = text.strip_prefix("/// ") {
            doc.push(comment.to_owned());
        } else if text.starts_with("#[") {
            optional |= text.contains("skip_serializing_if");
        } else if let Some((name, kind)) = text.trim_end_matches(',').split_once(": ") {
            fields.push(Field { name: camel(name), kind: kind.to_owned(), doc: doc.join(" "), optional });
            (doc, optional) = (Vec::new(), false);
        }
    }
    fields
}

fn read_variants(lines: &mut Lines<'_>) -> Vec<(String, Item)> {
    let mut variants = Vec::new();
    let mut doc = Vec::new();
    while let Some(line) = lines.next() {
        let text = line.trim();
        if line == "}" {
            break;
        } else if let Some(comment) = text.strip_prefix("/// ") {
            doc.push(comment.to_owned());
        } else if let Some(name) = text.strip_suffix(" {") {
            let fields = read_fields(lines, "}");
            variants.push((name.to_owned(), Item { doc: doc.join(" "), fields }));
            doc.clear();
        } else if let Some(name) = text.strip_suffix(',') {
            variants.push((name.to_owned(), Item { doc: doc.join(" "), ..Item::default() }));
            doc.clear();
        }
    }
    variants
}

/// `resource_version` as it is serialized: `resourceVersion`.
fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| {
        let (head, tail) = part.split_at(part.len().min(1));
        name + &head.to_uppercase() + tail
    })
}

/// `RunStarted` as it is serialized: `run-started`.
fn kebab(name: &str) -> String {
    let mut out = String::new();
    for char in name.chars() {
        if char.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(char.to_lowercase());
    }
    out
}
