//! ControllerRevisions: the templates that a StatefulSet or DaemonSet has had.
//! Must never know how its pods are replaced.

use super::driver::View;
use super::outcome::Outcome;
use super::read::{count, fields, hash, name, namespace, owner_reference};
use super::resource::REVISIONS;
use crate::json::{Value, json};

/// A template, as a revision holds it, and what it is called.
pub(super) struct Revision {
    /// The revision's name.
    pub name: String,
    /// The hash in it.
    pub hash: String,
}

/// The revision of an object's template, made or brought to the front where it is not; and whether something was written, so that the
/// rest is for the next look. `label` is the label that carries its hash.
pub(super) fn current(view: &View, owner: &Value, label: &str, outcome: &mut Outcome) -> (Revision, bool) {
    let data = data(owner);
    let there = view.controlled(owner, REVISIONS);
    let newest = there.iter().map(|revision| count(&revision["revision"])).max().unwrap_or(0);
    if let Some(same) = there.iter().find(|revision| revision["data"] == data) {
        let hash = super::read::text(&same["metadata"]["labels"][label]).to_owned();
        let behind = count(&same["revision"]) < newest;
        if behind {
            outcome.merge(REVISIONS, same, json!({ "revision": newest + 1 }));
        }
        return (Revision { name: name(same).to_owned(), hash }, behind);
    }
    let hash = hash(&data, count(&owner["status"]["collisionCount"]));
    let revision = Revision { name: format!("{}-{hash}", name(owner)), hash: hash.clone() };
    let mut labels = fields(&owner["spec"]["template"]["metadata"]["labels"]);
    labels.insert(label.into(), hash.into());
    let mut metadata = json!({ "name": revision.name, "namespace": namespace(owner), "labels": labels, "ownerReferences": [owner_reference(owner)] });
    let annotations = fields(&owner["metadata"]["annotations"]);
    let kept: crate::json::Map =
        annotations.into_iter().filter(|(key, _)| !key.starts_with("kubectl.kubernetes.io/")).collect();
    if !kept.is_empty() {
        metadata["annotations"] = kept.into();
    }
    let object = json!({ "apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": metadata, "data": data, "revision": newest + 1 });
    outcome.create(REVISIONS, object);
    (revision, true)
}

/// The template that a revision of this name holds.
pub(super) fn template<'a>(view: &View<'a>, owner: &'a Value, revision: &str) -> Option<&'a Value> {
    let there = view.get(REVISIONS, namespace(owner), revision)?;
    Some(&there["data"]["spec"]["template"])
}

fn data(owner: &Value) -> Value {
    let mut template = fields(&owner["spec"]["template"]);
    template.insert("$patch".into(), "replace".into());
    json!({ "spec": { "template": template } })
}

/// Deletes the oldest revisions that no pod uses, beyond those that are to be kept.
pub(super) fn clean_up(view: &View, owner: &Value, used: &[&str], outcome: &mut Outcome) {
    let limit = owner["spec"]["revisionHistoryLimit"].as_u64().unwrap_or(10);
    let mut spare: Vec<&Value> = view
        .controlled(owner, REVISIONS)
        .into_iter()
        .filter(|revision| !used.contains(&name(revision)))
        .collect();
    spare.sort_by_key(|revision| count(&revision["revision"]));
    let too_many = spare.len().saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
    spare.into_iter().take(too_many).for_each(|revision| outcome.delete(REVISIONS, revision));
}
