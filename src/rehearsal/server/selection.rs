//! Which objects of a kind a request means: a label selector and a field selector.
//! It must never know what is done with them.

use super::fields::{self, Place};
use super::labels;
use super::refusal::{Refusal, quote};
use super::resource::Resource;
use super::stored::Stored;
use crate::selector::LabelSelector;

/// A label selector and a field selector; without any, all objects.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    labels: LabelSelector,
    fields: Vec<Field>,
}

#[derive(Clone, Debug)]
struct Field {
    what: What,
    equal: bool,
    value: String,
}

/// What is compared.
#[derive(Clone, Debug)]
enum What {
    Name,
    Namespace,
    Other(Place),
}

impl Selection {
    /// Reads the two parameters as the server does.
    ///
    /// # Errors
    /// 400, in the server's words.
    pub fn read(
        resource: &Resource,
        labels: Option<&str>,
        fields: Option<&str>,
    ) -> Result<Selection, Refusal> {
        let labels = labels.unwrap_or_default();
        if let Some(wrong) = labels::wrong(labels) {
            return Err(Refusal::bad_request(wrong));
        }
        let labels = LabelSelector::parse(labels).map_err(|error| {
            Refusal::bad_request(format!("unable to parse requirement: {}", error.message))
        })?;
        let mut read = Vec::new();
        for term in terms(fields.unwrap_or_default()) {
            read.push(field(resource, &term, fields.unwrap_or_default())?);
        }
        Ok(Selection { labels, fields: read })
    }

    /// Means the object of this name alone.
    pub fn only(&mut self, name: &str) {
        self.fields.push(Field { what: What::Name, equal: true, value: name.to_owned() });
    }

    /// Whether the object is meant.
    pub fn holds(&self, object: &Stored) -> bool {
        self.fields.iter().all(|field| {
            let value = match &field.what {
                What::Name => object.name.as_str().into(),
                What::Namespace => object.namespace.as_str().into(),
                What::Other(place) => place.read(&object.value),
            };
            (value == field.value) == field.equal
        }) && (self.labels.is_empty() || self.labels.matches(&object.labels))
    }

    /// The one name that is meant, if the selection says so.
    pub fn name(&self) -> Option<&str> {
        let named = self.fields.iter().find(|field| field.equal && matches!(field.what, What::Name));
        named.map(|field| field.value.as_str())
    }

    /// Whether all objects are meant.
    pub fn is_all(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }
}

/// Splits at commas that no backslash precedes.
fn terms(text: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        match c {
            ',' if !escaped => terms.push(String::new()),
            c => {
                if let Some(term) = terms.last_mut() {
                    term.push(c);
                }
            }
        }
        escaped = c == '\\' && !escaped;
    }
    terms.retain(|term| !term.is_empty());
    terms
}

fn field(resource: &Resource, term: &str, whole: &str) -> Result<Field, Refusal> {
    let split = ["!=", "==", "="].into_iter().filter_map(|operator| Some((term.find(operator)?, operator)));
    let Some((at, operator)) = split.min_by_key(|(at, operator)| (*at, std::cmp::Reverse(operator.len())))
    else {
        return Err(Refusal::bad_request(format!("invalid selector: '{whole}'; can't understand '{term}'")));
    };
    let (name, value) = (&term[..at], &term[at + operator.len()..]);
    let known = fields::names(resource);
    if !known.iter().any(|known| known == name) {
        return Err(unknown(resource, name, &known));
    }
    let what = match (name, Place::of(resource, name)) {
        ("metadata.name", _) => What::Name,
        ("metadata.namespace", _) => What::Namespace,
        (_, Some(place)) => What::Other(place),
        (_, None) => return Err(unknown(resource, name, &known)),
    };
    Ok(Field { what, equal: operator != "!=", value: unescape(value) })
}

fn unknown(resource: &Resource, name: &str, known: &[String]) -> Refusal {
    let message = match resource.custom {
        None if known.len() == 2 => {
            let known: Vec<String> = known.iter().map(|known| quote(known)).collect();
            format!("{} is not a known field selector: only {}", quote(name), known.join(", "))
        }
        _ => format!("field label not supported: {name}"),
    };
    Refusal::bad_request(message)
}

fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    out
}
