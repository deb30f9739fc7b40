//! The examples under `playbooks/` are right: nothing is found in them, and each passes on a real control plane
//! (with `SELDONPLAY_TEST_KUBECONFIG`).

mod program;

use program::{Namespace, Ran, control_plane, root, run, seldonplay};
use seldonplay::plan::{Inputs, Plan};
use seldonplay::source::Sources;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The examples, by their paths from the package's root.
fn playbooks() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(root().join("playbooks"))
        .expect("there are playbooks")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .map(|path| path.strip_prefix(root()).expect("it is inside").to_owned())
        .collect();
    found.sort();
    assert!(found.len() >= 5, "there are only {} examples", found.len());
    found
}

fn stem(playbook: &Path) -> String {
    playbook.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn plan(playbook: &Path) -> (Plan, Sources) {
    let mut sources = Sources::new();
    let file = sources.read(&root().join(playbook)).expect("the playbook can be read");
    let (plan, found) =
        Plan::new(file, &mut sources, &Inputs { run_id: "0badcafe".into(), ..Inputs::default() });
    let found: Vec<String> = found
        .in_order()
        .iter()
        .map(|finding| format!("{}: {}", sources.place(finding.span), finding.message))
        .collect();
    assert!(found.is_empty(), "{} has findings:\n{}", playbook.display(), found.join("\n"));
    (plan.expect("nothing was found in it"), sources)
}

#[test]
fn nothing_is_found_in_them() {
    let mut kinds = BTreeSet::new();
    let mut verbs = BTreeSet::new();
    for playbook in playbooks() {
        let (plan, _) = plan(&playbook);
        assert_eq!(plan.name, stem(&playbook), "an example is called like its file");
        assert!(plan.description.is_some(), "{} says what it is for", playbook.display());
        assert!(!plan.finally.is_empty(), "{} cleans up behind itself", playbook.display());
        kinds.extend(plan.objects.iter().map(|object| object.kind.clone()));
        verbs.extend(plan.all_steps().map(|step| step.action.verb()));
    }
    let wanted = ["Deployment", "Job", "SeldonDeployment", "StatefulSet", "CustomResourceDefinition"];
    for kind in wanted {
        assert!(kinds.contains(kind), "no example is about a {kind}, only {kinds:?}");
    }
    for verb in ["apply", "wait-until", "assert", "patch", "scale", "delete", "get"] {
        assert!(verbs.contains(verb), "no example shows `{verb}`, only {verbs:?}");
    }
}

#[test]
fn the_program_finds_nothing_either() {
    let ran = run(seldonplay(["validate", "--deny-warnings"]).args(playbooks()));
    assert_eq!(ran.code, Some(0), "{}", ran.told());
    let wanted = format!("{} playbooks: nothing found\n", playbooks().len());
    assert_eq!((ran.out.as_str(), ran.err.as_str()), (wanted.as_str(), ""));
}

#[test]
fn every_manifest_belongs_to_an_example() {
    let mut used = BTreeSet::new();
    for playbook in playbooks() {
        let (plan, sources) = plan(&playbook);
        used.extend(plan.objects.iter().map(|object| sources.name(object.span.file).to_owned()));
    }
    let mut folders = vec![root().join("playbooks/manifests")];
    let mut there = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("there are manifests") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                there.insert(path.display().to_string());
            }
        }
    }
    let unused: Vec<&String> = there.difference(&used).collect();
    assert!(unused.is_empty(), "no example uses {unused:?}");
    assert!(there.len() >= 5);
}

#[test]
fn each_passes_on_a_control_plane() {
    let Some(kubeconfig) = control_plane() else { return };
    let running: Vec<_> = playbooks()
        .into_iter()
        .map(|playbook| {
            let namespace = Namespace::new(&kubeconfig, &format!("example-{}", stem(&playbook)));
            let child = seldonplay(["run", "--timeout", "3m", "-n", &namespace.name])
                .arg(&playbook)
                .env("KUBECONFIG", &kubeconfig)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the program can be started");
            (playbook, namespace, child)
        })
        .collect();
    let ended: Vec<(PathBuf, Namespace, Ran)> = running
        .into_iter()
        .map(|(playbook, namespace, child)| {
            let output = child.wait_with_output().expect("it ends");
            (playbook, namespace, Ran::from(output))
        })
        .collect();
    for (playbook, _namespace, ran) in &ended {
        let last = ran.out.lines().last().unwrap_or_default();
        let passed = format!("✓ {} passed", stem(playbook));
        assert!(ran.code == Some(0) && last.contains(&passed), "{}: {}", playbook.display(), ran.told());
    }
}
