//! What follows at once from a write: definitions are served, namespaces wait for their contents.
//! It must never do what a controller does in its own time.

use serde_json::Value;

use super::definition;
use super::resource::Resource;
use super::state::State;
use super::stored::Stored;

/// An object was made or changed.
pub fn written(state: &mut State, resource: &Resource, stored: &Stored, old: Option<&Value>) {
    let _ = old;
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
        definition::serve(state, stored);
        let now = state.clock.seconds();
        if let Some(definition) = definition::established(&stored.value(), &now) {
            state.store.put(resource, definition);
        }
    }
}

/// An object is gone.
pub fn removed(state: &mut State, resource: &Resource, old: &Value) {
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
        definition::withdraw(state, old);
    }
}

/// Whether something but `metadata.finalizers` keeps an object that is on its way out: a namespace its contents.
pub fn holds_on(resource: &Resource, object: &Value) -> bool {
    let held = || object["spec"]["finalizers"].as_array().is_some_and(|finalizers| !finalizers.is_empty());
    resource.is("", "namespaces") && held()
}
