//! Trees kept live: what is written and what that owns, followed by shared watches, each change an event.
//! Must never judge a change, ask for anything twice, or fail for what it may not see.

use super::bell::{Bell, House};
use super::below::below;
use super::change::changes;
use super::occurrences::Occurrences;
use super::sketch::Sketch;
use super::{objects_of, served};
use crate::cluster::{
    Cluster, Error, Interest, ObjectRef, Resource, Seen, Snapshot, Watch, compare_versions,
};
use crate::event::{EventKind, Sight};
use crate::json::Text;
use crate::kinds::{self, Occurrence};
use foldhash::{HashMap, HashSet};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::poll_fn;
use std::task::Poll;

/// Up to so many selections of one kind in one namespace are followed one by one; of more, all of the kind.
const FEW: usize = 3;
/// How many roots are followed.
const MOST_ROOTS: usize = 200;
/// The kinds that carry the labels of what owns them.
const LABELLED: &[&str] = &["Deployment", "ReplicaSet", "StatefulSet", "Pod"];
/// Kinds that are written, and of which nothing is to be seen.
const DULL: &[&str] = &["Namespace", "CustomResourceDefinition"];

/// Observes objects and what they own.
pub struct Observer {
    cluster: Cluster,
    feeds: Vec<Feed>,
    house: House,
    /// What is followed of each kind in each namespace, to tell when all of it must be.
    followed: BTreeMap<(String, Option<String>), BTreeSet<String>>,
    /// Where the cluster's events began to be news, by namespace.
    baselines: BTreeMap<String, Option<String>>,
    /// How many objects are followed for their own sake.
    roots: usize,
    /// UIDs of the roots and of all that they own or owned.
    members: HashSet<Text>,
    /// Roots that this run made: what they own was made in this run, too.
    fresh: HashSet<Text>,
    known: HashMap<Text, Sketch>,
    /// What members are called, by UID, those that are gone too.
    names: HashMap<Text, String>,
    /// UIDs of objects by that of an owner.
    owned: HashMap<Text, BTreeSet<Text>>,
    occurrences: Occurrences,
    untold: VecDeque<EventKind>,
    /// Kinds that may not be seen.
    unseen: BTreeSet<String>,
    /// Those of which that was not told yet, by why.
    hidden: BTreeMap<String, Vec<String>>,
}

struct Feed {
    watch: Watch,
    bell: Bell,
    /// Whether it shows the cluster's events.
    events: bool,
    listed: bool,
    over: bool,
}

impl Observer {
    /// An observer of nothing yet.
    pub fn new(cluster: &Cluster) -> Observer {
        Observer {
            cluster: cluster.clone(),
            feeds: Vec::new(),
            house: House::default(),
            followed: BTreeMap::new(),
            baselines: BTreeMap::new(),
            roots: 0,
            members: HashSet::default(),
            fresh: HashSet::default(),
            known: HashMap::default(),
            names: HashMap::default(),
            owned: HashMap::default(),
            occurrences: Occurrences::default(),
            untold: VecDeque::new(),
            unseen: BTreeSet::new(),
            hidden: BTreeMap::new(),
        }
    }

    /// From now on the cluster's events in a namespace are news; what is there already is not.
    pub async fn begin(&mut self, namespace: &str) {
        if self.baselines.contains_key(namespace) {
            return;
        }
        let version = match self.resource("v1", "Event").await {
            Some(resource) => self.cluster.version_of(&resource, Some(namespace)).await.ok(),
            None => None,
        };
        self.baselines.insert(namespace.to_owned(), version);
    }

    /// Follows an object and what it owns from now on; `made` says that it was made just now.
    pub async fn follow(&mut self, object: &ObjectRef, uid: &str, made: bool) {
        let kind = &object.resource.kind;
        let api_version = object.resource.api_version();
        let known = kinds::of(&api_version, kind);
        let dull = known.status.is_some_and(<[_]>::is_empty) && known.owns.is_empty();
        let follows = !dull && !DULL.contains(&kind.as_str()) && self.roots < MOST_ROOTS;
        if !follows || !self.members.insert(uid.into()) {
            return;
        }
        self.roots += 1;
        self.names.insert(uid.into(), object.short());
        if made {
            self.fresh.insert(uid.into());
        }
        let namespace = object.namespace.clone();
        self.open(object.resource.clone(), namespace.clone(), Some(object.name.clone()), None);
        if let Some(namespace) = &namespace {
            self.begin(namespace).await;
            if let Some(events) = self.resource("v1", "Event").await {
                self.open(events, Some(namespace.clone()), None, None);
            }
            let root = self.cluster.get(object).await.ok().flatten();
            let hint = root.as_ref().and_then(kinds::labels_below);
            for resource in below(&self.cluster, &api_version, kind).await {
                let labels = hint.clone().filter(|_| LABELLED.contains(&resource.kind.as_str()));
                self.open(resource, Some(namespace.clone()), None, labels);
            }
        }
        // What was seen before its root was known.
        self.join_below(uid);
    }

