//! Which objects of manifests a target names.
//! It must never judge whether a step may act on them.

use super::{Object, Plan};
use crate::kinds;
use crate::playbook::target::Target;

/// The objects of manifests that a target names; those that a selector finds only a cluster knows.
pub(super) fn objects_of<'p>(target: &'p Target, plan: &'p Plan) -> Vec<&'p Object> {
    match target {
        Target::Object(name) => {
            let knowledge = kinds::by_name(&name.kind.word);
            let is_kind = |object: &Object| {
                object.kind.eq_ignore_ascii_case(&name.kind.word)
                    || knowledge.is_some_and(|known| known.kind == object.kind)
            };
            plan.objects.iter().filter(|object| is_kind(object) && object.name == name.name.value).collect()
        }
        Target::Manifest(manifest) => plan.objects_at(manifest.span()).collect(),
        Target::List(items, _) => items.iter().flat_map(|item| objects_of(item, plan)).collect(),
        Target::Selector(_) => Vec::new(),
    }
}
