//! Objects and what they own, as plain data: small projections linked by the UIDs of their owners.
//! Must never know where objects come from, what their kinds mean, or keep whole objects.

use crate::json::{Text, Value};
use foldhash::HashMap;
use std::collections::{BTreeMap, BTreeSet};

/// What a tree keeps of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Group and version, `apps/v1`; empty if the object did not say.
    pub api_version: Text,
    /// The kind, `Deployment`.
    pub kind: Text,
    /// The namespace; empty for cluster-scoped objects.
    pub namespace: Text,
    /// The name.
    pub name: Text,
    /// The UID, by which the tree knows it.
    pub uid: Text,
    /// The UIDs of `metadata.ownerReferences`, as listed.
    pub owners: Vec<Text>,
    /// Whether `metadata.deletionTimestamp` is set.
    pub deleting: bool,
    /// `metadata.finalizers`, as listed.
    pub finalizers: Vec<Text>,
    /// `metadata.resourceVersion`; empty if the object did not say.
    pub resource_version: Text,
}

impl Leaf {
    /// The projection of an object; `None` if it has no `metadata.uid`.
    pub fn of(object: &Value) -> Option<Leaf> {
        let metadata = &object["metadata"];
        let texts = |list: &Value, pick: fn(&Value) -> &Value| {
            let items = list.as_array().into_iter().flatten();
            items.filter_map(|item| pick(item).as_text().cloned()).collect()
        };
        Some(Leaf {
            api_version: object["apiVersion"].to_text(),
            kind: object["kind"].to_text(),
            namespace: metadata["namespace"].to_text(),
            name: metadata["name"].to_text(),
            uid: metadata["uid"].as_text().filter(|uid| !uid.is_empty())?.clone(),
            owners: texts(&metadata["ownerReferences"], |owner| &owner["uid"]),
            deleting: !metadata["deletionTimestamp"].is_null(),
            finalizers: texts(&metadata["finalizers"], |finalizer| finalizer),
            resource_version: metadata["resourceVersion"].to_text(),
        })
    }
}

/// Objects by UID, and who owns whom. They may arrive in any order, a child before its owner too.
///
/// What was removed leaves the link to its owners behind, so that a Pod is still found below its Deployment
/// when the ReplicaSet between them went first.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    leaves: BTreeMap<Text, Leaf>,
    /// UIDs of owner → UIDs of owned, the removed ones included.
    owned: HashMap<Text, BTreeSet<Text>>,
}

impl Tree {
    /// An empty tree.
    pub fn new() -> Tree {
        Tree::default()
    }

    /// Puts an object in, in place of what was known under its UID. False, and nothing done, if it has no UID.
    pub fn insert(&mut self, object: &Value) -> bool {
        let Some(leaf) = Leaf::of(object) else { return false };
        if let Some(before) = self.leaves.get(&leaf.uid) {
            for owner in before.owners.iter().filter(|owner| !leaf.owners.contains(owner)) {
                if let Some(owned) = self.owned.get_mut(owner) {
                    owned.remove(&leaf.uid);
                }
            }
        }
        for owner in &leaf.owners {
            self.owned.entry(owner.clone()).or_default().insert(leaf.uid.clone());
        }
        self.leaves.insert(leaf.uid.clone(), leaf);
        true
    }

    /// Takes an object out; what it owns stays. Its projection, if it was there.
    pub fn remove(&mut self, uid: &str) -> Option<Leaf> {
        self.leaves.remove(uid)
    }

    /// The object of this UID.
    pub fn get(&self, uid: &str) -> Option<&Leaf> {
        self.leaves.get(uid)
    }

    /// The objects that are there and name this UID as an owner.
    pub fn owned_directly(&self, owner: &str) -> impl Iterator<Item = &Leaf> {
        self.owned.get(owner).into_iter().flatten().filter_map(|uid| self.leaves.get(uid))
    }

    /// Every object that is owned by this UID, directly or not: nearest first, then by kind, namespace and name. The root itself
    /// is not among them and need not be in the tree. An object with several owners, or one in a cycle, is told once.
    pub fn owned_by(&self, root: &str) -> Vec<&Leaf> {
        let mut seen = BTreeSet::from([root]);
        let mut level = vec![root];
        let mut found = Vec::new();
        while !level.is_empty() {
            let owned = level.iter().filter_map(|uid| self.owned.get(*uid)).flatten();
            let next: Vec<&str> = owned.map(Text::as_str).filter(|uid| seen.insert(uid)).collect();
            let mut leaves: Vec<&Leaf> = next.iter().filter_map(|uid| self.leaves.get(*uid)).collect();
            leaves.sort_by_key(|leaf| (&leaf.kind, &leaf.namespace, &leaf.name, &leaf.uid));
            found.append(&mut leaves);
            level = next;
        }
        found
    }

