//! The table of kinds: names, scope, what they own, and which rules apply. Each row's words are for people to check.
//! Must never know the rules themselves.

use super::fresh::{Observes, by_itself};
use super::knowledge::{Knowledge, Words};
use super::read::group;
use super::status;
use super::verdict::{Consult, Freshness, Owned, Written};
use super::{
    argo, autoscaler, claim, daemon_set, deployment, disruption_budget, gateway, general, job, knative,
    kserve, namespace, plain, pod, replica_set, seldon_deployment, seldon_v2, service, stateful_set,
};
use serde_json::Value;

/// What is known of a kind: the group decides, the version does not. The general rule for kinds nobody knows.
pub fn of(api_version: &str, kind: &str) -> &'static Knowledge {
    let group = group(api_version);
    KINDS.iter().find(|known| known.kind == kind && known.group == group).unwrap_or(&GENERAL)
}

/// Every kind that is known, in the order in which their names are tried; the general rule is not among them.
pub fn all() -> &'static [Knowledge] {
    KINDS
}

/// The kind that a word names: kind, plural, singular or short name without regard to case, alone or followed by `.group` or
/// `.version.group` (`deployments.apps`, `deployments.v1.apps`). `None` for what is not known; a cluster may know it.
pub fn by_name(word: &str) -> Option<&'static Knowledge> {
    let (name, suffix) = word.split_once('.').map_or((word, None), |(name, suffix)| (name, Some(suffix)));
    let named = |known: &&Knowledge| {
        let names = [known.kind, known.plural].into_iter().chain(known.short_names.iter().copied());
        names.into_iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    let grouped = |known: &&Knowledge| match suffix {
        None => true,
        Some(suffix) if suffix.eq_ignore_ascii_case(known.group) => true,
        Some(suffix) => suffix.split_once('.').is_some_and(|(version, group)| {
            group.eq_ignore_ascii_case(known.group)
                && known.versions.iter().any(|known| known.eq_ignore_ascii_case(version))
        }),
    };
    KINDS.iter().filter(named).find(grouped)
}

fn by_observing(object: &Value, _children: &[&Value], written: Option<&Written>) -> Freshness {
    by_itself(object, super::of_object(object).observes, written)
}

fn consults_none(_object: &Value) -> Vec<Consult> {
    Vec::new()
}

const NO_WORDS: &str = "";
const OBSERVED: &str = "Its controller sets status.observedGeneration; it must equal metadata.generation.";
const SETTLED: &str = "status.observedGeneration, or that of the condition used, must equal metadata.generation where it is given; \
                       else, after a write of the run, what is true must stay true for `settle`.";
const EXEMPT: &str = "Its observedGeneration is not its own, or never set, and is not looked at; after a write of the run, what is \
                      true must stay true for `settle`.";
const BY_CONDITIONS: &str = "The observedGeneration of each condition used must equal metadata.generation where it is given; else, after a write \
                             of the run, what is true must stay true for `settle`.";
const AT_ONCE: &str = "Always: the API server sets what is judged together with the write.";
const BY_SCALE: &str = "spec.replicas, through /scale.";

const GENERAL: Knowledge = Knowledge {
    group: "",
    versions: &[],
    kind: "",
    plural: "",
    short_names: &[],
    namespaced: true,
    observes: Observes::WhereGiven,
    owns: COMMON,
    words: Words {
        ready: "Condition Ready is True; without one condition Available is True; without either status.state or status.phase is a word \
                that means ready. Without a status: it exists.",
        scaled: "Each of status.replicas, updatedReplicas, readyReplicas and availableReplicas that is given equals spec.replicas.",
        fresh: SETTLED,
        scale: BY_SCALE,
    },
    counts_replicas: true,
    scalable: true,
    status: None,
    status_may_grow: false,
    ready: general::ready,
    scaled: general::scaled,
    fresh: by_observing,
    consults: consults_none,
    replicas: general::own_replicas,
    scale: general::scale,
};

