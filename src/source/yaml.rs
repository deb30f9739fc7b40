//! Reads YAML (and so JSON) into [`Tree`]s, with every key and value in its place and every fault of the text collected.
//! It must never know what the document is for.

use super::meant::Meant;
use super::scalar::resolve;
use super::text::Escapes;
use super::{Dialect, Entry, FileId, Node, OffsetMap, Sources, Span, Text, Tree};
use serde_yaml::granit_parser::{
    ErrorKind, Event, Options, Parser, Placement, ScalarStyle, ScanError, StructureStyle, Tag,
};
use std::borrow::Cow;
use std::collections::HashMap;

/// One document of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its root.
    pub tree: Tree,
}

/// Something in the text that is not as it must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What sort of fault.
    pub kind: FaultKind,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to do.
    pub help: Option<String>,
    /// Another place that belongs to it, and what it is.
    pub related: Option<(Span, String)>,
}

/// The sorts of [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The text is not YAML.
    Syntax,
    /// A key stands twice in one mapping.
    DuplicateKey,
    /// A tag, where none is allowed.
    Tag,
    /// A value cut off by ` #`.
    CutOff,
    /// Nested too deeply, or too many nodes once aliases are expanded.
    TooLarge,
}

/// What to do about a document that is nested too deeply.
const FLATTER: &str = "No playbook and no object nests so deeply: look for a bracket too many.";

/// What a dialect allows.
struct Limits {
    depth: usize,
    nodes: usize,
}

/// Reads all documents of a file. Where the text is not YAML, what was read before that place is returned beside the fault.
pub fn read_yaml(sources: &Sources, file: FileId, dialect: Dialect) -> (Vec<Document>, Vec<Fault>) {
    let text = sources.text(file);
    let mut reader = Reader {
        file,
        text,
        dialect,
        limits: match dialect {
            Dialect::Playbook => Limits { depth: 64, nodes: 250_000 },
            Dialect::Manifest => Limits { depth: 128, nodes: 2_000_000 },
        },
        nodes: 0,
        stack: Vec::new(),
        anchors: HashMap::new(),
        documents: Vec::new(),
        faults: Vec::new(),
        last_plain: None,
    };
    let mut options = Options::default();
    options.max_buffered_comment_events = usize::MAX;
    options.set_emit_comments(dialect == Dialect::Playbook);
    for next in Parser::new_from_str_with_options(text, options) {
        let going_on = match next {
            Ok((event, span)) => reader.take(event, span),
            Err(error) => {
                reader.syntax(&error);
                false
            }
        };
        if !going_on {
            break;
        }
    }
    (reader.documents, reader.faults)
}

/// A collection that is being read.
struct Frame {
    node: Unfinished,
    start: u32,
    flow: bool,
    anchor: usize,
    /// Nodes read before it began.
    nodes_before: usize,
}

enum Unfinished {
    List(Vec<Tree>),
    Map { entries: Vec<Entry>, key: Option<(Tree, bool)>, merges: Vec<Tree>, seen: HashMap<String, Span> },
}

struct Reader<'text> {
    file: FileId,
    text: &'text str,
    dialect: Dialect,
    limits: Limits,
    nodes: usize,
    stack: Vec<Frame>,
    /// Finished anchored nodes and how many nodes each is.
    anchors: HashMap<usize, (Tree, usize)>,
    documents: Vec<Document>,
    faults: Vec<Fault>,
    /// The last plain scalar, for values that a comment cuts off.
    last_plain: Option<Span>,
}

type Marks = serde_yaml::granit_parser::Span;

