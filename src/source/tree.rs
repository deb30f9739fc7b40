//! A YAML or JSON document as a tree in which every key and value has its span.
//! It must never know what keys mean.

use super::{Piece, Span, Text};
use crate::json::pointer::unescaped;
use crate::json::{Map, Number, Value};

/// A node of a document and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// What stands there.
    pub node: Node,
    /// Where. A null that was left out has an empty span behind its key.
    pub span: Span,
}

/// What a place in a document holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number; those beyond 64 bits are floats.
    Number(Number),
    /// A text.
    Text(Text),
    /// A sequence.
    List(Vec<Tree>),
    /// A mapping, in the order of writing; keys are unique.
    Map(Vec<Entry>),
}

/// A key of a mapping and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key as a text.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Tree,
}

impl Tree {
    /// What it is, in the words of a message: `a number`, `a mapping`.
    pub fn kind(&self) -> &'static str {
        match &self.node {
            Node::Null => "nothing",
            Node::Bool(_) => "a boolean",
            Node::Number(_) => "a number",
            Node::Text(_) => "a text",
            Node::List(_) => "a list",
            Node::Map(_) => "a mapping",
        }
    }

    /// Where to point when all of it is meant, which may be pages: its bracket, dash or first key; a scalar itself.
    pub fn head(&self) -> Span {
        match &self.node {
            Node::List(_) => self.span.slice(0, 1),
            Node::Map(entries) => match entries.first() {
                Some(first) if first.key_span.start == self.span.start => first.key_span,
                _ => self.span.slice(0, 1),
            },
            _ => self.span,
        }
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.node {
            Node::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value under a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Tree> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key of a mapping.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries()?.iter().find(|entry| entry.key == key)
    }

    /// The literal text of a scalar that is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.node {
            Node::Text(text) => text.as_literal(),
            _ => None,
        }
    }

    /// The node under a JSON Pointer (RFC 6901), or the deepest one there is on the way to it, and whether that is all of it.
    pub fn nearest(&self, pointer: &str) -> (&Tree, Option<&Entry>, bool) {
        let mut here = self;
        let mut entry = None;
        for segment in pointer.split('/').skip(1) {
            let segment = unescaped(segment);
            let next = match &here.node {
                Node::Map(entries) => {
                    let found = entries.iter().find(|entry| entry.key == segment);
                    entry = found.or(entry);
                    found.map(|entry| &entry.value)
                }
                Node::List(items) => {
                    segment.parse::<usize>().ok().and_then(|index| items.get(index)).inspect(|_| entry = None)
                }
                _ => None,
            };
            match next {
                Some(next) => here = next,
                None => return (here, entry, false),
            }
        }
        (here, entry, true)
    }

    /// Whether an expression in it is not known yet.
    pub fn has_holes(&self) -> bool {
        match &self.node {
            Node::Text(text) => text.has_holes(),
            Node::List(items) => items.iter().any(Tree::has_holes),
            Node::Map(entries) => entries.iter().any(|entry| entry.value.has_holes()),
            Node::Null | Node::Bool(_) | Node::Number(_) => false,
        }
    }

    /// A scalar as the pieces of a text: those of a text itself, else its value as one piece.
    pub fn text_pieces(&self) -> Vec<Piece> {
        match &self.node {
            Node::Text(text) => text.pieces.clone(),
            _ => vec![Piece::Value { value: self.to_value(), span: self.span }],
        }
    }

    /// The document as a JSON value; a text in pieces is joined.
    pub fn to_value(&self) -> Value {
        match &self.node {
            Node::Null => Value::Null,
            Node::Bool(bool) => Value::Bool(*bool),
            Node::Number(number) => Value::Number(number.clone()),
            Node::Text(text) => text.joined().into(),
            Node::List(items) => Value::Array(items.iter().map(Tree::to_value).collect()),
            Node::Map(entries) => {
                entries.iter().map(|entry| (&entry.key, entry.value.to_value())).collect::<Map>().into()
            }
        }
    }

    /// A value as a tree of which every part stands at one place: what an expression gave.
    pub fn from_value(value: &Value, span: Span) -> Tree {
        let node = match value {
            Value::Null => Node::Null,
            Value::Bool(bool) => Node::Bool(*bool),
            Value::Number(number) => Node::Number(number.clone()),
            Value::String(text) => Node::Text(Text {
                pieces: vec![Piece::Value { value: Value::String(text.clone()), span }],
                span,
            }),
            Value::Array(items) => {
                Node::List(items.iter().map(|item| Tree::from_value(item, span)).collect())
            }
            Value::Object(map) => Node::Map(
                map.iter()
                    .map(|(key, value)| Entry {
                        key: key.to_string(),
                        key_span: span,
                        value: Tree::from_value(value, span),
                    })
                    .collect(),
            ),
        };
        Tree { node, span }
    }
}
