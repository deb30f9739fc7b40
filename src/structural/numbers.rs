//! Judges numbers: the range of their type, bounds and multiples, as the server computes them.
//! It must never know mappings or lists.

use std::cmp::Ordering;

use crate::json::{Number, Value};

use super::format::Format;
use super::go::{self, bad};
use super::place::Place;
use super::refusal::{at, invalid_nowhere};
use super::schema::{Bound, Node, Type};
use super::violation::{Code, Violation};

/// What a node's rules say against a number.
pub(super) fn violations(node: &Node, number: &Number, place: &Place<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let scale = Scale::of(node);
    let value = Value::Number(number.clone());
    if !scale.holds(number) {
        let mut violation = invalid_nowhere(place, Code::Range, &value, scale.complaint(&place.field()));
        violation.expected = scale.in_words().to_owned();
        found.push(violation);
    }
    let Some(rules) = node.rules.as_deref() else { return found };
    let told = |limit: &Number| go::number(&scale.limit(number, limit));
    let refused = |shown: String, rest: String, expected: String| {
        let mut violation = at(place, Code::Range, format!("Invalid value: {shown}: {rest}"), &value);
        violation.expected = expected;
        violation
    };
    let should_be = |words: String| {
        let rest = format!("{} in body should be {words}", place.field());
        refused(bad(&value), rest, format!("a number that is {words}"))
    };
    if let Some(factor) = &rules.multiple_of {
        if told(factor) == "0" {
            // A factor below one is cut off for a whole number; the server then refuses every one.
            let rest = format!("factor MultipleOf declared for {} must be positive: 0", place.field());
            found.push(refused("0".into(), rest, format!("a multiple of {factor}, written with a fraction")));
        } else if !is_multiple(number, &scale.limit(number, factor)) {
            found.push(should_be(format!("a multiple of {}", told(factor))));
        }
    }
    for (bound, beyond, words) in [
        (&rules.minimum, Ordering::Less, ["greater than or equal to", "greater than"]),
        (&rules.maximum, Ordering::Greater, ["less than or equal to", "less than"]),
    ] {
        let Some(Bound { limit, exclusive }) = bound else { continue };
        let order = compare(number, &scale.limit(number, limit));
        if order == beyond || *exclusive && order == Ordering::Equal {
            found.push(should_be(format!("{} {}", words[usize::from(*exclusive)], told(limit))));
        }
    }
    found
}

/// What numbers a node's type and format can hold; `None` if every number.
struct Scale {
    kind: Option<Type>,
    format: Option<Format>,
}

impl Scale {
    fn of(node: &Node) -> Scale {
        let kind = match node.types() {
            [kind @ (Type::Integer | Type::Number)] => Some(*kind),
            _ => None,
        };
        Scale { kind, format: node.format.filter(|_| kind.is_some()) }
    }

    fn holds(&self, number: &Number) -> bool {
        let float = number.as_f64().unwrap_or(f64::INFINITY);
        match (self.kind, self.format) {
            (Some(Type::Integer), Some(Format::Int32)) => match number.as_i64() {
                Some(int) => i32::try_from(int).is_ok(),
                None => float.fract() == 0.0 && float.abs() <= f64::from(i32::MAX),
            },
            (Some(Type::Integer), _) => {
                number.is_i64() || float.fract() == 0.0 && float.abs() < i64::MAX as f64
            }
            (_, Some(Format::Float)) => float.abs() <= f64::from(f32::MAX),
            _ => true,
        }
    }

    /// A bound as the server applies it to a number: its fraction is cut off for whole numbers, unless the type
    /// itself is whole.
    fn limit(&self, number: &Number, limit: &Number) -> Number {
        match limit.as_f64().filter(|limit| limit.fract() != 0.0) {
            Some(limit) if number.is_i64() && self.kind != Some(Type::Integer) => Number::from(limit as i64),
            _ => limit.clone(),
        }
    }

    fn complaint(&self, path: &str) -> String {
        let kind = self.kind.map_or("", Type::name);
        match self.format {
            Some(format) => {
                format!("Checked value must be of type {kind} with format {} in {path}", format.name())
            }
            None => format!("Checked value must be of type {kind} (default format) in {path}"),
        }
    }

    fn in_words(&self) -> &'static str {
        match (self.kind, self.format) {
            (Some(Type::Integer), Some(Format::Int32)) => "a whole number of 32 bits",
            (Some(Type::Integer), _) => "a whole number of 64 bits",
            _ => "a number of single precision",
        }
    }
}

fn compare(number: &Number, limit: &Number) -> Ordering {
    match (number.as_i64(), limit.as_i64()) {
        (Some(number), Some(limit)) => number.cmp(&limit),
        _ => {
            let float = |number: &Number| number.as_f64().unwrap_or_default();
            float(number).total_cmp(&float(limit))
        }
    }
}

fn is_multiple(number: &Number, factor: &Number) -> bool {
    match (number.as_i64(), factor.as_i64()) {
        (Some(number), Some(factor)) => factor == 0 || number % factor == 0,
        _ => {
            let (number, factor) = (number.as_f64().unwrap_or(0.0), factor.as_f64().unwrap_or(1.0));
            let times = if factor < 1.0 { 1.0 / factor * number } else { number / factor };
            let off = (times - times.round()).abs();
            factor <= 0.0 || times.abs() < 9.1e15 && off <= 1e-9 * times.abs().max(1.0)
        }
    }
}
