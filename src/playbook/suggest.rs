//! "Did you mean": the name nearest to a mistyped one.
//! It must never know what the names stand for.

/// How alike two names must be (Jaro-Winkler) for one to be suggested for the other.
const ALIKE: f64 = 0.8;

/// The candidate most like `word`, if any is like it.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['_', ' '], "-");
    let word = plain(word);
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, &plain(candidate)), candidate))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Help for a mistyped name: the nearest candidate, else the list of them if it is short.
pub fn help<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    if let Some(nearest) = nearest(word, candidates.clone()) {
        return Some(format!("Did you mean `{nearest}`?"));
    }
    let all: Vec<String> = candidates.into_iter().map(|candidate| format!("`{candidate}`")).collect();
    match all.len() {
        0 => None,
        1..=16 => Some(format!("Known here: {}.", all.join(", "))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistyped_names_find_their_neighbour() {
        assert_eq!(nearest("timeuot", ["name", "timeout", "when"]), Some("timeout"));
        assert_eq!(nearest("keep_going", ["keep-going", "when"]), Some("keep-going"));
        assert_eq!(nearest("zebra", ["name", "timeout"]), None);
        assert_eq!(help("zebra", ["name"]).as_deref(), Some("Known here: `name`."));
    }
}
