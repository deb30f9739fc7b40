//! The documentation says what is so: its tables come from the types, its examples are checked, its commands are run.

mod events_of_source;
mod markdown;
mod program;

use markdown::{Block, Document};
use program::{Namespace, control_plane, root, run, seldonplay};
use seldonplay::diagnosis::RULES;
use seldonplay::diagnostic::Code;
use seldonplay::event::Event;
use seldonplay::plan::{Inputs, Plan, Set};
use seldonplay::playbook::action::{self, VERBS};
use seldonplay::playbook::decode::{Key, Mapping};
use seldonplay::playbook::document::{Defaults, Playbook};
use seldonplay::playbook::manifest::ManifestFile;
use seldonplay::playbook::patch::OperationMapping;
use seldonplay::playbook::rehearsal::{Controller, Fault, FaultName, Rehearsal};
use seldonplay::playbook::replicas::Bounds;
use seldonplay::playbook::step::{Retry, envelope_keys};
use seldonplay::source::Sources;
use std::collections::{BTreeMap, BTreeSet};

fn document(name: &str) -> Document {
    Document::read(&root(), name)
}

/// A table of keys.
fn table(keys: &[Key]) -> String {
    let mut rows = vec!["| key | takes | meaning |".to_owned(), "|---|---|---|".to_owned()];
    rows.extend(keys.iter().map(|key| {
        let required = if key.required { "**Required.** " } else { "" };
        format!("| `{}` | {} | {required}{} |", key.name, key.takes, key.doc)
    }));
    rows.join("\n")
}

/// The generated parts of the reference of the language.
fn of_language(name: &str) -> Option<String> {
    if let Some(verb) = name.strip_prefix("verb ") {
        let verb = VERBS.iter().find(|known| known.name == verb)?;
        return Some(table(&(verb.keys)()));
    }
    Some(match name {
        "playbook" => table(&Playbook::keys()),
        "defaults" => table(&Defaults::keys()),
        "step" => table(&envelope_keys()),
        "retry" => table(&Retry::keys()),
        "fail-when" => table(&action::FailWhenMapping::keys()),
        "operation" => table(&OperationMapping::keys()),
        "bounds" => table(&Bounds::keys()),
        "rehearsal" => table(&Rehearsal::keys()),
        "controller" => table(&Controller::keys()),
        "fault" => table(&Fault::keys()),
        "faults" => {
            let mut rows = vec!["| fault | what goes wrong |".to_owned(), "|---|---|".to_owned()];
            rows.extend(
                FaultName::ALL.iter().map(|fault| format!("| `{}` | {} |", fault.as_str(), fault.about())),
            );
            rows.join("\n")
        }
        "manifest-file" => table(&ManifestFile::keys()),
        "verbs" => {
            let mut rows = vec![
                "| verb | short form | alone | what it does |".to_owned(),
                "|---|---|---|---|".to_owned(),
            ];
            rows.extend(VERBS.iter().map(|verb| {
                let short = verb
                    .short
                    .map_or_else(String::new, |key| format!("`{}: {}`", verb.name, key.to_uppercase()));
                let alone = if verb.alone { format!("`- {}`", verb.name) } else { String::new() };
                format!("| `{}` | {short} | {alone} | {} |", verb.name, (verb.about)())
            }));
            rows.join("\n")
        }
        "not-yet" => action::NOT_YET.iter().map(|verb| format!("`{verb}`")).collect::<Vec<_>>().join(", "),
        _ => return None,
    })
}

#[test]
fn tables_of_the_language_come_from_the_types() {
    let names: BTreeSet<String> = document("docs/language.md").generated(of_language).into_iter().collect();
    let mut wanted: BTreeSet<String> = VERBS
        .iter()
        .filter(|verb| !(verb.keys)().is_empty())
        .map(|verb| format!("verb {}", verb.name))
        .collect();
    wanted.extend(
        [
            "playbook",
            "defaults",
            "step",
            "retry",
            "fail-when",
            "operation",
            "bounds",
            "manifest-file",
            "rehearsal",
            "controller",
            "fault",
            "faults",
            "verbs",
            "not-yet",
        ]
        .map(str::to_owned),
    );
    assert_eq!(names, wanted, "the generated parts of docs/language.md (left) and what there is (right)");
}

