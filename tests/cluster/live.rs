//! The door before a real control plane, and before one behind a proxy that fails. Without
//! `SELDONPLAY_TEST_KUBECONFIG` each of these tests says so and does nothing.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use seldonplay::cluster::{
    ApplyOptions, Cluster, ConnectOptions, Connected, DeleteOptions, Error, Interest, KindName,
    NamespaceState, ObjectRef, Operation, PatchKind, PatchOptions, Propagation, Seen, Settings, Watch,
    connect,
};
use seldonplay::json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::proxy::Proxy;
use super::told;

const SECOND: Duration = Duration::from_secs(1);

/// Connects as the user of a kubeconfig beside the one that the environment names.
async fn door(file: &str, server: Option<String>) -> Option<Connected> {
    let Some(path) = std::env::var_os("SELDONPLAY_TEST_KUBECONFIG").map(PathBuf::from) else {
        eprintln!("skipped: it needs SELDONPLAY_TEST_KUBECONFIG");
        return None;
    };
    let path = if file.is_empty() { path } else { path.with_file_name(file) };
    let options = ConnectOptions { kubeconfig: Some(path), server, ..ConnectOptions::default() };
    Some(connect(&options, Settings::default()).await.unwrap())
}

/// Runs a test in a namespace of its own, which is deleted whatever happens, with all else that was made.
async fn in_namespace<T: Future<Output = ()> + Send + 'static>(
    name: &str,
    test: impl FnOnce(Cluster, String) -> T,
) {
    let Some(Connected { cluster, .. }) = door("", None).await else { return };
    let name = format!("door-{name}-{}", std::process::id());
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let made = cluster.apply(&namespace, &ApplyOptions::default()).await.unwrap();
    assert_eq!(made.operation, Operation::Created);
    let outcome = tokio::spawn(test(cluster.clone(), name.clone())).await;
    for written in cluster.ledger().created().iter().rev() {
        cluster.delete(&written.object(), &DeleteOptions::default()).await.unwrap();
    }
    outcome.unwrap();
}

async fn object(cluster: &Cluster, word: &str, namespace: Option<&str>, name: &str) -> ObjectRef {
    let resource = cluster.resolve(&KindName { word: word.into(), api_version: None }).await.unwrap();
    ObjectRef { resource, namespace: namespace.map(str::to_owned), name: name.into() }
}

async fn watch(cluster: &Cluster, word: &str, namespace: &str, names: &[&str]) -> Watch {
    let resource = cluster.resolve(&KindName { word: word.into(), api_version: None }).await.unwrap();
    cluster.watch(Interest {
        resource,
        namespace: Some(namespace.to_owned()),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        labels: None,
    })
}

async fn next(watch: &mut Watch) -> Seen {
    timeout(60 * SECOND, watch.next()).await.unwrap_or_else(|_| panic!("nothing was seen for a minute"))
}

/// Waits until an object is seen whose data has this value.
async fn until_value(watch: &mut Watch, value: &str) {
    loop {
        if let Seen::Present(snapshot) = next(watch).await
            && snapshot.value()["data"]["v"] == value
        {
            return;
        }
    }
}

fn map(namespace: &str, name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace},
        "data": {"v": value}})
}

fn deployment(namespace: &str, replicas: i64) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "example.com/web:1"}]}}}})
}

#[tokio::test]
async fn the_real_server_is_discovered_in_two_requests() {
    let Some(Connected { cluster, warnings, .. }) = door("", None).await else { return };
    assert!(warnings.iter().any(|warning| warning.contains("not verified")));
    for (word, api_version) in [
        ("deploy", "apps/v1"),
        ("po", "v1"),
        ("Event", "v1"),
        ("sdep", "machinelearning.seldon.io/v1"),
        ("crd", "apiextensions.k8s.io/v1"),
        ("hpa.v2.autoscaling", "autoscaling/v2"),
    ] {
        let found = cluster.resolve(&KindName { word: word.into(), api_version: None }).await.unwrap();
        assert_eq!(found.api_version(), api_version, "{word}");
    }
    assert_eq!(cluster.counts().requests, 2);
    assert_eq!(cluster.namespace_state("default").await, Ok(NamespaceState::Exists));
    assert_eq!(cluster.namespace_state("no-such-namespace").await, Ok(NamespaceState::Missing));
}

