//! The rows of the kinds that Kubernetes itself serves.
//! Must never know custom kinds.

use super::row::*;
use crate::kinds::fresh::Observes;
use crate::kinds::knowledge::{Knowledge, Words};
use crate::kinds::{
    autoscaler, claim, daemon_set, deployment, disruption_budget, general, job, namespace, node, pod,
    replica_set, resource_quota, service, stateful_set, status,
};

pub(super) const KINDS: &[Knowledge] = &[
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
        status: Some(status::REPLICA_SET),
        ..replicated(
            "spec.replicas, through /scale; refused below a controller, which would set it back.",
            kind("apps", &["v1"], ["ReplicaSet", "replicasets"], &["rs"]),
        )
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
        words: told(
            "Condition Complete is True. Final: condition Failed is True. (kstatus calls a Job ready when it has started.)",
            SETTLED,
        ),
        status: Some(status::JOB),
        ..kind("batch", &["v1"], ["Job", "jobs"], &[])
    },
    Knowledge {
        ready: job::cron_ready,
        owns: &[JOB, POD],
        observes: Observes::AtOnce,
        words: told("It exists. It cannot fail; its Jobs can.", AT_ONCE),
        status: Some(status::CRON_JOB),
        ..kind("batch", &["v1"], ["CronJob", "cronjobs"], &["cj"])
    },
    Knowledge {
        ready: pod::ready,
        words: told(
            "Condition Ready is True, or phase Succeeded. Final: phase Failed. (kstatus calls a failed Pod ready.)",
            SETTLED,
        ),
        status: Some(status::POD),
        ..kind("", &["v1"], ["Pod", "pods"], &["po"])
    },
    Knowledge {
        ready: service::ready,
        fresh: service::freshness,
        owns: &[SLICE],
        words: told(
            "Type LoadBalancer: an address is in status.loadBalancer.ingress. Others: it has its cluster address, or needs none. \
                    (kstatus asks a load balancer for its cluster address alone.)",
            "Type LoadBalancer: after a write of the run, what is true must stay true for `settle`. Others: always.",
        ),
        status: Some(status::SERVICE),
        ..kind("", &["v1"], ["Service", "services"], &["svc"])
    },
    Knowledge {
        ready: claim::ready,
        words: told(
            "Phase Bound, and status.capacity is no less than what is requested: one that is to grow has grown. (kstatus looks at the \
             phase alone.)",
            SETTLED,
        ),
        status: Some(status::CLAIM),
        ..kind("", &["v1"], ["PersistentVolumeClaim", "persistentvolumeclaims"], &["pvc"])
    },
    Knowledge {
        ready: claim::volume_ready,
        namespaced: false,
        words: told("Phase Available or Bound.", SETTLED),
        status: Some(status::VOLUME),
        ..kind("", &["v1"], ["PersistentVolume", "persistentvolumes"], &["pv"])
    },
    Knowledge {
        ready: namespace::ready,
        namespaced: false,
        observes: Observes::AtOnce,
        words: told(
            "Phase Active. It cannot fail. One that is being deleted is never ready again: what is told is what its conditions say is left \
             in it (NamespaceContentRemaining, NamespaceFinalizersRemaining) or cannot go (NamespaceDeletionContentFailure).",
            AT_ONCE,
        ),
        status: Some(status::NAMESPACE),
        ..kind("", &["v1"], ["Namespace", "namespaces"], &["ns"])
    },
    Knowledge {
        status: Some(status::REPLICATION_CONTROLLER),
        ..replicated(
            BY_SCALE,
            kind("", &["v1"], ["ReplicationController", "replicationcontrollers"], &["rc"]),
        )
    },
    Knowledge {
        ready: node::ready,
        namespaced: false,
        words: told(
            "Condition Ready is True, whether it takes new Pods or not. False and Unknown, when its kubelet is not heard of, may both \
             change, so nothing is final.",
            SETTLED,
        ),
        status: Some(status::NODE),
        ..kind("", &["v1"], ["Node", "nodes"], &["no"])
    },
    exists("", ["ConfigMap", "configmaps"], &["cm"]),
    exists("", ["Secret", "secrets"], &[]),
    exists("", ["ServiceAccount", "serviceaccounts"], &["sa"]),
    exists("", ["Endpoints", "endpoints"], &["ep"]),
    exists("", ["Event", "events"], &["ev"]),
    exists("", ["LimitRange", "limitranges"], &["limits"]),
    Knowledge {
        ready: resource_quota::ready,
        words: told(
            "status.hard equals spec.hard: before, the API server holds nobody to it. It cannot fail. (kstatus does not look.)",
            SETTLED,
        ),
        status: Some(status::QUOTA),
        ..kind("", &["v1"], ["ResourceQuota", "resourcequotas"], &["quota"])
    },
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
        words: told(
            "Conditions NamesAccepted and Established are True.",
            "Of a new one at once; of a changed one, what is true must stay true for `settle`.",
        ),
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
        words: told(
            "currentHealthy is at least desiredHealthy. (kstatus calls every budget ready.)",
            OBSERVED,
        ),
        status: Some(status::BUDGET),
        ..kind("policy", &["v1"], ["PodDisruptionBudget", "poddisruptionbudgets"], &["pdb"])
    },
    Knowledge {
        ready: service::ingress_ready,
        words: told(
            "Its controller has published an address in status.loadBalancer.ingress. (kstatus calls every Ingress ready.)",
            SETTLED,
        ),
        status: Some(status::INGRESS),
        ..kind("networking.k8s.io", &["v1"], ["Ingress", "ingresses"], &["ing"])
    },
];

/// A kind that keeps so many pods of one template.
const fn replicated(scale: &'static str, kind: Knowledge) -> Knowledge {
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
            scale,
        },
        ..kind
    }
}
