//! `seldonplay plan`
//! It must never reach for a cluster.

use super::options::{ColourOption, PlaybookOptions};
use super::playbook::{read, show};
use crate::event::{Ending, Phase};
use crate::plan::{Inputs, Plan, Step};
use crate::playbook::action::Action;
use crate::playbook::duration;
use crate::playbook::late::Late;
use crate::source::Sources;
use clap::Args;
use std::path::PathBuf;

/// Show the plan as it will run.
#[derive(Debug, Args)]
pub(super) struct PlanCommand {
    /// The playbook.
    #[arg(value_name = "PLAYBOOK")]
    playbook: PathBuf,
    #[command(flatten)]
    with: PlaybookOptions,
    #[command(flatten)]
    colour: ColourOption,
}

impl PlanCommand {
    pub(super) fn execute(self) -> Ending {
        let inputs = match self.with.inputs() {
            Ok(inputs) => Inputs { unset_is_late: true, run_id: "plan".into(), ..inputs },
            Err(message) => {
                eprintln!("error: {message}");
                return Ending::Invalid;
            }
        };
        let playbook = read(&self.playbook, &inputs);
        show(&playbook.findings, &playbook.sources, self.colour.color.style());
        let Some(plan) = playbook.plan else { return Ending::Invalid };
        print!("{}", words(&plan, &playbook.sources, self.with.namespace.is_some()));
        Ending::Passed
    }
}

/// The plan for people.
fn words(plan: &Plan, sources: &Sources, demanded: bool) -> String {
    let mut lines = vec![plan.name.clone()];
    lines.extend(plan.description.iter().map(|description| format!("  {}", description.trim())));
    let context = if demanded || plan.namespace != "default" { "" } else { " (or the context's)" };
    lines.push(format!("  namespace {}{context}", plan.namespace));
    lines.extend(plan.timeout.map(|timeout| format!("  all steps within {}", duration::words(timeout))));
    lines.extend(
        plan.vars.iter().map(|(name, value)| format!("  {name} = {}", masked(plan, &value.to_string()))),
    );
    if !plan.objects.is_empty() {
        lines.push(String::new());
        lines.push("objects".into());
        let width = plan.objects.iter().map(|object| object.title().chars().count()).max().unwrap_or(0);
        for object in &plan.objects {
            let namespace =
                object.namespace.as_ref().map_or_else(String::new, |namespace| format!("  in {namespace}"));
            let title = object.title();
            lines.push(format!(
                "  {title:width$}  {}{namespace}  {}",
                object.api_version,
                sources.place(object.span)
            ));
        }
    }
    for (phase, steps) in
        [(Phase::Steps, &plan.steps), (Phase::OnFailure, &plan.on_failure), (Phase::Finally, &plan.finally)]
    {
        if steps.is_empty() {
            continue;
        }
        lines.push(String::new());
        lines.push(phase.as_str().into());
        let width = steps.iter().map(|step| step.title.chars().count()).max().unwrap_or(0);
        for step in steps {
            let number = step.path.index.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
            let title = masked(plan, &step.title);
            let mut line = format!("  {number:>2}  {title:width$}");
            for part in details(step, plan) {
                line.push_str("  ");
                line.push_str(&part);
            }
            lines.push(line.trim_end().to_owned());
        }
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// What is said of a step besides its title, defaults filled in.
fn details(step: &Step, plan: &Plan) -> Vec<String> {
    let mut parts = Vec::new();
    if step.action.verb() != "pause" && step.action.verb() != "sleep" {
        let objects: Vec<String> = match (&step.action, step.action.target()) {
            (_, Some(target)) => target.known().map(|target| target.source()).into_iter().collect(),
            (Action::Apply(apply), None) => match &apply.manifest {
                Some(manifest) => plan.objects_at(manifest.span()).map(|object| object.title()).collect(),
                None => plan.default_target().map(|object| object.title()).collect(),
            },
            (_, None) => plan.default_target().map(|object| object.title()).collect(),
        };
        let shown = match objects.as_slice() {
            [] => String::new(),
            many if many.len() > 3 => format!("{} and {} more", many[..2].join(", "), many.len() - 2),
            few => few.join(", "),
        };
        parts.extend(Some(shown).filter(|shown| !shown.is_empty()));
    }
    let late = |field: &Late<std::time::Duration>| {
        field.known().map_or_else(|| "a time known later".to_owned(), |time| duration::words(*time))
    };
    let hold = step.action.hold_for();
    parts.extend(hold.map(|hold| format!("holding for {}", late(hold))));
    let own = step.envelope.timeout.as_ref().or(step.action.attempt_timeout());
    match (own, &step.action) {
        (Some(own), _) => parts.push(format!("within {}", late(own))),
        (None, Action::Pause(_) | Action::Sleep(_)) => {}
        (None, _) => {
            let hold = hold.and_then(Late::known).copied().unwrap_or_default();
            parts.push(format!("within {}", duration::words(plan.default_timeout + hold)));
        }
    }
    parts.extend(step.id().map(|id| format!("id {id}")));
    parts.extend(step.envelope.when.as_ref().map(|when| format!("when {}", when.0.source().trim())));
    parts.extend(step.envelope.retry.as_ref().map(
        |retry| match retry.attempts.as_ref().and_then(Late::known) {
            Some(attempts) => format!("up to {attempts} attempts"),
            None => "retried".into(),
        },
    ));
    parts.extend(
        step.envelope
            .keep_going
            .as_ref()
            .and_then(Late::known)
            .filter(|going| **going)
            .map(|_| "keeps going".to_owned()),
    );
    parts.extend(step.envelope.must_fail.as_ref().map(|_| "must be refused".to_owned()));
    parts
}

fn masked(plan: &Plan, text: &str) -> String {
    crate::event::Masks::new(plan.secrets.clone()).text(text)
}
