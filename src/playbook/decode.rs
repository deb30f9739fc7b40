//! From a spanned tree to the types of the language: small decoders that collect every finding instead of stopping at the first.
//! It must never know which keys there are: the types say so, once, for decoder, JSON Schema and documentation.

use super::suggest;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::json::{Map, Value, json};
use crate::source::{Entry, Node, Span, Spanned, Tree};

/// Something that is read from a playbook.
pub trait Decode: Sized {
    /// Reads it; `None` means that a finding says why it is not there.
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Self>;

    /// Reports what is wrong whatever the expressions in it, which are known only later, will give.
    fn check_open(_: &Tree, _: &mut Decoder<'_>) {}

    /// Its JSON Schema (draft 2020-12).
    fn schema(schema: &mut Schema) -> Value;

    /// What it is in a table of keys: `duration`, `condition`.
    fn words() -> String;
}

/// Collects the findings of decoding.
pub struct Decoder<'a> {
    found: &'a mut Diagnostics,
    /// What every finding adds: set while a field is decoded late.
    note: Option<(Span, String)>,
}

impl<'a> Decoder<'a> {
    /// A decoder that puts its findings there.
    pub fn new(found: &'a mut Diagnostics) -> Decoder<'a> {
        Decoder { found, note: None }
    }

    /// A decoder for values that an expression gave, with the place and a note that every finding carries.
    pub fn late(found: &'a mut Diagnostics, span: Span, note: String) -> Decoder<'a> {
        Decoder { found, note: Some((span, note)) }
    }

    /// One finding more.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let diagnostic = match &self.note {
            Some((span, note)) => diagnostic.related(*span, note.clone()),
            None => diagnostic,
        };
        self.found.push(diagnostic);
    }

    /// The finding that a value has the wrong type.
    pub fn wrong_type<T>(&mut self, tree: &Tree, wanted: &str) -> Option<T> {
        self.wrong_type_with_help(tree, wanted, None)
    }

    /// The same with what to do.
    pub fn wrong_type_with_help<T>(&mut self, tree: &Tree, wanted: &str, help: Option<String>) -> Option<T> {
        let message = format!("this must be {wanted}, and it is {}", tree.kind());
        self.push(Diagnostic::error(Code::WrongType, tree.head(), message).maybe_help(help));
        None
    }
}

/// What a key takes, in a sentence: `a list of steps`, `` `all` or `any` ``.
fn taken(words: &str) -> String {
    let words = words.replace(" \\| ", ", ");
    let words = match words.rsplit_once(", ") {
        Some((before, last)) if words.starts_with('`') && last.starts_with('`') => {
            format!("{before} or {last}")
        }
        _ => words,
    };
    if let Some(values) = words.strip_prefix("names → ") {
        return format!("a mapping of names to {values}");
    }
    match words.chars().next() {
        Some('`') | None => words,
        _ if ["any ", "labels", "part "].iter().any(|plural| words.starts_with(plural)) => words,
        Some('a' | 'e' | 'i' | 'o' | 'u') => format!("an {words}"),
        _ => format!("a {words}"),
    }
}

/// Help for a text that would be right without its quotes.
pub(super) fn without_quotes(tree: &Tree) -> Option<String> {
    let text =
        tree.as_str().filter(|text| text.parse::<f64>().is_ok() || matches!(*text, "true" | "false"))?;
    Some(format!("Write `{text}` without quotes."))
}

/// Builds a JSON Schema with shared definitions.
#[derive(Debug, Default)]
pub struct Schema {
    definitions: Map,
}

