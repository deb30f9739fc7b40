//! The status of kinds that Kubernetes itself serves, release 1.37.
//! Must never know custom kinds. Rarely asked parts of a Pod's status are left open.

use super::Shape::{Any, Boolean, Count, Integer, List, Map, Object, Text, Unset};
use super::{Field, Shape, TRUTH, conditions, given, omitted, one_of, such_as};

const REASON: Field = omitted("reason", Text);
const MESSAGE: Field = omitted("message", Text);
/// `metadata.generation` as its controller has seen it; never 0 once it is written.
const OBSERVED: Field = omitted("observedGeneration", Count);

pub(crate) const DEPLOYMENT: &[Field] = &[
    OBSERVED,
    omitted("replicas", Count),
    omitted("updatedReplicas", Count),
    omitted("readyReplicas", Count),
    omitted("availableReplicas", Count),
    omitted("unavailableReplicas", Count),
    given("terminatingReplicas", Count),
    given("collisionCount", Count),
    conditions!(
        one_of(&["Available", "Progressing", "ReplicaFailure"]),
        given("lastUpdateTime", Text),
        REASON,
        MESSAGE
    ),
];

pub(crate) const REPLICA_SET: &[Field] = &[
    OBSERVED,
    given("replicas", Count),
    omitted("fullyLabeledReplicas", Count),
    omitted("readyReplicas", Count),
    omitted("availableReplicas", Count),
    given("terminatingReplicas", Count),
    conditions!(one_of(&["ReplicaFailure"]), REASON, MESSAGE),
];

pub(crate) const REPLICATION_CONTROLLER: &[Field] = &[
    OBSERVED,
    given("replicas", Count),
    omitted("fullyLabeledReplicas", Count),
    omitted("readyReplicas", Count),
    omitted("availableReplicas", Count),
    conditions!(one_of(&["ReplicaFailure"]), REASON, MESSAGE),
];

/// `availableReplicas` is no `omitempty`, unlike that of the other workloads.
pub(crate) const STATEFUL_SET: &[Field] = &[
    OBSERVED,
    given("replicas", Count),
    omitted("readyReplicas", Count),
    omitted("currentReplicas", Count),
    omitted("updatedReplicas", Count),
    given("availableReplicas", Count),
    omitted("currentRevision", Text),
    omitted("updateRevision", Text),
    given("collisionCount", Count),
    conditions!(such_as(&["Progressing"]), REASON, MESSAGE),
];

/// Its controller sets no conditions.
pub(crate) const DAEMON_SET: &[Field] = &[
    OBSERVED,
    given("currentNumberScheduled", Count),
    given("desiredNumberScheduled", Count),
    given("numberMisscheduled", Count),
    given("numberReady", Count),
    omitted("updatedNumberScheduled", Count),
    omitted("numberAvailable", Count),
    omitted("numberUnavailable", Count),
    given("collisionCount", Count),
    conditions!(one_of(&[]), REASON, MESSAGE),
];

pub(crate) const JOB: &[Field] = &[
    given("startTime", Text),
    given("completionTime", Text),
    omitted("active", Count),
    omitted("succeeded", Count),
    omitted("failed", Count),
    given("ready", Count),
    given("terminating", Count),
    omitted("completedIndexes", Text),
    given("failedIndexes", Text),
    given(
        "uncountedTerminatedPods",
        Object(&[omitted("succeeded", List(&Text)), omitted("failed", List(&Text))]),
    ),
    conditions!(
        one_of(&["Complete", "Failed", "FailureTarget", "SuccessCriteriaMet", "Suspended"]),
        given("lastProbeTime", Text),
        REASON,
        MESSAGE
    ),
];

pub(crate) const CRON_JOB: &[Field] = &[
    omitted("active", List(&Object(REFERENCE))),
    given("lastScheduleTime", Text),
    given("lastSuccessfulTime", Text),
];

const REFERENCE: &[Field] = &[
    omitted("kind", Text),
    omitted("namespace", Text),
    omitted("name", Text),
    omitted("uid", Text),
    omitted("apiVersion", Text),
    omitted("resourceVersion", Text),
    omitted("fieldPath", Text),
];

