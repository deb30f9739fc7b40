//! Reads what the server sends, in one pass over its JSON: objects, lists and watch events become compact
//! bytes without managedFields. What a server in this process hands over as values stays as it is.
//! Never builds a value tree of bytes: nobody may want to look at it.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::snapshot::{Moment, Object, Snapshot};
use super::wire::Content;
use crate::json::{Text, Value};

/// One line of a watch.
pub(super) struct Event {
    /// `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` or `ERROR`.
    pub kind: Text,
    /// What it speaks of; a `Status` for `ERROR`.
    pub object: Snapshot,
}

/// One page of a list.
pub(super) struct Page {
    pub items: Vec<Snapshot>,
    pub resource_version: String,
    /// The token for the next page; empty at the last.
    pub proceed: String,
    /// How many are to come, where the server tells.
    pub remaining: Option<u64>,
}

impl Page {
    fn new(meta: ListMeta, items: Vec<Snapshot>) -> Page {
        Page {
            items,
            resource_version: meta.resource_version.unwrap_or_default(),
            proceed: meta.proceed.unwrap_or_default(),
            remaining: meta.remaining_item_count,
        }
    }
}

/// Reads one object. Items of a built-in kind's list lack apiVersion and kind; they are filled in.
pub(super) fn read_object(content: Content, type_meta: TypeMeta<'_>) -> serde_json::Result<Snapshot> {
    match content {
        Content::Bytes(json) => read(&json, ObjectSeed(type_meta)),
        Content::Value(value) => Ok(type_meta.snapshot(value)),
    }
}

/// Reads one line of a watch.
pub(super) fn read_event(line: &[u8], type_meta: TypeMeta<'_>) -> serde_json::Result<Event> {
    read(line, EventSeed(type_meta))
}

/// Reads one page of a list.
pub(super) fn read_page(content: Content, type_meta: TypeMeta<'_>) -> serde_json::Result<Page> {
    match content {
        Content::Bytes(json) => read(&json, PageSeed(type_meta)),
        Content::Value(mut list) => {
            let items = list["items"].take();
            let items = items.as_array().into_iter().flatten();
            let items = items.map(|item| type_meta.snapshot(item.clone())).collect();
            Ok(Page::new(list["metadata"].read().map_err(serde_json::Error::custom)?, items))
        }
    }
}

fn read<'a, S: DeserializeSeed<'a>>(json: &'a [u8], seed: S) -> serde_json::Result<S::Value> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// What an object is, should it not say so itself.
#[derive(Clone, Copy)]
pub(super) struct TypeMeta<'t> {
    pub api_version: &'t str,
    pub kind: &'t str,
}

impl TypeMeta<'_> {
    /// An object that is there as a value.
    fn snapshot(self, mut object: Value) -> Snapshot {
        for (key, said) in [("kind", self.kind), ("apiVersion", self.api_version)] {
            if object.get(key).is_none()
                && let Some(map) = object.as_object_mut()
            {
                map.shift_insert(0, Text::of_program(key), said.into());
            }
        }
        Snapshot::of(object)
    }
}

/// Of an owner reference, who is meant.
#[derive(serde::Deserialize)]
struct Owner {
    uid: Text,
}

struct ObjectSeed<'t>(TypeMeta<'t>);

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_> {
    type Value = Snapshot;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Snapshot, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_> {
    type Value = Snapshot;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Kubernetes object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Snapshot, A::Error> {
        let mut out = Vec::with_capacity(1024);
        let mut moment = Moment::default();
        let (mut has_api_version, mut has_kind) = (false, false);
        out.push(b'{');
        while let Some(key) = map.next_key::<&RawValue>()? {
            write_key(&mut out, key);
            match key.get() {
                "\"metadata\"" => moment = map.next_value_seed(MetadataSeed(&mut out))?,
                name => {
                    has_api_version |= name == "\"apiVersion\"";
                    has_kind |= name == "\"kind\"";
                    out.extend_from_slice(map.next_value::<&RawValue>()?.get().as_bytes());
                }
            }
        }
        out.push(b'}');
        if !(has_api_version && has_kind) {
            fill_in(&mut out, self.0, has_api_version, has_kind).map_err(A::Error::custom)?;
        }
        Ok(Moment { object: Object::Bytes(out.into()), ..moment }.into())
    }
}

fn write_key(out: &mut Vec<u8>, key: &RawValue) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.extend_from_slice(key.get().as_bytes());
    out.push(b':');
}

