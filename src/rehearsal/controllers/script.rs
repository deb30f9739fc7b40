//! Scripts: what the controller of any kind would do, told by whoever rehearses.
//! Must never know any kind.

use super::driver::{Change, Name, View};
use super::outcome::{Outcome, Verb};
use super::read::{deleting, generation, items, later, name, namespace, stamp, text, until};
use super::resource::DEFINITIONS;
use crate::json::{Value, json};
use std::time::Duration;

/// What becomes of the objects of a kind, some time after they were made or wanted something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// The group of the kind; any if left out.
    pub group: Option<String>,
    /// The kind, `Widget`.
    pub kind: String,
    /// Only the object of this name.
    pub name: Option<String>,
    /// Only objects in this namespace.
    pub namespace: Option<String>,
    /// How long after.
    pub after: Duration,
    /// The status they have then, merged into what there is (RFC 7386). `observedGeneration` is added where the kind's schema has it, or
    /// no schema is known; conditions without `lastTransitionTime` get one.
    pub status: Value,
}

impl Script {
    fn is_of(&self, object: &Value) -> bool {
        let group = text(&object["apiVersion"]).split_once('/').map_or("", |(group, _)| group);
        object["kind"] == *self.kind
            && self.group.as_ref().is_none_or(|wanted| wanted == group)
            && self.name.as_ref().is_none_or(|wanted| wanted == name(object))
            && self.namespace.as_ref().is_none_or(|wanted| wanted == namespace(object))
    }
}

/// An object that a script speaks of.
pub(super) fn concerns(view: &View, change: &Change, names: &mut Vec<Name>) {
    if !change.gone && view.settings.scripts.iter().any(|script| script.is_of(change.object)) {
        names.push(Name::of(change.resource, change.object));
    }
}

/// One look at an object.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    let Some(entry) =
        view.entry(&at.resource, &at.namespace, &at.name).filter(|entry| !deleting(&entry.object))
    else {
        return outcome;
    };
    let object = &entry.object;
    let mut scripts: Vec<&Script> =
        view.settings.scripts.iter().filter(|script| script.is_of(object)).collect();
    scripts.sort_by_key(|script| script.after);
    let due = |script: &Script| until(view.now, later(entry.spec_at, script.after));
    if let Some(rest) = scripts.iter().map(|script| due(script)).find(|rest| !rest.is_zero()) {
        outcome.look_again(rest);
    }
    let (part, observes) = schema(view, object);
    // Of what is due only the latest words count, so that a change does not begin the story anew.
    let Some(last) = scripts.into_iter().rfind(|script| due(script).is_zero()) else { return outcome };
    let mut status = object["status"].clone();
    crate::json::merge(&mut status, &last.status);
    if observes && last.status["observedGeneration"].is_null() && !object["metadata"]["generation"].is_null()
    {
        status["observedGeneration"] = generation(object).into();
    }
    timed(&mut status, &object["status"], &stamp(view.now));
    if status != object["status"] {
        let mut next = object.clone();
        next["status"] = status;
        outcome.push(&at.resource, object, if part { Verb::Status(next) } else { Verb::Update(next) });
    }
    outcome
}

/// Whether a kind has its status as a part of its own, and whether it can say which generation it speaks of.
fn schema(view: &View, object: &Value) -> (bool, bool) {
    let (group, version) = text(&object["apiVersion"]).split_once('/').unwrap_or_default();
    let definition = view.all(DEFINITIONS).find(|definition| {
        definition["spec"]["group"] == *group && definition["spec"]["names"]["kind"] == object["kind"]
    });
    let versions = definition.map_or(&[][..], |definition| items(&definition["spec"]["versions"]));
    let Some(version) = versions.iter().find(|there| there["name"] == *version) else { return (true, true) };
    let status = &version["schema"]["openAPIV3Schema"]["properties"]["status"];
    let observes = !status["properties"]["observedGeneration"].is_null()
        || status["x-kubernetes-preserve-unknown-fields"] == true
        || version["schema"]["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"] == true;
    (!version["subresources"]["status"].is_null(), observes)
}

/// Gives conditions the time of their last change.
fn timed(status: &mut Value, before: &Value, now: &str) {
    let Some(conditions) = status.get_mut("conditions").and_then(Value::as_array_mut) else { return };
    for condition in conditions
        .iter_mut()
        .filter(|condition| condition["type"].is_string() && condition["lastTransitionTime"].is_null())
    {
        let known = items(&before["conditions"]).iter().find(|there| there["type"] == condition["type"]);
        let same = known.filter(|there| there["status"] == condition["status"]);
        condition["lastTransitionTime"] =
            same.map_or(json!(now), |there| there["lastTransitionTime"].clone());
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, statuses};
    use super::*;

    fn script(after: u64, status: Value) -> Script {
        let after = Duration::from_secs(after);
        Script { group: None, kind: "Widget".into(), name: None, namespace: None, after, status }
    }

    #[test]
    fn a_script_is_played_when_its_time_has_come_and_again_after_a_change() {
        let widget = json!({ "apiVersion": "example.org/v1", "kind": "Widget", "metadata": { "name": "w", "namespace": "ns", "uid": "w", "generation": 1 }, "spec": {} });
        let mut world = World::of([("widgets.example.org", widget.clone())]);
        let ready = json!({ "phase": "Ready", "conditions": [{ "type": "Ready", "status": "True" }] });
        world.settings.scripts = vec![script(30, ready), script(10, json!({ "phase": "Loading" }))];
        let look = |world: &mut World| {
            let outcome = reconcile(&world.view(), &Name::new("widgets.example.org", "ns", "w"));
            for status in statuses(&outcome) {
                let mut next =
                    world.view().get("widgets.example.org", "ns", "w").cloned().unwrap_or_default();
                next["status"] = status;
                world.put("widgets.example.org", next);
            }
            (outcome.again_in, statuses(&outcome))
        };
        assert_eq!(look(&mut world), (Some(Duration::from_secs(10)), Vec::new()));
        world.now = later(world.now, Duration::from_secs(10));
        assert_eq!(
            look(&mut world),
            (Some(Duration::from_secs(20)), vec![json!({ "phase": "Loading", "observedGeneration": 1 })])
        );
        world.now = later(world.now, Duration::from_secs(20));
        let (again, told) = look(&mut world);
        let time = "2026-01-01T00:00:30Z";
        assert_eq!(
            (again, &told[0]["phase"], &told[0]["conditions"][0]["lastTransitionTime"]),
            (None, &json!("Ready"), &json!(time))
        );
        assert_eq!(look(&mut world), (None, Vec::new()));
        let mut changed = world.view().get("widgets.example.org", "ns", "w").cloned().unwrap_or_default();
        changed["metadata"]["generation"] = 2.into();
        world.put("widgets.example.org", changed);
        assert_eq!(look(&mut world), (Some(Duration::from_secs(10)), Vec::new()));
        world.now = later(world.now, Duration::from_secs(30));
        assert_eq!(look(&mut world).1[0]["observedGeneration"], 2);
    }
}
