//! Values in the place of `${{ }}` are values, and never syntax.
//! It must never know anything but the public surface.

use super::*;

/// A text of which the pieces are given: texts as they are, values embedded.
fn pieces(parts: &[Result<&str, Value>]) -> (Sources, Text) {
    let mut sources = Sources::new();
    let file = sources.add("f", "x".repeat(200));
    let span = sources.whole(file);
    let pieces = parts
        .iter()
        .map(|part| match part {
            Ok(text) => Piece::Literal {
                text: (*text).to_owned(),
                map: crate::source::OffsetMap::verbatim(0, text.len()),
            },
            Err(value) => Piece::Value { value: value.clone(), span },
        })
        .collect();
    (sources, Text { pieces, span })
}

#[test]
fn embedded_values_are_literals_and_inside_quotes_text() {
    let object = json!({ "a": 3, "b": "it's", "c": [1, 2], "k.x": 5, "list": ["u", "v"], "t": true });
    for (parts, wanted) in [
        (vec![Ok("$.a == "), Err(json!(3))], true),
        (vec![Ok("$.a == "), Err(json!("3"))], false),
        (vec![Ok("$.a == '"), Err(json!(3)), Ok("'")], false),
        (vec![Ok("$.b == "), Err(json!("it's"))], true),
        (vec![Ok("$.b == 'it"), Err(json!("'")), Ok("s'")], true),
        (vec![Ok("$.c == "), Err(json!([1, 2.0]))], true),
        (vec![Ok("$["), Err(json!("k.x")), Ok("] == 5")], true),
        (vec![Ok("$['k."), Err(json!("x")), Ok("'] == 5")], true),
        (vec![Ok("$."), Err(json!("k.x")), Ok(" == 5")], true),
        (vec![Ok("$.list["), Err(json!(1)), Ok("] == 'v'")], true),
        (vec![Ok("match($.b, "), Err(json!("it.s")), Ok(")")], true),
        (vec![Ok("$.t && "), Err(json!(false))], false),
        (vec![Err(json!("$.a == 3"))], true),
        (vec![Ok("$.b == '"), Err(json!("' || $.a == 3 || '")), Ok("'")], false),
        (vec![Ok("$.b == "), Err(json!("x' || $.a == 3"))], false),
    ] {
        let (_sources, text) = pieces(&parts);
        let expression = Expression::parse(&text, Grammar::Object)
            .unwrap_or_else(|findings| panic!("{parts:?}: {findings:?}"));
        assert_eq!(expression.judge(&object) == Truth::Met, wanted, "{parts:?}");
    }
    for parts in [
        vec![Ok("$.a "), Err(json!("== 3"))],
        vec![Ok("$."), Err(json!([1]))],
        vec![Ok("$["), Err(json!(true)), Ok("]")],
        vec![Ok("match($.b, "), Err(json!("(")), Ok(")")],
        vec![Ok("$.a == 1"), Err(json!(2))],
        vec![Ok("$.a && "), Err(json!("x"))],
    ] {
        assert!(Expression::parse(&pieces(&parts).1, Grammar::Object).is_err(), "{parts:?}");
    }
}

proptest! {
    #[test]
    fn embedded_texts_cannot_change_how_an_expression_is_read(hostile in prop_oneof![nearly(), ".{0,20}"], actual in prop_oneof![nearly(), ".{0,20}"]) {
        let object = json!({ "a": actual, "k": { (hostile.clone()): 1 } });
        let value = || Err(json!(hostile));
        for (parts, wanted) in [
            (vec![Ok("$.a == "), value()], actual == hostile),
            (vec![Ok("$.a == '"), value(), Ok("'")], actual == hostile),
            (vec![Ok("$.a == \""), value(), Ok("\"")], actual == hostile),
            (vec![Ok("$.k["), value(), Ok("] == 1")], true),
            (vec![Ok("$.k."), value(), Ok(" == 1")], true),
            (vec![Ok("$[?@ == '"), value(), Ok("']")], actual == hostile),
        ] {
            // A text that carries a unit compares as a quantity.
            prop_assume!(!crate::quantity::Quantity::has_unit(&hostile));
            let (_sources, text) = pieces(&parts);
            let expression = Expression::parse(&text, Grammar::Object).expect("parses whatever is embedded");
            prop_assert_eq!(expression.judge(&object) == Truth::Met, wanted, "{:?}", parts);
            prop_assert_eq!(expression.queries().len(), 1);
        }
    }
}

#[test]
fn a_value_within_quotes_is_shown_as_text() {
    for (parts, shown) in [
        (vec![Ok("$.a == "), Err(json!("it's"))], r"$.a == 'it\'s'"),
        (vec![Ok("$.a == '"), Err(json!("nginx:1.29")), Ok("'")], "$.a == 'nginx:1.29'"),
        (vec![Ok(r"$['\'"), Err(json!("x")), Ok("'] == "), Err(json!("y"))], r"$['\'x'] == 'y'"),
    ] {
        let (_sources, text) = pieces(&parts);
        let expression = Expression::parse(&text, Grammar::Object)
            .unwrap_or_else(|findings| panic!("{parts:?}: {findings:?}"));
        assert_eq!(expression.source(), shown);
    }
}
