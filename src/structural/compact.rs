//! Schemas out of compact tables of our own: one line a field, so that a person reads what a kind may hold.
//! It must never know which kinds there are.
//!
//! ```text
//! # a comment
//! Predictor                          a definition begins in the first column
//!   name!       string               `!`: the field must be there
//!   replicas    int32
//!   labels      {string}             a map of text
//!   traffic+    int32                `+`: newer; left out unless asked for
//!   parts       [Part] by name,kind  a list whose items are told apart by these fields; or `set`
//!   created     date-time null       null is allowed
//!   protocol    string = "TCP"       filled in if absent
//! Canary
//!   ..Predictor                      all fields of another definition
//!   -traffic                         but this one
//! ```
//! Types are `string`, `boolean`, `integer`, `int32`, `int64`, `number`, `date-time`, `quantity`, `int-or-string`,
//! `object` (a mapping that keeps no field), `any`, `[T]`, `{T}` and the names of definitions, which may refer to
//! themselves.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use super::format::Format;
use super::schema::{Entries, Id, ListType, Name, Node, Pattern, QUANTITY, Rules, Schema, Type};

/// Definitions, read from one or several texts.
#[derive(Debug, Default)]
pub struct Table {
    lines: Vec<Line>,
    /// The lines of each definition.
    definitions: BTreeMap<&'static str, Range<usize>>,
}

/// A fault in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableError {
    /// Line within its text, from 1; 0 if the fault is in none.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for TableError {}

/// A line of a definition.
#[derive(Clone, Copy, Debug)]
struct Line {
    number: usize,
    text: &'static str,
}

impl Line {
    fn fault<T>(self, message: impl Into<String>) -> Result<T, TableError> {
        Err(TableError { line: self.number, message: message.into() })
    }
}

impl Table {
    /// Reads definitions; a name may be defined once over all texts.
    ///
    /// # Errors
    /// A field before any definition, a name defined twice.
    pub fn parse(texts: &[&'static str]) -> Result<Table, TableError> {
        let mut table = Table::default();
        for text in texts {
            let mut current: Option<&'static str> = None;
            let mut start = table.lines.len();
            for (index, text) in text.lines().enumerate() {
                let line = Line { number: index + 1, text: text.trim() };
                if line.text.is_empty() || line.text.starts_with('#') {
                    continue;
                }
                if !text.starts_with(' ') {
                    table.close(current.replace(line.text), start);
                    start = table.lines.len();
                    if table.definitions.insert(line.text, start..start).is_some() {
                        return line.fault(format!("{} is defined twice", line.text));
                    }
                } else if current.is_some() {
                    table.lines.push(line);
                } else {
                    return line.fault("a field before any definition");
                }
            }
            table.close(current, start);
        }
        Ok(table)
    }

    fn close(&mut self, name: Option<&'static str>, start: usize) {
        if let Some(name) = name {
            self.definitions.insert(name, start..self.lines.len());
        }
    }

    /// The schema of a definition, with or without the fields marked as newer.
    ///
    /// # Errors
    /// An unknown type, a modifier that is none.
    pub fn schema(&self, root: &str, newer: bool) -> Result<Schema, TableError> {
        let mut maker = Maker { table: self, newer, schema: Schema::default(), made: BTreeMap::new() };
        let Some((name, _)) = self.definitions.get_key_value(root) else {
            return Line { number: 0, text: "" }.fault(format!("there is no definition {root}"));
        };
        let root = maker.definition(name, Line { number: 0, text: "" })?;
        Ok(Schema { root, ..maker.schema })
    }
}

/// A schema in the making.
struct Maker<'a> {
    table: &'a Table,
    newer: bool,
    schema: Schema,
    made: BTreeMap<&'static str, Id>,
}

/// A field as a line tells it.
struct Field {
    name: &'static str,
    required: bool,
    id: Id,
}

