//! Runs `tests/kinds/KIND/*.yaml`: an object at one moment of its life, and the verdicts on it.
//!
//! A file has `object`, perhaps `children`, `written` (`resourceVersion`, `specBefore`, `generationChanged`) and `scale` (a list of requests);
//! or `like`, another file of its folder, and `change`, a JSON Patch on that one, so that a file shows the one thing that differs.
//! A mapping `{ base64: … }` in it becomes the base64 of its JSON. `expect` comes last; `UPDATE=1 cargo test --test kinds` writes it anew.

#[path = "kinds/differences.rs"]
mod differences;
#[path = "kinds/kstatus.rs"]
mod kstatus;
#[path = "markdown/mod.rs"]
#[expect(dead_code, reason = "the blocks of documents are of no use here")]
mod markdown;

use proptest::prelude::*;
use seldonplay::json::{self, Value, json};
use seldonplay::kinds::{
    self, Decides, Freshness, Reason, ScaleField, ScaleRequest, ScaleTo, ScaleWrite, Verdict, Written,
};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Kinds that have no status of their own that is known, or none at all, and are waited for all the same.
const WITHOUT_STATUS: &[&str] = &["ServerConfig", "Widget"];
/// Kinds that are judged word for word as HTTPRoutes are.
const AS_HTTP_ROUTES: &[&str] = &["GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"];

#[test]
fn every_moment_is_judged_as_written() {
    let mut wrong = Vec::new();
    for file in files() {
        let text =
            std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let case = encoded(load(&file));
        let told = judge(&case);
        if std::env::var_os("UPDATE").is_some() {
            let fresh = with_expectation(&text, &told);
            // Others read it meanwhile.
            if fresh != text {
                std::fs::write(&file, fresh).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            }
            continue;
        }
        let wanted = case["expect"].as_object().cloned().unwrap_or_default();
        let wanted: BTreeMap<&str, &str> = wanted
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default().trim_end()))
            .collect();
        for (key, actual) in &told {
            let wanted = wanted.get(key.as_str()).copied().unwrap_or("(nothing)");
            if wanted != actual.trim_end() {
                wrong.push(format!("{}, {key}:\n--- wanted\n{wanted}\n--- actual\n{actual}", file.display()));
            }
        }
        for key in wanted.keys().filter(|key| !told.contains_key(**key)) {
            wrong.push(format!("{}: nothing was judged that could be {key}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\n{} moments judged otherwise", wrong.join("\n"), wrong.len());
}

#[test]
fn every_kind_that_says_how_it_is_is_seen_at_six_moments_or_more() {
    let files = files();
    let says = kinds::all().filter(|known| known.status.is_some_and(|fields| !fields.is_empty()));
    let own = says.filter(|known| !AS_HTTP_ROUTES.contains(&known.kind));
    let folders =
        own.map(|known| match kinds::by_name(known.kind).is_some_and(|first| first.group == known.group) {
            true => known.kind.to_owned(),
            false => format!("{}.{}", known.kind, known.group),
        });
    for folder in folders.chain(WITHOUT_STATUS.iter().map(|kind| (*kind).to_owned())) {
        let count =
            files.iter().filter(|file| file.parent().is_some_and(|parent| parent.ends_with(&folder))).count();
        assert!(count >= 6, "{folder} has {count} files");
    }
}

#[test]
fn a_folder_holds_objects_of_the_kind_that_it_is_named_after() {
    for file in files() {
        let object = load(&file)["object"].clone();
        let folder =
            file.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
        let (kind, group) = folder.split_once('.').unwrap_or((folder, ""));
        assert_eq!(object["kind"], kind, "{}", file.display());
        let api_version = object["apiVersion"].as_str().unwrap_or_default();
        assert!(group.is_empty() || api_version.starts_with(group), "{} is of {api_version}", file.display());
    }
}

/// Changes of a spec that no Deployment shows: traffic is the ingress's, hosts and ports of a graph and of a prepackaged server are the
/// operator's.
const UNSEEN: &[&str] = &["/traffic", "/endpoint/service_port", "/componentSpecs/1/spec/containers/0/ports"];

#[test]
fn every_change_of_a_seldon_deployment_makes_its_status_stale() {
    for file in ["available.yaml", "autoscaled.yaml", "two-components.yaml"] {
        let case = encoded(load(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kinds/SeldonDeployment").join(file),
        ));
        let children: Vec<&Value> = case["children"].as_array().into_iter().flatten().collect();
        let mut places = Vec::new();
        nodes(&case["object"]["spec"], "/spec".to_owned(), &mut places);
        let mut unnoticed = Vec::new();
        for place in &places {
            let mut object = case["object"].clone();
            let leaf = object.pointer_mut(place).unwrap_or_else(|| panic!("{place}"));
            *leaf = match leaf.take() {
                Value::String(text) => json!(format!("{text}x")),
                Value::Number(number) => json!(number.as_f64().map_or(0, |number| number as i64 + 2)),
                _ => continue,
            };
            let loses = |field: &ScaleField| field.losing.iter().any(|(losing, _)| losing == place);
            let excused =
                kinds::replicas(&object).iter().any(loses) || UNSEEN.iter().any(|part| place.contains(part));
            if !excused && matches!(kinds::freshness(&object, &children, None), Freshness::Fresh(_)) {
                unnoticed.push(place);
            }
        }
        assert!(places.len() > 20, "{file} has {} places", places.len());
        assert!(unnoticed.is_empty(), "{file}: {unnoticed:#?}");
    }
}

proptest! {
    /// Whatever an API server sends, and whatever is missing in it.
    #[test]
    fn no_object_makes_a_rule_panic(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0usize..10), 1..6),
    ) {
        let files = files();
        let mut case = load(&files[which.index(files.len())]);
        case["scale"].take();
        for (place, with) in damage {
            let mut places = Vec::new();
            nodes(&case["object"], "/object".to_owned(), &mut places);
            nodes(&case["children"], "/children".to_owned(), &mut places);
            if let Some(node) = case.pointer_mut(&places[place.index(places.len())]) {
                *node = json!([null, -1, "x", 9_223_372_036_854_775_807i64, 1e300, [], [1], {}, [{}], true])[with].clone();
            }
        }
        let case = encoded(case);
        judge(&case);
        kinds::consults(&case["object"]);
        kinds::final_failure(&case["object"]);
        kinds::condition_freshness(&case["object"], "Ready");
        for to in [ScaleTo::Replicas(1), ScaleTo::Bounds { min: Some(1), max: None }] {
            for (predictor, component) in [(None, None), (Some("default"), Some("0"))] {
                kinds::scale(&case["object"], &ScaleRequest { to, predictor, component }).ok();
            }
        }
    }
}

