//! Label selectors: kubectl's text form, the LabelSelector object, and the query string the API server takes.
//! Must never know which objects are selected, nor why.

use crate::json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;

/// Requirements on labels, all of which must hold; without any, everything is selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operator {
    Exists,
    Absent,
    Equals(String),
    Differs(String),
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    Above(i64),
    Below(i64),
}

/// Why a selector is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectorError {
    /// The byte in the text at which it goes wrong; 0 for a selector given as an object.
    pub offset: usize,
    /// What is wrong and what was expected.
    pub message: String,
}

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SelectorError {}

impl LabelSelector {
    /// Reads kubectl's `-l` grammar: `a=b, c!=d, e in (x,y), f notin (z), g, !h, i>1, j<2`. An empty text selects everything.
    pub fn parse(text: &str) -> Result<LabelSelector, SelectorError> {
        let mut reader = Reader { text, at: 0 };
        let mut requirements = Vec::new();
        reader.blank();
        while !reader.rest().is_empty() {
            requirements.push(reader.requirement()?);
            reader.blank();
            if reader.rest().is_empty() {
                break;
            }
            if !reader.take(",") {
                return Err(reader.wrong("expected a comma or the end"));
            }
            reader.blank();
            if reader.rest().is_empty() {
                return Err(reader.wrong("expected another requirement after the comma"));
            }
        }
        Ok(LabelSelector { requirements })
    }

    /// The selector of exactly these labels. Values must be strings.
    pub fn from_labels(labels: &Map) -> Result<LabelSelector, SelectorError> {
        let mut requirements = Vec::with_capacity(labels.len());
        for (key, value) in labels {
            let Some(value) = value.as_str() else {
                return Err(at(
                    0,
                    format!("the value of label {key} must be a string, not {value}; quote it"),
                ));
            };
            let operator = Operator::Equals(valid_value(value, 0)?);
            requirements.push(Requirement { key: valid_key(key, 0)?, operator });
        }
        Ok(LabelSelector { requirements })
    }

    /// The selector that a LabelSelector object of the API states: `matchLabels` and `matchExpressions`
    /// (operators In, NotIn, Exists, DoesNotExist). An empty object selects everything.
    pub fn from_object(object: &Value) -> Result<LabelSelector, SelectorError> {
        let Some(fields) = object.as_object() else {
            return Err(at(0, format!("a label selector is a mapping, not {object}")));
        };
        if let Some(field) =
            fields.keys().find(|field| !["matchLabels", "matchExpressions"].contains(&field.as_str()))
        {
            return Err(at(0, format!("a label selector has matchLabels and matchExpressions, not {field}")));
        }
        let mut selector = match &object["matchLabels"] {
            Value::Null => LabelSelector::default(),
            Value::Object(labels) => LabelSelector::from_labels(labels)?,
            other => return Err(at(0, format!("matchLabels is a mapping, not {other}"))),
        };
        for expression in object["matchExpressions"].as_array().into_iter().flatten() {
            let key = valid_key(expression["key"].as_str().unwrap_or_default(), 0)?;
            let mut values = BTreeSet::new();
            for value in expression["values"].as_array().into_iter().flatten() {
                let text = value
                    .as_str()
                    .ok_or_else(|| at(0, format!("a value of label {key} must be a string, not {value}")))?;
                values.insert(valid_value(text, 0)?);
            }
            let operator = match (expression["operator"].as_str().unwrap_or_default(), values.is_empty()) {
                ("In", false) => Operator::In(values),
                ("NotIn", false) => Operator::NotIn(values),
                ("Exists", true) => Operator::Exists,
                ("DoesNotExist", true) => Operator::Absent,
                (operator @ ("In" | "NotIn"), true) => {
                    return Err(at(0, format!("{operator} of label {key} needs values")));
                }
                (operator @ ("Exists" | "DoesNotExist"), false) => {
                    return Err(at(0, format!("{operator} of label {key} takes no values")));
                }
                (operator, _) => {
                    let known = "In, NotIn, Exists or DoesNotExist";
                    return Err(at(0, format!("operator {operator:?} of label {key} is not {known}")));
                }
            };
            selector.requirements.push(Requirement { key, operator });
        }
        Ok(selector)
    }

    /// Whether labels, an object's `metadata.labels` or null, meet every requirement.
    pub fn matches(&self, labels: &Value) -> bool {
        self.requirements.iter().all(|requirement| requirement.holds(labels[&requirement.key].as_str()))
    }

    /// Whether everything is selected.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }
}

