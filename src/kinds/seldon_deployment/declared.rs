//! Whether everything declared in a spec is present in what was made of it, and nothing that was removed still is.
//! Must never know which object it compares with which, nor what anything means beyond the forms that Kubernetes gives values.

use crate::json::Value;
use crate::kinds::read::{items, text, told};
use crate::quantity::Quantity;

/// A place where the two differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// Keys and indices from the innermost to the outermost.
    path: Vec<String>,
    /// What is there.
    pub actual: String,
    /// What should be.
    pub wanted: String,
}

impl Gap {
    pub fn new(actual: &Value, wanted: &Value) -> Gap {
        Gap { path: Vec::new(), actual: told(actual), wanted: told(wanted) }
    }

    /// The same gap, one level further up.
    pub fn under(mut self, key: impl Into<String>) -> Gap {
        self.path.push(key.into());
        self
    }

    /// The place in the declared object, `containers[web].image`.
    pub fn place(&self) -> String {
        let mut place = String::new();
        for key in self.path.iter().rev() {
            if !place.is_empty() && !key.starts_with('[') {
                place.push('.');
            }
            place.push_str(key);
        }
        place
    }
}

/// Keys below which texts are quantities.
const QUANTITIES: &[&str] = &["requests", "limits", "sizeLimit", "overhead", "divisor", "storage", "hpaSpec"];

