//! Findings about a text: errors and warnings, each with a place, a stable code, what was expected and what to do.
//! It must never know how a finding came about, nor print: rendering returns text.

mod draw;

use crate::source::{Fault, FaultKind, Place, Sources, Span};
use draw::{Drawing, Mark};
use serde::Serialize;

/// Whether a finding stops a playbook from being run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It does.
    Error,
    /// It does not.
    Warning,
}

/// How many lines away from a finding something that belongs to it may stand to be drawn with it.
const NEAR: usize = 2;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The stable code of a finding, by which editors, CI and the documentation refer to it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as it is printed.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// A file is missing, unreadable, too large or no text.
    Unreadable = "unreadable",
    /// The text is not YAML.
    YamlSyntax = "yaml-syntax",
    /// A YAML tag.
    YamlTag = "yaml-tag",
    /// A value that ` #` cuts off.
    CutOff = "cut-off",
    /// Nested too deeply or too large once aliases are written out.
    YamlTooLarge = "yaml-too-large",
    /// A key that stands twice in a mapping.
    DuplicateKey = "duplicate-key",
    /// The file holds no playbook, or several.
    NoPlaybook = "no-playbook",
    /// A key that the language does not have there.
    UnknownKey = "unknown-key",
    /// A key that must be there and is not.
    MissingKey = "missing-key",
    /// Keys that exclude each other.
    ConflictingKeys = "conflicting-keys",
    /// A value of another type than the key takes.
    WrongType = "wrong-type",
    /// A value of the right type that is not allowed.
    BadValue = "bad-value",
    /// A duration that is none.
    BadDuration = "bad-duration",
    /// A name that is not made as names are.
    BadName = "bad-name",
    /// A step without a verb.
    NoVerb = "no-verb",
    /// A step with more than one verb.
    TwoVerbs = "two-verbs",
    /// A verb that the language does not have.
    UnknownVerb = "unknown-verb",
    /// A verb of the language that this version does not run.
    VerbNotYet = "verb-not-yet",
    /// A condition that cannot be read.
    BadCondition = "bad-condition",
    /// A JSONPath that cannot be read.
    BadJsonpath = "bad-jsonpath",
    /// A regular expression that cannot be read.
    BadRegex = "bad-regex",
    /// A `${{ }}` expression that cannot be read.
    BadExpression = "bad-expression",
    /// A name in an expression that nothing defines.
    UnknownName = "unknown-name",
    /// An environment variable that is not set.
    UnsetVariable = "unset-variable",
    /// An id that stands twice.
    DuplicateId = "duplicate-id",
    /// `save` without an `id`.
    SaveWithoutId = "save-without-id",
    /// A `--set` or vars file that does not fit the playbook's vars.
    BadVariable = "bad-variable",
    /// A manifest that is missing or unreadable.
    BadManifest = "bad-manifest",
    /// A manifest document that is no Kubernetes object.
    NotAnObject = "not-an-object",
    /// One object twice.
    DuplicateObject = "duplicate-object",
    /// A target that cannot be read.
    BadTarget = "bad-target",
    /// A target that nothing in the manifest answers to.
    NoSuchTarget = "no-such-target",
    /// A verb that needs one object, and there are none or several.
    NotOneObject = "not-one-object",
    /// A verb that its target cannot serve.
    CannotServe = "cannot-serve",
    /// A JSON Patch or JSON Pointer that cannot be read.
    BadPatch = "bad-patch",
    /// A label selector that cannot be read.
    BadSelector = "bad-selector",
    /// A timeout that is shorter than the time a condition must hold.
    TimeoutTooShort = "timeout-too-short",
    /// A condition that can never hold for this kind.
    NeverHolds = "never-holds",
    /// A condition that holds whatever the object does, or before what it waits for is there.
    HoldsTooEarly = "holds-too-early",
    /// `scale` where an autoscaler owns the replicas.
    AutoscalerOwns = "autoscaler-owns",
    /// A namespace unlike the one that was demanded.
    NamespaceMismatch = "namespace-mismatch",
    /// The API server, its webhook or the operator would refuse this object.
    WouldBeRefused = "would-be-refused",
    /// A kind that the cluster does not serve.
    NotServed = "not-served",
    /// A definition given with `--crd` that cannot be used.
    BadDefinition = "bad-definition",
    /// A schema of the cluster that could not be had.
    SchemaUnknown = "schema-unknown",
    /// Something the API server would drop or the operator would ignore.
    WouldBeIgnored = "would-be-ignored",
    /// A change that nothing waits for before a `delete`.
    NotWaitedFor = "not-waited-for",
    /// A short kind name that only a cluster can resolve.
    ClusterResolves = "cluster-resolves",
    /// A replicas field that another field overrules.
    LosingField = "losing-field",
    /// An older API version that is still served.
    OlderVersion = "older-version",
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// What sort of finding.
    pub code: Code,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to write at the caret.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
    /// Other places that belong to it.
    pub related: Vec<(Span, String)>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            span,
            label: "here".into(),
            help: None,
            related: Vec::new(),
        }
    }

    /// A warning at a place.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    /// The same with what to write at the caret.
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// The same with what to do.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// The same with what to do, if that is known.
    pub fn maybe_help(mut self, help: Option<String>) -> Diagnostic {
        self.help = help.or(self.help);
        self
    }

    /// The same with another place.
    pub fn related(mut self, span: Span, what: impl Into<String>) -> Diagnostic {
        self.related.push((span, what.into()));
        self
    }

    /// It as it is drawn for a person: the message, the lines with the caret, the help.
    pub fn render(&self, sources: &Sources, style: Style) -> String {
        let place = sources.place(self.span);
        // What belongs to it and stands near is drawn in the same picture, the rest is named by its place.
        let near = |other: &Place| {
            other.file == place.file && other.line.abs_diff(place.line) <= NEAR && other.length > 0
        };
        let (beside, elsewhere): (Vec<_>, Vec<_>) = self
            .related
            .iter()
            .partition(|(span, _)| span.file == self.span.file && near(&sources.place(*span)));
        let around = beside.iter().fold(self.span, |around, (span, _)| around.join(*span));
        let excerpt = sources.place(around);
        let mark = |span: Span, text: &str, primary: bool| Mark {
            from: excerpt.offset + span.start.saturating_sub(around.start) as usize,
            length: sources.place(span).length,
            text: text.to_owned(),
            primary,
        };
        let mut marks = vec![mark(self.span, &self.label, true)];
        marks.extend(beside.iter().map(|(span, what)| mark(*span, what, false)));
        let mut help: Vec<String> = self.help.iter().cloned().collect();
        help.extend(elsewhere.iter().map(|(span, what)| format!("{what}: {}", sources.place(*span))));
        draw::draw(
            &Drawing {
                severity: self.severity,
                code: self.code.as_str(),
                message: &self.message.replace(['\n', '\r'], " "),
                place: &place,
                excerpt: &excerpt,
                marks,
                help: Some(help.join("\n")).filter(|help| !help.is_empty()),
            },
            style,
        )
    }
}

