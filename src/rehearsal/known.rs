//! The definitions of the custom kinds that a rehearsed cluster serves: those known by heart, and those that nobody defined.
//! It must never know what their objects hold; the schemas are those of `kinds`.

use super::server::Server;
use crate::json::{Value, json};
use crate::kinds;
use std::collections::BTreeSet;

/// Marks a definition whose schema is the one that `kinds` knows by heart.
pub const BY_HEART: &str = "seldonplay/schema-known-by-heart";

/// A kind that is known by heart.
struct Known {
    group: &'static str,
    /// The stored version first.
    versions: &'static [&'static str],
    kind: &'static str,
    plural: &'static str,
    short: &'static [&'static str],
    /// Whether it has a scale subresource over `spec.replicas` and `status.replicas`, and the path of its selector.
    scale: Option<Option<&'static str>>,
}

const SELDON: &str = "machinelearning.seldon.io";
const MLOPS: &str = "mlops.seldon.io";

const fn of_mlops(
    kind: &'static str,
    plural: &'static str,
    short: &'static [&'static str],
    scale: Option<Option<&'static str>>,
) -> Known {
    Known { group: MLOPS, versions: &["v1alpha1"], kind, plural, short, scale }
}

/// Seldon Core v1 and v2, as their definitions have them.
const KNOWN: [Known; 8] = [
    Known {
        group: SELDON,
        versions: &["v1", "v1alpha2", "v1alpha3"],
        kind: "SeldonDeployment",
        plural: "seldondeployments",
        short: &["sdep"],
        scale: Some(None),
    },
    of_mlops("Model", "models", &["mlm"], Some(Some(".status.selector"))),
    of_mlops("Server", "servers", &["mls"], Some(Some(".status.selector"))),
    of_mlops("ServerConfig", "serverconfigs", &["mlc"], None),
    of_mlops("Pipeline", "pipelines", &["mlp"], None),
    of_mlops("Experiment", "experiments", &["mlx"], None),
    of_mlops("SeldonRuntime", "seldonruntimes", &[], None),
    of_mlops("SeldonConfig", "seldonconfigs", &[], None),
];

/// Whether objects of a group are brought to life by an operator that is played here.
pub(super) fn is_operated(group: &str) -> bool {
    KNOWN.iter().any(|known| known.group == group)
}

/// The definitions that a server still lacks: of all that is known by heart, and of those of `kinds` (`apiVersion` and `kind`) that
/// it does not serve by itself.
pub(super) fn definitions(server: &Server, kinds: &BTreeSet<(String, String)>) -> Vec<Value> {
    let served =
        |known: &&Known| known.versions.iter().any(|version| server.serves(known.group, version, known.kind));
    let mut definitions: Vec<Value> = KNOWN.iter().filter(|known| !served(known)).map(by_heart).collect();
    for (api_version, kind) in kinds {
        let Some((group, version)) = api_version.split_once('/') else { continue };
        let known = KNOWN.iter().any(|known| known.group == group && known.kind == kind);
        if !known && !server.serves(group, version, kind) {
            definitions.push(guessed(group, version, kind));
        }
    }
    definitions
}

fn by_heart(known: &Known) -> Value {
    let mut subresources = json!({ "status": {} });
    if let Some(selector) = known.scale {
        subresources["scale"] =
            json!({ "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas" });
        if let Some(selector) = selector {
            subresources["scale"]["labelSelectorPath"] = selector.into();
        }
    }
    let mut definition = definition(known.group, known.versions, known.kind, known.plural, &subresources);
    definition["spec"]["names"]["shortNames"] = json!(known.short);
    definition["metadata"]["annotations"] = json!({ BY_HEART: "true" });
    definition
}

/// A kind that nobody defined: namespaced, its objects hold anything.
fn guessed(group: &str, version: &str, kind: &str) -> Value {
    definition(group, &[version], kind, &plural(kind), &json!({ "status": {} }))
}

fn definition(group: &str, versions: &[&str], kind: &str, plural: &str, subresources: &Value) -> Value {
    let version = |name: &&str| {
        json!({
            "name": name,
            "served": true,
            "storage": versions.first() == Some(name),
            "schema": { "openAPIV3Schema": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } },
            "subresources": subresources,
        })
    };
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{plural}.{group}") },
        "spec": {
            "group": group,
            "names": { "kind": kind, "plural": plural, "singular": kind.to_lowercase(), "listKind": format!("{kind}List") },
            "scope": "Namespaced",
            "versions": versions.iter().map(version).collect::<Vec<_>>(),
        },
    })
}

/// The plural of a kind: the one that is known, or the one that a kind usually has (apimachinery's `UnsafeGuessKindToResource`).
pub(super) fn plural(kind: &str) -> String {
    if let Some(known) = kinds::by_name(kind) {
        return known.plural.to_owned();
    }
    let singular = kind.to_lowercase();
    if singular.ends_with("endpoints") {
        return singular;
    }
    match singular.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if singular.ends_with('s') => format!("{singular}es"),
        None => format!("{singular}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_are_guessed_as_kubectl_guesses_them() {
        for (kind, wanted) in
            [("Widget", "widgets"), ("Policy", "policies"), ("Class", "classes"), ("Endpoints", "endpoints")]
        {
            assert_eq!(plural(kind), wanted);
        }
    }
}
