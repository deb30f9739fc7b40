//! `seldonplay kinds`
//! It must never know a rule: the table of kinds has them in words.

use super::screen::{say, tell, width};
use crate::event::Ending;
use crate::json::{Value, json};
use crate::kinds::status::{Field, Shape, condition_types};
use crate::kinds::{self, Knowledge, Observes};
use crate::playbook::suggest;
use clap::{Args, ValueEnum};

/// List the kinds that are known by heart, or tell the rules of one.
#[derive(Debug, Args)]
pub(super) struct KindsCommand {
    /// A kind, its plural or its short name, perhaps with its group: `SeldonDeployment`, `sdep`, `services.serving.knative.dev`.
    #[arg(value_name = "KIND")]
    kind: Option<String>,
    /// How it is printed: for people, or as JSON.
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl KindsCommand {
    pub(super) fn execute(self) -> Ending {
        let width = width(&std::io::stdout()).min(100);
        let Some(word) = &self.kind else {
            return say(&match self.format {
                Format::Text => list(),
                Format::Json => format!("{:#}\n", kinds::all().map(data).collect::<Value>()),
            });
        };
        let known = kinds::by_name(word);
        if known.is_none()
            && let Some(near) = suggest::nearest(word, names())
        {
            tell!("error: no kind is called `{word}`. Did you mean `{near}`?");
            return Ending::Invalid;
        }
        // Of a kind nobody knows the general rule holds.
        let rule = known.unwrap_or_else(|| kinds::of("", ""));
        say(&match self.format {
            Format::Text => told(rule, word, width),
            Format::Json => format!("{:#}\n", data(rule)),
        })
    }
}

fn names() -> impl Iterator<Item = &'static str> + Clone {
    kinds::all()
        .flat_map(|known| [known.kind, known.plural].into_iter().chain(known.short_names.iter().copied()))
}

/// Every kind in a line.
fn list() -> String {
    let rows: Vec<[String; 4]> =
        std::iter::once(["KIND", "API VERSION", "SHORT NAMES", "SCALE"].map(str::to_owned))
            .chain(kinds::all().map(|known| {
                let scale = if known.scalable { "yes" } else { "" };
                [known.kind.to_owned(), known.api_version(), known.short_names.join(","), scale.to_owned()]
            }))
            .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let lines = rows.iter().map(|[kind, version, short, scale]| {
        let line = format!("{kind:0$}  {version:1$}  {short:2$}  {scale}", widths[0], widths[1], widths[2]);
        format!("{}\n", line.trim_end())
    });
    let more = "\nFor any other kind the general rule holds: `seldonplay kinds Widget` tells it.\n";
    lines.collect::<String>() + more
}

/// The rules of a kind for people.
fn told(known: &Knowledge, asked: &str, width: usize) -> String {
    let mut text = match known.is_general() {
        true => format!("{asked} is not known by heart. Of such a kind the general rule holds.\n"),
        false => {
            let scope = if known.namespaced { "in a namespace" } else { "cluster-wide" };
            let names: Vec<&str> =
                [known.plural].into_iter().chain(known.short_names.iter().copied()).collect();
            let older = match known.versions {
                [] | [_] => String::new(),
                [_, older @ ..] => format!(" (and {})", older.join(", ")),
            };
            format!("{}  {}{older}  {}  {scope}\n", known.kind, known.api_version(), names.join(", "))
        }
    };
    let words = &known.words;
    let owns: Vec<&str> = known.owns.iter().map(|owned| owned.kind).collect();
    let mut entries = vec![("ready", words.ready.to_owned()), ("scaled", words.scaled.to_owned())];
    entries.extend([("scale", words.scale.to_owned()), ("fresh", words.fresh.to_owned())]);
    if !owns.is_empty() {
        entries.push((
            "owns",
            format!("May own {}: a `delete` waits until those are gone too.", owns.join(", ")),
        ));
    }
    entries.extend(known.status.map(|fields| ("status", status(fields))));
    for (name, words) in entries.iter().filter(|(_, words)| !words.is_empty()) {
        text.push_str(&paragraph(name, words, width));
    }
    text
}

