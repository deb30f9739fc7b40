//! A failure drawn whole: the sentence, what is not met, the refusal, further facts, the place with its caret, what to try.
//! It must never know which step failed.

use super::line::{Ink, Line};
use crate::diagnostic::{Style, render_at};
use crate::escape::{self, columns, cut, is_hidden, one_line, written_out};
use crate::event::{Cause, Failure, Refusal, Unmet};
use crate::source::Place;

/// The most lines of a text, the longest of them, the most comparisons and the most facts that are drawn.
const MOST_LINES: usize = 40;
const LONGEST: usize = 1000;
const MOST_UNMET: usize = 20;
const MOST_DETAILS: usize = 60;
/// The widest columns of a comparison, in a row with others.
const WIDEST: usize = 60;
/// A place behind this line is named and not drawn: no playbook is so long.
const LAST_LINE: usize = 1_000_000;
/// The columns that the drawing needs before a text.
const MARGIN: usize = 4;

/// The stable name of a cause.
pub(super) fn code(cause: Cause) -> &'static str {
    match cause {
        Cause::Unmet => "unmet",
        Cause::TimedOut => "timed-out",
        Cause::Refused => "refused",
        Cause::Unreachable => "unreachable",
        Cause::Invalid => "invalid",
        Cause::Uncertain => "uncertain",
        Cause::Interrupted => "interrupted",
        Cause::Defect => "defect",
    }
}

/// The lines of a failure.
pub(super) fn draw(failure: &Failure, style: Style) -> Vec<Line> {
    let width = style.width.max(40).saturating_sub(MARGIN + 2);
    let mut text = escape::lines(&failure.message, MOST_LINES, LONGEST);
    text.extend(unmet(&failure.unmet, width));
    text.extend(failure.refusal.iter().flat_map(|refusal| refused(refusal, &failure.message)));
    text.extend(details(&failure.details));
    let help = failure.help.as_deref().map(|help| escape::lines(help, MOST_LINES, LONGEST));
    let place = failure.place.as_ref();
    if let Some(place) = place.and_then(harmless) {
        let help = help.map(|lines| lines.join("\n"));
        let drawn = render_at(&text.join("\n"), code(failure.cause), &place, help.as_deref(), style);
        return drawn.trim_end().lines().map(Line::drawn).collect();
    }
    let mut lines = vec![Line::new().ink(Ink::Bad, code(failure.cause)), Line::new()];
    let bar = |at: usize| if at == 0 { "  × " } else { "  │ " };
    lines.extend(text.iter().enumerate().map(|(at, text)| Line::new().ink(Ink::Bad, bar(at)).text(text)));
    lines.extend(place.map(|place| Line::new().ink(Ink::Bad, "  │ ").text(&format!("at {place}"))));
    let head = |at: usize| if at == 0 { "  help: " } else { "        " };
    let help = help.unwrap_or_default();
    lines.extend(help.iter().enumerate().map(|(at, text)| Line::new().ink(Ink::Live, head(at)).text(text)));
    lines
}

/// The comparisons in aligned columns, or below each other where the columns do not fit.
fn unmet(all: &[Unmet], width: usize) -> Vec<String> {
    let wanted = |unmet: &Unmet| match unmet.wanted.as_str() {
        "" => [one_line(&unmet.actual).into_owned(), String::new()],
        wanted => [format!("is {}", one_line(&unmet.actual)), format!("wanted {}", one_line(wanted))],
    };
    let row = |unmet: &Unmet| {
        let [actual, wanted] = wanted(unmet);
        [one_line(&unmet.object).into_owned(), one_line(&unmet.path).into_owned(), actual, wanted]
    };
    let rows: Vec<[String; 4]> = all.iter().take(MOST_UNMET).map(row).collect();
    let widest = |at: usize| rows.iter().map(|row| columns(&row[at])).max().unwrap_or(0);
    let widths = [widest(0), widest(1), widest(2), widest(3)];
    let used = widths.iter().filter(|width| **width > 0).map(|width| width + 2).sum::<usize>();
    let in_columns = used <= width && widths.iter().all(|width| *width <= WIDEST);
    let mut lines: Vec<String> = if in_columns {
        rows.iter().map(|row| aligned(row, &widths)).collect()
    } else {
        rows.iter().flat_map(|row| stacked(row, width)).collect()
    };
    if let Some(left) = all.len().checked_sub(MOST_UNMET).filter(|left| *left > 0) {
        lines.push(format!("  and {left} more"));
    }
    lines
}

fn aligned(row: &[String; 4], widths: &[usize; 4]) -> String {
    let mut line = String::new();
    for (text, width) in row.iter().zip(widths).filter(|(_, width)| **width > 0) {
        line.push_str("  ");
        line.push_str(text);
        line.push_str(&" ".repeat(width.saturating_sub(columns(text))));
    }
    line.trim_end().to_owned()
}

fn stacked(row: &[String; 4], width: usize) -> Vec<String> {
    let [object, path, actual, wanted] = row;
    let both = format!("{object}: {path}");
    let mut parts = vec![(4, actual.as_str()), (4, wanted.as_str())];
    if !object.is_empty() && !path.is_empty() && columns(&both) + 2 <= width {
        parts.insert(0, (2, &both));
    } else {
        parts.splice(0..0, [(2, object.as_str()), (if object.is_empty() { 2 } else { 4 }, path.as_str())]);
    }
    parts.retain(|(_, text)| !text.is_empty());
    // What does not fit is broken by the drawing, not cut: the values are the point.
    parts.iter().map(|(indent, text)| format!("{}{}", " ".repeat(*indent), cut(text, LONGEST))).collect()
}

