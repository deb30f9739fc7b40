//! The server of rehearsals, through the door that runs use.

use seldonplay::cluster::{
    ApplyOptions, Cluster, DeleteOptions, Interest, KindName, ObjectRef, Operation, PatchKind, PatchOptions,
    Seen, Settings, Watch,
};
use seldonplay::rehearsal::clock::Clock;
use seldonplay::rehearsal::server::{self, Server};
use serde_json::{Value, json};

fn server() -> Server {
    let start = "2026-01-02T03:04:05Z".parse().unwrap();
    Server::new(server::Settings { clock: Clock::new(start, 1.0), seed: 1, interfere: None })
}

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
