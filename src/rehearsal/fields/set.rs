//! A set of fields of an object, as managed fields hold it (`FieldsV1`).
//! It must never know whose fields they are.

use crate::json::{Map, Value};

use super::element::Element;
use super::shape::Shape;
use super::steps::Steps;

/// A set of paths. A path that is a member says nothing of those below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Set {
    steps: Steps<Node>,
}

/// What a set holds at and below a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Node {
    member: bool,
    below: Set,
}

impl Node {
    fn is_empty(&self) -> bool {
        !self.member && self.below.is_empty()
    }
}

impl Set {
    /// The set of these paths of fields.
    pub fn of(paths: &[&[&str]]) -> Set {
        let mut set = Set::default();
        for path in paths {
            let path: Vec<Element> = path.iter().map(|name| Element::Field((*name).into())).collect();
            set.insert(&path);
        }
        set
    }

    /// Whether no path is a member.
    pub fn is_empty(&self) -> bool {
        self.steps.values().all(Node::is_empty)
    }

    /// How many steps this level has.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// Adds a path; the empty one is nothing to be owned.
    pub fn insert(&mut self, path: &[Element]) {
        let Some((first, rest)) = path.split_first() else { return };
        let node = self.steps.at(first);
        if rest.is_empty() {
            node.member = true;
        } else {
            node.below.insert(rest);
        }
    }

    /// Whether the path is a member.
    pub fn has(&self, path: &[Element]) -> bool {
        let Some((first, rest)) = path.split_first() else { return false };
        self.steps.get(first).is_some_and(|node| match rest {
            [] => node.member,
            _ => node.below.has(rest),
        })
    }

    /// Whether the step itself is a member.
    pub fn has_step(&self, step: &Element) -> bool {
        self.steps.get(step).is_some_and(|node| node.member)
    }

    /// What is below a step, `None` if nothing is.
    pub fn below(&self, step: &Element) -> Option<&Set> {
        self.steps.get(step).map(|node| &node.below).filter(|below| !below.is_empty())
    }

    /// Whether the other set has every path of this one.
    pub fn is_within(&self, other: &Set) -> bool {
        self.steps.iter().all(|(step, ours)| {
            ours.is_empty()
                || other.steps.get(step).is_some_and(|theirs| {
                    (!ours.member || theirs.member) && ours.below.is_within(&theirs.below)
                })
        })
    }

    /// Whether the sets have a path in common.
    pub fn meets(&self, other: &Set) -> bool {
        let (few, many) = if self.steps.len() < other.steps.len() { (self, other) } else { (other, self) };
        few.steps.iter().any(|(step, ours)| {
            many.steps
                .get(step)
                .is_some_and(|theirs| ours.member && theirs.member || ours.below.meets(&theirs.below))
        })
    }

    /// Whether `fieldsV1`, in the server's spelling, has every path of this set.
    pub fn is_within_written(&self, fields: &Value) -> bool {
        let Value::Object(fields) = fields else { return self.is_empty() };
        self.steps.iter().all(|(step, ours)| {
            ours.is_empty()
                || written_below(fields, step).is_some_and(|theirs| {
                    (!ours.member || is_member(theirs)) && ours.below.is_within_written(theirs)
                })
        })
    }

    /// Whether `fieldsV1`, in the server's spelling, has a path of this set.
    pub fn meets_written(&self, fields: &Value) -> bool {
        let Value::Object(fields) = fields else { return false };
        self.steps.iter().any(|(step, ours)| {
            written_below(fields, step)
                .is_some_and(|theirs| ours.member && is_member(theirs) || ours.below.meets_written(theirs))
        })
    }

    /// The paths of either set.
    pub fn union(&self, other: &Set) -> Set {
        let mut steps = self.steps.clone();
        for (step, theirs) in other.steps.iter() {
            let ours = steps.at(step);
            ours.member |= theirs.member;
            ours.below = ours.below.union(&theirs.below);
        }
        Set { steps }
    }

    /// The paths of both sets.
    pub fn intersection(&self, other: &Set) -> Set {
        self.filtered(|step, ours| {
            let theirs = other.steps.get(step)?;
            let below = ours.below.intersection(&theirs.below);
            Some(Node { member: ours.member && theirs.member, below })
        })
    }

    /// The paths of this set that are not in the other. Paths below one that the other has remain.
    pub fn difference(&self, other: &Set) -> Set {
        self.filtered(|step, ours| {
            let Some(theirs) = other.steps.get(step) else { return Some(ours.clone()) };
            let below = ours.below.difference(&theirs.below);
            Some(Node { member: ours.member && !theirs.member, below })
        })
    }

    /// The paths of this set that are neither in the other nor below one of it.
    pub fn without(&self, other: &Set) -> Set {
        self.filtered(|step, ours| {
            let Some(theirs) = other.steps.get(step) else { return Some(ours.clone()) };
            (!theirs.member).then(|| Node { member: ours.member, below: ours.below.without(&theirs.below) })
        })
    }

    fn filtered(&self, keep: impl Fn(&Element, &Node) -> Option<Node>) -> Set {
        let mut steps = Steps::default();
        for (step, node) in self.steps.iter() {
            if let Some(node) = keep(step, node).filter(|node| !node.is_empty()) {
                steps.push(step.clone(), node);
            }
        }
        Set { steps }
    }

