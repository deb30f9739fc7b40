//! What is at each step of one level of a set, in the order of the steps. Levels are short and made and dropped all the time:
//! a sorted list is cheaper than a tree.
//! It must never know what is at a step.

use super::element::Element;

/// Steps in order, each once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Steps<T>(Vec<(Element, T)>);

impl<T> Default for Steps<T> {
    fn default() -> Steps<T> {
        Steps(Vec::new())
    }
}

impl<T> Steps<T> {
    fn place(&self, step: &Element) -> Result<usize, usize> {
        // What is put in last most often comes last.
        match self.0.last() {
            Some((last, _)) if last < step => Err(self.0.len()),
            _ => self.0.binary_search_by(|(there, _)| there.cmp(step)),
        }
    }

    /// What is at a step.
    pub fn get(&self, step: &Element) -> Option<&T> {
        self.place(step).ok().map(|place| &self.0[place].1)
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Element, &T)> {
        self.0.iter().map(|(step, here)| (step, here))
    }

    /// All without their steps.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, here)| here)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Puts in what comes after all others.
    pub fn push(&mut self, step: Element, here: T) {
        match self.place(&step) {
            Ok(place) => self.0[place].1 = here,
            Err(place) => self.0.insert(place, (step, here)),
        }
    }
}

impl<T: Default> Steps<T> {
    /// What is at a step, made if nothing is.
    pub fn at(&mut self, step: &Element) -> &mut T {
        let place = self.place(step).unwrap_or_else(|place| {
            self.0.insert(place, (step.clone(), T::default()));
            place
        });
        &mut self.0[place].1
    }
}
