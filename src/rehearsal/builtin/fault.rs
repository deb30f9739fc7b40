//! One thing that the server refuses in an object.
//! It must never know where the object was written.

use std::fmt;

/// A refusal, as a cause in the answer's details has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `FieldValueInvalid`, `FieldValueRequired` …
    pub reason: &'static str,
    /// The path: `spec.template.spec.containers[0].name`.
    pub field: String,
    /// The words without the path: `Required value`.
    pub message: String,
}

impl Fault {
    /// `Invalid value: -1: must be …`
    pub fn invalid(field: impl Into<String>, value: impl fmt::Display, why: impl fmt::Display) -> Fault {
        let message = format!("Invalid value: {value}: {why}");
        Fault { reason: "FieldValueInvalid", field: field.into(), message }
    }

    /// `Required value: why`, or without a why.
    pub fn required(field: impl Into<String>, why: impl fmt::Display) -> Fault {
        let why = why.to_string();
        let message = if why.is_empty() { "Required value".into() } else { format!("Required value: {why}") };
        Fault { reason: "FieldValueRequired", field: field.into(), message }
    }

    /// `Forbidden: why`
    pub fn forbidden(field: impl Into<String>, why: impl fmt::Display) -> Fault {
        Fault { reason: "FieldValueForbidden", field: field.into(), message: format!("Forbidden: {why}") }
    }

    /// `Duplicate value: "a"`
    pub fn duplicate(field: impl Into<String>, value: impl fmt::Display) -> Fault {
        let message = format!("Duplicate value: {value}");
        Fault { reason: "FieldValueDuplicate", field: field.into(), message }
    }

    /// `Not found: "a"`
    pub fn not_found(field: impl Into<String>, value: impl fmt::Display) -> Fault {
        let message = format!("Not found: {value}");
        Fault { reason: "FieldValueNotFound", field: field.into(), message }
    }

    /// `Unsupported value: "a": supported values: "b", "c"`
    pub fn unsupported(field: impl Into<String>, value: impl fmt::Display, choices: &[&str]) -> Fault {
        let choices: Vec<String> = choices.iter().map(|choice| format!("{choice:?}")).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", choices.join(", "));
        Fault { reason: "FieldValueNotSupported", field: field.into(), message }
    }

    /// `Too long: may not be more than 63 bytes`
    pub fn too_long(field: impl Into<String>, most: usize) -> Fault {
        let unit = if most == 1 { "byte" } else { "bytes" };
        let message = format!("Too long: may not be more than {most} {unit}");
        Fault { reason: "FieldValueTooLong", field: field.into(), message }
    }

    /// The reason that the first words of a message stand for.
    pub fn reason_of(message: &str) -> &'static str {
        match message.split(':').next().unwrap_or_default() {
            "Required value" => "FieldValueRequired",
            "Unsupported value" => "FieldValueNotSupported",
            "Duplicate value" => "FieldValueDuplicate",
            "Forbidden" => "FieldValueForbidden",
            "Too long" => "FieldValueTooLong",
            "Too many" => "FieldValueTooMany",
            "Not found" => "FieldValueNotFound",
            "Internal error" => "InternalError",
            _ if message.contains("must be of type ") && !message.contains("Checked value") => {
                "FieldValueTypeInvalid"
            }
            _ => "FieldValueInvalid",
        }
    }
}

impl fmt::Display for Fault {
    /// The line as the server writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}
