//! Namespaces: each has a service account and a bundle of certificates, and is emptied before it goes.
//! Must never know what is in it.
//!
//! Source: kubernetes 1.37, pkg/controller/namespace, serviceaccount and rootcacertpublisher.

use super::driver::{Change, Name, View};
use super::outcome::{Outcome, Verb, Write};
use super::read::{deleting, items, later, namespace, put_condition, stamp, until};
use super::resource::{CONFIG_MAPS, NAMESPACES, PODS, SERVICE_ACCOUNTS};
use crate::json::{Text, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a namespace that is deleted is left alone, and how long after each look it is looked at again.
const GRACE: Duration = Duration::from_secs(5);

/// A namespace, and that of what every namespace has.
pub(super) fn concerns(view: &View, change: &Change, names: &mut Vec<Name>) {
    let within = namespace(change.object);
    match change.resource {
        NAMESPACES if !change.gone => names.push(Name::of(NAMESPACES, change.object)),
        SERVICE_ACCOUNTS | CONFIG_MAPS if change.gone => names.push(Name::new(NAMESPACES, "", within)),
        // What keeps a namespace has gone.
        _ if change.gone && view.get(NAMESPACES, "", within).is_some_and(deleting) => {
            names.push(Name::new(NAMESPACES, "", within));
        }
        _ => {}
    }
}

/// One look at a namespace.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    let Some(entry) = view.entry(NAMESPACES, "", &at.name) else { return outcome };
    match entry.deleting_at {
        None => furnish(view, &at.name, &mut outcome),
        Some(since) => {
            // It waits after it was deleted, and after each status that it told.
            let told = entry.status_at.max(since);
            match until(view.now, later(told, GRACE)) {
                Duration::ZERO => empty(view, &entry.object, &at.name, &mut outcome),
                rest => outcome.look_again(rest),
            }
        }
    }
    outcome
}

fn furnish(view: &View, within: &str, outcome: &mut Outcome) {
    if view.get(SERVICE_ACCOUNTS, within, "default").is_none() {
        let account = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "default", "namespace": within } });
        outcome.create(SERVICE_ACCOUNTS, account);
    }
    if view.get(CONFIG_MAPS, within, "kube-root-ca.crt").is_none() {
        let words = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal \
            service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
        let bundle = json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": { "ca.crt": "" },
            "metadata": { "name": "kube-root-ca.crt", "namespace": within, "annotations": { "kubernetes.io/description": words } } });
        outcome.create(CONFIG_MAPS, bundle);
    }
}

/// Deletes what is in it: the pods, and when they are gone the rest; then lets it go.
fn empty(view: &View, object: &Value, within: &str, outcome: &mut Outcome) {
    let contents: Vec<(Text, Vec<&Value>)> = view
        .store
        .resources()
        .filter(|resource| resource.namespaced)
        .map(|resource| {
            (
                resource.id().clone(),
                view.store.list(resource.id(), within).map(|entry| &entry.object).collect(),
            )
        })
        .filter(|(_, objects): &(Text, Vec<_>)| !objects.is_empty())
        .collect();
    let doomed = |objects: &[&Value]| objects.iter().any(|object| !deleting(object));
    let delete = |outcome: &mut Outcome, resource: &str| {
        let (resource, namespace) = (resource.into(), within.into());
        outcome.writes.push(Write { resource, namespace, name: Text::default(), verb: Verb::DeleteAll });
    };
    let conditions = |outcome: &mut Outcome, remaining: &[(Text, Vec<&Value>)]| {
        let mut status = object["status"].clone();
        told(remaining, &stamp(view.now))
            .into_iter()
            .for_each(|condition| put_condition(&mut status, condition));
        outcome.set_status(NAMESPACES, object, status)
    };
    if let Some((_, pods)) = contents.iter().find(|(resource, _)| resource == PODS) {
        if doomed(pods) {
            delete(outcome, PODS);
        }
        if !conditions(outcome, &[]) {
            outcome.look_again(GRACE);
        }
        return;
    }
    let left: Vec<_> = contents.iter().filter(|(_, objects)| doomed(objects)).collect();
    if !left.is_empty() {
        left.iter().for_each(|(resource, _)| delete(outcome, resource));
        outcome.look_again(Duration::from_millis(10));
        return;
    }
    if !contents.is_empty() {
        // What has finalizers holds it.
        if !conditions(outcome, &contents) {
            outcome.look_again(GRACE);
        }
        return;
    }
    delete(outcome, "events");
    let mut next = object.clone();
    next["spec"]["finalizers"] = json!([]);
    outcome.push(NAMESPACES, object, Verb::Finalize(next));
}