impl From<Fault> for Diagnostic {
    fn from(fault: Fault) -> Diagnostic {
        let code = match fault.kind {
            FaultKind::Syntax => Code::YamlSyntax,
            FaultKind::DuplicateKey => Code::DuplicateKey,
            FaultKind::Tag => Code::YamlTag,
            FaultKind::CutOff => Code::CutOff,
            FaultKind::TooLarge => Code::YamlTooLarge,
        };
        let mut diagnostic = Diagnostic::error(code, fault.span, fault.message);
        diagnostic.help = fault.help;
        diagnostic.related = fault.related.into_iter().collect();
        diagnostic
    }
}

impl Diagnostics {
    /// The faults of a text. What a cut-off value lacks is not told again.
    pub fn faults(&mut self, faults: Vec<Fault>) {
        for fault in faults {
            let left =
                fault.related.as_ref().map(|(left, _)| *left).filter(|_| fault.kind == FaultKind::CutOff);
            self.push(Diagnostic::from(fault));
            left.into_iter().for_each(|left| self.settle(left));
        }
    }
}

/// All findings of a pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    settled: Vec<Span>,
    hidden: Vec<String>,
}

impl Diagnostics {
    /// None yet.
    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }

    /// One more. The same finding at the same place counts once.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if !self.found.contains(&diagnostic) && !self.is_settled(diagnostic.span) {
            self.found.push(diagnostic);
        }
    }

    /// All is said about this place: what else would be found in it only follows from that.
    pub fn settle(&mut self, span: Span) {
        self.settled.push(span);
    }

    fn is_settled(&self, span: Span) -> bool {
        self.settled.iter().any(|all| all.file == span.file && all.start <= span.start && span.end <= all.end)
    }

    /// Those of another pass too.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Diagnostic>) {
        others.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    /// These values stand in the texts and must not be shown with the findings.
    pub fn hide(&mut self, values: impl IntoIterator<Item = String>) {
        self.hidden.extend(values);
    }

    /// What must not be shown with the findings.
    pub fn hidden(&self) -> &[String] {
        &self.hidden
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// How many errors and how many warnings there are.
    pub fn counts(&self) -> (usize, usize) {
        let errors = self.found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
        (errors, self.found.len() - errors)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// All of them, files in the order of reading, each in the order of its text.
    pub fn in_order(&self) -> Vec<&Diagnostic> {
        let mut ordered: Vec<&Diagnostic> = self.found.iter().collect();
        ordered.sort_by_key(|diagnostic| (diagnostic.span, diagnostic.severity));
        ordered
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.into_iter()
    }
}

/// How findings are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// With colours.
    pub colour: bool,
    /// Columns to fit into.
    pub width: usize,
}

