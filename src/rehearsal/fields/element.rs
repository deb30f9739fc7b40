//! One step of a path in an object, as managed fields write it: `f:replicas`, `k:{"name":"web"}`, `v:"a"`, `i:0`.
//! It must never know schemas.

use std::cmp::Ordering;
use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};

use crate::json::{Map, Text, Value};

use super::values;

/// A step down from a mapping or a list.
#[derive(Clone, Debug)]
pub enum Element {
    /// A field, or an entry of a mapping.
    Field(Text),
    /// The item of a list that has these fields, sorted by name.
    Key(Vec<(Text, Value)>),
    /// The item of a set.
    Value(Value),
    /// The item of a list at this place.
    Index(i64),
}

impl Element {
    /// Reads what [`Element::text`] writes. `None` inside for a kind of step that is not known, which readers skip.
    ///
    /// # Errors
    /// In words, if it is no step at all.
    pub fn parse(text: &str) -> Result<Option<Element>, String> {
        if text.len() < 2 {
            return Err("key must be 2 characters long:".into());
        }
        let Some((kind, rest)) = text.split_once(':').filter(|(kind, _)| kind.len() == 1) else {
            return Err(format!("missing colon: {text}"));
        };
        let json = |rest: &str| serde_json::from_str::<Value>(rest).map_err(|error| error.to_string());
        Ok(Some(match kind {
            "f" => Element::Field(rest.into()),
            "v" => Element::Value(json(rest)?),
            "k" => match json(rest)? {
                Value::Object(map) => Element::key(map),
                other => return Err(format!("expected a mapping, got {other}")),
            },
            "i" => Element::Index(rest.parse().map_err(|_| format!("invalid index: {rest}"))?),
            _ => return Ok(None),
        }))
    }

    /// The item of a list that has these fields.
    pub fn key(fields: Map) -> Element {
        let mut fields: Vec<(Text, Value)> = fields.into_iter().collect();
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        Element::Key(fields)
    }

    /// The step as managed fields write it.
    pub fn text(&self) -> String {
        match self {
            Element::Field(name) => ["f:", name].concat(),
            Element::Key(fields) => {
                let mut text = String::from("k:{");
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    let _ = write!(text, "{comma}{}:{}", json(&Value::from(name)), json(value));
                }
                text.push('}');
                text
            }
            Element::Value(value) => format!("v:{}", json(value)),
            Element::Index(index) => format!("i:{index}"),
        }
    }
}

/// JSON as Go's `encoding/json` writes it: what HTML gives a meaning to is escaped.
fn json(value: &Value) -> String {
    let text = value.to_string();
    match text.contains(['<', '>', '&']) {
        true => text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"),
        false => text,
    }
}

impl fmt::Display for Element {
    /// The step as messages about conflicts write it: `.spec`, `[name="web"]`, `[="a"]`, `[0]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Element::Field(name) => write!(f, ".{name}"),
            Element::Key(fields) => {
                f.write_str("[")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}{name}={}", values::shown(value))?;
                }
                f.write_str("]")
            }
            Element::Value(value) => write!(f, "[={}]", values::shown(value)),
            Element::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl Hash for Element {
    /// Numbers are equal by worth, however they are spelt, and so have no share in it.
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Element::Field(name) => name.hash(state),
            Element::Key(fields) => {
                for (name, value) in fields {
                    name.hash(state);
                    value.as_str().hash(state);
                }
            }
            Element::Value(value) => value.as_str().hash(state),
            Element::Index(index) => index.hash(state),
        }
    }
}

impl Ord for Element {
    fn cmp(&self, other: &Element) -> Ordering {
        let rank = |element: &Element| match element {
            Element::Field(_) => 0,
            Element::Key(_) => 1,
            Element::Value(_) => 2,
            Element::Index(_) => 3,
        };
        match (self, other) {
            (Element::Field(a), Element::Field(b)) => a.cmp(b),
            (Element::Key(a), Element::Key(b)) => {
                let fields =
                    a.iter().zip(b).map(|((a, x), (b, y))| a.cmp(b).then_with(|| values::order(x, y)));
                fields.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len()))
            }
            (Element::Value(a), Element::Value(b)) => values::order(a, b),
            (Element::Index(a), Element::Index(b)) => a.cmp(b),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

impl PartialOrd for Element {
    fn partial_cmp(&self, other: &Element) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Element {
    fn eq(&self, other: &Element) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Element {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn steps_are_read_as_they_are_written() -> Result<(), String> {
        let texts = ["f:spec", "k:{\"name\":\"a<b\",\"port\":80}", "v:\"x\"", "v:1.5", "i:3", "f:a:b"];
        for text in texts {
            let step = Element::parse(text)?.ok_or("known")?;
            assert_eq!(step.text(), text.replace('<', "\\u003c"));
        }
        assert_eq!(Element::parse("z:future")?, None);
        assert!(
            Element::parse("x").is_err() && Element::parse("k:[").is_err() && Element::parse("fx").is_err()
        );
        Ok(())
    }

    #[test]
    fn steps_are_ordered_by_kind_then_by_worth() {
        let key = |value: Value| Element::Key(vec![("port".into(), value)]);
        let mut steps = [
            Element::Index(0),
            Element::Value(json!("a")),
            key(json!(1000)),
            key(json!(80.0)),
            Element::Field("b".into()),
            Element::Field("a".into()),
        ];
        steps.sort();
        let texts: Vec<String> = steps.iter().map(ToString::to_string).collect();
        assert_eq!(texts, [".a", ".b", "[port=80]", "[port=1000]", "[=\"a\"]", "[0]"]);
        assert_eq!(key(json!(80)), key(json!(80.0)));
    }
}
