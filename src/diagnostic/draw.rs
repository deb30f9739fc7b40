//! A finding as a picture: its sentence, the lines with the caret, the help; whatever the texts hold, on lines that fit.
//! It must never know where findings come from, nor read a file.

use super::{Severity, Style};
use crate::escape::{columns, is_hidden, written_out};
use crate::source::Place;
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, MietteError, MietteSpanContents,
    Report, SourceCode, SourceSpan, SpanContents,
};
use std::ops::Range;

/// Columns beside the lines: number and bar, and the ends of a line that was cut.
const MARGIN: (usize, usize) = (8, 2);
/// Columns before each line of the sentence and of the help.
const INDENTS: (usize, usize) = (4, 8);

/// What is drawn.
pub(super) struct Drawing<'a> {
    pub severity: Severity,
    pub code: &'a str,
    /// The sentence, perhaps with lines below it.
    pub message: &'a str,
    /// The place that is named.
    pub place: &'a Place,
    /// The lines that are shown.
    pub excerpt: &'a Place,
    /// What is marked in the excerpt.
    pub marks: Vec<Mark>,
    pub help: Option<String>,
}

/// A marked part of an excerpt, in bytes.
pub(super) struct Mark {
    pub from: usize,
    pub length: usize,
    pub text: String,
    pub primary: bool,
}

/// Draws it.
pub(super) fn draw(drawing: &Drawing<'_>, style: Style) -> String {
    let width = style.width.max(40);
    let focus: Vec<usize> = drawing.marks.iter().map(|mark| mark.from).collect();
    let lines = Lines::cut(&drawing.excerpt.source, &focus, width.saturating_sub(MARGIN.0));
    let mut primary = 0;
    let labels = drawing.marks.iter().map(|mark| {
        let at = lines.range(mark);
        let text = Some(harmless(&mark.text));
        if mark.primary {
            primary = at.start;
            LabeledSpan::new_primary_with_span(text, at)
        } else {
            LabeledSpan::new_with_span(text, at)
        }
    });
    let mut finding = MietteDiagnostic::new(wrapped(&harmless(drawing.message), width - INDENTS.0))
        .with_severity(match drawing.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
        .with_code(drawing.code)
        .with_labels(labels.collect::<Vec<_>>());
    if let Some(help) = &drawing.help {
        finding = finding.with_help(wrapped(&harmless(help), width - INDENTS.1));
    }
    let shown = Shown {
        name: harmless(&drawing.place.file),
        first: drawing.excerpt.source_line,
        place: (drawing.place.line, drawing.place.column),
        primary,
        text: lines.text,
    };
    let theme = if style.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler =
        GraphicalReportHandler::new_themed(theme).with_links(false).with_width(width).with_wrap_lines(false);
    let mut drawn = String::new();
    match handler.render_report(&mut drawn, Report::new(finding).with_source_code(shown).as_ref()) {
        Ok(()) => drawn,
        Err(_) => format!("{}: {}\n", drawing.place, harmless(drawing.message)),
    }
}

/// The excerpt as miette asks for it: lines are counted as in the file, and the named place is the true one.
#[derive(Debug)]
struct Shown {
    name: String,
    text: String,
    /// The number of the first line.
    first: usize,
    /// Line and column of the place that is named.
    place: (usize, usize),
    /// Where the primary mark begins.
    primary: usize,
}

impl SourceCode for Shown {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text.read_span(span, before, after)?;
        let named = before == 0 && after == 0 && span.offset() == self.primary;
        let (line, column) = match named {
            true => self.place,
            false => (read.line() + self.first, read.column() + 1),
        };
        let place = (line.saturating_sub(1), column.saturating_sub(1));
        let (data, at) = (read.data(), *read.span());
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data,
            at,
            place.0,
            place.1,
            read.line_count(),
        )))
    }
}

/// Lines of which those that are too long are cut around what is marked in them.
struct Lines {
    text: String,
    /// For each line the bytes of the source that are shown, where they begin in the text, and all of its bytes.
    parts: Vec<(Range<usize>, usize, Range<usize>)>,
}

impl Lines {
    fn cut(source: &str, focus: &[usize], room: usize) -> Lines {
        let mut lines = Lines { text: String::new(), parts: Vec::new() };
        let mut start = 0;
        for line in source.split_inclusive('\n') {
            let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
            let body = body.strip_suffix('\r').unwrap_or(body);
            let marked = focus.iter().find(|at| (start..=start + body.len()).contains(at));
            let shown = window(body, marked.map_or(0, |at| at - start), room);
            lines.text.push_str(if shown.start > 0 { "…" } else { "" });
            lines.parts.push((
                start + shown.start..start + shown.end,
                lines.text.len(),
                start..start + line.len(),
            ));
            lines.text.extend(body[shown.clone()].chars().flat_map(visible));
            lines.text.push_str(if shown.end < body.len() { "…" } else { "" });
            lines.text.push_str(end);
            start += line.len();
        }
        lines
    }

    /// Where a mark is in the text.
    fn range(&self, mark: &Mark) -> Range<usize> {
        let from = self.at(mark.from);
        from..self.at(mark.from.saturating_add(mark.length)).max(from)
    }

