//! Strategic merge patches: mappings are merged, and lists whose items can be told apart, as the schema says.
//! It must never know kinds, nor judge what comes of a patch.
//!
//! Follows `strategicpatch/patch.go` of apimachinery of Kubernetes 1.37, its words included.

use crate::json::{List, Map, Text, Value};

use crate::structural::{Cursor, Patch, Schema, go};

type Object = Map;

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM_LIST: &str = "$deleteFromPrimitiveList/";
const ORDER: &str = "$setElementOrder/";

/// Why a patch cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatchError {
    /// 400, reason BadRequest.
    BadRequest(String),
    /// 422 without a field.
    Unprocessable(String),
    /// 500 without a reason.
    Failed(String),
}

const BAD_LIST: &str = "invalid patch format of primitive list";
const BAD_RETAIN: &str = "invalid patch format of retainKeys";
const BAD_ORDER: &str = "invalid patch format of setElementOrder list";
const LIST_OF_LISTS: &str = "lists of lists are not supported";

/// The live object with the patch merged into it.
///
/// # Errors
/// [`PatchError`].
pub fn patch(schema: &Schema, live: &Value, patch: &Value) -> Result<Value, PatchError> {
    let (Value::Object(live), Value::Object(patch)) = (live, patch) else {
        return Err(PatchError::BadRequest("invalid JSON document".into()));
    };
    mapping(Some(schema.root()), live.clone(), patch.clone()).map(Value::Object)
}

fn failed<T>(text: String) -> Result<T, PatchError> {
    Err(PatchError::Failed(text))
}

/// Merges a patch into a mapping.
fn mapping(at: Option<Cursor<'_>>, mut live: Object, mut patch: Object) -> Result<Object, PatchError> {
    if let Some(directive) = patch.get(DIRECTIVE).cloned() {
        return match directive.as_str() {
            Some("replace") => {
                patch.shift_remove(DIRECTIVE);
                Ok(patch)
            }
            Some("delete") => Ok(Object::new()),
            _ => bad_directive(&directive, &patch),
        };
    }
    retain(&mut live, &mut patch)?;
    ordered_lists(at, &mut live, &mut patch)?;
    for (key, value) in patch {
        let (key, deleting) = match key.strip_prefix(DELETE_FROM_LIST) {
            Some(key) => (Text::from(key), true),
            None if key.starts_with("$deleteFromPrimitiveList") => {
                return Err(PatchError::BadRequest(BAD_LIST.into()));
            }
            None => (key, false),
        };
        if value.is_null() {
            live.shift_remove(&key);
            continue;
        }
        let Some(old) = live.get_mut(&key) else {
            if !deleting && let Some(value) = plain(without_nulls(value)) {
                live.insert(key, value);
            }
            continue;
        };
        let field = at.and_then(|at| at.field(&key).or_else(|| at.entry()));
        let strategy = field.and_then(Cursor::patch);
        let merged = match (old, value) {
            (Value::Object(old), Value::Object(patch)) => Some(match strategy {
                Some(Patch { merge: false, retain_keys: false, .. }) => Value::Object(patch),
                _ => Value::Object(mapping(field, std::mem::take(old), patch)?),
            }),
            (Value::Array(old), Value::Array(patch)) => {
                let merge = strategy.is_some_and(|strategy| strategy.merge);
                Some(match merge || deleting {
                    true => list(field, std::mem::take(old).to_vec(), patch.to_vec(), deleting)?.into(),
                    false => patch.into(),
                })
            }
            (old, value) if kind(old) != kind(&value) && deleting => Some(std::mem::take(old)),
            (old, value) if kind(old) != kind(&value) => plain(without_nulls(value)),
            (_, value) => plain(value),
        };
        match merged {
            Some(merged) => live.insert(key, merged),
            None => live.shift_remove(&key),
        };
    }
    Ok(live)
}

/// Carries out `$retainKeys`: what it does not name goes, and the patch may name nothing else.
fn retain(live: &mut Object, patch: &mut Object) -> Result<(), PatchError> {
    let bad = || PatchError::BadRequest(BAD_RETAIN.into());
    let Some(keys) = patch.shift_remove(RETAIN_KEYS) else { return Ok(()) };
    let keys: Vec<String> =
        keys.as_array().ok_or_else(bad)?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let kept = |key: &str| keys.iter().any(|kept| kept == key);
    let directs =
        |key: &str| key.starts_with("$deleteFromPrimitiveList") || key.starts_with("$setElementOrder");
    if patch.iter().any(|(key, value)| !value.is_null() && !directs(key) && !kept(key)) {
        return Err(bad());
    }
    live.retain(|key, _| kept(key));
    Ok(())
}

