//! The rows of Seldon Core's kinds, version 1 and 2.
//! Must never know other projects' kinds.

use super::row::*;
use crate::kinds::fresh::Observes;
use crate::kinds::knowledge::{Knowledge, Words};
use crate::kinds::{general, seldon_deployment, seldon_v2, status};

const MLOPS: &str = "mlops.seldon.io";

pub(super) const KINDS: &[Knowledge] = &[
    Knowledge {
        ready: seldon_deployment::ready,
        scaled: seldon_deployment::scaled,
        fresh: seldon_deployment::freshness,
        consults: seldon_deployment::consults,
        observes: Observes::ByChildren,
        owns: &[DEPLOYMENT, REPLICA_SET, POD, SERVICE, SLICE, AUTOSCALER, BUDGET, SCALED_OBJECT],
        counts_replicas: true,
        scalable: true,
        replicas: seldon_deployment::replicas,
        scale: seldon_deployment::scale,
        words: Words {
            ready: "status.state is Available, and condition Ready is True where there are conditions. Failed is not final: its operator \
                    tries again. Scaled to 0 it never is: wait until scaled.",
            scaled: "Every Deployment of it has, updated and available, the number that its deciding field says; where an autoscaler \
                     decides, a number within its bounds. At 0 too.",
            fresh: "It never sets observedGeneration; its Deployments tell. They are those that the spec asks for and no others; each has \
                    observed its generation, has the spec.replicas that its deciding field says (any, if autoscaled), and as many replicas \
                    and updatedReplicas; status.deploymentStatus counts the same; all that is declared is in the template or in the \
                    orchestrator's ENGINE_PREDICTOR; nothing that the run removed is left.",
            scale: "For each componentSpec the first of kedaSpec, hpaSpec (their bounds), componentSpecs[].replicas, \
                    predictors[].replicas, spec.replicas; for a separate orchestrator svcOrchSpec.replicas before predictors[].replicas. \
                    Explainers are left alone.",
        },
        status: Some(status::SELDON_DEPLOYMENT),
        ..kind(
            "machinelearning.seldon.io",
            &["v1", "v1alpha3", "v1alpha2"],
            ["SeldonDeployment", "seldondeployments"],
            &["sdep"],
        )
    },
    Knowledge {
        ready: seldon_v2::model_ready,
        scaled: seldon_v2::scaled,
        observes: Observes::Exempt,
        counts_replicas: true,
        scalable: true,
        replicas: general::own_replicas,
        scale: general::scale,
        words: Words {
            ready: "Condition Ready, else ModelReady, is True.",
            scaled: "status.replicas, and availableReplicas where given, equal spec.replicas (else minReplicas, else 1).",
            fresh: EXEMPT,
            scale: BY_SCALE,
        },
        status: Some(status::MODEL),
        status_may_grow: true,
        ..kind(MLOPS, &["v1alpha1"], ["Model", "models"], &["mlm"])
    },
    Knowledge {
        ready: seldon_v2::server_ready,
        scaled: seldon_v2::scaled,
        observes: Observes::Exempt,
        owns: &[STATEFUL_SET, DEPLOYMENT, REPLICA_SET, POD, SERVICE, CLAIM, REVISION],
        counts_replicas: true,
        scalable: true,
        replicas: general::own_replicas,
        scale: general::scale,
        words: Words {
            ready: "Condition Ready, else StatefulSetOrDeploymentReady, is True.",
            scaled: "status.replicas equals spec.replicas (else minReplicas, else 1).",
            fresh: EXEMPT,
            scale: BY_SCALE,
        },
        status: Some(status::SERVER),
        status_may_grow: true,
        ..kind(MLOPS, &["v1alpha1"], ["Server", "servers"], &["mls"])
    },
    Knowledge { status: Some(status::PIPELINE), ..aggregate(["Pipeline", "pipelines"], &["mlp"]) },
    Knowledge { status: Some(status::EXPERIMENT), ..aggregate(["Experiment", "experiments"], &["mlx"]) },
    Knowledge {
        owns: &[STATEFUL_SET, DEPLOYMENT, REPLICA_SET, POD, SERVICE, CLAIM, REVISION],
        scalable: true,
        replicas: seldon_v2::runtime_replicas,
        scale: seldon_v2::scale_runtime,
        words: Words {
            scale: "spec.overrides[].replicas of the component named.",
            ..told("Condition Ready is True.", EXEMPT)
        },
        status: Some(status::RUNTIME),
        ..aggregate(["SeldonRuntime", "seldonruntimes"], &[])
    },
    Knowledge {
        versions: &["v1alpha1"],
        status: None,
        ..exists(MLOPS, ["ServerConfig", "serverconfigs"], &["mlc"])
    },
    Knowledge {
        versions: &["v1alpha1"],
        status: None,
        ..exists(MLOPS, ["SeldonConfig", "seldonconfigs"], &[])
    },
];

/// A kind of Seldon Core v2 whose condition Ready sums up the others.
const fn aggregate(names: [&'static str; 2], short_names: &'static [&'static str]) -> Knowledge {
    Knowledge {
        ready: seldon_v2::aggregate_ready,
        observes: Observes::Exempt,
        words: told("Condition Ready, the aggregate, is True.", EXEMPT),
        status_may_grow: true,
        ..kind(MLOPS, &["v1alpha1"], names, short_names)
    }
}
