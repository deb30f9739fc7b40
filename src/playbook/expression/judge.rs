//! Judges logic over values, and says why it is not as wanted.
//! It must never know how expressions are written.

use super::ast::{Call, Comparison, Function, Literal, Logic, Operand, Pattern};
use super::compare::{self, Operator};
use super::regexp::Regexp;
use super::{Truth, Unmet};
use crate::json::Value;
use std::borrow::Cow;

/// What is looked at.
#[derive(Clone, Copy)]
struct View<'v> {
    /// What `$` is.
    root: &'v Value,
    /// What `@` is.
    current: &'v Value,
    /// By the rules of RFC 9535, not those of the language.
    filter: bool,
}

impl Logic {
    /// Judges whether an object or a scope is as wanted, by the rules of the language.
    pub fn judge(&self, wanted: bool, object: &Value) -> Truth {
        let mut unmet = Vec::new();
        let view = View { root: object, current: object, filter: false };
        if self.explain(wanted, view, &mut unmet) { Truth::Met } else { Truth::Unmet(unmet) }
    }

    /// Whether an item passes a filter, by the rules of RFC 9535.
    pub fn holds_in_filter(&self, root: &Value, item: &Value) -> bool {
        self.holds(View { root, current: item, filter: true })
    }

    fn holds(&self, view: View<'_>) -> bool {
        match self {
            Logic::Or(parts) => parts.iter().any(|part| part.holds(view)),
            Logic::And(parts) => parts.iter().all(|part| part.holds(view)),
            Logic::Not(part) => !part.holds(view),
            Logic::Compare(comparison) => {
                comparison.holds(&comparison.left.values(view), &comparison.right.values(view))
            }
            Logic::Test(operand) => operand.holds(view),
        }
    }

    /// Whether it is as wanted; what is not is added to `unmet`.
    fn explain(&self, wanted: bool, view: View<'_>, unmet: &mut Vec<Unmet>) -> bool {
        match self {
            // One part is enough: to be true of an `||`, to be false of an `&&`.
            Logic::Or(parts) | Logic::And(parts) if matches!(self, Logic::Or(_)) == wanted => {
                let before = unmet.len();
                let enough = parts.iter().any(|part| part.explain(wanted, view, unmet));
                if enough {
                    unmet.truncate(before);
                }
                enough
            }
            Logic::Or(parts) | Logic::And(parts) => {
                // Not `all`: it would stop at the first, and every part has something to say.
                parts.iter().filter(|part| !part.explain(wanted, view, unmet)).count() == 0
            }
            Logic::Not(part) => part.explain(!wanted, view, unmet),
            Logic::Compare(comparison) => {
                let (left, right) = (comparison.left.values(view), comparison.right.values(view));
                let as_wanted = comparison.holds_in(view, &left, &right) == wanted;
                if !as_wanted {
                    unmet.push(comparison.unmet(wanted, &left, &right));
                }
                as_wanted
            }
            Logic::Test(operand) => {
                let as_wanted = operand.holds(view) == wanted;
                if !as_wanted {
                    unmet.push(operand.unmet(wanted, view));
                }
                as_wanted
            }
        }
    }
}

type Values<'v> = Vec<Cow<'v, Value>>;

impl Comparison {
    /// Met if any value of the left compares so with any of the right: where there is nothing, it is false.
    fn holds_outside(&self, left: &Values<'_>, right: &Values<'_>) -> bool {
        left.iter().any(|left| right.iter().any(|right| self.operator.holds(left, right, self.quantities)))
    }

    /// By RFC 9535, section 2.3.5.2.2: nothing equals nothing.
    fn holds(&self, left: &Values<'_>, right: &Values<'_>) -> bool {
        match (left.first(), right.first()) {
            (Some(left), Some(right)) => self.operator.holds(left, right, false),
            (None, None) => {
                matches!(self.operator, Operator::Equal | Operator::LessOrEqual | Operator::GreaterOrEqual)
            }
            _ => self.operator == Operator::NotEqual,
        }
    }

    fn holds_in(&self, view: View<'_>, left: &Values<'_>, right: &Values<'_>) -> bool {
        if view.filter { self.holds(left, right) } else { self.holds_outside(left, right) }
    }

    fn unmet(&self, wanted: bool, left: &Values<'_>, right: &Values<'_>) -> Unmet {
        let turned = matches!(self.left, Operand::Literal(_)) && !matches!(self.right, Operand::Literal(_));
        let (subject, actual, operator, other, beside) = match turned {
            true => (&self.right, right, self.operator.mirrored(), &self.left, left),
            false => (&self.left, left, self.operator, &self.right, right),
        };
        let beside = match other {
            Operand::Literal(literal) => compare::shown(&literal.value),
            other => format!("{} ({})", other.source(), shown(beside)),
        };
        let not = if wanted { "" } else { "not " };
        Unmet {
            span: self.span,
            path: subject.source().into_owned(),
            actual: shown(actual),
            wanted: format!("{not}{} {beside}", operator.as_str()),
        }
    }
}