/// Carries out every `$setElementOrder` together with the list that it orders; both leave the patch.
fn ordered_lists(at: Option<Cursor<'_>>, live: &mut Object, patch: &mut Object) -> Result<(), PatchError> {
    let directives: Vec<Text> =
        patch.keys().filter(|key| key.starts_with("$setElementOrder")).cloned().collect();
    for directive in directives {
        let order = patch.shift_remove(&directive).unwrap_or_default();
        let Value::Array(order) = order else {
            return failed(format!("expected a []interface {{}}, but received a {}", kind(&order)));
        };
        let Some(key) = directive.strip_prefix(ORDER) else {
            return Err(PatchError::BadRequest(BAD_ORDER.into()));
        };
        let as_list = |value: Option<&Value>| match value {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items.clone())),
            Some(other) => failed(format!("expected a []interface {{}}, but received a {}", kind(other))),
        };
        let (old, new) = (as_list(live.get(key))?, as_list(patch.get(key))?);
        let field = at.and_then(|at| at.field(key));
        let strategy = field.and_then(Cursor::patch);
        let merge_key = strategy.and_then(|strategy| strategy.key.as_deref()).unwrap_or_default();
        agrees(items(new.as_ref()), &order, merge_key)?;
        let merged: Vec<Value> = match (old.clone(), new.clone()) {
            (None, None) => continue,
            (Some(old), None) => old.to_vec(),
            (None, Some(new)) => new.into_iter().filter_map(plain).collect(),
            (Some(old), Some(new)) => match strategy.is_some_and(|strategy| strategy.merge) {
                true => list(field, old.to_vec(), new.to_vec(), false)?,
                false => new.to_vec(),
            },
        };
        let (chosen, rest) = partition(merged, &order, merge_key)?;
        let old = old.unwrap_or_default();
        element_kind(&[&old, items(new.as_ref())])?;
        live.insert(key.into(), in_order(chosen, rest, &order, &old, merge_key)?.into());
        patch.shift_remove(key);
    }
    Ok(())
}

/// Whether the items of a patched list come in the order that is set.
fn agrees(items: &[Value], order: &[Value], merge_key: &str) -> Result<(), PatchError> {
    if items.is_empty() || order.is_empty() {
        return Ok(());
    }
    let (mut at, mut place) = (0, 0);
    let kept: Vec<&Value> = items
        .iter()
        .filter(|item| merge_key.is_empty() || item.get(DIRECTIVE) != Some(&"delete".into()))
        .collect();
    while at < kept.len() && place < order.len() {
        if kept[at].get(DIRECTIVE).is_some() {
            at += 1;
            continue;
        }
        if identity(kept[at], merge_key)? == identity(&order[place], merge_key)? {
            at += 1;
        }
        place += 1;
    }
    if at < kept.len() {
        return failed(format!(
            "The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n",
            go::printed(&items.to_vec().into()),
            go::printed(&order.to_vec().into())
        ));
    }
    Ok(())
}

/// What tells an item apart: the value of its merge key, or itself.
fn identity<'a>(item: &'a Value, merge_key: &str) -> Result<&'a Value, PatchError> {
    if merge_key.is_empty() {
        return Ok(item);
    }
    let Value::Object(map) = item else {
        return failed(format!("expected a map[string]interface {{}}, but received a {}", kind(item)));
    };
    match map.get(merge_key) {
        Some(value) => Ok(value),
        None => {
            failed(format!("map: {} does not contain declared merge key: {merge_key}", go::printed(item)))
        }
    }
}

/// Merges a patch into a list, or takes its items out of it.
fn list(
    at: Option<Cursor<'_>>,
    live: Vec<Value>,
    patch: Vec<Value>,
    deleting: bool,
) -> Result<Vec<Value>, PatchError> {
    if live.is_empty() && patch.is_empty() {
        return Ok(live);
    }
    let merge_key = at.and_then(Cursor::patch).and_then(|patch| patch.key.as_deref()).unwrap_or_default();
    if element_kind(&[&live, &patch])? != "map[string]interface {}" {
        if deleting {
            return Ok(live.into_iter().filter(|item| !patch.contains(item)).collect());
        }
        let merged = distinct(live.iter().chain(&patch).cloned().collect());
        let (chosen, rest) = partition(merged, &patch, merge_key)?;
        return in_order(chosen, rest, &patch, &live, merge_key);
    }
    if merge_key.is_empty() {
        return failed("cannot merge lists without merge key for struct".into());
    }
    let (live, patch) = special(live, patch, merge_key)?;
    let mut merged = live.clone();
    for item in &patch {
        let wanted = identity(item, merge_key)?;
        let found = merged.iter().position(|known| known.get(merge_key) == Some(wanted));
        match found {
            Some(index) => {
                let old = std::mem::take(&mut merged[index]);
                let (Value::Object(old), Value::Object(item)) = (old, item.clone()) else { continue };
                merged[index] = Value::Object(mapping(at.and_then(Cursor::item), old, item)?);
            }
            None => merged.push(item.clone()),
        }
    }
    let (chosen, rest) = partition(merged, &patch, merge_key)?;
    in_order(chosen, rest, &patch, &live, merge_key)
}

