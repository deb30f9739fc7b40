//! Where the objects of a step come from, as written: paths, globs, directories, objects in place.
//! It must never read them: the plan does.

use super::decode::{Decode, Decoder, Schema};
use super::template;
use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Value, json};
use crate::source::{Node, Span, Spanned, Tree};

/// A manifest as a playbook names it.
#[derive(Clone, Debug, PartialEq)]
pub enum ManifestRef {
    /// A file, a glob or a directory; relative to the playbook.
    Path {
        /// The path.
        path: Spanned<String>,
        /// Whether `${{ }}` in the files is expanded.
        expand: bool,
    },
    /// An object in place.
    Object(Box<Tree>),
    /// Several of these.
    List(Vec<ManifestRef>, Span),
}

impl ManifestRef {
    /// Where it is written, which names it within its playbook.
    pub fn span(&self) -> Span {
        match self {
            ManifestRef::Path { path, .. } => path.span,
            ManifestRef::Object(tree) => tree.span,
            ManifestRef::List(_, span) => *span,
        }
    }

    /// It in a few words, for the console: the path, or `Kind/name`.
    pub fn source(&self) -> String {
        match self {
            ManifestRef::Path { path, .. } => path.value.clone(),
            ManifestRef::Object(tree) => {
                let text = |tree: Option<&Tree>| tree.and_then(Tree::as_str).unwrap_or("…").to_owned();
                let name = text(tree.get("metadata").and_then(|metadata| metadata.get("name")));
                format!("{}/{name}", text(tree.get("kind")))
            }
            ManifestRef::List(list, _) => list.iter().map(ManifestRef::source).collect::<Vec<_>>().join(", "),
        }
    }

    /// Whether a tree looks like a manifest rather than like a mapping of a verb's keys.
    pub fn is_manifest(tree: &Tree) -> bool {
        match &tree.node {
            Node::Text(_) | Node::List(_) => true,
            Node::Map(_) => {
                tree.get("kind").is_some() || tree.get("path").is_some() || tree.get("apiVersion").is_some()
            }
            Node::Null | Node::Bool(_) | Node::Number(_) => false,
        }
    }
}

impl Decode for ManifestRef {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<ManifestRef> {
        match &tree.node {
            Node::Text(text) if text.has_holes() => {
                let references = template::references(tree);
                if references.iter().all(|name| matches!(name.root.as_str(), "env" | "secrets")) {
                    // An unset variable, which a finding names; nothing is read from this path.
                    let path = Spanned::new(text.joined(), tree.span);
                    return Some(ManifestRef::Path { path, expand: false });
                }
                let message = "a manifest's path must be known before the run begins";
                decoder.push(
                    Diagnostic::error(Code::BadManifest, tree.span, message)
                        .help("Use `vars` or `env`, not `steps`."),
                );
                None
            }
            Node::Text(text) => {
                let path = text.joined();
                if path.trim().is_empty() {
                    decoder.push(
                        Diagnostic::error(Code::BadManifest, tree.span, "this path is empty")
                            .help("Name a file, a directory or a glob, relative to the playbook."),
                    );
                    return None;
                }
                Some(ManifestRef::Path { path: Spanned::new(path, tree.span), expand: false })
            }
            Node::List(items) => {
                // Those that can be read are loaded, so that what is wrong with them is found too.
                let list = items.iter().filter_map(|item| ManifestRef::decode(item, decoder)).collect();
                Some(ManifestRef::List(list, tree.span))
            }
            Node::Map(_) if tree.get("path").is_some() && tree.get("kind").is_none() => {
                let file = ManifestFile::decode(tree, decoder)?;
                // The path alone says what is wrong with it.
                if file.path.trim().is_empty() || tree.get("path").is_some_and(Tree::has_holes) {
                    return ManifestRef::decode(tree.get("path")?, decoder);
                }
                Some(ManifestRef::Path { path: file.path, expand: file.expand.unwrap_or(false) })
            }
            Node::Map(_) => {
                for key in ["apiVersion", "kind"] {
                    if tree.get(key).and_then(Tree::as_str).is_none() {
                        let message = format!("an object needs `{key}`");
                        let help = "A mapping here is the object itself; a file is `{ path: FILE }`.";
                        decoder.push(Diagnostic::error(Code::NotAnObject, tree.head(), message).help(help));
                        return None;
                    }
                }
                Some(ManifestRef::Object(Box::new(tree.clone())))
            }
            _ => decoder.wrong_type(tree, "a path, an object, or a list of them"),
        }
    }

    fn schema(schema: &mut Schema) -> Value {
        schema.define("manifest", |schema| {
            json!({ "anyOf": [
                { "type": "string", "minLength": 1, "description": "A file, a glob or a directory, relative to the playbook." },
                ManifestFile::schema(schema),
                {
                    "type": "object",
                    "description": "The object itself.",
                    "required": ["apiVersion", "kind"],
                    "properties": { "apiVersion": { "type": "string" }, "kind": { "type": "string" } },
                },
                { "type": "array", "items": { "$ref": "#/$defs/manifest" } },
            ] })
        })
    }

    fn words() -> String {
        "manifest".into()
    }
}

super::decode::mapping! {
    /// A manifest file of which more is said than its path.
    ManifestFile as "a manifest file" {
        /// A file, a glob or a directory, relative to the playbook.
        path "path" required: Spanned<String>,
        /// Whether `${{ }}` in it is expanded. Left out: false, files are taken as they are.
        expand "expand" optional: bool,
    }
}
