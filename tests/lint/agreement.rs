//! The compact tables against the CRDs that they stand for: place by place, and over mutated manifests.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use seldonplay::json::{Value, json};
use seldonplay::kinds::lint::{lint_object, schema};
use seldonplay::structural::{CrdSchema, Cursor, Schema, Violation, validate};

use crate::cases::manifests;
use crate::mutate;

type Anything = Result<(), Box<dyn std::error::Error>>;

/// A folder of the samples, if they are here.
pub fn samples(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/samples").join(folder);
    if !path.is_dir() {
        println!("skipped: {} is not here", path.display());
        return None;
    }
    Some(path)
}

fn crd(file: &str) -> Result<Option<CrdSchema>, Box<dyn std::error::Error>> {
    let Some(folder) = samples("crd") else { return Ok(None) };
    let options = serde_yaml::options! { with_snippet: false };
    let crd: Value = serde_yaml::from_str_with_options(&fs::read_to_string(folder.join(file))?, options)?;
    Ok(Some(CrdSchema::from_crd(&crd)?))
}

/// What two schemas say differently, place by place, down to a depth.
fn differences(ours: Cursor<'_>, theirs: Cursor<'_>, path: &str, depth: usize, found: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    let says = |cursor: Cursor<'_>| {
        let required: Vec<&str> =
            cursor.fields().map(|(name, _)| name).filter(|name| cursor.requires(name)).collect();
        let plain = (cursor.kind(), cursor.is_int_or_string(), cursor.is_open(), required);
        format!("{plain:?} {:?} {:?}", cursor.list_type(), cursor.default())
    };
    if says(ours) != says(theirs) {
        found.push(format!("{path}: ours {}, theirs {}", says(ours), says(theirs)));
    }
    let names =
        |cursor: Cursor<'_>| cursor.fields().map(|(name, _)| name.to_owned()).collect::<BTreeSet<_>>();
    for name in names(ours).union(&names(theirs)) {
        let path = format!("{path}.{name}");
        match (ours.field(name), theirs.field(name)) {
            (Some(ours), Some(theirs)) => differences(ours, theirs, &path, depth - 1, found),
            (Some(_), None) => found.push(format!("{path}: only ours")),
            (None, _) => found.push(format!("{path}: only theirs")),
        }
    }
    for (what, ours, theirs) in [("[]", ours.item(), theirs.item()), ("{}", ours.entry(), theirs.entry())] {
        match (ours, theirs) {
            (Some(ours), Some(theirs)) => {
                differences(ours, theirs, &format!("{path}{what}"), depth - 1, found)
            }
            (None, None) => {}
            _ => found.push(format!("{path}{what}: one only")),
        }
    }
}

const KINDS: &[(&str, &str, &str)] = &[
    ("machinelearning.seldon.io", "SeldonDeployment", "seldondeployments.yaml"),
    ("mlops.seldon.io", "Model", "mlops-models.yaml"),
    ("mlops.seldon.io", "Server", "mlops-servers.yaml"),
    ("mlops.seldon.io", "Pipeline", "mlops-pipelines.yaml"),
    ("mlops.seldon.io", "Experiment", "mlops-experiments.yaml"),
];

#[test]
fn tables_say_what_the_crds_say() -> Anything {
    for (group, kind, file) in KINDS {
        let Some(crd) = crd(file)? else { return Ok(()) };
        assert_eq!((&*crd.group, &*crd.kind, crd.namespaced), (*group, *kind, true));
        let ours = schema(group, kind, false).ok_or("no table")?;
        for version in &crd.versions {
            assert!(version.status && version.schema.cel_rules() == 0);
            let mut found = Vec::new();
            differences(ours.root(), version.schema.root(), kind, 24, &mut found);
            assert!(
                found.is_empty(),
                "{kind} {}: {} places\n{}",
                version.name,
                found.len(),
                found.join("\n")
            );
        }
    }
    Ok(())
}

#[test]
fn graphs_are_as_deep_as_in_the_crd() -> Anything {
    let Some(crd) = crd("seldondeployments.yaml")? else { return Ok(()) };
    let schema = &crd.version("v1").ok_or("no v1")?.schema;
    let deep = |levels: usize| format!("/spec/predictors/0/graph{}/children", "/children/0".repeat(levels));
    assert!(schema.at(&deep(9)).is_some() && schema.at(&deep(10)).is_none());
    Ok(())
}

/// The objects of all samples, with the names of their files.
pub fn sample_objects() -> Result<Vec<(String, Value)>, Box<dyn std::error::Error>> {
    let Some(folder) = samples("seldon") else { return Ok(Vec::new()) };
    let mut objects = Vec::new();
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        objects
            .extend(manifests(&fs::read_to_string(&path)?)?.into_iter().map(|object| (name.clone(), object)));
    }
    Ok(objects)
}

fn verdict(schema: &Schema, object: &Value) -> BTreeSet<String> {
    validate(schema, object).iter().map(Violation::to_string).collect()
}