#[tokio::test]
async fn writes_do_what_they_say() {
    in_namespace("writes", |cluster, namespace| async move {
        let n = namespace.as_str();
        let apply = ApplyOptions::default();
        let made = cluster.apply(&deployment(n, 1), &apply).await.unwrap();
        assert_eq!(made.operation, Operation::Created);
        let same = cluster.apply(&deployment(n, 1), &apply).await.unwrap();
        assert_eq!(same.operation, Operation::Unchanged);

        let other = ApplyOptions { field_manager: Some("somebody".into()), ..apply.clone() };
        let Err(Error::Refused(conflict)) = cluster.apply(&deployment(n, 2), &other).await else { panic!() };
        let causes = conflict.causes();
        assert!(
            causes[0].message.contains("seldonplay") && causes[0].field == ".spec.replicas",
            "{causes:?}"
        );
        let forced = ApplyOptions { force: true, ..other };
        let changed = cluster.apply(&deployment(n, 2), &forced).await.unwrap().written.unwrap();
        assert_eq!(changed.spec_before.as_ref().unwrap()["replicas"], 1);
        assert!(changed.generation_changed);

        let start = Instant::now();
        let mut unknown = deployment(n, 2);
        unknown["spec"]["foo"] = 1.into();
        let error = cluster.apply(&unknown, &forced).await.unwrap_err();
        assert!(error.to_string().contains(".spec.foo: field not declared"), "{error}");
        let create = ApplyOptions { create_only: true, ..apply.clone() };
        let error = cluster.apply(&unknown, &create).await.unwrap_err();
        assert!(error.is_refused(400) && error.to_string().contains("spec.foo"), "{error}");
        assert!(start.elapsed() < 5 * SECOND, "a verdict of the server is not waited out");
        let error = cluster.apply(&deployment(n, 2), &create).await.unwrap_err();
        assert_eq!(error.status().unwrap().reason, "AlreadyExists");

        let web = object(&cluster, "deploy", Some(n), "web").await;
        let scaled = cluster.scale(&web, 3).await.unwrap();
        assert_eq!(scaled.operation, Operation::Configured);
        let now = cluster.get(&web).await.unwrap().unwrap();
        assert_eq!((&now["spec"]["replicas"], now["metadata"]["managedFields"].is_null()), (&json!(3), true));
        let json_patch = PatchKind::Json(json!([
            {"op": "test", "path": "/spec/replicas", "value": 3},
            {"op": "add", "path": "/spec/template/spec/containers/0/args", "value": ["a"]},
        ]));
        let options = PatchOptions::default();
        assert_eq!(
            cluster.patch(&web, &json_patch, &options).await.unwrap().operation,
            Operation::Configured
        );
        let strategic = PatchKind::Strategic(json!({"spec": {"template": {"spec": {"containers": [
            {"name": "c", "env": [{"name": "A", "value": "b"}]}]}}}}));
        let stale = PatchOptions { resource_version: Some("1".into()), ..options.clone() };
        assert!(cluster.patch(&web, &strategic, &stale).await.unwrap_err().is_refused(409));
        let patched = cluster.patch(&web, &strategic, &options).await.unwrap().object;
        assert_eq!(patched["spec"]["template"]["spec"]["containers"][0]["args"], json!(["a"]));
        let error =
            cluster.patch(&web, &PatchKind::Merge(json!({"spec": {"replicas": "x"}})), &options).await;
        assert!(matches!(error, Err(Error::Refused(_))), "{error:?}");

        let uid = now["metadata"]["uid"].as_str().map(str::to_owned);
        let other = DeleteOptions { uid: Some("of-another".into()), ..DeleteOptions::default() };
        assert!(cluster.delete(&web, &other).await.unwrap().already_gone);
        assert!(cluster.get(&web).await.unwrap().is_some());
        let foreground = DeleteOptions { uid, propagation: Propagation::Foreground, grace_period: None };
        let mut seen = watch(&cluster, "deploy", n, &["web"]).await;
        let deleted = cluster.delete(&web, &foreground).await.unwrap();
        assert!(deleted.lingers && !deleted.already_gone);
        while !matches!(next(&mut seen).await, Seen::Gone { .. }) {}
        assert!(cluster.ledger().created().iter().all(|written| written.name != "web"));
    })
    .await;
}