    /// All objects, by UID.
    pub fn iter(&self) -> impl Iterator<Item = &Leaf> {
        self.leaves.values()
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.leaves.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;
    use proptest::prelude::*;

    fn object(kind: &str, uid: &str, owners: &[&str]) -> Value {
        let owners: Vec<Value> = owners.iter().map(|uid| json!({ "uid": uid })).collect();
        json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": uid, "namespace": "ns", "uid": uid, "ownerReferences": owners } })
    }

    fn below<'a>(tree: &'a Tree, root: &str) -> Vec<&'a str> {
        tree.owned_by(root).iter().map(|leaf| leaf.uid.as_str()).collect()
    }

    #[test]
    fn ownership_is_transitive_in_any_order_of_arrival() {
        let mut tree = Tree::new();
        for made in [
            object("Pod", "pod", &["set"]),
            object("ReplicaSet", "set", &["deployment"]),
            object("Pod", "other", &["stranger"]),
            object("Deployment", "deployment", &["root"]),
        ] {
            assert!(tree.insert(&made));
        }
        assert_eq!(below(&tree, "root"), ["deployment", "set", "pod"]);
        assert_eq!(below(&tree, "set"), ["pod"]);
        assert_eq!(below(&tree, "pod"), [""; 0]);
    }

    #[test]
    fn cycles_end_and_the_root_is_not_its_own() {
        let mut tree = Tree::new();
        tree.insert(&object("A", "a", &["b"]));
        tree.insert(&object("B", "b", &["a"]));
        tree.insert(&object("C", "c", &["c"]));
        assert_eq!(below(&tree, "a"), ["b"]);
        assert_eq!(below(&tree, "c"), [""; 0]);
    }

    #[test]
    fn a_removed_link_does_not_lose_what_hangs_below_it() {
        let mut tree = Tree::new();
        tree.insert(&object("ReplicaSet", "set", &["deployment"]));
        tree.insert(&object("Pod", "pod", &["set"]));
        assert_eq!(tree.remove("set").map(|leaf| leaf.kind), Some("ReplicaSet".into()));
        assert_eq!(below(&tree, "deployment"), ["pod"]);
        assert!(tree.get("set").is_none());
    }

    #[test]
    fn an_object_that_changed_owner_is_found_below_the_new_one_alone() {
        let mut tree = Tree::new();
        tree.insert(&object("ReplicaSet", "set", &["old"]));
        tree.insert(&object("ReplicaSet", "set", &["new"]));
        assert_eq!(below(&tree, "old"), [""; 0]);
        assert_eq!(below(&tree, "new"), ["set"]);
    }

    #[test]
    fn a_leaf_keeps_what_a_deletion_asks_for() {
        let leaf = Leaf::of(
            &json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web", "namespace": "shop",
            "uid": "u", "resourceVersion": "7", "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["a/b"] } }),
        );
        let wanted = Leaf {
            api_version: "apps/v1".into(),
            kind: "Deployment".into(),
            namespace: "shop".into(),
            name: "web".into(),
            uid: "u".into(),
            owners: vec![],
            deleting: true,
            finalizers: vec!["a/b".into()],
            resource_version: "7".into(),
        };
        assert_eq!(leaf, Some(wanted));
        assert!(!Tree::new().insert(&json!({ "metadata": { "name": "no uid" } })));
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_changes_nothing(
            edges in prop::collection::vec((0usize..8, 0usize..8), 0..16),
            order in Just((0..8).collect::<Vec<usize>>()).prop_shuffle(),
        ) {
            let made = |number: usize| {
                let owners = edges.iter().filter(|edge| edge.0 == number).map(|edge| edge.1.to_string());
                let owners: Vec<String> = owners.collect();
                object("Kind", &number.to_string(), &owners.iter().map(String::as_str).collect::<Vec<_>>())
            };
            let (mut sorted, mut shuffled) = (Tree::new(), Tree::new());
            (0..8).for_each(|number| { sorted.insert(&made(number)); });
            order.iter().for_each(|number| { shuffled.insert(&made(*number)); });
            for root in 0..8 {
                prop_assert_eq!(below(&sorted, &root.to_string()), below(&shuffled, &root.to_string()));
            }
        }
    }
}
