//! What holds for every playbook, good or bad: reading never panics, places lie in their files, values stay values, and a playbook
//! that is printed and read again is the same plan.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use seldonplay::diagnostic::{Diagnostics, Style};
use seldonplay::json::{Value, json};
use seldonplay::plan::{Inputs, Plan, Set, Step};
use seldonplay::playbook::action::Action;
use seldonplay::playbook::condition::Condition;
use seldonplay::playbook::expression::Truth;
use seldonplay::playbook::late::Late;
use seldonplay::source::{Dialect, Sources, Span, read_yaml};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// A playbook's text, as if it stood at a path.
struct Text {
    path: &'static str,
    text: String,
}

/// The good ones: the examples, and those of the documentation.
fn good() -> Vec<Text> {
    let mut texts = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir("playbooks")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "yaml"));
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        texts.push(Text { path: "playbooks/play.yaml", text });
    }
    // Every other part between fences is a block, its first line the language.
    let reference = std::fs::read_to_string("docs/language.md").unwrap_or_default();
    for block in reference.split("\n```").skip(1).step_by(2) {
        if let Some((_, text)) = block.split_once('\n').filter(|(info, _)| info.starts_with("yaml")) {
            texts.push(Text { path: "docs/play.yaml", text: text.to_owned() });
        }
    }
    assert!(texts.len() > 10, "there are only {} good playbooks", texts.len());
    texts
}

/// Plans a text, and checks that whatever was found lies in its file and can be drawn.
fn plan(text: &str, path: Option<&str>, inputs: &Inputs) -> (Option<Plan>, Diagnostics, Sources) {
    let mut sources = Sources::new();
    let path = path.map(Path::new).map(Path::to_owned);
    // What no playbook can hold, such as NUL, is read as a text all the same.
    let file = match sources.add_bytes("play.yaml", path, text.as_bytes().to_vec()) {
        Ok(file) => file,
        Err(_) => sources.add("play.yaml", text),
    };
    let (plan, found) = Plan::new(file, &mut sources, inputs);
    let inside = |span: Span| {
        let whole = sources.text(span.file);
        assert!(span.start <= span.end, "{span:?} ends before it begins");
        assert!(whole.get(span.start as usize..span.end as usize).is_some(), "{span:?} is not in\n{whole}");
    };
    for finding in found.in_order() {
        inside(finding.span);
        finding.related.iter().for_each(|(span, _)| inside(*span));
        let drawn = finding.render(&sources, Style { colour: false, width: 80 });
        assert!(drawn.contains(finding.code.as_str()), "{drawn}");
        let place = sources.place(finding.span);
        let lines = sources.text(finding.span.file).lines().count().max(1);
        assert!((1..=lines + 1).contains(&place.line), "{place}: there are {lines} lines");
    }
    assert_eq!(plan.is_none(), found.has_errors());
    (plan, found, sources)
}

fn inputs() -> Inputs {
    Inputs { unset_is_late: true, run_id: "tried".into(), ..Inputs::default() }
}

/// Words of YAML and of the language, so that texts made of them come far.
const WORDS: &[&str] = &[
    "steps:\n",
    "steps: [",
    "- apply\n",
    "  - apply\n",
    "  - wait-until: ",
    "    wait-until:\n",
    "      condition: ",
    "      target: ",
    "ready\n",
    "$.status.state == 'Available'",
    "$.status.conditions[?@.type == 'Ready']",
    "{.status}",
    "\n",
    " ",
    "  ",
    "- ",
    ": ",
    ", ",
    "{ ",
    " }",
    "[",
    "]",
    "'",
    "\"",
    "''",
    "\\",
    "\\u00e4",
    "|\n",
    ">-\n",
    "#",
    " # ",
    "&a ",
    "*a",
    "<<: *a\n",
    "!x ",
    "---\n",
    "\r\n",
    "\t",
    "${{ ",
    " }}",
    "vars.n",
    "steps.up.url",
    "vars:\n",
    "  n: 2\n",
    "id: up\n",
    "save: ",
    "timeout: ",
    "3m",
    "5M",
    "-1",
    "0x1F",
    "1e999",
    "null",
    "true",
    "é",
    "模型",
    "🚀",
    "\u{feff}",
    "manifest: ",
    "{ kind: Pod, labels: { app: web } }",
    "Deployment/web",
    "scale: ",
    "{ min: 1, max: 3 }",
    "patch: ",
    "merge: ",
    "json: ",
    "[{ op: remove, path: /a }]",
    "retry: ",
    "like: ",
    "all: ",
    "not: ",
    "when: ",
    "finally:\n",
    "on-failure:\n",
    "defaults: ",
    "name: ",
    "namespace: ",
    "$",
    "@",
    "..",
    "[*]",
    "(",
    ")",
    "&&",
    "||",
    "==",
];

