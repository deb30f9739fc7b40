//! Which kinds are built in, and the schema of each, made from its table when first asked for.
//! It must never judge an object.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::default::Filling;
use crate::json::Value;
use crate::structural::{Schema, Table};

/// The tables: the group and version whose kinds each holds (none for parts that others share), the package that stands before a
/// name which another table took first, and the text.
const TABLES: &[(&str, &str, &str)] = &[
    ("v1", "core.v1", include_str!("../../../schemas/builtin/core.v1.table")),
    ("", "meta.v1", include_str!("../../../schemas/builtin/meta.v1.table")),
    ("apps/v1", "apps.v1", include_str!("../../../schemas/builtin/apps.v1.table")),
    ("batch/v1", "batch.v1", include_str!("../../../schemas/builtin/batch.v1.table")),
    ("autoscaling/v2", "autoscaling.v2", include_str!("../../../schemas/builtin/autoscaling.v2.table")),
    ("autoscaling/v1", "autoscaling.v1", include_str!("../../../schemas/builtin/autoscaling.v1.table")),
    ("policy/v1", "policy.v1", include_str!("../../../schemas/builtin/policy.v1.table")),
    ("networking.k8s.io/v1", "networking.v1", include_str!("../../../schemas/builtin/networking.v1.table")),
    ("rbac.authorization.k8s.io/v1", "rbac.v1", include_str!("../../../schemas/builtin/rbac.v1.table")),
    ("storage.k8s.io/v1", "storage.v1", include_str!("../../../schemas/builtin/storage.v1.table")),
    ("scheduling.k8s.io/v1", "scheduling.v1", include_str!("../../../schemas/builtin/scheduling.v1.table")),
    ("", "scheduling.v1alpha3", include_str!("../../../schemas/builtin/scheduling.v1alpha3.table")),
    (
        "coordination.k8s.io/v1",
        "coordination.v1",
        include_str!("../../../schemas/builtin/coordination.v1.table"),
    ),
    ("discovery.k8s.io/v1", "discovery.v1", include_str!("../../../schemas/builtin/discovery.v1.table")),
    ("events.k8s.io/v1", "events.v1", include_str!("../../../schemas/builtin/events.v1.table")),
    (
        "authorization.k8s.io/v1",
        "authorization.v1",
        include_str!("../../../schemas/builtin/authorization.v1.table"),
    ),
    (
        "authentication.k8s.io/v1",
        "authentication.v1",
        include_str!("../../../schemas/builtin/authentication.v1.table"),
    ),
    (
        "apiextensions.k8s.io/v1",
        "apiextensions.v1",
        include_str!("../../../schemas/builtin/apiextensions.v1.table"),
    ),
    (
        "admissionregistration.k8s.io/v1",
        "admissionregistration.v1",
        include_str!("../../../schemas/builtin/admissionregistration.v1.table"),
    ),
];

/// The groups and versions that have built-in kinds, as objects name them: `v1`, `apps/v1` …
pub fn group_versions() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(group_version, ..)| *group_version).filter(|group_version| !group_version.is_empty())
}

/// Every built-in kind, as group and version, and name.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    let versions = all().by_kind.iter();
    versions.flat_map(|(group_version, kinds)| kinds.keys().map(move |kind| (*group_version, *kind)))
}

/// A built-in kind of `v1`, `apps/v1` …; `None` if it is not one that the rehearsal knows.
pub fn kind(group_version: &str, kind: &str) -> Option<&'static Kind> {
    all().by_kind.get(group_version)?.get(kind)
}

/// The schema of a built-in kind of `v1`, `apps/v1` …; `None` if it is not one that the rehearsal knows.
pub fn schema(group_version: &str, name: &str) -> Option<&'static Schema> {
    kind(group_version, name)?.schema()
}

/// Fills in what an object of a built-in kind lacks; others stay as they are. See [`Kind::default`].
pub fn default(group_version: &str, name: &str, object: &mut Value) {
    if let Some(kind) = kind(group_version, name) {
        kind.default(object);
    }
}

