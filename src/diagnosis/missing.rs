//! What Pods refer to and does not exist.
//! Must never know what a ConfigMap or Secret holds.

use super::finding::Finding;
use super::pod::Container;
use super::scene::{Scene, pods_of};
use crate::json::Value;
use crate::kinds::{items, text, title};

/// A container cannot be made, a volume not mounted, or a Pod not placed, for want of something that it names.
pub(super) fn missing(scene: &Scene) -> Vec<Finding> {
    let mut found = Vec::new();
    for pod in scene.pods() {
        let maker = title(scene.maker(pod));
        let pods = pods_of(&maker);
        let config = Container::of(pod).filter_map(|container| {
            let (_, message) =
                container.waits().filter(|(reason, _)| *reason == "CreateContainerConfigError")?;
            let what = match absent(message) {
                Some(absent) => format!("{absent} does not exist, and {} needs it", container.called()),
                None if message.is_empty() => format!("{} cannot be configured", container.called()),
                None => format!("{} cannot be configured: {message}", container.called()),
            };
            Some((what, container.shown()))
        });
        let mounts = ["FailedMount", "FailedAttachVolume"].into_iter().filter_map(|reason| {
            let event = scene.latest(pod, reason).filter(|_| waits_to_start(pod))?;
            let what = match absent(&event.message) {
                Some(absent) => format!("{absent} does not exist, and a volume of {pods} needs it"),
                None => format!("a volume of {pods} cannot be mounted: {}", event.message),
            };
            Some((what, format!("{}: {}", event.object(), event.words())))
        });
        let placed = super::schedule::is_unschedulable(pod).and_then(|(reason, message)| {
            let absent = absent(message)?;
            Some((
                format!("{absent} does not exist, and {pods} cannot do without"),
                format!("{}: {reason}: {message}", title(pod)),
            ))
        });
        let known: Vec<(String, String)> = config.chain(mounts).chain(placed).collect();
        let named: Vec<String> = known.iter().map(|(what, _)| what.clone()).collect();
        let not_there =
            references(pod).filter(|(kind, name)| waits_to_start(pod) && scene.is_missing(kind, name));
        let not_there = not_there.filter(|(kind, name)| {
            let told = format!("{kind}/{name} does not exist");
            !named.iter().any(|what| what.starts_with(&told))
        });
        let not_there = not_there.map(|(kind, name)| {
            let what = format!("{kind}/{name} does not exist, and {pods} cannot do without");
            (what, format!("{} refers to {kind}/{name}", title(pod)))
        });
        found.extend(known.into_iter().chain(not_there).map(|(what, evidence)| {
            let fix = "Create it in this namespace, or mend its name where the Pods refer to it.";
            Finding::new("missing", maker.clone(), what).shown_by(evidence).fix(fix)
        }));
    }
    found
}

/// Whether none of a Pod's containers runs yet.
fn waits_to_start(pod: &Value) -> bool {
    !Container::of(pod).any(|container| !container.init && (container.runs() || container.ended().is_some()))
}

/// What a message says is not there: `ConfigMap/settings`, from `configmap "settings" not found` and its like.
fn absent(message: &str) -> Option<String> {
    if let Some((_, rest)) = message.split_once("find key ") {
        // couldn't find key colour in ConfigMap shop/settings
        let mut words = rest.split_whitespace();
        let (key, kind, name) = (words.next()?, words.nth(1)?, words.next()?);
        return Some(format!("key {key} of {kind}/{}", name.rsplit('/').next().unwrap_or(name)));
    }
    let kinds = [
        ("configmap", "ConfigMap"),
        ("secret", "Secret"),
        ("persistentvolumeclaim", "PersistentVolumeClaim"),
        ("serviceaccount", "ServiceAccount"),
    ];
    kinds.into_iter().find_map(|(word, kind)| {
        let (_, rest) = message.split_once(&format!("{word} \""))?;
        let (name, rest) = rest.split_once('"')?;
        rest.trim_start().starts_with("not found").then(|| format!("{kind}/{name}"))
    })
}

/// The ConfigMaps, Secrets and claims that a Pod cannot start without: kind and name.
pub(super) fn references(pod: &Value) -> impl Iterator<Item = (&'static str, &str)> {
    let spec = &pod["spec"];
    let volumes = items(&spec["volumes"]).iter().flat_map(|volume| {
        let projected = items(&volume["projected"]["sources"]).iter();
        let own = [
            ("ConfigMap", &volume["configMap"], "name"),
            ("Secret", &volume["secret"], "secretName"),
            ("PersistentVolumeClaim", &volume["persistentVolumeClaim"], "claimName"),
        ];
        let inside = projected.flat_map(|source| {
            [("ConfigMap", &source["configMap"], "name"), ("Secret", &source["secret"], "name")]
        });
        own.into_iter().chain(inside)
    });
    let containers = items(&spec["initContainers"]).iter().chain(items(&spec["containers"]));
    let variables = containers.flat_map(|container| {
        let whole = items(&container["envFrom"]).iter();
        let whole = whole.flat_map(|from| {
            [("ConfigMap", &from["configMapRef"], "name"), ("Secret", &from["secretRef"], "name")]
        });
        let single = items(&container["env"]).iter().map(|variable| &variable["valueFrom"]);
        let single = single.flat_map(|from| {
            [("ConfigMap", &from["configMapKeyRef"], "name"), ("Secret", &from["secretKeyRef"], "name")]
        });
        whole.chain(single)
    });
    volumes.chain(variables).filter_map(|(kind, source, key)| {
        let name = text(&source[key]);
        (!name.is_empty() && source["optional"] != true).then_some((kind, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_read_from_the_words_of_kubelet_and_scheduler() {
        let cases = [
            ("configmap \"settings\" not found", Some("ConfigMap/settings")),
            ("MountVolume.SetUp failed for volume \"v\" : secret \"keys\" not found", Some("Secret/keys")),
            (
                "0/3 nodes are available: persistentvolumeclaim \"disk\" not found. not found",
                Some("PersistentVolumeClaim/disk"),
            ),
            ("couldn't find key colour in ConfigMap shop/settings", Some("key colour of ConfigMap/settings")),
            ("container has runAsNonRoot and image will run as root", None),
            ("secret \"keys\" is too large", None),
        ];
        for (message, wanted) in cases {
            assert_eq!(absent(message).as_deref(), wanted, "{message}");
        }
    }
}