fn scraps() -> impl Strategy<Value = String> {
    let word = prop_oneof![8 => select(WORDS).prop_map(str::to_owned), 1 => "\\PC{0,6}", 1 => "[ -~\n]{0,8}"];
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

/// A small change of a text, such as a slip of the hand makes.
#[derive(Clone, Debug)]
enum Slip {
    Insert(Index, String),
    Remove(Index, usize),
    Replace(Index, usize, String),
    Double(Index),
    Swap(Index, Index),
    Indent(Index, usize),
    End(Index),
}

fn slip() -> impl Strategy<Value = Slip> {
    let at = any::<Index>;
    let word = || select(WORDS).prop_map(str::to_owned);
    prop_oneof![
        (at(), word()).prop_map(|(at, word)| Slip::Insert(at, word)),
        (at(), 1usize..12).prop_map(|(at, length)| Slip::Remove(at, length)),
        (at(), 1usize..8, word()).prop_map(|(at, length, word)| Slip::Replace(at, length, word)),
        at().prop_map(Slip::Double),
        (at(), at()).prop_map(|(one, other)| Slip::Swap(one, other)),
        (at(), 0usize..6).prop_map(|(at, width)| Slip::Indent(at, width)),
        at().prop_map(Slip::End),
    ]
}

impl Slip {
    fn made(&self, text: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        if chars.is_empty() {
            return text.to_owned();
        }
        let part = |from: usize, to: usize| {
            chars[from.min(chars.len())..to.min(chars.len())].iter().collect::<String>()
        };
        match self {
            Slip::Insert(at, word) => {
                let at = at.index(chars.len() + 1);
                part(0, at) + word + &part(at, chars.len())
            }
            Slip::Remove(at, length) => {
                let at = at.index(chars.len());
                part(0, at) + &part(at + length, chars.len())
            }
            Slip::Replace(at, length, word) => {
                let at = at.index(chars.len());
                part(0, at) + word + &part(at + length, chars.len())
            }
            Slip::Double(at) => {
                let at = at.index(lines.len());
                lines.insert(at, lines[at]);
                lines.concat()
            }
            Slip::Swap(one, other) => {
                let length = lines.len();
                lines.swap(one.index(length), other.index(length));
                lines.concat()
            }
            Slip::Indent(at, width) => {
                let at = at.index(lines.len());
                let indented = format!("{}{}", " ".repeat(*width), lines[at].trim_start_matches(' '));
                lines[at] = &indented;
                lines.concat()
            }
            Slip::End(at) => part(0, at.index(chars.len())),
        }
    }
}

/// What a plan is, without the places.
fn view(plan: &Plan) -> Value {
    let seconds = |duration: Option<Duration>| duration.map(|duration| duration.as_secs_f64());
    let phase = |steps: &[Step]| steps.iter().map(step).collect::<Vec<Value>>();
    json!({
        "name": plan.name,
        "description": plan.description,
        "tags": plan.tags,
        "namespace": plan.namespace,
        "timeout": seconds(plan.timeout),
        "default timeout": seconds(Some(plan.default_timeout)),
        "objects": plan.objects.iter().map(|object| object.tree.to_value()).collect::<Vec<_>>(),
        "default objects": plan.default_objects,
        "vars": plan.vars,
        "steps": phase(&plan.steps),
        "on-failure": phase(&plan.on_failure),
        "finally": phase(&plan.finally),
    })
}

fn step(step: &Step) -> Value {
    let condition = |condition: &Late<Condition>| match condition {
        Late::Known { value, .. } => value.source(),
        Late::Open(tree) => format!("open: {}", tree.to_value()),
    };
    let length = |length: Option<&Late<Duration>>| length.and_then(Late::known).map(Duration::as_secs_f64);
    let (action, envelope) = (&step.action, &step.envelope);
    let saves = envelope.save.as_ref().map(|saves| {
        let query = |query: &Late<seldonplay::playbook::query::Query>| {
            query.known().map(|query| query.source().to_owned())
        };
        let saves = saves.0.iter().map(|(name, saved)| json!([name.value, query(saved)]));
        saves.collect::<Vec<_>>()
    });
    let own = match action {
        Action::WaitUntil(wait) => json!({
            "condition": condition(&wait.condition),
            "fail-when": wait.fail_when.as_ref().map(|fail| condition(&fail.condition)),
            "at-least": wait.at_least.as_ref().and_then(Late::known),
            "at-most": wait.at_most.as_ref().and_then(Late::known),
            "settle": length(wait.settle.as_ref()),
        }),
        Action::Assert(assert) => json!({ "condition": condition(&assert.condition) }),
        Action::Scale(scale) => json!(format!("{:?}", scale.replicas.known())),
        Action::Patch(patch) => json!([
            patch.merge.as_ref().and_then(Late::known).map(|merge| &merge.0),
            patch.json.as_ref().and_then(Late::known).map(|json| json.operations.len()),
            patch.subresource.as_ref().and_then(Late::known),
        ]),
        Action::Delete(delete) => json!(format!("{:?} {:?}", delete.only, delete.propagation)),
        Action::Pause(pause) => json!(pause.text.known()),
        Action::Sleep(sleep) => json!(length(Some(&sleep.duration))),
        Action::Logs(logs) => json!([
            logs.container.as_ref().and_then(Late::known),
            logs.tail.as_ref().and_then(Late::known),
            logs.previous.as_ref().and_then(Late::known),
            length(logs.since.as_ref()),
            logs.follow.as_ref().and_then(Late::known),
        ]),
        Action::Apply(_) | Action::Get(_) | Action::Describe(_) => Value::Null,
    };
    json!({
        "verb": action.verb(),
        "title": step.title,
        "id": step.id(),
        "target": action.target().and_then(Late::known).map(|target| target.source()),
        "wait": action.wait().map(condition),
        "timeout": length(envelope.timeout.as_ref()),
        "attempt": length(action.attempt_timeout()),
        "hold-for": length(action.hold_for()),
        "keep-going": envelope.keep_going.as_ref().and_then(Late::known),
        "must-fail": envelope.must_fail.as_ref().map(condition),
        "expect": envelope.expect.as_ref().map(condition),
        "attempts": envelope.retry.as_ref().and_then(|retry| retry.attempts.as_ref()).and_then(Late::known),
        "saves": saves,
        "own": own,
    })
}

/// A playbook as JSON, without what its text says besides.
fn value(text: &str) -> Value {
    let mut sources = Sources::new();
    let file = sources.add("play.yaml", text);
    let (documents, faults) = read_yaml(&sources, file, Dialect::Playbook);
    assert!(faults.is_empty(), "{faults:?}\n{text}");
    documents.first().map_or(Value::Null, |document| document.tree.to_value())
}

/// The plans of a playbook as written and as printed in other ways are the same.
fn same_when_printed(playbook: &Value, path: &str) -> Result<Option<Plan>, TestCaseError> {
    let printed = [
        playbook.to_string(),
        format!("{playbook:#}"),
        serde_yaml::to_string(playbook).map_err(|error| TestCaseError::fail(error.to_string()))?,
    ];
    let mut first: Option<(Value, Option<Plan>)> = None;
    for text in printed {
        let (plan, found, _) = plan(&text, Some(path), &inputs());
        let found = found.in_order();
        // Places differ among the printed forms, and with them the order.
        let messages: BTreeSet<String> =
            found.iter().map(|found| format!("{}: {}", found.code.as_str(), found.message)).collect();
        let seen = json!([messages, plan.as_ref().map(view)]);
        match &first {
            None => first = Some((seen, plan)),
            Some((wanted, _)) => prop_assert_eq!(wanted, &seen, "{}", text),
        }
    }
    Ok(first.and_then(|(_, plan)| plan))
}

/// A playbook of steps that are right, with numbers and texts of all sorts in them.
fn playbook() -> impl Strategy<Value = Value> {
    let text = || {
        prop_oneof![
            Just("yes".to_owned()),
            Just("0644".to_owned()),
            Just("1e3".to_owned()),
            Just("~".to_owned()),
            "[ -~]{1,12}",
            "\\PC{1,8}"
        ]
    };
    // In a name `${{` would begin an expression.
    let plain = move || text().prop_map(|text| text.replace("${{", "$"));
    let length = || {
        prop_oneof![
            (1u32..500).prop_map(|n| format!("{n}ms")),
            (1u32..90).prop_map(|n| format!("{n}m")),
            Just("1h30m".to_owned())
        ]
    };
    let condition = prop_oneof![
        select(&["ready", "scaled", "exists", "condition=Ready", "condition=Ready=False"][..])
            .prop_map(|word| json!(word)),
        (plain(), 0i64..99).prop_map(|(text, n)| json!(format!(
            "$.metadata.labels.app == {} || $.spec.n > {n}",
            json!(text)
        ))),
        (0i64..99).prop_map(|n| json!({ "any": ["exists", format!("$.spec.a[{n}]")] })),
        plain()
            .prop_map(|text| json!({ "like": { "data": { "note": text, "list": [1, 2.5, null, true] } } })),
    ];
    let step = prop_oneof![
        (plain(), length()).prop_map(|(name, length)| json!({ "name": name, "sleep": length })),
        (condition, length(), 1u32..9).prop_map(|(condition, timeout, n)| json!({
            "wait-until": { "target": "Widget.example.com/a", "condition": condition, "timeout": timeout, "at-least": n },
        })),
        (0u32..9, any::<bool>()).prop_map(|(n, on)| json!({ "scale": { "target": "Deployment/web", "replicas": n }, "keep-going": on })),
        plain().prop_map(|text| json!({ "patch": { "target": "Deployment/web", "merge": { "metadata": { "annotations": { "note": text } } } } })),
        plain().prop_map(|text| json!({ "apply": { "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" }, "data": { "note": text } } })),
        plain().prop_map(|text| json!({ "pause": text })),
        (1u32..5, length()).prop_map(|(n, delay)| json!({ "delete": "Deployment/web", "retry": { "attempts": n, "delay": delay } })),
    ];
    (plain(), prop::collection::vec(step, 1..6))
        .prop_map(|(description, steps)| json!({ "description": description, "steps": steps }))
}

