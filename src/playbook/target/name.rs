//! `Kind/name`, and the parts of it.
//! It must never know which kinds there are.

use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Value, json};
use crate::playbook::decode::{Decode, Decoder, Schema};
use crate::source::{Node, Span, Spanned, Text, Tree};

/// One object by kind and name: `Deployment.apps/web`.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectName {
    /// Its kind.
    pub kind: KindWord,
    /// Its name.
    pub name: Spanned<String>,
    /// All of it.
    pub span: Span,
}

/// A kind as a person writes it: the kind, its plural or its short name, perhaps with a group and a version.
#[derive(Clone, Debug, PartialEq)]
pub struct KindWord {
    /// `Deployment`, `deployments`, `deploy`.
    pub word: String,
    /// `v1`, of `Deployment.v1.apps`.
    pub version: Option<String>,
    /// `apps`, of `Deployment.apps`; empty of `Pod.v1.`, kubectl's spelling of the core group.
    pub group: Option<String>,
    /// Where it is written.
    pub span: Span,
}

/// Kinds of which objects may have other names than those that DNS allows.
const ANY_NAME: [&str; 7] = [
    "role",
    "clusterrole",
    "rolebinding",
    "clusterrolebinding",
    "certificatesigningrequest",
    "csr",
    "ipaddress",
];

impl ObjectName {
    /// As it is written.
    pub fn source(&self) -> String {
        format!("{}/{}", self.kind.source(), self.name.value)
    }

    fn parse(text: &Text) -> Result<ObjectName, Diagnostic> {
        let joined = text.joined();
        let written = joined.trim();
        let start = joined.len() - joined.trim_start().len();
        let place = |from: usize, to: usize| text.place(start + from, start + to);
        let slash = written.find('/').unwrap_or(written.len());
        let (kind, name) = (&written[..slash], written.get(slash + 1..).unwrap_or(""));
        if text.has_holes() {
            let kind = KindWord { word: kind.to_owned(), version: None, group: None, span: text.span };
            return Ok(ObjectName { kind, name: Spanned::new(name.to_owned(), text.span), span: text.span });
        }
        if let Some((message, help)) = shape(written) {
            return Err(Diagnostic::error(Code::BadTarget, text.span, message).help(help));
        }
        let kind = KindWord::parse(kind, &|from, to| place(from, to))?;
        if let Some((from, to, message)) = bad_name(&kind.word, name) {
            let finding =
                Diagnostic::error(Code::BadTarget, place(slash + 1 + from, slash + 1 + to), message);
            return Err(finding
                .help("Names are lowercase letters, digits, `-` and `.`, as the API server takes them."));
        }
        Ok(ObjectName {
            kind,
            name: Spanned::new(name.to_owned(), place(slash + 1, written.len())),
            span: text.span,
        })
    }
}

/// What is wrong with the whole of a text that must be `Kind/name`, and how to write it.
fn shape(written: &str) -> Option<(&'static str, String)> {
    let words: Vec<&str> = written.split_whitespace().collect();
    let form = "a target is written `Kind/name`";
    let parts: Vec<&str> = written.split('/').collect();
    match (words.as_slice(), parts.as_slice()) {
        ([], _) => Some(("this target is empty", "Write `Kind/name`, such as `Deployment/web`.".to_owned())),
        ([kind, flag, labels], _) if *flag == "-l" => {
            Some((form, format!("Write `{{ kind: {kind}, labels: {labels} }}`.")))
        }
        ([first, second], _) if !written.contains('/') => Some((form, format!("Write `{first}/{second}`."))),
        ([_, _, ..], _) => Some((form, "Leave the blanks out: `Deployment/web`.".to_owned())),
        (_, [word]) if [".yaml", ".yml", ".json"].iter().any(|end| word.ends_with(end)) => {
            Some((form, format!("The objects of a manifest are `{{ manifest: {word} }}`.")))
        }
        (_, [word]) if word.contains('=') => {
            Some((form, format!("Labels stand in a mapping: `{{ kind: Pod, labels: '{word}' }}`.")))
        }
        (_, [word]) if word.starts_with(|first: char| first.is_lowercase()) => Some((
            form,
            format!(
                "Write `Kind/{word}` if it is a name, `{word}/NAME` or `{{ kind: {word} }}` if it is a kind."
            ),
        )),
        (_, [word]) => Some((
            form,
            format!("Write `{word}/NAME` for one object, `{{ kind: {word} }}` for all in the namespace."),
        )),
        (_, [_, last]) if [".yaml", ".yml", ".json"].iter().any(|end| last.ends_with(end)) => {
            Some((form, format!("The objects of a manifest are `{{ manifest: {written} }}`.")))
        }
        (_, ["", _]) => Some((
            "the kind is missing before `/`",
            "Write `Kind/name`, such as `Deployment/web`.".to_owned(),
        )),
        (_, [kind, ""]) => Some((
            "the name is missing behind `/`",
            format!("Write `{kind}/NAME` for one object, `{{ kind: {kind} }}` for all in the namespace."),
        )),
        (_, [kind, "*"]) => Some((form, format!("All in the namespace are `{{ kind: {kind} }}`."))),
        (_, [.., last])
            if parts.len() > 2 && [".yaml", ".yml", ".json"].iter().any(|end| last.ends_with(end)) =>
        {
            Some((form, format!("The objects of a manifest are `{{ manifest: {written} }}`.")))
        }
        (_, [group, _version, kind, name]) => Some((form, format!("Write `{kind}.{group}/{name}`."))),
        (_, [namespace, kind, name]) => {
            let help = match is_version(namespace) {
                true => format!("Write `{kind}/{name}`."),
                false => format!(
                    "A namespace stands in a mapping: `{{ kind: {kind}, name: {name}, namespace: {namespace} }}`."
                ),
            };
            Some((form, help))
        }
        (_, [_, _]) => None,
        _ => Some((form, "Write `Kind/name`, such as `Deployment.apps/web`.".to_owned())),
    }
}

