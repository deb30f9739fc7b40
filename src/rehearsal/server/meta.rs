//! What every object has in common: names and labels that are valid, and what the server alone writes.
//! It must never know a kind's own fields.

use crate::json::{Map, Text, Value};

use super::refusal::quote;
use crate::rehearsal::builtin::Fault;

/// In Go's order, as real answers have them.
const ORDER: [&str; 15] = [
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
];

/// Text of `metadata`.
pub fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object.get("metadata").and_then(|meta| meta.get(key)).and_then(Value::as_str).unwrap_or_default()
}

/// A number of `metadata`.
pub fn number(object: &Value, key: &str) -> Option<i64> {
    object.get("metadata").and_then(|meta| meta.get(key)).and_then(Value::as_i64)
}

/// Changes `metadata`, which is made if it is not there.
pub fn edit<T>(object: &mut Value, change: impl FnOnce(&mut Map) -> T) -> T {
    let mut meta = match object.get_mut("metadata").map(Value::take) {
        Some(Value::Object(meta)) => meta,
        _ => Map::new(),
    };
    let out = change(&mut meta);
    if let Some(object) = object.as_object_mut() {
        object.insert("metadata".into(), Value::Object(meta));
    }
    out
}

/// Whether it is on its way out.
pub fn is_leaving(object: &Value) -> bool {
    !text(object, "deletionTimestamp").is_empty()
}

/// `metadata.finalizers`
pub fn finalizers(object: &Value) -> Vec<String> {
    let list = object.pointer("/metadata/finalizers").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Puts the fields in the usual order, and drops what is empty, as Go does.
pub fn tidy(object: &mut Value) {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    let place = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
    let is_tidy = |meta: &Map| {
        meta.iter().all(|(_, value)| !empty(value)) && meta.keys().is_sorted_by_key(|key| place(key))
    };
    if object["metadata"].as_object().is_some_and(is_tidy) {
        return;
    }
    edit(object, |meta| {
        let mut entries: Vec<(Text, Value)> =
            std::mem::take(meta).into_iter().filter(|(_, value)| !empty(value)).collect();
        entries.sort_by_key(|(key, _)| place(key));
        *meta = entries.into_iter().collect();
    });
}

const DNS_SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const DNS_LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

/// What is wrong with a name, in the server's words; names are DNS subdomains for most kinds, DNS labels for some.
pub fn check_name(name: &str, label: bool) -> Vec<String> {
    let part = |part: &str| {
        let bytes = part.as_bytes();
        let inner = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        bytes.first().is_some_and(inner)
            && bytes.last().is_some_and(inner)
            && bytes.iter().all(|c| inner(c) || *c == b'-')
    };
    let (longest, good) = match label {
        true => (63, part(name)),
        false => (253, name.split('.').all(part)),
    };
    let mut wrong = Vec::new();
    if name.len() > longest {
        wrong.push(format!("must be no more than {longest} characters"));
    }
    if !good {
        wrong.push(if label { DNS_LABEL } else { DNS_SUBDOMAIN }.to_owned());
    }
    wrong
}

/// What is wrong with a name that is only a part of a path: of roles, bindings and the like.
pub fn check_segment(name: &str) -> Vec<String> {
    match name {
        "." => vec!["may not be '.'".to_owned()],
        ".." => vec!["may not be '..'".to_owned()],
        name => ["/", "%"]
            .into_iter()
            .filter(|part| name.contains(part))
            .map(|part| format!("may not contain '{part}'"))
            .collect(),
    }
}

const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// What is wrong with a qualified name: of labels, annotations and finalizers.
pub fn check_qualified(name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let name = match name.split('/').collect::<Vec<_>>().as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                wrong.push("prefix part must be non-empty".to_owned());
            } else {
                wrong.extend(check_name(prefix, false).into_iter().map(|why| format!("prefix part {why}")));
            }
            *name
        }
        _ => {
            let example = "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![example.to_owned()];
        }
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        wrong.push("name part must be no more than 63 bytes".to_owned());
    }
    if !plain(name) || name.is_empty() {
        wrong.push(QUALIFIED.to_owned());
    }
    wrong
}

/// What is wrong with the value of a label.
pub fn check_label(value: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if value.len() > 63 {
        wrong.push("must be no more than 63 bytes".to_owned());
    }
    if !plain(value) {
        wrong.push(LABEL_VALUE.to_owned());
    }
    wrong
}

fn plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(c))
        && bytes.first().is_none_or(u8::is_ascii_alphanumeric)
        && bytes.last().is_none_or(u8::is_ascii_alphanumeric)
}

/// What is wrong with labels, annotations, owners and finalizers. Kinds of the server's own want finalizers with a prefix.
///
/// What is the very same as in `old` was judged when that was.
pub fn check(object: &Value, old: Option<&Value>, custom: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    let meta = &object["metadata"];
    let news = |key: &str| match old.is_some_and(|old| old["metadata"][key].is(&meta[key])) {
        true => &Value::Null,
        false => &meta[key],
    };
    for (key, value) in news("labels").as_object().into_iter().flatten() {
        let wrong = check_qualified(key);
        faults.extend(wrong.into_iter().map(|why| Fault::invalid("metadata.labels", quote(key), why)));
        let value = value.as_str().unwrap_or_default();
        let wrong = check_label(value);
        faults.extend(wrong.into_iter().map(|why| Fault::invalid("metadata.labels", quote(value), why)));
    }
    let mut size = 0;
    for (key, value) in news("annotations").as_object().into_iter().flatten() {
        let wrong = check_qualified(&key.to_lowercase());
        faults.extend(wrong.into_iter().map(|why| Fault::invalid("metadata.annotations", quote(key), why)));
        size += key.len() + value.as_str().unwrap_or_default().len();
    }
    if size > 256 << 10 {
        faults.push(Fault {
            reason: "FieldValueTooLong",
            field: "metadata.annotations".into(),
            message: "Too long: may not be more than 262144 bytes".into(),
        });
    }
    faults.extend(check_owners(news("ownerReferences")));
    for (index, finalizer) in finalizers(object).iter().enumerate() {
        let wrong = check_qualified(finalizer);
        faults.extend(
            wrong.into_iter().map(|why| Fault::invalid("metadata.finalizers", quote(finalizer), why)),
        );
        let standard = matches!(finalizer.as_str(), "kubernetes" | "orphan" | "foregroundDeletion");
        if !custom && !finalizer.contains('/') && !standard {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            faults.push(Fault::invalid(format!("metadata.finalizers[{index}]"), quote(finalizer), why));
        }
    }
    faults
}

fn check_owners(owners: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut controllers = Vec::new();
    for (index, owner) in owners.as_array().into_iter().flatten().enumerate() {
        let place = |field: &str| format!("metadata.ownerReferences[{index}].{field}");
        let text = |key: &str| owner[key].as_str().unwrap_or_default();
        for key in ["apiVersion", "kind", "name", "uid"] {
            if text(key).is_empty() {
                faults.push(Fault::required(place(key), "must not be empty"));
            }
        }
        if owner["controller"] == true {
            controllers.push(format!("{}/{}", text("kind"), text("name")));
        }
    }
    if let [first, second, ..] = controllers.as_slice() {
        let why = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {second}"
        );
        faults.push(Fault::invalid("metadata.ownerReferences", super::stored::short(owners), why));
    }
    faults
}
