//! Conditions in the light of the steps before them: what is only an echo of the run's own write, what is stale for a moment, what a
//! write has made impossible; and writes to a replicas field that decides nothing.
//! It must never know a cluster, where others write too.

use super::state::{Track, World, resolved};
use super::subjects::{self, Subject};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::json::Value;
use crate::kinds::{self, Decides, Observes};
use crate::plan::{Plan, Step, known};
use crate::playbook::action::{Action, Patch};
use crate::playbook::condition::{Condition, Named};
use crate::playbook::document::Playbook;
use crate::playbook::expression::query::{Outline, Query};
use crate::playbook::expression::{Operator, Use};
use crate::playbook::replicas::Replicas;
use crate::source::{Span, Tree};

/// Follows the steps in their order. Handlers run after who knows which of them.
pub(super) fn check(plan: &Plan, playbook: &Playbook, found: &mut Diagnostics) {
    let mut world = World::default();
    let mut previous: Option<&Step> = None;
    for (step, written) in plan.steps.iter().zip(&playbook.steps.steps) {
        world.take(step, plan);
        let (condition, after) = match &step.action {
            Action::WaitUntil(wait) => (known(Some(&wait.condition)), previous),
            Action::Assert(assert) => (known(Some(&assert.condition)), previous),
            Action::Patch(patch) => {
                losing(step, patch, &written.tree, plan, &world, found);
                (known(patch.wait.as_ref()), Some(step))
            }
            other => (known(other.wait()), Some(step)),
        };
        if let Some(condition) = condition {
            for subject in subjects::of_step(step, plan) {
                let moment = Moment { step, after, track: world.of(&subject), subject: &subject };
                moment.check(condition, found);
            }
        }
        if !matches!(
            step.action,
            Action::Sleep(_) | Action::Pause(_) | Action::Get(_) | Action::Describe(_) | Action::Logs(_)
        ) {
            previous = Some(step);
        }
    }
}

/// A condition about to be judged.
struct Moment<'m, 'p> {
    /// The step that judges it.
    step: &'m Step,
    /// The step before it, or this one if the condition waits for its own effect.
    after: Option<&'m Step>,
    /// What the run has made of the object.
    track: Option<&'m Track<'p>>,
    subject: &'m Subject<'p>,
}

impl Moment<'_, '_> {
    fn check(&self, condition: &Condition, found: &mut Diagnostics) {
        let mut leaves = Vec::new();
        together(condition, &mut leaves);
        let available = leaves.iter().find_map(|leaf| availability(leaf));
        if self.subject.known.observes == Observes::ByChildren
            && let Some((span, by_state)) = available
        {
            if let Some(child) = self.at_zero() {
                let message =
                    format!("{child} is scaled to 0, and then a SeldonDeployment is never Available");
                found.push(
                    Diagnostic::error(Code::NeverHolds, span, message).help("Wait until it is `scaled`."),
                );
            } else if by_state && self.just_changed() && !leaves.iter().any(|leaf| counts(leaf)) {
                found.push(self.stale(span));
            }
        }
        for leaf in leaves {
            let Condition::Expression(expression) = leaf else { continue };
            found.extend(expression.queries().iter().filter_map(|used| self.echo(used)));
        }
    }

    /// A child that is asked to have no replicas.
    fn at_zero(&self) -> Option<String> {
        let value = self.track?.value.as_ref()?;
        let fields = kinds::replicas(value);
        let field = fields
            .into_iter()
            .find(|field| field.value == Some(0) && !matches!(field.deciding, Decides::Autoscaler { .. }))?;
        Some(field.child)
    }

    /// Whether the step before scaled or patched the object.
    fn just_changed(&self) -> bool {
        self.track.is_some_and(|track| {
            matches!(track.by.action, Action::Scale(_) | Action::Patch(_))
                && self.after.is_some_and(|after| std::ptr::eq(after, track.by))
        })
    }

    fn stale(&self, span: Span) -> Diagnostic {
        let fresh = match &self.step.action {
            Action::WaitUntil(wait) => known(wait.fresh.as_ref()) != Some(&false),
            Action::Assert(assert) => known(assert.fresh.as_ref()) != Some(&false),
            _ => true,
        };
        let by = self.after.map_or("change", |step| step.action.verb());
        let wait = if by == "scale" { "`scaled`" } else { "`ready`, or `scaled` if it changes replicas" };
        let message = match fresh {
            true => format!(
                "after a `{by}` its state stays Available for a moment, and it says nothing of how many replicas there are"
            ),
            false => format!(
                "after a `{by}` its state stays Available for a moment, and with `fresh: false` that is believed"
            ),
        };
        let help = match fresh {
            true => format!(
                "Wait until it is {wait}. This is taken as fresh only because its Deployments are waited for."
            ),
            false => format!("Wait until it is {wait}."),
        };
        let finding = Diagnostic::warning(Code::HoldsTooEarly, span, message).help(help);
        match self.after.filter(|after| !std::ptr::eq(*after, self.step)) {
            Some(after) => finding.related(after.verb, "the change"),
            None => finding,
        }
    }

