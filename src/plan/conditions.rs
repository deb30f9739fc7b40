//! Walks over what steps name inside their conditions and targets.
//! It must never judge any of it.

use super::known;
use crate::playbook::action::Action;
use crate::playbook::condition::Condition;
use crate::playbook::late::Late;
use crate::playbook::manifest::ManifestRef;
use crate::playbook::step::Step;
use crate::playbook::target::Target;

/// The manifests that a step's targets name, those in its conditions too.
pub(super) fn manifests<'s>(step: &'s Step, into: &mut Vec<&'s ManifestRef>) {
    let mut targets = Vec::new();
    targets.extend(known(step.action.target()));
    if let Action::WaitUntil(wait) = &step.action
        && let Some(fail_when) = &wait.fail_when
    {
        targets.extend(known(fail_when.target.as_ref()));
    }
    for condition in conditions(&step.action) {
        on_targets(condition, &mut targets);
    }
    for target in targets {
        of_target(target, into);
    }
}

/// Every condition over objects that a verb carries and that is known before the run.
pub(super) fn conditions(action: &Action) -> Vec<&Condition> {
    let mut all: Vec<&Condition> = Vec::new();
    let late: [Option<&Late<Condition>>; 3] = match action {
        Action::WaitUntil(wait) => {
            [Some(&wait.condition), wait.fail_when.as_ref().map(|fail_when| &fail_when.condition), None]
        }
        Action::Assert(assert) => [Some(&assert.condition), None, None],
        other => [other.wait(), None, None],
    };
    all.extend(late.into_iter().filter_map(known));
    all
}

/// The targets of the parts of a condition that are judged on other objects.
pub(super) fn on_targets<'c>(condition: &'c Condition, into: &mut Vec<&'c Target>) {
    match condition {
        Condition::All(parts, _) | Condition::Any(parts, _) => {
            parts.iter().for_each(|part| on_targets(part, into))
        }
        Condition::Not(part, _) => on_targets(part, into),
        Condition::On(on) => {
            into.push(&on.target);
            on_targets(&on.condition, into);
        }
        Condition::Expression(_) | Condition::Entry(_) | Condition::Named(_) | Condition::Like(_) => {}
    }
}

fn of_target<'t>(target: &'t Target, into: &mut Vec<&'t ManifestRef>) {
    match target {
        Target::Manifest(manifest) => into.push(manifest),
        Target::List(items, _) => items.iter().for_each(|item| of_target(item, into)),
        Target::Object(_) | Target::Selector(_) => {}
    }
}
