//! Tables: what `kubectl get` prints of each kind.
//! It must never decide which objects are in one.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::resource::Resource;

/// A `Table` of objects as served; without heads, the columns are left out.
pub fn table<'a>(
    resource: &Resource,
    metadata: Value,
    objects: impl IntoIterator<Item = &'a Value>,
    now: Timestamp,
    heads: bool,
) -> Value {
    let _ = resource;
    let columns = json!([
        { "name": "Name", "type": "string", "format": "name", "description": "", "priority": 0 },
        { "name": "Age", "type": "string", "format": "", "description": "", "priority": 0 },
    ]);
    let rows: Vec<Value> = objects
        .into_iter()
        .map(|object| {
            let age = age(object["metadata"]["creationTimestamp"].as_str().unwrap_or_default(), now);
            json!({ "cells": [object["metadata"]["name"], age], "object": super::render::metadata(object) })
        })
        .collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
        "columnDefinitions": if heads { columns } else { Value::Null }, "rows": rows,
    })
}

/// How long ago a time is, as kubectl writes it: `45s`, `3m4s`, `5h`, `2d`, `<unknown>`.
pub fn age(since: &str, now: Timestamp) -> String {
    let Ok(since) = since.parse::<Timestamp>() else { return "<unknown>".into() };
    human(now.as_second().saturating_sub(since.as_second()))
}

/// A length in seconds as apimachinery's `HumanDuration` has it.
pub fn human(seconds: i64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let two = |first: i64, unit: &str, rest: i64, small: &str| match rest {
        0 => format!("{first}{unit}"),
        rest => format!("{first}{unit}{rest}{small}"),
    };
    match seconds {
        ..-1 => "<invalid>".into(),
        -1 => "0s".into(),
        0..120 => format!("{seconds}s"),
        _ if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => two(hours, "h", minutes % 60, "m"),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 24 * 8 => two(hours / 24, "d", hours % 24, "h"),
        _ if hours < 24 * 365 * 2 => format!("{}d", hours / 24),
        _ if hours < 24 * 365 * 8 => two(hours / 24 / 365, "y", (hours / 24) % 365, "d"),
        _ => format!("{}y", hours / 24 / 365),
    }
}
