//! All objects, and what became of them: one line of versions, and a bounded history of each kind.
//! It must never know HTTP, rights or what makes an object valid.

use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, OnceLock};

use crate::json::{Text, Value};
use bytes::Bytes;

use super::feed::Feed;
use super::managers::Managers;
use super::resource::{Resource, Shelf};
use super::stored::{Stored, line};

/// How many changes of a kind are remembered.
const CHANGES: usize = 4096;
/// How many bytes of changes of a kind are remembered, unless they are few.
const BYTES: usize = 1 << 19;
/// How many changes are remembered however large they are.
const FEW: usize = 128;

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// It is new.
    Added,
    /// It is another than before.
    Modified,
    /// It is gone.
    Deleted,
}

impl Happened {
    /// The word of a watch event.
    pub fn word(self) -> &'static str {
        match self {
            Happened::Added => "ADDED",
            Happened::Modified => "MODIFIED",
            Happened::Deleted => "DELETED",
        }
    }
}

/// One thing that happened.
#[derive(Debug)]
pub struct Change {
    /// What happened.
    pub happened: Happened,
    /// The object as it is now; of one that is gone, as it was, at the version of its end.
    pub now: Arc<Stored>,
    /// The object as it was.
    pub before: Option<Arc<Stored>>,
    /// The line of watches that are told something else than what happened, in the version that is kept: added, modified, deleted.
    lines: [OnceLock<Bytes>; 3],
}

impl Change {
    fn new(happened: Happened, now: Arc<Stored>, before: Option<Arc<Stored>>) -> Change {
        Change { happened, now, before, lines: Default::default() }
    }

    /// The line of a watch in the version that is kept; made once for all watches.
    pub fn line(&self, told: Happened) -> Bytes {
        if told == self.now.happened {
            return self.now.line().clone();
        }
        let slot = &self.lines[told as usize];
        slot.get_or_init(|| line(told.word(), &self.now.wire())).clone()
    }
}

/// All objects.
#[derive(Debug, Default)]
pub struct Store {
    version: u64,
    /// Nothing that happened up to here is remembered.
    floor: u64,
    kinds: BTreeMap<Shelf, Kept>,
}

/// The objects of a kind.
#[derive(Debug, Default)]
struct Kept {
    objects: BTreeMap<Folder, BTreeMap<Text, Arc<Stored>>>,
    history: VecDeque<Arc<Change>>,
    bytes: usize,
    floor: u64,
    feed: Feed,
}

impl Store {
    /// The version of the last change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// One object.
    pub fn get(&self, shelf: &Shelf, namespace: &str, name: &str) -> Option<&Arc<Stored>> {
        self.kinds.get(shelf)?.objects.get(&Folder::of(namespace))?.get(name)
    }

    /// All objects of a kind, by namespace and name; of one namespace, unless that is empty.
    pub fn list<'a>(&'a self, shelf: &Shelf, namespace: &'a str) -> impl Iterator<Item = &'a Arc<Stored>> {
        let objects = self.kinds.get(shelf).map(|kept| &kept.objects);
        let of_one =
            (!namespace.is_empty()).then(|| objects.and_then(|objects| objects.get(&Folder::of(namespace))));
        let (one, all) = match of_one {
            Some(one) => (one, None),
            None => (None, objects),
        };
        one.into_iter().chain(all.into_iter().flat_map(BTreeMap::values)).flat_map(BTreeMap::values)
    }

    /// All objects of a kind as they were at a version, by namespace and name.
    ///
    /// # Errors
    /// The oldest version that is remembered, if that is younger.
    pub fn list_at(&self, shelf: &Shelf, namespace: &str, version: u64) -> Result<Vec<Arc<Stored>>, u64> {
        let oldest = self.oldest(shelf);
        if version < oldest {
            return Err(oldest);
        }
        let key = |object: &Stored| (Folder(object.namespace.clone()), object.name.clone());
        let mut objects: BTreeMap<(Folder, Text), &Arc<Stored>> =
            self.list(shelf, namespace).map(|object| (key(object), object)).collect();
        let history = self.kinds.get(shelf).into_iter().flat_map(|kept| kept.history.iter().rev());
        for change in history.take_while(|change| change.now.version > version) {
            if !namespace.is_empty() && change.now.namespace != namespace {
                continue;
            }
            match &change.before {
                Some(before) => objects.insert(key(&change.now), before),
                None => objects.remove(&key(&change.now)),
            };
        }
        Ok(objects.into_values().cloned().collect())
    }

    /// The oldest version of which it is known what happened since.
    pub fn oldest(&self, shelf: &Shelf) -> u64 {
        self.kinds.get(shelf).map_or(0, |kept| kept.floor).max(self.floor)
    }