impl Requirement {
    fn holds(&self, actual: Option<&str>) -> bool {
        let number = || actual.and_then(|actual| actual.parse::<i64>().ok());
        match &self.operator {
            Operator::Exists => actual.is_some(),
            Operator::Absent => actual.is_none(),
            Operator::Equals(value) => actual == Some(value),
            Operator::Differs(value) => actual != Some(value),
            Operator::In(values) => actual.is_some_and(|actual| values.contains(actual)),
            Operator::NotIn(values) => actual.is_none_or(|actual| !values.contains(actual)),
            Operator::Above(limit) => number().is_some_and(|number| number > *limit),
            Operator::Below(limit) => number().is_some_and(|number| number < *limit),
        }
    }
}

/// The form that `labelSelector` of a query takes, not yet percent-encoded; it parses back to the same selector.
impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Requirement { key, operator }) in self.requirements.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            let list =
                |values: &BTreeSet<String>| values.iter().map(String::as_str).collect::<Vec<_>>().join(",");
            match operator {
                Operator::Exists => write!(f, "{key}")?,
                Operator::Absent => write!(f, "!{key}")?,
                Operator::Equals(value) => write!(f, "{key}={value}")?,
                Operator::Differs(value) => write!(f, "{key}!={value}")?,
                Operator::In(values) => write!(f, "{key} in ({})", list(values))?,
                Operator::NotIn(values) => write!(f, "{key} notin ({})", list(values))?,
                Operator::Above(limit) => write!(f, "{key}>{limit}")?,
                Operator::Below(limit) => write!(f, "{key}<{limit}")?,
            }
        }
        Ok(())
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blank(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, token: &str) -> bool {
        let taken = self.rest().starts_with(token);
        self.at += if taken { token.len() } else { 0 };
        taken
    }

    /// Text up to whatever has a meaning of its own, and where it began.
    fn word(&mut self) -> (usize, &'a str) {
        self.blank();
        let (start, rest) = (self.at, self.rest());
        let end = rest.find(|c: char| c.is_whitespace() || "!=,()<>".contains(c)).unwrap_or(rest.len());
        self.at += end;
        (start, &rest[..end])
    }

    fn wrong(&self, expected: &str) -> SelectorError {
        let found = self.rest().chars().next().map_or("the end".to_owned(), |c| format!("{c:?}"));
        at(self.at, format!("{expected}, found {found}"))
    }

    fn requirement(&mut self) -> Result<Requirement, SelectorError> {
        let absent = self.take("!");
        let (start, word) = self.word();
        if word.is_empty() {
            return Err(self.wrong("expected a label"));
        }
        let key = valid_key(word, start)?;
        if absent {
            return Ok(Requirement { key, operator: Operator::Absent });
        }
        self.blank();
        let operator = if self.take("==") || self.take("=") {
            Operator::Equals(self.value()?)
        } else if self.take("!=") {
            Operator::Differs(self.value()?)
        } else if self.take(">") {
            Operator::Above(self.number()?)
        } else if self.take("<") {
            Operator::Below(self.number()?)
        } else if self.rest().is_empty() || self.rest().starts_with(',') {
            Operator::Exists
        } else {
            match self.word() {
                (_, "in") => Operator::In(self.values()?),
                (_, "notin") => Operator::NotIn(self.values()?),
                (start, _) => {
                    self.at = start;
                    return Err(self.wrong("expected =, ==, !=, in, notin, <, > or a comma"));
                }
            }
        };
        Ok(Requirement { key, operator })
    }

    fn value(&mut self) -> Result<String, SelectorError> {
        let (start, word) = self.word();
        valid_value(word, start)
    }

    fn number(&mut self) -> Result<i64, SelectorError> {
        let (start, word) = self.word();
        word.parse().map_err(|_| at(start, format!("expected a whole number, found {word:?}")))
    }

    fn values(&mut self) -> Result<BTreeSet<String>, SelectorError> {
        self.blank();
        if !self.take("(") {
            return Err(self.wrong("expected a list in parentheses"));
        }
        let mut values = BTreeSet::new();
        loop {
            values.insert(self.value()?);
            self.blank();
            if self.take(")") {
                return Ok(values);
            }
            if !self.take(",") {
                return Err(self.wrong("expected a comma or a closing parenthesis"));
            }
        }
    }
}

fn at(offset: usize, message: String) -> SelectorError {
    SelectorError { offset, message }
}

/// A qualified name: an optional DNS prefix with a slash, then up to 63 characters.
fn valid_key(key: &str, offset: usize) -> Result<String, SelectorError> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let dns = |part: &str| {
        let inner = part.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-');
        !part.is_empty() && inner && !part.starts_with('-') && !part.ends_with('-')
    };
    if prefix.is_some_and(|prefix| prefix.len() > 253 || !prefix.split('.').all(dns))
        || name.is_empty()
        || !plain(name)
    {
        return Err(at(offset, format!("{key:?} cannot be the name of a label")));
    }
    Ok(key.to_owned())
}

fn valid_value(value: &str, offset: usize) -> Result<String, SelectorError> {
    if !plain(value) {
        return Err(at(offset, format!("{value:?} cannot be the value of a label")));
    }
    Ok(value.to_owned())
}

