//! The variables of a playbook: its defaults, then vars files, then the command line.
//! It must never know what they are used for.

use super::{Inputs, Set};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::json::{Map, Text, Value};
use crate::playbook::suggest;
use crate::playbook::template::{self, Scope};
use crate::source::{Dialect, Entry, FileId, Node, Sources, Span, Tree, read_yaml};
use std::path::Path;

/// The variables with their values. Defaults may use `env`, `secrets` and `run`.
pub(super) fn resolve(
    tree: &Tree,
    scope: &Scope,
    sources: &mut Sources,
    inputs: &Inputs,
    found: &mut Diagnostics,
) -> Map {
    let mut vars = Map::new();
    if let Some(Tree { node: Node::Map(entries), .. }) = tree.get("vars") {
        for entry in entries {
            let default = template::expand(&entry.value, scope, found);
            vars.insert(entry.key.as_str().into(), default.to_value());
        }
    }
    for path in &inputs.vars_files {
        let _ = file(path, &mut vars, sources, found);
    }
    for set in &inputs.set {
        argument(set, &mut vars, sources, found);
    }
    vars
}

/// The tree without `vars`, which are expanded by themselves.
pub(super) fn without_vars(tree: &Tree) -> Tree {
    match &tree.node {
        Node::Map(entries) => {
            let rest: Vec<Entry> = entries.iter().filter(|entry| entry.key != "vars").cloned().collect();
            Tree { node: Node::Map(rest), span: tree.span }
        }
        _ => tree.clone(),
    }
}

/// Puts `vars` back where they were, so that their form is checked with the rest.
pub(super) fn put_back(expanded: &mut Tree, tree: &Tree) {
    if let (Node::Map(entries), Some(vars)) = (&mut expanded.node, tree.entry("vars")) {
        entries.push(vars.clone());
    }
}

fn file(path: &Path, vars: &mut Map, sources: &mut Sources, found: &mut Diagnostics) -> Option<()> {
    let unreadable = |sources: &mut Sources, message: String| {
        let file = sources.add("--vars-file", path.display().to_string());
        let message = format!("the vars file cannot be read: {message}");
        Diagnostic::error(Code::Unreadable, sources.whole(file), message)
            .maybe_help(super::near::help(path, Path::new("")))
    };
    let id = match sources.read(path) {
        Ok(id) => id,
        Err(error) => {
            found.push(unreadable(sources, error.message).maybe_help(error.help));
            return None;
        }
    };
    let (documents, faults) = read_yaml(sources, id, Dialect::Playbook);
    found.faults(faults);
    for document in &documents {
        match &document.tree.node {
            Node::Map(entries) => {
                for entry in entries {
                    let assignment = Assignment {
                        path: &[entry.key.as_str()],
                        name: entry.key_span,
                        at: entry.value.span,
                        value: entry.value.to_value(),
                        quote: "Quote it.",
                    };
                    assign(assignment, 0, vars, found);
                }
            }
            Node::Null => {}
            _ => {
                let message = format!(
                    "a vars file is a mapping of names to values, and this is {}",
                    document.tree.kind()
                );
                found.push(
                    Diagnostic::error(Code::BadVariable, document.tree.head(), message)
                        .help("Write `name: value`."),
                );
            }
        }
    }
    Some(())
}

fn argument(set: &Set, vars: &mut Map, sources: &mut Sources, found: &mut Diagnostics) {
    let flag = if set.text { "--set-string" } else { "--set" };
    let id = sources.add(flag, set.argument.as_str());
    let whole = sources.whole(id);
    let Some((name, text)) = set.argument.split_once('=').filter(|(name, _)| !name.is_empty()) else {
        let message = format!("{flag} takes NAME=VALUE");
        found.push(
            Diagnostic::error(Code::BadVariable, whole, message).help(format!("Write `{flag} replicas=3`.")),
        );
        return;
    };
    let value_span = whole.slice(name.len() + 1, set.argument.len());
    let value = if set.text { Some(text.into()) } else { yaml(text, id, name.len() + 1, sources, found) };
    if let Some(value) = value {
        let path: Vec<&str> = name.split('.').collect();
        let name = whole.slice(0, name.len());
        let quote = "For a text as it stands, use --set-string.";
        assign(Assignment { path: &path, name, at: value_span, value, quote }, 0, vars, found);
    }
}

/// The YAML value behind `=`; the blanked name keeps its places.
fn yaml(text: &str, id: FileId, from: usize, sources: &Sources, found: &mut Diagnostics) -> Option<Value> {
    let mut alone = Sources::new();
    let inner = alone.add("--set", text);
    let (documents, faults) = read_yaml(&alone, inner, Dialect::Playbook);
    let whole = sources.whole(id);
    for fault in &faults {
        let span = whole.slice(from + fault.span.start as usize, from + fault.span.end as usize);
        found.push(
            Diagnostic::error(Code::BadVariable, span, fault.message.clone())
                .help("For a text as it stands, use --set-string."),
        );
    }
    if !faults.is_empty() {
        return None;
    }
    Some(documents.first().map_or(Value::Null, |document| document.tree.to_value()))
}

/// A value that a variable, or a part of one, shall have.
struct Assignment<'a> {
    /// The names on the way to it.
    path: &'a [&'a str],
    name: Span,
    at: Span,
    value: Value,
    /// What to do where a text is wanted and this is none.
    quote: &'static str,
}

/// Assigns below `path[..depth]`, of which `vars` is the value.
fn assign(assignment: Assignment<'_>, depth: usize, vars: &mut Map, found: &mut Diagnostics) {
    let Assignment { path, name, at, .. } = assignment;
    let (above, [first, rest @ ..]) = path.split_at(depth) else { return };
    let Some(current) = vars.get_mut(first) else {
        let message = match above {
            [] => format!("the playbook has no variable `{first}`"),
            _ => format!("`{}` has no `{first}`", above.join(".")),
        };
        let help = suggest::help(first, vars.keys().map(Text::as_str));
        let help = help.unwrap_or_else(|| "Declare it with a default under `vars`.".into());
        found.push(Diagnostic::error(Code::BadVariable, name, message).help(help));
        return;
    };
    if !rest.is_empty() {
        if let Value::Object(inner) = current {
            return assign(assignment, depth + 1, inner, found);
        }
        let message = format!("`{first}` is {}, so nothing in it can be set", type_of(current));
        let help = format!("Set it as a whole: `{}=…`.", path[..=depth].join("."));
        found.push(Diagnostic::error(Code::BadVariable, name, message).help(help));
        return;
    }
    let value = assignment.value;
    if !current.is_null() && type_of(current) != type_of(&value) {
        let message =
            format!("`{first}` is {} by default, and this is {}", type_of(current), type_of(&value));
        let scalar = !value.is_array() && !value.is_object();
        let help = match current {
            Value::String(_) if scalar => assignment.quote.to_owned(),
            current => format!("The default is `{current}`, and every value must be of its type."),
        };
        found.push(Diagnostic::error(Code::BadVariable, at, message).help(help));
        return;
    }
    *current = value;
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
