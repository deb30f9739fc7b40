//! Replies as HTTP answers: the media type, the bytes, and the value beside them.
//! It must never know who asked, nor decide what is answered.

use super::body::Body;
use super::call::Call;
use super::convert::is_as_kept;
use super::refusal::Refusal;
use super::render;
use super::reply::{Content, Reply};
use super::view::View;
use crate::direct::{Direct, Followed};
use crate::json::Value;
use bytes::Bytes;
use http::{HeaderValue, Response, header};
use jiff::Timestamp;

const JSON: &str = "application/json";

/// The answer to what was carried out.
pub(super) fn written(call: &Call<'_>, reply: Reply, now: Timestamp) -> Response<Body> {
    let (resource, view, directly) = (&*call.resource, call.view, call.sent.is_some());
    let plain = view == View::Plain && is_as_kept(resource);
    match reply.content {
        Content::Stored(object) if plain => respond(reply.code, JSON, Body::stored(object)),
        Content::Object(object, _) if view == View::Plain && directly => {
            respond(reply.code, JSON, Body::value(object))
        }
        Content::Object(object, managers) if view == View::Plain => {
            respond(reply.code, JSON, Body::value(managers.on(object)))
        }
        Content::Json(value) => respond(reply.code, JSON, Body::value(value)),
        Content::Stored(object) => json(reply.code, render::stored(resource, &object, view, now)),
        Content::Object(object, managers) => {
            json(reply.code, render::one(resource, &managers.on(object), view, now))
        }
        Content::Listed(listed) if directly && plain => {
            respond(reply.code, JSON, Body::value(render::list(resource, &listed)))
        }
        Content::Listed(listed) => json(reply.code, render::listed(resource, &listed, view, now)),
        Content::Text(told) => text(reply.code, told),
        Content::Watch(frames) if directly && plain => {
            let mut response = respond(reply.code, JSON, Body::whole(Bytes::new()));
            response.extensions_mut().insert(Followed::new(frames));
            response
        }
        Content::Watch(frames) => respond(reply.code, JSON, Body::watch(frames)),
    }
}

/// The answer to what is refused.
pub(super) fn refused(refusal: &Refusal) -> Response<Body> {
    if refusal.plain {
        return text(refusal.code, refusal.message.clone());
    }
    let mut response = json(refusal.code, refusal.status().to_string());
    if let Some(seconds) = refusal.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// An answer that is JSON, as YAML with its keys in order.
pub(super) fn in_yaml(response: Response<Body>) -> Response<Body> {
    let Some(bytes) = response.body().bytes() else { return response };
    let Ok(value) = serde_json::from_slice::<Value>(&bytes) else { return response };
    match serde_yaml::to_string(&value.sorted()) {
        Ok(text) => respond(response.status().as_u16(), "application/yaml", Body::whole(text)),
        Err(_) => response,
    }
}

/// The discovery of everything at once.
pub(super) fn aggregated(value: Value) -> Response<Body> {
    let media = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    respond(200, media, Body::value(value))
}

/// JSON that is written already.
pub(super) fn json(code: u16, bytes: impl Into<Bytes>) -> Response<Body> {
    respond(code, JSON, Body::whole(bytes))
}

/// Plain text.
pub(super) fn text(code: u16, text: impl Into<String>) -> Response<Body> {
    respond(code, "text/plain; charset=utf-8", Body::whole(text.into()))
}

/// An answer; what is a value stands beside its bytes.
fn respond(code: u16, media: &'static str, body: Body) -> Response<Body> {
    let value = body.as_value().cloned();
    let mut response = Response::new(body);
    if let Some(value) = value {
        response.extensions_mut().insert(Direct(value));
    }
    *response.status_mut() =
        http::StatusCode::from_u16(code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    response
}
