//! Quantities, times and bytes as the server spells them.
//! It must never know fields.

use jiff::Timestamp;

/// What the server says of a quantity that is none.
pub const NO_QUANTITY: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// A quantity in its canonical form: `1000m` is `1`, `0.5` is `500m`, `1024Mi` is `1Gi`; `1e3` keeps its exponent.
///
/// # Errors
/// In the server's words.
pub fn quantity(text: &str) -> Result<String, String> {
    let fault = || NO_QUANTITY.to_owned();
    if text.is_empty() {
        return Err(fault());
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, suffix) = unsigned.split_at(digits);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() + fraction.len() == 0 || fraction.contains('.') {
        return Err(fault());
    }
    let known = suffix.bytes().all(|byte| b"eEinumkKMGTP+-0123456789".contains(&byte));
    let Some((base, exponent, form)) = scale(suffix) else {
        return Err(if known { "unable to parse quantity's suffix".into() } else { fault() });
    };
    let digits: String = format!("{whole}{fraction}");
    let value: i128 =
        digits.trim_start_matches('0').parse().or_else(|error| match digits.trim_start_matches('0') {
            "" => Ok(0),
            _ => Err(format!("{error}")),
        })?;
    let negative = text.starts_with('-');
    let fraction = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
    let (value, ten) = match base {
        2 => (value.checked_shl(exponent.unsigned_abs()).unwrap_or(i128::MAX), -fraction),
        _ => (value, exponent - fraction),
    };
    // Nothing is finer than a nano-unit: what is left over is rounded up.
    let (value, ten) = if ten < -9 {
        let factor = 10i128.checked_pow((-9 - ten).unsigned_abs()).unwrap_or(i128::MAX);
        (value.div_euclid(factor) + i128::from(value.rem_euclid(factor) != 0), -9)
    } else {
        (value, ten)
    };
    let sign = if negative && value != 0 { "-" } else { "" };
    Ok(format!("{sign}{}", spelt(value, ten, form)))
}

/// A quantity rounded up to thousandths, `None` if it has no smaller part.
pub fn rounded_up(text: &str) -> Option<String> {
    let digits =
        text.strip_suffix(['n', 'u']).map(|number| (number, if text.ends_with('n') { 6 } else { 3 }))?;
    let (number, power) = digits;
    let value: i128 = number.parse().ok()?;
    let factor = 10i128.pow(power);
    let value = value.div_euclid(factor) + i128::from(value.rem_euclid(factor) != 0);
    quantity(&format!("{value}m")).ok()
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Decimal,
    Binary,
    Exponent,
}

const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

