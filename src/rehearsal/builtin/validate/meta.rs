//! What every object has: its name, labels, annotations, finalizers, owners; and label selectors.
//! It must never know one kind's fields.

use crate::json::{Map, Text, Value, json};

use super::spot::{Faults, Spot};
use super::words;
use crate::rehearsal::builtin::fault::Fault;

/// Checks a name: its faults in words.
pub type Name = fn(&str) -> Vec<String>;

/// Names that are a path segment and nothing more: roles and their bindings.
pub fn path_segment(name: &str) -> Vec<String> {
    let mut found = Vec::new();
    if matches!(name, "." | "..") {
        found.push(format!("may not be '{name}'"));
    }
    found.extend(
        ["/", "%"]
            .iter()
            .filter(|part| name.contains(**part))
            .map(|part| format!("may not contain '{part}'")),
    );
    found
}

/// Checks the metadata of a new object.
pub fn new(metadata: &Spot<'_>, name: Name, faults: &mut Faults) {
    let generate = metadata.get("generateName");
    if !generate.is_empty() {
        // What the server adds makes a valid end of it.
        let text = generate.text();
        let masked = text.strip_suffix('-').map(|text| format!("{text}a")).unwrap_or_else(|| text.to_owned());
        faults.invalid_each(&generate, name(&masked));
    }
    let given = metadata.get("name");
    if given.is_empty() {
        if generate.is_empty() {
            faults.required(&given, "name or generateName is required");
        }
    } else {
        faults.invalid_each(&given, name(given.text()));
    }
    common(metadata, faults);
}

/// Checks the metadata of an object that replaces another.
pub fn replaced(metadata: &Spot<'_>, faults: &mut Faults) {
    common(metadata, faults);
}

fn common(metadata: &Spot<'_>, faults: &mut Faults) {
    labels(&metadata.get("labels"), faults);
    annotations(&metadata.get("annotations"), faults);
    owners(&metadata.get("ownerReferences"), faults);
    let finalizers = metadata.get("finalizers");
    for item in finalizers.items() {
        let whole = Spot::new(item.value, finalizers.path.clone());
        faults.invalid_each(&whole, words::qualified(item.text()));
    }
    let has = |name: &str| finalizers.items().any(|item| item.text() == name);
    if has("orphan") && has("foregroundDeletion") {
        faults.invalid(&finalizers, "finalizer orphan and foregroundDeletion cannot be both set");
    }
}

/// Checks labels.
pub fn labels(spot: &Spot<'_>, faults: &mut Faults) {
    if spot.is_judged() {
        return;
    }
    for (key, value) in spot.entries() {
        faults.invalid_each_at(spot, key, words::qualified(key));
        faults.invalid_each_at(spot, value.text(), words::label_value(value.text()));
    }
}

/// Checks annotations.
pub fn annotations(spot: &Spot<'_>, faults: &mut Faults) {
    if spot.is_judged() {
        return;
    }
    let mut size = 0;
    for (key, value) in spot.entries() {
        faults.invalid_each_at(spot, key, words::qualified(&key.to_lowercase()));
        size += key.len() + value.text().len();
    }
    if size > 256 * 1024 {
        faults.0.push(Fault::too_long(&spot.path, 256 * 1024));
    }
}

fn owners(spot: &Spot<'_>, faults: &mut Faults) {
    let mut controller: Option<String> = None;
    for owner in spot.items() {
        let version = owner.get("apiVersion");
        match version.text() {
            "" => faults.required(&version, "must not be empty"),
            text if text.matches('/').count() > 1 || text.ends_with('/') => {
                faults.invalid(&version, "must be <group>/<version> or <version>");
            }
            _ => {}
        }
        for key in ["kind", "name", "uid"] {
            let field = owner.get(key);
            if field.is_empty() {
                faults.required(&field, "must not be empty");
            }
        }
        if owner.get("controller").is_true() {
            let this = format!("{}/{}", owner.get("kind").text(), owner.get("name").text());
            match &controller {
                Some(first) => faults.invalid(
                    spot,
                    format!("Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"),
                ),
                None => controller = Some(this),
            }
        }
    }
}

/// Checks a label selector.
pub fn selector(spot: &Spot<'_>, faults: &mut Faults) {
    labels(&spot.get("matchLabels"), faults);
    for requirement in spot.get("matchExpressions").items() {
        let values = requirement.get("values");
        let operator = requirement.get("operator");
        match operator.text() {
            "In" | "NotIn" if values.is_empty() => {
                faults.required(&values, "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                faults
                    .forbidden(&values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => faults.invalid(&operator, "not a valid selector operator"),
        }
        let key = requirement.get("key");
        faults.invalid_each(&key, words::qualified(key.text()));
        for value in values.items() {
            faults.invalid_each(&value, words::label_value(value.text()));
        }
    }
}

/// Whether a selector can be used at all.
pub fn is_sound(spot: &Spot<'_>) -> bool {
    let mut faults = Faults::default();
    selector(spot, &mut faults);
    faults.0.is_empty()
}

/// A selector as messages show it.
pub fn shown(selector: &Value) -> Value {
    let mut out = Map::new();
    if let Some(labels) = selector.get("matchLabels").and_then(Value::as_object) {
        let mut entries: Vec<(Text, Value)> = labels.clone().into_iter().collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        out.insert("matchLabels".into(), Value::Object(entries.into_iter().collect()));
    }
    if let Some(expressions) = selector.get("matchExpressions").and_then(Value::as_array) {
        let shown = expressions.iter().map(|item| {
            let mut shown = json!({"key": item["key"], "operator": item["operator"]});
            if let Some(values) = item.get("values").filter(|values| !values.is_null()) {
                shown["values"] = values.clone();
            }
            shown
        });
        out.insert("matchExpressions".into(), shown.collect());
    }
    Value::Object(out)
}