    /// This set with every field that the schema names and that has paths below it.
    pub(super) fn with_named_fields(&self, shape: Option<Shape<'_>>) -> Set {
        let atom = shape.map(Shape::atom).unwrap_or_default();
        let mut steps = Steps::default();
        for (step, node) in self.steps.iter() {
            let (named, inner) = match step {
                Element::Field(name) => match &atom.map {
                    Some(map) => (map.names(name), map.entry(name)),
                    None => (false, None),
                },
                Element::Key(_) => (false, atom.list.as_ref().map(|list| list.items)),
                _ => (false, None),
            };
            let member = node.member || named && node.below.steps.len() > 0;
            steps.push(step.clone(), Node { member, below: node.below.with_named_fields(inner) });
        }
        Set { steps }
    }

    /// Every path, those of a level before those below it.
    pub fn paths(&self) -> Vec<Vec<Element>> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    fn collect(&self, prefix: &mut Vec<Element>, found: &mut Vec<Vec<Element>>) {
        for step in self.steps.iter().filter(|(_, node)| node.member).map(|(step, _)| step) {
            let mut path = prefix.clone();
            path.push(step.clone());
            found.push(path);
        }
        for (step, node) in self.steps.iter() {
            prefix.push(step.clone());
            node.below.collect(prefix, found);
            prefix.pop();
        }
    }

    /// The steps of this level that are members or have paths below, each with both.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&Element, bool, &Set)> {
        self.steps.iter().map(|(step, node)| (step, node.member, &node.below))
    }

    /// Reads `fieldsV1`. Steps of kinds that are not known are left out.
    ///
    /// # Errors
    /// In words, if it is no such set.
    pub fn from_json(fields: &Value) -> Result<Set, String> {
        Ok(Set::read(fields)?.0)
    }

    /// A set and whether the step that leads to it is a member itself.
    fn read(fields: &Value) -> Result<(Set, bool), String> {
        let Value::Object(map) = fields else { return Err(format!("expected a mapping, got {fields}")) };
        let mut member = false;
        let mut set = Set::default();
        for (text, value) in map {
            if text == "." {
                member = true;
                continue;
            }
            let Some(step) = Element::parse(text)? else { continue };
            let (below, is_member) = Set::read(value)?;
            set.steps.push(step, Node { member: is_member, below });
        }
        let member = member || (set.steps.len() == 0);
        Ok((set, member))
    }
}

/// What `fieldsV1` has below a step.
fn written_below<'a>(fields: &'a Map, step: &Element) -> Option<&'a Value> {
    match step {
        Element::Field(name) => {
            let mut entries = fields.iter();
            entries.find(|(key, _)| key.strip_prefix("f:") == Some(name.as_str())).map(|(_, below)| below)
        }
        step => fields.get(&step.text()),
    }
}

/// Whether the step that leads to these `fieldsV1` is a member.
fn is_member(fields: &Value) -> bool {
    fields.as_object().is_some_and(|fields| fields.is_empty() || fields.contains_key("."))
}

#[cfg(test)]
mod tests {
    use super::super::written;
    use super::*;
    use crate::json::json;
    use proptest::prelude::*;

    fn set() -> impl Strategy<Value = Set> {
        let step = prop_oneof![
            "[ab]".prop_map(|name| Element::Field(name.into())),
            (0..3i64).prop_map(|n| Element::Value(json!(n))),
            "[xy]".prop_map(|name| Element::Key(vec![("name".into(), json!(name))])),
        ];
        let path = proptest::collection::vec(step, 1..4);
        proptest::collection::vec(path, 0..8).prop_map(|paths| {
            let mut set = Set::default();
            paths.iter().for_each(|path| set.insert(path));
            set
        })
    }

    proptest! {
        #[test]
        fn a_set_is_read_as_it_is_written(set in set()) {
            prop_assert_eq!(Set::from_json(&written::of(&set)), Ok(set));
        }

        #[test]
        fn sets_are_sets(a in set(), b in set()) {
            for path in a.union(&b).paths() {
                prop_assert!(a.has(&path) || b.has(&path));
                prop_assert_eq!(a.intersection(&b).has(&path), a.has(&path) && b.has(&path));
                prop_assert_eq!(a.difference(&b).has(&path), a.has(&path) && !b.has(&path));
                let above = (1..=path.len()).any(|length| b.has(&path[..length]));
                prop_assert_eq!(a.without(&b).has(&path), a.has(&path) && !above);
            }
            prop_assert_eq!(a.meets(&b), !a.intersection(&b).is_empty());
            prop_assert_eq!(a.is_within(&b), a.difference(&b).is_empty());
            prop_assert_eq!(a.is_within(&b), a.is_within_written(&written::of(&b)));
            prop_assert_eq!(a.meets(&b), a.meets_written(&written::of(&b)));
            prop_assert_eq!(a.difference(&b).union(&a.intersection(&b)), a);
        }
    }

    #[test]
    fn a_step_with_and_without_paths_below_is_written_as_the_server_does() {
        let mut set = Set::of(&[&["spec"], &["spec", "replicas"], &["metadata", "labels"]]);
        set.insert(&[Element::Field("a".into()), Element::Value(json!(1))]);
        let text = r#"{"f:a":{"v:1":{}},"f:metadata":{"f:labels":{}},"f:spec":{".":{},"f:replicas":{}}}"#;
        assert_eq!(written::of(&set).to_string(), text);
        assert!(Set::from_json(&json!({"f:a": 1})).is_err() && Set::from_json(&json!([])).is_err());
    }
}
