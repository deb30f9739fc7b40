//! Amounts that can be added up, and are written as Kubernetes writes them.
//! It must never round: what is finer than a billionth counts as one.

use std::fmt;

use crate::json::Value;

/// An amount: billionths, and whether it is written in powers of 1024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    nanos: i128,
    binary: bool,
}

const WHOLE: i128 = 1_000_000_000;

/// Suffixes of powers of 1000, from billionths up.
const DECIMAL: [(&str, i128); 10] = [
    ("E", WHOLE * 1_000_000_000_000_000_000),
    ("P", WHOLE * 1_000_000_000_000_000),
    ("T", WHOLE * 1_000_000_000_000),
    ("G", WHOLE * 1_000_000_000),
    ("M", WHOLE * 1_000_000),
    ("k", WHOLE * 1_000),
    ("", WHOLE),
    ("m", WHOLE / 1_000),
    ("u", WHOLE / 1_000_000),
    ("n", 1),
];
const BINARY: [(&str, i128); 6] = [
    ("Ei", WHOLE << 60),
    ("Pi", WHOLE << 50),
    ("Ti", WHOLE << 40),
    ("Gi", WHOLE << 30),
    ("Mi", WHOLE << 20),
    ("Ki", WHOLE << 10),
];

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount { nanos: 0, binary: false };
    /// One.
    pub const ONE: Amount = Amount { nanos: WHOLE, binary: false };

    /// A whole number.
    pub fn whole(number: usize) -> Amount {
        Amount { nanos: i128::try_from(number).unwrap_or_default().saturating_mul(WHOLE), binary: false }
    }

    /// Reads a quantity, given as text or number; what is none is nothing.
    pub fn read(value: &Value) -> Amount {
        match value {
            Value::String(text) => Amount::parse(text).unwrap_or(Amount::ZERO),
            Value::Number(number) => Amount::parse(&number.to_string()).unwrap_or(Amount::ZERO),
            _ => Amount::ZERO,
        }
    }

    fn parse(text: &str) -> Option<Amount> {
        let (number, unit, binary) = match BINARY.iter().find(|(suffix, _)| text.ends_with(suffix)) {
            Some((suffix, unit)) => (text.strip_suffix(suffix)?, *unit, true),
            None => match DECIMAL.iter().find(|(suffix, _)| !suffix.is_empty() && text.ends_with(suffix)) {
                Some((suffix, unit)) => (text.strip_suffix(suffix)?, *unit, false),
                None => (text, WHOLE, false),
            },
        };
        let (number, exponent) = match number.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (number, 0),
        };
        let negative = number.starts_with('-');
        let number = number.trim_start_matches(['+', '-']);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits: String = [whole, fraction].concat();
        let value: i128 = if digits.is_empty() { return None } else { digits.parse().ok()? };
        let shift = exponent - i32::try_from(fraction.len()).ok()?;
        let ten = |power: u32| 10_i128.checked_pow(power);
        let scaled = value.checked_mul(unit)?;
        let nanos = match u32::try_from(shift) {
            Ok(shift) => scaled.checked_mul(ten(shift)?)?,
            Err(_) => {
                let by = ten(shift.unsigned_abs())?;
                scaled / by + i128::from(scaled % by != 0)
            }
        };
        Some(Amount { nanos: if negative { -nanos } else { nanos }, binary })
    }

    /// Both together, written as the first is, or the second if that is nothing.
    pub fn plus(self, other: Amount) -> Amount {
        let binary = if self.nanos == 0 { other.binary } else { self.binary };
        Amount { nanos: self.nanos.saturating_add(other.nanos), binary }
    }

    /// This without the other.
    pub fn less(self, other: Amount) -> Amount {
        Amount { nanos: self.nanos.saturating_sub(other.nanos), ..self }
    }

    /// Whether it is more than nothing.
    pub fn is_positive(self) -> bool {
        self.nanos > 0
    }
}

impl Ord for Amount {
    fn cmp(&self, other: &Amount) -> std::cmp::Ordering {
        self.nanos.cmp(&other.nanos).then(self.binary.cmp(&other.binary))
    }
}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Amount) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return f.write_str("0");
        }
        let fits = |unit: &i128| self.nanos % unit == 0;
        let binary = BINARY.iter().find(|(_, unit)| fits(unit)).filter(|_| self.binary);
        let found = binary.or_else(|| match self.binary {
            true => DECIMAL.iter().skip(6).find(|(_, unit)| fits(unit)),
            false => DECIMAL.iter().find(|(_, unit)| fits(unit)),
        });
        let (suffix, unit) = found.copied().unwrap_or(("n", 1));
        write!(f, "{}{suffix}", self.nanos / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_kubernetes_writes_them() {
        for (text, written) in [
            ("100m", "100m"),
            ("0.1", "100m"),
            ("1500m", "1500m"),
            ("1000", "1k"),
            ("1Gi", "1Gi"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("500Mi", "500Mi"),
            ("1e3", "1k"),
            ("0", "0"),
            ("3", "3"),
        ] {
            assert_eq!(Amount::read(&text.into()).to_string(), written, "{text}");
        }
    }

    #[test]
    fn amounts_are_added_up() {
        let sum = Amount::read(&"100m".into()).plus(Amount::read(&"0.9".into()));
        assert_eq!(sum, Amount::ONE);
        let memory = Amount::ZERO.plus(Amount::read(&"1Gi".into())).plus(Amount::read(&"512Mi".into()));
        assert_eq!(memory.to_string(), "1536Mi");
        assert!(memory > Amount::ONE && !Amount::ONE.less(memory).is_positive());
    }
}
