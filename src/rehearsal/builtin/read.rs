//! What was sent, read as a built-in kind: unknown fields dropped, values that do not fit refused, and the rest in the form in which
//! the server writes it.
//! It must never fill in a default, nor judge a value that can be read.
//!
//! The form is what reading into the kind's type in Go and writing it again makes of JSON: nulls and empty things gone or there as the
//! type's tags say, quantities and times spelt in one way.

use crate::json::{Map, Text, Value};

use super::spelling;
use crate::rehearsal::fields::zero;
use crate::structural::{Absent, Cursor, Schema, Type};

/// An object that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The object in the server's form.
    pub object: Value,
    /// The paths of fields that the kind does not have, in the server's words: `unknown field "spec.replica"`.
    pub unknown: Vec<String>,
}

/// Reads an object of a built-in kind.
///
/// # Errors
/// In the words of Go's JSON decoder, for the first value that does not fit:
/// `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`.
pub fn read(schema: &Schema, object: &Value) -> Result<Read, String> {
    Reader::whole(schema, object, None)
}

/// Reads an object that is to take the place of `old`, which was read once: what both have in the same place of memory is not read again.
///
/// # Errors
/// As for [`read`].
pub fn read_over(schema: &Schema, object: &Value, old: &Value) -> Result<Read, String> {
    Reader::whole(schema, object, Some(old))
}

/// An object of the server's own, in the form in which the server writes it: what [`read_over`] makes of it, faults passed over.
pub fn normal(schema: &Schema, object: &Value, old: Option<&Value>) -> Value {
    Reader::of(schema).value(schema.root(), object, Absent::Zero, old).unwrap_or(Value::Null)
}

enum Step<'a> {
    /// A definition, and a field of it.
    Field(&'a str, &'a str),
    Entry(&'a str),
    Index(usize),
}

struct Reader<'a> {
    path: Vec<Step<'a>>,
    unknown: Vec<String>,
    fault: Option<String>,
    /// The definition whose field is read.
    inside: &'a str,
    /// Whether it is a kind of a second version.
    second: bool,
}

/// Types of the first version in kinds of a second one.
const SHARED: &[&str] =
    &[".ObjectMeta", ".OwnerReference", ".LabelSelector", ".LabelSelectorRequirement", ".ResourceName"];

/// Types inside others: the outer one, the inner one, and its fields.
const INSIDE: &[(&str, &str, &[&str])] = &[
    ("Probe", "ProbeHandler", &["exec", "grpc", "httpGet", "tcpSocket"]),
    ("IngressRule", "IngressRuleValue", &["http"]),
    ("RuleWithOperations", "Rule", &["apiGroups", "apiVersions", "resources", "scope"]),
    ("ConfigMapEnvSource", "LocalObjectReference", &["name"]),
    ("ConfigMapKeySelector", "LocalObjectReference", &["name"]),
    ("ConfigMapProjection", "LocalObjectReference", &["name"]),
    ("ConfigMapVolumeSource", "LocalObjectReference", &["name"]),
    ("SecretEnvSource", "LocalObjectReference", &["name"]),
    ("SecretKeySelector", "LocalObjectReference", &["name"]),
    ("SecretProjection", "LocalObjectReference", &["name"]),
];

/// What a PersistentVolume has whatever its source.
pub(super) const OF_EVERY_VOLUME: &[&str] = &[
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

/// The type inside a definition that a field belongs to.
fn type_inside(definition: &str, field: &str) -> Option<&'static str> {
    match (definition, field) {
        ("Volume", "name") | ("EphemeralContainer", "targetContainerName") => None,
        ("Volume", _) => Some("VolumeSource"),
        ("EphemeralContainer", _) => Some("EphemeralContainerCommon"),
        ("PersistentVolumeSpec", field) if !OF_EVERY_VOLUME.contains(&field) => {
            Some("PersistentVolumeSource")
        }
        _ => {
            let found =
                INSIDE.iter().find(|(outer, _, fields)| *outer == definition && fields.contains(&field));
            found.map(|(_, inner, _)| *inner)
        }
    }
}

