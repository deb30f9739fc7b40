//! One request, sent once, and what came of it: an answer, a refusal, or a setback that may pass.
//! Never repeats anything: whether a repetition is safe is not known here.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, header};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use tokio::time::timeout;
use tracing::debug;

use crate::direct::{self, Direct, Followed};
use crate::json::Value;

use super::error::{Status, shorten};
use super::patience::Setback;
use super::trouble::{Gauge, Verb};

const USER_AGENT: &str = concat!("seldonplay/", env!("CARGO_PKG_VERSION"));

/// A request, cheap to send again.
#[derive(Clone)]
pub(super) struct Ask {
    pub verb: Verb,
    pub method: Method,
    /// Path and query.
    pub path: String,
    pub accept: &'static str,
    pub content_type: &'static str,
    pub body: Bytes,
}

impl Ask {
    /// A request without a body.
    pub fn read(verb: Verb, path: impl Into<String>) -> Ask {
        Ask {
            verb,
            method: Method::GET,
            path: path.into(),
            accept: "application/json",
            content_type: "",
            body: Bytes::new(),
        }
    }

    /// A request that carries JSON, or a patch in the form that `content_type` names.
    pub fn write(verb: Verb, method: Method, path: String, content_type: &'static str, body: Vec<u8>) -> Ask {
        Ask { method, content_type, body: body.into(), ..Ask::read(verb, path) }
    }
}

/// What the server answered with success.
pub(super) struct Reply {
    pub code: u16,
    pub body: Content,
    /// The texts of its `Warning` headers.
    pub warnings: Vec<String>,
}

/// What an answer holds.
pub(super) enum Content {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// The value that they would say, of a server in this process.
    Value(Value),
}

impl Content {
    /// The value that it is.
    pub fn value(self) -> serde_json::Result<Value> {
        match self {
            Content::Bytes(bytes) => serde_json::from_slice(&bytes),
            Content::Value(value) => Ok(value),
        }
    }

    /// The bytes that it is.
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Content::Bytes(bytes) => bytes,
            Content::Value(value) => value.to_string().into_bytes(),
        }
    }
}

/// A watch that goes on.
pub(super) struct Stream {
    body: Body,
    /// What it tells as values, where the server lives in this process.
    followed: Option<Followed>,
}

/// A piece of what a watch tells.
pub(super) enum Piece {
    /// The next bytes: lines, wherever they were cut.
    Bytes(Bytes),
    /// One whole event.
    Event(direct::Event),
}

impl Stream {
    pub fn new(mut response: Response<Body>) -> Stream {
        let followed = response.extensions_mut().remove();
        Stream { body: response.into_body(), followed }
    }

    /// What comes next; waits for it. Nothing is lost if the wait is dropped.
    pub async fn next(&mut self) -> Option<kube::Result<Piece>> {
        match &self.followed {
            Some(followed) => followed.next().await.map(|event| Ok(Piece::Event(event))),
            None => {
                let frame = self.body.frame().await?;
                Some(frame.map(|frame| Piece::Bytes(frame.into_data().unwrap_or_default())))
            }
        }
    }
}

/// What came of one attempt.
pub(super) enum Sent<T> {
    /// 2xx.
    Answer(T),
    /// An answer that asking again would not change.
    Refusal(Status),
    /// Nothing usable came; later it may.
    Setback(Setback),
}

/// Sends a request and reads the whole answer, within `limit`.
pub(super) async fn send(client: &Client, gauge: &Gauge, ask: &Ask, limit: Duration) -> Sent<Reply> {
    let underway = gauge.request(ask);
    let sent = match timeout(limit, exchange(client, ask)).await {
        Ok(sent) => sent,
        Err(_) => Sent::Setback(Setback::of(format!("no answer within {limit:?}"))),
    };
    underway.ended(sent, |reply| reply.code)
}

/// Sends a request and leaves the answer's body to the caller; the answer must begin within `limit`.
pub(super) async fn open(client: &Client, gauge: &Gauge, ask: &Ask, limit: Duration) -> Sent<Response<Body>> {
    let underway = gauge.request(ask);
    let opening = async {
        match head(client, ask).await {
            Err(setback) => Sent::Setback(setback),
            Ok(response) if response.status().is_success() => Sent::Answer(response),
            Ok(response) => finish(response).await,
        }
    };
    let sent = match timeout(limit, opening).await {
        Ok(sent) => sent,
        Err(_) => Sent::Setback(Setback::of(format!("no answer within {limit:?}"))),
    };
    underway.ended(sent, |_| 200)
}

async fn exchange(client: &Client, ask: &Ask) -> Sent<Reply> {
    let mut response = match head(client, ask).await {
        Ok(response) => response,
        Err(setback) => return Sent::Setback(setback),
    };
    if !response.status().is_success() {
        return finish(response).await;
    }
    let code = response.status().as_u16();
    let warnings = warnings(response.headers());
    let body = match response.extensions_mut().remove() {
        Some(Direct(value)) => Ok(Content::Value(value)),
        None => collect(response.into_body()).await.map(Content::Bytes),
    };
    match body {
        Ok(body) => Sent::Answer(Reply { code, body, warnings }),
        Err(setback) => Sent::Setback(setback),
    }
}

