//! Conditions that can never hold for a known kind, or that hold too early.
//! It must never judge an object: it compares what is written with what is known of kinds, and is silent about any other.
//!
//! What is an error here is wrong whatever happens on the cluster. Where another part of an `||` or `any` may hold all the same, or
//! where the kind is only probably the one that is known, it is a warning.

mod compare;
mod fields;
mod order;
mod state;
mod subjects;
mod together;

use super::{Plan, Step, known};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::playbook::action::{Action, Match};
use crate::playbook::condition::{Condition, Entry, Named};
use crate::playbook::document::Playbook;
use crate::playbook::suggest;
use crate::playbook::target::Target;
use subjects::Subject;

/// Checks every condition that is known when planning.
pub(super) fn check(plan: &Plan, playbook: &Playbook, found: &mut Diagnostics) {
    for step in plan.all_steps() {
        for judged in judged(step, plan) {
            together::check(judged.condition, found);
            judged.check(judged.condition, Standing::default(), plan, found);
        }
        results(step, plan, found);
    }
    order::check(plan, playbook, found);
}

/// A condition and the objects that it is judged on.
struct Judged<'p> {
    condition: &'p Condition,
    subjects: Vec<Subject<'p>>,
    /// Whether one object that satisfies is enough.
    any: bool,
}

/// Where in a condition something stands.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    /// Under an odd number of `not`.
    negated: bool,
    /// Beside others of which one is enough.
    alternative: bool,
}

/// The conditions of a step over objects, those that select objects too.
fn judged<'p>(step: &'p Step, plan: &'p Plan) -> Vec<Judged<'p>> {
    let all = |condition, subjects| Judged { condition, subjects, any: false };
    let mut judged = Vec::new();
    match &step.action {
        Action::WaitUntil(wait) => {
            let subjects = || subjects::of_step(step, plan);
            let any = wait.matching == Some(Match::Any);
            judged.extend(
                known(Some(&wait.condition)).map(|condition| Judged { any, ..all(condition, subjects()) }),
            );
            if let Some(fail) = &wait.fail_when {
                let subjects = match &fail.target {
                    None => subjects(),
                    Some(target) => target.known().map_or_else(Vec::new, |target| subjects::of(target, plan)),
                };
                judged.extend(
                    known(Some(&fail.condition))
                        .map(|condition| Judged { any: true, ..all(condition, subjects) }),
                );
                judged.extend(selecting(known(fail.target.as_ref()), plan));
            }
        }
        Action::Assert(assert) => {
            let any = assert.matching == Some(Match::Any);
            judged.extend(
                known(Some(&assert.condition))
                    .map(|condition| Judged { any, ..all(condition, subjects::of_step(step, plan)) }),
            );
        }
        other => {
            judged.extend(known(other.wait()).map(|condition| all(condition, subjects::of_step(step, plan))))
        }
    }
    judged.extend(selecting(known(step.action.target()), plan));
    judged
}

/// The conditions by which a target selects its objects.
fn selecting<'p>(target: Option<&'p Target>, plan: &'p Plan) -> Vec<Judged<'p>> {
    match target {
        Some(Target::List(items, _)) => items.iter().flat_map(|item| selecting(Some(item), plan)).collect(),
        Some(target @ Target::Selector(selector)) => selector
            .where_
            .iter()
            .map(|condition| Judged { condition, subjects: subjects::of(target, plan), any: true })
            .collect(),
        Some(Target::Object(_) | Target::Manifest(_)) | None => Vec::new(),
    }
}

impl<'p> Judged<'p> {
    fn check(&self, condition: &'p Condition, standing: Standing, plan: &'p Plan, found: &mut Diagnostics) {
        let beside = |parts: &[Condition], one_is_enough: bool| Standing {
            alternative: standing.alternative || one_is_enough && parts.len() > 1,
            ..standing
        };
        match condition {
            Condition::All(parts, _) => {
                let standing = beside(parts, standing.negated);
                parts.iter().for_each(|part| self.check(part, standing, plan, found));
            }
            Condition::Any(parts, _) => {
                let standing = beside(parts, !standing.negated);
                parts.iter().for_each(|part| self.check(part, standing, plan, found));
            }
            Condition::Not(part, _) => {
                self.check(part, Standing { negated: !standing.negated, ..standing }, plan, found);
            }
            Condition::On(on) => {
                let subjects = subjects::of(&on.target, plan);
                let judged = Judged { condition: &on.condition, subjects, any: false };
                judged.check(&on.condition, standing, plan, found);
                selecting(Some(&on.target), plan)
                    .iter()
                    .for_each(|judged| judged.check(judged.condition, Standing::default(), plan, found));
            }
            leaf => self.leaf(leaf, standing, found),
        }
    }

