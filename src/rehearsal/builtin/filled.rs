//! The defaults of built-in kinds that two words can say: a definition, a field, and the value where there is none.
//! It must never look at an object.

use crate::json::{Map, Value};
use foldhash::HashMap;
use std::sync::LazyLock;

/// A value to fill in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fill {
    Text(&'static str),
    Int(i64),
    Truth(bool),
    /// An empty mapping.
    Mapping,
}

use Fill::{Int, Mapping, Text, Truth};

impl Fill {
    /// The value.
    pub(super) fn value(self) -> Value {
        match self {
            Text(text) => text.into(),
            Int(int) => int.into(),
            Truth(truth) => truth.into(),
            Mapping => Value::Object(Map::new()),
        }
    }
}

/// Definition, field, and the value where there is none.
const FILLED: &[(&str, &str, Fill)] = &[
    ("CSIDriverSpec", "attachRequired", Truth(true)),
    ("CSIDriverSpec", "fsGroupPolicy", Text("ReadWriteOnceWithFSType")),
    ("CSIDriverSpec", "podInfoOnMount", Truth(false)),
    ("CSIDriverSpec", "requiresRepublish", Truth(false)),
    ("CSIDriverSpec", "seLinuxMount", Truth(false)),
    ("CSIDriverSpec", "storageCapacity", Truth(false)),
    ("ConfigMapVolumeSource", "defaultMode", Int(0o644)),
    ("Container", "terminationMessagePath", Text("/dev/termination-log")),
    ("Container", "terminationMessagePolicy", Text("File")),
    ("CronJobSpec", "concurrencyPolicy", Text("Allow")),
    ("CronJobSpec", "failedJobsHistoryLimit", Int(1)),
    ("CronJobSpec", "successfulJobsHistoryLimit", Int(3)),
    ("CronJobSpec", "suspend", Truth(false)),
    ("DaemonSetSpec", "revisionHistoryLimit", Int(10)),
    ("DaemonSetUpdateStrategy", "type", Text("RollingUpdate")),
    ("DeploymentSpec", "progressDeadlineSeconds", Int(600)),
    ("DeploymentSpec", "replicas", Int(1)),
    ("DeploymentSpec", "revisionHistoryLimit", Int(10)),
    ("DeploymentStrategy", "type", Text("RollingUpdate")),
    ("DownwardAPIVolumeSource", "defaultMode", Int(0o644)),
    ("EphemeralContainer", "terminationMessagePath", Text("/dev/termination-log")),
    ("EphemeralContainer", "terminationMessagePolicy", Text("File")),
    ("EndpointPort", "protocol", Text("TCP")),
    ("HTTPGetAction", "path", Text("/")),
    ("HTTPGetAction", "scheme", Text("HTTP")),
    ("HorizontalPodAutoscalerSpec", "minReplicas", Int(1)),
    ("HostPathVolumeSource", "type", Text("")),
    ("IngressClassParametersReference", "scope", Text("Cluster")),
    ("MatchResources", "matchPolicy", Text("Equivalent")),
    ("MatchResources", "namespaceSelector", Mapping),
    ("MatchResources", "objectSelector", Mapping),
    ("MutatingAdmissionPolicySpec", "failurePolicy", Text("Fail")),
    ("MutatingWebhook", "failurePolicy", Text("Fail")),
    ("MutatingWebhook", "matchPolicy", Text("Equivalent")),
    ("MutatingWebhook", "namespaceSelector", Mapping),
    ("MutatingWebhook", "objectSelector", Mapping),
    ("MutatingWebhook", "reinvocationPolicy", Text("Never")),
    ("MutatingWebhook", "timeoutSeconds", Int(10)),
    ("NamespaceStatus", "phase", Text("Active")),
    ("NetworkPolicyPort", "protocol", Text("TCP")),
    ("ObjectFieldSelector", "apiVersion", Text("v1")),
    ("PersistentVolumeClaimSpec", "volumeMode", Text("Filesystem")),
    ("PersistentVolumeClaimStatus", "phase", Text("Pending")),
    ("PersistentVolumeSpec", "persistentVolumeReclaimPolicy", Text("Retain")),
    ("PersistentVolumeSpec", "volumeMode", Text("Filesystem")),
    ("PersistentVolumeStatus", "phase", Text("Pending")),
    ("PodFailurePolicyOnPodConditionsPattern", "status", Text("True")),
    ("PodSpec", "dnsPolicy", Text("ClusterFirst")),
    ("PodSpec", "restartPolicy", Text("Always")),
    ("PodSpec", "schedulerName", Text("default-scheduler")),
    ("PodSpec", "securityContext", Mapping),
    ("PodSpec", "terminationGracePeriodSeconds", Int(30)),
    ("PriorityClass", "preemptionPolicy", Text("PreemptLowerPriority")),
    ("Probe", "failureThreshold", Int(3)),
    ("Probe", "periodSeconds", Int(10)),
    ("Probe", "successThreshold", Int(1)),
    ("Probe", "timeoutSeconds", Int(1)),
    ("ProjectedVolumeSource", "defaultMode", Int(0o644)),
    ("ReplicaSetSpec", "replicas", Int(1)),
    ("RoleRef", "apiGroup", Text("rbac.authorization.k8s.io")),
    ("RuleWithOperations", "scope", Text("*")),
    ("Secret", "type", Text("Opaque")),
    ("SecretVolumeSource", "defaultMode", Int(0o644)),
    ("ServiceAccountTokenProjection", "expirationSeconds", Int(3600)),
    ("ServicePort", "protocol", Text("TCP")),
    ("ServiceReference", "port", Int(443)),
    ("ServiceSpec", "sessionAffinity", Text("None")),
    ("ServiceSpec", "type", Text("ClusterIP")),
    ("StatefulSetSpec", "podManagementPolicy", Text("OrderedReady")),
    ("StatefulSetSpec", "persistentVolumeClaimRetentionPolicy", Mapping),
    ("StatefulSetSpec", "replicas", Int(1)),
    ("StatefulSetSpec", "revisionHistoryLimit", Int(10)),
    ("StatefulSetPersistentVolumeClaimRetentionPolicy", "whenDeleted", Text("Retain")),
    ("StatefulSetPersistentVolumeClaimRetentionPolicy", "whenScaled", Text("Retain")),
    ("StorageClass", "reclaimPolicy", Text("Delete")),
    ("StorageClass", "volumeBindingMode", Text("Immediate")),
    ("ValidatingAdmissionPolicySpec", "failurePolicy", Text("Fail")),
    ("ValidatingWebhook", "failurePolicy", Text("Fail")),
    ("ValidatingWebhook", "matchPolicy", Text("Equivalent")),
    ("ValidatingWebhook", "namespaceSelector", Mapping),
    ("ValidatingWebhook", "objectSelector", Mapping),
    ("ValidatingWebhook", "timeoutSeconds", Int(10)),
];

/// The fields of a definition that have a default, and what it is.
pub(super) fn filled(definition: &str) -> &'static [(&'static str, Fill)] {
    static BY_DEFINITION: LazyLock<HashMap<&str, Vec<(&str, Fill)>>> = LazyLock::new(|| {
        let mut found: HashMap<&str, Vec<(&str, Fill)>> = HashMap::default();
        for (definition, field, value) in FILLED {
            found.entry(*definition).or_default().push((*field, *value));
        }
        found
    });
    BY_DEFINITION.get(definition).map_or(&[], Vec::as_slice)
}
