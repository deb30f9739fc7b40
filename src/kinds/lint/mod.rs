//! The lint of manifests: what the API server or an operator would refuse, or quietly do otherwise, found offline.
//! It must never know spans or files: findings point into the object by JSON pointer.
//!
//! [`lint_object`] is for any object; it looks at what all kinds have in common and then asks the rules of the kind.
//! Rules that an operator checks are those of Seldon Core 1.13 to 1.17 unless they say otherwise.

mod known;
mod metadata;
mod names;
mod seldon;
mod seldon_v2;
mod violations;

use crate::json::Value;

use crate::structural::Schema;

pub use known::schema;

/// Something to say about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A stable name of the rule: `unknown-field`, `traffic-sum`, …
    pub code: &'static str,
    /// JSON pointer to what is at fault; for something missing, to the mapping or list that lacks it.
    pub pointer: String,
    /// Whether the fault is the key rather than its value: an unknown field, or a mapping that lacks one.
    pub at_key: bool,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// What to do about it, if that is known.
    pub help: Option<String>,
}

/// What will become of the thing at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The API server, the operator's webhook or the operator refuses the object: an error.
    Refused,
    /// It has no effect, or another one than it seems to have: a warning.
    Ignored,
    /// It works, and is deprecated or differs among releases in use: a warning.
    Older,
    /// It is a number that a nearer field or an autoscaler overrules: a warning.
    Losing,
}

impl Severity {
    /// Whether it is an error rather than a warning.
    pub fn is_error(self) -> bool {
        self == Severity::Refused
    }
}

impl Finding {
    /// A finding about the value at a pointer.
    pub(crate) fn new(
        code: &'static str,
        severity: Severity,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Finding {
        Finding {
            code,
            pointer: pointer.into(),
            at_key: false,
            severity,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn refused(
        code: &'static str,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Finding {
        Finding::new(code, Severity::Refused, pointer, message)
    }

    pub(crate) fn ignored(
        code: &'static str,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Finding {
        Finding::new(code, Severity::Ignored, pointer, message)
    }

    pub(crate) fn at_key(self) -> Finding {
        Finding { at_key: true, ..self }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Finding {
        Finding { help: Some(help.into()), ..self }
    }

    pub(crate) fn maybe_help(self, help: Option<String>) -> Finding {
        Finding { help: help.or(self.help), ..self }
    }
}

/// Everything there is to say about an object of any kind: first of what all kinds share, then of its kind's own rules.
pub fn lint_object(object: &Value) -> Vec<Finding> {
    lint_object_with(object, None)
}

/// The same, with what was given for the object's kind and version, such as a CRD, in place of what is known of it here.
/// With it, kinds that are not known here are judged too.
pub fn lint_object_with(object: &Value, given: Option<&Version<'_>>) -> Vec<Finding> {
    let mut findings = metadata::lint(object);
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let (Some(api_version), Some(kind)) = (text("apiVersion"), text("kind")) else { return findings };
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    if let Some(words) = given.and_then(|given| given.deprecated) {
        let finding = Finding::new("older-version", Severity::Older, "/apiVersion", words);
        findings.push(finding.help("The definition of the kind says so."));
    }
    match (group, given) {
        ("machinelearning.seldon.io", _) => findings.extend(seldon::lint(object, version, kind, given)),
        ("mlops.seldon.io", _) => {
            findings.extend(seldon_v2::lint(object, kind, given.map(|given| given.schema)))
        }
        (_, Some(given)) => findings.extend(violations::lint(given.schema, &|| None, object)),
        (_, None) => {}
    }
    findings
}

/// A version of a kind as it was given.
#[derive(Clone, Debug)]
pub struct Version<'s> {
    /// What its objects may look like.
    pub schema: &'s Schema,
    /// The versions in which the kind is served, as far as that was given too.
    pub served: Vec<&'s str>,
    /// What those are told who use it although it is deprecated.
    pub deprecated: Option<&'s str>,
}

/// Everything there is to say about a SeldonDeployment beyond what all kinds share.
pub fn lint(object: &Value) -> Vec<Finding> {
    let version = object.get("apiVersion").and_then(Value::as_str).and_then(|text| text.split_once('/'));
    seldon::lint(object, version.map_or("v1", |(_, version)| version), "SeldonDeployment", None)
}
