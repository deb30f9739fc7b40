//! Follows queries through the fields of a known kind.
//! It must never know how values compare.

use super::subjects::Subject;
use super::{Standing, compare, soften};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::json::Value;
use crate::kinds::status::{Field, METADATA, Shape, condition_types};
use crate::playbook::expression::query::{Outline, Query};
use crate::playbook::expression::{Expression, Operator};
use crate::playbook::like::Like;
use crate::playbook::suggest;
use crate::source::Span;
use crate::structural::{Cursor, Type};

/// How deep another home of a field is sought.
const DEEP: usize = 4;

/// Where a query leads.
pub(super) enum Way<'s> {
    /// To something that is not known.
    Open,
    /// To nothing, whatever the object.
    Nowhere(Diagnostic),
    /// To a place that is known.
    There(Place<'s>),
}

/// A place in the objects of a kind.
#[derive(Clone, Debug)]
pub(super) struct Place<'s> {
    /// What it holds.
    pub shape: Shape,
    /// The same in the schema that was given for the kind: it decides which fields there are.
    given: Option<Cursor<'s>>,
    /// Whether it is left out when it is zero or empty.
    pub left_out: bool,
    /// How it is written: `status.conditions[*].type`.
    pub path: String,
}

/// What is wrong with the queries of an expression, and with what they are compared with.
pub(super) fn expression(
    expression: &Expression,
    subject: &Subject<'_>,
    standing: Standing,
) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    for used in expression.queries() {
        let negated = used.negated != standing.negated;
        match follow(used.query, subject) {
            Way::Open => {}
            Way::Nowhere(fault) => faults.push(fault),
            Way::There(place) => {
                if let Some((operator, literal)) = used.comparison {
                    let comparison = compare::Comparison { operator, literal, negated };
                    faults.extend(compare::fault(
                        &place,
                        &comparison,
                        used.query.source(),
                        used.span,
                        subject,
                    ));
                }
            }
        }
        faults.extend(types(used.query, subject));
    }
    faults.iter_mut().for_each(|fault| soften(fault, subject, standing));
    faults
}

/// What is wrong with a query that must lead somewhere.
pub(super) fn nowhere(query: &Query, subject: &Subject<'_>) -> Option<Diagnostic> {
    match follow(query, subject) {
        Way::Nowhere(mut fault) => {
            soften(&mut fault, subject, Standing::default());
            Some(fault)
        }
        Way::Open | Way::There(_) => None,
    }
}

fn follow<'s>(query: &Query, subject: &Subject<'s>) -> Way<'s> {
    let Some(mut here) = Place::root(subject) else { return Way::Open };
    for outline in query.outline() {
        let next = match outline {
            Outline::Below => return Way::Open,
            Outline::Name(name) => here.name(&name.value, name.span, subject),
            Outline::Each => here.each(query.span(), subject),
        };
        match next {
            Way::There(place) => here = place,
            end => return end,
        }
    }
    Way::There(here)
}

/// What is wrong with what an object must be like.
pub(super) fn like(like: &Like, subject: &Subject<'_>) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    if let Some(root) = Place::root(subject) {
        contained(like.value(), &root, like.span(), subject, &mut faults);
    }
    faults
}

fn contained<'s>(
    wanted: &Value,
    place: &Place<'s>,
    span: Span,
    subject: &Subject<'s>,
    faults: &mut Vec<Diagnostic>,
) {
    match wanted {
        Value::Object(map) if matches!(place.shape, Shape::Object(_) | Shape::Map(_)) => {
            for (key, wanted) in map {
                match place.name(key, span, subject) {
                    Way::Open => {}
                    Way::Nowhere(fault) => faults.push(fault),
                    Way::There(place) => contained(wanted, &place, span, subject, faults),
                }
            }
        }
        literal => {
            let comparison = compare::Comparison { operator: Operator::Equal, literal, negated: false };
            let query = format!("$.{}", place.path);
            faults.extend(compare::fault(place, &comparison, &query, span, subject));
        }
    }
}

