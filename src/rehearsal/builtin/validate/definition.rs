//! Definitions of custom kinds.
//! It must never know other definitions: whether a name is free is not its business.

use std::collections::BTreeSet;

use crate::json::{Value, json};

use super::spot::{Faults, Spot};
use super::words;
use crate::rehearsal::builtin::fault::Fault;
use crate::structural::{self, Code, Schema};

const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];

/// Checks a CustomResourceDefinition; `old` is the spec that it replaces.
pub fn check(root: &Spot<'_>, old: Option<&Value>, faults: &mut Faults) {
    let spec = root.get("spec");
    let (group, names) = (spec.get("group"), spec.get("names"));
    let name = root.at("metadata.name");
    let expected = format!("{}.{}", names.get("plural").text(), group.text());
    if !name.is_empty() && name.text() != expected {
        faults.invalid_each_at(&name, name.text(), ["must be spec.names.plural+\".\"+spec.group".into()]);
    }
    if group.is_empty() {
        faults.required(&group, "");
    } else {
        let found = words::subdomain(group.text());
        let sound = found.is_empty();
        faults.invalid_each(&group, found);
        if sound && !group.text().contains('.') {
            faults.invalid(&group, "should be a domain with at least one dot");
        }
    }
    faults.choice(&spec.get("scope"), &["Cluster", "Namespaced"]);
    versions(root, &spec, faults);
    self::names(&names, faults);
    if let Some(old) = old {
        faults.immutable(&spec.get("scope"), old, "/scope");
        let established = |key: &str| names.get(key).value == &old["names"][key];
        for key in ["kind", "plural"].iter().filter(|key| !established(key)) {
            faults.invalid(&names.get(key), "field is immutable");
        }
        faults.immutable(&group, old, "/group");
    }
}

fn names(names: &Spot<'_>, faults: &mut Faults) {
    for key in ["plural", "singular"] {
        let field = names.get(key);
        if field.is_empty() {
            faults.required(&field, "");
        } else {
            faults.invalid_each(&field, words::label_1035(field.text()));
        }
    }
    for key in ["kind", "listKind"] {
        let field = names.get(key);
        if field.is_empty() {
            faults.required(&field, "");
            continue;
        }
        let found = words::label_1035(&field.text().to_lowercase());
        let told =
            found.into_iter().map(|why| format!("may have mixed case, but should otherwise match: {why}"));
        faults.invalid_each(&field, told);
    }
    for name in names.get("shortNames").items().chain(names.get("categories").items()) {
        faults.invalid_each(&name, words::label_1035(name.text()));
    }
    if names.get("kind").value == names.get("listKind").value && !names.get("kind").is_empty() {
        faults.invalid(&names.get("listKind"), "kind and listKind may not be the same");
    }
}

fn versions(root: &Spot<'_>, spec: &Spot<'_>, faults: &mut Faults) {
    let versions = spec.get("versions");
    let mut taken = BTreeSet::new();
    let (mut stored, mut unique) = (Vec::new(), true);
    for version in versions.items() {
        let name = version.get("name");
        unique &= taken.insert(name.text());
        if version.get("storage").is_true() {
            stored.push(name.text());
        }
        let shown = Value::from(name.text());
        faults.invalid_each(&Spot::new(&shown, name.path.clone()), words::label_1035(name.text()));
        if !name.is_empty() && versions.items().count() == 1 {
            let of_old = Spot::new(&shown, "spec.version");
            faults.invalid_each(&of_old, words::label_1035(name.text()));
        }
        let schema = version.at("schema.openAPIV3Schema");
        if schema.is_there() {
            let alone = versions.items().count() == 1;
            let path = if alone { "spec.validation.openAPIV3Schema".into() } else { schema.path.clone() };
            self::schema(&Spot::new(schema.value, path), true, faults);
        } else {
            faults.required(&schema, "");
        }
    }
    let shown = || Fault::invalid(&versions.path, printed(&versions), "");
    let mut told = |why: &str| {
        let mut fault = shown();
        fault.message = format!("{}{why}", fault.message);
        faults.0.push(fault);
    };
    if stored.len() != 1 {
        told("must have exactly one version marked as storage version");
    }
    if !unique {
        told("must contain unique version names");
    }
    let kept = root.at("status.storedVersions");
    if kept.is_empty() {
        faults.0.push(Fault::invalid(&kept.path, kept.value, "must have at least one stored version"));
    } else if let [one] = stored[..]
        && !kept.items().any(|kept| kept.text() == one)
    {
        faults.invalid(&kept, format!("must have the storage version {one}"));
    }
}

/// The versions as the server shows them: by the names of its own type.
fn printed(versions: &Spot<'_>) -> Value {
    if !versions.is_there() {
        return Value::Null;
    }
    let shown = versions.items().map(|version| {
        json!({
            "Name": version.get("name").text(),
            "Served": version.get("served").is_true(),
            "Storage": version.get("storage").is_true(),
            "Deprecated": version.get("deprecated").is_true(),
            "DeprecationWarning": version.get("deprecationWarning").value,
            "Schema": Value::Null,
            "Subresources": Value::Null,
            "AdditionalPrinterColumns": Value::Null,
            "SelectableFields": Value::Null,
        })
    });
    shown.collect()
}

