//! Queries, beside what the library alone makes of them.
//! It must never know anything but the public surface.

use super::*;

/// Filters on which the library and this module must agree.
fn any_filter() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "@.a",
        "!@.b",
        "@.a == 1",
        "@.a < 2",
        "2 >= @.a",
        "@.b != 'x'",
        "@['it\\'s'] == null",
        "$.a == @.a",
        "@.a[?@.b]",
        "@.b[?@.a == 1 || @.a == 'x']",
        "match(@.a, 'x.*')",
        "search(@.type, '[tT]')",
        "length(@.a) == 1",
        "value(@..a) == true",
        "count(@.*) > 1",
        "@ == 1",
        "@[0] == @[-1]",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(2, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} && {right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} || {right}")),
            inner.prop_map(|inner| format!("!({inner})")),
        ]
    })
}

fn any_query() -> impl Strategy<Value = String> {
    let plain = prop::sample::select(vec![
        ".a",
        ".b",
        ".status",
        ".*",
        "..a",
        "..*",
        "[*]",
        "[0]",
        "[-1]",
        "[0:2]",
        "[::-1]",
        "[1:]",
        "['a','b']",
        "[0,'a',*]",
        "['x/y~z']",
        " [\"it's\"]",
        "..['a']",
        "[-2:-1:2]",
    ]);
    let segment = prop_oneof![
        3 => plain.prop_map(str::to_owned),
        1 => any_filter().prop_map(|filter| format!("[?{filter}]")),
        1 => any_filter().prop_map(|filter| format!("..[?{filter}]")),
        1 => any_filter().prop_map(|filter| format!("[0, ?{filter}]")),
    ];
    prop::collection::vec(segment, 0..4).prop_map(|segments| format!("${}", segments.concat()))
}

proptest! {
    #[test]
    fn queries_select_what_the_library_alone_selects(written in any_query(), object in any_json()) {
        let query = Query::parse(text(&quoted(&written))).expect("is a query");
        let mut ours: Vec<(String, Value)> = query.select(&object).iter().map(|hit| (hit.path.clone(), hit.value.clone())).collect();
        let theirs = jsonpath_rust::query::js_path(&written, &object).expect("the library reads it too");
        let mut theirs: Vec<(String, Value)> = theirs.into_iter().map(|hit| (hit.path, hit.val.clone())).collect();
        // The order below `..` is free (RFC 9535, section 2.5.2.2), and that of several selectors is tested by itself.
        if written.contains(',') || written.contains("..") {
            ours.sort_by(|left, right| left.0.cmp(&right.0));
            theirs.sort_by(|left, right| left.0.cmp(&right.0));
        }
        prop_assert_eq!(&ours, &theirs, "{}", written);
        for hit in query.select(&object) {
            prop_assert_eq!(object.pointer(&hit.pointer()), Some(hit.value), "{}", hit.path);
        }
        prop_assert!(!query.is_singular() || ours.len() <= 1);
    }
}

#[test]
fn queries_are_whole_texts_and_tell_their_parts() {
    let object = json!({ "a": [{ "b": { "x": 1 } }], "odd": { "it's\n\u{8}\u{1}/~": 2 } });
    for (written, path, pointer) in [
        ("$.a[0].b.x", "$['a'][0]['b']['x']", "/a/0/b/x"),
        ("{.a[0].b.x}", "$['a'][0]['b']['x']", "/a/0/b/x"),
        ("$.a[-1]", "$['a'][0]", "/a/0"),
        ("$.a[?@.b].b.x", "$['a'][0]['b']['x']", "/a/0/b/x"),
        ("$.odd.*", "$['odd']['it\\'s\\n\\b\\u0001/~']", "/odd/it's\n\u{8}\u{1}~1~0"),
        ("$.odd[?@ == 2]", "$['odd']['it\\'s\\n\\b\\u0001/~']", "/odd/it's\n\u{8}\u{1}~1~0"),
        ("$", "$", ""),
    ] {
        let query = Query::parse(text(&quoted(written))).expect(written);
        let hits = query.select(&object);
        assert_eq!(hits.len(), 1, "{written}");
        assert_eq!((hits[0].path.as_str(), hits[0].pointer().as_str()), (path, pointer), "{written}");
        assert_eq!(object.pointer(pointer), Some(hits[0].value), "{written}");
    }
    for (written, singular, last) in [
        ("$.a.b", true, Some(query::Last::Name("b".into()))),
        ("$['a'][0]", true, Some(query::Last::Index(0))),
        ("$.a[*]", false, None),
        ("$.a[*].b", false, Some(query::Last::Name("b".into()))),
        ("$..a", false, None),
        ("$['a','b']", false, None),
        ("$.a[?@.b]", false, None),
        ("$.a[0:1]", false, None),
        ("$", true, None),
    ] {
        let query = Query::parse(text(&quoted(written))).expect(written);
        assert_eq!(query.is_singular(), singular, "{written}");
        assert_eq!(query.split_last().map(|(_, last)| last), last, "{written}");
    }
    let query = Query::parse(text(&quoted("$.a[*].b"))).expect("parses");
    let (before, _) = query.split_last().expect("a name");
    assert_eq!(before.select(&object)[0].pointer(), "/a/0");
    let outline: Vec<String> = query
        .outline()
        .into_iter()
        .map(|part| match part {
            query::Outline::Name(name) => name.value.clone(),
            query::Outline::Each => "each".to_owned(),
            query::Outline::Below => "below".to_owned(),
        })
        .collect();
    assert_eq!(outline, ["a", "each", "b"]);
}

#[test]
fn a_query_alone_is_no_condition() {
    for (written, marked, said) in [
        ("$.a == 1", "10:=", "not a condition"),
        ("status.url", "6:status.url", "`$.status.url`"),
        ("'@.a b'", "11:b", "ended before"),
        ("3", "wrong", ""),
        ("{.a}", "6:{.a}", "Quote it"),
        ("''", "6:''", "begins with `$`"),
    ] {
        let mut sources = Sources::new();
        let tree = scalar(&mut sources, written);
        let mut found = Diagnostics::new();
        assert_eq!(Query::decode(&tree, &mut Decoder::new(&mut found)), None, "{written}");
        let finding = found.in_order()[0].clone();
        let at = format!("{}:{}", sources.place(finding.span).column, sources.slice(finding.span));
        let help = finding.help.unwrap_or_default();
        assert!(
            finding.code == Code::WrongType && marked == "wrong" || at == marked,
            "{written}: {at} {}",
            finding.message
        );
        assert!(
            finding.message.contains(said) || help.contains(said),
            "{written}: {} / {help}",
            finding.message
        );
    }
}

#[test]
fn what_the_library_gets_wrong_is_right_here() {
    let object = json!({ "rows": [[1, 5], [2], []], "floats": [1e-17] });
    for (written, count) in [
        ("$.rows[?@[?@ > 4]]", 1),
        ("$.rows[?count(@[*]) == 0]", 1),
        ("$.floats[?@ == 2e-17]", 0),
        ("$.rows[?@[?@ == 1] && @[?@ == 5]]", 1),
    ] {
        let query = Query::parse(text(&quoted(written))).expect(written);
        assert_eq!(query.select(&object).len(), count, "{written}");
    }
    let query = Query::parse(text(&quoted("$.rows[*][-1,0]"))).expect("parses");
    let order: Vec<&Value> = query.select(&object).iter().map(|hit| hit.value).collect();
    assert_eq!(order, [&json!(5), &json!(1), &json!(2), &json!(2)]);
}