#[test]
fn tables_of_events_come_from_the_types() {
    let names = document("docs/events.md").generated(events_of_source::part);
    assert_eq!(names, events_of_source::PARTS);
}

/// The rules that say why something is not ready.
fn of_diagnosis(name: &str) -> Option<String> {
    let mut rows = vec!["| rule | what it finds | |".to_owned(), "|---|---|---|".to_owned()];
    rows.extend(RULES.iter().map(|rule| {
        let follows = if rule.follows { "follows" } else { "" };
        format!("| `{}` | {} | {follows} |", rule.name, rule.about)
    }));
    (name == "rules").then(|| rows.join("\n"))
}

#[test]
fn the_table_of_rules_comes_from_the_rules() {
    assert_eq!(document("docs/diagnosis.md").generated(of_diagnosis), ["rules"]);
}

/// What is found in an example, by code, and whether there is a plan.
fn check(block: &Block) -> (BTreeSet<String>, bool, String) {
    let text = if block.text.trim_start().starts_with("- ") || block.is("yaml", "steps") {
        let steps: String = block.text.lines().map(|line| format!("  {line}\n")).collect();
        format!("manifest: manifests/iris.yaml\nsteps:\n{steps}")
    } else {
        block.text.clone()
    };
    let mut sources = Sources::new();
    let path = root().join("playbooks/example.yaml");
    let file = sources.add_bytes("example", Some(path), text.into_bytes()).expect("an example is text");
    let inputs = Inputs {
        run_id: "0badcafe".into(),
        env: BTreeMap::from([
            ("USER".to_owned(), "me".to_owned()),
            ("TOKEN".to_owned(), "s3cret".to_owned()),
        ]),
        namespace: block.get("namespace").map(str::to_owned),
        set: block
            .get("set")
            .map(|argument| Set { argument: argument.to_owned(), text: false })
            .into_iter()
            .collect(),
        ..Inputs::default()
    };
    let (plan, found) = Plan::new(file, &mut sources, &inputs);
    let codes = found.in_order().iter().map(|finding| finding.code.as_str().to_owned()).collect();
    let told: Vec<String> = found
        .in_order()
        .iter()
        .map(|finding| {
            format!("  {}: {} ({})", sources.place(finding.span), finding.message, finding.code.as_str())
        })
        .collect();
    (codes, plan.is_some(), told.join("\n"))
}