/// The refusal, unless the sentence says it already.
fn refused(refusal: &Refusal, said: &str) -> Vec<String> {
    let Refusal { code, reason, message } = refusal;
    let head = format!("the server answered {code} {}", one_line(reason));
    if message.is_empty() || said.contains(message.as_str()) {
        return vec![cut(head.trim_end(), LONGEST)];
    }
    let mut lines = escape::lines(&format!("{}: {message}", head.trim_end()), MOST_LINES, LONGEST);
    lines.iter_mut().skip(1).for_each(|line| line.insert_str(0, "  "));
    lines
}

fn details(details: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for detail in details.iter().take(MOST_DETAILS) {
        let mut detail = escape::lines(detail, MOST_LINES, LONGEST);
        detail.iter_mut().skip(1).for_each(|line| line.insert_str(0, "  "));
        lines.append(&mut detail);
    }
    if let Some(left) = details.len().checked_sub(MOST_DETAILS).filter(|left| *left > 0) {
        lines.push(format!("and {left} more"));
    }
    lines
}

/// The place with hidden characters of its text written out, its caret still under the same characters. None if there is nothing to draw.
fn harmless(place: &Place) -> Option<Place> {
    if place.source.is_empty() || place.source_line > LAST_LINE {
        return None;
    }
    let end = place.offset.saturating_add(place.length);
    let mut source = String::with_capacity(place.source.len());
    let mut caret: Option<usize> = None;
    let mut caret_end = None;
    for (at, c) in place.source.char_indices() {
        if at >= place.offset {
            caret.get_or_insert(source.len());
        }
        if at >= end {
            caret_end.get_or_insert(source.len());
        }
        match c {
            '\n' | '\t' => source.push(c),
            '\r' if place.source[at..].starts_with("\r\n") => {}
            c if is_hidden(c) => source.push_str(&written_out(c)),
            c => source.push(c),
        }
    }
    let offset = caret.unwrap_or(source.len());
    let length = caret_end.unwrap_or(source.len()) - offset;
    Some(Place { file: one_line(&place.file).into_owned(), source, offset, length, ..place.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Sources, Span};

    fn place(text: &str, start: u32, end: u32) -> Place {
        let mut sources = Sources::new();
        let file = sources.add("play.yaml", text);
        sources.place(Span { file, start, end })
    }

    fn drawn(failure: &Failure, width: usize) -> String {
        let lines = draw(failure, Style { colour: false, width });
        lines.iter().map(|line| line.render(false) + "\n").collect()
    }

    #[test]
    fn hidden_characters_of_the_playbook_do_not_move_the_caret() {
        let text = "a: \u{1b}[2J\r\nb: 'x\u{202e}y' # z";
        let start = u32::try_from(text.find("y'").expect("there")).expect("small");
        let shown = harmless(&place(text, start, start + 1)).expect("drawn");
        assert_eq!(shown.source, "a: \\x1b[2J\nb: 'x\\u{202e}y' # z");
        assert_eq!(&shown.source[shown.offset..shown.offset + shown.length], "y");
    }

    #[test]
    fn a_place_that_cannot_be_drawn_is_named() {
        let mut odd = place("a: 1", 0, 1);
        odd.source_line = usize::MAX;
        let failure = Failure::new(Cause::Unmet, "it is not so").help("try\nthat").at(odd);
        assert_eq!(
            drawn(&failure, 80),
            "unmet\n\n  × it is not so\n  │ at play.yaml:1:1\n  help: try\n        that\n"
        );
        let mut odd = place("a: 1", 0, 1);
        (odd.offset, odd.length) = (usize::MAX, usize::MAX);
        assert!(drawn(&Failure::new(Cause::Unmet, "it is not so").at(odd), 80).contains("it is not so"));
    }

    #[test]
    fn comparisons_stand_below_each_other_where_columns_do_not_fit() {
        let one = |path: &str, actual: &str, wanted: &str| Unmet {
            object: "Deployment/web".into(),
            path: path.into(),
            actual: actual.into(),
            wanted: wanted.into(),
        };
        let all = [one("$.status.replicas", "1", ">= 2"), one("$.spec.paused", "nothing", "")];
        assert_eq!(
            unmet(&all, 80),
            [
                "  Deployment/web  $.status.replicas  is 1     wanted >= 2",
                "  Deployment/web  $.spec.paused      nothing",
            ]
        );
        assert_eq!(
            unmet(&all[..1], 36),
            ["  Deployment/web: $.status.replicas", "    is 1", "    wanted >= 2"]
        );
        assert_eq!(
            unmet(&all[..1], 30),
            ["  Deployment/web", "    $.status.replicas", "    is 1", "    wanted >= 2"]
        );
    }

    #[test]
    fn a_refusal_is_not_said_twice() {
        let refusal =
            Refusal { code: 409, reason: "Conflict".into(), message: "field is owned\nby b".into() };
        assert_eq!(refused(&refusal, "no"), ["the server answered 409 Conflict: field is owned", "  by b"]);
        assert_eq!(refused(&refusal, "it says: field is owned\nby b"), ["the server answered 409 Conflict"]);
    }
}
