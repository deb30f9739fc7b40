//! Before anything is done: whether the cluster answers, serves the kinds, and has the namespaces.
//! It must never write.

use super::trouble;
use crate::cluster::{Cluster, Error, KindName, NamespaceState, Resource};
use crate::event::Failure;
use crate::json::Value;
use crate::plan::{Object, Plan, Step};
use crate::playbook::action::{Action, Apply};
use crate::playbook::late::Late;
use crate::playbook::target::Target;
use crate::source::Sources;
use std::collections::{BTreeMap, BTreeSet};

/// Looks before anything is done; what is missing is said, all of it.
pub(super) async fn look(plan: &Plan, sources: &Sources, cluster: &Cluster) -> Result<(), Failure> {
    let written = written(plan);
    let mut failures = Vec::new();
    let brought = brought(plan);
    let mut resources: BTreeMap<(String, String), Resource> = BTreeMap::new();
    let needed = plan.default_target().chain(written.iter().copied());
    let mut asked = BTreeSet::new();
    for object in needed {
        if !asked.insert((object.api_version.clone(), object.kind.clone()))
            || brought.contains(&(group(object), object.kind.clone()))
        {
            continue;
        }
        let name = KindName { word: object.kind.clone(), api_version: Some(object.api_version.clone()) };
        match cluster.resolve(&name).await {
            Ok(resource) => {
                resources.insert((object.api_version.clone(), object.kind.clone()), resource);
            }
            Err(error) => {
                let failure = trouble::unresolved(error);
                if failure.refusal.is_none() {
                    return Err(failure);
                }
                failures.push(failure.at(sources.place(object.span)));
            }
        }
    }
    for (word, span) in plan.all_steps().filter_map(known_kind) {
        let group = word.split_once('.').map_or("", |(_, group)| group).to_owned();
        let kind = word.split('.').next().unwrap_or_default().to_owned();
        let comes = brought.iter().any(|(brought_group, brought_kind)| {
            brought_kind.eq_ignore_ascii_case(&kind) && (group.is_empty() || *brought_group == group)
        });
        if comes || !asked.insert((String::new(), word.clone())) {
            continue;
        }
        let api_version =
            plan.objects.iter().find(|object| object.kind == word).map(|object| object.api_version.clone());
        if let Err(error) = cluster.resolve(&KindName { word, api_version }).await {
            let failure = trouble::unresolved(error);
            if failure.refusal.is_none() {
                return Err(failure);
            }
            failures.push(failure.at(sources.place(span)));
        }
    }
    for (namespace, object) in namespaces(plan, &written, &resources) {
        match cluster.namespace_state(&namespace).await {
            // Whoever may not look at namespaces may still write into one.
            Ok(NamespaceState::Exists | NamespaceState::Unknown(_)) => {}
            Ok(NamespaceState::Missing) => {
                let failure = Failure::new(
                    crate::event::Cause::Refused,
                    format!("there is no namespace `{namespace}` for {}", object.title()),
                );
                let help = format!(
                    "Create it (`kubectl create namespace {namespace}`), put it into the manifest, or name another with `-n`."
                );
                failures.push(failure.help(help).at(sources.place(object.span)));
            }
            Ok(NamespaceState::Terminating) => {
                let failure = Failure::new(
                    crate::event::Cause::Refused,
                    format!("the namespace `{namespace}` for {} is being deleted", object.title()),
                );
                failures.push(
                    failure
                        .help("Wait until it is gone, then create it anew, or name another with `-n`.")
                        .at(sources.place(object.span)),
                );
            }
            Err(error @ (Error::Unreachable { .. } | Error::Unauthorized(_))) => {
                return Err(trouble::failure("look at the namespace", error));
            }
            Err(_) => {}
        }
    }
    let mut failures = failures.into_iter();
    match failures.next() {
        None => Ok(()),
        Some(mut first) => {
            first.details.extend(failures.map(|failure| match failure.place {
                Some(place) => format!("{} ({place})", failure.message),
                None => failure.message,
            }));
            Err(first)
        }
    }
}

/// The objects that steps write.
fn written(plan: &Plan) -> Vec<&Object> {
    let mut objects = Vec::new();
    for step in plan.all_steps() {
        match &step.action {
            Action::Apply(Apply { manifest: Some(manifest), .. }) => {
                objects.extend(plan.objects_at(manifest.span()))
            }
            Action::Apply(_) => objects.extend(plan.default_target()),
            Action::Patch(_) | Action::Scale(_) if step.action.target().is_none() => {
                objects.extend(plan.default_target())
            }
            _ => {}
        }
    }
    objects
}

/// The kinds that CRDs among the objects bring, by group.
fn brought(plan: &Plan) -> BTreeSet<(String, String)> {
    plan.objects
        .iter()
        .filter(|object| object.kind == "CustomResourceDefinition")
        .filter_map(Object::known)
        .filter_map(|crd| {
            let text = |pointer: &str| crd.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            Some((text("/spec/group")?, text("/spec/names/kind")?))
        })
        .collect()
}

/// The kind of a step's target, when it is one object or a selection that is known.
fn known_kind(step: &Step) -> Option<(String, crate::source::Span)> {
    let kind = match step.action.target().and_then(Late::known)? {
        Target::Object(object) => &object.kind,
        Target::Selector(selector) if selector.api_version.is_none() => &selector.kind,
        Target::Selector(_) | Target::Manifest(_) | Target::List(..) => return None,
    };
    let group = kind.group.as_ref().map_or_else(String::new, |group| format!(".{group}"));
    kind.version.is_none().then(|| (format!("{}{group}", kind.word), kind.span))
}

/// Each namespace that something is written into, with the first object that goes there, but for those that the plan creates.
fn namespaces<'p>(
    plan: &Plan,
    written: &[&'p Object],
    resources: &BTreeMap<(String, String), Resource>,
) -> Vec<(String, &'p Object)> {
    let created: BTreeSet<&str> = plan
        .objects
        .iter()
        .filter(|object| object.kind == "Namespace" && object.api_version == "v1")
        .map(|object| object.name.as_str())
        .collect();
    let mut namespaces: BTreeMap<String, &Object> = BTreeMap::new();
    for object in written {
        let resource = resources.get(&(object.api_version.clone(), object.kind.clone()));
        if resource.is_some_and(|resource| !resource.namespaced) {
            continue;
        }
        let namespace = object.namespace.clone().unwrap_or_else(|| plan.namespace.clone());
        if !created.contains(namespace.as_str()) {
            namespaces.entry(namespace).or_insert(object);
        }
    }
    namespaces.into_iter().collect()
}

fn group(object: &Object) -> String {
    object.api_version.split_once('/').map_or("", |(group, _)| group).to_owned()
}