impl<'s> Place<'s> {
    /// The whole of an object; `None` where nothing is known of its status.
    fn root(subject: &Subject<'s>) -> Option<Place<'s>> {
        let shape = match (subject.known.status, subject.given) {
            (_, Some(_)) => Shape::Object(WITH_STATUS),
            (None, None) => return None,
            (Some([]), None) => Shape::Object(NO_STATUS),
            (Some(_), None) => Shape::Object(WITH_STATUS),
        };
        Some(Place { shape, given: None, left_out: false, path: String::new() })
    }

    /// A place in a schema that was given, and what is known of it besides.
    fn given(here: Cursor<'s>, known: Option<Field>, path: String) -> Way<'s> {
        let shape = match here.kind() {
            _ if here.is_int_or_string() => None,
            Some(Type::Object) if here.fields().next().is_none() && here.entry().is_none() => None,
            Some(Type::Object) => Some(Shape::Object(&[])),
            Some(Type::Array) => Some(Shape::List(&Shape::Any)),
            Some(Type::String) => Some(Shape::Text),
            Some(Type::Integer) => Some(Shape::Integer),
            Some(Type::Boolean) => Some(Shape::Boolean),
            Some(Type::Number) | None => None,
        };
        match (known.filter(|known| known.shape != Shape::Any), shape) {
            (_, None) => Way::Open,
            (Some(known), Some(_)) => {
                Way::There(Place { shape: known.shape, given: Some(here), left_out: known.left_out, path })
            }
            (None, Some(shape)) => Way::There(Place { shape, given: Some(here), left_out: false, path }),
        }
    }

    fn at(&self, path: String, shape: Shape, left_out: bool) -> Way<'s> {
        match shape {
            Shape::Any => Way::Open,
            shape => Way::There(Place { shape, given: None, left_out, path }),
        }
    }

    /// The way by a key.
    fn name(&self, name: &str, span: Span, subject: &Subject<'s>) -> Way<'s> {
        let path = match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        let kind = subject.a_kind();
        let nowhere = |message: String| {
            Diagnostic::error(Code::NeverHolds, span, message).label("nothing is ever here")
        };
        if let (Some(status), "status") = (subject.given, path.as_str()) {
            let known = subject.known.status.filter(|fields| !fields.is_empty());
            return Place::given(
                status,
                known.map(|fields| Field { name: "status", shape: Shape::Object(fields), left_out: false }),
                path,
            );
        }
        if let (Some(here), Some(Type::Object)) = (self.given, self.given.and_then(Cursor::kind)) {
            let known = self.shape.fields().and_then(|fields| fields.iter().find(|field| field.name == name));
            return match here.field(name).or_else(|| here.entry()) {
                _ if known.is_some_and(|field| field.shape == Shape::Unset) => {
                    Way::Nowhere(nowhere(format!("`{path}` of {kind} stays empty: no release ever sets it")))
                }
                Some(next) => Place::given(next, known.copied(), path),
                None if here.is_open() => Way::Open,
                None => {
                    let names: Vec<&str> = here.fields().map(|(name, _)| name).collect();
                    let message = match self.path.as_str() {
                        "status" => {
                            format!("the status of {kind} has no `{name}` in the schema that was given")
                        }
                        place => format!("`{place}` of {kind} has no `{name}` in the schema that was given"),
                    };
                    Way::Nowhere(nowhere(message).maybe_help(suggest::help(name, names.iter().copied())))
                }
            };
        }
        match self.shape {
            Shape::Any => Way::Open,
            Shape::Map(entry) => self.at(path, *entry, false),
            Shape::Object(fields) => match (fields.iter().find(|field| field.name == name), path.as_str()) {
                (_, "status") => match subject.known.status {
                    Some([]) => Way::Nowhere(nowhere(format!("{kind} has no status"))),
                    Some(status) => self.at(path, Shape::Object(status), false),
                    None => Way::Open,
                },
                (Some(Field { shape: Shape::Unset, .. }), _) => {
                    let message = format!("`{path}` of {kind} stays empty: no release ever sets it");
                    Way::Nowhere(nowhere(message))
                }
                (Some(field), _) => self.at(path, field.shape, field.left_out),
                // What else an object without a status holds is not described.
                (None, _) if self.path.is_empty() && subject.known.status == Some(&[]) => Way::Open,
                (None, _) => {
                    let message = match self.path.as_str() {
                        "" => format!("{kind} has no `{name}`"),
                        "status" => format!("the status of {kind} has no `{name}`"),
                        place => format!("`{place}` of {kind} has no `{name}`"),
                    };
                    let mut fault = nowhere(message).maybe_help(self.elsewhere(name, fields, subject));
                    // A later release may have it, unless it looks like one that is known.
                    if subject.known.status_may_grow
                        && suggest::nearest(name, fields.iter().map(|field| field.name)).is_none()
                    {
                        fault.severity = Severity::Warning;
                    }
                    Way::Nowhere(fault)
                }
            },
            Shape::List(_) => {
                let message = format!("`{}` of {kind} is a list, and has no `{name}`", self.path);
                let help = match self.path.as_str() {
                    "status.conditions" => {
                        "Write `conditions[?@.type == 'NAME'].status == 'True'`, or `condition=NAME`."
                    }
                    _ => "Write `[*]` behind it for its items, or `[?@.name == 'NAME']` for some of them.",
                };
                Way::Nowhere(nowhere(message).help(help))
            }
            Shape::Count
            | Shape::Integer
            | Shape::Boolean
            | Shape::Text
            | Shape::Word { .. }
            | Shape::Unset => {
                let message =
                    format!("`{}` of {kind} is {}, and has no `{name}`", self.path, self.shape_in_words());
                Way::Nowhere(nowhere(message))
            }
        }
    }

    /// The way to the items of a list or the values of a mapping.
    fn each(&self, span: Span, subject: &Subject<'s>) -> Way<'s> {
        if let Some(next) = self.given.and_then(|here| here.item().or_else(|| here.entry())) {
            let known = match self.shape {
                Shape::List(inner) | Shape::Map(inner) => {
                    Some(Field { name: "", shape: *inner, left_out: false })
                }
                _ => None,
            };
            return Place::given(next, known, format!("{}[*]", self.path));
        }
        match self.shape {
            Shape::List(inner) | Shape::Map(inner) => self.at(format!("{}[*]", self.path), *inner, false),
            Shape::Any | Shape::Object(_) => Way::Open,
            Shape::Count
            | Shape::Integer
            | Shape::Boolean
            | Shape::Text
            | Shape::Word { .. }
            | Shape::Unset => {
                let words = self.shape_in_words();
                let message = format!("`{}` of {} is {words}, and has no items", self.path, subject.a_kind());
                Way::Nowhere(Diagnostic::error(Code::NeverHolds, span, message))
            }
        }
    }

    /// What was probably meant: a name like it, a field of that name further down, or the list of all.
    fn elsewhere(&self, name: &str, fields: &'static [Field], subject: &Subject<'s>) -> Option<String> {
        let whole = match self.path.as_str() {
            "" => subject.known.status.unwrap_or_default(),
            _ => fields,
        };
        let mut homes = Vec::new();
        below(
            Shape::Object(whole),
            if self.path.is_empty() { "status" } else { &self.path },
            name,
            DEEP,
            &mut homes,
        );
        match homes.as_slice() {
            [] => suggest::help(name, fields.iter().map(|field| field.name)),
            homes => {
                let homes: Vec<String> = homes.iter().take(3).map(|home| format!("`$.{home}`")).collect();
                Some(format!("It has {}.", homes.join(" and ")))
            }
        }
    }

    /// `a number`, `a text`.
    pub(super) fn shape_in_words(&self) -> &'static str {
        match self.shape {
            Shape::Any | Shape::Unset => "anything",
            Shape::Count | Shape::Integer => "a whole number",
            Shape::Boolean => "true or false",
            Shape::Text | Shape::Word { .. } => "a text",
            Shape::List(_) => "a list",
            Shape::Map(_) | Shape::Object(_) => "a mapping",
        }
    }
}

/// Paths of the fields of this name below a place.
fn below(shape: Shape, path: &str, name: &str, depth: usize, homes: &mut Vec<String>) {
    match shape {
        Shape::Object(fields) if depth > 0 => {
            for field in fields.iter().filter(|field| field.shape != Shape::Unset) {
                let path = format!("{path}.{}", field.name);
                match field.name == name {
                    true => homes.push(path),
                    false => below(field.shape, &path, name, depth - 1, homes),
                }
            }
        }
        Shape::List(inner) | Shape::Map(inner) if depth > 0 => {
            below(*inner, &format!("{path}[*]"), name, depth - 1, homes);
        }
        _ => {}
    }
}

const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, left_out: false }
}

