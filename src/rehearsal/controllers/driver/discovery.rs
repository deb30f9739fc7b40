//! What a server serves, from its aggregated discovery and from the definitions of custom resources.
//! Must never know what the resources are for.

use super::super::read::{holds, items, text};
use super::super::resource::{DEFINITIONS, NAMESPACES, NODES, Resource, STORAGE_CLASSES, VOLUMES};
use super::exchange::read;
use crate::json::Value;
use http::{Method, Request, header};
use kube::Client;
use kube::client::Body;

/// How discovery is asked for.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// What is cluster-wide and of the server's own, and yet worth watching.
const CLUSTER_WIDE: &[&str] = &[NODES, NAMESPACES, VOLUMES, STORAGE_CLASSES, DEFINITIONS];

/// Groups whose objects neither own nor are owned, nor live in a namespace that is deleted by name.
const LEFT_OUT: &[&str] = &[
    "admissionregistration.k8s.io",
    "apiregistration.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "certificates.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "node.k8s.io",
    "scheduling.k8s.io",
    "storagemigration.k8s.io",
];

/// The resources worth watching, each in the version that the server prefers, and whether the server is in this process; nothing if
/// it does not answer.
pub(super) async fn discover(client: &Client) -> Option<(Vec<Resource>, bool)> {
    let (mut found, mut here) = (Vec::new(), false);
    for path in ["/api", "/apis"] {
        let request = Request::builder()
            .method(Method::GET)
            .uri(path)
            .header(header::ACCEPT, AGGREGATED)
            .body(Body::empty());
        let groups = read(client, request.ok()).await.ok()?;
        here = groups.here;
        items(&groups.value["items"]).iter().for_each(|group| of_group(group, &mut found));
    }
    Some((found, here))
}

fn of_group(group: &Value, found: &mut Vec<Resource>) {
    let name = text(&group["metadata"]["name"]);
    let mut seen: Vec<&str> = Vec::new();
    for version in items(&group["versions"]) {
        for resource in items(&version["resources"]) {
            let plural = text(&resource["resource"]);
            let can = |verb: &str| items(&resource["verbs"]).iter().any(|there| there == verb);
            let events = plural == "events" && !name.is_empty();
            let wanted = can("list") && can("watch") && !events && !LEFT_OUT.contains(&name);
            if wanted && !seen.contains(&plural) {
                seen.push(plural);
                let kind = text(&resource["responseKind"]["kind"]);
                let called = [name, text(&version["version"]), plural, kind];
                let resource = Resource::new(called, resource["scope"] == "Namespaced");
                let own = !name.contains('.') || name.ends_with(".k8s.io");
                if resource.namespaced || !own || CLUSTER_WIDE.contains(&resource.id().as_str()) {
                    found.push(resource);
                }
            }
        }
    }
}

/// The resource that a definition makes, once it is established; in its stored version.
pub(super) fn defined(definition: &Value) -> Option<Resource> {
    let (spec, names) = (&definition["spec"], &definition["status"]["acceptedNames"]);
    if !holds(&definition["status"], "Established") {
        return None;
    }
    let served = items(&spec["versions"]).iter().filter(|version| version["served"] == true);
    let version = served.clone().find(|version| version["storage"] == true).or(served.clone().next())?;
    let called = [&spec["group"], &version["name"], &names["plural"], &names["kind"]].map(text);
    Some(Resource::new(called, spec["scope"] == "Namespaced"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn a_group_is_served_in_its_first_version_that_has_the_resource() {
        let verbs = json!(["get", "list", "watch"]);
        let group = json!({ "metadata": { "name": "autoscaling" }, "versions": [
            { "version": "v2", "resources": [
                { "resource": "horizontalpodautoscalers", "responseKind": { "kind": "HorizontalPodAutoscaler" }, "scope": "Namespaced", "verbs": verbs },
                { "resource": "reviews", "responseKind": { "kind": "Review" }, "scope": "Namespaced", "verbs": ["create"] },
            ] },
            { "version": "v1", "resources": [
                { "resource": "horizontalpodautoscalers", "responseKind": { "kind": "HorizontalPodAutoscaler" }, "scope": "Namespaced", "verbs": verbs },
            ] },
        ] });
        let mut found = Vec::new();
        of_group(&group, &mut found);
        assert_eq!(
            found.iter().map(|resource| resource.path("", "", "")).collect::<Vec<_>>(),
            ["/apis/autoscaling/v2/horizontalpodautoscalers"]
        );
    }

    #[test]
    fn a_definition_serves_once_it_is_established() {
        let mut definition = json!({ "spec": { "group": "example.org", "scope": "Namespaced",
            "versions": [{ "name": "v2", "served": true }, { "name": "v1", "served": true, "storage": true }] },
            "status": { "acceptedNames": { "plural": "widgets", "kind": "Widget" } } });
        assert_eq!(defined(&definition), None);
        definition["status"]["conditions"] = json!([{ "type": "Established", "status": "True" }]);
        assert_eq!(
            defined(&definition).map(|resource| resource.path("ns", "", "")).as_deref(),
            Some("/apis/example.org/v1/namespaces/ns/widgets")
        );
    }
}