#[tokio::test]
async fn a_custom_kind_is_found_as_soon_as_it_is_established_and_scaled_where_no_field_is_set() {
    in_namespace("custom", |cluster, namespace| async move {
        let group = format!("{namespace}.example.com");
        let version = json!({"name": "v1", "served": true, "storage": true,
            "subresources": {"status": {},
                "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "spec": {"type": "object", "properties": {"replicas": {"type": "integer"}}},
                "status": {"type": "object", "properties": {"replicas": {"type": "integer"}}}}}}});
        let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("widgets.{group}")},
            "spec": {"group": group, "scope": "Namespaced", "versions": [version],
                "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"}}});
        let widget = json!({"apiVersion": format!("{group}/v1"), "kind": "Widget", "spec": {},
            "metadata": {"name": "w", "namespace": namespace}});
        let apply = ApplyOptions::default();
        assert!(matches!(cluster.apply(&widget, &apply).await, Err(Error::NotServed { .. })));
        cluster.apply(&crd, &apply).await.unwrap();
        let crds = object(&cluster, "crd", None, &format!("widgets.{group}")).await;
        let mut established = cluster.watch(Interest {
            resource: crds.resource.clone(),
            namespace: None,
            names: vec![crds.name.clone()],
            labels: None,
        });
        loop {
            if let Seen::Present(snapshot) = next(&mut established).await {
                let value = snapshot.value();
                let conditions = value["status"]["conditions"].as_array().cloned().unwrap_or_default();
                if conditions.iter().any(|c| c["type"] == "Established" && c["status"] == "True") {
                    break;
                }
            }
        }
        // Discovery may lag behind for a moment.
        let start = Instant::now();
        let applied = loop {
            match cluster.apply(&widget, &apply).await {
                Err(Error::NotServed { .. }) if start.elapsed() < 10 * SECOND => sleep(SECOND / 10).await,
                other => break other.unwrap(),
            }
        };
        assert_eq!(applied.operation, Operation::Created);
        let kind = KindName { word: "widget".into(), api_version: Some(format!("{group}/v1")) };
        let resource = cluster.resolve(&kind).await.unwrap();
        assert!(resource.has_subresource("scale"));
        let w = ObjectRef { resource, namespace: Some(namespace.clone()), name: "w".into() };
        cluster.scale(&w, 2).await.unwrap();
        assert_eq!(cluster.get(&w).await.unwrap().unwrap()["spec"]["replicas"], 2);

        let mut widgets = cluster.watch(Interest {
            resource: w.resource.clone(),
            namespace: Some(namespace),
            names: Vec::new(),
            labels: None,
        });
        while next(&mut widgets).await != Seen::Listed {}
        cluster.delete(&crds, &DeleteOptions::default()).await.unwrap();
        while !matches!(next(&mut widgets).await, Seen::Gone { .. }) {}
        while !matches!(next(&mut established).await, Seen::Gone { .. }) {}
    })
    .await;
}

#[tokio::test]
async fn cut_refused_and_stalled_connections_lose_nothing() {
    in_namespace("proxy", |cluster, namespace| async move {
        let server = door("", None).await.unwrap().server;
        let proxy = Proxy::start(server.trim_start_matches("https://").to_owned()).await;
        let behind = door("", Some(format!("https://{}", proxy.address))).await.unwrap().cluster;
        let mut troubles = behind.troubles();
        let apply = ApplyOptions::default();
        let n = namespace.as_str();
        cluster.apply(&map(n, "a", "1"), &apply).await.unwrap();
        let mut seen = watch(&behind, "cm", n, &["a"]).await;
        until_value(&mut seen, "1").await;
        while next(&mut seen).await != Seen::Listed {}

        proxy.cut();
        cluster.apply(&map(n, "a", "2"), &apply).await.unwrap();
        until_value(&mut seen, "2").await;

        proxy.refuse(true);
        proxy.cut();
        cluster.apply(&map(n, "a", "3"), &apply).await.unwrap();
        sleep(2 * SECOND).await;
        let a = object(&cluster, "cm", Some(n), "a").await;
        let error = behind.until(Instant::now() + SECOND).get(&a).await.unwrap_err();
        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
        proxy.refuse(false);
        until_value(&mut seen, "3").await;
        assert_eq!(behind.counts().list, 1, "every watch was resumed where it broke off");

        // The answer of an apply is swallowed, though it is carried out.
        let short = Settings { request_timeout: SECOND, ..Settings::default() };
        let options = ConnectOptions {
            kubeconfig: std::env::var_os("SELDONPLAY_TEST_KUBECONFIG").map(PathBuf::from),
            server: Some(format!("https://{}", proxy.address)),
            ..ConnectOptions::default()
        };
        let hasty = connect(&options, short).await.unwrap().cluster;
        object(&hasty, "cm", Some(n), "a").await;
        let create = ApplyOptions { create_only: true, ..apply.clone() };
        let creating = hasty.until(Instant::now() + 20 * SECOND);
        let lost = map(n, "lost", "1");
        let (made, ()) = futures_util::future::join(async { creating.apply(&lost, &create).await }, async {
            // Let the look before the write through, then swallow the write's answer.
            while creating.counts().create == 0 {
                sleep(Duration::from_micros(100)).await;
            }
            proxy.stall(true);
            sleep(SECOND / 2).await;
            proxy.cut();
            proxy.stall(false);
        })
        .await;
        assert_eq!(made.unwrap().operation, Operation::Created);
        let told = told(&mut troubles);
        assert!(told.iter().any(|told| told.starts_with("watch configmaps/a") && told.contains("recovered")));
    })
    .await;
}

