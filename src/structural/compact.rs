//! Schemas out of compact tables of our own: one line a field, so that a person reads what a kind may hold.
//! It must never know which kinds there are.
//!
//! ```text
//! # a comment
//! Predictor                          a definition begins in the first column
//!   name!       string               `!`: the field must be there
//!   replicas    int32
//!   labels      {string}             a map of text
//!   traffic+    int32                `+`: newer; [`Schema::without_newer`] lacks it
//!   parts       [Part] by name,kind  a list whose items are told apart by these fields; or `set`
//!   created     date-time null       null is allowed
//!   protocol    string = "TCP"       filled in if absent
//!   mode        string of Fast,Safe  one of these
//! Canary
//!   ..Predictor                      all fields of another definition
//!   -traffic                         but this one
//! Selector atomic                    one value to server-side apply; also behind a field
//! ```
//! Types are `string`, `boolean`, `integer`, `int32`, `int64`, `number`, `date-time`, `micro-time`, `byte`, `quantity`,
//! `int-or-string`, `object` (a mapping that keeps no field), `any`, `raw` (anything, and one value to server-side apply),
//! `[T]`, `{T}` and the names of definitions, which may refer to themselves.
//!
//! Tables of built-in kinds say more. Of a list or a mapping: `merge:KEY` (a strategic merge patch merges its items, told apart
//! by KEY), `merge` (so it does, without a key), `replace` (it never does) and `retain` (it may name the keys that remain). Of a field that an object lacks,
//! after its name: `?` (zero, false and empty text count as lacking), `*` (it is written nevertheless: as zero, false, empty
//! text, a mapping) and `~` (it is written as null). `as NAME` says what the type of the field is called in Go.

use foldhash::HashMap;
use std::fmt;
use std::ops::Range;

use super::format::Format;
use super::schema::{
    Absent, Entries, Field as Known, Id, ListType, Name, Node, Patch, Pattern, QUANTITY, Rules, Schema, Type,
};

/// Definitions, read from one or several texts.
#[derive(Debug, Default)]
pub struct Table {
    lines: Vec<Line>,
    /// The lines of each definition, and what stands behind its name.
    definitions: HashMap<&'static str, Definition>,
}

/// Where a definition is.
#[derive(Clone, Debug)]
struct Definition {
    /// Which of the texts has it.
    text: usize,
    /// Its own line.
    line: Line,
    lines: Range<usize>,
    modifiers: &'static str,
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
        for (number, text) in texts.iter().enumerate() {
            let mut current: Option<(&'static str, Definition)> = None;
            for (index, text) in text.lines().enumerate() {
                let line = Line { number: index + 1, text: text.trim_ascii() };
                if line.text.is_empty() || line.text.starts_with('#') {
                    continue;
                }
                if !text.starts_with(' ') {
                    let (name, modifiers) = word(line.text);
                    let start = table.lines.len();
                    let definition = Definition { text: number, line, lines: start..start, modifiers };
                    table.close(current.replace((name, definition)))?;
                } else if current.is_some() {
                    table.lines.push(line);
                } else {
                    return line.fault("a field before any definition");
                }
            }
            table.close(current)?;
        }
        Ok(table)
    }

    /// Takes in a definition, all of whose lines were read.
    fn close(&mut self, current: Option<(&'static str, Definition)>) -> Result<(), TableError> {
        let Some((name, mut definition)) = current else { return Ok(()) };
        definition.lines.end = self.lines.len();
        let line = definition.line;
        match self.definitions.insert(name, definition) {
            Some(_) => line.fault(format!("{name} is defined twice")),
            None => Ok(()),
        }
    }

    /// The definitions of one of the texts, sorted, each with the names of the fields that it writes itself.
    pub fn definitions_of(
        &self,
        text: usize,
    ) -> impl Iterator<Item = (&'static str, impl Iterator<Item = &'static str> + Clone)> {
        let own = self.definitions.iter().filter(|(_, definition)| definition.text == text);
        let mut own: Vec<_> = own.map(|(name, definition)| (*name, definition)).collect();
        own.sort_unstable_by_key(|(name, _)| *name);
        own.into_iter().map(|(name, definition)| {
            let lines = self.lines.get(definition.lines.clone()).unwrap_or_default();
            (name, lines.iter().map(|line| bare(word(line.text).0)))
        })
    }

    /// The schema of a definition.
    ///
    /// # Errors
    /// An unknown type, a modifier that is none.
    pub fn schema(&self, root: &str) -> Result<Schema, TableError> {
        let schemas = self.schemas(&[root])?;
        Ok(schemas.into_iter().next().unwrap_or_default())
    }

    /// The schemas of definitions, in their order, made together: what they have in common is made once.
    ///
    /// # Errors
    /// As for [`Table::schema`].
    pub fn schemas(&self, roots: &[&str]) -> Result<Vec<Schema>, TableError> {
        let mut maker = Maker { table: self, schema: Schema::default(), made: HashMap::default() };
        let nowhere = Line { number: 0, text: "" };
        let mut ids = Vec::new();
        for root in roots {
            let Some((name, _)) = self.definitions.get_key_value(*root) else {
                return nowhere.fault(format!("there is no definition {root}"));
            };
            ids.push(maker.definition(name, nowhere)?);
        }
        Ok(ids.into_iter().map(|root| Schema { root, ..maker.schema.clone() }).collect())
    }
}

/// A schema in the making.
struct Maker<'a> {
    table: &'a Table,
    schema: Schema,
    made: HashMap<&'static str, Id>,
}

