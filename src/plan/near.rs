//! Help for a path at which nothing is: the file that was meant.
//! It must never know what the file is for.

use crate::playbook::suggest;
use std::path::Path;

/// What may have been meant by a path that leads nowhere, as it would be written relative to `base`.
pub(crate) fn help(path: &Path, base: &Path) -> Option<String> {
    if path.exists() {
        return None;
    }
    let written = |path: &Path| path.strip_prefix(base).unwrap_or(path).display().to_string();
    // The first part of it that is not there.
    let missing =
        path.ancestors().take_while(|part| !part.exists() && !part.as_os_str().is_empty()).last()?;
    let folder = missing.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    let wanted = missing.file_name()?.to_str()?;
    if let Some(near) = suggest::nearest(wanted, names.iter().map(String::as_str)) {
        return Some(format!("Did you mean `{}`?", written(&missing.with_file_name(near))));
    }
    (missing != path).then(|| format!("There is no directory `{}`.", written(missing)))
}
