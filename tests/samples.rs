//! Real manifests of Seldon Core validate, or fail for the reason that their names tell.

use seldonplay::diagnostic::Severity;
use seldonplay::plan::{Inputs, Plan};
use seldonplay::source::Sources;
use std::path::Path;

/// The samples, their objects, and what is an error in them: code, the text at the caret.
type Row = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const SAMPLES: &[Row] = &[
    ("canary.json", &["SeldonDeployment/example"], &[]),
    ("complex_graph.json", &["SeldonDeployment/seldon-deployment"], &[]),
    ("invalid-name-mismatch.json", &[], &[("would-be-refused", "\"complex-model_bad_name\"")]),
    ("invalid-types.json", &[], &[("would-be-refused", "1234"), ("would-be-refused", "22")]),
    ("iris-sklearn-v2.yaml", &["SeldonDeployment/sklearn"], &[]),
    ("model.json", &["SeldonDeployment/seldon-model"], &[]),
    ("model.yaml", &["SeldonDeployment/seldon-model"], &[]),
    ("model_noreplicas.yaml", &["SeldonDeployment/seldon-model"], &[]),
    ("model_replicas.yaml", &["SeldonDeployment/test-replicas"], &[]),
    ("model_scale.yaml", &["SeldonDeployment/seldon-scale"], &[]),
    ("model_with_hpa.yaml", &["SeldonDeployment/seldon-model"], &[]),
    ("model_with_keda_prom.yaml", &["SeldonDeployment/seldon-model"], &[]),
    (
        "quirk-misplaced-protocol.yaml",
        &[],
        &[
            ("would-be-refused", "protocol"),
            ("would-be-refused", "transport"),
            // The port stands twice in its container.
            ("would-be-refused", "containerPort"),
        ],
    ),
    ("quirk-yaml-inside.json", &["SeldonDeployment/seldon-model"], &[]),
    ("random_ab_test.json", &["SeldonDeployment/seldon-deployment"], &[]),
    (
        "two-documents.yaml",
        &["SeldonDeployment/seldon-model-ray-proxy", "SeldonDeployment/seldon-model"],
        &[],
    ),
];

#[test]
fn samples_validate_or_fail_for_the_reason_that_their_names_tell() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/seldon");
    if !folder.is_dir() {
        println!("skipped: {} is not here", folder.display());
        return Ok(());
    }
    let mut here: Vec<String> =
        std::fs::read_dir(&folder)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    here.sort();
    let known: Vec<&str> = SAMPLES.iter().map(|(name, ..)| *name).collect();
    assert_eq!(here, known, "the table has every sample");

    let mut different = Vec::new();
    for (name, objects, errors) in SAMPLES {
        let mut sources = Sources::new();
        let text = format!("manifest: {name}\nsteps: [apply, wait-until: ready]\n");
        let playbook = sources
            .add_bytes("play.yaml", Some(folder.join("play.yaml")), text.into_bytes())
            .map_err(|error| error.message)?;
        let (plan, findings) = Plan::new(playbook, &mut sources, &Inputs::default());
        let found = findings.in_order();
        let seen: Vec<(&str, &str)> = found
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| (finding.code.as_str(), sources.slice(finding.span)))
            .collect();
        if seen != *errors {
            different.push(format!("{name}: wanted {errors:?}\n  found {seen:?}\n  {found:#?}"));
        }
        assert_eq!(plan.is_some(), errors.is_empty(), "{name}");
        if let Some(plan) = plan {
            let titles: Vec<String> = plan.default_target().map(|object| object.title()).collect();
            if titles != *objects {
                different.push(format!("{name}: wanted {objects:?}, found {titles:?}"));
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    Ok(())
}
