//! Targets: which objects a verb acts on.
//! It must never know how objects are found.

use super::condition::Condition;
use super::decode::{Decode, Decoder, Fields, Schema};
use super::manifest::ManifestRef;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Node, Span, Spanned, Tree};
use serde_json::{Value, json};

/// Which objects a verb acts on.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// `Kind/name`.
    Object(ObjectName),
    /// A mapping with `kind`.
    Selector(Box<Selector>),
    /// `{ manifest: … }`.
    Manifest(ManifestRef),
    /// Several of these.
    List(Vec<Target>, Span),
}

/// One object by kind and name: `Deployment.apps/web`.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectName {
    /// Its kind.
    pub kind: KindWord,
    /// Its name.
    pub name: Spanned<String>,
    /// All of it.
    pub span: Span,
}

/// A kind as a person writes it: the kind, its plural or its short name, perhaps with a group and a version.
#[derive(Clone, Debug, PartialEq)]
pub struct KindWord {
    /// `Deployment`, `deployments`, `deploy`.
    pub word: String,
    /// `v1`, of `Deployment.v1.apps`.
    pub version: Option<String>,
    /// `apps`.
    pub group: Option<String>,
    /// Where it is written.
    pub span: Span,
}

/// The objects of a kind that answer to a description.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// The kind.
    pub kind: KindWord,
    /// The API version, if one is demanded.
    pub api_version: Option<Spanned<String>>,
    /// The name.
    pub name: Option<Spanned<String>>,
    /// The namespace; `*` for all.
    pub namespace: Option<Spanned<String>>,
    /// The labels.
    pub labels: Option<Labels>,
    /// The object that owns it, directly or not.
    pub owner: Option<ObjectName>,
    /// A condition that it must meet.
    pub where_: Option<Condition>,
    /// All of it.
    pub span: Span,
}

/// Labels as a mapping or as a selector string.
#[derive(Clone, Debug, PartialEq)]
pub enum Labels {
    /// `{ app: web }`.
    Map(Vec<(Spanned<String>, Spanned<String>)>, Span),
    /// `app=web,tier!=db`.
    Text(Spanned<String>),
}

impl Target {
    /// Where it is written.
    pub fn span(&self) -> Span {
        match self {
            Target::Object(object) => object.span,
            Target::Selector(selector) => selector.span,
            Target::Manifest(manifest) => manifest.span(),
            Target::List(_, span) => *span,
        }
    }

    /// It in a few words, for the console: `Deployment/web`, `Pod with app=web`.
    pub fn words_for_console(&self) -> String {
        match self {
            Target::Object(object) => format!("{}/{}", object.kind.word, object.name.value),
            Target::Selector(selector) => selector.kind.word.clone(),
            Target::Manifest(manifest) => manifest.words_for_console(),
            Target::List(items, _) => {
                items.iter().map(Target::words_for_console).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

fn object_name(text: &str, span: Span, decoder: &mut Decoder<'_>) -> Option<ObjectName> {
    let Some((kind, name)) = text.split_once('/').filter(|(kind, name)| !kind.is_empty() && !name.is_empty())
    else {
        decoder.push(Diagnostic::error(Code::BadTarget, span, "a target is written `Kind/name`"));
        return None;
    };
    let (word, group) =
        kind.split_once('.').map_or((kind, None), |(word, group)| (word, Some(group.to_owned())));
    let kind = KindWord { word: word.to_owned(), version: None, group, span };
    Some(ObjectName { kind, name: Spanned::new(name.to_owned(), span), span })
}

impl Decode for ObjectName {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<ObjectName> {
        let text = String::decode(tree, decoder)?;
        object_name(&text, tree.span, decoder)
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string" })
    }

    fn words() -> String {
        "`Kind/name`".into()
    }
}

impl Decode for KindWord {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<KindWord> {
        Some(KindWord { word: String::decode(tree, decoder)?, version: None, group: None, span: tree.span })
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string" })
    }

    fn words() -> String {
        "kind".into()
    }
}

impl Decode for Labels {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Labels> {
        let Some(entries) = tree.entries() else { return Spanned::decode(tree, decoder).map(Labels::Text) };
        let map: Option<Vec<_>> = entries
            .iter()
            .map(|entry| {
                Some((
                    Spanned::new(entry.key.clone(), entry.key_span),
                    Spanned::decode(&entry.value, decoder)?,
                ))
            })
            .collect();
        Some(Labels::Map(map?, tree.span))
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": ["string", "object"] })
    }

    fn words() -> String {
        "labels".into()
    }
}

impl Decode for Target {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Target> {
        match &tree.node {
            Node::List(items) => {
                let decoded: Vec<_> = items.iter().map(|item| Target::decode(item, decoder)).collect();
                Some(Target::List(decoded.into_iter().collect::<Option<_>>()?, tree.span))
            }
            Node::Map(_) => {
                let mut fields = Fields::open(tree, "a target", tree.span.slice(0, 1), decoder)?;
                if let Some(entry) = fields.entry("manifest") {
                    fields.close(decoder);
                    return ManifestRef::decode(&entry.value, decoder).map(Target::Manifest);
                }
                let kind = fields.required("kind", decoder);
                let api_version = fields.optional("apiVersion", decoder);
                let name = fields.optional("name", decoder);
                let namespace = fields.optional("namespace", decoder);
                let labels = fields.optional("labels", decoder);
                let owner = fields.optional("owner", decoder);
                let where_ = fields.optional("where", decoder);
                fields.close(decoder);
                let selector = Selector {
                    kind: kind?,
                    api_version,
                    name,
                    namespace,
                    labels,
                    owner,
                    where_,
                    span: tree.span,
                };
                Some(Target::Selector(Box::new(selector)))
            }
            _ => ObjectName::decode(tree, decoder).map(Target::Object),
        }
    }

    fn schema(schema: &mut Schema) -> Value {
        schema.define("target", |_| json!({ "type": ["string", "object", "array"] }))
    }

    fn words() -> String {
        "target".into()
    }
}
