//! Values of a type that the field cannot hold, in the words of Go's decoder: the object cannot even be read.
//! It must never judge values of the right type.

use serde_json::Value;

use crate::structural::{Cursor, Schema, Type};

/// The first value that cannot be read, in Go's words; `None` if all can. Without a schema only metadata is looked at.
pub fn unreadable(
    schema: Option<&Schema>,
    metadata: Option<&Schema>,
    kind: &str,
    object: &Value,
) -> Option<String> {
    let map = object.as_object()?;
    for (key, value) in map {
        let at = match (key.as_str(), metadata) {
            ("kind" | "apiVersion", _) => continue,
            ("metadata", Some(metadata)) => metadata.root(),
            (key, _) => match schema.and_then(|schema| schema.root().field(key)) {
                Some(at) => at,
                None => continue,
            },
        };
        // Metadata that is read by itself has no path before it.
        let mut path = if schema.is_some() { vec![key.clone()] } else { Vec::new() };
        let found = Look { kind }.look(at, value, &mut path);
        if found.is_some() {
            return found;
        }
    }
    None
}

struct Look<'a> {
    kind: &'a str,
}

impl Look<'_> {
    fn look(&self, at: Cursor<'_>, value: &Value, path: &mut Vec<String>) -> Option<String> {
        if value.is_null() || at.is_open() && at.kind().is_none() {
            return None;
        }
        let wrong = match (at.kind(), value) {
            // What reads a quantity has words of its own.
            _ if at.is_quantity() => false,
            (_, Value::Number(number)) if at.is_int_or_string() => !number.is_i64(),
            (_, Value::String(_)) if at.is_int_or_string() => false,
            (None, _) => at.is_int_or_string(),
            (Some(Type::Object), Value::Object(_)) => false,
            (Some(Type::Array), Value::Array(_)) => false,
            (Some(Type::String), Value::String(_)) => false,
            (Some(Type::Boolean), Value::Bool(_)) => false,
            (Some(Type::Integer), Value::Number(number)) => !number.is_i64() && !number.is_u64(),
            (Some(Type::Number), Value::Number(_)) => false,
            _ => true,
        };
        if wrong {
            return Some(self.told(at, value, path));
        }
        match value {
            Value::Object(map) => map.iter().find_map(|(key, value)| {
                let (next, named) = match (at.field(key), at.entry()) {
                    (Some(field), _) => (field, true),
                    // An entry of a map is told by the map's own path.
                    (None, Some(entry)) => (entry, false),
                    (None, None) => return None,
                };
                if named {
                    path.push(key.clone());
                }
                let found = self.look(next, value, path);
                if named {
                    path.pop();
                }
                found
            }),
            Value::Array(items) => {
                let item = at.item()?;
                items.iter().find_map(|value| self.look(item, value, path))
            }
            _ => None,
        }
    }

    fn told(&self, at: Cursor<'_>, value: &Value, path: &[String]) -> String {
        let found = match value {
            Value::Object(_) => "object".to_owned(),
            Value::Array(_) => "array".to_owned(),
            Value::String(_) => "string".to_owned(),
            Value::Bool(_) => "bool".to_owned(),
            Value::Number(number) if at.kind() == Some(Type::Integer) => format!("number {number}"),
            _ => "number".to_owned(),
        };
        let target = target(at);
        format!(
            "json: cannot unmarshal {found} into Go struct field {}.{} of type {target}",
            self.holder(path),
            path.join(".")
        )
    }

    /// The Go type that has the field, by the habits of its names.
    fn holder(&self, path: &[String]) -> String {
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        match steps.as_slice() {
            ["name" | "namespace" | "labels" | "annotations" | "finalizers" | "uid"] => "ObjectMeta".into(),
            [_] => self.kind.to_owned(),
            [.., "metadata", _] => "ObjectMeta".into(),
            ["spec", _] => format!("{}Spec", self.kind),
            ["status", _] => format!("{}Status", self.kind),
            [.., "template", "spec", _] => "PodSpec".into(),
            [.., "template", _] => "PodTemplateSpec".into(),
            [.., "containers" | "initContainers", _] => "Container".into(),
            [.., "selector", _] => "LabelSelector".into(),
            [.., "resources", _] => "ResourceRequirements".into(),
            [.., "ports", _] if self.kind == "Service" => "ServicePort".into(),
            [.., "ports", _] => "ContainerPort".into(),
            [.., "env", _] => "EnvVar".into(),
            [.., "volumes", _] => "Volume".into(),
            [.., "volumeMounts", _] => "VolumeMount".into(),
            [.., "readinessProbe" | "livenessProbe" | "startupProbe", _] => "Probe".into(),
            [.., "httpGet", _] => "HTTPGetAction".into(),
            [.., "rollingUpdate", _] => format!("RollingUpdate{}", self.kind),
            [.., "strategy", _] => format!("{}Strategy", self.kind),
            [.., holder, _] => {
                let mut letters = holder.chars();
                letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
            }
            [] => self.kind.to_owned(),
        }
    }
}

/// The Go type of a field, as messages name it.
fn target(at: Cursor<'_>) -> String {
    match at.kind() {
        Some(Type::String) => "string".into(),
        Some(Type::Boolean) => "bool".into(),
        Some(Type::Integer) => at.format().unwrap_or("int64").into(),
        Some(Type::Number) => "float64".into(),
        Some(Type::Array) => format!("[]{}", at.item().map(target).unwrap_or_else(|| "string".into())),
        Some(Type::Object) => match at.entry() {
            Some(entry) => format!("map[string]{}", target(entry)),
            None => "map[string]interface {}".into(),
        },
        None => "intstr.IntOrString".into(),
    }
}
