//! Conditions that can never hold, or that hold too early: `tests/never/*.yaml` are playbooks, each followed by what is found in it as
//! comments: severity, code, place, the text under the caret, message and help. `UPDATE=1` writes them.

use proptest::prelude::*;
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

/// What conditions are made of, right and wrong.
const PARTS: &[&str] = &[
    "$",
    "@",
    ".status",
    ".stat",
    ".spec",
    ".metadata",
    ".replicas",
    ".state",
    ".conditions",
    ".containerStatuses",
    "[0]",
    "[*]",
    "..",
    "[?@.type == 'Ready']",
    "[?@.type == \"Réady\"]",
    "['é']",
    " == ",
    " != ",
    " < ",
    " >= ",
    "0",
    "-1",
    "1.5",
    "1e300",
    "null",
    "true",
    "'Available'",
    "''",
    " && ",
    " || ",
    "!",
    "(",
    ")",
    "length(",
    "ready",
    "scaled",
    "condition=",
    "{",
    "}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever is written, nothing panics, and what is found lies in a text that was read.
    #[test]
    fn no_condition_makes_the_check_panic(
        conditions in prop::collection::vec(prop::collection::vec(prop::sample::select(PARTS), 1..9), 1..5),
        target in prop::sample::select(vec!["SeldonDeployment/kiosk", "Pod/a", "ConfigMap/a", "Model/a", "Widget.example.com/a"]),
        replicas in 0u32..3,
    ) {
        let mut playbook = String::from("manifest: tests/never/manifests/kiosk.yaml\nsteps:\n  - apply\n");
        for condition in conditions {
            let text = condition.concat().replace('\\', "\\\\").replace('"', "\\\"");
            playbook += &format!("  - scale: {{ replicas: {replicas}, wait: \"{text}\" }}\n");
            playbook += &format!("  - wait-until: {{ target: {target}, condition: [\"{text}\", {{ not: \"{text}\" }}], match: any }}\n");
        }
        let mut sources = Sources::new();
        let file = sources.add("playbook", playbook);
        let (_, found) = Plan::new(file, &mut sources, &Inputs::default());
        for finding in found.in_order() {
            let length = sources.text(finding.span.file).len();
            prop_assert!(finding.span.start <= finding.span.end && finding.span.end as usize <= length);
        }
    }
}
