//! PersistentVolumeClaims: bound to a volume that fits, or to one made for them by their class; held while a pod uses them.
//! Must never know what is stored.

use super::driver::{Change, Name, View};
use super::outcome::Outcome;
use super::pods;
use super::read::{amount, annotation, deleting, has_finalizer, items, name, namespace, text, uid};
use super::resource::{CLAIMS, PODS, STORAGE_CLASSES, VOLUMES};
use crate::json::{Value, json};
use std::time::Duration;

/// Who tells the events.
const BY: &str = "persistentvolume-controller";
/// Holds a claim while a pod uses it.
const PROTECTED: &str = "kubernetes.io/pvc-protection";
/// Holds a volume while a claim is bound to it.
const VOLUME_PROTECTED: &str = "kubernetes.io/pv-protection";
/// How often what cannot be bound is tried again.
const PERIOD: Duration = Duration::from_secs(15);

/// What its controller wants to hear of.
pub(super) const WATCHES: &[&str] = &[CLAIMS, VOLUMES, STORAGE_CLASSES, PODS];

/// A claim, a volume, those that a pod uses, and all that wait when volumes or classes change.
pub(super) fn concerns(view: &View, change: &Change, names: &mut Vec<Name>) {
    match change.resource {
        CLAIMS => {
            names.push(Name::of(CLAIMS, change.object));
            let volume = text(&change.object["spec"]["volumeName"]);
            if change.gone && !volume.is_empty() {
                names.push(Name::new(VOLUMES, "", volume));
            }
        }
        PODS if change.before.is_none() || change.gone || pods::is_ended(change.object) => {
            let claims = claims(change.object);
            names.extend(claims.map(|claim| Name::new(CLAIMS, namespace(change.object), claim)));
        }
        VOLUMES | STORAGE_CLASSES => {
            if change.resource == VOLUMES {
                names.push(Name::of(VOLUMES, change.object));
            }
            let waiting = view.all(CLAIMS).filter(|claim| claim["status"]["phase"] != "Bound");
            names.extend(waiting.map(|claim| Name::of(CLAIMS, claim)));
        }
        _ => {}
    }
}

/// The claims that a pod uses.
pub(super) fn claims(pod: &Value) -> impl Iterator<Item = &str> {
    items(&pod["spec"]["volumes"])
        .iter()
        .filter_map(|volume| volume["persistentVolumeClaim"]["claimName"].as_str())
}

/// One look at a claim or a volume.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    if at.resource == VOLUMES {
        if let Some(volume) = view.get(VOLUMES, "", &at.name) {
            look_after(view, volume, &mut outcome);
        }
        return outcome;
    }
    let Some(claim) = view.get(CLAIMS, &at.namespace, &at.name) else { return outcome };
    let used = view
        .list(PODS, &at.namespace)
        .any(|pod| !pods::is_ended(pod) && claims(pod).any(|used| used == name(claim)));
    if deleting(claim) {
        if has_finalizer(claim, PROTECTED) && !used {
            release(CLAIMS, claim, PROTECTED, &mut outcome);
        }
        return outcome;
    }
    if claim["status"]["phase"] != "Bound" {
        bind(view, claim, used, &mut outcome);
    }
    outcome
}

fn release(resource: &str, object: &Value, finalizer: &str, outcome: &mut Outcome) {
    let left: Vec<&Value> =
        items(&object["metadata"]["finalizers"]).iter().filter(|there| *there != finalizer).collect();
    outcome.merge(resource, object, json!({ "metadata": { "uid": uid(object), "finalizers": left } }));
}

/// The class of a claim, as it was named; `None` where none is.
fn class(claim: &Value) -> Option<&str> {
    match text(&claim["spec"]["storageClassName"]) {
        "" => Some(annotation(claim, "volume.beta.kubernetes.io/storage-class"))
            .filter(|class| !class.is_empty()),
        class => Some(class),
    }
}

