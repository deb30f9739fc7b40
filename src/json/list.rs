//! A list.

use super::Value;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// The items of a list. A copy is the same piece of memory, until one of both is changed; one without items has none.
#[derive(Clone, Debug, Default)]
pub struct List(Option<Arc<Vec<Value>>>);

/// The items of a list that has none.
static NONE: Vec<Value> = Vec::new();

impl List {
    /// Whether it is the very same list, told without looking into it.
    pub fn is(&self, other: &List) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }
}

impl List {
    /// What becomes of each item; the very same list if all are the same.
    pub fn mapped<'a>(&'a self, mut to: impl FnMut(usize, &'a Value) -> Value) -> List {
        let mut other: Option<Vec<Value>> = None;
        for (place, item) in self.iter().enumerate() {
            let new = to(place, item);
            if other.is_none() && new.is(item) {
                continue;
            }
            let same = || {
                let mut items = Vec::with_capacity(self.len());
                items.extend_from_slice(&self[..place]);
                items
            };
            other.get_or_insert_with(same).push(new);
        }
        other.map_or_else(|| self.clone(), List::from)
    }
}

impl Deref for List {
    type Target = Vec<Value>;

    fn deref(&self) -> &Vec<Value> {
        self.0.as_deref().unwrap_or(&NONE)
    }
}

impl DerefMut for List {
    /// The items to be changed: from here on they are no longer shared.
    fn deref_mut(&mut self) -> &mut Vec<Value> {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

impl From<Vec<Value>> for List {
    fn from(items: Vec<Value>) -> List {
        List((!items.is_empty()).then(|| Arc::new(items)))
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> List {
        Vec::from_iter(items).into()
    }
}

impl IntoIterator for List {
    type Item = Value;
    type IntoIter = std::vec::IntoIter<Value>;

    fn into_iter(self) -> std::vec::IntoIter<Value> {
        self.0.map(Arc::unwrap_or_clone).unwrap_or_default().into_iter()
    }
}

impl<'a> IntoIterator for &'a List {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> std::slice::Iter<'a, Value> {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut List {
    type Item = &'a mut Value;
    type IntoIter = std::slice::IterMut<'a, Value>;

    fn into_iter(self) -> std::slice::IterMut<'a, Value> {
        self.iter_mut()
    }
}

impl PartialEq for List {
    fn eq(&self, other: &List) -> bool {
        self.is(other) || **self == **other
    }
}

impl Eq for List {}
