//! Every rule of meaning that needs no cluster, in one pass.
//! It must never stop at the first finding.

use super::conditions::{conditions, on_targets};
use super::named::objects_of;
use super::{Inputs, Object, Plan, Step, known};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::event::Phase;
use crate::kinds;
use crate::playbook::action::{Action, Scale};
use crate::playbook::document::Playbook;
use crate::playbook::duration;
use crate::playbook::late::Late;
use crate::playbook::replicas::Replicas;
use crate::playbook::suggest;
use crate::playbook::target::{KindWord, Selector, Target};
use crate::playbook::template;
use crate::source::{Span, Tree};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is checked against the plan that was made of it.
pub(super) struct Written<'p> {
    /// The playbook.
    pub playbook: &'p Playbook,
    /// Whether it, or the command line, names a manifest, be it a good one or not.
    pub has_manifest: bool,
}

/// Checks a plan; what it finds is added.
pub(super) fn check(plan: &Plan, written: &Written<'_>, inputs: &Inputs, found: &mut Diagnostics) {
    names(plan, written.playbook, found);
    for object in &plan.objects {
        namespace(object, inputs, found);
        super::lint::lint(object, plan, found);
    }
    for step in plan.all_steps() {
        targets(step, plan, written, found);
        times(step, plan, found);
        envelope(step, found);
        serves(step, plan, found);
    }
    super::never::check(plan, written.playbook, found);
    unwaited(plan, found);
}

/// Ids are unique; `${{ steps.ID.NAME }}` names a step that comes earlier and saves that name.
fn names(plan: &Plan, playbook: &Playbook, found: &mut Diagnostics) {
    let mut ids: BTreeMap<&str, (Span, Vec<&str>)> = BTreeMap::new();
    let lists = || {
        [Some(&playbook.steps), playbook.on_failure.as_ref(), playbook.finally.as_ref()].into_iter().flatten()
    };
    let trees = lists().flat_map(|list| list.steps.iter().map(|step| &step.tree));
    let all: Vec<&str> = plan.all_steps().filter_map(Step::id).collect();
    // What a step that could not be read has saved is not known.
    let unread: Vec<&str> =
        lists().flat_map(|list| &list.unread).filter_map(|tree| tree.get("id")?.as_str()).collect();
    for (step, tree) in plan.all_steps().zip(trees) {
        let mut references = template::references(tree);
        if let Some(when) = &step.envelope.when {
            let named = when.0.references();
            plan.scope.report_unknown(&named, found);
            references.extend(named);
        }
        for reference in references {
            match (reference.root.value.as_str(), reference.names.as_slice()) {
                ("steps", [id, ..]) if unread.contains(&id.value.as_str()) => {}
                ("steps", [id, rest @ ..]) => match (ids.get(id.value.as_str()), rest.first()) {
                    (None, _) => {
                        let earlier = ids.keys().copied().collect::<Vec<_>>();
                        let (message, help) = if Some(id.value.as_str()) == step.id() {
                            let help = "`expect` judges the result of the step itself.";
                            (
                                format!("step `{}` cannot read what it saves itself", id.value),
                                Some(help.into()),
                            )
                        } else if all.contains(&id.value.as_str()) {
                            let help = "Move this step behind it.";
                            let message =
                                format!("step `{}` comes later, so it has saved nothing yet", id.value);
                            (message, Some(help.into()))
                        } else {
                            let help = suggest::help(&id.value, earlier).unwrap_or_else(|| {
                                format!("Give the step that saves it `id: {}`.", id.value)
                            });
                            (format!("no step has the id `{}`", id.value), Some(help))
                        };
                        found.push(Diagnostic::error(Code::UnknownName, id.span, message).maybe_help(help));
                    }
                    (Some((at, saves)), Some(name)) if !saves.contains(&name.value.as_str()) => {
                        let message = format!("step `{}` saves no `{}`", id.value, name.value);
                        let help = suggest::help(&name.value, saves.clone());
                        let help =
                            help.unwrap_or_else(|| format!("Add `save: {{ {}: $.… }}` to it.", name.value));
                        found.push(
                            Diagnostic::error(Code::UnknownName, name.span, message)
                                .help(help)
                                .related(*at, "that step"),
                        );
                    }
                    _ => {}
                },
                ("steps", []) => {
                    let message = "`steps` alone is no value";
                    found.push(
                        Diagnostic::error(Code::UnknownName, reference.span, message).help(
                            "Write `steps.ID.NAME`: the id of an earlier step, and a name that it saves.",
                        ),
                    );
                }
                ("failure", _) if step.path.phase == Phase::Steps => {
                    let message = "`failure` is known in `on-failure` and `finally` only";
                    found.push(
                        Diagnostic::error(Code::UnknownName, reference.span, message)
                            .help("Move the step into one of them."),
                    );
                }
                ("failure", [name, ..]) if !matches!(name.value.as_str(), "step" | "message") => {
                    let message = format!("a failure has no `{}`", name.value);
                    let help = suggest::help(&name.value, ["step", "message"]);
                    found.push(Diagnostic::error(Code::UnknownName, name.span, message).maybe_help(help));
                }
                _ => {}
            }
        }
        // Also those that could not be read.
        let saves = tree.get("save").and_then(Tree::entries).unwrap_or_default();
        let saves = saves.iter().map(|entry| entry.key.as_str()).collect();
        if let Some(id) = &step.envelope.id {
            match ids.get(id.value.as_str()) {
                Some((first, _)) => {
                    let message = format!("two steps have the id `{}`", id.value);
                    found.push(
                        Diagnostic::error(Code::DuplicateId, id.span, message)
                            .help("Call one of them otherwise.")
                            .related(*first, "the first"),
                    );
                }
                None => {
                    ids.insert(&id.value, (id.span, saves));
                }
            }
        } else if let Some(saves) = step.envelope.save.as_ref().filter(|_| tree.get("id").is_none()) {
            let span = saves.0.first().map_or(step.verb, |(name, _)| name.span);
            let message = "`save` needs an `id`, or nobody can read what is saved";
            found.push(Diagnostic::error(Code::SaveWithoutId, span, message).help("Give the step an `id`."));
        }
    }
}

