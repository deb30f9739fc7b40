//! Reads conditions from a playbook, and says what was meant where one is misspelt.
//! It must never know how conditions are judged.

use super::{Condition, Entry, Named, On};
use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Value, json};
use crate::playbook::decode::{Decode, Decoder, Fields, Schema};
use crate::playbook::expression::{Expression, Grammar, braces_without_quotes};
use crate::playbook::like::Like;
use crate::playbook::suggest;
use crate::source::{Entry as Key, Node, Spanned, Text, Tree};

const NAMED: [Named; 4] = [Named::Ready, Named::Scaled, Named::Exists, Named::Absent];

impl Decode for Condition {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Condition> {
        match &tree.node {
            Node::List(_) => parts(tree, decoder).map(|parts| Condition::All(parts, tree.span)),
            Node::Text(text) => of_text(text, decoder),
            Node::Map(entries) => of_mapping(tree, entries, decoder),
            Node::Bool(bool) => {
                let message = format!("`{bool}` is the same at all times, and so no condition");
                let help = "Write what must be so: `ready`, `$.status.state == 'Available'`.";
                decoder.push(Diagnostic::error(Code::BadCondition, tree.span, message).help(help));
                None
            }
            Node::Null | Node::Number(_) => {
                let message = format!("this must be a condition, and it is {}", tree.kind());
                let help = "Write `ready`, `condition=Ready` or `$.status.state == 'Available'`.";
                decoder.push(Diagnostic::error(Code::BadCondition, tree.span, message).help(help));
                None
            }
        }
    }

    fn check_open(tree: &Tree, decoder: &mut Decoder<'_>) {
        let _ = Condition::decode(tree, decoder);
    }

    fn schema(schema: &mut Schema) -> Value {
        schema.define("condition", |schema| {
            let this = json!({ "$ref": "#/$defs/condition" });
            let only = |key: &str, value: Value| {
                json!({ "type": "object", "additionalProperties": false, "required": [key], "properties": { key: value } })
            };
            let list = json!({ "type": "array", "minItems": 1, "items": this });
            let target = <crate::playbook::target::Target as Decode>::schema(schema);
            json!({
                "description": "What must be so: an expression, `ready`, `scaled`, `exists`, `absent`, `condition=Ready`, or a combination.",
                "anyOf": [
                    { "type": "string", "minLength": 1 },
                    list,
                    only("all", list.clone()),
                    only("any", list.clone()),
                    only("not", this.clone()),
                    only("like", json!({})),
                    {
                        "type": "object", "additionalProperties": false, "required": ["target", "condition"],
                        "properties": { "target": target, "condition": this },
                    },
                ],
            })
        })
    }

    fn words() -> String {
        "condition".into()
    }
}

fn of_text(text: &Text, decoder: &mut Decoder<'_>) -> Option<Condition> {
    let joined = text.joined();
    let written = joined.trim();
    if text.has_holes() {
        // Of `condition=${{ … }}` nothing can be checked yet.
        return written.starts_with(|first| "$@{(!'\"".contains(first)).then(|| expression(text, decoder))?;
    }
    if let Some(named) = NAMED.into_iter().find(|named| named.as_str() == written) {
        return Some(Condition::Named(Spanned::new(named, text.span)));
    }
    if let Some(entry) = Entry::parse(written, text.span) {
        return entry.map(Condition::Entry).map_err(|finding| decoder.push(finding)).ok();
    }
    if let Some(finding) = misspelt(written, text) {
        decoder.push(finding);
        return None;
    }
    expression(text, decoder)
}

fn expression(text: &Text, decoder: &mut Decoder<'_>) -> Option<Condition> {
    match Expression::parse(text, Grammar::Object) {
        Ok(expression) if expression.literal().is_none() => Some(Condition::Expression(expression)),
        Ok(expression) => {
            let message = format!("`{}` is the same at all times, and so no condition", expression.source());
            let help = "Write what must be so: `ready`, `$.status.state == 'Available'`.";
            decoder.push(Diagnostic::error(Code::BadCondition, text.span, message).help(help));
            None
        }
        Err(findings) => {
            findings.into_iter().for_each(|finding| decoder.push(finding));
            None
        }
    }
}

