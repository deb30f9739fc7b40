//! Playbooks that cannot be read at all, and those too large to keep: made here, and shown to the command itself.

use super::{Anything, FOLDER, compare};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The names of the expected files that belong to no case but to these.
pub const NAMES: [&str; 9] = [
    "missing-file",
    "directory",
    "nul",
    "not-utf-8",
    "not-utf-16",
    "fifty-megabytes",
    "deep",
    "deep-blocks",
    "several-playbooks",
];

/// Writes a file into the folder that the command runs in.
fn made(name: &str, bytes: &[u8]) -> std::io::Result<()> {
    fs::write(folder()?.join(name), bytes)
}

fn folder() -> std::io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("invalid");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// What the command says of playbooks on standard error, after its exit code.
fn validate(playbooks: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let output = Command::new(env!("CARGO_BIN_EXE_seldonplay"))
        .arg("validate")
        .args(playbooks)
        .current_dir(folder()?)
        .env_clear()
        .output()?;
    let code = output.status.code().map_or("none".to_owned(), |code| code.to_string());
    let (out, err) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    Ok(format!("{err}{out}exit code {code}\n"))
}

#[test]
fn what_cannot_be_read_is_refused_in_words() -> Anything {
    made("nul.yaml", b"steps:\n  - apply: a\0b.yaml\n")?;
    made("not-utf-8.yaml", b"name: fine\nsteps:\n  - name: gr\xfc\xdfe\n    apply: a.yaml\n")?;
    made("not-utf-16.yaml", b"\xff\xfes\0t\0e\0p")?;
    fs::create_dir_all(folder()?.join("directory.yaml"))?;
    let line = b"  - sleep: 1s # and so on, for a very long time\n";
    let mut large = b"steps:\n".to_vec();
    large.extend(line.iter().copied().cycle().take(50 << 20));
    made("fifty-megabytes.yaml", &large)?;
    made("deep.yaml", "[".repeat(100_000).as_bytes())?;
    let blocks: String = (0..2_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    made("deep-blocks.yaml", blocks.as_bytes())?;
    made("good.yaml", b"steps: [sleep: 1s]\n")?;
    made("bad.yaml", b"steps: [slep: 1s]\n")?;

    let mut different = Vec::new();
    for name in NAMES {
        let file = format!("{name}.yaml");
        let directory = ["directory.yaml"];
        let several = ["good.yaml", "nowhere.yaml", "bad.yaml"];
        let playbooks = match name {
            "directory" => &directory[..],
            "several-playbooks" => &several[..],
            _ => &[file.as_str()][..],
        };
        let said = validate(playbooks)?;
        compare(&Path::new(FOLDER).join(format!("{name}.stderr")), &said, &mut different)?;
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    Ok(())
}
