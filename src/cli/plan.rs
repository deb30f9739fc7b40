//! `seldonplay plan`
//! It must never reach for a cluster.

use super::options::{ColourOption, Output, PlaybookOptions};
use super::playbook::{read, show};
use super::screen::{say, tell};
use crate::event::{Ending, Masks, Phase, StepPath};
use crate::json::Map;
use crate::plan::{Inputs, Object, Plan, Step};
use crate::playbook::action::Action;
use crate::playbook::duration;
use crate::playbook::late::Late;
use crate::source::Sources;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// Show the plan as it will run.
#[derive(Debug, Args)]
pub(super) struct PlanCommand {
    /// The playbook.
    #[arg(value_name = "PLAYBOOK")]
    playbook: PathBuf,
    #[command(flatten)]
    with: PlaybookOptions,
    /// How the plan is printed: for people, or as one JSON object.
    #[arg(short, long, value_enum, default_value_t = Output::Text, value_name = "FORMAT")]
    output: Output,
    #[command(flatten)]
    colour: ColourOption,
}

/// The plan as data.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'p> {
    name: &'p str,
    namespace: &'p str,
    #[serde(with = "humantime_serde", skip_serializing_if = "Option::is_none")]
    timeout: Option<Duration>,
    vars: &'p Map,
    objects: Vec<ObjectData<'p>>,
    steps: Vec<StepData<'p>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectData<'p> {
    api_version: &'p str,
    kind: &'p str,
    name: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'p str>,
    place: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StepData<'p> {
    step: &'p StepPath,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'p str>,
    name: &'p str,
    verb: &'p str,
    objects: Vec<String>,
    /// None for what has no deadline, or one that is known later.
    #[serde(with = "humantime_serde", skip_serializing_if = "Option::is_none")]
    timeout: Option<Duration>,
    place: String,
}

impl<'p> Data<'p> {
    fn of(plan: &'p Plan, sources: &Sources) -> Data<'p> {
        let object = |object: &'p Object| ObjectData {
            api_version: &object.api_version,
            kind: &object.kind,
            name: &object.name,
            namespace: object.namespace.as_deref(),
            place: sources.place(object.span).to_string(),
        };
        let step = |step: &'p Step| StepData {
            step: &step.path,
            id: step.id(),
            name: &step.title,
            verb: step.action.verb(),
            objects: objects(step, plan),
            timeout: limit(step, plan).and_then(Result::ok),
            place: sources.place(step.verb).to_string(),
        };
        Data {
            name: &plan.name,
            namespace: &plan.namespace,
            timeout: plan.timeout,
            vars: &plan.vars,
            objects: plan.objects.iter().map(object).collect(),
            steps: plan.all_steps().map(step).collect(),
        }
    }
}

impl PlanCommand {
    pub(super) fn execute(self) -> Ending {
        let inputs = match self.with.inputs() {
            Ok(inputs) => Inputs { unset_is_late: true, run_id: "plan".into(), ..inputs },
            Err(message) => {
                tell!("error: {message}");
                return Ending::Invalid;
            }
        };
        let playbook = read(&self.playbook, &inputs);
        show(&playbook.findings, &playbook.sources, self.colour.color.style());
        let Some(plan) = playbook.plan else { return Ending::Invalid };
        let text = match self.output {
            Output::Text => words(&plan, &playbook.sources, self.with.namespace.is_some()),
            Output::Json => match serde_json::to_string_pretty(&Data::of(&plan, &playbook.sources)) {
                Ok(json) => json + "\n",
                Err(error) => {
                    tell!("error: the plan cannot be written as JSON: {error}");
                    return Ending::Failed;
                }
            },
        };
        say(&Masks::new(plan.secrets.clone()).text(&text))
    }
}

/// The plan for people.
fn words(plan: &Plan, sources: &Sources, demanded: bool) -> String {
    let mut lines = vec![plan.name.clone()];
    lines.extend(plan.description.iter().map(|description| format!("  {}", description.trim())));
    let context = if demanded || plan.namespace != "default" { "" } else { " (or the context's)" };
    lines.push(format!("  namespace {}{context}", plan.namespace));
    lines.extend(plan.timeout.map(|timeout| format!("  all steps within {}", duration::words(timeout))));
    lines.extend(plan.vars.iter().map(|(name, value)| format!("  {name} = {}", value)));
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
            let title = &step.title;
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
    let objects = objects(step, plan);
    let shown = match objects.as_slice() {
        [] => String::new(),
        many if many.len() > 3 => format!("{} and {} more", many[..2].join(", "), many.len() - 2),
        few => few.join(", "),
    };
    parts.extend(Some(shown).filter(|shown| !shown.is_empty()));
    let late = |field: &Late<std::time::Duration>| {
        field.known().map_or_else(|| "a time known later".to_owned(), |time| duration::words(*time))
    };
    let hold = step.action.hold_for();
    parts.extend(hold.map(|hold| format!("holding for {}", late(hold))));
    parts.extend(limit(step, plan).map(|limit| match limit {
        Ok(limit) => format!("within {}", duration::words(limit)),
        Err(()) => "within a time known later".to_owned(),
    }));
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

/// The objects that a step acts on, as far as they are known.
fn objects(step: &Step, plan: &Plan) -> Vec<String> {
    match (&step.action, step.action.target()) {
        (Action::Pause(_) | Action::Sleep(_), _) => Vec::new(),
        (_, Some(target)) => target.known().map(|target| target.source()).into_iter().collect(),
        (Action::Apply(apply), None) if apply.manifest.is_some() => {
            let manifest = apply.manifest.iter();
            manifest.flat_map(|manifest| plan.objects_at(manifest.span())).map(Object::title).collect()
        }
        (_, None) => plan.default_target().map(Object::title).collect(),
    }
}

/// The deadline of a step, if it has one; an error where it is known only later.
fn limit(step: &Step, plan: &Plan) -> Option<Result<Duration, ()>> {
    let own = step.envelope.timeout.as_ref().or(step.action.attempt_timeout());
    match (own, &step.action) {
        (Some(own), _) => Some(own.known().copied().ok_or(())),
        (None, Action::Pause(_) | Action::Sleep(_)) => None,
        (None, _) => {
            let hold = step.action.hold_for().and_then(Late::known).copied().unwrap_or_default();
            Some(Ok(plan.default_timeout + hold))
        }
    }
}
