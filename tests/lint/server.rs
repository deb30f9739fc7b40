//! The same objects judged here and by a real API server, as dry runs under strict field validation.
//! They run if `SELDONPLAY_TEST_KUBECONFIG` names a kubeconfig.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::{Method, Request};
use http_body_util::BodyExt;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use seldonplay::json::{Map, Value, json};
use seldonplay::kinds::lint::{lint_object, schema};
use seldonplay::structural::{
    Code, CrdSchema, CrdVersion, Schema, Violation, default, drop_nulls, prune, validate,
};

use crate::agreement::sample_objects;
use crate::mutate;

type Failure = Box<dyn std::error::Error>;

/// A namespace of its own on the test's cluster.
struct Server {
    client: Client,
    namespace: String,
}

impl Server {
    async fn reach(name: &str) -> Result<Option<Server>, Failure> {
        let Some(path) = std::env::var_os("SELDONPLAY_TEST_KUBECONFIG") else {
            println!("skipped: SELDONPLAY_TEST_KUBECONFIG is not set");
            return Ok(None);
        };
        let config =
            Config::from_custom_kubeconfig(Kubeconfig::read_from(path)?, &KubeConfigOptions::default())
                .await?;
        let namespace = format!("lint-{name}-{}", std::process::id());
        let server = Server { client: Client::try_from(config)?, namespace };
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": server.namespace}});
        server.call(Method::POST, "/api/v1/namespaces", &object).await?;
        Ok(Some(server))
    }

    async fn leave(self) -> Result<(), Failure> {
        let path = format!("/api/v1/namespaces/{}", self.namespace);
        self.call(Method::DELETE, &path, &json!({})).await?;
        Ok(())
    }

    /// The document of a group and version.
    async fn published(&self, path: &str) -> Result<Value, Failure> {
        let (status, document) = self.call(Method::GET, &format!("/openapi/v3/{path}"), &json!({})).await?;
        assert_eq!(status, 200, "{document}");
        Ok(document)
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<(u16, Value), Failure> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(kube::client::Body::from(serde_json::to_vec(body)?))?;
        let response = self.client.send(request).await?;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await?.to_bytes();
        let text = || Value::from(String::from_utf8_lossy(&bytes));
        Ok((status, serde_json::from_slice(&bytes).unwrap_or_else(|_| text())))
    }

    /// What a lenient create would store, `None` if it is refused.
    async fn stored(&self, plural: &str, object: &Value) -> Result<Option<Value>, Failure> {
        let api_version = object["apiVersion"].as_str().ok_or("no apiVersion")?;
        let path = format!(
            "/apis/{api_version}/namespaces/{}/{plural}?dryRun=All&fieldValidation=Ignore",
            self.namespace
        );
        let (status, answer) = self.call(Method::POST, &path, object).await?;
        Ok((status == 201).then_some(answer))
    }

    /// What a strict create of the object would be answered.
    async fn verdict(&self, plural: &str, object: &Value) -> Result<Verdict, Failure> {
        let api_version = object["apiVersion"].as_str().ok_or("no apiVersion")?;
        let path = format!(
            "/apis/{api_version}/namespaces/{}/{plural}?dryRun=All&fieldValidation=Strict",
            self.namespace
        );
        let (status, answer) = self.call(Method::POST, &path, object).await?;
        let message = answer["message"].as_str().unwrap_or_default();
        Ok(match status {
            201 => Verdict::default(),
            400 => Verdict { status, said: strict(message), message: message.into() },
            _ => {
                let causes = answer["details"]["causes"].as_array().into_iter().flatten();
                let text = |cause: &Value, key: &str| cause[key].as_str().unwrap_or_default().to_owned();
                let said =
                    causes.map(|cause| format!("{}: {}", text(cause, "field"), text(cause, "message")));
                Verdict { status, said: said.collect(), message: message.into() }
            }
        })
    }
}

/// An answer: 0 if the object is taken, and the complaints, one a field.
#[derive(Debug, Default, PartialEq)]
struct Verdict {
    status: u16,
    said: BTreeSet<String>,
    message: String,
}

/// The unknown fields that a strict decoding error lists.
fn strict(message: &str) -> BTreeSet<String> {
    let list = message.split_once("strict decoding error: ").map_or("", |(_, list)| list);
    list.split(", unknown field ")
        .map(|part| format!("unknown field {}", part.trim_start_matches("unknown field ")))
        .collect()
}

