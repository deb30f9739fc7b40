//! The schemas that were given for kinds, in place of those that are known: by definitions, or by a cluster.
//! It must never know where one came from, nor make one before an object needs it.

use crate::kinds::lint;
use crate::structural::Schema;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, LazyLock};

/// A schema in the making; none, if it turns out to be one that no server would take.
type Lazy = LazyLock<Option<Schema>, Box<dyn FnOnce() -> Option<Schema> + Send + Sync>>;

/// Schemas by group and kind, then by version.
#[derive(Clone, Default)]
pub struct Schemas {
    kinds: BTreeMap<(String, String), BTreeMap<String, Arc<Version>>>,
    not_served: BTreeSet<(String, String)>,
}

struct Version {
    schema: Lazy,
    deprecated: Option<String>,
}

/// What is given for objects of an `apiVersion` and kind.
#[derive(Clone, Debug)]
pub enum Given<'s> {
    /// Nothing: what is known of the kind decides.
    Nothing,
    /// The version, with its schema.
    Version(lint::Version<'s>),
    /// The kind was given, with these versions and no others.
    OtherVersions(Vec<&'s str>),
    /// The cluster has no such kind.
    NotServed,
}

impl Schemas {
    /// Takes in a version of a kind, and what those are told who use it although it is deprecated. Where it was given before, that stays.
    pub fn add(
        &mut self,
        group: &str,
        version: &str,
        kind: &str,
        deprecated: Option<String>,
        make: impl FnOnce() -> Option<Schema> + Send + Sync + 'static,
    ) {
        let versions = self.kinds.entry((group.to_owned(), kind.to_owned())).or_default();
        versions
            .entry(version.to_owned())
            .or_insert_with(|| Arc::new(Version { schema: LazyLock::new(Box::new(make)), deprecated }));
    }

    /// Notes that the cluster has no such kind.
    pub fn is_not_served(&mut self, api_version: &str, kind: &str) {
        self.not_served.insert((api_version.to_owned(), kind.to_owned()));
    }

    /// What is given for objects of an `apiVersion` and kind.
    pub fn of(&self, api_version: &str, kind: &str) -> Given<'_> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        match self.kinds.get(&(group.to_owned(), kind.to_owned())) {
            Some(versions) => {
                let names = || versions.keys().map(String::as_str).collect();
                match versions.get(version).map(|given| (given.schema.as_ref(), &given.deprecated)) {
                    Some((Some(schema), deprecated)) => Given::Version(lint::Version {
                        schema,
                        served: names(),
                        deprecated: deprecated.as_deref(),
                    }),
                    Some((None, _)) => Given::Nothing,
                    None => Given::OtherVersions(names()),
                }
            }
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
            Some(Schema::default())
        };
        let mut schemas = Schemas::default();
        schemas.add("example.com", "v1", "Pot", Some("old".into()), make);
        schemas.add("example.com", "v1", "Pot", None, || unreachable!("the first one stays"));
        schemas.add("example.com", "v1", "Lid", None, || None);
        schemas.is_not_served("example.com/v1", "Pan");
        let shared = schemas.clone();
        assert!(matches!(schemas.of("example.com/v1", "Plant"), Given::Nothing));
        assert!(matches!(schemas.of("example.com/v1", "Pan"), Given::NotServed));
        assert!(
            matches!(schemas.of("example.com/v2", "Pot"), Given::OtherVersions(versions) if versions == ["v1"])
        );
        assert_eq!(MADE.load(Ordering::Relaxed), 0);
        for schemas in [&schemas, &shared] {
            let given = schemas.of("example.com/v1", "Pot");
            assert!(
                matches!(given, Given::Version(version) if version.deprecated == Some("old") && version.served == ["v1"])
            );
        }
        assert_eq!(MADE.load(Ordering::Relaxed), 1);
        assert!(matches!(schemas.of("example.com/v1", "Lid"), Given::Nothing));
    }
}
