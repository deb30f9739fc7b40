//! A mapping that keeps its order.

use super::{Mark, Text, Value};
use std::collections::HashMap;
use std::slice;
use std::sync::Arc;

/// From how many entries on they are found by a table: few are found sooner by looking at them.
const MANY: usize = 24;

/// The entries of a mapping, in the order in which they came. Equal in any order. A copy is the same piece of memory, until one
/// of both is changed; one without entries has none.
#[derive(Clone, Debug, Default)]
pub struct Map(Option<Arc<Kept>>);

#[derive(Clone, Debug, Default)]
struct Kept {
    entries: Vec<Pair>,
    /// Only of many entries; few mappings have them.
    places: Option<Box<Places>>,
}

/// An entry.
#[derive(Clone, Debug)]
pub struct Pair {
    mark: Mark,
    key: Text,
    value: Value,
}

impl Pair {
    fn new(key: Text, value: Value) -> Pair {
        Pair { mark: Mark::of(&key), key, value }
    }

    // Asked of millions of entries, most of which are told at once to be others.
    #[inline(always)]
    fn is_of(&self, mark: Mark, key: &str) -> bool {
        self.mark == mark && mark.tells(&self.key, key)
    }
}

/// Where each key is.
#[derive(Clone, Debug, Default)]
struct Places(HashMap<Text, usize>);

impl Kept {
    fn place(&self, key: &str) -> Option<usize> {
        match &self.places {
            Some(places) => places.0.get(key).copied(),
            None => {
                let mark = Mark::of(key);
                // Nothing but a bare loop is quick enough here.
                for (place, pair) in self.entries.iter().enumerate() {
                    if pair.is_of(mark, key) {
                        return Some(place);
                    }
                }
                None
            }
        }
    }

    fn push(&mut self, key: Text, value: Value) {
        if self.entries.len() == self.entries.capacity() {
            // Most mappings are small, and there are very many: they are not given twice what they need.
            self.entries.reserve_exact((self.entries.len() / 2).max(4));
        }
        match &mut self.places {
            Some(places) => {
                places.0.insert(key.clone(), self.entries.len());
                self.entries.push(Pair::new(key, value));
            }
            None => {
                self.entries.push(Pair::new(key, value));
                if self.entries.len() == MANY {
                    self.find_anew();
                }
            }
        }
    }

    /// Notes anew where each key is.
    fn find_anew(&mut self) {
        let many = self.entries.len() >= MANY;
        let places =
            || self.entries.iter().enumerate().map(|(place, pair)| (pair.key.clone(), place)).collect();
        self.places = many.then(|| Box::new(Places(places())));
    }
}

impl Map {
    /// An empty mapping.
    pub fn new() -> Map {
        Map::default()
    }

    /// An empty mapping that will have so many entries.
    pub fn with_capacity(entries: usize) -> Map {
        let kept = || Arc::new(Kept { entries: Vec::with_capacity(entries), places: None });
        Map((entries > 0).then(kept))
    }

    /// Whether it is the very same mapping, told without looking into it.
    pub fn is(&self, other: &Map) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    fn entries(&self) -> &[Pair] {
        self.0.as_ref().map_or(&[], |kept| &kept.entries)
    }

    /// Where a key is.
    fn place(&self, key: &str) -> Option<usize> {
        self.0.as_ref()?.place(key)
    }

    /// The entries to be changed: from here on they are no longer shared.
    fn own(&mut self) -> &mut Kept {
        Arc::make_mut(self.0.get_or_insert_default())
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let kept = self.0.as_deref()?;
        kept.place(key).and_then(|place| kept.entries.get(place)).map(|pair| &pair.value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let place = self.place(key)?;
        Some(&mut self.own().entries[place].value)
    }

    /// The key as it is kept, and its value.
    pub fn get_key_value(&self, key: &str) -> Option<(&Text, &Value)> {
        let kept = self.0.as_deref()?;
        kept.place(key).and_then(|place| kept.entries.get(place)).map(halves)
    }

    /// Whether a key is there.
    pub fn contains_key(&self, key: &str) -> bool {
        self.place(key).is_some()
    }

    /// Puts a value in: where its key stands, else at the end. What was there before.
    pub fn insert(&mut self, key: Text, value: Value) -> Option<Value> {
        match self.place(&key) {
            Some(place) => Some(std::mem::replace(&mut self.own().entries[place].value, value)),
            None => {
                self.own().push(key, value);
                None
            }
        }
    }

    /// Puts a value in at a place, and moves it there if its key is elsewhere. What was there before.
    pub fn shift_insert(&mut self, place: usize, key: Text, value: Value) -> Option<Value> {
        let before = self.shift_remove(&key);
        let kept = self.own();
        kept.entries.insert(place.min(kept.entries.len()), Pair::new(key, value));
        kept.find_anew();
        before
    }

    /// Takes an entry out; the others keep their order.
    pub fn shift_remove(&mut self, key: &str) -> Option<Value> {
        let place = self.place(key)?;
        let kept = self.own();
        let Pair { value, .. } = kept.entries.remove(place);
        if kept.places.is_some() {
            kept.find_anew();
        }
        Some(value)
    }

    /// The entry of a key, there or not.
    pub fn entry(&mut self, key: impl Into<Text>) -> Entry<'_> {
        Entry { map: self, key: key.into() }
    }

