//! Texts and places in them: every file that is read, spans into them, and YAML as a tree in which every key and value has its span.
//! It must never know what a text means: no playbooks, no Kubernetes.

mod meant;
mod position;
mod scalar;
mod text;
mod tree;
mod yaml;

use std::ops::Deref;
use std::path::{Path, PathBuf};

pub use position::Place;
pub use scalar::Dialect;
pub use text::{OffsetMap, Piece, Text};
pub use tree::{Entry, Node, Tree};
pub use yaml::{Document, Fault, FaultKind, read_yaml};

/// A file of [`Sources`]: an index into the list of texts read so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A range of bytes in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The span that begins `from` bytes into this one and ends `to` bytes into it, kept within it.
    pub fn slice(self, from: usize, to: usize) -> Span {
        let at = |offset: usize| {
            self.start.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX)).min(self.end)
        };
        Span { file: self.file, start: at(from), end: at(to.max(from)) }
    }

    /// The smallest span that covers both, when they are in one file; else this one.
    pub fn join(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A value and the place where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value with its place.
    pub fn new(value: T, span: Span) -> Spanned<T> {
        Spanned { value, span }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// One text and its name as the user gave it.
#[derive(Debug)]
struct File {
    name: String,
    path: Option<PathBuf>,
    text: String,
    line_starts: Vec<u32>,
}

/// Every text that is read: the playbook, manifests, vars files. Spans are meaningful only together with it.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<File>,
}

/// The most bytes of a file that are read. A SeldonDeployment's CRD has 2.5 MB; nothing that is written by hand comes near.
pub const LARGEST_FILE: u64 = 16 * 1024 * 1024;

/// Why a file could not be taken in: a sentence and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong, the file's name left out.
    pub message: String,
    /// What to try.
    pub help: Option<String>,
}

impl Sources {
    /// No texts yet.
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Takes in a text under a name that messages will show.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        self.insert(name.into(), None, text.into())
    }

    /// Takes in bytes: UTF-8, with or without a byte order mark, or UTF-16 with one, as kubectl accepts.
    ///
    /// # Errors
    /// The bytes are too many, are no text, or hold a NUL.
    pub fn add_bytes(
        &mut self,
        name: &str,
        path: Option<PathBuf>,
        bytes: Vec<u8>,
    ) -> Result<FileId, Unreadable> {
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(too_large(bytes.len() as u64));
        }
        let text = decode(bytes)?;
        if let Some(offset) = text.find('\0') {
            let line = text[..offset].matches('\n').count() + 1;
            return Err(Unreadable {
                message: format!("it has a NUL byte in line {line}, so it is not a text"),
                help: Some("Save it as UTF-8 text.".into()),
            });
        }
        Ok(self.insert(name.to_owned(), path, text))
    }

    /// Reads a file. Its name in messages is the path as given.
    ///
    /// # Errors
    /// It is missing, a directory, too large, not text, or may not be read.
    pub fn read(&mut self, path: &Path) -> Result<FileId, Unreadable> {
        let plain = |message: String| Unreadable { message, help: None };
        let meta = std::fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Unreadable { message: "there is no such file".into(), help: None }
            }
            std::io::ErrorKind::PermissionDenied => plain("it may not be read (permission denied)".into()),
            _ => plain(format!("it cannot be read: {error}")),
        })?;
        if meta.is_dir() {
            let help = Some("Name a file in it.".into());
            return Err(Unreadable { message: "it is a directory, not a file".into(), help });
        }
        if meta.len() > LARGEST_FILE {
            return Err(too_large(meta.len()));
        }
        let bytes = read_bounded(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::PermissionDenied => plain("it may not be read (permission denied)".into()),
            _ => plain(format!("it cannot be read: {error}")),
        })?;
        self.add_bytes(&path.display().to_string(), Some(path.to_owned()), bytes)
    }

    fn insert(&mut self, name: String, path: Option<PathBuf>, text: String) -> FileId {
        let line_starts = position::line_starts(&text);
        self.files.push(File { name, path, text, line_starts });
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// The name a file is shown by.
    pub fn name(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].name
    }

    /// The whole text of a file.
    pub fn text(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].text
    }

    /// The directory of a file that was read from disk; paths inside it are relative to this.
    pub fn directory(&self, file: FileId) -> Option<&Path> {
        self.files[file.0 as usize].path.as_deref().and_then(Path::parent)
    }

    /// The span of a whole file.
    pub fn whole(&self, file: FileId) -> Span {
        Span { file, start: 0, end: u32::try_from(self.text(file).len()).unwrap_or(u32::MAX) }
    }

    /// The text under a span.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Line, column and the lines of text of a span.
    pub fn place(&self, span: Span) -> Place {
        let file = &self.files[span.file.0 as usize];
        Place::find(&file.name, &file.text, &file.line_starts, span)
    }
}

fn too_large(bytes: u64) -> Unreadable {
    Unreadable {
        message: format!(
            "it is too large ({} MiB; at most {} MiB are read)",
            bytes >> 20,
            LARGEST_FILE >> 20
        ),
        help: Some("Split it, or name the right file.".into()),
    }
}

fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn decode(bytes: Vec<u8>) -> Result<String, Unreadable> {
    let not_text = |message: String| Unreadable { message, help: Some("Save it as UTF-8.".into()) };
    let units = |rest: &[u8], join: fn([u8; 2]) -> u16| -> Result<String, Unreadable> {
        let pairs = rest.chunks_exact(2);
        let odd = !pairs.remainder().is_empty();
        let units: Vec<u16> = pairs.map(|pair| join([pair[0], pair[1]])).collect();
        match String::from_utf16(&units) {
            Ok(text) if !odd => Ok(text),
            _ => Err(not_text("its byte order mark says UTF-16, but it is not valid UTF-16".into())),
        }
    };
    match bytes.as_slice() {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest.to_vec()),
        [0xFF, 0xFE, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => units(rest, u16::from_be_bytes),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, Unreadable> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Unreadable {
            message: format!("it is not UTF-8 text (line {line}, byte {good})"),
            help: Some("Save it as UTF-8.".into()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_in_as_kubectl_takes_them() {
        let mut sources = Sources::new();
        let cases: [(&[u8], &str); 4] = [
            (b"a: 1", "a: 1"),
            (b"\xEF\xBB\xBFa: 1", "a: 1"),
            (b"\xFF\xFEa\0:\0", "a:"),
            (b"\xFE\xFF\0a\0:", "a:"),
        ];
        for (bytes, text) in cases {
            let file = sources.add_bytes("x", None, bytes.to_vec()).expect("is text");
            assert_eq!(sources.text(file), text);
        }
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_line() {
        let mut sources = Sources::new();
        let nul = sources.add_bytes("x", None, b"a\nb\0".to_vec()).expect_err("NUL");
        assert_eq!(nul.message, "it has a NUL byte in line 2, so it is not a text");
        let latin = sources.add_bytes("x", None, b"caf\xe9".to_vec()).expect_err("Latin-1");
        assert_eq!(latin.message, "it is not UTF-8 text (line 1, byte 3)");
        assert!(sources.read(Path::new("/")).expect_err("directory").message.contains("directory"));
        assert!(sources.read(Path::new("/no/such")).expect_err("missing").message.contains("no such file"));
    }
}
