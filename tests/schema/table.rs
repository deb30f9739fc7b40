//! Playbooks written by hand, each with what both decoder and schema should say of it.

use super::{decoded, validator};

/// What is said of a playbook.
enum Says {
    /// Both take it.
    Yes,
    /// Both refuse it.
    No,
    /// The decoder refuses it, and no schema could, since …
    Blind(&'static str),
}
use Says::{Blind, No, Yes};

/// A name, a playbook, and the verdict.
const TABLE: &[(&str, &str, Says)] = &[
    // The whole.
    ("steps alone", "steps: [apply]", Yes),
    ("with its version", "{ apiVersion: seldonplay/v1, kind: Playbook, steps: [apply] }", Yes),
    ("of another version", "{ apiVersion: seldonplay/v2, steps: [apply] }", No),
    ("of another kind", "{ kind: Play, steps: [apply] }", No),
    ("a list", "[apply]", No),
    ("a text", "apply", No),
    ("without steps", "manifest: a.yaml", No),
    ("steps as a mapping", "steps: { apply: a.yaml }", No),
    ("steps as a word", "steps: apply", No),
    ("a misspelt key", "{ steps: [apply], varz: {} }", No),
    ("holds are not there yet", "{ steps: [apply], holds: [{ assert: ready }] }", No),
    ("answers are not there yet", "{ steps: [apply], rehearsal: { answers: [] } }", No),
    ("a rehearsal", "{ steps: [apply], rehearsal: {} }", Yes),
    (
        "a rehearsal with all",
        "{ steps: [apply], rehearsal: { controllers: [{ target: { kind: Widget }, after: 30s, status: { phase: Ready } }], \
         faults: [{ fault: api-outage, at: 40s, for: 20s }, { fault: never-ready, target: Deployment/web }], expect: timed-out } }",
        Yes,
    ),
    ("a fault that nobody knows", "{ steps: [apply], rehearsal: { faults: [{ fault: gremlins }] } }", No),
    (
        "a controller without a status",
        "{ steps: [apply], rehearsal: { controllers: [{ target: Widget/cog }] } }",
        No,
    ),
    ("tags", "{ tags: [smoke, slow], steps: [apply] }", Yes),
    ("one tag as a word", "{ tags: smoke, steps: [apply] }", No),
    ("a number for a name", "{ name: 5, steps: [apply] }", No),
    ("defaults", "{ defaults: { timeout: 1m }, steps: [apply] }", Yes),
    ("a default that is none", "{ defaults: { retries: 3 }, steps: [apply] }", No),
    ("vars of all types", "{ vars: { a: 1, b: [x], c: { d: null } }, steps: [apply] }", Yes),
    ("a var with a dash", "{ vars: { a-b: 1 }, steps: [apply] }", No),
    ("vars as a list", "{ vars: [a], steps: [apply] }", No),
    ("handlers", "{ steps: [apply], on-failure: [delete], finally: [delete] }", Yes),
    ("a handler without a verb", "{ steps: [apply], finally: [{ name: x }] }", No),
    // Manifests.
    ("several paths", "{ manifest: [a.yaml, b/*.yaml], steps: [apply] }", Yes),
    ("a file that expands", "{ manifest: { path: a.yaml, expand: true }, steps: [apply] }", Yes),
    ("a file with more than it takes", "{ manifest: { path: a.yaml, recurse: true }, steps: [apply] }", No),
    ("an object", "{ manifest: { apiVersion: v1, kind: Pod, metadata: { name: a } }, steps: [apply] }", Yes),
    ("an object without its version", "{ manifest: { kind: Pod }, steps: [apply] }", No),
    ("a manifest that is a number", "{ manifest: 5, steps: [apply] }", No),
    // Steps.
    ("a verb alone", "steps: [apply, get, delete]", Yes),
    ("a verb that cannot stand alone", "steps: [scale]", No),
    ("a verb that there is not", "steps: [aply]", No),
    ("a verb that is not there yet", "steps: [predict]", No),
    ("a verb that is not there yet, with more", "steps: [{ exec: { target: Pod/a } }]", No),
    ("no verb", "steps: [{ name: x }]", No),
    ("two verbs", "steps: [{ apply: a.yaml, delete: Pod/a }]", No),
    ("a step that is a list", "steps: [[apply]]", No),
    ("an empty step", "steps: [{}]", No),
    ("nothing for a step", "steps: [~]", No),
    (
        "the whole envelope",
        "steps: [{ get: Pod/a, name: x, id: a, when: vars.x, timeout: 1m, retry: { attempts: 2, delay: 1s, backoff: 1.5 }, \
         keep-going: true, save: { ip: $.status.podIP }, expect: $.status.podIP }]",
        Yes,
    ),
    ("a misspelt key of the envelope", "steps: [{ apply: a.yaml, timeuot: 1m }]", No),
    ("a timeout without a unit", "steps: [{ apply: a.yaml, timeout: 30 }]", No),
    ("a timeout in months", "steps: [{ apply: a.yaml, timeout: 1month }]", No),
    ("a negative timeout", "steps: [{ apply: a.yaml, timeout: -5s }]", No),
    ("a timeout of parts", "steps: [{ apply: a.yaml, timeout: 1h30m }]", Yes),
    ("a timeout in parts of an hour", "steps: [{ apply: a.yaml, timeout: 1.5h }]", Yes),
    ("a timeout from a variable", "steps: [{ apply: a.yaml, timeout: '${{ vars.time }}' }]", Yes),
    (
        "a timeout of years",
        "steps: [{ apply: a.yaml, timeout: 400d }]",
        Blind("how long a text of digits is"),
    ),
    ("a word for a boolean", "steps: [{ apply: a.yaml, keep-going: yes }]", No),
    ("a boolean", "steps: [{ apply: a.yaml, keep-going: false }]", Yes),
    ("part of an attempt", "steps: [{ apply: a.yaml, retry: { attempts: 1.5 } }]", No),
    ("retry as a number", "steps: [{ apply: a.yaml, retry: 3 }]", No),
    ("a save that is no path", "steps: [{ apply: a.yaml, id: a, save: { x: status.url } }]", No),
    ("a save with a name that is none", "steps: [{ apply: a.yaml, id: a, save: { x-y: $.a } }]", No),
    (
        "a save that cannot be read",
        "steps: [{ apply: a.yaml, id: a, save: { x: '$.a[' } }]",
        Blind("the grammar of JSONPath"),
    ),
    ("must-fail with a condition", "steps: [{ apply: a.yaml, must-fail: $.code == 403 }]", Yes),
    ("must-fail with a boolean", "steps: [{ apply: a.yaml, must-fail: true }]", No),
    // Conditions.
    ("a named condition", "steps: [wait-until: ready]", Yes),
    ("a name that there is not", "steps: [wait-until: redy]", Blind("which words stand for themselves")),
    ("an expression", "steps: [wait-until: $.status.replicas >= 2 && $.status.state]", Yes),
    ("half an expression", "steps: [wait-until: $.status.replicas >=]", Blind("the grammar of expressions")),
    ("kubectl's spelling", "steps: [wait-until: condition=Ready=False]", Yes),
    ("a list of conditions", "steps: [wait-until: [ready, $.status.a]]", Yes),
    ("an empty list of conditions", "steps: [{ wait-until: [] }]", No),
    ("combinations", "steps: [{ assert: { any: [ready, { not: { all: [absent] } }] } }]", Yes),
    ("two combinations at once", "steps: [{ assert: { condition: { any: [ready], all: [ready] } } }]", No),
    ("a combination that there is not", "steps: [{ assert: { condition: { none: [ready] } } }]", No),
    ("containment", "steps: [{ assert: { like: { spec: { a: [1] } } } }]", Yes),
    ("on other objects", "steps: [{ assert: { condition: { target: Pod/a, condition: ready } } }]", Yes),
    (
        "on other objects, with more",
        "steps: [{ assert: { condition: { target: Pod/a, condition: ready, since: 1s } } }]",
        No,
    ),
    ("a wait for nothing", "steps: [{ wait-until: ~ }]", No),
    ("a wait for a number", "steps: [{ wait-until: 5 }]", No),
    ("braces without quotes", "steps: [{ wait-until: {.status.state} }]", No),
    (
        "a wait with everything",
        "steps: [{ wait-until: { target: Pod/a, condition: ready, timeout: 1m, hold-for: 1s, \
      fail-when: { condition: absent, hold-for: 1s, target: Pod/b }, match: any, at-least: 1, at-most: 2, fresh: false, settle: 1s, allow-recreate: true } }]",
        Yes,
    ),
    ("a match that there is not", "steps: [{ wait-until: { condition: ready, match: some } }]", No),
    ("a key of another verb", "steps: [{ assert: { condition: ready, settle: 1s } }]", No),
    // Targets.
    ("kind and name", "steps: [get: Deployment.apps/web]", Yes),
    ("a kind alone", "steps: [get: Deployment]", No),
    ("a selector", "steps: [get: { kind: Pod, labels: { app: web } }]", Yes),
    ("a selector as a text", "steps: [get: { kind: Pod, labels: 'app=web,tier!=db' }]", Yes),
    ("labels that are numbers", "steps: [get: { kind: Pod, labels: { app: 5 } }]", No),
    ("a selector without a kind", "steps: [{ get: { target: { labels: { app: web } } } }]", No),
    ("a manifest for a target", "steps: [delete: { manifest: a.yaml }]", Yes),
    ("a list of targets", "steps: [delete: [Pod/a, { kind: Pod, owner: Job/b }]]", Yes),
    ("a selector with a key that there is not", "steps: [{ get: { kind: Pod, label: a } }]", No),
    // Verbs.
    (
        "apply with everything",
        "steps: [{ apply: { manifest: a.yaml, force: true, field-manager: me, create-only: true, wait: ready } }]",
        Yes,
    ),
    ("force that is a word", "steps: [{ apply: { force: always } }]", No),
    ("a merge patch", "steps: [{ patch: { merge: { spec: { replicas: ~ } } } }]", Yes),
    ("a merge patch that is a list", "steps: [{ patch: { merge: [1] } }]", No),
    (
        "operations",
        "steps: [{ patch: { json: [{ op: test, path: /a, value: ~ }, { op: remove, path: $.b }, { op: move, path: /c, from: /d }] } }]",
        Yes,
    ),
    ("an operation that there is not", "steps: [{ patch: { json: [{ op: set, path: /a, value: 1 }] } }]", No),
    ("an operation without a path", "steps: [{ patch: { json: [{ op: remove }] } }]", No),
    ("patch alone", "steps: [patch]", No),
    ("a number of replicas", "steps: [scale: 2]", Yes),
    ("a number of replicas as a text", "steps: [scale: '2']", No),
    ("fewer than none", "steps: [scale: -1]", No),
    ("more than Kubernetes counts", "steps: [scale: 2147483648]", No),
    ("replicas from a variable", "steps: [{ scale: '${{ vars.number }}' }]", Yes),
    ("bounds", "steps: [{ scale: { min: 1, max: 3 } }]", Yes),
    (
        "bounds the wrong way round",
        "steps: [{ scale: { min: 3, max: 1 } }]",
        Blind("which of two numbers is more"),
    ),
    (
        "one predictor",
        "steps: [{ scale: { replicas: 2, predictor: main, component: 0, wait: scaled } }]",
        Yes,
    ),
    (
        "delete with everything",
        "steps: [{ delete: { target: Pod/a, only: created, propagation: orphan, grace-period: 5s, wait: false, ignore-not-found: false } }]",
        Yes,
    ),
    ("a propagation that there is not", "steps: [{ delete: { propagation: cascade } }]", No),
    ("a pause", "steps: [pause: Go on?]", Yes),
    ("a pause of a number", "steps: [{ pause: 5 }]", No),
    ("a sleep", "steps: [sleep: 10s]", Yes),
    ("a sleep of a number", "steps: [{ sleep: 10 }]", No),
];

#[test]
fn decoder_and_schema_say_what_they_should() {
    assert!(TABLE.len() >= 80, "the table has {} rows", TABLE.len());
    let validator = validator();
    let mut faults = Vec::new();
    for (name, text, says) in TABLE {
        let (errors, value) = decoded(text);
        let decoder = errors.is_empty();
        let schema = value.is_some_and(|value| validator.is_valid(&value));
        let (wanted, why) = match says {
            Yes => ((true, true), "both take it"),
            No => ((false, false), "both refuse it"),
            Blind(why) => ((false, true), *why),
        };
        if (decoder, schema) != wanted {
            faults.push(format!("{name}: the decoder says {decoder} ({errors:?}), the schema {schema}, wanted {wanted:?} ({why}): {text}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_examples_satisfy_the_schema() {
    let validator = validator();
    let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("playbooks");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("there are playbooks") {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_none_or(|ending| ending != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a playbook is text");
        let (_, value) = decoded(&text);
        let value = value.expect("a playbook is YAML");
        let faults: Vec<String> = validator
            .iter_errors(&value)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{}:\n{}", path.display(), faults.join("\n"));
        assert!(
            text.starts_with("# yaml-language-server: $schema=../schemas/playbook.schema.json\n"),
            "{} does not tell editors its schema",
            path.display()
        );
        seen += 1;
    }
    assert!(seen >= 5);
}
