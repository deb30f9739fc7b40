//! Fields of every object that nobody owns.
//! It must never know a kind.

use std::sync::LazyLock;

use super::set::Set;

const STRIPPED: &[&[&str]] = &[
    &["apiVersion"],
    &["kind"],
    &["metadata"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
    &["metadata", "uid"],
    &["metadata", "clusterName"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "resourceVersion"],
];

/// Whether a field of `metadata` is nobody's.
pub fn is_nobodys(field: &str) -> bool {
    STRIPPED.iter().any(|path| matches!(path, ["metadata", name] if *name == field))
}

/// Fields that nobody owns.
pub fn stripped() -> &'static Set {
    static SET: LazyLock<Set> = LazyLock::new(|| Set::of(STRIPPED));
    &SET
}
