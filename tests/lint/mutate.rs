//! Mutations of an object, each a fault that people make: dropped, retyped, misspelt or moved.

use seldonplay::json::{Map, Value, json};

/// What was done to an object.
pub struct Mutation {
    /// What and where, in words.
    pub what: String,
    /// The object after it.
    pub object: Value,
}

/// Every mutation of the parts of an object below `spec`, in order.
pub fn of(object: &Value) -> Vec<Mutation> {
    let mut pointers = Vec::new();
    walk(&object["spec"], "/spec".into(), &mut pointers);
    let mut found = Vec::new();
    for pointer in &pointers {
        let Some(value) = object.pointer(pointer) else { continue };
        let mut put = |what: &str, object: Option<Value>| {
            found.extend(object.map(|object| Mutation { what: format!("{what} {pointer}"), object }));
        };
        put("drop", edit(object, pointer, |map, key| map.shift_remove(key).map(drop)));
        put(
            "misspell",
            edit(object, pointer, |map, key| {
                let value = map.shift_remove(key)?;
                map.insert(misspelt(key).into(), value);
                Some(())
            }),
        );
        put("move up", moved_up(object, pointer));
        put("move down", moved_down(object, pointer));
        for (what, other) in retyped(value) {
            let changed = with(object, pointer, other);
            put(what, changed);
        }
    }
    found
}

fn walk(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                pointers.push(pointer.clone());
                walk(value, pointer, pointers);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers.push(format!("{pointer}/{index}"));
                walk(item, format!("{pointer}/{index}"), pointers);
            }
        }
        _ => {}
    }
}

fn retyped(value: &Value) -> Vec<(&'static str, Value)> {
    let all = vec![
        ("text at", json!("oops")),
        ("digits at", json!("12")),
        ("number at", json!(7)),
        ("fraction at", json!(0.5)),
        ("huge number at", json!(5_000_000_000_i64)),
        ("true at", json!(true)),
        ("null at", Value::Null),
        ("list at", json!([])),
        ("list of text at", json!(["oops"])),
        ("mapping at", json!({})),
        ("mapping with a field at", json!({"oops": 1})),
    ];
    all.into_iter().filter(|(_, other)| other != value).collect()
}

fn misspelt(key: &str) -> String {
    let mut chars: Vec<char> = key.chars().collect();
    let last = chars.len().saturating_sub(1);
    match chars.len() {
        0 | 1 => chars.push('x'),
        _ => chars.swap(last - 1, last),
    }
    let text: String = chars.into_iter().collect();
    if text == key { format!("{text}s") } else { text }
}

fn split(pointer: &str) -> Option<(&str, String)> {
    let (parent, key) = pointer.rsplit_once('/')?;
    Some((parent, key.replace("~1", "/").replace("~0", "~")))
}

fn edit(object: &Value, pointer: &str, change: impl Fn(&mut Map, &str) -> Option<()>) -> Option<Value> {
    let (parent, key) = split(pointer)?;
    let mut object = object.clone();
    change(object.pointer_mut(parent)?.as_object_mut()?, &key)?;
    Some(object)
}

fn with(object: &Value, pointer: &str, value: Value) -> Option<Value> {
    let mut object = object.clone();
    *object.pointer_mut(pointer)? = value;
    Some(object)
}

fn moved_up(object: &Value, pointer: &str) -> Option<Value> {
    let (parent, key) = split(pointer)?;
    let mut above = split(parent)?.0;
    let mut object = object.clone();
    let value = object.pointer_mut(parent)?.as_object_mut()?.shift_remove(&key)?;
    if object.pointer(above)?.is_array() {
        above = split(above)?.0;
    }
    let target = object.pointer_mut(above)?.as_object_mut()?;
    target.entry(key).or_insert(value);
    Some(object)
}

fn moved_down(object: &Value, pointer: &str) -> Option<Value> {
    let (parent, key) = split(pointer)?;
    let mut object = object.clone();
    let map = object.pointer_mut(parent)?.as_object_mut()?;
    let value = map.shift_remove(&key)?;
    let sibling = map.values_mut().find_map(|sibling| match sibling {
        Value::Array(items) => items.first_mut()?.as_object_mut(),
        other => other.as_object_mut(),
    })?;
    sibling.entry(key).or_insert(value);
    Some(object)
}
