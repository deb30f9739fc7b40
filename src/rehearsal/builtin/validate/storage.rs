//! Claims, volumes and classes of storage.
//! It must never know pods.

use crate::json::Value;

use super::container::{amount, not_negative};
use super::meta;
use super::spot::{Faults, Spot};
use super::words;
use crate::quantity::Quantity;
use crate::rehearsal::builtin::fault::Fault;
use crate::rehearsal::builtin::read::OF_EVERY_VOLUME;

const MODES: &[&str] = &["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/// Checks a PersistentVolumeClaim's spec.
pub fn claim_spec(spec: &Spot<'_>, faults: &mut Faults) {
    let modes = spec.get("accessModes");
    if modes.is_empty() {
        faults.required(&modes, "at least 1 access mode is required");
    }
    meta::selector(&spec.get("selector"), faults);
    access(&modes, faults);
    let storage = spec.at("resources.requests").get("storage");
    let storage = Spot::new(storage.value, format!("{}[storage]", spec.get("resources").path));
    match amount(storage.value) {
        None => faults.required(&storage, ""),
        Some(size) if Quantity::parse("0").is_some_and(|zero| size <= zero) => {
            faults.invalid(&storage, "must be greater than zero");
        }
        Some(_) => {}
    }
    let class = spec.get("storageClassName");
    if !class.is_empty() {
        faults.invalid_each(&class, words::subdomain(class.text()));
    }
    faults.optional_choice(&spec.get("volumeMode"), &["Block", "Filesystem"]);
}

fn access(modes: &Spot<'_>, faults: &mut Faults) {
    for mode in modes.items().filter(|mode| !MODES.contains(&mode.text())) {
        faults.0.push(Fault::unsupported(&modes.path, mode.value, MODES));
    }
    let alone = modes.items().any(|mode| mode.text() == "ReadWriteOncePod");
    let with = modes.items().any(|mode| mode.text() != "ReadWriteOncePod" && MODES.contains(&mode.text()));
    if alone && with {
        faults.forbidden(modes, "may not use ReadWriteOncePod with other access modes");
    }
}

/// Checks that nothing of a claim changes but what may: once it is bound, how much it asks for.
pub fn claim_replaced(root: &Spot<'_>, old: &Value, faults: &mut Faults) {
    let spec = root.get("spec");
    let bound = old["status"]["phase"] == "Bound";
    let mut before = old["spec"].clone();
    let mut after = spec.value.clone();
    for value in [&mut before, &mut after] {
        let Some(map) = value.as_object_mut() else { continue };
        if bound {
            map.shift_remove("volumeAttributesClassName");
            if let Some(requests) =
                map.get_mut("resources").and_then(|resources| resources.get_mut("requests"))
            {
                requests.as_object_mut().and_then(|requests| requests.shift_remove("storage"));
            }
        }
        if old["spec"].get("volumeName").is_none() {
            map.shift_remove("volumeName");
        }
        if old["spec"].get("storageClassName").is_none() {
            map.shift_remove("storageClassName");
        }
    }
    if before != after {
        faults.forbidden(
            &spec,
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
        );
    }
    let size =
        |object: &Value, pointer: &str| object.pointer(pointer).and_then(amount).or(Quantity::parse("0"));
    let (was, is) =
        (size(old, "/spec/resources/requests/storage"), size(root.value, "/spec/resources/requests/storage"));
    if is < was && is <= size(old, "/status/capacity/storage") {
        let asked = spec.at("resources.requests.storage");
        faults.forbidden(&asked, "field can not be less than status.capacity");
    }
    let mode = Spot::new(spec.get("volumeMode").value, "volumeMode");
    faults.immutable(&mode, &old["spec"], "/volumeMode");
}

/// Checks a PersistentVolume's spec.
pub fn volume(spec: &Spot<'_>, faults: &mut Faults) {
    let modes = spec.get("accessModes");
    if modes.is_empty() {
        faults.required(&modes, "");
    }
    access(&modes, faults);
    let capacity = spec.get("capacity");
    if capacity.is_empty() {
        faults.required(&capacity, "");
    }
    let only_storage = capacity.entries().map(|(name, _)| name).eq(["storage"]);
    if !only_storage {
        faults.0.push(Fault::unsupported(&capacity.path, capacity.value, &["storage"]));
    }
    for (_, value) in capacity.entries() {
        not_negative(&value, faults);
    }
    let sources: Vec<&str> =
        spec.entries().map(|(key, _)| key).filter(|key| !OF_EVERY_VOLUME.contains(key)).collect();
    match sources[..] {
        [] => faults.required(spec, "must specify a volume type"),
        ["hostPath"] => {
            let path = spec.at("hostPath.path");
            if path.is_empty() {
                faults.required(&path, "");
            } else if path.text().split('/').any(|part| part == "..") {
                faults.invalid(&path, "must not contain '..'");
            }
        }
        [_] => {}
        [_, ref others @ ..] => {
            for other in others {
                faults.forbidden(&spec.get(other), "may not specify more than 1 volume type");
            }
        }
    }
    let reclaim = spec.get("persistentVolumeReclaimPolicy");
    faults.optional_choice(&reclaim, &["Delete", "Recycle", "Retain"]);
    let class = spec.get("storageClassName");
    if !class.is_empty() {
        faults.invalid_each(&class, words::subdomain(class.text()));
    }
    faults.optional_choice(&spec.get("volumeMode"), &["Block", "Filesystem"]);
}

/// Checks a StorageClass.
pub fn class(root: &Spot<'_>, old: Option<&Value>, faults: &mut Faults) {
    let provisioner = root.get("provisioner");
    if provisioner.is_empty() {
        faults.required(&provisioner, "");
    } else {
        let lower = provisioner.text().to_lowercase();
        faults.invalid_each_at(&provisioner, &lower, words::qualified(&lower));
    }
    faults.optional_choice(&root.get("reclaimPolicy"), &["Delete", "Retain"]);
    faults.optional_choice(&root.get("volumeBindingMode"), &["Immediate", "WaitForFirstConsumer"]);
    if let Some(old) = old {
        for (key, why) in [
            ("parameters", "updates to parameters are forbidden."),
            ("provisioner", "updates to provisioner are forbidden."),
            ("reclaimPolicy", "updates to reclaimPolicy are forbidden."),
        ] {
            if *root.get(key).value != old.get(key).cloned().unwrap_or_default() {
                faults.forbidden(&root.get(key), why);
            }
        }
        faults.immutable(&root.get("volumeBindingMode"), old, "/volumeBindingMode");
    }
}