fn bind(view: &View, claim: &Value, used: bool, outcome: &mut Outcome) {
    let fitting = view.all(VOLUMES).filter(|volume| fits(volume, claim));
    let smallest = fitting.min_by(|one, other| {
        let size = |volume: &Value| amount(&volume["spec"]["capacity"]["storage"]);
        size(one).total_cmp(&size(other)).then_with(|| name(one).cmp(name(other)))
    });
    if let Some(volume) = smallest {
        return join(claim, volume, outcome);
    }
    let Some(wanted) = class(claim) else {
        let message = "no persistent volumes available for this claim and no storage class is set";
        outcome.normal(BY, claim, "FailedBinding", message);
        return outcome.look_again(PERIOD);
    };
    let Some(class) = view.get(STORAGE_CLASSES, "", wanted) else {
        let message = format!("storageclass.storage.k8s.io {wanted:?} not found");
        outcome.warn(BY, claim, "ProvisioningFailed", message);
        return outcome.look_again(PERIOD);
    };
    if class["volumeBindingMode"] == "WaitForFirstConsumer" && !used {
        let message = "waiting for first consumer to be created before binding";
        outcome.normal(BY, claim, "WaitForFirstConsumer", message);
        return outcome.look_again(PERIOD);
    }
    let volume = made(claim, class, wanted);
    if view.get(VOLUMES, "", name(&volume)).is_none() {
        let message = format!("Successfully provisioned volume {}", name(&volume));
        outcome.create(VOLUMES, volume);
        outcome.normal(BY, claim, "ProvisioningSucceeded", message);
    }
}

/// Whether a volume is free, or kept for this claim, and does for it.
fn fits(volume: &Value, claim: &Value) -> bool {
    let (spec, asked) = (&volume["spec"], &claim["spec"]);
    let kept = &spec["claimRef"];
    let free = kept.is_null()
        || kept["name"] == claim["metadata"]["name"]
            && kept["namespace"] == claim["metadata"]["namespace"]
            && (kept["uid"].is_null() || kept["uid"] == claim["metadata"]["uid"]);
    let named = text(&asked["volumeName"]);
    let modes = items(&asked["accessModes"]).iter().all(|mode| items(&spec["accessModes"]).contains(mode));
    let large = amount(&spec["capacity"]["storage"]) >= amount(&asked["resources"]["requests"]["storage"]);
    free && !deleting(volume)
        && (named.is_empty() || named == name(volume))
        && modes
        && large
        && text(&spec["storageClassName"]) == class(claim).unwrap_or_default()
}

fn join(claim: &Value, volume: &Value, outcome: &mut Outcome) {
    if volume["spec"]["claimRef"]["uid"] != claim["metadata"]["uid"] {
        let reference = json!({ "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace(claim), "name": name(claim),
            "uid": uid(claim), "resourceVersion": claim["metadata"]["resourceVersion"] });
        outcome.merge(VOLUMES, volume, json!({ "spec": { "claimRef": reference } }));
    }
    if volume["status"]["phase"] != "Bound" {
        let mut status = super::read::fields(&volume["status"]);
        status.insert("phase".into(), "Bound".into());
        let mut next = volume.clone();
        next["metadata"].as_object_mut().map(|metadata| metadata.shift_remove("resourceVersion"));
        next["status"] = status.into();
        outcome.status(VOLUMES, next);
    }
    if text(&claim["spec"]["volumeName"]).is_empty() {
        // The rest is for the next look, which sees the change.
        return outcome.merge(CLAIMS, claim, json!({ "spec": { "volumeName": name(volume) },
            "metadata": { "annotations": { "pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes" } } }));
    }
    let status = json!({ "phase": "Bound", "accessModes": volume["spec"]["accessModes"], "capacity": volume["spec"]["capacity"] });
    outcome.set_status(CLAIMS, claim, status);
}

/// A volume that a class makes for a claim.
fn made(claim: &Value, class: &Value, wanted: &str) -> Value {
    let policy =
        if class["reclaimPolicy"].is_null() { json!("Delete") } else { class["reclaimPolicy"].clone() };
    let mode = if claim["spec"]["volumeMode"].is_null() {
        json!("Filesystem")
    } else {
        claim["spec"]["volumeMode"].clone()
    };
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": { "name": format!("pvc-{}", uid(claim)), "annotations": { "pv.kubernetes.io/provisioned-by": class["provisioner"] } },
        "spec": {
            "accessModes": claim["spec"]["accessModes"], "capacity": { "storage": claim["spec"]["resources"]["requests"]["storage"] },
            "claimRef": { "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace(claim), "name": name(claim), "uid": uid(claim) },
            "persistentVolumeReclaimPolicy": policy, "storageClassName": wanted, "volumeMode": mode,
            "hostPath": { "path": format!("/rehearsal/{}", uid(claim)) },
        },
    })
}