/// A kind without replicas of its own, by its names; the rest as the general rule says.
const fn kind(
    group: &'static str,
    versions: &'static [&'static str],
    [kind, plural]: [&'static str; 2],
    short_names: &'static [&'static str],
) -> Knowledge {
    Knowledge {
        group,
        versions,
        kind,
        plural,
        short_names,
        owns: &[],
        words: Words { scaled: NO_WORDS, scale: NO_WORDS, ..GENERAL.words },
        counts_replicas: false,
        scalable: false,
        scaled: general::never_scaled,
        replicas: general::no_replicas,
        scale: general::not_scalable,
        ..GENERAL
    }
}

/// A kind that is ready when it exists.
const fn exists(
    group: &'static str,
    names: [&'static str; 2],
    short_names: &'static [&'static str],
) -> Knowledge {
    Knowledge {
        ready: plain::ready,
        observes: Observes::AtOnce,
        status: Some(&[]),
        words: Words { ready: "It exists.", scaled: NO_WORDS, fresh: AT_ONCE, scale: NO_WORDS },
        ..kind(group, &["v1"], names, short_names)
    }
}

/// The same, cluster-scoped.
const fn everywhere(
    group: &'static str,
    names: [&'static str; 2],
    short_names: &'static [&'static str],
) -> Knowledge {
    Knowledge { namespaced: false, ..exists(group, names, short_names) }
}

const fn owned(api_version: &'static str, kind: &'static str) -> Owned {
    Owned { api_version, kind }
}

const DEPLOYMENT: Owned = owned("apps/v1", "Deployment");
const REPLICA_SET: Owned = owned("apps/v1", "ReplicaSet");
const STATEFUL_SET: Owned = owned("apps/v1", "StatefulSet");
const DAEMON_SET: Owned = owned("apps/v1", "DaemonSet");
const REVISION: Owned = owned("apps/v1", "ControllerRevision");
const JOB: Owned = owned("batch/v1", "Job");
const POD: Owned = owned("v1", "Pod");
const SERVICE: Owned = owned("v1", "Service");
const CLAIM: Owned = owned("v1", "PersistentVolumeClaim");
const SLICE: Owned = owned("discovery.k8s.io/v1", "EndpointSlice");
const AUTOSCALER: Owned = owned("autoscaling/v2", "HorizontalPodAutoscaler");
const BUDGET: Owned = owned("policy/v1", "PodDisruptionBudget");
const SCALED_OBJECT: Owned = owned("keda.sh/v1alpha1", "ScaledObject");

/// What controllers of custom kinds usually make.
const COMMON: &[Owned] = &[DEPLOYMENT, STATEFUL_SET, DAEMON_SET, REPLICA_SET, JOB, POD, SERVICE, CLAIM];

