//! Comparisons of a known field with a literal that can only come out one way, or come out wrong at zero.
//! It must never know paths or kinds beyond what messages name.

use super::fields::Place;
use super::subjects::Subject;
use crate::diagnostic::{Code, Diagnostic};
use crate::json::Value;
use crate::kinds::status::Shape;
use crate::playbook::expression::Operator;
use crate::playbook::suggest;
use crate::source::Span;

/// A comparison with the query on its left.
pub(super) struct Comparison<'e> {
    pub operator: Operator,
    pub literal: &'e Value,
    /// Whether the condition wants it not to be so.
    pub negated: bool,
}

/// How a comparison comes out.
enum Outcome {
    /// It is never so: why, and what to write.
    Never(String, Option<String>),
    /// As far as is known it is never so: why, and what to write.
    Unknown(String, Option<String>),
    /// It is so whenever the field is there, because what it is compared with cannot be.
    Always(String, Option<String>),
    /// It is so whenever the field is there, as any such number is.
    Trivial,
    /// It would be so at zero, and is not, because the field is left out then.
    NotAtZero(String),
}

/// What is wrong with a comparison.
pub(super) fn fault(
    place: &Place<'_>,
    comparison: &Comparison<'_>,
    query: &str,
    span: Span,
    subject: &Subject<'_>,
) -> Option<Diagnostic> {
    let outcome = outcome(place, comparison, query)?;
    let what = format!("`{}` of {}", place.path, subject.a_kind());
    Some(match outcome {
        Outcome::Never(why, help) => {
            let so = if comparison.negated { "so this always holds" } else { "so this never holds" };
            Diagnostic::error(Code::NeverHolds, span, format!("{what} {why}, {so}")).maybe_help(help)
        }
        Outcome::Unknown(why, help) => {
            let message = format!("{what} {why}, so this may never hold");
            Diagnostic::warning(Code::NeverHolds, span, message).maybe_help(help)
        }
        Outcome::Always(why, help) => {
            let (code, so) = match comparison.negated {
                true => (Code::NeverHolds, "so this never holds"),
                false => (Code::HoldsTooEarly, "so this always holds"),
            };
            Diagnostic::error(code, span, format!("{what} {why}, {so}")).maybe_help(help)
        }
        Outcome::Trivial => {
            let message = format!("{what} is never less, so this says only that it is there");
            Diagnostic::warning(Code::HoldsTooEarly, span, message)
        }
        Outcome::NotAtZero(help) => {
            let message = format!("{what} is left out when it is 0, so at 0 this does not hold");
            Diagnostic::warning(Code::NeverHolds, span, message).help(help)
        }
    })
}

fn outcome(place: &Place<'_>, comparison: &Comparison<'_>, query: &str) -> Option<Outcome> {
    let Comparison { operator, literal, .. } = comparison;
    let never = |why: &str, help: Option<String>| Some(Outcome::Never(why.to_owned(), help));
    if literal.is_null() {
        return match operator {
            Operator::NotEqual => None,
            _ => never("is never null: what is empty is left out", Some(format!("Write `!{query}`."))),
        };
    }
    match (place.shape, literal) {
        (Shape::Any | Shape::Unset, _) => None,
        (Shape::Count, Value::Number(number)) => {
            number_outcome(place, comparison, number.as_f64()?, true, query)
        }
        (Shape::Integer, Value::Number(number)) => {
            number_outcome(place, comparison, number.as_f64()?, false, query)
        }
        (Shape::Boolean, Value::Bool(wanted)) if place.left_out => match (operator, wanted) {
            (Operator::Equal, false) | (Operator::NotEqual, true) => {
                never("is left out when it is false", Some(format!("Write `!{query}`.")))
            }
            _ => None,
        },
        (Shape::Boolean, Value::Bool(_)) => None,
        (Shape::Text | Shape::Word { .. }, Value::String(text)) if place.left_out && text.is_empty() => {
            match operator {
                Operator::Equal => never("is left out when it is empty", Some(format!("Write `!{query}`."))),
                _ => None,
            }
        }
        (Shape::Text, Value::String(_)) => None,
        (Shape::Word { known, closed }, Value::String(text)) => word_outcome(*operator, text, known, closed),
        (Shape::List(_), Value::Array(items)) if items.is_empty() && place.left_out => match operator {
            Operator::Equal => never("is left out when it is empty", Some(format!("Write `!{query}`."))),
            _ => None,
        },
        (Shape::List(_), Value::Array(_)) | (Shape::Map(_) | Shape::Object(_), Value::Object(_)) => None,
        (_, literal) => mismatch(place, *operator, literal, query),
    }
}

