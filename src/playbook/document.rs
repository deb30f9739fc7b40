//! A whole playbook as written.
//! It must never know how its manifests are loaded or its steps carried out.

use super::decode::{Decode, Decoder, Mapping, Schema, mapping};
use super::manifest::ManifestRef;
use super::names;
use super::rehearsal::Rehearsal;
use super::step::Step;
use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Value, json};
use crate::source::{Entry, Node, Span, Spanned, Tree};
use std::time::Duration;

/// The only value that `apiVersion` takes.
pub const API_VERSION: &str = "seldonplay/v1";
/// The only value that `kind` takes.
pub const KIND: &str = "Playbook";

mapping! {
    /// A playbook: the manifests it speaks of, and the steps to take.
    Playbook as "a playbook" {
        /// The version of the language; the only accepted value is `seldonplay/v1`.
        api_version "apiVersion" optional: Constant,
        /// The only accepted value is `Playbook`.
        kind "kind" optional: Constant,
        /// What it is called in reports. Left out: the file's name.
        name "name" optional: Spanned<String>,
        /// What it is for.
        description "description" optional: String,
        /// Words to sort it by. They are told with the run; this version selects nothing by them.
        tags "tags" optional: Vec<String>,
        /// The objects it is about: a path, a glob, a directory, an object, or a list of them; paths are relative to the playbook.
        manifest "manifest" optional: ManifestRef,
        /// The namespace of objects that name none.
        namespace "namespace" optional: Spanned<String>,
        /// The deadline of all steps together; handlers excepted. Left out: none.
        timeout "timeout" optional: Spanned<Duration>,
        /// Variables and their defaults, overridden by `--set`, `--set-string` and `--vars-file`.
        vars "vars" optional: Vars,
        /// What steps have that do not say otherwise.
        defaults "defaults" optional: Defaults,
        /// What to do, in order. The first failure stops it.
        steps "steps" required: Steps,
        /// What to do, once, if any step failed.
        on_failure "on-failure" optional: Steps,
        /// What to do at the end, always.
        finally "finally" optional: Steps,
        /// What the world does when the playbook is rehearsed.
        rehearsal "rehearsal" optional: Rehearsal,
    }
}

mapping! {
    /// What steps have that do not say otherwise.
    Defaults as "defaults" {
        /// The deadline of each step that waits. Left out: 5m.
        timeout "timeout" optional: Spanned<Duration>,
    }
}

/// A list of steps; those that could not be read are left out, and findings say why.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    /// The steps.
    pub steps: Vec<Step>,
    /// Those that could not be read.
    pub unread: Vec<Tree>,
    /// Where the list is.
    pub span: Span,
}

impl Decode for Steps {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Steps> {
        let Node::List(items) = &tree.node else {
            let help = "Write `- ` before each step.";
            return decoder.wrong_type_with_help(tree, "a list of steps", Some(help.into()));
        };
        let (mut steps, mut unread) = (Vec::new(), Vec::new());
        for item in items {
            match Step::decode(item, decoder) {
                Some(step) => steps.push(step),
                None => unread.push(item.clone()),
            }
        }
        Some(Steps { steps, unread, span: tree.span })
    }

    fn schema(schema: &mut Schema) -> Value {
        json!({ "type": "array", "items": Step::schema(schema) })
    }

    fn words() -> String {
        "list of steps".into()
    }
}

/// The variables as written, before they are overridden.
#[derive(Clone, Debug, PartialEq)]
pub struct Vars {
    /// Name and default.
    pub vars: Vec<(Spanned<String>, Tree)>,
}

impl Decode for Vars {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Vars> {
        let Some(entries) = tree.entries() else {
            return decoder.wrong_type(tree, "a mapping of names to values");
        };
        for entry in entries {
            names::check(&entry.key, entry.key_span, "a variable", decoder);
        }
        let vars = entries
            .iter()
            .map(|entry| (Spanned::new(entry.key.clone(), entry.key_span), entry.value.clone()))
            .collect();
        Some(Vars { vars })
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "object", "propertyNames": { "pattern": names::PATTERN } })
    }

    fn words() -> String {
        "names → any value".into()
    }
}

/// A value that is always the same: it is checked by [`Playbook::read`].
#[derive(Clone, Debug, PartialEq)]
pub struct Constant(Spanned<String>);

