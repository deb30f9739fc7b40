//! What a schema says to server-side apply about a place: mapping, list or scalar, and how its parts are told apart.
//! It must never judge a value.
//!
//! It is what kube-openapi's `schemaconv` makes of a schema for structured-merge-diff.

use crate::json::{Map, Value};

use super::element::Element;
use crate::rehearsal::builtin;
use crate::structural::{Absent, Cursor, ListType, Schema, Type};

/// A place of an object, as its schema has it.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'a> {
    /// A place that the schema knows.
    Known {
        /// The place.
        at: Cursor<'a>,
        /// Whether unknown fields are kept here or anywhere above.
        open: bool,
        /// Whether it is a whole object, so that it has `metadata` whatever the schema says.
        object: bool,
    },
    /// A place of which the schema says nothing: mappings are merged, lists are one value.
    Deduced,
    /// A place that is one value, whatever is there.
    Whole,
    /// Text.
    Text,
}

/// What may be at a place.
#[derive(Clone, Copy, Debug, Default)]
pub struct Atom<'a> {
    /// A scalar.
    pub scalar: Option<Scalar>,
    /// A list.
    pub list: Option<List<'a>>,
    /// A mapping.
    pub map: Option<Mapping<'a>>,
}

/// The scalars that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Any of them.
    Any,
    /// Numbers.
    Number,
    /// Text.
    Text,
    /// `true` and `false`.
    Boolean,
}

/// A list.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    /// How items are told apart.
    pub kind: &'a ListType,
    /// The items.
    pub items: Shape<'a>,
}

/// A mapping.
#[derive(Clone, Copy, Debug)]
pub struct Mapping<'a> {
    at: Option<Cursor<'a>>,
    open: bool,
    object: bool,
    /// Whether it is one value.
    pub atomic: bool,
    /// What entries are that the schema does not name, `None` if there are none.
    rest: Option<Rest<'a>>,
}

#[derive(Clone, Copy, Debug)]
enum Rest<'a> {
    Of(Cursor<'a>),
    Deduced,
    Whole,
}

impl<'a> Shape<'a> {
    /// The shape of whole objects.
    pub fn of(schema: &'a Schema) -> Shape<'a> {
        let at = schema.root();
        let typed = at.field("metadata").and_then(Cursor::name) == Some("ObjectMeta");
        Shape::Known { at, open: at.is_open(), object: !typed }
    }

    fn at(at: Cursor<'a>, open: bool) -> Shape<'a> {
        // A definition stands for itself: what is above it does not open it.
        let open = open && at.name().is_none() || at.is_open();
        Shape::Known { at, open, object: at.is_embedded() }
    }

    /// What may be here.
    pub fn atom(self) -> Atom<'a> {
        let (at, open, object) = match self {
            Shape::Known { at, open, object } => (at, open, object),
            Shape::Deduced | Shape::Whole => {
                let whole = matches!(self, Shape::Whole);
                let rest = if whole { Rest::Whole } else { Rest::Deduced };
                return Atom {
                    scalar: Some(Scalar::Any),
                    list: Some(List { kind: &ListType::Atomic, items: Shape::Whole }),
                    map: Some(Mapping {
                        at: None,
                        open: true,
                        object: false,
                        atomic: whole,
                        rest: Some(rest),
                    }),
                };
            }
            Shape::Text => return Atom { scalar: Some(Scalar::Text), ..Atom::default() },
        };
        let scalar = |scalar| Atom { scalar: Some(scalar), ..Atom::default() };
        let list = || List {
            kind: at.list_type(),
            items: at.item().map_or(Shape::Whole, |item| Shape::at(item, open)),
        };
        let map = || Mapping {
            at: Some(at),
            open,
            object,
            atomic: at.is_atomic_map(),
            rest: match at.entry() {
                Some(entry) => Some(Rest::Of(entry)),
                None if open || at.is_open() || at.fields().next().is_none() && !object => {
                    Some(Rest::Deduced)
                }
                None => None,
            },
        };
        match at.kind() {
            Some(Type::Object) => Atom { map: Some(map()), ..Atom::default() },
            Some(Type::Array) => Atom { list: Some(list()), ..Atom::default() },
            Some(Type::Integer | Type::Number) => scalar(Scalar::Number),
            Some(Type::Boolean) => scalar(Scalar::Boolean),
            Some(Type::String) => match at.format() {
                None | Some("byte") => scalar(Scalar::Text),
                Some(_) => scalar(Scalar::Any),
            },
            None if at.is_int_or_string() => scalar(Scalar::Any),
            None if at.is_atomic_map() => Shape::Whole.atom(),
            None => Atom { scalar: Some(Scalar::Any), list: Some(list()), map: Some(map()) },
        }
    }
}

impl<'a> Atom<'a> {
    /// What may be here, told by a value that is here.
    pub fn for_value(self, value: Option<&Value>) -> Atom<'a> {
        match value {
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_)) if self.scalar.is_some() => {
                Atom { scalar: self.scalar, ..Atom::default() }
            }
            Some(Value::Array(_)) if self.list.is_some() => Atom { list: self.list, ..Atom::default() },
            Some(Value::Object(_)) if self.map.is_some() => Atom { map: self.map, ..Atom::default() },
            _ => self,
        }
    }

    /// Which of the three is taken: a mapping before a scalar before a list.
    pub fn taken(self) -> Taken<'a> {
        match (self.map, self.scalar, self.list) {
            (Some(map), ..) => Taken::Mapping(map),
            (None, None, Some(list)) => Taken::List(list),
            (None, scalar, _) => Taken::Scalar(scalar.unwrap_or(Scalar::Any)),
        }
    }

    /// Whether the same kinds of values may be here.
    pub fn is_like(&self, other: &Atom<'_>) -> bool {
        self.scalar.is_some() == other.scalar.is_some()
            && self.list.is_some() == other.list.is_some()
            && self.map.is_some() == other.map.is_some()
    }
}

