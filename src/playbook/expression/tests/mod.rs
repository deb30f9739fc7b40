//! Expressions from the text of a YAML file to their judgement.
//! It must never know anything but the public surface.

mod embedded;
mod faults;
mod queries;

use super::*;
use crate::diagnostic::Diagnostics;
use crate::source::{Dialect, Piece, Sources, read_yaml};
use proptest::prelude::*;

/// Reads `key: SCALAR` and gives the scalar.
fn scalar(sources: &mut Sources, written: &str) -> Tree {
    let file = sources.add("play.yaml", format!("key: {written}\n"));
    let (documents, faults) = read_yaml(sources, file, Dialect::Playbook);
    assert!(faults.is_empty(), "{written}: {faults:?}");
    documents[0].tree.get("key").expect("key").clone()
}

/// The text of a scalar that is written between double quotes of JSON.
fn quoted(text: &str) -> Tree {
    scalar(&mut Sources::new(), &json!(text).to_string())
}

fn text(tree: &Tree) -> &Text {
    let Node::Text(text) = &tree.node else { panic!("no text: {tree:?}") };
    text
}

fn parse(written: &str, grammar: Grammar) -> Expression {
    Expression::parse(text(&quoted(written)), grammar)
        .unwrap_or_else(|findings| panic!("{written}: {findings:?}"))
}

fn met(condition: &str, object: &Value) -> bool {
    parse(condition, Grammar::Object).judge(object) == Truth::Met
}

fn pod() -> Value {
    json!({
        "metadata": { "name": "iris-1", "generation": 3, "labels": { "app.kubernetes.io/name": "iris", "a-b": "x" }, "finalizers": [] },
        "spec": { "cpu": "500m", "memory": "1Gi", "version": "1.10", "paused": false, "none": null },
        "status": {
            "state": "Available", "replicas": 2, "ratio": 1.0,
            "conditions": [
                { "type": "Ready", "status": "True", "checks": [{ "n": 1 }, { "n": 2 }] },
                { "type": "Synced", "status": "False" },
            ],
            "deploymentStatus": { "a": { "replicas": 1 }, "b": { "replicas": 1 }, "c": {} },
        },
    })
}

