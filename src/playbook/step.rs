//! A step: exactly one verb in its envelope.
//! It must never know how steps are carried out.

use super::action::{Action, NOT_YET, VERBS};
use super::condition::Condition;
use super::decode::{Decode, Decoder, Key, Mapping, Schema, mapping};
use super::expression::When;
use super::late::Late;
use super::query::Query;
use super::{names, suggest};
use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Map, Value, json};
use crate::source::{Entry, Node, Span, Spanned, Tree};
use std::time::Duration;

/// A step as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// What is said around it.
    pub envelope: Envelope,
    /// The verb's key.
    pub verb: Span,
    /// The whole step.
    pub span: Span,
    /// The tree it was read from, for what is in its expressions.
    pub tree: Tree,
}

mapping! {
    /// What may be said of any step.
    #[derive(Default)]
    Envelope as "a step" {
        /// What the console shows. Left out: made from the verb and the target.
        name "name" optional: Late<String>,
        /// The unique name by which later steps read what it saved: `${{ steps.up.url }}`.
        id "id" optional: Spanned<String>,
        /// An expression, `${{ }}` not needed. False: the step is skipped, and the report says why.
        when "when" optional: When,
        /// The step's deadline, all attempts together.
        timeout "timeout" optional: Late<Duration>,
        /// Whether to try again when the step failed.
        retry "retry" optional: Retry,
        /// A failure is reported and the run goes on; it still ends as failed.
        keep_going "keep-going" optional: Late<bool>,
        /// The step passes if the API server refuses it so, and fails if not: a condition over `{ code, reason, message }`.
        must_fail "must-fail" optional: Late<Condition>,
        /// Names → JSONPath over the step's result. Needs `id`.
        save "save" optional: Saves,
        /// A condition over the step's result.
        expect "expect" optional: Late<Condition>,
    }
}

mapping! {
    /// How to try again.
    Retry as "retry" {
        /// How often in all, the first attempt included. Left out: until the deadline.
        attempts "attempts" optional: Late<u32>,
        /// How long to wait before the second attempt. Left out: 1s.
        delay "delay" optional: Late<Duration>,
        /// By what each further delay is multiplied. Left out: 1.
        backoff "backoff" optional: Late<f64>,
    }
}

/// What a step saves.
#[derive(Clone, Debug, PartialEq)]
pub struct Saves(pub Vec<(Spanned<String>, Late<Query>)>);

impl Decode for Saves {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Saves> {
        let Some(entries) = tree.entries() else {
            let help = tree.as_str().map(|path| format!("Give it a name: `{{ value: {path} }}`."));
            return decoder.wrong_type_with_help(tree, "a mapping of names to JSONPaths", help);
        };
        let mut saves = Vec::new();
        for entry in entries {
            names::check(&entry.key, entry.key_span, "a saved value", decoder);
            if let Some(query) = Late::decode(&entry.value, decoder) {
                saves.push((Spanned::new(entry.key.clone(), entry.key_span), query));
            }
        }
        Some(Saves(saves))
    }

    fn schema(schema: &mut Schema) -> Value {
        json!({
            "type": "object",
            "propertyNames": { "pattern": names::PATTERN },
            "additionalProperties": Late::<Query>::schema(schema),
        })
    }

    fn words() -> String {
        "names → JSONPath".into()
    }
}

impl Decode for Step {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Step> {
        match &tree.node {
            Node::Text(text) => {
                let name = text.joined();
                // A verb alone is the same as the verb with nothing behind it.
                let nothing = Tree { node: Node::Null, span: tree.span };
                let entry = Entry { key: name, key_span: tree.span, value: nothing };
                Step::from_entries(std::slice::from_ref(&entry), tree, decoder)
            }
            Node::Map(entries) => Step::from_entries(entries, tree, decoder),
            _ => decoder.wrong_type(tree, "a step: a verb, or a mapping with one verb"),
        }
    }

    fn schema(schema: &mut Schema) -> Value {
        schema.define("step", |schema| {
            let mut properties = Map::new();
            for verb in VERBS {
                let mut property = (verb.schema)(schema);
                property["description"] = (verb.about)().into();
                properties.insert(verb.name.into(), property);
            }
            properties.extend(Envelope::properties(schema));
            let one_of: Vec<Value> = VERBS.iter().map(|verb| json!({ "required": [verb.name] })).collect();
            let alone: Vec<&str> = VERBS.iter().filter(|verb| verb.alone).map(|verb| verb.name).collect();
            json!({
                "anyOf": [
                    { "type": "string", "enum": alone },
                    { "type": "object", "properties": properties, "additionalProperties": false, "oneOf": one_of },
                ],
            })
        })
    }