/// The verdict that our reading of a schema leads to: unknown fields come first and alone.
fn ours(version: &CrdVersion, object: &Value) -> (u16, BTreeSet<String>) {
    let violations = validate(&version.schema, object);
    let said = |unknown: bool| -> BTreeSet<String> {
        let kept = violations.iter().filter(|violation| (violation.code == Code::UnknownField) == unknown);
        kept.map(Violation::to_string).collect()
    };
    let (unknown, mut refused) = (said(true), said(false));
    refused.extend(version.check_scale(object).iter().map(Violation::to_string));
    match (unknown.is_empty(), refused.is_empty()) {
        (false, _) => (400, unknown),
        (true, false) => (422, refused),
        (true, true) => (0, refused),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

fn plain_version(schema: Arc<Schema>) -> CrdVersion {
    CrdVersion { name: "v1".into(), served: true, storage: true, schema, status: true, scale: None }
}

#[test]
fn the_server_refuses_mutated_manifests_at_the_same_fields() -> Result<(), Failure> {
    runtime()?.block_on(async {
        let Some(server) = Server::reach("mutated").await? else { return Ok(()) };
        let judged = judge_mutations(&server).await;
        server.leave().await?;
        judged
    })
}

async fn judge_mutations(server: &Server) -> Result<(), Failure> {
    let schema = schema("machinelearning.seldon.io", "SeldonDeployment", false).ok_or("no table")?;
    let version = plain_version(schema.clone());
    let document = server.published("apis/machinelearning.seldon.io/v1").await?;
    let published = Schema::from_published(&document, "machinelearning.seldon.io", "v1", "SeldonDeployment");
    let published = plain_version(Arc::new(published.ok_or("it is not published")?));
    let mut mutations = Vec::new();
    for (name, mut object) in sample_objects()? {
        object["metadata"]["namespace"] = Value::from(&server.namespace);
        for mutation in mutate::of(&object) {
            mutations.push((format!("{name}: {}", mutation.what), mutation.object));
        }
    }
    let step = (mutations.len() / 1200).max(1);
    let (mut count, mut refused, mut linted, mut different) = (0, 0, 0, Vec::new());
    for (what, object) in mutations.iter().step_by(step) {
        let theirs = server.verdict("seldondeployments", object).await?;
        let (status, said) = ours(&version, object);
        assert_eq!(status, ours(&published, object).0, "{what}: what the server publishes tells otherwise");
        count += 1;
        refused += usize::from(theirs.status != 0);
        if theirs.status != 0 {
            linted +=
                usize::from(lint_object(&object.into()).iter().any(|finding| finding.severity.is_error()));
        }
        // The scale subresource repeats what the schema says of spec.replicas.
        let scale = |text: &&String| !text.starts_with(".spec.replicas");
        let theirs_said: BTreeSet<String> = theirs.said.iter().filter(scale).cloned().collect();
        if (theirs.status, &theirs_said) != (status, &said) {
            different.push(format!("{what}\n  ours {status} {said:#?}\n  theirs {theirs:#?}"));
        }
    }
    let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    println!(
        "{count} mutations, {refused} refused by the server; same code, fields and words in {:.2} %; of those refused {:.2} % are errors of the lint",
        share(count - different.len(), count),
        share(linted, refused)
    );
    assert!(count >= 1000 || mutations.is_empty());
    assert!(share(count - different.len(), count) > 98.0 || count == 0, "{}", different.join("\n"));
    assert_eq!(linted, refused);
    different.iter().for_each(|one| println!("{one}"));
    Ok(())
}

#[test]
fn what_a_published_type_refuses_the_server_refuses() -> Result<(), Failure> {
    runtime()?.block_on(async {
        let Some(server) = Server::reach("published").await? else { return Ok(()) };
        let judged = judge_built_in(&server).await;
        server.leave().await?;
        judged
    })
}

/// Built-in kinds whose mutations are judged.
const BUILT_IN: [&str; 11] = [
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "Service",
    "PersistentVolumeClaim",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "Ingress",
];

/// Objects of built-in kinds, as the cases about their states have them.
fn built_in() -> Result<Vec<Value>, Failure> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kinds");
    let mut objects = Vec::new();
    for kind in BUILT_IN {
        let mut files: Vec<_> =
            std::fs::read_dir(folder.join(kind))?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort();
        let read = |file: &std::path::PathBuf| -> Option<Value> {
            let case: Value = serde_yaml::from_str(&std::fs::read_to_string(file).ok()?).ok()?;
            case["object"]["spec"].is_object().then(|| case["object"].clone())
        };
        let mut object = files.iter().find_map(read).ok_or(format!("no {kind}"))?;
        object["metadata"] = json!({ "name": "a" });
        object.as_object_mut().ok_or("no object")?.shift_remove("status");
        objects.push(object);
    }
    Ok(objects)
}

async fn judge_built_in(server: &Server) -> Result<(), Failure> {
    let (mut count, mut refused, mut told) = (0, 0, 0);
    for object in built_in()? {
        let (api_version, kind) =
            (object["apiVersion"].as_str().unwrap_or_default(), object["kind"].as_str().unwrap_or_default());
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let root = if group.is_empty() { "api" } else { "apis" };
        let document = server.published(&format!("{root}/{api_version}")).await?;
        let schema = Schema::from_published(&document, group, version, kind).ok_or(format!("no {kind}"))?;
        assert_eq!(validate(&schema, &object), [], "{kind}");
        let mutations = mutate::of(&object);
        let step = (mutations.len() / 60).max(1);
        let plural = seldonplay::kinds::of(api_version, kind).plural;
        let path = format!(
            "/{root}/{api_version}/namespaces/{}/{plural}?dryRun=All&fieldValidation=Strict",
            server.namespace
        );
        for mutation in mutations.into_iter().step_by(step) {
            let found = validate(&schema, &mutation.object);
            let (status, answer) = server.call(Method::POST, &path, &mutation.object).await?;
            count += 1;
            refused += usize::from(status != 201);
            told += usize::from(!found.is_empty());
            assert!(found.is_empty() || status != 201, "{kind}, {}: {found:#?}", mutation.what);
            // A text that is no time or no quantity is refused as such; of types and fields nothing is missed.
            let message = answer["message"].as_str().unwrap_or_default();
            let of_type = message.contains("unknown field") || message.contains("cannot unmarshal");
            assert!(!found.is_empty() || !of_type, "{kind}, {}: {message}", mutation.what);
        }
    }
    println!("{count} mutations, {refused} refused by the server, of which {told} by what it publishes");
    assert!(count > 250 && told > 200);
    Ok(())
}

/// A kind whose schema uses every rule there is.
fn pots(group: &str) -> Result<Value, Failure> {
    let schema: Value = serde_yaml::from_str(include_str!("server/pots.yaml"))?;
    Ok(json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("pots.{group}")},
        "spec": {"group": group, "scope": "Namespaced",
            "names": {"plural": "pots", "singular": "pot", "kind": "Pot", "listKind": "PotList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema},
                "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}}}]}}))
}

/// A value whose numbers are all floats: the server writes 2.0 as 2.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key, plain(value))).collect::<Map>().into(),
        other => other.clone(),
    }
}

/// Values for the fields of a pot, each tried alone beside a good name.
fn tries() -> Vec<Value> {
    let (texts, odd) = (
        ["", "a", "toolongname", "A1", "ab", "no", "xyz", "x", "true", "5", "a\"b\n\u{7}é"],
        [0, 1, 3, 11, -4],
    );
    let mut values: Vec<Value> = texts.into_iter().map(Value::from).collect();
    values.extend(odd.into_iter().map(Value::from));
    values.extend([
        json!(2.0),
        json!(0.5),
        json!(2.25),
        json!(1e30),
        json!(-1e-7),
        json!(5_000_000_000_i64),
        json!(u64::MAX),
    ]);
    values.extend([
        json!(true),
        Value::Null,
        json!([]),
        json!({}),
        json!(["a", "a", 1]),
        json!(["a", null, "b", "c"]),
    ]);
    values.extend([
        json!({"a": "x"}),
        json!({"a": "x", "b": "yy"}),
        json!({"b": "y"}),
        json!({"a": null}),
        json!({"c": "1"}),
    ]);
    values.extend([
        json!([{"kind": "a"}, {"kind": "a", "row": 1}, {"kind": "a", "row": 2}]),
        json!([{"row": 1}, 5, null]),
    ]);
    values.extend([
        json!([{"kind": "a"}, {"kind": "a"}, {"kind": "a"}]),
        json!([{"kind": null, "x": 1}, {"note": 1}]),
    ]);
    values.extend([
        json!({"known": "1", "other": {"deep": 1}}),
        json!({"x": null}),
        json!({"a": "1", "b": "2", "c": "3"}),
    ]);
    values.extend([
        json!({"apiVersion": "v1", "kind": "A", "more": 1}),
        json!({"apiVersion": "", "kind": "a_b"}),
        json!({"kind": "A"}),
    ]);
    values.extend(
        [
            "2024-02-29T10:00:00Z",
            "2024-02-29",
            "aGk=",
            "a@b.example",
            "a-b.example",
            "10.0.0.1",
            "010.1.1.1",
            "::1",
            "10.0.0.0/8",
            "01:23:45:67:89:ab",
            "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
            "https://a.example",
            "/path",
            "1h30m",
            "3 days",
            "0321751043",
            "#fff",
            "4111111111111111",
            "10kg",
            "10",
        ]
        .map(Value::from),
    );
    values
}

#[test]
fn every_rule_of_a_schema_speaks_as_the_server_does() -> Result<(), Failure> {
    runtime()?.block_on(async {
        let Some(server) = Server::reach("pots").await? else { return Ok(()) };
        let judged = judge_pots(&server).await;
        let crd = format!("{CRDS}/pots.{}.example.com", server.namespace);
        server.call(Method::DELETE, &crd, &json!({})).await?;
        server.leave().await?;
        judged
    })
}

const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

async fn judge_pots(server: &Server) -> Result<(), Failure> {
    let group = format!("{}.example.com", server.namespace);
    let crd = pots(&group)?;
    let (status, answer) = server.call(Method::POST, CRDS, &crd).await?;
    assert_eq!(status, 201, "{answer}");
    let name = crd["metadata"]["name"].as_str().ok_or("no name")?;
    let established = |crd: &Value| {
        let conditions = crd["status"]["conditions"].as_array().into_iter().flatten();
        conditions.clone().any(|one| one["type"] == "Established" && one["status"] == "True")
    };
    for _ in 0..100 {
        let (_, crd) = server.call(Method::GET, &format!("{CRDS}/{name}"), &json!({})).await?;
        let (found, _) = server
            .call(Method::GET, &format!("/apis/{group}/v1/namespaces/{}/pots", server.namespace), &json!({}))
            .await?;
        if established(&crd) && found == 200 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let schema = CrdSchema::from_crd(&crd)?;
    let version = schema.version("v1").ok_or("no v1")?;
    let mut different = Vec::new();
    let fields: Vec<&str> =
        version.schema.at("/spec").ok_or("no spec")?.fields().map(|(name, _)| name).collect();
    let mut count = 0;
    for field in fields {
        for value in tries() {
            let mut object = json!({"apiVersion": format!("{group}/v1"), "kind": "Pot",
                    "metadata": {"name": "a"}, "spec": {"name": "abc"}});
            object["spec"][field] = value.clone();
            let theirs = server.verdict("pots", &object).await?;
            let (status, said) = ours(version, &object);
            count += 1;
            let stored = match theirs.status {
                422 => None,
                _ => server.stored("pots", &object).await?,
            };
            if let Some(theirs) = stored {
                let mut ours = object.clone();
                prune(&version.schema, &mut ours);
                drop_nulls(&version.schema, &mut ours);
                default(&version.schema, &mut ours);
                if plain(&ours["spec"]) != plain(&theirs["spec"]) {
                    different.push(format!(
                        "{field}: {value}\n  ours {}\n  stored {}",
                        ours["spec"], theirs["spec"]
                    ));
                }
            }
            let decoding = theirs.status == 400 && !theirs.message.contains("strict");
            if decoding && status != 0 {
                continue;
            }
            if (theirs.status, &theirs.said) != (status, &said) {
                different.push(format!("{field}: {value}\n  ours {status} {said:#?}\n  theirs {theirs:#?}"));
            }
        }
    }
    println!("{count} values, {} judged otherwise", different.len());
    assert!(different.is_empty(), "{}", different.join("\n"));
    Ok(())
}

/// Some of the words that the test above compares with a server's, two of each sort, for when there is none.
/// `UPDATE=1` writes them.
#[test]
fn every_rule_of_a_schema_keeps_its_words() -> Result<(), Failure> {
    let schema = CrdSchema::from_crd(&pots("example.com")?)?;
    let version = schema.version("v1").ok_or("no v1")?;
    let mut text = String::new();
    for (field, _) in version.schema.at("/spec").ok_or("no spec")?.fields() {
        let mut sorts: Vec<Vec<Code>> = Vec::new();
        for value in tries() {
            let mut object = json!({"spec": {"name": "abc"}});
            object["spec"][field] = value.clone();
            let found = validate(&version.schema, &object);
            let sort: Vec<Code> = found.iter().map(|violation| violation.code).collect();
            let known = sorts.iter().filter(|other| **other == sort).count();
            sorts.push(sort.clone());
            if known < 2 && sort.iter().any(|code| !matches!(code, Code::WrongType | Code::UnknownField)) {
                text.push_str(&format!("{field}: {value}\n"));
                found.iter().for_each(|violation| text.push_str(&format!("  {violation}\n")));
            }
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lint/server/pots.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text)?;
    }
    let kept = std::fs::read_to_string(path)?;
    let differing: Vec<(&str, &str)> =
        kept.lines().zip(text.lines()).filter(|(old, new)| old != new).take(5).collect();
    assert!(kept == text, "{differing:#?}");
    Ok(())
}

/// Metadata, each good or bad in one way.
fn metadatas() -> Vec<Value> {
    let long = |length: usize| "a".repeat(length);
    let mut found: Vec<Value> = ["a", "a.b-1", "A", "a_b", "-a", "1a", "", "a..b", "a:b"]
        .into_iter()
        .map(str::to_owned)
        .chain([long(63), long(64), long(253), long(254)])
        .map(|name| json!({"name": name}))
        .collect();
    let values = [
        json!("v"),
        json!(""),
        json!("a b"),
        json!("-a"),
        json!(1.1),
        json!(true),
        json!([]),
        json!({}),
        json!("A_.9"),
        json!(long(64)),
    ];
    for value in values {
        found.push(json!({"name": "a", "labels": {"k": value}}));
        found.push(json!({"name": "a", "annotations": {"k": value}}));
    }
    for key in ["a", "a.b/c", "A.b/c", "a/b/c", "/a", "a/", "", "-a", "a b", "a_.9"] {
        found.push(json!({"name": "a", "labels": {key: "v"}}));
        found.push(json!({"name": "a", "annotations": {key: "v"}}));
    }
    found.extend([
        json!({"name": 5}),
        json!({"name": "a", "labels": "x"}),
        json!({"name": "a", "labels": []}),
        json!({"name": "a", "labels": null}),
        json!({"name": "a", "label": {}}),
        json!({"name": "a", "finalizers": "x"}),
        json!({"name": "a", "generation": "x"}),
        json!({"name": "a", "creationTimestamp": null}),
        json!({"name": "a", "creationTimestamp": "today"}),
        json!({"name": "a", "ownerReferences": [{"kind": "Pod"}]}),
        json!({"name": "a", "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}]}),
        json!({"name": "a", "annotations": {"k": "x".repeat(256 * 1024)}}),
        json!({"name": "a", "annotations": {"k": "x".repeat(256 * 1024 - 1)}}),
        json!({}),
        json!("x"),
        json!([]),
        Value::Null,
    ]);
    found
}

#[test]
fn metadata_is_refused_where_the_server_refuses_it() -> Result<(), Failure> {
    runtime()?.block_on(async {
        let Some(server) = Server::reach("metadata").await? else { return Ok(()) };
        let judged = judge_metadata(&server).await;
        server.leave().await?;
        judged
    })
}

async fn judge_metadata(server: &Server) -> Result<(), Failure> {
    let space = &server.namespace;
    let kinds = [
        ("v1", "ConfigMap", format!("/api/v1/namespaces/{space}/configmaps"), json!({"data": {}})),
        ("v1", "Namespace", "/api/v1/namespaces".to_owned(), json!({})),
        (
            "v1",
            "Service",
            format!("/api/v1/namespaces/{space}/services"),
            json!({"spec": {"ports": [{"port": 80}]}}),
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "Role",
            format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{space}/roles"),
            json!({"rules": []}),
        ),
        (
            "mlops.seldon.io/v1alpha1",
            "Experiment",
            format!("/apis/mlops.seldon.io/v1alpha1/namespaces/{space}/experiments"),
            json!({"spec": {"candidates": []}}),
        ),
    ];
    let (mut count, mut different) = (0, Vec::new());
    for (api_version, kind, path, rest) in kinds {
        for metadata in metadatas() {
            let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": metadata});
            for (key, value) in rest.as_object().into_iter().flatten() {
                object[key] = value.clone();
            }
            let path = format!("{path}?dryRun=All&fieldValidation=Strict");
            let (status, answer) = server.call(Method::POST, &path, &object).await?;
            let errors: Vec<_> = lint_object(&(&object).into())
                .into_iter()
                .filter(|finding| finding.severity.is_error())
                .collect();
            count += 1;
            let refused = status != 201 && status != 409;
            if refused == errors.is_empty() {
                let shown: String = metadata.to_string().chars().take(100).collect();
                different.push(format!("{kind} {shown}: {status} {} ours {errors:?}", answer["message"]));
            }
        }
    }
    println!("{count} metadata, {} judged otherwise", different.len());
    assert!(different.is_empty(), "{}", different.join("\n"));
    Ok(())
}
