//! The status of kinds of other projects: KServe (0.11 to 0.15), Knative Serving 1.x, Argo Rollouts 1.x and Workflows 3.x, KEDA 2.x,
//! cert-manager 1.x, Gateway API 1.0 to 1.5.
//! Must never know the kinds of Kubernetes and of Seldon. What lies deep is open, and a later release may have more.
//!
//! Each table names the Go types it was read from: the repository, the file, and the commit of what was read.

use super::Shape::{Any, Boolean, Count, Integer, List, Map, Object, Text};
use super::{Field, Shape, TRUTH, conditions, given, omitted, such_as};

/// Conditions of Knative's kinds and of those that are built as they are: knative/pkg `apis/duck/v1/status_types.go` (41a31c3).
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

/// Conditions as most projects have them (`metav1.Condition`).
macro_rules! plain {
    ($types:expr) => {
        conditions!(
            such_as($types),
            omitted("observedGeneration", Count),
            given("reason", Text),
            given("message", Text)
        )
    };
}

/// Conditions that do not say since when.
macro_rules! timeless {
    ($types:expr $(, $more:expr)* $(,)?) => {
        omitted(
            "conditions",
            List(&Object(&[given("type", such_as($types)), given("status", TRUTH), $($more,)* omitted("message", Text)])),
        )
    };
}

const OBSERVED: Field = omitted("observedGeneration", Count);
const ANNOTATIONS: Field = omitted("annotations", Map(&Text));
const ADDRESS: Field = given("address", Any);
const URL: Field = given("url", Text);
/// knative/serving `pkg/apis/serving/v1/route_types.go` (0d04567), `TrafficTarget`.
const TRAFFIC: Shape = List(&Object(&[
    omitted("tag", Text),
    omitted("revisionName", Text),
    omitted("configurationName", Text),
    given("latestRevision", Boolean),
    given("percent", Count),
    URL,
]));

const MODEL_STATE: Shape = such_as(&["Pending", "Standby", "Loading", "Loaded", "FailedToLoad"]);

/// kserve/kserve `pkg/apis/serving/v1beta1/inference_service_status.go` (0217bda).
pub(crate) const INFERENCE_SERVICE: &[Field] = &[
    OBSERVED,
    ANNOTATIONS,
    ADDRESS,
    URL,
    omitted(
        "components",
        Map(&Object(&[
            omitted("latestReadyRevision", Text),
            omitted("latestCreatedRevision", Text),
            omitted("previousRolledoutRevision", Text),
            omitted("latestRolledoutRevision", Text),
            omitted("traffic", TRAFFIC),
            URL,
            given("restUrl", Text),
            given("grpcUrl", Text),
            ADDRESS,
        ])),
    ),
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
            given(
                "states",
                Object(&[given("activeModelState", MODEL_STATE), omitted("targetModelState", MODEL_STATE)]),
            ),
            given(
                "lastFailureInfo",
                Object(&[
                    omitted("location", Text),
                    omitted("reason", Text),
                    omitted("message", Text),
                    omitted("modelRevisionName", Text),
                    given("time", Text),
                    omitted("exitCode", Integer),
                ]),
            ),
            given("copies", Object(&[given("failedCopies", Count), omitted("totalCopies", Count)])),
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

/// kserve/kserve `pkg/apis/serving/v1alpha1/inference_graph.go` (00fd28d).
pub(crate) const INFERENCE_GRAPH: &[Field] =
    &[OBSERVED, ANNOTATIONS, URL, omitted("deploymentMode", Text), knative!(&["Ready"])];

/// knative/serving `pkg/apis/serving/v1/service_types.go` (4db95d8), with the fields of `configuration_types.go` and `route_types.go` (0d04567).
pub(crate) const KNATIVE_SERVICE: &[Field] = &[
    OBSERVED,
    ANNOTATIONS,
    ADDRESS,
    URL,
    omitted("latestCreatedRevisionName", Text),
    omitted("latestReadyRevisionName", Text),
    omitted("traffic", TRAFFIC),
    knative!(&["Ready", "ConfigurationsReady", "RoutesReady"]),
];

/// argoproj/argo-rollouts `pkg/apis/rollouts/v1alpha1/types.go` (009ba6b). `blueGreen` and `canary` are no pointers: always there.
pub(crate) const ROLLOUT: &[Field] = &[
    omitted("abort", Boolean),
    given("abortedAt", Text),
    given("alb", Any),
    omitted("albs", List(&Any)),
    omitted("availableReplicas", Count),
    given(
        "blueGreen",
        Object(&[
            omitted("previewSelector", Text),
            omitted("activeSelector", Text),
            omitted("scaleUpPreviewCheckPoint", Boolean),
            given("prePromotionAnalysisRunStatus", ANALYSIS),
            given("postPromotionAnalysisRunStatus", ANALYSIS),
        ]),
    ),
    given(
        "canary",
        Object(&[
            given("currentStepAnalysisRunStatus", ANALYSIS),
            given("currentBackgroundAnalysisRunStatus", ANALYSIS),
            omitted("currentExperiment", Text),
            given("weights", Any),
            omitted("stablePingPong", Text),
            omitted("stepPluginStatuses", List(&Any)),
        ]),
    ),
    given("collisionCount", Count),
    omitted("controllerPause", Boolean),
    omitted("currentPodHash", Text),
    omitted("currentStepHash", Text),
    given("currentStepIndex", Count),
    omitted("HPAReplicas", Count),
    omitted("message", Text),
    // A text, unlike everybody's.
    omitted("observedGeneration", Text),
    omitted("pauseConditions", List(&Object(&[given("reason", Text), given("startTime", Text)]))),
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
        given("reason", Text),
        given("message", Text)
    ),
];