/// Readiness gates add condition types of any name.
pub(crate) const POD: &[Field] = &[
    OBSERVED,
    omitted("phase", one_of(&["Pending", "Running", "Succeeded", "Failed", "Unknown"])),
    omitted("message", Text),
    omitted("reason", Text),
    omitted("nominatedNodeName", Text),
    omitted("hostIP", Text),
    omitted("hostIPs", List(&Object(&[given("ip", Text)]))),
    omitted("podIP", Text),
    omitted("podIPs", List(&Object(&[given("ip", Text)]))),
    given("startTime", Text),
    omitted("initContainerStatuses", List(&CONTAINER)),
    omitted("containerStatuses", List(&CONTAINER)),
    omitted("ephemeralContainerStatuses", List(&CONTAINER)),
    omitted("qosClass", one_of(&["Guaranteed", "Burstable", "BestEffort"])),
    omitted("resize", such_as(&["Proposed", "InProgress", "Deferred", "Infeasible"])),
    given("resources", Any),
    omitted("allocatedResources", Map(&Text)),
    given("extendedResourceClaimStatus", Any),
    omitted("resourceClaimStatuses", List(&Any)),
    omitted("nodeAllocatableResourceClaimStatuses", List(&Any)),
    omitted("volumeHealth", List(&Any)),
    conditions!(
        such_as(&[
            "PodScheduled",
            "Initialized",
            "ContainersReady",
            "Ready",
            "PodReadyToStartContainers",
            "DisruptionTarget",
            "PodResizePending",
            "PodResizeInProgress",
            "AllContainersRestarting",
        ]),
        given("lastProbeTime", Text),
        OBSERVED,
        REASON,
        MESSAGE
    ),
];

const CONTAINER: Shape = Object(&[
    given("name", Text),
    given("ready", Boolean),
    given("started", Boolean),
    given("restartCount", Count),
    given("image", Text),
    given("imageID", Text),
    omitted("containerID", Text),
    given("state", CONTAINER_STATE),
    given("lastState", CONTAINER_STATE),
    omitted("allocatedResources", Map(&Text)),
    omitted("allocatedResourcesStatus", List(&Any)),
    given("resources", Any),
    omitted("volumeMounts", List(&Any)),
    given("user", Any),
    given("stopSignal", Text),
]);

const CONTAINER_STATE: Shape = Object(&[
    given("waiting", Object(&[omitted("reason", Text), omitted("message", Text)])),
    given("running", Object(&[given("startedAt", Text)])),
    given(
        "terminated",
        Object(&[
            given("exitCode", Integer),
            omitted("signal", Integer),
            omitted("reason", Text),
            omitted("message", Text),
            given("startedAt", Text),
            given("finishedAt", Text),
            omitted("containerID", Text),
        ]),
    ),
]);

pub(crate) const SERVICE: &[Field] = &[
    given(
        "loadBalancer",
        Object(&[omitted(
            "ingress",
            List(&Object(&[
                omitted("ip", Text),
                omitted("hostname", Text),
                given("ipMode", one_of(&["VIP", "Proxy"])),
                omitted("ports", List(&Object(PORT))),
            ])),
        )]),
    ),
    conditions!(
        such_as(&["LoadBalancerPortsError"]),
        OBSERVED,
        given("reason", Text),
        given("message", Text)
    ),
];

pub(crate) const INGRESS: &[Field] = &[given(
    "loadBalancer",
    Object(&[omitted(
        "ingress",
        List(&Object(&[
            omitted("ip", Text),
            omitted("hostname", Text),
            omitted("ports", List(&Object(PORT))),
        ])),
    )]),
)];

const PORT: &[Field] = &[given("port", Count), given("protocol", Text), given("error", Text)];

