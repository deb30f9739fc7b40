//! The status of kinds of other projects: KServe (0.11 to 0.15), Knative Serving 1.x, Argo Rollouts 1.x and Workflows 3.x, KEDA 2.x,
//! cert-manager 1.x, Gateway API 1.0 to 1.4.
//! Must never know the kinds of Kubernetes and of Seldon. What lies deep is open, and a later release may have more.

use super::Shape::{Any, Boolean, Count, Integer, List, Map, Object, Text};
use super::{Field, Shape, TRUTH, conditions, given, omitted, such_as};

/// `status` of Knative's kinds and of those that are built as they are (`duckv1.Status`).
macro_rules! knative {
    ($types:expr) => {
        conditions!(
            such_as($types),
            omitted("severity", Text),
            omitted("reason", Text),
            omitted("message", Text)
        )
    };
}

/// A condition as most projects have it (`metav1.Condition`).
macro_rules! plain {
    ($types:expr) => {
        conditions!(
            such_as($types),
            omitted("observedGeneration", Count),
            omitted("reason", Text),
            omitted("message", Text)
        )
    };
}

const OBSERVED: Field = omitted("observedGeneration", Count);
const ANNOTATIONS: Field = omitted("annotations", Map(&Text));
const ADDRESS: Field = given("address", Any);
const URL: Field = given("url", Text);

/// `inference_service_status.go`
pub(crate) const INFERENCE_SERVICE: &[Field] = &[
    OBSERVED,
    ANNOTATIONS,
    ADDRESS,
    URL,
    omitted("components", Map(&Any)),
    omitted("deploymentMode", Text),
    omitted("servingRuntimeName", Text),
    omitted("clusterServingRuntimeName", Text),
    given(
        "modelStatus",
        Object(&[
            given(
                "transitionStatus",
                such_as(&["UpToDate", "InProgress", "BlockedByFailedLoad", "InvalidSpec"]),
            ),
            given("states", Any),
            given("lastFailureInfo", Any),
            given("copies", Any),
        ]),
    ),
    knative!(&[
        "Ready",
        "PredictorReady",
        "TransformerReady",
        "ExplainerReady",
        "IngressReady",
        "RoutesReady",
        "LatestDeploymentReady",
        "PredictorRouteReady",
        "PredictorConfigurationReady",
        "TransformerRouteReady",
        "TransformerConfigurationReady",
        "ExplainerRoutesReady",
        "ExplainerConfigurationReady",
        "Stopped",
    ]),
];

/// `inference_graph.go`
pub(crate) const INFERENCE_GRAPH: &[Field] =
    &[OBSERVED, ANNOTATIONS, URL, omitted("deploymentMode", Text), knative!(&["Ready"])];

/// `service_types.go` of Knative Serving.
pub(crate) const KNATIVE_SERVICE: &[Field] = &[
    OBSERVED,
    ANNOTATIONS,
    ADDRESS,
    URL,
    omitted("latestCreatedRevisionName", Text),
    omitted("latestReadyRevisionName", Text),
    omitted("traffic", List(&Any)),
    knative!(&["Ready", "ConfigurationsReady", "RoutesReady"]),
];

/// `types.go` of Argo Rollouts.
pub(crate) const ROLLOUT: &[Field] = &[
    omitted("abort", Boolean),
    given("abortedAt", Text),
    given("alb", Any),
    omitted("albs", List(&Any)),
    omitted("availableReplicas", Count),
    omitted("blueGreen", Any),
    omitted("canary", Any),
    given("collisionCount", Count),
    omitted("controllerPause", Boolean),
    omitted("currentPodHash", Text),
    omitted("currentStepHash", Text),
    given("currentStepIndex", Count),
    omitted("HPAReplicas", Count),
    omitted("message", Text),
    // A text, unlike everybody's.
    omitted("observedGeneration", Text),
    omitted("pauseConditions", List(&Any)),
    omitted("phase", such_as(&["Healthy", "Degraded", "Progressing", "Paused"])),
    omitted("promoteFull", Boolean),
    omitted("readyReplicas", Count),
    omitted("replicas", Count),
    given("restartedAt", Text),
    omitted("selector", Text),
    omitted("stableRS", Text),
    omitted("updatedReplicas", Count),
    omitted("workloadObservedGeneration", Text),
    conditions!(
        such_as(&[
            "Available",
            "Progressing",
            "ReplicaFailure",
            "Paused",
            "Completed",
            "Healthy",
            "InvalidSpec"
        ]),
        given("lastUpdateTime", Text),
        omitted("reason", Text),
        omitted("message", Text)
    ),
];

