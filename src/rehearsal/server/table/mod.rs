//! Tables: what `kubectl get` prints of each kind.
//! It must never decide which objects are in one.

mod cells;
mod columns;
mod custom;
mod pods;
mod time;

use crate::json::{Value, json};
use jiff::Timestamp;

use super::render;
use super::resource::Resource;

/// How much of an object a row holds (`includeObject`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Include {
    /// Nothing.
    None,
    /// Its metadata.
    #[default]
    Metadata,
    /// All of it.
    Object,
}

impl Include {
    /// Reads the parameter.
    pub fn read(word: Option<&str>) -> Include {
        match word {
            Some("None") => Include::None,
            Some("Object") => Include::Object,
            _ => Include::Metadata,
        }
    }
}

/// A `Table` of objects as served; without heads, the columns are left out.
pub fn table<'a>(
    resource: &Resource,
    metadata: Value,
    objects: impl IntoIterator<Item = &'a Value>,
    now: Timestamp,
    (heads, include): (bool, Include),
) -> Value {
    let rows: Vec<Value> = objects
        .into_iter()
        .map(|object| {
            let mut row = json!({ "cells": cells(resource, object, now) });
            if let Some(conditions) = pods::conditions(object).filter(|_| resource.is("", "pods")) {
                row["conditions"] = conditions;
            }
            row["object"] = match include {
                Include::None => Value::Null,
                Include::Metadata => render::metadata(object),
                Include::Object => object.clone(),
            };
            row
        })
        .collect();
    let columns = match (&resource.custom, heads) {
        (_, false) => Value::Null,
        (Some(custom), true) => custom::columns(&custom.columns),
        (None, true) => columns::of(resource),
    };
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
        "columnDefinitions": columns, "rows": rows,
    })
}

fn cells(resource: &Resource, object: &Value, now: Timestamp) -> Vec<Value> {
    match &resource.custom {
        Some(custom) => custom::cells(&custom.columns, object, now),
        None => cells::of(resource, object, now),
    }
}
