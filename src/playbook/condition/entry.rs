//! `condition=Ready`: kubectl's spelling for an entry of `status.conditions`.
//! It must never know what the entry means.

use crate::diagnostic::{Code, Diagnostic};
use crate::json::Value;
use crate::playbook::expression::compare::{quoted, shown};
use crate::playbook::expression::{Truth, Unmet};
use crate::playbook::suggest;
use crate::source::Span;

/// An entry of `status.conditions`, in kubectl's spelling.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The type of the entry, compared without regard to case.
    pub kind: String,
    /// The wanted status, compared without regard to case; `True` if left out.
    pub status: String,
    /// Where it is written.
    pub span: Span,
}

/// The statuses that Kubernetes has.
const STATUSES: [&str; 3] = ["True", "False", "Unknown"];

impl Entry {
    /// Reads what follows `condition=`; `None` if the text does not begin so.
    ///
    /// # Errors
    /// The finding says how it is written.
    pub(super) fn parse(text: &str, span: Span) -> Option<Result<Entry, Diagnostic>> {
        let rest = text.strip_prefix("condition")?.trim_start();
        let rest = rest.strip_prefix("==").or_else(|| rest.strip_prefix('='))?;
        Some(Entry::parse_rest(text, rest, span))
    }

    fn parse_rest(text: &str, rest: &str, span: Span) -> Result<Entry, Diagnostic> {
        let error = |message: String, help: String| {
            Err(Diagnostic::error(Code::BadCondition, span, message).help(help))
        };
        let (kind, status) = rest.split_once('=').map_or((rest, None), |(kind, status)| (kind, Some(status)));
        if text.contains("&&") || text.contains("||") {
            let help = "Write a list of conditions; or `$.status.conditions[?@.type == 'Ready' && @.status == 'True']`.";
            return error("`condition=` stands alone".into(), help.into());
        }
        let is_kind = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.' | '/');
        if !text.starts_with("condition=") || text.starts_with("condition==") || !kind.chars().all(is_kind) {
            let plain: String = kind.chars().filter(|char| is_kind(*char)).collect();
            let plain = if plain.is_empty() { "Ready".to_owned() } else { plain };
            return error(
                "this is not how an entry of `status.conditions` is written".into(),
                format!("Write `condition={plain}`."),
            );
        }
        if kind.is_empty() || status == Some("") {
            return error(
                "a word is missing behind `=`".into(),
                "Write `condition=Ready` or `condition=Ready=False`.".into(),
            );
        }
        let status = status.unwrap_or("True");
        let known = STATUSES.iter().find(|known| known.eq_ignore_ascii_case(status));
        if let (None, Some(nearest)) = (known, suggest::nearest(status, STATUSES)) {
            return error(
                format!("there is no status `{status}`"),
                format!("Did you mean `condition={kind}={nearest}`?"),
            );
        }
        if !status.chars().all(is_kind) {
            return error(
                format!("there is no status `{status}`"),
                format!("Write `condition={kind}=False`."),
            );
        }
        Ok(Entry { kind: kind.to_owned(), status: status.to_owned(), span })
    }

    /// Judges an object; if it is unmet, says what the entry is.
    pub fn judge(&self, object: &Value) -> Truth {
        self.judge_as(true, object)
    }

    /// Judges whether it is met, or whether it is not: as is wanted.
    pub fn judge_as(&self, wanted: bool, object: &Value) -> Truth {
        let entries = object.pointer("/status/conditions").and_then(Value::as_array);
        let same = |value: Option<&Value>, word: &str| {
            value.and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case(word))
        };
        let entry =
            entries.and_then(|entries| entries.iter().find(|entry| same(entry.get("type"), &self.kind)));
        let actual = entry.and_then(|entry| entry.get("status"));
        if same(actual, &self.status) == wanted {
            return Truth::Met;
        }
        let not = if wanted { "" } else { "not " };
        Truth::Unmet(vec![Unmet {
            span: self.span,
            path: format!("$.status.conditions[?@.type == {}].status", quoted(&self.kind)),
            actual: actual.map_or_else(|| "nothing".to_owned(), shown),
            wanted: format!("{not}== {}", quoted(&self.status)),
        }])
    }

    /// As it is written.
    pub fn source(&self) -> String {
        match self.status.as_str() {
            "True" => format!("condition={}", self.kind),
            status => format!("condition={}={status}", self.kind),
        }
    }
}
