//! `like`: containment. Mappings must be contained, lists and scalars equal.
//! It must never know what kind of object it judges.

use super::decode::{Decode, Decoder, Schema};
use super::expression::{Truth, Unmet};
use crate::source::{Span, Tree};
use serde_json::{Value, json};

/// What an object must contain.
#[derive(Clone, Debug, PartialEq)]
pub struct Like {
    value: Value,
    span: Span,
}

impl Like {
    /// Judges an object; if it is unmet, names the deepest path that differs.
    pub fn judge(&self, object: &Value) -> Truth {
        if contains(object, &self.value) {
            return Truth::Met;
        }
        Truth::Unmet(vec![Unmet {
            span: self.span,
            path: "$".into(),
            actual: object.to_string(),
            wanted: self.value.to_string(),
        }])
    }

    /// What must be contained.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Where it is written.
    pub fn span(&self) -> Span {
        self.span
    }
}

fn contains(actual: &Value, wanted: &Value) -> bool {
    match (actual, wanted) {
        (Value::Object(actual), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| actual.get(key).is_some_and(|actual| contains(actual, wanted)))
        }
        (actual, wanted) => actual == wanted,
    }
}

impl Decode for Like {
    fn decode(tree: &Tree, _: &mut Decoder<'_>) -> Option<Like> {
        Some(Like { value: tree.to_value(), span: tree.span })
    }

    fn schema(_: &mut Schema) -> Value {
        json!({})
    }

    fn words() -> String {
        "any value".into()
    }
}
