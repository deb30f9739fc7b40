//! An object as it was at one moment, as it came: as compact bytes (a pod is 14 KB of JSON and ten times that as a tree), or as
//! the very value that a server in this process keeps.
//! Never knows what an object means.

use std::cmp::Ordering;
use std::ops::Deref;
use std::sync::Arc;

use crate::json::{Text, Value};

/// One object as it was at one resourceVersion. A copy is the same piece of memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot(Arc<Moment>);

/// What tells an object and its version apart from others, and the object.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// `metadata.uid`; empty for the few resources that have none.
    pub uid: Text,
    /// `metadata.namespace`; empty for cluster-scoped objects.
    pub namespace: Text,
    /// `metadata.name`.
    pub name: Text,
    /// `metadata.resourceVersion`.
    pub resource_version: Text,
    /// The UIDs of its owners.
    pub owners: Vec<Text>,
    /// The object, apiVersion and kind included, without `metadata.managedFields`.
    pub(super) object: Object,
}

/// An object, as it came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// Its JSON.
    Bytes(Box<[u8]>),
    /// The value itself.
    Value(Value),
}

impl Default for Object {
    fn default() -> Object {
        Object::Value(Value::Null)
    }
}

impl Deref for Snapshot {
    type Target = Moment;

    fn deref(&self) -> &Moment {
        &self.0
    }
}

impl From<Moment> for Snapshot {
    fn from(moment: Moment) -> Snapshot {
        Snapshot(Arc::new(moment))
    }
}

impl Snapshot {
    /// A snapshot of an object that is there as a value.
    pub fn of(mut value: Value) -> Snapshot {
        drop_managed_fields(&mut value);
        let metadata = &value["metadata"];
        let text = |key: &str| metadata[key].to_text();
        let owners = metadata["ownerReferences"].as_array().into_iter().flatten();
        let moment = Moment {
            uid: text("uid"),
            namespace: text("namespace"),
            name: text("name"),
            resource_version: text("resourceVersion"),
            owners: owners.filter_map(|owner| owner["uid"].as_text().cloned()).collect(),
            object: Object::Value(Value::Null),
        };
        Moment { object: Object::Value(value), ..moment }.into()
    }

    /// The object as a tree; of what came as bytes some ten times their size, so not to be kept.
    pub fn value(&self) -> Value {
        match &self.object {
            Object::Bytes(bytes) => serde_json::from_slice(bytes).unwrap_or_default(),
            Object::Value(value) => value.clone(),
        }
    }

    /// True when this is certainly older than `resource_version`.
    pub fn is_older_than(&self, resource_version: &str) -> bool {
        compare_versions(&self.resource_version, resource_version) == Some(Ordering::Less)
    }
}

/// Compares two resourceVersions of one resource: decimal numbers of any length, comparable since
/// Kubernetes 1.35 by contract and before that in fact. `None` where one is not a number.
pub fn compare_versions(a: &str, b: &str) -> Option<Ordering> {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (a, b) = (number(a).then_some(a)?, number(b).then_some(b)?);
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    Some(a.len().cmp(&b.len()).then_with(|| a.cmp(b)))
}

/// Takes managedFields out of a value, where it has any.
pub(super) fn drop_managed_fields(object: &mut Value) {
    object.remove("/metadata/managedFields");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers_of_any_length() {
        assert_eq!(compare_versions("9", "10"), Some(Ordering::Less));
        assert_eq!(compare_versions("0010", "10"), Some(Ordering::Equal));
        assert_eq!(
            compare_versions("123456789012345678901", "99999999999999999999"),
            Some(Ordering::Greater)
        );
        assert_eq!(compare_versions("", "10"), None);
        assert_eq!(compare_versions("a1", "10"), None);
    }
}