/// Up to 63 letters, digits, dashes, underscores and points, a letter or digit at both ends; or nothing.
fn plain(text: &str) -> bool {
    let ends = |c: u8| c.is_ascii_alphanumeric();
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.iter().all(|c| ends(*c) || b"-_.".contains(c))
        && bytes.first().is_none_or(|c| ends(*c))
        && bytes.last().is_none_or(|c| ends(*c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;
    use proptest::prelude::*;

    fn read(text: &str) -> LabelSelector {
        LabelSelector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn the_grammar_of_kubectl_is_read_and_written() {
        for (text, query) in [
            ("", ""),
            ("  ", ""),
            ("a=b", "a=b"),
            ("a == b , c != d", "a=b,c!=d"),
            ("e in (y, x),f notin (z)", "e in (x,y),f notin (z)"),
            ("!g,h", "!g,h"),
            ("a=", "a="),
            ("a in (,b)", "a in (,b)"),
            ("n>3,m<-4", "n>3,m<-4"),
            ("app.kubernetes.io/name=iris_1.0", "app.kubernetes.io/name=iris_1.0"),
            ("in in (in)", "in in (in)"),
        ] {
            assert_eq!(read(text).to_string(), query, "{text:?}");
        }
    }

    #[test]
    fn faults_are_told_where_they_are() {
        for (text, offset, message) in [
            ("a=b,", 4, "expected another requirement after the comma, found the end"),
            (",", 0, "expected a label, found ','"),
            ("a b", 2, "expected =, ==, !=, in, notin, <, > or a comma, found 'b'"),
            ("a in x", 5, "expected a list in parentheses, found 'x'"),
            ("a in (x", 7, "expected a comma or a closing parenthesis, found the end"),
            ("a=b=c", 3, "expected a comma or the end, found '='"),
            ("a=ü", 2, "\"ü\" cannot be the value of a label"),
            ("a,-b=c", 2, "\"-b\" cannot be the name of a label"),
            ("x/y/z=c", 0, "\"x/y/z\" cannot be the name of a label"),
            ("n > three", 4, "expected a whole number, found \"three\""),
            ("!a=b", 2, "expected a comma or the end, found '='"),
        ] {
            assert_eq!(LabelSelector::parse(text), Err(at(offset, message.to_owned())), "{text:?}");
        }
    }

    #[test]
    fn labels_are_matched() {
        let labels = json!({ "app": "web", "tier": "front", "n": "5" });
        for text in [
            "",
            "app=web",
            "app!=api",
            "app in (web,api)",
            "app notin (x)",
            "none notin (x)",
            "none!=x",
            "tier",
            "!none",
            "n>4",
            "n<6",
        ] {
            assert!(read(text).matches(&labels), "{text}");
        }
        for text in [
            "app=api",
            "app!=web",
            "app in (x)",
            "none in (x)",
            "app notin (web)",
            "none",
            "!app",
            "n>5",
            "app>1",
            "none<9",
        ] {
            assert!(!read(text).matches(&labels), "{text}");
        }
        assert!(read("!app").matches(&Value::Null));
        assert!(!read("app=web").matches(&Value::Null));
    }

    #[test]
    fn objects_state_selectors_too() {
        let selector = LabelSelector::from_object(
            &json!({ "matchLabels": { "app": "web" }, "matchExpressions": [
            { "key": "tier", "operator": "In", "values": ["a", "b"] }, { "key": "x", "operator": "NotIn", "values": ["c"] },
            { "key": "y", "operator": "Exists" }, { "key": "z", "operator": "DoesNotExist" }] }),
        );
        assert_eq!(
            selector.map(|selector| selector.to_string()),
            Ok("app=web,tier in (a,b),x notin (c),y,!z".to_owned())
        );
        for (object, message) in [
            (json!([]), "a label selector is a mapping, not []"),
            (json!({ "app": "web" }), "a label selector has matchLabels and matchExpressions, not app"),
            (json!({ "matchLabels": { "n": 1 } }), "the value of label n must be a string, not 1; quote it"),
            (json!({ "matchExpressions": [{ "key": "a", "operator": "In" }] }), "In of label a needs values"),
            (
                json!({ "matchExpressions": [{ "key": "a", "operator": "Is" }] }),
                "operator \"Is\" of label a is not In, NotIn, Exists or DoesNotExist",
            ),
        ] {
            assert_eq!(
                LabelSelector::from_object(&object).map_err(|error| error.message),
                Err(message.to_owned())
            );
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_points_into_the_text(text in "[a-c!=,() <>inot/.é-]{0,20}") {
            match LabelSelector::parse(&text) {
                Ok(selector) => prop_assert_eq!(LabelSelector::parse(&selector.to_string()), Ok(selector)),
                Err(error) => prop_assert!(text.is_char_boundary(error.offset)),
            }
        }
    }
}
