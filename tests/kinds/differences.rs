//! Where our verdicts differ from kstatus's, and why: the table of `docs/kinds.md`.

use super::kstatus::{self, Status};
use super::markdown::Document;
use super::{encoded, files, load, recorded};
use seldonplay::json::Value;
use seldonplay::kinds::{self, Freshness, Knowledge, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What we say of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ours {
    Ready,
    NotYet,
    Never,
}

impl Ours {
    fn of(case: &Value) -> Ours {
        let object = &case["object"];
        let children: Vec<&Value> = case["children"].as_array().into_iter().flatten().collect();
        match (kinds::freshness(object, &children, recorded(case).as_ref()), kinds::ready(object, &children))
        {
            (Freshness::Stale(_), _) | (_, Verdict::NotYet(_)) => Ours::NotYet,
            (_, Verdict::Met(_)) => Ours::Ready,
            (_, Verdict::Never(_)) => Ours::Never,
        }
    }

    fn agrees(self, status: Status) -> bool {
        match status {
            Status::Current => self == Ours::Ready,
            Status::Failed => self == Ours::Never,
            Status::InProgress | Status::Terminating => self == Ours::NotYet,
        }
    }
}

/// The differences that the cases show: kind, kstatus's answer, ours, and the cases.
fn differences() -> BTreeMap<(String, Status, Ours), Vec<String>> {
    let mut differences: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for file in files() {
        let case = encoded(load(&file));
        // Of a run's own writes it knows nothing, so the objects that are older than one are no comparison.
        if is_older_than_the_write(&case) {
            continue;
        }
        let (theirs, ours) = (kstatus::compute(&case["object"]), Ours::of(&case));
        if case["scale"].is_array() || ours.agrees(theirs) {
            continue;
        }
        let folder = |file: &Path| file.parent()?.file_name()?.to_str().map(str::to_owned);
        let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let kind = folder(&file).unwrap_or_default();
        differences.entry((kind, theirs, ours)).or_default().push(name);
    }
    differences
}

fn is_older_than_the_write(case: &Value) -> bool {
    let version = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok());
    let seen = version(&case["object"]["metadata"]["resourceVersion"]);
    seen.zip(version(&case["written"]["resourceVersion"])).is_some_and(|(seen, written)| seen < written)
}

