//! The names that `${{ }}` may use, and what is wrong with one that is none of them.
//! It must never know how expressions are read.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::json::{Map, Text, Value};
use crate::playbook::expression::Reference;
use crate::playbook::suggest;
use std::collections::BTreeSet;

/// The names that expressions may use.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// What is known: `vars`, `env`, `secrets` and `run`, each a mapping; at run time `steps`, `failure` and a loop's name too.
    pub known: Map,
    /// Names that will be known when the step starts: `steps`, `failure`, a loop's name. They hide known ones.
    pub late: BTreeSet<String>,
    /// An `env` or `secrets` variable that is not set is a warning and left open, as `validate` wants it; else it is an error.
    pub unset_is_late: bool,
}

/// What checking names gave; of several the last of these counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// It has a value, or its path will tell.
    Known,
    /// It will have a value later.
    Late,
    /// It has none; a finding says so.
    Missing,
}

impl Scope {
    /// Reports the names of an expression that nothing defines: for expressions that stand without `${{ }}`, as in `when`.
    pub fn report_unknown(&self, references: &[Reference], found: &mut Diagnostics) {
        self.check(references, found);
    }

    /// Checks the names of an expression. Every name without a value is a finding, also beside those that come later.
    pub(super) fn check(&self, references: &[Reference], found: &mut Diagnostics) -> Standing {
        references.iter().map(|reference| self.check_one(reference, found)).max().unwrap_or(Standing::Known)
    }

    fn check_one(&self, reference: &Reference, found: &mut Diagnostics) -> Standing {
        let root = reference.root.as_str();
        match (self.late.contains(root), self.known.get(root)) {
            (true, _) => Standing::Late,
            (false, None) => {
                found.push(self.unknown_root(reference));
                Standing::Missing
            }
            (false, Some(Value::Object(map))) => match root {
                "env" | "secrets" => self.check_variable(reference, map, found),
                "vars" | "run" => check_name(reference, map, found),
                // What a step saved or a loop goes over may lack a key; its value is asked for that.
                _ => Standing::Known,
            },
            (false, Some(_)) => Standing::Known,
        }
    }

    fn unknown_root(&self, reference: &Reference) -> Diagnostic {
        let root = reference.root.as_str();
        let vars = self.known.get("vars").and_then(Value::as_object);
        let help = match vars.is_some_and(|vars| vars.contains_key(root)) {
            true => Some(format!("Did you mean `vars.{root}`?")),
            false => {
                let roots: BTreeSet<&str> =
                    self.known.keys().map(Text::as_str).chain(self.late.iter().map(String::as_str)).collect();
                suggest::help(root, roots)
            }
        };
        let message = format!("there is no name `{root}`");
        Diagnostic::error(Code::UnknownName, reference.root.span, message).maybe_help(help)
    }

    /// The finding that a path of names leads nowhere, at the name where it leaves what there is.
    pub(super) fn deepest(&self, reference: &Reference) -> Option<Diagnostic> {
        // Of what a step saved, whoever reads the finding has no list to look into.
        let root = Some(reference.root.as_str()).filter(|root| matches!(*root, "vars" | "run"))?;
        let mut here = self.known.get(root)?;
        let mut path = reference.root.value.clone();
        for name in &reference.names {
            let Some(next) = here.get(name.as_str()) else {
                let message = format!("`{path}` has no `{}`", name.value);
                let known = here.as_object().map(|map| map.keys().map(Text::as_str).collect::<Vec<_>>());
                let help = known.and_then(|known| suggest::help(name, known));
                return Some(Diagnostic::error(Code::UnknownName, name.span, message).maybe_help(help));
            };
            path = format!("{path}.{}", name.value);
            here = next;
        }
        None
    }

    fn check_variable(&self, reference: &Reference, map: &Map, found: &mut Diagnostics) -> Standing {
        let root = reference.root.as_str();
        let Some(name) = reference.names.first() else {
            let message = format!("`{root}` alone is every variable there is");
            let finding = Diagnostic::error(Code::BadExpression, reference.root.span, message);
            found.push(finding.help(format!("Name one: `{root}.NAME`.")));
            return Standing::Missing;
        };
        if map.contains_key(name.as_str()) {
            return Standing::Known;
        }
        let message = format!("the environment variable {} is not set", name.value);
        if self.unset_is_late {
            found.push(Diagnostic::warning(Code::UnsetVariable, name.span, message).help("A run needs it."));
            return Standing::Late;
        }
        found.push(Diagnostic::error(Code::UnsetVariable, name.span, message).help("Set it before the run."));
        Standing::Missing
    }
}

fn check_name(reference: &Reference, map: &Map, found: &mut Diagnostics) -> Standing {
    let Some(name) = reference.names.first().filter(|name| !map.contains_key(name.as_str())) else {
        return Standing::Known;
    };
    let message = format!("`{}` has no `{}`", reference.root.value, name.value);
    let help = suggest::help(name, map.keys().map(Text::as_str));
    found.push(Diagnostic::error(Code::UnknownName, name.span, message).maybe_help(help));
    Standing::Missing
}
