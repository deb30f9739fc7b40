//! Answers written down: one object or many, whole, as a table or as metadata alone.
//! It must never change what is told.

use std::sync::Arc;

use crate::json::{Value, json};
use bytes::Bytes;
use jiff::Timestamp;

use super::convert::{is_as_kept, served};
use super::list::Listed;
use super::reply::{Content, Reply};
use super::resource::Resource;
use super::stored::{Stored, encode, without_type};
use super::table::{self, Include};
use super::view::View;

/// The object of a reply, as served and without its managers; null if it holds none.
pub fn value(resource: &Resource, reply: &Reply) -> Value {
    match &reply.content {
        Content::Stored(stored) => served(resource, stored.value.clone()),
        Content::Object(value, _) | Content::Json(value) => value.clone(),
        _ => Value::Null,
    }
}

/// One object as kept, in the form asked for.
pub fn stored(resource: &Resource, object: &Stored, view: View, now: Timestamp) -> Bytes {
    match view {
        View::Plain | View::Yaml if is_as_kept(resource) => object.wire(),
        view => one(resource, &served(resource, object.whole().clone()), view, now),
    }
}

/// One object as served, in the form asked for.
pub fn one(resource: &Resource, object: &Value, view: View, now: Timestamp) -> Bytes {
    match view {
        View::Plain | View::Yaml => encode(object),
        View::Metadata { .. } => encode(&metadata(object)),
        View::Table(include) => {
            let version = json!({ "resourceVersion": object["metadata"]["resourceVersion"] });
            encode(&table::table(resource, version, [object], now, (true, include)))
        }
    }
}

/// A list as a value; its objects as they are kept, without their managers.
pub fn list(resource: &Resource, listed: &Listed) -> Value {
    let items: Vec<Value> = listed.items.iter().map(|object| object.value.clone()).collect();
    let metadata = metadata_of_list(resource, listed, View::Plain);
    json!({ "kind": resource.list_kind, "apiVersion": resource.api_version(), "metadata": metadata, "items": items })
}

fn metadata_of_list(resource: &Resource, listed: &Listed, view: View) -> Value {
    let mut metadata = json!({ "resourceVersion": listed.version.to_string() });
    // Lists of custom kinds always have the field.
    if listed.proceed.is_some() || (resource.custom.is_some() && matches!(view, View::Plain | View::Yaml)) {
        metadata["continue"] = listed.proceed.as_deref().unwrap_or_default().into();
    }
    if let Some(remaining) = listed.remaining {
        metadata["remainingItemCount"] = remaining.into();
    }
    metadata
}

/// A list, in the form asked for.
pub fn listed(resource: &Resource, listed: &Listed, view: View, now: Timestamp) -> Bytes {
    let metadata = metadata_of_list(resource, listed, view);
    if let View::Table(include) = view {
        let values: Vec<Value> =
            listed.items.iter().map(|object| served(resource, object.whole().clone())).collect();
        return encode(&table::table(resource, metadata, values.iter(), now, (true, include)));
    }
    let (kind, api_version) = match view {
        View::Metadata { .. } => ("PartialObjectMetadataList".to_owned(), "meta.k8s.io/v1".to_owned()),
        _ => (resource.list_kind.clone(), resource.api_version()),
    };
    let head = json!({ "kind": kind, "apiVersion": api_version, "metadata": metadata }).to_string();
    let size = listed.items.len() * 1024;
    let mut out = Vec::with_capacity(head.len() + size + 16);
    out.extend_from_slice(head.strip_suffix('}').unwrap_or(&head).as_bytes());
    out.extend_from_slice(b",\"items\":[");
    for (index, object) in listed.items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        item(resource, object, view, &mut out);
    }
    out.extend_from_slice(b"]}");
    Bytes::from(out)
}

/// An item of a list: those of the server's own kinds have no kind and apiVersion, custom ones have.
fn item(resource: &Resource, object: &Arc<Stored>, view: View, out: &mut Vec<u8>) {
    if matches!(view, View::Plain | View::Yaml) && is_as_kept(resource) {
        if resource.custom.is_some() {
            return out.extend_from_slice(&object.wire());
        }
        if let Some(rest) = without_type(resource, &object.wire()) {
            out.push(b'{');
            return out.extend_from_slice(rest);
        }
    }
    let mut value = served(resource, object.whole().clone());
    if matches!(view, View::Metadata { .. }) {
        value = metadata_of(&value);
    } else if let (None, Some(map)) = (&resource.custom, value.as_object_mut()) {
        map.shift_remove("kind");
        map.shift_remove("apiVersion");
    }
    out.extend_from_slice(&encode(&value));
}

fn metadata_of(object: &Value) -> Value {
    metadata(object)
}

/// `PartialObjectMetadata` of an object.
pub fn metadata(object: &Value) -> Value {
    json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] })
}

/// The object of a watch event that is asked for as a table: one row, and the columns only the first time.
pub fn table_event(resource: &Resource, object: &Value, now: Timestamp, options: (bool, Include)) -> Value {
    let version = json!({ "resourceVersion": object["metadata"]["resourceVersion"] });
    table::table(resource, version, [object], now, options)
}