impl Maker<'_> {
    fn definition(&mut self, name: &'static str, from: Line) -> Result<Id, TableError> {
        if let Some(id) = self.made.get(name) {
            return Ok(*id);
        }
        if !self.table.definitions.contains_key(name) {
            return from.fault(format!("there is no type `{name}`"));
        }
        let id = self.schema.add(Node::of(Type::Object));
        self.made.insert(name, id);
        let mut fields = self.fields(name, from)?;
        fields.sort_by_key(|field| field.name);
        let node = &mut self.schema.nodes[id.0 as usize];
        let required = fields.iter().filter(|field| field.required);
        node.required = required.map(|field| Name::Borrowed(field.name)).collect();
        node.fields = fields.into_iter().map(|field| (Name::Borrowed(field.name), field.id)).collect();
        Ok(id)
    }

    fn fields(&mut self, definition: &'static str, from: Line) -> Result<Vec<Field>, TableError> {
        let table = self.table;
        let Some(lines) = table.definitions.get(definition) else {
            return from.fault(format!("there is no definition {definition}"));
        };
        let mut fields: Vec<Field> = Vec::with_capacity(lines.len());
        for line in table.lines.get(lines.clone()).unwrap_or_default().iter().copied() {
            if let Some(other) = line.text.strip_prefix("..") {
                fields.extend(self.fields(other, line)?);
            } else if let Some(name) = line.text.strip_prefix('-') {
                fields.retain(|field| field.name != name);
            } else if let Some(field) = self.field(line)? {
                fields.retain(|known| known.name != field.name);
                fields.push(field);
            }
        }
        Ok(fields)
    }

    /// The field of a line, `None` if it is newer than asked for.
    fn field(&mut self, line: Line) -> Result<Option<Field>, TableError> {
        let (name, rest) = line.text.split_once(' ').unwrap_or((line.text, ""));
        let (name, newer) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
        let (name, required) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
        if newer && !self.newer {
            return Ok(None);
        }
        let (word, modifiers) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
        let mut id = self.kind(word, line)?;
        if !modifiers.is_empty() {
            let mut node = self.schema.node(id).clone();
            modify(&mut node, modifiers.trim(), line)?;
            id = self.schema.add(node);
        }
        Ok(Some(Field { name, required, id }))
    }

    fn kind(&mut self, word: &'static str, line: Line) -> Result<Id, TableError> {
        if let Some(id) = self.made.get(word) {
            return Ok(*id);
        }
        let inner = |open: char, close: char| word.strip_prefix(open)?.strip_suffix(close);
        let node = if let Some(item) = inner('[', ']') {
            Node { items: Some(self.kind(item, line)?), ..Node::of(Type::Array) }
        } else if let Some(entry) = inner('{', '}') {
            Node { entries: Some(Entries::Of(self.kind(entry, line)?)), ..Node::of(Type::Object) }
        } else {
            match word {
                "string" => Node::of(Type::String),
                "boolean" => Node::of(Type::Boolean),
                "integer" => Node::of(Type::Integer),
                "number" => Node::of(Type::Number),
                "object" => Node::of(Type::Object),
                "any" => Node { open: true, nullable: true, ..Node::default() },
                "int32" => Node { format: Some(Format::Int32), ..Node::of(Type::Integer) },
                "int64" => Node { format: Some(Format::Int64), ..Node::of(Type::Integer) },
                "date-time" => Node { format: Some(Format::DateTime), ..Node::of(Type::String) },
                "int-or-string" => self.int_or_string(None, line)?,
                "quantity" => self.int_or_string(Some(Pattern::new(QUANTITY)), line)?,
                _ => return self.definition(word, line),
            }
        };
        let id = self.schema.add(node);
        self.made.insert(word, id);
        Ok(id)
    }

    /// As controller-gen writes it: the extension, and an `anyOf` that says the same once more.
    fn int_or_string(&mut self, pattern: Option<Pattern>, line: Line) -> Result<Node, TableError> {
        let any_of = vec![self.kind("integer", line)?, self.kind("string", line)?];
        let rules = Rules { any_of, pattern, ..Rules::default() };
        Ok(Node { int_or_string: true, rules: Some(Box::new(rules)), ..Node::default() })
    }
}

fn modify(node: &mut Node, modifiers: &'static str, line: Line) -> Result<(), TableError> {
    if let Some(default) = modifiers.strip_prefix("= ") {
        return match serde_json::from_str(default) {
            Ok(value) => {
                node.default = Some(value);
                Ok(())
            }
            Err(error) => line.fault(format!("the default is no JSON: {error}")),
        };
    }
    match modifiers.split_once(' ').unwrap_or((modifiers, "")) {
        ("null", "") => node.nullable = true,
        ("set", "") => node.list = ListType::Set,
        ("by", keys) => {
            node.list = ListType::Map(keys.split(',').map(|key| Name::Borrowed(key.trim())).collect());
        }
        _ => return line.fault(format!("`{modifiers}` is no modifier")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structural::{Code, default, validate};
    use serde_json::json;

    const TEXT: &str = r#"
# pots and plants
Pot
  name!      string
  size       int32
  plants     [Plant] by kind
  labels     {string}
  inner      Pot
  weight     quantity
  material+  string
  glaze      string = "none"
Saucer
  ..Pot
  -plants
  name       string
Plant
  kind!      string
"#;

    fn schema(root: &str, newer: bool) -> Result<Schema, TableError> {
        Table::parse(&[TEXT])?.schema(root, newer)
    }

    #[test]
    fn a_table_is_a_schema() -> Result<(), TableError> {
        let pot = schema("Pot", false)?;
        let mut object = json!({"name": "a", "size": 2, "plants": [{"kind": "fern"}], "inner": {"name": "b"}, "weight": "2k"});
        assert_eq!(validate(&pot, &object), []);
        default(&pot, &mut object);
        assert_eq!(object.pointer("/inner/glaze"), Some(&json!("none")));
        let bad =
            json!({"size": "2", "material": "clay", "plants": [{"kind": "a"}, {"kind": "a"}], "weight": "x"});
        let codes: Vec<Code> = validate(&pot, &bad).into_iter().map(|found| found.code).collect();
        assert_eq!(
            codes,
            [Code::UnknownField, Code::WrongType, Code::Pattern, Code::Required, Code::Duplicate]
        );
        Ok(())
    }

    #[test]
    fn newer_fields_come_when_asked_for_and_spread_fields_can_be_left_out() -> Result<(), TableError> {
        assert!(schema("Pot", true)?.at("/material").is_some());
        let saucer = schema("Saucer", false)?;
        assert!(saucer.at("/material").is_none() && saucer.at("/plants").is_none());
        assert!(saucer.at("/inner/inner/plants/0/kind").is_some());
        assert!(!saucer.root().requires("name"));
        Ok(())
    }

    #[test]
    fn faults_name_their_line() {
        let fault =
            |text: &'static str| Table::parse(&[text]).and_then(|table| table.schema("A", false)).err();
        let line = |text: &'static str| fault(text).map(|error| error.line);
        assert_eq!(line("A\n  b  text"), Some(2));
        assert_eq!(line("A\n  b  string twice"), Some(2));
        assert_eq!(line("A\n  b  string = {"), Some(2));
        assert_eq!(line("A\nA"), Some(2));
        assert_eq!(line("  b string"), Some(1));
        assert_eq!(line("B"), Some(0));
    }
}
