//! `like`: containment. Mappings must be contained, lists and scalars equal.
//! It must never know what kind of object it judges.

use super::decode::{Decode, Decoder, Schema};
use super::expression::compare::{equal, quoted, shown};
use super::expression::{Truth, Unmet};
use crate::json::{Value, json};
use crate::source::{Node, Span, Tree};

/// What an object must contain.
#[derive(Clone, Debug, PartialEq)]
pub struct Like {
    value: Value,
    part: Part,
    span: Span,
}

/// A part of it and where it is written.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// A mapping: each key must be there.
    Map(Vec<(String, Part)>, Span),
    /// Anything else: it must be equal.
    Equal(Value, Span),
}

impl Part {
    fn new(tree: &Tree) -> Part {
        match &tree.node {
            Node::Map(entries) => Part::Map(
                entries.iter().map(|entry| (entry.key.clone(), Part::new(&entry.value))).collect(),
                tree.span,
            ),
            _ => Part::Equal(tree.to_value(), tree.span),
        }
    }

    fn judge(&self, actual: Option<&Value>, path: &str, unmet: &mut Vec<Unmet>) {
        let (span, difference) = match (self, actual) {
            (Part::Map(parts, _), Some(Value::Object(map))) => {
                return parts
                    .iter()
                    .for_each(|(key, part)| part.judge(map.get(key), &below(path, key), unmet));
            }
            (Part::Map(_, span), actual) => (span, difference(path, actual, "a mapping".to_owned())),
            (Part::Equal(wanted, span), Some(actual)) => match differ(wanted, actual, path) {
                None => return,
                Some(difference) => (span, difference),
            },
            (Part::Equal(wanted, span), None) => {
                (span, difference(path, None, format!("== {}", shown(wanted))))
            }
        };
        let Difference { path, actual, wanted } = difference;
        unmet.push(Unmet { span: *span, path, actual, wanted });
    }
}

struct Difference {
    path: String,
    actual: String,
    wanted: String,
}

fn difference(path: &str, actual: Option<&Value>, wanted: String) -> Difference {
    Difference { path: path.to_owned(), actual: actual.map_or_else(|| "nothing".to_owned(), shown), wanted }
}

/// The deepest place at which a value differs from what is wanted.
fn differ(wanted: &Value, actual: &Value, path: &str) -> Option<Difference> {
    match (wanted, actual) {
        (Value::Array(wanted), Value::Array(actual)) => {
            let found = wanted.iter().zip(actual).enumerate();
            let inside = found
                .filter_map(|(index, (wanted, actual))| differ(wanted, actual, &format!("{path}[{index}]")));
            let lengths = || {
                (wanted.len() != actual.len()).then(|| Difference {
                    path: path.to_owned(),
                    actual: format!("a list of {}", actual.len()),
                    wanted: format!("a list of {}", wanted.len()),
                })
            };
            lengths().or_else(|| inside.into_iter().next())
        }
        (Value::Object(wanted), Value::Object(actual)) => {
            let inside = wanted.iter().find_map(|(key, wanted)| match actual.get(key) {
                Some(actual) => differ(wanted, actual, &below(path, key)),
                None => Some(difference(&below(path, key), None, format!("== {}", shown(wanted)))),
            });
            // Inside a list mappings are equal, not contained.
            let more = || actual.keys().find(|key| !wanted.contains_key(key));
            inside.or_else(|| {
                more().map(|key| difference(&below(path, key), actual.get(key), "nothing".to_owned()))
            })
        }
        (wanted, actual) => {
            (!equal(wanted, actual)).then(|| difference(path, Some(actual), format!("== {}", shown(wanted))))
        }
    }
}

/// The path of a key, in brackets where a dot does not do.
fn below(path: &str, key: &str) -> String {
    let plain = !key.starts_with(|char: char| char.is_ascii_digit())
        && !key.is_empty()
        && key.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    if plain { format!("{path}.{key}") } else { format!("{path}[{}]", quoted(key)) }
}

impl Like {
    /// Judges an object; if it is unmet, names the deepest path of each part that differs.
    pub fn judge(&self, object: &Value) -> Truth {
        self.judge_as(true, object)
    }

