//! The schemas that were given for kinds, in place of those that are known: by definitions, or by a cluster.
//! It must never know where one came from, nor make one before an object needs it.

use crate::structural::Schema;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, LazyLock};

/// A schema in the making.
type Lazy = LazyLock<Schema, Box<dyn FnOnce() -> Schema + Send + Sync>>;

/// Schemas by group and kind, then by version.
#[derive(Clone, Default)]
pub struct Schemas {
    kinds: BTreeMap<(String, String), BTreeMap<String, Arc<Lazy>>>,
    not_served: BTreeSet<(String, String)>,
}

/// What is given for objects of an `apiVersion` and kind.
#[derive(Clone, Debug)]
pub enum Given<'s> {
    /// Nothing: what is known of the kind decides.
    Nothing,
    /// A schema.
    Schema(&'s Schema),
    /// The kind was given, with these versions and no others.
    OtherVersions(Vec<&'s str>),
    /// The cluster has no such kind.
    NotServed,
}

impl Schemas {
    /// Takes in a version of a kind. Where it was given before, that stays.
    pub fn add(
        &mut self,
        group: &str,
        version: &str,
        kind: &str,
        make: impl FnOnce() -> Schema + Send + Sync + 'static,
    ) {
        let versions = self.kinds.entry((group.to_owned(), kind.to_owned())).or_default();
        versions.entry(version.to_owned()).or_insert_with(|| Arc::new(LazyLock::new(Box::new(make))));
    }

    /// Notes that the cluster has no such kind.
    pub fn is_not_served(&mut self, api_version: &str, kind: &str) {
        self.not_served.insert((api_version.to_owned(), kind.to_owned()));
    }

    /// What is given for objects of an `apiVersion` and kind.
    pub fn of(&self, api_version: &str, kind: &str) -> Given<'_> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        match self.kinds.get(&(group.to_owned(), kind.to_owned())) {
            Some(versions) => match versions.get(version) {
                Some(schema) => Given::Schema(schema),
                None => Given::OtherVersions(versions.keys().map(String::as_str).collect()),
            },
            None if self.not_served.contains(&(api_version.to_owned(), kind.to_owned())) => Given::NotServed,
            None => Given::Nothing,
        }
    }

    /// Whether all versions of a kind are known from its definition.
    pub fn defines(&self, group: &str, kind: &str) -> bool {
        self.kinds.contains_key(&(group.to_owned(), kind.to_owned()))
    }
}

impl fmt::Debug for Schemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.kinds.iter().map(|(kind, versions)| (kind, versions.keys().collect::<Vec<_>>())))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_schema_is_made_when_an_object_needs_it_and_once() {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let make = || {
            MADE.fetch_add(1, Ordering::Relaxed);
            Schema::default()
        };
        let mut schemas = Schemas::default();
        schemas.add("example.com", "v1", "Pot", make);
        schemas.add("example.com", "v1", "Pot", || unreachable!("the first one stays"));
        schemas.is_not_served("example.com/v1", "Pan");
        let shared = schemas.clone();
        assert!(matches!(schemas.of("example.com/v1", "Plant"), Given::Nothing));
        assert!(matches!(schemas.of("example.com/v1", "Pan"), Given::NotServed));
        assert!(
            matches!(schemas.of("example.com/v2", "Pot"), Given::OtherVersions(versions) if versions == ["v1"])
        );
        assert_eq!(MADE.load(Ordering::Relaxed), 0);
        assert!(matches!(schemas.of("example.com/v1", "Pot"), Given::Schema(_)));
        if let Given::Schema(schema) = shared.of("example.com/v1", "Pot") {
            assert_eq!(schema.cel_rules(), 0);
        }
        if let Given::Schema(schema) = schemas.of("example.com/v1", "Pot") {
            assert_eq!(schema.cel_rules(), 0);
        }
        assert_eq!(MADE.load(Ordering::Relaxed), 1);
    }
}
