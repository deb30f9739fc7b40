//! One request for objects, read: who asks what of which kind, and in which form the answer is wanted.
//! It must never carry anything out.

use std::cell::RefCell;
use std::sync::Arc;

use crate::json::Value;
use bytes::Bytes;
use http::HeaderMap;

use super::query::Query;
use super::resource::Resource;
use super::user::User;
use super::view::View;

/// One request for objects.
#[derive(Debug)]
pub struct Call<'a> {
    /// Who asks.
    pub user: &'a User,
    /// `get`, `list`, `watch`, `create`, …
    pub verb: &'static str,
    /// Of which kind.
    pub resource: Arc<Resource>,
    /// Empty for all, and for kinds without.
    pub namespace: &'a str,
    /// Empty for a collection.
    pub name: &'a str,
    /// Mostly empty.
    pub subresource: &'a str,
    /// The parameters.
    pub query: Query<'a>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// What was sent.
    pub body: &'a Bytes,
    /// What was sent, where it came as a value and has no bytes.
    pub sent: Option<&'a Value>,
    /// The form of the answer.
    pub view: View,
    /// What the server warns of besides.
    pub warnings: RefCell<Vec<String>>,
}

impl Call<'_> {
    /// Warns, once for each text.
    pub fn warn(&self, text: impl Into<String>) {
        let (text, mut warnings) = (text.into(), self.warnings.borrow_mut());
        if !warnings.contains(&text) {
            warnings.push(text);
        }
    }

    /// Whether nothing is to be changed.
    pub fn dry_run(&self) -> bool {
        self.query.text("dryRun") == Some("All")
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The media type of what was sent, without parameters.
    pub fn content_type(&self) -> &str {
        self.header("content-type").split(';').next().unwrap_or_default().trim()
    }

    /// What was sent as JSON.
    ///
    /// # Errors
    /// If it is none.
    pub fn json(&self) -> serde_json::Result<Value> {
        match self.sent {
            Some(sent) => Ok(sent.clone()),
            None => serde_json::from_slice(self.body),
        }
    }

    /// The name of who manages the fields written: the parameter, else what comes before the slash of `User-Agent`.
    pub fn manager(&self) -> &str {
        let named = self.query.text("fieldManager");
        let agent = || self.header("user-agent").split('/').next().unwrap_or_default();
        let manager = named.unwrap_or_else(agent);
        if manager.is_empty() { "unknown" } else { manager }
    }
}