    /// What happened to a kind after a version, oldest first. To be asked only from [`Store::oldest`] on.
    pub fn since(&self, shelf: &Shelf, version: u64) -> impl Iterator<Item = &Arc<Change>> {
        let history = self.kinds.get(shelf).map(|kept| &kept.history);
        let from =
            history.map_or(0, |history| history.partition_point(|change| change.now.version <= version));
        history.into_iter().flat_map(move |history| history.range(from..))
    }

    /// Keeps an object, new or changed, at the next version. Its managers stay who they are.
    pub fn put(&mut self, resource: &Resource, value: Value) -> Arc<Stored> {
        self.put_managed(resource, value, None)
    }

    /// Keeps an object, new or changed, at the next version, with these managers.
    pub fn put_by(&mut self, resource: &Resource, value: Value, managers: Managers) -> Arc<Stored> {
        self.put_managed(resource, value, Some(managers))
    }

    fn put_managed(&mut self, resource: &Resource, value: Value, managers: Option<Managers>) -> Arc<Stored> {
        self.version += 1;
        let place = |key: &str| value["metadata"][key].to_text();
        let kept = self.kinds.entry(resource.shelf.clone()).or_default();
        let names = kept.objects.entry(Folder(place("namespace"))).or_default();
        let before = names.remove(&place("name"));
        let happened = if before.is_some() { Happened::Modified } else { Happened::Added };
        let known = before.as_ref().map_or(&Value::Null, |before| &before.value);
        let stands = || before.as_ref().map(|before| before.managers.clone());
        let managers = managers.or_else(stands).unwrap_or_default();
        let now = Arc::new(Stored::new((value, managers), self.version, happened, known));
        names.insert(now.name.clone(), now.clone());
        kept.tell(Change::new(happened, now.clone(), before));
        now
    }

    /// Forgets an object, and returns it at the version of its end.
    pub fn remove(&mut self, resource: &Resource, namespace: &str, name: &str) -> Option<Arc<Stored>> {
        let kept = self.kinds.get_mut(&resource.shelf)?;
        let names = kept.objects.get_mut(&Folder::of(namespace))?;
        let before = names.remove(name)?;
        if names.is_empty() {
            kept.objects.remove(&Folder::of(namespace));
        }
        self.version += 1;
        let last = (before.value.clone(), before.managers.clone());
        let now = Arc::new(Stored::new(last, self.version, Happened::Deleted, &before.value));
        kept.tell(Change::new(Happened::Deleted, now.clone(), Some(before)));
        Some(now)
    }

    /// Writes all objects of a kind anew, at the versions they have: what they are read as has changed, and not they.
    pub fn reread(&mut self, resource: &Resource, change: impl Fn(&mut Value)) {
        let Some(kept) = self.kinds.get_mut(&resource.shelf) else { return };
        for stored in kept.objects.values_mut().flat_map(BTreeMap::values_mut) {
            let mut value = stored.value.clone();
            change(&mut value);
            let managed = (value, stored.managers.clone());
            *stored = Arc::new(Stored::new(managed, stored.version, stored.happened, &stored.value));
        }
    }

    /// Who follows a kind.
    pub fn feed(&mut self, shelf: &Shelf) -> &mut Feed {
        &mut self.kinds.entry(shelf.clone()).or_default().feed
    }

    /// Ends all watches of a kind, or of all kinds.
    pub fn cut(&mut self, shelf: Option<&Shelf>) {
        for (_, kept) in self.kinds.iter_mut().filter(|(kind, _)| shelf.is_none_or(|shelf| shelf == *kind)) {
            kept.feed = Feed::default();
        }
    }

    /// Forgets what happened up to now.
    pub fn compact(&mut self) {
        self.floor = self.version;
        for kept in self.kinds.values_mut() {
            kept.history.clear();
            kept.bytes = 0;
        }
    }
}

/// A namespace; in the order of paths, in which a slash is behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Folder(Text);

impl Folder {
    fn of(namespace: &str) -> Folder {
        Folder(namespace.into())
    }
}

impl PartialOrd for Folder {
    fn partial_cmp(&self, other: &Folder) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Folder {
    fn cmp(&self, other: &Folder) -> Ordering {
        self.0.bytes().chain([b'/']).cmp(other.0.bytes().chain([b'/']))
    }
}

impl Kept {
    fn tell(&mut self, change: Change) {
        let change = Arc::new(change);
        self.feed.tell(&change);
        self.bytes += change.now.size;
        self.history.push_back(change);
        while self.history.len() > CHANGES || (self.bytes > BYTES && self.history.len() > FEW) {
            let Some(oldest) = self.history.pop_front() else { return };
            self.bytes -= oldest.now.size;
            self.floor = oldest.now.version;
        }
    }
}
