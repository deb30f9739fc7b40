//! What a `patch` sends: a JSON Patch of which the paths may be JSONPaths, or a value that is merged.
//! It must never know the live object.

use super::decode::{Decode, Decoder, Mapping, Schema, mapping, words};
use super::query::{Last, Query};
use super::suggest;
use crate::diagnostic::{Code, Diagnostic};
use crate::json::pointer::escaped;
use crate::json::{Value, json};
use crate::source::{Node, Span, Spanned, Tree};

/// A value that is merged into an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload(pub Value);

impl Decode for Payload {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Payload> {
        match &tree.node {
            Node::Map(_) => Some(Payload(tree.to_value())),
            _ => decoder.wrong_type(tree, "a mapping: the part of the object to change"),
        }
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "object" })
    }

    fn words() -> String {
        "part of the object".into()
    }
}

/// A list of operations (RFC 6902).
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPatch {
    /// The operations, in order; at least one.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// What to do.
    pub op: Op,
    /// Where.
    pub path: Path,
    /// From where, for `move` and `copy`.
    pub from: Option<Path>,
    /// The value, for `add`, `replace` and `test`.
    pub value: Option<Value>,
    /// Where it is written.
    pub span: Span,
}

/// A place in an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Path {
    /// A JSON Pointer (RFC 6901).
    Pointer(String),
    /// A JSONPath, resolved on the live object: each hit is one operation.
    Query(Box<Sought>),
}

/// A place that is sought in the live object.
#[derive(Clone, Debug, PartialEq)]
pub struct Sought {
    /// What selects it.
    pub query: Query,
    /// What selects the mapping or list that holds it, and its place there: for an `add` of what is not there yet.
    pub parent: Option<(Query, Last)>,
}

impl Sought {
    /// Where an `add` would put it if it is not there: a JSON Pointer for each holder.
    pub fn places_to_add(&self, object: &Value) -> Vec<String> {
        let Some((parent, last)) = &self.parent else { return Vec::new() };
        let place = |holder: &Value| match last {
            Last::Name(name) if holder.is_object() => Some(escaped(name)),
            Last::Index(index) if holder.is_array() => Some(index.to_string()),
            Last::Name(_) | Last::Index(_) => None,
        };
        let holders = parent.select(object).into_iter();
        holders.filter_map(|hit| Some(format!("{}/{}", hit.pointer(), place(hit.value)?))).collect()
    }

    fn of(query: Query) -> Sought {
        let parent = query.split_last();
        Sought { query, parent }
    }
}

words! {
    /// An operation of RFC 6902.
    Op {
        /// Adds a member, or an element before an index.
        Add = "add",
        /// Removes what is there.
        Remove = "remove",
        /// Replaces what is there.
        Replace = "replace",
        /// Moves from another place.
        Move = "move",
        /// Copies from another place.
        Copy = "copy",
        /// Fails unless this value is there.
        Test = "test",
    }
}

mapping! {
    /// One operation of a JSON Patch.
    OperationMapping as "an operation" {
        /// What to do.
        op "op" required: Op,
        /// Where: a JSON Pointer (`/spec/replicas`) or a JSONPath (`$.spec.replicas`).
        path "path" required: Spanned<Path>,
        /// From where, for `move` and `copy`.
        from "from" optional: Path,
    }
}

impl Decode for Path {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Path> {
        let text = String::decode(tree, decoder)?;
        if text.starts_with('$') || text.starts_with('{') {
            return Query::decode(tree, decoder).map(|query| Path::Query(Box::new(Sought::of(query))));
        }
        let fault = if !text.is_empty() && !text.starts_with('/') {
            Some("a JSON Pointer begins with `/`, and a JSONPath with `$`")
        } else if text.replace("~0", "").replace("~1", "").contains('~') {
            Some("in a JSON Pointer `~` is written `~0`, and `/` in a name `~1`")
        } else {
            None
        };
        match fault {
            None => Some(Path::Pointer(text)),
            Some(message) => {
                let help = match text.contains('~') {
                    true => format!("Write `{}`.", text.replace('~', "~0")),
                    false => format!(
                        "Write `/{}` or `$.{}`.",
                        text.trim_start_matches('/').replace('.', "/"),
                        text.trim_matches('/').replace('/', ".")
                    ),
                };
                decoder.push(Diagnostic::error(Code::BadPatch, tree.span, message).help(help));
                None
            }
        }
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string", "pattern": r"^(/|\$|\{|$)" })
    }

