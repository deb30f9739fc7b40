//! The server's discovery documents, aggregated (two for everything) and old (one for each group version).
//! Decoded sparingly: they are long, and most of it is never looked at. Never asks the server anything.

use std::borrow::Cow;

use serde::Deserialize;

use super::catalogue::Catalogue;
use super::resource::{Resource, Served};
use super::wire::Content;

impl Catalogue {
    /// Adds what an aggregated discovery document tells (`apidiscovery.k8s.io/v2` or `v2beta1`).
    /// `None` if it is no such document.
    pub fn add_aggregated(&mut self, document: &Content) -> Option<()> {
        let document: Aggregated<'_> = match document {
            Content::Bytes(json) => serde_json::from_slice(json).ok()?,
            Content::Value(value) => value.read().ok()?,
        };
        (document.kind == "APIGroupDiscoveryList").then_some(())?;
        for group in document.items {
            for version in group.versions {
                let group = group.metadata.name.as_deref().unwrap_or_default();
                if version.freshness.as_deref() == Some("Stale") {
                    self.stale.push(format!("{group}/{}", version.version));
                }
                let made = |entry: AggregatedResource<'_>| entry.made(group, &version.version);
                self.resources.extend(version.resources.into_iter().filter_map(made));
            }
        }
        Some(())
    }

    /// Adds what `/apis/GROUP/VERSION` (an `APIResourceList`) tells. `None` if the bytes are none.
    pub fn add_version(&mut self, group: &str, version: &str, json: &[u8]) -> Option<()> {
        let document: ResourceList = serde_json::from_slice(json).ok()?;
        let (mut resources, mut subresources) = (Vec::new(), Vec::new());
        for entry in document.resources {
            match entry.name.split_once('/') {
                Some((parent, subresource)) => subresources.push((parent.to_owned(), subresource.to_owned())),
                None => resources.push(entry.made(group, version)),
            }
        }
        for (parent, subresource) in subresources {
            let own = resources.iter_mut().find(|resource| resource.plural == parent);
            if let Some(resource) = own {
                resource.subresources.push(subresource);
            }
        }
        self.resources.extend(resources.into_iter().map(Resource::from));
        Some(())
    }
}

/// The group versions that `/api` (`APIVersions`) or `/apis` (`APIGroupList`) names, preferred first.
pub(super) fn group_versions(json: &[u8]) -> Option<Vec<(String, String)>> {
    let document: Groups = serde_json::from_slice(json).ok()?;
    if let Some(versions) = document.versions {
        return Some(versions.into_iter().map(|version| (String::new(), version)).collect());
    }
    let mut all = Vec::new();
    for mut group in document.groups? {
        let preferred = group.preferred_version.map(|preferred| preferred.version);
        group.versions.sort_by_key(|entry| Some(&entry.version) != preferred.as_ref());
        all.extend(group.versions.into_iter().map(|entry| (group.name.clone(), entry.version)));
    }
    Some(all)
}

#[derive(Deserialize)]
struct Aggregated<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    items: Vec<AggregatedGroup<'a>>,
}

#[derive(Deserialize)]
struct AggregatedGroup<'a> {
    #[serde(borrow, default)]
    metadata: GroupMeta<'a>,
    #[serde(borrow, default)]
    versions: Vec<AggregatedVersion<'a>>,
}

#[derive(Deserialize, Default)]
struct GroupMeta<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct AggregatedVersion<'a> {
    #[serde(borrow)]
    version: Cow<'a, str>,
    #[serde(borrow, default)]
    freshness: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    resources: Vec<AggregatedResource<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AggregatedResource<'a> {
    #[serde(borrow)]
    resource: Cow<'a, str>,
    #[serde(borrow, default)]
    response_kind: Option<ResponseKind<'a>>,
    #[serde(borrow, default)]
    scope: Cow<'a, str>,
    #[serde(default)]
    singular_resource: String,
    #[serde(default)]
    short_names: Vec<String>,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(borrow, default)]
    subresources: Vec<AggregatedSubresource<'a>>,
}

#[derive(Deserialize)]
struct ResponseKind<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
struct AggregatedSubresource<'a> {
    #[serde(borrow)]
    subresource: Cow<'a, str>,
}

impl AggregatedResource<'_> {
    /// An entry without a kind only carries subresources and cannot be asked for.
    fn made(self, group: &str, version: &str) -> Option<Resource> {
        Some(Resource::from(Served {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: self.response_kind?.kind.into_owned(),
            plural: self.resource.into_owned(),
            singular: self.singular_resource,
            short_names: self.short_names,
            namespaced: self.scope == "Namespaced",
            verbs: self.verbs,
            subresources: self.subresources.into_iter().map(|one| one.subresource.into_owned()).collect(),
        }))
    }
}

#[derive(Deserialize)]
struct Groups {
    #[serde(default)]
    versions: Option<Vec<String>>,
    #[serde(default)]
    groups: Option<Vec<Group>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    name: String,
    #[serde(default)]
    versions: Vec<GroupVersion>,
    #[serde(default)]
    preferred_version: Option<GroupVersion>,
}

#[derive(Deserialize)]
struct GroupVersion {
    version: String,
}

#[derive(Deserialize)]
struct ResourceList {
    resources: Vec<ListedResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedResource {
    name: String,
    #[serde(default)]
    singular_name: String,
    #[serde(default)]
    namespaced: bool,
    kind: String,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    short_names: Vec<String>,
}

impl ListedResource {
    fn made(self, group: &str, version: &str) -> Served {
        Served {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: self.kind,
            plural: self.name,
            singular: self.singular_name,
            short_names: self.short_names,
            namespaced: self.namespaced,
            verbs: self.verbs,
            subresources: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::json::json;

    use super::*;

    #[test]
    fn old_servers_tell_the_same_in_more_documents() {
        let apis = json!({"kind": "APIGroupList", "groups": [{"name": "apps", "preferredVersion": {"version": "v1"},
            "versions": [{"version": "v1beta1"}, {"version": "v1"}]}]});
        let expected = [("apps".to_owned(), "v1".to_owned()), ("apps".to_owned(), "v1beta1".to_owned())];
        assert_eq!(group_versions(apis.to_string().as_bytes()).unwrap(), expected);
        let api = json!({"kind": "APIVersions", "versions": ["v1"]});
        assert_eq!(group_versions(api.to_string().as_bytes()).unwrap(), [(String::new(), "v1".to_owned())]);
        let list = json!({"kind": "APIResourceList", "resources": [
            {"name": "deployments", "singularName": "", "namespaced": true, "kind": "Deployment", "verbs": ["get"],
                "shortNames": ["deploy"]},
            {"name": "deployments/scale", "namespaced": true, "kind": "Scale", "verbs": ["get"]},
        ]});
        let mut catalogue = Catalogue::default();
        catalogue.add_version("apps", "v1", list.to_string().as_bytes()).unwrap();
        assert_eq!(catalogue.resources.len(), 1);
        assert!(catalogue.resources[0].has_subresource("scale"));
        assert!(Catalogue::default().add_aggregated(&Content::Value(apis)).is_none());
        assert!(
            Catalogue::default().add_aggregated(&Content::Bytes(b"404 page not found".to_vec())).is_none()
        );
    }
}
