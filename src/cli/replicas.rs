//! `seldonplay replicas`
//! It must never decide which field counts: `kinds` knows.

use super::options::{ColourOption, PlaybookOptions, Sets};
use super::playbook::show;
use super::screen::{say, tell};
use crate::event::Ending;
use crate::json::{Value, json};
use crate::kinds::{self, Decides, ScaleField, dotted};
use crate::plan::{Object, Plan};
use crate::source::Sources;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Show which field decides how many replicas each child of an object has.
#[derive(Debug, Args)]
pub(super) struct ReplicasCommand {
    /// Manifests: files, directories, or `-` for standard input.
    #[arg(required = true, value_name = "MANIFEST")]
    manifests: Vec<PathBuf>,
    /// How it is printed: for people, or as JSON.
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    colour: ColourOption,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// A playbook that does nothing: the manifests are read and judged as those of any.
const PLAYBOOK: &str = "steps: [get]";

impl ReplicasCommand {
    pub(super) fn execute(self) -> Ending {
        let with = PlaybookOptions {
            manifests: self.manifests,
            sets: Sets::default(),
            vars_file: Vec::new(),
            namespace: None,
        };
        let inputs = match with.inputs() {
            Ok(inputs) => inputs,
            Err(message) => {
                tell!("error: {message}");
                return Ending::Invalid;
            }
        };
        let mut sources = Sources::new();
        let file = sources.add("seldonplay replicas", PLAYBOOK);
        let (plan, findings) = Plan::new(file, &mut sources, &inputs);
        let Some(plan) = plan else {
            show(&findings, &sources, self.colour.color.style());
            return Ending::Invalid;
        };
        let fields: Vec<(&Object, Vec<ScaleField>)> = plan
            .default_target()
            .map(|object| (object, fields(object)))
            .filter(|(_, fields)| !fields.is_empty())
            .collect();
        say(&match self.format {
            Format::Text => table(&fields),
            Format::Json => format!("{:#}\n", data(&fields)),
        })
    }
}

/// What decides for each child. Of a kind nobody knows only a number that stands there tells that it has replicas.
fn fields(object: &Object) -> Vec<ScaleField> {
    let Some(value) = object.known() else { return Vec::new() };
    let mut fields = kinds::replicas(&value);
    if kinds::of_object(&value).is_general() {
        fields.retain(|field| field.value.is_some());
    }
    fields
}

/// For each object its children, each with what decides and what loses.
fn table(objects: &[(&Object, Vec<ScaleField>)]) -> String {
    if objects.is_empty() {
        return "nothing here has replicas\n".to_owned();
    }
    let rows: Vec<Vec<[String; 4]>> =
        objects.iter().map(|(_, fields)| fields.iter().map(row).collect()).collect();
    let head = ["CHILD", "REPLICAS", "DECIDED BY", "NOT HEARD"].map(str::to_owned);
    let all = || rows.iter().flatten().chain([&head]);
    let width = |column: usize| all().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let line = |[child, number, by, losing]: &[String; 4]| {
        let line = format!("  {child:0$}  {number:1$}  {by:2$}  {losing}", widths[0], widths[1], widths[2]);
        format!("{}\n", line.trim_end())
    };
    let mut text = line(&head);
    for ((object, _), rows) in objects.iter().zip(&rows) {
        text.push_str(&format!("{}\n", object.title()));
        text.extend(rows.iter().map(line));
    }
    text
}

fn row(field: &ScaleField) -> [String; 4] {
    let (number, by) = match &field.deciding {
        Decides::Field(pointer) => {
            (field.value.map_or_else(String::new, |value| value.to_string()), dotted(pointer))
        }
        Decides::Unset => ("unset".to_owned(), "nothing: its default, then as it is found".to_owned()),
        Decides::Autoscaler { pointer, min, max } => {
            let bound = |bound: Option<i64>| bound.map_or_else(|| "…".to_owned(), |bound| bound.to_string());
            (format!("{} to {}", bound(*min), bound(*max)), format!("{}, an autoscaler", dotted(pointer)))
        }
    };
    let losing: Vec<String> =
        field.losing.iter().map(|(pointer, value)| format!("{} ({value})", dotted(pointer))).collect();
    [field.child.clone(), number, by, losing.join(", ")]
}

fn data(objects: &[(&Object, Vec<ScaleField>)]) -> Value {
    let child = |field: &ScaleField| {
        let losing = |(pointer, value): &(String, i64)| json!({ "pointer": pointer, "value": value });
        let mut data = json!({ "child": field.child, "replicas": field.value });
        match &field.deciding {
            Decides::Field(pointer) => data["pointer"] = json!(pointer),
            Decides::Unset => {}
            Decides::Autoscaler { pointer, min, max } => {
                data["pointer"] = json!(pointer);
                data["autoscaler"] = json!({ "min": min, "max": max });
            }
        }
        data["losing"] = field.losing.iter().map(losing).collect();
        data
    };
    objects
        .iter()
        .map(|(object, fields)| {
            json!({
                "apiVersion": object.api_version,
                "kind": object.kind,
                "name": object.name,
                "namespace": object.namespace,
                "children": fields.iter().map(child).collect::<Value>(),
            })
        })
        .collect()
}