/// JSON pointers of everything in a value.
fn nodes(value: &Value, at: String, found: &mut Vec<String>) {
    let below = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| nodes(value, below(key), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| nodes(item, below(&index.to_string()), found));
        }
        _ => {}
    }
    found.push(at);
}

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kinds");
    let entries = |folder: &Path| {
        let entries =
            std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        paths.sort();
        paths
    };
    entries(&root).iter().filter(|path| path.is_dir()).flat_map(|folder| entries(folder)).collect()
}

/// The case in a file, with the one it is like in it.
fn load(file: &Path) -> Value {
    let fail = |error: &dyn std::fmt::Display| -> ! { panic!("{}: {error}", file.display()) };
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| fail(&error));
    let mut case: Value = serde_yaml::from_str(&text).unwrap_or_else(|error| fail(&error));
    let Some(like) = case["like"].as_str() else { return case };
    let mut whole = load(&file.with_file_name(like));
    let expect = case["expect"].take();
    let change = case["change"].as_array().expect("a change is a list of operations");
    json::patch(&mut whole, change).unwrap_or_else(|error| fail(&error));
    whole["expect"] = expect;
    for key in ["written", "scale"] {
        if !case[key].is_null() {
            whole[key] = case[key].take();
        }
    }
    whole
}

/// The record of the run's last write, if the case has one.
fn recorded(case: &Value) -> Option<Written> {
    let record = &case["written"];
    record.is_object().then(|| Written {
        resource_version: record["resourceVersion"].as_str().unwrap_or_default().to_owned(),
        spec_before: Some(record["specBefore"].clone()).filter(|before| !before.is_null()),
        generation_changed: record["generationChanged"] != false,
    })
}

fn judge(case: &Value) -> BTreeMap<String, String> {
    let object = &case["object"];
    let children: Vec<&Value> = case["children"].as_array().into_iter().flatten().collect();
    let written = recorded(case);
    let mut told = BTreeMap::new();
    if case["scale"].is_array() {
        let fields = kinds::replicas(object);
        told.insert("replicas".to_owned(), fields.iter().map(field).collect::<Vec<_>>().join("\n"));
        let requests = case["scale"].as_array().into_iter().flatten();
        let answers = requests.map(|request| format!("{request}\n{}", scaling(object, request)));
        told.insert("scale".to_owned(), answers.collect::<Vec<_>>().join("\n"));
        return told;
    }
    told.insert("ready".to_owned(), verdict(kinds::ready(object, &children)));
    if kinds::of_object(object).counts_replicas {
        told.insert("scaled".to_owned(), verdict(kinds::scaled(object, &children)));
    }
    told.insert(
        "fresh".to_owned(),
        match kinds::freshness(object, &children, written.as_ref()) {
            Freshness::Fresh(evidence) => format!("fresh: {evidence}"),
            Freshness::Stale(reason) => format!("stale: {}", because(&reason)),
            Freshness::Unknowable => "settle decides".to_owned(),
        },
    );
    let before = written.as_ref().and_then(|written| written.spec_before.as_ref());
    if let Some(reason) = before.and_then(|before| kinds::written_in_vain(object, before)) {
        told.insert("vain".to_owned(), because(&reason));
    }
    told
}