/// `-n` and an object's own namespace agree.
fn namespace(object: &Object, inputs: &Inputs, found: &mut Diagnostics) {
    let (Some(demanded), Some(own)) = (&inputs.namespace, &object.namespace) else { return };
    if demanded == own {
        return;
    }
    let at = object.tree.get("metadata").and_then(|metadata| metadata.get("namespace"));
    let message = format!("{} is in namespace `{own}`, and `-n {demanded}` was demanded", object.title());
    let finding =
        Diagnostic::error(Code::NamespaceMismatch, at.map_or(object.span, |tree| tree.span), message);
    found.push(finding.help("Leave `-n` out, or take the namespace out of the manifest."));
}

/// Targets name kinds, labels can be read, and a target that is left out has objects to stand for.
fn targets(step: &Step, plan: &Plan, from: &Written<'_>, found: &mut Diagnostics) {
    let mut written = Vec::new();
    written.extend(known(step.action.target()));
    if let Action::WaitUntil(wait) = &step.action
        && let Some(fail_when) = &wait.fail_when
    {
        written.extend(known(fail_when.target.as_ref()));
    }
    for condition in conditions(&step.action) {
        on_targets(condition, &mut written);
    }
    for target in written {
        target_kinds(target, plan, found);
    }
    let takes_target = !matches!(step.action, Action::Pause(_) | Action::Sleep(_));
    let names_objects = matches!(&step.action, Action::Apply(apply) if apply.manifest.is_some());
    if takes_target && !names_objects && step.action.target().is_none() && !from.has_manifest {
        let verb = step.action.verb();
        let message = format!("`{verb}` has no target, and the playbook no `manifest` to take it from");
        let help = if verb == "apply" {
            "Write `apply: FILE`, or `manifest: FILE` at the top."
        } else {
            "Write `target: Kind/name`, or `manifest: FILE` at the top."
        };
        found.push(Diagnostic::error(Code::NoSuchTarget, step.verb, message).help(help));
    }
}