static KINDS: &[Knowledge] = &[
    Knowledge {
        ready: deployment::ready,
        scaled: deployment::scaled,
        observes: Observes::Always,
        owns: &[REPLICA_SET, POD],
        counts_replicas: true,
        scalable: true,
        replicas: general::own_replicas,
        scale: general::scale,
        words: Words {
            ready: "All of spec.replicas are of the newest template and available, and none of an older one is left. \
                    Final: Progressing with reason ProgressDeadlineExceeded.",
            scaled: "updatedReplicas, replicas and availableReplicas equal spec.replicas.",
            fresh: OBSERVED,
            scale: BY_SCALE,
        },
        status: Some(status::DEPLOYMENT),
        ..kind("apps", &["v1"], ["Deployment", "deployments"], &["deploy"])
    },
    Knowledge {
        ready: replica_set::ready,
        scaled: replica_set::ready,
        observes: Observes::Always,
        owns: &[POD],
        counts_replicas: true,
        scalable: true,
        replicas: general::own_replicas,
        scale: replica_set::scale,
        words: Words {
            ready: "replicas and availableReplicas equal spec.replicas.",
            scaled: "The same.",
            fresh: OBSERVED,
            scale: "spec.replicas, through /scale; refused below a controller, which would set it back.",
        },
        status: Some(status::REPLICA_SET),
        ..kind("apps", &["v1"], ["ReplicaSet", "replicasets"], &["rs"])
    },
    Knowledge {
        ready: stateful_set::ready,
        scaled: stateful_set::ready,
        observes: Observes::Always,
        owns: &[POD, REVISION, CLAIM],
        counts_replicas: true,
        scalable: true,
        replicas: general::own_replicas,
        scale: general::scale,
        words: Words {
            ready: "replicas and availableReplicas equal spec.replicas; those above the partition are updated; without a partition \
                    currentRevision equals updateRevision. With OnDelete only the counts. (kstatus calls OnDelete ready at once.)",
            scaled: "The same.",
            fresh: OBSERVED,
            scale: BY_SCALE,
        },
        status: Some(status::STATEFUL_SET),
        ..kind("apps", &["v1"], ["StatefulSet", "statefulsets"], &["sts"])
    },
    Knowledge {
        ready: daemon_set::ready,
        scaled: daemon_set::ready,
        observes: Observes::Always,
        owns: &[POD, REVISION],
        counts_replicas: true,
        words: Words {
            ready: "On every node that is to run it (desiredNumberScheduled) a Pod is scheduled, updated (not asked with OnDelete) and \
                    available.",
            scaled: "The same.",
            fresh: OBSERVED,
            scale: "Nothing: it runs on every node that its selectors choose.",
        },
        status: Some(status::DAEMON_SET),
        ..kind("apps", &["v1"], ["DaemonSet", "daemonsets"], &["ds"])
    },
    Knowledge {
        ready: job::ready,
        owns: &[POD],
        words: Words {
            ready: "Condition Complete is True. Final: condition Failed is True. (kstatus calls a Job ready when it has started.)",
            scaled: NO_WORDS,
            fresh: SETTLED,
            scale: NO_WORDS,
        },
        status: Some(status::JOB),
        ..kind("batch", &["v1"], ["Job", "jobs"], &[])
    },
    Knowledge {
        ready: job::cron_ready,
        owns: &[JOB, POD],
        observes: Observes::AtOnce,
        words: Words { ready: "It exists.", scaled: NO_WORDS, fresh: AT_ONCE, scale: NO_WORDS },
        status: Some(status::CRON_JOB),
        ..kind("batch", &["v1"], ["CronJob", "cronjobs"], &["cj"])
    },
    Knowledge {
        ready: pod::ready,
        words: Words {
            ready: "Condition Ready is True, or phase Succeeded. Final: phase Failed. (kstatus calls a failed Pod ready.)",
            scaled: NO_WORDS,
            fresh: SETTLED,
            scale: NO_WORDS,
        },
        status: Some(status::POD),
        ..kind("", &["v1"], ["Pod", "pods"], &["po"])
    },
    Knowledge {
        ready: service::ready,
        fresh: service::freshness,
        owns: &[SLICE],
        words: Words {
            ready: "Type LoadBalancer: an address is in status.loadBalancer.ingress. Others: it has its cluster address, or needs none. \
                    (kstatus asks a load balancer for its cluster address alone.)",
            scaled: NO_WORDS,
            fresh: "Type LoadBalancer: after a write of the run, what is true must stay true for `settle`. Others: always.",
            scale: NO_WORDS,
        },
        status: Some(status::SERVICE),
        ..kind("", &["v1"], ["Service", "services"], &["svc"])
    },
    Knowledge {
        ready: claim::ready,
        words: Words { ready: "Phase Bound.", scaled: NO_WORDS, fresh: SETTLED, scale: NO_WORDS },
        status: Some(status::CLAIM),
        ..kind("", &["v1"], ["PersistentVolumeClaim", "persistentvolumeclaims"], &["pvc"])
    },
    Knowledge {
        ready: claim::volume_ready,
        namespaced: false,
        words: Words {
            ready: "Phase Available or Bound.",
            scaled: NO_WORDS,
            fresh: SETTLED,
            scale: NO_WORDS,
        },
        status: Some(status::VOLUME),
        ..kind("", &["v1"], ["PersistentVolume", "persistentvolumes"], &["pv"])
    },
    Knowledge {
        ready: namespace::ready,
        namespaced: false,
        observes: Observes::AtOnce,
        words: Words { ready: "Phase Active.", scaled: NO_WORDS, fresh: AT_ONCE, scale: NO_WORDS },
        status: Some(status::NAMESPACE),
        ..kind("", &["v1"], ["Namespace", "namespaces"], &["ns"])
    },
    Knowledge {
        ready: replica_set::ready,
        scaled: replica_set::ready,
        observes: Observes::Always,
        owns: &[POD],
        counts_replicas: true,
        scalable: true,
        replicas: general::own_replicas,
        scale: replica_set::scale,
        words: Words {
            ready: "replicas and availableReplicas equal spec.replicas.",
            scaled: "The same.",
            fresh: OBSERVED,
            scale: BY_SCALE,
        },
        status: Some(status::REPLICATION_CONTROLLER),
        ..kind("", &["v1"], ["ReplicationController", "replicationcontrollers"], &["rc"])
    },
    Knowledge {
        words: Words { ready: "Condition Ready is True.", scaled: NO_WORDS, fresh: SETTLED, scale: NO_WORDS },
        namespaced: false,
        ..kind("", &["v1"], ["Node", "nodes"], &["no"])
    },
    exists("", ["ConfigMap", "configmaps"], &["cm"]),
    exists("", ["Secret", "secrets"], &[]),
    exists("", ["ServiceAccount", "serviceaccounts"], &["sa"]),
    exists("", ["Endpoints", "endpoints"], &["ep"]),
    exists("", ["Event", "events"], &["ev"]),
    exists("", ["LimitRange", "limitranges"], &["limits"]),
    Knowledge { status: Some(status::QUOTA), ..exists("", ["ResourceQuota", "resourcequotas"], &["quota"]) },
    exists("", ["PodTemplate", "podtemplates"], &[]),
    exists("apps", ["ControllerRevision", "controllerrevisions"], &[]),
    exists("discovery.k8s.io", ["EndpointSlice", "endpointslices"], &[]),
    exists("coordination.k8s.io", ["Lease", "leases"], &[]),
    exists("networking.k8s.io", ["NetworkPolicy", "networkpolicies"], &["netpol"]),
    everywhere("networking.k8s.io", ["IngressClass", "ingressclasses"], &[]),
    exists("rbac.authorization.k8s.io", ["Role", "roles"], &[]),
    exists("rbac.authorization.k8s.io", ["RoleBinding", "rolebindings"], &[]),
    everywhere("rbac.authorization.k8s.io", ["ClusterRole", "clusterroles"], &[]),
    everywhere("rbac.authorization.k8s.io", ["ClusterRoleBinding", "clusterrolebindings"], &[]),
    everywhere("storage.k8s.io", ["StorageClass", "storageclasses"], &["sc"]),
    everywhere("scheduling.k8s.io", ["PriorityClass", "priorityclasses"], &["pc"]),
    everywhere(
        "admissionregistration.k8s.io",
        ["ValidatingWebhookConfiguration", "validatingwebhookconfigurations"],
        &[],
    ),
    everywhere(
        "admissionregistration.k8s.io",
        ["MutatingWebhookConfiguration", "mutatingwebhookconfigurations"],
        &[],
    ),
    Knowledge {
        ready: namespace::definition_ready,
        fresh: namespace::definition_freshness,
        namespaced: false,
        words: Words {
            ready: "Conditions NamesAccepted and Established are True.",
            scaled: NO_WORDS,
            fresh: "Of a new one at once; of a changed one, what is true must stay true for `settle`.",
            scale: NO_WORDS,
        },
        status: Some(status::DEFINITION),
        ..kind(
            "apiextensions.k8s.io",
            &["v1"],
            ["CustomResourceDefinition", "customresourcedefinitions"],
            &["crd", "crds"],
        )
    },
    Knowledge {
        ready: autoscaler::ready,
        scaled: autoscaler::scaled,
        counts_replicas: true,
        scalable: true,
        replicas: autoscaler::replicas,
        scale: autoscaler::scale,
        words: Words {
            ready: "Conditions AbleToScale and ScalingActive are True. (kstatus does not look.)",
            scaled: "currentReplicas equals desiredReplicas, which is within the bounds.",
            fresh: SETTLED,
            scale: "spec.minReplicas and spec.maxReplicas; a plain number is refused.",
        },
        status: Some(status::AUTOSCALER),
        ..kind(
            "autoscaling",
            &["v2", "v1"],
            ["HorizontalPodAutoscaler", "horizontalpodautoscalers"],
            &["hpa"],
        )
    },
    Knowledge {
        ready: disruption_budget::ready,
        observes: Observes::Always,
        words: Words {
            ready: "currentHealthy is at least desiredHealthy. (kstatus calls every budget ready.)",
            scaled: NO_WORDS,
            fresh: OBSERVED,
            scale: NO_WORDS,
        },
        status: Some(status::BUDGET),
        ..kind("policy", &["v1"], ["PodDisruptionBudget", "poddisruptionbudgets"], &["pdb"])
    },
    Knowledge {
        ready: service::ingress_ready,
        words: Words {
            ready: "Its controller has published an address in status.loadBalancer.ingress. (kstatus calls every Ingress ready.)",
            scaled: NO_WORDS,
            fresh: SETTLED,
            scale: NO_WORDS,
        },
        status: Some(status::INGRESS),
        ..kind("networking.k8s.io", &["v1"], ["Ingress", "ingresses"], &["ing"])
    },
    Knowledge {
        ready: gateway::class_ready,
        fresh: gateway::freshness,
        namespaced: false,
        words: Words {
            ready: "Condition Accepted is True.",
            scaled: NO_WORDS,
            fresh: BY_CONDITIONS,
            scale: NO_WORDS,
        },
        status: Some(status::GATEWAY_CLASS),
        status_may_grow: true,
        ..kind(GATEWAY, &["v1", "v1beta1"], ["GatewayClass", "gatewayclasses"], &["gc"])
    },
    Knowledge {
        ready: gateway::ready,
        fresh: gateway::freshness,
        owns: COMMON,
        words: Words {
            ready: "Conditions Accepted and Programmed are True, and for every listener that it reports Accepted, Programmed and \
                    ResolvedRefs where given. (kstatus does not look.)",
            scaled: NO_WORDS,
            fresh: BY_CONDITIONS,
            scale: NO_WORDS,
        },
        status: Some(status::GATEWAY),
        status_may_grow: true,
        ..kind(GATEWAY, &["v1", "v1beta1"], ["Gateway", "gateways"], &["gtw"])
    },
    Knowledge { ..route(&["v1", "v1beta1"], ["HTTPRoute", "httproutes"]) },
    Knowledge { ..route(&["v1"], ["GRPCRoute", "grpcroutes"]) },
    Knowledge { ..route(&["v1", "v1alpha3", "v1alpha2"], ["TLSRoute", "tlsroutes"]) },
    Knowledge { ..route(&["v1", "v1alpha2"], ["TCPRoute", "tcproutes"]) },
    Knowledge { ..route(&["v1", "v1alpha2"], ["UDPRoute", "udproutes"]) },
    Knowledge {
        versions: &["v1", "v1beta1"],
        status_may_grow: true,
        ..exists(GATEWAY, ["ReferenceGrant", "referencegrants"], &["refgrant"])
    },
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
            ready: "Condition Ready is True.",
            scaled: NO_WORDS,
            fresh: EXEMPT,
            scale: "spec.overrides[].replicas of the component named.",
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
    Knowledge {
        ready: kserve::ready,
        consults: kserve::consults,
        observes: Observes::Exempt,
        owns: &[
            DEPLOYMENT,
            REPLICA_SET,
            POD,
            SERVICE,
            SLICE,
            AUTOSCALER,
            SCALED_OBJECT,
            owned("serving.knative.dev/v1", "Service"),
        ],
        scalable: true,
        replicas: kserve::replicas,
        scale: kserve::scale,
        words: Words {
            ready: "Condition Ready is True, status.modelStatus.transitionStatus, where given, is UpToDate, and its own Deployments, if it \
                    has any, are rolled out: without Knative that condition stays True while pods of before still serve.",
            scaled: NO_WORDS,
            fresh: EXEMPT,
            scale: "minReplicas and maxReplicas of spec.predictor, or of the component named; a plain number is refused.",
        },
        status: Some(status::INFERENCE_SERVICE),
        status_may_grow: true,
        ..kind("serving.kserve.io", &["v1beta1"], ["InferenceService", "inferenceservices"], &["isvc"])
    },
    Knowledge {
        ready: kserve::graph_ready,
        consults: kserve::graph_consults,
        observes: Observes::Exempt,
        owns: &[
            DEPLOYMENT,
            REPLICA_SET,
            POD,
            SERVICE,
            SLICE,
            AUTOSCALER,
            SCALED_OBJECT,
            owned("serving.knative.dev/v1", "Service"),
        ],
        scalable: true,
        replicas: kserve::graph_replicas,
        scale: kserve::scale_graph,
        words: Words {
            ready: "Condition Ready is True, and its own Deployment, if it has one, is rolled out: without Knative that condition is True \
                    as soon as the Deployment says anything of its availability.",
            scaled: NO_WORDS,
            fresh: EXEMPT,
            scale: "spec.minReplicas and spec.maxReplicas; a plain number is refused.",
        },
        status: Some(status::INFERENCE_GRAPH),
        status_may_grow: true,
        ..kind("serving.kserve.io", &["v1alpha1"], ["InferenceGraph", "inferencegraphs"], &["ig"])
    },
    Knowledge {
        ready: knative::ready,
        observes: Observes::Always,
        owns: &[DEPLOYMENT, REPLICA_SET, POD, SERVICE, SLICE],
        scale: knative::scale,
        words: Words {
            ready: "Condition Ready is True.",
            scaled: NO_WORDS,
            fresh: OBSERVED,
            scale: NO_WORDS,
        },
        status: Some(status::KNATIVE_SERVICE),
        status_may_grow: true,
        ..kind("serving.knative.dev", &["v1"], ["Service", "services"], &["kservice", "ksvc"])
    },
    Knowledge {
        ready: argo::rollout_ready,
        scaled: argo::rollout_scaled,
        observes: Observes::Always,
        owns: &[REPLICA_SET, POD],
        counts_replicas: true,
        scalable: true,
        replicas: general::own_replicas,
        scale: general::scale,
        words: Words {
            ready: "Phase Healthy.",
            scaled: "replicas, updatedReplicas and availableReplicas equal spec.replicas.",
            fresh: "status.observedGeneration, which it writes as a text, must equal metadata.generation.",
            scale: BY_SCALE,
        },
        status: Some(status::ROLLOUT),
        status_may_grow: true,
        ..kind("argoproj.io", &["v1alpha1"], ["Rollout", "rollouts"], &["ro"])
    },
    Knowledge {
        ready: argo::workflow_ready,
        owns: &[POD],
        words: Words {
            ready: "Phase Succeeded. Final: phase Failed or Error.",
            scaled: NO_WORDS,
            fresh: SETTLED,
            scale: NO_WORDS,
        },
        status: Some(status::WORKFLOW),
        status_may_grow: true,
        ..kind("argoproj.io", &["v1alpha1"], ["Workflow", "workflows"], &["wf"])
    },
    Knowledge {
        owns: &[AUTOSCALER],
        scalable: true,
        replicas: autoscaler::replicas,
        scale: autoscaler::scale,
        words: Words {
            ready: "Condition Ready is True.",
            scaled: NO_WORDS,
            fresh: SETTLED,
            scale: "spec.minReplicaCount and spec.maxReplicaCount; a plain number is refused.",
        },
        status: Some(status::SCALED_OBJECT),
        status_may_grow: true,
        ..kind("keda.sh", &["v1alpha1"], ["ScaledObject", "scaledobjects"], &["so"])
    },
    Knowledge {
        owns: &[owned("cert-manager.io/v1", "CertificateRequest")],
        words: Words { ready: "Condition Ready is True.", scaled: NO_WORDS, fresh: SETTLED, scale: NO_WORDS },
        status: Some(status::CERTIFICATE),
        status_may_grow: true,
        ..kind("cert-manager.io", &["v1"], ["Certificate", "certificates"], &["cert", "certs"])
    },
];