/// The conditions of a namespace of which this remains.
fn told(remaining: &[(Text, Vec<&Value>)], now: &str) -> Vec<Value> {
    let condition = |kind: &str, status: &str, reason: &str, message: String| json!({ "type": kind, "status": status, "lastTransitionTime": now, "reason": reason, "message": message });
    let mut finalizers: BTreeMap<&str, usize> = BTreeMap::new();
    for object in remaining.iter().flat_map(|(_, objects)| objects) {
        for finalizer in items(&object["metadata"]["finalizers"]).iter().filter_map(Value::as_str) {
            *finalizers.entry(finalizer).or_default() += 1;
        }
    }
    let resources: Vec<String> = remaining
        .iter()
        .map(|(resource, objects)| {
            let dot = if resource.contains('.') { "" } else { "." };
            format!("{resource}{dot} has {} resource instances", objects.len())
        })
        .collect();
    let held: Vec<String> = finalizers
        .iter()
        .map(|(finalizer, count)| format!("{finalizer} in {count} resource instances"))
        .collect();
    let ok = |kind: &str, reason: &str, message: &str| condition(kind, "False", reason, message.to_owned());
    vec![
        ok(
            "NamespaceDeletionDiscoveryFailure",
            "ResourcesDiscovered",
            "All resources successfully discovered",
        ),
        ok(
            "NamespaceDeletionGroupVersionParsingFailure",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        ok(
            "NamespaceDeletionContentFailure",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        match resources.is_empty() {
            true => ok("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
            false => {
                let message = format!("Some resources are remaining: {}", resources.join(", "));
                condition("NamespaceContentRemaining", "True", "SomeResourcesRemain", message)
            }
        },
        match held.is_empty() {
            true => ok(
                "NamespaceFinalizersRemaining",
                "ContentHasNoFinalizers",
                "All content-preserving finalizers finished",
            ),
            false => {
                let message =
                    format!("Some content in the namespace has finalizers remaining: {}", held.join(", "));
                condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", message)
            }
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, statuses};
    use super::*;

    fn world(deleted: bool) -> World {
        let mut world = World::of([]);
        world.serve("", "pods", "Pod");
        world.serve("", "configmaps", "ConfigMap");
        let mut space = json!({ "metadata": { "name": "ns", "uid": "1" }, "spec": { "finalizers": ["kubernetes"] }, "status": {} });
        if deleted {
            space["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        }
        world.put(NAMESPACES, space);
        world
    }

    fn look(world: &mut World) -> Outcome {
        let outcome = reconcile(&world.view(), &Name::new(NAMESPACES, "", "ns"));
        for status in outcome.writes.iter() {
            if let Verb::Status(object) = &status.verb {
                world.put(NAMESPACES, object.clone());
            }
        }
        outcome
    }

    #[test]
    fn a_namespace_gets_what_every_one_has() {
        let made: Vec<Text> = look(&mut world(false)).writes.into_iter().map(|write| write.name).collect();
        assert_eq!(made, ["default", "kube-root-ca.crt"]);
    }

    #[test]
    fn it_is_emptied_pods_first_and_then_let_go() {
        let mut world = world(true);
        world.put("pods", json!({ "metadata": { "name": "p", "namespace": "ns", "uid": "2" } }));
        world.put(
            "configmaps",
            json!({ "metadata": { "name": "c", "namespace": "ns", "uid": "3", "finalizers": ["own"] } }),
        );
        assert_eq!(look(&mut world).again_in, Some(GRACE));
        world.now = later(world.now, GRACE);
        let first = look(&mut world);
        assert_eq!((first.writes[0].resource.as_str(), &first.writes[0].verb), ("pods", &Verb::DeleteAll));
        assert_eq!(statuses(&first)[0]["conditions"][3]["reason"], "ContentRemoved");
        world.store.remove("pods", "ns", "p", Some("2"));
        world.now = later(world.now, GRACE);
        assert_eq!(look(&mut world).writes[0].resource, "configmaps");
        let mut held = world.view().get("configmaps", "ns", "c").cloned().unwrap_or_default();
        held["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        world.put("configmaps", held);
        let third = look(&mut world);
        let conditions = statuses(&third)[0]["conditions"].clone();
        assert_eq!(
            conditions[3]["message"],
            "Some resources are remaining: configmaps. has 1 resource instances"
        );
        assert_eq!(
            conditions[4]["message"],
            "Some content in the namespace has finalizers remaining: own in 1 resource instances"
        );
        world.store.remove("configmaps", "ns", "c", Some("3"));
        world.now = later(world.now, GRACE);
        let last = look(&mut world);
        assert!(last.writes.iter().any(
            |write| matches!(&write.verb, Verb::Finalize(space) if space["spec"]["finalizers"] == json!([]))
        ));
    }
}
