//! The rows of other projects' kinds: Gateway API, KServe, Knative, Argo, KEDA, cert-manager.
//! Must never know Seldon's kinds, nor those that Kubernetes itself serves.

use super::row::*;
use crate::kinds::fresh::Observes;
use crate::kinds::knowledge::{Knowledge, Words};
use crate::kinds::verdict::Owned;
use crate::kinds::{argo, autoscaler, certificate, gateway, general, knative, kserve, status};

const GATEWAY: &str = "gateway.networking.k8s.io";

/// What KServe makes of its kinds, with Knative or without.
const OF_KSERVE: &[Owned] = &[
    DEPLOYMENT,
    REPLICA_SET,
    POD,
    SERVICE,
    SLICE,
    AUTOSCALER,
    SCALED_OBJECT,
    owned("serving.knative.dev/v1", "Service"),
];

pub(super) const KINDS: &[Knowledge] = &[
    Knowledge {
        ready: gateway::class_ready,
        fresh: gateway::freshness,
        namespaced: false,
        words: told("Condition Accepted is True.", BY_CONDITIONS),
        status: Some(status::GATEWAY_CLASS),
        status_may_grow: true,
        ..kind(GATEWAY, &["v1", "v1beta1"], ["GatewayClass", "gatewayclasses"], &["gc"])
    },
    Knowledge { owns: COMMON, status: Some(status::GATEWAY), ..gateway(["Gateway", "gateways"], &["gtw"]) },
    Knowledge {
        versions: &["v1"],
        status: Some(status::LISTENER_SET),
        ..gateway(["ListenerSet", "listenersets"], &[])
    },
    route(&["v1", "v1beta1"], ["HTTPRoute", "httproutes"]),
    route(&["v1"], ["GRPCRoute", "grpcroutes"]),
    route(&["v1", "v1alpha3", "v1alpha2"], ["TLSRoute", "tlsroutes"]),
    route(&["v1", "v1alpha2"], ["TCPRoute", "tcproutes"]),
    route(&["v1", "v1alpha2"], ["UDPRoute", "udproutes"]),
    Knowledge {
        versions: &["v1", "v1beta1"],
        status_may_grow: true,
        ..exists(GATEWAY, ["ReferenceGrant", "referencegrants"], &["refgrant"])
    },
    Knowledge {
        ready: kserve::ready,
        consults: kserve::consults,
        observes: Observes::Exempt,
        owns: OF_KSERVE,
        scalable: true,
        replicas: kserve::replicas,
        scale: kserve::scale,
        words: Words {
            scale: "minReplicas and maxReplicas of spec.predictor, or of the component named; a plain number is refused.",
            ..told(
                "Conditions Ready, and PredictorReady, TransformerReady and ExplainerReady where given, are True, \
                 status.modelStatus.transitionStatus, where given, is UpToDate, and its own Deployments, if it has any, are rolled out: \
                 without Knative those conditions stay True while pods of before still serve.",
                EXEMPT,
            )
        },
        status: Some(status::INFERENCE_SERVICE),
        status_may_grow: true,
        ..kind("serving.kserve.io", &["v1beta1"], ["InferenceService", "inferenceservices"], &["isvc"])
    },
    Knowledge {
        ready: kserve::graph_ready,
        consults: kserve::graph_consults,
        observes: Observes::Exempt,
        owns: OF_KSERVE,
        scalable: true,
        replicas: kserve::graph_replicas,
        scale: kserve::scale_graph,
        words: Words {
            scale: "spec.minReplicas and spec.maxReplicas; a plain number is refused.",
            ..told(
                "Condition Ready is True, and its own Deployment, if it has one, is rolled out: without Knative that condition is True \
                    as soon as the Deployment says anything of its availability.",
                EXEMPT,
            )
        },
        status: Some(status::INFERENCE_GRAPH),
        status_may_grow: true,
        ..kind("serving.kserve.io", &["v1alpha1"], ["InferenceGraph", "inferencegraphs"], &["ig"])
    },
    Knowledge {
        ready: knative::ready,
        observes: Observes::Always,
        owns: &[
            DEPLOYMENT,
            REPLICA_SET,
            POD,
            SERVICE,
            SLICE,
            owned("serving.knative.dev/v1", "Configuration"),
            owned("serving.knative.dev/v1", "Revision"),
            owned("serving.knative.dev/v1", "Route"),
        ],
        scale: knative::scale,
        words: told("Condition Ready is True.", OBSERVED),
        status: Some(status::KNATIVE_SERVICE),
        status_may_grow: true,
        ..kind("serving.knative.dev", &["v1"], ["Service", "services"], &["kservice", "ksvc"])
    },
    Knowledge {
        ready: argo::rollout_ready,
        scaled: argo::rollout_scaled,
        fresh: argo::rollout_freshness,
        observes: Observes::Always,
        owns: &[
            REPLICA_SET,
            POD,
            owned("argoproj.io/v1alpha1", "AnalysisRun"),
            owned("argoproj.io/v1alpha1", "Experiment"),
        ],
        counts_replicas: true,
        scalable: true,
        replicas: general::own_replicas,
        scale: general::scale,
        words: Words {
            ready: "Phase Healthy. Final: phase Degraded because it was aborted or exceeded its progress deadline; an invalid spec is not, for \
                    what it refers to may still come. (kstatus does not look.)",
            scaled: "replicas, updatedReplicas and availableReplicas equal spec.replicas. Where replicas of before stay for a while: \
                     blue-green, updatedReplicas and availableReplicas do, and the active Service selects the newest; with traffic \
                     routing, updatedReplicas does, and all that are there are available.",
            fresh: "status.observedGeneration, which it writes as a text, must equal metadata.generation; with spec.workloadRef \
                    workloadObservedGeneration that of the workload, which its controller annotates.",
            scale: BY_SCALE,
        },
        status: Some(status::ROLLOUT),
        status_may_grow: true,
        ..kind("argoproj.io", &["v1alpha1"], ["Rollout", "rollouts"], &["ro"])
    },
    Knowledge {
        ready: argo::workflow_ready,
        owns: &[POD, CLAIM],
        words: told("Phase Succeeded. Final: phase Failed or Error. (kstatus does not look.)", SETTLED),
        status: Some(status::WORKFLOW),
        status_may_grow: true,
        ..kind("argoproj.io", &["v1alpha1"], ["Workflow", "workflows"], &["wf"])
    },
    Knowledge {
        ready: autoscaler::scaled_object_ready,
        owns: &[AUTOSCALER],
        scalable: true,
        replicas: autoscaler::replicas,
        scale: autoscaler::scale,
        words: Words {
            scale: "spec.minReplicaCount and spec.maxReplicaCount; a plain number is refused.",
            ..told(
                "Condition Ready is True, and Fallback is not. One that is paused is ready, and scales nothing.",
                SETTLED,
            )
        },
        status: Some(status::SCALED_OBJECT),
        status_may_grow: true,
        ..kind("keda.sh", &["v1alpha1"], ["ScaledObject", "scaledobjects"], &["so"])
    },
    Knowledge {
        ready: certificate::ready,
        owns: &[owned("cert-manager.io/v1", "CertificateRequest")],
        words: told(
            "Condition Ready is True; while a certificate is renewed too, for the one that there is is still good. An issuing that failed is \
             tried again, so nothing is final.",
            SETTLED,
        ),
        status: Some(status::CERTIFICATE),
        status_may_grow: true,
        ..kind("cert-manager.io", &["v1"], ["Certificate", "certificates"], &["cert", "certs"])
    },
];

/// A kind of the Gateway API with listeners.
const fn gateway(names: [&'static str; 2], short_names: &'static [&'static str]) -> Knowledge {
    Knowledge {
        ready: gateway::ready,
        fresh: gateway::freshness,
        words: told(
            "Conditions Accepted and Programmed are True, and ResolvedRefs where given; for every listener that it reports all three where \
             given. (kstatus does not look.)",
            BY_CONDITIONS,
        ),
        status_may_grow: true,
        ..kind(GATEWAY, &["v1", "v1beta1"], names, short_names)
    }
}

/// A route of the Gateway API.
const fn route(versions: &'static [&'static str], names: [&'static str; 2]) -> Knowledge {
    Knowledge {
        ready: gateway::route_ready,
        fresh: gateway::route_freshness,
        words: told(
            "Every parent that it names has answered: condition Accepted is True, ResolvedRefs where given, and PartiallyInvalid is not. \
             (kstatus does not look.)",
            BY_CONDITIONS,
        ),
        status: Some(status::ROUTE),
        status_may_grow: true,
        ..kind(GATEWAY, versions, names, &[])
    }
}