const MLOPS: &str = "mlops.seldon.io";
const GATEWAY: &str = "gateway.networking.k8s.io";

/// A route of the Gateway API.
const fn route(versions: &'static [&'static str], names: [&'static str; 2]) -> Knowledge {
    Knowledge {
        ready: gateway::route_ready,
        fresh: gateway::route_freshness,
        words: Words {
            ready: "Every parent that it names has answered: condition Accepted is True, and ResolvedRefs where given. (kstatus does not look.)",
            scaled: NO_WORDS,
            fresh: BY_CONDITIONS,
            scale: NO_WORDS,
        },
        status: Some(status::ROUTE),
        status_may_grow: true,
        ..kind(GATEWAY, versions, names, &[])
    }
}

/// A kind of Seldon Core v2 whose condition Ready sums up the others.
const fn aggregate(names: [&'static str; 2], short_names: &'static [&'static str]) -> Knowledge {
    Knowledge {
        ready: seldon_v2::aggregate_ready,
        observes: Observes::Exempt,
        words: Words {
            ready: "Condition Ready, the aggregate, is True.",
            scaled: NO_WORDS,
            fresh: EXEMPT,
            scale: NO_WORDS,
        },
        status_may_grow: true,
        ..kind(MLOPS, &["v1alpha1"], names, short_names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_kinds_as_kubectl_takes_them() {
        for (word, group, kind) in [
            ("sdep", "machinelearning.seldon.io", "SeldonDeployment"),
            ("Deployment", "apps", "Deployment"),
            ("DEPLOY", "apps", "Deployment"),
            ("deployments.apps", "apps", "Deployment"),
            ("deployments.v1.apps", "apps", "Deployment"),
            ("service", "", "Service"),
            ("services.serving.knative.dev", "serving.knative.dev", "Service"),
            ("ksvc", "serving.knative.dev", "Service"),
            ("crds", "apiextensions.k8s.io", "CustomResourceDefinition"),
            ("mlm", "mlops.seldon.io", "Model"),
        ] {
            let known = by_name(word).map(|known| (known.group, known.kind));
            assert_eq!(known, Some((group, kind)), "{word}");
        }
        for word in ["", "widget", "deployments.batch", "deployments.v2.apps", "sdep."] {
            assert!(by_name(word).is_none(), "{word}");
        }
    }

    #[test]
    fn the_group_decides_and_the_version_does_not() {
        assert_eq!(of("apps/v1beta2", "Deployment").plural, "deployments");
        assert_eq!(
            of("machinelearning.seldon.io/v1alpha2", "SeldonDeployment").api_version(),
            "machinelearning.seldon.io/v1"
        );
        assert!(of("example.com/v1", "Deployment").is_general());
        assert!(of("v1", "Deployment").is_general());
        assert_eq!(of("v1", "Pod").api_version(), "v1");
    }

    #[test]
    fn every_row_is_whole_and_named_once() {
        let mut names = std::collections::BTreeSet::new();
        for known in all() {
            assert!(names.insert((known.group, known.kind)), "{} twice", known.kind);
            assert!(
                !known.versions.is_empty() && !known.words.ready.is_empty() && !known.words.fresh.is_empty(),
                "{}",
                known.kind
            );
            assert_eq!(known.plural, known.plural.to_lowercase());
            let asked = format!("{}.{}", known.plural, known.group);
            let found = by_name(asked.trim_end_matches('.')).map(|found| found.kind);
            assert_eq!(found, Some(known.kind), "{asked}");
        }
    }

    #[test]
    fn scaling_rules_are_told_where_there_are_any() {
        for known in all() {
            assert_eq!(known.counts_replicas, !known.words.scaled.is_empty(), "{}", known.kind);
            assert!(!known.scalable || !known.words.scale.is_empty(), "{}", known.kind);
        }
    }
}
