//! Reads a playbook and shows what is found in it.
//! It must never run it.

use super::screen::complain;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Style};
use crate::event::Masks;
use crate::plan::{Inputs, Plan, near};
use crate::source::Sources;
use std::path::Path;

/// A playbook with all that was read for it.
pub(super) struct Read {
    /// Every text.
    pub sources: Sources,
    /// The plan, if there are no errors.
    pub plan: Option<Plan>,
    /// Everything that was found.
    pub findings: Diagnostics,
}

/// Reads a playbook and checks it.
pub(super) fn read(path: &Path, inputs: &Inputs) -> Read {
    let mut sources = Sources::new();
    match sources.read(path) {
        Ok(file) => {
            let (plan, findings) = Plan::new(file, &mut sources, inputs);
            Read { sources, plan, findings }
        }
        Err(error) => {
            let file = sources.add(path.display().to_string(), "");
            let message = format!("the playbook `{}` cannot be read: {}", path.display(), error.message);
            let mut findings = Diagnostics::new();
            findings.push(
                Diagnostic::error(Code::Unreadable, sources.whole(file), message)
                    .maybe_help(near::help(path, Path::new("")).or(error.help)),
            );
            Read { sources, plan: None, findings }
        }
    }
}

/// Draws findings on standard error.
pub(super) fn show(findings: &Diagnostics, sources: &Sources, style: Style) {
    let mut drawn = String::new();
    for finding in findings.in_order() {
        drawn.push_str(&finding.render(sources, style));
    }
    if !drawn.is_empty() {
        complain(&Masks::new(findings.hidden().to_vec()).text(&drawn));
    }
}

/// `2 errors, 1 warning`.
pub(super) fn count(errors: usize, warnings: usize) -> String {
    let plural =
        |count: usize, word: &str| if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") };
    match (errors, warnings) {
        (0, 0) => "nothing found".into(),
        (errors, 0) => plural(errors, "error"),
        (0, warnings) => plural(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", plural(errors, "error"), plural(warnings, "warning")),
    }
}