#[test]
fn conditions_are_judged() {
    let pod = pod();
    for (condition, wanted) in [
        // Comparisons, logic, precedence.
        ("$.status.state == 'Available'", true),
        ("$.status.state == \"Available\"", true),
        ("'Available' == $.status.state", true),
        ("@.status.state == 'Available'", true),
        ("$.status.replicas >= 2", true),
        ("$.status.replicas>2", false),
        ("$.status.replicas == 2.0 && $.status.ratio == 1", true),
        ("$.status.state == 'Failed' || $.status.replicas == 2 && $.spec.paused == false", true),
        ("($.status.state == 'Failed' || $.status.replicas == 2) && $.spec.paused == true", false),
        ("!($.status.state == 'Failed')", true),
        ("!$.spec.paused", true),
        ("!!$.status.state", true),
        ("! $.status.missing", true),
        // A query that selects nothing makes every comparison false.
        ("$.status.missing == $.status.gone", false),
        ("$.status.missing != 'Creating'", false),
        ("$.status.missing <= 1", false),
        ("$.status.missing == null", false),
        ("$.spec.none == null", true),
        // A lone query: something is there, or its one hit is a boolean.
        ("$.status.state", true),
        ("$.status.missing", false),
        ("$.spec.paused", false),
        ("$.spec.none", true),
        ("$.metadata.finalizers", true),
        ("$.metadata.finalizers[*]", false),
        ("$.status.conditions[?@.type == 'Ready' && @.status == 'True']", true),
        ("$.status.conditions[?@.type=='Ready'&&@.status=='False']", false),
        // It goes on after a filter: met if any hit compares so.
        ("$.status.conditions[?@.type == 'Ready'].status == 'True'", true),
        ("$.status.conditions[*].status == 'False'", true),
        ("$.status.conditions[*].status == 'Unknown'", false),
        ("$.status.conditions[*].status != 'True'", true),
        // Inside brackets the RFC rules.
        ("$.status.conditions[?@.missing == @.gone]", true),
        ("$.status.conditions[?@.missing != 'x']", true),
        ("$.status.conditions[?@.type == $.status.wanted]", false),
        ("$.status.conditions[?$.status.replicas == 2 && @.type == 'Synced']", true),
        ("$.status.conditions[?@.checks[?@.n == 2]].type == 'Ready'", true),
        ("$.status.conditions[?count(@.checks[?@.n > 0]) == 2]", true),
        ("$.status.conditions[?count(@.checks[*]) == 0].type == 'Synced'", true),
        ("$.status.conditions[?!@.checks].type == 'Synced'", true),
        ("$.status.conditions[?match(@.type, 'Re.*')].status == 'True'", true),
        ("$.status.conditions[?search(@.type, 'nc')].status == 'False'", true),
        ("$.status.conditions[?length(@.type) == 5]", true),
        ("$.status.deploymentStatus[?@.replicas == 1]", true),
        ("count($.status.deploymentStatus[?@.replicas == 1]) == 2", true),
        ("$..checks[?@.n == 2]", true),
        ("$..[?@.n == 2].n == 2", true),
        ("$.status['state', 'ratio'] == 'Available'", true),
        ("$.status[?@ == 'Available', 'ratio'] == 1", true),
        // Functions.
        ("length($.status.deploymentStatus) == 3", true),
        ("length($.status.state) > 8", true),
        ("length($.status.replicas) == 1", false),
        ("length($.status.missing) != 1", false),
        ("count($.status.conditions[*]) == 2", true),
        ("count($.status.missing) == 0", true),
        ("value($..conditions[0].type) == 'Ready'", true),
        ("match($.metadata.name, 'iris.*')", true),
        ("match($.metadata.name, 'iris')", false),
        ("search($.metadata.name, 'ri')", true),
        ("!match($.metadata.name, 'x')", true),
        ("match($.status.replicas, '2')", false),
        ("match($.metadata.name, $.metadata.name)", true),
        // Names, indices, slices.
        ("$.metadata.labels['app.kubernetes.io/name'] == 'iris'", true),
        ("$.metadata.labels[\"a-b\"] == 'x'", true),
        ("$.status.conditions[0].type == 'Ready'", true),
        ("$.status.conditions[-1].type == 'Synced'", true),
        ("$.status.conditions[7].type == 'Synced'", false),
        ("$.status.conditions[:1].type == 'Synced'", false),
        ("$['status'] ['state'] == 'Available'", true),
        // Quantities: under order always, under equality if the literal has a unit.
        ("$.spec.cpu < '1'", true),
        ("$.spec.memory > '900Mi'", true),
        ("$.spec.cpu == '0.5'", false),
        ("'0.5' == $.spec.cpu", false),
        ("$.spec.cpu == '500m' && $.spec.memory == '1024Mi'", true),
        ("$.spec.memory != '1024Mi'", false),
        ("$.spec.version == '1.1'", false),
        ("$.spec.version != '1.1'", true),
        ("$.status.state < 'Availably'", true),
        // Types differ.
        ("$.status.replicas == '2'", false),
        ("$.status.replicas != '2'", true),
        ("$.status.state > 1", false),
        // kubectl's braces.
        ("{.status.state} == 'Available'", true),
        ("{$.status.state}", true),
        ("{status.state}", true),
        ("{.status.missing}", false),
        ("{.metadata.labels.app\\.kubernetes\\.io/name} == 'iris'", true),
        ("{.metadata.labels['app\\.kubernetes\\.io/name']} == 'iris'", true),
        ("{.metadata.labels.a-b} == 'x'", true),
        ("{.status.conditions[?(@.type==\"Ready\")].status} == 'True' && {.status.replicas} == 2", true),
        ("{.status.conditions[-1:].type} == 'Synced'", true),
        ("{..n} == 2", true),
        ("{.}", true),
    ] {
        assert_eq!(met(condition, &pod), wanted, "{condition}");
    }
}