/// Why we answer otherwise.
const REASONS: &[(&str, Status, Ours, &str)] = &[
    (
        "Certificate",
        Status::Current,
        Ours::NotYet,
        "its Ready condition is not there yet, which kstatus takes for a kind that has none; or it has an observedGeneration of its own that is older than the object: the certificate is that of the spec before",
    ),
    (
        "CustomResourceDefinition",
        Status::Failed,
        Ours::NotYet,
        "a name that is taken is free once the other definition is gone, and the server looks again",
    ),
    (
        "DaemonSet",
        Status::InProgress,
        Ours::Ready,
        "with `OnDelete` its controller updates no pod: all that it will do by itself is done",
    ),
    (
        "Experiment",
        Status::Current,
        Ours::NotYet,
        "its Ready condition is not there yet, which kstatus takes for a kind that has none",
    ),
    (
        "Gateway",
        Status::Current,
        Ours::NotYet,
        "it has no Ready condition: Programmed and the listeners' conditions tell, each of its own generation",
    ),
    (
        "GatewayClass",
        Status::Current,
        Ours::NotYet,
        "it has no Ready condition: Accepted tells, and it is Unknown until a controller takes the class",
    ),
    (
        "HTTPRoute",
        Status::Current,
        Ours::NotYet,
        "its conditions are below `status.parents`, one list for each Gateway that it names",
    ),
    (
        "HorizontalPodAutoscaler",
        Status::Current,
        Ours::NotYet,
        "it has no Ready condition: AbleToScale and ScalingActive tell, and without metrics it scales nothing",
    ),
    (
        "InferenceGraph",
        Status::Current,
        Ours::NotYet,
        "its Ready condition is not there yet, which kstatus takes for a kind that has none",
    ),
    (
        "InferenceGraph",
        Status::InProgress,
        Ours::Ready,
        "without Knative its observedGeneration is that of its Deployment, so it is no number to compare with its own generation",
    ),
    (
        "InferenceService",
        Status::InProgress,
        Ours::Ready,
        "its observedGeneration is copied from a child and counts that one's generations",
    ),
    (
        "Ingress",
        Status::Current,
        Ours::NotYet,
        "traffic comes in only when a controller has given it an address",
    ),
    (
        "Job",
        Status::Current,
        Ours::NotYet,
        "a Job that was started, or is suspended, has not done its work: ready is Complete",
    ),
    (
        "ListenerSet",
        Status::Current,
        Ours::NotYet,
        "it has no Ready condition: Programmed and the listeners' conditions tell, each of its own generation",
    ),
    (
        "Model",
        Status::InProgress,
        Ours::Ready,
        "its operator never sets observedGeneration: a number there is nobody's word on this object",
    ),
    ("Namespace", Status::Current, Ours::NotYet, "it tells by its phase, which the server sets"),
    (
        "Node",
        Status::Current,
        Ours::NotYet,
        "its Ready condition is not there yet, which kstatus takes for a kind that has none",
    ),
    (
        "PersistentVolume",
        Status::Current,
        Ours::NotYet,
        "it tells by its phase, which is no condition: none can bind one that is Released or Failed",
    ),
    (
        "PersistentVolumeClaim",
        Status::Current,
        Ours::NotYet,
        "bound is not enough for one that is to grow: its volume has less room yet than it asks for",
    ),
    (
        "Pipeline",
        Status::Current,
        Ours::NotYet,
        "its Ready condition is not there yet, which kstatus takes for a kind that has none",
    ),
    (
        "Pod",
        Status::Current,
        Ours::Never,
        "phase Failed is not what anybody waits for, and such a pod never runs again",
    ),
    (
        "Pod",
        Status::Failed,
        Ours::NotYet,
        "a container that crashes is started again, and a pod that finds no node is tried again when one comes: a deadline decides, or `fail-when`",
    ),
    (
        "PodDisruptionBudget",
        Status::Current,
        Ours::NotYet,
        "its controller has not counted yet, or fewer pods are healthy than it must keep",
    ),
    (
        "ReplicationController",
        Status::Current,
        Ours::NotYet,
        "it has no Ready condition: its counts tell, as those of a ReplicaSet do",
    ),
    (
        "ResourceQuota",
        Status::Current,
        Ours::NotYet,
        "the API server limits by `status.hard`, which its controller writes a moment later",
    ),
    (
        "Rollout",
        Status::Current,
        Ours::Never,
        "one that was aborted, or exceeded its progress deadline, goes no further until somebody tries again",
    ),
    (
        "Rollout",
        Status::Current,
        Ours::NotYet,
        "it tells by its phase, and its observedGeneration is a text, which kstatus does not read",
    ),
    (
        "ScaledObject",
        Status::Current,
        Ours::NotYet,
        "its Ready condition is not there yet, which kstatus takes for a kind that has none; or a fallback stands in for a trigger that fails",
    ),
    (
        "SeldonDeployment",
        Status::Current,
        Ours::NotYet,
        "it never sets observedGeneration, and its operator leaves `Available` standing while it works: its Deployments tell whether it speaks of what was written",
    ),
    (
        "SeldonRuntime",
        Status::Current,
        Ours::NotYet,
        "its Ready condition is not there yet, which kstatus takes for a kind that has none",
    ),
    (
        "Server",
        Status::Current,
        Ours::NotYet,
        "its Ready condition comes after StatefulSetOrDeploymentReady, and kstatus takes a missing one for none",
    ),
    (
        "Service",
        Status::Current,
        Ours::NotYet,
        "a load balancer is there when it has an address; a cluster IP is not what was asked for",
    ),
    (
        "Service.serving.knative.dev",
        Status::Current,
        Ours::NotYet,
        "its Ready condition is not there yet, which kstatus takes for a kind that has none",
    ),
    (
        "StatefulSet",
        Status::Current,
        Ours::NotYet,
        "the server fills in `partition: 0`, with which kstatus compares counts and no revisions; and with `OnDelete` pods must be available all the same",
    ),
    (
        "Widget",
        Status::Current,
        Ours::NotYet,
        "of a kind that nobody knows kstatus believes the best; here a state or a phase is read, and silence is said to be silence",
    ),
    ("Workflow", Status::Current, Ours::Never, "phase Failed or Error is final"),
    ("Workflow", Status::Current, Ours::NotYet, "it tells by its phase: Running is not Succeeded"),
];