/// Keys that a zero leaves to their defaults.
const ZERO_IS_DEFAULT: &[&str] = &["timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];

/// Whether a value says nothing: what `omitempty` leaves out, and the API server takes for unset.
pub(crate) fn blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(blank),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether all that is declared is there: mappings by key, lists of mappings by containment (by name where they have names), lists of
/// scalars and scalars by equality, quantities as quantities. What says nothing is always there; `false` and 0 may be left out.
pub(crate) fn present(declared: &Value, actual: &Value) -> Result<(), Gap> {
    within(declared, actual, "", false)
}

/// The same of one field of each.
pub(crate) fn field_present(declared: &Value, actual: &Value, key: &str) -> Result<(), Gap> {
    let quantities = QUANTITIES.contains(&key);
    within(&declared[key], &actual[key], key, quantities).map_err(|gap| gap.under(key))
}

fn within(declared: &Value, actual: &Value, key: &str, quantities: bool) -> Result<(), Gap> {
    let here = || Gap::new(actual, declared);
    if blank(declared) {
        let emptied = key == "value" && declared.is_string() && !blank(actual);
        return if emptied { Err(here()) } else { Ok(()) };
    }
    match (declared, actual) {
        (Value::Object(fields), Value::Object(_)) => fields.iter().try_for_each(|(key, value)| {
            let quantities = quantities || QUANTITIES.contains(&key.as_str());
            within(value, &actual[key], key, quantities).map_err(|gap| gap.under(key.as_str()))
        }),
        (Value::Object(fields), Value::Null) if fields.values().all(zero) => Ok(()),
        (Value::Array(wanted), Value::Array(there)) if wanted.iter().any(Value::is_object) => {
            wanted.iter().try_for_each(|item| element(item, there, quantities))
        }
        (Value::Array(wanted), Value::Array(there)) => {
            let same = wanted.len() == there.len();
            let equal = |(one, other)| within(one, other, "", quantities).is_ok();
            if same && wanted.iter().zip(there).all(equal) { Ok(()) } else { Err(here()) }
        }
        _ if zero(declared) && (actual.is_null() || ZERO_IS_DEFAULT.contains(&key)) => Ok(()),
        _ if same(declared, actual, quantities) => Ok(()),
        _ => Err(here()),
    }
}

/// An item of a list of mappings: some item there contains it, one of its name if it has one.
fn element(item: &Value, there: &[Value], quantities: bool) -> Result<(), Gap> {
    let name = item["name"].as_str();
    let mut nearest = None;
    for candidate in there.iter().filter(|candidate| name.is_none() || candidate["name"].as_str() == name) {
        match within(item, candidate, "", quantities) {
            Ok(()) => return Ok(()),
            Err(gap) => nearest = Some(gap).filter(|_| name.is_some()).or(nearest),
        }
    }
    let gap = nearest.unwrap_or_else(|| Gap::new(&Value::Null, item));
    Err(gap.under(name.map_or("[]".to_owned(), |name| format!("[{name}]"))))
}

fn zero(value: &Value) -> bool {
    blank(value) || value == &Value::Bool(false) || value.as_f64() == Some(0.0)
}

fn same(declared: &Value, actual: &Value, quantities: bool) -> bool {
    let numbers = || declared.as_f64().is_some_and(|wanted| actual.as_f64() == Some(wanted));
    let quantity = |value: &Value| match value {
        Value::String(text) => Quantity::parse(text),
        Value::Number(number) => Quantity::parse(&number.to_string()),
        _ => None,
    };
    declared == actual
        || numbers()
        || quantities && quantity(declared).is_some_and(|wanted| quantity(actual) == Some(wanted))
}

/// Values that the API server or the operator fills in by itself, so that finding them again says nothing of a removal.
fn filled_in(key: &str, value: &Value) -> bool {
    let word = text(value);
    match key {
        "terminationGracePeriodSeconds" => value == 30 || value == 20,
        "restartPolicy" => word == "Always",
        "dnsPolicy" => word == "ClusterFirst",
        "schedulerName" => word == "default-scheduler",
        "imagePullPolicy" => word == "IfNotPresent" || word == "Always",
        "terminationMessagePath" => word == "/dev/termination-log",
        "terminationMessagePolicy" => word == "File",
        "protocol" => word == "TCP",
        "scheme" => word == "HTTP",
        "apiVersion" => word == "v1",
        "timeoutSeconds" | "successThreshold" => value == 1,
        "periodSeconds" => value == 10 || value == 5,
        "failureThreshold" => value == 3,
        "defaultMode" => value == 420,
        "enableServiceLinks" => value == true,
        "type" => matches!(word, "MODEL" | "REST"),
        "implementation" => word == "UNKNOWN_IMPLEMENTATION",
        "serviceAccount" | "service_host" | "service_port" | "httpPort" | "grpcPort" => true,
        _ => false,
    }
}

/// Items that the operator puts back under the same name.
fn put_back(list: &str, name: &str) -> bool {
    let environment = ["PREDICTIVE_UNIT_", "PREDICTOR_", "MLSERVER_", "SELDON_"];
    match list {
        "ports" => ["http", "grpc", "metrics"].contains(&name),
        "env" => environment.iter().any(|prefix| name.starts_with(prefix)),
        "volumes" | "volumeMounts" => {
            ["podinfo", "seldon-podinfo"].contains(&name) || name.ends_with("-provision-location")
        }
        _ => false,
    }
}

/// The first thing that was declared, is no longer, and is still there; `key` names the list or field that is compared.
pub(crate) fn remains(before: &Value, now: &Value, actual: &Value, key: &str) -> Option<Gap> {
    match (before, actual) {
        (Value::Object(fields), Value::Object(_)) => {
            fields.keys().find_map(|key| field_remains(before, now, actual, key))
        }
        (Value::Array(listed), Value::Array(there)) => {
            let by = if key == "volumeMounts" { "mountPath" } else { "name" };
            listed.iter().filter(|item| item.is_object()).find_map(|item| {
                let named = |other: &&Value| item[by].is_string() && other[by] == item[by];
                let found = match items(now).iter().find(named) {
                    Some(kept) => {
                        there.iter().filter(named).find_map(|there| remains(item, kept, there, key))
                    }
                    None => {
                        let restated = items(now).iter().any(|other| present(item, other).is_ok());
                        let left = there.iter().find(|there| present(item, there).is_ok());
                        let left = left.filter(|_| !restated && !put_back(key, text(&item["name"])));
                        left.map(|left| Gap::new(left, &Value::Null))
                    }
                };
                found.map(|gap| gap.under(format!("[{}]", text(&item[by]))))
            })
        }
        _ => None,
    }
}

/// The same of one field of each.
pub(crate) fn field_remains(before: &Value, now: &Value, actual: &Value, key: &str) -> Option<Gap> {
    let value = &before[key];
    if *value == now[key] {
        return None;
    }
    // The API server states limits as requests where there are none.
    let stated = if key == "requests" { &joined(&now["limits"], &now[key]) } else { &now[key] };
    let found = match (blank(value), blank(stated)) {
        (true, _) => None,
        (_, true) => left_over(value, &actual[key], key),
        _ => remains(value, stated, &actual[key], key),
    };
    found.map(|gap| gap.under(key))
}

/// Two mappings in one, the second before the first.
fn joined(one: &Value, other: &Value) -> Value {
    let mut all = one.as_object().cloned().unwrap_or_default();
    all.extend(other.as_object().cloned().unwrap_or_default());
    Value::Object(all)
}

/// What a field that is declared no longer still says.
fn left_over(before: &Value, actual: &Value, key: &str) -> Option<Gap> {
    if blank(actual) || zero(before) || filled_in(key, before) {
        return None;
    }
    // A list as a whole is looked at item by item, for the operator adds to lists.
    if let (Value::Array(_), Value::Array(_)) = (before, actual)
        && before.as_array().is_some_and(|items| items.iter().any(Value::is_object))
    {
        return remains(before, &Value::Null, actual, key);
    }
    let quantities = QUANTITIES.contains(&key);
    within(before, actual, key, quantities).is_ok().then(|| Gap::new(actual, &Value::Null))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn what_is_declared_is_found_in_what_was_made() {
        for (declared, actual) in [
            (json!({ "a": 1 }), json!({ "a": 1.0, "b": 2 })),
            (json!({ "a": null, "b": "", "c": [], "d": {}, "e": false, "f": 0 }), json!({})),
            (
                json!({ "limits": { "cpu": "0.5", "memory": 1024 } }),
                json!({ "limits": { "cpu": "500m", "memory": "1Ki" } }),
            ),
            (
                json!({ "env": [{ "name": "A", "value": "1" }] }),
                json!({ "env": [{ "name": "A", "value": "2" }, { "name": "A", "value": "1" }] }),
            ),
            (
                json!({ "tolerations": [{ "key": "a" }] }),
                json!({ "tolerations": [{ "key": "b" }, { "key": "a", "operator": "Equal" }] }),
            ),
            (json!({ "args": ["a", "b"] }), json!({ "args": ["a", "b"] })),
            (json!({ "resources": { "limits": {} }, "deep": { "off": false } }), json!({})),
            (
                json!({ "readinessProbe": { "timeoutSeconds": 0 } }),
                json!({ "readinessProbe": { "timeoutSeconds": 1 } }),
            ),
        ] {
            assert_eq!(present(&declared, &actual), Ok(()), "{declared}");
        }
    }

    #[test]
    fn what_is_missing_is_told_with_its_place() {
        for (declared, actual, place) in [
            (json!({ "a": { "b": 1 } }), json!({ "a": { "b": 2 } }), "a.b"),
            (
                json!({ "containers": [{ "name": "web", "image": "b" }] }),
                json!({ "containers": [{ "name": "web", "image": "a" }] }),
                "containers[web].image",
            ),
            (
                json!({ "env": [{ "name": "A", "value": "1.0" }] }),
                json!({ "env": [{ "name": "A", "value": "1" }] }),
                "env[A].value",
            ),
            (
                json!({ "env": [{ "name": "A", "value": "" }] }),
                json!({ "env": [{ "name": "A", "value": "1" }] }),
                "env[A].value",
            ),
            (json!({ "args": ["a"] }), json!({ "args": ["a", "b"] }), "args"),
            (json!({ "off": false }), json!({ "off": true }), "off"),
            (json!({ "limits": { "cpu": "1" } }), json!({ "limits": { "cpu": "999m" } }), "limits.cpu"),
            (json!({ "a": 1 }), json!(null), ""),
        ] {
            assert_eq!(
                present(&declared, &actual).map_err(|gap| gap.place()),
                Err(place.to_owned()),
                "{declared}"
            );
        }
    }

    #[test]
    fn what_was_removed_and_is_still_there_is_told() {
        for (before, now, actual, place) in [
            (
                json!({ "volumeMounts": [{ "name": "v", "mountPath": "/a" }, { "name": "v", "mountPath": "/b" }] }),
                json!({ "volumeMounts": [{ "name": "v", "mountPath": "/a" }] }),
                json!({ "volumeMounts": [{ "name": "v", "mountPath": "/a" }, { "name": "v", "mountPath": "/b" }] }),
                "volumeMounts[/b]",
            ),
            (
                json!({ "env": [{ "name": "A", "value": "1" }] }),
                json!({}),
                json!({ "env": [{ "name": "A", "value": "1" }] }),
                "env[A]",
            ),
            (
                json!({ "env": [{ "name": "A", "value": "1" }] }),
                json!({ "env": [{ "name": "A", "value": "" }] }),
                json!({ "env": [{ "name": "A", "value": "1" }] }),
                "env[A].value",
            ),
            (json!({ "args": ["a"] }), json!({}), json!({ "args": ["a"] }), "args"),
            (
                json!({ "readinessProbe": { "httpGet": { "path": "/x" } } }),
                json!({}),
                json!({ "readinessProbe": { "httpGet": { "path": "/x" }, "periodSeconds": 10 } }),
                "readinessProbe",
            ),
            (
                json!({ "nodeSelector": { "a": "b" } }),
                json!({ "nodeSelector": {} }),
                json!({ "nodeSelector": { "a": "b" } }),
                "nodeSelector",
            ),
            (
                json!({ "limits": { "cpu": "1", "memory": "1Gi" } }),
                json!({ "limits": { "memory": "1Gi" } }),
                json!({ "limits": { "cpu": "1", "memory": "1Gi" } }),
                "limits.cpu",
            ),
            (
                json!({ "terminationGracePeriodSeconds": 60 }),
                json!({}),
                json!({ "terminationGracePeriodSeconds": 60 }),
                "terminationGracePeriodSeconds",
            ),
        ] {
            assert_eq!(
                remains(&before, &now, &actual, "").map(|gap| gap.place()),
                Some(place.to_owned()),
                "{before}"
            );
        }
    }

    #[test]
    fn what_others_put_there_is_no_remainder() {
        for (before, now, actual) in [
            (
                json!({ "terminationGracePeriodSeconds": 20 }),
                json!({}),
                json!({ "terminationGracePeriodSeconds": 20 }),
            ),
            (
                json!({ "imagePullPolicy": "IfNotPresent" }),
                json!({}),
                json!({ "imagePullPolicy": "IfNotPresent" }),
            ),
            (
                json!({ "ports": [{ "name": "http", "containerPort": 9000 }] }),
                json!({}),
                json!({ "ports": [{ "name": "http", "containerPort": 9000 }] }),
            ),
            (
                json!({ "tolerations": [{ "key": "a" }] }),
                json!({ "tolerations": [{ "key": "a", "effect": "NoExecute" }] }),
                json!({ "tolerations": [{ "key": "a", "effect": "NoExecute" }] }),
            ),
            (
                json!({ "requests": { "cpu": "1" } , "limits": { "cpu": "1" } }),
                json!({ "limits": { "cpu": "1" } }),
                json!({ "requests": { "cpu": "1" }, "limits": { "cpu": "1" } }),
            ),
            (json!({ "off": false }), json!({}), json!({ "off": false })),
            (json!({ "args": ["a"] }), json!({}), json!({ "args": ["b"] })),
            (
                json!({ "volumes": [{ "name": "a" }, { "name": "seldon-podinfo" }] }),
                json!({ "volumes": [{ "name": "a" }] }),
                json!({ "volumes": [{ "name": "a" }, { "name": "seldon-podinfo" }] }),
            ),
        ] {
            assert_eq!(remains(&before, &now, &actual, ""), None, "{before}");
        }
    }
}
