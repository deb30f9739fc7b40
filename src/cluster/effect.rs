//! Whether a write changed anything, told apart from what others wrote at the same moment; and whether the
//! effect of a patch can be seen. Pure: compares an object before and after.
//! Never knows how a write was sent.

use crate::json::{Value, merge, patch};

/// Which part of an object a write touches.
#[derive(Clone, Copy)]
pub(super) enum Touch<'a> {
    /// What a server-side apply of this object by this manager sets, and what the manager no longer sets.
    Apply { object: &'a Value, manager: &'a str },
    /// What a merge patch (strategic or not) names.
    Merge(&'a Value),
    /// What the operations of a JSON patch write.
    Json(&'a Value),
    /// Something that cannot be seen in what the server returned.
    Unseen,
}

/// True if the write changed nothing: the version is the same, or only others changed something.
pub(super) fn is_unchanged(before: &Value, after: &Value, touch: Touch<'_>) -> bool {
    if before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"] {
        // Who takes the last finalizer from what is being deleted is answered with what is gone, at the version that it had.
        return before["metadata"]["finalizers"] == after["metadata"]["finalizers"];
    }
    match touch {
        Touch::Apply { object, manager } => {
            let (was, is) = (owned(before, manager), owned(after, manager));
            was.is_some() && was == is && is_same_where(object, before, after)
        }
        Touch::Merge(patch) => is_same_where(patch, before, after),
        Touch::Json(operations) => {
            places(operations, after).all(|place| before.pointer(place) == after.pointer(place))
        }
        Touch::Unseen => false,
    }
}

/// The fields that a manager owns through server-side apply.
fn owned<'v>(object: &'v Value, manager: &str) -> Option<&'v Value> {
    let entry = |entry: &&Value| {
        entry["manager"] == manager && entry["operation"] == "Apply" && entry["subresource"].is_null()
    };
    Some(&object["metadata"]["managedFields"].as_array()?.iter().find(entry)?["fieldsV1"])
}

/// True if two objects agree in everything that `shape` names. Lists are compared whole, and so is a mapping
/// with a directive of a strategic merge patch in it.
fn is_same_where(shape: &Value, before: &Value, after: &Value) -> bool {
    match shape.as_object() {
        Some(fields) if !fields.keys().any(|key| key.starts_with('$')) => {
            // The keys of `metadata` that a patch uses as preconditions say nothing about its effect.
            fields.iter().all(|(key, shape)| {
                key == "resourceVersion" || is_same_where(shape, &before[key], &after[key])
            })
        }
        // What is set and shown by neither is written only, such as a Secret's `stringData`: it may have changed anything.
        _ => before == after && (shape.is_null() || !after.is_null()),
    }
}

/// True if merging the patch (its preconditions aside) would change nothing.
pub(super) fn merge_is_visible(now: &Value, patch: &Value) -> bool {
    let mut patch = patch.clone();
    if let Some(metadata) = patch.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("resourceVersion");
    }
    let mut merged = now.clone();
    merge(&mut merged, &patch);
    merged == *now
}

/// True if everything that the operations write is now as they would have left it.
pub(super) fn json_patch_is_visible(before: &Value, now: &Value, operations: &Value) -> bool {
    let writes = list(operations).iter().filter(|operation| operation["op"] != "test").cloned();
    let mut expected = before.clone();
    if patch(&mut expected, &writes.collect::<Vec<_>>()).is_err() {
        return false;
    }
    places(operations, &expected).all(|place| expected.pointer(place) == now.pointer(place))
}

/// The places that the operations write, as they are in `object`.
fn places<'o>(operations: &'o Value, object: &'o Value) -> impl Iterator<Item = &'o str> {
    let writes = list(operations).iter().filter(|operation| operation["op"] != "test");
    let paths = writes.flat_map(|operation| match operation["op"].as_str() {
        Some("move") => vec![&operation["path"], &operation["from"]],
        _ => vec![&operation["path"]],
    });
    paths.filter_map(Value::as_str).map(|path| whole_list(object, path))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// An entry of a list says nothing without its neighbours: the path of the outermost list, or the path.
fn whole_list<'p>(object: &Value, path: &'p str) -> &'p str {
    let ends = path.match_indices('/').map(|(end, _)| end).skip(1);
    let mut prefixes = ends.map(|end| &path[..end]);
    prefixes.find(|prefix| object.pointer(prefix).is_some_and(Value::is_array)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use crate::json::json;

    use super::*;

    fn object(version: u32, replicas: u32, revision: u32, owned: &str) -> Value {
        json!({
            "metadata": {"name": "x", "resourceVersion": version.to_string(), "annotations": {"revision": revision},
                "managedFields": [{"manager": "me", "operation": "Apply", "fieldsV1": {"f:spec": {owned: {}}}}]},
            "spec": {"replicas": replicas, "args": ["a"]},
            "status": {"replicas": revision},
        })
    }

    #[test]
    fn what_others_wrote_is_not_ours() {
        let applied = json!({"metadata": {"name": "x"}, "spec": {"replicas": 1}});
        let touch = Touch::Apply { object: &applied, manager: "me" };
        let before = object(1, 1, 1, "f:replicas");
        assert!(is_unchanged(&before, &object(1, 1, 1, "f:replicas"), touch));
        assert!(is_unchanged(&before, &object(2, 1, 2, "f:replicas"), touch));
        assert!(!is_unchanged(&before, &object(2, 2, 2, "f:replicas"), touch));
        assert!(!is_unchanged(&before, &object(2, 1, 1, "f:args"), touch), "a field was given up");
        let stranger = Touch::Apply { object: &applied, manager: "stranger" };
        assert!(!is_unchanged(&before, &object(2, 1, 1, "f:replicas"), stranger));
    }

    #[test]
    fn patches_touch_what_they_name() {
        let (before, after) = (object(1, 1, 1, ""), object(2, 1, 2, ""));
        let merge = |patch: Value| is_unchanged(&before, &after, Touch::Merge(&patch));
        assert!(merge(json!({"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 1, "gone": null}})));
        assert!(!merge(json!({"status": {"replicas": 2}})));
        assert!(!merge(json!({"stringData": {"a": "written only"}})));
        assert!(!merge(json!({"status": {"$patch": "replace", "other": 2}})));
        let json = |path: &str| {
            let operations = json!([{"op": "test", "path": "/status/replicas"}, {"op": "add", "path": path}]);
            is_unchanged(&before, &after, Touch::Json(&operations))
        };
        assert!(json("/spec/args/-") && json("/spec/replicas") && !json("/status/replicas"));
        assert!(!is_unchanged(&before, &after, Touch::Unseen));
    }
}
