//! How values compare, and how they are shown.
//! It must never know where the values come from.

use crate::json::{Number, Value};
use crate::quantity::Quantity;
use std::cmp::Ordering;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Operator {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
        }
    }

    /// The one that says the same with both sides exchanged: `<` for `>`.
    pub fn mirrored(self) -> Operator {
        match self {
            Operator::Less => Operator::Greater,
            Operator::LessOrEqual => Operator::GreaterOrEqual,
            Operator::Greater => Operator::Less,
            Operator::GreaterOrEqual => Operator::LessOrEqual,
            same => same,
        }
    }

    /// Whether it is `==` or `!=`.
    pub fn is_equality(self) -> bool {
        matches!(self, Operator::Equal | Operator::NotEqual)
    }

    /// Whether two values compare so, by RFC 9535 (section 2.3.5.2.2): numbers as numbers, texts by their characters, anything
    /// else only as equal or not; with `quantities`, two texts that are Kubernetes quantities by their amount.
    pub fn holds(self, left: &Value, right: &Value, quantities: bool) -> bool {
        let amounts = || match (left, right) {
            (Value::String(left), Value::String(right)) if quantities => {
                Some(Quantity::parse(left)?.cmp(&Quantity::parse(right)?))
            }
            _ => None,
        };
        let order = amounts().or_else(|| order(left, right));
        let equal = || order.map_or_else(|| equal(left, right), Ordering::is_eq);
        match self {
            Operator::Equal => equal(),
            Operator::NotEqual => !equal(),
            Operator::Less => order.is_some_and(Ordering::is_lt),
            Operator::LessOrEqual => order.is_some_and(Ordering::is_lt) || equal(),
            Operator::Greater => order.is_some_and(Ordering::is_gt),
            Operator::GreaterOrEqual => order.is_some_and(Ordering::is_gt) || equal(),
        }
    }
}

/// The order of two values that have one.
fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => order_numbers(left, right),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// Whole numbers exactly, any others as floats.
fn order_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    let whole = |number: &Number| number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// Whether two values are equal, however deep; numbers by their amount (`1` and `1.0` are), the order of keys aside.
pub(in crate::playbook) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => order_numbers(left, right) == Some(Ordering::Equal),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| equal(left, right)))
        }
        (left, right) => left == right,
    }
}

/// The most characters of a value that are shown.
const SHOWN: usize = 80;

/// A value in a line: texts in single quotes, so that `'2'` and `2` differ to the eye; shortened.
pub(in crate::playbook) fn shown(value: &Value) -> String {
    match value {
        // A part of a large text is enough, and cheaper.
        Value::String(text) => {
            let start: String = text.chars().take(SHOWN + 1).collect();
            shorten(&quoted(&start))
        }
        Value::Array(items) if items.len() > SHOWN => format!("a list of {} items", items.len()),
        Value::Object(map) if map.len() > SHOWN => format!("a mapping of {} keys", map.len()),
        value => shorten(&value.to_string()),
    }
}

/// Not more than some 80 characters of a text.
pub(in crate::playbook) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A value as it would be written in an expression.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        value => value.to_string(),
    }
}

/// A text in single quotes, escaped as in a normalized path (RFC 9535, section 2.7).
pub(in crate::playbook) fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for char in text.chars() {
        match char {
            '\'' | '\\' => quoted.extend(['\\', char]),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            char if char < ' ' => quoted.push_str(&format!("\\u{:04x}", u32::from(char))),
            char => quoted.push(char),
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn values_compare() {
        use Operator::*;
        for (left, operator, right, plain, quantities) in [
            (json!(1), Equal, json!(1.0), true, true),
            (json!(9007199254740993_u64), Equal, json!(9007199254740992_u64), false, false),
            (json!(1e-17), Equal, json!(2e-17), false, false),
            (json!(2), GreaterOrEqual, json!(2), true, true),
            (json!("2"), Equal, json!(2), false, false),
            (json!("2"), Less, json!(3), false, false),
            (json!("abc"), Less, json!("abd"), true, true),
            (json!("500m"), Less, json!("1"), false, true),
            (json!("1Gi"), Greater, json!("900Mi"), false, true),
            (json!("0.5"), Equal, json!("500m"), false, true),
            (json!(null), Equal, json!(null), true, true),
            (json!(true), LessOrEqual, json!(true), true, true),
            (json!(true), Less, json!(false), false, false),
            (json!([1, { "a": 2 }]), Equal, json!([1.0, { "a": 2.0 }]), true, true),
            (json!({ "a": 1, "b": 2 }), Equal, json!({ "b": 2, "a": 1 }), true, true),
            (json!([1]), NotEqual, json!([1, 2]), true, true),
        ] {
            assert_eq!(operator.holds(&left, &right, false), plain, "{left} {operator:?} {right}");
            assert_eq!(
                operator.holds(&left, &right, true),
                quantities,
                "{left} {operator:?} {right} as quantities"
            );
            let mirrored = operator.mirrored().holds(&right, &left, true);
            assert_eq!(mirrored, quantities, "{right} {:?} {left}", operator.mirrored());
        }
    }

    #[test]
    fn long_values_are_shortened_and_texts_quoted() {
        assert_eq!(shown(&json!("it's\n")), r"'it\'s\n'");
        assert_eq!(shown(&json!(2)), "2");
        assert_eq!(shown(&json!("é".repeat(100_000))).chars().count(), SHOWN + 1);
        assert_eq!(shown(&json!(vec![0; 100])), "a list of 100 items");
    }
}
