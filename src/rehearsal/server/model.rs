//! What a kind's objects may look like: unknown fields, defaults and validation, of custom kinds and of the server's own.
//! It must never look at other objects.

use crate::json::{Text, Value, json};

use super::refusal::{Refusal, quote};
use super::resource::Resource;
use super::{definition, definition_rules, meta};
use crate::rehearsal::builtin;
use crate::rehearsal::builtin::Fault;
use crate::structural::{self, Cursor, Schema, Violation};

/// How unknown fields are taken (`fieldValidation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldValidation {
    /// Dropped.
    Ignore,
    /// Dropped, with a warning.
    Warn,
    /// Refused.
    Strict,
}

impl FieldValidation {
    /// Reads the parameter.
    ///
    /// # Errors
    /// 422 for a word that is none.
    pub fn read(word: Option<&str>, options: &str) -> Result<FieldValidation, Refusal> {
        match word {
            None | Some("Warn") => Ok(FieldValidation::Warn),
            Some("Ignore") => Ok(FieldValidation::Ignore),
            Some("Strict") => Ok(FieldValidation::Strict),
            Some(other) => {
                let fault = Fault {
                    reason: "FieldValueNotSupported",
                    field: "fieldValidation".into(),
                    message: format!(
                        "Unsupported value: {}: supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
                        quote(other)
                    ),
                };
                Err(Refusal::invalid("meta.k8s.io", options, "", &[fault]))
            }
        }
    }
}

/// The schema of a kind, where there is one.
pub fn schema(resource: &Resource) -> Option<&Schema> {
    match &resource.custom {
        Some(custom) => Some(&custom.version.schema),
        None => resource.built_in?.schema(),
    }
}

/// What of an object is the very same as it was in `old`: its place among the keys, its key and itself. It was read, filled up and judged
/// when `old` was.
fn known(object: &Value, old: &Value) -> Vec<(usize, Text, Value)> {
    let (Some(object), Some(old)) = (object.as_object(), old.as_object()) else { return Vec::new() };
    let known = object.beside(old).enumerate().filter(|(_, (key, value, old))| {
        let whole = value.is_object() || value.is_array();
        whole && *key != "metadata" && old.is_some_and(|old| old.is(value))
    });
    known.map(|(place, (key, value, _))| (place, key.clone(), value.clone())).collect()
}

/// Changes what of an object is not the very same as in `old`.
fn news<T>(object: &mut Value, old: Option<&Value>, change: impl FnOnce(&mut Value) -> T) -> T {
    let known = old.map(|old| known(object, old)).unwrap_or_default();
    if let Some(map) = object.as_object_mut() {
        known.iter().for_each(|(_, key, _)| _ = map.shift_remove(key));
    }
    let out = change(object);
    if let Some(map) = object.as_object_mut() {
        known.into_iter().for_each(|(place, key, value)| _ = map.shift_insert(place, key, value));
    }
    out
}

/// An object as the server reads it, and the words for each field that the kind does not know, which is dropped; `old` is what it is
/// to take the place of.
///
/// # Errors
/// In Go's words, for a value that cannot be read.
pub fn read(
    resource: &Resource,
    mut object: Value,
    old: Option<&Value>,
) -> Result<(Value, Vec<String>), String> {
    if let (None, Some(schema)) = (&resource.custom, schema(resource)) {
        let read = match old {
            Some(old) => builtin::read_over(schema, &object, old),
            None => builtin::read(schema, &object),
        };
        return read.map(|read| (read.object, read.unknown));
    }
    let mut unknown = Vec::new();
    if let (Some(schema), Some(metadata)) = (builtin::metadata(), object.get_mut("metadata")) {
        let read = builtin::read(schema, metadata)?;
        unknown.extend(read.unknown.iter().map(|word| word.replacen("field \"", "field \"metadata.", 1)));
        *metadata = read.object;
    }
    news(&mut object, old, |object| of_schema(resource, object, &mut unknown));
    unknown.sort();
    Ok((object, unknown))
}

/// Drops what the schema of a custom kind does not know.
fn of_schema(resource: &Resource, object: &mut Value, unknown: &mut Vec<String>) {
    if let Some(schema) = schema(resource) {
        unknown.extend(
            structural::unknown_fields(schema, object).into_iter().map(|violation| violation.message),
        );
        structural::prune(schema, object);
        structural::drop_nulls(schema, object);
        if schema.embeds() {
            embedded(schema.root(), object, "", unknown);
        }
    }
}

