//! The door to the cluster against a server in the process that can be made to fail, and (with
//! `SELDONPLAY_TEST_KUBECONFIG`) against a real control plane.

mod connect;
mod discovery;
mod fake;
mod live;
mod logs;
mod proxy;
mod reads;
mod watches;
mod writes;

use seldonplay::cluster::{Cluster, KindName, ObjectRef, Resource, Trouble};
use tokio::sync::mpsc::UnboundedReceiver;

/// Where the tests' ConfigMaps are.
pub const MAPS: &str = "/api/v1/namespaces/n/configmaps";
/// Where the tests' Deployments are.
pub const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/n/deployments";

/// The resource that a word means.
pub async fn resource(cluster: &Cluster, word: &str) -> Resource {
    cluster.resolve(&KindName { word: word.into(), api_version: None }).await.unwrap()
}

/// An object in the namespace `n`.
pub async fn object(cluster: &Cluster, word: &str, name: &str) -> ObjectRef {
    let resource = resource(cluster, word).await;
    ObjectRef { resource, namespace: Some("n".into()), name: name.into() }
}

/// All troubles told so far, as `what: message ×count state`.
pub fn told(troubles: &mut UnboundedReceiver<Trouble>) -> Vec<String> {
    let mut all = Vec::new();
    while let Ok(trouble) = troubles.try_recv() {
        let state = match (trouble.over, trouble.recovered) {
            (false, _) => "began".to_owned(),
            (true, None) => "given up".to_owned(),
            (true, Some(after)) => format!("recovered after {:.0}s", after.as_secs_f64()),
        };
        all.push(format!("{}: {} ×{} {state}", trouble.what, trouble.message, trouble.count));
    }
    all
}
