//! What is known of the cluster: objects by resource and name, found by owner, by label and by selector too.
//! Must never know where objects come from, nor what any kind means, but for what pods ask of nodes.

use super::super::load::{Load, requests};
use super::super::pods::is_ended;
use super::super::read::{controller, deleting, fields, items, name, namespace, text, uid};
use super::super::resource::{PODS, Resource, SERVICES};
use crate::json::{Text, Value};
use foldhash::{HashMap, HashSet};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

/// An object, and since when it is as it is; times are virtual.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The object, without managedFields.
    pub object: Value,
    /// When it was first seen.
    pub seen_at: Timestamp,
    /// When it was last seen to want something else: by its generation, or its spec where it has none.
    pub spec_at: Timestamp,
    /// When its status was last seen to change.
    pub status_at: Timestamp,
    /// When it was seen to be deleted.
    pub deleting_at: Option<Timestamp>,
}

impl Entry {
    /// Takes in the object as it is now; the object as it was.
    fn change(&mut self, object: Value, now: Timestamp) -> Value {
        let (was, is) = (&self.object, &object);
        let generation = &is["metadata"]["generation"];
        let same = match generation.is_null() {
            false => was["metadata"]["generation"] == *generation,
            true => was["spec"] == is["spec"],
        };
        if !same {
            self.spec_at = now;
        }
        if was["status"] != is["status"] {
            self.status_at = now;
        }
        if deleting(is) {
            self.deleting_at.get_or_insert(now);
        }
        std::mem::replace(&mut self.object, object)
    }
}

/// What happened to an object.
pub(crate) struct Change<'a> {
    /// The resource's id.
    pub resource: &'a str,
    /// As it is now; as it was last if it is gone.
    pub object: &'a Value,
    /// As it was before; nothing if it is new.
    pub before: Option<&'a Value>,
    /// Whether it is gone.
    pub gone: bool,
}

/// A resource's id, a namespace and a name.
type Place = (Text, Text, Text);

/// The objects of a resource, by namespace and name.
type Table = BTreeMap<Text, BTreeMap<Text, Entry>>;

/// All objects known.
#[derive(Default)]
pub(crate) struct Store {
    resources: BTreeMap<Text, Resource>,
    /// Kind → resource ids, of every group that has it.
    kinds: BTreeMap<Text, BTreeSet<Text>>,
    tables: BTreeMap<Text, Table>,
    /// UID of owner → what it owns.
    owned: HashMap<Text, BTreeSet<Place>>,
    /// Resource and namespace → the names of what no controller controls.
    uncontrolled: HashMap<(Text, Text), BTreeSet<Text>>,
    /// Namespace and `key=value` → pods that carry the label.
    labelled: HashMap<(Text, Text), BTreeSet<Text>>,
    /// Namespace and the first `key=value` of its selector → Services.
    selecting: HashMap<(Text, Text), BTreeSet<Text>>,
    /// Node → what the pods on it ask for.
    loads: BTreeMap<String, Load>,
    /// The pods that are on no node, by namespace and name.
    unplaced: BTreeSet<(Text, Text)>,
    /// UIDs of what is known to be gone, so that late news does not bring it back.
    gone: HashSet<Text>,
}

impl Store {
    /// Makes a resource known.
    pub fn serve(&mut self, resource: Resource) {
        let kind = self.kinds.entry(resource.kind.as_str().into()).or_default();
        kind.insert(resource.id().clone());
        self.resources.insert(resource.id().clone(), resource);
    }

    /// Forgets a resource and all its objects; the objects, as they were last.
    pub fn withdraw(&mut self, id: &str) -> Vec<Value> {
        self.kinds.values_mut().for_each(|known| _ = known.remove(id));
        self.resources.remove(id);
        let places = self.names(id);
        places.iter().filter_map(|(namespace, name)| self.remove(id, namespace, name, None)).collect()
    }

    /// A resource by its id.
    pub fn resource(&self, id: &str) -> Option<&Resource> {
        self.resources.get(id)
    }

