//! Violations of a schema as findings: one a place, in words, with where a misplaced field belongs.
//! It must never decide what is a violation.

use crate::json::Value;
use crate::json::pointer::unescaped;

use super::Finding;
use crate::structural::{self, Code, Schema, Violation};

/// Makes the schema with the fields of later releases, if there is one; asked only where a field is unknown.
pub(super) type Newer<'a> = &'a dyn Fn() -> Option<&'static Schema>;

/// What the schema says to the object. `newer` makes the same schema with the fields of later releases: a field that
/// only it knows is said to be too new.
pub(super) fn lint(schema: &Schema, newer: Newer<'_>, object: &Value) -> Vec<Finding> {
    let mut told: Vec<(String, bool, String)> = Vec::new();
    let mut findings = Vec::new();
    let mut violations = structural::validate(schema, &object.into());
    // What a status says is dropped before it is judged, and fields that it does not have are not.
    violations.retain(|one| {
        one.code == Code::UnknownField || !(one.pointer == "/status" || one.pointer.starts_with("/status/"))
    });
    let within_wrong_type = |pointer: &str| {
        let mut wrong = violations.iter().filter(|other| other.code == Code::WrongType);
        wrong.any(|other| pointer.strip_prefix(&other.pointer).is_some_and(|rest| rest.starts_with('/')))
    };
    for violation in &violations {
        if violation.code == Code::UnknownField && within_wrong_type(&violation.pointer) {
            continue;
        }
        let missing = violation.code == Code::Required;
        let name = if missing { violation.field.clone() } else { String::new() };
        let place = (violation.pointer.clone(), missing, name);
        if !told.contains(&place) {
            told.push(place);
            findings.push(finding(schema, newer, object, violation));
        }
    }
    findings
}

fn finding(schema: &Schema, newer: Newer<'_>, object: &Value, violation: &Violation) -> Finding {
    let path = dotted(object, &violation.pointer);
    let pointer = violation.pointer.clone();
    let help = violation.suggestion.clone();
    match violation.code {
        Code::UnknownField => unknown(schema, newer, object, violation),
        Code::Required => {
            Finding::refused("missing-field", pointer, format!("{} is missing", violation.field))
                .at_key()
                .maybe_help(help)
        }
        Code::WrongType => {
            let message = format!("{path} must be {}, not {}", violation.expected, violation.actual);
            Finding::refused("wrong-type", pointer, message).maybe_help(help.map(|text| {
                match text.starts_with('"') {
                    true => "Put it in quotes, to make it text.".into(),
                    false => format!("Write `{text}`."),
                }
            }))
        }
        Code::Duplicate => {
            let message = format!("{path} repeats an earlier item of its list");
            Finding::refused("duplicate-item", pointer, message).maybe_help(by_keys(schema, violation))
        }
        Code::Enum => Finding::refused("bad-value", pointer, wanted(&path, violation))
            .maybe_help(help.map(|text| format!("Did you mean `{text}`?"))),
        Code::Range | Code::Pattern | Code::Length | Code::Format | Code::Combination => {
            Finding::refused("bad-value", pointer, wanted(&path, violation)).maybe_help(help)
        }
    }
}

fn wanted(path: &str, violation: &Violation) -> String {
    format!("{path} must be {}, not {}", violation.expected, violation.actual)
}

fn unknown(schema: &Schema, newer: Newer<'_>, object: &Value, violation: &Violation) -> Finding {
    let (parent, name) = violation.pointer.rsplit_once('/').unwrap_or(("", &violation.pointer));
    let name = unescaped(name);
    let here = match dotted(object, parent) {
        path if path.is_empty() => "the object".to_owned(),
        path => path,
    };
    let finding =
        Finding::refused("unknown-field", &violation.pointer, format!("{here} has no field `{name}`"))
            .at_key();
    if newer().is_some_and(|newer| newer.at(&violation.pointer).is_some()) {
        return finding.help(format!(
            "`{name}` came with later releases: the schema of this kind does not know it, so it is refused or dropped."
        ));
    }
    let homes = structural::homes(schema, parent, &name);
    let above = homes.iter().find(|home| parent.starts_with(home.as_str()));
    let belongs = |home: &String| match dotted(object, home) {
        path if path.is_empty() => format!("`{name}` belongs to the top of the object, not to {here}."),
        path => format!("`{name}` belongs to {path}, not to {here}."),
    };
    finding.maybe_help(
        above
            .map(belongs)
            .or_else(|| violation.suggestion.as_ref().map(|text| format!("Did you mean `{text}`?")))
            .or_else(|| homes.iter().find(|home| is_there(object, home)).or(homes.first()).map(belongs))
            .or_else(|| Some(format!("Known here: {}.", violation.expected.strip_prefix("one of ")?))),
    )
}

/// Whether the object has what the pointer names; `-` is any item of a list.
fn is_there(object: &Value, pointer: &str) -> bool {
    match pointer.split_once("/-") {
        None => object.pointer(pointer).is_some(),
        Some((list, rest)) => object
            .pointer(list)
            .and_then(Value::as_array)
            .is_some_and(|items| items.iter().any(|item| is_there(item, rest))),
    }
}

fn by_keys(schema: &Schema, violation: &Violation) -> Option<String> {
    let (list, _) = violation.pointer.rsplit_once('/')?;
    match schema.at(list)?.list_type() {
        structural::ListType::Map(keys) => {
            Some(format!("Items are told apart by {}; name each once.", keys.join(" and ")))
        }
        _ => None,
    }
}

/// A JSON pointer as people write paths: `spec.predictors[0].name`; an item of any index is `[]`.
pub(super) fn dotted(object: &Value, pointer: &str) -> String {
    let mut path = String::new();
    let mut here = Some(object);
    for step in pointer.split('/').skip(1) {
        let step = unescaped(step);
        let list = here.is_some_and(Value::is_array);
        here = match here {
            Some(Value::Array(items)) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
            Some(other) => other.get(&*step),
            None => None,
        };
        if step == "-" {
            path.push_str("[]");
        } else if list {
            path.push_str(&format!("[{step}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&step);
        }
    }
    path
}
