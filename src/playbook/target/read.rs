//! Reads targets from a playbook.
//! It must never know which objects there are.

use super::name::{bad_name, is_version};
use super::{KindWord, Labels, ObjectName, Selector, Target};
use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Value, json};
use crate::playbook::condition::{Condition, Named};
use crate::playbook::decode::{Decode, Decoder, Fields, Schema};
use crate::playbook::manifest::ManifestRef;
use crate::selector::{LabelSelector, SelectorError};
use crate::source::{Node, Spanned, Tree};

impl Decode for Target {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Target> {
        match &tree.node {
            Node::Text(_) => ObjectName::decode(tree, decoder).map(Target::Object),
            Node::List(items) if items.is_empty() => {
                let message = "this list of targets is empty";
                decoder.push(
                    Diagnostic::error(Code::BadTarget, tree.span, message).help("Write `Kind/name` in it."),
                );
                None
            }
            Node::List(_) => Vec::<Target>::decode(tree, decoder).map(|items| Target::List(items, tree.span)),
            Node::Map(_) => of_mapping(tree, decoder),
            _ => decoder.wrong_type(tree, "a target such as `Deployment/web`"),
        }
    }

    fn check_open(tree: &Tree, decoder: &mut Decoder<'_>) {
        let _ = Target::decode(tree, decoder);
    }

