//! A structural schema as data: nodes in one vector that refer to each other by number, so that parts are shared.
//! It must never know where it came from, nor judge a value.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::json::pointer::unescaped;
use crate::json::{Mark, Number, Value};
use regex::Regex;

use super::cursor::Cursor;
use super::format::Format;

/// A structural schema: what an object of one version of a custom kind may look like.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Schemas that were made together have the same.
    pub(super) nodes: Arc<Vec<Node>>,
    pub(super) root: Id,
    pub(super) cel_rules: usize,
}

impl Schema {
    /// The schema of the whole object.
    pub fn root(&self) -> Cursor<'_> {
        Cursor::new(self, self.root)
    }

    /// The schema of the place that a JSON pointer names, `None` where the schema knows none.
    pub fn at(&self, pointer: &str) -> Option<Cursor<'_>> {
        let mut cursor = self.root();
        for step in pointer.split('/').skip(1) {
            cursor = cursor.step(&unescaped(step))?;
        }
        Some(cursor)
    }

    /// How many places it has.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// All its places, those that nothing leads to among them.
    pub fn places(&self) -> impl DoubleEndedIterator<Item = Cursor<'_>> {
        let numbers = 0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        numbers.map(|number| Cursor::new(self, Id(number)))
    }

    /// Whether there are objects within the object (`x-kubernetes-embedded-resource`).
    pub fn embeds(&self) -> bool {
        self.nodes.iter().any(|node| node.embedded)
    }

    /// The same without the fields that came with later releases.
    #[must_use]
    pub fn without_newer(&self) -> Schema {
        let mut older = self.clone();
        for node in older.nodes_mut() {
            let Node { fields, required, .. } = node;
            required.retain(|name| !fields.iter().any(|field| field.newer && field.name == *name));
            fields.retain(|field| !field.newer);
        }
        older
    }

    /// How many CEL rules the schema holds; none of them is evaluated.
    pub fn cel_rules(&self) -> usize {
        self.cel_rules
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn add(&mut self, node: Node) -> Id {
        let nodes = self.nodes_mut();
        nodes.push(node);
        Id(u32::try_from(nodes.len() - 1).unwrap_or(u32::MAX))
    }

    /// The places of a schema in the making.
    pub(super) fn nodes_mut(&mut self) -> &mut Vec<Node> {
        Arc::make_mut(&mut self.nodes)
    }
}

/// A node's number in its schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Id(pub(super) u32);

/// A name of a field: borrowed from a table that is part of the program, owned if read from a CRD.
pub(super) type Name = Cow<'static, str>;

/// The types of JSON that a schema tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A mapping.
    Object,
    /// A list.
    Array,
    /// Text.
    String,
    /// A whole number; `1.0` is one.
    Integer,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
}

impl Type {
    /// The name that schemas and messages use.
    pub fn name(self) -> &'static str {
        match self {
            Type::Object => "object",
            Type::Array => "array",
            Type::String => "string",
            Type::Integer => "integer",
            Type::Number => "number",
            Type::Boolean => "boolean",
        }
    }

    pub(super) fn of(name: &str) -> Option<Type> {
        [Type::Object, Type::Array, Type::String, Type::Integer, Type::Number, Type::Boolean]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// What stands for a field that an object leaves out, or gives as nothing, when the server writes a built-in kind: what
/// the tags of the kind's type in Go make of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Absent {
    /// Nothing. An empty list or mapping of entries counts as absent; zero, false and empty text do not.
    #[default]
    Nothing,
    /// Nothing, and zero, false or empty text count as absent.
    NothingForZero,
    /// Zero, false, empty text, or a mapping with what its own fields are written as.
    Zero,
    /// Null.
    Null,
}

/// How a strategic merge patch changes a list (`x-kubernetes-patch-strategy`, `x-kubernetes-patch-merge-key`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// Whether items are merged; otherwise the list is replaced.
    pub merge: bool,
    /// Whether the patch says which fields of a union remain (`retainKeys`).
    pub retain_keys: bool,
    /// The field that tells items apart, `None` for a list of scalars.
    pub key: Option<Cow<'static, str>>,
}

/// How the items of a list are told apart (`x-kubernetes-list-type`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ListType {
    /// The list is one value; server-side apply replaces it whole.
    #[default]
    Atomic,
    /// Every item occurs once.
    Set,
    /// Items are mappings told apart by these fields.
    Map(Vec<Cow<'static, str>>),
}

/// A field of a mapping.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub mark: Mark,
    pub name: Name,
    pub id: Id,
    pub absent: Absent,
    /// Whether it came with later releases.
    pub newer: bool,
}

impl Field {
    pub fn new(name: Name, id: Id) -> Field {
        Field { mark: Mark::of(&name), name, id, absent: Absent::Nothing, newer: false }
    }
}

/// One place of a schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub kind: Option<Type>,
    pub int_or_string: bool,
    pub nullable: bool,
    /// `x-kubernetes-preserve-unknown-fields`
    pub open: bool,
    /// `x-kubernetes-embedded-resource`
    pub embedded: bool,
    /// `x-kubernetes-map-type: atomic`
    pub atomic: bool,
    /// The definition this is, in a table.
    pub name: Option<Name>,
    /// Fields by name, sorted.
    pub fields: Vec<Field>,
    pub required: Vec<Name>,
    pub entries: Option<Entries>,
    pub items: Option<Id>,
    pub list: ListType,
    pub patch: Option<Box<Patch>>,
    pub format: Option<Format>,
    pub default: Option<Value>,
    pub rules: Option<Box<Rules>>,
}

