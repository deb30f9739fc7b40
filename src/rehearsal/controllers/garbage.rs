//! Garbage collection: what lost its owners is deleted; owners that go in the foreground wait for what they own, or let it go.
//! Must never know any kind.
//!
//! Source: kubernetes 1.37, pkg/controller/garbagecollector.

use super::driver::{Change, Name, View};
use super::outcome::{Deletion, Outcome, Verb};
use super::read::{deleting, has_finalizer, items, text, uid};
use crate::json::{Text, Value, json};

/// The finalizer of an owner that is deleted after what it owns.
const FOREGROUND: &str = "foregroundDeletion";
/// The finalizer of an owner that is deleted without what it owns.
const ORPHAN: &str = "orphan";

/// An object that has owners or is deleted in a way that matters to what it owns; the dependents of one that changed so, or is gone,
/// and the owners of a dependent that is gone.
pub(super) fn concerns(view: &View, change: &Change, names: &mut Vec<Name>) {
    let object = change.object;
    let finalizes = deleting(object) && (has_finalizer(object, FOREGROUND) || has_finalizer(object, ORPHAN));
    if !change.gone && (finalizes || !items(&object["metadata"]["ownerReferences"]).is_empty()) {
        names.push(Name::of(change.resource, object));
    }
    if change.gone || finalizes {
        let dependents = view.store.owned_all(uid(object));
        names.extend(dependents.map(|(resource, entry)| Name::of(resource, &entry.object)));
    }
    if change.gone || deleting(object) {
        for owner in items(&object["metadata"]["ownerReferences"]) {
            if let Some((resource, there)) =
                owner_of(view, object, owner).filter(|(_, there)| deleting(there))
            {
                names.push(Name::of(&resource, there));
            }
        }
    }
}

/// An owner, if it is known to be there.
fn owner_of<'a>(view: &View<'a>, object: &Value, owner: &Value) -> Option<(Text, &'a Value)> {
    let [resource, namespace, name, uid_] = place(view, object, owner)?;
    let there = view.get(&resource, &namespace, &name).filter(|there| *uid(there) == *uid_)?;
    Some((resource, there))
}

/// Where an owner is to be found: resource id, namespace, name, UID. Nothing if its kind is not served.
fn place(view: &View, object: &Value, owner: &Value) -> Option<[Text; 4]> {
    let resource = view.store.resource_of(text(&owner["apiVersion"]), text(&owner["kind"]))?;
    let namespace = match resource.namespaced {
        true => object["metadata"]["namespace"].to_text(),
        false => Text::default(),
    };
    // Something cluster-scoped cannot be owned by what has a namespace.
    if resource.namespaced && namespace.is_empty() {
        return None;
    }
    Some([resource.id().clone(), namespace, owner["name"].to_text(), owner["uid"].to_text()])
}

/// One look at an object.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    let Some(object) = view.get(&at.resource, &at.namespace, &at.name) else { return outcome };
    if deleting(object) {
        finalize(view, at, object, &mut outcome);
        return outcome;
    }
    collect(view, at, object, &mut outcome);
    outcome
}

/// An owner that is being deleted.
fn finalize(view: &View, at: &Name, object: &Value, outcome: &mut Outcome) {
    let dependents: Vec<_> = view.store.owned_all(uid(object)).collect();
    if has_finalizer(object, ORPHAN) {
        // The owner's own controller may see that they are gone before the owner is.
        if !dependents.is_empty() {
            outcome.look_again(std::time::Duration::from_millis(1));
        }
        let orphaned = dependents.is_empty();
        for (resource, entry) in dependents {
            let owners = items(&entry.object["metadata"]["ownerReferences"]).iter();
            let others: Vec<&Value> = owners.filter(|owner| text(&owner["uid"]) != uid(object)).collect();
            let patch = json!({ "metadata": { "uid": uid(&entry.object), "ownerReferences": others } });
            outcome.merge(resource, &entry.object, patch);
        }
        if orphaned {
            release(at, object, ORPHAN, outcome);
        }
    } else if has_finalizer(object, FOREGROUND) {
        let blocks = |dependent: &Value| {
            let owners = items(&dependent["metadata"]["ownerReferences"]).iter();
            owners
                .into_iter()
                .any(|owner| text(&owner["uid"]) == uid(object) && owner["blockOwnerDeletion"] == true)
        };
        if !dependents.iter().any(|(_, entry)| blocks(&entry.object)) {
            release(at, object, FOREGROUND, outcome);
        }
    }
}

fn release(at: &Name, object: &Value, finalizer: &str, outcome: &mut Outcome) {
    let left: Vec<&Value> =
        items(&object["metadata"]["finalizers"]).iter().filter(|there| *there != finalizer).collect();
    let version = &object["metadata"]["resourceVersion"];
    let patch = json!({ "metadata": { "uid": uid(object), "resourceVersion": version, "finalizers": left } });
    outcome.merge(&at.resource, object, patch);
}

