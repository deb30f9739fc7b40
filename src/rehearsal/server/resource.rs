//! The kinds that are served: their names, verbs and subresources, and how a custom kind's objects are judged.
//! It must never know an object.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::json::Value;

use crate::rehearsal::builtin::{self, Kind};
use crate::structural::{CrdVersion, Schema};

/// The kinds the server has of itself.
const TABLE: &str = include_str!("resources.table");

const ALL: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
pub(super) const OF_SUBRESOURCE: [&str; 3] = ["get", "patch", "update"];

/// A kind as one version of its group serves it.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Empty for the core group.
    pub group: String,
    /// `v1`
    pub version: String,
    /// `deployments`
    pub plural: String,
    /// `deployment`
    pub singular: String,
    /// `Deployment`
    pub kind: String,
    /// `DeploymentList`
    pub list_kind: String,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Whether `metadata.generation` counts the changes of what is wanted.
    pub counts_generations: bool,
    /// `deploy`
    pub short_names: Vec<String>,
    /// `all`
    pub categories: Vec<String>,
    /// `get`, `list`, …, sorted.
    pub verbs: Vec<&'static str>,
    /// In the order of discovery.
    pub subresources: Vec<Subresource>,
    /// The version in which objects are kept; another one is converted to and fro.
    pub stored: String,
    /// Where objects are kept.
    pub shelf: Shelf,
    /// What a custom kind's definition says of this version; `None` for a kind the server has of itself.
    pub custom: Option<Arc<Custom>>,
    /// What is known of a kind the server has of itself.
    pub built_in: Option<&'static Kind>,
}

/// Where the objects of a kind are kept: group and plural of what is stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shelf {
    /// Empty for the core group.
    pub group: String,
    /// `deployments`
    pub plural: String,
}

/// A path below an object.
#[derive(Clone, Debug)]
pub struct Subresource {
    /// `scale`
    pub name: String,
    /// Group, version and kind of what it takes; group and version are empty where they are the object's own.
    pub kind: (String, String, String),
    /// Sorted.
    pub verbs: Vec<&'static str>,
}

/// What a definition says of one version of a custom kind.
#[derive(Debug)]
pub struct Custom {
    /// Schema, status and scale.
    pub version: CrdVersion,
    /// `additionalPrinterColumns`, as written.
    pub columns: Vec<Value>,
    /// JSON paths of `selectableFields`, such as `.spec.colour`.
    pub selectable: Vec<String>,
    /// The `openAPIV3Schema` as written.
    pub open_api: Value,
    /// The schema of the version that is kept.
    pub stored: Arc<Schema>,
    /// What those are warned of who use this version.
    pub deprecated: Option<String>,
    /// Whether the definition is on its way out, so that nothing new may be made.
    pub leaving: bool,
    /// The name of the definition, `PLURAL.GROUP`.
    pub definition: String,
}

impl Resource {
    /// `deployments.apps`, `pods`
    pub fn full_name(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// `apps/v1`, `v1`
    pub fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// The subresource of this name.
    pub fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.subresources.iter().find(|subresource| subresource.name == name)
    }

    /// Whether status is written through a path of its own.
    pub fn has_status(&self) -> bool {
        self.subresource("status").is_some()
    }

    /// Whether the kind knows the verb.
    pub fn can(&self, verb: &str) -> bool {
        self.verbs.contains(&verb)
    }

    /// Whether this is a kind of the server's own, by group and plural.
    pub fn is(&self, group: &str, plural: &str) -> bool {
        self.custom.is_none() && self.group == group && self.plural == plural
    }
}

/// `apps/v1`; of the core group `v1`.
pub fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// All kinds that are served, by group, version and plural.
#[derive(Debug, Default)]
pub struct Catalogue {
    groups: BTreeMap<String, Group>,
    /// Groups in the order of discovery.
    order: Vec<String>,
    /// What discovery tells of it, aggregated: of the core group, and of all others.
    told: [OnceLock<Value>; 2],
}

