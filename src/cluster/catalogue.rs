//! What the server serves, as it told in its discovery documents, and how a user's word is looked up in it.
//! Never asks the server anything.

use super::resource::{KindName, Resource};

/// Groups of the API server's own that have a dot in their name; a word may mean them before any custom kind.
const BUILT_IN: [&str; 18] = [
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// Everything served, in the server's order: within a group the preferred version first.
#[derive(Debug, Default, Clone)]
pub(super) struct Catalogue {
    pub resources: Vec<Resource>,
    /// Group versions whose aggregated server does not answer, so that their resources are unknown.
    pub stale: Vec<String>,
}

/// What looking up a word came to.
#[derive(Debug, PartialEq)]
pub(super) enum Lookup {
    Found(Resource),
    /// Several groups serve it; their full names.
    Ambiguous(Vec<String>),
    /// Nobody serves it; [`Catalogue::help`] may know more.
    Missing,
}

impl Catalogue {
    /// Looks a word up. Kind, plural and singular come before short names, the core group before other
    /// built-in groups, those before custom kinds; two custom groups are ambiguous.
    pub fn look_up(&self, name: &KindName) -> Lookup {
        let (word, version, group) = parts(name);
        let fits = |resource: &&Resource| {
            group.is_none_or(|group| resource.group.eq_ignore_ascii_case(group))
                && version.is_none_or(|version| resource.version.eq_ignore_ascii_case(version))
                && name.api_version.as_ref().is_none_or(|wanted| resource.is_of(wanted))
        };
        let is = |known: &String| known.eq_ignore_ascii_case(word);
        let full =
            |resource: &&Resource| is(&resource.kind) || is(&resource.plural) || is(&resource.singular);
        let short = |resource: &&Resource| resource.short_names.iter().any(is);
        let mut found: Vec<&Resource> = self.resources.iter().filter(fits).filter(full).collect();
        if found.is_empty() {
            found = self.resources.iter().filter(fits).filter(short).collect();
        }
        // The server's order puts the preferred version of a group first.
        let mut groups: Vec<&Resource> = Vec::new();
        for resource in found {
            if !groups.iter().any(|known| known.group == resource.group) {
                groups.push(resource);
            }
        }
        let best = groups.iter().map(|resource| rank(&resource.group)).min();
        groups.retain(|resource| Some(rank(&resource.group)) == best);
        match groups.as_slice() {
            [] => Lookup::Missing,
            [one] => Lookup::Found((*one).clone()),
            several => Lookup::Ambiguous(several.iter().map(|resource| resource.full_name()).collect()),
        }
    }

    /// The resource of a kind in the version that is meant, or in another one.
    pub fn serving(&self, api_version: &str, kind: &str) -> Option<&Resource> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let known = self.resources.iter().filter(|resource| resource.kind == kind && resource.group == group);
        known.min_by_key(|resource| !resource.is_of(api_version))
    }

    /// Names that come near one that nobody serves: the same kind elsewhere, else similar words; and who could not be asked.
    pub fn help(&self, name: &KindName) -> Vec<String> {
        let (word, _, _) = parts(name);
        let elsewhere = |resource: &&Resource| {
            [&resource.kind, &resource.plural, &resource.singular]
                .iter()
                .any(|n| n.eq_ignore_ascii_case(word))
        };
        let mut help: Vec<String> = match name.api_version.is_some() || name.word.contains('.') {
            true => self.resources.iter().filter(elsewhere).map(Resource::to_string).collect(),
            false => Vec::new(),
        };
        if help.is_empty() {
            help = self.similar(word);
        }
        help.dedup();
        help.truncate(3);
        help.extend(
            self.stale
                .iter()
                .map(|version| format!("({version} is served by a server that does not answer)")),
        );
        help
    }

    fn similar(&self, word: &str) -> Vec<String> {
        let word = word.to_lowercase();
        let likeness = |resource: &Resource| {
            let names = [&resource.kind, &resource.plural, &resource.singular].into_iter();
            let likeness = |known: &String| strsim::jaro_winkler(&known.to_lowercase(), &word);
            names.chain(&resource.short_names).map(likeness).fold(0.0, f64::max)
        };
        let mut near: Vec<(f64, &str)> = Vec::new();
        for resource in &self.resources {
            let likeness = likeness(resource);
            if likeness > 0.8 && !near.iter().any(|(_, kind)| *kind == resource.kind) {
                near.push((likeness, &resource.kind));
            }
        }
        near.sort_by(|a, b| b.0.total_cmp(&a.0));
        near.into_iter().map(|(_, kind)| kind.to_owned()).collect()
    }
}

/// The word, and the version and group that are written behind it.
fn parts(name: &KindName) -> (&str, Option<&str>, Option<&str>) {
    match &name.api_version {
        Some(_) => (name.word.as_str(), None, None),
        None => split(&name.word),
    }
}

/// `deployments.v1.apps` → word, version, group; the last two are optional.
fn split(word: &str) -> (&str, Option<&str>, Option<&str>) {
    let Some((word, rest)) = word.split_once('.') else { return (word, None, None) };
    let (first, group) = rest.split_once('.').unwrap_or((rest, ""));
    let digits = first.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    match digits && first.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        true => (word, Some(first), Some(group)),
        false => (word, None, Some(rest)),
    }
}

