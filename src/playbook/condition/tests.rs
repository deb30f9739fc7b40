//! Conditions from the text of a YAML file to their judgement.
//! It must never know anything but the public surface.

use super::*;
use crate::diagnostic::Diagnostics;
use crate::json::json;
use crate::playbook::decode::{Decode, Decoder, Schema};
use crate::source::{Dialect, Sources, read_yaml};
use proptest::prelude::*;

/// Reads `key: CONDITION`; what was found comes as `LINE:COLUMN:SOURCE code message / help`.
fn read(written: &str) -> (Option<Condition>, Vec<String>) {
    let mut sources = Sources::new();
    let file = sources.add("play.yaml", format!("key: {written}\n"));
    let (documents, faults) = read_yaml(&sources, file, Dialect::Playbook);
    assert!(faults.is_empty(), "{written}: {faults:?}");
    let mut found = Diagnostics::new();
    let tree = documents[0].tree.get("key").expect("key");
    let condition = Condition::decode(tree, &mut Decoder::new(&mut found));
    let said = found.in_order().into_iter().map(|finding| {
        let place = sources.place(finding.span);
        let marked = sources.slice(finding.span);
        let help = finding.help.as_deref().unwrap_or("");
        format!(
            "{}:{}:{marked} {} {} / {help}",
            place.line,
            place.column,
            finding.code.as_str(),
            finding.message
        )
    });
    (condition, said.collect())
}

fn good(written: &str) -> Condition {
    match read(written) {
        (Some(condition), found) if found.is_empty() => condition,
        other => panic!("{written}: {other:?}"),
    }
}

#[test]
fn every_form_is_read_and_told_in_a_line() {
    for (written, source) in [
        ("ready", "ready"),
        ("absent", "absent"),
        ("\" scaled \"", "scaled"),
        ("$.status.state == 'Available'", "$.status.state == 'Available'"),
        (">-\n  $.a == 1 &&\n  $.b == 2", "$.a == 1 && $.b == 2"),
        ("'{.status.state}'", "{.status.state}"),
        ("condition=Ready", "condition=Ready"),
        ("condition=ready=false", "condition=ready=false"),
        ("condition=Ready=True", "condition=Ready"),
        ("condition=networking.x.io/Ready", "condition=networking.x.io/Ready"),
        ("[ready, $.a]", "ready and $.a"),
        ("{ all: [ready, $.a] }", "ready and $.a"),
        ("{ any: [ready, { all: [scaled, $.a] }] }", "ready or (scaled and $.a)"),
        ("{ not: { any: [absent, $.a == 1] } }", "not (absent or $.a == 1)"),
        ("{ not: ready }", "not ready"),
        ("{ like: { data: [1] } }", "like {\"data\":[1]}"),
        ("{ target: Deployment/web, condition: ready }", "Deployment/web: ready"),
        (
            "{ any: [ready, { target: { kind: Pod }, condition: { not: exists } }] }",
            "ready or Pod: not exists",
        ),
    ] {
        assert_eq!(good(written).source(), source, "{written}");
    }
}

