//! From files to one kubeconfig: read as kubectl reads them, paths within taken from where each file is.
//! Never chooses a context, nor opens what the files refer to.

use std::path::{MAIN_SEPARATOR, Path};

use kube::config::Kubeconfig;

use crate::json::Value;

/// Reads a file; several documents in it are merged, the first one winning.
///
/// # Errors
/// The file cannot be read, or is no kubeconfig; what is in it is not told.
pub(super) fn read(path: &Path) -> Result<Kubeconfig, String> {
    let no_kubeconfig =
        |error: &dyn std::fmt::Display| format!("{} is no kubeconfig: {error}", path.display());
    let bytes = std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let text = text(bytes).ok_or_else(|| no_kubeconfig(&"it is no text"))?;
    // The library would show the line, which may hold a token, and tells programmers which option to set.
    let options = serde_yaml::options! { with_snippet: false };
    let documents: Vec<Value> = serde_yaml::from_multiple_with_options(&text, options).map_err(|error| {
        no_kubeconfig(&error.to_string().replace(", set DuplicateKeyPolicy in Options if acceptable", ""))
    })?;
    let mut merged = Kubeconfig::default();
    for document in documents.iter().filter(|document| !document.is_null()) {
        let mut kubeconfig: Kubeconfig = document.read().map_err(|error| no_kubeconfig(&error))?;
        if let Some(folder) = path.parent() {
            anchor(&mut kubeconfig, folder);
        }
        merged = merged.merge(kubeconfig).map_err(|error| no_kubeconfig(&error))?;
    }
    Ok(merged)
}

/// UTF-8 or UTF-16, as its byte order mark says.
fn text(bytes: Vec<u8>) -> Option<String> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Option<Vec<u16>> = bytes.chunks(2).map(|pair| pair.try_into().ok().map(unit)).collect();
        units.and_then(|units| String::from_utf16(&units).ok())
    };
    match &*bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes).ok(),
    }
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
    fn what_is_wrong_is_told_without_what_is_there() {
        let told = |text: &str| read(&file("wrong", text.as_bytes())).unwrap_err();
        let number = told("users: [{name: ann, user: {password: 123456}}]");
        assert!(
            number.ends_with(
                "wrong is no kubeconfig: users.0.user.password: this is a number, and should be a string"
            ),
            "{number}"
        );
        assert!(told("clusters: 7").contains("clusters: this is a number"), "{}", told("clusters: 7"));
        let open = told("users: [{name: ann, user: {token: \"abc}}]");
        assert!(open.contains("line 1") && !open.contains("abc") && open.lines().count() == 1, "{open}");
        let twice = told("kind: Config\nkind: Config");
        assert!(
            twice.contains("duplicate mapping key: kind at line 2") && !twice.contains("Policy"),
            "{twice}"
        );
        assert!(told("kind: Config\n---\nkind: Pod").contains("wrong is no kubeconfig: "));
        let broken = read(&file("broken", &[0xFF, 0xFE, 1])).unwrap_err();
        assert!(broken.ends_with("it is no text"), "{broken}");
    }
}
