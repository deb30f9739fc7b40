//! What a kind's objects may look like: unknown fields, defaults and validation, of custom kinds and of the server's own.
//! It must never look at other objects.

use serde_json::{Value, json};

use super::meta;
use super::refusal::{Fault, Refusal, quote};
use super::resource::Resource;
use crate::rehearsal::builtin;
use crate::structural::{self, Schema, Violation};

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
        None => builtin::schema(&resource.api_version(), &resource.kind),
    }
}

/// Drops what the kind does not know. Returns the server's words for each.
pub fn drop_unknown(resource: &Resource, object: &mut Value) -> Vec<String> {
    let Some(schema) = schema(resource) else { return Vec::new() };
    let unknown = structural::unknown_fields(schema, object);
    structural::prune(schema, object);
    structural::drop_nulls(schema, object);
    unknown.into_iter().map(|violation| violation.message).collect()
}

/// Fills in what the kind has defaults for.
pub fn default(resource: &Resource, object: &mut Value) {
    if resource.is("", "namespaces") {
        label_namespace(object);
    }
    if let Some(schema) = schema(resource).filter(|_| resource.custom.is_some()) {
        structural::default(schema, object);
    }
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

/// What is wrong with the object; `old` is what it was before, if it was.
pub fn validate(resource: &Resource, object: &Value, old: Option<&Value>) -> Vec<Fault> {
    let _ = old;
    let mut faults = Vec::new();
    if let Some(schema) = schema(resource).filter(|_| resource.custom.is_some()) {
        faults.extend(structural::check(schema, object).iter().map(fault));
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