#[test]
fn misspelt_conditions_say_what_was_meant() {
    for (written, wanted) in [
        ("redy", "1:6:redy bad-condition there is no condition `redy` / Did you mean `ready`?"),
        ("Ready", "1:6:Ready bad-condition there is no condition `Ready` / Did you mean `ready`?"),
        ("deleted", "/ Did you mean `absent`?"),
        ("created", "/ Did you mean `exists`?"),
        ("bogus", "/ Known here: `ready`, `scaled`, `exists`, `absent`. A field is written `$.bogus`."),
        (
            "{.status.state}",
            "1:6:{.status.state} bad-condition YAML reads this as a mapping, not as a path in braces / Quote it: '{.status.state}'.",
        ),
        ("true", "1:6:true bad-condition `true` is the same at all times"),
        ("'true'", "1:6:'true' bad-condition `true` is the same at all times"),
        ("null", "bad-condition this must be a condition, and it is nothing"),
        ("3", "bad-condition this must be a condition, and it is a number"),
        ("''", "1:6:'' bad-condition nothing stands here"),
        ("conditions=Ready", "/ Write `condition=Ready`."),
        ("Condition=Ready", "/ Write `condition=Ready`."),
        ("condition = Ready", "/ Write `condition=Ready`."),
        ("condition==Ready", "/ Write `condition=Ready`."),
        ("condition:Ready", "/ Write `condition=Ready`."),
        ("condition=", "a word is missing behind `=`"),
        ("condition=Ready=", "a word is missing behind `=`"),
        ("condition=Ready=Flase", "/ Did you mean `condition=Ready=False`?"),
        ("condition=Ready && $.a", "`condition=` stands alone"),
        ("jsonpath='{.status.phase}'=Running", "needs no `jsonpath=`"),
        (
            "ready && $.a == 1",
            "1:6:ready bad-condition `ready` is no value / A named condition stands beside others in a list",
        ),
        (
            "$.status.state == Available",
            "1:24:Available bad-condition `Available` is no value / Quote a text: 'Available'",
        ),
        ("[]", "an empty list says nothing"),
        ("{ any: [] }", "1:13:[] bad-condition an empty list says nothing"),
        ("{ all: ready }", "1:13:ready wrong-type this must be a list"),
        ("{ not: }", "`not` has no value"),
        ("{ all: [ready], any: [scaled] }", "1:22:any conflicting-keys `all` and `any` are two conditions"),
        ("{ target: Pod/x }", "1:6:{ missing-key a condition needs `condition`"),
        ("{ condition: ready }", "1:6:{ missing-key a condition needs `target`"),
        ("{ al: [ready] }", "1:8:al unknown-key a condition has no key `al` / Did you mean `all`?"),
        ("{ all: [ready], x: 1 }", "1:22:x unknown-key"),
        ("{ zebra: 1 }", "/ A mapping is `{ all: […] }`"),
        ("{}", "this mapping is empty"),
    ] {
        let (condition, found) = read(written);
        assert_eq!(found.len(), 1, "{written}: {found:?}");
        assert!(found[0].replace('`', "").contains(&wanted.replace('`', "")), "{written}: {}", found[0]);
        assert!(condition.is_none() || written.contains("x: 1"), "{written}");
    }
}

#[test]
fn all_faults_of_a_condition_are_found_at_once() {
    let (_, found) =
        read("\n  any:\n    - redy\n    - not: $.a = 1\n    - target: Deployment\n      condition: 'a b'");
    let places: Vec<&str> = found.iter().map(|line| line.split(' ').next().unwrap_or("")).collect();
    assert_eq!(places, ["3:7:redy", "4:16:=", "5:15:Deployment", "6:19:a"], "{found:?}");
}

/// Judges; named conditions and those on other objects answer as `ready` says.
fn judge(written: &str, ready: bool) -> Result<(), String> {
    let object = json!({
        "a": 1,
        "status": { "conditions": [{ "type": "Ready", "status": "False" }, { "type": "Synced", "status": "True" }] },
    });
    let condition = good(written);
    let mut ask = |asked: &Condition, wanted: bool| match ready == wanted {
        true => Truth::Met,
        false => Truth::Unmet(vec![crate::playbook::expression::Unmet {
            span: asked.span(),
            path: asked.source(),
            actual: ready.to_string(),
            wanted: wanted.to_string(),
        }]),
    };
    match condition.judge(&object, &mut ask) {
        Truth::Met => Ok(()),
        Truth::Unmet(unmet) => Err(unmet
            .iter()
            .map(|part| format!("{} is {}, wanted {}", part.path, part.actual, part.wanted))
            .collect::<Vec<_>>()
            .join("; ")),
    }
}