impl Operand {
    fn values<'v>(&'v self, view: View<'v>) -> Values<'v> {
        match self {
            Operand::Literal(Literal { known: false, .. }) => Vec::new(),
            Operand::Literal(literal) => vec![Cow::Borrowed(&literal.value)],
            Operand::Query(query) => query
                .select_in(view.root, view.current)
                .into_iter()
                .map(|hit| Cow::Borrowed(hit.value))
                .collect(),
            Operand::Call(call) => call.value(view).into_iter().collect(),
        }
    }

    fn holds(&self, view: View<'_>) -> bool {
        match self {
            Operand::Literal(literal) => literal.value == Value::Bool(true),
            Operand::Query(query) => match query.select_in(view.root, view.current).as_slice() {
                [hit] if !view.filter => *hit.value != Value::Bool(false),
                hits => !hits.is_empty(),
            },
            Operand::Call(call) => call.holds(view),
        }
    }

    fn unmet(&self, wanted: bool, view: View<'_>) -> Unmet {
        let not = if wanted { "" } else { "not " };
        let (path, values, wish) = match self {
            Operand::Call(call) if let Function::Fits(text, pattern) = &call.function => {
                (text.source(), text.values(view), format!("{not}{}", pattern.wish(view)))
            }
            operand => {
                let values = operand.values(view);
                let boolean = matches!(values.as_slice(), [value] if value.is_boolean());
                let wish = match (boolean, wanted) {
                    (true, wanted) => wanted.to_string(),
                    (false, true) => "something".to_owned(),
                    (false, false) => "nothing".to_owned(),
                };
                (operand.source(), values, wish)
            }
        };
        Unmet { span: self.span(), path: path.into_owned(), actual: shown(&values), wanted: wish }
    }

    fn source(&self) -> Cow<'_, str> {
        match self {
            Operand::Literal(literal) => compare::shown(&literal.value).into(),
            Operand::Query(query) => query.source().into(),
            Operand::Call(call) => call.source.as_str().into(),
        }
    }

    /// The value of what is no condition, over a scope.
    pub fn value(&self, scope: &Value) -> Result<Value, String> {
        let view = View { root: scope, current: scope, filter: false };
        let values = self.values(view);
        let nothing = || format!("there is nothing at `{}`", self.source());
        match self {
            Operand::Query(query) if !query.is_singular() => {
                Ok(values.into_iter().map(Cow::into_owned).collect())
            }
            Operand::Call(call) if self.is_logical() => Ok(Value::Bool(call.holds(view))),
            _ => values.into_iter().next().map(Cow::into_owned).ok_or_else(nothing),
        }
    }
}

impl Call {
    /// Its value, if it has one.
    fn value<'v>(&'v self, view: View<'v>) -> Option<Cow<'v, Value>> {
        match &self.function {
            Function::Length(operand) => {
                let length = match operand.values(view).first()?.as_ref() {
                    Value::String(text) => text.chars().count(),
                    Value::Array(items) => items.len(),
                    Value::Object(map) => map.len(),
                    _ => return None,
                };
                Some(Cow::Owned(length.into()))
            }
            Function::Count(query) => Some(Cow::Owned(query.select_in(view.root, view.current).len().into())),
            Function::Value(query) => match query.select_in(view.root, view.current).as_slice() {
                [hit] => Some(Cow::Borrowed(hit.value)),
                _ => None,
            },
            Function::Fits(..) => None,
        }
    }

    fn holds(&self, view: View<'_>) -> bool {
        let Function::Fits(text, pattern) = &self.function else { return false };
        let values = text.values(view);
        values.first().and_then(|value| value.as_str()).is_some_and(|text| pattern.fits(text, view))
    }
}

impl Pattern {
    fn fits(&self, text: &str, view: View<'_>) -> bool {
        match self {
            Pattern::Fixed(regexp) => regexp.fits(text),
            Pattern::Found { operand, whole } => {
                let values = operand.values(view);
                let pattern = values.first().and_then(|value| value.as_str());
                pattern
                    .and_then(|pattern| Regexp::new(pattern, *whole).ok())
                    .is_some_and(|regexp| regexp.fits(text))
            }
        }
    }

    /// What a text must do to fit: `matches 'iris.*'`.
    fn wish(&self, view: View<'_>) -> String {
        let (whole, pattern) = match self {
            Pattern::Fixed(regexp) => (regexp.is_whole(), compare::shown(&Value::from(regexp.pattern()))),
            Pattern::Found { operand, whole } => {
                (*whole, format!("{} ({})", operand.source(), shown(&operand.values(view))))
            }
        };
        format!("{} {pattern}", if whole { "matching" } else { "containing" })
    }
}

/// The values that something has, in a line.
fn shown(values: &Values<'_>) -> String {
    /// More than these nobody reads.
    const MOST: usize = 5;
    match values.as_slice() {
        [] => "nothing".to_owned(),
        values => {
            let parts: Vec<String> = values.iter().take(MOST).map(|value| compare::shown(value)).collect();
            let more = if values.len() > MOST {
                format!(" and {} more", values.len() - MOST)
            } else {
                String::new()
            };
            format!("{}{more}", compare::shorten(&parts.join(", ")))
        }
    }
}