impl<'text> Reader<'text> {
    fn take(&mut self, event: Event<'text>, marks: Marks) -> bool {
        let span = self.span(&marks);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tagged = self.tag(tag.as_deref(), &marks);
                let tree = match tagged {
                    // What was meant to be a value, so that its loss is told once.
                    Some(tag) if text.is_empty() && matches!(style, ScalarStyle::Plain) => self.written(tag),
                    _ => self.scalar(text, style, tag.as_deref(), span),
                };
                self.value(tree, anchor, 1, matches!(style, ScalarStyle::Plain))
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.tag(tag.as_deref(), &marks);
                self.open(Unfinished::List(Vec::new()), style, anchor, span)
            }
            Event::MappingStart(style, anchor, tag) => {
                self.tag(tag.as_deref(), &marks);
                let node = Unfinished::Map {
                    entries: Vec::new(),
                    key: None,
                    merges: Vec::new(),
                    seen: HashMap::new(),
                };
                self.open(node, style, anchor, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some((tree, size)) => self.value(tree, 0, size, false),
                None => {
                    let message = "this alias stands inside the node that it repeats";
                    self.fault(FaultKind::Syntax, message, span, Some("Write out what is meant."));
                    false
                }
            },
            Event::Comment(_, Placement::Right) => {
                self.cut_off(span);
                true
            }
            _ => true,
        }
    }

    fn open(&mut self, node: Unfinished, style: StructureStyle, anchor: usize, span: Span) -> bool {
        if self.stack.len() >= self.limits.depth {
            let message = format!("this is nested more than {} levels deep", self.limits.depth);
            self.fault(FaultKind::TooLarge, &message, span, Some(FLATTER));
            return false;
        }
        let flow = matches!(style, StructureStyle::Flow);
        self.stack.push(Frame { node, start: span.start, flow, anchor, nodes_before: self.nodes });
        true
    }

    fn close(&mut self, end: Span) -> bool {
        let Some(frame) = self.stack.pop() else { return true };
        let (node, last) = match frame.node {
            Unfinished::List(items) => {
                let last = items.last().map(|item| item.span.end);
                (Node::List(items), last)
            }
            Unfinished::Map { mut entries, merges, .. } => {
                let last = entries.iter().map(|entry| entry.value.span.end.max(entry.key_span.end)).max();
                for merged in merges {
                    let Node::Map(merged) = merged.node else { continue };
                    for entry in merged {
                        if !entries.iter().any(|own| own.key == entry.key) {
                            entries.push(entry);
                        }
                    }
                }
                (Node::Map(entries), last)
            }
        };
        let finish = if frame.flow { end.end } else { last.unwrap_or(frame.start) };
        let span = Span { file: self.file, start: frame.start, end: finish.max(frame.start) };
        let size = self.nodes - frame.nodes_before + 1;
        self.nodes = frame.nodes_before;
        self.value(Tree { node, span }, frame.anchor, size, false)
    }

    /// Puts a finished node where it belongs.
    fn value(&mut self, mut tree: Tree, anchor: usize, size: usize, plain: bool) -> bool {
        self.nodes = self.nodes.saturating_add(size);
        if self.nodes > self.limits.nodes {
            let message =
                format!("this holds more than {} values once its aliases are written out", self.limits.nodes);
            self.fault(
                FaultKind::TooLarge,
                &message,
                tree.span,
                Some("Aliases (`*name`) multiply what they repeat."),
            );
            return false;
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (tree.clone(), size));
        }
        let Some(frame) = self.stack.last_mut() else {
            self.nodes = 0;
            self.anchors.clear();
            self.documents.push(Document { tree });
            return true;
        };
        match &mut frame.node {
            Unfinished::List(items) => items.push(tree),
            Unfinished::Map { entries, key, merges, seen } => match key.take() {
                None => *key = Some((tree, plain)),
                Some((key_tree, plain)) => {
                    let Some(name) = key_text(&key_tree, self.dialect, self.text) else {
                        let message = format!("a key must be a text, and this one is {}", key_tree.kind());
                        let help =
                            "Inside `{ }` and `[ ]`, quote a text that has braces in it: \"${{ … }}\".";
                        self.fault(FaultKind::Syntax, &message, key_tree.span, Some(help));
                        return true;
                    };
                    if plain && name == "<<" {
                        match tree.node {
                            Node::Map(_) => merges.push(tree),
                            Node::List(items) if items.iter().all(|item| item.entries().is_some()) => {
                                merges.extend(items)
                            }
                            _ => {
                                let message = "`<<` merges mappings, and this is none";
                                self.fault(
                                    FaultKind::Syntax,
                                    message,
                                    tree.span,
                                    Some("Write `<<: *anchor`."),
                                );
                            }
                        }
                        return true;
                    }
                    if let Some(first) = seen.get(&name) {
                        let related = Some((*first, "first here".to_owned()));
                        let message = format!("the key `{name}` stands twice in this mapping");
                        self.faults.push(Fault {
                            kind: FaultKind::DuplicateKey,
                            message,
                            span: key_tree.span,
                            help: Some("Keep one of them.".into()),
                            related,
                        });
                        return true;
                    }
                    if tree.node == Node::Null && tree.span.start == tree.span.end {
                        tree.span = key_tree.span;
                    }
                    seen.insert(name.clone(), key_tree.span);
                    entries.push(Entry { key: name, key_span: key_tree.span, value: tree });
                }
            },
        }
        true
    }

    fn scalar(&mut self, text: Cow<'text, str>, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Tree {
        let string_tag = tag.is_some_and(|tag| tag.parts().1 == "str");
        if matches!(style, ScalarStyle::Plain) {
            self.last_plain = Some(span);
            if !string_tag && let Some(node) = resolve(&text, self.dialect) {
                return Tree { node, span };
            }
        }
        let raw = self.text.get(span.start as usize..span.end as usize).unwrap_or("");
        let (skip, escapes) = match style {
            ScalarStyle::SingleQuoted => (1, Escapes::Single),
            ScalarStyle::DoubleQuoted => (1, Escapes::Double),
            ScalarStyle::Literal | ScalarStyle::Folded => (block_header(raw), Escapes::None),
            ScalarStyle::Plain => (0, Escapes::None),
        };
        let start = span.start + u32::try_from(skip).unwrap_or(0);
        let map = if raw == text {
            OffsetMap::verbatim(span.start, raw.len())
        } else {
            OffsetMap::align(raw.get(skip..).unwrap_or(""), start, &text, escapes)
        };
        Tree { node: Node::Text(Text::literal(text, map, span)), span }
    }

    /// A text as it stands in the file.
    fn written(&self, span: Span) -> Tree {
        let text = self.text.get(span.start as usize..span.end as usize).unwrap_or("");
        Tree {
            node: Node::Text(Text::literal(text, OffsetMap::verbatim(span.start, text.len()), span)),
            span,
        }
    }

    /// Reports a tag and says where it is.
    fn tag(&mut self, tag: Option<&Tag>, marks: &Marks) -> Option<Span> {
        if tag.is_none() || self.dialect == Dialect::Manifest {
            return None;
        }
        let span = marks.tag_span().map_or_else(|| self.span(marks), |marks| self.span(&marks));
        let written = self.text.get(span.start as usize..span.end as usize).unwrap_or("!");
        let message = format!("YAML reads `{written}` as a tag, not as a part of the value");
        self.fault(FaultKind::Tag, &message, span, Some("Quote the whole value: '…'."));
        Some(span)
    }

    /// A comment right behind a plain scalar that is visibly not complete.
    fn cut_off(&mut self, comment: Span) {
        if self.dialect == Dialect::Manifest {
            return;
        }
        let Some(plain) = self.last_plain.filter(|plain| plain.end <= comment.start) else { return };
        let between = self.text.get(plain.end as usize..comment.start as usize).unwrap_or("\n");
        let value = self.text.get(plain.start as usize..plain.end as usize).unwrap_or("");
        if between.trim_matches([' ', '\t']).is_empty() && incomplete(value) {
            let span = Span { file: self.file, start: comment.start, end: comment.start + 1 };
            let message = "YAML reads ` #` as the begin of a comment, and the value ends before it";
            self.faults.push(Fault {
                kind: FaultKind::CutOff,
                message: message.to_owned(),
                span,
                help: Some("Quote the whole value: '…'.".into()),
                related: Some((plain, "all that is left of the value".to_owned())),
            });
        }
    }

    fn syntax(&mut self, error: &ScanError) {
        let at = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
        let at = (0..=at).rev().find(|&at| self.text.is_char_boundary(at)).unwrap_or(0);
        let width =
            self.text[at..].chars().next().filter(|first| !first.is_whitespace()).map_or(0, char::len_utf8);
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span { file: self.file, start: offset(at), end: offset(at + width) };
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            let message = format!("this is nested more than {} levels deep", self.limits.depth);
            self.fault(FaultKind::TooLarge, &message, span, Some(FLATTER));
            return;
        }
        let Meant { message, help, tab } = Meant::by(&error.info(), self.text, at);
        let span = tab.map_or(span, |tab| Span { file: self.file, start: offset(tab), end: offset(tab + 1) });
        self.fault(FaultKind::Syntax, &message, span, help.as_deref());
    }

    fn fault(&mut self, kind: FaultKind, message: &str, span: Span, help: Option<&str>) {
        self.faults.push(Fault {
            kind,
            message: message.to_owned(),
            span,
            help: help.map(str::to_owned),
            related: None,
        });
    }

    fn span(&self, marks: &Marks) -> Span {
        let offset = |at: Option<usize>| u32::try_from(at.unwrap_or(0)).unwrap_or(u32::MAX);
        let start = offset(marks.start.byte_offset());
        Span { file: self.file, start, end: offset(marks.end.byte_offset()).max(start) }
    }
}

