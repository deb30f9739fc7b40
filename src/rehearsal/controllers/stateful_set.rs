//! StatefulSets: pods with numbers, made, replaced and deleted one after another.
//! Must never know volumes but as claims that are to be there.
//!
//! Source: kubernetes 1.37, pkg/controller/statefulset.

use super::driver::{Change, Name, View};
use super::outcome::{Outcome, Verb};
use super::pods;
use super::read::{
    controller_of_kind, count, deleting, fields, generation, items, name, namespace, replicas, share, text,
};
use super::resource::{CLAIMS, PODS, REVISIONS, STATEFUL_SETS};
use super::revision::{self, Revision};
use crate::json::{Map, Value, json};

/// Who tells the events.
const BY: &str = "statefulset-controller";

/// What its controller wants to hear of.
pub(super) const WATCHES: &[&str] = &[STATEFUL_SETS, PODS, REVISIONS];

/// A StatefulSet, and that of a pod or revision.
pub(super) fn concerns(_: &View, change: &Change, names: &mut Vec<Name>) {
    if change.resource == STATEFUL_SETS {
        names.push(Name::of(STATEFUL_SETS, change.object));
    } else if let Some(owner) = controller_of_kind(change.object, "StatefulSet") {
        names.push(Name::new(STATEFUL_SETS, namespace(change.object), owner));
    }
}

/// One look at a StatefulSet.
pub(super) fn reconcile(view: &View, at: &Name) -> Outcome {
    let mut outcome = Outcome::nothing();
    let Some(set) = view.get(STATEFUL_SETS, &at.namespace, &at.name) else { return outcome };
    if let Some(failure) = view.failed {
        let message = format!("create Pod in StatefulSet {} failed error: {}", name(set), failure.message);
        outcome.warn(BY, set, "FailedCreate", message);
        return outcome;
    }
    if deleting(set) {
        return outcome;
    }
    let (update, written) = revision::current(view, set, "controller.kubernetes.io/hash", &mut outcome);
    if written {
        return outcome;
    }
    let current = match text(&set["status"]["currentRevision"]) {
        "" => update.name.clone(),
        current => current.to_owned(),
    };
    let mut pass = Pass { view, set, update, current, made: 0, doomed: 0, outcome };
    pass.go();
    pass.outcome
}

struct Pass<'a> {
    view: &'a View<'a>,
    set: &'a Value,
    update: Revision,
    current: String,
    /// How many pods this look makes.
    made: i64,
    /// How many pods of the current revision it deletes.
    doomed: i64,
    outcome: Outcome,
}

impl<'a> Pass<'a> {
    fn go(&mut self) {
        let pods = self.view.pods_of(self.set);
        let numbered: Vec<(i64, &Value)> =
            pods.iter().filter_map(|pod| Some((ordinal(self.set, pod)?, *pod))).collect();
        let first = count(&self.set["spec"]["ordinals"]["start"]);
        let wanted = first..first + replicas(self.set);
        self.advance(&numbered, wanted);
        self.tell(&pods);
        if !self.outcome.writes() {
            let used: Vec<&str> =
                pods.iter().map(|pod| text(&pod["metadata"]["labels"]["controller-revision-hash"])).collect();
            let kept = [used, vec![self.current.as_str(), self.update.name.as_str()]].concat();
            revision::clean_up(self.view, self.set, &kept, &mut self.outcome);
        }
    }