/// The schema of every object's `metadata`.
pub fn metadata() -> Option<&'static Schema> {
    static METADATA: OnceLock<Option<Schema>> = OnceLock::new();
    METADATA.get_or_init(|| all().table.schema("ObjectMeta").ok()).as_ref()
}

struct Kinds {
    table: Table,
    /// By group and version, then by name.
    by_kind: BTreeMap<&'static str, BTreeMap<&'static str, Kind>>,
}

/// A built-in kind.
#[derive(Debug)]
pub struct Kind {
    definition: &'static str,
    made: OnceLock<Option<Made>>,
}

/// The schema of a kind, and what can be filled in at its places.
#[derive(Clone, Debug)]
struct Made {
    schema: Schema,
    filling: Arc<Filling>,
}

/// Kinds that have pods inside, most of whose schema is that of a pod: they are made together.
const WITH_PODS: [&str; 9] = [
    "Pod",
    "ReplicaSet",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "PodTemplate",
    "ReplicationController",
];

/// What is made of definitions together, in their order.
fn make(definitions: &[&str]) -> Option<Vec<Made>> {
    let schemas = all().table.schemas(definitions).ok()?;
    let filling = Arc::new(Filling::of(schemas.first()?));
    Some(schemas.into_iter().map(|schema| Made { schema, filling: filling.clone() }).collect())
}

impl Kind {
    /// Its schema.
    pub fn schema(&'static self) -> Option<&'static Schema> {
        self.made().map(|made| &made.schema)
    }

    fn made(&'static self) -> Option<&'static Made> {
        static TOGETHER: OnceLock<Option<Vec<Made>>> = OnceLock::new();
        if let Some(place) = WITH_PODS.iter().position(|name| *name == self.definition) {
            return TOGETHER.get_or_init(|| make(&WITH_PODS)).as_ref()?.get(place);
        }
        self.made.get_or_init(|| make(&[self.definition])?.into_iter().next()).as_ref()
    }

    /// Fills in what an object lacks; it is in the form that [`read()`](super::read()) gives it.
    pub fn default(&'static self, object: &mut Value) {
        if let Some(Made { schema, filling }) = self.made() {
            filling.fill(schema.root(), object);
        }
    }
}

fn all() -> &'static Kinds {
    static ALL: OnceLock<Kinds> = OnceLock::new();
    ALL.get_or_init(|| {
        let texts: Vec<&'static str> = TABLES.iter().map(|(_, _, text)| *text).collect();
        let table = Table::parse(&texts).unwrap_or_default();
        let mut by_kind: BTreeMap<&str, BTreeMap<&str, Kind>> = BTreeMap::new();
        for (index, (group_version, package, _)) in TABLES.iter().enumerate() {
            for (definition, fields) in table.definitions_of(index).filter(|_| !group_version.is_empty()) {
                let has = |name: &str| fields.clone().any(|field| field == name);
                if has("apiVersion") && has("kind") && has("metadata") {
                    let kind = definition.strip_prefix(package).map_or(definition, |name| &name[1..]);
                    let kinds = by_kind.entry(group_version).or_default();
                    kinds.insert(kind, Kind { definition, made: OnceLock::new() });
                }
            }
        }
        Kinds { table, by_kind }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_schema() -> Result<(), String> {
        assert!(all().table.definitions_of(0).next().is_some(), "the tables cannot be read");
        for (group_version, kind) in kinds() {
            let schema = schema(group_version, kind).ok_or(format!("{group_version} {kind}"))?;
            assert!(schema.at("/metadata/ownerReferences/0/uid").is_some(), "{group_version} {kind}");
        }
        let names: Vec<_> = kinds().filter(|(_, kind)| *kind == "Event" || kind.starts_with("Hor")).collect();
        assert_eq!(names.len(), 4, "{names:?}");
        assert!(schema("apps/v1", "PodSpec").is_none() && schema("v1", "Deployment").is_none());
        Ok(())
    }
}
