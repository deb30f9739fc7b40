//! Faulty changes to objects of built-in kinds, judged by a real API server as dry runs and by the rehearsal's functions: the same verdicts
//! in the same words.

use http::Method;
use seldonplay::json::{Value, json, merge};
use seldonplay::rehearsal::builtin;

use crate::created::{folder, objects};
use crate::refused::{Verdict, mutations};
use crate::server::{Failure, Server};

/// Kinds that are not changed here: they are shared by all tests, or no namespace takes them away.
const APART: &[&str] = &[
    "Namespace",
    "PersistentVolume",
    "ClusterRole",
    "StorageClass",
    "CustomResourceDefinition",
    "PriorityClass",
    "Pod",
];

#[tokio::test]
async fn faulty_changes_are_refused_as_by_the_server() -> Result<(), Failure> {
    let Some(server) = Server::with_namespace("replaced").await? else { return Ok(()) };
    let only = std::env::var("KIND").unwrap_or_default();
    let (mut all, mut found) = (0, Vec::new());
    for object in objects(&server.namespace)? {
        let kind = object["kind"].as_str().unwrap_or_default().to_owned();
        if APART.contains(&kind.as_str()) || !only.is_empty() && only != kind {
            continue;
        }
        let path = folder(&object, &server.namespace)?;
        let (code, _) = server.call(Method::POST, &path, Some("application/json"), &object).await?;
        if code != 201 {
            continue;
        }
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let path = format!("{path}/{name}");
        let (_, live) = server.get(&path).await?;
        let version = live["apiVersion"].as_str().unwrap_or_default().to_owned();
        let schema = builtin::schema(&version, &kind).ok_or("no schema")?;
        let mut base = live.clone();
        base["metadata"].as_object_mut().map(|metadata| metadata.shift_remove("managedFields"));
        base.as_object_mut().map(|map| map.shift_remove("status"));
        let outside = |what: &str| !what.contains(" /metadata");
        for (what, faulty) in mutations(&base).into_iter().filter(|(what, _)| outside(what)) {
            let query = format!("{path}?dryRun=All&fieldValidation=Strict");
            let (_, live) = server.get(&path).await?;
            let mut faulty = faulty;
            faulty["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
            let (code, answer) = server.call(Method::PUT, &query, Some("application/json"), &faulty).await?;
            let old = builtin::normal(schema, &live, None);
            let faulty = settled(&kind, faulty, &old);
            let theirs = masked(Verdict::theirs(code, &answer));
            let ours = masked(Verdict::ours(&faulty, Some(&old)));
            all += 1;
            if theirs != ours && !known(&kind, &what, &theirs) {
                let mut text = format!("{kind} {name} {what}: {} and {}", theirs.code, ours.code);
                theirs
                    .said
                    .difference(&ours.said)
                    .for_each(|said| text.push_str(&format!("\n  theirs {said}")));
                ours.said
                    .difference(&theirs.said)
                    .for_each(|said| text.push_str(&format!("\n    ours {said}")));
                found.push(text);
            }
        }
    }
    server.leave().await?;
    if let Some(path) = std::env::var_os("DIFFERENCES") {
        std::fs::write(path, found.join("\n"))?;
    }
    assert!(
        found.is_empty(),
        "{} of {all} verdicts differ\n{}",
        found.len(),
        found[..found.len().min(8)].join("\n")
    );
    Ok(())
}

#[tokio::test]
async fn faulty_statuses_are_refused_as_by_the_server() -> Result<(), Failure> {
    let Some(server) = Server::with_namespace("statuses").await? else { return Ok(()) };
    let parts = ["replicas", "readyReplicas", "availableReplicas", "updatedReplicas", "fullyLabeledReplicas"];
    let mut found = Vec::new();
    for mut object in objects(&server.namespace)? {
        let kind = object["kind"].as_str().unwrap_or_default().to_owned();
        if !["Deployment", "ReplicaSet", "StatefulSet"].contains(&kind.as_str()) {
            continue;
        }
        object["spec"]["replicas"] = json!(0);
        let path = folder(&object, &server.namespace)?;
        server.call(Method::POST, &path, Some("application/json"), &object).await?;
        let path = format!("{path}/{}", object["metadata"]["name"].as_str().unwrap_or_default());
        let (_, live) = server.get(&path).await?;
        let schema = builtin::schema("apps/v1", &kind).ok_or("no schema")?;
        let old = builtin::normal(schema, &live, None);
        for (one, other) in parts.iter().flat_map(|one| parts.iter().map(move |other| (*one, *other))) {
            for (a, b) in [(-1, 0), (3, 2), (2, 3), (3, 3)] {
                let mut status = json!({"replicas": 3, "readyReplicas": 3});
                status[one] = json!(a);
                status[other] = json!(b);
                let patch = json!({"status": status});
                let path = format!("{path}/status?dryRun=All&fieldValidation=Ignore");
                let media = Some("application/merge-patch+json");
                let (code, answer) = server.call(Method::PATCH, &path, media, &patch).await?;
                let mut new = old.clone();
                merge(&mut new, &patch);
                let new = builtin::normal(schema, &new, Some(&old));
                let theirs = Verdict::theirs(code, &answer);
                let ours = Verdict::ours(&new, Some(&old));
                if theirs != ours {
                    found.push(format!("{kind} {patch}\n theirs {theirs:?}\n   ours {ours:?}"));
                }
            }
        }
    }
    server.leave().await?;
    assert!(found.is_empty(), "{} differ\n{}", found.len(), found[..found.len().min(5)].join("\n"));
    Ok(())
}

/// What the strategy of a kind puts back before it judges a change.
fn settled(kind: &str, mut new: Value, old: &Value) -> Value {
    if kind == "Service" && new["spec"].is_object() && new["spec"]["type"] != json!("ExternalName") {
        for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            if new["spec"].get(key).is_none_or(|value| value.is_null() || *value == json!("")) {
                new["spec"][key] = old["spec"][key].clone();
            }
        }
    }
    new
}

/// Without the mappings and lists that the server shows by the names of its own types, and without what it shows of a difference.
fn masked(verdict: Verdict) -> Verdict {
    let said = verdict.said.into_iter().map(|said| {
        let said = said.split("\n").next().unwrap_or_default().to_owned();
        match said.split_once("Invalid value: ") {
            Some((head, rest)) if rest.starts_with(['{', '[']) || rest.starts_with("null") => {
                let why = rest.rsplit_once(": ").map_or("", |(_, why)| why);
                format!("{head}Invalid value: …: {why}")
            }
            _ => said,
        }
    });
    Verdict { code: verdict.code, said: said.collect() }
}

/// Differences that are known: what the strategies of kinds do, names of types in lists, and empty lists, which the server tells from
/// those that are not there until it stores them.
fn known(kind: &str, what: &str, theirs: &Verdict) -> bool {
    let told = |part: &str| theirs.said.iter().any(|said| said.contains(part));
    theirs.code == 403
        || theirs.code == 409
        || told("of type []v1.")
        || told("of type v1.PersistentVolumeAccessMode")
        || told("of type v1.IPFamily")
        || kind == "Service" && (what.contains("/clusterIP") || what.contains("/ipFamil"))
        || kind == "Service"
            && (what.ends_with("/spec/type") || what == "drop /spec" || what == "empty /spec")
        || kind == "Service" && told("duplicate nodePort")
        || kind == "Job" && what == "drop /spec"
        || told(".TypeMeta.")
        || told("of type v1.PolicyType")
        || kind == "HorizontalPodAutoscaler" && told("policies: Required value")
}
