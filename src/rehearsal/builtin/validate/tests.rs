//! The rules that people meet most, with no server to compare with.

use crate::json::{Value, json};

use super::validate;
use crate::rehearsal::builtin::{default, read, schema};

fn told(object: &Value, old: Option<&Value>) -> Vec<String> {
    let text = |key: &str| object[key].as_str().unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let Some(Ok(read)) = schema(version, kind).map(|schema| read(schema, object)) else {
        return vec!["cannot be read".into()];
    };
    let mut object = read.object;
    default(version, kind, &mut object);
    validate(version, kind, &object, old).iter().map(ToString::to_string).collect()
}

fn deployment(spec: Value) -> Value {
    let mut whole = json!({
        "replicas": 1, "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    });
    crate::json::merge(&mut whole, &spec);
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": whole})
}

#[test]
fn deployments() {
    assert_eq!(told(&deployment(json!({})), None), [""; 0]);
    let negative = told(&deployment(json!({"replicas": -1})), None);
    assert_eq!(negative, ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]);
    let other = told(&deployment(json!({"selector": {"matchLabels": {"a": "c"}}})), None);
    let words = "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`";
    assert_eq!(other, [words]);
    let selector = json!({"matchLabels": {"a": "c"}});
    let template = json!({"metadata": {"labels": {"a": "c"}}});
    let changed = deployment(json!({"selector": selector, "template": template}));
    let words = "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"c\"}}: field is immutable";
    assert_eq!(told(&changed, Some(&deployment(json!({})))), [words]);
    let bare = deployment(json!({"template": {"spec": {"containers": [{}], "restartPolicy": "Never"}}}));
    assert_eq!(
        told(&bare, None),
        [
            "spec.template.spec.containers[0].name: Required value",
            "spec.template.spec.containers[0].image: Required value",
            "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""
        ]
    );
}

#[test]
fn names_and_what_must_be_there() {
    let object = |version: &str, kind: &str, name: &str, spec: Value| json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec});
    let service = object("v1", "Service", "Web", json!({}));
    let found = told(&service, None);
    assert!(
        found[0]
            .starts_with("metadata.name: Invalid value: \"Web\": a lowercase RFC 1123 label must consist")
    );
    assert_eq!(found[1], "spec.ports: Required value");
    let claim = object("v1", "PersistentVolumeClaim", "", json!({}));
    assert_eq!(
        told(&claim, None),
        [
            "metadata.name: Required value: name or generateName is required",
            "spec.accessModes: Required value: at least 1 access mode is required",
            "spec.resources[storage]: Required value"
        ]
    );
    let job = object(
        "batch/v1",
        "Job",
        "j",
        json!({"template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}}),
    );
    let words = "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"";
    assert_eq!(told(&job, None), [words]);
}

#[test]
fn schemas_of_custom_kinds() {
    let definition = |field: Value| {
        let schema = json!({"type": "object", "properties": {"a": field}});
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "pots.example.com"},
            "spec": {"group": "example.com", "scope": "Cluster", "names": {"kind": "Pot", "plural": "pots"},
                "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}]}
        })
    };
    let place = "spec.validation.openAPIV3Schema.properties[a]";
    assert_eq!(told(&definition(json!({"type": "integer", "default": 1})), None), [""; 0]);
    let words = "Invalid value: \"string\":  in body must be of type integer: \"string\"";
    let found = told(&definition(json!({"type": "integer", "default": "x"})), None);
    assert_eq!(found, [format!("{place}.default: {words}")]);
    let words = "must be a valid regular expression, but isn't: error parsing regexp: missing closing ): `(`";
    let found = told(&definition(json!({"type": "string", "pattern": "("})), None);
    assert_eq!(found, [format!("{place}.pattern: Invalid value: \"(\": {words}")]);
    let found = told(&definition(json!({})), None);
    assert_eq!(
        found,
        [format!("{place}.type: Required value: must not be empty for specified object fields")]
    );
}
