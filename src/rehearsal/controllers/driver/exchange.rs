//! One request, sent once, and its answer: writes as HTTP, refusals as data.
//! Must never know why something is written, nor try again.

use super::super::outcome::{Deletion, Verb, Write};
use super::super::resource::Resource;
use super::view::Failure;
use crate::direct::Direct;
use crate::json::{Text, Value, json};
use http::{HeaderValue, Method, Request, header};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use std::time::Duration;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(30);

/// A question; nothing if the path is none.
pub(super) fn ask(path: &str) -> Option<Request<Body>> {
    let request = Request::get(path)
        .header(header::ACCEPT, HeaderValue::from_static("application/json"))
        .extension(Direct(Value::Null));
    request.body(Body::empty()).ok()
}

/// A request that brings a value: as it is to a server in this process, in bytes to any other. Nothing if the path is none.
pub(super) fn bring(
    (method, path, content): (Method, &str, &'static str),
    body: Value,
    here: bool,
) -> Option<Request<Body>> {
    let request = Request::builder().method(method).uri(path);
    let request = request
        .header(header::ACCEPT, HeaderValue::from_static("application/json"))
        .header(header::CONTENT_TYPE, HeaderValue::from_static(content));
    match here {
        true => request.extension(Direct(body)).body(Body::empty()).ok(),
        false => request.body(Body::from(body.to_string().into_bytes())).ok(),
    }
}

/// What was answered, and whether by a server in this process.
pub(super) struct Answer {
    /// What was answered.
    pub value: Value,
    /// Whether it came as a value.
    pub here: bool,
}

/// Sends a request and reads the whole answer.
pub(super) async fn read(client: &Client, request: Option<Request<Body>>) -> Result<Answer, Failure> {
    let Some(request) = request else { return Err(silent("the request cannot be written")) };
    match tokio::time::timeout(LIMIT, exchange(client, request)).await {
        Ok(answer) => answer,
        Err(_) => Err(silent("no answer came in time")),
    }
}

async fn exchange(client: &Client, request: Request<Body>) -> Result<Answer, Failure> {
    let mut response = client.send(request).await.map_err(|error| silent(&error.to_string()))?;
    let status = response.status();
    if let (true, Some(Direct(value))) = (status.is_success(), response.extensions_mut().remove()) {
        return Ok(Answer { value, here: true });
    }
    let body = response.into_body().collect().await.map_err(|error| silent(&error.to_string()))?;
    let body = body.to_bytes();
    if status.is_success() {
        let value = serde_json::from_slice(&body).map_err(|error| silent(&error.to_string()))?;
        return Ok(Answer { value, here: false });
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
        resource: Text::default(),
        code: 0,
        reason: String::new(),
        message: message.to_owned(),
        causes: Vec::new(),
    }
}

/// A write as a request.
pub(super) fn request(
    resource: &Resource,
    write: &Write,
    manager: &str,
    here: bool,
) -> Option<Request<Body>> {
    let path = |name: &str, part: &str| {
        format!("{}?fieldManager={manager}", resource.path(&write.namespace, name, part))
    };
    let json = "application/json";
    let (method, path, content, body) = match &write.verb {
        Verb::Create(object) => (Method::POST, path("", ""), json, object.clone()),
        Verb::Update(object) => (Method::PUT, path(&write.name, ""), json, object.clone()),
        Verb::Status(object) => (Method::PUT, path(&write.name, "status"), json, object.clone()),
        Verb::Merge(patch) => {
            (Method::PATCH, path(&write.name, ""), "application/merge-patch+json", patch.clone())
        }
        Verb::Apply(object) => {
            let path = format!("{}&force=true", path(&write.name, ""));
            (Method::PATCH, path, "application/apply-patch+yaml", object.clone())
        }
        Verb::Scale(replicas) => {
            let patch = json!({ "spec": { "replicas": replicas } });
            (Method::PATCH, path(&write.name, "scale"), "application/merge-patch+json", patch)
        }
        Verb::Bind(node) => {
            let target = json!({ "apiVersion": "v1", "kind": "Binding", "metadata": { "name": write.name, "namespace": write.namespace },
                "target": { "apiVersion": "v1", "kind": "Node", "name": node } });
            (Method::POST, path(&write.name, "binding"), json, target)
        }
        Verb::Finalize(object) => (Method::PUT, path(&write.name, "finalize"), json, object.clone()),
        Verb::Delete(deletion) => (Method::DELETE, path(&write.name, ""), json, options(deletion)),
        Verb::DeleteAll => (Method::DELETE, path("", ""), json, json!({})),
        Verb::Tell(_) => return None,
    };
    bring((method, &path, content), body, here)
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
