//! Writing through trouble: nothing is done twice, nothing is claimed that is not known.

use std::time::Duration;

use seldonplay::cluster::{
    ApplyOptions, Cluster, DeleteOptions, Error, Operation, PatchKind, PatchOptions, Propagation,
};
use seldonplay::json::{Value, json};
use tokio::time::Instant;

use super::fake::{Fake, Fault};
use super::{DEPLOYMENTS, MAPS, object};

fn deployment(replicas: i64) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "n"},
        "spec": {"replicas": replicas}})
}

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "n"}, "data": {"k": "v"}})
}

fn apply() -> ApplyOptions {
    ApplyOptions::default()
}

fn create() -> ApplyOptions {
    ApplyOptions { create_only: true, ..apply() }
}

fn patch() -> PatchOptions {
    PatchOptions::default()
}

fn created(cluster: &Cluster) -> Vec<String> {
    cluster.ledger().created().iter().map(|written| written.object().to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_apply_tells_what_it_did_and_leaves_a_record_if_it_did_something() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let made = cluster.apply(&deployment(1), &apply()).await.unwrap();
    assert_eq!(made.operation, Operation::Created);
    assert!(made.object["metadata"]["managedFields"].is_null());
    let written = made.written.unwrap();
    assert_eq!((written.created, &written.spec_before, written.generation_changed), (true, &None, true));
    assert_eq!(made.object["metadata"]["resourceVersion"], written.resource_version);

    let same = cluster.apply(&deployment(1), &apply()).await.unwrap();
    assert_eq!((same.operation, same.written.is_none()), (Operation::Unchanged, true));
    assert_eq!(cluster.ledger().last(&written.uid).unwrap(), written);

    let changed = cluster.apply(&deployment(2), &apply()).await.unwrap();
    assert_eq!(changed.operation, Operation::Configured);
    let last = cluster.ledger().last(&written.uid).unwrap();
    assert_eq!((last.created, &last.spec_before), (false, &Some(json!({"replicas": 1}))));
    assert!(last.generation_changed);
    assert_eq!(created(&cluster), ["Deployment/web in n"]);
    assert_eq!(fake.count("PATCH"), 3);
    assert!(fake.requests().iter().any(|request| {
        request.contains("fieldManager=seldonplay") && request.contains("fieldValidation=Strict")
    }));

    let labelled = json!({"metadata": {"labels": {"a": "b"}}});
    let labelled = cluster.patch(&last.object(), &PatchKind::Merge(labelled), &patch()).await.unwrap();
    assert!(!labelled.written.unwrap().generation_changed);
}

#[tokio::test(start_paused = true)]
async fn a_status_written_by_others_in_between_is_no_change_of_ours() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    cluster.apply(&deployment(1), &apply()).await.unwrap();
    fake.order("PATCH", "", 1, Fault::Break);
    // While the apply is under way for the second time, a controller writes the status.
    let (applied, ()) =
        futures_util::future::join(async { cluster.apply(&deployment(1), &apply()).await.unwrap() }, async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            fake.put(DEPLOYMENTS, "web", json!({"status": {"replicas": 1}}));
        })
        .await;
    assert_eq!((applied.operation, applied.written.is_none()), (Operation::Unchanged, true));
}

#[tokio::test(start_paused = true)]
async fn an_apply_whose_answer_was_lost_is_looked_at_and_sent_again() {
    for fault in
        [Fault::Lose, Fault::LoseWith(504), Fault::Break, Fault::Status(500, "InternalError"), Fault::Page]
    {
        let fake = Fake::new();
        let cluster = fake.cluster();
        fake.order("PATCH", "web", 1, fault.clone());
        let made = cluster.apply(&deployment(1), &apply()).await.unwrap();
        assert_eq!(made.operation, Operation::Created);
        assert_eq!(made.written.unwrap().spec_before, None);
        // Looked at before and after the lost attempt.
        assert_eq!((fake.count("GET /apis/apps"), fake.count("PATCH")), (2, 2));

        fake.order("PATCH", "web", 1, fault);
        let changed = cluster.apply(&deployment(2), &apply()).await.unwrap();
        assert_eq!(changed.operation, Operation::Configured);
        assert_eq!(changed.written.unwrap().spec_before, Some(json!({"replicas": 1})));
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_that_others_made_first_is_not_counted_as_made_here() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    fake.order("PATCH", "web", 1, Fault::Break);
    let (applied, ()) =
        futures_util::future::join(async { cluster.apply(&deployment(2), &apply()).await.unwrap() }, async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            fake.put(DEPLOYMENTS, "web", json!({"spec": {"replicas": 1}}));
        })
        .await;
    assert_eq!(applied.operation, Operation::Configured);
    assert!(created(&cluster).is_empty());
}