/// Which of several groups a bare word means: the lowest.
fn rank(group: &str) -> u8 {
    match group {
        "" => 0,
        _ if !group.contains('.') || BUILT_IN.contains(&group) => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::Content;
    use super::*;
    use crate::json::{Value, json};

    fn entry(plural: &str, kind: &str, short: &[&str]) -> Value {
        json!({
            "resource": plural, "responseKind": {"group": "", "version": "", "kind": kind}, "scope": "Namespaced",
            "singularResource": kind.to_lowercase(), "shortNames": short, "verbs": ["get", "list"],
            "subresources": [{"subresource": "scale"}],
        })
    }

    fn group(name: &str, versions: &[(&str, Vec<Value>)]) -> Value {
        let version = |(version, resources): &(&str, Vec<Value>)| json!({"version": version, "freshness": "Current", "resources": resources});
        json!({"metadata": {"name": name}, "versions": versions.iter().map(version).collect::<Vec<_>>()})
    }

    fn catalogue() -> Catalogue {
        let document = json!({
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": [
                {"metadata": {}, "versions": [{"version": "v1", "resources": [
                    entry("pods", "Pod", &["po"]), entry("services", "Service", &["svc"]),
                    entry("events", "Event", &["ev"]),
                ]}]},
                group("apps", &[("v1", vec![entry("deployments", "Deployment", &["deploy"])])]),
                group("events.k8s.io", &[("v1", vec![entry("events", "Event", &["ev"])])]),
                group("serving.knative.dev", &[("v1", vec![entry("services", "Service", &["ksvc"])])]),
                group("networking.istio.io", &[("v1", vec![entry("gateways", "Gateway", &["gw"])])]),
                group("gateway.networking.k8s.io", &[("v1", vec![entry("gateways", "Gateway", &["gtw"])])]),
                group("machinelearning.seldon.io", &[
                    ("v1", vec![entry("seldondeployments", "SeldonDeployment", &["sdep"])]),
                    ("v1alpha3", vec![entry("seldondeployments", "SeldonDeployment", &["sdep"])]),
                ]),
                {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1beta1", "freshness": "Stale"}]},
            ],
        });
        let (mut catalogue, mut same) = (Catalogue::default(), Catalogue::default());
        catalogue.add_aggregated(&Content::Bytes(document.to_string().into_bytes())).unwrap();
        same.add_aggregated(&Content::Value(document)).unwrap();
        assert_eq!((&catalogue.resources, &catalogue.stale), (&same.resources, &same.stale));
        catalogue
    }

    fn look_up(word: &str, api_version: Option<&str>) -> Lookup {
        let name = KindName { word: word.into(), api_version: api_version.map(str::to_owned) };
        catalogue().look_up(&name)
    }

    fn found(word: &str, api_version: Option<&str>) -> String {
        match look_up(word, api_version) {
            Lookup::Found(resource) => resource.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn words_are_found_as_users_write_them() {
        for word in ["SeldonDeployment", "seldondeployments", "seldondeployment", "SDEP", "sdep"] {
            assert_eq!(found(word, None), "machinelearning.seldon.io/v1 SeldonDeployment");
        }
        assert_eq!(found("Deployment.apps", None), "apps/v1 Deployment");
        assert_eq!(found("deployments.v1.apps", None), "apps/v1 Deployment");
        assert_eq!(
            found("sdep.v1alpha3.machinelearning.seldon.io", None),
            "machinelearning.seldon.io/v1alpha3 SeldonDeployment"
        );
        assert_eq!(
            found("SeldonDeployment", Some("machinelearning.seldon.io/v1alpha3")),
            "machinelearning.seldon.io/v1alpha3 SeldonDeployment"
        );
        assert_eq!(found("pods.v1.", None), "v1 Pod");
    }

    #[test]
    fn the_core_group_comes_first_and_two_custom_groups_are_ambiguous() {
        assert_eq!(found("Service", None), "v1 Service");
        assert_eq!(found("ev", None), "v1 Event");
        assert_eq!(found("Service.serving.knative.dev", None), "serving.knative.dev/v1 Service");
        let expected =
            ["gateways.networking.istio.io", "gateways.gateway.networking.k8s.io"].map(str::to_owned);
        assert_eq!(look_up("gateway", None), Lookup::Ambiguous(expected.to_vec()));
        assert_eq!(found("gw", None), "networking.istio.io/v1 Gateway");
    }

    #[test]
    fn what_is_missing_comes_with_help() {
        let stale = "(metrics.k8s.io/v1beta1 is served by a server that does not answer)".to_owned();
        let help = |word, api_version| match look_up(word, api_version) {
            Lookup::Missing => {
                catalogue().help(&KindName { word: word.into(), api_version: api_version.map(str::to_owned) })
            }
            other => vec![format!("{other:?}")],
        };
        assert_eq!(help("SeldonDeploymnet", None), ["SeldonDeployment".to_owned(), stale.clone()]);
        let elsewhere = help("Deployment", Some("extensions/v1beta1"));
        assert_eq!(elsewhere, ["apps/v1 Deployment".to_owned(), stale.clone()]);
        assert_eq!(help("xyzzy", None), [stale]);
    }
}
