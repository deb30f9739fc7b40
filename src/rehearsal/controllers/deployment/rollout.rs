//! How a Deployment goes on: creating its new ReplicaSet, rolling or recreating, scaling in proportion, and cleaning up.
//! Must never know how a status is told.

use super::super::read::{count, deleting, generation, name, replicas, text};
use super::super::resource::{DEPLOYMENTS, PODS, REPLICA_SETS};
use super::sets::{desired_noted, max_noted, resize, revision, surge_and_missing};
use super::{BY, Pass, status};
use crate::json::Value;

impl Pass<'_> {
    /// Rolls on by one step.
    pub(super) fn roll(&mut self) {
        let Some(new) = self.sets.new else { return self.begin() };
        let wanted = self.wanted();
        let sizes: i64 = self.sets.all().iter().map(|set| replicas(set)).sum();
        let to = match replicas(new) {
            there if there > wanted => wanted,
            there if there < wanted => self.room(there, sizes),
            there => there,
        };
        if !resize(self.deployment, new, to, false, &mut self.outcome) {
            let scaled = self.shrink_old(new, sizes);
            if !scaled && status::complete(self.deployment, &self.deployment["status"]) {
                self.clean_up();
            }
        }
        self.tell();
    }

    /// Creates the new ReplicaSet; the rest is for the next look.
    fn begin(&mut self) {
        let sizes: i64 = self.sets.all().iter().map(|set| replicas(set)).sum();
        let count = match text(&self.deployment["spec"]["strategy"]["type"]) {
            "Recreate" => self.wanted(),
            _ => self.room(0, sizes),
        };
        let set = self.sets.made(self.deployment, count);
        if let Some(there) = self.view.get(REPLICA_SETS, text(&set["metadata"]["namespace"]), name(&set)) {
            return self.collide(there);
        }
        let created = name(&set).to_owned();
        self.outcome.create(REPLICA_SETS, set);
        if count > 0 {
            let message = format!("Scaled up replica set {created} from 0 to {count}");
            self.outcome.normal(BY, self.deployment, "ScalingReplicaSet", message);
        }
        let mut next = self.sets.revised(self.deployment);
        if status::has_deadline(self.deployment) {
            let message = format!("Created new replica set {created:?}");
            let mut state = self.deployment["status"].clone();
            status::set(&mut state, self.condition("Progressing", "True", "NewReplicaSetCreated", &message));
            next["status"] = state;
        }
        if next != *self.deployment {
            self.outcome.status(DEPLOYMENTS, next);
        }
    }

    /// Another ReplicaSet has the name: the next try salts the hash.
    fn collide(&mut self, there: &Value) {
        if deleting(there) {
            return self.outcome.look_again(std::time::Duration::from_secs(1));
        }
        let mut status = self.deployment["status"].clone();
        status["collisionCount"] = (count(&status["collisionCount"]) + 1).into();
        self.outcome.set_status(DEPLOYMENTS, self.deployment, status);
    }

    /// How large the new set, now of this size, may become.
    fn room(&self, there: i64, sizes: i64) -> i64 {
        let most = self.wanted() + surge_and_missing(self.deployment).0;
        there + (most - sizes).max(0).min(self.wanted() - there)
    }

    /// Takes pods from old sets, first those that are not available; true if any.
    fn shrink_old(&mut self, new: &Value, sizes: i64) -> bool {
        let old = self.sets.active_old();
        let available = |set: &Value| count(&set["status"]["availableReplicas"]);
        let least = self.wanted() - surge_and_missing(self.deployment).1;
        let most = sizes - least - (replicas(new) - available(new));
        if old.is_empty() || most <= 0 {
            return false;
        }
        let mut size: Vec<i64> = old.iter().map(|set| replicas(set)).collect();
        let mut cleaned = 0;
        for (set, size) in old.iter().zip(&mut size) {
            let sick = (*size - available(set)).max(0).min(most - cleaned);
            *size -= sick;
            cleaned += sick;
        }
        let there: i64 = self.sets.all().iter().map(|set| available(set)).sum();
        let mut spare = (there - least).max(0);
        for size in &mut size {
            let fewer = (*size).min(spare);
            *size -= fewer;
            spare -= fewer;
        }
        let mut any = false;
        for (set, to) in old.into_iter().zip(size) {
            any |= resize(self.deployment, set, to, false, &mut self.outcome);
        }
        any
    }

    /// Ends all old pods before it makes new ones.
    pub(super) fn recreate(&mut self) {
        let mut any = false;
        for set in self.sets.active_old() {
            any |= resize(self.deployment, set, 0, false, &mut self.outcome);
        }
        if any || self.old_pods_run() {
            return self.tell();
        }
        let Some(new) = self.sets.new else { return self.begin() };
        resize(self.deployment, new, self.wanted(), false, &mut self.outcome);
        if status::complete(self.deployment, &self.deployment["status"]) {
            self.clean_up();
        }
        self.tell();
    }

    fn old_pods_run(&self) -> bool {
        self.sets.old.iter().any(|set| {
            let pods = self.view.controlled(set, PODS);
            count(&set["status"]["replicas"]) > 0
                || pods.iter().any(|pod| !matches!(text(&pod["status"]["phase"]), "Failed" | "Succeeded"))
        })
    }

    /// Scales its sets, in proportion where several have pods.
    pub(super) fn scale(&mut self, paused: bool) {
        let wanted = self.wanted();
        let mut active: Vec<&Value> = self.sets.all().into_iter().filter(|set| replicas(set) > 0).collect();
        let latest = match active.as_slice() {
            [] => self.sets.new.or(self.sets.old.last().copied()),
            [only] => Some(*only),
            _ => None,
        };
        if let Some(set) = latest {
            resize(self.deployment, set, wanted, false, &mut self.outcome);
        } else if self.sets.new.is_some_and(|new| self.saturated(new)) {
            for set in self.sets.active_old() {
                resize(self.deployment, set, 0, false, &mut self.outcome);
            }
        } else if text(&self.deployment["spec"]["strategy"]["type"]) != "Recreate" {
            self.in_proportion(&mut active);
        }
        if paused {
            self.clean_up();
        }
        self.counted();
    }

    fn saturated(&self, new: &Value) -> bool {
        let wanted = self.wanted();
        replicas(new) == wanted
            && desired_noted(new) == Some(wanted)
            && count(&new["status"]["availableReplicas"]) == wanted
    }

    fn in_proportion(&mut self, active: &mut [&Value]) {
        let (wanted, surge) = (self.wanted(), surge_and_missing(self.deployment).0);
        let sizes: i64 = active.iter().map(|set| replicas(set)).sum();
        let most = if wanted > 0 { wanted + surge } else { 0 };
        let to_add = most - sizes;
        let age = |set: &&Value| text(&set["metadata"]["creationTimestamp"]).to_owned();
        // The largest first; of two alike the newer one when growing, the older one when shrinking.
        active.sort_by_key(age);
        if to_add > 0 {
            active.reverse();
        }
        active.sort_by_key(|set| -replicas(set));
        let (mut added, mut to) = (0, Vec::new());
        for set in active.iter() {
            let share = self.fraction(set, wanted, surge, to_add, added);
            added += share;
            to.push(replicas(set) + share);
        }
        if let Some(first) = to.first_mut() {
            *first = (*first + to_add - added).max(0);
        }
        for (set, to) in active.iter().zip(to) {
            resize(self.deployment, set, to, true, &mut self.outcome);
        }
    }

    fn fraction(&self, set: &Value, wanted: i64, surge: i64, to_add: i64, added: i64) -> i64 {
        let size = replicas(set);
        if size == 0 || to_add == added {
            return 0;
        }
        let before = match max_noted(set) {
            0 => count(&self.deployment["status"]["replicas"]),
            noted => noted,
        };
        let share = match (wanted, before) {
            (0, _) => -size,
            (_, 0) => 0,
            _ => (size as f64 * (wanted + surge) as f64 / before as f64).round() as i64 - size,
        };
        if to_add > 0 { share.min(to_add - added) } else { share.max(to_add - added) }
    }

    /// Deletes the oldest of its empty sets, beyond those it is to keep.
    fn clean_up(&mut self) {
        let Some(limit) = self.deployment["spec"]["revisionHistoryLimit"].as_u64() else { return };
        let mut sets: Vec<&Value> = self.sets.old.iter().copied().filter(|set| !deleting(set)).collect();
        sets.sort_by_key(|set| revision(set));
        let spare = sets.len().saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
        for set in sets.into_iter().take(spare) {
            let seen = count(&set["status"]["observedGeneration"]) >= generation(set);
            if count(&set["status"]["replicas"]) == 0 && replicas(set) == 0 && seen {
                self.outcome.delete(REPLICA_SETS, set);
            }
        }
    }

    /// Tells how far it is.
    fn tell(&mut self) {
        let (status, again) = status::rolling(self.deployment, &self.sets, self.view.now);
        self.outcome.set_status(DEPLOYMENTS, self.deployment, status);
        self.outcome.again_in = again;
    }
}