/// What a suffix multiplies by: base, power of ten or shift, and the form it asks for.
fn scale(suffix: &str) -> Option<(u8, i32, Form)> {
    if let Some((_, power)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
        return Some((10, *power, Form::Decimal));
    }
    if let Some(times) = BINARY.iter().position(|known| *known == suffix) {
        return Some((2, i32::try_from(times).ok()? * 10, Form::Binary));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    Some((10, exponent.parse().ok()?, Form::Exponent))
}

/// `value` times ten to the power of `ten`, with the largest suffix that needs no fraction.
fn spelt(mut value: i128, mut ten: i32, form: Form) -> String {
    if value == 0 {
        return "0".into();
    }
    if form == Form::Binary {
        let whole = match ten {
            0 => Some(value),
            ten if ten > 0 => 10i128.checked_pow(ten.unsigned_abs()).and_then(|ten| value.checked_mul(ten)),
            ten => {
                let factor = 10i128.checked_pow(ten.unsigned_abs()).unwrap_or(i128::MAX);
                (value % factor == 0).then_some(value / factor)
            }
        };
        if let Some(mut whole) = whole.filter(|whole| *whole >= 1024) {
            let mut times = 0;
            while whole % 1024 == 0 && times + 1 < BINARY.len() {
                whole /= 1024;
                times += 1;
            }
            return format!("{whole}{}", BINARY[times]);
        }
    }
    while value % 10 == 0 {
        value /= 10;
        ten += 1;
    }
    let power = ten.div_euclid(3) * 3;
    let power = if form == Form::Exponent { power } else { power.clamp(-9, 18) };
    let factor = 10i128.checked_pow((ten - power).unsigned_abs()).unwrap_or(i128::MAX);
    let value = value.saturating_mul(factor);
    match (form, power) {
        (Form::Exponent, 0) => value.to_string(),
        (Form::Exponent, power) => format!("{value}e{power}"),
        _ => {
            let suffix = DECIMAL.iter().find(|(_, known)| *known == power).map_or("", |(suffix, _)| suffix);
            format!("{value}{suffix}")
        }
    }
}

/// A time in UTC, in whole seconds or in microseconds.
///
/// # Errors
/// In the words of Go's `time.Parse`, as far as they can be known.
pub fn time(text: &str, micro: bool) -> Result<String, String> {
    if !micro && is_plain_time(text) {
        return Ok(text.to_owned());
    }
    let layout = if micro { "2006-01-02T15:04:05.000000Z07:00" } else { "2006-01-02T15:04:05Z07:00" };
    let fault = |rest: &str, part: &str| {
        format!("parsing time {text:?} as {layout:?}: cannot parse {rest:?} as {part:?}")
    };
    let mut rest = text;
    for part in ["2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05"] {
        let fits = |known: &str, char: u8| match known.as_bytes().first() {
            Some(b'0'..=b'9') => char.is_ascii_digit(),
            other => Some(&char) == other,
        };
        let head = rest.as_bytes().get(..part.len());
        if !head.is_some_and(|head| head.iter().all(|char| fits(part, *char))) {
            return Err(fault(rest, part));
        }
        rest = &rest[part.len()..];
    }
    let digits = rest.strip_prefix('.').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    if micro && digits != 6 {
        return Err(fault(rest, ".000000"));
    }
    let zone = if digits > 0 { &rest[digits + 1..] } else { rest };
    if let Some(extra) = zone.strip_prefix('Z').filter(|extra| !extra.is_empty()) {
        return Err(format!("parsing time {}: extra text: {}", bytes_quoted(text), bytes_quoted(extra)));
    }
    let Ok(time) = text.parse::<Timestamp>() else { return Err(fault(zone, "Z07:00")) };
    let form = if micro { "%Y-%m-%dT%H:%M:%S.%6fZ" } else { "%Y-%m-%dT%H:%M:%SZ" };
    Ok(time.strftime(form).to_string())
}

/// Whether a text is a time in UTC in whole seconds, told at a glance: what is one all the same may not be told.
fn is_plain_time(text: &str) -> bool {
    let Ok(bytes) = <&[u8; 20]>::try_from(text.as_bytes()) else { return false };
    let number = |at: usize| match (bytes[at], bytes[at + 1]) {
        (tens @ b'0'..=b'9', ones @ b'0'..=b'9') => (tens - b'0') * 10 + ones - b'0',
        _ => u8::MAX,
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
    // The last days of a month are left to those who know how long it is.
    marks.iter().all(|(at, mark)| bytes[*at] == *mark)
        && (number(0) < 100 && number(2) < 100 && (1..=12).contains(&number(5)))
        && ((1..=28).contains(&number(8)) && number(11) < 24 && number(14) < 60 && number(17) < 60)
}

/// Text in quotes, as Go's `time` package prints it: bytes beyond ASCII as such.
fn bytes_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

/// Whether text is bytes in base64.
///
/// # Errors
/// In the words of Go's decoder.
pub fn bytes(text: &str) -> Result<(), String> {
    use base64::Engine;
    let plain: String = text.chars().filter(|char| !matches!(char, '\r' | '\n')).collect();
    if base64::engine::general_purpose::STANDARD.decode(&plain).is_ok() {
        return Ok(());
    }
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    let place = plain.bytes().position(|byte| !known(byte)).unwrap_or(plain.len() / 4 * 4);
    Err(format!("illegal base64 data at input byte {place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_spelt_as_the_server_spells_them() {
        let spelt = [
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1.5Gi", "1536Mi"),
            ("1024Mi", "1Gi"),
            ("512Ki", "512Ki"),
            ("1023", "1023"),
            ("1000", "1k"),
            ("1e3", "1e3"),
            ("12e4", "120e3"),
            ("0", "0"),
            ("0.0", "0"),
            ("-0.25", "-250m"),
            ("100", "100"),
            ("1500M", "1500M"),
            ("0.0000000001", "1n"),
            ("+2", "2"),
            ("500Ki", "500Ki"),
            ("0.5Ki", "512"),
        ];
        for (text, expected) in spelt {
            assert_eq!(quantity(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["", "a", "1x", "1.2.3", "-", "1 Gi"] {
            assert!(quantity(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_told_at_a_glance_is_a_time(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z") {
            if is_plain_time(&text) {
                let time: Timestamp = text.parse().map_err(|_| proptest::test_runner::TestCaseError::fail(text.clone()))?;
                proptest::prop_assert_eq!(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), text);
            }
        }
    }

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(time("2026-01-02T03:04:05.5+01:00", false).as_deref(), Ok("2026-01-02T02:04:05Z"));
        assert_eq!(time("2026-01-02T03:04:05.5Z", false).as_deref(), Ok("2026-01-02T03:04:05Z"));
        let micro = "2026-01-02T03:04:05.000001Z";
        assert_eq!(time(micro, true).as_deref(), Ok(micro));
        assert!(time("2026-01-02T03:04:05.5Z", true).is_err());
        assert!(time("yesterday", false).is_err());
        assert!(bytes("YWJj").is_ok() && bytes("YWJ").is_err() && bytes("a?==").is_err());
    }
}