#[derive(Debug, Default)]
struct Group {
    versions: BTreeMap<String, BTreeMap<String, Arc<Resource>>>,
    /// Versions in the order of discovery, the preferred one first.
    order: Vec<String>,
}

impl Catalogue {
    /// The kinds the server has of itself.
    pub fn built_in() -> Catalogue {
        let mut catalogue = Catalogue::default();
        let (mut group, mut version) = ("", "");
        for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                Some(named) => (group, version) = named.split_once('/').unwrap_or(("", named)),
                None => {
                    if let Some(resource) = read(group, version, line) {
                        catalogue.add(resource);
                    }
                }
            }
        }
        catalogue
    }

    /// What discovery tells of the core group, or of all others: made once, until a kind comes or goes.
    pub fn told(&self, core: bool, make: impl FnOnce() -> Value) -> Value {
        self.told[usize::from(core)].get_or_init(make).clone()
    }

    /// Serves a kind from now on.
    pub fn add(&mut self, resource: Resource) {
        self.told = Default::default();
        if !self.groups.contains_key(&resource.group) {
            self.order.push(resource.group.clone());
        }
        let group = self.groups.entry(resource.group.clone()).or_default();
        if !group.versions.contains_key(&resource.version) {
            group.order.push(resource.version.clone());
        }
        let version = group.versions.entry(resource.version.clone()).or_default();
        version.insert(resource.plural.clone(), Arc::new(resource));
    }

    /// No longer serves any version of a kind.
    pub fn remove(&mut self, group: &str, plural: &str) {
        self.told = Default::default();
        let Some(known) = self.groups.get_mut(group) else { return };
        for version in known.versions.values_mut() {
            version.remove(plural);
        }
        known.versions.retain(|_, resources| !resources.is_empty());
        let Group { versions, order } = known;
        order.retain(|version| versions.contains_key(version));
        if versions.is_empty() {
            self.groups.remove(group);
            self.order.retain(|name| name != group);
        }
    }

    /// The kind at a path.
    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Resource>> {
        self.groups.get(group)?.versions.get(version)?.get(plural)
    }

    /// Any served version of a kind, the preferred first.
    pub fn any(&self, group: &str, plural: &str) -> Option<&Arc<Resource>> {
        let group = self.groups.get(group)?;
        group.order.iter().find_map(|version| group.versions.get(version)?.get(plural))
    }

    /// The kind by its own name.
    pub fn kind(&self, group: &str, version: &str, kind: &str) -> Option<&Arc<Resource>> {
        self.groups.get(group)?.versions.get(version)?.values().find(|resource| resource.kind == kind)
    }

    /// The groups in the order of discovery; custom groups, which come last, by name.
    pub fn groups(&self) -> Vec<&str> {
        let custom = |name: &&str| {
            let resources = self.groups.get(*name).into_iter().flat_map(|group| group.versions.values());
            resources.flat_map(BTreeMap::values).any(|resource| resource.custom.is_some())
        };
        let (mut custom, mut names): (Vec<&str>, Vec<&str>) =
            self.order.iter().map(String::as_str).partition(custom);
        custom.sort_unstable();
        names.extend(custom);
        names
    }

    /// The versions of a group, the preferred one first: released before beta before alpha, newer before older.
    pub fn versions(&self, group: &str) -> Vec<&str> {
        let Some(group) = self.groups.get(group) else { return Vec::new() };
        let mut versions: Vec<&str> = group.order.iter().map(String::as_str).collect();
        versions.sort_by_key(|version| std::cmp::Reverse(priority(version)));
        versions
    }

    /// The kinds of a version, by plural.
    pub fn resources(&self, group: &str, version: &str) -> impl Iterator<Item = &Arc<Resource>> {
        self.groups
            .get(group)
            .and_then(|group| group.versions.get(version))
            .into_iter()
            .flat_map(BTreeMap::values)
    }

    /// Every kind of every version.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.groups.values().flat_map(|group| group.versions.values()).flat_map(BTreeMap::values)
    }
}

