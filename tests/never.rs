//! Conditions that can never hold, or that hold too early: `tests/never/*.yaml` are playbooks, each followed by what is found in it as
//! comments: severity, code, place, the text under the caret, message and help. `UPDATE=1` writes them.

use seldonplay::plan::{Inputs, Plan};
use seldonplay::source::Sources;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

type Anything = Result<(), Box<dyn std::error::Error>>;

fn playbooks() -> std::io::Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/never");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    files.sort();
    Ok(files)
}

fn findings(path: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let mut sources = Sources::new();
    let file = sources.read(path).map_err(|error| error.message)?;
    let (_, found) = Plan::new(file, &mut sources, &Inputs::default());
    let mut text = String::new();
    for finding in found.in_order() {
        let place = sources.place(finding.span);
        let severity = format!("{:?}", finding.severity).to_lowercase();
        let under = sources.slice(finding.span).lines().next().unwrap_or_default();
        let (code, message) = (finding.code.as_str(), &finding.message);
        writeln!(text, "#> {severity} {code} {}:{} `{under}`\n#>   {message}", place.line, place.column)?;
        if let Some(help) = &finding.help {
            writeln!(text, "#>   {help}")?;
        }
    }
    if text.is_empty() {
        text.push_str("#> nothing\n");
    }
    Ok(text)
}

#[test]
fn playbooks_have_the_findings_that_follow_them() -> Anything {
    let update = std::env::var_os("UPDATE").is_some();
    let mut different = Vec::new();
    let files = playbooks()?;
    for path in &files {
        let text = fs::read_to_string(path)?;
        let (playbook, expected) = match text.find("#>") {
            Some(start) => text.split_at(start),
            None => (text.as_str(), ""),
        };
        let actual = findings(path)?;
        if update {
            fs::write(path, format!("{playbook}{actual}"))?;
        } else if actual != expected {
            different.push(format!("{}\n--- wanted\n{expected}--- found\n{actual}", path.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(files.len() >= 12, "{} playbooks", files.len());
    Ok(())
}