/// The text of a key: as written in a playbook, as kubectl's library turns it into a JSON key in a manifest.
fn key_text(tree: &Tree, dialect: Dialect, source: &str) -> Option<String> {
    let written = || source.get(tree.span.start as usize..tree.span.end as usize).map(str::to_owned);
    match &tree.node {
        Node::Text(text) => Some(text.joined()),
        Node::List(_) | Node::Map(_) => None,
        Node::Null => Some(String::new()).filter(|_| tree.span.start == tree.span.end).or_else(written),
        Node::Bool(_) | Node::Number(_) if dialect == Dialect::Playbook => written(),
        Node::Bool(bool) => Some(bool.to_string()),
        Node::Number(number) => Some(number.to_string()),
    }
}

/// How long the line with `|` or `>` is when a block scalar's span includes it.
fn block_header(raw: &str) -> usize {
    if raw.starts_with(['|', '>']) { raw.find('\n').map_or(raw.len(), |at| at + 1) } else { 0 }
}

/// Whether a plain scalar ends in the middle of something: an open quote or bracket, or an operator.
fn incomplete(value: &str) -> bool {
    let mut open = Vec::new();
    let mut quote = None;
    let mut before = ' ';
    for char in value.chars() {
        match (quote, char) {
            (Some(end), _) if char == end && before != '\\' => quote = None,
            (Some(_), _) => {}
            // An apostrophe inside a word opens nothing.
            (None, '\'' | '"') if !before.is_alphanumeric() => quote = Some(char),
            (None, '(' | '[' | '{') => open.push(char),
            (None, ')' | ']' | '}') => {
                open.pop();
            }
            _ => {}
        }
        before = char;
    }
    let operator = ["==", "!=", "<", ">", "<=", ">=", "&&", "||"]
        .iter()
        .any(|operator| value.trim_end().ends_with(operator));
    quote.is_some() || !open.is_empty() || operator
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Value, json};

    /// Sort, message, line and column of a fault.
    type Found = (FaultKind, String, usize, usize);

    fn read(text: &str, dialect: Dialect) -> (Vec<Value>, Vec<Found>) {
        let mut sources = Sources::new();
        let file = sources.add("f", text);
        let (documents, faults) = read_yaml(&sources, file, dialect);
        let faults = faults
            .into_iter()
            .map(|fault| {
                let place = sources.place(fault.span);
                (fault.kind, fault.message, place.line, place.column)
            })
            .collect();
        (documents.iter().map(|document| document.tree.to_value()).collect(), faults)
    }

    fn faults(text: &str) -> Vec<(FaultKind, usize, usize)> {
        read(text, Dialect::Playbook)
            .1
            .into_iter()
            .map(|(kind, _, line, column)| (kind, line, column))
            .collect()
    }

    #[test]
    fn yaml_and_json_are_read() {
        let expected = vec![json!({"a": [1, {"b": "x"}], "c": null, "d": {"e": 1.5}})];
        assert_eq!(read("a:\n- 1\n- b: x\nc:\nd: {e: 1.5}\n", Dialect::Playbook), (expected.clone(), vec![]));
        let tabbed = "{\n\t\"a\": [1, {\"b\": \"x\"}],\n\t\"c\": null, \"d\": {\"e\": 1.5}\n}";
        assert_eq!(read(tabbed, Dialect::Manifest), (expected.clone(), vec![]));
        assert_eq!(read(tabbed, Dialect::Playbook), (expected, vec![]));
        assert_eq!(read("\"\\ud83d\\ude00\\/\"", Dialect::Manifest).0, vec![json!("😀/")]);
    }

    #[test]
    fn manifests_have_documents_and_odd_keys() {
        let (documents, faults) = read("a: 1\n---\n# nothing\n---\nyes: 2\n1: 3\n", Dialect::Manifest);
        assert_eq!(documents, vec![json!({"a": 1}), json!(null), json!({"true": 2, "1": 3})]);
        assert!(faults.is_empty());
        assert_eq!(read("", Dialect::Manifest).0.len(), 0);
        assert_eq!(read("yes: 2\n1: 3\n", Dialect::Playbook).0, vec![json!({"yes": 2, "1": 3})]);
    }

    #[test]
    fn aliases_and_merges_are_written_out() {
        let text = "base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nsame: *b\n";
        let (documents, faults) = read(text, Dialect::Playbook);
        assert_eq!(documents[0]["use"], json!({"y": 3, "x": 1}));
        assert_eq!(documents[0]["same"], json!({"x": 1, "y": 2}));
        assert!(faults.is_empty());
    }

    #[test]
    fn faults_are_found_together_and_in_place() {
        let text = "a: 1\nb: !tag x\na: 2\nc: $.x == 'a #b'\n";
        assert_eq!(
            faults(text),
            vec![(FaultKind::Tag, 2, 4), (FaultKind::DuplicateKey, 3, 1), (FaultKind::CutOff, 4, 14)]
        );
        assert_eq!(faults("a: fine # comment\nb: don't # comment\n"), vec![]);
        assert_eq!(faults("a: 'open\nb: 1\n")[0].0, FaultKind::Syntax);
        assert_eq!(faults("a: b: c\n")[0].0, FaultKind::Syntax);
        assert_eq!(faults("a: &x [*x]\n"), vec![(FaultKind::Syntax, 1, 8)]);
    }

    #[test]
    fn bombs_are_refused() {
        let deep = "[".repeat(100_000);
        assert_eq!(faults(&deep)[0].0, FaultKind::TooLarge);
        let deep_map = (0..500).map(|level| format!("{}a:\n", " ".repeat(level))).collect::<String>();
        assert_eq!(faults(&deep_map)[0].0, FaultKind::TooLarge);
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert_eq!(faults(&bomb)[0].0, FaultKind::TooLarge);
    }

    #[test]
    fn many_comments_are_no_trouble() {
        let text = format!("{}a: 1\n", "# comment\n".repeat(5_000));
        assert_eq!(read(&text, Dialect::Playbook), (vec![json!({"a": 1})], vec![]));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let mut sources = Sources::new();
            let file = sources.add("f", text.as_str());
            for dialect in [Dialect::Playbook, Dialect::Manifest] {
                let (_, faults) = read_yaml(&sources, file, dialect);
                for fault in faults {
                    proptest::prop_assert!(fault.span.end as usize <= text.len());
                }
            }
        }
    }
}