impl Schema {
    /// A reference to a definition that is made once.
    pub fn define(&mut self, name: &str, make: impl FnOnce(&mut Schema) -> Value) -> Value {
        if !self.definitions.contains_key(name) {
            self.definitions.insert(name.into(), Value::Null);
            let made = make(self);
            self.definitions.insert(name.into(), made);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// All definitions.
    pub fn into_definitions(self) -> Value {
        Value::Object(self.definitions)
    }
}

/// The schema of a number, a boolean, a duration or a closed set of words, with `${{ }}` in its place: known expressions are expanded
/// before anything is decoded, so each of them may stand there. Any other schema is left as it is; a text takes an expression anyway.
pub fn or_expression(own: Value) -> Value {
    let constrained = own.get("pattern").is_some() || own.get("enum").is_some();
    match own.get("type").and_then(Value::as_str) {
        Some("integer" | "number" | "boolean") => {}
        Some("string") if constrained => {}
        _ => return own,
    }
    json!({ "anyOf": [own, { "type": "string", "pattern": r"\$\{\{.*\}\}" }] })
}

/// A key of a mapping, for the schema and the documentation.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it takes, in a word.
    pub takes: String,
    /// What it means.
    pub doc: String,
}

/// A mapping of which the keys are known.
pub trait Mapping {
    /// Its keys in the order of the documentation.
    fn keys() -> Vec<Key>;

    /// The JSON Schema of each key.
    fn properties(schema: &mut Schema) -> Map;

    /// What it is for.
    fn about() -> String;
}

/// The keys of a mapping while it is decoded. Those that nobody takes are unknown.
pub struct Fields<'t> {
    entries: Vec<&'t Entry>,
    known: Vec<&'static str>,
    /// Keys that must be there and are not, with what they take.
    missing: Vec<(&'static str, String)>,
    /// Where to point when a key is missing.
    pub span: Span,
    what: &'static str,
}

impl<'t> Fields<'t> {
    /// The keys of a tree that must be a mapping. `what` names it in findings: `a step`, `retry`.
    pub fn open(
        tree: &'t Tree,
        what: &'static str,
        span: Span,
        decoder: &mut Decoder<'_>,
    ) -> Option<Fields<'t>> {
        match tree.entries() {
            Some(entries) => {
                let entries = entries.iter().collect();
                Some(Fields { entries, known: Vec::new(), missing: Vec::new(), span, what })
            }
            None => decoder.wrong_type(tree, "a mapping"),
        }
    }

    /// Takes the entry of a key.
    pub fn entry(&mut self, key: &'static str) -> Option<&'t Entry> {
        self.known.push(key);
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(index))
    }

    /// Takes and decodes the value of a key that may be left out. `key:` with nothing behind it is a finding.
    pub fn optional<T: Decode>(&mut self, key: &'static str, decoder: &mut Decoder<'_>) -> Option<T> {
        let entry = self.entry(key)?;
        if entry.value.node == Node::Null {
            let message = format!("`{key}` has no value");
            let help = format!("Write {} behind it, or leave the key out.", taken(&T::words()));
            decoder.push(Diagnostic::error(Code::WrongType, entry.key_span, message).help(help));
            return None;
        }
        T::decode(&entry.value, decoder)
    }

    /// Takes and decodes the value of a key that must be there.
    pub fn required<T: Decode>(&mut self, key: &'static str, decoder: &mut Decoder<'_>) -> Option<T> {
        if self.entries.iter().any(|entry| entry.key == key) {
            return self.optional(key, decoder);
        }
        self.known.push(key);
        self.missing.push((key, T::words()));
        None
    }

    /// Reports the keys that nobody took, and those that are missing.
    pub fn close(self, decoder: &mut Decoder<'_>) {
        let meant: Vec<&str> = self
            .entries
            .iter()
            .filter_map(|entry| suggest::nearest(&entry.key, self.known.iter().copied()))
            .collect();
        // One that is only misspelt is told once.
        for (key, words) in self.missing.iter().filter(|(key, _)| !meant.contains(key)) {
            let message = format!("{} needs `{key}`", self.what);
            let help = format!("It takes {}.", taken(words));
            decoder.push(Diagnostic::error(Code::MissingKey, self.span, message).help(help));
        }
        for entry in self.entries {
            let message = format!("{} has no key `{}`", self.what, entry.key);
            decoder.push(
                Diagnostic::error(Code::UnknownKey, entry.key_span, message)
                    .label("unknown key")
                    .maybe_help(suggest::help(&entry.key, self.known.iter().copied())),
            );
        }
    }
}

