//! Expected files: compared, or written anew by `UPDATE=1`.
//! It must never know what is in them.

use std::path::Path;

/// Compares a text with a file; the error shows where they differ.
pub fn check(path: &Path, told: &str) -> Result<(), String> {
    if std::env::var_os("UPDATE").is_some() {
        return std::fs::write(path, told).map_err(|error| format!("{}: {error}", path.display()));
    }
    let wanted = std::fs::read_to_string(path).unwrap_or_default();
    if wanted == told {
        return Ok(());
    }
    let (before, after): (Vec<&str>, Vec<&str>) = (wanted.lines().collect(), told.lines().collect());
    let same = before.iter().zip(&after).take_while(|(before, after)| before == after).count();
    let rest = before.len().min(after.len()) - same;
    let end =
        before.iter().rev().zip(after.iter().rev()).take_while(|(before, after)| before == after).count();
    let end = end.min(rest);
    let lines =
        |mark: char, lines: &[&str]| lines.iter().map(|line| format!("{mark} {line}\n")).collect::<String>();
    Err(format!(
        "{} differs from line {} on (UPDATE=1 writes it anew):\n{}{}",
        path.display(),
        same + 1,
        lines('-', &before[same..before.len() - end]),
        lines('+', &after[same..after.len() - end]),
    ))
}