/// What has owners, some of which may be gone.
fn collect(view: &View, at: &Name, object: &Value, outcome: &mut Outcome) {
    let owners = items(&object["metadata"]["ownerReferences"]);
    let (mut solid, mut dangling, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
    for owner in owners {
        let Some(place) = place(view, object, owner) else {
            // Its kind is not served: whether it is there cannot be known.
            solid.push(owner);
            continue;
        };
        match owner_of(view, object, owner) {
            Some((_, there)) if deleting(there) && has_finalizer(there, FOREGROUND) => waiting.push(owner),
            Some(_) => solid.push(owner),
            None => dangling.push(place),
        }
    }
    if !solid.is_empty() {
        if !dangling.is_empty() || !waiting.is_empty() {
            let patch = json!({ "metadata": { "uid": uid(object), "resourceVersion": object["metadata"]["resourceVersion"], "ownerReferences": solid } });
            outcome.merge(&at.resource, object, patch);
        }
        return;
    }
    if owners.is_empty() {
        return;
    }
    let has_dependents = view.store.owned_all(uid(object)).next().is_some();
    let propagation = match (waiting.is_empty(), has_dependents) {
        (false, true) => "Foreground",
        _ if has_finalizer(object, ORPHAN) => "Orphan",
        _ if has_finalizer(object, FOREGROUND) => "Foreground",
        _ => "Background",
    };
    let unless = if waiting.is_empty() { dangling } else { Vec::new() };
    let deletion =
        Deletion { uid: uid(object).to_owned(), grace: None, propagation: Some(propagation), unless };
    outcome.push(&at.resource, object, Verb::Delete(deletion));
}

#[cfg(test)]
mod tests {
    use super::super::testing::World;
    use super::*;

    fn world(owner: Option<Value>) -> World {
        let mut world = World::of([]);
        world.serve("", "pods", "Pod");
        world.serve("apps", "replicasets", "ReplicaSet");
        let owners = json!([{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "set", "uid": "1", "blockOwnerDeletion": true }]);
        world.put("pods", json!({ "metadata": { "name": "pod", "namespace": "ns", "uid": "2", "ownerReferences": owners } }));
        if let Some(owner) = owner {
            world.put("replicasets.apps", owner);
        }
        world
    }

    fn set(metadata: Value) -> Value {
        let mut set = json!({ "metadata": { "name": "set", "namespace": "ns", "uid": "1" } });
        for (key, value) in super::super::read::fields(&metadata) {
            set["metadata"][key] = value;
        }
        set
    }

    fn look(world: &World, resource: &str, name: &str) -> Outcome {
        reconcile(&world.view(), &Name::new(resource, "ns", name))
    }

    #[test]
    fn what_lost_its_owner_is_deleted_unless_the_server_has_the_owner() {
        let outcome = look(&world(None), "pods", "pod");
        let Verb::Delete(deletion) = &outcome.writes[0].verb else { panic!("it is deleted") };
        assert_eq!(deletion.propagation, Some("Background"));
        assert_eq!(deletion.unless, [["replicasets.apps", "ns", "set", "1"].map(Text::from)]);
        assert!(look(&world(Some(set(json!({})))), "pods", "pod").writes.is_empty());
        let other = set(json!({ "uid": "another" }));
        assert_eq!(look(&world(Some(other)), "pods", "pod").writes.len(), 1);
    }

    #[test]
    fn an_owner_in_the_foreground_waits_for_what_it_owns() {
        let doomed = set(json!({ "deletionTimestamp": "now", "finalizers": ["foregroundDeletion"] }));
        let mut world = world(Some(doomed.clone()));
        assert!(look(&world, "replicasets.apps", "set").writes.is_empty());
        let outcome = look(&world, "pods", "pod");
        assert!(matches!(&outcome.writes[0].verb, Verb::Delete(deletion) if deletion.unless.is_empty()));
        world.store.remove("pods", "ns", "pod", Some("2"));
        let outcome = look(&world, "replicasets.apps", "set");
        assert!(
            matches!(&outcome.writes[0].verb, Verb::Merge(patch) if patch["metadata"]["finalizers"] == json!([]))
        );
    }

    #[test]
    fn an_owner_that_orphans_lets_go_of_what_it_owns() {
        let doomed = set(json!({ "deletionTimestamp": "now", "finalizers": ["orphan", "other"] }));
        let mut world = world(Some(doomed));
        let outcome = look(&world, "replicasets.apps", "set");
        assert!(
            matches!(&outcome.writes[0].verb, Verb::Merge(patch) if patch["metadata"]["ownerReferences"] == json!([]))
        );
        assert_eq!((outcome.writes.len(), outcome.again_in.is_some()), (1, true));
        world.store.remove("pods", "ns", "pod", Some("2"));
        let outcome = look(&world, "replicasets.apps", "set");
        assert!(
            matches!(&outcome.writes[0].verb, Verb::Merge(patch) if patch["metadata"]["finalizers"] == json!(["other"]))
        );
    }
}
