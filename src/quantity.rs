//! Kubernetes quantities (`500m`, `1Gi`, `1e3`), read and compared exactly.
//! Must never know what a quantity measures, nor round one.

use std::cmp::Ordering;

/// A quantity as `resource.Quantity` of apimachinery reads it, kept exactly: a decimal number of any size.
///
/// Two spellings of one amount are equal: `1`, `1000m`, `1e0` and `1.0`. Unlike the API server nothing is rounded up
/// to a nano-unit or capped at 2^63-1, so that comparisons stay exact over the whole range.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quantity {
    negative: bool,
    /// Decimal digits, most significant first, without leading or trailing zeros; empty for zero.
    digits: Vec<u8>,
    /// The power of ten that the last digit stands for; 0 for zero.
    exponent: i64,
}

/// What a suffix multiplies by.
enum Scale {
    Ten(i64),
    Kibi(u32),
}

impl Quantity {
    /// Reads a quantity: a sign, digits with at most one point, and one of the suffixes `n u m k M G T P E`,
    /// `Ki Mi Gi Ti Pi Ei` or an exponent `e3`, `E-3` that fits 32 bits. `None` for anything else.
    pub fn parse(text: &str) -> Option<Quantity> {
        let (number, suffix) = split(text)?;
        let scale = scale(suffix)?;
        let (negative, unsigned) = match number.as_bytes().first()? {
            b'-' => (true, &number[1..]),
            b'+' => (false, &number[1..]),
            _ => (false, number),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut digits: Vec<u8> = Vec::with_capacity(whole.len() + fraction.len());
        for byte in whole.bytes().chain(fraction.bytes()) {
            digits.push(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
        }
        let mut exponent = -i64::try_from(fraction.len()).ok()?;
        match scale {
            Scale::Ten(power) => exponent += power,
            Scale::Kibi(times) => (0..times).for_each(|_| multiply(&mut digits, 1024)),
        }
        Some(Quantity::normal(negative, digits, exponent))
    }

    /// Whether the text is a quantity that carries a suffix or an exponent: `500m` and `1e3` do, `1.10` does not.
    pub fn has_unit(text: &str) -> bool {
        split(text).is_some_and(|(_, suffix)| !suffix.is_empty()) && Quantity::parse(text).is_some()
    }

    /// The amount in thousandths; `None` where that is no whole number, or a very large one.
    pub fn thousandths(&self) -> Option<i128> {
        let power = u32::try_from(self.exponent.checked_add(3)?).ok()?;
        let digits = self
            .digits
            .iter()
            .try_fold(0_i128, |sum, digit| sum.checked_mul(10)?.checked_add(i128::from(*digit)))?;
        let amount = digits.checked_mul(10_i128.checked_pow(power)?)?;
        Some(if self.negative { -amount } else { amount })
    }

    fn normal(negative: bool, digits: Vec<u8>, exponent: i64) -> Quantity {
        let leading = digits.iter().take_while(|digit| **digit == 0).count();
        if leading == digits.len() {
            return Quantity { negative: false, digits: Vec::new(), exponent: 0 };
        }
        let trailing = digits.iter().rev().take_while(|digit| **digit == 0).count();
        let digits = digits[leading..digits.len() - trailing].to_vec();
        Quantity { negative, digits, exponent: exponent + trailing as i64 }
    }

    /// Minus one, zero or one.
    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    fn magnitude(&self, other: &Quantity) -> Ordering {
        let places = |quantity: &Quantity| quantity.digits.len() as i64 + quantity.exponent;
        places(self).cmp(&places(other)).then_with(|| self.digits.cmp(&other.digits))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Quantity) -> Ordering {
        self.sign().cmp(&other.sign()).then_with(|| match self.sign() {
            1 => self.magnitude(other),
            -1 => other.magnitude(self),
            _ => Ordering::Equal,
        })
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Quantity) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The number and what follows it; `None` where there is no number or the suffix could not be one.
fn split(text: &str) -> Option<(&str, &str)> {
    let signed = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = text.len() - signed.len();
    let number = signed.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    (number > 0).then(|| text.split_at(sign + number))
}

fn scale(suffix: &str) -> Option<Scale> {
    Some(match suffix {
        "" => Scale::Ten(0),
        "n" => Scale::Ten(-9),
        "u" => Scale::Ten(-6),
        "m" => Scale::Ten(-3),
        "k" => Scale::Ten(3),
        "M" => Scale::Ten(6),
        "G" => Scale::Ten(9),
        "T" => Scale::Ten(12),
        "P" => Scale::Ten(15),
        "E" => Scale::Ten(18),
        "Ki" => Scale::Kibi(1),
        "Mi" => Scale::Kibi(2),
        "Gi" => Scale::Kibi(3),
        "Ti" => Scale::Kibi(4),
        "Pi" => Scale::Kibi(5),
        "Ei" => Scale::Kibi(6),
        _ => Scale::Ten(i64::from(suffix.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?)),
    })
}

/// Multiplies decimal digits, most significant first, in place.
fn multiply(digits: &mut Vec<u8>, by: u32) {
    let mut carry = 0u32;
    for digit in digits.iter_mut().rev() {
        carry += u32::from(*digit) * by;
        *digit = (carry % 10) as u8;
        carry /= 10;
    }
    while carry > 0 {
        digits.insert(0, (carry % 10) as u8);
        carry /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Quantity {
        Quantity::parse(text).unwrap_or_else(|| panic!("{text} is a quantity"))
    }

    #[test]
    fn spellings_of_one_amount_are_equal() {
        for (left, right) in [
            ("1", "1000m"),
            ("1.10", "1.1"),
            ("1Ki", "1024"),
            ("1Gi", "1073741824"),
            ("1.5Gi", "1536Mi"),
            ("2E", "2e18"),
            ("1E3", "1k"),
            ("1e-3", "1m"),
            ("100n", "0.0000001"),
            (".5", "500m"),
            ("5.", "5"),
            ("+1", "1"),
            ("-0", "0"),
            ("0Ei", "0n"),
            ("8Ei", "9223372036854775808"),
        ] {
            assert_eq!(read(left), read(right), "{left} {right}");
            assert_eq!(read(left).cmp(&read(right)), Ordering::Equal, "{left} {right}");
        }
    }

    #[test]
    fn thousandths_are_exact_or_nothing() {
        for (text, thousandths) in [
            ("0", Some(0)),
            ("7.5", Some(7_500)),
            ("-250m", Some(-250)),
            ("64Gi", Some(68_719_476_736_000)),
            ("1u", None),
            ("1e40", None),
            ("1e2147483647", None),
        ] {
            assert_eq!(read(text).thousandths(), thousandths, "{text}");
        }
    }

    #[test]
    fn smaller_comes_first() {
        let ascending = [
            "-1e2147483647",
            "-1Ki",
            "-1k",
            "-1n",
            "0",
            "1n",
            "1u",
            "999m",
            "1",
            "1.1",
            "1k",
            "1Ki",
            "1M",
            "1Ei",
            "1e100",
        ];
        for pair in ascending.windows(2) {
            assert!(read(pair[0]) < read(pair[1]), "{} < {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in [
            "",
            "+",
            "-",
            ".",
            "m",
            "Ki",
            "1K",
            "1mm",
            "1 ",
            " 1",
            "1 Gi",
            "1e",
            "1e3.0",
            "1.2.3",
            "0x10",
            "1_000",
            "1e99999999999",
            "١",
            "NaN",
            "1ki",
            "--1",
            "1i",
        ] {
            assert_eq!(Quantity::parse(text), None, "{text:?}");
            assert!(!Quantity::has_unit(text), "{text:?}");
        }
    }

    #[test]
    fn a_unit_is_a_suffix_or_an_exponent() {
        for text in ["500m", "1Gi", "1e3", "2E", "100n", "-1k"] {
            assert!(Quantity::has_unit(text), "{text}");
        }
        for text in ["1.10", "1", "-1", ".5"] {
            assert!(!Quantity::has_unit(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "\\PC*") {
            Quantity::has_unit(&text);
        }

        #[test]
        fn quantities_compare_as_their_numbers_do(
            left in -1_000_000_000i64..1_000_000_000, right in -1_000_000_000i64..1_000_000_000,
            one in 0usize..13, two in 0usize..13,
        ) {
            let units = [("n", 1i128), ("u", 1_000), ("m", 1_000_000), ("", 1_000_000_000), ("k", 1_000_000_000_000),
                ("Ki", 1_024_000_000_000), ("M", 1_000_000_000_000_000), ("Mi", 1_048_576_000_000_000),
                ("G", 10i128.pow(18)), ("Gi", 1_073_741_824 * 10i128.pow(9)), ("e3", 10i128.pow(12)),
                ("T", 10i128.pow(21)), ("Ti", 1_099_511_627_776 * 10i128.pow(9))];
            let value = |number: i64, unit: usize| i128::from(number) * units[unit].1;
            let text = |number: i64, unit: usize| format!("{number}{}", units[unit].0);
            let (small, large) = (read(&text(left, one)), read(&text(right, two)));
            prop_assert_eq!(small.cmp(&large), value(left, one).cmp(&value(right, two)));
            prop_assert_eq!(small == large, value(left, one) == value(right, two));
        }

        #[test]
        fn zeros_at_either_end_change_nothing(number in 0u64..u64::MAX, zeros in 0usize..30) {
            let padded = format!("{}{number}.{}", "0".repeat(zeros), "0".repeat(zeros));
            prop_assert_eq!(read(&padded), read(&number.to_string()));
        }
    }
}
