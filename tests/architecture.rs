//! Holds the source to the table of rooms in the crate's documentation: who may import whom, who names kube, who prints.
//!
//! Every path counts, wherever it stands: in a `use`, a group, an expression, a macro, or as a chain of `super`s that leaves its room.

mod code;

use code::{Source, Token};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Who may import whom. All may import `json`, and `cli` all; what a room takes from itself is its own affair.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("escape", &[]),
    ("json", &[]),
    ("quantity", &[]),
    ("direct", &[]),
    ("selector", &[]),
    ("tree", &[]),
    ("structural", &["quantity"]),
    ("diagnostic", &["source", "escape"]),
    ("event", &["source"]),
    ("kinds", &["structural", "quantity", "selector", "tree"]),
    ("diagnosis", &["tree", "kinds", "quantity", "selector"]),
    ("playbook", &["source", "diagnostic", "quantity", "selector"]),
    ("plan", &["playbook", "kinds", "structural", "quantity", "selector", "source", "diagnostic", "event"]),
    ("cluster", &["kinds", "structural", "quantity", "selector", "tree", "source", "direct"]),
    ("rehearsal", &["kinds", "structural", "quantity", "selector", "tree", "escape", "direct"]),
    ("observe", &["cluster", "tree", "diagnosis", "event", "kinds", "selector"]),
    (
        "runner",
        &[
            "plan",
            "playbook",
            "event",
            "cluster",
            "observe",
            "diagnosis",
            "kinds",
            "selector",
            "tree",
            "source",
            "diagnostic",
        ],
    ),
    ("report", &["event", "source", "diagnostic", "escape"]),
    ("cli", EVERYTHING),
];

/// What all rooms speak.
const COMMON: &str = "json";

/// Stands for every room.
const EVERYTHING: &[&str] = &["*"];

/// The rooms that may name the client of Kubernetes and its types.
const KNOWS_KUBE: &[&str] = &["cluster", "rehearsal"];

/// Rooms of pure functions: they open no file, no connection and no clock.
const PURE: &[&str] = &[
    "source",
    "quantity",
    "json",
    "direct",
    "selector",
    "tree",
    "structural",
    "diagnostic",
    "kinds",
    "diagnosis",
    "playbook",
];

/// The one place in a pure room where a file is read.
const READS_FILES: &[&str] = &["src/source/mod.rs"];

const PRINTS: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];
const UNFINISHED: &[&str] = &["todo", "unimplemented"];

/// Everything that a file of a room does and must not; each with its place.
fn faults(file: &str, source: &Source) -> Vec<String> {
    let room = room(file);
    let mut faults = Vec::new();
    let mut fault = |line: usize, what: String| faults.push(format!("{file}:{line}: {what}"));
    for (line, other) in source.crate_paths() {
        if other != room && !may_import(&room, &other) {
            fault(line, format!("`{room}` must not import `{other}`"));
        }
    }
    for path in source.paths() {
        let of = |root: &str, names: &[&str]| {
            path.segments.first().is_some_and(|first| first == root)
                && path.segments.get(1).is_some_and(|second| names.contains(&second.as_str()))
        };
        let reaches_out = of("std", &["fs", "process", "thread"]);
        if !path.test && of("std", &["env"]) && room != "cli" {
            fault(path.line, "only `cli` reads the environment".into());
        }
        if !path.test && PURE.contains(&room.as_str()) && reaches_out && !READS_FILES.contains(&file) {
            fault(path.line, format!("`{room}` is pure: it does not use `{}`", path.segments.join("::")));
        }
        if !path.test && of("std", &["process"]) && !matches!(room.as_str(), "cli" | "main") {
            fault(path.line, "only `cli` knows exit codes and processes".into());
        }
    }
    for (index, token) in source.tokens.iter().enumerate() {
        let Token { text, line, test, .. } = token;
        let is_macro = source.text(index + 1) == "!" && source.text(index + 2) != "=";
        let is_kube = matches!(text.as_str(), "kube" | "k8s_openapi" | "kube_client" | "kube_core");
        if is_kube && !test && !KNOWS_KUBE.contains(&room.as_str()) {
            fault(*line, format!("`{room}` must not know `{text}`"));
        }
        if is_macro && PRINTS.contains(&text.as_str()) && !test {
            fault(
                *line,
                format!("only `cli/screen.rs` prints, which outlives a closed pipe, and here is `{text}!`"),
            );
        }
        if is_macro && UNFINISHED.contains(&text.as_str()) {
            fault(*line, format!("`{text}!` is no code"));
        }
        if text == "tokio" && !test && PURE.contains(&room.as_str()) {
            fault(*line, format!("`{room}` is pure: it does not use `tokio`"));
        }
        if text == "path" && source.text(index.wrapping_sub(1)) == "[" && source.text(index + 1) == "=" {
            fault(*line, "`#[path]` hides where code lives".into());
        }
    }
    faults.dedup();
    faults
}