/// A field as a line tells it.
struct Field {
    required: bool,
    known: Known,
}

impl Maker<'_> {
    fn definition(&mut self, name: &'static str, from: Line) -> Result<Id, TableError> {
        if let Some(id) = self.made.get(name) {
            return Ok(*id);
        }
        let Some(definition) = self.table.definitions.get(name) else {
            return from.fault(format!("there is no type `{name}`"));
        };
        let mut node = Node { name: Some(Name::Borrowed(name)), ..Node::of(Type::Object) };
        modify(&mut node, definition.modifiers, from)?;
        let id = self.schema.add(node);
        self.made.insert(name, id);
        let mut fields = self.fields(name, from)?;
        fields.sort_by(|one, other| one.known.name.cmp(&other.known.name));
        let node = &mut self.schema.nodes_mut()[id.0 as usize];
        let required = fields.iter().filter(|field| field.required);
        node.required = required.map(|field| field.known.name.clone()).collect();
        node.fields = fields.into_iter().map(|field| field.known).collect();
        Ok(id)
    }

    fn fields(&mut self, definition: &'static str, from: Line) -> Result<Vec<Field>, TableError> {
        let table = self.table;
        let Some(Definition { lines, .. }) = table.definitions.get(definition) else {
            return from.fault(format!("there is no definition {definition}"));
        };
        let mut fields: Vec<Field> = Vec::with_capacity(lines.len());
        let mut taken_over = false;
        for line in table.lines.get(lines.clone()).unwrap_or_default().iter().copied() {
            if let Some(other) = line.text.strip_prefix("..") {
                fields.extend(self.fields(other, line)?);
                taken_over = true;
            } else if let Some(name) = line.text.strip_prefix('-') {
                fields.retain(|field| field.known.name != name);
            } else {
                let field = self.field(line)?;
                // A definition names each of its own fields once.
                if taken_over {
                    fields.retain(|other| other.known.name != field.known.name);
                }
                fields.push(field);
            }
        }
        Ok(fields)
    }

    fn field(&mut self, line: Line) -> Result<Field, TableError> {
        let (name, rest) = word(line.text);
        let (mut newer, mut required, mut absent) = (false, false, Absent::Nothing);
        let marks = &name[bare(name).len()..];
        for mark in marks.chars() {
            match mark {
                '!' => required = true,
                '+' => newer = true,
                '?' => absent = Absent::NothingForZero,
                '*' => absent = Absent::Zero,
                '~' => absent = Absent::Null,
                _ => return line.fault(format!("`{marks}` are no marks of a field")),
            }
        }
        let name = bare(name);
        let (kind, modifiers) = word(rest);
        let mut id = self.kind(kind, line)?;
        if !modifiers.is_empty() {
            let mut node = self.schema.node(id).clone();
            modify(&mut node, modifiers, line)?;
            id = self.schema.add(node);
        }
        Ok(Field { required, known: Known { absent, newer, ..Known::new(name.into(), id) } })
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
                "raw" => Node { open: true, nullable: true, atomic: true, ..Node::default() },
                "byte" => Node { format: Some(Format::Byte), ..Node::of(Type::String) },
                "micro-time" => Node {
                    format: Some(Format::DateTime),
                    name: Some(Name::Borrowed("MicroTime")),
                    ..Node::of(Type::String)
                },
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

/// The first word of a line, and what stands behind it.
fn word(line: &'static str) -> (&'static str, &'static str) {
    // Searches of the standard library are not made for a few letters.
    let end = line.bytes().position(|letter| letter == b' ').unwrap_or(line.len());
    (&line[..end], line[end..].trim_ascii_start())
}

/// A field's name without its marks.
fn bare(name: &'static str) -> &'static str {
    name.trim_end_matches(['!', '+', '?', '*', '~'])
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
    if modifiers.is_empty() {
        return Ok(());
    }
    let (first, mut rest) = word(modifiers);
    let names = |words: &'static str| words.split(',').map(Name::Borrowed);
    match first {
        "null" => node.nullable = true,
        "atomic" => node.atomic = true,
        "set" => node.list = ListType::Set,
        "replace" => *node.patch_mut() = Patch::default(),
        "merge" => node.patch_mut().merge = true,
        "retain" => node.patch_mut().retain_keys = true,
        "by" | "of" | "as" => {
            let (words, after) = word(rest);
            rest = after;
            match first {
                "by" => node.list = ListType::Map(names(words).collect()),
                "as" => node.name = Some(Name::Borrowed(words)),
                _ => {
                    let rules = node.rules.get_or_insert_default();
                    rules.choices = words.split(',').map(Into::into).collect();
                }
            }
        }
        _ => match first.strip_prefix("merge:") {
            Some(key) => *node.patch_mut() = Patch { merge: true, key: Some(key.into()), ..Patch::default() },
            None => return line.fault(format!("`{modifiers}` is no modifier")),
        },
    }
    modify(node, rest, line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;
    use crate::structural::{Code, Cursor, default, validate};

    const TEXT: &str = r#"
# pots and plants
Pot
  name!      string
  size       int32
  plants     [Plant] by kind
  labels     {string}
  inner      Pot
  weight     quantity
  material+! string
  glaze      string = "none"
  tags*      [string] set merge
  soil~      Soil merge:kind retain
Soil atomic
  kind?      string of clay,sand
Saucer
  ..Pot
  -plants
  name       string
Plant
  kind!      string
"#;

    fn schema(root: &str) -> Result<Schema, TableError> {
        Ok(Table::parse(&[TEXT])?.schema(root)?.without_newer())
    }

    #[test]
    fn a_table_is_a_schema() -> Result<(), TableError> {
        let pot = schema("Pot")?;
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
    fn a_table_says_how_lists_are_patched_and_what_stands_for_nothing() -> Result<(), TableError> {
        let pot = schema("Pot")?;
        let absent: Vec<_> = pot.root().fields().map(|(name, _)| (name, pot.root().absent(name))).collect();
        assert!(absent.contains(&("tags", Absent::Zero)) && absent.contains(&("soil", Absent::Null)));
        assert!(absent.contains(&("size", Absent::Nothing)));
        let at = |pointer: &str| pot.at(pointer);
        assert_eq!(at("/tags").and_then(Cursor::patch), Some(&Patch { merge: true, ..Patch::default() }));
        let soil = Patch { merge: true, retain_keys: true, key: Some("kind".into()) };
        assert_eq!(at("/soil").and_then(Cursor::patch), Some(&soil));
        assert!(at("/soil").is_some_and(|soil| soil.is_atomic_map() && soil.name() == Some("Soil")));
        let wrong = json!({"name": "a", "soil": {"kind": "peat"}});
        assert_eq!(validate(&pot, &wrong).iter().map(|found| found.code).collect::<Vec<_>>(), [Code::Enum]);
        Ok(())
    }

    #[test]
    fn newer_fields_and_spread_fields_can_be_left_out() -> Result<(), TableError> {
        let newer = Table::parse(&[TEXT])?.schema("Pot")?;
        assert!(newer.root().requires("material") && newer.at("/material").is_some());
        assert!(!schema("Pot")?.root().requires("material"));
        let saucer = schema("Saucer")?;
        assert!(saucer.at("/material").is_none() && saucer.at("/plants").is_none());
        assert!(saucer.at("/inner/inner/plants/0/kind").is_some());
        assert!(!saucer.root().requires("name"));
        Ok(())
    }

    #[test]
    fn faults_name_their_line() {
        let fault = |text: &'static str| Table::parse(&[text]).and_then(|table| table.schema("A")).err();
        let line = |text: &'static str| fault(text).map(|error| error.line);
        assert_eq!(line("A\n  b  text"), Some(2));
        assert_eq!(line("A\n  b  string twice"), Some(2));
        assert_eq!(line("A\n  b  string = {"), Some(2));
        assert_eq!(line("A\nA"), Some(2));
        assert_eq!(line("  b string"), Some(1));
        assert_eq!(line("B"), Some(0));
    }
}