    fn words() -> String {
        "JSON Pointer or JSONPath".into()
    }
}

impl Decode for Operation {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Operation> {
        // `value` may be null, which differs from being left out; it is taken by hand.
        let value = tree.get("value").map(Tree::to_value);
        if tree.entries().is_none() {
            let help = "Write `{ op: replace, path: /spec/replicas, value: 2 }`.".to_owned();
            return decoder.wrong_type_with_help(tree, "an operation", Some(help));
        }
        let keys: Vec<&str> = OperationMapping::keys().iter().map(|key| key.name).chain(["value"]).collect();
        let misspelt = tree.entries().unwrap_or_default().iter().find(|entry| {
            !keys.contains(&entry.key.as_str())
                && suggest::nearest(&entry.key, keys.iter().copied()) == Some("value")
        });
        if let Some(entry) = misspelt {
            let message = format!("an operation has no key `{}`", entry.key);
            let finding = Diagnostic::error(Code::UnknownKey, entry.key_span, message).label("unknown key");
            decoder.push(finding.help("Did you mean `value`?"));
            return None;
        }
        let rest = match &tree.node {
            Node::Map(entries) => {
                let entries = entries.iter().filter(|entry| entry.key != "value").cloned().collect();
                Tree { node: Node::Map(entries), span: tree.span }
            }
            _ => tree.clone(),
        };
        let OperationMapping { op, path, from } = OperationMapping::decode(&rest, decoder)?;
        let mut fault = |message: String, help: &str| {
            let start = tree.entry("op").map_or(tree.head(), |entry| entry.value.span);
            decoder.push(Diagnostic::error(Code::BadPatch, start, message).help(help));
            None
        };
        let (wants_value, wants_from) = match op {
            Op::Add | Op::Replace | Op::Test => (true, false),
            Op::Move | Op::Copy => (false, true),
            Op::Remove => (false, false),
        };
        if wants_value && value.is_none() {
            return fault(
                format!("`{}` needs a `value`", op.as_str()),
                "Write `value: …`; `null` is a value too.",
            );
        }
        if wants_from != from.is_some() {
            let (word, help) = match wants_from {
                true => ("needs", "Write `from: /where/it/is`."),
                false => ("takes no", "Leave it out."),
            };
            return fault(format!("`{}` {word} `from`", op.as_str()), help);
        }
        Some(Operation { op, path: path.value, from, value: value.filter(|_| wants_value), span: path.span })
    }

    fn schema(schema: &mut Schema) -> Value {
        let mut own = OperationMapping::schema(schema);
        own["properties"]["value"] = json!({ "description": "The value, for `add`, `replace` and `test`." });
        own
    }

    fn words() -> String {
        "operation".into()
    }
}

impl Decode for JsonPatch {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<JsonPatch> {
        let operations = Vec::<Operation>::decode(tree, decoder)?;
        if operations.is_empty() {
            let help = "Write `[{ op: replace, path: /spec/replicas, value: 2 }]`.";
            decoder.push(
                Diagnostic::error(Code::BadPatch, tree.span, "this patch has no operations").help(help),
            );
            return None;
        }
        Some(JsonPatch { operations })
    }

    fn schema(schema: &mut Schema) -> Value {
        let mut list = Vec::<Operation>::schema(schema);
        list["minItems"] = json!(1);
        list
    }

    fn words() -> String {
        "list of operations".into()
    }
}
