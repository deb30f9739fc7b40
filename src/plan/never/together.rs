//! Parts of a condition that exclude each other.
//! It must never know kinds: what is found here holds of any object.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::json::Value;
use crate::playbook::condition::{Condition, Named};
use crate::playbook::expression::Operator;
use crate::source::Span;

/// Something that must be so together with all others.
struct Demand<'c> {
    what: What<'c>,
    span: Span,
}

enum What<'c> {
    /// The object is not there.
    Absence,
    /// The object is there, whatever else.
    Presence,
    /// A named condition holds, or does not.
    Named(Named, bool),
    /// A path has this value.
    Value(&'c str, &'c Value),
    /// An entry of `status.conditions` has this state.
    State(&'c str, &'c str),
}

/// Finds the first two parts of each list that exclude each other.
pub(super) fn check(condition: &Condition, found: &mut Diagnostics) {
    match condition {
        Condition::Any(parts, _) => parts.iter().for_each(|part| check(part, found)),
        Condition::On(on) => check(&on.condition, found),
        Condition::Not(..) => {}
        _ => {
            let mut demands = Vec::new();
            demanded(condition, &mut demands, found);
            let clash = demands.iter().enumerate().find_map(|(index, later)| {
                let earlier = demands[..index].iter().find(|earlier| excludes(&earlier.what, &later.what))?;
                Some((earlier, later))
            });
            if let Some((earlier, later)) = clash {
                let message = match (&earlier.what, &later.what) {
                    (What::Absence, _) | (_, What::Absence) => {
                        "this cannot be so while the object is not there"
                    }
                    _ => "this cannot be so together with what stands before it",
                };
                let finding = Diagnostic::error(Code::NeverHolds, later.span, message);
                found.push(
                    finding
                        .related(earlier.span, "and this")
                        .help("Write `any:` if one of them is enough, or make two steps."),
                );
            }
        }
    }
}

fn demanded<'c>(condition: &'c Condition, into: &mut Vec<Demand<'c>>, found: &mut Diagnostics) {
    let span = condition.span();
    let mut demand = |what| into.push(Demand { what, span });
    match condition {
        Condition::All(parts, _) => parts.iter().for_each(|part| demanded(part, into, found)),
        Condition::Any(..) | Condition::On(_) => check(condition, found),
        Condition::Named(named) if named.value == Named::Absent => demand(What::Absence),
        Condition::Named(named) => demand(What::Named(named.value, true)),
        Condition::Not(part, _) => match part.as_ref() {
            Condition::Named(named) if named.value == Named::Exists => demand(What::Absence),
            Condition::Named(named) if named.value == Named::Absent => demand(What::Presence),
            Condition::Named(named) => demand(What::Named(named.value, false)),
            Condition::Expression(_) | Condition::Entry(_) | Condition::Like(_) => demand(What::Presence),
            Condition::All(..) | Condition::Any(..) | Condition::Not(..) | Condition::On(_) => {}
        },
        Condition::Like(_) => demand(What::Presence),
        Condition::Entry(entry) => demand(What::State(&entry.kind, &entry.status)),
        Condition::Expression(expression) => {
            demand(What::Presence);
            if expression.source().contains("||") {
                return;
            }
            for used in expression.queries().iter().filter(|used| !used.negated && used.query.is_singular()) {
                if let Some((Operator::Equal, literal)) = used.comparison {
                    let path = used.query.source().trim_start_matches(['$', '@']);
                    into.push(Demand { what: What::Value(path, literal), span: used.span });
                }
            }
        }
    }
}

/// Whether two demands can never be met at once.
fn excludes(one: &What<'_>, other: &What<'_>) -> bool {
    match (one, other) {
        (What::Absence, What::Absence) => false,
        (What::Absence, _) | (_, What::Absence) => true,
        (What::Named(one, so), What::Named(other, so_too)) => one == other && so != so_too,
        (What::Value(one, wanted), What::Value(other, too)) => {
            one == other && !Operator::Equal.holds(wanted, too, true)
        }
        (What::State(one, wanted), What::State(other, too)) => {
            one.eq_ignore_ascii_case(other) && !wanted.eq_ignore_ascii_case(too)
        }
        _ => false,
    }
}
