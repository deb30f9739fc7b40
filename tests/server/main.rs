//! The server of rehearsals, through the door that runs use.

use seldonplay::cluster::{
    ApplyOptions, Cluster, DeleteOptions, Interest, KindName, ObjectRef, Operation, PatchKind, PatchOptions,
    Seen, Settings, Watch,
};
use seldonplay::direct::Direct;
use seldonplay::json::{Value, json};
use seldonplay::rehearsal::clock::Clock;
use seldonplay::rehearsal::server::{
    self, Asked, Cut, Delivery, Interfere, Interference, Refusal, Server, User,
};
use seldonplay::rehearsal::world::{self, World};
use std::sync::Arc;
use std::time::Duration;

fn server() -> Server {
    with(None)
}

/// A server with faults.
fn with(interfere: Option<Arc<dyn Interfere>>) -> Server {
    let start = "2026-01-02T03:04:05Z".parse().unwrap();
    Server::new(server::Settings { clock: Clock::new(start, 1.0), seed: 1, interfere })
}

/// Asks as a user; the code, and the body of what is no watch.
async fn ask(
    server: &Server,
    user: &User,
    method: &str,
    path: &str,
    body: &Value,
) -> Result<(u16, Value), Cut> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap();
    let response = server.handle(user, request).await?;
    let code = response.status().as_u16();
    let bytes = response.into_body().bytes().unwrap_or_default();
    Ok((code, serde_json::from_slice(&bytes).unwrap_or_default()))
}

/// The lines of a watch until it ends, each its type and the name of its object, or what went wrong.
async fn follow(server: &Server, path: &str) -> Vec<String> {
    let request = http::Request::builder().uri(path).body(bytes::Bytes::new()).unwrap();
    let body = server.handle(&User::admin(), request).await.unwrap().into_body();
    let all = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
    String::from_utf8(all.to_vec())
        .unwrap()
        .lines()
        .map(|line| {
            let event: Value = serde_json::from_str(line).unwrap();
            let object = &event["object"];
            let told = object["message"].as_str().or(object["metadata"]["name"].as_str()).unwrap_or("-");
            format!("{} {told}", event["type"].as_str().unwrap_or_default())
        })
        .collect()
}

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn cluster(server: &Server) -> Cluster {
    Cluster::new(server.client(), server.client(), Settings::default())
}

async fn object(cluster: &Cluster, word: &str, name: &str) -> ObjectRef {
    let resource = cluster.resolve(&KindName { word: word.into(), api_version: None }).await.unwrap();
    let namespace = resource.namespaced.then(|| "default".to_owned());
    ObjectRef { resource, namespace, name: name.into() }
}

fn map(value: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "shelf", "namespace": "default" },
        "data": { "colour": value },
    })
}

#[tokio::test(start_paused = true)]
async fn the_line_of_a_run_goes_through() {
    let server = server();
    let cluster = cluster(&server);
    let shelf = object(&cluster, "cm", "shelf").await;
    let mut watch = cluster.watch(Interest {
        resource: shelf.resource.clone(),
        namespace: shelf.namespace.clone(),
        names: vec!["shelf".to_owned()],
        labels: None,
    });
    assert_eq!(watch.next().await, Seen::Listed);
    let applied = cluster.apply(&map("red"), &ApplyOptions::default()).await.unwrap();
    assert_eq!(applied.operation, Operation::Created);
    assert_eq!(colour(&mut watch).await, "red");
    let applied = cluster.apply(&map("red"), &ApplyOptions::default()).await.unwrap();
    assert_eq!(applied.operation, Operation::Unchanged);
    let patch = json!([{ "op": "replace", "path": "/data/colour", "value": "blue" }]);
    let patched = cluster.patch(&shelf, &PatchKind::Json(patch), &PatchOptions::default()).await.unwrap();
    assert_eq!(patched.operation, Operation::Configured);
    assert_eq!(colour(&mut watch).await, "blue");
    cluster.delete(&shelf, &DeleteOptions::default()).await.unwrap();
    assert!(matches!(watch.next().await, Seen::Gone { left_selection: false, .. }));
    assert_eq!(cluster.get(&shelf).await.unwrap(), None);
}

