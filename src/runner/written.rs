//! Tells what the run wrote.
//! It must never tell a Secret's data.

use super::context::Context;
use crate::cluster::{Applied, ObjectRef};
use crate::event::{EventKind, Operation};
use crate::json::Value;

/// Tells a write and the server's warnings about it.
pub(super) fn tell(
    cx: &Context<'_>,
    object: &ObjectRef,
    operation: Operation,
    fields: Vec<String>,
    applied: &Applied,
) {
    let version = applied.object.pointer("/metadata/resourceVersion").and_then(Value::as_str);
    cx.teller.tell(EventKind::ObjectWritten {
        object: object.short(),
        namespace: object.namespace.clone(),
        operation,
        fields,
        resource_version: version.map(str::to_owned),
    });
    for warning in &applied.warnings {
        cx.teller.warn(format!("{}: {warning}", object.short()));
    }
}

/// Whether the values of an object may be shown.
pub(super) fn may_show(object: &ObjectRef) -> bool {
    !(object.resource.group.is_empty() && object.resource.kind == "Secret")
}
