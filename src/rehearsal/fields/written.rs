//! `fieldsV1` as they are written, the same piece of memory for the same fields: objects of one kind, written by the same controllers,
//! have the same fields, and these are often more than half of an object.
//! It must never decide whose fields they are.

use foldhash::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::json::{Map, Value};

use super::element::Element;
use super::set::Set;

/// As many sets are remembered.
const MOST: usize = 4096;

/// Sets that were written, and what was written: of steps that are no members, and of members.
type Written = [HashMap<Set, Value>; 2];

static WRITTEN: LazyLock<Mutex<Written>> = LazyLock::new(Mutex::default);

/// A set as `fieldsV1`.
pub fn of(set: &Set) -> Value {
    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    if written.iter().map(HashMap::len).sum::<usize>() >= MOST {
        written.iter_mut().for_each(HashMap::clear);
    }
    below(&mut written, set, false).0
}

/// What is written below a step, and whether it names an object by its UID, which no other set does.
fn below(written: &mut Written, set: &Set, member: bool) -> (Value, bool) {
    if set.is_empty() {
        return (Value::Object(Map::new()), false);
    }
    if let Some(value) = written[usize::from(member)].get(set) {
        return (value.clone(), false);
    }
    let (mut map, mut names_one) = (Map::with_capacity(set.len() + usize::from(member)), false);
    if member {
        map.insert(".".into(), Value::Object(Map::new()));
    }
    for (step, member, further) in set.steps().filter(|(_, member, further)| *member || !further.is_empty()) {
        let (value, one) = below(written, further, member);
        names_one |=
            one || matches!(step, Element::Key(fields) if fields.iter().any(|(name, _)| name == "uid"));
        map.insert(step.text().into(), value);
    }
    let value = Value::Object(map);
    if !names_one {
        written[usize::from(member)].insert(set.clone(), value.clone());
    }
    (value, names_one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn the_same_fields_are_the_same_piece_of_memory() {
        let fields = |uid: &str| {
            let key = format!("k:{{\"uid\":\"{uid}\"}}");
            json!({ "f:metadata": { "f:labels": { ".": {}, "f:app": {} }, "f:ownerReferences": { (key): {} } },
                "f:spec": { "f:replicas": {}, "f:selector": {} } })
        };
        let (one, other) = (fields("1"), fields("2"));
        let written = |fields: &Value| of(&Set::from_json(fields).expect("it is a set"));
        assert_eq!(written(&one), one);
        assert!(written(&one)["f:spec"].is(&written(&other)["f:spec"]));
        assert!(written(&one)["f:metadata"]["f:labels"].is(&written(&other)["f:metadata"]["f:labels"]));
        assert!(!written(&one).is(&written(&one)), "nobody else writes these");
    }
}
