//! What follows at once from a write: definitions are served, namespaces wait for their contents, addresses are given once.
//! It must never do what a controller does in its own time.

use crate::json::Value;

use super::resource::{Resource, Shelf};
use super::state::State;
use super::stored::Stored;
use super::{addresses, definition, management, meta};

const GROUP: &str = "apiextensions.k8s.io";
const DEFINITIONS: &str = "customresourcedefinitions";

/// An object was made or changed.
pub fn written(state: &mut State, resource: &Resource, stored: &Stored, old: Option<&Value>) {
    if resource.is("", "services") {
        addresses::note(state, old, Some(&stored.value));
    }
    if resource.is(GROUP, DEFINITIONS) {
        let (mut definition, now) = (stored.value.clone(), state.clock.seconds());
        let taken = definition::taken(state, &definition);
        let definitions = state.catalogue.find(GROUP, "v1", DEFINITIONS).cloned();
        let judged = definition::established(&definition, &taken, &now);
        if let (Some(judged), Some(definitions)) = (judged, definitions) {
            let managers =
                management::by_server(definitions, (&stored.value, &stored.managers), &judged, &now);
            definition = state.store.put_by(resource, judged, managers).value.clone();
        }
        let mut conditions = definition["status"]["conditions"].as_array().into_iter().flatten();
        if conditions.any(|condition| condition["type"] == "Established" && condition["status"] == "True") {
            definition::serve(state, &definition);
        }
    }
}

/// An object is gone.
pub fn removed(state: &mut State, resource: &Resource, old: &Value) {
    if resource.is("", "services") {
        addresses::note(state, Some(old), None);
    }
    if resource.is(GROUP, DEFINITIONS) {
        definition::withdraw(state, old);
    }
    if resource.custom.as_ref().is_some_and(|custom| custom.leaving) {
        clean(state, &resource.group, &resource.plural);
    }
}

/// Lets a definition go that was only waiting for its objects, when there are none any more.
pub fn clean(state: &mut State, group: &str, plural: &str) {
    let shelf = Shelf { group: group.into(), plural: plural.into() };
    if state.store.list(&shelf, "").next().is_some() {
        return;
    }
    let Some(definitions) = state.catalogue.find(GROUP, "v1", DEFINITIONS).cloned() else { return };
    let name = format!("{plural}.{group}");
    let Some(found) = state.store.get(&definitions.shelf, "", &name).map(|stored| stored.value.clone())
    else {
        return;
    };
    if !meta::is_leaving(&found) {
        return;
    }
    let cleaned = definition::cleaned(&found, &state.clock.seconds());
    let goes = meta::finalizers(&cleaned).is_empty();
    state.store.put(&definitions, cleaned);
    if goes {
        state.store.remove(&definitions, "", &name);
    }
    definition::withdraw(state, &found);
}

/// Whether something but `metadata.finalizers` keeps an object that is on its way out: a namespace its contents.
pub fn holds_on(resource: &Resource, object: &Value) -> bool {
    let held = || object["spec"]["finalizers"].as_array().is_some_and(|finalizers| !finalizers.is_empty());
    resource.is("", "namespaces") && held()
}
