//! What the console calls a step that has no name.
//! It must never know how it is shown.

use super::{Plan, Step, known};
use crate::playbook::action::{Action, Apply};
use crate::playbook::duration;
use crate::playbook::late::Late;
use crate::playbook::manifest::ManifestRef;
use crate::playbook::replicas::Replicas;
use crate::playbook::target::Target;

/// The longest condition that is shown in a name, in characters.
const LONGEST: usize = 60;

/// The name of a step: its own, else its verb with what matters most.
pub fn title(step: &Step, plan: &Plan) -> String {
    if let Some(name) = known(step.envelope.name.as_ref()) {
        return name.clone();
    }
    let mut words = vec![step.action.verb().to_owned()];
    match &step.action {
        Action::Apply(Apply { manifest: Some(ManifestRef::Path { path, .. }), .. }) => {
            words.push(path.value.clone())
        }
        Action::Apply(Apply { manifest: Some(manifest), .. }) => {
            words.extend(plan.objects_at(manifest.span()).next().map(|object| object.title()));
        }
        Action::WaitUntil(wait) => {
            words.extend(known(Some(&wait.condition)).map(|condition| shorten(&condition.source())))
        }
        Action::Assert(assert) => {
            words.extend(known(Some(&assert.condition)).map(|condition| shorten(&condition.source())))
        }
        Action::Scale(scale) => words.push(match scale.replicas.known() {
            Some(Replicas::Count(count)) => format!("to {count}"),
            Some(Replicas::Bounds { min, max }) => {
                let bound =
                    |bound: &Option<u32>| bound.map_or_else(|| "…".to_owned(), |bound| bound.to_string());
                format!("between {} and {}", bound(min), bound(max))
            }
            None => String::new(),
        }),
        Action::Sleep(sleep) => words.extend(sleep.duration.known().map(|length| duration::words(*length))),
        Action::Pause(pause) => words.extend(pause.text.known().map(|text| shorten(text))),
        Action::Apply(_)
        | Action::Patch(_)
        | Action::Delete(_)
        | Action::Get(_)
        | Action::Describe(_)
        | Action::Logs(_) => {}
    }
    words.extend(step.action.target().and_then(Late::known).map(target));
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

/// A target in a few words.
fn target(target: &Target) -> String {
    target.source()
}

fn shorten(text: &str) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= LONGEST {
        return flat;
    }
    let cut: String = flat.chars().take(LONGEST - 1).collect();
    format!("{}…", cut.trim_end())
}