#[test]
fn what_is_unmet_says_why() {
    let pod = pod();
    for (condition, wanted) in [
        ("$.status.state == 'Failed'", "$.status.state is 'Available', wanted == 'Failed'"),
        ("3 <= $.status.replicas", "$.status.replicas is 2, wanted >= 3"),
        ("$.status.missing == 1", "$.status.missing is nothing, wanted == 1"),
        ("$.status.missing", "$.status.missing is nothing, wanted something"),
        ("$.spec.paused", "$.spec.paused is false, wanted true"),
        ("!($.status.replicas == 2)", "$.status.replicas is 2, wanted not == 2"),
        ("!$.status.state", "$.status.state is 'Available', wanted nothing"),
        ("$.status.replicas == 2 && $.status.state == 'x'", "$.status.state is 'Available', wanted == 'x'"),
        (
            "$.status.replicas == 3 || $.status.state == 'x'",
            "$.status.replicas is 2, wanted == 3; $.status.state is 'Available', wanted == 'x'",
        ),
        (
            "!($.status.replicas == 2 && $.status.state == 'Available')",
            "$.status.replicas is 2, wanted not == 2; $.status.state is 'Available', wanted not == 'Available'",
        ),
        ("!($.status.replicas == 2 || $.status.state == 'x')", "$.status.replicas is 2, wanted not == 2"),
        (
            "$.status.replicas == $.metadata.generation",
            "$.status.replicas is 2, wanted == $.metadata.generation (3)",
        ),
        ("match($.metadata.name, 'x.*')", "$.metadata.name is 'iris-1', wanted matching 'x.*'"),
        ("!search($.metadata.name, 'ri')", "$.metadata.name is 'iris-1', wanted not containing 'ri'"),
        ("length($.status.deploymentStatus) == 4", "length($.status.deploymentStatus) is 3, wanted == 4"),
        (
            "$.status.conditions[*].status == 'x'",
            "$.status.conditions[*].status is 'True', 'False', wanted == 'x'",
        ),
        ("$.status.replicas == '2'", "$.status.replicas is 2, wanted == '2'"),
        ("{.status.state} == 'x'", "{.status.state} is 'Available', wanted == 'x'"),
    ] {
        let Truth::Unmet(unmet) = parse(condition, Grammar::Object).judge(&pod) else {
            panic!("{condition} is met")
        };
        let said: Vec<String> = unmet
            .iter()
            .map(|part| format!("{} is {}, wanted {}", part.path, part.actual, part.wanted))
            .collect();
        assert_eq!(said.join("; "), wanted, "{condition}");
    }
}

#[test]
fn an_unmet_part_is_marked_where_it_is_written() {
    let mut sources = Sources::new();
    let tree = scalar(&mut sources, "\"$.status.state == 'Available' && $.status.replicas >= 3\"");
    let expression = Expression::parse(text(&tree), Grammar::Object).expect("parses");
    let Truth::Unmet(unmet) = expression.judge(&pod()) else { panic!("met") };
    assert_eq!(sources.slice(unmet[0].span), "$.status.replicas >= 3");
    assert_eq!(unmet.len(), 1);
}

#[test]
fn expressions_over_names_have_values() {
    let scope = json!({
        "vars": { "replicas": 2, "fast": true, "name": "iris", "list": [{ "n": 1 }, { "n": 2 }], "a-b": 7, "none": null },
        "steps": { "up": { "url": "http://x", "count": 1 } },
        "env": {},
    });
    for (written, wanted) in [
        ("vars.replicas", Ok(json!(2))),
        (" vars.replicas ", Ok(json!(2))),
        ("$.vars.replicas", Ok(json!(2))),
        ("(vars.replicas)", Ok(json!(2))),
        ("vars['replicas']", Ok(json!(2))),
        ("vars['a-b']", Ok(json!(7))),
        ("vars.none", Ok(json!(null))),
        ("vars.list", Ok(json!([{ "n": 1 }, { "n": 2 }]))),
        ("vars.list[*].n", Ok(json!([1, 2]))),
        ("vars.list[?@.n > 1].n", Ok(json!([2]))),
        ("vars.list[?@.n > $.vars.replicas].n", Ok(json!([]))),
        ("vars.list[0].n", Ok(json!(1))),
        ("'text'", Ok(json!("text"))),
        ("1.5", Ok(json!(1.5))),
        ("true", Ok(json!(true))),
        ("length(vars.list)", Ok(json!(2))),
        ("match(vars.name, 'i.*')", Ok(json!(true))),
        ("steps.up.count == 1 && vars.fast", Ok(json!(true))),
        ("!vars.fast", Ok(json!(false))),
        ("vars.missing == 1", Ok(json!(false))),
        ("vars.missing", Err("there is nothing at `vars.missing`".to_owned())),
        ("steps.up.missing.deep", Err("there is nothing at `steps.up.missing.deep`".to_owned())),
        ("length(vars.replicas)", Err("there is nothing at `length(vars.replicas)`".to_owned())),
    ] {
        assert_eq!(parse(written, Grammar::Scope).value(&scope), wanted, "{written}");
    }
}

#[test]
fn references_are_found_wherever_they_stand() {
    let mut sources = Sources::new();
    let written = "'steps.up.url == vars[''x''].y && count(vars.list[?@.n == $.env.N && @.m[0]].z) == 1'";
    let tree = scalar(&mut sources, written);
    let expression = Expression::parse(text(&tree), Grammar::Scope).expect("parses");
    let found: Vec<(String, &str)> = expression
        .references()
        .iter()
        .map(|reference| {
            let names = reference.names.iter().map(|name| name.value.clone());
            let path: Vec<String> = std::iter::once(reference.root.value.clone()).chain(names).collect();
            (path.join("."), sources.slice(reference.span))
        })
        .collect();
    let wanted = [
        ("steps.up.url", "steps.up.url"),
        ("vars.x.y", "vars[''x''].y"),
        ("vars.list", "vars.list"),
        ("env.N", "env.N"),
    ];
    let found: Vec<(&str, &str)> = found.iter().map(|(path, marked)| (path.as_str(), *marked)).collect();
    assert_eq!(found, wanted);
}