fn may_import(room: &str, other: &str) -> bool {
    // The program calls the command line, the library names its rooms.
    if room == "main" {
        return other == "cli";
    }
    let row = MAY_IMPORT.iter().find(|(name, _)| *name == room);
    row.is_some_and(|(_, allowed)| {
        *allowed == EVERYTHING || other == COMMON && room != COMMON || allowed.contains(&other)
    })
}

/// The room of a file: `src/plan/check.rs` is of `plan`, `src/quantity.rs` of `quantity`.
fn room(file: &str) -> String {
    let inside = file.strip_prefix("src/").unwrap_or(file);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs").to_owned()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file under `src`, by its path from the package's root.
fn files() -> BTreeMap<String, Source> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("src can be read") {
            let path = entry.expect("src can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root()).expect("it is inside").display().to_string();
                let text = std::fs::read_to_string(&path).expect("a source is text");
                found.insert(name.clone(), Source::read(&name, &text));
            }
        }
    }
    found
}

#[test]
fn every_arrow_is_allowed() {
    let files = files();
    assert!(files.len() > 50, "only {} sources were found", files.len());
    let faults: Vec<String> = files.iter().flat_map(|(file, source)| faults(file, source)).collect();
    assert!(faults.is_empty(), "the house has {} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_documentation_has_the_same_table() {
    let library = std::fs::read_to_string(root().join("src/lib.rs")).expect("the library has a root");
    let mut written = BTreeMap::new();
    for line in library.lines().filter_map(|line| line.strip_prefix("//! | `")) {
        let cells: Vec<&str> = line.split('|').collect();
        let names = |cell: &str| -> BTreeSet<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let [rooms, imports, ..] = cells.as_slice() else { panic!("this row has too few cells: {line}") };
        let imports =
            if imports.trim() == "everything" { BTreeSet::from(["*".to_owned()]) } else { names(imports) };
        for room in names(&format!("`{rooms}")) {
            assert!(written.insert(room.clone(), imports.clone()).is_none(), "two rows speak of `{room}`");
        }
    }
    let meant: BTreeMap<String, BTreeSet<String>> = MAY_IMPORT
        .iter()
        .map(|(room, imports)| {
            ((*room).to_owned(), imports.iter().map(|import| (*import).to_owned()).collect())
        })
        .collect();
    assert_eq!(written, meant, "the table in src/lib.rs (left) and the one in this test (right) differ");
}

#[test]
fn every_room_has_a_row() {
    let rooms: BTreeSet<String> = files()
        .keys()
        .map(|file| room(file))
        .filter(|room| !matches!(room.as_str(), "lib" | "main"))
        .collect();
    let rows: BTreeSet<String> = MAY_IMPORT.iter().map(|(room, _)| (*room).to_owned()).collect();
    assert_eq!(rooms, rows, "the rooms of src (left) and the rows of the table (right) differ");
}

#[test]
fn no_arrow_leads_back() {
    // What may import whom has no circle: a room is done when all it imports are.
    let mut done: BTreeSet<&str> = BTreeSet::new();
    while done.len() < MAY_IMPORT.len() {
        let next: Vec<&str> = MAY_IMPORT
            .iter()
            .filter(|(room, imports)| {
                !done.contains(room)
                    && (*imports == EVERYTHING && done.len() + 1 == MAY_IMPORT.len()
                        || imports.iter().all(|import| done.contains(import)))
            })
            .map(|(room, _)| *room)
            .collect();
        assert!(!next.is_empty(), "the rooms beside {done:?} import each other in a circle");
        done.extend(next);
    }
}

#[test]
fn what_must_not_be_is_found() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "src/kinds/a.rs",
            "use crate::event::Event;",
            &["src/kinds/a.rs:1: `kinds` must not import `event`"],
        ),
        ("src/kinds/a.rs", "use crate::structural::{self, Schema};\nuse super::read;", &[]),
        (
            "src/report/a.rs",
            "use crate::{\n    event::{Event, Ending},\n    runner::{self, Hands},\n    source,\n};",
            &["src/report/a.rs:3: `report` must not import `runner`"],
        ),
        (
            "src/plan/check.rs",
            "fn f() { let a = crate::cluster::connect(); vec![crate::runner::X] }",
            &[
                "src/plan/check.rs:1: `plan` must not import `cluster`",
                "src/plan/check.rs:1: `plan` must not import `runner`",
            ],
        ),
        (
            "src/playbook/decode.rs",
            "macro_rules! m { () => { $crate::plan::Plan } }",
            &["src/playbook/decode.rs:1: `playbook` must not import `plan`"],
        ),
        (
            "src/report/json.rs",
            "mod tests { use super::super::super::runner::run; }\nuse super::sink;",
            &["src/report/json.rs:1: `report` must not import `runner`"],
        ),
        (
            "src/report/console/mod.rs",
            "use super::super::plan::Plan; use super::escape;",
            &["src/report/console/mod.rs:1: `report` must not import `plan`"],
        ),
        (
            "src/tree/mod.rs",
            "use crate::{kinds as known, tree as crate_};",
            &["src/tree/mod.rs:1: `tree` must not import `kinds`"],
        ),
        (
            "src/tree/mod.rs",
            "fn f() { g::<crate::plan::Plan>(); ::std::env::var(a) }",
            &[
                "src/tree/mod.rs:1: `tree` must not import `plan`",
                "src/tree/mod.rs:1: only `cli` reads the environment",
            ],
        ),
        ("src/tree/mod.rs", "use crate::*;", &["src/tree/mod.rs:1: `tree` must not import `*`"]),
        ("src/tree/mod.rs", "use crate as all;", &["src/tree/mod.rs:1: `tree` must not import `*`"]),
        ("src/tree/mod.rs", "pub(crate) fn f() {}\npub(in crate::tree) fn g() {}", &[]),
        (
            "src/main.rs",
            "fn main() { seldonplay::runner::run() }",
            &["src/main.rs:1: `main` must not import `runner`"],
        ),
        ("src/main.rs", "fn main() { seldonplay::cli::main() }", &[]),
        (
            "src/kinds/a.rs",
            "// crate::runner\n/* crate::plan /* crate::cli */ */\n/// [`crate::event::Event`]\nconst A: &str = \"crate::event\";\n\
             const B: &str = r#\"\"crate::event\"\"#;\nconst C: char = '\"';\nfn f<'a>(a: &'a str) -> char { 'x' }",
            &[],
        ),
        (
            "src/kinds/a.rs",
            "const C: char = '\"'; use crate::plan;",
            &["src/kinds/a.rs:1: `kinds` must not import `plan`"],
        ),
        ("src/plan/mod.rs", "use kube::Client;", &["src/plan/mod.rs:1: `plan` must not know `kube`"]),
        (
            "src/event/mod.rs",
            "type A = k8s_openapi::List;",
            &["src/event/mod.rs:1: `event` must not know `k8s_openapi`"],
        ),
        ("src/cluster/mod.rs", "use kube::Client;", &[]),
        (
            "src/plan/vars.rs",
            "use std::{path::Path, env};",
            &["src/plan/vars.rs:1: only `cli` reads the environment"],
        ),
        (
            "src/runner/mod.rs",
            "fn f() { println!(\"\"); if dbg != 1 {} }",
            &[
                "src/runner/mod.rs:1: only `cli/screen.rs` prints, which outlives a closed pipe, and here is `println!`",
            ],
        ),
        ("src/runner/mod.rs", "#[cfg(test)]\nmod tests { fn f() { println!(\"\") } }", &[]),
        ("src/cli/run.rs", "fn f() { tell!(\"{}\", std::env::var(\"A\")) }", &[]),
        ("src/cli/run.rs", "fn f() { todo!() }", &["src/cli/run.rs:1: `todo!` is no code"]),
        (
            "src/kinds/pod.rs",
            "use std::fs;",
            &["src/kinds/pod.rs:1: `kinds` is pure: it does not use `std::fs`"],
        ),
        ("src/kinds/pod.rs", "use std::time::Duration;", &[]),
        (
            "src/playbook/a.rs",
            "fn f() { tokio::spawn(g()) }",
            &["src/playbook/a.rs:1: `playbook` is pure: it does not use `tokio`"],
        ),
        (
            "src/plan/a.rs",
            "fn f() { std::process::exit(1) }",
            &["src/plan/a.rs:1: only `cli` knows exit codes and processes"],
        ),
        (
            "src/plan/a.rs",
            "#[path = \"../cluster/mod.rs\"]\nmod a;",
            &["src/plan/a.rs:1: `#[path]` hides where code lives"],
        ),
    ];
    for (file, text, wanted) in cases {
        assert_eq!(faults(file, &Source::read(file, text)), *wanted, "{text}");
    }
    for file in READS_FILES {
        assert!(root().join(file).is_file(), "{file} is gone: take it out of the list");
    }
}
