//! JSON patches (RFC 6902) as the API server carries them out, whose library is laxer than the text.
//! It must never know what is patched.

use crate::json::Value;
use crate::json::pointer::unescaped;
use std::borrow::Cow;

/// Carries out a patch; `None` if one of its operations cannot be.
pub fn patch(object: &mut Value, operations: &[Value]) -> Option<()> {
    operations.iter().try_for_each(|operation| carry_out(object, operation))
}

fn carry_out(object: &mut Value, operation: &Value) -> Option<()> {
    let text = |key: &str| operation.get(key).and_then(Value::as_str);
    let path = text("path")?;
    let value = || operation.get("value").cloned().unwrap_or_default();
    match text("op")? {
        "add" => add(object, path, value()),
        "remove" => take(object, path).map(drop),
        "replace" => replace(object, path, value()),
        "move" => {
            let value = take(object, text("from")?)?;
            add(object, path, value)
        }
        "copy" => {
            let value = object.pointer(text("from")?)?.clone();
            add(object, path, value)
        }
        "test" => match (object.pointer(path), value()) {
            (None, Value::Null) => Some(()),
            (Some(found), value) => (*found == value).then_some(()),
            (None, _) => None,
        },
        _ => None,
    }
}

/// The value around a place, and the last step to it.
fn around<'a>(object: &'a mut Value, path: &'a str) -> Option<(&'a mut Value, Cow<'a, str>)> {
    let (parent, last) = path.rsplit_once('/')?;
    Some((object.pointer_mut(parent)?, unescaped(last)))
}

/// An index into a list of this length: whole, or counted from its end.
fn index(step: &str, length: usize) -> Option<usize> {
    let index: i64 = step.parse().ok()?;
    let from_end = || i64::try_from(length).ok().map(|length| length + index);
    let index = if index < 0 { from_end()? } else { index };
    usize::try_from(index).ok()
}

fn add(object: &mut Value, path: &str, value: Value) -> Option<()> {
    if path.is_empty() {
        *object = value;
        return Some(());
    }
    match around(object, path)? {
        (Value::Object(map), key) => {
            map.insert(key.into(), value);
            Some(())
        }
        (Value::Array(items), step) if step == "-" => {
            items.push(value);
            Some(())
        }
        (Value::Array(items), step) => {
            // A place counted from the end is one of the list that comes of it.
            let at = index(&step, items.len() + 1).filter(|at| *at <= items.len())?;
            items.insert(at, value);
            Some(())
        }
        _ => None,
    }
}

/// In a mapping it is no matter whether there was something to replace.
fn replace(object: &mut Value, path: &str, value: Value) -> Option<()> {
    if path.is_empty() {
        *object = value;
        return Some(());
    }
    match around(object, path)? {
        (Value::Object(map), key) => {
            map.insert(key.into(), value);
            Some(())
        }
        (Value::Array(items), step) => {
            let at = index(&step, items.len())?;
            *items.get_mut(at)? = value;
            Some(())
        }
        _ => None,
    }
}

fn take(object: &mut Value, path: &str) -> Option<Value> {
    match around(object, path)? {
        (Value::Object(map), key) => map.shift_remove(&key),
        (Value::Array(items), step) => {
            let at = index(&step, items.len()).filter(|at| *at < items.len())?;
            Some(items.remove(at))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn operations_are_carried_out() {
        let mut object = json!({ "a": [1, 2], "b": { "c/d": 3 } });
        let done = patch(
            &mut object,
            &[
                json!({ "op": "add", "path": "/a/-", "value": 4 }),
                json!({ "op": "remove", "path": "/a/0" }),
                json!({ "op": "replace", "path": "/a/-1", "value": 5 }),
                json!({ "op": "move", "from": "/b/c~1d", "path": "/e" }),
                json!({ "op": "copy", "from": "/e", "path": "/b/f" }),
                json!({ "op": "replace", "path": "/g", "value": null }),
                json!({ "op": "test", "path": "/e", "value": 3 }),
            ],
        );
        assert_eq!((done, object), (Some(()), json!({ "a": [2, 5], "b": { "f": 3 }, "e": 3, "g": null })));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for operation in [
            json!({ "op": "remove", "path": "/x" }),
            json!({ "op": "test", "path": "/a", "value": 2 }),
            json!({ "op": "add", "path": "/x/y", "value": 2 }),
            json!({ "op": "add", "path": "/b/9", "value": 2 }),
            json!({ "op": "replace", "path": "/b/9", "value": 2 }),
            json!({ "op": "nonsense", "path": "/a" }),
            json!({ "path": "/a" }),
        ] {
            let mut object = json!({ "a": 1, "b": [] });
            assert_eq!(patch(&mut object, std::slice::from_ref(&operation)), None, "{operation}");
        }
    }
}
