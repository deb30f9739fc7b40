//! The formats that the API server checks in custom objects, each as kube-openapi's `strfmt` reads it.
//! It must never know fields, nor be stricter than the server.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::OnceLock;

use regex::Regex;

/// A format of numbers or text. Formats that the server does not know are ignored by it and not kept here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Int32,
    Int64,
    Float,
    Double,
    BsonObjectId,
    Byte,
    Cidr,
    CreditCard,
    Date,
    DateTime,
    Duration,
    Email,
    HexColor,
    Hostname,
    Ipv4,
    Ipv6,
    Isbn,
    Isbn10,
    Isbn13,
    LongName,
    Mac,
    Password,
    RgbColor,
    ShortName,
    Ssn,
    Uri,
    Uuid,
    Uuid3,
    Uuid4,
    Uuid5,
}

const NAMES: &[(Format, &str)] = &[
    (Format::Int32, "int32"),
    (Format::Int64, "int64"),
    (Format::Float, "float"),
    (Format::Double, "double"),
    (Format::BsonObjectId, "bsonobjectid"),
    (Format::Byte, "byte"),
    (Format::Cidr, "cidr"),
    (Format::CreditCard, "creditcard"),
    (Format::Date, "date"),
    (Format::DateTime, "date-time"),
    (Format::Duration, "duration"),
    (Format::Email, "email"),
    (Format::HexColor, "hexcolor"),
    (Format::Hostname, "hostname"),
    (Format::Ipv4, "ipv4"),
    (Format::Ipv6, "ipv6"),
    (Format::Isbn, "isbn"),
    (Format::Isbn10, "isbn10"),
    (Format::Isbn13, "isbn13"),
    (Format::LongName, "k8s-long-name"),
    (Format::Mac, "mac"),
    (Format::Password, "password"),
    (Format::RgbColor, "rgbcolor"),
    (Format::ShortName, "k8s-short-name"),
    (Format::Ssn, "ssn"),
    (Format::Uri, "uri"),
    (Format::Uuid, "uuid"),
    (Format::Uuid3, "uuid3"),
    (Format::Uuid4, "uuid4"),
    (Format::Uuid5, "uuid5"),
];

impl Format {
    /// The format of a name; dashes do not count.
    pub fn of(name: &str) -> Option<Format> {
        let plain = |text: &'static str| text.bytes().filter(|byte| *byte != b'-');
        let is = |known: &'static str| plain(known).eq(name.bytes().filter(|byte| *byte != b'-'));
        NAMES.iter().find(|(_, known)| is(known)).map(|(format, _)| *format)
    }

    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(format, _)| *format == self).map_or("", |(_, name)| name)
    }

    pub fn is_integer(self) -> bool {
        matches!(self, Format::Int32 | Format::Int64)
    }

    pub fn is_float(self) -> bool {
        matches!(self, Format::Float | Format::Double)
    }

    pub fn is_text(self) -> bool {
        !self.is_integer() && !self.is_float()
    }

    /// Whether text is of this format.
    pub fn accepts(self, text: &str) -> bool {
        match self {
            Format::Int32 | Format::Int64 | Format::Float | Format::Double | Format::Password => true,
            Format::Byte => is_base64(text),
            Format::Cidr => is_cidr(text),
            Format::CreditCard => is_credit_card(text),
            Format::Date => is_date(text),
            Format::DateTime => is_date_time(text),
            Format::Duration => is_duration(text),
            Format::Email => is_email(text),
            Format::Hostname => is_hostname(text),
            Format::Ipv4 => text.contains('.') && is_ip(text),
            Format::Ipv6 => text.contains(':') && text.parse::<Ipv6Addr>().is_ok(),
            Format::Isbn => is_isbn10(text) || is_isbn13(text),
            Format::Isbn10 => is_isbn10(text),
            Format::Isbn13 => is_isbn13(text),
            Format::LongName => text.len() <= 253 && text.split('.').all(is_short_name),
            Format::Mac => is_mac(text),
            Format::ShortName => text.len() <= 63 && is_short_name(text),
            Format::Uri => is_request_uri(text),
            Format::BsonObjectId => is_hex(text) && text.len() == 24,
            Format::HexColor => {
                let digits = text.strip_prefix('#').unwrap_or(text);
                is_hex(digits) && matches!(digits.len(), 3 | 6)
            }
            Format::RgbColor => matches(&RGB, RGB_PATTERN, text),
            Format::Ssn => text.len() == 11 && matches(&SSN, r"^\d{3}[- ]?\d{2}[- ]?\d{4}$", text),
            Format::Uuid => is_uuid(text, None),
            Format::Uuid3 => is_uuid(text, Some(b'3')),
            Format::Uuid4 => is_uuid(text, Some(b'4')),
            Format::Uuid5 => is_uuid(text, Some(b'5')),
        }
    }
}

static RGB: OnceLock<Option<Regex>> = OnceLock::new();
static SSN: OnceLock<Option<Regex>> = OnceLock::new();
static HOSTNAME: OnceLock<Option<Regex>> = OnceLock::new();
static TIME: OnceLock<Option<Regex>> = OnceLock::new();
static DURATION: OnceLock<Option<Regex>> = OnceLock::new();