/// What is not the language, but was meant to be a word of it.
fn misspelt(written: &str, text: &Text) -> Option<Diagnostic> {
    let error = |message: String| Diagnostic::error(Code::BadCondition, text.span, message);
    if written.starts_with("jsonpath=") {
        let help =
            "Write `$.status.phase == 'Running'`, or the path in braces: `{.status.phase} == 'Running'`.";
        return Some(error("the path of a condition needs no `jsonpath=`".into()).help(help));
    }
    let (before, after) = written.split_once(['=', ':']).unwrap_or((written, ""));
    let entry =
        ["condition", "conditions", "cond"].iter().any(|word| word.eq_ignore_ascii_case(before.trim()));
    if entry && before.len() < written.len() {
        let kind = after.trim_start_matches(['=', ' ']);
        let message = "this is not how an entry of `status.conditions` is written".to_owned();
        return Some(error(message).help(format!("Write `condition={kind}`.")));
    }
    let word = written.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_'))
        && written.starts_with(|char: char| char.is_ascii_alphabetic())
        && !matches!(written, "true" | "false" | "null");
    if !word {
        return None;
    }
    let meant = match written.to_ascii_lowercase().as_str() {
        "delete" | "deleted" | "gone" | "removed" | "missing" => Some("absent"),
        "create" | "created" | "present" | "exist" | "there" => Some("exists"),
        "available" | "healthy" | "running" | "succeeded" | "complete" | "rollout" => Some("ready"),
        lower => suggest::nearest(lower, NAMED.map(Named::as_str)),
    };
    let help = match meant {
        Some(meant) => format!("Did you mean `{meant}`?"),
        None => {
            format!("Known here: `ready`, `scaled`, `exists`, `absent`. A field is written `$.{written}`.")
        }
    };
    Some(error(format!("there is no condition `{written}`")).help(help))
}

/// The conditions of a list.
fn parts(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Vec<Condition>> {
    if let Node::List(items) = &tree.node
        && items.is_empty()
    {
        let message = "an empty list says nothing about an object";
        decoder
            .push(Diagnostic::error(Code::BadCondition, tree.span, message).help("Write a condition in it."));
        return None;
    }
    Vec::<Condition>::decode(tree, decoder)
}

fn of_mapping(tree: &Tree, entries: &[Key], decoder: &mut Decoder<'_>) -> Option<Condition> {
    if let Some(finding) = braces_without_quotes(tree) {
        decoder.push(finding);
        return None;
    }
    let start = tree.head();
    let forms = ["all", "any", "not", "like"];
    let mut chosen =
        entries.iter().filter(|entry| forms.contains(&entry.key.as_str()) || entry.key == "target");
    let (first, second) = (chosen.next(), chosen.next());
    if let (Some(first), Some(second)) = (first, second) {
        let message = format!("`{}` and `{}` are two conditions", first.key, second.key);
        let finding = Diagnostic::error(Code::ConflictingKeys, second.key_span, message);
        decoder.push(finding.related(first.key_span, "the first").help("Make a list of them, or an `any`."));
        return None;
    }
    let mut fields = Fields::open(tree, "a condition", start, decoder)?;
    let Some(form) = first.filter(|entry| entry.key != "target") else {
        return on_others(tree, fields, decoder);
    };
    let key = forms.into_iter().find(|key| *key == form.key)?;
    let entry = fields.entry(key)?;
    fields.close(decoder);
    if entry.value.node == Node::Null && key != "like" {
        let message = format!("`{key}` has no value");
        decoder.push(
            Diagnostic::error(Code::WrongType, entry.key_span, message).help("Write conditions behind it."),
        );
        return None;
    }
    match key {
        "all" => parts(&entry.value, decoder).map(|parts| Condition::All(parts, tree.span)),
        "any" => parts(&entry.value, decoder).map(|parts| Condition::Any(parts, tree.span)),
        "not" => {
            Condition::decode(&entry.value, decoder).map(|part| Condition::Not(Box::new(part), tree.span))
        }
        _ => Like::decode(&entry.value, decoder).map(Condition::Like),
    }
}

/// `{ target, condition }`.
fn on_others(tree: &Tree, mut fields: Fields<'_>, decoder: &mut Decoder<'_>) -> Option<Condition> {
    let known = ["all", "any", "not", "like", "target", "condition"];
    if tree.get("target").is_none() && tree.get("condition").is_none() {
        for entry in tree.entries().unwrap_or_default() {
            let message = format!("a condition has no key `{}`", entry.key);
            let help =
                suggest::nearest(&entry.key, known).map(|nearest| format!("Did you mean `{nearest}`?"));
            let forms = "A mapping is `{ all: […] }`, `{ any: […] }`, `{ not: … }`, `{ like: … }` or `{ target: …, condition: … }`.";
            let finding = Diagnostic::error(Code::UnknownKey, entry.key_span, message).label("unknown key");
            decoder.push(finding.help(help.unwrap_or_else(|| forms.to_owned())));
        }
        if tree.entries().is_none_or(<[Key]>::is_empty) {
            decoder.push(
                Diagnostic::error(Code::BadCondition, tree.span, "this mapping is empty")
                    .help("Write `ready`."),
            );
        }
        return None;
    }
    let target = fields.required("target", decoder);
    let condition = fields.required("condition", decoder);
    fields.close(decoder);
    Some(Condition::On(Box::new(On { target: target?, condition: condition?, span: tree.span })))
}