/// What a walk treats a place as.
#[derive(Clone, Copy, Debug)]
pub enum Taken<'a> {
    /// A mapping.
    Mapping(Mapping<'a>),
    /// A list.
    List(List<'a>),
    /// A scalar.
    Scalar(Scalar),
}

impl<'a> Mapping<'a> {
    /// Whether the schema names the field.
    pub fn names(&self, key: &str) -> bool {
        self.named(key).is_some()
    }

    /// The shape of an entry, `None` if the schema does not allow it.
    pub fn entry(&self, key: &str) -> Option<Shape<'a>> {
        self.named(key).or_else(|| {
            Some(match self.rest? {
                Rest::Of(entry) => Shape::at(entry, self.open),
                Rest::Deduced => Shape::Deduced,
                Rest::Whole => Shape::Whole,
            })
        })
    }

    /// Whether nothing is known of its entries, not even names.
    pub fn is_deduced(&self) -> bool {
        matches!(self.rest, Some(Rest::Deduced | Rest::Whole))
            && self.at.is_none_or(|at| at.fields().next().is_none())
    }

    fn named(&self, key: &str) -> Option<Shape<'a>> {
        if self.object {
            match key {
                "apiVersion" | "kind" => return Some(Shape::Text),
                "metadata" => {
                    let metadata = builtin::metadata()?;
                    return Some(Shape::Known { at: metadata.root(), open: false, object: false });
                }
                _ => {}
            }
        }
        self.at?.field(key).map(|at| Shape::at(at, self.open))
    }
}

impl List<'_> {
    /// Whether the list is one value.
    pub fn is_atomic(&self) -> bool {
        matches!(self.kind, ListType::Atomic)
    }

    /// The step that leads to an item.
    ///
    /// # Errors
    /// In the server's words, if the item cannot be told apart.
    pub fn step(&self, item: &Value) -> Result<Element, String> {
        let keys = match self.kind {
            ListType::Atomic => return Err("invalid indexing of non-associative list".into()),
            ListType::Set => {
                return match item {
                    Value::Object(_) => {
                        Err("associative list without keys has an element that's a map type".into())
                    }
                    Value::Array(_) => Err("not supported: associative list with lists as elements".into()),
                    Value::Null => {
                        Err("associative list without keys has an element that's an explicit null".into())
                    }
                    scalar => Ok(Element::Value(scalar.clone())),
                };
            }
            ListType::Map(keys) => keys,
        };
        if item.is_null() {
            return Err("associative list with keys may not have a null element".into());
        }
        let Value::Object(map) = item else {
            return Err("associative list with keys may not have non-map elements".into());
        };
        let mut found = Map::new();
        for key in keys {
            if let Some(value) = map.get(key).cloned().or_else(|| self.default(key)) {
                found.insert((&**key).into(), value);
            }
        }
        if found.is_empty() && !keys.is_empty() {
            let names: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
            let names = names.join(" ");
            return Err(format!(
                "associative list with keys has an element that omits all key fields [{names}] (and doesn't have default values for any key fields)"
            ));
        }
        Ok(Element::key(found))
    }

    /// The value of a key that an item leaves out.
    fn default(&self, key: &str) -> Option<Value> {
        let Shape::Known { at, .. } = self.items else { return None };
        let field = at.field(key)?;
        let zero = || match (at.absent(key), field.kind()) {
            (Absent::Zero, Some(Type::String)) => Some(Value::from("")),
            (Absent::Zero, Some(Type::Integer | Type::Number)) => Some(Value::from(0)),
            (Absent::Zero, Some(Type::Boolean)) => Some(Value::from(false)),
            _ => None,
        };
        field.default().cloned().or_else(zero)
    }
}
