//! What tells keys apart at a glance.

/// Eight bytes of a key: all of a short one, with its length, so that most keys are told apart, and found, without looking at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(u64);

/// In the highest byte, which has the length of a shorter key, and the last letter of one of eight: the mark is not the whole key.
const PART: u64 = 0x80 << 56;

impl Mark {
    /// The mark of a key.
    #[inline(always)]
    pub fn of(key: &str) -> Mark {
        let bytes = key.as_bytes();
        let tag = (bytes.len() as u64) << 56;
        Mark(match (bytes.first_chunk(), bytes.last_chunk(), bytes) {
            (Some(eight), .., [.., b' '..=b'~']) if bytes.len() == 8 => u64::from_le_bytes(*eight),
            (_, Some([x, y, z]), [a, b, c, d, ..]) => {
                let part = if bytes.len() < 8 { 0 } else { PART };
                u64::from_le_bytes([*a, *b, *c, *d, *x, *y, *z, 0]) | tag | part
            }
            (.., [first, .., last]) => {
                u64::from_le_bytes([*first, bytes[bytes.len() / 2], *last, 0, 0, 0, 0, 0]) | tag
            }
            (.., [only]) => u64::from(*only) | tag,
            _ => 0,
        })
    }

    /// Whether two keys with this mark are the same.
    #[inline(always)]
    pub fn tells(self, one: &str, other: &str) -> bool {
        self.0 & PART == 0 || alike(one, other)
    }
}

/// Whether two keys of eight bytes or more are the same: those of up to sixteen are two halves.
fn alike(one: &str, other: &str) -> bool {
    let ends =
        |key: &str| (key.as_bytes().first_chunk::<8>().copied(), key.as_bytes().last_chunk::<8>().copied());
    one.len() == other.len()
        && match one.len() {
            0..=16 => ends(one) == ends(other),
            _ => one == other,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_are_the_same_if_their_marks_tell_so(one in "[ab\u{1}\u{7f}ä]{0,18}", more in "[ab\u{1}ä]{0,2}", at in 0..19usize) {
            let same = |one: &str, other: &str| {
                let (a, b) = (Mark::of(one), Mark::of(other));
                a == b && a.tells(one, other)
            };
            // Another one that differs in a letter or a few, if at all.
            let letters = || one.chars().enumerate();
            let other: String = letters().filter(|(place, _)| *place != at).map(|(_, letter)| letter).collect();
            let changed: String = letters().map(|(place, letter)| if place == at { 'a' } else { letter }).collect();
            for other in [other + &more, changed, more, one.clone()] {
                prop_assert_eq!(same(&one, &other), one == other, "{:?} and {:?}", one, other);
            }
        }
    }
}
