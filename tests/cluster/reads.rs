//! Reading through trouble: what is borne, for how long, and how it is told.

use std::time::Duration;

use seldonplay::cluster::{Error, NamespaceState};
use seldonplay::json::json;
use tokio::time::Instant;

use super::fake::{Fake, Fault};
use super::{MAPS, object, resource, told};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_missing_object_is_none_and_managed_fields_are_left_out() {
    let fake = Fake::new();
    fake.put(MAPS, "a", json!({"data": {"k": "v"}}));
    let cluster = fake.cluster();
    let found = cluster.get(&object(&cluster, "ConfigMap", "a").await).await.unwrap().unwrap();
    assert_eq!(found["data"]["k"], "v");
    assert!(found["metadata"]["uid"].is_string());
    assert!(found["metadata"]["managedFields"].is_null());
    assert_eq!(cluster.get(&object(&cluster, "ConfigMap", "b").await).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn passing_trouble_is_borne_counted_and_told_once() {
    let fake = Fake::new();
    fake.put(MAPS, "a", json!({}));
    let cluster = fake.cluster();
    let a = object(&cluster, "ConfigMap", "a").await;
    let mut troubles = cluster.troubles();
    fake.order("GET", "configmaps/a", 1, Fault::Status(503, "ServiceUnavailable"));
    fake.order("GET", "configmaps/a", 1, Fault::Status(500, "InternalError"));
    fake.order("GET", "configmaps/a", 1, Fault::Break);
    fake.order("GET", "configmaps/a", 1, Fault::Refuse);
    fake.order("GET", "configmaps/a", 1, Fault::Page);
    fake.order("GET", "configmaps/a", 1, Fault::Status(429, "TooManyRequests"));
    let start = Instant::now();
    assert!(cluster.until(start + 60 * SECOND).get(&a).await.unwrap().is_some());
    assert_eq!((cluster.counts().get, cluster.counts().retries), (7, 6));
    // 100 ms, doubled five times, each a quarter more or less.
    assert!(start.elapsed() > 4 * SECOND && start.elapsed() < 8 * SECOND, "{:?}", start.elapsed());
    let told = told(&mut troubles);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], "get ConfigMap/a in n: as ordered (503 ServiceUnavailable) ×1 began");
    assert!(told[1].starts_with("get ConfigMap/a in n: as ordered (429 TooManyRequests) ×6 recovered after"));
}

