//! Runs `tests/diagnosis/NAME/`: `objects.yaml` holds what is there at one moment, and `expected.txt` what is said of it.
//!
//! The first document is the object that is asked about; the others come in any order. A document of kind `Missing` names what is
//! looked for and not there (`of`), one of kind `Log` gives the last lines of a container's log, one of kind
//! `Placed` Pods of other namespaces that take something of their nodes. `UPDATE=1 cargo test --test diagnosis`
//! writes what is expected anew; a person reads the difference.

use proptest::prelude::*;
use seldonplay::diagnosis::{Finding, RULES, Scene, asks, diagnose, ready};
use seldonplay::json::Value;
use seldonplay::kinds::Verdict;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/diagnosis")
}

fn folders() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root()).expect("the cases are there");
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder").path()).collect();
    folders.sort();
    folders
}

fn documents(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("objects.yaml")).expect("objects.yaml is there");
    serde_yaml::from_multiple(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

fn scene(documents: Vec<Value>) -> Scene {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut documents = documents.into_iter();
    let object = documents.next().unwrap_or_default();
    let (told, objects): (Vec<Value>, Vec<Value>) = documents
        .partition(|document| ["Missing", "Log", "Placed"].iter().any(|kind| document["kind"] == *kind));
    let mut scene = Scene::new(object, objects);
    for told in told {
        for name in told["of"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let (kind, name) = name.split_once('/').unwrap_or((name, ""));
            scene.miss(kind, name);
        }
        told["pods"].as_array().into_iter().flatten().for_each(|pod| scene.place(pod));
        if let Some(lines) = told["lines"].as_array() {
            scene.log(&text(&told["pod"]), &text(&told["container"]), lines.iter().map(text).collect());
        }
    }
    scene
}

/// What is said of a scene, whole.
fn said(scene: &Scene) -> String {
    let found = diagnose(scene);
    let mut said = match ready(scene) {
        Verdict::Met(words) => format!("ready: {words}\n"),
        Verdict::NotYet(_) => "not ready\n".to_owned(),
        Verdict::Never(_) => "never ready\n".to_owned(),
    };
    let all = |word: &str, findings: &[Finding]| -> String {
        findings.iter().map(|finding| format!("{word}: {finding}")).collect()
    };
    said.push_str(&all("cause", &found.causes));
    said.push_str(&all("follows", &found.follows));
    said
}

#[test]
fn every_scene_is_explained_as_written() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let said = said(&scene(documents(&folder)));
        let file = folder.join("expected.txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &said).expect("it can be written");
            continue;
        }
        let wanted = std::fs::read_to_string(&file).unwrap_or_default();
        if wanted != said {
            wrong.push(format!("{}:\n--- wanted\n{wanted}--- said\n{said}", folder.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\n{} scenes explained otherwise", wrong.join("\n"), wrong.len());
}

#[test]
fn every_rule_leads_in_a_scene_of_its_own() {
    let led: BTreeSet<&str> = folders()
        .iter()
        .filter_map(|folder| diagnose(&scene(documents(folder))).root_cause().map(|cause| cause.rule))
        .collect();
    let rules: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(rules, led, "the rules (left) and those that lead in a scene (right)");
}

#[test]
fn the_order_in_which_objects_come_changes_nothing() {
    for folder in folders() {
        let documents = documents(&folder);
        let mut turned = documents.clone();
        turned[1..].reverse();
        let (straight, turned) = (scene(documents), scene(turned));
        assert_eq!(said(&straight), said(&turned), "{}", folder.display());
        assert_eq!(asks(&straight), asks(&turned), "{}", folder.display());
    }
}

/// All places of a value.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| places(item, &format!("{at}/{index}"), into));
        }
        Value::Object(map) => {
            for (key, item) in map {
                places(item, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), into);
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever stands where: nothing that a cluster sends makes a rule panic.
    #[test]
    fn no_object_makes_a_rule_panic(
        folder in any::<prop::sample::Index>(),
        document in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        value in prop_oneof![Just(Value::Null), Just(Value::from("é\"' {}")), Just(Value::from(-1)), Just(Value::from(u64::MAX)),
            Just(Value::from(1.5)), Just(seldonplay::json::json!([])), Just(seldonplay::json::json!([null, 1, {}])), Just(seldonplay::json::json!({}))],
    ) {
        let folders = folders();
        let mut documents = documents(&folders[folder.index(folders.len())]);
        let at = document.index(documents.len());
        let mut all = Vec::new();
        places(&documents[at], "", &mut all);
        if let Some(there) = documents[at].pointer_mut(&all[place.index(all.len())]) {
            *there = value;
        }
        let scene = scene(documents);
        let _ = (said(&scene), asks(&scene));
    }
}
