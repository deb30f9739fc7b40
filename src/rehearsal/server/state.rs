//! All that the server holds.
//! It must never know a request.

use super::random::Random;
use super::refusal::Refusal;
use super::resource::{Catalogue, Resource, Shelf};
use super::store::Store;
use crate::json::{Text, Value};
use crate::rehearsal::clock::Clock;
use std::collections::BTreeSet;

/// All that the server holds; every request has it for itself while it is carried out.
#[derive(Debug)]
pub struct State {
    /// The objects.
    pub store: Store,
    /// The kinds.
    pub catalogue: Catalogue,
    /// What time it is.
    pub clock: Clock,
    /// Where names and identities come from.
    pub random: Random,
    /// The cluster IPs that Services have.
    pub addresses: BTreeSet<Text>,
}

impl State {
    /// An object of a kind of the server's own, by group, plural, namespace and name.
    pub fn find(&self, group: &str, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        let shelf = Shelf { group: group.into(), plural: plural.into() };
        self.store.get(&shelf, namespace, name).map(|stored| stored.value.clone())
    }

    /// Refuses what is to be made in a namespace that is not there, or is on its way out.
    ///
    /// # Errors
    /// 404 or 403.
    pub fn check_namespace(&self, resource: &Resource, namespace: &str, name: &str) -> Result<(), Refusal> {
        if !resource.namespaced {
            return Ok(());
        }
        let Some(found) = self.find("", "namespaces", "", namespace) else {
            let mut refusal = Refusal::new(
                404,
                "NotFound",
                format!("namespaces {} not found", super::refusal::quote(namespace)),
            );
            refusal.details = super::refusal::details(namespace, "", "namespaces");
            return Err(refusal);
        };
        if found.pointer("/metadata/deletionTimestamp").is_none_or(Value::is_null) {
            return Ok(());
        }
        let why =
            format!("unable to create new content in namespace {namespace} because it is being terminated");
        let mut refusal = Refusal::forbidden(resource, name, why);
        refusal.details["causes"] = crate::json::json!([{
            "reason": "NamespaceTerminating",
            "message": format!("namespace {namespace} is being terminated"),
            "field": "metadata.namespace",
        }]);
        Err(refusal)
    }
}