#[tokio::test(start_paused = true)]
async fn refusals_of_an_apply_come_at_once_with_their_details() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let conflict = json!({"kind": "Status", "code": 409, "reason": "Conflict",
        "message": "Apply failed with 1 conflict: conflict with \"x\": .spec.replicas", "details": {"causes": [
            {"reason": "FieldManagerConflict", "message": "conflict with \"x\"", "field": ".spec.replicas"}]}});
    fake.order("PATCH", "web", 1, Fault::Body(409, conflict));
    let Err(Error::Refused(status)) = cluster.apply(&deployment(1), &apply()).await else { panic!() };
    assert_eq!(status.causes()[0].field, ".spec.replicas");

    let typed = json!({"kind": "Status", "code": 500, "message":
        "failed to create typed patch object (n/web; apps/v1, Kind=Deployment): .spec.foo: field not declared in schema"});
    fake.order("PATCH", "web", 1, Fault::Body(500, typed));
    let error = cluster.apply(&deployment(1), &apply()).await.unwrap_err();
    assert!(error.is_refused(500), "{error:?}");
    assert_eq!(fake.count("PATCH"), 2);

    for (object, words) in [
        (json!({"kind": "Widget", "apiVersion": "example.com/v1", "metadata": {"name": "w"}}), "serve"),
        (json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "w"}}), "namespace"),
        (json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"namespace": "n"}}), "name"),
        (json!({"metadata": {"name": "w"}}), "apiVersion"),
        (json!([1]), "apiVersion"),
    ] {
        let error = cluster.apply(&object, &apply()).await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(fake.count("PATCH"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_create_is_never_carried_out_twice() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    fake.order("POST", "configmaps", 1, Fault::Lose);
    let made = cluster.apply(&map("a"), &create()).await.unwrap();
    assert_eq!(made.operation, Operation::Created);
    assert_eq!(fake.count("POST"), 1, "the look has shown that it was made");

    fake.order("POST", "configmaps", 1, Fault::Break);
    let made = cluster.apply(&map("b"), &create()).await.unwrap();
    assert_eq!((made.operation, fake.count("POST")), (Operation::Created, 3));

    let error = cluster.apply(&map("a"), &create()).await.unwrap_err();
    assert_eq!(error.status().unwrap().reason, "AlreadyExists");
    assert_eq!(created(&cluster), ["ConfigMap/a in n", "ConfigMap/b in n"]);

    // Somebody else makes it while the first attempt's answer is lost: not ours.
    fake.order("POST", "configmaps", 1, Fault::Break);
    let (refused, _) =
        futures_util::future::join(async { cluster.apply(&map("c"), &create()).await }, async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            fake.put(MAPS, "c", json!({"data": {}}))
        })
        .await;
    assert!(refused.unwrap_err().is_refused(409));
}

#[tokio::test(start_paused = true)]
async fn a_create_without_a_name_that_is_lost_is_unknown() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"generateName": "a-", "namespace": "n"}});
    let made = cluster.apply(&object, &create()).await.unwrap();
    assert_eq!(made.written.unwrap().name, "a-0");
    fake.order("POST", "configmaps", 1, Fault::Lose);
    let error = cluster.apply(&object, &create()).await.unwrap_err();
    assert!(matches!(error, Error::UnknownOutcome { .. }), "{error:?}");
    assert_eq!(fake.count("POST"), 2);
}

fn add_argument() -> PatchKind {
    PatchKind::Json(json!([{"op": "add", "path": "/spec/args/-", "value": "b"}]))
}

#[tokio::test(start_paused = true)]
async fn a_json_patch_is_never_carried_out_twice() {
    for (fault, sent) in
        [(Fault::Lose, 1), (Fault::LoseWith(500), 1), (Fault::Break, 2), (Fault::Status(503, ""), 2)]
    {
        let fake = Fake::new();
        fake.put(DEPLOYMENTS, "web", json!({"spec": {"args": ["a"]}}));
        let cluster = fake.cluster();
        let web = object(&cluster, "Deployment", "web").await;
        fake.order("PATCH", "web", 1, fault);
        let patched = cluster.patch(&web, &add_argument(), &patch()).await.unwrap();
        assert_eq!(patched.operation, Operation::Configured);
        assert_eq!(patched.written.unwrap().spec_before, Some(json!({"args": ["a"]})));
        assert_eq!(fake.stored(DEPLOYMENTS, "web").unwrap()["spec"]["args"], json!(["a", "b"]));
        assert_eq!(fake.count("PATCH"), sent);
    }
}