/// `workflow_types.go` of Argo Workflows.
pub(crate) const WORKFLOW: &[Field] = &[
    given("artifactGCStatus", Any),
    given("artifactRepositoryRef", Any),
    omitted("compressedNodes", Text),
    omitted("estimatedDuration", Integer),
    given("finishedAt", Text),
    omitted("message", Text),
    omitted("nodes", Map(&Any)),
    omitted("offloadNodeStatusVersion", Text),
    given("outputs", Any),
    omitted("persistentVolumeClaims", List(&Any)),
    omitted("phase", such_as(&["Pending", "Running", "Succeeded", "Failed", "Error"])),
    omitted("progress", Text),
    omitted("resourcesDuration", Map(&Integer)),
    given("startedAt", Text),
    omitted("storedTemplates", Map(&Any)),
    given("storedWorkflowTemplateSpec", Any),
    given("synchronization", Any),
    omitted("taskResultsCompletionStatus", Map(&Boolean)),
    conditions!(
        such_as(&["Completed", "PodRunning", "SpecWarning", "SpecError", "MetricsError", "ArtifactGCError"]),
        omitted("message", Text)
    ),
];

/// `scaledobject_types.go` of KEDA.
pub(crate) const SCALED_OBJECT: &[Field] = &[
    omitted("authenticationsTypes", Text),
    omitted("compositeScalerName", Text),
    omitted("externalMetricNames", List(&Text)),
    omitted("health", Map(&Any)),
    omitted("hpaName", Text),
    given("lastActiveTime", Text),
    given("originalReplicaCount", Count),
    given("pausedReplicaCount", Count),
    omitted("resourceMetricNames", List(&Text)),
    given("scaleTargetGVKR", Any),
    omitted("scaleTargetKind", Text),
    omitted("triggersActivity", Map(&Any)),
    given("triggersTypes", Text),
    conditions!(
        such_as(&["Ready", "Active", "Fallback", "Paused"]),
        omitted("reason", Text),
        omitted("message", Text)
    ),
];

/// `types_certificate.go` of cert-manager.
pub(crate) const CERTIFICATE: &[Field] = &[
    given("failedIssuanceAttempts", Count),
    given("lastFailureTime", Text),
    given("nextPrivateKeySecretName", Text),
    given("notAfter", Text),
    given("notBefore", Text),
    given("renewalTime", Text),
    given("revision", Count),
    plain!(&["Ready", "Issuing"]),
];

/// `gatewayclass_types.go`
pub(crate) const GATEWAY_CLASS: &[Field] =
    &[omitted("supportedFeatures", List(&Any)), plain!(&["Accepted", "SupportedVersion"])];

/// `gateway_types.go`
pub(crate) const GATEWAY: &[Field] = &[
    omitted("addresses", List(&Object(&[given("type", Text), given("value", Text)]))),
    given("attachedListenerSets", Count),
    omitted(
        "listeners",
        List(&Object(&[
            given("name", Text),
            given("attachedRoutes", Count),
            omitted("supportedKinds", List(&Any)),
            plain!(&["Accepted", "Programmed", "ResolvedRefs", "Conflicted", "OverlappingTLSConfig"]),
        ])),
    ),
    plain!(&[
        "Accepted",
        "Programmed",
        "Ready",
        "Scheduled",
        "ResolvedRefs",
        "InsecureFrontendValidationMode"
    ]),
];

/// `shared_types.go`: of all routes.
pub(crate) const ROUTE: &[Field] = &[omitted(
    "parents",
    List(&Object(&[
        given("parentRef", Any),
        given("controllerName", Text),
        plain!(&["Accepted", "ResolvedRefs", "PartiallyInvalid"]),
    ])),
)];
