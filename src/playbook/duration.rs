//! Durations as the language writes them: `500ms`, `90s`, `5m`, `1h30m`, `1.5h`, `0s`.
//! It must never know what is waited for.

use super::decode::{Decode, Decoder, Schema};
use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Value, json};
use crate::source::{Node, Tree};
use std::time::Duration;

/// The longest duration that is taken: thirty days. Beyond it a unit was mistaken.
pub const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Reads a duration.
///
/// # Errors
/// Why it is none, and how to write it.
pub fn parse(text: &str) -> Result<Duration, (String, Option<String>)> {
    let trimmed = text.trim();
    let spelling = || Some("Durations are written `500ms`, `90s`, `5m`, `1h30m` or `1.5h`.".to_owned());
    if trimmed.is_empty() {
        return Err(("this duration is empty".into(), spelling()));
    }
    if !trimmed.is_empty() && trimmed.parse::<f64>().is_ok() {
        return Err((
            "a duration needs a unit".into(),
            Some(format!("Write `{trimmed}s` for seconds, `{trimmed}m` for minutes.")),
        ));
    }
    if trimmed.starts_with('-') {
        return Err(("a duration cannot be negative".into(), Some("Leave the `-` out.".into())));
    }
    let number = |char: char| char.is_ascii_digit() || char == '.';
    if !trimmed.starts_with(number) || trimmed.contains([':', '/', ',']) {
        return Err((format!("`{trimmed}` is no duration"), spelling()));
    }
    let units: Vec<&str> = trimmed
        .split(|char: char| char.is_ascii_digit() || char == '.' || char.is_whitespace())
        .filter(|unit| !unit.is_empty())
        .collect();
    if let Some(unit) = units.iter().find(|unit| !matches!(**unit, "ms" | "s" | "m" | "h" | "d")) {
        let help = match *unit {
            "M" | "min" | "mins" | "minute" | "minutes" => Some("Minutes are written `m`: `5m`.".to_owned()),
            "month" | "months" => {
                Some("The longest duration is thirty days; minutes are written `m`: `5m`.".to_owned())
            }
            "y" | "year" | "years" => Some("The longest duration is thirty days.".to_owned()),
            "S" | "sec" | "secs" | "second" | "seconds" => Some("Seconds are written `s`: `90s`.".to_owned()),
            "H" | "hr" | "hrs" | "hour" | "hours" => Some("Hours are written `h`: `1h30m`.".to_owned()),
            _ => spelling(),
        };
        return Err((format!("durations have no unit `{unit}`"), help));
    }
    if trimmed.ends_with(number) {
        let last = trimmed.rsplit(|char| !number(char)).next().unwrap_or("");
        let help = format!("Write `{trimmed}m` for minutes, `{trimmed}s` for seconds.");
        return Err((format!("`{last}` at the end has no unit"), Some(help)));
    }
    let duration =
        humantime::parse_duration(trimmed).map_err(|_| ("this is no duration".to_owned(), spelling()))?;
    if duration > LONGEST {
        let help = "Nothing is waited for as long as that: the longest duration is `720h`.";
        return Err(("this is longer than thirty days".into(), Some(help.into())));
    }
    Ok(duration)
}

/// A duration as a person writes it: `90s` is `1m 30s`, parts below a millisecond are left out.
pub fn words(duration: Duration) -> String {
    let whole = Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    humantime::format_duration(whole).to_string()
}

impl Decode for Duration {
    fn decode(tree: &Tree, decoder: &mut Decoder<'_>) -> Option<Duration> {
        let text = match &tree.node {
            Node::Text(text) => text.joined(),
            Node::Number(number) => number.to_string(),
            _ => return decoder.wrong_type(tree, "a duration such as `90s`"),
        };
        match parse(&text) {
            Ok(duration) => Some(duration),
            Err((message, help)) => {
                decoder.push(Diagnostic::error(Code::BadDuration, tree.span, message).maybe_help(help));
                None
            }
        }
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d) ?)+$" })
    }

    fn words() -> String {
        "duration".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, millis) in [
            ("500ms", 500),
            ("90s", 90_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("0s", 0),
            ("1h 30m", 5_400_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_told_with_its_spelling() {
        for (text, part) in [
            ("10", "`10s`"),
            ("5M", "`5m`"),
            ("2y", "thirty days"),
            ("1 month", "`5m`"),
            ("", "`90s`"),
            ("abc", "`90s`"),
            ("PT5M", "`90s`"),
            ("00:30", "`90s`"),
            ("1h30", "`1h30m`"),
            ("5us", "`90s`"),
            ("9000h", "`720h`"),
            ("5minutes", "`5m`"),
        ] {
            let (message, help) = parse(text).expect_err(text);
            assert!(help.clone().unwrap_or_default().contains(part), "{text}: {message} / {help:?}");
        }
        assert!(parse("-5s").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_duration_or_not(text in ".{0,20}") {
            let _ = parse(&text);
        }
    }
}