fn target_kinds(target: &Target, plan: &Plan, found: &mut Diagnostics) {
    match target {
        Target::Object(object) => kind_word(&object.kind, None, plan, found),
        Target::Selector(selector) => {
            let Selector { kind, api_version, owner, .. } = selector.as_ref();
            kind_word(kind, api_version.as_ref().map(|version| version.value.as_str()), plan, found);
            if let Some(owner) = owner {
                kind_word(&owner.kind, None, plan, found);
            }
        }
        Target::Manifest(_) => {}
        Target::List(items, _) => items.iter().for_each(|item| target_kinds(item, plan, found)),
    }
}

/// A kind is one that is known by heart or stands in a manifest; any other only a cluster can resolve.
fn kind_word(kind: &KindWord, api_version: Option<&str>, plan: &Plan, found: &mut Diagnostics) {
    let with_group =
        kind.group.as_ref().map_or_else(|| kind.word.clone(), |group| format!("{}.{group}", kind.word));
    let in_manifest = plan.objects.iter().any(|object| object.kind.eq_ignore_ascii_case(&kind.word));
    if api_version.is_some() || in_manifest || kinds::by_name(&with_group).is_some() {
        return;
    }
    let known =
        kinds::all().map(|known| known.kind).chain(plan.objects.iter().map(|object| object.kind.as_str()));
    let near = suggest::nearest(&kind.word, known).map(|near| format!("Did you mean `{near}`?"));
    let capital = kind.word.starts_with(|first: char| first.is_uppercase());
    if kind.group.is_some() || capital && near.is_none() {
        return;
    }
    let message = format!("only a cluster can tell what `{}` is", kind.word);
    let help = near
        .unwrap_or_else(|| "Write the kind itself, or the kind with its group: `Widget.example.com`.".into());
    found.push(Diagnostic::warning(Code::ClusterResolves, kind.span, message).help(help));
}

/// A deadline leaves room for the time that a condition must hold.
fn times(step: &Step, plan: &Plan, found: &mut Diagnostics) {
    let hold = known(step.action.hold_for()).copied().unwrap_or_default();
    let fields = [step.envelope.timeout.as_ref(), step.action.attempt_timeout()];
    for timeout in fields.into_iter().flatten() {
        if let Some(limit) = timeout.known()
            && hold > Duration::ZERO
            && *limit <= hold
        {
            let message = format!(
                "this deadline ({}) passes before the condition could hold for {}",
                duration::words(*limit),
                duration::words(hold)
            );
            found.push(
                Diagnostic::error(Code::TimeoutTooShort, timeout.span(), message)
                    .help("Make `timeout` longer than `hold-for`."),
            );
        }
    }
    if let (Some(all), Some(one)) = (step.envelope.timeout.as_ref(), step.action.attempt_timeout())
        && let (Some(all), Some(limit)) = (all.known(), one.known())
        && limit > all
    {
        let message = format!(
            "an attempt may take {}, and the whole step only {}",
            duration::words(*limit),
            duration::words(*all)
        );
        found.push(
            Diagnostic::warning(Code::TimeoutTooShort, one.span(), message)
                .help("Make this one shorter, or the step's own `timeout` longer."),
        );
    }
    if let Some(bound) = plan.timeout
        && hold > bound
    {
        let span = step.action.hold_for().map_or(step.verb, |hold| hold.span());
        let message = format!("the playbook's `timeout` ({}) passes before this", duration::words(bound));
        found.push(
            Diagnostic::error(Code::TimeoutTooShort, span, message)
                .help("Make the playbook's `timeout` longer than `hold-for`."),
        );
    }
}

