//! Measures the program as a user meets it, side by side with `kubectl wait` where that can do the same.
//!
//! `tests/bench/run` builds the program as it is released and prints figures and ratios; it judges nothing.
//! Without `KUBECTL` only this program is measured; without `SELDONPLAY_TEST_KUBECONFIG` only what needs no cluster.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock of the wall")]

use futures_util::{AsyncBufReadExt, StreamExt};
use http::{Method, Request};
use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

type Failure = Box<dyn Error + Send + Sync>;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/release/seldonplay");
const NAMESPACE: &str = "side-by-side";
const MODELS: &str = "/apis/mlops.seldon.io/v1alpha1/namespaces/side-by-side/models";
const RUNS: usize = 30;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let dir = std::env::temp_dir().join(format!("side-by-side-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    offline(&dir)?;
    match std::env::var_os("SELDONPLAY_TEST_KUBECONFIG").map(PathBuf::from) {
        None => println!("\nSELDONPLAY_TEST_KUBECONFIG is not set: nothing is measured on a cluster"),
        Some(kubeconfig) => {
            let bench = Bench::open(kubeconfig, dir.clone()).await?;
            let measured = bench.measure().await;
            bench.call(Method::DELETE, &format!("/api/v1/namespaces/{NAMESPACE}"), None).await?;
            measured?;
        }
    }
    std::fs::remove_dir_all(&dir)?;
    Ok(())
}

/// What needs no cluster: checking playbooks, and the size of the program.
fn offline(dir: &Path) -> Result<(), Failure> {
    println!("program: {} bytes", std::fs::metadata(PROGRAM)?.len());
    let playbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks/scale-test.yaml");
    let one = times(RUNS, || wait(Command::new(PROGRAM).arg("validate").arg(&playbook)))?;
    println!("validate, one playbook: p50 {:.1} ms", millis(median(one)));
    let text = std::fs::read_to_string(&playbook)?;
    let manifests = dir.join("manifests");
    std::fs::create_dir_all(&manifests)?;
    std::fs::copy(playbook.with_file_name("manifests").join("iris.yaml"), manifests.join("iris.yaml"))?;
    let mut many = Command::new(PROGRAM);
    many.arg("validate");
    for number in 0..1000 {
        let path = dir.join(format!("play-{number}.yaml"));
        std::fs::write(&path, &text)?;
        many.arg(path);
    }
    let took = times(3, || wait(&mut many))?;
    println!("validate, 1,000 playbooks: {:.0} ms", millis(median(took)));
    Ok(())
}

struct Bench {
    client: Client,
    kubeconfig: PathBuf,
    kubectl: Option<PathBuf>,
    dir: PathBuf,
}

impl Bench {
    async fn open(kubeconfig: PathBuf, dir: PathBuf) -> Result<Bench, Failure> {
        let config = Config::from_custom_kubeconfig(
            Kubeconfig::read_from(&kubeconfig)?,
            &KubeConfigOptions::default(),
        )
        .await?;
        let kubectl = std::env::var_os("KUBECTL").map(PathBuf::from);
        let bench = Bench { client: Client::try_from(config)?, kubeconfig, kubectl, dir };
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": NAMESPACE } });
        bench.call(Method::POST, "/api/v1/namespaces", Some(&namespace)).await?;
        Ok(bench)
    }

    async fn measure(&self) -> Result<(), Failure> {
        self.reaction().await?;
        self.beyond_a_watch().await?;
        self.already_true().await?;
        self.a_minute().await?;
        self.two_thousand().await?;
        self.scale_test()
    }

    /// From the moment a condition holds to the end of the process, in turn with kubectl.
    async fn reaction(&self) -> Result<(), Failure> {
        let playbook = self.playbook(
            "reaction",
            "steps: [{ wait-until: { target: Model/one, condition: condition=Ready, timeout: 1m } }]",
        )?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            ours.push(self.one_reaction(&mut self.run(&playbook)).await?);
            if let Some(mut kubectl) =
                self.kubectl(&["wait", "--for=condition=Ready", "model/one", "--timeout=60s"])
            {
                theirs.push(self.one_reaction(&mut kubectl).await?);
            }
        }
        compare("condition true → process ended", ours, theirs);
        Ok(())
    }

    async fn one_reaction(&self, command: &mut Command) -> Result<Duration, Failure> {
        self.model("one").await?;
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        tokio::time::sleep(Duration::from_millis(700)).await;
        self.ready("one").await?;
        let since = Instant::now();
        ended(&mut child)?;
        let took = since.elapsed();
        self.call(Method::DELETE, &format!("{MODELS}/one"), None).await?;
        Ok(took)
    }

    /// From the moment a bare watch shows the change to the `step-finished` event.
    async fn beyond_a_watch(&self) -> Result<(), Failure> {
        let playbook = self.playbook(
            "event",
            "steps: [{ wait-until: { target: Model/one, condition: condition=Ready, timeout: 1m } }]",
        )?;
        let mut beyond = Vec::new();
        for _ in 0..RUNS {
            let version = self.model("one").await?;
            let path =
                format!("{MODELS}?watch=true&fieldSelector=metadata.name%3Done&resourceVersion={version}");
            let stream = self.client.request_stream(Request::get(path).body(Vec::new())?).await?;
            let watching = tokio::spawn(async move {
                let mut lines = stream.lines();
                while let Some(Ok(line)) = lines.next().await {
                    if line.contains("\"Ready\"") {
                        return Some(Instant::now());
                    }
                }
                None
            });
            let mut child = self
                .run(&playbook)
                .args(["--output", "json"])
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()?;
            let stdout = child.stdout.take().ok_or("no output")?;
            let reading = tokio::task::spawn_blocking(move || {
                let finished = |line: &String| line.contains("\"step-finished\"");
                BufReader::new(stdout).lines().map_while(Result::ok).find(finished).map(|_| Instant::now())
            });
            tokio::time::sleep(Duration::from_millis(700)).await;
            self.ready("one").await?;
            let (seen, finished) = (watching.await?.ok_or("no change")?, reading.await?.ok_or("no event")?);
            beyond.push(finished.saturating_duration_since(seen));
            ended(&mut child)?;
            self.call(Method::DELETE, &format!("{MODELS}/one"), None).await?;
        }
        println!(
            "condition true → step-finished event, beyond a bare watch: p50 {:.2} ms",
            millis(median(beyond))
        );
        Ok(())
    }

    /// A wait for what holds already, from the start of the process to its end.
    async fn already_true(&self) -> Result<(), Failure> {
        self.model("one").await?;
        self.ready("one").await?;
        let playbook = self.playbook(
            "already",
            "steps: [{ wait-until: { target: Model/one, condition: condition=Ready } }]",
        )?;
        let ours = times(RUNS, || wait(&mut self.run(&playbook)))?;
        let theirs = match self.kubectl(&["wait", "--for=condition=Ready", "model/one"]) {
            Some(mut kubectl) => times(RUNS, || wait(&mut kubectl))?,
            None => Vec::new(),
        };
        compare("a wait that is already true", ours, theirs);
        self.call(Method::DELETE, &format!("{MODELS}/one"), None).await?;
        Ok(())
    }

    /// The requests of a wait that lasts a minute.
    async fn a_minute(&self) -> Result<(), Failure> {
        self.model("one").await?;
        let playbook = self.playbook(
            "minute",
            "steps: [{ wait-until: { target: Model/one, condition: condition=Ready, timeout: 60s } }]",
        )?;
        let output = self.run(&playbook).args(["--output", "json"]).stderr(Stdio::null()).output()?;
        let last = String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned();
        println!("requests of a wait of a minute: {}", serde_json::from_str::<Value>(&last)?["requests"]);
        self.call(Method::DELETE, &format!("{MODELS}/one"), None).await?;
        Ok(())
    }

    /// 2,000 objects of one selector that turn ready within seconds.
    async fn two_thousand(&self) -> Result<(), Failure> {
        let names: Vec<String> = (0..2000).map(|number| format!("many-{number}")).collect();
        for name in &names {
            self.model(name).await?;
        }
        let steps = "steps: [{ wait-until: { target: { kind: Model, labels: many=yes }, condition: condition=Ready, at-least: 2000, timeout: 5m } }]";
        let playbook = self.playbook("many", steps)?;
        let mut child = self
            .run(&playbook)
            .args(["--output", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no output")?;
        let reading = tokio::task::spawn_blocking(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).last().unwrap_or_default()
        });
        let memory = tokio::spawn(peak(child.id()));
        tokio::time::sleep(Duration::from_secs(2)).await;
        let begin = Instant::now();
        let ready = futures_util::stream::iter(&names).map(|name| self.ready(name)).buffer_unordered(16);
        ready.collect::<Vec<_>>().await.into_iter().collect::<Result<Vec<_>, _>>()?;
        let all = Instant::now();
        let last = reading.await?;
        let after = all.elapsed();
        ended(&mut child)?;
        let requests = &serde_json::from_str::<Value>(&last)?["requests"];
        println!(
            "2,000 objects ready within {:.1} s: done {:.0} ms after the last one; requests {requests}; peak memory {:.1} MB",
            (all - begin).as_secs_f64(),
            millis(after),
            memory.await? as f64 / 1024.0
        );
        Ok(())
    }

    /// The peak memory of the scale test.
    fn scale_test(&self) -> Result<(), Failure> {
        let playbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks/scale-test.yaml");
        let child = self
            .run(&playbook)
            .args(["-n", NAMESPACE])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut child = child;
        let mut most = 0;
        let begin = Instant::now();
        while child.try_wait()?.is_none() {
            most = most.max(resident(child.id()));
            std::thread::sleep(Duration::from_millis(5));
        }
        println!(
            "scale test: {:.1} s, peak memory {:.1} MB",
            begin.elapsed().as_secs_f64(),
            most as f64 / 1024.0
        );
        Ok(())
    }

    fn playbook(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.dir.join(format!("{name}.yaml"));
        std::fs::write(&path, text)?;
        Ok(path)
    }

    fn run(&self, playbook: &Path) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("run").arg(playbook).arg("--kubeconfig").arg(&self.kubeconfig);
        if playbook.starts_with(&self.dir) {
            command.args(["-n", NAMESPACE]);
        }
        command
    }

    fn kubectl(&self, args: &[&str]) -> Option<Command> {
        let mut command = Command::new(self.kubectl.as_ref()?);
        command.args(args).args(["-n", NAMESPACE]).arg("--kubeconfig").arg(&self.kubeconfig);
        Some(command)
    }

    async fn model(&self, name: &str) -> Result<String, Failure> {
        let model = json!({
            "apiVersion": "mlops.seldon.io/v1alpha1", "kind": "Model",
            "metadata": { "name": name, "labels": { "many": "yes" } },
            "spec": { "storageUri": "gs://models/iris", "requirements": ["sklearn"] },
        });
        let made = self.call(Method::POST, MODELS, Some(&model)).await?;
        Ok(made["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned())
    }

    async fn ready(&self, name: &str) -> Result<(), Failure> {
        let now = "2026-01-01T00:00:00Z";
        let status = json!({ "status": { "conditions": [
            { "type": "Ready", "status": "True", "lastTransitionTime": now },
            { "type": "ModelReady", "status": "True", "lastTransitionTime": now },
        ] } });
        self.call(Method::PATCH, &format!("{MODELS}/{name}/status"), Some(&status)).await?;
        Ok(())
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let kind = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        let body = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
        let request = Request::builder().method(method).uri(path).header("Content-Type", kind).body(body)?;
        Ok(self.client.request::<Value>(request).await?)
    }
}

fn compare(what: &str, ours: Vec<Duration>, theirs: Vec<Duration>) {
    let ours = median(ours);
    match theirs.is_empty() {
        true => println!("{what}: p50 {:.1} ms", millis(ours)),
        false => {
            let theirs = median(theirs);
            let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
            println!(
                "{what}: p50 {:.1} ms, kubectl {:.1} ms, ratio {ratio:.2}",
                millis(ours),
                millis(theirs)
            );
        }
    }
}

fn times(runs: usize, mut run: impl FnMut() -> Result<(), Failure>) -> Result<Vec<Duration>, Failure> {
    run()?;
    let mut all = Vec::new();
    for _ in 0..runs {
        let begin = Instant::now();
        run()?;
        all.push(begin.elapsed());
    }
    Ok(all)
}

fn wait(command: &mut Command) -> Result<(), Failure> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    ended(&mut child)
}

fn ended(child: &mut Child) -> Result<(), Failure> {
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}").into()) }
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The most memory that a process has held, in KiB, followed until it is gone.
async fn peak(pid: u32) -> u64 {
    let mut most = 0;
    loop {
        match resident(pid) {
            0 => return most,
            now => most = most.max(now),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok()).unwrap_or(0)
}
