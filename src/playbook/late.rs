//! A field that is known when planning, or only when its step starts.
//! It must never know what the field is: the same decoder reads it early and late.

use super::decode::{Decode, Decoder, Schema};
use crate::json::{Value, json};
use crate::source::{Span, Tree};

/// A field whose value may depend on what earlier steps saved.
#[derive(Clone, Debug, PartialEq)]
pub enum Late<T> {
    /// Known when planning.
    Known {
        /// The value.
        value: T,
        /// Where it is written.
        span: Span,
    },
    /// An expression in it is known only when the step starts.
    Open(Box<Tree>),
}

impl<T> Late<T> {
    /// The value, if it is known when planning.
    pub fn known(&self) -> Option<&T> {
        match self {
            Late::Known { value, .. } => Some(value),
            Late::Open(_) => None,
        }
    }

    /// Where it is written.
    pub fn span(&self) -> Span {
        match self {
            Late::Known { span, .. } => *span,
            Late::Open(tree) => tree.span,
        }
    }
}

impl<T: Decode> Decode for Late<T> {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Late<T>> {
        if tree.has_holes() {
            T::check_open(tree, decoder);
            return Some(Late::Open(Box::new(tree.clone())));
        }
        T::decode(tree, decoder).map(|value| Late::Known { value, span: tree.span })
    }

    fn schema(schema: &mut Schema) -> Value {
        let own = T::schema(schema);
        // A text takes an expression as it is.
        if own.get("type").and_then(Value::as_str) == Some("string")
            && own.get("pattern").is_none()
            && own.get("enum").is_none()
        {
            return own;
        }
        if own.get("$ref").is_some() {
            return own;
        }
        json!({ "anyOf": [own, { "type": "string", "pattern": r"\$\{\{.*\}\}" }] })
    }

    fn words() -> String {
        T::words()
    }
}