const RGB_PATTERN: &str = r"^rgb\(\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)$";
const HOSTNAME_PATTERN: &str = r"^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$";
const TIME_PATTERN: &str = r"^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$";
const DURATION_PATTERN: &str = r"[0-9]+\s*(?i:ns|us|µs|ms|s|m|h|d|w|hr|wk|(?:nano|micro|milli|sec|min|hour|day|week)[A-Za-zµ]*)(?:[^A-Za-zµ]|$)";

fn matches(cell: &OnceLock<Option<Regex>>, pattern: &str, text: &str) -> bool {
    cell.get_or_init(|| Regex::new(pattern).ok()).as_ref().is_none_or(|regex| regex.is_match(text))
}

fn is_short_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let edge = |byte: Option<&u8>| byte.is_some_and(|byte| plain(*byte));
    edge(text.as_bytes().first())
        && edge(text.as_bytes().last())
        && text.bytes().all(|byte| plain(byte) || byte == b'-')
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !text.is_empty()
        && text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// An address; leading zeros are tolerated in the parts of an IPv4 address.
fn is_ip(text: &str) -> bool {
    if text.contains(':') {
        return text.parse::<IpAddr>().is_ok();
    }
    let parts: Vec<&str> = text.split('.').collect();
    let part = |part: &&str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u32>().is_ok_and(|n| n < 256)
    };
    parts.len() == 4 && parts.iter().all(part)
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let most = if address.contains(':') { 128 } else { 32 };
    is_ip(address)
        && length.bytes().all(|byte| byte.is_ascii_digit())
        && length.parse::<u32>().is_ok_and(|length| length <= most)
}

fn is_mac(text: &str) -> bool {
    let sizes = |step: usize| matches!(text.len() + 1, n if [6, 8, 20].iter().any(|bytes| bytes * step == n));
    let split = |separator: char, digits: usize| {
        text.split(separator).all(|part| part.len() == digits && is_hex(part))
    };
    split(':', 2) && sizes(3)
        || split('-', 2) && sizes(3)
        || is_hex(text) && matches!(text.len(), 12 | 16 | 40)
        || split('.', 4) && [3, 4, 10].iter().any(|groups| groups * 5 == text.len() + 1)
}

fn is_uuid(text: &str, version: Option<u8>) -> bool {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    let dashes = |text: &str| {
        let mut rest = text;
        for length in [8, 4, 4, 4, 12] {
            if rest.len() < length || !rest.is_char_boundary(length) || !is_hex(&rest[..length]) {
                return false;
            }
            rest = &rest[length..];
            rest = rest.strip_prefix('-').filter(|_| length != 12).unwrap_or(rest);
        }
        rest.is_empty()
    };
    let variant = |digit: u8| matches!(digit, b'8' | b'9' | b'a' | b'b' | b'A' | b'B');
    dashes(text)
        && version.is_none_or(|version| {
            digits.get(12) == Some(&version)
                && (version == b'3' || digits.get(16).is_some_and(|digit| variant(*digit)))
        })
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let number = |part: &str, digits: usize| -> Option<u32> {
        (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse().ok())
            .flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn is_date_time(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut parts = lower.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    let part = |range: std::ops::Range<usize>| time.get(range).unwrap_or("99");
    is_date(date)
        && matches(&TIME, TIME_PATTERN, time)
        && part(0..2) <= "23"
        && part(3..5) <= "59"
        && part(6..8) <= "59"
}

fn is_duration(text: &str) -> bool {
    is_go_duration(text) || matches(&DURATION, DURATION_PATTERN, text)
}

fn is_go_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    while !rest.is_empty() {
        let number = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let digits = &rest[..number];
        if digits.matches('.').count() > 1 || !digits.bytes().any(|byte| byte.is_ascii_digit()) {
            return false;
        }
        rest = &rest[number..];
        let Some(unit) =
            ["ns", "us", "µs", "μs", "ms", "s", "m", "h"].into_iter().find(|unit| rest.starts_with(unit))
        else {
            return false;
        };
        rest = &rest[unit.len()..];
    }
    !text.is_empty()
}

fn is_email(text: &str) -> bool {
    let address = match (text.rfind('<'), text.strip_suffix('>')) {
        (Some(start), Some(end)) if start < end.len() => &end[start + 1..],
        _ => text,
    };
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let atom = |text: &str| {
        let ok =
            |char: char| char.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(char) || !char.is_ascii();
        !text.is_empty() && text.chars().all(ok)
    };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    (quoted || local.split('.').all(atom)) && domain.split('.').all(atom)
}

fn is_hostname(text: &str) -> bool {
    matches(&HOSTNAME, HOSTNAME_PATTERN, text)
        && text.len() <= 255
        && text.split('.').all(|part| part.len() <= 63)
}

fn is_request_uri(text: &str) -> bool {
    let printable = text.bytes().all(|byte| byte > b' ' && byte != 0x7f) || text.starts_with('/');
    let scheme = text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    });
    let escapes = text.split('%').skip(1).all(|rest| rest.get(..2).is_some_and(is_hex));
    let control = text.bytes().any(|byte| byte < b' ' || byte == 0x7f);
    printable && !control && escapes && (text.starts_with('/') || scheme)
}

