//! One object as it is kept: what it says, and the little that selections ask of it.
//! It must never know what a request wants.
//!
//! A value, most of which is that of the version before; its bytes are made when somebody first wants them.

use std::sync::OnceLock;

use crate::json::{Text, Value};
use bytes::Bytes;

use super::managers::Managers;
use super::resource::Resource;
use super::store::Happened;

/// An object at one of its versions.
#[derive(Debug)]
pub struct Stored {
    /// The object without its managers, in the version that is kept.
    pub value: Value,
    /// Who manages its fields.
    pub managers: Managers,
    /// About how many bytes the JSON has of what it does not share with the version before.
    pub size: usize,
    /// The object with its managers.
    whole: OnceLock<Value>,
    /// The line of a watch that is told what happened.
    line: OnceLock<Bytes>,
    /// What happened to the object at this version.
    pub happened: Happened,
    /// `metadata.resourceVersion`
    pub version: u64,
    /// Empty for a kind without namespaces.
    pub namespace: Text,
    /// `metadata.name`
    pub name: Text,
    /// `metadata.labels`, or null.
    pub labels: Value,
}

impl Stored {
    /// Keeps an object at a version, which is written into it; `before` is the version before, null if there is none.
    pub fn new(
        (mut value, managers): (Value, Managers),
        version: u64,
        happened: Happened,
        before: &Value,
    ) -> Stored {
        if let Some(meta) = value.get_mut("metadata").and_then(Value::as_object_mut) {
            let version = Value::from(version.to_string());
            let place =
                meta.keys().position(|key| key == "uid").filter(|_| !meta.contains_key("resourceVersion"));
            match place {
                Some(place) => meta.shift_insert(place + 1, "resourceVersion".into(), version),
                None => meta.insert("resourceVersion".into(), version),
            };
        }
        managers.kept(&value);
        let text = |key: &str| value["metadata"][key].to_text();
        Stored {
            version,
            namespace: text("namespace"),
            name: text("name"),
            labels: value["metadata"]["labels"].clone(),
            size: value.size_beside(before),
            managers,
            whole: OnceLock::new(),
            line: OnceLock::new(),
            happened,
            value,
        }
    }

    /// The object with its managers.
    pub fn whole(&self) -> &Value {
        self.whole.get_or_init(|| self.managers.on(self.value.clone()))
    }

    /// The line of a watch that is told what happened.
    pub fn line(&self) -> &Bytes {
        self.line.get_or_init(|| {
            let mut out = head(self.happened.word());
            write(self.whole(), &mut out);
            out.extend_from_slice(TAIL);
            out.shrink_to_fit();
            out.into()
        })
    }

    /// The JSON, kind and apiVersion first: a part of [`Stored::line`].
    pub fn wire(&self) -> Bytes {
        let line = self.line();
        line.slice(head(self.happened.word()).len()..line.len() - TAIL.len())
    }
}

/// The JSON of an object, kind and apiVersion first.
pub fn encode(value: &Value) -> Bytes {
    let mut out = Vec::with_capacity(1024);
    write(value, &mut out);
    Bytes::from(out)
}

fn write(value: &Value, out: &mut Vec<u8>) {
    let Some(map) = value.as_object() else { return out.extend_from_slice(value.to_string().as_bytes()) };
    out.push(b'{');
    let first = ["kind", "apiVersion"].into_iter().filter_map(|key| map.get_key_value(key));
    let rest = map.iter().filter(|(key, _)| !matches!(key.as_str(), "kind" | "apiVersion"));
    for (index, (key, value)) in first.chain(rest).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut *out, key);
        out.push(b':');
        let _ = serde_json::to_writer(&mut *out, value);
    }
    out.push(b'}');
}

/// How the line of a watch ends, behind the object.
const TAIL: &[u8] = b"}\n";

/// How the line of a watch begins, before the object.
fn head(word: &str) -> Vec<u8> {
    format!("{{\"type\":\"{word}\",\"object\":").into_bytes()
}

/// A watch event as it goes over the wire: a line.
pub fn line(word: &str, object: &[u8]) -> Bytes {
    Bytes::from([&head(word), object, TAIL].concat())
}

/// A value as messages show it.
pub fn short(value: &Value) -> String {
    value.to_string()
}

/// The bytes of an object without its kind and apiVersion, as the lists of kinds of the server's own have their items.
pub fn without_type<'a>(resource: &Resource, wire: &'a [u8]) -> Option<&'a [u8]> {
    let head = format!("{{\"kind\":\"{}\",\"apiVersion\":\"{}\",", resource.kind, resource.api_version());
    wire.strip_prefix(head.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn kind_and_version_come_first() {
        let object = json!({"metadata": {"name": "a"}, "apiVersion": "v1", "kind": "ConfigMap", "data": {}});
        let wire = encode(&object);
        assert_eq!(wire, r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{}}"#);
    }
}