    fn schema(schema: &mut Schema) -> Value {
        schema.define("target", |schema| {
            let object = ObjectName::schema(schema);
            let condition = Condition::schema(schema);
            let text = json!({ "type": "string" });
            json!({
                "description": "Which objects: `Kind/name`, `{ kind: Pod, labels: { app: web } }`, `{ manifest: b.yaml }`, or a list of these.",
                "anyOf": [
                    object,
                    {
                        "type": "object", "additionalProperties": false, "required": ["kind"],
                        "properties": {
                            "kind": { "type": "string", "description": "The kind, its plural or its short name." },
                            "apiVersion": { "type": "string", "description": "The API version, if one is demanded." },
                            "name": { "type": "string", "description": "The name." },
                            "namespace": { "type": "string", "description": "The namespace; `*` for all." },
                            "labels": {
                                "description": "Labels, or a selector such as `app=web,tier!=db`.",
                                "anyOf": [{ "type": "string" }, { "type": "object", "additionalProperties": text }],
                            },
                            "owner": { "description": "The object that owns it, directly or not.", "allOf": [object] },
                            "where": { "description": "A condition that it must meet.", "allOf": [condition] },
                        },
                    },
                    {
                        "type": "object", "additionalProperties": false, "required": ["manifest"],
                        "properties": { "manifest": { "anyOf": [{ "type": "string" }, { "type": "object", "required": ["kind"] }] } },
                    },
                    { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/target" } },
                ],
            })
        })
    }

    fn words() -> String {
        "target".into()
    }
}

fn of_mapping(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Target> {
    let start = tree.head();
    if tree.get("metadata").is_some() {
        let message = "this is an object, and a target names one";
        let help = "Write `Kind/name`; or the object itself as `{ manifest: { … } }`.";
        decoder.push(Diagnostic::error(Code::BadTarget, start, message).help(help));
        return None;
    }
    let mut fields = Fields::open(tree, "a target", start, decoder)?;
    if let Some(manifest) = tree.get("manifest") {
        if let Some(other) =
            tree.entries().and_then(|entries| entries.iter().find(|entry| entry.key != "manifest"))
        {
            let message = format!("`{}` does not go with `manifest`", other.key);
            decoder.push(
                Diagnostic::error(Code::ConflictingKeys, other.key_span, message).help("Keep one of them."),
            );
            return None;
        }
        return ManifestRef::decode(manifest, decoder).map(Target::Manifest);
    }
    let kind = fields.required::<KindWord>("kind", decoder);
    let api_version = fields.optional::<Spanned<String>>("apiVersion", decoder);
    let name = fields.optional::<Spanned<String>>("name", decoder);
    let namespace = fields.optional::<Spanned<String>>("namespace", decoder);
    let labels = fields.optional("labels", decoder);
    let owner = fields.optional("owner", decoder);
    let where_ = fields.optional::<Condition>("where", decoder);
    fields.close(decoder);
    let mut bad = |place: crate::source::Span, message: String, help: &str| {
        decoder.push(Diagnostic::error(Code::BadTarget, place, message).help(help));
    };
    let word = kind.as_ref().map_or("", |kind| kind.word.as_str());
    if let Some(name) = name.as_ref().filter(|_| is_known(tree, "name"))
        && let Some((_, _, message)) = bad_name(word, name)
    {
        bad(name.span, message, "Names are lowercase letters, digits, `-` and `.`.");
    }
    if let Some(namespace) =
        namespace.as_ref().filter(|namespace| namespace.as_str() != "*" && is_known(tree, "namespace"))
        && (bad_name("Namespace", namespace).is_some()
            || namespace.contains('.')
            || namespace.len() > 63
            || namespace.is_empty())
    {
        let message = format!("`{}` is no name of a namespace", namespace.value);
        bad(namespace.span, message, "Write a namespace, or `'*'` for all.");
    }
    if let Some(version) = api_version.as_ref().filter(|_| is_known(tree, "apiVersion"))
        && !is_version(version.rsplit('/').next().unwrap_or(""))
    {
        let message = format!("`{}` is no API version", version.value);
        bad(version.span, message, "Write `v1`, or with a group `apps/v1`.");
    }
    if let Some(condition) = &where_ {
        condition.leaves(&mut |leaf, on| match leaf {
            Condition::Named(named) if matches!(named.value, Named::Exists | Named::Absent) => {
                bad(named.span, "`where` looks at objects that are there".to_owned(), "Leave it out.");
            }
            leaf if on.is_some() => {
                bad(
                    leaf.span(),
                    "`where` looks at the object itself, not at others".to_owned(),
                    "Write the condition alone.",
                );
            }
            _ => {}
        });
    }
    let selector =
        Selector { kind: kind?, api_version, name, namespace, labels, owner, where_, span: tree.span };
    Some(Target::Selector(Box::new(selector)))
}

/// Whether the value of a key is known, and can be checked.
fn is_known(tree: &Tree, key: &str) -> bool {
    tree.get(key).is_some_and(|value| !value.has_holes())
}

impl Decode for Labels {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Labels> {
        let bad = |span, error: SelectorError| Diagnostic::error(Code::BadSelector, span, error.message);
        if tree.has_holes() {
            return Some(Labels { selector: LabelSelector::default(), span: tree.span });
        }
        let selector = match &tree.node {
            Node::Text(text) => match LabelSelector::parse(&text.joined()) {
                Ok(selector) => selector,
                Err(error) => {
                    let place = text.place(error.offset, error.offset + 1);
                    decoder.push(
                        bad(place, error)
                            .help("Write `app=web`, `app in (a, b)`, `!app`, with commas between them."),
                    );
                    return None;
                }
            },
            Node::Map(entries) => {
                let mut labels = Vec::new();
                let mut sound = true;
                for entry in entries {
                    let Some(value) = String::decode(&entry.value, decoder) else {
                        sound = false;
                        continue;
                    };
                    let label = (entry.key.as_str(), value.as_str());
                    if let Err(error) = LabelSelector::from_labels(&[label].into_iter().collect()) {
                        decoder.push(
                            bad(entry.key_span.join(entry.value.span), error)
                                .help("Labels are letters, digits, `-`, `_` and `.`, with a letter or a digit at both ends."),
                        );
                        sound = false;
                    }
                    labels.push((entry.key.as_str(), value));
                }
                LabelSelector::from_labels(&labels.into_iter().collect()).ok().filter(|_| sound)?
            }
            _ => {
                let wanted = "a mapping of labels, or a selector such as `app=web`";
                return decoder.wrong_type_with_help(tree, wanted, Some("Write `{ app: web }`.".into()));
            }
        };
        if selector.is_empty() {
            let message = "this selects everything";
            decoder.push(
                Diagnostic::error(Code::BadSelector, tree.span, message)
                    .help("Leave `labels` out for all objects."),
            );
            return None;
        }
        Some(Labels { selector, span: tree.span })
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "anyOf": [{ "type": "string" }, { "type": "object", "additionalProperties": { "type": "string" } }] })
    }

    fn words() -> String {
        "labels".into()
    }
}
