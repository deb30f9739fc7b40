//! The faults and controllers of a rehearsal, as the command line and the playbook name them.
//! It must never know what they do.

use crate::kinds;
use crate::plan::Plan;
use crate::playbook::duration;
use crate::playbook::rehearsal::{Controller, FaultName, Subject};
use crate::playbook::suggest;
use crate::rehearsal::controllers::faults::FaultTarget;
use crate::rehearsal::controllers::script::Script;
use crate::rehearsal::faults::{Fault, FaultKind};
use std::time::Duration;

/// Every fault in the order of the documentation.
pub(super) fn all() -> impl Iterator<Item = FaultKind> {
    FaultName::ALL.iter().map(|name| kind(*name))
}

/// Reads `NAME[=FOR][@AT]`.
pub(super) fn read(text: &str) -> Result<Fault, String> {
    let (rest, at) = match text.split_once('@') {
        Some((rest, at)) => (rest, Some(time(at)?)),
        None => (text, None),
    };
    let (name, length) = match rest.split_once('=') {
        Some((name, length)) => (name, Some(time(length)?)),
        None => (rest, None),
    };
    let known = FaultName::ALL.iter().copied();
    let found = known.clone().find(|fault| fault.as_str() == name).ok_or_else(|| {
        let help = suggest::help(name, known.map(FaultName::as_str)).unwrap_or_default();
        format!("there is no fault `{name}`. {help}")
    })?;
    Ok(Fault { kind: kind(found), target: None, at, length })
}

fn time(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(|(message, help)| match help {
        Some(help) => format!("{message}. {help}"),
        None => message,
    })
}

/// What a playbook lets go wrong.
pub(super) fn of_playbook(plan: &Plan) -> Vec<Fault> {
    let faults = plan.rehearsal.as_ref().and_then(|rehearsal| rehearsal.faults.as_ref());
    faults
        .into_iter()
        .flatten()
        .map(|fault| Fault {
            kind: kind(fault.fault),
            target: fault.target.as_ref().map(target),
            at: fault.at.as_ref().map(|at| at.value),
            length: fault.for_.as_ref().map(|length| length.value),
        })
        .collect()
}

/// What the controllers of a playbook's rehearsal do.
pub(super) fn scripts(plan: &Plan) -> Vec<Script> {
    let controllers = plan.rehearsal.as_ref().and_then(|rehearsal| rehearsal.controllers.as_ref());
    let script = |controller: &Controller| {
        let FaultTarget { kind, name, namespace } = target(&controller.target);
        let version = controller.target.api_version.as_deref().and_then(|version| version.split_once('/'));
        Script {
            group: version
                .map(|(group, _)| group.to_owned())
                .or_else(|| controller.target.kind.group.clone()),
            kind,
            name,
            namespace,
            after: controller.after.as_ref().map(|after| after.value).unwrap_or_default(),
            status: (&controller.status.0).into(),
        }
    };
    controllers.into_iter().flatten().map(script).collect()
}

/// A subject by its kind's name; a word that is no known kind is taken for one.
fn target(subject: &Subject) -> FaultTarget {
    let word = &subject.kind.word;
    let kind = kinds::by_name(word).map_or_else(|| word.clone(), |known| known.kind.to_owned());
    FaultTarget { kind, name: subject.name.clone(), namespace: None }
}

/// The name of a fault.
pub(super) fn name(wanted: FaultKind) -> &'static str {
    FaultName::ALL.iter().find(|name| kind(**name) == wanted).map_or("", |name| name.as_str())
}

/// The same fault, as the world knows it.
fn kind(name: FaultName) -> FaultKind {
    match name {
        FaultName::ImagePull => FaultKind::ImagePull,
        FaultName::CrashLoop => FaultKind::CrashLoop,
        FaultName::NeverReady => FaultKind::NeverReady,
        FaultName::Slow => FaultKind::Slow,
        FaultName::Quota => FaultKind::Quota,
        FaultName::Forbidden => FaultKind::Forbidden,
        FaultName::Conflict => FaultKind::Conflict,
        FaultName::ApiOutage => FaultKind::ApiOutage,
        FaultName::WatchDrop => FaultKind::WatchDrop,
        FaultName::OperatorDown => FaultKind::OperatorDown,
    }
}
