//! Whether text is a name, a label, a port … as `util/validation` of apimachinery tells, and its words if it is not.
//! It must never know fields.

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const NAME_PART: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/// A message about a pattern, with examples.
pub fn pattern(message: &str, pattern: &str, examples: &[&str]) -> String {
    if examples.is_empty() {
        return format!("{message} (regex used for validation is '{pattern}')");
    }
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}', ")).collect();
    format!("{message} (e.g. {}regex used for validation is '{pattern}')", examples.join(" or "))
}

/// Whether text is of `allowed` characters and begins and ends with such that `ends` allows; not empty.
fn framed(text: &str, ends: impl Fn(u8) -> bool, allowed: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|byte| ends(*byte))
        && bytes.last().is_some_and(|byte| ends(*byte))
        && bytes.iter().all(|byte| ends(*byte) || allowed(*byte))
}

fn lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_label(text: &str) -> bool {
    framed(text, lower, |byte| byte == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// A lowercase RFC 1123 label: the names of containers, volumes, namespaces.
pub fn label(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > 63 {
        found.push("must be no more than 63 characters".into());
    }
    if is_label(text) {
        return found;
    }
    found.push(match is_subdomain(text) {
        true => "must not contain dots".into(),
        false => pattern(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
            LABEL,
            &["my-name", "123-abc"],
        ),
    });
    found
}

/// A lowercase RFC 1123 subdomain: most names.
pub fn subdomain(text: &str) -> Vec<String> {
    subdomain_of(text, "characters")
}

/// A lowercase RFC 1123 subdomain, its length told in bytes.
pub fn subdomain_in_bytes(text: &str) -> Vec<String> {
    subdomain_of(text, "bytes")
}

fn subdomain_of(text: &str, unit: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > 253 {
        found.push(format!("must be no more than 253 {unit}"));
    }
    if !is_subdomain(text) {
        found.push(pattern(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
            &format!("{LABEL}(\\.{LABEL})*"),
            &["example.com"],
        ));
    }
    found
}

/// A DNS-1035 label: port names of old, the names of custom kinds.
pub fn label_1035(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > 63 {
        found.push("must be no more than 63 characters".into());
    }
    if !is_label(text) || !text.as_bytes().first().is_some_and(u8::is_ascii_lowercase) {
        found.push(pattern(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
            "[a-z]([-a-z0-9]*[a-z0-9])?",
            &["my-name", "abc-123"],
        ));
    }
    found
}

/// The key of a label, a finalizer, a taint: a name, with or without a domain before it.
pub fn qualified(text: &str) -> Vec<String> {
    let words = || {
        let words = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
        pattern(words, NAME_PART, &["MyName", "my.name", "123-abc"])
    };
    let mut found = Vec::new();
    let name = match text.split('/').collect::<Vec<_>>()[..] {
        [name] => name,
        [prefix, name] => {
            match prefix {
                "" => found.push("prefix part must be non-empty".into()),
                prefix => {
                    let words = subdomain_in_bytes(prefix);
                    found.extend(words.iter().map(|words| format!("prefix part {words}")));
                }
            }
            name
        }
        _ => {
            return vec![format!(
                "a valid label key {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                words()
            )];
        }
    };
    if name.is_empty() {
        found.push("name part must be non-empty".into());
    } else if name.len() > 63 {
        found.push("name part must be no more than 63 bytes".into());
    }
    if !is_name_part(name) {
        found.push(format!("name part {}", words()));
    }
    found
}

fn is_name_part(text: &str) -> bool {
    framed(text, |byte| byte.is_ascii_alphanumeric(), |byte| b"-_.".contains(&byte))
}

/// The value of a label.
pub fn label_value(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > 63 {
        found.push("must be no more than 63 bytes".into());
    }
    if !text.is_empty() && !is_name_part(text) {
        found.push(pattern(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
            &format!("({NAME_PART})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    found
}

/// The name of a port.
pub fn port_name(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    if text.len() > 15 {
        found.push("must be no more than 15 characters".into());
    }
    if text.is_empty() || !text.bytes().all(|byte| lower(byte) || byte == b'-') {
        found.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".into());
    }
    if !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        found.push("must contain at least one letter (a-z)".into());
    }
    if text.contains("--") {
        found.push("must not contain consecutive hyphens".into());
    }
    if text.starts_with('-') || text.ends_with('-') {
        found.push("must not begin or end with a hyphen".into());
    }
    found
}

/// The number of a port.
pub fn port(number: i64) -> Option<String> {
    between(number, 1, 65535)
}

/// A number within bounds.
pub fn between(number: i64, least: i64, most: i64) -> Option<String> {
    (number < least || number > most).then(|| format!("must be between {least} and {most}, inclusive"))
}

/// A percentage.
pub fn percent(text: &str) -> Option<String> {
    let fits = text
        .strip_suffix('%')
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    (!fits).then(|| {
        let words = "a valid percent string must be a numeric string followed by an ending '%'";
        pattern(words, "[0-9]+%", &["1%", "93%"])
    })
}

/// The name of an environment variable.
pub fn variable(text: &str) -> Vec<String> {
    let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=');
    let words =
        "a valid environment variable name must consist only of printable ASCII characters other than '='";
    match text.is_empty() {
        true => vec!["environment variable name must not be empty".into()],
        false if !printable => vec![words.into()],
        false => Vec::new(),
    }
}

/// The key of a ConfigMap or Secret.
pub fn config_key(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > 253 {
        found.push("must be no more than 253 characters".into());
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)) {
        let words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
        found.push(pattern(words, "[-._a-zA-Z0-9]+", &["key.name", "KEY_NAME", "key-name"]));
    }
    match text {
        "." => found.push("must not be '.'".into()),
        ".." => found.push("must not be '..'".into()),
        _ if text.starts_with("..") => found.push("must not start with '..'".into()),
        _ => {}
    }
    found
}

/// The name of a header.
pub fn header(text: &str) -> Option<String> {
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let words = "a valid HTTP header must consist of alphanumeric characters or '-'";
    (!fits).then(|| pattern(words, "[-A-Za-z0-9]+", &["X-Header-Name"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names_are_good() {
        for text in ["a", "web-1", "0"] {
            assert!(label(text).is_empty() && subdomain(text).is_empty() && qualified(text).is_empty());
        }
        assert!(subdomain("a.b-c.d").is_empty() && qualified("example.com/My_name.1").is_empty());
        assert!(label_value("").is_empty() && port_name("http").is_empty() && percent("5%").is_none());
    }

    #[test]
    fn bad_names_are_told_in_the_server_s_words() {
        assert_eq!(label("a.b"), ["must not contain dots"]);
        assert_eq!(
            subdomain("A"),
            [
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            ]
        );
        assert_eq!(qualified("a/b/c").len(), 1);
        assert_eq!(port_name("80"), ["must contain at least one letter (a-z)"]);
        assert_eq!(port(0).as_deref(), Some("must be between 1 and 65535, inclusive"));
    }
}
