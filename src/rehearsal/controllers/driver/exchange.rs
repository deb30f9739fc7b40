//! One request, sent once, and its answer: writes as HTTP, refusals as data.
//! Must never know why something is written, nor try again.

use super::super::outcome::{Deletion, Verb, Write};
use super::super::resource::Resource;
use super::view::Failure;
use http::{Method, Request, header};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use std::time::Duration;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(30);

/// A request; nothing if the path is none.
pub(super) fn ask(method: Method, path: &str, content: &str, body: Vec<u8>) -> Option<Request<Body>> {
    let mut request = Request::builder().method(method).uri(path).header(header::ACCEPT, "application/json");
    if !content.is_empty() {
        request = request.header(header::CONTENT_TYPE, content);
    }
    request.body(Body::from(body)).ok()
}

/// Sends a request and reads the whole answer.
pub(super) async fn read(client: &Client, request: Option<Request<Body>>) -> Result<Vec<u8>, Failure> {
    let Some(request) = request else { return Err(silent("the request cannot be written")) };
    match tokio::time::timeout(LIMIT, exchange(client, request)).await {
        Ok(answer) => answer,
        Err(_) => Err(silent("no answer came in time")),
    }
}

async fn exchange(client: &Client, request: Request<Body>) -> Result<Vec<u8>, Failure> {
    let response = client.send(request).await.map_err(|error| silent(&error.to_string()))?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|error| silent(&error.to_string()))?;
    let body = body.to_bytes();
    if status.is_success() {
        return Ok(body.into());
    }
    let told: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let causes = told["details"]["causes"].as_array().into_iter().flatten();
    Err(Failure {
        code: status.as_u16(),
        reason: text(&told["reason"]),
        message: text(&told["message"]),
        causes: causes.map(|cause| text(&cause["reason"])).collect(),
        ..silent("")
    })
}

fn silent(message: &str) -> Failure {
    Failure {
        creating: false,
        resource: String::new(),
        code: 0,
        reason: String::new(),
        message: message.to_owned(),
        causes: Vec::new(),
    }
}

/// A write as a request.
pub(super) fn request(resource: &Resource, write: &Write, manager: &str) -> Option<Request<Body>> {
    let path = |name: &str, part: &str| {
        format!("{}?fieldManager={manager}", resource.path(&write.namespace, name, part))
    };
    let json = "application/json";
    let (method, path, content, body) = match &write.verb {
        Verb::Create(object) => (Method::POST, path("", ""), json, object.to_string()),
        Verb::Update(object) => (Method::PUT, path(&write.name, ""), json, object.to_string()),
        Verb::Status(object) => (Method::PUT, path(&write.name, "status"), json, object.to_string()),
        Verb::Merge(patch) => {
            (Method::PATCH, path(&write.name, ""), "application/merge-patch+json", patch.to_string())
        }
        Verb::Apply(object) => {
            let path = format!("{}&force=true", path(&write.name, ""));
            (Method::PATCH, path, "application/apply-patch+yaml", object.to_string())
        }
        Verb::Scale(replicas) => {
            let patch = json!({ "spec": { "replicas": replicas } }).to_string();
            (Method::PATCH, path(&write.name, "scale"), "application/merge-patch+json", patch)
        }
        Verb::Bind(node) => {
            let target = json!({ "apiVersion": "v1", "kind": "Binding", "metadata": { "name": write.name, "namespace": write.namespace },
                "target": { "apiVersion": "v1", "kind": "Node", "name": node } });
            (Method::POST, path(&write.name, "binding"), json, target.to_string())
        }
        Verb::Finalize(object) => (Method::PUT, path(&write.name, "finalize"), json, object.to_string()),
        Verb::Delete(deletion) => {
            (Method::DELETE, path(&write.name, ""), json, options(deletion).to_string())
        }
        Verb::DeleteAll => (Method::DELETE, path("", ""), json, "{}".to_owned()),
        Verb::Tell(_) => return None,
    };
    ask(method, &path, content, body.into_bytes())
}

fn options(deletion: &Deletion) -> Value {
    let mut options = json!({ "apiVersion": "v1", "kind": "DeleteOptions" });
    if !deletion.uid.is_empty() {
        options["preconditions"] = json!({ "uid": deletion.uid });
    }
    if let Some(grace) = deletion.grace {
        options["gracePeriodSeconds"] = grace.into();
    }
    if let Some(propagation) = deletion.propagation {
        options["propagationPolicy"] = propagation.into();
    }
    options
}