#[test]
fn queries_come_with_what_they_are_compared_with() {
    let expression = parse("0 == $.a && !($.b > 1 || $.c) && length($.d) == $.e", Grammar::Object);
    let uses = expression.queries().into_iter().map(|found| {
        let comparison = found.comparison.map(|(operator, value)| format!(" {} {value}", operator.as_str()));
        let not = if found.negated { "not " } else { "" };
        format!("{not}{}{}", found.query.source(), comparison.unwrap_or_default())
    });
    assert_eq!(uses.collect::<Vec<_>>(), ["$.a == 0", "not $.b > 1", "not $.c", "$.d", "$.e"]);
}

#[test]
fn nesting_is_bounded() {
    for (open, close) in [("(", ")"), ("!", ""), ("$.a[?", "]"), ("length(", ")"), ("$[?(", ")]")] {
        for depth in [10, 100, 100_000] {
            let text = format!("{}$.a{}", open.repeat(depth), close.repeat(depth));
            let whole = Text {
                pieces: vec![Piece::Value { value: json!(text), span: quoted("").span }],
                span: quoted("").span,
            };
            let parsed = Expression::parse(&whole, Grammar::Object);
            if depth > 64 {
                let findings = parsed.expect_err("too deep");
                assert!(findings[0].message.contains("deep"), "{open}: {findings:?}");
            }
        }
    }
}

#[test]
fn when_takes_what_is_true_or_false() {
    for (written, good) in [
        ("vars.fast", true),
        ("true", true),
        ("\"vars.a == 1\"", true),
        ("run.rehearsed", true),
        ("\"'x'\"", false),
        ("3", false),
        ("length(vars.x)", false),
        ("length(vars.x) == 1", true),
        ("[a]", false),
    ] {
        let tree = scalar(&mut Sources::new(), written);
        let mut found = Diagnostics::new();
        let when = When::decode(&tree, &mut Decoder::new(&mut found));
        assert_eq!((when.is_some(), found.is_empty()), (good, good), "{written}: {found:?}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec!["a", "b", "status", "type", "it's", "x/y~z"]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec!["", "x", "500m", "1Gi", "True", "'"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Texts that are nearly expressions.
fn nearly() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "$",
        "@",
        ".a",
        ".b",
        "..",
        ".*",
        "[*]",
        "[0]",
        "[-1:]",
        "['a','b']",
        "[?",
        "]",
        "[",
        "(",
        ")",
        "!",
        " && ",
        " || ",
        " == ",
        " != ",
        " < ",
        ">=",
        "=",
        "'x'",
        "\"500m\"",
        "1",
        "-2.5e3",
        "true",
        "null",
        "length(",
        "count(",
        "match(",
        ", 'a.*')",
        "{",
        "}",
        "{.a}",
        "\\",
        "'",
        "\"",
        " ",
        "é",
        "\u{FFFC}",
        "$.a",
        "@.type",
        "$.a == 1",
        "vars.x",
        ".",
        ",",
        ":",
        "?",
        "steps",
        "\n",
    ]);
    prop::collection::vec(part, 0..14).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_text_is_an_expression_or_not(written in prop_oneof![nearly(), ".{0,40}"], object in any_json()) {
        let mut sources = Sources::new();
        let file = sources.add("f", format!("key: {}", json!(written)));
        let (documents, faults) = read_yaml(&sources, file, Dialect::Playbook);
        if !faults.is_empty() {
            return Ok(());
        }
        let tree = documents[0].tree.get("key").expect("key");
        let inside = |span: Span| span.start >= tree.span.start && span.start <= span.end && span.end <= tree.span.end;
        for grammar in [Grammar::Object, Grammar::Scope] {
            match Expression::parse(text(tree), grammar) {
                Ok(expression) => {
                    if let Truth::Unmet(unmet) = expression.judge(&object) {
                        prop_assert!(!unmet.is_empty());
                        prop_assert!(unmet.iter().all(|part| inside(part.span)));
                    }
                    let _ = expression.value(&object);
                    prop_assert!(expression.references().iter().all(|reference| inside(reference.span)));
                    prop_assert!(expression.queries().iter().all(|found| inside(found.span)));
                }
                Err(findings) => prop_assert!(findings.iter().all(|finding| inside(finding.span)), "{findings:?}"),
            }
        }
    }
}
