//! What there is to know of a kind: its names, what it owns, its rules as functions and in words.
//! Must never know any kind.

use super::fresh::Observes;
use super::status::Field;
use super::verdict::{
    Consult, Freshness, Owned, ScaleField, ScaleRefusal, ScaleRequest, ScaleWrite, Verdict, Written,
};
use crate::json::Value;

/// Everything known of a kind.
#[derive(Debug)]
pub struct Knowledge {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// Versions, the preferred one first; empty in the general rule.
    pub versions: &'static [&'static str],
    /// The kind, `Deployment`; empty in the general rule.
    pub kind: &'static str,
    /// The plural, as in URLs.
    pub plural: &'static str,
    /// Short names, `deploy`.
    pub short_names: &'static [&'static str],
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// How its status tells which generation it speaks of.
    pub observes: Observes,
    /// Kinds its objects can own, directly or not.
    pub owns: &'static [Owned],
    /// Its rules in words.
    pub words: Words,
    /// Whether `scaled` means something for it: its status, or its children's, counts replicas.
    pub counts_replicas: bool,
    /// Whether the verb `scale` has a field to write.
    pub scalable: bool,
    /// The fields of its status; empty if it has none, `None` where they are not known.
    pub status: Option<&'static [Field]>,
    /// Whether its status may have fields that are not known here: where it is in alpha, and where another project than Kubernetes and
    /// Seldon brings releases of its own.
    pub status_may_grow: bool,
    pub(crate) ready: fn(&Value, &[&Value]) -> Verdict,
    pub(crate) scaled: fn(&Value, &[&Value]) -> Verdict,
    pub(crate) fresh: fn(&Value, &[&Value], Option<&Written>) -> Freshness,
    pub(crate) consults: fn(&Value) -> Vec<Consult>,
    pub(crate) replicas: fn(&Value) -> Vec<ScaleField>,
    pub(crate) scale: fn(&Value, &ScaleRequest) -> Result<Vec<ScaleWrite>, ScaleRefusal>,
}

impl Knowledge {
    /// The preferred apiVersion, `apps/v1`; empty in the general rule.
    pub fn api_version(&self) -> String {
        match (self.group, self.versions.first()) {
            ("", version) => version.copied().unwrap_or_default().to_owned(),
            (group, version) => format!("{group}/{}", version.copied().unwrap_or_default()),
        }
    }

    /// Whether this is the general rule, for kinds nobody knows.
    pub fn is_general(&self) -> bool {
        self.kind.is_empty()
    }
}

/// The rules of a kind in words, each a sentence or a few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// When it is ready.
    pub ready: &'static str,
    /// When it is scaled; empty if it has no replicas.
    pub scaled: &'static str,
    /// When its status is believed.
    pub fresh: &'static str,
    /// Which field `scale` writes; empty if it has no replicas.
    pub scale: &'static str,
}
