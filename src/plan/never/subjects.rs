//! The objects that a condition is judged on, and what is known of their kinds.
//! It must never know the condition.

use crate::kinds::{self, Knowledge};
use crate::plan::check::objects_of;
use crate::plan::{Object, Plan, Step};
use crate::playbook::action::{Action, Apply};
use crate::playbook::late::Late;
use crate::playbook::target::{KindWord, Target};

/// An object, or the objects of a kind.
pub(super) struct Subject<'p> {
    /// What is known of its kind; the general rule where nothing is.
    pub known: &'static Knowledge,
    /// Its name, if it is one object.
    pub name: Option<&'p str>,
    /// The object as a manifest has it.
    pub object: Option<&'p Object>,
    /// Whether its kind is certainly the one that is known. A single word for a custom kind, such as `Model`, is taken by several projects.
    pub sure: bool,
}

impl Subject<'_> {
    /// `a Deployment`, `an Ingress`.
    pub(super) fn a_kind(&self) -> String {
        let article = if self.known.kind.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
        format!("{article} {}", self.known.kind)
    }

    /// Whether both are the same object, as far as kind and name tell.
    pub(super) fn is(&self, other: &Subject<'_>) -> bool {
        let apart = match (self.object, other.object) {
            (Some(one), Some(two)) => one.namespace != two.namespace,
            _ => false,
        };
        std::ptr::eq(self.known, other.known) && self.name.is_some() && self.name == other.name && !apart
    }
}

/// The objects that a step acts on, as far as they are known when planning.
pub(super) fn of_step<'p>(step: &'p Step, plan: &'p Plan) -> Vec<Subject<'p>> {
    match (&step.action, step.action.target()) {
        (Action::Apply(Apply { manifest: Some(manifest), .. }), _) => {
            plan.objects_at(manifest.span()).map(of_object).collect()
        }
        // What is scaled of several objects is the one that can be.
        (Action::Scale(_), None) => {
            plan.default_target().map(of_object).filter(|subject| subject.known.scalable).collect()
        }
        (_, None) => plan.default_target().map(of_object).collect(),
        (_, Some(target)) => Late::known(target).map_or_else(Vec::new, |target| of(target, plan)),
    }
}

/// The objects that a target names.
pub(super) fn of<'p>(target: &'p Target, plan: &'p Plan) -> Vec<Subject<'p>> {
    match target {
        Target::Manifest(_) => objects_of(target, plan).into_iter().map(of_object).collect(),
        Target::List(items, _) => items.iter().flat_map(|item| of(item, plan)).collect(),
        Target::Object(name) => {
            let found: Vec<Subject<'p>> = objects_of(target, plan).into_iter().map(of_object).collect();
            match found.is_empty() {
                false => found,
                true => vec![Subject { name: Some(&name.name.value), ..of_word(&name.kind, None, plan) }],
            }
        }
        Target::Selector(selector) => {
            let api_version = selector.api_version.as_ref().map(|version| version.value.as_str());
            let name = selector.name.as_ref().map(|name| name.value.as_str());
            vec![Subject { name, ..of_word(&selector.kind, api_version, plan) }]
        }
    }
}

fn of_object(object: &Object) -> Subject<'_> {
    let known = kinds::of(&object.api_version, &object.kind);
    Subject { known, name: Some(&object.name), object: Some(object), sure: true }
}

/// What is known of the kind that a word names; an object of that kind in a manifest tells its group.
fn of_word<'p>(word: &KindWord, api_version: Option<&str>, plan: &'p Plan) -> Subject<'p> {
    let name = match (&word.group, &word.version) {
        (Some(group), Some(version)) => format!("{}.{version}.{group}", word.word),
        (Some(group), None) => format!("{}.{group}", word.word),
        (None, _) => word.word.clone(),
    };
    let found = match api_version {
        // The word may be a plural or a short name, of the group that is given.
        Some(version) => {
            let group = version.split_once('/').map_or("", |(group, _)| group);
            kinds::all().iter().find(|known| known.group == group && answers(known, &word.word))
        }
        None => kinds::by_name(&name),
    };
    let namesake = plan.objects.iter().find(|object| object.kind.eq_ignore_ascii_case(&word.word));
    let written = namesake.filter(|_| api_version.is_none() && word.group.is_none());
    let known = match (written, found) {
        (Some(object), _) => kinds::of(&object.api_version, &object.kind),
        (None, found) => found.unwrap_or_else(|| kinds::of("", "")),
    };
    let custom = known.group.contains('.') && !known.group.ends_with(".k8s.io");
    let one_word = known.kind.chars().filter(|char| char.is_uppercase()).count() == 1;
    let sure = !(custom && one_word) || api_version.is_some() || word.group.is_some() || written.is_some();
    Subject { known, name: None, object: None, sure }
}

fn answers(known: &Knowledge, word: &str) -> bool {
    let names = [known.kind, known.plural].into_iter().chain(known.short_names.iter().copied());
    names.into_iter().any(|name| name.eq_ignore_ascii_case(word))
}
