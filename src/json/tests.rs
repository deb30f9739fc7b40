use super::*;
use proptest::prelude::*;

/// Any JSON, as `serde_json` has it.
fn anything() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".*".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 64, 40, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            proptest::collection::vec(("[a-c~/]{0,3}|[a-z]{4}", inner), 0..40)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn text_is_read_and_written_as_by_serde_json(theirs in anything()) {
        let text = theirs.to_string();
        let ours: Value = serde_json::from_str(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(ours.to_string(), text);
        prop_assert_eq!(&Value::from(&theirs), &ours);
        prop_assert_eq!(serde_json::Value::from(&ours), theirs);
    }

    #[test]
    fn a_mapping_is_mapped_as_by_hand(theirs in anything(), gone in "[a-c]") {
        let Value::Object(map) = Value::from(theirs) else { return Ok(()) };
        prop_assert!(map.mapped(|_, value| Some(value.clone())).is(&map), "nothing has changed");
        let kept = |key: &Text, value: &Value| (!key.starts_with(&gone)).then(|| value.clone());
        let by_hand: Map = map.iter().filter_map(|(key, value)| Some((key, kept(key, value)?))).collect();
        let mapped = map.mapped(kept);
        prop_assert_eq!(&mapped, &by_hand);
        prop_assert!(mapped.keys().eq(by_hand.keys()), "in the same order");
        for (key, value) in &by_hand {
            prop_assert_eq!(mapped.get(key), Some(value));
        }
    }

    #[test]
    fn values_are_equal_where_those_of_serde_json_are(a in anything(), b in anything()) {
        prop_assert_eq!(a == b, Value::from(&a) == Value::from(&b));
        let (mut merged, mut theirs) = (Value::from(&a), a);
        json_patch::merge(&mut theirs, &b);
        merge(&mut merged, &b.into());
        prop_assert_eq!(merged, Value::from(theirs));
    }
}

#[test]
fn a_change_copies_only_what_lies_on_the_way() {
    let before = json!({ "a": { "b": [1, { "c": "x" }] }, "d": { "e": true } });
    let mut after = before.clone();
    assert!(after.is(&before));
    after["a"]["b"][1]["c"] = "y".into();
    assert_eq!(before["a"]["b"][1]["c"], "x");
    assert!(!after["a"].is(&before["a"]) && after["d"].is(&before["d"]));
    assert_eq!(after.pointer_mut("/d/nothing"), None);
    assert!(after["d"].is(&before["d"]));
}

#[test]
fn a_mapping_keeps_its_order_however_large_it_is() {
    let mut map: Map = (0..100).map(|number| (format!("k{number}"), number)).collect();
    assert_eq!(map.get("k77"), Some(&77.into()));
    assert_eq!(map.shift_remove("k50"), Some(50.into()));
    assert_eq!(map.get("k77"), Some(&77.into()));
    map.shift_insert(0, "k99".into(), true.into());
    assert_eq!(map.keys().next().map(Text::as_str), Some("k99"));
    map.retain(|_, value| value.as_i64().is_some_and(|number| number < 3));
    assert_eq!(Value::from(map).to_string(), r#"{"k0":0,"k1":1,"k2":2}"#);
}

#[test]
fn what_is_not_there_is_null_and_is_made_where_it_is_written() {
    let mut value = json!({ "list": ["a", null, [], {}], (format!("k{}", 1)): Some(1.5) });
    assert_eq!(value["list"][0], "a");
    assert!(value["no"]["where"][7].is_null() && value.pointer("/list/01").is_none());
    value["new"]["deep"] = json!(3);
    assert_eq!(value.to_string(), r#"{"list":["a",null,[],{}],"k1":1.5,"new":{"deep":3}}"#);
}

#[test]
fn what_is_taken_out_leaves_the_rest_and_what_is_not_there_leaves_all() {
    let whole = json!({ "metadata": { "name": "a", "a/b": 1 }, "items": [1] });
    let mut same = whole.clone();
    for nowhere in ["", "/metadata/uid", "/spec/replicas", "/items/0"] {
        assert_eq!(same.remove(nowhere), None, "{nowhere}");
        assert!(same.is(&whole), "{nowhere}");
    }
    let mut less = whole.clone();
    assert_eq!(less.remove("/metadata/a~1b"), Some(json!(1)));
    assert_eq!(less, json!({ "metadata": { "name": "a" }, "items": [1] }));
    assert_eq!(whole["metadata"]["a/b"], 1);
}