/// Drops what the metadata of objects within the object does not know.
fn embedded(at: Cursor<'_>, value: &mut Value, path: &str, unknown: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let (true, Some(schema), Some(metadata)) =
                (at.is_embedded(), builtin::metadata(), map.get_mut("metadata"))
            {
                let found = structural::unknown_fields(schema, metadata);
                let named = |violation: Violation| {
                    violation.message.replacen("field \"", &format!("field \"{path}.metadata."), 1)
                };
                unknown.extend(found.into_iter().map(named));
                structural::prune(schema, metadata);
            }
            for (key, value) in map.iter_mut() {
                if let Some(below) = at.field(key).or_else(|| at.entry()) {
                    let path = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
                    embedded(below, value, &path, unknown);
                }
            }
        }
        Value::Array(items) => {
            let Some(item) = at.item() else { return };
            for (index, value) in items.iter_mut().enumerate() {
                embedded(item, value, &format!("{path}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}

/// Drops fields of metadata that there are not, and what cannot be read in it.
pub fn drop_unknown_metadata(object: &mut Value) {
    if let (Some(schema), Some(metadata)) = (builtin::metadata(), object.get_mut("metadata")) {
        structural::prune(schema, metadata);
    }
}

/// An object in the form in which the server writes it; `old` is one that has it.
pub fn normal(resource: &Resource, object: Value, old: Option<&Value>) -> Value {
    match (&resource.custom, schema(resource)) {
        (None, Some(schema)) => builtin::normal(schema, &object, old),
        _ => object,
    }
}

/// Fills in what the kind has defaults for; `old` is what it is to take the place of.
pub fn default(resource: &Resource, object: &mut Value, old: Option<&Value>) {
    if resource.is("", "namespaces") {
        label_namespace(object);
    }
    if resource.is("", "secrets") {
        fold_string_data(object);
    }
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
        definition::default(object);
    }
    news(object, old, |object| match &resource.custom {
        Some(custom) => structural::default(&custom.version.schema, object),
        None => resource.built_in.into_iter().for_each(|kind| kind.default(object)),
    });
}

/// A namespace is labelled with its own name, so that selectors can name it.
fn label_namespace(object: &mut Value) {
    let name = meta::text(object, "name").to_owned();
    meta::edit(object, |meta| {
        let labels = meta.entry("labels").or_insert_with(|| json!({}));
        if let (Some(labels), false) = (labels.as_object_mut(), name.is_empty()) {
            labels.insert("kubernetes.io/metadata.name".into(), name.into());
        }
    });
}

/// `stringData` is written into `data`, encoded, and never read back.
fn fold_string_data(secret: &mut Value) {
    use base64::Engine;
    let Some(map) = secret.as_object_mut() else { return };
    let Some(Value::Object(text)) = map.shift_remove("stringData") else { return };
    if text.is_empty() {
        return;
    }
    let data = map.entry("data").or_insert_with(|| json!({}));
    let Some(data) = data.as_object_mut() else { return };
    for (key, value) in text {
        let bytes = value.as_str().unwrap_or_default().as_bytes();
        data.insert(key, base64::engine::general_purpose::STANDARD.encode(bytes).into());
    }
}

/// Drops what the version that is kept does not know, and fills in its defaults, where another version was written.
pub fn fit_stored(resource: &Resource, object: &mut Value) {
    let Some(custom) = resource.custom.as_ref().filter(|_| resource.version != resource.stored) else {
        return;
    };
    structural::prune(&custom.stored, object);
    structural::default(&custom.stored, object);
}

/// Whether the kind's rules are known, those for names and metadata among them.
pub fn has_rules(resource: &Resource) -> bool {
    resource.custom.is_none() && schema(resource).is_some()
}

/// What is wrong with the object; `old` is what it was before, if it was.
pub fn validate(resource: &Resource, object: &Value, old: Option<&Value>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if has_rules(resource) {
        faults.extend(builtin::validate(&resource.api_version(), &resource.kind, object, old));
        if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
            for fault in definition_rules::faults(object) {
                if !faults.contains(&fault) {
                    faults.push(fault);
                }
            }
            // The name is looked at when the definition is made, and not when it is changed.
            faults.retain(|fault| old.is_none() || fault.field != "metadata.name");
        }
    }
    if let Some(schema) = schema(resource).filter(|_| resource.custom.is_some()) {
        let mut found = structural::check(schema, object);
        // What was wrong before and is as it was does not forbid a change elsewhere.
        if let (Some(old), false) = (old, found.is_empty()) {
            let known = structural::check(schema, old);
            let same = |pointer: &str| old.pointer(pointer) == object.pointer(pointer);
            found.retain(|violation| !(known.contains(violation) && same(&violation.pointer)));
        }
        faults.extend(found.iter().map(fault));
    }
    if resource.is("events.k8s.io", "events") && old.is_none() && object["eventTime"].is_null() {
        faults.push(Fault::required("eventTime", ""));
    }
    if let Some(custom) = &resource.custom {
        faults.extend(custom.version.check_scale(object).iter().map(fault));
    }
    faults
}

fn fault(violation: &Violation) -> Fault {
    Fault {
        reason: Fault::reason_of(&violation.message),
        field: violation.field.clone(),
        message: violation.message.clone(),
    }
}