/// A literal of another type than the field's.
fn mismatch(place: &Place<'_>, operator: Operator, literal: &Value, query: &str) -> Option<Outcome> {
    let why = format!("is {}", place.shape_in_words());
    let help = match (place.shape, literal) {
        (Shape::Count | Shape::Integer, Value::String(text)) if text.trim().parse::<f64>().is_ok() => {
            Some(format!("Write {} without quotes.", text.trim()))
        }
        (Shape::Boolean, Value::String(text)) if matches!(text.to_lowercase().as_str(), "true" | "false") => {
            Some(format!("Write {} without quotes.", text.to_lowercase()))
        }
        (Shape::Word { known: ["True", ..], .. }, Value::Bool(wanted)) => {
            Some(format!("Write '{}'.", if *wanted { "True" } else { "False" }))
        }
        (Shape::Text, Value::Number(_) | Value::Bool(_)) => Some(format!("Quote it: '{literal}'.")),
        (Shape::List(_) | Shape::Map(_) | Shape::Object(_), Value::Number(_)) => {
            Some(format!("Its size is `length({query})`."))
        }
        (Shape::List(Shape::Text), Value::String(_)) => Some(format!("Write `{query}[*]` for its items.")),
        _ => None,
    };
    Some(match operator {
        Operator::NotEqual => Outcome::Always(why, help),
        _ => Outcome::Never(why, help),
    })
}

fn word_outcome(
    operator: Operator,
    text: &str,
    known: &'static [&'static str],
    closed: bool,
) -> Option<Outcome> {
    if !operator.is_equality() || known.contains(&text) {
        return None;
    }
    let near = suggest::nearest(text, known.iter().copied());
    let help = near.map(|near| format!("Did you mean '{near}'?"));
    if !closed {
        // Others may come; one that looks like one of these is mistyped.
        let mistyped = near.is_some() && operator == Operator::Equal;
        return mistyped.then(|| Outcome::Unknown(format!("is not known to be {text}"), help));
    }
    let why = match known {
        [one] => format!("is nothing but {one}"),
        [many @ .., last] => format!("is {} or {last}", many.join(", ")),
        [] => return None,
    };
    Some(match operator {
        Operator::NotEqual => Outcome::Always(why, help),
        _ => Outcome::Never(why, help),
    })
}

fn number_outcome(
    place: &Place<'_>,
    comparison: &Comparison<'_>,
    wanted: f64,
    counts: bool,
    query: &str,
) -> Option<Outcome> {
    let Comparison { operator, literal, .. } = comparison;
    // The least value that is ever seen; at zero there is nothing to see where it is left out.
    let least = match (counts, place.left_out) {
        (true, true) => 1.0,
        (true, false) => 0.0,
        (false, _) => f64::NEG_INFINITY,
    };
    let whole = wanted.fract() == 0.0;
    let never_equal = !whole || wanted < least || place.left_out && wanted == 0.0;
    let possible = match operator {
        Operator::Equal => !never_equal,
        Operator::Less => least < wanted,
        Operator::LessOrEqual => least <= wanted,
        Operator::NotEqual | Operator::Greater | Operator::GreaterOrEqual => true,
    };
    let at_zero = place.left_out && operator.holds(&Value::from(0), literal, false);
    let instead = || match operator {
        Operator::Equal if wanted == 0.0 => scaled_help(place, &format!("Write `!({query} > 0)`")),
        Operator::Less => format!("Write `!({query} >= {literal})`."),
        Operator::LessOrEqual => scaled_help(place, &format!("Write `!({query} > {literal})`")),
        Operator::NotEqual => format!("Write `!({query} == {literal})`."),
        _ => "Leave it out, or write `> 0` if there must be some.".to_owned(),
    };
    if !possible {
        let why = if at_zero {
            "is left out when it is 0"
        } else if !whole {
            "is a whole number"
        } else {
            "is never negative"
        };
        return Some(Outcome::Never(why.to_owned(), at_zero.then(instead)));
    }
    if at_zero {
        return Some(Outcome::NotAtZero(instead()));
    }
    match operator {
        Operator::NotEqual if never_equal && wanted != 0.0 => {
            let why = if whole { "is never negative" } else { "is a whole number" };
            Some(Outcome::Always(why.to_owned(), None))
        }
        Operator::Greater if counts && wanted < 0.0 => Some(Outcome::Trivial),
        Operator::GreaterOrEqual if counts && wanted <= 0.0 => Some(Outcome::Trivial),
        _ => None,
    }
}

/// A number of replicas is better waited for as a whole.
fn scaled_help(place: &Place<'_>, write: &str) -> String {
    match place.path.as_str() {
        "status.replicas" => format!("{write}, or wait until it is `scaled`."),
        _ => format!("{write}."),
    }
}