/// What a status may hold, in a sentence or a few.
fn status(fields: &[Field]) -> String {
    if fields.is_empty() {
        return "It has none.".to_owned();
    }
    let words = |field: &Field| match field.shape {
        Shape::Word { known, closed } => {
            let more = if closed { "" } else { " …" };
            format!("{} ({}{more})", field.name, known.join(", "))
        }
        _ => field.name.to_owned(),
    };
    let is_number = |field: &&Field| matches!(field.shape, Shape::Count | Shape::Integer);
    let listed: Vec<String> = fields.iter().filter(|field| field.shape != Shape::Unset).map(words).collect();
    let absent: Vec<&str> = fields
        .iter()
        .filter(|field| field.left_out && field.name != "observedGeneration")
        .filter(is_number)
        .map(|field| field.name)
        .collect();
    let unset: Vec<&str> =
        fields.iter().filter(|field| field.shape == Shape::Unset).map(|field| field.name).collect();
    let mut text = format!("{}.", listed.join(", "));
    if !absent.is_empty() {
        text.push_str(&format!(" Left out when it is 0: {}.", absent.join(", ")));
    }
    if !unset.is_empty() {
        text.push_str(&format!(" Never set: {}.", unset.join(", ")));
    }
    match condition_types(fields) {
        Some(([], _)) => text.push_str(" No conditions are set."),
        Some((types, closed)) => {
            let more = if closed { "" } else { ", and perhaps others" };
            text.push_str(&format!(" Conditions: {}{more}.", types.join(", ")));
        }
        None => {}
    }
    text
}

/// A name with its words beside it, broken into lines.
fn paragraph(name: &str, words: &str, width: usize) -> String {
    const INDENT: usize = 10;
    let mut lines = vec![String::new()];
    for word in words.split_whitespace() {
        let long = |line: &String| {
            !line.is_empty() && INDENT + line.chars().count() + 1 + word.chars().count() > width
        };
        if lines.last().is_some_and(long) {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    let line = |(index, line): (usize, &String)| {
        let name = if index == 0 { name } else { "" };
        format!("  {name:8}{line}\n")
    };
    format!("\n{}", lines.iter().enumerate().map(line).collect::<String>())
}

/// The rules of a kind for programs.
fn data(known: &Knowledge) -> Value {
    let observes = match known.observes {
        Observes::Always => "always",
        Observes::WhereGiven => "where-given",
        Observes::Exempt => "exempt",
        Observes::AtOnce => "at-once",
        Observes::ByChildren => "by-children",
    };
    json!({
        "kind": known.kind,
        "group": known.group,
        "versions": known.versions,
        "plural": known.plural,
        "shortNames": known.short_names,
        "namespaced": known.namespaced,
        "scalable": known.scalable,
        "countsReplicas": known.counts_replicas,
        "observes": observes,
        "rules": {
            "ready": known.words.ready,
            "scaled": known.words.scaled,
            "fresh": known.words.fresh,
            "scale": known.words.scale,
        },
        "owns": known.owns.iter().map(|owned| json!({ "apiVersion": owned.api_version, "kind": owned.kind })).collect::<Value>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_told_within_the_width() {
        for known in kinds::all().chain([kinds::of("", "")]) {
            let text = told(known, "Widget", 80);
            for rule in ["ready", "fresh"] {
                assert!(text.contains(&format!("\n  {rule}")), "{}: {text}", known.kind);
            }
            // The first line is a heading, and a single word may be long.
            let long = text.lines().skip(1).find(|line| line.chars().count() > 80);
            assert_eq!(long, None, "{}", known.kind);
            assert!(list().contains(known.kind));
        }
    }

    #[test]
    fn rules_are_broken_between_words() {
        assert_eq!(paragraph("ready", "one two three", 17), "\n  ready   one two\n          three\n");
        assert_eq!(paragraph("a", "averyverylongword b", 12), "\n  a       averyverylongword\n          b\n");
    }
}