/// Kubernetes' order of versions: `v2` > `v1` > `v2beta1` > `v1alpha2` > anything else.
pub(super) fn priority(version: &str) -> (u8, u32, u32) {
    let read = || -> Option<(u8, u32, u32)> {
        let rest = version.strip_prefix('v')?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let major = rest[..digits].parse().ok()?;
        match &rest[digits..] {
            "" => Some((3, major, 0)),
            rest => match (rest.strip_prefix("beta"), rest.strip_prefix("alpha")) {
                (Some(minor), _) => Some((2, major, minor.parse().ok()?)),
                (_, Some(minor)) => Some((1, major, minor.parse().ok()?)),
                _ => None,
            },
        }
    };
    read().unwrap_or_default()
}

fn read(group: &str, version: &str, line: &'static str) -> Option<Resource> {
    let (line, below) = line.split_once(" : ").unwrap_or((line, ""));
    let mut words = line.split(' ');
    let mut next = || words.next().filter(|word| !word.is_empty());
    let list = |word: &'static str| word.split(',').filter(|word| *word != "-");
    let names = |word: &'static str| list(word).map(str::to_owned).collect();
    let (plural, kind, scope, generation) = (next()?, next()?, next()?, next()?);
    let (short_names, categories, verbs) = (names(next()?), names(next()?), next()?);
    let verbs = if verbs == "*" { ALL.to_vec() } else { list(verbs).collect() };
    let subresources = below.split(' ').filter(|word| !word.is_empty()).map(|word| subresource(word, kind));
    // What two groups or versions serve is kept once.
    let (stored_group, stored) = match (group, plural) {
        ("events.k8s.io", "events") => ("", "v1"),
        ("autoscaling", _) => (group, "v2"),
        _ => (group, version),
    };
    Some(Resource {
        group: group.into(),
        version: version.into(),
        plural: plural.into(),
        singular: kind.to_ascii_lowercase(),
        kind: kind.into(),
        list_kind: format!("{kind}List"),
        namespaced: scope == "N",
        counts_generations: generation == "g",
        short_names,
        categories,
        verbs,
        subresources: subresources.collect(),
        stored: stored.into(),
        shelf: Shelf { group: stored_group.into(), plural: plural.into() },
        custom: None,
        built_in: builtin::kind(&api_version(group, version), kind),
    })
}

fn subresource(word: &'static str, own: &str) -> Subresource {
    let mut parts = word.split('=');
    let name = parts.next().unwrap_or_default().to_owned();
    let kind = parts.next().unwrap_or(own);
    let verbs = match parts.next() {
        Some(verbs) => verbs.split(',').collect(),
        None => OF_SUBRESOURCE.to_vec(),
    };
    let kind = match kind.split('/').collect::<Vec<_>>().as_slice() {
        [group, version, kind] => ((*group).into(), (*version).into(), (*kind).into()),
        _ => (String::new(), String::new(), kind.into()),
    };
    Subresource { name, kind, verbs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
        assert_eq!(Catalogue::built_in().all().count(), lines.count());
    }

    #[test]
    fn kinds_are_found_by_path_and_name() {
        let catalogue = Catalogue::built_in();
        let pods = catalogue.find("", "v1", "pods").map(|pods| pods.kind.as_str());
        assert_eq!(pods, Some("Pod"));
        let scale = catalogue
            .find("apps", "v1", "deployments")
            .and_then(|deployments| deployments.subresource("scale"))
            .map(|scale| scale.kind.clone());
        assert_eq!(scale, Some(("autoscaling".into(), "v1".into(), "Scale".into())));
        assert_eq!(catalogue.versions("autoscaling"), ["v2", "v1"]);
    }

    #[test]
    fn versions_are_ordered_as_kubernetes_does() {
        let mut versions = ["v1alpha1", "foo", "v1", "v2beta1", "v10", "v2"];
        versions.sort_by_key(|version| std::cmp::Reverse(priority(version)));
        assert_eq!(versions, ["v10", "v2", "v1", "v2beta1", "v1alpha1", "foo"]);
    }
}