#[test]
fn every_difference_from_kstatus_has_its_reason() {
    let differences = differences();
    let known = |key: &(String, Status, Ours)| {
        REASONS
            .iter()
            .any(|(kind, theirs, ours, _)| (*kind, *theirs, *ours) == (key.0.as_str(), key.1, key.2))
    };
    let unexplained: Vec<_> = differences.iter().filter(|(key, _)| !known(key)).collect();
    assert!(unexplained.is_empty(), "without a reason: {unexplained:#?}");
    for (kind, theirs, ours, _) in REASONS {
        let key = ((*kind).to_owned(), *theirs, *ours);
        assert!(differences.contains_key(&key), "no case differs so: {key:?}");
    }
}

/// The table: a row for each kind and difference.
fn table() -> String {
    let differences = differences();
    let mut text = "| kind | kstatus says | seldonplay says | why |\n|---|---|---|---|\n".to_owned();
    for (kind, theirs, ours, why) in REASONS {
        let cases = differences.get(&((*kind).to_owned(), *theirs, *ours)).map_or(0, Vec::len);
        let ours = match ours {
            Ours::Ready => "ready",
            Ours::NotYet => "not yet",
            Ours::Never => "never",
        };
        let cases = if cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") };
        text.push_str(&format!("| {kind} | {theirs:?} | {ours} | {why} ({cases}) |\n"));
    }
    text
}

/// What is known of each kind, those of which the same is said together.
fn rules() -> String {
    let mut groups: Vec<Vec<&Knowledge>> = Vec::new();
    for known in kinds::all() {
        let words =
            |known: &Knowledge| [known.words.ready, known.words.scaled, known.words.scale, known.words.fresh];
        match groups.iter_mut().find(|group| words(group[0]) == words(known)) {
            Some(group) => group.push(known),
            None => groups.push(vec![known]),
        }
    }
    let mut text = String::new();
    for group in groups.iter().map(Vec::as_slice).chain([&[kinds::of("", "")][..]]) {
        let names: Vec<&str> = group.iter().map(|known| known.kind).collect();
        let versions: BTreeSet<String> = group.iter().map(|known| known.api_version()).collect();
        let versions: Vec<String> = versions.iter().map(|version| format!("`{version}`")).collect();
        match group {
            [known] if known.is_general() => text.push_str("### Any other kind\n\n"),
            _ => text.push_str(&format!("### {}\n\n{}\n\n", names.join(", "), versions.join(", "))),
        }
        let words = &group[0].words;
        let rules = [
            ("ready", words.ready),
            ("scaled", words.scaled),
            ("scale", words.scale),
            ("fresh", words.fresh),
        ];
        for (rule, words) in rules.iter().filter(|(_, words)| !words.is_empty()) {
            text.push_str(&format!("- **{rule}**: {words}\n"));
        }
        text.push('\n');
    }
    text
}

#[test]
fn the_documentation_tells_the_rules_and_the_differences() {
    let mut document = Document::read(Path::new(env!("CARGO_MANIFEST_DIR")), "docs/kinds.md");
    let made = document.generated(|name| match name {
        "rules" => Some(rules()),
        "kstatus" => Some(table()),
        _ => None,
    });
    assert_eq!(made, ["rules", "kstatus"]);
}