fn is_isbn10(text: &str) -> bool {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).collect();
    let worth = |(index, byte): (usize, &u8)| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'X' if index == 9 => Some(10),
        _ => None,
    };
    let worths: Option<Vec<u32>> = digits.iter().enumerate().map(worth).collect();
    worths.is_some_and(|worths| {
        let sum: u32 = worths.iter().zip((1..=10).rev()).map(|(worth, weight)| worth * weight).sum();
        worths.len() == 10 && sum.is_multiple_of(11)
    })
}

fn is_isbn13(text: &str) -> bool {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).collect();
    let worth = |(index, byte): (usize, &u8)| u32::from(byte - b'0') * if index % 2 == 0 { 1 } else { 3 };
    digits.len() == 13
        && digits.iter().all(u8::is_ascii_digit)
        && digits.iter().enumerate().map(worth).sum::<u32>().is_multiple_of(10)
}

fn is_credit_card(text: &str) -> bool {
    let digits: Vec<u32> =
        text.bytes().filter(u8::is_ascii_digit).map(|byte| u32::from(byte - b'0')).collect();
    let start = |length: usize| digits.iter().take(length).fold(0, |sum, digit| sum * 10 + digit);
    let issuer = match digits.len() {
        13 => start(1) == 4,
        14 => matches!(start(3), 300..=305) || matches!(start(2), 36 | 38),
        15 => matches!(start(2), 34 | 37) || matches!(start(4), 2131 | 1800),
        16 => {
            start(1) == 4
                || (51..=55).contains(&start(2))
                || matches!(start(4), 6011)
                || start(2) == 65
                || start(2) == 35
        }
        _ => false,
    };
    let luhn: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match (index % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    issuer && luhn.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(name: &str, good: &[&str], bad: &[&str]) {
        let format = Format::of(name);
        assert!(format.is_some(), "{name}");
        for text in good {
            assert!(format.is_some_and(|format| format.accepts(text)), "{name} accepts {text}");
        }
        for text in bad {
            assert!(format.is_some_and(|format| !format.accepts(text)), "{name} refuses {text}");
        }
    }

    #[test]
    fn formats_tell_good_from_bad() {
        check(
            "date-time",
            &["2024-02-29T10:00:00Z", "2024-01-01t23:59:59.5+01:00"],
            &["2023-02-29T10:00:00Z", "2024-01-01", "2024-01-01T24:00:00Z", "today"],
        );
        check("datetime", &["2024-02-29T10:00:00Z"], &["10:00"]);
        check("date", &["2000-12-31"], &["2000-13-01", "2000-1-1", "1900-02-29"]);
        check("duration", &["90s", "1h30m", "2 days", "1w"], &["soon", "", "5", "3 fortnights"]);
        check("byte", &["aGk=", "aGVsbG8h"], &["a", "aGk", "a*k="]);
        check("ipv4", &["10.0.0.1", "010.0.0.1"], &["10.0.0.256", "10.0.0", "::1"]);
        check("ipv6", &["::1", "fe80::1"], &["10.0.0.1", ":::"]);
        check("cidr", &["10.0.0.0/8", "fe80::/64"], &["10.0.0.0", "10.0.0.0/33"]);
        check("mac", &["01:23:45:67:89:ab", "0123.4567.89ab"], &["01:23:45:67:89", "01:23-45:67:89:ab"]);
        check(
            "uuid",
            &["3f2504e0-4f89-41d3-9a0c-0305e82c3301"],
            &["3f2504e0", "3f2504e0-4f89-41d3-9a0c-0305e82c330g"],
        );
        check("uuid4", &["3f2504e04f8941d39a0c0305e82c3301"], &["3f2504e0-4f89-31d3-9a0c-0305e82c3301"]);
        check("hostname", &["example.com", "a"], &["-a", "a..b", "a_b"]);
        check("email", &["a@b.example", "A B <a.b@c>"], &["a", "@b", "a@"]);
        check("uri", &["https://a.example/b?c", "/a b"], &["a", "", "http://a b"]);
        check("isbn", &["0321751043", "978-0321751041"], &["0321751044"]);
        check("creditcard", &["4111-1111-1111-1111"], &["4111111111111112"]);
        check("ssn", &["123-45-6789"], &["12-345"]);
        check("hexcolor", &["#ffF", "00ff00"], &["#ffff"]);
        check("rgbcolor", &["rgb(0, 10,255)"], &["rgb(0,10,256)"]);
        check("k8s-short-name", &["a-1"], &["A", "a.b", "-a"]);
        check("k8s-long-name", &["a.b-1"], &["a..b", "A.b"]);
        assert!(Format::of("card-game").is_none());
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "\\PC{0,30}|[0-9a-fA-F:./@<>-]{0,40}") {
            for (format, _) in NAMES {
                format.accepts(&text);
            }
        }
    }
}