#[tokio::test(start_paused = true)]
async fn a_json_patch_lost_among_other_writes_is_unknown() {
    let fake = Fake::new();
    fake.put(DEPLOYMENTS, "web", json!({"spec": {"args": ["a"]}}));
    let cluster = fake.cluster();
    let web = object(&cluster, "Deployment", "web").await;
    fake.order("PATCH", "web", 1, Fault::Lose);
    let patching = async { cluster.patch(&web, &add_argument(), &patch()).await };
    let (patched, _) = futures_util::future::join(patching, async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        fake.put(DEPLOYMENTS, "web", json!({"spec": {"args": ["c"]}}))
    })
    .await;
    let error = patched.unwrap_err();
    assert!(matches!(error, Error::UnknownOutcome { .. }), "{error:?}");
    assert_eq!(fake.count("PATCH"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_second_attempt_stays_a_refusal() {
    let fake = Fake::new();
    fake.put(DEPLOYMENTS, "web", json!({"spec": {"replicas": 1}}));
    let cluster = fake.cluster();
    let web = object(&cluster, "Deployment", "web").await;
    fake.order("PATCH", "web", 1, Fault::Break);
    fake.order("PATCH", "web", 1, Fault::Status(422, "Invalid"));
    let replace = PatchKind::Json(json!([{"op": "replace", "path": "/spec/replicas", "value": -1}]));
    let error = cluster.patch(&web, &replace, &patch()).await.unwrap_err();
    assert!(error.is_refused(422), "{error:?}");
    assert_eq!(fake.count("PATCH"), 2);
}

#[tokio::test(start_paused = true)]
async fn preconditions_travel_with_the_patch() {
    let fake = Fake::new();
    let stored = fake.put(DEPLOYMENTS, "web", json!({"spec": {"replicas": 1}}));
    let cluster = fake.cluster();
    let web = object(&cluster, "Deployment", "web").await;
    let merge = PatchKind::Merge(json!({"spec": {"replicas": 2}}));
    let stale = PatchOptions { resource_version: Some("1".into()), ..patch() };
    assert!(cluster.patch(&web, &merge, &stale).await.unwrap_err().is_refused(409));
    assert_eq!(fake.count("PATCH"), 1, "a conflict with a precondition is an answer");

    let version = stored["metadata"]["resourceVersion"].as_str().map(str::to_owned);
    let current = PatchOptions { resource_version: version, ..patch() };
    fake.order("PATCH", "web", 1, Fault::Lose);
    let patched = cluster.patch(&web, &merge, &current).await.unwrap();
    assert_eq!((patched.operation, fake.count("PATCH")), (Operation::Configured, 2));

    let other = PatchOptions { uid: Some("somebody-else".into()), ..patch() };
    let json = PatchKind::Json(json!([{"op": "replace", "path": "/spec/replicas", "value": 3}]));
    assert!(cluster.patch(&web, &json, &other).await.unwrap_err().is_refused(422));
    let bad = cluster.patch(&web, &PatchKind::Json(json!({})), &patch()).await.unwrap_err();
    assert!(bad.is_refused(400));
    let missing = object(&cluster, "Deployment", "none").await;
    assert!(cluster.patch(&missing, &merge, &patch()).await.unwrap_err().is_refused(404));
}

#[tokio::test(start_paused = true)]
async fn a_race_lost_against_other_writers_is_run_again() {
    let fake = Fake::new();
    fake.put(DEPLOYMENTS, "web", json!({"spec": {"replicas": 1}}));
    let cluster = fake.cluster();
    let web = object(&cluster, "Deployment", "web").await;
    let raced = json!({"kind": "Status", "code": 409, "reason": "Conflict", "message":
        "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version"});
    fake.order("PATCH", "web", 2, Fault::Body(409, raced));
    let merge = PatchKind::Merge(json!({"spec": {"replicas": 2}}));
    let patched = cluster.patch(&web, &merge, &patch()).await.unwrap();
    assert_eq!((patched.operation, fake.count("PATCH")), (Operation::Configured, 3));
}

#[tokio::test(start_paused = true)]
async fn scale_is_patched_blindly() {
    let fake = Fake::new();
    fake.put(DEPLOYMENTS, "web", json!({"spec": {"replicas": 1}}));
    let cluster = fake.cluster();
    let web = object(&cluster, "Deployment", "web").await;
    fake.order("PATCH", "web/scale", 1, Fault::Lose);
    let scaled = cluster.scale(&web, 3).await.unwrap();
    assert_eq!((scaled.operation, &scaled.object["kind"]), (Operation::Configured, &json!("Scale")));
    let written = scaled.written.unwrap();
    assert_eq!(written.spec_before, Some(json!({"replicas": 1})));
    assert_eq!(
        fake.stored(DEPLOYMENTS, "web").unwrap()["metadata"]["resourceVersion"],
        written.resource_version
    );
    assert_eq!(
        (fake.count("GET /apis/apps/v1/namespaces/n/deployments/web/scale"), fake.count("PATCH")),
        (0, 2)
    );
    assert_eq!(cluster.scale(&web, 3).await.unwrap().operation, Operation::Unchanged);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_over_a_lost_write_leaves_it_unknown() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    fake.put(DEPLOYMENTS, "web", json!({"spec": {"replicas": 1}}));
    object(&cluster, "Deployment", "web").await;
    fake.order("PATCH", "web", usize::MAX, Fault::Lose);
    let until = cluster.until(Instant::now() + Duration::from_secs(5));
    let error = until.apply(&deployment(2), &apply()).await.unwrap_err();
    assert!(matches!(error, Error::UnknownOutcome { .. }), "{error:?}");

    // What certainly never arrived is not unknown.
    fake.order("PATCH", "n/deployments/other", usize::MAX, Fault::Refuse);
    let other = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "other", "namespace": "n"}});
    let until = cluster.until(Instant::now() + Duration::from_secs(5));
    let error = until.apply(&other, &apply()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_delete_hits_the_object_that_is_meant_and_no_other() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let a = object(&cluster, "ConfigMap", "a").await;
    let options = DeleteOptions::default();
    assert!(cluster.delete(&a, &options).await.unwrap().already_gone);
    assert_eq!(fake.count("DELETE"), 0);

    let made = cluster.apply(&map("a"), &apply()).await.unwrap().written.unwrap();
    fake.order("DELETE", "configmaps/a", 1, Fault::Lose);
    let deleted = cluster.delete(&a, &options).await.unwrap();
    assert_eq!((deleted.already_gone, deleted.lingers, deleted.uid), (false, false, Some(made.uid.clone())));
    assert!(created(&cluster).is_empty());

    // A successor of the same name is not touched.
    fake.put(MAPS, "a", json!({"data": {"new": "one"}}));
    let options = DeleteOptions { uid: Some(made.uid.clone()), ..options };
    assert!(cluster.delete(&a, &options).await.unwrap().already_gone);
    assert!(fake.stored(MAPS, "a").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_delete_tells_what_lingers_and_what_is_refused() {
    let fake = Fake::new();
    let cluster = fake.cluster();
    let mut held = map("held");
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    cluster.apply(&held, &apply()).await.unwrap();
    fake.warn("this is going away");
    let target = object(&cluster, "ConfigMap", "held").await;
    let options = DeleteOptions { propagation: Propagation::Foreground, grace_period: Some(0), uid: None };
    let deleted = cluster.delete(&target, &options).await.unwrap();
    assert!(deleted.lingers && !deleted.already_gone);
    assert_eq!(deleted.object.unwrap()["metadata"]["finalizers"], json!(["example.com/hold"]));
    assert_eq!(deleted.warnings, ["this is going away"]);
    assert_eq!(created(&cluster), ["ConfigMap/held in n"], "it is still there");

    fake.order("DELETE", "held", 1, Fault::Status(409, "Conflict"));
    assert!(!cluster.delete(&target, &options).await.unwrap().already_gone, "it is being deleted already");
    fake.order("DELETE", "held", 1, Fault::Status(403, "Forbidden"));
    assert!(cluster.delete(&target, &options).await.unwrap_err().is_refused(403));
    let applied = cluster.apply(&map("w"), &apply()).await.unwrap();
    assert_eq!(applied.warnings, ["this is going away"]);
}
