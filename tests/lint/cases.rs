//! One file a rule under `tests/lint/`: a manifest, and after it the findings as comments. `UPDATE=1` writes them.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use seldonplay::json::Value;
use seldonplay::kinds::lint::{Finding, lint_object};

type Anything = Result<(), Box<dyn std::error::Error>>;

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "yaml" || end == "json"));
    files.sort();
    Ok(files)
}

/// The manifests of a file, as kubectl would read them.
pub fn manifests(text: &str) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    let options = serde_yaml::options! { legacy_octal_numbers: true };
    Ok(serde_yaml::from_multiple_with_options::<Value>(text, options)?)
}

fn told(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let severity = format!("{:?}", finding.severity).to_lowercase();
        let key = if finding.at_key { " key" } else { "" };
        let place = if finding.pointer.is_empty() { "(the object)" } else { &finding.pointer };
        writeln!(text, "#> {severity} {} at{key} {place}\n#>   {}", finding.code, finding.message)
            .unwrap_or_default();
        if let Some(help) = &finding.help {
            writeln!(text, "#>   {help}").unwrap_or_default();
        }
    }
    if findings.is_empty() {
        text.push_str("#> nothing\n");
    }
    text
}

#[test]
fn every_case_finds_what_it_says() -> Anything {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint");
    let update = std::env::var_os("UPDATE").is_some();
    let mut different = Vec::new();
    let files = files(&folder)?;
    for path in &files {
        let text = fs::read_to_string(path)?;
        let (manifest, expected) = match text.find("#>") {
            Some(start) => text.split_at(start),
            None => (text.as_str(), ""),
        };
        let mut actual = String::new();
        for object in manifests(manifest)? {
            let findings = lint_object(&object);
            for finding in &findings {
                let pointer = &finding.pointer;
                assert!(object.pointer(pointer).is_some(), "{}: nothing is at {pointer}", path.display());
            }
            actual.push_str(&told(&findings));
        }
        if update {
            fs::write(path, format!("{manifest}{actual}"))?;
        } else if actual != expected {
            different.push(format!("{}\n--- wanted\n{expected}--- found\n{actual}", path.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(files.len() >= 40, "{} cases", files.len());
    Ok(())
}

#[test]
fn samples_have_only_the_faults_that_their_names_tell() -> Anything {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/seldon");
    if !folder.is_dir() {
        println!("skipped: {} is not here", folder.display());
        return Ok(());
    }
    for path in files(&folder)? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        for object in manifests(&fs::read_to_string(&path)?)? {
            print!("{name}\n{}", told(&lint_object(&object)));
            let errors: Vec<Finding> =
                lint_object(&object).into_iter().filter(|finding| finding.severity.is_error()).collect();
            let places: Vec<(&str, &str)> =
                errors.iter().map(|finding| (finding.code, finding.pointer.as_str())).collect();
            let expected: &[(&str, &str)] = match name.as_str() {
                "invalid-name-mismatch.json" => &[("no-container", "/spec/predictors/0/graph/name")],
                "invalid-types.json" => &[
                    ("wrong-type", "/spec/oauth_key"),
                    ("wrong-type", "/spec/predictors/0/componentSpecs/0/spec/containers/0/imagePullPolicy"),
                ],
                "quirk-misplaced-protocol.yaml" => &[
                    ("unknown-field", "/spec/predictors/0/protocol"),
                    ("unknown-field", "/spec/predictors/0/transport"),
                    ("duplicate-item", "/spec/predictors/0/componentSpecs/0/spec/containers/0/ports/1"),
                ],
                _ => &[],
            };
            assert_eq!(places, expected, "{name}: {errors:#?}");
        }
    }
    Ok(())
}