/// What the envelope says makes sense for the verb.
fn envelope(step: &Step, found: &mut Diagnostics) {
    let silent = matches!(step.action, Action::Pause(_) | Action::Sleep(_));
    if let (true, Some(save)) = (silent, &step.envelope.save) {
        let span = save.0.first().map_or(step.verb, |(name, _)| name.span);
        let message = format!("`{}` has no result to save from", step.action.verb());
        found.push(Diagnostic::error(Code::CannotServe, span, message).help("Leave `save` out."));
    }
    for (key, field) in [("expect", &step.envelope.expect), ("must-fail", &step.envelope.must_fail)] {
        let Some(field) = field else { continue };
        if silent {
            let message = format!("`{}` has nothing that `{key}` could judge", step.action.verb());
            found.push(
                Diagnostic::error(Code::CannotServe, field.span(), message)
                    .help(format!("Leave `{key}` out.")),
            );
        }
    }
    if let (Some(_), Some(expect)) = (&step.envelope.must_fail, &step.envelope.expect) {
        let message = "a step that must be refused has no result to expect anything of";
        found.push(
            Diagnostic::error(Code::ConflictingKeys, expect.span(), message)
                .help("Keep `must-fail` or `expect`."),
        );
    }
    if let Some(retry) = &step.envelope.retry
        && let Some(attempts) = retry.attempts.as_ref()
        && attempts.known() == Some(&0)
    {
        found.push(
            Diagnostic::error(Code::BadValue, attempts.span(), "a step has at least one attempt")
                .help("`attempts` counts the first one too; left out, it is tried until the deadline."),
        );
    }
    if let Some(retry) = &step.envelope.retry
        && let Some(backoff) = retry.backoff.as_ref()
        && backoff.known().is_some_and(|backoff| !(1.0..=100.0).contains(backoff))
    {
        found.push(
            Diagnostic::error(Code::BadValue, backoff.span(), "`backoff` is a factor from 1 to 100")
                .help("Each delay is the one before it, times this: 1 keeps it, 2 doubles it."),
        );
    }
    let counts = match &step.action {
        Action::WaitUntil(wait) => (known(wait.at_least.as_ref()), wait.at_most.as_ref()),
        Action::Assert(assert) => (known(assert.at_least.as_ref()), assert.at_most.as_ref()),
        _ => (None, None),
    };
    if let (Some(least), Some(most)) = counts
        && most.known().is_some_and(|most| most < least)
    {
        found.push(
            Diagnostic::error(Code::BadValue, most.span(), "`at-most` is less than `at-least`")
                .help(format!("Write {least} or more.")),
        );
    }
}

/// The objects that a step acts on, as far as they stand in manifests.
pub(super) fn step_objects<'p>(step: &'p Step, plan: &'p Plan) -> Vec<&'p Object> {
    match step.action.target() {
        None => plan.default_target().collect(),
        Some(target) => target.known().map_or_else(Vec::new, |target| objects_of(target, plan)),
    }
}

/// A verb that needs exactly one object has it, and its kind can serve the verb.
fn serves(step: &Step, plan: &Plan, found: &mut Diagnostics) {
    let needs_one = matches!(step.action, Action::Patch(_) | Action::Scale(_));
    if !needs_one {
        return;
    }
    let verb = step.action.verb();
    let objects = step_objects(step, plan);
    let able: Vec<&Object> = match &step.action {
        Action::Scale(_) => objects.iter().copied().filter(|object| scalable(object)).collect(),
        _ => objects.clone(),
    };
    let list =
        |objects: &[&Object]| objects.iter().map(|object| object.title()).collect::<Vec<_>>().join(", ");
    let default = step.action.target().is_none();
    let span = step.action.target().map_or(step.verb, |target| target.span());
    match (able.as_slice(), objects.as_slice()) {
        ([object], _) if default || objects.len() == 1 => {
            if let Action::Scale(scale) = &step.action {
                scales(scale, object, step.verb, found);
            }
        }
        ([], []) => {}
        ([], _) => {
            let message = format!("`{verb}` cannot be done to {}", list(&objects));
            found.push(
                Diagnostic::error(Code::CannotServe, span, message)
                    .help("Only kinds with a number of replicas can be scaled."),
            );
        }
        (able, _) => {
            // Of a target all objects count, of the manifest those that the verb can serve.
            let all = if default { able } else { objects.as_slice() };
            let message = format!("`{verb}` needs one object, and here are {}: {}", all.len(), list(all));
            let help = able.first().map(|object| format!("Name one: `target: {}`.", object.title()));
            found.push(Diagnostic::error(Code::NotOneObject, span, message).maybe_help(help));
        }
    }
}