impl KindWord {
    /// As it is written.
    pub fn source(&self) -> String {
        let parts = [Some(&self.word), self.version.as_ref(), self.group.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(".")
    }

    /// Reads `Deployment`, `deployments.apps`, `Deployment.v1.apps`; `place` tells where a part of it is written.
    fn parse(written: &str, place: &dyn Fn(usize, usize) -> Span) -> Result<KindWord, Diagnostic> {
        let (word, rest) = written.split_once('.').map_or((written, None), |(word, rest)| (word, Some(rest)));
        let fits = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '.');
        let wrong =
            written.char_indices().find(|&(at, char)| !fits(char) || at == 0 && !char.is_ascii_alphabetic());
        if let Some((at, char)) = wrong {
            let finding = Diagnostic::error(
                Code::BadTarget,
                place(at, at + char.len_utf8()),
                format!("a kind has no `{char}`"),
            );
            return Err(finding.help(
                "A kind is written `Deployment`, `deployments` or, with its group, `Deployment.apps`.",
            ));
        }
        let (version, group) = match rest.map(|rest| (rest, rest.split_once('.'))) {
            None => (None, None),
            Some((_, Some((version, group)))) if is_version(version) => (Some(version), Some(group)),
            Some((version, None)) if is_version(version) => (Some(version), None),
            Some((group, _)) => (None, Some(group)),
        };
        let odd =
            |group: &str| group.split('.').any(str::is_empty) && !(group.is_empty() && version.is_some());
        if word.is_empty() || group.is_some_and(odd) {
            let finding = Diagnostic::error(
                Code::BadTarget,
                place(0, written.len()),
                format!("`{written}` is no kind"),
            );
            return Err(finding.help("A kind is written `Deployment` or, with its group, `Deployment.apps`."));
        }
        Ok(KindWord {
            word: word.to_owned(),
            version: version.map(str::to_owned),
            group: group.map(str::to_owned),
            span: place(0, written.len()),
        })
    }
}

/// `v1`, `v1beta1`, `v2alpha3`.
pub(super) fn is_version(word: &str) -> bool {
    let Some(rest) = word.strip_prefix('v') else { return false };
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = ["alpha", "beta"].iter().find_map(|stage| rest.split_once(stage));
    number(rest) || parts.is_some_and(|(major, minor)| number(major) && number(minor))
}

/// What the API server would refuse of an object's name: from, to, why (DNS-1123 subdomains, for nearly every kind).
pub(super) fn bad_name(kind: &str, name: &str) -> Option<(usize, usize, String)> {
    let lower = kind.to_ascii_lowercase();
    let singular =
        if lower == "ipaddresses" { "ipaddress" } else { lower.strip_suffix('s').unwrap_or(&lower) };
    let any_name = ANY_NAME.contains(&lower.as_str()) || ANY_NAME.contains(&singular);
    let fits = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || matches!(char, '-' | '.');
    let fits_any = |char: char| !matches!(char, '/' | '%') && !char.is_whitespace();
    let wrong = name.char_indices().find(|&(_, char)| if any_name { !fits_any(char) } else { !fits(char) });
    if let Some((at, char)) = wrong {
        return Some((at, at + char.len_utf8(), format!("a name has no `{char}`")));
    }
    let edge = |char: char| !char.is_ascii_alphanumeric();
    if name.starts_with(edge) && !any_name {
        return Some((0, 1, "a name begins with a letter or a digit".to_owned()));
    }
    if name.ends_with(edge) && !any_name {
        return Some((name.len() - 1, name.len(), "a name ends with a letter or a digit".to_owned()));
    }
    (name.len() > 253).then(|| (0, name.len(), "a name has at most 253 characters".to_owned()))
}

impl Decode for ObjectName {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<ObjectName> {
        let Node::Text(text) = &tree.node else { return decoder.wrong_type(tree, "`Kind/name`") };
        ObjectName::parse(text).map_err(|finding| decoder.push(finding)).ok()
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string", "pattern": r"^\s*[^/\s]+/[^/\s]+\s*$|\$\{\{" })
    }

    fn words() -> String {
        "`Kind/name`".into()
    }
}

impl Decode for KindWord {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<KindWord> {
        let Node::Text(text) = &tree.node else {
            return decoder.wrong_type(tree, "a kind such as `Deployment`");
        };
        let written = text.joined();
        if text.has_holes() {
            return Some(KindWord { word: written, version: None, group: None, span: tree.span });
        }
        if let Some((kind, name)) = written.split_once('/') {
            let help = match is_version(name) {
                true => "Write `apiVersion` beside it.".to_owned(),
                false => format!("Write `kind: {kind}` and `name: {name}`."),
            };
            decoder
                .push(Diagnostic::error(Code::BadTarget, tree.span, "this must be a kind alone").help(help));
            return None;
        }
        KindWord::parse(&written, &|from, to| text.place(from, to))
            .map_err(|finding| decoder.push(finding))
            .ok()
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string" })
    }

    fn words() -> String {
        "kind".into()
    }
}