#[test]
fn examples_of_yaml_are_what_they_say() {
    let mut faults = Vec::new();
    let mut seen = BTreeMap::new();
    for name in
        ["README.md", "docs/language.md", "docs/diagnostics.md", "docs/diagnosis.md", "docs/events.md"]
    {
        for block in document(name).blocks() {
            let place = format!("{name}:{}", block.line);
            if block.info.first().is_none_or(|language| language != "yaml") {
                continue;
            }
            let mark = block.info.get(1).map_or("", String::as_str);
            *seen.entry(mark.to_owned()).or_insert(0) += 1;
            match mark {
                "playbook" | "steps" => {
                    let (codes, runs, told) = check(&block);
                    if !codes.is_empty() || !runs {
                        faults.push(format!("{place}: this should be right:\n{told}"));
                    }
                }
                "invalid" => {
                    let wanted: BTreeSet<String> =
                        block.get("code").unwrap_or_default().split(',').map(str::to_owned).collect();
                    let (codes, _, told) = check(&block);
                    if codes != wanted {
                        faults.push(format!(
                            "{place}: this should be {wanted:?}, and it is {codes:?}:\n{told}"
                        ));
                    }
                }
                // A manifest, or the file of another tool.
                "other" => {}
                _ => faults.push(format!("{place}: say what this is: playbook, steps, invalid or other")),
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let enough = [("playbook", 4), ("steps", 14), ("invalid", 40)];
    for (mark, least) in enough {
        assert!(
            seen.get(mark).is_some_and(|count| *count >= least),
            "there are fewer than {least} of `{mark}`: {seen:?}"
        );
    }
}

#[test]
fn every_code_has_its_example() {
    let document = document("docs/diagnostics.md");
    let headings: Vec<&str> =
        document.text.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let (mut missing, mut stray) = (codes.clone(), headings.clone());
    missing.retain(|code| !headings.contains(code));
    stray.retain(|heading| !codes.contains(heading));
    assert!(
        missing.is_empty() && stray.is_empty(),
        "without a section: {missing:?}; without a code: {stray:?}"
    );
    assert_eq!(headings, codes, "sections stand in the order of the codes");
    let blocks = document.blocks();
    let mut lines =
        document.text.lines().enumerate().filter(|(_, line)| line.starts_with("### `")).peekable();
    while let Some((start, heading)) = lines.next() {
        let code = heading.trim_start_matches("### `").trim_end_matches('`');
        let end = lines.peek().map_or(usize::MAX, |(line, _)| *line);
        let inside: Vec<&Block> =
            blocks.iter().filter(|block| block.line > start && block.line <= end).collect();
        let shown = inside
            .iter()
            .any(|block| block.get("code").is_some_and(|shown| shown.split(',').any(|shown| shown == code)));
        let said = document.text.lines().skip(start + 1).find(|line| !line.is_empty()).unwrap_or_default();
        assert!(
            !said.is_empty() && !said.starts_with("```") && !said.starts_with('#'),
            "`{code}` says what it means"
        );
        assert!(shown, "`{code}` has no example of its own");
    }
}

/// Commands in documents: `seldonplay …` lines of blocks that are marked as to be run.
fn commands(block: &Block) -> Vec<Vec<String>> {
    let lines = block.text.lines().filter_map(|line| line.strip_prefix("seldonplay "));
    lines.map(|line| words(line.split(" #").next().unwrap_or_default())).collect()
}

/// A command's words as a shell parts them: quotes keep together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut begun) = (String::new(), None, false);
    for char in line.chars() {
        match (quote, char) {
            (Some(end), _) if end == char => quote = None,
            (Some(_), _) => word.push(char),
            (None, '\'' | '"') => (quote, begun) = (Some(char), true),
            (None, ' ') => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (None, _) => {
                word.push(char);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

#[test]
fn a_shell_parts_words_at_blanks_outside_of_quotes() {
    assert_eq!(
        words("run a.yaml --set x='{a: b c}'  \"d e\""),
        ["run", "a.yaml", "--set", "x={a: b c}", "d e"]
    );
}

#[test]
fn commands_that_need_no_cluster_do_what_is_said() {
    let mut ran = 0;
    for name in
        ["README.md", "docs/language.md", "docs/diagnostics.md", "docs/diagnosis.md", "docs/events.md"]
    {
        for block in document(name).blocks() {
            let wanted: i32 = match (block.is("sh", "offline"), block.get("exit")) {
                (false, _) => continue,
                (true, code) => code.unwrap_or("0").parse().expect("an exit code is a number"),
            };
            for command in commands(&block) {
                let told = run(&mut seldonplay(&command));
                let place = format!("{name}:{}: seldonplay {}", block.line, command.join(" "));
                assert_eq!(told.code, Some(wanted), "{place}: {}", told.told());
                if let Some(code) = block.get("code") {
                    let json = run(seldonplay(&command).args(["--format", "json"]));
                    let found: serde_json::Value =
                        serde_json::from_str(&json.out).expect("findings are JSON");
                    let codes: BTreeSet<&str> = found
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(|finding| finding["code"].as_str())
                        .collect();
                    assert_eq!(codes, BTreeSet::from([code]), "{place}");
                }
                ran += 1;
            }
        }
    }
    assert!(ran >= 5, "only {ran} commands were found");
}

#[test]
fn exit_codes_are_the_same_everywhere() {
    let help = run(&mut seldonplay(["--help"]));
    let of_help: Vec<(String, String)> = help
        .out
        .lines()
        .skip_while(|line| *line != "Exit codes:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.trim().split_once(' '))
        .map(|(code, meaning)| (code.to_owned(), meaning.trim().to_owned()))
        .collect();
    let readme = document("README.md");
    let of_readme: Vec<(String, String)> = readme
        .text
        .lines()
        .skip_while(|line| *line != "## Exit codes")
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
        .filter(|(code, _)| code.parse::<u8>().is_ok())
        .map(|(code, meaning)| (code.to_owned(), meaning.to_owned()))
        .collect();
    assert_eq!(of_readme, of_help, "the README (left) and `seldonplay --help` (right)");
    use seldonplay::event::Ending;
    let endings = [
        Ending::Passed,
        Ending::Failed,
        Ending::Invalid,
        Ending::Refused,
        Ending::TimedOut,
        Ending::Interrupted,
        Ending::Terminated,
    ];
    let codes: Vec<String> = endings.iter().map(|ending| ending.exit_code().to_string()).collect();
    let told: Vec<&String> = of_help.iter().map(|(code, _)| code).collect();
    assert_eq!(told, codes.iter().collect::<Vec<_>>());
}

#[test]
fn events_in_the_documentation_are_events() {
    let mut seen = 0;
    for block in document("docs/events.md").blocks().iter().filter(|block| block.is("json", "events")) {
        for line in block.text.lines() {
            let event: Event = serde_json::from_str(line).unwrap_or_else(|fault| panic!("{fault}: {line}"));
            let back = serde_json::to_string(&event).expect("an event is JSON");
            assert_eq!(back, line, "every field of it is known, and none is left out");
            seen += 1;
        }
    }
    assert!(seen >= 4, "only {seen} events are shown");
}

/// What stays the same of a plain line of the console from run to run: no times, no generated names; none for a line of progress.
fn same(line: &str) -> Option<String> {
    let line = match line.split_once(' ').unwrap_or((line, "")) {
        (time, rest) if time.len() == 20 && time.ends_with('Z') => rest,
        _ => line,
    };
    // The kubeconfig's context is called otherwise elsewhere.
    let line = line.split(" · context ").next().unwrap_or(line);
    // How far a rollout came, and how many slices and Pods a Deployment owned, differ from run to run.
    let varies = line.trim_start().starts_with(['…', '│', '›']);
    if varies || line.starts_with("warning: the server's certificate") {
        return None;
    }
    let counts = line.contains("owned objects");
    let number = |word: &str| counts && word.chars().all(|char| char.is_ascii_digit());
    let masked = line.split_whitespace().map(|word| if number(word) { "N".to_owned() } else { mask(word) });
    Some(masked.collect::<Vec<_>>().join(" "))
}

fn mask(word: &str) -> String {
    let bare = word.trim_end_matches(['s', ',', ')', ';', ':']);
    let is_time = !bare.is_empty()
        && bare.len() < word.len()
        && bare.chars().all(|char| char.is_ascii_digit() || char == '.');
    // Pods end in what a ReplicaSet makes up.
    let pod = word.starts_with("Pod/").then(|| word.split('-').next().unwrap_or(word));
    match (is_time, pod) {
        (true, _) => "TIME".to_owned(),
        (_, Some(pod)) => format!("{pod}-…"),
        _ => word.to_owned(),
    }
}

/// Runs what a rehearsal shows, and compares byte by byte; with `UPDATE=1` writes what came.
#[test]
fn rehearsals_are_what_is_said() {
    for name in ["README.md", "docs/rehearsal.md"] {
        let blocks = document(name).blocks();
        let rehearsals: Vec<&Block> =
            blocks.iter().filter(|block| block.is("console", "rehearsal")).collect();
        assert!(!rehearsals.is_empty(), "{name} shows no rehearsal");
        for block in rehearsals {
            let (first, shown) = block.text.split_once('\n').unwrap_or((&block.text, ""));
            let command =
                first.strip_prefix("$ seldonplay ").unwrap_or_else(|| panic!("no command: {first}"));
            let wanted: i32 = block.get("exit").unwrap_or("0").parse().expect("an exit code is a number");
            let told = run(&mut seldonplay(words(command)));
            assert_eq!(told.code, Some(wanted), "{name}:{}: {}", block.line, told.told());
            if told.out != shown && std::env::var_os("UPDATE").is_some() {
                let fresh = std::fs::read_to_string(root().join(name)).expect("the document is there");
                let fresh =
                    fresh.replace(&format!("{first}\n{shown}```"), &format!("{first}\n{}```", told.out));
                std::fs::write(root().join(name), fresh).expect("the document can be written");
            } else {
                assert_eq!(
                    told.out, shown,
                    "{name}:{}: what came (left) and what is said (right)",
                    block.line
                );
            }
        }
    }
}

/// Runs what a transcript shows in a namespace of its own, and compares; with `UPDATE=1` writes what came.
#[test]
fn transcripts_are_what_a_control_plane_gives() {
    let readme = document("README.md");
    let transcripts: Vec<Block> =
        readme.blocks().into_iter().filter(|block| block.is("console", "transcript")).collect();
    assert!(transcripts.len() >= 2, "the README shows {} transcripts", transcripts.len());
    let Some(kubeconfig) = control_plane() else { return };
    for block in &transcripts {
        let (first, shown) = block.text.split_once('\n').unwrap_or_default();
        let command = first.strip_prefix("$ seldonplay ").unwrap_or_else(|| panic!("no command: {first}"));
        let wanted: i32 = block.get("exit").unwrap_or("0").parse().expect("an exit code is a number");
        let namespace = Namespace::new(&kubeconfig, &format!("readme-{}", block.line));
        let mut command = words(command);
        let at = command.iter().position(|word| word == "-n").expect("a transcript names its namespace") + 1;
        let named = std::mem::replace(&mut command[at], namespace.name.clone());
        let told = run(seldonplay(&command).env("KUBECONFIG", &kubeconfig));
        assert_eq!(told.code, Some(wanted), "README.md:{}: {}", block.line, told.told());
        let out = told.out.replace(&namespace.name, &named);
        let lines = |text: &str| -> Vec<String> { text.lines().filter_map(same).collect() };
        if lines(&out) != lines(shown) && std::env::var_os("UPDATE").is_some() {
            let fresh = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
            let fresh = fresh.replace(&format!("{first}\n{shown}```"), &format!("{first}\n{out}```"));
            std::fs::write(root().join("README.md"), fresh).expect("the README can be written");
        } else {
            let (came, shown) = (lines(&out), lines(shown));
            let other = came.iter().zip(&shown).find(|(came, shown)| came != shown);
            assert!(came == shown, "README.md:{}: {other:?} first differ (came, shown):\n{out}", block.line);
        }
    }
}

#[test]
fn the_readme_names_the_two_commands() {
    let readme = document("README.md").text;
    for command in ["seldonplay run playbooks/scale-test.yaml", "cargo test", "cargo install --path ."] {
        assert!(readme.lines().any(|line| line.starts_with(command)), "the README has no line `{command}`");
    }
    let ci = std::fs::read_to_string(root().join(".ci/run")).expect("there is a CI script");
    assert!(ci.contains("cargo test"), "CI runs the README's test command");
}

#[test]
fn links_lead_somewhere() {
    let mut faults = Vec::new();
    for name in [
        "README.md",
        "CONTRIBUTING.md",
        "docs/language.md",
        "docs/diagnostics.md",
        "docs/diagnosis.md",
        "docs/kinds.md",
        "docs/events.md",
        "docs/rehearsal.md",
    ] {
        let document = document(name);
        let folder = root().join(name).parent().map(std::path::Path::to_owned).unwrap_or_default();
        for link in document.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            if path.starts_with("http") {
                continue;
            }
            let target = if path.is_empty() { root().join(name) } else { folder.join(path) };
            if !target.exists() {
                faults.push(format!("{name}: {link} leads nowhere"));
            } else if !anchor.is_empty() {
                let text = std::fs::read_to_string(&target).unwrap_or_default();
                let found =
                    text.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == anchor);
                if !found {
                    faults.push(format!("{name}: {link} names no heading"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The anchor that is made of a heading.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars()
        .filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'))
        .map(|char| if char == ' ' { '-' } else { char })
        .collect()
}