/// Whether a `scale` of an object could work: what nobody knows may have a scale subresource.
fn scalable(object: &Object) -> bool {
    let known = kinds::of(&object.api_version, &object.kind);
    known.scalable || known.is_general()
}

fn scales(scale: &Scale, object: &Object, verb: Span, found: &mut Diagnostics) {
    let (Some(value), Some(replicas)) = (object.known(), scale.replicas.known()) else { return };
    let (predictor, component) = match (scale.predictor.as_ref(), scale.component.as_ref()) {
        (Some(predictor), _) if predictor.known().is_none() => return,
        (_, Some(component)) if component.known().is_none() => return,
        (predictor, component) => (known(predictor), known(component)),
    };
    let to = match *replicas {
        Replicas::Count(count) => kinds::ScaleTo::Replicas(i64::from(count)),
        Replicas::Bounds { min, max } => {
            kinds::ScaleTo::Bounds { min: min.map(i64::from), max: max.map(i64::from) }
        }
    };
    let request = kinds::ScaleRequest {
        to,
        predictor: predictor.map(|name| name.0.as_str()),
        component: component.map(|name| name.0.as_str()),
    };
    if let Err(refusal) = kinds::scale(&value, &request) {
        // What need only be left out to make it work is at fault.
        let works = |request: &kinds::ScaleRequest<'_>| kinds::scale(&value, request).is_ok();
        let fault = if component.is_some() && works(&kinds::ScaleRequest { component: None, ..request }) {
            scale.component.as_ref().map(Late::span)
        } else if predictor.is_some() && works(&kinds::ScaleRequest { predictor: None, ..request }) {
            scale.predictor.as_ref().map(Late::span)
        } else {
            None
        };
        let owned = kinds::replicas(&value)
            .iter()
            .any(|field| matches!(field.deciding, kinds::Decides::Autoscaler { .. }));
        let code = if owned { Code::AutoscalerOwns } else { Code::CannotServe };
        let replicas = if scale.replicas.span().start == 0 { verb } else { scale.replicas.span() };
        found.push(
            Diagnostic::error(code, fault.unwrap_or(replicas), refusal.message)
                .maybe_help(Some(sentence(&refusal.help)).filter(|_| !refusal.help.is_empty())),
        );
    }
}

/// Words as a sentence.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    let end = if words.ends_with(['.', '?']) { "" } else { "." };
    format!("{}{}{end}", first.into_iter().collect::<String>(), chars.as_str())
}

/// A change that nothing waits for before the next `delete` was for nothing.
fn unwaited(plan: &Plan, found: &mut Diagnostics) {
    let mut change: Option<&Step> = None;
    for step in plan.steps.iter().chain(&plan.finally) {
        match &step.action {
            Action::Scale(_) | Action::Patch(_)
                if step.action.wait().is_none() && step.envelope.must_fail.is_none() =>
            {
                change = Some(step)
            }
            Action::Delete(_) => {
                if let Some(change) = change.take() {
                    let message =
                        format!("nothing waits for this `{}` before the `delete`", change.action.verb());
                    found.push(
                        Diagnostic::warning(Code::NotWaitedFor, change.verb, message)
                            .related(step.verb, "the `delete`")
                            .help(match change.action {
                                Action::Scale(_) => {
                                    "Add `wait: scaled`, or a step `wait-until: scaled` behind it."
                                }
                                _ => "Add `wait: CONDITION`, or a step `wait-until` behind it.",
                            }),
                    );
                }
            }
            Action::Patch(_)
            | Action::Scale(_)
            | Action::WaitUntil(_)
            | Action::Assert(_)
            | Action::Pause(_)
            | Action::Sleep(_) => change = None,
            Action::Apply(_) | Action::Get(_) | Action::Describe(_) | Action::Logs(_) => {}
        }
    }
}