/// Carries out the items of a patch that are directives; the list and the patch without them.
fn special(
    mut live: Vec<Value>,
    patch: Vec<Value>,
    merge_key: &str,
) -> Result<(Vec<Value>, Vec<Value>), PatchError> {
    let mut plain = Vec::with_capacity(patch.len());
    let mut replace = false;
    for item in patch {
        match item.get(DIRECTIVE).map(|directive| directive.as_str().unwrap_or_default()) {
            None => plain.push(item),
            Some("delete") => {
                let gone = identity(&item, merge_key)?;
                live.retain(|known| known.get(merge_key) != Some(gone));
            }
            Some("replace") => replace = true,
            Some("merge") => return failed("merging lists cannot yet be specified in the patch".into()),
            Some(_) => {
                let map = item.as_object().cloned().unwrap_or_default();
                return bad_directive(&item[DIRECTIVE], &map);
            }
        }
    }
    Ok(if replace { (plain, Vec::new()) } else { (live, plain) })
}

fn bad_directive<T>(directive: &Value, map: &Object) -> Result<T, PatchError> {
    let shown = match directive {
        Value::String(text) => text.to_string(),
        other => format!("%!s({}={})", kind(other), go::printed(other)),
    };
    failed(format!("unknown patch type: {shown} in map: {}", go::printed(&Value::Object(map.clone()))))
}

/// The items that the list `by` has, and the others.
fn partition(
    items: Vec<Value>,
    by: &[Value],
    merge_key: &str,
) -> Result<(Vec<Value>, Vec<Value>), PatchError> {
    let (mut chosen, mut rest) = (Vec::new(), Vec::new());
    for item in items {
        let wanted = identity(&item, merge_key)?;
        let found = match merge_key.is_empty() {
            true => by.contains(wanted),
            false => by.iter().any(|known| known.get(merge_key) == Some(wanted)),
        };
        if found { chosen.push(item) } else { rest.push(item) }
    }
    Ok((chosen, rest))
}

/// The chosen items in the order that is set, the others in the order they had, and each of those before the first that came after it.
fn in_order(
    chosen: Vec<Value>,
    rest: Vec<Value>,
    order: &[Value],
    old: &[Value],
    merge_key: &str,
) -> Result<Vec<Value>, PatchError> {
    let place = |list: &[Value], item: &Value| {
        list.iter().position(|known| match merge_key.is_empty() {
            true => known == item,
            false => known.get(merge_key) == item.get(merge_key),
        })
    };
    let sorted = |mut items: Vec<Value>, by: &[Value]| {
        items.sort_by_key(|item| place(by, item).map_or(0, |place| place + 1));
        items
    };
    let mut left = sorted(rest, old).into_iter().peekable();
    let mut right = sorted(chosen, order).into_iter().peekable();
    let mut all = Vec::new();
    loop {
        let from_left = match (left.peek(), right.peek()) {
            (Some(left), Some(right)) => {
                matches!((place(old, left), place(old, right)), (Some(left), Some(right)) if left < right)
            }
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return Ok(all),
        };
        all.extend(if from_left { left.next() } else { right.next() });
    }
}

/// Scalars without those that occur again, in the order in which the server leaves them.
fn distinct(mut items: Vec<Value>) -> Vec<Value> {
    let mut first = 0;
    while first + 1 < items.len() {
        let mut other = first + 1;
        while other < items.len() {
            if items[first] == items[other] {
                items.swap_remove(other);
            } else {
                other += 1;
            }
        }
        first += 1;
    }
    items
}

/// The one type that all items have.
fn element_kind(lists: &[&[Value]]) -> Result<&'static str, PatchError> {
    let mut found = None;
    for item in lists.iter().copied().flatten() {
        let kind = kind(item);
        if item.is_array() {
            return Err(PatchError::Unprocessable(LIST_OF_LISTS.into()));
        }
        if *found.get_or_insert(kind) != kind {
            let shown: Vec<String> = lists.iter().map(|list| go::printed(&list.to_vec().into())).collect();
            return failed(format!("list element types are not identical: [{}]", shown.join(" ")));
        }
    }
    match found {
        Some(kind) => Ok(kind),
        None => failed("no elements in any of the given slices".into()),
    }
}