#[test]
fn combinations_are_judged_and_explain_themselves() {
    let ready_is_false = "$.status.conditions[?@.type == 'Ready'].status is 'False', wanted";
    for (written, ready, wanted) in [
        ("ready", true, Ok(())),
        ("ready", false, Err("ready is false, wanted true".to_owned())),
        ("{ not: ready }", true, Err("ready is true, wanted false".to_owned())),
        ("[ready, $.a == 1]", true, Ok(())),
        ("[ready, $.a == 2]", false, Err("ready is false, wanted true; $.a is 1, wanted == 2".to_owned())),
        ("{ any: [ready, $.a == 2] }", true, Ok(())),
        ("{ any: [$.a == 2, $.a == 3] }", true, Err("$.a is 1, wanted == 2; $.a is 1, wanted == 3".to_owned())),
        ("{ not: { any: [ready, $.a == 1] } }", false, Err("$.a is 1, wanted not == 1".to_owned())),
        ("{ not: { all: [ready, $.a == 1] } }", false, Ok(())),
        ("{ not: [ready, $.a == 1] }", true, Err("ready is true, wanted false; $.a is 1, wanted not == 1".to_owned())),
        ("{ not: { not: $.a == 1 } }", true, Ok(())),
        ("{ not: { like: { a: 1 } } }", true, Err("$ is {\"a\":1,\"status\":{\"conditions\":[{\"status\":\"False\",\"type\":\"Ready\"},{\"status\":\"True\"…, wanted not like {\"a\":1}".to_owned())),
        ("condition=Synced", true, Ok(())),
        ("condition=synced=TRUE", true, Ok(())),
        ("condition=Ready", true, Err(format!("{ready_is_false} == 'True'"))),
        ("condition=READY=false", true, Ok(())),
        ("{ not: condition=Ready=False }", true, Err(format!("{ready_is_false} not == 'False'"))),
        ("condition=Gone", true, Err("$.status.conditions[?@.type == 'Gone'].status is nothing, wanted == 'True'".to_owned())),
        ("{ not: condition=Gone }", true, Ok(())),
        ("{ target: Pod/x, condition: ready }", false, Err("Pod/x: ready is false, wanted true".to_owned())),
    ] {
        let judged = judge(written, ready);
        match (&judged, &wanted) {
            // The order of keys in what is shown is that of the object.
            (Err(said), Err(_)) if written.contains("not: { like") => assert!(said.ends_with("wanted not like {\"a\":1}"), "{said}"),
            _ => assert_eq!(judged, wanted, "{written}"),
        }
    }
}

#[test]
fn leaves_are_visited_with_the_target_they_are_judged_on() {
    let condition = good("{ any: [ready, { not: [$.a, { target: Pod/x, condition: [scaled, $.b] }] }] }");
    let mut seen = Vec::new();
    condition.leaves(&mut |leaf, on| seen.push((leaf.source(), on.map(Target::source))));
    let seen: Vec<(&str, Option<&str>)> =
        seen.iter().map(|(leaf, on)| (leaf.as_str(), on.as_deref())).collect();
    assert_eq!(seen, [("ready", None), ("$.a", None), ("scaled", Some("Pod/x")), ("$.b", Some("Pod/x"))]);
}

#[test]
fn the_schema_refers_to_itself_and_ends() {
    let mut schema = Schema::default();
    assert_eq!(Condition::schema(&mut schema), json!({ "$ref": "#/$defs/condition" }));
    let definitions = schema.into_definitions();
    assert!(
        definitions["condition"]["anyOf"].is_array() && definitions["target"]["anyOf"].is_array(),
        "{definitions}"
    );
}

proptest! {
    #[test]
    fn any_document_is_a_condition_or_not(written in prop_oneof![
        ".{0,40}",
        prop::collection::vec(prop::sample::select(vec![
            "all: ", "any: ", "not: ", "like: ", "target: ", "condition: ", "[", "]", "{ ", " }", ", ", "ready", "$.a == 1", "'",
            "Pod/x", "condition=Ready", "\n  ", "- ", "kind: Pod", "true", "=", "null",
        ]), 0..12).prop_map(|parts| parts.concat()),
    ]) {
        let mut sources = Sources::new();
        let file = sources.add("f", written);
        let (documents, _) = read_yaml(&sources, file, Dialect::Playbook);
        for document in documents {
            let mut found = Diagnostics::new();
            let condition = Condition::decode(&document.tree, &mut Decoder::new(&mut found));
            prop_assert!(condition.is_some() || !found.is_empty());
            let whole = sources.whole(file);
            prop_assert!(found.into_iter().all(|finding| finding.span.end <= whole.end));
            if let Some(condition) = condition {
                let _ = condition.judge(&json!({ "a": 1 }), &mut |_, _| Truth::Met);
            }
        }
    }
}