/// Puts apiVersion and kind in front of an object that does not say what it is.
fn fill_in(out: &mut Vec<u8>, it: TypeMeta<'_>, api_version: bool, kind: bool) -> serde_json::Result<()> {
    let mut head = Vec::new();
    if !api_version {
        head.extend_from_slice(b"\"apiVersion\":");
        serde_json::to_writer(&mut head, it.api_version)?;
        head.push(b',');
    }
    if !kind {
        head.extend_from_slice(b"\"kind\":");
        serde_json::to_writer(&mut head, it.kind)?;
        head.push(b',');
    }
    if out.len() == 2 {
        head.pop();
    }
    out.splice(1..1, head);
    Ok(())
}

/// Copies metadata, all but managedFields, and notes what tells objects apart.
struct MetadataSeed<'o>(&'o mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for MetadataSeed<'_> {
    type Value = Moment;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Moment, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for MetadataSeed<'_> {
    type Value = Moment;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the metadata of an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Moment, A::Error> {
        let mut metadata = Moment::default();
        self.0.push(b'{');
        while let Some(key) = map.next_key::<&RawValue>()? {
            let field = match key.get() {
                "\"managedFields\"" => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                "\"uid\"" => Some(&mut metadata.uid),
                "\"namespace\"" => Some(&mut metadata.namespace),
                "\"name\"" => Some(&mut metadata.name),
                "\"resourceVersion\"" => Some(&mut metadata.resource_version),
                _ => None,
            };
            let value = map.next_value::<&RawValue>()?.get();
            write_key(self.0, key);
            self.0.extend_from_slice(value.as_bytes());
            if let Some(field) = field {
                *field = serde_json::from_str(value).unwrap_or_default();
            } else if key.get() == "\"ownerReferences\"" {
                let owners: Vec<Owner> = serde_json::from_str(value).unwrap_or_default();
                metadata.owners = owners.into_iter().map(|owner| owner.uid).collect();
            }
        }
        self.0.push(b'}');
        Ok(metadata)
    }
}

struct EventSeed<'t>(TypeMeta<'t>);

