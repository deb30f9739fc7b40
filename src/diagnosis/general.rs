//! What an object's own status says, by the rules of its kind.
//! Must never know which other rules there are.

use super::finding::Finding;
use super::scene::Scene;
use crate::kinds::{Verdict, title};

/// The reasons why the root is not ready.
pub(super) fn status(scene: &Scene) -> Vec<Finding> {
    let reasons = match super::ready(scene) {
        Verdict::Met(_) => return Vec::new(),
        Verdict::NotYet(reasons) | Verdict::Never(reasons) => reasons,
    };
    let Some(first) = reasons.first() else { return Vec::new() };
    let object = first.object.clone().unwrap_or_else(|| title(scene.root()));
    let others = reasons.iter().skip(1).map(|reason| {
        let object = reason.object.clone().unwrap_or_else(|| title(scene.root()));
        format!("{object}: {}", reason.message)
    });
    let warnings =
        scene.tree().flat_map(|object| scene.happened_to(object)).filter(|event| event.is_warning());
    let warnings: Vec<String> =
        warnings.map(|event| format!("{}: {}", event.object(), event.words())).collect();
    let latest = warnings.len().saturating_sub(5);
    vec![
        Finding::new(super::STATUS, object, first.message.clone())
            .shown_by_all(others)
            .shown_by_all(warnings.into_iter().skip(latest)),
    ]
}
