//! The logs of containers, as the API server passes them on.
//! Never cuts a line, never knows what is written in one.

use super::error::Error;
use super::patience::Patience;
use super::read::call;
use super::resource::encode;
use super::trouble::Verb;
use super::wire::Ask;
use super::{Cluster, Inner};

/// Which part of a log is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// The container; may be left out of a Pod with a single one.
    pub container: Option<String>,
    /// The last lines only.
    pub tail: Option<u32>,
    /// So many bytes at most.
    pub most_bytes: Option<u32>,
    /// The log of the container before it was last started anew.
    pub previous: bool,
    /// Only what is younger than so many seconds.
    pub since_seconds: Option<u64>,
    /// Each line behind its time.
    pub timestamps: bool,
}

impl LogOptions {
    pub(super) fn query(&self) -> String {
        let container = self.container.as_deref().map(|name| format!("container={}", encode(name)));
        let parts = [
            container,
            self.tail.map(|lines| format!("tailLines={lines}")),
            self.most_bytes.map(|bytes| format!("limitBytes={bytes}")),
            self.previous.then(|| "previous=true".to_owned()),
            self.since_seconds.map(|seconds| format!("sinceSeconds={}", seconds.max(1))),
            self.timestamps.then(|| "timestamps=true".to_owned()),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("&")
    }
}

/// The path of a Pod's log.
pub(super) fn path(namespace: &str, pod: &str, query: &str) -> String {
    format!("/api/v1/namespaces/{}/pods/{}/log?{query}", encode(namespace), encode(pod))
}

impl Cluster {
    /// What is in a container's log now. Bytes that are no UTF-8 are replaced.
    pub async fn log(&self, namespace: &str, pod: &str, options: &LogOptions) -> Result<String, Error> {
        let inner: &Inner = &self.inner;
        let ask = Ask { accept: "*/*", ..Ask::read(Verb::Get, path(namespace, pod, &options.query())) };
        let what = format!("read the log of {pod} in {namespace}");
        let mut patience = Patience::new(&self.inner, what, Some(self.end()));
        call(inner, &ask, &mut patience, |reply| Ok(String::from_utf8_lossy(&reply.body).into_owned())).await
    }
}
