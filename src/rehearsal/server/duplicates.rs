//! Keys that stand twice in one mapping of what was sent: the last one counts, and strict clients want to know.
//! It must never read anything else.

use std::collections::BTreeSet;
use std::fmt;

use crate::json::{Map, Value};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The paths of all keys that stand twice, as the server names them: `spec.containers[0].name`.
pub fn duplicates(json: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(json);
    // What is no JSON is told elsewhere.
    let _ = Look { path: String::new(), found: &mut found }.deserialize(&mut reader);
    found
}

/// The JSON as Go reads it into a type that it knows: of mappings that stand twice the later is read into the earlier.
pub fn merged(json: &[u8]) -> Option<Value> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let mut value = Value::Null;
    Merge(&mut value).deserialize(&mut reader).ok()?;
    Some(value)
}

struct Merge<'a>(&'a mut Value);

impl<'de> DeserializeSeed<'de> for Merge<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Merge<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        *self.0 = value.into();
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        *self.0 = value.into();
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        *self.0 = value.into();
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        *self.0 = value.into();
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        *self.0 = value.into();
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        // A null says nothing, and leaves what was said before.
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut list = Vec::new();
        loop {
            let mut item = Value::Null;
            if items.next_element_seed(Merge(&mut item))?.is_none() {
                *self.0 = list.into();
                return Ok(());
            }
            list.push(item);
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        if !self.0.is_object() {
            *self.0 = Value::Object(Map::new());
        }
        let Some(map) = self.0.as_object_mut() else { return Ok(()) };
        while let Some(key) = entries.next_key::<String>()? {
            entries.next_value_seed(Merge(map.entry(key).or_insert(Value::Null)))?;
        }
        Ok(())
    }
}

struct Look<'a> {
    path: String,
    found: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0;
        loop {
            let path = format!("{}[{index}]", self.path);
            if items.next_element_seed(Look { path, found: &mut *self.found })?.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            if !keys.insert(key) {
                if !self.found.contains(&path) {
                    self.found.push(path);
                }
                entries.next_value::<IgnoredAny>()?;
                continue;
            }
            entries.next_value_seed(Look { path, found: &mut *self.found })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_stand_twice_are_found() {
        let json = br#"{"a": 1, "b": [{"c": 1, "c": {"d": 1, "d": 2}}], "a": null, "e": {"f": "x"}}"#;
        assert_eq!(duplicates(json), ["b[0].c", "a"]);
        assert_eq!(duplicates(b"{"), [""; 0]);
        let json =
            br#"{"a": {"b": "1", "b": "2"}, "c": [1], "a": {"d": null, "e": "3"}, "c": [{"f": true}]}"#;
        let value = crate::json::json!({"a": {"b": "2", "d": null, "e": "3"}, "c": [{"f": true}]});
        assert_eq!(merged(json), Some(value));
    }
}
