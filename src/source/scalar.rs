//! What an unquoted scalar is: YAML 1.2's core schema for playbooks, and what kubectl's YAML library makes of it for manifests.
//! It must never know where the scalar stands.

use super::Node;
use crate::json::Number;

/// By which rules a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// YAML 1.2's core schema; tags and values cut off by ` #` are faults.
    Playbook,
    /// As kubectl reads it: YAML 1.1 with goyaml.v2's rules (`yes` is true, `0644` is octal); many documents.
    Manifest,
}

/// The value of a plain scalar, or nothing when it is a text.
pub(super) fn resolve(text: &str, dialect: Dialect) -> Option<Node> {
    match dialect {
        Dialect::Playbook => core(text),
        Dialect::Manifest => goyaml(text),
    }
}

/// YAML 1.2.2, section 10.3.2.
fn core(text: &str) -> Option<Node> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Node::Null),
        "true" | "True" | "TRUE" => return Some(Node::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Node::Bool(false)),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(octal) = text.strip_prefix("0o") {
        return integer(octal, 8, false);
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return integer(hex, 16, false);
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() {
        return integer(digits, 10, text.starts_with('-'));
    }
    float_shape(digits, false)
        .then(|| text.parse().ok().and_then(Number::from_f64).map(Node::Number))
        .flatten()
}

/// `resolve.go` of goyaml.v2, which sigs.k8s.io/yaml (kubectl) uses.
fn goyaml(text: &str) -> Option<Node> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Node::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Some(Node::Bool(true));
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Some(Node::Bool(false));
        }
        _ => {}
    }
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) {
        return None;
    }
    let plain = text.replace('_', "");
    let negative = plain.starts_with('-');
    let digits = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    let (radix, body) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] if digits.bytes().all(|byte| byte.is_ascii_digit()) => (8, &digits[1..]),
        _ => (10, digits),
    };
    if let Some(node) = integer(body, radix, negative) {
        return Some(node);
    }
    float_shape(digits, true)
        .then(|| plain.parse().ok().and_then(Number::from_f64).map(Node::Number))
        .flatten()
}

fn integer(digits: &str, radix: u32, negative: bool) -> Option<Node> {
    if digits.is_empty() || !digits.bytes().all(|byte| (byte as char).is_digit(radix)) {
        return None;
    }
    match u64::from_str_radix(digits, radix) {
        Ok(number) if negative => {
            let number = 0_i128 - i128::from(number);
            match i64::try_from(number) {
                Ok(number) => Some(Node::Number(number.into())),
                Err(_) => big(digits, radix, true),
            }
        }
        Ok(number) => Some(Node::Number(number.into())),
        Err(_) => big(digits, radix, negative),
    }
}

/// An integer beyond 64 bits becomes a float, as JSON readers make it.
fn big(digits: &str, radix: u32, negative: bool) -> Option<Node> {
    if radix != 10 {
        return None;
    }
    let number: f64 = digits.parse().ok()?;
    Number::from_f64(if negative { -number } else { number }).map(Node::Number)
}

/// `[0-9]*\.?[0-9]*([eE][-+]?[0-9]+)?` with at least one digit; goyaml wants a sign in the exponent and a digit behind the dot.
fn float_shape(digits: &str, goyaml: bool) -> bool {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = numeric(whole)
        && numeric(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && !(goyaml && mantissa.ends_with('.'));
    let exponent_fits = exponent.is_none_or(|exponent| {
        let unsigned = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !unsigned.is_empty() && numeric(unsigned) && (!goyaml || unsigned.len() < exponent.len())
    });
    mantissa_fits && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Value, json};

    fn value(text: &str, dialect: Dialect) -> Value {
        match resolve(text, dialect) {
            None => json!(text),
            Some(Node::Null) => json!(null),
            Some(Node::Bool(bool)) => json!(bool),
            Some(Node::Number(number)) => Value::Number(number),
            Some(other) => panic!("no scalar: {other:?}"),
        }
    }

    #[test]
    fn scalars_in_both_dialects() {
        for (text, playbook, manifest) in [
            ("yes", json!("yes"), json!(true)),
            ("off", json!("off"), json!(false)),
            ("true", json!(true), json!(true)),
            ("0644", json!(644), json!(420)),
            ("0o644", json!(420), json!(420)),
            ("0x1F", json!(31), json!(31)),
            ("1_000", json!("1_000"), json!(1000)),
            ("12", json!(12), json!(12)),
            ("-3", json!(-3), json!(-3)),
            ("1.5", json!(1.5), json!(1.5)),
            (".5", json!(0.5), json!(0.5)),
            ("1.", json!(1.0), json!("1.")),
            ("1e3", json!(1000.0), json!("1e3")),
            ("1e+3", json!(1000.0), json!(1000.0)),
            ("1.2.3", json!("1.2.3"), json!("1.2.3")),
            ("2001-01-01", json!("2001-01-01"), json!("2001-01-01")),
            ("500m", json!("500m"), json!("500m")),
            ("~", json!(null), json!(null)),
            ("089", json!(89), json!(89.0)),
            ("-", json!("-"), json!("-")),
            (".", json!("."), json!(".")),
            ("18446744073709551615", json!(18446744073709551615_u64), json!(18446744073709551615_u64)),
            ("-9223372036854775808", json!(i64::MIN), json!(i64::MIN)),
        ] {
            assert_eq!(value(text, Dialect::Playbook), playbook, "{text} in a playbook");
            assert_eq!(value(text, Dialect::Manifest), manifest, "{text} in a manifest");
        }
    }
}