/// Declares a mapping of the language once: its type, decoder, JSON Schema and documentation.
///
/// `field "key" optional: Type` may be left out and becomes `Option<Type>`; `field "key" required: Type` must be there.
macro_rules! mapping {
    (
        $(#[doc = $about:literal])+
        $(#[derive($($derived:ident),+)])?
        $name:ident as $what:literal {
            $($(#[doc = $doc:literal])+ $field:ident $key:literal $need:ident: $type:ty,)*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq)]
        $(#[derive($($derived),+)])?
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: $crate::playbook::decode::mapping!(@type $need $type),)*
        }

        impl $name {
            /// Reads it; `span` is where to point when a key is missing.
            pub fn decode_at(
                tree: &$crate::source::Tree,
                span: $crate::source::Span,
                decoder: &mut $crate::playbook::decode::Decoder<'_>,
            ) -> Option<$name> {
                if tree.entries().is_none() {
                    let keys: Vec<&str> = vec![$(concat!("`", $key, "`")),*];
                    let help = format!("Keys of {} are {}.", $what, keys.join(", "));
                    return decoder.wrong_type_with_help(tree, "a mapping", Some(help));
                }
                let mut fields = $crate::playbook::decode::Fields::open(tree, $what, span, decoder)?;
                $(let $field = $crate::playbook::decode::mapping!(@take $need fields, $key, decoder);)*
                fields.close(decoder);
                Some($name { $($field: $crate::playbook::decode::mapping!(@unwrap $need $field),)* })
            }
        }

        impl $crate::playbook::decode::Decode for $name {
            fn decode(
                tree: &$crate::source::Tree,
                decoder: &mut $crate::playbook::decode::Decoder<'_>,
            ) -> Option<$name> {
                let start = tree.head();
                $name::decode_at(tree, start, decoder)
            }

            fn schema(schema: &mut $crate::playbook::decode::Schema) -> crate::json::Value {
                use $crate::playbook::decode::Mapping;
                let properties = $name::properties(schema);
                let required: Vec<&str> = $name::keys().iter().filter(|key| key.required).map(|key| key.name).collect();
                let mut object = crate::json::json!({
                    "type": "object", "additionalProperties": false, "properties": properties,
                });
                if !required.is_empty() {
                    object["required"] = crate::json::json!(required);
                }
                object
            }

            fn words() -> String {
                "mapping".into()
            }
        }

        impl $crate::playbook::decode::Mapping for $name {
            fn keys() -> Vec<$crate::playbook::decode::Key> {
                vec![$($crate::playbook::decode::Key {
                    name: $key,
                    required: $crate::playbook::decode::mapping!(@required $need),
                    takes: <$type as $crate::playbook::decode::Decode>::words(),
                    doc: concat!($($doc, "\n"),+).trim().lines().map(str::trim).collect::<Vec<_>>().join(" "),
                },)*]
            }

            fn properties(schema: &mut $crate::playbook::decode::Schema) -> crate::json::Map {
                let mut properties = crate::json::Map::new();
                $({
                    let own = <$type as $crate::playbook::decode::Decode>::schema(schema);
                    let mut property = $crate::playbook::decode::or_expression(own);
                    let doc = concat!($($doc, "\n"),+).trim().lines().map(str::trim).collect::<Vec<_>>().join(" ");
                    property["description"] = doc.into();
                    properties.insert($key.into(), property);
                })*
                properties
            }

            fn about() -> String {
                concat!($($about, "\n"),+).trim().lines().map(str::trim).collect::<Vec<_>>().join(" ")
            }
        }
    };
    (@type required $type:ty) => { $type };
    (@type optional $type:ty) => { Option<$type> };
    (@take required $fields:ident, $key:literal, $decoder:ident) => { $fields.required($key, $decoder) };
    (@take optional $fields:ident, $key:literal, $decoder:ident) => { $fields.optional($key, $decoder) };
    (@unwrap required $field:ident) => { $field? };
    (@unwrap optional $field:ident) => { $field };
    (@required required) => { true };
    (@required optional) => { false };
}
pub(crate) use mapping;

/// Declares a closed set of words.
macro_rules! words {
    ($(#[doc = $about:literal])+ $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $doc])+ $variant,)+ }

        impl $name {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word as it is written.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            /// What it means.
            pub fn about(self) -> &'static str {
                match self { $($name::$variant => concat!($($doc),+).trim(),)+ }
            }
        }

        impl $crate::playbook::decode::Decode for $name {
            fn decode(tree: &$crate::source::Tree, decoder: &mut $crate::playbook::decode::Decoder<'_>) -> Option<$name> {
                let text = <String as $crate::playbook::decode::Decode>::decode(tree, decoder)?;
                match text.as_str() {
                    $($word => Some($name::$variant),)+
                    other => {
                        let help = $crate::playbook::suggest::help(other, [$($word),+]);
                        let message = format!("`{other}` is not allowed here");
                        decoder.push($crate::diagnostic::Diagnostic::error($crate::diagnostic::Code::BadValue, tree.span, message).maybe_help(help));
                        None
                    }
                }
            }

            fn schema(_: &mut $crate::playbook::decode::Schema) -> crate::json::Value {
                crate::json::json!({ "type": "string", "enum": [$($word),+] })
            }

            fn words() -> String {
                [$(concat!("`", $word, "`")),+].join(" \\| ")
            }
        }
    };
}
pub(crate) use words;

impl Decode for String {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<String> {
        match &tree.node {
            Node::Text(text) => Some(text.joined()),
            Node::Number(_) | Node::Bool(_) => {
                let written = tree.to_value().to_string();
                let message = format!("this must be a text, and `{written}` is {}", tree.kind());
                decoder.push(
                    Diagnostic::error(Code::WrongType, tree.span, message)
                        .help(format!("Quote it: '{written}'.")),
                );
                None
            }
            _ => decoder.wrong_type(tree, "a text"),
        }
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string" })
    }

    fn words() -> String {
        "text".into()
    }
}

impl Decode for bool {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<bool> {
        match &tree.node {
            Node::Bool(bool) => Some(*bool),
            Node::Text(text) if matches!(text.joined().as_str(), "yes" | "no" | "on" | "off" | "y" | "n") => {
                let message =
                    format!("this must be `true` or `false`; in YAML 1.2 `{}` is a text", text.joined());
                let meant = matches!(text.joined().as_str(), "yes" | "on" | "y");
                decoder.push(
                    Diagnostic::error(Code::WrongType, tree.span, message).help(format!("Write `{meant}`.")),
                );
                None
            }
            _ => decoder.wrong_type_with_help(tree, "`true` or `false`", without_quotes(tree)),
        }
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "boolean" })
    }

    fn words() -> String {
        "boolean".into()
    }
}

impl Decode for u32 {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<u32> {
        match &tree.node {
            Node::Number(number) => match number.as_u64().and_then(|number| u32::try_from(number).ok()) {
                // Kubernetes counts in int32.
                Some(number) if i32::try_from(number).is_ok() => Some(number),
                _ => {
                    let message = format!("this must be a whole number from 0 to {}", i32::MAX);
                    decoder.push(Diagnostic::error(Code::BadValue, tree.span, message));
                    None
                }
            },
            _ => decoder.wrong_type_with_help(tree, "a whole number", without_quotes(tree)),
        }
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": i32::MAX })
    }

    fn words() -> String {
        "number".into()
    }
}

impl Decode for f64 {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<f64> {
        match &tree.node {
            Node::Number(number) => number.as_f64(),
            _ => decoder.wrong_type_with_help(tree, "a number", without_quotes(tree)),
        }
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "number" })
    }

    fn words() -> String {
        "number".into()
    }
}

impl<T: Decode> Decode for Spanned<T> {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Spanned<T>> {
        T::decode(tree, decoder).map(|value| Spanned::new(value, tree.span))
    }

    fn schema(schema: &mut Schema) -> Value {
        T::schema(schema)
    }

    fn words() -> String {
        T::words()
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Vec<T>> {
        let Node::List(items) = &tree.node else {
            let help =
                tree.as_str().map_or("Write `- ` before it.".to_owned(), |text| format!("Write `[{text}]`."));
            return decoder.wrong_type_with_help(tree, "a list", Some(help));
        };
        let decoded: Vec<Option<T>> = items.iter().map(|item| T::decode(item, decoder)).collect();
        decoded.into_iter().collect()
    }

    fn schema(schema: &mut Schema) -> Value {
        json!({ "type": "array", "items": T::schema(schema) })
    }

    fn words() -> String {
        format!("list of {}", T::words())
    }
}