impl Decode for Constant {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Constant> {
        Spanned::<String>::decode(tree, decoder).map(Constant)
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string" })
    }

    fn words() -> String {
        "text".into()
    }
}

/// Keys of the language that this version does not have, at the top and under `rehearsal`.
const NOT_YET: &[&str] = &["holds"];
const NOT_YET_IN_REHEARSAL: &[&str] = &["answers"];

/// The entries that this version has; of the others a finding says that they are not there yet.
fn there(entries: &[Entry], not_yet: &[&str], decoder: &mut Decoder<'_>) -> Vec<Entry> {
    let (absent, there): (Vec<&Entry>, Vec<&Entry>) =
        entries.iter().partition(|entry| not_yet.contains(&entry.key.as_str()));
    for entry in absent {
        let message = format!("`{}` is not there yet", entry.key);
        decoder.push(
            Diagnostic::error(Code::VerbNotYet, entry.key_span, message).help("This version cannot run it."),
        );
    }
    there.into_iter().cloned().collect()
}

impl Playbook {
    /// Reads a playbook from a tree of which the known expressions are expanded.
    pub fn read(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Playbook> {
        let Node::Map(entries) = &tree.node else {
            let message = format!("a playbook is a mapping with `steps`, and this is {}", tree.kind());
            let help = match tree.node {
                Node::List(_) => "Write `steps:` before it, and indent the list.",
                _ => "A first playbook: `steps: [apply, wait-until: ready]` with `manifest: FILE`.",
            };
            decoder.push(Diagnostic::error(Code::NoPlaybook, tree.head(), message).help(help));
            return None;
        };
        if let Some(kind) = tree.get("kind").and_then(Tree::as_str)
            && kind != KIND
            && tree.get("steps").is_none()
        {
            let span = tree.entry("kind").map_or(tree.span, |entry| entry.value.span);
            let message = format!("this is a manifest of a {kind}, not a playbook");
            let help = "Name it in a playbook: `manifest: FILE`, then `steps: [apply, wait-until: ready]`.";
            decoder.push(Diagnostic::error(Code::NoPlaybook, span, message).help(help));
            return None;
        }
        let mut known = there(entries, NOT_YET, decoder);
        for entry in known.iter_mut().filter(|entry| entry.key == "rehearsal") {
            if let Node::Map(entries) = &mut entry.value.node {
                *entries = there(entries, NOT_YET_IN_REHEARSAL, decoder);
            }
        }
        let start = entries.first().map_or(tree.head(), |entry| entry.key_span);
        let playbook =
            Playbook::decode_at(&Tree { node: Node::Map(known), span: tree.span }, start, decoder)?;
        for (constant, wanted) in [(&playbook.api_version, API_VERSION), (&playbook.kind, KIND)] {
            if let Some(Constant(written)) = constant
                && written.value != wanted
            {
                let message = format!("this must be `{wanted}`, and it is `{}`", written.value);
                decoder.push(
                    Diagnostic::error(Code::BadValue, written.span, message)
                        .help("Correct it, or leave the key out."),
                );
            }
        }
        if playbook.steps.steps.is_empty()
            && tree
                .get("steps")
                .is_some_and(|steps| matches!(&steps.node, Node::List(items) if items.is_empty()))
        {
            decoder.push(
                Diagnostic::error(Code::BadValue, playbook.steps.span, "a playbook needs at least one step")
                    .help("Write `steps: [apply, wait-until: ready]`."),
            );
        }
        Some(playbook)
    }

    /// The JSON Schema of the language.
    pub fn json_schema() -> Value {
        let mut definitions = Schema::default();
        let mut root = Playbook::schema(&mut definitions);
        root["properties"]["apiVersion"] =
            json!({ "const": API_VERSION, "description": "The version of the language." });
        root["properties"]["kind"] = json!({ "const": KIND });
        root["properties"]["steps"]["minItems"] = json!(1);
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "seldonplay playbook",
            "description": Playbook::about(),
        });
        if let (Value::Object(schema), Value::Object(root)) = (&mut schema, root) {
            schema.extend(root);
        }
        schema["$defs"] = definitions.into_definitions();
        schema
    }
}
