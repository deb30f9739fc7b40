//! The status of SeldonDeployments (Seldon Core 1.1 to 1.19) and of the kinds of Seldon Core v2 (to 2.10).
//! Must never know the kinds of Kubernetes.

use super::Shape::{Count, Map, Object, Text, Unset};
use super::{Field, Shape, TRUTH, given, omitted, one_of, such_as};

/// Conditions of Knative's kind, which Seldon uses: with a severity, without a generation.
macro_rules! knative {
    ($types:expr) => {
        super::conditions!(
            $types,
            omitted("severity", Text),
            omitted("reason", Text),
            omitted("message", Text)
        )
    };
}

/// Fields that Knative's status brings along.
const ANNOTATIONS: Field = omitted("annotations", Map(&Text));
const OBSERVED: Field = omitted("observedGeneration", Count);

/// `seldondeployment_types.go` and `seldon_deployment_status.go` of the operator.
pub(crate) const SELDON_DEPLOYMENT: &[Field] = &[
    omitted("state", one_of(&["Creating", "Available", "Failed"])),
    omitted("description", Text),
    omitted("replicas", Count),
    given("observedGeneration", Unset),
    ANNOTATIONS,
    given("address", Object(&[omitted("url", Text)])),
    omitted(
        "deploymentStatus",
        Map(&Object(&[
            given("name", Unset),
            given("status", Unset),
            given("description", Unset),
            given("explainerFor", Unset),
            omitted("replicas", Count),
            omitted("availableReplicas", Count),
        ])),
    ),
    omitted(
        "serviceStatus",
        Map(&Object(&[
            omitted("svcName", Text),
            omitted("httpEndpoint", Text),
            omitted("grpcEndpoint", Text),
            omitted("explainerFor", Text),
        ])),
    ),
    knative!(one_of(&[
        "Ready",
        "DeploymentsReady",
        "ServicesReady",
        "KedaReady",
        "istioVirtualServicesReady",
        "HpasReady",
        "PdbsReady",
        "AmbassadorMappingsReady",
    ])),
];

pub(crate) const MODEL: &[Field] = &[
    omitted("replicas", Count),
    omitted("availableReplicas", Count),
    omitted("selector", Text),
    omitted("modelgwReady", Text),
    OBSERVED,
    ANNOTATIONS,
    knative!(such_as(&["Ready", "ModelReady"])),
];

/// Its counts and its selector are required by the CRD, so they are there at zero too.
pub(crate) const SERVER: &[Field] = &[
    given("loadedModels", Count),
    given("replicas", Count),
    given("selector", Text),
    OBSERVED,
    ANNOTATIONS,
    knative!(such_as(&["Ready", "StatefulSetReady", "StatefulSetOrDeploymentReady"])),
];

pub(crate) const PIPELINE: &[Field] = &[
    OBSERVED,
    ANNOTATIONS,
    knative!(such_as(&["Ready", "PipelineReady", "PipelineGwReady", "ModelsReady"])),
];

pub(crate) const EXPERIMENT: &[Field] = &[
    OBSERVED,
    ANNOTATIONS,
    knative!(such_as(&["Ready", "ExperimentReady", "CandidatesReady", "MirrorReady"])),
];

pub(crate) const RUNTIME: &[Field] = &[
    OBSERVED,
    ANNOTATIONS,
    knative!(such_as(&[
        "Ready",
        "SchedulerReady",
        "EnvoyReady",
        "DataflowEngineReady",
        "ModelGatewayReady",
        "PipelineGatewayReady",
        "HodometerReady",
    ])),
];
