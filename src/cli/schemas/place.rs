//! Where in its file a definition stands.
//! It must never know what is wrong there.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::json::pointer::escaped;
use crate::source::{Dialect, Document, FileId, Sources, Span, read_yaml};

/// Where a definition stands.
#[derive(Clone)]
pub(super) struct Where {
    pub file: FileId,
    /// Which document of the file.
    pub index: usize,
    /// Where in the document.
    pub pointer: String,
}

impl Where {
    /// The places in it, for which its file is read once more.
    pub(super) fn places<'s>(&'s self, sources: &'s Sources) -> Places<'s> {
        Places { at: self, sources, documents: read_yaml(sources, self.file, Dialect::Manifest).0 }
    }
}

/// The places in a definition.
pub(super) struct Places<'s> {
    at: &'s Where,
    sources: &'s Sources,
    documents: Vec<Document>,
}

impl Places<'_> {
    /// That of a path as servers write it.
    pub(super) fn of(&self, path: &str) -> Span {
        let Some(document) = self.documents.get(self.at.index) else {
            return start(self.sources, self.at.file);
        };
        let (tree, entry, whole) = document.tree.nearest(&format!("{}{}", self.at.pointer, pointer(path)));
        match entry {
            Some(entry) if !whole || tree.entries().is_some() => entry.key_span,
            _ => tree.head(),
        }
    }
}

/// What is wrong with a text that cannot be read as YAML.
pub(super) fn unreadable(sources: &Sources, file: FileId, error: &str) -> Vec<Diagnostic> {
    let mut findings = Diagnostics::new();
    findings.faults(read_yaml(sources, file, Dialect::Manifest).1);
    if findings.is_empty() {
        let message = format!("this cannot be read as YAML: {error}");
        findings.push(Diagnostic::error(Code::BadDefinition, start(sources, file), message));
    }
    findings.into_iter().collect()
}

fn start(sources: &Sources, file: FileId) -> Span {
    sources.whole(file).slice(0, 0)
}

/// The JSON pointer of a path as servers write it: `spec.versions[0].name`, `properties[a.b]`.
fn pointer(path: &str) -> String {
    // A schema that all versions share is told under the name that it had when there was but one version.
    let path = path.replacen("spec.validation.", "spec.versions[0].schema.", 1);
    let path = if path == "spec.version" { "spec.versions[0].name".to_owned() } else { path };
    let mut pointer = String::new();
    let mut rest = path.as_str();
    while !rest.is_empty() {
        let (step, after) = match rest.strip_prefix('[') {
            Some(inner) => inner.split_once(']').unwrap_or((inner, "")),
            None => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
        };
        pointer.push('/');
        pointer.push_str(&escaped(step));
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::pointer;

    #[test]
    fn paths_of_the_server_are_pointers() {
        for (path, wanted) in [
            ("spec.versions[0].name", "/spec/versions/0/name"),
            ("spec.version", "/spec/versions/0/name"),
            ("", ""),
            (
                "spec.validation.openAPIV3Schema.properties[a.b/c].type",
                "/spec/versions/0/schema/openAPIV3Schema/properties/a.b~1c/type",
            ),
        ] {
            assert_eq!(pointer(path), wanted);
        }
    }
}
