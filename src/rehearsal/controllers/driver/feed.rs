//! One resource, listed and then watched for as long as it is asked for: news through one channel.
//! Must never know what the objects mean, nor what is done about them.

use super::super::super::clock::Clock;
use super::super::read::text;
use super::super::resource::Resource;
use super::exchange::{ask, read};
use crate::direct::Followed;
use crate::json::{Text, Value};
use bytes::Bytes;
use http_body_util::BodyExt;
use kube::Client;
use serde::Deserialize;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// How long after a failure it is tried again, at most.
const LONGEST: Duration = Duration::from_secs(30);

/// What a feed has to tell of its resource.
pub(crate) enum News {
    /// All objects there are.
    Listed(Vec<Value>),
    /// What happened to one.
    Changed(Kind, Value),
    /// The server does not serve it.
    Missing,
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It is there, new or changed.
    There,
    /// It is gone.
    Gone,
}

impl Kind {
    /// What the type of a watch event says; nothing if it is an error.
    fn of(word: &str) -> Option<Kind> {
        match word {
            "ADDED" | "MODIFIED" => Some(Kind::There),
            "DELETED" => Some(Kind::Gone),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Line {
    r#type: String,
    object: Value,
}

/// What is told, and of which resource.
pub(crate) type Message = (Text, News);

/// Lists and watches a resource, forever. Failures are tried again, ever more slowly.
pub(crate) async fn feed(client: Client, resource: Resource, clock: Clock, news: UnboundedSender<Message>) {
    let id = resource.id().clone();
    let mut failures = 0;
    loop {
        match list(&client, &resource).await {
            Ok((objects, mut version)) => {
                failures = 0;
                if news.send((id.clone(), News::Listed(objects))).is_err() {
                    return;
                }
                while let Ended::Again = watch(&client, &resource, &id, &mut version, &news).await {}
            }
            Err(404) => {
                if news.send((id.clone(), News::Missing)).is_err() {
                    return;
                }
                failures += 1;
            }
            Err(_) => failures += 1,
        }
        clock.sleep(pause(failures)).await;
    }
}

fn pause(failures: u32) -> Duration {
    Duration::from_millis(100).saturating_mul(1 << failures.min(10)).min(LONGEST)
}

/// All objects, and the version they were listed at; the status code of a failure, 0 where no answer came.
async fn list(client: &Client, resource: &Resource) -> Result<(Vec<Value>, String), u16> {
    let (mut objects, mut more) = (Vec::new(), String::new());
    loop {
        let path = format!("{}?limit=500{more}", resource.path("", "", ""));
        let mut page = read(client, ask(&path)).await.map_err(|failure| failure.code)?.value;
        if let Value::Array(items) = page["items"].take() {
            // The items of a list leave out what they all share.
            let named = items.into_iter().map(|mut item| {
                item["apiVersion"] = resource.api_version().into();
                item["kind"] = resource.kind.clone().into();
                item
            });
            objects.extend(named);
        }
        match page["metadata"]["continue"].as_str().filter(|token| !token.is_empty()) {
            Some(token) => more = format!("&continue={token}"),
            None => {
                let version = page["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
                return Ok((objects, version));
            }
        }
    }
}

/// How a watch ended.
enum Ended {
    /// It may go on from the last version.
    Again,
    /// The list must be read anew.
    Lost,
}

/// What follows on a list. No bookmarks are asked for: a quiet watch that ends and is too old to be gone on with is listed anew.
async fn watch(
    client: &Client,
    resource: &Resource,
    id: &Text,
    version: &mut String,
    news: &UnboundedSender<Message>,
) -> Ended {
    let path = format!("{}?watch=true&resourceVersion={version}", resource.path("", "", ""));
    let Some(request) = ask(&path) else { return Ended::Lost };
    let Ok(response) = client.send(request).await else { return Ended::Lost };
    if !response.status().is_success() {
        return Ended::Lost;
    }
    let mut any = false;
    let mut tell = |kind: Kind, object: Value| {
        any = true;
        text(&object["metadata"]["resourceVersion"]).clone_into(version);
        news.send((id.clone(), News::Changed(kind, object))).is_ok()
    };
    if let Some(followed) = response.extensions().get::<Followed>().cloned() {
        while let Some((word, object)) = followed.next().await {
            let Some(kind) = Kind::of(word) else { return Ended::Lost };
            if !tell(kind, object) {
                return Ended::Lost;
            }
        }
        return if any { Ended::Again } else { Ended::Lost };
    }
    let (mut body, mut rest) = (response.into_body(), Vec::new());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map(|frame| frame.into_data().unwrap_or_default()) else { break };
        // Most often one frame is one line, which needs no copy.
        let data = match rest.is_empty() {
            true => data,
            false => {
                rest.extend_from_slice(&data);
                Bytes::from(std::mem::take(&mut rest))
            }
        };
        let mut start = 0;
        while let Some(length) = data[start..].iter().position(|byte| *byte == b'\n') {
            let line = data.slice(start..start + length);
            start += length + 1;
            let Some((kind, object)) = heard(&line) else { return Ended::Lost };
            if !tell(kind, object) {
                return Ended::Lost;
            }
        }
        rest.extend_from_slice(&data[start..]);
    }
    if any { Ended::Again } else { Ended::Lost }
}

/// What a line tells; nothing if it is an error, or cannot be read.
fn heard(line: &[u8]) -> Option<(Kind, Value)> {
    let told: Line = serde_json::from_slice(line).ok()?;
    Some((Kind::of(&told.r#type)?, told.object))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_what_happened_to_whom() {
        let line =
            br#"{"type":"MODIFIED","object":{"kind":"Pod","metadata":{"name":"a","resourceVersion":"7"}}}"#;
        let told = heard(line);
        assert_eq!(told.as_ref().map(|(kind, _)| *kind), Some(Kind::There));
        assert_eq!(
            told.map(|(_, object)| text(&object["metadata"]["name"]).to_owned()).as_deref(),
            Some("a")
        );
        assert!(heard(br#"{"type":"ERROR","object":{"code":410,"metadata":{}}}"#).is_none());
        assert!(heard(b"{").is_none());
    }

    #[test]
    fn failures_are_tried_ever_more_slowly() {
        assert_eq!(pause(1), Duration::from_millis(200));
        assert_eq!(pause(60), LONGEST);
    }
}