    /// Goes on by one step, or all at once where pods need no order.
    fn advance(&mut self, numbered: &[(i64, &'a Value)], wanted: std::ops::Range<i64>) {
        let in_order = self.set["spec"]["podManagementPolicy"] != "Parallel";
        let find = |number: i64| numbered.iter().find(|(there, _)| *there == number).map(|(_, pod)| *pod);
        for number in wanted.clone() {
            match find(number) {
                None => {
                    self.make(number);
                    if in_order {
                        return;
                    }
                }
                Some(pod) if pods::is_ended(pod) && !deleting(pod) => {
                    self.outcome.delete(PODS, pod);
                    return;
                }
                Some(pod) if in_order && !self.is_healthy(pod) => return,
                Some(_) => {}
            }
        }
        let mut condemned: Vec<&(i64, &Value)> =
            numbered.iter().filter(|(number, _)| !wanted.contains(number)).collect();
        condemned.sort_by_key(|(number, _)| -number);
        for (_, pod) in condemned {
            if deleting(pod) {
                if in_order {
                    return;
                }
                continue;
            }
            self.remove(pod);
            if in_order {
                return;
            }
        }
        if self.set["spec"]["updateStrategy"]["type"] == "OnDelete" {
            return;
        }
        let partition = count(&self.set["spec"]["updateStrategy"]["rollingUpdate"]["partition"]);
        let missing = &self.set["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"];
        let may_miss = share(missing, replicas(self.set), true).unwrap_or(1).max(1);
        let mut missing = 0;
        for number in wanted.filter(|number| *number >= partition).rev() {
            let Some(pod) = find(number) else { continue };
            let old = text(&pod["metadata"]["labels"]["controller-revision-hash"]) != self.update.name;
            if old && !deleting(pod) {
                self.remove(pod);
                missing += 1;
            } else if !self.is_healthy(pod) {
                missing += 1;
            }
            if missing >= may_miss {
                return;
            }
        }
    }

    /// Running, ready for long enough, and not being deleted.
    fn is_healthy(&mut self, pod: &Value) -> bool {
        let seconds = count(&self.set["spec"]["minReadySeconds"]);
        match pods::is_available(pod, seconds, self.view.now) {
            Ok(()) => !deleting(pod),
            Err(rest) => {
                rest.into_iter().for_each(|rest| self.outcome.look_again(rest));
                false
            }
        }
    }

    fn make(&mut self, number: i64) {
        let named = format!("{}-{number}", name(self.set));
        let partition = count(&self.set["spec"]["updateStrategy"]["rollingUpdate"]["partition"]);
        let old =
            (number < partition).then(|| revision::template(self.view, self.set, &self.current)).flatten();
        let (template, revision) = match old {
            Some(template) => (template, self.current.clone()),
            None => (&self.set["spec"]["template"], self.update.name.clone()),
        };
        let mut pod = pods::made(self.set, template, &named);
        pod["metadata"]["generateName"] = format!("{}-", name(self.set)).into();
        let number = number.to_string();
        let labels = [
            ("statefulset.kubernetes.io/pod-name", named.as_str()),
            ("apps.kubernetes.io/pod-index", &number),
            ("controller-revision-hash", &revision),
        ];
        labels.iter().for_each(|(key, value)| pods::label(&mut pod, key, value));
        pod["spec"]["hostname"] = named.clone().into();
        if !text(&self.set["spec"]["serviceName"]).is_empty() {
            pod["spec"]["subdomain"] = self.set["spec"]["serviceName"].clone();
        }
        self.claims(&mut pod, &named);
        self.outcome.create(PODS, pod);
        let message = format!("Create Pod {named} in StatefulSet {} successful", name(self.set));
        self.outcome.normal(BY, self.set, "SuccessfulCreate", message);
        self.made += 1;
    }

    /// The claims of a pod, made where they are not there.
    fn claims(&mut self, pod: &mut Value, named: &str) {
        let templates = items(&self.set["spec"]["volumeClaimTemplates"]);
        if templates.is_empty() {
            return;
        }
        let mut volumes = items(&pod["spec"]["volumes"]).to_vec();
        for template in templates {
            let (volume, claim) = (name(template), format!("{}-{named}", name(template)));
            volumes.retain(|there| there["name"] != *volume);
            volumes.push(json!({ "name": volume, "persistentVolumeClaim": { "claimName": claim } }));
            if self.view.get(CLAIMS, namespace(self.set), &claim).is_none() {
                let mut object = template.clone();
                object["apiVersion"] = "v1".into();
                object["kind"] = "PersistentVolumeClaim".into();
                object["metadata"]["name"] = claim.clone().into();
                object["metadata"]["namespace"] = namespace(self.set).into();
                let mut labels = fields(&self.set["spec"]["selector"]["matchLabels"]);
                labels.extend(fields(&object["metadata"]["labels"]));
                object["metadata"]["labels"] = labels.into();
                object.as_object_mut().map(|object| object.shift_remove("status"));
                self.outcome.push(CLAIMS, &object, Verb::Create(object.clone()));
                let message =
                    format!("Create Claim {claim} Pod {named} in StatefulSet {} success", name(self.set));
                self.outcome.normal(BY, self.set, "SuccessfulCreate", message);
            }
        }
        pod["spec"]["volumes"] = volumes.into();
    }

    fn remove(&mut self, pod: &Value) {
        self.outcome.delete(PODS, pod);
        let message = format!("Delete Pod {} in StatefulSet {} successful", name(pod), name(self.set));
        self.outcome.normal(BY, self.set, "SuccessfulDelete", message);
        if text(&pod["metadata"]["labels"]["controller-revision-hash"]) == self.current {
            self.doomed += 1;
        }
    }

    fn tell(&mut self, pods: &[&Value]) {
        let seconds = count(&self.set["spec"]["minReadySeconds"]);
        let there: Vec<&&Value> = pods.iter().filter(|pod| !pods::is_ended(pod)).collect();
        let is_of = |pod: &Value, revision: &str| {
            text(&pod["metadata"]["labels"]["controller-revision-hash"]) == revision
        };
        let number = |test: &dyn Fn(&Value) -> bool| {
            i64::try_from(there.iter().filter(|pod| test(pod)).count()).unwrap_or(i64::MAX)
        };
        let ready = number(&pods::is_ready);
        let all = number(&|_| true) + self.made;
        let mut updated = number(&|pod| is_of(pod, &self.update.name) && !deleting(pod)) + self.made;
        let mut of_current = number(&|pod| is_of(pod, &self.current) && !deleting(pod)) - self.doomed;
        if self.current == self.update.name {
            of_current += self.made;
            updated -= self.doomed;
        }
        let wanted = replicas(self.set);
        if self.current != self.update.name && updated == wanted && ready == wanted && all == wanted {
            self.current.clone_from(&self.update.name);
            of_current = updated;
        }
        let available = number(&|pod| pods::is_available(pod, seconds, self.view.now).is_ok());
        let mut status = Map::new();
        status.insert("observedGeneration".into(), generation(self.set).into());
        status.insert("replicas".into(), all.into());
        for (field, number) in
            [("readyReplicas", ready), ("currentReplicas", of_current), ("updatedReplicas", updated)]
        {
            super::read::put_count(&mut status, field, number.max(0));
        }
        status.insert("currentRevision".into(), self.current.clone().into());
        status.insert("updateRevision".into(), self.update.name.clone().into());
        status.insert("collisionCount".into(), count(&self.set["status"]["collisionCount"]).into());
        status.insert("availableReplicas".into(), available.into());
        if !self.set["status"]["conditions"].is_null() {
            status.insert("conditions".into(), self.set["status"]["conditions"].clone());
        }
        self.outcome.set_status(STATEFUL_SETS, self.set, Value::Object(status));
    }
}

/// The number of a pod.
fn ordinal(set: &Value, pod: &Value) -> Option<i64> {
    name(pod).strip_prefix(name(set))?.strip_prefix('-')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, events, statuses};
    use super::*;
    use crate::json::Text;

    fn set() -> Value {
        json!({ "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": { "name": "db", "namespace": "ns", "uid": "s", "generation": 1 },
            "spec": { "replicas": 2, "serviceName": "db", "selector": { "matchLabels": { "app": "db" } },
                "template": { "metadata": { "labels": { "app": "db" } }, "spec": { "containers": [{ "name": "db", "image": "db:1" }] } } } })
    }

    /// Looks and carries out; the names of the pods made and deleted.
    fn look(world: &mut World) -> (Vec<Text>, Vec<Text>) {
        let outcome = reconcile(&world.view(), &Name::new(STATEFUL_SETS, "ns", "db"));
        let (mut made, mut deleted) = (Vec::new(), Vec::new());
        assert!(events(&outcome).len() < 3);
        for write in outcome.writes {
            match write.verb {
                Verb::Create(mut object) => {
                    object["metadata"]["uid"] = world.uid().into();
                    if write.resource == PODS {
                        made.push(write.name);
                    }
                    world.put(&write.resource, object);
                }
                Verb::Delete(deletion) => {
                    world.store.remove(PODS, "ns", &write.name, Some(&deletion.uid));
                    deleted.push(write.name);
                }
                Verb::Status(object) => world.put(STATEFUL_SETS, object),
                _ => {}
            }
        }
        (made, deleted)
    }

    fn ready(world: &mut World, generation: u64) {
        let all: Vec<Value> = world.view().all(PODS).cloned().collect();
        for mut pod in all {
            pod["metadata"]["uid"] = format!("{}-{generation}", name(&pod)).into();
            pod["status"] =
                json!({ "phase": "Running", "conditions": [{ "type": "Ready", "status": "True" }] });
            let before = name(&pod).to_owned();
            world.store.remove(PODS, "ns", &before, None);
            world.put(PODS, pod);
        }
    }

    fn none() -> Vec<Text> {
        Vec::new()
    }

    #[test]
    fn pods_are_made_one_after_another_and_replaced_from_the_last() {
        let mut world = World::of([(STATEFUL_SETS, set())]);
        assert_eq!(look(&mut world), (none(), none()), "its revision comes first");
        assert_eq!(look(&mut world).0, ["db-0"]);
        assert_eq!(look(&mut world), (none(), none()));
        ready(&mut world, 1);
        assert_eq!(look(&mut world).0, ["db-1"]);
        ready(&mut world, 2);
        look(&mut world);
        let mut next = world.view().get(STATEFUL_SETS, "ns", "db").cloned().unwrap_or_default();
        assert_eq!(
            (&next["status"]["currentReplicas"], &next["status"]["availableReplicas"]),
            (&json!(2), &json!(2))
        );
        next["spec"]["template"]["spec"]["containers"][0]["image"] = "db:2".into();
        world.put(STATEFUL_SETS, next);
        look(&mut world);
        assert_eq!(look(&mut world).1, ["db-1"]);
        assert_eq!(look(&mut world).0, ["db-1"]);
        ready(&mut world, 3);
        assert_eq!(look(&mut world).1, ["db-0"]);
        assert_eq!(look(&mut world).0, ["db-0"]);
        ready(&mut world, 4);
        let outcome = reconcile(&world.view(), &Name::new(STATEFUL_SETS, "ns", "db"));
        let status = &statuses(&outcome)[0];
        assert_eq!(status["currentRevision"], status["updateRevision"]);
    }

    #[test]
    fn scaling_down_takes_the_last_first() {
        let mut world = World::of([(STATEFUL_SETS, set())]);
        for generation in 0..4 {
            look(&mut world);
            ready(&mut world, generation);
        }
        let mut fewer = world.view().get(STATEFUL_SETS, "ns", "db").cloned().unwrap_or_default();
        fewer["spec"]["replicas"] = 0.into();
        world.put(STATEFUL_SETS, fewer);
        assert_eq!(look(&mut world).1, ["db-1"]);
        assert_eq!(look(&mut world).1, ["db-0"]);
    }
}