async fn head(client: &Client, ask: &Ask) -> Result<Response<Body>, Setback> {
    let mut request = Request::builder()
        .method(ask.method.clone())
        .uri(&ask.path)
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT, ask.accept);
    if !ask.content_type.is_empty() {
        request = request.header(header::CONTENT_TYPE, ask.content_type);
    }
    if matches!(ask.verb, Verb::Get | Verb::List | Verb::Watch) {
        request = request.extension(Direct(Value::Null));
    }
    let request = request.body(Body::from(ask.body.clone())).map_err(|error| Setback {
        reached: false,
        hopeless: true,
        ..Setback::of(format!("the request cannot be written: {error}"))
    })?;
    let answer = client.send(request).await.map_err(broken);
    match &answer {
        Ok(response) => {
            debug!(method = %ask.method, path = ask.path, status = response.status().as_u16(), "answered")
        }
        Err(setback) => debug!(method = %ask.method, path = ask.path, error = setback.message, "no answer"),
    }
    answer
}

/// Reads a body piece by piece, so that a long list is not held twice.
async fn collect(mut body: Body) -> Result<Vec<u8>, Setback> {
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(broken)?.into_data() {
            all.extend_from_slice(&data);
        }
    }
    Ok(all)
}

/// Sorts an answer that is no success into refusals and what may pass.
async fn finish<T>(response: Response<Body>) -> Sent<T> {
    let code = response.status().as_u16();
    let retry_after = retry_after(response.headers());
    let body = match collect(response.into_body()).await {
        Ok(body) => body,
        Err(_) if matches!(code, 401 | 429 | 500..) => Vec::new(),
        Err(setback) => return Sent::Setback(setback),
    };
    let status = Status { code, ..Status::read(code, &body) };
    match code {
        401 | 429 => Sent::Setback(Setback { reached: false, retry_after, ..Setback::told(status) }),
        500 if is_verdict(&status) => Sent::Refusal(status),
        500.. => Sent::Setback(Setback { retry_after, ..Setback::told(status) }),
        _ => Sent::Refusal(status),
    }
}

/// Server-side apply answers an object that does not fit its schema with a 500 without a reason
/// (seen with Kubernetes 1.37); the object will fit no better later.
fn is_verdict(status: &Status) -> bool {
    status.reason.is_empty()
        && (status.message.starts_with("failed to create typed patch object")
            || status.message.contains("field not declared in schema"))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    // A day is longer than anybody waits, and short enough to be added to any time.
    Some(Duration::from_secs(seconds.min(86_400)))
}

/// The texts in `Warning: 299 - "text"` headers (RFC 7234, section 5.5), several of which may share a line.
fn warnings(headers: &HeaderMap) -> Vec<String> {
    let mut texts = Vec::new();
    for value in headers.get_all(header::WARNING) {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let mut rest = value.chars();
        // Up to the opening quote are code and agent; after the closing one there may be a quoted date.
        while rest.by_ref().any(|c| c == '"') {
            let mut text = String::new();
            while let Some(c) = rest.next() {
                match c {
                    '"' => break,
                    '\\' => text.extend(rest.next()),
                    c => text.push(c),
                }
            }
            texts.push(text);
            if rest.as_str().trim_start().starts_with('"') {
                rest.by_ref().filter(|c| *c == '"').nth(1);
            }
        }
    }
    texts
}

/// Words for an attempt that broke, and what is certain about it.
pub(super) fn broken(error: kube::Error) -> Setback {
    if let kube::Error::Auth(error) = &error {
        return no_credentials(error);
    }
    let mut words: Vec<String> = Vec::new();
    let (mut refused, mut untrusted) = (false, false);
    let mut link: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(cause) = link {
        if let Some(kube::Error::Auth(error)) = cause.downcast_ref::<kube::Error>() {
            return no_credentials(error);
        }
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            refused |= io.kind() == io::ErrorKind::ConnectionRefused;
        }
        let text = cause.to_string();
        refused |= text.contains("client error (Connect)");
        untrusted |= text.contains("invalid peer certificate");
        words.push(text);
        link = cause.source();
    }
    // The innermost cause says most; its wrappers repeat it.
    let message = match words.iter().rev().find(|text| !text.is_empty()) {
        Some(text) if text.starts_with("unexpected EOF") => "the connection broke".to_owned(),
        Some(text) => shorten(text),
        None => "the connection failed".to_owned(),
    };
    Setback { reached: !refused, hopeless: untrusted, ..Setback::of(message) }
}

/// Credentials that cannot be had (an exec plugin that fails) are treated as a 401: they may come back.
fn no_credentials(error: &impl StdError) -> Setback {
    let message = format!("no credentials: {}", shorten(&error.to_string()));
    let status = Status { code: 401, reason: "Unauthorized".into(), ..Status::local(message) };
    Setback { reached: false, ..Setback::told(status) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_taken_from_their_headers() {
        let mut headers = HeaderMap::new();
        let mut add = |value: &'static str| headers.append(header::WARNING, value.parse().unwrap());
        add(r#"299 - "unknown field \"spec.a\"""#);
        add(r#"299 kube "one" "Mon, 23 Nov 2026 02:54:51 GMT", 299 - "two""#);
        add("299 - nothing quoted");
        assert_eq!(warnings(&headers), [r#"unknown field "spec.a""#, "one", "two"]);
    }

    #[test]
    fn a_failed_typed_patch_is_a_verdict_and_etcd_trouble_is_not() {
        let status = |message: &str, reason: &str| Status {
            code: 500,
            reason: reason.into(),
            ..Status::local(message.to_owned())
        };
        let text = "failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.foo: \
                    field not declared in schema";
        assert!(is_verdict(&status(text, "")));
        assert!(!is_verdict(&status("etcdserver: request timed out", "")));
        assert!(!is_verdict(&status("failed calling webhook", "InternalError")));
    }
}
