//! Lists: all objects of a kind that are selected, at a version, in pages.
//! It must never change anything.

use std::sync::Arc;

use crate::json::{Value, json};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::call::Call;
use super::options::{ListOptions, Match};
use super::refusal::Refusal;
use super::state::State;
use super::stored::Stored;

/// A list, before it is written down.
#[derive(Debug)]
pub struct Listed {
    /// `metadata.resourceVersion`
    pub version: u64,
    /// What is listed.
    pub items: Vec<Arc<Stored>>,
    /// Where the next page begins.
    pub proceed: Option<String>,
    /// How many there are beyond this page, where that is known.
    pub remaining: Option<usize>,
}

/// Lists.
///
/// # Errors
/// 410 if the version asked for, or that of the page before, is no longer known; 504 if it is yet to come.
pub fn list(state: &State, call: &Call<'_>) -> Result<Listed, Refusal> {
    let options = ListOptions::read(call, false)?;
    let shelf = &call.resource.shelf;
    let current = state.store.version();
    let (version, start) = match &options.proceed {
        Some(token) => {
            let (version, start) = read_token(token)?;
            if options.version.is_some_and(|version| version > 0) {
                return Err(Refusal::bad_request(
                    "specifying resource version is not allowed when using continue",
                ));
            }
            (version, Some(start))
        }
        None => (options.version.unwrap_or_default(), None),
    };
    if version > current {
        return Err(too_large(version, current));
    }
    let exact = start.is_some()
        || options.matching == Some(Match::Exact)
        || (options.matching.is_none() && options.limit > 0 && version > 0);
    let (mut items, version) = match exact && version > 0 {
        true => {
            let items = state.store.list_at(shelf, call.namespace, version).map_err(|_| match &start {
                Some(start) => expired_token(current, start),
                None => Refusal::expired("The resourceVersion for the provided list is too old."),
            })?;
            (items, version)
        }
        false => (state.store.list(shelf, call.namespace).cloned().collect(), current),
    };
    if let Some(start) = &start {
        items.retain(|item| *key(item) >= **start);
    }
    items.retain(|item| options.selection.holds(item));
    // From the watch cache, which answers version 0, everything comes at once.
    let at_once = start.is_none() && options.version == Some(0) && options.matching != Some(Match::Exact);
    let limit = if at_once { 0 } else { options.limit };
    let (mut proceed, mut remaining) = (None, None);
    if limit > 0 && items.len() > limit {
        remaining = options.selection.is_all().then(|| items.len() - limit);
        proceed = Some(token(version, &items[limit - 1]));
        items.truncate(limit);
    }
    Ok(Listed { version, items, proceed, remaining })
}

/// What orders a list, and continues it: everything after the last object of the page before.
fn key(object: &Stored) -> std::borrow::Cow<'_, str> {
    match object.namespace.as_str() {
        "" => object.name.as_str().into(),
        namespace => format!("{namespace}/{}", object.name).into(),
    }
}

fn token(version: u64, last: &Stored) -> String {
    let start = format!("{}\u{0}", key(last));
    let token = json!({ "v": "meta.k8s.io/v1", "rv": version, "start": start });
    URL_SAFE_NO_PAD.encode(token.to_string())
}

fn read_token(token: &str) -> Result<(u64, String), Refusal> {
    let invalid =
        |why: &str| Refusal::bad_request(format!("invalid continue token: continue key is not valid: {why}"));
    let bytes = URL_SAFE_NO_PAD.decode(token.trim_end_matches('=')).map_err(|error| match error {
        base64::DecodeError::InvalidByte(at, _) => {
            invalid(&format!("illegal base64 data at input byte {at}"))
        }
        _ => invalid(&format!("illegal base64 data at input byte {}", token.len().saturating_sub(1))),
    })?;
    let told = || match String::from_utf8_lossy(&bytes).chars().next() {
        Some(c) => format!("invalid character '{c}' looking for beginning of value"),
        None => "unexpected end of JSON input".to_owned(),
    };
    let token: Value = serde_json::from_slice(&bytes).map_err(|_| invalid(&told()))?;
    if token["v"] != "meta.k8s.io/v1" {
        return Err(invalid("server does not recognize this encoded version"));
    }
    let start = token["start"].as_str().filter(|start| !start.is_empty());
    match (token["rv"].as_u64(), start) {
        (Some(version @ 1..), Some(start)) => Ok((version, start.to_owned())),
        (Some(_), Some(_)) => {
            Err(invalid("incorrect encoded start resourceVersion (version meta.k8s.io/v1)"))
        }
        _ => Err(invalid("encoded start key empty (version meta.k8s.io/v1)")),
    }
}

fn expired_token(current: u64, start: &str) -> Refusal {
    let token = json!({ "v": "meta.k8s.io/v1", "rv": current, "start": start });
    let mut refusal = Refusal::expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    );
    refusal.resume = Some(URL_SAFE_NO_PAD.encode(token.to_string()));
    refusal
}

/// 504: nobody has got so far yet.
pub fn too_large(version: u64, current: u64) -> Refusal {
    let message = format!("Timeout: Too large resource version: {version}, current: {current}");
    let mut refusal = Refusal::new(504, "Timeout", message);
    refusal.details = json!({ "causes": [{ "reason": "ResourceVersionTooLarge", "message": "Too large resource version" }] });
    refusal.retry_after = Some(1);
    refusal
}