    /// Keeps only some entries.
    pub fn retain(&mut self, mut keep: impl FnMut(&Text, &mut Value) -> bool) {
        if self.is_empty() {
            return;
        }
        let kept = self.own();
        kept.entries.retain_mut(|Pair { key, value, .. }| keep(key, value));
        kept.find_anew();
    }

    /// The same keys with what becomes of their values; an entry of which nothing becomes is left out. The very same mapping if
    /// all values are the same.
    pub fn mapped<'a>(&'a self, mut to: impl FnMut(&'a Text, &'a Value) -> Option<Value>) -> Map {
        let mut other: Option<Kept> = None;
        for (place, Pair { key, value, .. }) in self.entries().iter().enumerate() {
            let new = to(key, value);
            if other.is_none() && new.as_ref().is_some_and(|new| new.is(value)) {
                continue;
            }
            let kept = other.get_or_insert_with(|| {
                let mut kept = Kept { entries: Vec::with_capacity(self.len()), places: None };
                kept.entries.extend_from_slice(&self.entries()[..place]);
                kept
            });
            kept.entries.extend(new.map(|new| Pair::new(key.clone(), new)));
        }
        match other {
            Some(mut kept) => {
                kept.find_anew();
                Map((!kept.entries.is_empty()).then(|| Arc::new(kept)))
            }
            None => self.clone(),
        }
    }

    /// The entries in order, each with what another mapping has under its key.
    pub fn beside<'a>(
        &'a self,
        other: &'a Map,
    ) -> impl Iterator<Item = (&'a Text, &'a Value, Option<&'a Value>)> {
        self.entries().iter().enumerate().map(|(place, pair)| (&pair.key, &pair.value, other.at(place, pair)))
    }

    /// The value of the key of an entry, which is most often in the same place here.
    fn at(&self, place: usize, pair: &Pair) -> Option<&Value> {
        match self.entries().get(place) {
            Some(there) if there.is_of(pair.mark, &pair.key) => Some(&there.value),
            _ => self.get(&pair.key),
        }
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Text> + ExactSizeIterator + Clone {
        self.entries().iter().map(|pair| &pair.key)
    }

    /// The values, in order.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator + Clone {
        self.entries().iter().map(|pair| &pair.value)
    }

    /// The values in order, to be changed.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Value> + ExactSizeIterator {
        self.own().entries.iter_mut().map(|pair| &mut pair.value)
    }

    /// The entries, in order.
    pub fn iter(&self) -> Iter<'_> {
        self.entries().iter().map(halves)
    }

    /// The entries in order, their values to be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_> {
        self.own().entries.iter_mut().map(halves_mut)
    }
}

fn halves(Pair { key, value, .. }: &Pair) -> (&Text, &Value) {
    (key, value)
}

fn halves_mut(Pair { key, value, .. }: &mut Pair) -> (&Text, &mut Value) {
    (key, value)
}

fn both(Pair { key, value, .. }: Pair) -> (Text, Value) {
    (key, value)
}

pub(super) type Iter<'a> = std::iter::Map<slice::Iter<'a, Pair>, fn(&Pair) -> (&Text, &Value)>;
type IterMut<'a> = std::iter::Map<slice::IterMut<'a, Pair>, fn(&mut Pair) -> (&Text, &mut Value)>;
type IntoIter = std::iter::Map<std::vec::IntoIter<Pair>, fn(Pair) -> (Text, Value)>;

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Text, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Map {
    type Item = (&'a Text, &'a mut Value);
    type IntoIter = IterMut<'a>;

    fn into_iter(self) -> IterMut<'a> {
        self.iter_mut()
    }
}

impl IntoIterator for Map {
    type Item = (Text, Value);
    type IntoIter = IntoIter;

    fn into_iter(self) -> IntoIter {
        self.0.map(Arc::unwrap_or_clone).unwrap_or_default().entries.into_iter().map(both)
    }
}

impl<K: Into<Text>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(entries: T) -> Map {
        let entries = entries.into_iter();
        let mut map = Map::with_capacity(entries.size_hint().0);
        map.extend(entries);
        map
    }
}

impl<K: Into<Text>, V: Into<Value>> Extend<(K, V)> for Map {
    fn extend<T: IntoIterator<Item = (K, V)>>(&mut self, entries: T) {
        for (key, value) in entries {
            self.insert(key.into(), value.into());
        }
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Map) -> bool {
        let same = || self.beside(other).all(|(_, value, there)| there == Some(value));
        self.is(other) || self.len() == other.len() && same()
    }
}

impl Eq for Map {}

impl std::ops::Index<&str> for Map {
    type Output = Value;

    /// The value of a key, `null` if it is not there.
    fn index(&self, key: &str) -> &Value {
        self.get(key).unwrap_or(&super::NOTHING)
    }
}

/// The entry of a key, there or not.
#[derive(Debug)]
pub struct Entry<'a> {
    map: &'a mut Map,
    key: Text,
}

impl<'a> Entry<'a> {
    /// What is there, or this.
    pub fn or_insert(self, value: Value) -> &'a mut Value {
        self.or_insert_with(|| value)
    }

    /// What is there, or what is made now.
    pub fn or_insert_with(self, make: impl FnOnce() -> Value) -> &'a mut Value {
        let (kept, key) = (self.map.own(), self.key);
        let place = match kept.place(&key) {
            Some(place) => place,
            None => {
                kept.push(key, make());
                kept.entries.len() - 1
            }
        };
        &mut kept.entries[place].value
    }
}
