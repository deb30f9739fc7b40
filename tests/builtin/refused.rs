//! Faulty objects of every built-in kind, judged by a real API server as dry runs and by the rehearsal's functions: the same verdicts in the
//! same words.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use seldonplay::json::{Value, json};
use seldonplay::rehearsal::builtin;

use crate::created::{folder, objects};
use crate::server::{Failure, Server};

/// What a server says to an object: its code, and what it says, in no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub code: u16,
    pub said: BTreeSet<String>,
}

impl Verdict {
    pub fn fine() -> Verdict {
        Verdict { code: 201, said: BTreeSet::new() }
    }

    pub fn failed(code: u16, message: &str) -> Verdict {
        Verdict { code, said: BTreeSet::from([message.to_owned()]) }
    }

    pub fn refused(faults: &[builtin::Fault]) -> Verdict {
        let said = faults.iter().map(|fault| masked(fault.reason, &fault.field, &fault.message)).collect();
        Verdict { code: 422, said }
    }

    pub fn theirs(code: u16, answer: &Value) -> Verdict {
        let causes = answer.pointer("/details/causes").and_then(Value::as_array);
        let message = answer["message"].as_str().unwrap_or_default().to_owned();
        let said = match (code, causes) {
            (422, Some(causes)) => causes
                .iter()
                .map(|cause| {
                    let text = |key: &str| cause[key].as_str().unwrap_or_default();
                    masked(text("reason"), text("field"), text("message"))
                })
                .collect(),
            (200 | 201, _) => BTreeSet::new(),
            _ => BTreeSet::from([message]),
        };
        let code = if code == 200 { 201 } else { code };
        Verdict { code, said }
    }

    pub fn ours(object: &Value, old: Option<&Value>) -> Verdict {
        let text = |key: &str| object[key].as_str().unwrap_or_default();
        let (version, kind) = (text("apiVersion"), text("kind"));
        let bad = |why: String| {
            let short = version.rsplit('/').next().unwrap_or_default();
            let message = format!("{kind} in version {short:?} cannot be handled as a {kind}: {why}");
            Verdict { code: 400, said: BTreeSet::from([message]) }
        };
        let Some(schema) = builtin::schema(version, kind) else { return bad("no schema".into()) };
        let read = match builtin::read(schema, object) {
            Ok(read) => read,
            Err(why) => return bad(why),
        };
        if !read.unknown.is_empty() {
            return bad(format!("strict decoding error: {}", read.unknown.join(", ")));
        }
        let mut object = read.object;
        builtin::default(version, kind, &mut object);
        let faults = builtin::validate(version, kind, &object, old);
        let said = faults.iter().map(|fault| masked(fault.reason, &fault.field, &fault.message)).collect();
        Verdict { code: if faults.is_empty() { 201 } else { 422 }, said }
    }
}

/// A cause in one line. Until it stores an object, the server tells an empty mapping or list from one that is not there.
fn masked(reason: &str, field: &str, message: &str) -> String {
    let message = message.replace("value: {}", "value: null").replace("value: []", "value: null");
    format!("{reason} {field}: {message}")
}

/// Faults that people make, each with where and what it is.
pub fn mutations(object: &Value) -> Vec<(String, Value)> {
    let mut pointers = Vec::new();
    collect(object, String::new(), &mut pointers);
    let mut found = Vec::new();
    for pointer in pointers {
        let Some((parent, key)) = pointer.rsplit_once('/') else { continue };
        let Some(value) = object.pointer(&pointer) else { continue };
        let mut put = |what: &str, new: Option<Value>| {
            let mut object = object.clone();
            match (object.pointer_mut(parent), new) {
                (Some(Value::Object(map)), None) => drop(map.shift_remove(key)),
                (Some(Value::Array(items)), None) => {
                    drop(key.parse::<usize>().ok().map(|index| items.remove(index)));
                }
                (Some(_), Some(new)) => {
                    if let Some(slot) = object.pointer_mut(&pointer) {
                        *slot = new;
                    }
                }
                _ => return,
            }
            found.push((format!("{what} {pointer}"), object));
        };
        put("drop", None);
        match value {
            Value::String(text) => {
                put("empty", Some(json!("")));
                put("misspell", Some(json!(format!("{text} Ü_!"))));
                put("lengthen", Some(json!("a".repeat(300))));
                put("number", Some(json!(7)));
                put("upper", Some(json!(text.to_uppercase())));
            }
            Value::Number(number) => {
                put("negative", Some(json!(-1)));
                put("zero", Some(json!(0)));
                put("huge", Some(json!(100_000)));
                put("text", Some(json!(number.to_string())));
            }
            Value::Bool(truth) => {
                put("turn", Some(json!(!truth)));
                put("text", Some(json!("yes")));
            }
            Value::Array(items) => {
                put("empty", Some(json!([])));
                put("text", Some(json!("text")));
                if let Some(first) = items.first() {
                    let mut twice = items.clone();
                    twice.push(first.clone());
                    put("twice", Some(Value::Array(twice)));
                }
            }
            Value::Object(map) => {
                put("empty", Some(json!({})));
                put("text", Some(json!("text")));
                let mut more = map.clone();
                more.insert("Not A_field!".into(), json!("x y"));
                put("more", Some(Value::Object(more)));
            }
            Value::Null => {}
        }
    }
    found
}

