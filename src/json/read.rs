//! Values read as types of the program, without being written down in between.

use super::{Map, Text, Value, map, pointer};
use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use std::fmt::{self, Display};
use std::slice::Iter;

impl Value {
    /// What the value says, read as a type of the program, which may borrow from it.
    ///
    /// # Errors
    /// Says where it does not fit the type, and never what is there: that may be a secret.
    pub fn read<'de, T: Deserialize<'de>>(&'de self) -> Result<T, Unread> {
        T::deserialize(self)
    }
}

/// Why a value cannot be read as a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Where: a JSON pointer.
    pub pointer: String,
    /// What is there, and what should be.
    pub why: String,
}

impl Unread {
    fn within(mut self, step: impl Display) -> Unread {
        self.pointer.insert_str(0, &format!("/{step}"));
        self
    }
}

impl Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.is_empty() {
            true => f.write_str(&self.why),
            false => write!(f, "{}: {}", self.pointer, self.why),
        }
    }
}

impl std::error::Error for Unread {}

impl de::Error for Unread {
    fn custom<T: Display>(why: T) -> Unread {
        Unread { pointer: String::new(), why: why.to_string() }
    }

    fn invalid_type(there: Unexpected<'_>, expected: &dyn Expected) -> Unread {
        let there = match there {
            Unexpected::Bool(_) => "true or false",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
            Unexpected::Str(_) => "a string",
            Unexpected::Unit => "null",
            Unexpected::Seq => "a list",
            _ => "a mapping",
        };
        de::Error::custom(format_args!("this is {there}, and should be {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Unread {
        de::Error::custom(format_args!("this should be one of {}", expected.join(", ")))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Unread {
        de::Error::custom(format_args!("this should be {expected}"))
    }
}

impl<'de> IntoDeserializer<'de, Unread> for &'de Value {
    type Deserializer = &'de Value;

    fn into_deserializer(self) -> &'de Value {
        self
    }
}

impl<'de> Deserializer<'de> for &'de Value {
    type Error = Unread;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (_, Some(number)) => visitor.visit_i64(number),
                _ => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(Items { rest: items.iter(), index: 0 }),
            Value::Object(map) => visitor.visit_map(Entries::of(map)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self {
            Value::Null => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unread> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        match self {
            Value::String(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
            Value::Object(map) => visitor.visit_enum(MapAccessDeserializer::new(Entries::of(map))),
            _ => Err(de::Error::custom("this is neither a word nor a mapping of one")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map struct identifier ignored_any
    }
}

/// The items of a list.
struct Items<'de> {
    rest: Iter<'de, Value>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Unread;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unread> {
        let Some(item) = self.rest.next() else { return Ok(None) };
        let read = seed.deserialize(item).map_err(|error| error.within(self.index));
        self.index += 1;
        read.map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The entries of a mapping.
struct Entries<'de> {
    rest: map::Iter<'de>,
    /// The entry whose key was read last.
    at: Option<(&'de Text, &'de Value)>,
}

impl<'de> Entries<'de> {
    fn of(map: &'de Map) -> Entries<'de> {
        Entries { rest: map.iter(), at: None }
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Unread;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unread> {
        self.at = self.rest.next();
        self.at.map(|(key, _)| seed.deserialize(BorrowedStrDeserializer::new(key))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unread> {
        let Some((key, value)) = self.at.take() else { return Err(de::Error::custom("no key was read")) };
        seed.deserialize(value).map_err(|error| error.within(pointer::escaped(key)))
    }
}

#[cfg(test)]
mod tests {
    use crate::json::{Value, json};
    use serde::Deserialize;
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Size {
        Small,
        Exact(u8),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Jar<'a> {
        #[serde(borrow)]
        name: Cow<'a, str>,
        size: Size,
        other: Option<Size>,
        lid: Option<bool>,
        weights: Vec<f64>,
        notes: BTreeMap<String, i64>,
        #[serde(default)]
        rest: Value,
    }

    #[test]
    fn a_value_is_read_as_its_json_would_be() {
        let jar = json!({ "name": "jam", "size": "small", "other": { "exact": 3 }, "lid": null, "weights": [1, 2.5],
            "notes": { "sugar": -1 }, "rest": [{ "a": null }], "unknown": true });
        let text = jar.to_string();
        assert_eq!(jar.read::<Jar<'_>>().ok(), serde_json::from_str(&text).ok());
        assert!(jar.read::<Jar<'_>>().is_ok_and(|jar| matches!(jar.name, Cow::Borrowed("jam"))));
        for (field, wrong) in
            [("size", json!(1)), ("size", json!("large")), ("weights", json!({})), ("notes", json!(null))]
        {
            let mut jar = jar.clone();
            jar[field] = wrong;
            assert!(
                jar.read::<Jar<'_>>().is_err() && serde_json::from_str::<Jar<'_>>(&jar.to_string()).is_err()
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_told_by_its_place_alone() {
        let told =
            |value: &Value| value.read::<BTreeMap<String, Vec<Size>>>().map_err(|error| error.to_string());
        let wrong = json!({ "jars": ["small", { "exact": "secret" }] });
        assert_eq!(told(&wrong), Err("/jars/1/exact: this is a string, and should be u8".into()));
        let wrong = json!({ "jars": ["small", { "exact": 1000 }] });
        assert_eq!(told(&wrong), Err("/jars/1/exact: this should be u8".into()));
        assert_eq!(
            told(&json!({ "a/b": ["secret"] })),
            Err("/a~1b/0: this should be one of small, exact".into())
        );
        assert_eq!(told(&json!(true)), Err("this is true or false, and should be a map".into()));
    }
}