#[test]
fn tables_judge_mutated_manifests_as_the_crd_does() -> Anything {
    let Some(crd) = crd("seldondeployments.yaml")? else { return Ok(()) };
    let theirs = &crd.version("v1").ok_or("no v1")?.schema;
    let ours = schema("machinelearning.seldon.io", "SeldonDeployment", false).ok_or("no table")?;
    let (mut count, mut refused, mut different) = (0, 0, Vec::new());
    for (name, object) in sample_objects()? {
        for mutation in mutate::of(&object) {
            let (us, them) = (verdict(ours, &mutation.object), verdict(theirs, &mutation.object));
            for finding in lint_object(&(&mutation.object).into()) {
                let there = mutation.object.pointer(&finding.pointer).is_some();
                assert!(there, "{name}: {}: nothing is at {}", mutation.what, finding.pointer);
            }
            count += 1;
            refused += usize::from(!them.is_empty());
            if us != them {
                different.push(format!("{name}: {}\n  ours {us:?}\n  theirs {them:?}", mutation.what));
            }
        }
    }
    let share = 100.0 * (1.0 - different.len() as f64 / count as f64);
    println!(
        "{count} mutations, {refused} of them refused; table and CRD agree word for word in {share:.2} %"
    );
    assert!(count >= 1000 && refused >= 500);
    assert!(different.is_empty(), "{}", different.join("\n"));
    Ok(())
}

#[test]
fn tables_judge_seldon_v2_as_the_crds_do() -> Anything {
    let objects = [
        json!({"apiVersion": "mlops.seldon.io/v1alpha1", "kind": "Model", "metadata": {"name": "taster"}, "spec": {
            "storageUri": "gs://pantry/taster", "requirements": ["sklearn"], "memory": "100Ki", "replicas": 1,
            "logger": {"percent": 5}, "explainer": {"type": "anchor_tabular", "modelRef": "iris"},
            "parameters": [{"name": "a", "value": "b"}], "dedicated": true}}),
        json!({"apiVersion": "mlops.seldon.io/v1alpha1", "kind": "Server", "metadata": {"name": "kitchen"}, "spec": {
            "serverConfig": "mlserver", "capabilities": ["a"], "replicas": 2, "minReplicas": 1,
            "imageOverrides": {"agent": {"name": "agent", "image": "a:1"}},
            "podSpec": {"terminationGracePeriodSeconds": 5, "containers": [{"name": "mlserver",
                "resources": {"limits": {"cpu": "1"}}, "ports": [{"containerPort": 1}]}]}},
            "status": {"loadedModels": 0, "replicas": 1, "selector": "a=b"}}),
        json!({"apiVersion": "mlops.seldon.io/v1alpha1", "kind": "Pipeline", "metadata": {"name": "menu"}, "spec": {
            "input": {"externalInputs": ["a"], "tensorMap": {"a": "b"}},
            "steps": [{"name": "soup", "inputs": ["menu.inputs"], "batch": {"size": 1}, "tensorMap": {"a": "b"}}],
            "output": {"steps": ["soup"], "stepsJoin": "any"}}}),
        json!({"apiVersion": "mlops.seldon.io/v1alpha1", "kind": "Experiment", "metadata": {"name": "menu"}, "spec": {
            "default": "soup", "candidates": [{"name": "soup", "weight": 50}], "resourceType": "pipeline",
            "mirror": {"name": "bread", "percent": 10}}}),
    ];
    for object in objects {
        let kind = object["kind"].as_str().ok_or("no kind")?;
        let (group, _, file) = KINDS.iter().find(|(_, known, _)| *known == kind).ok_or("no such kind")?;
        let Some(crd) = crd(file)? else { return Ok(()) };
        let (ours, theirs) = (schema(group, kind, false).ok_or("no table")?, &crd.versions[0].schema);
        assert_eq!(verdict(ours, &object), BTreeSet::new());
        let mutations = mutate::of(&object);
        for mutation in &mutations {
            let (us, them) = (verdict(ours, &mutation.object), verdict(theirs, &mutation.object));
            assert_eq!(us, them, "{kind}: {}", mutation.what);
        }
        println!("{kind}: {} mutations, all alike", mutations.len());
    }
    Ok(())
}

/// The whole of `validate` has five milliseconds; the bounds here are those of a build that is not optimised.
#[test]
fn tables_are_read_and_objects_judged_in_no_time() -> Anything {
    let texts = [
        include_str!("../../schemas/crd/seldon-deployment.table"),
        include_str!("../../schemas/crd/pod.table"),
    ];
    let start = tokio::time::Instant::now();
    let table = seldonplay::structural::Table::parse(&texts)?;
    let schema = table.schema("SeldonDeployment")?.without_newer();
    let made = start.elapsed();
    let objects = sample_objects()?;
    let start = tokio::time::Instant::now();
    let found: usize = objects.iter().map(|(_, object)| validate(&schema, object).len()).sum();
    let judged = start.elapsed();
    if let Some(folder) = samples("crd") {
        let options = serde_yaml::options! { with_snippet: false };
        let text = fs::read_to_string(folder.join("seldondeployments.yaml"))?;
        let crd: Value = serde_yaml::from_str_with_options(&text, options)?;
        let start = tokio::time::Instant::now();
        let versions = CrdSchema::from_crd(&crd)?.versions.len();
        println!("{versions} versions of the CRD read in {:?}", start.elapsed());
    }
    println!("schema made in {made:?}; {} objects judged in {judged:?}, {found} violations", objects.len());
    assert!(made.as_millis() < 100 && judged.as_millis() < 500);
    Ok(())
}
