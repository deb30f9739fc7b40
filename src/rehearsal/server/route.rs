//! Where a request goes: its path, read as the API server reads it.
//! It must never know which kinds are served.

use std::borrow::Cow;

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// `/`
    Root,
    /// `/version`
    Version,
    /// `/healthz`, `/livez`, `/readyz` and what is below
    Health,
    /// `/api`
    Core,
    /// `/apis`
    Groups,
    /// `/apis/GROUP`
    Group(Cow<'a, str>),
    /// `/api/v1`, `/apis/GROUP/VERSION`
    Kinds {
        /// Empty for the core group.
        group: Cow<'a, str>,
        /// `v1`
        version: Cow<'a, str>,
    },
    /// `/openapi/v2`
    OpenApi2,
    /// `/openapi/v3`
    OpenApi3,
    /// `/openapi/v3/PATH`
    OpenApi3Of(String),
    /// Objects.
    Objects(Objects<'a>),
    /// Nothing that there is.
    Unknown,
}

/// Objects of a kind, or one of them, or something below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Objects<'a> {
    /// Empty for the core group.
    pub group: Cow<'a, str>,
    /// `v1`
    pub version: Cow<'a, str>,
    /// Empty for all, and for kinds without.
    pub namespace: Cow<'a, str>,
    /// `deployments`
    pub plural: Cow<'a, str>,
    /// One object.
    pub name: Option<Cow<'a, str>>,
    /// `status`
    pub subresource: Option<Cow<'a, str>>,
    /// What follows the subresource, without a slash at the front: for proxies.
    pub rest: String,
    /// The path has `/watch/` before the kind, as in the days before `?watch=1`.
    pub watch: bool,
}

impl<'a> Route<'a> {
    /// Reads a path, percent-encoded as it comes.
    pub fn read(path: &'a str) -> Route<'a> {
        let whole = path.strip_prefix('/').unwrap_or(path);
        if whole.starts_with('/') {
            return Route::Unknown;
        }
        let mut parts = whole.trim_end_matches('/').split('/');
        let first = parts.next().unwrap_or_default();
        let rest: Vec<&str> = parts.collect();
        match (first, rest.as_slice()) {
            ("", _) => Route::Root,
            ("version", []) => Route::Version,
            ("healthz" | "livez" | "readyz", _) => Route::Health,
            ("api", []) => Route::Core,
            ("apis", []) => Route::Groups,
            ("openapi", ["v2"]) => Route::OpenApi2,
            ("openapi", ["v3"]) => Route::OpenApi3,
            ("openapi", ["v3", below @ ..]) => Route::OpenApi3Of(below.join("/")),
            ("api", [version]) => Route::Kinds { group: "".into(), version: decode(version) },
            ("apis", [group]) => Route::Group(decode(group)),
            ("apis", [group, version]) => Route::Kinds { group: decode(group), version: decode(version) },
            ("api", [version, below @ ..]) => objects("", version, below),
            ("apis", [group, version, below @ ..]) => objects(group, version, below),
            _ => Route::Unknown,
        }
    }
}

impl Route<'_> {
    /// The objects, if it leads to some.
    pub fn objects(&self) -> Option<&Objects<'_>> {
        match self {
            Route::Objects(objects) => Some(objects),
            _ => None,
        }
    }
}

fn objects<'a>(group: &'a str, version: &'a str, below: &[&'a str]) -> Route<'a> {
    let (watch, below) = match below {
        ["watch", below @ ..] if !below.is_empty() => (true, below),
        below => (false, below),
    };
    let mut objects = Objects { group: decode(group), version: decode(version), watch, ..Objects::default() };
    let below = match below {
        // What is below a namespace is a kind, but for the subresources that namespaces have.
        ["namespaces", namespace, plural, ..] if !matches!(*plural, "status" | "finalize") => {
            objects.namespace = decode(namespace);
            &below[2..]
        }
        ["namespaces", namespace, ..] => {
            objects.namespace = decode(namespace);
            below
        }
        below => below,
    };
    let mut parts = below.iter();
    objects.plural = parts.next().map(|plural| decode(plural)).unwrap_or_default();
    objects.name = parts.next().map(|name| decode(name));
    objects.subresource = parts.next().map(|name| decode(name));
    objects.rest = parts.copied().collect::<Vec<_>>().join("/");
    Route::Objects(objects)
}

/// Percent-decodes; what is no code stays as it is.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return text.into();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str) -> String {
        match Route::read(path) {
            Route::Objects(Objects { group, version, namespace, plural, name, subresource, rest, watch }) => {
                let name = name.unwrap_or_default();
                let subresource = subresource.unwrap_or_default();
                let watch = if watch { "watch " } else { "" };
                format!("{watch}{group}|{version}|{namespace}|{plural}|{name}|{subresource}|{rest}")
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn paths_are_read_as_the_server_reads_them() {
        for (path, expected) in [
            ("/", "Root"),
            ("/api", "Core"),
            ("/apis/", "Groups"),
            ("/apis/apps", "Group(\"apps\")"),
            ("/api/v1", "Kinds { group: \"\", version: \"v1\" }"),
            ("/api/v1/pods", "|v1||pods|||"),
            ("/api/v1/namespaces", "|v1||namespaces|||"),
            ("/api/v1/namespaces/a", "|v1|a|namespaces|a||"),
            ("/api/v1/namespaces/a/status", "|v1|a|namespaces|a|status|"),
            ("/api/v1/namespaces/a/finalize", "|v1|a|namespaces|a|finalize|"),
            ("/api/v1/namespaces/a/pods", "|v1|a|pods|||"),
            ("/api/v1/namespaces/a/pods/b%2Fc/log", "|v1|a|pods|b/c|log|"),
            ("/api/v1/namespaces/a/services/s:http/proxy/x/y", "|v1|a|services|s:http|proxy|x/y"),
            ("/apis/apps/v1/namespaces/a/deployments/d/scale", "apps|v1|a|deployments|d|scale|"),
            ("/apis/apps/v1/deployments/d", "apps|v1||deployments|d||"),
            ("/api/v1/watch/namespaces/a/pods/p", "watch |v1|a|pods|p||"),
            ("/openapi/v3/apis/apps/v1", "OpenApi3Of(\"apis/apps/v1\")"),
            ("/nonsense", "Unknown"),
        ] {
            assert_eq!(told(path), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_code_stays() {
        assert_eq!(decode("a%2Fb%zz%e"), "a/b%zz%e");
    }
}