impl Node {
    pub fn of(kind: Type) -> Node {
        Node { kind: Some(kind), ..Node::default() }
    }

    pub fn known(&self, name: &str) -> Option<&Field> {
        // Marks are sooner looked at than the order of names.
        let mark = Mark::of(name);
        self.fields.iter().find(|field| field.mark == mark && mark.tells(&field.name, name))
    }

    pub fn field(&self, name: &str) -> Option<Id> {
        self.known(name).map(|field| field.id)
    }

    /// The schema of the value under a key: a field's, else that of all entries.
    pub fn under(&self, key: &str) -> Option<Id> {
        self.field(key).or(match self.entries {
            Some(Entries::Of(id)) => Some(id),
            _ => None,
        })
    }

    pub fn patch_mut(&mut self) -> &mut Patch {
        self.patch.get_or_insert_default()
    }

    /// Whether a null here is taken for an absent value.
    pub fn drops_null(&self) -> bool {
        !self.nullable && self.default.is_none()
    }

    /// The types accepted, as messages name them.
    pub fn types(&self) -> &'static [Type] {
        match self.kind {
            _ if self.int_or_string => &[Type::Integer, Type::String],
            Some(Type::Object) => &[Type::Object],
            Some(Type::Array) => &[Type::Array],
            Some(Type::String) => &[Type::String],
            Some(Type::Integer) => &[Type::Integer],
            Some(Type::Number) => &[Type::Number],
            Some(Type::Boolean) => &[Type::Boolean],
            None => &[],
        }
    }
}

/// What a mapping holds beside its fields (`additionalProperties`).
#[derive(Clone, Copy, Debug)]
pub(super) enum Entries {
    /// Anything.
    Any,
    /// Values of one schema.
    Of(Id),
}

/// Rules on a value that few places have.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub choices: Vec<Value>,
    pub minimum: Option<Bound>,
    pub maximum: Option<Bound>,
    pub multiple_of: Option<Number>,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub pattern: Option<Pattern>,
    pub min_items: Option<u64>,
    pub max_items: Option<u64>,
    pub unique: bool,
    pub min_fields: Option<u64>,
    pub max_fields: Option<u64>,
    pub all_of: Vec<Id>,
    pub any_of: Vec<Id>,
    pub one_of: Vec<Id>,
    pub not: Option<Id>,
}

/// A lower or upper bound.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub limit: Number,
    pub exclusive: bool,
}

/// The pattern that controller-gen writes for quantities, and the reason why most CRDs hold patterns at all.
pub(super) const QUANTITY: &str = r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$";

/// A pattern, compiled when first needed.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub text: Name,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub fn new(text: impl Into<Name>) -> Pattern {
        Pattern { text: text.into(), compiled: OnceLock::new() }
    }

    pub fn is_quantity(&self) -> bool {
        self.text == QUANTITY
    }

    /// Whether the text holds the pattern. One that cannot be compiled refuses nothing.
    pub fn matches(&self, text: &str) -> bool {
        if self.is_quantity() {
            return is_quantity(text);
        }
        let regex = self.compiled.get_or_init(|| Regex::new(&self.text).ok());
        regex.as_ref().is_none_or(|regex| regex.is_match(text))
    }
}

/// Whether a text is a regular expression.
pub fn is_pattern(text: &str) -> bool {
    text == QUANTITY || Regex::new(text).is_ok()
}

/// What `QUANTITY` matches, without a regular expression.
fn is_quantity(text: &str) -> bool {
    let unsigned = |text: &str| text.strip_prefix(['+', '-']).unwrap_or(text).len();
    let number = |text: &str| -> Option<usize> {
        let whole = text.bytes().take_while(u8::is_ascii_digit).count();
        let fraction = match text.as_bytes().get(whole) {
            Some(b'.') => 1 + text[whole + 1..].bytes().take_while(u8::is_ascii_digit).count(),
            _ => 0,
        };
        (whole > 0 || fraction > 1).then_some(whole + fraction)
    };
    let text = &text[text.len() - unsigned(text)..];
    let Some(length) = number(text) else { return false };
    match &text[length..] {
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" => true,
        "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" => true,
        suffix => suffix.strip_prefix(['e', 'E']).is_some_and(|exponent| {
            let exponent = &exponent[exponent.len() - unsigned(exponent)..];
            number(exponent) == Some(exponent.len())
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quantities_are_told_as_the_pattern_tells_them(text in "[+-]{0,2}[0-9]{0,3}\\.?[0-9]{0,2}[KMeEimk+.-]{0,3}[0-9]{0,2}\\.?[0-9]?") {
            let pattern = Regex::new(QUANTITY).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(is_quantity(&text), pattern.is_match(&text), "{}", text);
        }
    }

    #[test]
    fn a_pattern_without_sense_refuses_nothing() {
        assert!(Pattern::new("(").matches("anything"));
        assert!(!Pattern::new("^a+$").matches("b"));
    }
}
