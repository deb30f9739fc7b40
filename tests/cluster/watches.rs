//! Following objects through trouble: every change, in order, once; and how little is asked for it.

use std::time::Duration;

use seldonplay::cluster::{ApplyOptions, Cluster, Error, Interest, Seen, Watch};
use seldonplay::json::json;
use tokio::time::{Instant, sleep, timeout};

use super::fake::{Fake, Fault};
use super::{MAPS, resource, told};

const SECOND: Duration = Duration::from_secs(1);

async fn follow(cluster: &Cluster, names: &[&str], labels: Option<&str>) -> Watch {
    cluster.watch(Interest {
        resource: resource(cluster, "ConfigMap").await,
        namespace: Some("n".into()),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        labels: labels.map(str::to_owned),
    })
}

/// What is seen next, in short: `+a 1` (its data), `-a`, `~a` (left the selection), `listed` …
async fn next(watch: &mut Watch) -> String {
    match timeout(300 * SECOND, watch.next()).await {
        Ok(seen) => short(&seen),
        Err(_) => "nothing".to_owned(),
    }
}

fn short(seen: &Seen) -> String {
    match seen {
        Seen::Present(snapshot) => {
            let value = snapshot.value();
            format!("+{} {}", snapshot.name, value["data"]["v"].as_str().unwrap_or("")).trim().to_owned()
        }
        Seen::Gone { last, left_selection: false } => format!("-{}", last.name),
        Seen::Gone { last, left_selection: true } => format!("~{}", last.name),
        Seen::Listed => "listed".to_owned(),
        Seen::Polling { .. } => "polling".to_owned(),
        Seen::Blocked(error) => match error {
            Error::Refused(status) => format!("blocked {}", status.code),
            Error::Unauthorized(_) => "blocked 401".to_owned(),
            other => format!("blocked {other:?}"),
        },
    }
}

/// All that is seen until nothing more comes at this instant.
async fn settled(watch: &mut Watch) -> Vec<String> {
    let mut all = Vec::new();
    // What narrows its scope on the way needs a second look.
    for _ in 0..3 {
        sleep(Duration::from_millis(1)).await;
        while let Some(seen) = watch.try_next() {
            all.push(short(&seen));
        }
    }
    all
}

fn set(fake: &Fake, name: &str, value: &str) {
    fake.put(MAPS, name, json!({"data": {"v": value}}));
}

