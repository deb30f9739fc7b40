//! The volumes of a pod.
//! It must never know containers.

use std::collections::BTreeSet;

use super::container::field_of_pod;
use super::spot::{Faults, Spot};
use super::words;

/// What a file may tell of its pod.
const OF_THE_POD: &[&str] =
    &["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

/// Checks volumes; returns the names of those without a fault.
pub fn check<'a>(spot: &Spot<'a>, faults: &mut Faults) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for volume in spot.items() {
        let mut found = Faults::default();
        source(&volume, &mut found);
        let name = volume.get("name");
        if name.is_empty() {
            found.required(&name, "");
        } else {
            found.invalid_each(&name, words::label(name.text()));
        }
        if names.contains(name.text()) {
            found.duplicate(&name);
        }
        if found.0.is_empty() {
            names.insert(name.text());
        }
        faults.0.append(&mut found.0);
    }
    names
}

fn source(spot: &Spot<'_>, faults: &mut Faults) {
    let kinds = spot.value.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    let mut kinds: Vec<&str> = kinds.filter(|key| *key != "name").collect();
    kinds.sort_by_key(|kind| ORDER.iter().position(|known| known == kind));
    let Some((first, others)) = kinds.split_first() else {
        return faults.required(spot, "must specify a volume type");
    };
    others
        .iter()
        .for_each(|kind| faults.forbidden(&spot.get(kind), "may not specify more than 1 volume type"));
    let source = spot.get(first);
    match *first {
        "configMap" => files(&source, "name", faults),
        "secret" => files(&source, "secretName", faults),
        "hostPath" => host_path(&source, faults),
        "persistentVolumeClaim" => needs(&source, "claimName", faults),
        "projected" => projected(&source, faults),
        "downwardAPI" => {
            mode(&source.get("defaultMode"), faults);
            source.get("items").items().for_each(|item| pod_file(&item, &source, faults));
        }
        "nfs" => {
            needs(&source, "server", faults);
            needs(&source, "path", faults);
        }
        "csi" => needs(&source, "driver", faults),
        "emptyDir" if source.get("sizeLimit").text().starts_with('-') => {
            faults.forbidden(&source.get("sizeLimit"), "SizeLimit field must be a valid resource quantity");
        }
        _ => {}
    }
}

/// The order in which the server looks at the kinds of volumes.
const ORDER: &[&str] = &[
    "emptyDir",
    "hostPath",
    "secret",
    "nfs",
    "persistentVolumeClaim",
    "downwardAPI",
    "configMap",
    "projected",
    "csi",
    "ephemeral",
    "image",
];

fn needs(spot: &Spot<'_>, key: &str, faults: &mut Faults) {
    let field = spot.get(key);
    if field.is_empty() {
        faults.required(&field, "");
    }
}

fn mode(spot: &Spot<'_>, faults: &mut Faults) {
    if spot.is_there() && !(0..=0o777).contains(&spot.int()) {
        faults.invalid(spot, "must be a number between 0 and 0777 (octal), both inclusive");
    }
}

fn files(spot: &Spot<'_>, name: &str, faults: &mut Faults) {
    needs(spot, name, faults);
    mode(&spot.get("defaultMode"), faults);
    spot.get("items").items().for_each(|item| file(&item, faults));
}

fn file(spot: &Spot<'_>, faults: &mut Faults) {
    needs(spot, "key", faults);
    needs(spot, "path", faults);
    inside(&spot.get("path"), faults);
    mode(&spot.get("mode"), faults);
}

/// Refuses paths that lead out of the volume.
fn inside(spot: &Spot<'_>, faults: &mut Faults) {
    let text = spot.text();
    if text.starts_with('/') {
        faults.invalid(spot, "must be a relative path");
    }
    if text.split('/').any(|part| part == "..") {
        faults.invalid(spot, "must not contain '..'");
    }
    if text.starts_with("..") && !text.starts_with("../") {
        faults.invalid(spot, "must not start with '..'");
    }
}

fn host_path(spot: &Spot<'_>, faults: &mut Faults) {
    let path = spot.get("path");
    if path.is_empty() {
        return faults.required(&path, "");
    }
    if path.text().split('/').any(|part| part == "..") {
        faults.invalid(&path, "must not contain '..'");
    }
    let kinds =
        ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    faults.optional_choice(&spot.get("type"), &kinds);
}

fn projected(spot: &Spot<'_>, faults: &mut Faults) {
    mode(&spot.get("defaultMode"), faults);
    let mut paths = BTreeSet::new();
    for source in spot.get("sources").items() {
        let kinds = source.value.as_object().map_or(0, |map| map.len());
        if kinds > 1 {
            faults.forbidden(&source, "may not specify more than 1 volume type per source");
        }
        let mut taken = |path: &Spot<'_>, faults: &mut Faults| {
            if !path.is_empty() && !paths.insert(path.text().to_owned()) {
                faults.invalid_each_at(spot, path.text(), ["conflicting duplicate paths".into()]);
            }
        };
        for (kind, name) in [("secret", "name"), ("configMap", "name")] {
            let inner = source.get(kind);
            if inner.is_there() {
                needs(&inner, name, faults);
                for item in inner.get("items").items() {
                    file(&item, faults);
                    taken(&item.get("path"), faults);
                }
            }
        }
        let pod = source.get("downwardAPI");
        for item in pod.get("items").items() {
            pod_file(&item, &pod, faults);
            taken(&item.get("path"), faults);
        }
        let token = source.get("serviceAccountToken");
        if token.is_there() {
            let seconds = token.get("expirationSeconds");
            if seconds.int() < 600 {
                faults.invalid(&seconds, "may not specify a duration less than 10 minutes");
            } else if seconds.int() > 1 << 32 {
                faults.invalid(&seconds, "may not specify a duration larger than 2^32 seconds");
            }
            let path = token.get("path");
            if path.is_empty() {
                faults.required(&spot.get("path"), "");
            }
        }
    }
}

/// A file that tells something of the pod; the server names the list above it.
fn pod_file(item: &Spot<'_>, above: &Spot<'_>, faults: &mut Faults) {
    let here = |key: &str| Spot::new(item.get(key).value, above.get(key).path);
    let path = here("path");
    if path.is_empty() {
        faults.required(&path, "");
    }
    inside(&path, faults);
    let (field, resource) = (here("fieldRef"), here("resourceFieldRef"));
    if field.is_there() {
        field_of_pod(&field, OF_THE_POD, faults);
        if resource.is_there() {
            faults.invalid(above, "fieldRef and resourceFieldRef can not be specified simultaneously");
        }
    } else if resource.is_there() {
        needs(&resource, "resource", faults);
    } else {
        faults.required(above, "one of fieldRef and resourceFieldRef is required");
    }
    mode(&here("mode"), faults);
}
