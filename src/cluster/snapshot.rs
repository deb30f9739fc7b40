//! An object as it was at one moment, as compact bytes (a pod is 14 KB of JSON and ten times that as a tree).
//! Never knows what an object means.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::Value;

/// One object as it was at one resourceVersion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// `metadata.uid`; empty for the few resources that have none.
    pub uid: String,
    /// `metadata.namespace`; empty for cluster-scoped objects.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
    /// The UIDs of its owners.
    pub owners: Vec<String>,
    /// The object's JSON, apiVersion and kind included, without `metadata.managedFields`.
    pub raw: Arc<[u8]>,
}

impl Snapshot {
    /// The object as a tree; some ten times the size of `raw`, so not to be kept.
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.raw).unwrap_or_default()
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
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
    }
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