/// A finding as data, for editors and CI. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding<'a> {
    /// The file's name as the user gave it.
    pub file: String,
    /// Line of the first character.
    pub line: usize,
    /// Column of the first character.
    pub column: usize,
    /// Line of the last character.
    pub end_line: usize,
    /// Column behind the last character.
    pub end_column: usize,
    /// Error or warning.
    pub severity: Severity,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong.
    pub message: &'a str,
    /// What to do.
    pub help: Option<&'a str>,
}

impl<'a> Finding<'a> {
    /// A diagnostic as data.
    pub fn new(diagnostic: &'a Diagnostic, sources: &Sources) -> Finding<'a> {
        let place = sources.place(diagnostic.span);
        Finding {
            file: place.file,
            line: place.line,
            column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
            severity: diagnostic.severity,
            code: diagnostic.code.as_str(),
            message: &diagnostic.message,
            help: diagnostic.help.as_deref(),
        }
    }
}

/// Draws a sentence at a resolved place, as a finding is drawn: for failures of a run, and for replays without the file.
pub fn render_at(message: &str, code: &str, place: &Place, help: Option<&str>, style: Style) -> String {
    let mark = Mark { from: place.offset, length: place.length, text: "here".to_owned(), primary: true };
    draw::draw(
        &Drawing {
            severity: Severity::Error,
            code,
            message,
            place,
            excerpt: place,
            marks: vec![mark],
            help: help.map(str::to_owned),
        },
        style,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { colour: false, width: 100 };

    #[test]
    fn a_finding_is_drawn_with_its_caret() {
        let mut sources = Sources::new();
        let file = sources.add("play.yaml", "one: 1\ntwo: 2\nthree: 3\nfour: 4\n");
        let other = sources.add("other.yaml", "tree: 1\n");
        let span = Span { file, start: 14, end: 19 };
        let drawn = Diagnostic::error(Code::UnknownKey, span, "there is no key `three`")
            .help("Did you mean `tree`?")
            .related(Span { file, start: 0, end: 3 }, "first here")
            .related(sources.whole(other), "and there")
            .render(&sources, PLAIN);
        for part in [
            "unknown-key",
            "there is no key `three`",
            "play.yaml:3:1",
            "3 │ three: 3",
            "Did you mean `tree`?",
            "╰── first here",
            "        and there: other.yaml:1:1",
        ] {
            assert!(drawn.contains(part), "{part} is not in\n{drawn}");
        }
    }

    #[test]
    fn findings_come_in_the_order_of_the_text_and_once() {
        let mut sources = Sources::new();
        let file = sources.add("f", "abc");
        let at = |start| Diagnostic::error(Code::BadValue, Span { file, start, end: start + 1 }, "x");
        let mut all = Diagnostics::new();
        all.extend([at(2), at(0), at(2)]);
        let starts: Vec<u32> = all.in_order().iter().map(|found| found.span.start).collect();
        assert_eq!(starts, [0, 2]);
        assert_eq!(all.counts(), (2, 0));
    }

    #[test]
    fn codes_are_kebab_case_and_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()));
            assert!(code.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
        }
    }
}