const ANALYSIS: Shape = Object(&[given("name", Text), given("status", Text), omitted("message", Text)]);

/// argoproj/argo-workflows `pkg/apis/workflow/v1alpha1/workflow_types.go` (0006823, and later for what concerns artifacts and results).
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
    timeless!(&["Completed", "PodRunning", "SpecWarning", "SpecError", "MetricsError", "ArtifactGCError"]),
];

/// kedacore/keda `apis/keda/v1alpha1/scaledobject_types.go` (01ee1d3) and `condition_types.go` (059dc84).
pub(crate) const SCALED_OBJECT: &[Field] = &[
    given("authenticationsTypes", Text),
    omitted("compositeScalerName", Text),
    omitted("externalMetricNames", List(&Text)),
    omitted(
        "health",
        Map(&Object(&[given("numberOfFailures", Count), omitted("status", such_as(&["Happy", "Failing"]))])),
    ),
    omitted("hpaName", Text),
    given("lastActiveTime", Text),
    given("originalReplicaCount", Count),
    given("pausedReplicaCount", Count),
    omitted("resourceMetricNames", List(&Text)),
    given("scaleTargetGVKR", Any),
    omitted("scaleTargetKind", Text),
    omitted("triggersActivity", Map(&Any)),
    given("triggersTypes", Text),
    timeless!(&["Ready", "Active", "Fallback", "Paused"], omitted("reason", Text)),
];

/// cert-manager/cert-manager `pkg/apis/certmanager/v1/types_certificate.go` (02d9024).
pub(crate) const CERTIFICATE: &[Field] = &[
    given("failedIssuanceAttempts", Count),
    given("lastFailureTime", Text),
    given("nextPrivateKeySecretName", Text),
    given("notAfter", Text),
    given("notBefore", Text),
    given("renewalTime", Text),
    given("revision", Count),
    conditions!(
        such_as(&["Ready", "Issuing"]),
        omitted("observedGeneration", Count),
        omitted("reason", Text),
        omitted("message", Text)
    ),
];

/// kubernetes-sigs/gateway-api `apis/v1/gatewayclass_types.go` (1debac4).
pub(crate) const GATEWAY_CLASS: &[Field] =
    &[omitted("supportedFeatures", List(&Any)), plain!(&["Accepted", "SupportedVersion"])];

/// kubernetes-sigs/gateway-api `apis/v1/gateway_types.go` (00068f3). Condition Ready is reserved: no implementation may set it.
pub(crate) const GATEWAY: &[Field] = &[
    omitted("addresses", List(&Object(&[given("type", Text), given("value", Text)]))),
    given("attachedListenerSets", Count),
    LISTENERS,
    plain!(&["Accepted", "Programmed", "Scheduled", "ResolvedRefs", "InsecureFrontendValidationMode"]),
];

const LISTENERS: Field = omitted(
    "listeners",
    List(&Object(&[
        given("name", Text),
        given("attachedRoutes", Count),
        omitted("supportedKinds", List(&Object(&[given("group", Text), given("kind", Text)]))),
        plain!(
            &["Accepted", "Programmed", "ResolvedRefs", "Conflicted", "OverlappingTLSConfig", "Detached",]
        ),
    ])),
);

/// kubernetes-sigs/gateway-api `apis/v1/listenerset_types.go` (2de96c8).
pub(crate) const LISTENER_SET: &[Field] = &[LISTENERS, plain!(&["Accepted", "Programmed"])];

/// kubernetes-sigs/gateway-api `apis/v1/shared_types.go` (014ea85): of all routes.
pub(crate) const ROUTE: &[Field] = &[omitted(
    "parents",
    List(&Object(&[
        given("parentRef", Any),
        given("controllerName", Text),
        plain!(&["Accepted", "ResolvedRefs", "PartiallyInvalid"]),
    ])),
)];