    /// The finding that a comparison only reads back what the run has written into the spec.
    fn echo(&self, used: &Use<'_>) -> Option<Diagnostic> {
        let track = self.track?;
        let (operator, literal) = used.comparison.filter(|_| !used.negated)?;
        let outline = used.query.outline();
        if !matches!(outline.first(), Some(Outline::Name(name)) if name.value == "spec") {
            return None;
        }
        let just_written = self.after.is_some_and(|after| std::ptr::eq(after, track.by));
        if matches!(self.step.action, Action::Assert(_)) && !just_written {
            return None;
        }
        let holds = |value: &Value| says(used.query, value, operator, literal);
        let echoes = match (&track.value, &track.original) {
            (Some(value), Some(original)) => holds(value) && !holds(original),
            (Some(value), None) => holds(value),
            (None, _) => just_written && wrote(&track.by.action, used.query, &holds, literal),
        };
        let verb = track.by.action.verb();
        let message =
            format!("this only reads back what `{verb}` wrote: it holds at once, whatever becomes of it");
        let replicas = matches!(outline.last(), Some(Outline::Name(name)) if name.value == "replicas");
        let help = match replicas && self.subject.known.counts_replicas {
            true => "Wait until it is `scaled`.",
            false => "Wait until it is `ready`, or for something in its status.",
        };
        let finding = || {
            Diagnostic::warning(Code::HoldsTooEarly, used.span, message)
                .help(help)
                .related(track.by.verb, "written here")
        };
        echoes.then(finding)
    }
}

fn says(query: &Query, value: &Value, operator: Operator, literal: &Value) -> bool {
    query.select(value).iter().any(|hit| operator.holds(hit.value, literal, true))
}

/// Whether a write to an object that is not known itself says what is compared.
fn wrote(action: &Action, query: &Query, holds: &dyn Fn(&Value) -> bool, literal: &Value) -> bool {
    let outline = query.outline();
    let Some(Outline::Name(last)) = outline.last() else { return false };
    match action {
        Action::Scale(scale) => {
            let to = scale.replicas.known();
            last.value == "replicas" && matches!(to, Some(Replicas::Count(to)) if *literal == *to)
        }
        Action::Patch(patch) => known(patch.merge.as_ref()).is_some_and(|merge| holds(&merge.0)),
        _ => false,
    }
}

/// The conditions without parts that must all hold.
fn together<'c>(condition: &'c Condition, into: &mut Vec<&'c Condition>) {
    match condition {
        Condition::All(parts, _) => parts.iter().for_each(|part| together(part, into)),
        Condition::Expression(expression) if expression.source().contains("||") => {}
        Condition::Any(..) | Condition::Not(..) | Condition::On(_) => {}
        leaf => into.push(leaf),
    }
}

/// Where a condition asks a SeldonDeployment to be Available, and whether by its status alone.
fn availability(leaf: &Condition) -> Option<(Span, bool)> {
    match leaf {
        Condition::Named(named) => (named.value == Named::Ready).then_some((named.span, false)),
        Condition::Entry(entry) => {
            let ready = entry.kind.eq_ignore_ascii_case("Ready") && entry.status.eq_ignore_ascii_case("True");
            ready.then_some((entry.span, true))
        }
        Condition::Expression(expression) => expression.queries().iter().find_map(|used| {
            let asked = matches!(used.comparison, Some((Operator::Equal, Value::String(word))) if word == "Available");
            (asked && !used.negated && leads(used.query, &["status", "state"])).then_some((used.span, true))
        }),
        _ => None,
    }
}

/// Whether a condition looks at numbers of replicas.
fn counts(leaf: &Condition) -> bool {
    match leaf {
        Condition::Named(named) => named.value == Named::Scaled,
        Condition::Expression(expression) => expression.queries().iter().any(|used| {
            leads(used.query, &["status", "replicas"]) || leads(used.query, &["status", "deploymentStatus"])
        }),
        _ => false,
    }
}

/// Whether a query begins with these names.
fn leads(query: &Query, names: &[&str]) -> bool {
    let outline = query.outline();
    let matches = |(step, name): (&Outline<'_>, &&str)| matches!(step, Outline::Name(written) if written.value == **name);
    outline.len() >= names.len() && outline.iter().zip(names).all(matches)
}

/// The finding that a patch writes a number of replicas that another field overrules.
fn losing(step: &Step, patch: &Patch, tree: &Tree, plan: &Plan, world: &World<'_>, found: &mut Diagnostics) {
    let subjects = subjects::of_step(step, plan);
    for track in subjects.iter().filter_map(|subject| world.of(subject)) {
        let (Some(value), Some(before)) = (&track.value, &track.before) else { continue };
        if !std::ptr::eq(track.by, step) {
            continue;
        }
        let Some(reason) = kinds::written_in_vain(value, &before["spec"]) else { continue };
        let span = written_at(step, patch, tree, &reason.pointer, before);
        let message = format!("this number decides nothing: {} does", reason.wanted);
        found.push(
            Diagnostic::warning(Code::LosingField, span, message)
                .help("Write that one; or write `scale: N`, which finds the field that decides."),
        );
    }
}

/// Where a patch writes a place of the object.
fn written_at(step: &Step, patch: &Patch, tree: &Tree, pointer: &str, before: &Value) -> Span {
    if let Some(operations) = known(patch.json.as_ref()).and_then(|json| resolved(json, before)) {
        let writes = operations.iter().rev().find(|(_, operation)| {
            operation["path"].as_str().is_some_and(|path| {
                pointer.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        });
        return writes.map_or(step.verb, |(operation, _)| operation.span);
    }
    let merge = tree.get("patch").and_then(|patch| patch.get("merge"));
    let entry = merge.and_then(|merge| merge.nearest(pointer).1);
    entry.map_or(step.verb, |entry| entry.key_span)
}