    /// Judges whether it is met, or whether it is not: as is wanted.
    pub fn judge_as(&self, wanted: bool, object: &Value) -> Truth {
        let mut unmet = Vec::new();
        self.part.judge(Some(object), "$", &mut unmet);
        match (wanted, unmet.is_empty()) {
            (true, true) | (false, false) => Truth::Met,
            (true, false) => Truth::Unmet(unmet),
            (false, true) => Truth::Unmet(vec![Unmet {
                span: self.span,
                path: "$".to_owned(),
                actual: shown(object),
                wanted: format!("not like {}", shown(&self.value)),
            }]),
        }
    }

    /// What must be contained.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Where it is written.
    pub fn span(&self) -> Span {
        self.span
    }
}

impl Decode for Like {
    fn decode(tree: &Tree, _: &mut Decoder<'_>) -> Option<Like> {
        Some(Like { value: tree.to_value(), part: Part::new(tree), span: tree.span })
    }

    fn schema(_: &mut Schema) -> Value {
        json!({})
    }

    fn words() -> String {
        "any value".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::source::{Dialect, Sources, read_yaml};
    use proptest::prelude::*;

    /// Judges, and says for each part that differs: source, path, actual, wanted.
    fn judge(like: &str, object: &Value) -> Vec<String> {
        let mut sources = Sources::new();
        let file = sources.add("f", like);
        let (documents, faults) = read_yaml(&sources, file, Dialect::Playbook);
        assert!(faults.is_empty(), "{faults:?}");
        let like =
            Like::decode(&documents[0].tree, &mut Decoder::new(&mut Diagnostics::new())).expect("decodes");
        match like.judge(object) {
            Truth::Met => Vec::new(),
            Truth::Unmet(unmet) => unmet
                .iter()
                .map(|part| {
                    format!(
                        "{} | {} is {}, wanted {}",
                        sources.slice(part.span),
                        part.path,
                        part.actual,
                        part.wanted
                    )
                })
                .collect(),
        }
    }

    #[test]
    fn mappings_are_contained_and_anything_else_is_equal() {
        let object = json!({
            "data": { "names": [], "tensor": { "shape": [2, 2], "values": [1, 2.0, 3, 4] } },
            "list": [{ "a": 1, "b": 2 }], "x/y": "z", "none": null,
        });
        for (like, wanted) in [
            ("data: { tensor: { values: [1, 2, 3.0, 4] } }", vec![]),
            ("{}", vec![]),
            ("none: null", vec![]),
            ("gone: null", vec!["null | $.gone is nothing, wanted == null"]),
            (
                "data: { tensor: { values: [1, 2, 5, 4] } }",
                vec!["[1, 2, 5, 4] | $.data.tensor.values[2] is 3, wanted == 5"],
            ),
            (
                "data: { names: [a], tensor: { shape: [2, 2] } }",
                vec!["[a] | $.data.names is a list of 0, wanted a list of 1"],
            ),
            (
                "data: { tensor: { shape: 4, rank: 2 }, x: 1 }",
                vec![
                    "4 | $.data.tensor.shape is [2,2], wanted == 4",
                    "2 | $.data.tensor.rank is nothing, wanted == 2",
                    "1 | $.data.x is nothing, wanted == 1",
                ],
            ),
            ("list: [{ a: 1 }]", vec!["[{ a: 1 }] | $.list[0].b is 2, wanted nothing"]),
            ("list: { a: 1 }", vec!["{ a: 1 } | $.list is [{\"a\":1,\"b\":2}], wanted a mapping"]),
            ("x/y: '1'", vec!["'1' | $['x/y'] is 'z', wanted == '1'"]),
            ("data: { names: {} }", vec!["{} | $.data.names is [], wanted a mapping"]),
        ] {
            assert_eq!(judge(like, &object), wanted, "{like}");
        }
        assert_eq!(judge("[1]", &json!({ "a": 1 })), ["[1] | $ is {\"a\":1}, wanted == [1]"]);
    }

    proptest! {
        #[test]
        fn an_object_is_like_itself_and_like_less(keys in prop::collection::btree_map("[a-c]", -3i64..3, 0..4), more in -3i64..3) {
            let whole = Value::Object(keys.iter().map(|(key, value)| (key.clone(), Value::from(*value))).collect());
            let mut larger = whole.clone();
            larger["d"] = json!([more]);
            prop_assert_eq!(judge(&whole.to_string(), &whole), Vec::<String>::new());
            prop_assert_eq!(judge(&whole.to_string(), &larger), Vec::<String>::new());
            prop_assert_eq!(judge(&larger.to_string(), &whole).len(), 1);
        }
    }
}
