//! Resources of the API: how they are called and where they are found.
//! Must never know what their objects mean.

use crate::json::Text;
use std::fmt::Write as _;

/// `pods`
pub(crate) const PODS: &str = "pods";
/// `nodes`
pub(crate) const NODES: &str = "nodes";
/// `namespaces`
pub(crate) const NAMESPACES: &str = "namespaces";
/// `services`
pub(crate) const SERVICES: &str = "services";
/// `endpoints`
pub(crate) const ENDPOINTS: &str = "endpoints";
/// `endpointslices.discovery.k8s.io`
pub(crate) const ENDPOINT_SLICES: &str = "endpointslices.discovery.k8s.io";
/// `serviceaccounts`
pub(crate) const SERVICE_ACCOUNTS: &str = "serviceaccounts";
/// `configmaps`
pub(crate) const CONFIG_MAPS: &str = "configmaps";
/// `resourcequotas`
pub(crate) const RESOURCE_QUOTAS: &str = "resourcequotas";
/// `persistentvolumeclaims`
pub(crate) const CLAIMS: &str = "persistentvolumeclaims";
/// `persistentvolumes`
pub(crate) const VOLUMES: &str = "persistentvolumes";
/// `storageclasses.storage.k8s.io`
pub(crate) const STORAGE_CLASSES: &str = "storageclasses.storage.k8s.io";
/// `deployments.apps`
pub(crate) const DEPLOYMENTS: &str = "deployments.apps";
/// `replicasets.apps`
pub(crate) const REPLICA_SETS: &str = "replicasets.apps";
/// `replicationcontrollers`
pub(crate) const REPLICATION_CONTROLLERS: &str = "replicationcontrollers";
/// `statefulsets.apps`
pub(crate) const STATEFUL_SETS: &str = "statefulsets.apps";
/// `daemonsets.apps`
pub(crate) const DAEMON_SETS: &str = "daemonsets.apps";
/// `controllerrevisions.apps`
pub(crate) const REVISIONS: &str = "controllerrevisions.apps";
/// `jobs.batch`
pub(crate) const JOBS: &str = "jobs.batch";
/// `cronjobs.batch`
pub(crate) const CRON_JOBS: &str = "cronjobs.batch";
/// `horizontalpodautoscalers.autoscaling`
pub(crate) const AUTOSCALERS: &str = "horizontalpodautoscalers.autoscaling";
/// `poddisruptionbudgets.policy`
pub(crate) const BUDGETS: &str = "poddisruptionbudgets.policy";
/// `customresourcedefinitions.apiextensions.k8s.io`
pub(crate) const DEFINITIONS: &str = "customresourcedefinitions.apiextensions.k8s.io";
/// `seldondeployments.machinelearning.seldon.io`
pub(crate) const SELDON_DEPLOYMENTS: &str = "seldondeployments.machinelearning.seldon.io";

/// A resource as discovery tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    /// The group; empty for the core group.
    pub group: String,
    /// The version it is read and written in.
    pub version: String,
    /// The plural name, `deployments`.
    pub plural: String,
    /// The kind of its objects.
    pub kind: String,
    /// Whether its objects have a namespace.
    pub namespaced: bool,
    id: Text,
}

impl Resource {
    /// A resource by its group, version, plural name and kind.
    pub fn new([group, version, plural, kind]: [&str; 4], namespaced: bool) -> Resource {
        let id = match group {
            "" => plural.into(),
            group => format!("{plural}.{group}").into(),
        };
        let (group, version) = (group.to_owned(), version.to_owned());
        Resource { group, version, plural: plural.to_owned(), kind: kind.to_owned(), namespaced, id }
    }

    /// `deployments.apps`, and `pods` in the core group: how the controllers speak of it, whatever its version.
    pub fn id(&self) -> &Text {
        &self.id
    }

    /// `apps/v1`, and `v1` in the core group.
    pub fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// The path of the collection (`name` empty), of an object, or of its subresource.
    pub fn path(&self, namespace: &str, name: &str, subresource: &str) -> String {
        let mut path = match self.group.as_str() {
            "" => format!("/api/{}", self.version),
            group => format!("/apis/{group}/{}", self.version),
        };
        if self.namespaced && !namespace.is_empty() {
            let _ = write!(path, "/namespaces/{namespace}");
        }
        for part in [self.plural.as_str(), name, subresource].iter().filter(|part| !part.is_empty()) {
            path.push('/');
            path.push_str(part);
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_the_collection_the_object_or_its_part() {
        let resource =
            |group: &str, plural: &str, namespaced| Resource::new([group, "v1", plural, "Any"], namespaced);
        let pods = resource("", "pods", true);
        assert_eq!((pods.id().as_str(), pods.api_version()), ("pods", "v1".into()));
        assert_eq!(pods.path("", "", ""), "/api/v1/pods");
        assert_eq!(pods.path("ns", "a", "status"), "/api/v1/namespaces/ns/pods/a/status");
        let deployments = resource("apps", "deployments", true);
        assert_eq!(
            (deployments.id().as_str(), deployments.api_version()),
            ("deployments.apps", "apps/v1".into())
        );
        assert_eq!(deployments.path("ns", "", ""), "/apis/apps/v1/namespaces/ns/deployments");
        assert_eq!(resource("", "nodes", false).path("", "n", ""), "/api/v1/nodes/n");
    }
}