impl<'a> Reader<'a> {
    fn of(schema: &'a Schema) -> Reader<'a> {
        let second = schema.root().name() == Some("HorizontalPodAutoscaler");
        Reader { path: Vec::new(), unknown: Vec::new(), fault: None, inside: "", second }
    }

    fn whole(schema: &'a Schema, object: &'a Value, old: Option<&'a Value>) -> Result<Read, String> {
        let mut reader = Reader::of(schema);
        let object = reader.value(schema.root(), object, Absent::Zero, old).unwrap_or(Value::Null);
        match reader.fault {
            Some(fault) => Err(fault),
            None => Ok(Read { object, unknown: reader.unknown }),
        }
    }

    /// The value in the server's form, `None` if it is written as absent. `absent` says what stands for nothing here.
    fn value(
        &mut self,
        at: Cursor<'a>,
        value: &'a Value,
        absent: Absent,
        old: Option<&'a Value>,
    ) -> Option<Value> {
        if old.is_some_and(|old| old.is(value)) {
            return Some(value.clone());
        }
        if value.is_null() {
            return match at.kind() {
                None if !at.is_int_or_string() => (absent == Absent::Null).then_some(Value::Null),
                _ => absence(at, absent),
            };
        }
        match (at.kind(), value) {
            (Some(Type::Object), Value::Object(map)) if at.entry().is_some() => {
                let entry = at.entry()?;
                let out = map.mapped(|key, value| {
                    self.path.push(Step::Entry(key));
                    let old = old.and_then(|old| old.get(key));
                    let value = self.value(entry, value, Absent::Zero, old);
                    self.path.pop();
                    value
                });
                if out.is_empty() && absent != Absent::Zero { absence(at, absent) } else { Some(out.into()) }
            }
            (Some(Type::Object), Value::Object(map)) => Some(self.object(at, map, old)),
            (Some(Type::Array), Value::Array(items)) => {
                let item = at.item()?;
                let out = items.mapped(|index, value| {
                    self.path.push(Step::Index(index));
                    let old = old.and_then(|old| old.get(index));
                    let value = self.value(item, value, Absent::Zero, old).unwrap_or(Value::Null);
                    self.path.pop();
                    value
                });
                if out.is_empty() { absence(at, absent) } else { Some(out.into()) }
            }
            (Some(Type::String), Value::String(text)) => match self.text(at, text) {
                text if text.is_empty() && absent == Absent::NothingForZero => None,
                text => Some(text.into()),
            },
            (Some(Type::Boolean), Value::Bool(truth)) => {
                (*truth || absent != Absent::NothingForZero).then(|| value.clone())
            }
            (Some(Type::Integer), Value::Number(number)) => {
                let int = number.as_i64().filter(|int| match at.format() {
                    Some("int32") => i32::try_from(*int).is_ok(),
                    _ => true,
                });
                match int {
                    Some(0) if absent == Absent::NothingForZero => None,
                    Some(int) => Some(int.into()),
                    None => {
                        self.mismatch(at, &format!("number {number}"));
                        None
                    }
                }
            }
            (Some(Type::Number), Value::Number(_)) => Some(value.clone()),
            (None, _) if at.is_quantity() => self.quantity(at, value),
            (None, Value::Number(number)) if at.is_int_or_string() => match number.as_i64() {
                Some(int) if i32::try_from(int).is_ok() => Some(int.into()),
                _ => {
                    self.mismatch(at, &format!("number {number}"));
                    None
                }
            },
            (None, Value::String(_)) if at.is_int_or_string() => Some(value.clone()),
            (None, _) if !at.is_int_or_string() => Some(value.clone()),
            _ => {
                let found = match value {
                    Value::Null => "null",
                    Value::Bool(_) => "bool",
                    Value::Number(_) => "number",
                    Value::String(_) => "string",
                    Value::Array(_) => "array",
                    Value::Object(_) => "object",
                };
                self.mismatch(at, found);
                absence(at, absent)
            }
        }
    }

    fn object(&mut self, at: Cursor<'a>, map: &'a Map, old: Option<&'a Value>) -> Value {
        let outside = std::mem::replace(&mut self.inside, at.name().unwrap_or_default());
        let mut out = map.mapped(|key, value| {
            let Some((absent, field)) = at.known(key) else {
                self.path.push(Step::Field(self.inside, key));
                self.unknown.push(format!("unknown field {:?}", self.place()));
                self.path.pop();
                return None;
            };
            self.path.push(Step::Field(self.inside, key));
            let value = self.value(field, value, absent, old.and_then(|old| old.get(key)));
            self.path.pop();
            value
        });
        for (name, absent, field) in at.written() {
            if !out.contains_key(name) {
                out.extend(absence(field, absent).map(|value| (name, value)));
            }
        }
        self.inside = outside;
        Value::Object(out)
    }

    fn text(&mut self, at: Cursor<'a>, text: &Text) -> Text {
        match at.format() {
            Some("date-time") => {
                let micro = at.name() == Some("MicroTime");
                spelling::time(text, micro).map(Into::into).unwrap_or_else(|why| {
                    self.fail(why);
                    text.clone()
                })
            }
            Some("byte") => {
                if let Err(why) = spelling::bytes(text) {
                    self.fail(why);
                }
                text.clone()
            }
            _ => text.clone(),
        }
    }

    fn quantity(&mut self, at: Cursor<'a>, value: &Value) -> Option<Value> {
        let text = match value {
            Value::String(text) => text.to_string(),
            Value::Number(number) => number.to_string(),
            _ => {
                self.fail(spelling::NO_QUANTITY.into());
                return absence(at, Absent::Zero);
            }
        };
        match spelling::quantity(&text) {
            Ok(text) => Some(text.into()),
            Err(why) => {
                self.fail(why);
                None
            }
        }
    }

    fn fail(&mut self, why: String) {
        self.fault.get_or_insert(why);
    }

    fn mismatch(&mut self, at: Cursor<'a>, found: &str) {
        let mut kind = go_type(at);
        if self.second && kind.contains("v1.") && !SHARED.iter().any(|shared| kind.ends_with(shared)) {
            kind = kind.replace("v1.", "v2.");
        }
        // A type inside another one, whose fields JSON does not tell apart, is told too.
        let steps = self.path.iter().flat_map(|step| match step {
            Step::Field(definition, name) => [type_inside(definition, name), Some(*name)],
            Step::Entry(_) | Step::Index(_) => [None, None],
        });
        let path = steps.flatten().collect::<Vec<_>>().join(".");
        let inside = self.inside.rsplit('.').next().unwrap_or_default();
        let place = if path.is_empty() { String::new() } else { format!("Go struct field {inside}.{path}") };
        let place = if place.is_empty() { "Go value".to_owned() } else { place };
        self.fail(format!("json: cannot unmarshal {found} into {place} of type {kind}"));
    }

    /// The path as strict decoding writes it: `spec.template.spec.containers[0].imagee`.
    fn place(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            match step {
                Step::Field(_, name) | Step::Entry(name) if text.is_empty() => text.push_str(name),
                Step::Field(_, name) | Step::Entry(name) => text.push_str(&format!(".{name}")),
                Step::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }
}

/// What stands for nothing.
fn absence(at: Cursor<'_>, absent: Absent) -> Option<Value> {
    match absent {
        Absent::Nothing | Absent::NothingForZero => None,
        Absent::Null => Some(Value::Null),
        Absent::Zero => Some(match at.kind() {
            Some(Type::Object) if at.entry().is_some() => Value::Null,
            _ => zero(at),
        }),
    }
}

/// The type in Go of a place.
fn go_type(at: Cursor<'_>) -> String {
    match at.kind() {
        Some(Type::Object) => match at.entry() {
            Some(_) if at.name().is_some() => at.name().unwrap_or_default().to_owned(),
            Some(entry) => format!("map[string]{}", go_type(entry)),
            None => {
                let name = at.name().unwrap_or_default();
                let (package, name) = name.rsplit_once('.').unwrap_or(("v1", name));
                format!("{}.{name}", package.rsplit('.').next().unwrap_or_default())
            }
        },
        Some(Type::Array) => format!("[]{}", at.item().map(go_type).unwrap_or_default()),
        Some(Type::String) if at.format() == Some("byte") => "[]uint8".into(),
        Some(Type::String) => at.name().filter(|name| name.contains('.')).unwrap_or("string").into(),
        Some(Type::Boolean) => "bool".into(),
        Some(Type::Integer) => at.format().unwrap_or("int64").into(),
        Some(Type::Number) => "float64".into(),
        None if at.is_quantity() => "resource.Quantity".into(),
        None if at.is_int_or_string() => "intstr.IntOrString".into(),
        None => "interface {}".into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::json::json;

    use super::*;
    use crate::rehearsal::builtin::{default, schema};

    fn form(object: &Value) -> Result<Read, String> {
        let text = |key: &str| object[key].as_str().unwrap_or_default();
        read(schema(text("apiVersion"), text("kind")).ok_or("no schema")?, object)
    }

    #[test]
    fn an_object_takes_the_server_s_form() -> Result<(), String> {
        let web = form(&json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "labels": {}, "creationTimestamp": null, "generation": 0},
            "spec": {"replicas": 0, "paused": false, "colour": "red", "template": {"spec": {"containers": [
                {"name": "a", "args": [], "resources": {"limits": {"cpu": "1000m", "memory": 1024}}}]}}}
        }))?;
        assert_eq!(web.unknown, ["unknown field \"spec.colour\""]);
        let expected = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"replicas": 0, "selector": null, "strategy": {}, "template": {"metadata": {}, "spec": {"containers": [
                {"name": "a", "resources": {"limits": {"cpu": "1", "memory": "1024"}}}]}}},
            "status": {}
        });
        assert_eq!(web.object, expected);
        Ok(())
    }

    #[test]
    fn values_that_do_not_fit_are_refused_in_go_s_words() {
        let refused = |spec: Value| {
            form(&json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}, "spec": spec})).err()
        };
        let words = |text: &str| Some(format!("json: cannot unmarshal {text}"));
        assert_eq!(
            refused(json!({"replicas": "3"})),
            words("string into Go struct field DeploymentSpec.spec.replicas of type int32")
        );
        assert_eq!(
            refused(json!({"template": {"spec": {"volumes": [{"name": "a", "emptyDir": 1}]}}})),
            words(
                "number into Go struct field Volume.spec.template.spec.volumes.VolumeSource.emptyDir of type v1.EmptyDirVolumeSource"
            )
        );
        assert_eq!(
            refused(json!({"strategy": {"type": 1}})),
            words(
                "number into Go struct field DeploymentStrategy.spec.strategy.type of type v1.DeploymentStrategyType"
            )
        );
    }

    #[test]
    fn what_is_filled_in_depends_on_what_is_there() -> Result<(), String> {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [
            {"name": "a", "image": "x"}, {"name": "b", "image": "h:5000/x:1", "ports": [{"containerPort": 80}]}]}});
        let mut pod = form(&pod)?.object;
        default("v1", "Pod", &mut pod);
        let containers = &pod["spec"]["containers"];
        assert_eq!(
            (&containers[0]["imagePullPolicy"], &containers[1]["imagePullPolicy"]),
            (&json!("Always"), &json!("IfNotPresent"))
        );
        assert_eq!(containers[1]["ports"][0]["protocol"], "TCP");
        assert_eq!(pod["spec"]["terminationGracePeriodSeconds"], 30);
        let again = pod.clone();
        default("v1", "Pod", &mut pod);
        assert_eq!(pod, again);
        Ok(())
    }
}