/// The condition of the only step.
fn condition(plan: &Plan) -> Option<&Condition> {
    match plan.steps.first().map(|step| &step.action) {
        Some(Action::Assert(assert)) => assert.condition.known(),
        _ => None,
    }
}

#[test]
fn good_playbooks_are_the_same_when_printed() -> Result<(), TestCaseError> {
    let mut plans = 0;
    for Text { path, text } in good() {
        plans += usize::from(same_when_printed(&value(&text), path)?.is_some());
        // What YAML can write in several ways is the same too.
        let (written, _, _) = plan(&text, Some(path), &inputs());
        let (printed, _, _) = plan(&value(&text).to_string(), Some(path), &inputs());
        prop_assert_eq!(written.as_ref().map(view), printed.as_ref().map(view), "{}", text);
    }
    prop_assert!(plans >= 5, "only {} of them are plans", plans);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_playbook_or_not(text in scraps()) {
        plan(&text, None, &inputs());
    }

    #[test]
    fn any_text_is_a_manifest_or_not(text in scraps()) {
        let inputs = Inputs { manifests: vec!["-".into()], stdin: Some(text.into_bytes()), ..inputs() };
        plan("steps: [apply, wait-until: ready]\n", None, &inputs);
    }

    #[test]
    fn slips_of_the_hand_are_findings(which in any::<Index>(), slips in prop::collection::vec(slip(), 1..4)) {
        let good = good();
        let Text { path, text } = &good[which.index(good.len())];
        let changed = slips.iter().fold(text.clone(), |text, slip| slip.made(&text));
        plan(&changed, Some(path), &inputs());
    }

    #[test]
    fn a_playbook_is_the_same_when_printed(playbook in playbook()) {
        let plan = same_when_printed(&playbook, "playbooks/play.yaml")?;
        prop_assert!(plan.is_some(), "{playbook:#}");
    }

    #[test]
    fn a_value_cannot_say_more_than_itself(value in "\\PC{0,12}|[ -~]{0,12}|' \\|\\| \\$\\.a \\|\\| '|\\$\\{\\{ vars\\.x \\}\\}|'\\]|\" == \"") {
        let text = "\
vars: { x: '' }
steps:
  - assert:
      target: Widget.example.com/a
      condition:
        - $.metadata.name == '${{ vars.x }}'
        - $.metadata.name == ${{ vars.x }}
        - $.list[?@.name == \"${{ vars.x }}\"]
        - $.labels['${{ vars.x }}'] == 1
  - apply:
      apiVersion: v1
      kind: ConfigMap
      metadata: { name: a }
      data: { alone: '${{ vars.x }}', between: 'a ${{ vars.x }} b' }
  - sleep: 1s
";
        let set = vec![Set { argument: format!("x={value}"), text: true }];
        let (plan, found, _) = plan(text, None, &Inputs { set, ..inputs() });
        let Some(plan) = plan else { panic!("{:?}", found.in_order()) };
        prop_assert_eq!(plan.steps.len(), 3);
        let data = plan.objects.first().and_then(|object| object.known()).map(|object| object["data"].clone());
        prop_assert_eq!(data, Some(json!({ "alone": value, "between": format!("a {value} b") })));

        let Some(condition) = condition(&plan) else { panic!("there is no condition") };
        let object = |name: &str| json!({ "metadata": { "name": name }, "list": [{ "name": name }], "labels": { name: 1 }, "a": true });
        let judge = |condition: &Condition, name: &str| condition.judge(&object(name), &mut |_, _| panic!("nothing is asked"));
        prop_assert_eq!(judge(condition, &value), Truth::Met);
        let Condition::All(parts, _) = condition else { panic!("it is a list") };
        for part in parts {
            let other = judge(part, &format!("{value} and more"));
            prop_assert!(matches!(other, Truth::Unmet(_)), "{} is met by another name", part.source());
        }
    }
}
