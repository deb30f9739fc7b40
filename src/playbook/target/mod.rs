//! Targets: which objects a verb acts on.
//! It must never know how objects are found.

mod name;
mod read;

use super::condition::Condition;
use super::manifest::ManifestRef;
use crate::selector::LabelSelector;
use crate::source::{Span, Spanned};
pub use name::{KindWord, ObjectName};

/// Which objects a verb acts on.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// `Kind/name`.
    Object(ObjectName),
    /// A mapping with `kind`.
    Selector(Box<Selector>),
    /// `{ manifest: … }`.
    Manifest(ManifestRef),
    /// Several of these, at least one.
    List(Vec<Target>, Span),
}

/// The objects of a kind that answer to a description.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// The kind.
    pub kind: KindWord,
    /// The API version, if one is demanded: `v1`, `apps/v1`.
    pub api_version: Option<Spanned<String>>,
    /// The name.
    pub name: Option<Spanned<String>>,
    /// The namespace; `*` for all.
    pub namespace: Option<Spanned<String>>,
    /// The labels.
    pub labels: Option<Labels>,
    /// The object that owns it, directly or not.
    pub owner: Option<ObjectName>,
    /// A condition that it must meet; it speaks of no other objects.
    pub where_: Option<Condition>,
    /// All of it.
    pub span: Span,
}

/// Labels, written as a mapping or as a selector string.
#[derive(Clone, Debug, PartialEq)]
pub struct Labels {
    /// What is selected.
    pub selector: LabelSelector,
    /// Where it is written.
    pub span: Span,
}

impl Target {
    /// Where it is written.
    pub fn span(&self) -> Span {
        match self {
            Target::Object(object) => object.span,
            Target::Selector(selector) => selector.span,
            Target::Manifest(manifest) => manifest.span(),
            Target::List(_, span) => *span,
        }
    }

    /// It in a few words, for the console: `Deployment/web`, `Pod app=web owned by sdep/iris`.
    pub fn source(&self) -> String {
        match self {
            Target::Object(object) => object.source(),
            Target::Selector(selector) => selector.source(),
            Target::Manifest(manifest) => manifest.source(),
            Target::List(items, _) => items.iter().map(Target::source).collect::<Vec<_>>().join(", "),
        }
    }

    /// Every target in it that is no list.
    pub fn parts(&self) -> Vec<&Target> {
        match self {
            Target::List(items, _) => items.iter().flat_map(Target::parts).collect(),
            part => vec![part],
        }
    }
}

impl Selector {
    fn source(&self) -> String {
        let mut source = self.kind.source();
        if let Some(name) = &self.name {
            source.push_str(&format!("/{}", name.value));
        }
        if let Some(labels) = &self.labels {
            source.push_str(&format!(" {}", labels.selector));
        }
        if let Some(owner) = &self.owner {
            source.push_str(&format!(" owned by {}", owner.source()));
        }
        match self.namespace.as_ref().map(|namespace| namespace.as_str()) {
            Some("*") => source.push_str(" in all namespaces"),
            Some(namespace) => source.push_str(&format!(" in {namespace}")),
            None => {}
        }
        if let Some(condition) = &self.where_ {
            source.push_str(&format!(" where {}", condition.source()));
        }
        source
    }
}

#[cfg(test)]
mod tests;