/// The status itself is that of the kind.
const WITH_STATUS: &[Field] = &[
    field("apiVersion", Shape::Text),
    field("kind", Shape::Text),
    field("metadata", Shape::Object(METADATA)),
    field("spec", Shape::Any),
    field("status", Shape::Any),
];

const NO_STATUS: &[Field] = &[
    field("apiVersion", Shape::Text),
    field("kind", Shape::Text),
    field("metadata", Shape::Object(METADATA)),
];

/// What is wrong with the types that a query asks of `status.conditions`, in a filter such as `[?@.type == 'Ready']`.
fn types(query: &Query, subject: &Subject<'_>) -> Vec<Diagnostic> {
    let outline = query.outline();
    let [Outline::Name(status), Outline::Name(conditions), Outline::Each, ..] = outline.as_slice() else {
        return Vec::new();
    };
    let asked =
        (status.value == "status" && conditions.value == "conditions").then_some(subject.known.status);
    let Some((known, closed)) = asked.flatten().and_then(condition_types) else { return Vec::new() };
    let mut faults = Vec::new();
    for (word, from) in words_of_type(query.source()) {
        if !known.contains(&word) {
            // Where nothing is escaped or put in, the text stands in the file as it is here.
            let verbatim = (query.span().end - query.span().start) as usize == query.source().len();
            let span = if verbatim { query.span().slice(from, from + word.len()) } else { query.span() };
            faults.extend(unknown_type(word, span, known, closed, subject));
        }
    }
    faults
}

