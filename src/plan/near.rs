//! Help for a path at which nothing is: the file that was meant.
//! It must never know what the file is for.

use std::path::Path;

/// What may have been meant by a path that leads nowhere, as it would be written relative to `base`.
pub(crate) fn help(path: &Path, base: &Path) -> Option<String> {
    let written = |path: &Path| path.strip_prefix(base).unwrap_or(path).display().to_string();
    // The first part of it that is not there.
    let missing =
        path.ancestors().take_while(|part| !part.as_os_str().is_empty() && !part.exists()).last()?;
    let folder = missing.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    let wanted = missing.file_name()?.to_str()?;
    let near = names.iter().filter_map(|name| Some((distance(wanted, name)?, name))).min();
    match near {
        Some((_, near)) => Some(format!("Did you mean `{}`?", written(&missing.with_file_name(near)))),
        None if missing != path => Some(format!("There is no directory `{}`.", written(missing))),
        None => None,
    }
}

/// How many letters a name has to be changed in to become another; nothing if those are too many to be a mistake.
fn distance(wanted: &str, name: &str) -> Option<usize> {
    let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase();
    let (wanted, name) = (stem(wanted), stem(name));
    let distance = strsim::damerau_levenshtein(&wanted, &name);
    (distance <= wanted.chars().count() / 3).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn only_what_may_be_a_mistake_is_near() {
        assert_eq!(distance("irs.yaml", "iris.yaml"), Some(1));
        assert_eq!(distance("iris.yml", "iris.yaml"), Some(0));
        assert_eq!(distance("nothing.yaml", "losing.yaml"), None);
        assert_eq!(distance("a.yaml", "b.yaml"), None);
    }
}
