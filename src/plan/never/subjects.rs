//! The objects that a condition is judged on, and what is known of their kinds.
//! It must never know the condition.

use crate::kinds::{self, Knowledge};
use crate::plan::named::objects_of;
use crate::plan::{Given, Object, Plan, Step};
use crate::playbook::action::{Action, Apply};
use crate::playbook::late::Late;
use crate::playbook::target::{KindWord, Target};
use crate::structural::Cursor;

/// An object, or the objects of a kind.
pub(super) struct Subject<'p> {
    /// What is known of its kind; the general rule where nothing is.
    pub known: &'static Knowledge,
    /// What its status may hold in the schema that was given for the kind.
    pub given: Option<Cursor<'p>>,
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
        let kind = self.kind();
        let article =
            if kind.starts_with(['A', 'E', 'I', 'O', 'U']) || kind.starts_with("HTTP") { "an" } else { "a" };
        format!("{article} {kind}")
    }

    /// `Deployment`
    pub(super) fn kind(&self) -> &str {
        self.object.map_or(self.known.kind, |object| object.kind.as_str())
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
            plan.objects_at(manifest.span()).map(|object| of_object(object, plan)).collect()
        }
        // What is scaled of several objects is the one that can be.
        (Action::Scale(_), None) => plan
            .default_target()
            .map(|object| of_object(object, plan))
            .filter(|subject| subject.known.scalable)
            .collect(),
        (_, None) => plan.default_target().map(|object| of_object(object, plan)).collect(),
        (_, Some(target)) => Late::known(target).map_or_else(Vec::new, |target| of(target, plan)),
    }
}

/// The objects that a target names.
pub(super) fn of<'p>(target: &'p Target, plan: &'p Plan) -> Vec<Subject<'p>> {
    match target {
        Target::Manifest(_) => {
            objects_of(target, plan).into_iter().map(|object| of_object(object, plan)).collect()
        }
        Target::List(items, _) => items.iter().flat_map(|item| of(item, plan)).collect(),
        Target::Object(name) => {
            let found: Vec<Subject<'p>> =
                objects_of(target, plan).into_iter().map(|object| of_object(object, plan)).collect();
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

fn of_object<'p>(object: &'p Object, plan: &'p Plan) -> Subject<'p> {
    let known = kinds::of(&object.api_version, &object.kind);
    let given = given(plan, &object.api_version, &object.kind);
    Subject { known, given, name: Some(&object.name), object: Some(object), sure: true }
}

/// The status in the schema that was given for a kind.
fn given<'p>(plan: &'p Plan, api_version: &str, kind: &str) -> Option<Cursor<'p>> {
    match plan.schemas.of(api_version, kind) {
        Given::Version(version) => version.schema.root().field("status"),
        Given::Nothing | Given::OtherVersions(_) | Given::NotServed => None,
    }
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
            kinds::all().find(|known| known.group == group && answers(known, &word.word))
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
    let given = match written {
        Some(object) => given(plan, &object.api_version, &object.kind),
        None => given(plan, &known.api_version(), known.kind),
    };
    Subject { known, given, name: None, object: None, sure }
}

fn answers(known: &Knowledge, word: &str) -> bool {
    let names = [known.kind, known.plural].into_iter().chain(known.short_names.iter().copied());
    names.into_iter().any(|name| name.eq_ignore_ascii_case(word))
}
