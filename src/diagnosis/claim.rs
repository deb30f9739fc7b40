//! Claims on storage that are not bound.
//! Must never know who provides storage.

use super::finding::Finding;
use super::scene::Scene;
use crate::json::Value;
use crate::kinds::{items, text, title};

/// A PersistentVolumeClaim of a Pod, or the root itself, waits for a volume.
pub(super) fn claim(scene: &Scene) -> Vec<Finding> {
    let pending = scene.of_kind("PersistentVolumeClaim").chain(scene.around("PersistentVolumeClaim"));
    let pending = pending.filter(|claim| claim["status"]["phase"] == "Pending" && is_wanted(scene, claim));
    let told = pending.map(|claim| {
        let failed = scene.latest(claim, "ProvisioningFailed");
        let event = failed.or_else(|| scene.happened_to(claim).next_back());
        let class = text(&claim["spec"]["storageClassName"]);
        let why = match (event, class) {
            (Some(event), _) => event.message.clone(),
            (None, "") => "it names no storage class, and no volume fits it".to_owned(),
            (None, class) => format!("nobody has provided a volume of storage class {class}"),
        };
        let what = format!("it is not bound to a volume: {why}");
        let shown = format!(
            "{}: phase Pending, storage class {}",
            title(claim),
            if class.is_empty() { "none" } else { class }
        );
        let event = event.map(|event| format!("{}: {}", event.object(), event.words()));
        Finding::new("claim", title(claim), what)
            .shown_by(shown)
            .shown_by_all(event)
            .fix("Check storageClassName (`kubectl get storageclass`), and that its provisioner runs.")
    });
    told.collect()
}

/// Whether the claim is the root, or a Pod that has not been placed or started waits for it. A class that waits for its first
/// consumer is no fault while nobody consumes.
fn is_wanted(scene: &Scene, claim: &Value) -> bool {
    let name = &claim["metadata"]["name"];
    let waits = scene.latest(claim, "WaitForFirstConsumer").is_some();
    let used = scene.pods().any(|pod| {
        let mut volumes = items(&pod["spec"]["volumes"]).iter();
        pod["status"]["phase"] == "Pending"
            && volumes.any(|volume| volume["persistentVolumeClaim"]["claimName"] == *name)
    });
    used || (!waits && title(claim) == title(scene.root()))
}