/// The colour of the next thing seen.
async fn colour(watch: &mut Watch) -> String {
    match watch.next().await {
        Seen::Present(snapshot) => snapshot.value()["data"]["colour"].as_str().unwrap_or_default().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_definition_is_served_as_soon_as_it_is_there() {
    let cluster = cluster(&server());
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "kiosks.example.com" },
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": { "plural": "kiosks", "kind": "Kiosk", "shortNames": ["ki"] },
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": { "status": {} },
                "schema": { "openAPIV3Schema": { "type": "object", "properties": {
                    "spec": { "type": "object", "properties": {
                        "size": { "type": "integer", "minimum": 1, "default": 3 } } },
                    "status": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } } } },
            }],
        },
    });
    cluster.apply(&definition, &ApplyOptions::default()).await.unwrap();
    cluster.forget_discovery().await;
    let kiosk = json!({
        "apiVersion": "example.com/v1", "kind": "Kiosk", "metadata": { "name": "a", "namespace": "default" },
        "spec": {}, "status": { "phase": "Open" },
    });
    let made = cluster.apply(&kiosk, &ApplyOptions::default()).await.unwrap().object;
    assert_eq!(made["spec"]["size"], 3);
    assert_eq!(made["metadata"]["generation"], 1);
    assert_eq!(made.get("status"), None);
    let mut wrong = kiosk.clone();
    wrong["spec"]["size"] = 0.into();
    let refused = cluster.apply(&wrong, &ApplyOptions::default()).await.unwrap_err();
    let words = "Kiosk.example.com \"a\" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1";
    assert!(refused.to_string().contains(words), "{refused}");
    wrong["spec"] = json!({ "sise": 3 });
    let refused = cluster.apply(&wrong, &ApplyOptions::default()).await.unwrap_err();
    assert!(refused.to_string().contains(".spec.sise: field not declared in schema"), "{refused}");
    let target = object(&cluster, "ki", "a").await;
    assert!(cluster.get(&target).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_is_gone() {
    let (server, admin) = (server(), User::admin());
    let first = server.version();
    ask(&server, &admin, "POST", MAPS, &map("red")).await.unwrap();
    let path = |version: u64| format!("{MAPS}?watch=1&timeoutSeconds=5&resourceVersion={version}");
    assert_eq!(follow(&server, &path(first)).await, ["ADDED shelf"]);
    server.compact();
    let now = server.version();
    let told = format!("ERROR too old resource version: {first} ({now})");
    assert_eq!(follow(&server, &path(first)).await, [told]);
    assert_eq!(follow(&server, &path(now)).await, [""; 0]);
    let (code, _) = ask(
        &server,
        &admin,
        "GET",
        &format!("{MAPS}?resourceVersion={first}&resourceVersionMatch=Exact"),
        &Value::Null,
    )
    .await
    .unwrap();
    assert_eq!(code, 410);
}

#[tokio::test(start_paused = true)]
async fn a_watch_is_told_how_far_it_got_and_ends_in_time() {
    let server = server();
    let began = tokio::time::Instant::now();
    let path = format!("{MAPS}?watch=1&timeoutSeconds=150&allowWatchBookmarks=true");
    assert_eq!(follow(&server, &path).await, ["BOOKMARK -", "BOOKMARK -"]);
    assert_eq!(began.elapsed().as_secs(), 150);
}

/// Says everything twice to those who follow `a`, cuts those who follow `b`, and is down for whoever asks for Secrets.
struct Moody;

impl Interfere for Moody {
    fn request(&self, asked: &Asked<'_>) -> Interference {
        match (&*asked.resource, &*asked.verb) {
            ("secrets", "get") => {
                Interference::Answer(Refusal::new(503, "ServiceUnavailable", "apiserver is shutting down"))
            }
            ("secrets", "list") => Interference::Delay(Duration::from_secs(7)),
            ("secrets", "delete") => Interference::Cut,
            ("secrets", "create") => Interference::CutAfter,
            _ => Interference::Pass,
        }
    }

    fn event(&self, _: &Asked<'_>, _: &str, namespace: &str, name: &str) -> Delivery {
        match (namespace, name) {
            ("default", "a") => Delivery::Twice,
            ("default", "b") => Delivery::Drop,
            _ => Delivery::Deliver,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn faults_come_between() {
    let (server, admin) = (with(Some(Arc::new(Moody))), User::admin());
    const SECRETS: &str = "/api/v1/namespaces/default/secrets";
    let secret = json!({ "metadata": { "name": "s" } });
    assert_eq!(ask(&server, &admin, "POST", SECRETS, &secret).await, Err(Cut));
    let one = format!("{SECRETS}/s");
    assert_eq!(ask(&server, &admin, "DELETE", &one, &Value::Null).await, Err(Cut));
    assert_eq!(ask(&server, &admin, "GET", &one, &Value::Null).await.unwrap().0, 503);
    let began = tokio::time::Instant::now();
    let (code, list) = ask(&server, &admin, "GET", SECRETS, &Value::Null).await.unwrap();
    assert_eq!((code, list["items"].as_array().map(Vec::len)), (200, Some(1)));
    assert_eq!(began.elapsed().as_secs(), 7);
    let from = server.version();
    for name in ["a", "c", "b", "d"] {
        ask(&server, &admin, "POST", MAPS, &json!({ "metadata": { "name": name } })).await.unwrap();
    }
    let path = format!("{MAPS}?watch=1&timeoutSeconds=5&resourceVersion={from}");
    assert_eq!(follow(&server, &path).await, ["ADDED a", "ADDED a", "ADDED c"]);
}

#[tokio::test(start_paused = true)]
async fn who_has_no_rights_is_told_so() {
    let (server, guest) = (server(), User::guest());
    let (code, refused) = ask(&server, &guest, "GET", MAPS, &Value::Null).await.unwrap();
    let words = "configmaps is forbidden: User \"guest\" cannot list resource \"configmaps\" in API group \"\" in the namespace \"default\"";
    assert_eq!((code, refused["message"].as_str()), (403, Some(words)));
    const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    let role = json!({ "metadata": { "name": "reader" },
        "rules": [{ "apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"] }] });
    let binding = json!({ "metadata": { "name": "reader" },
        "subjects": [{ "kind": "User", "name": "guest", "apiGroup": "rbac.authorization.k8s.io" }],
        "roleRef": { "kind": "Role", "name": "reader", "apiGroup": "rbac.authorization.k8s.io" } });
    let admin = User::admin();
    assert_eq!(ask(&server, &admin, "POST", &format!("{RBAC}/roles"), &role).await.unwrap().0, 201);
    assert_eq!(ask(&server, &admin, "POST", &format!("{RBAC}/rolebindings"), &binding).await.unwrap().0, 201);
    assert_eq!(ask(&server, &guest, "GET", MAPS, &Value::Null).await.unwrap().0, 200);
}

#[tokio::test(start_paused = true)]
async fn one_seed_makes_the_same_cluster() {
    let make = || async {
        let server = server();
        let object = json!({ "metadata": { "generateName": "shelf-" } });
        ask(&server, &User::admin(), "POST", MAPS, &object).await.unwrap().1
    };
    assert_eq!(make().await.to_string(), make().await.to_string());
}

#[tokio::test(start_paused = true)]
async fn a_change_reaches_a_thousand_watches() {
    let server = server();
    ask(&server, &User::admin(), "POST", MAPS, &map("red")).await.unwrap();
    let path = format!("{MAPS}?watch=1&timeoutSeconds=5&fieldSelector=metadata.name%3Dshelf");
    let watches: Vec<_> = (0..1_000)
        .map(|_| {
            let (server, path) = (server.clone(), path.clone());
            tokio::spawn(async move { follow(&server, &path).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let change = json!({ "metadata": { "name": "shelf" }, "data": { "colour": "blue" } });
    ask(&server, &User::admin(), "PUT", &format!("{MAPS}/shelf"), &change).await.unwrap();
    for watch in watches {
        assert_eq!(watch.await.unwrap(), ["ADDED shelf", "MODIFIED shelf"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_known_by_heart_tells_its_fields() {
    let world = World::begin(world::Settings {
        seed: 1,
        start: "2026-01-02T03:04:05Z".parse().unwrap(),
        speed: 1.0,
        namespaces: Default::default(),
        definitions: Vec::new(),
        kinds: Default::default(),
        scripts: Vec::new(),
        faults: Vec::new(),
    })
    .await
    .unwrap();
    let path = "/openapi/v3/apis/machinelearning.seldon.io/v1";
    let (code, document) = ask(world.server(), &User::admin(), "GET", path, &Value::Null).await.unwrap();
    let spec = "io.seldon.machinelearning.v1.SeldonDeploymentSpec";
    let predictors = &document["components"]["schemas"][spec]["properties"]["predictors"];
    assert_eq!((code, &predictors["type"]), (200, &json!("array")));
}

/// Writes a Deployment as several managers do, each write seen as it was at once (`asked`) or only at the end, in bytes or as values;
/// its managers at the end.
async fn managed(directly: bool, asked: bool) -> Value {
    const WEB: &str = "/apis/apps/v1/namespaces/default/deployments/web";
    let server = server();
    let write = async |method: &str, path: &str, media: &str, body: Value| {
        let request = http::Request::builder().method(method).uri(path).header("content-type", media);
        let (request, bytes) = match directly {
            true => (request.extension(Direct(body)), String::new()),
            false => (request, body.to_string()),
        };
        let answer = server.handle(&User::admin(), request.body(bytes.into()).unwrap()).await.unwrap();
        assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
        tokio::time::advance(Duration::from_secs(1)).await;
        if asked {
            ask(&server, &User::admin(), "GET", WEB, &Value::Null).await.unwrap();
        }
    };
    let web = |replicas: u32, image: &str| {
        json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web", "labels": { "a": "b" } },
            "spec": { "replicas": replicas, "selector": { "matchLabels": { "a": "b" } }, "template": {
                "metadata": { "labels": { "a": "b" } }, "spec": { "containers": [{ "name": "c", "image": image }] } } } })
    };
    let (apply, merge) = ("application/apply-patch+yaml", "application/merge-patch+json");
    write("PATCH", &format!("{WEB}?fieldManager=one&force=true"), apply, web(1, "x:1")).await;
    for number in 0..15 {
        let manager = format!("{WEB}?fieldManager=m{}", number % 4);
        write(
            "PATCH",
            &manager,
            merge,
            json!({ "metadata": { "annotations": { "n": (number.to_string()) } } }),
        )
        .await;
        let status = format!("{WEB}/status?fieldManager=controller");
        write("PATCH", &status, merge, json!({ "status": { "observedGeneration": number, "replicas": 1 } }))
            .await;
    }
    write("PATCH", &format!("{WEB}/scale?fieldManager=scaler"), merge, json!({ "spec": { "replicas": 3 } }))
        .await;
    write("PATCH", &format!("{WEB}?fieldManager=one&force=true"), apply, web(2, "x:2")).await;
    write("PATCH", &format!("{WEB}?fieldManager=one&force=true"), apply, web(2, "x:2")).await;
    let mut kept = ask(&server, &User::admin(), "GET", WEB, &Value::Null).await.unwrap().1;
    kept["metadata"].get("managedFields").cloned().unwrap_or_else(|| kept.take())
}

#[tokio::test(start_paused = true)]
async fn managers_are_the_same_whenever_they_are_asked_for() {
    let at_once = managed(false, true).await;
    assert!(at_once.as_array().is_some_and(|entries| entries.len() >= 4), "{at_once}");
    for (directly, asked) in [(false, false), (true, false), (true, true)] {
        assert_eq!(
            managed(directly, asked).await,
            at_once,
            "as values: {directly}, asked each time: {asked}"
        );
    }
}
