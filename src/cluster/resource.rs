//! What can be named at the door: a served resource, one object of it, and a kind by a user's word.
//! Never knows what a kind means, nor how requests are sent.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::error::Error;

/// A resource as the API server serves it, in one version. A copy is the same piece of memory.
#[derive(Debug, Clone)]
pub struct Resource(Arc<Served>);

/// What is known of a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Served {
    /// API group; empty for the core group.
    pub group: String,
    /// API version without the group, such as `v1`.
    pub version: String,
    /// Such as `Deployment`.
    pub kind: String,
    /// Such as `deployments`: the name in paths.
    pub plural: String,
    /// Such as `deployment`; may be empty on old servers.
    pub singular: String,
    /// Such as `deploy`.
    pub short_names: Vec<String>,
    /// False for cluster-scoped resources.
    pub namespaced: bool,
    /// Verbs it can be asked for, such as `get`, `list`, `watch`.
    pub verbs: Vec<String>,
    /// Such as `scale` and `status`.
    pub subresources: Vec<String>,
}

impl From<Served> for Resource {
    fn from(served: Served) -> Resource {
        Resource(Arc::new(served))
    }
}

impl Deref for Resource {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.0
    }
}

impl PartialEq for Resource {
    fn eq(&self, other: &Resource) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Resource {}

impl PartialOrd for Resource {
    fn partial_cmp(&self, other: &Resource) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Resource {
    fn cmp(&self, other: &Resource) -> Ordering {
        // What the server served was most often read once.
        match Arc::ptr_eq(&self.0, &other.0) {
            true => Ordering::Equal,
            false => self.0.cmp(&other.0),
        }
    }
}

impl Served {
    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// Whether this is its `apiVersion`.
    pub fn is_of(&self, api_version: &str) -> bool {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        self.group == group && self.version == version
    }

    /// `deployments.apps`, or `pods` for the core group: unambiguous, as kubectl writes it.
    pub fn full_name(&self) -> String {
        match self.group.as_str() {
            "" => self.plural.clone(),
            group => format!("{}.{group}", self.plural),
        }
    }

    /// True when discovery lists `PLURAL/NAME`, such as `scale`.
    pub fn has_subresource(&self, name: &str) -> bool {
        self.subresources.iter().any(|subresource| subresource == name)
    }

    /// True when the resource can be asked for `verb`, such as `watch`.
    pub fn can(&self, verb: &str) -> bool {
        self.verbs.iter().any(|known| known == verb)
    }

    /// The path of its collection: in one namespace, or (`None`) cluster-wide.
    pub(super) fn path(&self, namespace: Option<&str>) -> String {
        let mut path = match self.group.as_str() {
            "" => format!("/api/{}", encode(&self.version)),
            group => format!("/apis/{}/{}", encode(group), encode(&self.version)),
        };
        if let (true, Some(namespace)) = (self.namespaced, namespace) {
            path += "/namespaces/";
            path += &encode(namespace);
        }
        path.push('/');
        path += &encode(&self.plural);
        path
    }

    /// `pods in seldon`, `pods in all namespaces` or `nodes`.
    pub(super) fn whereabouts(&self, namespace: Option<&str>) -> String {
        match (self.namespaced, namespace) {
            (true, Some(namespace)) => format!("{} in {namespace}", self.plural),
            (true, None) => format!("{} in all namespaces", self.plural),
            (false, _) => self.plural.clone(),
        }
    }
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.api_version(), self.kind)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One object, there or not, by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRef {
    /// What it is.
    pub resource: Resource,
    /// Its namespace; `None` for cluster-scoped resources.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl ObjectRef {
    /// The object of this name; of a cluster-scoped resource the namespace is empty.
    pub fn new(resource: &Resource, namespace: &str, name: &str) -> ObjectRef {
        let namespace = Some(namespace.to_owned()).filter(|namespace| !namespace.is_empty());
        ObjectRef { resource: resource.clone(), namespace, name: name.to_owned() }
    }

    /// The object's path. What would name something else than one object is refused.
    pub(super) fn path(&self) -> Result<String, Error> {
        if self.name.is_empty() || self.name == "." || self.name == ".." {
            return Err(Error::local(format!("{:?} is not the name of an object", self.name)));
        }
        if self.resource.namespaced && self.namespace.as_deref().unwrap_or_default().is_empty() {
            let message = format!("{} needs a namespace, and none is given", self.short());
            return Err(Error::local(message));
        }
        Ok(format!("{}/{}", self.resource.path(self.namespace.as_deref()), encode(&self.name)))
    }

    /// `Deployment/web`.
    pub fn short(&self) -> String {
        format!("{}/{}", self.resource.kind, self.name)
    }
}

impl fmt::Display for ObjectRef {
    /// `Deployment/web in seldon`, or `Node/a`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())?;
        match (&self.namespace, self.resource.namespaced) {
            (Some(namespace), true) => write!(f, " in {namespace}"),
            _ => Ok(()),
        }
    }
}

/// A kind by a word of the user: Kind, plural, singular or short name, with an optional `.group` or
/// `.version.group` behind it, as kubectl takes it; and the apiVersion where a manifest gives one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KindName {
    /// Such as `Deployment`, `deploy`, `deployments.apps`.
    pub word: String,
    /// Such as `apps/v1`.
    pub api_version: Option<String>,
}

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.api_version {
            Some(api_version) => write!(f, "{} of {api_version}", self.word),
            None => f.write_str(&self.word),
        }
    }
}

/// Percent-encodes one path segment or query value: all but the unreserved characters of RFC 3986.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployments() -> Served {
        Served {
            group: "apps".into(),
            version: "v1".into(),
            kind: "Deployment".into(),
            plural: "deployments".into(),
            singular: "deployment".into(),
            short_names: vec!["deploy".into()],
            namespaced: true,
            verbs: vec!["get".into()],
            subresources: vec!["scale".into()],
        }
    }

    #[test]
    fn paths_are_those_of_the_api() {
        let resource = deployments();
        assert_eq!(resource.path(Some("a b")), "/apis/apps/v1/namespaces/a%20b/deployments");
        assert_eq!(resource.path(None), "/apis/apps/v1/deployments");
        let core =
            Served { group: String::new(), plural: "nodes".into(), namespaced: false, ..deployments() };
        assert_eq!(core.path(Some("ignored")), "/api/v1/nodes");
        assert_eq!(core.api_version(), "v1");
    }

    #[test]
    fn a_path_never_names_a_collection() {
        let object = |name: &str, namespace: Option<&str>| ObjectRef {
            resource: deployments().into(),
            namespace: namespace.map(str::to_owned),
            name: name.into(),
        };
        assert_eq!(object("w/x", Some("n")).path().unwrap(), "/apis/apps/v1/namespaces/n/deployments/w%2Fx");
        assert!(object("", Some("n")).path().is_err());
        assert!(object("..", Some("n")).path().is_err());
        assert!(object("web", None).path().is_err());
        assert!(object("web", Some("")).path().is_err());
    }
}
