//! What comes of a request, before it is written down.
//! It must never know HTTP beyond the code.

use std::sync::Arc;

use crate::json::{Map, Value, json};

use super::list::Listed;
use super::managers::Managers;
use super::refusal::details;
use super::resource::Resource;
use super::stored::Stored;
use super::watch::Frames;

/// What comes of a request.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub code: u16,
    /// What is told.
    pub content: Content,
}

/// What is told.
#[derive(Debug)]
pub enum Content {
    /// An object as kept.
    Stored(Arc<Stored>),
    /// An object of the kind asked, as served, and its managers.
    Object(Value, Managers),
    /// Anything else that is JSON.
    Json(Value),
    /// A list.
    Listed(Listed),
    /// A watch.
    Watch(Frames),
    /// Plain text.
    Text(String),
}

impl Reply {
    /// 200 with an object.
    pub fn stored(object: Arc<Stored>) -> Reply {
        Reply { code: 200, content: Content::Stored(object) }
    }

    /// 201 with an object.
    pub fn created(object: Arc<Stored>) -> Reply {
        Reply { code: 201, content: Content::Stored(object) }
    }

    /// 200 with an object that is not kept: of a dry run, or one that is gone.
    pub fn object(object: Value, managers: Managers) -> Reply {
        Reply { code: 200, content: Content::Object(object, managers) }
    }

    /// 200 with JSON.
    pub fn json(value: Value) -> Reply {
        Reply { code: 200, content: Content::Json(value) }
    }

    /// 200 and `Status: Success`, as for an object that was deleted.
    pub fn success(resource: &Resource, name: &str, uid: &str) -> Reply {
        let mut told = details(name, &resource.group, &resource.plural);
        if let (Value::Object(told), false) = (&mut told, uid.is_empty()) {
            told.insert("uid".into(), uid.into());
        }
        let mut status: Map = Map::new();
        status.insert("kind".into(), "Status".into());
        status.insert("apiVersion".into(), "v1".into());
        status.insert("metadata".into(), json!({}));
        status.insert("status".into(), "Success".into());
        status.insert("details".into(), told);
        Reply::json(Value::Object(status))
    }
}