#[tokio::test]
async fn a_user_with_few_rights_sees_what_is_allowed() {
    in_namespace("rights", |cluster, namespace| async move {
        let guest = door("guest.kubeconfig", None).await.unwrap().cluster;
        let n = namespace.as_str();
        let apply = ApplyOptions::default();
        cluster.apply(&map(n, "a", "1"), &apply).await.unwrap();
        let a = object(&guest, "cm", Some(n), "a").await;
        assert!(guest.get(&a).await.unwrap_err().is_refused(403));
        assert!(matches!(guest.namespace_state(n).await, Ok(NamespaceState::Unknown(_))));
        let mut seen = watch(&guest, "cm", n, &["a"]).await;
        let Seen::Blocked(Error::Refused(status)) = next(&mut seen).await else { panic!() };
        assert!(status.message.contains("cannot"), "{status}");
        drop(seen);
        let user = user_in(&status.message);
        assert!(!user.is_empty(), "{status}");

        // By name alone: a watch of its own is allowed, a list of all is not.
        let role = |verbs: &[&str]| json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
            "metadata": {"name": "guest", "namespace": n}, "rules": [
                {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a", "b"], "verbs": verbs}]});
        cluster.apply(&role(&["get", "list", "watch"]), &apply).await.unwrap();
        let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "guest", "namespace": n},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "guest"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]});
        cluster.apply(&binding, &apply).await.unwrap();
        let start = Instant::now();
        while guest.get(&a).await.is_err() {
            assert!(start.elapsed() < 20 * SECOND, "the role does not come into force");
            sleep(SECOND / 10).await;
        }
        let polls = guest.counts().polls;
        let mut named = watch(&guest, "cm", n, &["a"]).await;
        until_value(&mut named, "1").await;
        assert_eq!(next(&mut named).await, Seen::Listed);
        assert_eq!(guest.counts().polls, polls, "it is watched");
        drop(named);

        // Only `get`: asked for every other second.
        cluster.apply(&role(&["get"]), &apply).await.unwrap();
        sleep(SECOND).await;
        let mut polled = watch(&guest, "cm", n, &["a"]).await;
        assert!(matches!(next(&mut polled).await, Seen::Polling { .. }));
        until_value(&mut polled, "1").await;
        cluster.apply(&map(n, "a", "2"), &apply).await.unwrap();
        until_value(&mut polled, "2").await;
    })
    .await;
}

/// The user's name in the server's words: `… is forbidden: User "guest" cannot …`.
fn user_in(message: &str) -> String {
    let after = message.split("User \"").nth(1).unwrap_or_default();
    after.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn wrong_credentials_are_told_after_ten_seconds() {
    let Some(Connected { server, .. }) = door("", None).await else { return };
    let options = ConnectOptions {
        kubeconfig: std::env::var_os("SELDONPLAY_TEST_KUBECONFIG").map(PathBuf::from),
        server: Some(server),
        token: Some("wrong".into()),
        ..ConnectOptions::default()
    };
    let cluster = connect(&options, Settings::default()).await.unwrap().cluster;
    let start = Instant::now();
    let error = cluster.until(start + 60 * SECOND).resources().await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");
    assert!((10..13).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_told_at_once() {
    let Some(Connected { server, .. }) = door("", None).await else { return };
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("strict.kubeconfig");
    let text = format!(
        "{{clusters: [{{name: c, cluster: {{server: '{server}'}}}}], contexts: [{{name: c, context: {{cluster: c}}}}], \
         current-context: c}}"
    );
    std::fs::write(&path, text).unwrap();
    let options = ConnectOptions { kubeconfig: Some(path), ..ConnectOptions::default() };
    let cluster = connect(&options, Settings::default()).await.unwrap().cluster;
    let start = Instant::now();
    let error = cluster.until(start + 60 * SECOND).resources().await.unwrap_err();
    assert!(error.to_string().contains("invalid peer certificate"), "{error}");
    assert!(start.elapsed() < 5 * SECOND);
}

#[tokio::test]
async fn a_quiet_half_minute_is_renewed_without_trouble() {
    in_namespace("quiet", |cluster, namespace| async move {
        let mut troubles = cluster.troubles();
        let mut seen = watch(&cluster, "secrets", &namespace, &["none"]).await;
        assert_eq!(next(&mut seen).await, Seen::Listed);
        sleep(35 * SECOND).await;
        assert_eq!((cluster.counts().list, cluster.counts().watch), (1, 2));
        assert_eq!(told(&mut troubles), [""; 0]);
    })
    .await;
}
