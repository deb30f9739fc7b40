//! A place in a schema, to be asked what it allows: for completions, conditions and server-side apply.
//! It must never change a schema, nor judge a value.

use crate::json::Value;

use super::format::Format;
use super::schema::{Absent, Entries, Field, Id, ListType, Node, Patch, Schema, Type};

/// A place in a schema.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    schema: &'a Schema,
    id: Id,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(schema: &'a Schema, id: Id) -> Cursor<'a> {
        Cursor { schema, id }
    }

    fn node(self) -> &'a Node {
        self.schema.node(self.id)
    }

    /// Its number among the places of the schema, below [`Schema::size`].
    pub fn number(self) -> usize {
        self.id.0 as usize
    }

    /// All places right below: of fields, items and entries.
    pub fn below(self) -> impl Iterator<Item = Cursor<'a>> {
        self.fields().map(|(_, field)| field).chain(self.item()).chain(self.entry())
    }

    /// The schema of a field.
    pub fn field(self, name: &str) -> Option<Cursor<'a>> {
        self.node().field(name).map(|id| Cursor { id, ..self })
    }

    /// All fields, by name.
    pub fn fields(self) -> impl Iterator<Item = (&'a str, Cursor<'a>)> {
        self.node().fields.iter().map(move |field| (field.name.as_ref(), Cursor { id: field.id, ..self }))
    }

    /// The schema of a list's items.
    pub fn item(self) -> Option<Cursor<'a>> {
        self.node().items.map(|id| Cursor { id, ..self })
    }

    /// The schema of a map's values, `None` if there is none, also where any value is allowed.
    pub fn entry(self) -> Option<Cursor<'a>> {
        match self.node().entries {
            Some(Entries::Of(id)) => Some(Cursor { id, ..self }),
            _ => None,
        }
    }

    /// One step of a JSON pointer: a field, a map's entry or, in a list, an item of any index.
    pub fn step(self, step: &str) -> Option<Cursor<'a>> {
        let index = step == "-" || step.bytes().all(|byte| byte.is_ascii_digit());
        self.node().under(step).map(|id| Cursor { id, ..self }).or_else(|| self.item().filter(|_| index))
    }

    /// The type, `None` where several or all are allowed.
    pub fn kind(self) -> Option<Type> {
        self.node().kind
    }

    /// Whether whole numbers and text are both allowed (`x-kubernetes-int-or-string`).
    pub fn is_int_or_string(self) -> bool {
        self.node().int_or_string
    }

    /// Whether fields that the schema does not know are kept, so that any field may be here.
    pub fn is_open(self) -> bool {
        let node = self.node();
        node.open || matches!(node.entries, Some(Entries::Any))
    }

    /// Whether the mapping is one value to server-side apply (`x-kubernetes-map-type: atomic`).
    pub fn is_atomic_map(self) -> bool {
        self.node().atomic
    }

    /// How the items of the list are told apart.
    pub fn list_type(self) -> &'a ListType {
        &self.node().list
    }

    /// Whether the mapping must have the field.
    pub fn requires(self, field: &str) -> bool {
        self.node().required.iter().any(|name| name == field)
    }

    /// The schema of a field, and what stands for it where an object lacks it, when the server writes it.
    pub fn known(self, name: &str) -> Option<(Absent, Cursor<'a>)> {
        self.node().known(name).map(|field| (field.absent, Cursor { id: field.id, ..self }))
    }

    /// What stands for a field that an object lacks, when the server writes it.
    pub fn absent(self, field: &str) -> Absent {
        self.known(field).map_or(Absent::Nothing, |(absent, _)| absent)
    }

    /// Every field that is written although an object lacks it, with what stands for it.
    pub fn written(self) -> impl Iterator<Item = (&'a str, Absent, Cursor<'a>)> {
        let written = |field: &&Field| matches!(field.absent, Absent::Zero | Absent::Null);
        let fields = self.node().fields.iter().filter(written);
        fields.map(move |field| (field.name.as_ref(), field.absent, Cursor { id: field.id, ..self }))
    }

    /// How a strategic merge patch changes it, `None` if it is replaced, or merged as any mapping.
    pub fn patch(self) -> Option<&'a Patch> {
        self.node().patch.as_deref()
    }

    /// The definition in a table that this is.
    pub fn name(self) -> Option<&'a str> {
        self.node().name.as_deref()
    }

    /// The format of text or of a number (`int32`, `date-time`, `byte` …).
    pub fn format(self) -> Option<&'static str> {
        self.node().format.map(Format::name)
    }

    /// Whether it is a Kubernetes quantity.
    pub fn is_quantity(self) -> bool {
        let rules = self.node().rules.as_deref();
        rules.and_then(|rules| rules.pattern.as_ref()).is_some_and(|pattern| pattern.is_quantity())
    }

    /// Whether the mapping is an object of its own (`x-kubernetes-embedded-resource`).
    pub fn is_embedded(self) -> bool {
        self.node().embedded
    }

    /// The values that are allowed, empty if it has no enum.
    pub fn choices(self) -> &'a [Value] {
        self.node().rules.as_deref().map_or(&[], |rules| &rules.choices)
    }

    /// The fields that must be there.
    pub fn required(self) -> impl Iterator<Item = &'a str> {
        self.node().required.iter().map(AsRef::as_ref)
    }

    /// The value that is filled in if there is none.
    pub fn default(self) -> Option<&'a Value> {
        self.node().default.as_ref()
    }
}
