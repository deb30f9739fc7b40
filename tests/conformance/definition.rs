//! CustomResourceDefinitions as cases write them: what goes without saying is left out.
//! It must never know who makes them.

use serde_json::{Map, Value, json};

/// A definition to be made, and where its objects are found then.
pub struct Definition {
    /// The whole object.
    pub object: Value,
    /// The plural name.
    pub plural: String,
    /// The versions that are served.
    pub served: Vec<String>,
}

impl Definition {
    /// Left out, `names` come from `kind` (`Widget`: `widgets`), `scope` is `Namespaced`, and `versions` is one, `v1`, with the
    /// `schema`, `subresources`, `additionalPrinterColumns` and `selectableFields` that stand there; a schema without `type` is that
    /// of an object with these properties. A version without `served` and `storage` is served, and the first is stored.
    pub fn new(written: &Value) -> Result<Definition, String> {
        let Value::Object(mut keys) = written.clone() else {
            return Err(format!("this is no kind: {written}"));
        };
        let kind = keys.remove("kind").unwrap_or_default();
        let singular = kind.as_str().ok_or("a kind has a name")?.to_lowercase();
        let plural = format!("{singular}s");
        let mut names = json!({"kind": kind, "plural": plural, "singular": singular});
        if let (Some(Value::Object(more)), Some(names)) = (keys.remove("names"), names.as_object_mut()) {
            names.extend(more);
        }
        let mut spec = json!({"group": "${group}", "scope": "Namespaced", "names": names});
        let versions = match keys.remove("versions") {
            Some(Value::Array(versions)) => versions,
            _ => {
                let version = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"];
                let mut one = Map::from_iter([("name".to_owned(), json!("v1"))]);
                for key in version {
                    one.extend(keys.remove(key).map(|value| (key.to_owned(), value)));
                }
                vec![Value::Object(one)]
            }
        };
        let mut served = Vec::new();
        let mut whole = Vec::new();
        for mut version in versions {
            let Some(keys) = version.as_object_mut() else { return Err("this is no version".into()) };
            keys.entry("served").or_insert(Value::Bool(true));
            keys.entry("storage").or_insert(Value::Bool(whole.is_empty()));
            let schema = match keys.remove("schema") {
                None => json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
                Some(schema) if schema["type"] == "object" => schema,
                Some(properties) => json!({"type": "object", "properties": properties}),
            };
            keys.insert("schema".into(), json!({"openAPIV3Schema": schema}));
            if keys["served"] == true {
                served.extend(keys["name"].as_str().map(str::to_owned));
            }
            whole.push(version);
        }
        if let Some(spec) = spec.as_object_mut() {
            spec.insert("versions".into(), Value::Array(whole));
            spec.extend(keys);
        }
        let object = json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.${{group}}")},
            "spec": spec,
        });
        Ok(Definition { object, plural, served })
    }
}