fn verdict(verdict: Verdict) -> String {
    let list = |reasons: &[Reason]| {
        reasons.iter().map(|reason| format!("\n- {}", because(reason))).collect::<String>()
    };
    match verdict {
        Verdict::Met(words) => format!("met: {words}"),
        Verdict::NotYet(reasons) => format!("not yet:{}", list(&reasons)),
        Verdict::Never(reasons) => format!("never:{}", list(&reasons)),
    }
}

fn because(reason: &Reason) -> String {
    let entry = reason.entry().map_or_else(String::new, |entry| format!("{entry} at "));
    let place = format!("{} {entry}{}", reason.object.as_deref().unwrap_or_default(), reason.pointer);
    format!("{} ({}: {}, wanted {})", reason.message, place.trim(), reason.actual, reason.wanted)
}

fn field(field: &ScaleField) -> String {
    let mut line = format!("{}: ", field.child);
    let value = field.value.map_or("open".to_owned(), |value| value.to_string());
    match &field.deciding {
        Decides::Field(pointer) => write!(line, "{value} by {pointer}").unwrap_or_default(),
        Decides::Unset => write!(line, "{value}").unwrap_or_default(),
        Decides::Autoscaler { pointer, min, max } => {
            write!(line, "{value} by {pointer}, from {min:?} to {max:?}").unwrap_or_default();
        }
    }
    for (pointer, value) in &field.losing {
        write!(line, ", not {value} by {pointer}").unwrap_or_default();
    }
    line
}

fn scaling(object: &Value, request: &Value) -> String {
    let to = match request["replicas"].as_i64() {
        Some(replicas) => ScaleTo::Replicas(replicas),
        None => ScaleTo::Bounds { min: request["min"].as_i64(), max: request["max"].as_i64() },
    };
    let request = ScaleRequest {
        to,
        predictor: request["predictor"].as_str(),
        component: request["component"].as_str(),
    };
    match kinds::scale(object, &request) {
        Ok(writes) => {
            writes.iter().for_each(|write| assert_applies(object, write));
            writes.iter().map(written).collect::<Vec<_>>().join("\n")
        }
        Err(refusal) => format!("  refused: {}; {} ({})", refusal.message, refusal.help, refusal.pointer),
    }
}

/// The write and its guards are a JSON Patch that applies to the object, after which the field says what was asked.
fn assert_applies(object: &Value, write: &ScaleWrite) {
    let mut operations: Vec<Value> = write
        .tests
        .iter()
        .map(|(path, value)| json!({ "op": "test", "path": path, "value": value }))
        .collect();
    operations.extend(write.parent.iter().map(|path| json!({ "op": "add", "path": path, "value": {} })));
    let operation = if write.from.is_some() { "replace" } else { "add" };
    operations.push(json!({ "op": operation, "path": write.pointer, "value": write.to }));
    let mut changed = object.clone();
    json::patch(&mut changed, &operations).unwrap_or_else(|error| panic!("{write:?}: {error}"));
    let decides = |field: &ScaleField| match &field.deciding {
        Decides::Field(pointer) => *pointer == write.pointer && field.value == Some(write.to),
        Decides::Autoscaler { pointer, .. } => write.pointer.starts_with(pointer.as_str()),
        Decides::Unset => false,
    };
    assert!(kinds::replicas(&changed).iter().any(decides), "{write:?} decides nothing");
}

fn written(write: &ScaleWrite) -> String {
    let from = write.from.map_or("unset".to_owned(), |from| from.to_string());
    let mut line = format!("  {}: {from} → {} at {}", write.label, write.to, write.pointer);
    if write.through_scale {
        line.push_str(", through /scale");
    }
    if let Some(parent) = &write.parent {
        write!(line, ", made with {parent}").unwrap_or_default();
    }
    write!(line, ", for {}", write.child).unwrap_or_default();
    for (pointer, value) in &write.leaves {
        write!(line, ", leaves {value} at {pointer}").unwrap_or_default();
    }
    for (pointer, value) in &write.tests {
        write!(line, ", if {pointer} is {value}").unwrap_or_default();
    }
    line
}

fn with_expectation(text: &str, told: &BTreeMap<String, String>) -> String {
    let kept = text.split_once("\nexpect:").map_or(text, |(kept, _)| kept);
    let mut whole = format!("{}\nexpect:\n", kept.trim_end());
    for key in ["replicas", "scale", "fresh", "vain", "ready", "scaled"] {
        let Some(words) = told.get(key) else { continue };
        writeln!(whole, "  {key}: |-").unwrap_or_default();
        words.lines().for_each(|line| writeln!(whole, "    {line}").unwrap_or_default());
    }
    whole
}

/// Every `{ base64: … }` as the text that it stands for.
fn encoded(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(encoded).collect(),
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("base64") => {
            base64(fields["base64"].to_string().as_bytes()).into()
        }
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(key, value)| (key, encoded(value))).collect())
        }
        scalar => scalar,
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = ALPHABET[(group >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}
