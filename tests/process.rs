//! What only the process shows: exit codes, signals, what goes to which stream, and that nobody may be there to read or to answer.
//!
//! What needs a cluster says so without `SELDONPLAY_TEST_KUBECONFIG` and does nothing.

#[path = "support/ground.rs"]
mod ground;

use ground::{Ground, User, delete_namespace, make_namespace, object_named};
use seldonplay::cluster::{Cluster, PatchKind, PatchOptions};
use seldonplay::event::{Event, EventKind};
use seldonplay::json::json;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{Instant, timeout};

const SECOND: Duration = Duration::from_secs(1);
/// How long a process may take at all.
const LONGEST: Duration = Duration::from_secs(60);

/// A playbook beside this file.
fn playbook(name: &str) -> PathBuf {
    Path::new("tests/process").join(name)
}

/// The program, with nothing of the environment that could decide anything, and nobody at the terminal.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seldonplay"));
    command.env_remove("KUBECONFIG").env_remove("NO_COLOR").env("HOME", env!("CARGO_TARGET_TMPDIR"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

async fn ends<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    let running = program().args(arguments).output();
    timeout(LONGEST, running).await.expect("it ends").expect("it starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A namespace of a test's own, and the program that runs in it.
struct Home {
    ground: Ground,
    cluster: Cluster,
    namespace: String,
}

impl Home {
    /// None without a cluster.
    async fn make(name: &str) -> Option<Home> {
        let Some(ground) = Ground::find() else {
            eprintln!("skipped: it needs SELDONPLAY_TEST_KUBECONFIG");
            return None;
        };
        let cluster = ground.open(User::Admin, None).await.expect("the cluster opens").cluster;
        let namespace = format!("process-{name}-{}", std::process::id());
        make_namespace(&cluster, &namespace).await.expect("a namespace is made");
        Some(Home { ground, cluster, namespace })
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = program();
        command.arg("run").arg(playbook(name)).args(["-n", &self.namespace]).args(arguments);
        command.arg("--kubeconfig").arg(self.ground.kubeconfig(User::Admin));
        command
    }

    async fn ends(&self, name: &str, arguments: &[&str]) -> Output {
        let running = self.run(name, arguments).output();
        timeout(LONGEST, running).await.expect("it ends").expect("it starts")
    }

    async fn has(&self, word: &str, name: &str) -> bool {
        let object = object_named(&self.cluster, word, Some(&self.namespace), name).await.expect("a kind");
        self.cluster.get(&object).await.expect("the cluster answers").is_some()
    }

    /// Takes off the finalizer that holds the playbook's object.
    async fn let_go(&self) {
        let shelf =
            object_named(&self.cluster, "ConfigMap", Some(&self.namespace), "shelf").await.expect("a kind");
        let patch = PatchKind::Merge(json!({"metadata": {"finalizers": null}}));
        let let_go = self.cluster.patch(&shelf, &patch, &PatchOptions::default()).await;
        let_go.expect("the finalizer is taken off");
    }

    async fn leave(self) {
        delete_namespace(&self.cluster, &self.namespace).await.expect("the namespace is deleted");
    }
}

/// A run that is followed line by line.
struct Followed {
    child: Child,
    lines: tokio::io::Lines<BufReader<ChildStdout>>,
    told: String,
}

impl Followed {
    fn start(mut command: Command) -> Followed {
        let mut child = command.spawn().expect("it starts");
        let stdout = child.stdout.take().expect("its output is piped");
        Followed { child, lines: BufReader::new(stdout).lines(), told: String::new() }
    }

    /// Reads until a line has these words.
    async fn until(&mut self, words: &str) {
        loop {
            let line = timeout(LONGEST, self.lines.next_line()).await;
            let line = line.unwrap_or_else(|_| panic!("no `{words}` came:\n{}", self.told));
            let Some(line) = line.expect("its output is text") else {
                panic!("it ended without `{words}`:\n{}", self.told)
            };
            self.told.push_str(&line);
            self.told.push('\n');
            if line.contains(words) {
                return;
            }
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().expect("it still runs").to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &id]).status();
        assert!(sent.expect("kill starts").success());
    }

    /// The exit code, what it took from now on, and all that was told.
    async fn end(mut self) -> (Option<i32>, Duration, String) {
        let start = Instant::now();
        let mut rest = String::new();
        let reading = async {
            while let Ok(Some(line)) = self.lines.next_line().await {
                rest.push_str(&line);
                rest.push('\n');
            }
        };
        timeout(LONGEST, reading).await.expect("its output ends");
        let status =
            timeout(LONGEST, self.child.wait()).await.expect("it ends").expect("its status is known");
        (status.code(), start.elapsed(), self.told + &rest)
    }
}

#[tokio::test]
async fn whoever_goes_before_it_ends_changes_no_exit_code() {
    let fine = "playbooks/scale-test.yaml";
    for (arguments, code) in [
        (&["schema"][..], 0),
        (&["plan", fine], 0),
        (&["kinds"], 0),
        (&["validate", fine], 0),
        (&["validate", fine, "--format", "json"], 0),
        (&["validate", "tests/process/broken.yaml"], 2),
        (&["validate", "no-such-file.yaml"], 2),
        (&["rehearse", fine, "--fault", "image-pull"], 4),
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let streams = || Stdio::from(writer.try_clone().expect("another end"));
        let running = program().args(arguments).stdout(streams()).stderr(streams()).status();
        let status = timeout(LONGEST, running).await.expect("it ends").expect("it starts");
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_before_a_cluster_is_asked_ends_with_2() {
    let broken = ends(["run", "tests/process/broken.yaml"]).await;
    assert_eq!(broken.status.code(), Some(2), "{}", stderr(&broken));
    assert!(stderr(&broken).contains("nothing was done"), "{}", stderr(&broken));
    assert_eq!(stdout(&broken), "");
    let missing = ends(["run", "no/such/playbook.yaml"]).await;
    assert_eq!(missing.status.code(), Some(2), "{}", stderr(&missing));
    let unknown = ends(["run", "--no-such-option", "tests/process/shelf.yaml"]).await;
    assert_eq!(unknown.status.code(), Some(2), "{}", stderr(&unknown));
    let help = ends(["run", "--help"]).await;
    assert_eq!((help.status.code(), stderr(&help).as_str()), (Some(0), ""));
    assert!(stdout(&help).contains("--grace"));
}

#[tokio::test]
async fn a_cluster_that_cannot_be_found_or_reached_ends_with_3() {
    let none = ends(["run", "tests/process/shelf.yaml"]).await;
    assert_eq!(none.status.code(), Some(3), "{}", stderr(&none));
    assert!(stderr(&none).contains("KUBECONFIG"), "{}", stderr(&none));
    let start = Instant::now();
    let nobody = ends(["run", "tests/process/shelf.yaml", "--server", "https://127.0.0.1:1"]).await;
    assert_eq!(nobody.status.code(), Some(3), "{}", stdout(&nobody));
    let took = start.elapsed();
    assert!(took > 8 * SECOND && took < 15 * SECOND, "first contact is tried for ten seconds, not {took:?}");
    let last = stdout(&nobody).lines().last().unwrap_or_default().to_owned();
    assert!(last.contains("did not begin") && last.contains("Connection refused"), "{last}");
}

#[tokio::test]
async fn nobody_can_answer_a_pause_without_a_terminal() {
    let refused = ends(["run", "tests/process/pause.yaml", "--server", "https://127.0.0.1:1"]).await;
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("--yes"), "{}", stderr(&refused));

    let Some(home) = Home::make("pause").await else { return };
    let refused = home.ends("pause.yaml", &[]).await;
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(!home.has("ConfigMap", "shelf").await, "nothing is done");
    let went_on = home.ends("pause.yaml", &["--yes"]).await;
    assert_eq!(went_on.status.code(), Some(0), "{}", stdout(&went_on));
    assert!(home.has("ConfigMap", "shelf").await);
    home.leave().await;
}

#[tokio::test]
async fn a_user_without_rights_ends_with_3() {
    let Some(home) = Home::make("rights").await else { return };
    let mut command = program();
    command.arg("run").arg(playbook("shelf.yaml")).args(["-n", &home.namespace]);
    command.arg("--kubeconfig").arg(home.ground.kubeconfig(User::Guest));
    let refused = timeout(LONGEST, command.output()).await.expect("it ends").expect("it starts");
    assert_eq!(refused.status.code(), Some(3), "{}", stdout(&refused));
    home.leave().await;
}

#[tokio::test]
async fn json_goes_to_standard_output_and_words_to_standard_error() {
    let Some(home) = Home::make("json").await else { return };
    let output = home.ends("shelf.yaml", &["--output", "json"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let events: Vec<Event> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let numbers: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
    assert!(events.iter().all(|event| event.version == 1 && event.run == events[0].run));
    assert!(matches!(events.first().map(|event| &event.kind), Some(EventKind::RunStarted { .. })));
    assert!(matches!(
        events.last().map(|event| &event.kind),
        Some(EventKind::RunFinished { exit_code: 0, .. })
    ));
    let words = stderr(&output);
    let last = words.lines().last().unwrap_or_default();
    assert!(last.contains("shelf passed"), "{words}");
    home.leave().await;
}

#[tokio::test]
async fn plain_output_has_no_escapes_unless_they_are_asked_for() {
    let Some(home) = Home::make("plain").await else { return };
    let plain = home.ends("shelf.yaml", &[]).await;
    assert!(plain.status.success() && !stdout(&plain).contains('\u{1b}'), "{}", stdout(&plain));
    let coloured = home.ends("shelf.yaml", &["--color", "always"]).await;
    assert!(coloured.status.success() && stdout(&coloured).contains("\u{1b}["), "{}", stdout(&coloured));
    let verbose = home.ends("shelf.yaml", &["--verbose"]).await;
    assert!(stdout(&verbose).lines().count() > stdout(&plain).lines().count(), "{}", stdout(&verbose));
    home.leave().await;
}

#[tokio::test]
async fn a_reader_that_goes_away_changes_nothing() {
    let Some(home) = Home::make("pipe").await else { return };
    for arguments in [&[][..], &["--output", "json"]] {
        let mut command = home.run("slow.yaml", arguments);
        let mut child = command.spawn().expect("it starts");
        let mut stdout = child.stdout.take().expect("its output is piped");
        let mut first = [0; 1];
        stdout.read_exact(&mut first).await.expect("something is told");
        drop(stdout);
        let output =
            timeout(LONGEST, child.wait_with_output()).await.expect("it ends").expect("its status is known");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(
            !stderr(&output).contains("panicked") && !stderr(&output).contains("error"),
            "{}",
            stderr(&output)
        );
        assert!(!home.has("ConfigMap", "shelf").await, "its last step was carried out");
    }
    home.leave().await;
}

#[tokio::test]
async fn a_deadline_ends_with_4_and_a_failure_with_1() {
    let Some(home) = Home::make("codes").await else { return };
    let late = home.ends("waits.yaml", &["--timeout", "1s"]).await;
    assert_eq!(late.status.code(), Some(4), "{}", stdout(&late));
    let last = stdout(&late).lines().last().unwrap_or_default().to_owned();
    assert!(last.ends_with("exit code 4"), "{last}");
    let failed = home.ends("fails.yaml", &[]).await;
    assert_eq!(failed.status.code(), Some(1), "{}", stdout(&failed));
    home.leave().await;
}

#[tokio::test]
async fn sigint_ends_the_step_and_runs_the_handlers() {
    let Some(home) = Home::make("int").await else { return };
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 143)] {
        let mut run = Followed::start(home.run("waits.yaml", &[]));
        run.until("… wait-until").await;
        run.signal(signal);
        let (ended, took, told) = run.end().await;
        assert_eq!(ended, Some(code), "{told}");
        assert!(took < 10 * SECOND, "{took:?}\n{told}");
        assert!(!home.has("ConfigMap", "shelf").await, "`finally` deletes it:\n{told}");
        let last = told.lines().last().unwrap_or_default();
        assert!(
            last.contains("was interrupted by SIG") && last.ends_with(&format!("exit code {code}")),
            "{told}"
        );
    }
    home.leave().await;
}

#[tokio::test]
async fn sigterm_after_sigint_sends_the_deletes_and_ends_within_two_seconds() {
    let Some(home) = Home::make("both").await else { return };
    for between in [Duration::ZERO, SECOND] {
        let mut run = Followed::start(home.run("held.yaml", &[]));
        run.until("… wait-until").await;
        run.signal("INT");
        if !between.is_zero() {
            run.until("held by").await;
        }
        run.signal("TERM");
        let (ended, took, told) = run.end().await;
        assert_eq!(ended, Some(130), "{told}");
        assert!(took < 2 * SECOND, "{took:?}\n{told}");
        let shelf =
            object_named(&home.cluster, "ConfigMap", Some(&home.namespace), "shelf").await.expect("a kind");
        let there =
            home.cluster.get(&shelf).await.expect("the cluster answers").expect("its finalizer holds it");
        assert!(there["metadata"]["deletionTimestamp"].is_string(), "its delete was sent:\n{told}");
        home.let_go().await;
    }
    home.leave().await;
}

#[tokio::test]
async fn a_second_sigint_ends_at_once_and_says_what_is_left() {
    let Some(home) = Home::make("twice").await else { return };
    let mut run = Followed::start(home.run("held.yaml", &[]));
    run.until("… wait-until").await;
    run.signal("INT");
    run.until("held by").await;
    run.signal("INT");
    let (ended, took, told) = run.end().await;
    assert_eq!(ended, Some(130), "{told}");
    assert!(took < SECOND, "{took:?}\n{told}");
    let command = format!("kubectl --context test -n {} delete configmaps/shelf", home.namespace);
    assert!(told.contains("left on the cluster: ConfigMap/shelf") && told.contains(&command), "{told}");
    home.let_go().await;
    home.leave().await;
}