    /// What is wrong with a condition that has no parts. If all objects must satisfy, one kind that cannot is enough; if any may, none
    /// must be able to.
    fn leaf(&self, leaf: &Condition, standing: Standing, found: &mut Diagnostics) {
        let mut kinds: Vec<&Subject<'_>> = Vec::new();
        for subject in &self.subjects {
            let is_like = |seen: &&&Subject<'_>| {
                std::ptr::eq(seen.known, subject.known) && seen.kind() == subject.kind()
            };
            if !kinds.iter().any(|seen| is_like(&seen)) {
                kinds.push(subject);
            }
        }
        let mut of_each = kinds.iter().map(|subject| faults(leaf, subject, standing));
        let faults = match self.any {
            false => of_each.find(|faults| !faults.is_empty()).unwrap_or_default(),
            true => {
                let of_each: Vec<Vec<Diagnostic>> = of_each.collect();
                let hopeless = of_each.iter().all(|faults| !faults.is_empty());
                of_each.into_iter().next().filter(|_| hopeless).unwrap_or_default()
            }
        };
        found.extend(faults);
    }
}

/// What is wrong with a condition that has no parts, for objects of one kind.
fn faults(leaf: &Condition, subject: &Subject<'_>, standing: Standing) -> Vec<Diagnostic> {
    let mut faults = match leaf {
        Condition::Expression(expression) => {
            let standing = Standing {
                // Any `||` in it, also one in quotes: then a fault is a warning at the worst.
                alternative: standing.alternative || expression.source().contains("||"),
                ..standing
            };
            return fields::expression(expression, subject, standing);
        }
        Condition::Entry(entry) => of_entry(entry, subject),
        Condition::Like(like) => fields::like(like, subject),
        Condition::Named(named) if named.value == Named::Scaled => {
            let known = subject.known;
            match known.counts_replicas || known.is_general() {
                true => Vec::new(),
                false => {
                    let message = format!(
                        "nothing counts the replicas of {}, so it is never `scaled`",
                        subject.a_kind()
                    );
                    vec![
                        Diagnostic::error(Code::NeverHolds, named.span, message)
                            .help("Wait until it is `ready`."),
                    ]
                }
            }
        }
        _ => Vec::new(),
    };
    faults.iter_mut().for_each(|fault| soften(fault, subject, standing));
    faults
}

/// An error stays one only where nothing else can make up for it.
fn soften(fault: &mut Diagnostic, subject: &Subject<'_>, standing: Standing) {
    if standing.alternative || !subject.sure {
        fault.severity = Severity::Warning;
    }
}

/// An entry of `status.conditions` has a type that the kind's controller sets, and one of three states.
fn of_entry(entry: &Entry, subject: &Subject<'_>) -> Vec<Diagnostic> {
    if let Some(given) = subject.given.filter(|given| !given.is_open() && given.field("conditions").is_none())
    {
        let message =
            format!("the status of {} has no conditions in the schema that was given", subject.a_kind());
        let fields = given.fields().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
        let help = (!fields.is_empty()).then(|| format!("It has {fields}."));
        return vec![Diagnostic::error(Code::NeverHolds, entry.span, message).maybe_help(help)];
    }
    let Some(status) = subject.known.status else { return Vec::new() };
    let mut faults = Vec::new();
    if !["True", "False", "Unknown"].iter().any(|known| known.eq_ignore_ascii_case(&entry.status)) {
        let message = format!("the state of a condition is True, False or Unknown, never `{}`", entry.status);
        let help = suggest::help(&entry.status, ["True", "False", "Unknown"]);
        faults.push(Diagnostic::error(Code::NeverHolds, entry.span, message).maybe_help(help));
    }
    let Some((types, closed)) = crate::kinds::status::condition_types(status) else {
        let message = match status {
            [] => format!("{} has no status, so no conditions", subject.a_kind()),
            _ => format!("the status of {} has no conditions", subject.a_kind()),
        };
        let help = "Wait until it is `ready`.";
        faults.push(Diagnostic::error(Code::NeverHolds, entry.span, message).help(help));
        return faults;
    };
    if !types.iter().any(|known| known.eq_ignore_ascii_case(&entry.kind)) {
        faults.extend(fields::unknown_type(&entry.kind, entry.span, types, closed, subject));
    }
    faults
}

/// What a step saves and expects of its result, where that is one object of a known kind.
fn results(step: &Step, plan: &Plan, found: &mut Diagnostics) {
    let gives_objects =
        !matches!(step.action, Action::Delete(_) | Action::Logs(_) | Action::Pause(_) | Action::Sleep(_));
    if !gives_objects || step.envelope.must_fail.is_some() {
        return;
    }
    let subjects = subjects::of_step(step, plan);
    let [subject] = subjects.as_slice() else { return };
    if subject.name.is_none() {
        return;
    }
    let saves = step.envelope.save.iter().flat_map(|saves| &saves.0);
    for (_, query) in saves {
        found.extend(query.known().and_then(|query| fields::nowhere(query, subject)));
    }
    if let Some(condition) = known(step.envelope.expect.as_ref()) {
        let judged = Judged { condition, subjects, any: false };
        together::check(condition, found);
        judged.check(condition, Standing::default(), plan, found);
    }
}
