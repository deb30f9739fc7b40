//! Applies and updates as a story of managers, with no server to compare with.

use crate::json::{Value, json};

use super::*;
use crate::rehearsal::builtin;

type Outcome = Result<(), String>;

fn manager(name: &str) -> Manager<'_> {
    let untouched = builtin::untouched("Deployment", "");
    Manager {
        name,
        api_version: "apps/v1",
        subresource: "",
        time: "2026-01-01T00:00:00Z",
        untouched,
        constant: false,
    }
}

fn schema() -> Result<&'static Schema, String> {
    builtin::schema("apps/v1", "Deployment").ok_or_else(|| "no schema".into())
}

fn deployment(spec: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
}

fn applied(live: Option<&Value>, spec: Value, by: &str, force: bool) -> Result<Value, Refused> {
    let schema = schema().map_err(Refused::Failed)?;
    apply(schema, live, &deployment(spec), &manager(by), force)
}

fn done(live: Option<&Value>, spec: Value, by: &str, force: bool) -> Result<Value, String> {
    applied(live, spec, by, force).map_err(|refused| refused.message())
}

/// What a manager owns, as one line; empty if it owns nothing.
fn owned(object: &Value, by: &str) -> String {
    let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let entry = entries.iter().find(|entry| entry["manager"] == by);
    entry.map(|entry| entry["fieldsV1"].to_string()).unwrap_or_default()
}