/// A volume: available, and released when its claim is gone.
fn look_after(view: &View, volume: &Value, outcome: &mut Outcome) {
    let kept = &volume["spec"]["claimRef"];
    let claim = view.get(CLAIMS, text(&kept["namespace"]), text(&kept["name"]));
    let bound = claim.is_some_and(|claim| kept["uid"].is_null() || claim["metadata"]["uid"] == kept["uid"]);
    if deleting(volume) {
        if has_finalizer(volume, VOLUME_PROTECTED) && !bound {
            release(VOLUMES, volume, VOLUME_PROTECTED, outcome);
        }
        return;
    }
    let phase = match (kept.is_null() || kept["uid"].is_null(), bound) {
        (true, _) => "Available",
        (false, true) => return,
        (false, false) if volume["status"]["phase"] == "Failed" => return,
        (false, false) => "Released",
    };
    if phase == "Released" && volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete" {
        return outcome.delete(VOLUMES, volume);
    }
    let mut status = super::read::fields(&volume["status"]);
    status.insert("phase".into(), phase.into());
    outcome.set_status(VOLUMES, volume, Value::Object(status));
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Verb;
    use super::super::testing::{World, events};
    use super::*;

    fn claim(class: Option<&str>) -> Value {
        let mut claim = json!({ "metadata": { "name": "data", "namespace": "ns", "uid": "c" },
            "spec": { "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } }, "status": { "phase": "Pending" } });
        if let Some(class) = class {
            claim["spec"]["storageClassName"] = class.into();
        }
        claim
    }

    fn look(world: &World) -> Outcome {
        reconcile(&world.view(), &Name::new(CLAIMS, "ns", "data"))
    }

    #[test]
    fn a_claim_is_bound_to_the_smallest_volume_that_fits() {
        let volume = |name: &str, size: &str| {
            json!({ "metadata": { "name": name, "uid": name }, "spec": { "accessModes": ["ReadWriteOnce"], "capacity": { "storage": size } },
                "status": { "phase": "Available" } })
        };
        let mut world = World::of([
            (CLAIMS, claim(None)),
            (VOLUMES, volume("large", "9Gi")),
            (VOLUMES, volume("right", "2Gi")),
            (VOLUMES, volume("small", "5Mi")),
        ]);
        let outcome = look(&world);
        assert_eq!(
            outcome.writes.iter().map(|write| write.name.as_str()).collect::<Vec<_>>(),
            ["right", "right", "data"]
        );
        let mut bound = claim(None);
        bound["spec"]["volumeName"] = "right".into();
        world.put(CLAIMS, bound);
        let outcome = look(&world);
        assert!(
            matches!(&outcome.writes.last().map(|write| &write.verb), Some(Verb::Status(claim)) if claim["status"]["phase"] == "Bound")
        );
    }

    #[test]
    fn a_class_makes_a_volume_and_without_one_it_is_told() {
        let mut world = World::of([(CLAIMS, claim(Some("fast")))]);
        assert_eq!(
            events(&look(&world)),
            ["Warning ProvisioningFailed: storageclass.storage.k8s.io \"fast\" not found"]
        );
        world.put(
            STORAGE_CLASSES,
            json!({ "metadata": { "name": "fast", "uid": "f" }, "provisioner": "example.org/disk" }),
        );
        assert_eq!(look(&world).writes[0].name, "pvc-c");
        world.put(CLAIMS, claim(None));
        assert_eq!(
            events(&look(&world)),
            [
                "Normal FailedBinding: no persistent volumes available for this claim and no storage class is set"
            ]
        );
    }

    #[test]
    fn a_claim_in_use_is_held() {
        let mut doomed = claim(None);
        doomed["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        doomed["metadata"]["finalizers"] = json!([PROTECTED]);
        let pod = json!({ "metadata": { "name": "p", "namespace": "ns", "uid": "p" },
            "spec": { "volumes": [{ "persistentVolumeClaim": { "claimName": "data" } }] } });
        let mut world = World::of([(CLAIMS, doomed), (PODS, pod)]);
        assert!(!look(&world).writes());
        world.store.remove(PODS, "ns", "p", Some("p"));
        assert!(look(&world).writes());
    }
}
