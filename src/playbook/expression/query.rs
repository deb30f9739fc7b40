//! JSONPath queries: parsed once, evaluated by jsonpath-rust. Their filters are judged here, with regular expressions compiled
//! once and nested filters right. It must never know what the values mean.

use super::ast::Logic;
use super::compare;
use super::input::Input;
use super::parser::Parser;
use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Value, json};
use crate::playbook::decode::{Decode, Decoder, Schema};
use crate::source::{Node, Piece, Span, Spanned, Text, Tree};
use jsonpath_rust::parser::model::{JpQuery, Segment as LibrarySegment, Selector as LibrarySelector};
use jsonpath_rust::query::js_path_process;

/// A JSONPath query (RFC 9535).
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    source: String,
    span: Span,
    /// It begins with `@`.
    relative: bool,
    segments: Vec<Segment>,
    steps: Vec<Step>,
}

/// A segment as parsed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment {
    pub descend: bool,
    pub selectors: Vec<Selector>,
}

/// A selector as parsed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Selector {
    Name(Spanned<String>),
    Index(i64),
    Slice(Option<i64>, Option<i64>, Option<i64>),
    Wildcard,
    Filter(Logic),
}

/// A part of the way, as it is evaluated.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// Segments of one selector each, none of them a filter.
    Library(JpQuery),
    /// One segment with a filter or several selectors: what these select of one node stays together (RFC 9535, section 2.5.1.2).
    Each { descend: bool, choices: Vec<Choice> },
}

#[derive(Clone, Debug, PartialEq)]
enum Choice {
    Library(JpQuery),
    Filter(Logic),
}

/// A value that a query selects.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit<'v> {
    /// Where it is, as a normalized path of RFC 9535: `$['status']['conditions'][0]`.
    pub path: String,
    /// The value.
    pub value: &'v Value,
}

/// A step of a query, for checks that follow it through a schema.
#[derive(Clone, Debug, PartialEq)]
pub enum Outline<'q> {
    /// A key of a mapping.
    Name(&'q Spanned<String>),
    /// Items of a list, or values of a mapping whatever their keys: an index, a slice, `*`, a filter, several selectors.
    Each,
    /// `..`: anything below.
    Below,
}

/// The last segment of a query that selects at most one node.
#[derive(Clone, Debug, PartialEq)]
pub enum Last {
    /// A key of a mapping.
    Name(String),
    /// An index of a list.
    Index(i64),
}

impl Query {
    /// Reads a query that is a whole text: JSONPath, or kubectl's form in braces.
    ///
    /// # Errors
    /// The text is no query; the finding points at the character.
    pub fn parse(text: &Text) -> Result<Query, Diagnostic> {
        Parser::for_query(Input::of_field(text)).whole_query()
    }

    pub(super) fn new(source: String, span: Span, relative: bool, segments: Vec<Segment>) -> Query {
        let mut steps = Vec::new();
        for segment in &segments {
            match (segment.lower(), steps.last_mut()) {
                (Some(lowered), Some(Step::Library(query))) => query.segments.push(lowered),
                (Some(lowered), _) => steps.push(Step::Library(JpQuery::new(vec![lowered]))),
                (None, _) => {
                    let choices = segment.selectors.iter().map(Selector::choice).collect();
                    steps.push(Step::Each { descend: segment.descend, choices });
                }
            }
        }
        Query { source, span, relative, segments, steps }
    }

    /// What it selects in a value, in the order of RFC 9535.
    pub fn select<'v>(&self, value: &'v Value) -> Vec<Hit<'v>> {
        self.select_in(value, value)
    }

    /// The same where `$` and `@` differ, as inside a filter.
    pub(super) fn select_in<'v>(&self, root: &'v Value, current: &'v Value) -> Vec<Hit<'v>> {
        let start = Hit { path: "$".to_owned(), value: if self.relative { current } else { root } };
        self.steps.iter().fold(vec![start], |hits, step| match step {
            Step::Library(query) => hits.iter().flat_map(|hit| hit.follow(query)).collect(),
            Step::Each { descend, choices } => {
                let nodes =
                    hits.into_iter().flat_map(|hit| if *descend { hit.descendants() } else { vec![hit] });
                nodes
                    .flat_map(|node| {
                        choices.iter().flat_map(|choice| node.choose(choice, root)).collect::<Vec<_>>()
                    })
                    .collect()
            }
        })
    }

    /// Whether it can select at most one node (a singular query of RFC 9535): names and indices alone.
    pub fn is_singular(&self) -> bool {
        self.segments.iter().all(|segment| segment.last().is_some())
    }

    /// The query as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Where it is written.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Its segments, for checks against a schema.
    pub fn outline(&self) -> Vec<Outline<'_>> {
        let outline = |segment| match segment {
            &Segment { descend: true, .. } => Outline::Below,
            Segment { selectors, .. } => match selectors.as_slice() {
                [Selector::Name(name)] => Outline::Name(name),
                _ => Outline::Each,
            },
        };
        self.segments.iter().map(outline).collect()
    }

    /// The query without its last segment, and that segment, if it is a name or an index: for writing where nothing is yet.
    pub fn split_last(&self) -> Option<(Query, Last)> {
        let (last, before) = self.segments.split_last()?;
        let last = last.last()?;
        Some((Query::new(self.source.clone(), self.span, self.relative, before.to_vec()), last))
    }

    pub(super) fn is_relative(&self) -> bool {
        self.relative
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }
}

