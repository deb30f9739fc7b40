//! What is wrong with an object of a manifest, shown where it is written.
//! It must never know the rules: `kinds` has them, and speaks of JSON pointers.

use super::{Given, Object, Plan};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::kinds::lint::{self, Severity as Consequence};
use crate::source::Node;

/// Findings about one object, by the schema that was given for its kind or the one that is known.
pub(super) fn lint(object: &Object, plan: &Plan, found: &mut Diagnostics) {
    let Some(value) = object.known() else { return };
    let given = plan.schemas.of(&object.api_version, &object.kind);
    found.extend(unknown_version(object, plan, &given));
    let version = match given {
        Given::Version(version) => Some(version),
        _ => None,
    };
    for finding in lint::lint_object_with(&value, version.as_ref()) {
        let (tree, entry, whole) = object.tree.nearest(&finding.pointer);
        let span = match (finding.at_key || !whole, entry) {
            (true, Some(entry)) => entry.key_span,
            _ => match (&tree.node, entry) {
                // A collection is shown by its key: its own text may be pages long.
                (Node::List(_) | Node::Map(_), Some(entry)) => entry.key_span,
                (Node::Map(entries), None) => entries.first().map_or(object.span, |entry| entry.key_span),
                (Node::List(_), None) => object.span,
                _ => tree.span,
            },
        };
        let (severity, code) = match finding.severity {
            Consequence::Refused => (Severity::Error, Code::WouldBeRefused),
            Consequence::Ignored => (Severity::Warning, Code::WouldBeIgnored),
            Consequence::Older => (Severity::Warning, Code::OlderVersion),
            Consequence::Losing => (Severity::Warning, Code::LosingField),
        };
        let diagnostic = Diagnostic { severity, ..Diagnostic::error(code, span, finding.message) };
        found.push(diagnostic.maybe_help(finding.help));
    }
}

/// What is wrong with the `apiVersion` of an object whose kind was given, and with a kind that the cluster lacks and nothing defines.
fn unknown_version(object: &Object, plan: &Plan, given: &Given<'_>) -> Option<Diagnostic> {
    let span = object.tree.get("apiVersion").map_or(object.span, |tree| tree.span);
    let group = object.api_version.split_once('/').map_or("", |(group, _)| group);
    match given {
        Given::Nothing | Given::Version(_) => None,
        Given::OtherVersions(versions) => {
            let message = format!("the definition of {} serves no `{}`", object.kind, object.api_version);
            let served: Vec<String> = versions.iter().map(|version| format!("`{group}/{version}`")).collect();
            Some(match served.as_slice() {
                [] => Diagnostic::error(Code::WouldBeRefused, span, message)
                    .help("It serves no version at all."),
                served => Diagnostic::error(Code::WouldBeRefused, span, message)
                    .help(format!("Write {}.", served.join(" or "))),
            })
        }
        Given::NotServed => {
            let defines = |other: &Object| {
                let text =
                    |pointer: &str| other.tree.nearest(pointer).0.as_str().unwrap_or_default().to_owned();
                other.kind == "CustomResourceDefinition"
                    && text("/spec/group") == group
                    && text("/spec/names/kind") == object.kind
            };
            let message = format!("the cluster has no kind {} of `{}`", object.kind, object.api_version);
            (!plan.objects.iter().any(defines)).then(|| {
                Diagnostic::warning(Code::NotServed, span, message).help(
                    "Its definition must be applied before it; `kubectl api-resources` lists what there is.",
                )
            })
        }
    }
}