    fn at(&self, offset: usize) -> usize {
        let line = self.parts.iter().find(|(_, _, all)| all.contains(&offset)).or(self.parts.last());
        let at =
            line.map_or(0, |(shown, begin, _)| begin + offset.clamp(shown.start, shown.end) - shown.start);
        // A place that was stored may be anything.
        (0..=at).rev().find(|&at| self.text.is_char_boundary(at)).unwrap_or(0)
    }
}

/// The part of a line that is shown: all of it if there is room, else what is around a place.
fn window(line: &str, focus: usize, room: usize) -> Range<usize> {
    if columns(line) <= room {
        return 0..line.len();
    }
    let room = room.saturating_sub(MARGIN.1);
    let starts: Vec<usize> = line.char_indices().map(|(at, _)| at).collect();
    let at = starts.partition_point(|&start| start < focus);
    // As much before the place as behind it, but no room is left empty.
    let from = if at <= room * 3 / 4 { 0 } else { at - room / 2 }.min(starts.len().saturating_sub(room));
    let end = |index: usize| starts.get(index).copied().unwrap_or(line.len());
    end(from)..end(from + room)
}

/// A character as it is shown, in as many bytes: what a terminal would act on instead of showing it has a stand-in.
fn visible(char: char) -> impl Iterator<Item = char> {
    let stand_in = match (is_hidden(char) && !matches!(char, '\t'), char, char.len_utf8()) {
        (false, ..) => char,
        (true, '\r', _) => ' ',
        (true, _, 1) => '?',
        (true, _, 2) => '·',
        _ => '\u{fffd}',
    };
    std::iter::once(stand_in)
        .chain(std::iter::repeat_n(' ', char.len_utf8().saturating_sub(stand_in.len_utf8())))
}

/// A text in which hidden characters, but for line breaks, are written out.
fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if is_hidden(char) && char != '\n' {
            shown.push_str(&written_out(char));
        } else {
            shown.push(char);
        }
    }
    shown
}

/// A text on lines of some columns, broken at blanks alone: a name that holds `-` or `/` can be copied whole.
fn wrapped(text: &str, width: usize) -> String {
    let mut wrapped = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        wrapped.push_str(if index > 0 { "\n" } else { "" });
        let mut used = 0;
        for word in line.split(' ') {
            let wide = columns(word);
            if used > 0 && used + 1 + wide > width && wide > 0 {
                wrapped.push('\n');
                used = 0;
            } else if used > 0 || word.is_empty() {
                wrapped.push(' ');
                used += 1;
            }
            wrapped.push_str(word);
            used += wide;
        }
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::{Code, Diagnostic, Style};
    use crate::source::{Sources, Span};
    use proptest::prelude::*;

    const PLAIN: Style = Style { colour: false, width: 60 };

    fn drawn(text: &str, from: usize, to: usize) -> String {
        let mut sources = Sources::new();
        let file = sources.add("f", text);
        let at = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        let span = Span { file, start: at(from), end: at(to) };
        Diagnostic::error(Code::BadValue, span, "it is wrong").render(&sources, PLAIN)
    }

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let text = format!("one: 1\ntwo: {}X{}\nthree: 3\n", "a".repeat(3_000), "b".repeat(3_000));
        let drawn = drawn(&text, 7 + 5 + 3_000, 7 + 5 + 3_001);
        assert!(drawn.contains("f:2:3006"), "{drawn}");
        let lines: Vec<&str> = drawn.lines().collect();
        let shown = lines.iter().position(|line| line.contains('X')).unwrap_or_default();
        let (code, caret) = (lines[shown], lines[shown + 1]);
        assert_eq!(
            code.chars().position(|char| char == 'X'),
            caret.chars().position(|char| char == '┬'),
            "{drawn}"
        );
        assert!(code.contains("2 │ …a") && code.ends_with("b…"), "{drawn}");
        assert!(lines.iter().all(|line| line.chars().count() <= 60), "{drawn}");
    }

    #[test]
    fn lines_are_counted_whatever_ends_them() {
        let drawn = drawn("a: 1\r\nb: 2\r\nc: 3\r\n", 6, 7);
        for part in ["f:2:1", "1 │ a: 1", "2 │ b: 2", "3 │ c: 3"] {
            assert!(drawn.contains(part), "{part} is not in\n{drawn}");
        }
        assert!(!drawn.contains('\r'));
    }

    #[test]
    fn names_are_not_broken() {
        let mut sources = Sources::new();
        let file = sources.add("f", "a");
        let words = "`allow-recreate`, `at-least`, `manifests/iris.yaml`, `ConfigMap/settings`, `fail-when`";
        let drawn = Diagnostic::error(Code::BadValue, sources.whole(file), words)
            .help(format!("{words}.\nAnd below it."))
            .render(&sources, PLAIN);
        for word in words.split(' ') {
            assert_eq!(drawn.matches(word.trim_end_matches(',')).count(), 2, "{word} is not in\n{drawn}");
        }
        assert!(drawn.ends_with("        And below it.\n"), "{drawn}");
    }

    proptest! {
        #[test]
        fn any_text_is_drawn_on_lines_without_control(text in "(\\PC|[\\x00-\\x1f\u{202e}\u{85}]){0,80}", from in 0usize..90, length in 0usize..90) {
            let floor = |at: usize| (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            let (from, to) = (floor(from), floor(from + length));
            let drawn = drawn(&text, from, to.max(from));
            prop_assert!(drawn.contains("it is wrong"));
            prop_assert!(!drawn.contains(|char: char| char.is_control() && char != '\n'), "{drawn:?}");
        }
    }
}
