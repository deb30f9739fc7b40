//! `${{ }}` from the text of a YAML file to values.
//! It must never know anything but the public surface.

use super::*;
use crate::json::json;
use crate::playbook::condition::Condition;
use crate::playbook::decode::{Decode, Decoder};
use crate::playbook::expression::Truth;
use crate::source::{Dialect, Sources, read_yaml};
use proptest::prelude::*;

fn scope() -> Scope {
    let known = json!({
        "vars": { "replicas": 2, "name": "iris", "list": [1, 2], "map": { "a": null }, "fast": true, "evil": "' || true || '" },
        "env": { "HOME": "/root" },
        "secrets": { "TOKEN": "s3cret" },
        "run": { "id": "r1", "namespace": "seldon", "rehearsed": false },
    });
    let Value::Object(known) = known else { panic!("no mapping") };
    Scope { known, late: ["steps", "item"].map(str::to_owned).into(), unset_is_late: false }
}

fn read(sources: &mut Sources, written: &str) -> Tree {
    let file = sources.add("play.yaml", written);
    let (documents, faults) = read_yaml(sources, file, Dialect::Playbook);
    assert!(faults.is_empty(), "{written}: {faults:?}");
    documents[0].tree.clone()
}

/// Expands; findings come as `LINE:COLUMN:SOURCE severity code message / help`.
fn expanded(written: &str, scope: &Scope) -> (Tree, Vec<String>) {
    let mut sources = Sources::new();
    let tree = read(&mut sources, written);
    let mut found = Diagnostics::new();
    let tree = expand(&tree, scope, &mut found);
    let said = found.in_order().into_iter().map(|finding| {
        let place = sources.place(finding.span);
        let marked = sources.slice(finding.span);
        let help = finding.help.as_deref().unwrap_or("");
        let code = finding.code.as_str();
        format!(
            "{}:{}:{marked} {:?} {code} {} / {help}",
            place.line, place.column, finding.severity, finding.message
        )
    });
    (tree, said.collect())
}

#[test]
fn known_names_become_values_and_keep_their_types() {
    for (written, wanted) in [
        ("a: ${{ vars.replicas }}", json!({ "a": 2 })),
        ("a: '${{vars.replicas}}'", json!({ "a": 2 })),
        ("a: ${{ vars.list }}", json!({ "a": [1, 2] })),
        ("a: ${{ vars.map }}", json!({ "a": { "a": null } })),
        ("a: ${{ vars.map.a }}", json!({ "a": null })),
        ("a: ${{ vars.fast && vars.replicas == 2 }}", json!({ "a": true })),
        ("a: ${{ run.rehearsed }}", json!({ "a": false })),
        ("a: x-${{ vars.name }}-${{ vars.replicas }}", json!({ "a": "x-iris-2" })),
        ("a: ${{ vars.name }}${{ vars.name }}", json!({ "a": "irisiris" })),
        ("a: list ${{ vars.list }}", json!({ "a": "list [1,2]" })),
        ("a: ${{ secrets.TOKEN }}", json!({ "a": "s3cret" })),
        ("a: \" ${{ vars.replicas }}\"", json!({ "a": " 2" })),
        ("- ${{ vars.name }}\n- { b: [\"${{ env.HOME }}\"] }", json!(["iris", { "b": ["/root"] }])),
        ("a: $${{ vars.name }}", json!({ "a": "${{ vars.name }}" })),
        ("a: $$${{", json!({ "a": "$${{" })),
        ("a: \"$${{ ${{ vars.name }} }}\"", json!({ "a": "${{ iris }}" })),
        ("a: \"${{ vars.name == '}}' }}\"", json!({ "a": false })),
        ("a: \"${{ 'it\\\\'s }}' }}!\"", json!({ "a": "it's }}!" })),
        ("a: |\n  one\n  ${{ vars.name }}\n", json!({ "a": "one\niris\n" })),
        ("a: $ {{ x }} {{ y }} ${z}", json!({ "a": "$ {{ x }} {{ y }} ${z}" })),
        ("a: 3", json!({ "a": 3 })),
    ] {
        let (tree, found) = expanded(written, &scope());
        assert_eq!((tree.to_value(), found), (wanted, vec![]), "{written}");
        assert!(!tree.has_holes(), "{written}");
    }
}

