//! What there is: groups, versions and kinds, aggregated in one document or one by one.
//! It must never know an object.

use crate::json::{Value, json};

use super::resource::{Catalogue, Resource, api_version};

/// Whether the aggregated form is wanted, of `apidiscovery.k8s.io/v2`.
pub fn wants_aggregated(accept: &str) -> bool {
    accept.split(',').any(|clause| {
        let has = |word: &str| clause.split(';').any(|part| part.trim() == word);
        has("application/json")
            && has("g=apidiscovery.k8s.io")
            && has("v=v2")
            && has("as=APIGroupDiscoveryList")
    })
}

/// `GET /api` and `GET /apis`, aggregated.
pub fn aggregated(catalogue: &Catalogue, core: bool) -> Value {
    catalogue.told(core, || groups_told(catalogue, core))
}

fn groups_told(catalogue: &Catalogue, core: bool) -> Value {
    let groups = catalogue.groups().into_iter().filter(|group| group.is_empty() == core);
    let items: Vec<Value> = groups
        .map(|group| {
            let versions: Vec<Value> = catalogue
                .versions(group)
                .into_iter()
                .map(|version| {
                    let resources: Vec<Value> =
                        catalogue.resources(group, version).map(|resource| described(resource)).collect();
                    json!({ "version": version, "resources": resources, "freshness": "Current" })
                })
                .collect();
            let metadata = if group.is_empty() { json!({}) } else { json!({ "name": group }) };
            json!({ "metadata": metadata, "versions": versions })
        })
        .collect();
    json!({ "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items })
}

fn described(resource: &Resource) -> Value {
    // Kinds of the server's own leave out group and version, which are those of the place.
    let kind =
        |group: &str, version: &str, kind: &str| json!({ "group": group, "version": version, "kind": kind });
    let own = match resource.custom {
        Some(_) => kind(&resource.group, &resource.version, &resource.kind),
        None => kind("", "", &resource.kind),
    };
    let mut told = json!({
        "resource": resource.plural,
        "responseKind": own,
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": resource.verbs,
    });
    if !resource.short_names.is_empty() {
        told["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        told["categories"] = json!(resource.categories);
    }
    if !resource.subresources.is_empty() {
        let below = resource.subresources.iter().map(|below| {
            let (group, version, name) = &below.kind;
            json!({ "subresource": below.name, "responseKind": kind(group, version, name), "verbs": below.verbs })
        });
        told["subresources"] = below.collect();
    }
    told
}

/// `GET /api`.
pub fn core_versions() -> Value {
    json!({
        "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:6443" }],
    })
}

/// `GET /apis`.
pub fn groups(catalogue: &Catalogue) -> Value {
    let groups: Vec<Value> = catalogue
        .groups()
        .into_iter()
        .filter(|group| !group.is_empty())
        .filter_map(|name| described_group(catalogue, name))
        .collect();
    json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })
}

/// `GET /apis/GROUP`; `None` if there is none.
pub fn group(catalogue: &Catalogue, name: &str) -> Option<Value> {
    let mut told = json!({ "kind": "APIGroup", "apiVersion": "v1" });
    let group = described_group(catalogue, name)?;
    if let (Some(told), Value::Object(group)) = (told.as_object_mut(), group) {
        told.extend(group);
    }
    Some(told)
}

fn described_group(catalogue: &Catalogue, name: &str) -> Option<Value> {
    let versions: Vec<Value> = catalogue
        .versions(name)
        .into_iter()
        .map(|version| json!({ "groupVersion": api_version(name, version), "version": version }))
        .collect();
    let preferred = versions.first().filter(|_| !name.is_empty())?.clone();
    Some(json!({ "name": name, "versions": versions, "preferredVersion": preferred }))
}

/// `GET /api/v1` and `GET /apis/GROUP/VERSION`; `None` if there is none.
pub fn kinds(catalogue: &Catalogue, group: &str, version: &str) -> Option<Value> {
    let mut listed: Vec<Value> = Vec::new();
    for resource in catalogue.resources(group, version) {
        let mut told = json!({
            "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
            "kind": resource.kind, "verbs": resource.verbs,
        });
        if !resource.short_names.is_empty() {
            told["shortNames"] = json!(resource.short_names);
        }
        if !resource.categories.is_empty() {
            told["categories"] = json!(resource.categories);
        }
        if resource.can("list") && resource.can("create") {
            told["storageVersionHash"] = hash(resource).into();
        }
        listed.push(told);
        for below in &resource.subresources {
            let mut told = json!({
                "name": format!("{}/{}", resource.plural, below.name), "singularName": "",
                "namespaced": resource.namespaced,
            });
            let (group, version, kind) = &below.kind;
            if !version.is_empty() && (*group != resource.group || *version != resource.version) {
                told["group"] = group.as_str().into();
                told["version"] = version.as_str().into();
            }
            told["kind"] = kind.as_str().into();
            told["verbs"] = json!(below.verbs);
            listed.push(told);
        }
    }
    let version = api_version(group, version);
    let list = json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": listed });
    list["resources"].as_array().is_some_and(|list| !list.is_empty()).then_some(list)
}

/// Something that changes when the stored version does, of the form that a real server's hash has.
fn hash(resource: &Resource) -> String {
    use base64::Engine;
    let text = format!("{}/{}/{}", resource.group, resource.stored, resource.kind);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    base64::engine::general_purpose::STANDARD.encode(hash.to_be_bytes())
}

/// `GET /version`.
pub fn version() -> Value {
    json!({
        "major": "1", "minor": "37", "emulationMajor": "1", "emulationMinor": "37",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "36",
        "gitVersion": "v1.37.2", "gitCommit": "", "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "none", "compiler": "none", "platform": "linux/amd64",
    })
}