/// A value of a patch where nothing was: without what is marked by a directive; `None` if it is marked itself.
fn plain(value: Value) -> Option<Value> {
    match value {
        Value::Object(map) if map.contains_key(DIRECTIVE) => None,
        Value::Object(map) => {
            let kept = map.into_iter().filter_map(|(key, value)| plain(value).map(|value| (key, value)));
            Some(Value::Object(kept.collect()))
        }
        Value::Array(items) => Some(items.into_iter().filter_map(plain).collect()),
        other => Some(other),
    }
}

fn items(list: Option<&List>) -> &[Value] {
    list.map_or(&[], |list| list.as_slice())
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// The type that Go decodes a value to, as `%s` of its `reflect.Type` prints it.
fn kind(value: &Value) -> &'static str {
    if value.is_null() { "%!s(<nil>)" } else { go::type_name(value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;
    use crate::rehearsal::builtin;

    fn pod(live: Value, patch: Value) -> Result<Value, PatchError> {
        let schema = builtin::schema("v1", "Pod").ok_or(PatchError::Failed("no schema".into()))?;
        super::patch(schema, &json!({"spec": live}), &json!({"spec": patch})).map(|pod| pod["spec"].clone())
    }

    #[test]
    fn items_are_merged_by_their_key_and_deleted() -> Result<(), PatchError> {
        let live = json!({"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]});
        let patched = pod(live.clone(), json!({"containers": [{"name": "b", "image": "z"}, {"name": "c"}]}))?;
        let expected = json!([{"name": "a", "image": "x"}, {"name": "b", "image": "z"}, {"name": "c"}]);
        assert_eq!(patched["containers"], expected);
        let patched = pod(live.clone(), json!({"containers": [{"name": "a", "$patch": "delete"}]}))?;
        assert_eq!(patched["containers"], json!([{"name": "b", "image": "y"}]));
        let patched = pod(live.clone(), json!({"containers": [{"$patch": "replace"}, {"name": "c"}]}))?;
        assert_eq!(patched["containers"], json!([{"name": "c"}]));
        let order = json!({"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]});
        assert_eq!(pod(live, order)?["containers"][0]["name"], "b");
        Ok(())
    }

    #[test]
    fn mappings_are_replaced_and_keys_retained() -> Result<(), PatchError> {
        let volume = json!({"volumes": [{"name": "v", "emptyDir": {}}]});
        let patch = json!({"volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/"}}]});
        let expected = json!([{"name": "v", "hostPath": {"path": "/"}}]);
        assert_eq!(pod(volume.clone(), patch)?["volumes"], expected);
        let bad = json!({"volumes": [{"name": "v", "$retainKeys": ["name"], "hostPath": {}}]});
        assert_eq!(pod(volume, bad), Err(PatchError::BadRequest(BAD_RETAIN.into())));
        let selector = json!({"nodeSelector": {"a": "1", "b": "2"}});
        let patch = json!({"nodeSelector": {"$patch": "replace", "c": "3"}});
        assert_eq!(pod(selector.clone(), patch)?["nodeSelector"], json!({"c": "3"}));
        assert_eq!(pod(selector, json!({"nodeSelector": {"a": null}}))?["nodeSelector"], json!({"b": "2"}));
        Ok(())
    }

    #[test]
    fn lists_of_scalars_grow_and_shrink() -> Result<(), PatchError> {
        let schema = builtin::schema("v1", "Pod").ok_or(PatchError::Failed("no schema".into()))?;
        let live = json!({"metadata": {"finalizers": ["a", "b"]}});
        let more = json!({"metadata": {"finalizers": ["c", "a"]}});
        let merged = super::patch(schema, &live, &more)?;
        assert_eq!(merged["metadata"]["finalizers"], json!(["c", "a", "b"]));
        let fewer = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}});
        assert_eq!(super::patch(schema, &live, &fewer)?["metadata"]["finalizers"], json!(["b"]));
        Ok(())
    }

    #[test]
    fn what_cannot_be_told_apart_is_refused() {
        let live = json!({"containers": [{"name": "a"}]});
        let failed = pod(live, json!({"containers": [{"image": "x"}]}));
        let words = "map: map[image:x] does not contain declared merge key: name";
        assert_eq!(failed, Err(PatchError::Failed(words.into())));
    }
}
