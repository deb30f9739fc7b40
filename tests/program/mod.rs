//! The built program, for tests that call it as a person does.
//! It must never know what is tested.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The package's root, where a person stands who calls the program.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The program with arguments, ready to be started in the package's root: no terminal, no colours, no kubeconfig.
pub fn seldonplay<I: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seldonplay"));
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command.env("KUBECONFIG", "/dev/null").env_remove("NO_COLOR").env_remove("SELDONPLAY_LOG");
    command
}

/// What a run of the program gave.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Ran {
    /// Both streams, for a message.
    pub fn told(&self) -> String {
        format!("exit code {:?}\n{}{}", self.code, self.out, self.err)
    }
}

impl From<std::process::Output> for Ran {
    fn from(output: std::process::Output) -> Ran {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ran {
    command.output().expect("the program can be started").into()
}

/// The kubeconfig of a control plane for tests, or a word to the reader why nothing is run.
pub fn control_plane() -> Option<PathBuf> {
    let kubeconfig = std::env::var_os("SELDONPLAY_TEST_KUBECONFIG").map(PathBuf::from);
    if kubeconfig.is_none() {
        eprintln!("not run: this needs a control plane; set SELDONPLAY_TEST_KUBECONFIG to its kubeconfig");
    }
    kubeconfig
}

/// A namespace of the control plane that is deleted when it goes out of scope, made by the program itself.
pub struct Namespace {
    /// Its name.
    pub name: String,
    kubeconfig: PathBuf,
    playbook: PathBuf,
}

impl Namespace {
    /// A namespace of its own for a test of this process.
    pub fn new(kubeconfig: &Path, what: &str) -> Namespace {
        let name = format!("{what}-{}", std::process::id());
        let playbook = std::env::temp_dir().join(format!("seldonplay-namespace-{name}.yaml"));
        let namespace = Namespace { name, kubeconfig: kubeconfig.to_owned(), playbook };
        let made = namespace.step("[{ apply: { wait: ready } }]");
        assert_eq!(made.code, Some(0), "the namespace {} cannot be made: {}", namespace.name, made.told());
        namespace
    }

    fn step(&self, steps: &str) -> Ran {
        let text = format!(
            "manifest: {{ apiVersion: v1, kind: Namespace, metadata: {{ name: {} }} }}\nsteps: {steps}\n",
            self.name
        );
        std::fs::write(&self.playbook, text).expect("there is room for a small file");
        let mut command = seldonplay(["run", "--timeout", "1m"]);
        run(command.arg(&self.playbook).env("KUBECONFIG", &self.kubeconfig))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let gone = self.step("[{ delete: { wait: false } }]");
        if gone.code != Some(0) {
            eprintln!("the namespace {} is left behind: {}", self.name, gone.told());
        }
        let _ = std::fs::remove_file(&self.playbook);
    }
}