/// Checks that a schema is structural.
fn schema(spot: &Spot<'_>, root: bool, faults: &mut Faults) {
    let kind = spot.get("type");
    let is_true = |key: &str| spot.find(key).is_some_and(|flag| flag.is_true());
    if kind.is_empty() {
        if root {
            faults.required(&kind, "must not be empty at the root");
        } else if !is_true("x-kubernetes-preserve-unknown-fields") && !is_true("x-kubernetes-int-or-string") {
            let place = if spot.path.ends_with(".items") { "array items" } else { "object fields" };
            faults.required(&kind, &format!("must not be empty for specified {place}"));
        }
    } else {
        faults.optional_choice(&kind, TYPES);
        if root && kind.text() != "object" {
            faults.invalid(&kind, "must be object at the root");
        }
    }
    if let Some(open) = spot.find("x-kubernetes-preserve-unknown-fields").filter(|open| !open.is_true()) {
        faults.invalid(&open, "must be true or undefined");
    }
    let items = spot.find("items");
    if kind.text() == "array" && items.is_none() {
        faults.required(&spot.get("items"), "must be specified");
    }
    if let Some(items) = items.filter(Spot::is_object_like) {
        schema(&items, false, faults);
    }
    let properties = spot.find("properties");
    for (_, field) in properties.iter().flat_map(Spot::entries) {
        schema(&field, false, faults);
    }
    if let Some(entries) = spot.find("additionalProperties").filter(Spot::is_object_like) {
        if properties.is_some() {
            faults.forbidden(&entries, "additionalProperties and properties are mutual exclusive");
        }
        schema(&entries, false, faults);
    }
    list(spot, faults);
    if let Some(pattern) = spot.find("pattern")
        && let Some(why) = pattern_fault(pattern.text())
    {
        faults.invalid(
            &pattern,
            format!("must be a valid regular expression, but isn't: error parsing regexp: {why}"),
        );
    }
    if let Some(default) = spot.find("default") {
        let schema = Schema::from_open_api(spot.value, false);
        for found in structural::check(&schema, default.value) {
            let below = found.field.trim_start_matches("<nil>");
            let dot = if below.is_empty() { "" } else { "." };
            let field = format!("{}{dot}{below}", default.path);
            faults.0.push(Fault { reason: reason(found.code), field, message: found.message });
        }
    }
}

/// The reason of a cause for a value that its own schema refuses.
fn reason(code: Code) -> &'static str {
    match code {
        Code::WrongType => "FieldValueTypeInvalid",
        Code::Required => "FieldValueRequired",
        Code::Enum => "FieldValueNotSupported",
        Code::Duplicate => "FieldValueDuplicate",
        _ => "FieldValueInvalid",
    }
}

/// What is wrong with a regular expression, in the words of Go's parser as far as they are foreseen.
fn pattern_fault(text: &str) -> Option<String> {
    if structural::is_pattern(text) {
        return None;
    }
    let count = |char: char| text.matches(char).count();
    Some(match text {
        _ if count('(') > count(')') => format!("missing closing ): `{text}`"),
        _ if count('(') < count(')') => format!("unexpected ): `{text}`"),
        _ if count('[') > count(']') => {
            format!("missing closing ]: `{}`", &text[text.find('[').unwrap_or_default()..])
        }
        _ if text.starts_with(['*', '+', '?']) => {
            format!("missing argument to repetition operator: `{}`", &text[..1])
        }
        _ => format!("invalid or unsupported Perl syntax: `{text}`"),
    })
}

fn list(spot: &Spot<'_>, faults: &mut Faults) {
    let kind = spot.find("x-kubernetes-list-type");
    if let Some(kind) = &kind {
        if !matches!(kind.text(), "atomic" | "set" | "map") {
            faults.0.push(Fault::unsupported(&kind.path, kind.value, &["atomic", "set", "map"]));
        }
        if spot.get("type").text() != "array" {
            faults.invalid(&spot.get("type"), "must be array if x-kubernetes-list-type is specified");
        }
    }
    if kind.is_some_and(|kind| kind.text() == "map") {
        let keys = spot.get("x-kubernetes-list-map-keys");
        if keys.is_empty() {
            faults.required(&keys, "must not be empty if x-kubernetes-list-type is map");
        }
        for key in keys.items() {
            let field = spot.at("items.properties").get(key.text());
            if !field.is_there() {
                faults.invalid(&key, "entries must all be names of item properties");
            }
        }
    } else if let Some(keys) = spot.find("x-kubernetes-list-map-keys") {
        faults.forbidden(&keys, "must not be set if x-kubernetes-list-type is not map");
    }
}