impl<'de> DeserializeSeed<'de> for EventSeed<'_> {
    type Value = Event;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Event, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for EventSeed<'_> {
    type Value = Event;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a watch event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event, A::Error> {
        let (mut kind, mut object) = (None, None);
        while let Some(key) = map.next_key::<&RawValue>()? {
            match key.get() {
                "\"type\"" => kind = Some(map.next_value::<Text>()?),
                "\"object\"" => object = Some(map.next_value_seed(ObjectSeed(self.0))?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        match (kind, object) {
            (Some(kind), Some(object)) => Ok(Event { kind, object }),
            _ => Err(A::Error::custom("a watch event has a type and an object")),
        }
    }
}

struct PageSeed<'t>(TypeMeta<'t>);

impl<'de> DeserializeSeed<'de> for PageSeed<'_> {
    type Value = Page;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Page, D::Error> {
        deserializer.deserialize_map(self)
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListMeta {
    resource_version: Option<String>,
    #[serde(rename = "continue")]
    proceed: Option<String>,
    remaining_item_count: Option<u64>,
}

impl<'de> Visitor<'de> for PageSeed<'_> {
    type Value = Page;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Page, A::Error> {
        let (mut meta, mut items) = (None, None);
        while let Some(key) = map.next_key::<&RawValue>()? {
            match key.get() {
                "\"metadata\"" => meta = Some(map.next_value::<ListMeta>()?),
                "\"items\"" => items = Some(map.next_value_seed(ItemsSeed(self.0))?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let (Some(meta), Some(items)) = (meta, items) else {
            return Err(A::Error::custom("a list has metadata and items"));
        };
        Ok(Page::new(meta, items))
    }
}

struct ItemsSeed<'t>(TypeMeta<'t>);

impl<'de> DeserializeSeed<'de> for ItemsSeed<'_> {
    type Value = Vec<Snapshot>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ItemsSeed<'_> {
    type Value = Vec<Snapshot>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the items of a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut snapshots = Vec::new();
        while let Some(snapshot) = items.next_element_seed(ObjectSeed(self.0))? {
            snapshots.push(snapshot);
        }
        Ok(snapshots)
    }
}

#[cfg(test)]
mod tests {
    use crate::json::{Value, json};
    use proptest::prelude::*;

    use super::*;

    const POD: TypeMeta<'_> = TypeMeta { api_version: "v1", kind: "Pod" };

    fn content(json: &[u8]) -> Content {
        Content::Bytes(json.to_vec())
    }

    #[test]
    fn managed_fields_are_dropped_and_the_rest_kept_in_order() {
        let json = br#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"n","uid":"u",
            "resourceVersion":"7","managedFields":[{"manager":"x"}],"labels":{"a\"b":"c"}},"spec":{"x":[1.50,null]}}"#;
        let snapshot = read_object(content(json), POD).unwrap();
        assert_eq!((&*snapshot.uid, &*snapshot.namespace, &*snapshot.name), ("u", "n", "a"));
        assert_eq!(snapshot.resource_version, "7");
        let Object::Bytes(bytes) = &snapshot.object else { panic!("it came as bytes") };
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(text.starts_with(r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a""#), "{text}");
        assert!(text.ends_with(r#""labels":{"a\"b":"c"}},"spec":{"x":[1.50,null]}}"#), "{text}");
        let mut expected: Value = serde_json::from_slice(json).unwrap();
        expected.remove("/metadata/managedFields");
        assert_eq!(snapshot.value(), expected);
    }

    #[test]
    fn list_items_learn_what_they_are() {
        let json = br#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"9","continue":"t",
            "remainingItemCount":3},"items":[{"metadata":{"name":"a"}},{},{"kind":"Pod"}]}"#;
        let page = read_page(content(json), POD).unwrap();
        assert_eq!((&*page.resource_version, &*page.proceed, page.remaining), ("9", "t", Some(3)));
        let whole = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}});
        assert_eq!(page.items[0].value(), whole);
        assert_eq!(page.items[1].value(), json!({"apiVersion": "v1", "kind": "Pod"}));
        assert_eq!(page.items[2].value(), json!({"apiVersion": "v1", "kind": "Pod"}));
        let none = read_page(content(br#"{"metadata":{"resourceVersion":"1"},"items":null}"#), POD).unwrap();
        assert!(none.items.is_empty());
    }

    #[test]
    fn events_are_read_and_what_is_none_is_refused() {
        let line = br#"{"type":"DELETED","object":{"kind":"Pod","apiVersion":"v1","metadata":{"uid":"u"}}}"#;
        let event = read_event(line, POD).unwrap();
        assert_eq!((&*event.kind, &*event.object.uid), ("DELETED", "u"));
        for bad in
            ["", "{", "[]", "{}", r#"{"type":"ADDED"}"#, r#"{"type":"ADDED","object":{"metadata":[]}}"#]
        {
            assert!(read_event(bad.as_bytes(), POD).is_err(), "{bad}");
        }
        assert!(read_page(content(b"<html>"), POD).is_err());
        assert!(read_page(content(b"{\"items\":[]}"), POD).is_err());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(".*", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_an_object_holds_is_kept(spec in any_json(), labels in any_json(), name in ".*") {
            let object = json!({
                "apiVersion": "v1", "kind": "Pod", "spec": spec,
                "metadata": {"managedFields": labels, "labels": labels, "name": name},
            });
            let snapshot = read_object(content(object.to_string().as_bytes()), POD).unwrap();
            let mut expected = object.clone();
            expected.remove("/metadata/managedFields");
            prop_assert_eq!(snapshot.value(), expected);
            prop_assert_eq!(&*snapshot.name, name);
        }

        #[test]
        fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(read_event(&bytes, POD).map(|_| ()));
            drop(read_page(content(&bytes), POD).map(|_| ()));
        }
    }
}
