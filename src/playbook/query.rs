//! JSONPath queries (RFC 9535, and kubectl's braces form), parsed once and evaluated by jsonpath-rust.
//! It must never know what the values mean.

use super::decode::{Decode, Decoder, Schema};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Node, Span, Text, Tree};
use jsonpath_rust::parser::model::JpQuery;
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use serde_json::{Value, json};

/// A JSONPath query.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    source: String,
    span: Span,
    query: JpQuery,
}

/// A value that a query selects.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit<'v> {
    /// Where it is, as a normalized path of RFC 9535: `$['status']['conditions'][0]`.
    pub path: String,
    /// The value.
    pub value: &'v Value,
}

impl Hit<'_> {
    /// Where it is, as a JSON Pointer (RFC 6901): `/status/conditions/0`.
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        let mut rest = self.path.strip_prefix('$').unwrap_or(&self.path);
        while let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').unwrap_or(inner.len());
            let segment = inner[..end].trim_matches('\'');
            pointer.push('/');
            pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
            rest = inner.get(end + 1..).unwrap_or("");
        }
        pointer
    }
}

impl Query {
    /// Reads a query that is a whole text.
    ///
    /// # Errors
    /// The text is no query; the finding points at the character.
    pub fn parse(text: &Text) -> Result<Query, Diagnostic> {
        let source = text.joined();
        match parse_json_path(&source) {
            Ok(query) => Ok(Query { source, span: text.span, query }),
            Err(error) => Err(Diagnostic::error(Code::BadJsonpath, text.span, error.to_string())),
        }
    }

    /// What it selects in a value, in the order of RFC 9535.
    pub fn select<'v>(&self, value: &'v Value) -> Vec<Hit<'v>> {
        let hits = js_path_process(&self.query, value).unwrap_or_default();
        hits.into_iter().map(|hit| Hit { path: hit.path, value: hit.val }).collect()
    }

    /// Whether it can select at most one node.
    pub fn is_singular(&self) -> bool {
        !self.source.contains(['*', '?', ':', ',']) && !self.source.contains("..")
    }

    /// The query as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Where it is written.
    pub fn span(&self) -> Span {
        self.span
    }
}

impl Decode for Query {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Query> {
        let Node::Text(text) = &tree.node else {
            return decoder.wrong_type(tree, "a JSONPath such as `$.status.state`");
        };
        Query::parse(text).map_err(|finding| decoder.push(finding)).ok()
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string" })
    }

    fn words() -> String {
        "JSONPath".into()
    }
}
