//! Rules on the spec as a whole: protocol, transport, server type, and fields without effect.
//! It must never look into a predictor's graph or pods.

use super::super::{Finding, Severity};
use super::{Sdep, has, known_words, text};

/// What spec.protocol may be: `v2` since 1.13, `kfserving` its older name.
const PROTOCOLS: &[&str] = &["seldon", "tensorflow", "kfserving", "v2"];

pub(super) fn lint(sdep: &Sdep<'_>, findings: &mut Vec<Finding>) {
    for (field, known) in
        [("protocol", PROTOCOLS), ("transport", &["rest", "grpc"]), ("serverType", &["rpc", "kafka"])]
    {
        let word = text(sdep.spec, field);
        if !word.is_empty() && !known.contains(&word) {
            let message = format!("the operator knows no {field} `{word}`");
            let finding = Finding::refused("unknown-value", format!("/spec/{field}"), message);
            findings.push(finding.help(known_words(word, known)));
        }
    }
    if sdep.spec.get("predictors").is_some_and(|list| list.as_array().is_some_and(Vec::is_empty)) {
        let message = "spec.predictors is empty: the operator refuses a deployment without predictors";
        findings.push(Finding::refused("no-predictors", "/spec/predictors", message));
    }
    for field in ["oauth_key", "oauth_secret"] {
        if has(sdep.spec, field) {
            let message = format!("spec.{field} is deprecated: no operator of version 1 reads it");
            let finding =
                Finding::new("deprecated-field", Severity::Ignored, format!("/spec/{field}"), message);
            findings.push(finding.at_key().help("Leave it out; authentication is the ingress's."));
        }
    }
    if text(sdep.spec, "serverType") == "kafka" {
        kafka(sdep, findings);
    }
}

/// A Kafka server reads its broker and topics from the orchestrator's environment.
fn kafka(sdep: &Sdep<'_>, findings: &mut Vec<Finding>) {
    for predictor in &sdep.predictors {
        let env = super::list(&predictor.value["svcOrchSpec"], "env");
        let missing: Vec<&str> = ["KAFKA_BROKER", "KAFKA_INPUT_TOPIC", "KAFKA_OUTPUT_TOPIC"]
            .into_iter()
            .filter(|name| !env.iter().any(|entry| text(entry, "name") == *name))
            .collect();
        if !missing.is_empty() {
            let message = format!(
                "serverType kafka needs {} in svcOrchSpec.env of predictor {}",
                missing.join(", "),
                predictor.title()
            );
            findings.push(Finding::refused("kafka-env", &predictor.pointer, message).at_key());
        }
    }
}