    /// Whether all there is has been shown once.
    pub fn is_complete(&self) -> bool {
        self.feeds.iter().all(|feed| feed.listed || feed.over)
    }

    /// Whether none of what was followed is there any more, after some of it was.
    pub fn is_over(&self) -> bool {
        self.is_complete() && !self.known.iter().any(|(uid, _)| self.members.contains(uid))
    }

    /// What happens next; waits for it. Nothing is lost if the wait is dropped.
    pub async fn next(&mut self) -> EventKind {
        loop {
            if let Some(told) = self.untold.pop_front() {
                return told;
            }
            let (at, seen) = poll_fn(|cx| {
                self.house.listen(cx);
                let mut feeds = self.feeds.iter_mut().enumerate().filter(|(_, feed)| !feed.over);
                let seen = feeds.find_map(|(at, feed)| Some((at, feed.bell.answer(feed.watch.next())?)));
                seen.map_or(Poll::Pending, Poll::Ready)
            })
            .await;
            self.take(at, seen);
        }
    }

    /// What has happened already, without waiting.
    pub fn try_next(&mut self) -> Option<EventKind> {
        for at in 0..self.feeds.len() {
            while let Some(seen) =
                self.feeds.get_mut(at).filter(|feed| !feed.over).and_then(|feed| feed.watch.try_next())
            {
                self.take(at, seen);
            }
        }
        self.untold.pop_front()
    }

    async fn resource(&self, api_version: &str, kind: &str) -> Option<Resource> {
        served(&self.cluster, api_version, kind).await
    }

    fn open(
        &mut self,
        resource: Resource,
        namespace: Option<String>,
        name: Option<String>,
        labels: Option<String>,
    ) {
        let kind = resource.kind.clone();
        if self.unseen.contains(&kind) {
            return;
        }
        let followed = self.followed.entry((resource.full_name(), namespace.clone())).or_default();
        if followed.contains("") {
            return;
        }
        let narrow = match (&name, &labels) {
            (Some(name), _) => format!("name {name}"),
            (None, Some(labels)) => format!("labels {labels}"),
            (None, None) => String::new(),
        };
        let wide = followed.len() >= FEW && !followed.contains(&narrow);
        let (name, labels, narrow) = if wide { (None, None, String::new()) } else { (name, labels, narrow) };
        if !followed.insert(narrow) {
            return;
        }
        let interest = Interest { resource, namespace, names: name.into_iter().collect(), labels };
        let watch = self.cluster.watch(interest);
        let bell = self.house.bell();
        self.feeds.push(Feed { watch, bell, events: kind == "Event", listed: false, over: false });
    }

    fn take(&mut self, at: usize, seen: Seen) {
        let Some(feed) = self.feeds.get_mut(at) else { return };
        match seen {
            Seen::Present(snapshot) if feed.events => self.happened(&snapshot),
            Seen::Gone { .. } if feed.events => {}
            Seen::Present(snapshot) => {
                let first = !feed.listed;
                self.present(&snapshot, first);
            }
            // What was labelled as its owner wants and is so no longer is hardly ever still there; in any case it is out of sight.
            Seen::Gone { last, .. } => self.gone(&last.uid),
            Seen::Listed => feed.listed = true,
            // To ask again and again is no way to observe.
            Seen::Polling { why } => {
                feed.over = true;
                let kind = feed.watch.interest().resource.kind.clone();
                self.unsee(kind, &why);
            }
            Seen::Blocked(error) => {
                let refused = matches!(&error, Error::Refused(status) if status.code == 403);
                if refused {
                    feed.over = true;
                    let kind = feed.watch.interest().resource.kind.clone();
                    self.unsee(kind, "they may not be read");
                }
            }
        }
        self.tell_hidden();
    }

    fn unsee(&mut self, kind: String, why: &str) {
        if self.unseen.insert(kind.clone()) {
            self.hidden.entry(why.to_owned()).or_default().push(kind);
        }
    }