#[test]
fn faults_are_marked_where_they_stand() {
    for (written, wanted) in [
        (
            "a: ${{ vars.replicsa }}",
            "1:13:replicsa Error unknown-name `vars` has no `replicsa` / Did you mean `replicas`?",
        ),
        ("a: ${{ var.name }}", "1:8:var Error unknown-name there is no name `var` / Did you mean `vars`?"),
        (
            "a: ${{ replicas }}",
            "1:8:replicas Error unknown-name there is no name `replicas` / Did you mean `vars.replicas`?",
        ),
        ("a: x ${{ vars.name", "1:6:${{ Error bad-expression this `${{` is never closed / Write `}}`"),
        ("a: ${{ }}", "1:4:${{ }} Error bad-expression this expression is empty"),
        ("a: ${{ vars.name = 1 }}", "1:18:= Error bad-expression equality is written `==`"),
        ("a: 'x ''${{ vars.name = 1 }}'", "1:23:= Error bad-expression"),
        ("a: \"\\t\\u00e9${{ vars.name = 1 }}\"", "1:27:= Error bad-expression"),
        ("a: |\n  text\n  and ${{ vars.name = 1 }}", "3:21:= Error bad-expression"),
        ("a: ${{ 'x }}", "1:8:' Error bad-expression this quote is never closed"),
        ("a: ${{ env.NOPE }}", "1:12:NOPE Error unset-variable the environment variable NOPE is not set"),
        (
            "a: ${{ secrets }}",
            "1:8:secrets Error bad-expression `secrets` alone is every variable there is / Name one: `secrets.NAME`.",
        ),
        ("a: ${{ env[*] }}", "1:8:env Error bad-expression"),
        ("a: ${{ count(secrets.*) }}", "1:14:secrets Error bad-expression"),
        ("a: ${{ vars.map.b }}", "1:17:b Error unknown-name `vars.map` has no `b` / Known here: `a`."),
        ("a: ${{ steps.up.x == vars.gone }}", "1:27:gone Error unknown-name `vars` has no `gone`"),
        (
            "'${{ vars.name }}': 1",
            "1:1:'${{ vars.name }}' Error bad-expression an expression cannot be a key",
        ),
        ("a: ${{ match(vars.name, '(') }}", "1:25:'(' Error bad-regex"),
        ("a: ${{ {vars.name} }}", "Error bad-expression a name is written as it is"),
    ] {
        let (_, found) = expanded(written, &scope());
        assert_eq!(found.len(), 1, "{written}: {found:?}");
        assert!(found[0].contains(wanted), "{written}: {}", found[0]);
    }
}

#[test]
fn all_faults_of_a_document_are_found_at_once() {
    let (_, found) = expanded("a: ${{ vars.x }} ${{ vars.y }}\nb: ['${{ ', '${{ z }}']", &scope());
    let places: Vec<&str> = found.iter().map(|line| line.split(' ').next().unwrap_or("")).collect();
    assert_eq!(places, ["1:13:x", "1:27:y", "2:6:${{", "2:18:z"], "{found:?}");
}

#[test]
fn an_unset_variable_is_a_warning_where_only_the_text_is_checked() {
    let lenient = Scope { unset_is_late: true, ..scope() };
    let (tree, found) = expanded("a: ${{ env.NOPE }}", &lenient);
    assert!(tree.has_holes());
    assert!(found[0].starts_with("1:12:NOPE Warning unset-variable"), "{found:?}");
}

#[test]
fn late_names_leave_holes_that_are_filled_at_the_start() {
    let written = "a: ${{ steps.up.count }}\nb: at ${{ steps.up.url }} for ${{ vars.name }}\nc: $${{ x }}\nd: ${{ item }}";
    let (tree, found) = expanded(written, &scope());
    assert_eq!(found, Vec::<String>::new());
    assert!(tree.get("a").is_some_and(Tree::has_holes) && tree.get("b").is_some_and(Tree::has_holes));
    assert!(!tree.get("c").is_some_and(Tree::has_holes));
    assert_eq!(tree.get("b").map(Tree::to_value), Some(json!("at ${{ steps.up.url }} for iris")));

    let mut later = scope();
    later.late.clear();
    later.known.insert("steps".into(), json!({ "up": { "count": 3, "url": "${{ vars.name }}" } }));
    later.known.insert("item".into(), json!({ "x": [1] }));
    let filled = fill(&tree, &later).expect("all is known");
    // What a value holds is never read as an expression.
    let wanted = json!({ "a": 3, "b": "at ${{ vars.name }} for iris", "c": "${{ x }}", "d": { "x": [1] } });
    assert_eq!(filled.to_value(), wanted);
    assert_eq!(fill(&filled, &later).expect("nothing is left").to_value(), wanted);
    let mut none = Diagnostics::new();
    assert_eq!(expand(&filled, &later, &mut none).to_value(), wanted);

    later.known.insert("steps".into(), json!({ "up": { "count": 3 } }));
    let findings = fill(&tree, &later).expect_err("no url");
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].message, "there is nothing at `steps.up.url`");
}

