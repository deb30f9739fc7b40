//! Values read as types of the program, without being written down in between.

use super::Value;
use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

impl Value {
    /// What the value says, read as a type of the program, which may borrow from it.
    ///
    /// # Errors
    /// Says where it does not fit the type.
    pub fn read<'de, T: Deserialize<'de>>(&'de self) -> serde_json::Result<T> {
        T::deserialize(self)
    }
}

impl<'de> IntoDeserializer<'de, serde_json::Error> for &'de Value {
    type Deserializer = &'de Value;

    fn into_deserializer(self) -> &'de Value {
        self
    }
}

impl<'de> Deserializer<'de> for &'de Value {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> serde_json::Result<V::Value> {
        match self {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Number(number) => number.deserialize_any(visitor),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.iter());
                let read = visitor.visit_seq(&mut items)?;
                items.end().map(|()| read)
            }
            Value::Object(map) => {
                let mut entries = MapDeserializer::new(map.iter().map(|(key, value)| (key.as_str(), value)));
                let read = visitor.visit_map(&mut entries)?;
                entries.end().map(|()| read)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> serde_json::Result<V::Value> {
        match self {
            Value::Null => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> serde_json::Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> serde_json::Result<V::Value> {
        match self {
            Value::String(text) => visitor.visit_enum(StrDeserializer::new(text)),
            Value::Object(map) => {
                let entries = MapDeserializer::new(map.iter().map(|(key, value)| (key.as_str(), value)));
                visitor.visit_enum(MapAccessDeserializer::new(entries))
            }
            _ => Err(serde_json::Error::custom("neither a word nor a mapping of one")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map struct identifier ignored_any
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
}
