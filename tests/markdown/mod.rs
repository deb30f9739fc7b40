//! Markdown as far as the tests need it: fenced blocks, and sections that are generated.
//! It must never know what the documents are about.

use std::path::{Path, PathBuf};

/// A document.
pub struct Document {
    /// Its path from the package's root.
    pub name: String,
    /// Its text.
    pub text: String,
    path: PathBuf,
}

/// A fenced block.
#[derive(Debug, PartialEq)]
pub struct Block {
    /// The words behind the fence: `yaml playbook`.
    pub info: Vec<String>,
    /// Its lines.
    pub text: String,
    /// The line of the fence, from 1.
    pub line: usize,
}

impl Block {
    /// Whether the block is in a language, and marked as this.
    pub fn is(&self, language: &str, mark: &str) -> bool {
        self.info.first().is_some_and(|word| word == language)
            && self.info.get(1).is_some_and(|word| word == mark)
    }

    /// The value of `key=value` behind the fence.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.info.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }
}

impl Document {
    /// Reads a document of the package.
    pub fn read(root: &Path, name: &str) -> Document {
        let path = root.join(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        Document { name: name.to_owned(), text, path }
    }

    /// Its fenced blocks, in order.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (number, line) in self.text.lines().enumerate() {
            match (line.strip_prefix("```"), &mut open) {
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(info), None) => {
                    let info = info.split_whitespace().map(str::to_owned).collect();
                    open = Some(Block { info, text: String::new(), line: number + 1 });
                }
                (None, Some(block)) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block is never closed", self.name);
        blocks
    }

    /// Compares what stands between `<!-- generated: NAME -->` and `<!-- end -->` with what `make` gives for the name, and with
    /// `UPDATE=1` writes it. Returns the names.
    pub fn generated(&mut self, make: impl Fn(&str) -> Option<String>) -> Vec<String> {
        let mut names = Vec::new();
        let mut fresh = String::new();
        let mut rest = self.text.as_str();
        while let Some(open) = rest.find("<!-- generated: ") {
            let behind = &rest[open + "<!-- generated: ".len()..];
            let name = behind.split(" -->").next().unwrap_or_default().to_owned();
            let end =
                rest.find("<!-- end -->").unwrap_or_else(|| panic!("{}: `{name}` has no end", self.name));
            let made = make(&name).unwrap_or_else(|| panic!("{}: nothing makes `{name}`", self.name));
            fresh.push_str(&rest[..open]);
            fresh.push_str(&format!("<!-- generated: {name} -->\n{}\n<!-- end -->", made.trim_end()));
            names.push(name);
            rest = &rest[end + "<!-- end -->".len()..];
        }
        fresh.push_str(rest);
        if fresh != self.text && std::env::var_os("UPDATE").is_some() {
            std::fs::write(&self.path, &fresh).expect("the document can be written");
            self.text = fresh.clone();
        }
        assert!(
            fresh == self.text,
            "{}: its generated parts are not what they should be; UPDATE=1 cargo test writes them",
            self.name
        );
        names
    }
}