impl Segment {
    fn last(&self) -> Option<Last> {
        match self.selectors.as_slice() {
            [Selector::Name(name)] if !self.descend => Some(Last::Name(name.value.clone())),
            [Selector::Index(index)] if !self.descend => Some(Last::Index(*index)),
            _ => None,
        }
    }

    /// As the library has it, if it is one selector and no filter.
    fn lower(&self) -> Option<LibrarySegment> {
        let [selector] = self.selectors.as_slice() else { return None };
        let segment = LibrarySegment::Selector(selector.lower()?);
        Some(if self.descend { LibrarySegment::Descendant(Box::new(segment)) } else { segment })
    }
}

impl Selector {
    fn lower(&self) -> Option<LibrarySelector> {
        Some(match self {
            Selector::Name(name) => LibrarySelector::Name(name.value.clone()),
            Selector::Index(index) => LibrarySelector::Index(*index),
            Selector::Slice(start, end, step) => LibrarySelector::Slice(*start, *end, *step),
            Selector::Wildcard => LibrarySelector::Wildcard,
            Selector::Filter(_) => return None,
        })
    }

    fn choice(&self) -> Choice {
        match (self, self.lower()) {
            (Selector::Filter(logic), _) => Choice::Filter(logic.clone()),
            (_, lowered) => {
                Choice::Library(JpQuery::new(lowered.into_iter().map(LibrarySegment::Selector).collect()))
            }
        }
    }
}

impl<'v> Hit<'v> {
    fn follow(&self, query: &JpQuery) -> Vec<Hit<'v>> {
        let hits = js_path_process(query, self.value).unwrap_or_default();
        let path = |below: String| match self.path.as_str() {
            "$" => below,
            path => format!("{path}{}", below.strip_prefix('$').unwrap_or(&below)),
        };
        hits.into_iter().map(|hit| Hit { path: path(hit.path), value: hit.val }).collect()
    }

    /// It and all that is below it, each before its own children.
    fn descendants(self) -> Vec<Hit<'v>> {
        let everything =
            LibrarySegment::Descendant(Box::new(LibrarySegment::Selector(LibrarySelector::Wildcard)));
        let below = self.follow(&JpQuery::new(vec![everything]));
        std::iter::once(self).chain(below).collect()
    }

    fn choose(&self, choice: &Choice, root: &'v Value) -> Vec<Hit<'v>> {
        let logic = match choice {
            Choice::Library(query) => return self.follow(query),
            Choice::Filter(logic) => logic,
        };
        let child =
            |segment: String, value: &'v Value| Hit { path: format!("{}[{segment}]", self.path), value };
        match self.value {
            Value::Array(items) => {
                let chosen = items.iter().enumerate().filter(|(_, item)| logic.holds_in_filter(root, item));
                chosen.map(|(index, item)| child(index.to_string(), item)).collect()
            }
            Value::Object(map) => {
                let chosen = map.iter().filter(|(_, value)| logic.holds_in_filter(root, value));
                chosen.map(|(key, value)| child(compare::quoted(key), value)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Where it is, as a JSON Pointer (RFC 6901): `/status/conditions/0`.
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        let mut quoted = false;
        let mut chars = self.path.chars().skip(1);
        while let Some(char) = chars.next() {
            match (quoted, char) {
                (false, '[') => pointer.push('/'),
                (false, ']') => {}
                (_, '\'') => quoted = !quoted,
                (true, '\\') => match chars.next() {
                    Some('u') => {
                        let code: String = chars.by_ref().take(4).collect();
                        pointer.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
                    }
                    Some('b') => pointer.push('\u{8}'),
                    Some('f') => pointer.push('\u{c}'),
                    Some('n') => pointer.push('\n'),
                    Some('r') => pointer.push('\r'),
                    Some('t') => pointer.push('\t'),
                    escaped => pointer.extend(escaped),
                },
                (true, '~') => pointer.push_str("~0"),
                (true, '/') => pointer.push_str("~1"),
                (_, char) => pointer.push(char),
            }
        }
        pointer
    }
}

impl Decode for Query {
    fn check_open(tree: &Tree, decoder: &mut Decoder<'_>) {
        let begins = |text: &Text| match text.pieces.first() {
            Some(Piece::Literal { text, .. }) => text.trim_start().starts_with(['$', '@', '{']),
            _ => false,
        };
        if let Node::Text(text) = &tree.node
            && begins(text)
        {
            let _ = Query::decode(tree, decoder);
        }
    }

    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Query> {
        let Node::Text(text) = &tree.node else {
            if let Some(finding) = super::braces_without_quotes(tree) {
                decoder.push(Diagnostic { code: Code::BadJsonpath, ..finding });
                return None;
            }
            return decoder.wrong_type(tree, "a JSONPath such as `$.status.state`");
        };
        Query::parse(text).map_err(|finding| decoder.push(finding)).ok()
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string", "pattern": r"^\s*(\$|@|\{)" })
    }

    fn words() -> String {
        "JSONPath".into()
    }
}