#[tokio::test(start_paused = true)]
async fn every_change_is_seen_in_order() {
    let fake = Fake::new();
    set(&fake, "a", "1");
    set(&fake, "b", "1");
    let cluster = fake.cluster();
    let mut watch = follow(&cluster, &[], None).await;
    assert_eq!(settled(&mut watch).await, ["+a 1", "+b 1", "listed"]);
    set(&fake, "a", "2");
    set(&fake, "a", "3");
    fake.remove(MAPS, "a");
    set(&fake, "a", "4");
    set(&fake, "b", "2");
    assert_eq!(settled(&mut watch).await, ["+a 2", "+a 3", "-a", "+a 4", "+b 2"]);
    assert_eq!((cluster.counts().list, cluster.counts().watch), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_feed_is_shared_and_ends_with_its_last_follower() {
    let fake = Fake::new();
    set(&fake, "a", "1");
    let cluster = fake.cluster();
    let mut first = follow(&cluster, &["a"], None).await;
    assert_eq!(settled(&mut first).await, ["+a 1", "listed"]);
    set(&fake, "a", "2");
    assert_eq!(settled(&mut first).await, ["+a 2"]);
    let mut second = follow(&cluster.clone(), &["a"], None).await;
    assert_eq!(settled(&mut second).await, ["+a 2", "listed"]);
    set(&fake, "a", "3");
    assert_eq!(settled(&mut first).await, ["+a 3"]);
    assert_eq!(settled(&mut second).await, ["+a 3"]);
    assert_eq!((cluster.counts().list, cluster.counts().watch, fake.watchers()), (1, 1, 1));
    drop(first);
    sleep(SECOND).await;
    assert_eq!(fake.watchers(), 1);
    drop(second);
    sleep(SECOND).await;
    assert_eq!(fake.watchers(), 0);
    let mut third = follow(&cluster, &["a"], None).await;
    assert_eq!(settled(&mut third).await, ["+a 3", "listed"]);
    assert_eq!(cluster.counts().list, 2);
}

#[tokio::test(start_paused = true)]
async fn the_narrowest_scope_is_chosen_and_a_wide_one_that_runs_is_used() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let mut few = follow(&cluster, &["a", "b", "b"], None).await;
    assert_eq!(settled(&mut few).await, ["listed"]);
    assert_eq!(fake.count("fieldSelector=metadata.name%3Da"), 2);
    assert_eq!((cluster.counts().list, cluster.counts().watch), (2, 2));
    let mut many = follow(&cluster, &["a", "b", "c", "d", "e"], None).await;
    assert_eq!(settled(&mut many).await, ["listed"]);
    assert_eq!((cluster.counts().list, cluster.counts().watch), (3, 3));
    let mut one = follow(&cluster, &["e"], None).await;
    for name in ["a", "e", "x"] {
        set(&fake, name, "1");
    }
    assert_eq!(settled(&mut many).await, ["+a 1", "+e 1"]);
    assert_eq!(settled(&mut one).await, ["listed", "+e 1"]);
    assert_eq!(settled(&mut few).await, ["+a 1"]);
    assert_eq!((cluster.counts().list, cluster.counts().watch), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn an_object_may_leave_a_selection_without_being_gone() {
    let fake = Fake::new();
    fake.put(MAPS, "a", json!({"metadata": {"labels": {"app": "web"}}}));
    let cluster = fake.cluster();
    let mut watch = follow(&cluster, &[], Some("app=web")).await;
    assert_eq!(settled(&mut watch).await, ["+a", "listed"]);
    fake.put(MAPS, "a", json!({"metadata": {"labels": {"app": "other"}}}));
    assert_eq!(settled(&mut watch).await, ["~a"]);
}

#[tokio::test(start_paused = true)]
async fn a_broken_watch_is_resumed_where_it_broke_off() {
    let fake = Fake::new();
    set(&fake, "a", "1");
    let cluster = fake.cluster();
    let mut troubles = cluster.troubles();
    let mut watch = follow(&cluster, &[], None).await;
    settled(&mut watch).await;
    fake.order("GET", "watch=true", 3, Fault::Refuse);
    fake.cut();
    set(&fake, "a", "2");
    set(&fake, "b", "1");
    fake.remove(MAPS, "a");
    sleep(3 * SECOND).await;
    assert_eq!(settled(&mut watch).await, ["+a 2", "+b 1", "-a"]);
    assert_eq!((cluster.counts().list, cluster.counts().watch), (1, 5));
    let told = told(&mut troubles);
    assert_eq!(told[0], "watch configmaps in n: connection reset by peer ×1 began");
    assert!(told[1].contains("connection refused ×4 recovered after"), "{told:?}");
    assert_eq!(told.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_too_old_is_listed_again_and_compared() {
    let fake = Fake::new();
    for name in ["changes", "goes", "is-replaced", "stays"] {
        set(&fake, name, "1");
    }
    let cluster = fake.cluster();
    let mut troubles = cluster.troubles();
    let mut watch = follow(&cluster, &[], None).await;
    settled(&mut watch).await;
    fake.cut();
    set(&fake, "changes", "2");
    fake.remove(MAPS, "goes");
    fake.remove(MAPS, "is-replaced");
    set(&fake, "is-replaced", "1");
    set(&fake, "new", "1");
    fake.compact();
    sleep(SECOND).await;
    let seen = settled(&mut watch).await;
    assert_eq!(seen, ["+changes 2", "-is-replaced", "+is-replaced 1", "+new 1", "-goes", "listed"]);
    assert_eq!(cluster.counts().relists, 1);
    let told = told(&mut troubles);
    assert!(told[1].contains("too old resource version") && told[1].contains("recovered"), "{told:?}");
    set(&fake, "new", "2");
    assert_eq!(settled(&mut watch).await, ["+new 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_gone_may_also_come_as_an_answer_or_an_event() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let mut watch = follow(&cluster, &[], None).await;
    assert_eq!(settled(&mut watch).await, ["listed"]);
    fake.say(r#"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"old"}}"#);
    assert_eq!(settled(&mut watch).await, ["listed"]);
    fake.order("GET", "watch=true", 1, Fault::Status(410, "Gone"));
    fake.cut();
    sleep(SECOND).await;
    assert_eq!(settled(&mut watch).await, ["listed"]);
    assert_eq!(cluster.counts().relists, 2);
}

#[tokio::test(start_paused = true)]
async fn errors_and_nonsense_on_a_watch_are_survived() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let mut watch = follow(&cluster, &[], None).await;
    settled(&mut watch).await;
    fake.say("this is no event");
    set(&fake, "a", "1");
    assert_eq!(settled(&mut watch).await, ["+a 1"]);
    assert_eq!(cluster.counts().relists, 0, "once may be chance");
    for _ in 0..2 {
        fake.say(r#"{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcd has no leader"}}"#);
        sleep(2 * SECOND).await;
    }
    set(&fake, "a", "2");
    let seen = settled(&mut watch).await;
    assert_eq!(seen.last().unwrap(), "+a 2");
    fake.say(r#"{"type":"NEWS","object":{"kind":"ConfigMap","metadata":{}}}"#);
    set(&fake, "a", "3");
    assert_eq!(settled(&mut watch).await, ["+a 3"], "event types of the future are passed over");
}

#[tokio::test(start_paused = true)]
async fn a_watch_gone_silent_is_noticed_within_thirty_seconds() {
    let fake = Fake::new();
    set(&fake, "a", "1");
    let cluster = fake.cluster();
    let mut troubles = cluster.troubles();
    let mut watch = follow(&cluster, &["a"], None).await;
    settled(&mut watch).await;
    sleep(Duration::from_millis(10_300)).await;
    set(&fake, "a", "2");
    assert_eq!(settled(&mut watch).await, ["+a 2"]);
    fake.silence();
    let silent = Instant::now();
    set(&fake, "a", "3");
    assert_eq!(next(&mut watch).await, "+a 3");
    assert!(silent.elapsed() < 30 * SECOND, "{:?}", silent.elapsed());
    assert_eq!(cluster.counts().list, 1, "resumed, not listed again");
    let told = told(&mut troubles);
    assert!(told[1].contains("went silent") && told[1].contains("recovered"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_watch_silent_from_its_beginning_is_noticed_too() {
    let fake = Fake::new();
    set(&fake, "a", "1");
    let cluster = fake.cluster();
    let mut watch = follow(&cluster, &["a"], None).await;
    let start = Instant::now();
    settled(&mut watch).await;
    fake.silence();
    set(&fake, "a", "2");
    assert_eq!(next(&mut watch).await, "+a 2");
    assert!(start.elapsed() < 30 * SECOND, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_quiet_wait_costs_one_list_a_watch_each_half_minute_and_no_trouble() {
    let fake = Fake::new();
    set(&fake, "a", "1");
    let cluster = fake.cluster();
    let mut troubles = cluster.troubles();
    let mut watch = follow(&cluster, &["a"], None).await;
    settled(&mut watch).await;
    sleep(Duration::from_millis(57_900)).await;
    assert_eq!((cluster.counts().list, cluster.counts().watch), (1, 2));
    assert_eq!(told(&mut troubles), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn bookmarks_carry_a_quiet_watch_over_a_compaction() {
    let fake = Fake::new();
    set(&fake, "a", "1");
    let cluster = fake.cluster();
    let mut watch = follow(&cluster, &["a"], None).await;
    settled(&mut watch).await;
    // Others write; only the bookmark at 56 s tells this watch how far the server has come.
    for index in 0..50 {
        set(&fake, "other", &index.to_string());
    }
    sleep(56_500 * Duration::from_millis(1)).await;
    fake.compact();
    fake.cut();
    set(&fake, "a", "2");
    assert_eq!(settled(&mut watch).await, ["+a 2"]);
    assert_eq!((cluster.counts().list, cluster.counts().relists), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_lets_no_watch_live_is_not_hammered() {
    let fake = Fake::new();
    set(&fake, "a", "1");
    let cluster = fake.cluster();
    fake.order("GET", "watch=true", usize::MAX, Fault::Status(410, "Gone"));
    let mut watch = follow(&cluster, &["a"], None).await;
    sleep(60 * SECOND).await;
    assert_eq!(settled(&mut watch).await[0], "+a 1");
    assert!(cluster.counts().requests < 80, "{:?}", cluster.counts());
}

#[tokio::test(start_paused = true)]
async fn too_many_objects_are_not_listed_for_a_few_names() {
    let fake = Fake::new();
    for index in 0..6 {
        set(&fake, &format!("a{index}"), "1");
    }
    fake.pretend_remaining(5001);
    let cluster = fake.cluster();
    let names = ["a0", "a1", "a2", "a3", "a4"];
    let mut watch = follow(&cluster, &names, None).await;
    assert_eq!(settled(&mut watch).await, ["+a0 1", "+a1 1", "+a2 1", "+a3 1", "+a4 1", "listed"]);
    assert_eq!((cluster.counts().list, fake.watchers()), (6, 5));
    assert_eq!(fake.count("fieldSelector"), 10);
    let mut all = follow(&cluster, &[], None).await;
    assert_eq!(settled(&mut all).await.len(), 7, "who wants all gets all");
}

#[tokio::test(start_paused = true)]
async fn where_watching_is_forbidden_objects_are_asked_for() {
    let fake = Fake::new();
    set(&fake, "a", "1");
    let cluster = fake.cluster();
    let mut troubles = cluster.troubles();
    // A role that allows `get` alone.
    fake.order("GET", "configmaps?", usize::MAX, Fault::Status(403, "Forbidden"));
    let names = ["a", "b", "c", "d", "e"];
    let mut watch = follow(&cluster, &names, None).await;
    assert_eq!(settled(&mut watch).await, ["polling", "+a 1", "listed"]);
    let start = Instant::now();
    set(&fake, "a", "2");
    assert_eq!(next(&mut watch).await, "+a 2");
    set(&fake, "b", "1");
    assert_eq!(next(&mut watch).await, "+b 1");
    fake.remove(MAPS, "a");
    assert_eq!(next(&mut watch).await, "-a");
    fake.remove(MAPS, "b");
    set(&fake, "b", "2");
    assert_eq!((next(&mut watch).await, next(&mut watch).await), ("-b".into(), "+b 2".into()));
    assert!(start.elapsed() <= 4 * 2 * SECOND);
    let polls = cluster.counts().polls;
    sleep(30 * SECOND).await;
    let polls = cluster.counts().polls - polls;
    assert!((95..=100).contains(&polls), "five names, every 1.5 s: {polls}");
    assert_eq!(told(&mut troubles), [""; 0], "a refusal is no trouble");
    let mut late = follow(&cluster, &["b"], None).await;
    assert_eq!(settled(&mut late).await, ["polling", "+b 2", "listed"]);

    fake.order("GET", "configmaps/", usize::MAX, Fault::Status(403, "Forbidden"));
    assert_eq!(next(&mut late).await, "blocked 403");
}

#[tokio::test(start_paused = true)]
async fn where_only_watching_is_forbidden_lists_are_asked_for() {
    let fake = Fake::new();
    set(&fake, "a", "1");
    let cluster = fake.cluster();
    fake.order("GET", "watch=true", usize::MAX, Fault::Status(403, "Forbidden"));
    let mut watch = follow(&cluster, &[], None).await;
    assert_eq!(settled(&mut watch).await, ["+a 1", "listed", "polling"]);
    set(&fake, "b", "1");
    fake.remove(MAPS, "a");
    assert_eq!((next(&mut watch).await, next(&mut watch).await), ("+b 1".into(), "-a".into()));
}

#[tokio::test(start_paused = true)]
async fn what_is_forbidden_altogether_is_said_and_tried_again() {
    let fake = Fake::new();
    set(&fake, "a", "1");
    let cluster = fake.cluster();
    fake.order("GET", "configmaps", 3, Fault::Status(403, "Forbidden"));
    let mut watch = follow(&cluster, &[], None).await;
    assert_eq!(settled(&mut watch).await, ["blocked 403"]);
    let mut second = follow(&cluster, &[], None).await;
    assert_eq!(settled(&mut second).await, ["blocked 403"]);
    sleep(16 * SECOND).await;
    assert_eq!(settled(&mut watch).await, ["+a 1", "listed"]);
    assert_eq!(settled(&mut second).await, ["+a 1", "listed"]);
}

#[tokio::test(start_paused = true)]
async fn credentials_that_stay_refused_block_after_ten_seconds() {
    let fake = Fake::new();
    set(&fake, "a", "1");
    let cluster = fake.cluster();
    let mut watch = follow(&cluster, &["a"], None).await;
    settled(&mut watch).await;
    fake.order("GET", "configmaps", 4, Fault::Status(401, "Unauthorized"));
    fake.cut();
    set(&fake, "a", "2");
    assert_eq!(next(&mut watch).await, "+a 2", "it passed");
    fake.order("GET", "configmaps", 12, Fault::Status(401, "Unauthorized"));
    fake.cut();
    let start = Instant::now();
    assert_eq!(next(&mut watch).await, "blocked 401");
    assert_eq!(start.elapsed().as_secs(), 10);
    set(&fake, "a", "3");
    assert_eq!((next(&mut watch).await, next(&mut watch).await), ("+a 3".into(), "listed".into()));
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_withdrawn_takes_its_objects_along_and_may_come_again() {
    let fake = Fake::new();
    set(&fake, "a", "1");
    let cluster = fake.cluster();
    let mut watch = follow(&cluster, &[], None).await;
    settled(&mut watch).await;
    fake.withdraw("configmaps");
    assert_eq!(next(&mut watch).await, "-a");
    fake.serve("", "configmaps", "ConfigMap");
    set(&fake, "b", "1");
    assert_eq!(next(&mut watch).await, "+b 1");
}

#[tokio::test(start_paused = true)]
async fn the_ledger_learns_of_what_is_gone() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "n", "labels": {"app": "web"}}});
    let written = cluster.apply(&object, &ApplyOptions::default()).await.unwrap().written.unwrap();
    let mut selection = follow(&cluster, &[], Some("app=web")).await;
    let mut watch = follow(&cluster, &["a"], None).await;
    settled(&mut watch).await;
    fake.put(MAPS, "a", json!({"metadata": {"labels": {"app": "other"}}}));
    assert_eq!(settled(&mut selection).await.last().unwrap(), "~a");
    assert!(cluster.ledger().has_created(&written.uid));
    fake.remove(MAPS, "a");
    assert_eq!(settled(&mut watch).await.last().unwrap(), "-a");
    assert!(!cluster.ledger().has_created(&written.uid));
}

#[tokio::test(start_paused = true)]
async fn a_server_without_bookmarks_loses_nothing() {
    let fake = Fake::new();
    fake.without_bookmarks();
    set(&fake, "a", "1");
    let cluster = fake.cluster();
    let mut troubles = cluster.troubles();
    let mut watch = follow(&cluster, &["a"], None).await;
    settled(&mut watch).await;
    sleep(Duration::from_millis(29_950)).await;
    set(&fake, "a", "2");
    assert_eq!(settled(&mut watch).await, ["+a 2"]);
    assert_eq!(cluster.counts().list, 1);
    assert_eq!(told(&mut troubles), [""; 0]);
}
