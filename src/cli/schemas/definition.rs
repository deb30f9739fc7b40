//! A definition. Its schemas wait: each is read and judged when an object asks for it.
//! It must never judge an object, nor take in the schemas for others to find.

use super::cut;
use super::place::{self, Where};
use super::read::{self, versions, versions_mut};
use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Value, json};
use crate::rehearsal::server::definition_refusals;
use crate::source::{Sources, Span};
use crate::structural::Schema;
use std::cell::LazyCell;
use std::sync::{Arc, OnceLock};

/// A definition of which all is read but the schemas.
pub(super) struct Definition {
    place: Where,
    /// It, with a schema that allows any object wherever there is one.
    head: Arc<Head>,
    /// The schemas of its versions, as listed; versions alike share one.
    schemas: Vec<Option<Arc<Late>>>,
}

struct Head {
    value: Value,
    refusals: Vec<Refusal>,
}

/// The path of a field, and what a server says of it.
type Refusal = (String, String);

/// A schema that is read when it is asked for.
pub(super) struct Late {
    head: Arc<Head>,
    /// Of which version it is.
    index: usize,
    written: Written,
    outcome: OnceLock<Result<Value, Trouble>>,
}

#[derive(PartialEq)]
enum Written {
    Text(String),
    Value(Value),
}

/// Why a schema cannot be used.
enum Trouble {
    Unreadable(String),
    Refused(Vec<Refusal>),
}

impl Definition {
    /// A definition as it was found; the schemas that were taken out of its text are moved into it.
    pub(super) fn new(mut definition: Value, taken_out: &mut [String], place: Where) -> Definition {
        let mut written = Vec::new();
        for version in versions_mut(&mut definition) {
            let schema = version.get_mut(cut::KEY).filter(|schema| !schema.is_null());
            written.push(schema.map(|schema| {
                let any = json!({ "openAPIV3Schema": { "type": "object" } });
                let text = cut::number(schema).and_then(|number| taken_out.get_mut(number));
                match (text.map(std::mem::take), std::mem::replace(schema, any)) {
                    (Some(text), _) => Written::Text(text),
                    (None, value) => Written::Value(value),
                }
            }));
        }
        let refusals = definition_refusals(&definition);
        let head = Arc::new(Head { value: definition, refusals });
        let mut schemas: Vec<Option<Arc<Late>>> = Vec::new();
        for (index, written) in written.into_iter().enumerate() {
            let late = written.map(|written| {
                let alike = schemas.iter().flatten().find(|earlier| earlier.written == written);
                alike.cloned().unwrap_or_else(|| {
                    Arc::new(Late { head: head.clone(), index, written, outcome: OnceLock::new() })
                })
            });
            schemas.push(late);
        }
        Definition { place, head, schemas }
    }

    /// It without what its schemas say.
    pub(super) fn head(&self) -> &Value {
        &self.head.value
    }

    /// The served versions, each by name with its schema; none of a definition that no server would take.
    pub(super) fn served(&self) -> impl Iterator<Item = (&str, &Arc<Late>)> {
        let versions = versions(&self.head.value).iter().zip(&self.schemas);
        let served =
            versions.filter(|(version, _)| self.head.refusals.is_empty() && version["served"] == true);
        served.filter_map(|(version, late)| Some((version["name"].as_str()?, late.as_ref()?)))
    }

    /// Reads the schemas that nobody has asked for.
    pub(super) fn read_to_the_end(&self) {
        for late in self.schemas.iter().flatten() {
            late.judged();
        }
    }

    /// It with all its schemas, as far as they can be used.
    pub(super) fn whole(&self) -> Value {
        let mut whole = self.head.value.clone();
        for (index, late) in self.schemas.iter().enumerate() {
            if let Some(Ok(schema)) = late.as_ref().map(|late| late.judged()) {
                versions_mut(&mut whole)[index][cut::KEY] = schema.clone();
            }
        }
        whole
    }

    /// What is wrong with it, as far as it is read.
    pub(super) fn findings(&self, sources: &Sources) -> Vec<Diagnostic> {
        let places = LazyCell::new(|| self.place.places(sources));
        let refused = |refusals: &[Refusal]| -> Vec<Diagnostic> {
            refusals.iter().map(|(path, words)| refused(places.of(path), path, words)).collect()
        };
        let mut findings = refused(&self.head.refusals);
        for outcome in self.schemas.iter().flatten().filter_map(|late| late.outcome.get()) {
            findings.extend(match outcome {
                Ok(_) => Vec::new(),
                Err(Trouble::Refused(refusals)) => refused(refusals),
                Err(Trouble::Unreadable(error)) => place::unreadable(sources, self.place.file, error),
            });
        }
        findings
    }
}

impl Late {
    /// The schema for objects; `None` of one that cannot be used.
    pub(super) fn schema(&self) -> Option<Schema> {
        let schema = self.judged().as_ref().ok()?;
        let keep_unknown = self.head.value["spec"]["preserveUnknownFields"] == true;
        Some(Schema::from_open_api(&schema["openAPIV3Schema"], keep_unknown))
    }

    /// The schema as it is written, if a server would take it.
    fn judged(&self) -> &Result<Value, Trouble> {
        self.outcome.get_or_init(|| {
            let schema = match &self.written {
                Written::Text(text) => {
                    read::schema(text).map_err(|error| Trouble::Unreadable(error.to_string()))?
                }
                Written::Value(value) => value.clone(),
            };
            let mut whole = self.head.value.clone();
            versions_mut(&mut whole)[self.index][cut::KEY] = schema;
            let mut refusals = definition_refusals(&whole);
            refusals.retain(|refusal| !self.head.refusals.contains(refusal));
            match refusals.is_empty() {
                true => Ok(versions_mut(&mut whole)[self.index][cut::KEY].take()),
                false => Err(Trouble::Refused(refusals)),
            }
        })
    }
}

fn refused(span: Span, path: &str, words: &str) -> Diagnostic {
    const SCHEMAS: [&str; 2] = ["spec.validation.openAPIV3Schema", "spec.versions[0].schema.openAPIV3Schema"];
    let schema = SCHEMAS.iter().find_map(|prefix| path.strip_prefix(prefix));
    let message = match schema.map(|below| below.trim_start_matches('.')).unwrap_or(path) {
        "" if schema.is_none() => words.to_owned(),
        "" => format!("the schema: {words}"),
        shown => format!("{shown}: {words}"),
    };
    let help = words.contains("structural").then(|| {
        "In `allOf`, `anyOf`, `oneOf` and `not` only values may be restricted: say this outside of them."
            .to_owned()
    });
    Diagnostic::error(Code::BadDefinition, span, message).maybe_help(help)
}
