//! Rehearsals as a user sees them: `tests/rehearsals/NAME/` holds `arguments`, what they name, and `output.txt`, byte by byte, for a rehearsal
//! is the same every time. `UPDATE=1 cargo test --test rehearse` writes the outputs anew; a person reads the difference.

#[path = "support/difference.rs"]
mod difference;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// How many there must be at least, so that none is lost unseen.
const LEAST: usize = 10;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rehearse(folder: &Path, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seldonplay"));
    command.current_dir(folder).arg("rehearse").args(arguments.split_whitespace());
    command
        .env("KUBECONFIG", "/dev/null")
        .env_remove("NO_COLOR")
        .output()
        .unwrap_or_else(|error| panic!("seldonplay cannot be started: {error}"))
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut told = text(&output.stdout);
    if !output.stderr.is_empty() {
        told.push_str("--- standard error\n");
        told.push_str(&text(&output.stderr));
    }
    told.push_str(&format!("--- exit code {}\n", output.status.code().unwrap_or(-1)));
    told
}

fn folders() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("tests/rehearsals")).expect("the rehearsals are there");
    let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort();
    folders
}

#[test]
fn rehearsals_say_what_they_should() {
    let folders = folders();
    assert!(folders.len() >= LEAST, "only {} rehearsals are there", folders.len());
    let mut wrong = Vec::new();
    for folder in folders {
        let arguments = std::fs::read_to_string(folder.join("arguments"))
            .unwrap_or_else(|error| panic!("{}/arguments: {error}", folder.display()));
        let first = told(&rehearse(&folder, &arguments));
        assert_eq!(
            first,
            told(&rehearse(&folder, &arguments)),
            "{}: it is not the same twice",
            folder.display()
        );
        wrong.extend(difference::check(&folder.join("output.txt"), &first).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_example_passes_when_it_is_rehearsed_and_notices_what_goes_wrong() {
    let output = rehearse(&root().join("playbooks"), &format!("{} --faults all", examples().join(" ")));
    let told = told(&output);
    assert!(output.status.success() && !told.contains("NOT "), "{told}");
}

fn examples() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("playbooks")).expect("the examples are there");
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".yaml"))
        .collect();
    names.sort();
    assert!(names.len() >= 5, "{names:?}");
    names
}