    /// Every resource that is served.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    /// The resource of a kind, whatever its version.
    pub fn resource_of(&self, api_version: &str, kind: &str) -> Option<&Resource> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let known = self.kinds.get(kind)?.iter().filter_map(|id| self.resources.get(id));
        known.into_iter().find(|resource| resource.group == group)
    }

    /// An object.
    pub fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<&Entry> {
        self.tables.get(resource)?.get(namespace)?.get(name)
    }

    /// The objects of a resource in a namespace, by name.
    pub fn list(&self, resource: &str, namespace: &str) -> impl Iterator<Item = &Entry> {
        let there = self.tables.get(resource).and_then(|table| table.get(namespace));
        there.into_iter().flat_map(BTreeMap::values)
    }

    /// All objects of a resource, by namespace and name.
    pub fn all(&self, resource: &str) -> impl Iterator<Item = &Entry> {
        self.tables.get(resource).into_iter().flat_map(BTreeMap::values).flat_map(BTreeMap::values)
    }

    /// The objects of a resource that have this owner, by name.
    pub fn owned(&self, owner: &str, resource: &str) -> impl Iterator<Item = &Entry> {
        self.places(owner).filter(move |place| place.0 == resource).filter_map(|place| self.at(place))
    }

    /// Everything that has this owner: resource id and object.
    pub fn owned_all(&self, owner: &str) -> impl Iterator<Item = (&str, &Entry)> {
        self.places(owner).filter_map(|place| Some((place.0.as_str(), self.at(place)?)))
    }

    /// The objects of a resource in a namespace that no controller controls, by name.
    pub fn uncontrolled(&self, resource: &str, namespace: &str) -> impl Iterator<Item = &Entry> {
        let key = (resource.into(), namespace.into());
        let names = self.uncontrolled.get(&key).into_iter().flatten();
        names.filter_map(move |name| self.get(&key.0, &key.1, name))
    }

    fn places(&self, owner: &str) -> impl Iterator<Item = &Place> {
        self.owned.get(owner).into_iter().flatten()
    }

    fn at(&self, place: &Place) -> Option<&Entry> {
        self.get(&place.0, &place.1, &place.2)
    }

    /// Pods of a namespace that carry all of these labels, by name; none if no label is asked for.
    pub fn pods_with(&self, namespace: &str, labels: &Value) -> Vec<&Entry> {
        let labels = fields(labels);
        let sets: Option<Vec<&BTreeSet<Text>>> = labels
            .iter()
            .map(|(key, value)| self.labelled.get(&(namespace.into(), pair(key, value))))
            .collect();
        let Some(mut sets) = sets.filter(|sets| !sets.is_empty()) else { return Vec::new() };
        sets.sort_by_key(|set| set.len());
        let (fewest, others) = (sets[0], &sets[1..]);
        let names = fewest.iter().filter(|name| others.iter().all(|set| set.contains(*name)));
        names.filter_map(|name| self.get(PODS, namespace, name)).collect()
    }

    /// The pods that are on no node, by namespace and name.
    pub fn unplaced(&self) -> impl Iterator<Item = &Entry> {
        self.unplaced.iter().filter_map(|(namespace, name)| self.get(PODS, namespace, name))
    }

    /// What the pods on a node ask for.
    pub fn load(&self, node: &str) -> Load {
        self.loads.get(node).copied().unwrap_or_default()
    }

    /// Services of a namespace that may select something with these labels.
    pub fn services_for(&self, namespace: &str, labels: &Value) -> BTreeSet<&str> {
        let pairs = labels.as_object().into_iter().flatten();
        let found =
            pairs.filter_map(|(key, value)| self.selecting.get(&(namespace.into(), pair(key, value))));
        found.flatten().map(Text::as_str).collect()
    }

    /// Puts in an object as the server told it. `None` if it is no news; else what was there before of the same object.
    pub fn put(&mut self, resource: &str, mut object: Value, now: Timestamp) -> Option<Option<Value>> {
        if self.gone.contains(uid(&object)) {
            return None;
        }
        object.remove("/metadata/managedFields");
        let known = self
            .tables
            .get_mut(resource)
            .and_then(|table| table.get_mut(namespace(&object)))
            .and_then(|table| table.get_mut(name(&object)));
        match known {
            Some(known) if version(&known.object) >= version(&object) => None,
            Some(known) if uid(&known.object) == uid(&object) => {
                let same_place = is_found_alike(&known.object, &object);
                let before = known.change(object, now);
                if !same_place {
                    let object = known.object.clone();
                    self.index(resource, &before, false);
                    self.index(resource, &object, true);
                }
                Some(Some(before))
            }
            known => {
                if known.is_some() {
                    self.take(resource, namespace(&object), name(&object));
                }
                self.index(resource, &object, true);
                let (namespace, name) = (namespace(&object).into(), name(&object).into());
                let deleting_at = deleting(&object).then_some(now);
                let entry = Entry { seen_at: now, spec_at: now, status_at: now, deleting_at, object };
                self.tables
                    .entry(resource.into())
                    .or_default()
                    .entry(namespace)
                    .or_default()
                    .insert(name, entry);
                Some(None)
            }
        }
    }

    fn take(&mut self, resource: &str, namespace: &str, name: &str) -> Option<Entry> {
        let entry = self.tables.get_mut(resource)?.get_mut(namespace)?.remove(name)?;
        self.index(resource, &entry.object, false);
        Some(entry)
    }

    /// Takes an object out, for good; only the one of this UID if one is given. The object as it was last.
    pub fn remove(
        &mut self,
        resource: &str,
        namespace: &str,
        name: &str,
        only: Option<&str>,
    ) -> Option<Value> {
        if let Some(only) = only {
            self.gone.insert(only.into());
        }
        let there = self.get(resource, namespace, name)?;
        if only.is_some_and(|only| only != uid(&there.object)) {
            return None;
        }
        let uid = uid(&there.object).into();
        self.gone.insert(uid);
        self.take(resource, namespace, name).map(|entry| entry.object)
    }

    /// Whether the object of this UID is known to be gone: none gets its UID again.
    pub fn is_gone(&self, uid: &str) -> bool {
        self.gone.contains(uid)
    }

    /// The names of all objects of a resource.
    pub fn names(&self, resource: &str) -> BTreeSet<(Text, Text)> {
        let spaces = self.tables.get(resource).into_iter().flatten();
        spaces.flat_map(|(space, names)| names.keys().map(|name| (space.clone(), name.clone()))).collect()
    }

    fn index(&mut self, resource: &str, object: &Value, in_it: bool) {
        let (namespace, name) = (namespace(object), name(object));
        let place = || (resource.into(), namespace.into(), name.into());
        for owner in items(&object["metadata"]["ownerReferences"]) {
            note(&mut self.owned, text(&owner["uid"]).into(), place(), in_it);
        }
        if controller(object).is_none() {
            let key = (resource.into(), namespace.into());
            note(&mut self.uncontrolled, key, name.into(), in_it);
        }
        let at = |key: &str, value: &Value| (namespace.into(), pair(key, value));
        match resource {
            PODS => {
                for (key, value) in object["metadata"]["labels"].as_object().into_iter().flatten() {
                    note(&mut self.labelled, at(key, value), name.into(), in_it);
                }
                let node = text(&object["spec"]["nodeName"]);
                if node.is_empty() {
                    let pod = (namespace.into(), name.into());
                    match in_it {
                        true => self.unplaced.insert(pod),
                        false => self.unplaced.remove(&pod),
                    };
                } else if !is_ended(object) {
                    let (asked, sign) = (requests(object), if in_it { 1 } else { -1 });
                    let load = self.loads.entry(node.to_owned()).or_default();
                    load.cpu += asked.cpu * f64::from(sign);
                    load.memory += asked.memory * f64::from(sign);
                    load.pods += i64::from(sign);
                }
            }
            SERVICES => {
                if let Some((key, value)) = object["spec"]["selector"]
                    .as_object()
                    .and_then(|selector| selector.iter().min_by_key(|(key, _)| *key))
                {
                    note(&mut self.selecting, at(key, value), name.into(), in_it);
                }
            }
            _ => {}
        }
    }
}

