//! Plain HTTP: requests with their words filled in, whole answers, and watches line by line, so that nothing hides what goes over the wire.
//! It must never know what an answer means.

use super::case::Request;
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::timeout;

/// How long an answer, or what is to come about, may take.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// The answers' headers that are part of a behaviour.
const HEADERS: &[&str] = &["allow", "content-type", "location", "retry-after", "warning"];

/// A client, and the words that stand for something in requests.
pub struct Wire<'a> {
    pub client: &'a kube::Client,
    pub words: BTreeMap<String, String>,
}

/// An open watch.
pub struct Stream {
    body: Body,
    /// What has come and is no whole line yet.
    text: Vec<u8>,
}

/// An answer.
pub struct Answer {
    pub code: u16,
    pub headers: Map<String, Value>,
    pub body: Value,
}

impl Wire<'_> {
    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: &Request) -> Result<Answer, String> {
        let response = self.respond(request).await?;
        let (head, body) = response.into_parts();
        let bytes = timeout(PATIENCE, body.collect())
            .await
            .map_err(|_| "the answer never ends".to_owned())?
            .map_err(|error| format!("the answer breaks off: {error}"))?
            .to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { code: head.status.as_u16(), headers: headers(&head.headers), body })
    }

    /// Opens a watch, or gives the answer if there is none.
    pub async fn open(&self, request: &Request) -> Result<Result<Stream, Answer>, String> {
        let path = match request.path.contains('?') {
            true => format!("{}&watch=true", request.path),
            false => format!("{}?watch=true", request.path),
        };
        let request = Request {
            method: request.method.clone(),
            path,
            body: request.body.clone(),
            headers: request.headers.clone(),
        };
        let response = self.respond(&request).await?;
        if response.status().is_success() {
            return Ok(Ok(Stream { body: response.into_body(), text: Vec::new() }));
        }
        self.send(&request).await.map(Err)
    }

    async fn respond(&self, request: &Request) -> Result<http::Response<Body>, String> {
        let mut builder = http::Request::builder()
            .method(request.method.as_str())
            .uri(escaped(&self.fill(&request.path)))
            .header("user-agent", "conformance/1.0 (test)");
        for (name, value) in &request.headers {
            builder = builder.header(name, self.fill(value));
        }
        let body = match &request.body {
            None => Vec::new(),
            Some(Value::String(text)) => self.fill(text).into_bytes(),
            Some(body) => self.fill_value(body).to_string().into_bytes(),
        };
        let sent = builder.body(Body::from(body)).map_err(|error| format!("it is no request: {error}"))?;
        let answer = timeout(PATIENCE, self.client.send(sent));
        let answer =
            answer.await.map_err(|_| format!("{} {} has no answer", request.method, request.path))?;
        answer.map_err(|error| format!("{} {} fails: {error}", request.method, request.path))
    }

    /// A text with its `${WORD}`s filled in.
    fn fill(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (word, value) in &self.words {
            if !text.contains("${") {
                break;
            }
            text = text.replace(&format!("${{{word}}}"), value);
        }
        text
    }

    /// A body with its words filled in.
    pub fn fill_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill(text)),
            Value::Array(list) => list.iter().map(|value| self.fill_value(value)).collect(),
            Value::Object(map) => {
                let filled = map.iter().map(|(key, value)| (self.fill(key), self.fill_value(value)));
                Value::Object(filled.collect())
            }
            other => other.clone(),
        }
    }
}

impl Stream {
    /// The next event; nothing when the server ends the watch.
    pub async fn next(&mut self) -> Result<Option<Value>, String> {
        loop {
            if let Some(end) = self.text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.text.drain(..=end).collect();
                return serde_json::from_slice(&line).map(Some).map_err(|error| format!("no event: {error}"));
            }
            let frame =
                timeout(PATIENCE, self.body.frame()).await.map_err(|_| "nothing more comes".to_owned())?;
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|error| format!("the watch breaks off: {error}"))?;
            self.text.extend_from_slice(frame.data_ref().map_or(&[][..], |data| &data[..]));
        }
    }
}

/// A request of JSON.
pub fn request(method: &str, path: &str, body: Option<Value>) -> Request {
    let content = body.as_ref().map(|_| ("content-type".to_owned(), "application/json".to_owned()));
    Request { method: method.into(), path: path.into(), body, headers: content.into_iter().collect() }
}

/// The headers that belong to a behaviour; that JSON is JSON needs no word.
fn headers(all: &http::HeaderMap) -> Map<String, Value> {
    let mut told = Map::new();
    for name in HEADERS {
        let values: Vec<Value> =
            all.get_all(*name).iter().map(|value| json!(String::from_utf8_lossy(value.as_bytes()))).collect();
        match values.as_slice() {
            [] => {}
            [one] if one == "application/json" => {}
            [one] => drop(told.insert((*name).to_owned(), one.clone())),
            _ => drop(told.insert((*name).to_owned(), Value::Array(values))),
        }
    }
    told
}

/// A path with what a URI cannot hold escaped.
fn escaped(path: &str) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        match byte {
            b' ' | b'"' | b'<' | b'>' | b'{' | b'}' | b'|' | b'\\' | b'^' | b'`' | b'#' | 128.. => {
                text.push_str(&format!("%{byte:02X}"));
            }
            other => text.push(char::from(other)),
        }
    }
    text
}
