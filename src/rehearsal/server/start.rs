//! What a cluster has from its first moment.
//! It must never do what a controller does.

use crate::json::{Value, json};

use super::state::State;
use super::{effects, meta};

/// Makes what a cluster has from its first moment.
pub fn furnish(state: &mut State) {
    for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
        let object = json!({
            "kind": "Namespace", "apiVersion": "v1",
            "metadata": { "name": name, "labels": { "kubernetes.io/metadata.name": name } },
            "spec": { "finalizers": ["kubernetes"] }, "status": { "phase": "Active" },
        });
        keep(state, "", "v1", "namespaces", object);
    }
    for (name, value, description) in [
        (
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
        ),
        (
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node.",
        ),
    ] {
        let object = json!({
            "kind": "PriorityClass", "apiVersion": "scheduling.k8s.io/v1", "metadata": { "name": name, "generation": 1 },
            "value": value, "description": description, "preemptionPolicy": "PreemptLowerPriority",
        });
        keep(state, "scheduling.k8s.io", "v1", "priorityclasses", object);
    }
    let service = json!({
        "kind": "Service", "apiVersion": "v1",
        "metadata": { "name": "kubernetes", "namespace": "default",
            "labels": { "component": "apiserver", "provider": "kubernetes" } },
        "spec": {
            "ports": [{ "name": "https", "protocol": "TCP", "port": 443, "targetPort": 6443 }],
            "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"], "type": "ClusterIP", "sessionAffinity": "None",
            "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
        },
        "status": { "loadBalancer": {} },
    });
    keep(state, "", "v1", "services", service);
    for (name, rules, subject) in roles() {
        let labels = json!({ "kubernetes.io/bootstrapping": "rbac-defaults" });
        let about = json!({ "name": name, "labels": labels, "annotations": { "rbac.authorization.kubernetes.io/autoupdate": "true" } });
        let role = json!({ "kind": "ClusterRole", "apiVersion": "rbac.authorization.k8s.io/v1", "metadata": about, "rules": rules });
        keep(state, "rbac.authorization.k8s.io", "v1", "clusterroles", role);
        let binding = json!({
            "kind": "ClusterRoleBinding", "apiVersion": "rbac.authorization.k8s.io/v1", "metadata": about,
            "subjects": [{ "kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": subject }],
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name },
        });
        keep(state, "rbac.authorization.k8s.io", "v1", "clusterrolebindings", binding);
    }
}

/// The roles that everybody's rights come from: name, rules, and the group that has it.
fn roles() -> [(&'static str, Value, &'static str); 4] {
    let everything = json!([
        { "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] },
        { "verbs": ["*"], "nonResourceURLs": ["*"] },
    ]);
    let reviews = json!([
        { "verbs": ["create"], "apiGroups": ["authorization.k8s.io"],
          "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"] },
        { "verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"] },
    ]);
    let looks = json!([{ "verbs": ["get"], "nonResourceURLs": [
        "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version",
        "/version/",
    ] }]);
    let public = json!([{ "verbs": ["get"], "nonResourceURLs": [
        "/healthz", "/livez", "/readyz", "/version", "/version/",
    ] }]);
    [
        ("cluster-admin", everything, "system:masters"),
        ("system:basic-user", reviews, "system:authenticated"),
        ("system:public-info-viewer", public, "system:authenticated"),
        ("system:discovery", looks, "system:authenticated"),
    ]
}

fn keep(state: &mut State, group: &str, version: &str, plural: &str, mut object: Value) {
    let Some(resource) = state.catalogue.find(group, version, plural).cloned() else { return };
    let (uid, now) = (state.random.uid(), state.clock.seconds());
    meta::edit(&mut object, |meta| {
        meta.insert("uid".into(), uid.into());
        meta.insert("creationTimestamp".into(), now.into());
    });
    meta::tidy(&mut object);
    let stored = state.store.put(&resource, object);
    effects::written(state, &resource, &stored, None);
}
