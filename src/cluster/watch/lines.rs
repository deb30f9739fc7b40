//! Cuts a stream of bytes into lines.
//! Never knows what a line says.

/// A line longer than this is no object that an API server would store.
const LONGEST: usize = 64 << 20;

/// The part of a line whose end has not come yet.
#[derive(Default)]
pub(super) struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// Takes the next bytes and hands each line that they complete to `each`, until it fails.
    pub fn push<E>(&mut self, data: &[u8], mut each: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut data = data;
        while let Some(end) = data.iter().position(|byte| *byte == b'\n') {
            let (line, after) = (&data[..end], &data[end + 1..]);
            match self.rest.is_empty() {
                true => each(line)?,
                false => {
                    self.rest.extend_from_slice(line);
                    let whole = std::mem::take(&mut self.rest);
                    each(&whole)?;
                }
            }
            data = after;
        }
        self.rest.extend_from_slice(data);
        Ok(())
    }

    /// True once a line has become longer than any can be.
    pub fn is_overlong(&self) -> bool {
        self.rest.len() > LONGEST
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn however_a_text_is_cut_its_lines_are_the_same(text in "[ab\n]{0,60}", cuts in prop::collection::vec(0usize..60, 0..8)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            cuts.push(text.len());
            let (mut lines, mut got, mut start) = (Lines::default(), Vec::new(), 0);
            for cut in cuts {
                let pushed = lines.push(&text.as_bytes()[start..cut], |line| {
                    got.push(String::from_utf8_lossy(line).into_owned());
                    Ok::<(), ()>(())
                });
                prop_assert!(pushed.is_ok());
                start = cut;
            }
            got.push(String::from_utf8_lossy(&lines.rest).into_owned());
            prop_assert_eq!(got, text.split('\n').map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
