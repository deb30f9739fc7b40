//! What the server serves: asked for once, again after a miss, from old servers too.

use futures_util::future::join3;
use seldonplay::cluster::{Error, KindName, ResolveError};

use super::fake::{Fake, Fault};
use super::resource;

fn name(word: &str, api_version: Option<&str>) -> KindName {
    KindName { word: word.into(), api_version: api_version.map(str::to_owned) }
}

#[tokio::test(start_paused = true)]
async fn two_requests_serve_all_lookups() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    assert_eq!(resource(&cluster, "Deployment").await.api_version(), "apps/v1");
    assert!(resource(&cluster, "deployments.apps").await.has_subresource("status"));
    assert!(!resource(&cluster, "namespace").await.namespaced);
    assert_eq!((fake.requests().len(), cluster.counts().discovery), (2, 2));
    assert_eq!(cluster.resources().await.unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_miss_asks_once_more_so_that_a_new_kind_is_found() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    resource(&cluster, "Deployment").await;
    fake.serve("example.com", "widgets", "Widget");
    assert_eq!(cluster.resolve(&name("Widget", Some("example.com/v1"))).await.unwrap().plural, "widgets");
    assert_eq!(fake.requests().len(), 4);

    let missing = cluster.resolve(&name("Wigdet", None)).await;
    assert_eq!(missing, Err(ResolveError::NotServed { what: "Wigdet".into(), help: vec!["Widget".into()] }));
    assert_eq!(fake.requests().len(), 6);
    cluster.forget_discovery().await;
    assert!(matches!(cluster.resolve(&name("Nothing", None)).await, Err(ResolveError::NotServed { .. })));
    assert_eq!(fake.requests().len(), 8, "a lookup that has just asked does not ask again");
}

#[tokio::test(start_paused = true)]
async fn lookups_that_miss_together_ask_together() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    resource(&cluster, "Deployment").await;
    fake.serve("example.com", "widgets", "Widget");
    let widget = name("Widget", None);
    let all = join3(cluster.resolve(&widget), cluster.resolve(&widget), cluster.resolve(&widget)).await;
    assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok());
    assert_eq!(fake.requests().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_old_server_is_asked_for_each_group_version() {
    let fake = Fake::new();
    fake.without_aggregated_discovery();
    let cluster = fake.cluster();
    assert_eq!(resource(&cluster, "Deployment").await.to_string(), "apps/v1 Deployment");
    assert_eq!(resource(&cluster, "configmaps").await.to_string(), "v1 ConfigMap");
    assert_eq!(fake.requests(), ["GET /api", "GET /apis", "GET /api/v1", "GET /apis/apps/v1"]);
}

#[tokio::test(start_paused = true)]
async fn trouble_with_discovery_is_borne_and_then_told() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    fake.order("GET", "/api", 2, Fault::Status(503, ""));
    resource(&cluster, "Deployment").await;
    cluster.forget_discovery().await;
    fake.order("GET", "/api", usize::MAX, Fault::Refuse);
    let error = cluster.resolve(&name("Deployment", None)).await.unwrap_err();
    assert!(matches!(error, ResolveError::Trouble(Error::Unreachable { .. })), "{error:?}");
}