#[tokio::test(start_paused = true)]
async fn two_runs_with_one_seed_pause_alike() {
    let mut elapsed = Vec::new();
    for _ in 0..2 {
        let fake = Fake::new();
        let cluster = fake.cluster();
        let a = object(&cluster, "ConfigMap", "a").await;
        fake.order("GET", "configmaps/a", 5, Fault::Break);
        let start = Instant::now();
        cluster.get(&a).await.unwrap();
        elapsed.push(start.elapsed());
    }
    assert_eq!(elapsed[0], elapsed[1]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_heeded_up_to_the_deadline() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let a = object(&cluster, "ConfigMap", "a").await;
    fake.order("GET", "configmaps/a", 1, Fault::RetryAfter(429, 7));
    let start = Instant::now();
    assert_eq!(cluster.until(start + 60 * SECOND).get(&a).await, Ok(None));
    assert!(start.elapsed() >= 7 * SECOND && start.elapsed() < 8 * SECOND);

    fake.order("GET", "configmaps/a", 9, Fault::RetryAfter(503, u64::MAX));
    let start = Instant::now();
    let error = cluster.until(start + 10 * SECOND).get(&a).await.unwrap_err();
    let Error::Unreachable { outage, status, .. } = error else { panic!("{error}") };
    assert_eq!(outage.as_secs(), 10);
    assert_eq!(status.unwrap().code, 503);
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!(fake.count("configmaps/a"), 4, "one attempt, and a last one at the deadline");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_is_given_up_at_the_deadline() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let a = object(&cluster, "ConfigMap", "a").await;
    let mut troubles = cluster.troubles();
    fake.order("GET", "", usize::MAX, Fault::Refuse);
    let start = Instant::now();
    let error = cluster.until(start + 20 * SECOND).get(&a).await.unwrap_err();
    assert!(
        matches!(&error, Error::Unreachable { message, .. } if message == "connection refused"),
        "{error:?}"
    );
    assert_eq!(start.elapsed().as_secs(), 20);
    let told = told(&mut troubles);
    assert!(told.len() == 2 && told[1].ends_with("given up"), "{told:?}");

    // Without a deadline: ten seconds. With one that has passed: one attempt.
    let start = Instant::now();
    cluster.get(&a).await.unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 10);
    let before = fake.requests().len();
    cluster.until(Instant::now()).get(&a).await.unwrap_err();
    assert_eq!(fake.requests().len(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_in_trouble_tells_that_it_gave_up() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let a = object(&cluster, "ConfigMap", "a").await;
    let mut troubles = cluster.troubles();
    fake.order("GET", "", usize::MAX, Fault::Break);
    let call = cluster.get(&a);
    assert!(tokio::time::timeout(SECOND, call).await.is_err());
    let told = told(&mut troubles);
    assert!(told.len() == 2 && told[1].ends_with("given up"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn an_unauthorized_answer_may_pass_within_ten_seconds() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let a = object(&cluster, "ConfigMap", "a").await;
    fake.order("GET", "configmaps/a", 5, Fault::Status(401, "Unauthorized"));
    let deadline = Instant::now() + 300 * SECOND;
    assert_eq!(cluster.until(deadline).get(&a).await, Ok(None));

    fake.order("GET", "configmaps/a", usize::MAX, Fault::Status(401, "Unauthorized"));
    let start = Instant::now();
    let error = cluster.until(deadline).get(&a).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_asked_for_again() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let a = object(&cluster, "ConfigMap", "a").await;
    fake.order("GET", "configmaps/a", 1, Fault::Hang);
    let start = Instant::now();
    assert_eq!(cluster.until(start + 300 * SECOND).get(&a).await, Ok(None));
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn answers_are_not_asked_for_twice() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let a = object(&cluster, "ConfigMap", "a").await;
    for code in [400, 403, 404, 409, 422] {
        fake.order("GET", "configmaps/a", 1, Fault::Status(code, "Nope"));
        let before = fake.requests().len();
        let error = cluster.get(&a).await.unwrap_err();
        assert_eq!(error.is_refused(code), code != 404, "{error:?}");
        assert_eq!(fake.requests().len(), before + 1);
    }
    fake.withdraw("configmaps");
    assert!(matches!(cluster.get(&a).await, Err(Error::NotServed { .. })));
}

#[tokio::test(start_paused = true)]
async fn long_lists_come_in_pages_and_start_again_when_they_expire() {
    let fake = Fake::new();
    for index in 0..1200 {
        let label = if index % 2 == 0 { "even" } else { "odd" };
        fake.put(MAPS, &format!("c{index:04}"), json!({"metadata": {"labels": {"parity": label}}}));
    }
    let cluster = fake.cluster();
    let maps = resource(&cluster, "configmaps").await;
    let all = cluster.list(&maps, Some("n"), None, None).await.unwrap();
    assert_eq!((all.items.len(), cluster.counts().list), (1200, 3));
    assert_eq!(all.items[1199].name, "c1199");
    assert_eq!(all.items[0].value()["kind"], "ConfigMap");
    assert_eq!(cluster.list(&maps, Some("n"), Some("parity=odd"), None).await.unwrap().items.len(), 600);

    fake.order("GET", "continue=", 1, Fault::Status(410, "Expired"));
    let again = cluster.list(&maps, Some("n"), None, None).await.unwrap();
    assert_eq!(again.items, all.items);
    fake.order("GET", "continue=", 2, Fault::Status(410, "Expired"));
    let unpaged = cluster.list(&maps, Some("n"), None, None).await.unwrap();
    assert_eq!(unpaged.items, all.items);
    assert_eq!(fake.count("limit=0"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_namespace_is_there_or_missing_or_going_or_unknown() {
    let fake = Fake::new();
    fake.put("/api/v1/namespaces", "n", json!({"status": {"phase": "Active"}}));
    fake.put("/api/v1/namespaces", "going", json!({"status": {"phase": "Terminating"}}));
    let cluster = fake.cluster();
    assert_eq!(cluster.namespace_state("n").await, Ok(NamespaceState::Exists));
    assert_eq!(cluster.namespace_state("going").await, Ok(NamespaceState::Terminating));
    assert_eq!(cluster.namespace_state("none").await, Ok(NamespaceState::Missing));
    fake.order("GET", "namespaces/n", 1, Fault::Status(403, "Forbidden"));
    assert!(
        matches!(cluster.namespace_state("n").await, Ok(NamespaceState::Unknown(status)) if status.code == 403)
    );
}