    fn words() -> String {
        "step".into()
    }
}

impl Step {
    fn from_entries(entries: &[Entry], tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Step> {
        let head = entries.first().map_or(tree.head(), |entry| entry.key_span);
        let is_verb = |entry: &&Entry| VERBS.iter().any(|verb| verb.name == entry.key);
        let verbs: Vec<&Entry> = entries.iter().filter(is_verb).collect();
        let later: Vec<&Entry> =
            entries.iter().filter(|entry| NOT_YET.contains(&entry.key.as_str())).collect();
        for entry in &later {
            let message = format!("the verb `{}` is not there yet", entry.key);
            decoder.push(
                Diagnostic::error(Code::VerbNotYet, entry.key_span, message)
                    .help("This version cannot run it."),
            );
        }
        let alone = matches!(tree.node, Node::Text(_));
        if let [first, second, ..] = verbs.as_slice() {
            let message = format!("a step has one verb, and this has `{}` and `{}`", first.key, second.key);
            decoder.push(
                Diagnostic::error(Code::TwoVerbs, second.key_span, message)
                    .related(first.key_span, "the first")
                    .help("Make two steps of it."),
            );
        }
        let rest: Vec<Entry> =
            entries.iter().filter(|entry| !is_verb(entry) && !later.contains(entry)).cloned().collect();
        let known = || Envelope::keys().into_iter().map(|key| key.name);
        let mut unknown_verb = false;
        if verbs.is_empty() && later.is_empty() {
            let all = || VERBS.iter().map(|verb| verb.name).chain(NOT_YET.iter().copied());
            let stray =
                rest.iter().find(|entry| !entry.key.is_empty() && !known().any(|key| key == entry.key));
            let finding = match stray {
                Some(entry) => {
                    unknown_verb = true;
                    let near =
                        meant(&entry.key).or_else(|| suggest::nearest(&entry.key, all().chain(known())));
                    let help = match (verb_and_more(&entry.key), near) {
                        (Some((verb, more)), _) => format!("Write `{verb}: {more}`."),
                        (None, Some(near)) => format!("Did you mean `{near}`?"),
                        (None, None) => the_verbs(),
                    };
                    let message = format!("there is no verb `{}`", entry.key);
                    Diagnostic::error(Code::UnknownVerb, entry.key_span, message).help(help)
                }
                None => Diagnostic::error(Code::NoVerb, head, "this step has no verb").help(the_verbs()),
            };
            decoder.push(finding);
        }
        let envelope = if alone || unknown_verb {
            None
        } else {
            let rest = Tree { node: Node::Map(rest), span: tree.span };
            Envelope::decode_at(&rest, head, decoder)
        };
        if let Some(id) = envelope.as_ref().and_then(|envelope| envelope.id.as_ref()) {
            names::check(&id.value, id.span, "an id", decoder);
        }
        let [entry] = verbs.as_slice() else { return None };
        let action = Action::decode(entry, decoder)?;
        let envelope = match envelope {
            Some(envelope) => envelope,
            None if alone => Envelope::default(),
            None => return None,
        };
        Some(Step { action, envelope, verb: entry.key_span, span: tree.span, tree: tree.clone() })
    }
}

fn the_verbs() -> String {
    let verbs: Vec<String> = VERBS.iter().map(|verb| format!("`{}`", verb.name)).collect();
    format!("The verbs are {}.", verbs.join(", "))
}

/// The verb for a word that other tools have for it.
fn meant(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "create" | "install" | "deploy" | "replace" | "upgrade" => "apply",
        "wait" | "wait-for" | "waitfor" | "until" => "wait-until",
        "check" | "expect" | "verify" | "test" => "assert",
        "edit" | "update" | "set" | "label" | "annotate" => "patch",
        "remove" | "destroy" | "uninstall" | "cleanup" => "delete",
        "run" | "script" | "shell" | "sh" | "cmd" => "command",
        "http" | "curl" => "request",
        "loop" | "foreach" | "repeat" => "for-each",
        _ => return None,
    })
}

/// A verb and what follows it, of a text in which `: ` was left out or quoted: `apply manifests/iris.yaml`.
fn verb_and_more(text: &str) -> Option<(&str, &str)> {
    let (word, more) = text.split_once(char::is_whitespace)?;
    let verb = word.trim_end_matches(':');
    let known = VERBS.iter().any(|known| known.name == verb);
    (known && !more.trim().is_empty()).then(|| (verb, more.trim()))
}

/// The keys of the envelope, for the documentation.
pub fn envelope_keys() -> Vec<Key> {
    Envelope::keys()
}