fn collect(value: &Value, pointer: String, found: &mut Vec<String>) {
    if pointer.matches('/').count() > 0
        && !matches!(&*pointer, "/apiVersion" | "/kind" | "/metadata/namespace")
    {
        found.push(pointer.clone());
    }
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                collect(value, format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, value)| collect(value, format!("{pointer}/{index}"), found));
        }
        _ => {}
    }
}

/// Differences that are known: what admission and the strategies of kinds do is not the functions' part.
fn known(kind: &str, what: &str, theirs: &Verdict) -> bool {
    let told = |part: &str| theirs.said.iter().any(|said| said.contains(part));
    theirs.code == 403
        || kind == "Job" && what.ends_with("/metadata/name") && told("spec.template.labels")
        || kind == "Event" && what.ends_with(" /metadata")
        || kind == "Service" && told("spec.ports[1].nodePort: Duplicate value")
        || told("of type []v1.") && what.starts_with("text")
        || told("of type v1.PersistentVolumeAccessMode")
        || told("of type v1.Capability")
        || what == "twice /spec/versions"
        || what == "empty /spec/completionMode"
        || what == "twice /spec/volumeClaimTemplates"
}

#[tokio::test]
async fn faulty_objects_are_refused_as_by_the_server() -> Result<(), Failure> {
    let Some(server) = Server::with_namespace("refused").await? else { return Ok(()) };
    let only = std::env::var("KIND").unwrap_or_default();
    let (mut all, mut differ) = (0, BTreeMap::<String, Vec<String>>::new());
    for object in objects(&server.namespace)? {
        let kind = object["kind"].as_str().unwrap_or_default().to_owned();
        if !only.is_empty() && !only.split(',').any(|one| one == kind) {
            continue;
        }
        let path = folder(&object, &server.namespace)?;
        let path = format!("{path}?dryRun=All&fieldValidation=Strict");
        for (what, faulty) in mutations(&object) {
            let (code, answer) = server.call(Method::POST, &path, Some("application/json"), &faulty).await?;
            let (theirs, ours) = (Verdict::theirs(code, &answer), Verdict::ours(&faulty, None));
            all += 1;
            if theirs != ours && !known(&kind, &what, &theirs) {
                let name = object["metadata"]["name"].as_str().unwrap_or_default();
                let mut text = format!("{kind} {name} {what}: {} and {}", theirs.code, ours.code);
                theirs
                    .said
                    .difference(&ours.said)
                    .for_each(|said| text.push_str(&format!("\n  theirs {said}")));
                ours.said
                    .difference(&theirs.said)
                    .for_each(|said| text.push_str(&format!("\n    ours {said}")));
                differ.entry(kind.clone()).or_default().push(text);
            }
        }
    }
    server.leave().await?;
    let count: usize = differ.values().map(Vec::len).sum();
    if let Some(path) = std::env::var_os("DIFFERENCES") {
        let text: Vec<String> = differ.values().flatten().cloned().collect();
        std::fs::write(path, text.join("\n"))?;
    }
    let counts: Vec<String> = differ.iter().map(|(kind, found)| format!("{kind} {}", found.len())).collect();
    assert!(count == 0, "{count} of {all} verdicts differ: {}", counts.join(", "));
    Ok(())
}
