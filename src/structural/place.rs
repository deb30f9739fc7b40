//! Where in an object a walk is: a chain on the stack, made into text only when there is something to say.
//! It must never know schemas.

use crate::json::pointer::escaped;
use std::fmt::Write;

/// A step down from a mapping or a list.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    /// The object itself.
    Root,
    /// A field, or an entry of a map.
    Key(&'a str),
    /// An item of a list.
    Index(usize),
}

/// A place in an object, as a chain of steps.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

impl<'a> Place<'a> {
    /// The object itself.
    pub const ROOT: Place<'static> = Place { parent: None, step: Step::Root };

    pub fn key(&'a self, key: &'a str) -> Place<'a> {
        Place { parent: Some(self), step: Step::Key(key) }
    }

    pub fn index(&'a self, index: usize) -> Place<'a> {
        Place { parent: Some(self), step: Step::Index(index) }
    }

    pub fn is_root(&self) -> bool {
        matches!(self.step, Step::Root)
    }

    /// The JSON pointer.
    pub fn pointer(&self) -> String {
        let mut text = self.parent.map(Place::pointer).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Key(key) => {
                text.push('/');
                text.push_str(&escaped(key));
            }
            Step::Index(index) => write!(text, "/{index}").unwrap_or_default(),
        }
        text
    }

    /// The path as the API server writes it: `spec.predictors[0].name`.
    pub fn field(&self) -> String {
        let mut text = self.parent.map(Place::field).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => {
                text.push('.');
                text.push_str(key);
            }
            Step::Index(index) => write!(text, "[{index}]").unwrap_or_default(),
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_both_ways() {
        let (spec, root) = (Place::ROOT.key("spec"), Place::ROOT);
        let list = spec.key("a/b~c");
        let item = list.index(2);
        assert_eq!(item.pointer(), "/spec/a~1b~0c/2");
        assert_eq!(item.field(), "spec.a/b~c[2]");
        assert!(root.is_root() && root.pointer().is_empty() && root.field().is_empty());
    }
}
