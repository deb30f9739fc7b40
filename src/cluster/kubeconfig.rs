//! From files to one kubeconfig: read as kubectl reads them, paths within taken from where each file is.
//! Never chooses a context, nor opens what the files refer to.

use std::path::{MAIN_SEPARATOR, Path};

use kube::config::Kubeconfig;

use crate::kinds;
use crate::source::{Dialect, Sources, Span, read_yaml};

/// Reads a file; several documents in it are merged, the first one winning.
///
/// # Errors
/// The file cannot be read, or is no kubeconfig: where and why, and never what is there, which may be a secret.
pub(super) fn read(path: &Path) -> Result<Kubeconfig, String> {
    let mut sources = Sources::new();
    let file = sources
        .read(path)
        .map_err(|error| format!("{} cannot be read: {}", path.display(), error.message))?;
    let wrong = |span: Span, why: &str| {
        let place = sources.place(span);
        format!("{} is no kubeconfig: line {}, column {}: {why}", place.file, place.line, place.column)
    };
    let (documents, faults) = read_yaml(&sources, file, Dialect::Manifest);
    if let Some(fault) = faults.first() {
        return Err(wrong(fault.span, &fault.message));
    }
    let mut merged = Kubeconfig::default();
    for tree in documents.iter().map(|document| &document.tree) {
        let value = tree.to_value();
        if value.is_null() {
            continue;
        }
        let mut kubeconfig: Kubeconfig = value.read().map_err(|error| {
            let field = kinds::dotted(&error.pointer);
            let why = if field.is_empty() { error.why } else { format!("{field}: {}", error.why) };
            wrong(tree.nearest(&error.pointer).0.span, &why)
        })?;
        if let Some(folder) = path.parent() {
            anchor(&mut kubeconfig, folder);
        }
        merged = merged.merge(kubeconfig).map_err(|error| wrong(tree.span, &error.to_string()))?;
    }
    Ok(merged)
}

/// Takes relative paths from a folder, and so a credential plugin that is named by a path. Follows client-go's
/// `clientcmd.GetClusterFileReferences` and `GetAuthInfoFileReferences`.
fn anchor(kubeconfig: &mut Kubeconfig, folder: &Path) {
    let clusters = kubeconfig.clusters.iter_mut().filter_map(|named| named.cluster.as_mut());
    let mut paths: Vec<&mut Option<String>> =
        clusters.map(|cluster| &mut cluster.certificate_authority).collect();
    for user in kubeconfig.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut()) {
        paths.extend([&mut user.client_certificate, &mut user.client_key, &mut user.token_file]);
        let command = user.exec.as_mut().map(|exec| &mut exec.command);
        paths.extend(
            command
                .filter(|command| command.as_ref().is_some_and(|command| command.contains(MAIN_SEPARATOR))),
        );
    }
    for path in paths.into_iter().flatten().filter(|path| !path.is_empty()) {
        if let Some(anchored) = folder.join(&*path).to_str() {
            *path = anchored.to_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const USERS: &str = "
users:
- {name: ann, user: {client-certificate: ann.crt, client-key: /keys/ann, exec: {command: ./login}}}
- {name: bob, user: {tokenFile: '', exec: {command: login}}}
---
---
clusters: [{name: blue, cluster: {certificate-authority: ca/blue.crt}}]
users: [{name: ann, user: {token: t}}]
";

    fn file(name: &str, bytes: &[u8]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("seldonplay-kubeconfig-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
        folder.join(name)
    }

    #[test]
    fn documents_are_merged_and_paths_are_taken_from_the_file() {
        let little: Vec<u8> = USERS.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = USERS.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
        for (name, bytes) in [
            ("plain", USERS.as_bytes().to_vec()),
            ("marked", marked(&[0xEF, 0xBB, 0xBF], USERS.as_bytes())),
            ("little", marked(&[0xFF, 0xFE], &little)),
            ("big", marked(&[0xFE, 0xFF], &big)),
        ] {
            let path = file(name, &bytes);
            let folder = path.parent().unwrap();
            let read = read(&path).unwrap();
            let here = |name: &str| folder.join(name).to_str().map(str::to_owned);
            let users: Vec<_> = read.auth_infos.iter().filter_map(|named| named.auth_info.as_ref()).collect();
            let [ann, bob] = users[..] else { panic!("{users:?}") };
            assert_eq!(ann.client_certificate, here("ann.crt"));
            assert_eq!(ann.client_key.as_deref(), Some("/keys/ann"));
            assert_eq!(ann.exec.as_ref().and_then(|exec| exec.command.clone()), here("./login"));
            assert_eq!(bob.exec.as_ref().and_then(|exec| exec.command.as_deref()), Some("login"));
            assert_eq!(bob.token_file.as_deref(), Some(""));
            let blue = read.clusters[0].cluster.as_ref().unwrap();
            assert_eq!(blue.certificate_authority, here("ca/blue.crt"));
            assert!(ann.token.is_none());
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_without_what_is_there() {
        for (text, words) in [
            (
                "users:\n- name: ann\n  user: {password: 123456}",
                "line 3, column 20: users[0].user.password: this is a number, and should be a string",
            ),
            ("clusters: 7", "line 1, column 11: clusters: this is a number, and should be a sequence"),
            ("- a", "line 1, column 1: this is a list, and should be struct Kubeconfig"),
            ("kind: Config\nkind: Config", "line 2, column 1: "),
            ("users: [{name: ann, user: {token: \"abc}}]", "line 1, column "),
            ("kind: Config\n---\nkind: Pod", "line 3, column 1: "),
        ] {
            let told = read(&file("wrong", text.as_bytes())).unwrap_err();
            assert!(told.contains(&format!("wrong is no kubeconfig: {words}")), "{told}");
            assert!(!told.contains("abc") && !told.contains("123456") && told.lines().count() == 1, "{told}");
        }
        for bytes in [&b"\xFF\xFE\x01"[..], b"a\xFF", b"\0"] {
            let told = read(&file("broken", bytes)).unwrap_err();
            assert!(told.contains("broken cannot be read: it"), "{told}");
        }
    }
}