pub(crate) const CLAIM: &[Field] = &[
    omitted("phase", one_of(&["Pending", "Bound", "Lost"])),
    omitted("accessModes", List(&Text)),
    omitted("capacity", Map(&Text)),
    omitted("allocatedResources", Map(&Text)),
    omitted("allocatedResourceStatuses", Map(&Text)),
    given("currentVolumeAttributesClassName", Text),
    given(
        "modifyVolumeStatus",
        Object(&[omitted("targetVolumeAttributesClassName", Text), given("status", Text)]),
    ),
    given("healthStatus", Any),
    conditions!(
        such_as(&[
            "Resizing",
            "FileSystemResizePending",
            "ControllerResizeError",
            "NodeResizeError",
            "ModifyingVolume",
            "ModifyVolumeError",
            "Unused",
        ]),
        given("lastProbeTime", Text),
        REASON,
        MESSAGE
    ),
];

pub(crate) const VOLUME: &[Field] = &[
    omitted("phase", one_of(&["Pending", "Available", "Bound", "Released", "Failed"])),
    omitted("message", Text),
    omitted("reason", Text),
    given("lastPhaseTransitionTime", Text),
];

pub(crate) const NAMESPACE: &[Field] = &[
    omitted("phase", one_of(&["Active", "Terminating"])),
    conditions!(
        one_of(&[
            "NamespaceDeletionDiscoveryFailure",
            "NamespaceDeletionContentFailure",
            "NamespaceDeletionGroupVersionParsingFailure",
            "NamespaceContentRemaining",
            "NamespaceFinalizersRemaining",
        ]),
        REASON,
        MESSAGE
    ),
];

pub(crate) const NODE: &[Field] = &[
    omitted("capacity", Map(&Text)),
    omitted("allocatable", Map(&Text)),
    given("phase", Unset),
    conditions!(
        such_as(&["Ready", "MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"]),
        given("lastHeartbeatTime", Text),
        REASON,
        MESSAGE
    ),
    omitted("addresses", List(&Object(&[given("type", Text), given("address", Text)]))),
    given("daemonEndpoints", Any),
    given("nodeInfo", Any),
    omitted("images", List(&Any)),
    omitted("volumesInUse", List(&Text)),
    omitted("volumesAttached", List(&Object(&[given("name", Text), given("devicePath", Text)]))),
    given("config", Any),
    omitted("runtimeHandlers", List(&Any)),
    given("features", Any),
    omitted("declaredFeatures", List(&Text)),
];

pub(crate) const QUOTA: &[Field] = &[omitted("hard", Map(&Text)), omitted("used", Map(&Text))];

/// Of autoscaling/v2, with the one field that only v1 has.
pub(crate) const AUTOSCALER: &[Field] = &[
    given("observedGeneration", Count),
    given("lastScaleTime", Text),
    omitted("currentReplicas", Count),
    given("desiredReplicas", Count),
    given("currentMetrics", List(&Any)),
    given("currentCPUUtilizationPercentage", Count),
    conditions!(
        one_of(&["AbleToScale", "ScalingActive", "ScalingLimited", "ScaledToZero"]),
        given("observedGeneration", Count),
        REASON,
        MESSAGE
    ),
];

pub(crate) const BUDGET: &[Field] = &[
    OBSERVED,
    omitted("disruptedPods", Map(&Text)),
    given("disruptionsAllowed", Count),
    given("currentHealthy", Count),
    given("desiredHealthy", Count),
    given("expectedPods", Count),
    conditions!(such_as(&["DisruptionAllowed"]), OBSERVED, given("reason", Text), given("message", Text)),
];

pub(crate) const DEFINITION: &[Field] = &[
    OBSERVED,
    given(
        "acceptedNames",
        Object(&[
            given("plural", Text),
            omitted("singular", Text),
            omitted("shortNames", List(&Text)),
            given("kind", Text),
            omitted("listKind", Text),
            omitted("categories", List(&Text)),
        ]),
    ),
    given("storedVersions", List(&Text)),
    conditions!(
        one_of(&[
            "Established",
            "NamesAccepted",
            "NonStructuralSchema",
            "Terminating",
            "KubernetesAPIApprovalPolicyConformant",
            "StorageMigrating",
        ]),
        OBSERVED,
        REASON,
        MESSAGE
    ),
];
