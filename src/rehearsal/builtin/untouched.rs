//! The fields of built-in kinds that a path of the API does not write.
//! It must never change an object.

const STATUS: &[&[&str]] = &[&["status"]];
const SPEC: &[&[&str]] = &[&["spec"]];
const METADATA_AND_SPEC: &[&[&str]] = &[&["metadata"], &["spec"]];
const LABELS_AND_SPEC: &[&[&str]] = &[&["spec"], &["metadata", "labels"]];
const POD_STATUS: &[&[&str]] =
    &[&["spec"], &["metadata", "deletionTimestamp"], &["metadata", "ownerReferences"]];

/// Kinds whose status is a subresource.
const WITH_STATUS: &[&str] = &[
    "CronJob",
    "CustomResourceDefinition",
    "DaemonSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "Ingress",
    "Job",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "ReplicaSet",
    "ReplicationController",
    "ResourceQuota",
    "Service",
    "ServiceCIDR",
    "StatefulSet",
    "ValidatingAdmissionPolicy",
    "VolumeAttachment",
];

/// The fields that a write of a built-in kind leaves as they are, by path, for [`crate::rehearsal::fields::Manager::untouched`];
/// what the `GetResetFields` of each kind's strategy in kube-apiserver says.
pub fn untouched(kind: &str, subresource: &str) -> &'static [&'static [&'static str]] {
    if !WITH_STATUS.contains(&kind) {
        return &[];
    }
    match (subresource, kind) {
        ("status", "Deployment") => LABELS_AND_SPEC,
        ("status", "Pod") => POD_STATUS,
        (
            "status",
            "CustomResourceDefinition" | "ServiceCIDR" | "ValidatingAdmissionPolicy" | "VolumeAttachment",
        ) => METADATA_AND_SPEC,
        ("status", _) => SPEC,
        ("scale", _) => &[],
        _ => STATUS,
    }
}

/// The fields that a write of a custom kind leaves as they are; `status` says whether its status is a subresource.
pub fn untouched_of_custom(subresource: &str, status: bool) -> &'static [&'static [&'static str]] {
    match subresource {
        "status" => METADATA_AND_SPEC,
        "" if status => STATUS,
        _ => &[],
    }
}
