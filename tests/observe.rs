//! What is seen of objects and of what they own, on a cluster inside the process.

use http::Request;
use seldonplay::cluster::{Cluster, KindName, ObjectRef, Settings};
use seldonplay::event::EventKind;
use seldonplay::json::{Value, json};
use seldonplay::observe::{Observer, describe, look};
use seldonplay::rehearsal::server;
use seldonplay::rehearsal::world::{self, World};
use std::collections::BTreeSet;
use std::time::Duration;

const LOAVES: &str = "/apis/pantry.example.com/v1/namespaces/shop/loafs";

/// A cluster with a kind that nobody knows, two that its controller might make, and one of strangers.
async fn world() -> World {
    let kinds = [
        ("pantry.example.com/v1", "Loaf"),
        ("pantry.example.com/v1", "Slice"),
        ("baking.example.com/v1", "Crumb"),
        ("strangers.example.org/v1", "Stone"),
    ];
    let kinds = kinds.map(|(api_version, kind)| (api_version.to_owned(), kind.to_owned()));
    let world = World::begin(world::Settings {
        seed: 1,
        start: "2026-01-02T03:04:05Z".parse().expect("a time"),
        speed: 1.0,
        namespaces: ["shop".to_owned()].into(),
        definitions: Vec::new(),
        kinds: kinds.into(),
        scripts: Vec::new(),
        faults: Vec::new(),
    });
    world.await.expect("the world begins")
}

async fn make(world: &World, path: &str, object: &Value) -> Value {
    let body = serde_json::to_vec(object).expect("JSON");
    let request =
        Request::post(path).header("Content-Type", "application/json").body(body).expect("a request");
    world.client().request(request).await.unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn object(api_version: &str, kind: &str, name: &str, owner: Option<&Value>) -> Value {
    let owners: Vec<Value> = owner
        .map(|owner| {
            json!({ "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"], "controller": true })
        })
        .into_iter()
        .collect();
    json!({ "apiVersion": api_version, "kind": kind, "metadata": { "name": name, "namespace": "shop", "ownerReferences": owners } })
}

/// A loaf that owns a slice, which owns a crumb and a Pod; and a stone that is nobody's.
async fn baked(world: &World) -> Value {
    let loaf = make(world, LOAVES, &object("pantry.example.com/v1", "Loaf", "rye", None)).await;
    let slice = object("pantry.example.com/v1", "Slice", "thin", Some(&loaf));
    let slice = make(world, "/apis/pantry.example.com/v1/namespaces/shop/slices", &slice).await;
    let crumb = object("baking.example.com/v1", "Crumb", "last", Some(&slice));
    make(world, "/apis/baking.example.com/v1/namespaces/shop/crumbs", &crumb).await;
    let mut pod = object("v1", "Pod", "toaster", Some(&slice));
    pod["spec"] = json!({ "containers": [{ "name": "toaster", "image": "toaster:1" }] });
    make(world, "/api/v1/namespaces/shop/pods", &pod).await;
    let stone = object("strangers.example.org/v1", "Stone", "flat", None);
    make(world, "/apis/strangers.example.org/v1/namespaces/shop/stones", &stone).await;
    loaf
}

fn cluster(world: &World, user: server::User) -> Cluster {
    let client = world.server().client_as(user);
    Cluster::new(client.clone(), client, Settings::default())
}

#[tokio::test(start_paused = true)]
async fn kinds_that_nobody_knows_are_seen_below_their_owners() {
    let world = world().await;
    let loaf = baked(&world).await;
    let seen = look(&cluster(&world, server::User::admin()), loaf).await;
    let told = describe(&seen.scene);
    let titles: Vec<&str> =
        told.iter()
            .map(String::as_str)
            .filter(|line| {
                !line.contains(' ')
                    || line.trim_start().split_once('/').is_some_and(|(kind, name)| {
                        kind.chars().all(char::is_alphabetic) && !name.contains(' ')
                    })
            })
            .collect();
    assert_eq!(titles, ["  Slice/thin", "    Crumb/last", "    Pod/toaster"], "{told:#?}");
    assert_eq!(seen.unseen, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_seen_is_one_line() {
    let world = world().await;
    let loaf = baked(&world).await;
    baker(&world).await;
    let seen = look(&cluster(&world, server::User::guest()), loaf).await;
    assert_eq!(seen.unseen, ["objects of the kinds Loaf and Slice may not be read"]);
    assert!(seen.scene.owned().is_empty());
}

/// Lets the guest read all but the pantry's own kinds.
async fn baker(world: &World) {
    let role = json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": { "name": "baker", "namespace": "shop" },
        "rules": [{ "apiGroups": ["", "apps", "batch", "discovery.k8s.io", "autoscaling", "policy", "baking.example.com"],
            "resources": ["*"], "verbs": ["get", "list", "watch"] }] });
    make(world, "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles", &role).await;
    let binding = json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": "baker", "namespace": "shop" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "baker" },
        "subjects": [{ "kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "guest" }] });
    make(world, "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings", &binding).await;
}

/// Follows the loaf `rye`, given as it is.
async fn following(cluster: &Cluster, loaf: &Value) -> Observer {
    let kind = KindName { word: "Loaf".into(), api_version: None };
    let resource = cluster.resolve(&kind).await.expect("it is served");
    let rye = ObjectRef { resource, namespace: Some("shop".into()), name: "rye".into() };
    let mut observer = Observer::new(cluster);
    observer.follow(&rye, loaf["metadata"]["uid"].as_str().expect("a uid"), false).await;
    observer
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_followed_is_one_line() {
    let world = world().await;
    let loaf = baked(&world).await;
    baker(&world).await;
    let cluster = cluster(&world, server::User::guest());
    let mut observer = following(&cluster, &loaf).await;
    let mut told = Vec::new();
    while let Ok(event) = tokio::time::timeout(Duration::from_secs(5), observer.next()).await {
        told.extend(match event {
            EventKind::Warning { message } => Some(message),
            _ => None,
        });
    }
    assert_eq!(
        told,
        ["what happens to objects of the kinds Loaf and Slice is not shown: they may not be read"]
    );
}

#[tokio::test(start_paused = true)]
async fn they_are_followed_with_a_watch_for_each_kind_at_most() {
    let world = world().await;
    let loaf = baked(&world).await;
    let cluster = cluster(&world, server::User::admin());
    let mut observer = following(&cluster, &loaf).await;
    let mut seen = BTreeSet::new();
    while !seen.contains("Pod/toaster of Slice/thin") || !seen.contains("Crumb/last of Slice/thin") {
        if let EventKind::ObjectSeen { object, owner: Some(owner), .. } = observer.next().await {
            seen.insert(format!("{object} of {owner}"));
        }
    }
    assert!(seen.contains("Slice/thin of Loaf/rye"), "{seen:?}");
    assert!(!seen.iter().any(|seen| seen.starts_with("Stone/")), "{seen:?}");
    // Loaf twice: the one, and those that it might own.
    let (watches, kinds) = (cluster.counts().watch, 17);
    assert!(watches <= kinds, "{watches} watches");
}
