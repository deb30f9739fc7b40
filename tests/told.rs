//! What `seldonplay kinds` and `seldonplay replicas` print: `tests/told/NAME.txt`, written by `UPDATE=1`, read by a person.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

type Anything = Result<(), Box<dyn std::error::Error>>;

/// The arguments, and the file with what is printed.
const CASES: &[(&[&str], &str)] = &[
    (&["kinds"], "kinds"),
    (&["kinds", "sdep"], "seldon-deployment"),
    (&["kinds", "deployments.apps"], "deployment"),
    (&["kinds", "HTTPRoute"], "http-route"),
    (&["kinds", "cm"], "config-map"),
    (&["kinds", "Widget"], "widget"),
    (&["kinds", "Deploymnt"], "mistyped"),
    (&["kinds", "hpa", "--format", "json"], "autoscaler-json"),
    (&["replicas", "tests/told/manifests"], "replicas"),
    (&["replicas", "tests/told/manifests/layers.yaml", "--format", "json"], "replicas-json"),
    (&["replicas", "tests/told/none.yaml"], "replicas-none"),
    (&["replicas", "tests/told/missing.yaml"], "replicas-missing"),
];

/// What the built program prints, and its exit code, called in the package's root.
fn told(arguments: &[&str]) -> std::io::Result<String> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_seldonplay"));
    let ran =
        program.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()).output()?;
    let code = ran.status.code().map_or_else(|| "none".to_owned(), |code| code.to_string());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(format!("{}{}exit code {code}\n", text(&ran.stdout), text(&ran.stderr)))
}

#[test]
fn what_is_told_is_as_written() -> Anything {
    let mut different = Vec::new();
    for (arguments, name) in CASES {
        let actual = format!("$ seldonplay {}\n{}", arguments.join(" "), told(arguments)?);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/told/{name}.txt"));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &actual)?;
            continue;
        }
        let wanted = fs::read_to_string(&path).unwrap_or_default();
        if wanted != actual {
            different.push(format!("{}\n--- wanted\n{wanted}--- told\n{actual}", path.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    Ok(())
}

#[test]
fn every_kind_is_told_by_its_plural_and_group() -> Anything {
    for known in seldonplay::kinds::all() {
        let asked = format!("{}.{}", known.plural, known.group);
        let told = told(&["kinds", asked.trim_end_matches('.')])?;
        assert!(told.starts_with(&format!("{}  ", known.kind)) && told.ends_with("exit code 0\n"), "{told}");
    }
    Ok(())
}