#[test]
fn references_and_origins_are_told() {
    let written =
        "a: ${{ steps.up.url }} $${{ no }}\nb: ['${{ secrets.TOKEN == vars.name }}', x]\nc: ${{ bad bad }}";
    let mut sources = Sources::new();
    let tree = read(&mut sources, written);
    let found = references(&tree);
    let marked: Vec<&str> = found.iter().map(|reference| sources.slice(reference.span)).collect();
    assert_eq!(marked, ["steps.up.url", "secrets.TOKEN", "vars.name"]);
    assert_eq!(origin(&tree), None);
    let expanded = expand(&tree, &scope(), &mut Diagnostics::new());
    let (span, label) = origin(&expanded).expect("a hole");
    assert_eq!((sources.slice(span), label.as_str()), ("${{ steps.up.url }}", "saved by step up"));
    assert_eq!(references(&expanded).len(), 1);
}

#[test]
fn values_in_conditions_are_literals_and_keep_their_place() {
    for (written, met) in [
        ("$.name == ${{ vars.name }}", true),
        ("$.name == '${{ vars.name }}'", true),
        ("$.replicas == ${{ vars.replicas }} && $.name != 'x'", true),
        ("$.name == '${{ vars.evil }}'", false),
        ("$.name == ${{ vars.evil }}", false),
    ] {
        let (tree, found) = expanded(&format!("key: {}", json!(written)), &scope());
        assert_eq!(found, Vec::<String>::new());
        let mut found = Diagnostics::new();
        let condition =
            Condition::decode(tree.get("key").expect("key"), &mut Decoder::new(&mut found)).expect(written);
        let truth = condition.judge(&json!({ "name": "iris", "replicas": 2 }), &mut |_, _| Truth::Met);
        assert_eq!(truth == Truth::Met, met, "{written}");
    }
    let mut sources = Sources::new();
    let tree = read(&mut sources, "key: $.a == ${{ vars.name }} and $.b == '${{ steps.x.y }}'");
    let tree = expand(&tree, &scope(), &mut Diagnostics::new());
    let mut found = Diagnostics::new();
    assert_eq!(Condition::decode(tree.get("key").expect("key"), &mut Decoder::new(&mut found)), None);
    assert_eq!(sources.slice(found.in_order()[0].span), "and");
}

proptest! {
    #[test]
    fn any_text_expands_or_not(parts in prop::collection::vec(prop::sample::select(vec![
        "${{", "}}", "$", "vars.name", " ", "'", "\"", "steps.a.b", "{", "x", "\\", "é", "==", "vars.list[*]", "$${{", "\n",
    ]), 0..12)) {
        let written = json!({ "key": parts.concat() }).to_string();
        let mut sources = Sources::new();
        let tree = read(&mut sources, &written);
        let mut found = Diagnostics::new();
        let once = expand(&tree, &scope(), &mut found);
        let whole = tree.span;
        let sound = found.is_empty();
        prop_assert!(found.into_iter().all(|finding| finding.span.start >= whole.start && finding.span.end <= whole.end));
        // Expanding again changes nothing.
        let twice = expand(&once, &scope(), &mut Diagnostics::new());
        prop_assert!(!sound || twice.to_value() == once.to_value());
    }

    #[test]
    fn values_are_never_read_again(value in "(\\$\\{\\{|\\}\\}|vars.name|[ -~]){0,8}") {
        let mut scope = scope();
        scope.known.insert("vars".into(), json!({ "value": value }));
        for (written, wanted) in [("${{ vars.value }}", value.clone()), ("<${{ vars.value }}>", format!("<{value}>"))] {
            let (tree, found) = expanded(&json!(written).to_string(), &scope);
            prop_assert_eq!(found, Vec::<String>::new());
            let again = expand(&tree, &scope, &mut Diagnostics::new());
            prop_assert_eq!(again.to_value(), json!(wanted));
        }
    }
}