/// The texts that `@.type` is compared with, and where they begin.
fn words_of_type(query: &str) -> Vec<(&str, usize)> {
    let mut words = Vec::new();
    for (at, asked) in query.match_indices("@.type") {
        let rest = query[at + asked.len()..].trim_start();
        let Some(rest) = rest.strip_prefix("==").map(str::trim_start) else { continue };
        let Some(quote) = rest.chars().next().filter(|char| matches!(char, '\'' | '"')) else { continue };
        let Some((word, _)) = rest[1..].split_once(quote).filter(|(word, _)| !word.contains('\\')) else {
            continue;
        };
        words.push((word, query.len() - rest.len() + 1));
    }
    words
}

/// The finding that a kind has no condition of a type. Where others may set some, only what looks mistyped is one, and Ready; a warning.
pub(super) fn unknown_type(
    word: &str,
    span: Span,
    known: &'static [&'static str],
    closed: bool,
    subject: &Subject<'_>,
) -> Option<Diagnostic> {
    let near = suggest::nearest(word, known.iter().copied());
    let message = match known {
        [] => format!("the controller of {} sets no conditions", subject.a_kind()),
        _ => format!("{} has no condition `{word}`", subject.a_kind()),
    };
    let help = match near {
        Some(near) => Some(format!("Did you mean `{near}`?")),
        None if known.is_empty() => Some("Wait until it is `ready`.".to_owned()),
        None => {
            let known: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
            Some(format!("Its conditions are {}. Or wait until it is `ready`.", known.join(", ")))
        }
    };
    // Ready is what everybody asks for first; where it is not known, no controller is likely to set it.
    let finding = match (closed, near) {
        (true, _) => Diagnostic::error(Code::NeverHolds, span, message),
        (false, None) if word == "Ready" => Diagnostic::warning(Code::NeverHolds, span, message),
        (false, Some(_)) => Diagnostic::warning(Code::NeverHolds, span, message),
        (false, None) => return None,
    };
    Some(finding.label("never set").maybe_help(help))
}