/// Notes a value under a key, or takes it away.
fn note<K: Hash + Eq, V: Ord>(index: &mut HashMap<K, BTreeSet<V>>, key: K, value: V, in_it: bool) {
    if in_it {
        index.entry(key).or_default().insert(value);
    } else if let Some(values) = index.get_mut(&key) {
        values.remove(&value);
        if values.is_empty() {
            index.remove(&key);
        }
    }
}

fn pair(key: &str, value: &Value) -> Text {
    [key, "=", text(value)].concat().into()
}

/// Whether an object is found where it was found before: by the same owners and labels, on the same node.
fn is_found_alike(before: &Value, after: &Value) -> bool {
    let same = |part: &str, field: &str| before[part][field].is(&after[part][field]);
    same("metadata", "ownerReferences")
        && same("metadata", "labels")
        && before["spec"].is(&after["spec"])
        && before["status"]["phase"] == after["status"]["phase"]
}

/// The resourceVersion as a number: they grow.
pub(crate) fn version(object: &Value) -> u64 {
    text(&object["metadata"]["resourceVersion"]).parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    fn pod(name: &str, uid: &str, version: &str, labels: Value, owner: &str) -> Value {
        json!({ "metadata": { "name": name, "namespace": "ns", "uid": uid, "resourceVersion": version, "labels": labels,
            "ownerReferences": [{ "uid": owner }] }, "status": { "phase": "Pending" } })
    }

    #[test]
    fn news_replaces_what_is_older_and_old_news_does_nothing() {
        let mut store = Store::default();
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(store.put(PODS, pod("a", "1", "5", json!({}), "o"), now), Some(None));
        assert_eq!(store.put(PODS, pod("a", "1", "5", json!({}), "o"), now), None);
        assert_eq!(store.put(PODS, pod("a", "1", "4", json!({}), "o"), now), None);
        let later = now + jiff::SignedDuration::from_secs(1);
        let changed = store.put(PODS, pod("a", "1", "10", json!({ "k": "v" }), "o"), later);
        assert_eq!(changed.flatten().map(|before| version(&before)), Some(5));
        assert_eq!(
            store.get(PODS, "ns", "a").map(|entry| (entry.seen_at, entry.status_at)),
            Some((now, now))
        );
        assert!(store.remove(PODS, "ns", "a", Some("1")).is_some());
        assert_eq!(store.put(PODS, pod("a", "1", "12", json!({}), "o"), later), None);
        assert_eq!(store.put(PODS, pod("a", "2", "13", json!({}), "o"), later), Some(None));
        assert!(store.remove(PODS, "ns", "a", Some("1")).is_none());
        assert!(store.get(PODS, "ns", "a").is_some());
    }

    #[test]
    fn what_is_known_is_found_by_owner_and_by_label() {
        let mut store = Store::default();
        let now = Timestamp::UNIX_EPOCH;
        store.put(PODS, pod("a", "1", "1", json!({ "app": "x", "tier": "front" }), "o"), now);
        store.put(PODS, pod("b", "2", "2", json!({ "app": "x" }), "o"), now);
        let names = |entries: Vec<&Entry>| -> Vec<String> {
            entries.iter().map(|entry| name(&entry.object).to_owned()).collect()
        };
        assert_eq!(names(store.pods_with("ns", &json!({ "app": "x" }))), ["a", "b"]);
        assert_eq!(names(store.pods_with("ns", &json!({ "app": "x", "tier": "front" }))), ["a"]);
        assert!(store.pods_with("ns", &json!({})).is_empty());
        assert_eq!(names(store.owned("o", PODS).collect()), ["a", "b"]);
        store.put(PODS, pod("b", "2", "3", json!({ "app": "y" }), "p"), now);
        assert_eq!(names(store.pods_with("ns", &json!({ "app": "x" }))), ["a"]);
        assert_eq!(names(store.owned("o", PODS).collect()), ["a"]);
        let service = json!({ "metadata": { "name": "s", "namespace": "ns", "uid": "3", "resourceVersion": "4" },
            "spec": { "selector": { "app": "x" } } });
        store.put(SERVICES, service, now);
        assert_eq!(store.services_for("ns", &json!({ "app": "x", "b": "c" })), BTreeSet::from(["s"]));
        assert!(store.services_for("other", &json!({ "app": "x" })).is_empty());
    }
}