#[test]
fn what_is_applied_is_owned_and_what_is_left_out_goes() -> Outcome {
    let web = done(None, json!({"replicas": 2, "paused": true}), "one", false)?;
    assert_eq!(owned(&web, "one"), r#"{"f:spec":{"f:paused":{},"f:replicas":{}}}"#);
    let web = done(Some(&web), json!({"replicas": 2}), "one", false)?;
    assert_eq!(owned(&web, "one"), r#"{"f:spec":{"f:replicas":{}}}"#);
    assert!(web["spec"].get("paused").is_none());
    Ok(())
}

#[test]
fn a_field_that_two_apply_stays_until_both_let_go() -> Outcome {
    let web = done(None, json!({"replicas": 2}), "one", false)?;
    let web = done(Some(&web), json!({"replicas": 2, "paused": true}), "two", false)?;
    let web = done(Some(&web), json!({"paused": true}), "two", false)?;
    assert_eq!(web["spec"]["replicas"], 2);
    let web = done(Some(&web), json!({}), "one", false)?;
    assert!(web["spec"].get("replicas").is_none());
    Ok(())
}

#[test]
fn conflicts_name_managers_and_fields_and_force_takes_over() -> Outcome {
    let web = done(None, json!({"replicas": 2, "minReadySeconds": 3}), "one", false)?;
    let one = done(Some(&web), json!({"replicas": 3}), "two", false);
    assert_eq!(one, Err("Apply failed with 1 conflict: conflict with \"one\": .spec.replicas".into()));
    let both = done(Some(&web), json!({"replicas": 3, "minReadySeconds": 4}), "two", false);
    let words =
        "Apply failed with 2 conflicts: conflicts with \"one\":\n- .spec.minReadySeconds\n- .spec.replicas";
    assert_eq!(both, Err(words.into()));
    let web = done(Some(&web), json!({"replicas": 3}), "two", true)?;
    assert_eq!(owned(&web, "one"), r#"{"f:spec":{"f:minReadySeconds":{}}}"#);
    let mut new = web.clone();
    new["spec"]["replicas"] = json!(4);
    let web = update(schema()?, Some(&web), &new, &manager("edit"));
    let Err(Refused::Conflicts(conflicts)) = applied(Some(&web), json!({"replicas": 3}), "two", false) else {
        return Err("no conflict".into());
    };
    assert_eq!(conflicts[0].message(), "conflict with \"edit\" using apps/v1");
    Ok(())
}

#[test]
fn items_of_lists_are_owned_one_by_one() -> Outcome {
    let containers = |containers: Value| json!({"template": {"spec": {"containers": containers}}});
    let web = done(None, containers(json!([{"name": "a", "image": "x"}])), "one", false)?;
    let ports = json!([{"name": "a", "ports": [{"containerPort": 80}]}, {"name": "b", "image": "y"}]);
    let web = done(Some(&web), containers(ports), "two", false)?;
    let expected = json!([
        {"name": "a", "image": "x", "ports": [{"containerPort": 80}]},
        {"name": "b", "image": "y"}
    ]);
    assert_eq!(web["spec"]["template"]["spec"]["containers"], expected);
    let key = r#"k:{\"containerPort\":80,\"protocol\":\"TCP\"}"#;
    assert!(owned(&web, "two").contains(key), "{}", owned(&web, "two"));
    let web = done(Some(&web), containers(json!([{"name": "b", "image": "y"}])), "two", false)?;
    let expected = json!([{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]);
    assert_eq!(web["spec"]["template"]["spec"]["containers"], expected);
    Ok(())
}

#[test]
fn what_does_not_fit_the_schema_is_refused_in_the_server_s_words() {
    let refused = |spec: Value| done(None, spec, "one", false).err();
    let head = "failed to create typed patch object (/web; apps/v1, Kind=Deployment): ";
    let words = |text: &str| Some(format!("{head}{text}"));
    assert_eq!(refused(json!({"foo": 1})), words(".spec.foo: field not declared in schema"));
    assert_eq!(
        refused(json!({"replicas": "3"})),
        words(".spec.replicas: expected numeric (int or float), got string")
    );
    let twice = json!({"template": {"spec": {"containers": [{"name": "a"}, {"name": "a"}]}}});
    let told = ".spec.template.spec.containers: duplicate entries for key [name=\"a\"]";
    assert_eq!(refused(twice), words(told));
    let several = json!({"paused": "yes", "strategy": {"type": 5}, "template": 7});
    let told = "errors:\n  .spec.paused: expected boolean, got &{yes}\n  .spec.strategy.type: expected string, got &value.valueUnstructured{Value:5}\n  .spec.template: expected map, got &{7}";
    assert_eq!(refused(several), words(told));
    let mut object = deployment(json!({}));
    object["metadata"]["managedFields"] = json!([]);
    let refused = schema().map(|schema| apply(schema, None, &object, &manager("one"), false));
    assert_eq!(refused, Ok(Err(Refused::BadRequest("metadata.managedFields must be nil".into()))));
}

#[test]
fn kubectl_takes_over_what_client_side_apply_wrote() -> Outcome {
    let last = deployment(json!({"replicas": 2})).to_string();
    let mut web = deployment(json!({"replicas": 2}));
    web["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": last});
    let web = update(schema()?, None, &web, &manager("kubectl-client-side-apply"));
    assert!(applied(Some(&web), json!({"replicas": 3}), "other", false).is_err());
    let web = done(Some(&web), json!({"replicas": 3}), "kubectl", false)?;
    assert_eq!(web["spec"]["replicas"], 3);
    let annotation = &web["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"];
    assert!(annotation.as_str().is_some_and(|text| text.contains("\"replicas\":3") && text.ends_with('\n')));
    Ok(())
}

#[test]
fn a_write_that_says_nothing_new_changes_nothing() -> Outcome {
    let web = done(None, json!({"replicas": 2}), "one", false)?;
    let later = Manager { time: "2027-01-01T00:00:00Z", ..manager("one") };
    let again = apply(schema()?, Some(&web), &deployment(json!({"replicas": 2})), &later, false);
    assert_eq!(again, Ok(web.clone()));
    assert_eq!(update(schema()?, Some(&web), &web, &later), web);
    let entries = |object: &Value| object["metadata"]["managedFields"].clone();
    let mut later = entries(&web);
    later[0]["time"] = json!("2027-01-01T00:00:00Z");
    assert!(!differ(Some(&entries(&web)), Some(&later)));
    later[0]["manager"] = json!("another");
    assert!(differ(Some(&entries(&web)), Some(&later)));
    Ok(())
}

#[test]
fn an_update_owns_what_it_changed_and_can_forget_all_managers() -> Outcome {
    let web = done(None, json!({"replicas": 2}), "one", false)?;
    let mut new = web.clone();
    new["metadata"]["labels"] = json!({"a": "b"});
    new["status"] = json!({"replicas": 1});
    let web = update(schema()?, Some(&web), &new, &manager("edit"));
    assert_eq!(owned(&web, "edit"), r#"{"f:metadata":{"f:labels":{".":{},"f:a":{}}}}"#);
    let mut new = web.clone();
    new["metadata"]["managedFields"] = json!([{}]);
    let web = update(schema()?, Some(&web), &new, &manager("edit"));
    assert!(web["metadata"].get("managedFields").is_none());
    let web = done(Some(&web), json!({"replicas": 2}), "one", false)?;
    assert!(owned(&web, "before-first-apply").contains("f:replicas"));
    Ok(())
}

#[test]
fn the_oldest_of_many_managers_become_one() -> Outcome {
    let mut web = update(schema()?, None, &deployment(json!({"replicas": 1})), &manager("zero"));
    for index in 0..14 {
        let mut new = web.clone();
        new["metadata"]["labels"][format!("l{index}")] = json!("x");
        let name = format!("m{index:02}");
        let time = format!("2026-01-01T00:00:{index:02}Z");
        web = update(schema()?, Some(&web), &new, &Manager { time: &time, ..manager(&name) });
    }
    let entries = web["metadata"]["managedFields"].as_array().map_or(0, Vec::len);
    assert_eq!(entries, 10);
    assert!(owned(&web, "ancient-changes").contains("f:l0"));
    Ok(())
}