    /// Tells what may not be seen in one line, once all that is followed has answered.
    fn tell_hidden(&mut self) {
        if self.hidden.is_empty() || !self.is_complete() {
            return;
        }
        for (why, mut kinds) in std::mem::take(&mut self.hidden) {
            kinds.sort();
            let events = kinds.iter().position(|kind| kind == "Event").map(|at| kinds.remove(at));
            let recorded = events.map(|_| "what the cluster records of objects".to_owned());
            let happens = objects_of(&kinds).map(|objects| format!("what happens to {objects}"));
            let what: Vec<String> = happens.into_iter().chain(recorded).collect();
            let message = format!("{} is not shown: {why}", what.join(", and "));
            self.untold.push_back(EventKind::Warning { message });
        }
    }

    fn happened(&mut self, snapshot: &Snapshot) {
        let Some(occurrence) = Occurrence::of(&snapshot.value()) else { return };
        let baseline = self.baselines.get(snapshot.namespace.as_str()).cloned().flatten();
        let old = baseline.is_none_or(|baseline| {
            matches!(
                compare_versions(&snapshot.resource_version, &baseline),
                Some(Ordering::Less | Ordering::Equal) | None
            )
        });
        if old {
            return self.occurrences.old(&occurrence);
        }
        let known = self.members.contains(occurrence.about.as_str())
            && self.known.contains_key(occurrence.about.as_str());
        self.untold.extend(self.occurrences.take(occurrence, known));
    }

    fn present(&mut self, snapshot: &Snapshot, first: bool) {
        let sketch = Sketch::of(&snapshot.value());
        let uid = snapshot.uid.clone();
        for owner in &sketch.owners {
            self.owned.entry(owner.clone()).or_default().insert(uid.clone());
        }
        let belongs =
            self.members.contains(&uid) || sketch.owners.iter().any(|owner| self.members.contains(owner));
        let before = self.known.insert(uid.clone(), sketch);
        match (belongs, before) {
            (false, _) => {}
            (true, Some(before)) if self.members.contains(&uid) => self.tell_changes(&uid, Some(&before)),
            (true, _) => {
                self.join(&uid, first);
                self.join_below(&uid);
            }
        }
    }

    /// An object turns out to belong to what is observed, or is seen for the first time.
    fn join(&mut self, uid: &str, first: bool) {
        self.members.insert(uid.into());
        let Some(sketch) = self.known.get(uid) else { return };
        let owner = sketch.owners.iter().find(|owner| self.members.contains(*owner));
        let by_run = owner.is_some_and(|owner| self.fresh.contains(owner)) || self.fresh.contains(uid);
        let told = EventKind::ObjectSeen {
            object: sketch.object.clone(),
            namespace: Some(sketch.namespace.to_string()).filter(|namespace| !namespace.is_empty()),
            owner: owner.and_then(|owner| self.names.get(owner)).cloned(),
            sight: if sketch.deleting {
                Sight::Deleting
            } else if by_run || !first {
                Sight::Made
            } else {
                Sight::There
            },
        };
        self.names.insert(uid.into(), sketch.object.clone());
        if by_run {
            self.fresh.insert(uid.into());
        }
        self.untold.push_back(told);
        self.tell_changes(uid, None);
        self.untold.extend(self.occurrences.release(uid));
    }

    /// What was seen before its owner was known to belong.
    fn join_below(&mut self, uid: &str) {
        let mut owners = vec![Text::from(uid)];
        while let Some(owner) = owners.pop() {
            let below: Vec<Text> = self.owned.get(&owner).into_iter().flatten().cloned().collect();
            for uid in below {
                if self.known.contains_key(&uid) && !self.members.contains(&uid) {
                    self.join(&uid, true);
                    owners.push(uid);
                }
            }
        }
    }

    fn tell_changes(&mut self, uid: &str, before: Option<&Sketch>) {
        let Some(after) = self.known.get(uid) else { return };
        if after.deleting && before.is_some_and(|before| !before.deleting) {
            self.untold.push_back(self.sight(after, Sight::Deleting));
        }
        self.untold.extend(changes(before, after));
    }

    fn gone(&mut self, uid: &str) {
        let Some(sketch) = self.known.remove(uid) else { return };
        for owner in &sketch.owners {
            if let Some(owned) = self.owned.get_mut(owner) {
                owned.remove(uid);
            }
        }
        if self.members.contains(uid) {
            let told = self.sight(&sketch, Sight::Gone);
            self.untold.push_back(told);
        }
    }

    fn sight(&self, sketch: &Sketch, sight: Sight) -> EventKind {
        EventKind::ObjectSeen {
            object: sketch.object.clone(),
            namespace: Some(sketch.namespace.to_string()).filter(|namespace| !namespace.is_empty()),
            owner: sketch.owners.iter().find_map(|owner| self.names.get(owner)).cloned(),
            sight,
        }
    }
}
