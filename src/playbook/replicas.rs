//! How many replicas a `scale` asks for.
//! It must never know which field decides.

use super::decode::{Decode, Decoder, Schema, mapping, without_quotes};
use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Value, json};
use crate::source::{Node, Tree};

/// A number of replicas, or an autoscaler's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replicas {
    /// As many.
    Count(u32),
    /// The bounds of an autoscaler; at least one of them.
    Bounds {
        /// The least.
        min: Option<u32>,
        /// The most.
        max: Option<u32>,
    },
}

mapping! {
    /// The bounds of an autoscaler.
    Bounds as "replicas" {
        /// The least number of replicas.
        min "min" optional: u32,
        /// The most replicas.
        max "max" optional: u32,
    }
}

impl Decode for Replicas {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Replicas> {
        let Node::Map(_) = &tree.node else {
            if !matches!(tree.node, Node::Number(_)) {
                let help = without_quotes(tree);
                return decoder.wrong_type_with_help(tree, "a whole number or `{ min, max }`", help);
            }
            return u32::decode(tree, decoder).map(Replicas::Count);
        };
        let Bounds { min, max } = Bounds::decode(tree, decoder)?;
        let fault = match (min, max) {
            (None, None) => Some("bounds need `min`, `max` or both".to_owned()),
            (Some(min), Some(max)) if min > max => Some(format!("`min` {min} is more than `max` {max}")),
            (_, Some(0)) => Some("`max` must be at least 1".to_owned()),
            _ => None,
        };
        match fault {
            None => Some(Replicas::Bounds { min, max }),
            Some(message) => {
                decoder.push(
                    Diagnostic::error(Code::BadValue, tree.span, message).help("Write `{ min: 1, max: 3 }`."),
                );
                None
            }
        }
    }

    fn schema(schema: &mut Schema) -> Value {
        let mut bounds = Bounds::schema(schema);
        bounds["minProperties"] = json!(1);
        bounds["properties"]["max"]["anyOf"][0]["minimum"] = json!(1);
        json!({ "anyOf": [u32::schema(schema), bounds] })
    }

    fn words() -> String {
        "number or `{ min, max }`".into()
    }
}
