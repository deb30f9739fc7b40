//! Scaling by several managers: who owns the replicas afterwards, by a real API server and by the rehearsal's functions.

use http::Method;
use seldonplay::json::{Value, json};
use seldonplay::rehearsal::builtin;
use seldonplay::rehearsal::fields::{self, Manager};

use crate::server::{Failure, Server};

const REPLICAS: &[&str] = &["spec", "replicas"];

/// The managers but for those that controllers are, without times.
fn managers(entries: &Value) -> Value {
    let mut kept: Vec<Value> = entries.as_array().cloned().unwrap_or_default();
    kept.retain(|entry| entry["manager"] != "kube-controller-manager");
    for entry in &mut kept {
        entry.as_object_mut().map(|entry| entry.shift_remove("time"));
    }
    kept.sort_by_key(|entry| {
        ["operation", "manager", "apiVersion", "subresource"].map(|key| entry[key].to_string())
    });
    kept.into()
}

#[tokio::test]
async fn replicas_change_hands_as_on_the_server() -> Result<(), Failure> {
    let Some(server) = Server::with_namespace("scaled").await? else { return Ok(()) };
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/web", server.namespace);
    let deployment = |replicas: i64| {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": server.namespace},
            "spec": {"paused": true, "replicas": replicas, "selector": {"matchLabels": {"a": "b"}},
                "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}
        })
    };
    let schema = builtin::schema("apps/v1", "Deployment").ok_or("no schema")?;
    let scales = builtin::schema("autoscaling/v1", "Scale").ok_or("no schema")?;
    let mut ours: Option<Value> = None;
    let steps = [
        ("one", "apply", 1),
        ("two", "apply", 1),
        ("three", "patch", 2),
        ("three", "patch", 2),
        ("one", "put", 3),
        ("one", "apply", 3),
        ("four", "apply-scale", 4),
        ("three", "patch", 5),
        ("two", "apply", 5),
        ("four", "apply-scale", 6),
    ];
    for (by, how, replicas) in steps {
        let time = "2026-01-01T00:00:00Z";
        let manager = |api_version, subresource| {
            let untouched = &[];
            Manager { name: by, api_version, subresource, time, untouched, constant: true }
        };
        let query = format!("?fieldManager={by}&force=true");
        let scale = json!({"apiVersion": "autoscaling/v1", "kind": "Scale",
            "metadata": {"name": "web", "namespace": server.namespace}, "spec": {"replicas": replicas}});
        if how == "apply" {
            let body = deployment(replicas);
            let media = Some("application/apply-patch+yaml");
            let (code, answer) = server.call(Method::PATCH, &format!("{path}{query}"), media, &body).await?;
            assert!(code < 300, "{answer}");
            let merged = fields::apply(schema, ours.as_ref(), &body, &manager("apps/v1", ""), true)
                .map_err(|refused| refused.message())?;
            let mut merged = builtin::read(schema, &merged)?.object;
            builtin::default("apps/v1", "Deployment", &mut merged);
            ours = Some(merged);
        } else {
            let (method, media, query) = match how {
                "put" => (Method::PUT, "application/json", format!("?fieldManager={by}")),
                "patch" => (Method::PATCH, "application/merge-patch+json", format!("?fieldManager={by}")),
                _ => (Method::PATCH, "application/apply-patch+yaml", query),
            };
            let (code, answer) =
                server.call(method, &format!("{path}/scale{query}"), Some(media), &scale).await?;
            assert!(code < 300, "{answer}");
            let parent = ours.take().ok_or("nothing to scale")?;
            let entries = parent["metadata"]["managedFields"].clone();
            let mut live = scale.clone();
            live["spec"]["replicas"] = parent["spec"]["replicas"].clone();
            live["status"] = json!({"replicas": 0});
            live["metadata"]["managedFields"] = fields::to_scale(&entries, REPLICAS).unwrap_or_default();
            let mut new = scale.clone();
            new["status"] = json!({"replicas": 0});
            let new = match how {
                "apply-scale" => {
                    fields::apply(scales, Some(&live), &scale, &manager("autoscaling/v1", "scale"), true)
                        .map_err(|refused| refused.message())?
                }
                _ => fields::update(scales, Some(&live), &new, &manager("autoscaling/v1", "scale")),
            };
            let entries =
                fields::from_scale(&entries, &new["metadata"]["managedFields"], REPLICAS, "apps/v1");
            let mut parent = parent;
            parent["spec"]["replicas"] = json!(replicas);
            parent["metadata"]["managedFields"] = entries.unwrap_or_default();
            ours = Some(parent);
        }
        let (_, live) = server.get(&path).await?;
        let theirs = managers(&live["metadata"]["managedFields"]);
        let managed = ours.as_ref().map(|ours| managers(&ours["metadata"]["managedFields"]));
        assert_eq!(Some(theirs), managed, "after {by} {how} {replicas}");
    }
    server.leave().await
}
