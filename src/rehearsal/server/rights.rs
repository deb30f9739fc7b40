//! Who may do what: the rules of roles, bound to users and groups, as RBAC has them.
//! It must never know what a request would do.

use crate::json::{Value, json};

use super::refusal::{Refusal, details, quote};
use super::resource::Shelf;
use super::state::State;
use super::user::User;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Something that may be allowed or not.
#[derive(Clone, Debug)]
pub enum Deed<'a> {
    /// Something with objects.
    Objects {
        /// `get`, `list`, …
        verb: &'a str,
        /// Empty for the core group.
        group: &'a str,
        /// `pods`
        plural: &'a str,
        /// `status`; mostly empty.
        subresource: &'a str,
        /// Empty for all, and for kinds without.
        namespace: &'a str,
        /// Empty for a collection.
        name: &'a str,
    },
    /// Something with a path.
    Path {
        /// The HTTP method in small letters.
        verb: &'a str,
        /// `/metrics`
        path: &'a str,
    },
}

/// Whether a user may.
pub fn allowed(state: &State, user: &User, deed: &Deed<'_>) -> bool {
    user.is_master() || why(state, user, deed).is_some()
}

/// The rule that lets a user do something, in the server's words.
pub fn why(state: &State, user: &User, deed: &Deed<'_>) -> Option<String> {
    grants(state, user, namespace(deed))
        .into_iter()
        .find(|grant| allows(&grant.rule, deed))
        .map(|grant| grant.why)
}

fn namespace<'a>(deed: &Deed<'a>) -> &'a str {
    match deed {
        Deed::Objects { namespace, .. } => namespace,
        Deed::Path { .. } => "",
    }
}

/// 403 in the server's words.
pub fn refusal(user: &User, deed: &Deed<'_>) -> Refusal {
    let who = quote(&user.name);
    match deed {
        Deed::Path { verb, path } => {
            let message = format!("forbidden: User {who} cannot {verb} path {}", quote(path));
            let mut refusal = Refusal::new(403, "Forbidden", message);
            refusal.details = json!({});
            refusal
        }
        Deed::Objects { verb, group, plural, subresource, namespace, name } => {
            let full = if group.is_empty() { (*plural).to_owned() } else { format!("{plural}.{group}") };
            let named = if name.is_empty() { full } else { format!("{full} {}", quote(name)) };
            let what =
                if subresource.is_empty() { (*plural).to_owned() } else { format!("{plural}/{subresource}") };
            let place = match *namespace {
                "" => "at the cluster scope".to_owned(),
                namespace => format!("in the namespace {}", quote(namespace)),
            };
            let message = format!(
                "{named} is forbidden: User {who} cannot {verb} resource {} in API group {} {place}",
                quote(&what),
                quote(group)
            );
            let mut refusal = Refusal::new(403, "Forbidden", message);
            refusal.details = details(name, group, plural);
            refusal
        }
    }
}

/// All rules that hold for a user, in a namespace (if it is one) and everywhere.
pub fn rules(state: &State, user: &User, namespace: &str) -> Vec<Value> {
    grants(state, user, namespace).into_iter().map(|grant| grant.rule).collect()
}

/// A rule that holds for a user, and by which binding.
struct Grant {
    rule: Value,
    why: String,
}

fn grants(state: &State, user: &User, namespace: &str) -> Vec<Grant> {
    let mut grants = Vec::new();
    let list = |plural: &str, namespace: &str| -> Vec<Value> {
        let shelf = Shelf { group: GROUP.into(), plural: plural.into() };
        state.store.list(&shelf, namespace).map(|stored| stored.value.clone()).collect()
    };
    let mut bindings = list("clusterrolebindings", "");
    if !namespace.is_empty() {
        bindings.extend(list("rolebindings", namespace));
    }
    let groups = user.all_groups();
    for binding in &bindings {
        let Some(subject) = subject(binding, user, &groups) else { continue };
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let (role, meta) = (&binding["roleRef"], &binding["metadata"]);
        let (kind, name) = (text(role, "kind"), text(role, "name"));
        let place = text(meta, "namespace");
        let found = match kind.as_str() {
            "ClusterRole" => state.find(GROUP, "clusterroles", "", &name),
            _ => state.find(GROUP, "roles", &place, &name),
        };
        let bound = match place.as_str() {
            "" => quote(&text(meta, "name")),
            place => quote(&format!("{}/{place}", text(meta, "name"))),
        };
        let who = match subject["kind"].as_str() {
            Some("ServiceAccount") => {
                quote(&format!("{}/{}", text(subject, "name"), text(subject, "namespace")))
            }
            _ => quote(&text(subject, "name")),
        };
        let why = format!(
            "RBAC: allowed by {} {bound} of {kind} {} to {} {who}",
            text(binding, "kind"),
            quote(&name),
            text(subject, "kind")
        );
        if let Some(Value::Array(rules)) = found.map(|mut role| role["rules"].take()) {
            grants.extend(rules.into_iter().map(|rule| Grant { rule, why: why.clone() }));
        }
    }
    grants
}

/// The subject of a binding that a user is.
fn subject<'a>(binding: &'a Value, user: &User, groups: &[String]) -> Option<&'a Value> {
    binding["subjects"].as_array().into_iter().flatten().find(|subject| {
        let name = subject["name"].as_str().unwrap_or_default();
        match subject["kind"].as_str() {
            Some("User") => name == user.name,
            Some("Group") => groups.iter().any(|group| group == name),
            Some("ServiceAccount") => {
                let namespace = subject["namespace"].as_str().unwrap_or_default();
                user.name == format!("system:serviceaccount:{namespace}:{name}")
            }
            _ => false,
        }
    })
}

fn allows(rule: &Value, deed: &Deed<'_>) -> bool {
    let has = |key: &str, wanted: &str| {
        let list = rule[key].as_array().into_iter().flatten().filter_map(Value::as_str);
        list.into_iter().any(|item| item == "*" || item == wanted)
    };
    match deed {
        Deed::Path { verb, path } => {
            let urls = rule["nonResourceURLs"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let matches = |url: &str| match url.strip_suffix('*') {
                Some(start) => path.starts_with(start),
                None => url == *path,
            };
            has("verbs", verb) && urls.into_iter().any(matches)
        }
        Deed::Objects { verb, group, plural, subresource, name, .. } => {
            let of_resource = match *subresource {
                "" => has("resources", plural),
                below => {
                    has("resources", &format!("{plural}/{below}")) || has("resources", &format!("*/{below}"))
                }
            };
            let names = rule["resourceNames"].as_array().map(Vec::as_slice).unwrap_or_default();
            has("verbs", verb)
                && has("apiGroups", group)
                && of_resource
                && (names.is_empty() || names.iter().any(|known| known == *name))
        }
    }
}
