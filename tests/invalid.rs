//! What is found in playbooks that are wrong: for each file under `tests/invalid/` the findings as they are drawn, in `NAME.stderr`.
//! `UPDATE=1` writes them; a person reads the difference. A first line `# args: …` is the command line, without the subcommand
//! `validate`; `run` in it stands for the subcommand `run`.

#[path = "invalid/command.rs"]
mod command;
#[path = "invalid/given.rs"]
mod given;

use seldonplay::diagnostic::{Code, Diagnostic, Style};
use seldonplay::event::Masks;
use seldonplay::plan::{Inputs, Plan, Set};
use seldonplay::source::Sources;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

type Anything = Result<(), Box<dyn std::error::Error>>;

const FOLDER: &str = "tests/invalid";
const STYLE: Style = Style { colour: false, width: 100 };

/// The playbooks, in the order of their names.
fn cases() -> std::io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(FOLDER)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "yaml" || end == "json"));
    files.sort();
    Ok(files)
}

/// What the command line of a case says.
fn inputs(text: &str) -> Result<Inputs, String> {
    let mut inputs = Inputs { unset_is_late: true, run_id: "validate".into(), ..Inputs::default() };
    let Some(args) = text.lines().next().and_then(|line| line.strip_prefix("# args: ")) else {
        return Ok(inputs);
    };
    let mut words = args.split_whitespace();
    while let Some(word) = words.next() {
        if word == "run" {
            inputs.unset_is_late = false;
            continue;
        }
        let value = words.next().ok_or(format!("nothing follows {word}"))?;
        match word {
            "--set" => inputs.set.push(Set { argument: value.to_owned(), text: false }),
            "--set-string" => inputs.set.push(Set { argument: value.to_owned(), text: true }),
            "--vars-file" => inputs.vars_files.push(PathBuf::from(value)),
            "-f" => inputs.manifests.push(PathBuf::from(value)),
            "-n" => inputs.namespace = Some(value.to_owned()),
            _ => return Err(format!("the cases know no {word}")),
        }
    }
    Ok(inputs)
}

/// All that is found in a case, in order, with the texts it is about.
fn find(path: &Path) -> Result<(Vec<Diagnostic>, String), Box<dyn std::error::Error>> {
    let mut sources = Sources::new();
    let file = sources.read(path).map_err(|error| format!("{}: {}", path.display(), error.message))?;
    let inputs = inputs(sources.text(file))?;
    let (plan, findings) = Plan::new(file, &mut sources, &inputs);
    assert_eq!(plan.is_none(), findings.has_errors(), "{}: a plan has no errors", path.display());
    let ordered: Vec<Diagnostic> = findings.in_order().into_iter().cloned().collect();
    let drawn: String = ordered.iter().map(|finding| finding.render(&sources, STYLE)).collect();
    Ok((ordered, Masks::new(findings.hidden().to_vec()).text(&drawn)))
}

/// Compares with the file beside a case, or writes it.
fn compare(expected: &Path, actual: &str, different: &mut Vec<String>) -> Anything {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(expected, actual)?;
        return Ok(());
    }
    let wanted = fs::read_to_string(expected).unwrap_or_default();
    if wanted != actual {
        different.push(format!("{}\n--- wanted\n{wanted}--- found\n{actual}", expected.display()));
    }
    Ok(())
}

#[test]
fn every_case_finds_what_is_written_beside_it() -> Anything {
    let mut different = Vec::new();
    for path in cases()? {
        let (findings, drawn) = find(&path)?;
        assert!(!findings.is_empty(), "{}: nothing was found", path.display());
        compare(&path.with_extension("stderr"), &drawn, &mut different)?;
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    Ok(())
}

#[test]
fn every_expected_text_has_its_case() -> Anything {
    let known: BTreeSet<PathBuf> = cases()?.iter().map(|path| path.with_extension("stderr")).collect();
    for entry in fs::read_dir(FOLDER)? {
        let path = entry?.path();
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let of_others =
            command::NAMES.contains(&name.as_str()) || given::NAMES.iter().any(|(given, _)| *given == name);
        if path.extension().is_some_and(|end| end == "stderr") && !of_others {
            assert!(known.contains(&path), "{} belongs to no case", path.display());
        }
    }
    Ok(())
}

#[test]
fn every_code_has_a_case() -> Anything {
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(FOLDER)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "stderr") {
            // A finding begins with its code, alone in a line.
            seen.extend(fs::read_to_string(path)?.lines().map(str::to_owned));
        }
    }
    let unseen: Vec<&str> =
        Code::ALL.iter().map(|code| code.as_str()).filter(|code| !seen.contains(*code)).collect();
    assert!(unseen.is_empty(), "no case shows {}", unseen.join(", "));
    Ok(())
}

#[test]
fn findings_are_sentences_at_places_that_are_there() -> Anything {
    for path in cases()? {
        let (findings, _) = find(&path)?;
        let mut last = None;
        for finding in &findings {
            let what = format!("{}: {}", path.display(), finding.message);
            assert!(last <= Some((finding.span.file, finding.span.start)), "{what}: out of order");
            last = Some((finding.span.file, finding.span.start));
            assert!(!finding.message.is_empty() && !finding.message.ends_with(['.', ' ', '\n']), "{what}");

            if let Some(help) = &finding.help {
                assert!(help.ends_with(['.', '?']), "{what}: {help}");
            }
        }
    }
    Ok(())
}
