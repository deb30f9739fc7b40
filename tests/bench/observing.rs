//! Measures what a user sees of objects while it happens: how soon, with how many requests, and of how many objects.
//!
//! `tests/bench/run` builds it as the program is released and prints figures; it judges nothing. The cluster is inside this
//! process, behind a socket; with `SELDONPLAY_TEST_KUBECONFIG` the first figure is of a real one.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock of the wall")]

use futures_util::{AsyncBufReadExt, StreamExt, TryStreamExt};
use http::{Method, Request};
use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use seldonplay::rehearsal::clock::Clock;
use seldonplay::rehearsal::http::serve;
use seldonplay::rehearsal::server::{Server, Settings};
use seldonplay::rehearsal::world::{self, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

type Failure = Box<dyn Error + Send + Sync>;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/release/seldonplay");
const NAMESPACE: &str = "observing";
const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/observing/deployments/web";
const PODS_PATH: &str = "/api/v1/namespaces/observing/pods";
const EVENTS_PATH: &str = "/api/v1/namespaces/observing/events";
const CHANGES: usize = 60;
const FAILURES: usize = 15;
const PODS: usize = 2_000;
const RESTARTS: usize = 5;
/// How long a figure may take at all.
const LONGEST: Duration = Duration::from_secs(300);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let dir = std::env::temp_dir().join(format!("observing-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let measured = measure(&dir).await;
    std::fs::remove_dir_all(&dir)?;
    measured
}

async fn measure(dir: &Path) -> Result<(), Failure> {
    if let Some(kubeconfig) = std::env::var_os("SELDONPLAY_TEST_KUBECONFIG").map(PathBuf::from) {
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(Kubeconfig::read_from(&kubeconfig)?, &options).await?;
        let bench = Bench { client: Client::try_from(config)?, kubeconfig, dir: dir.to_owned() };
        bench.make_namespace().await?;
        let measured = match bench.change_to_line("a real API server").await {
            Ok(()) => bench.failure_to_diagnosis("a real API server").await,
            Err(failure) => Err(failure),
        };
        bench.call(Method::DELETE, &format!("/api/v1/namespaces/{NAMESPACE}"), None).await?;
        measured?;
    }
    let server =
        Server::new(Settings { clock: Clock::new(jiff::Timestamp::now(), 1.0), seed: 1, interfere: None });
    let bench = Bench::inside(server, dir, "plain").await?;
    bench.make_namespace().await?;
    bench.change_to_line("the API server inside").await?;
    bench.failure_to_diagnosis("the API server inside").await?;
    bench.many().await?;
    seldon(dir).await
}

struct Bench {
    client: Client,
    kubeconfig: PathBuf,
    dir: PathBuf,
}

impl Bench {
    /// A bench whose server is inside this process.
    async fn inside(server: Server, dir: &Path, name: &str) -> Result<Bench, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        tokio::spawn(serve(server, listener));
        let kubeconfig = dir.join(format!("{name}.kubeconfig"));
        let text = json!({ "apiVersion": "v1", "kind": "Config", "current-context": "inside",
            "clusters": [{ "name": "inside", "cluster": { "server": address } }],
            "users": [{ "name": "inside", "user": { "token": "admin" } }],
            "contexts": [{ "name": "inside", "context": { "cluster": "inside", "user": "inside" } }] });
        std::fs::write(&kubeconfig, text.to_string())?;
        let client = Client::try_from(Config::new(address.parse()?))?;
        Ok(Bench { client, kubeconfig, dir: dir.to_owned() })
    }

    /// The namespace, with a Deployment and its ReplicaSet in it that no controller needs to look at.
    async fn make_namespace(&self) -> Result<(), Failure> {
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": NAMESPACE } });
        self.call(Method::POST, "/api/v1/namespaces", Some(&namespace)).await?;
        let template = json!({ "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "name": "web", "image": "web" }] } });
        let deployment = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
            "spec": { "replicas": 0, "paused": true, "selector": { "matchLabels": { "app": "web" } }, "template": template } });
        self.call(Method::POST, DEPLOYMENT.trim_end_matches("/web"), Some(&deployment)).await?;
        Ok(())
    }

    /// From the moment a bare watch shows a change to the console's line about it.
    async fn change_to_line(&self, of: &str) -> Result<(), Failure> {
        let path =
            format!("{}?watch=true&fieldSelector=metadata.name%3Dweb", DEPLOYMENT.trim_end_matches("/web"));
        let stream = self.client.request_stream(Request::get(path).body(Vec::new())?).await?;
        let (sender, watched) = channel();
        tokio::spawn(async move {
            let mut lines = stream.lines();
            while let Some(Ok(line)) = lines.next().await {
                let _ = sender.send((Instant::now(), line));
            }
        });
        let mut child =
            self.program(&["observe", "Deployment/web", "--verbose"]).stdout(Stdio::piped()).spawn()?;
        let told = lines_of(&mut child)?;
        find(&told, "Deployment/web is there")?;
        let mut beyond = Vec::new();
        for number in 0..CHANGES {
            // No word of it is in what came before.
            let reason = format!("Change{number:04}");
            let status = json!({ "status": { "conditions": [{ "type": "Ripe", "status": "True", "reason": reason }] } });
            self.call(Method::PATCH, &format!("{DEPLOYMENT}/status"), Some(&status)).await?;
            let (seen, line) = (find(&watched, &reason)?, find(&told, &reason)?);
            beyond.push(line.saturating_duration_since(seen));
        }
        child.kill()?;
        child.wait()?;
        println!("a change at {of} → its line, beyond a bare watch: p50 {:.2} ms", millis(median(beyond)));
        Ok(())
    }

    /// From the moment a bare watch shows that an image cannot be pulled to the diagnosis.
    async fn failure_to_diagnosis(&self, of: &str) -> Result<(), Failure> {
        let playbook = self.dir.join("failure.yaml");
        std::fs::write(
            &playbook,
            "steps:\n  - wait-until:\n      target: Pod/lone\n      condition: ready\n      timeout: 1m\n      fail-when: { condition: \"$.status.containerStatuses[?@.state.waiting.reason == 'ImagePullBackOff']\", hold-for: 0s }\n",
        )?;
        let mut took = Vec::new();
        for _ in 0..FAILURES {
            let mut lone = pod("lone", None);
            // The status is ours: no scheduler gives the Pod to a kubelet.
            lone["spec"]["schedulerName"] = "nobody".into();
            let made = self.call(Method::POST, PODS_PATH, Some(&lone)).await?;
            let version = made["metadata"]["resourceVersion"].as_str().unwrap_or_default();
            let path = format!(
                "{PODS_PATH}?watch=true&fieldSelector=metadata.name%3Dlone&resourceVersion={version}"
            );
            let stream = self.client.request_stream(Request::get(path).body(Vec::new())?).await?;
            let watching = tokio::spawn(async move {
                let mut lines = stream.lines();
                while let Some(Ok(line)) = lines.next().await {
                    if line.contains("ImagePullBackOff") {
                        return Some(Instant::now());
                    }
                }
                None
            });
            let mut child =
                self.program(&["run"]).arg(&playbook).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
            let told = lines_of(&mut child)?;
            find(&told, "wait-until")?;
            tokio::time::sleep(Duration::from_millis(1500)).await;
            let status = json!({ "status": { "phase": "Pending", "containerStatuses": [{ "name": "web", "ready": false,
                "restartCount": 0, "image": "web", "imageID": "",
                "state": { "waiting": { "reason": "ImagePullBackOff", "message": "Back-off pulling image \"web\": not found" } } }] } });
            self.call(Method::PATCH, &format!("{PODS_PATH}/lone/status"), Some(&status)).await?;
            let seen = watching.await?.ok_or("the watch showed nothing")?;
            took.push(find(&told, "try: Check the image")?.saturating_duration_since(seen));
            child.wait()?;
            self.call(Method::DELETE, &format!("{PODS_PATH}/lone?gracePeriodSeconds=0"), None).await?;
        }
        println!(
            "failed state at {of} → diagnosis on the console, with fail-when: p50 {:.1} ms",
            millis(median(took))
        );
        Ok(())
    }

    /// Pods that restart again and again, and the cluster's events about it: memory, lines, time on a processor.
    async fn many(&self) -> Result<(), Failure> {
        let deployment = self.call(Method::GET, DEPLOYMENT, None).await?;
        let names: Vec<String> = (0..PODS).map(|number| format!("web-{number:04}")).collect();
        let make = |name: String| {
            let owner = &deployment;
            async move { self.call(Method::POST, PODS_PATH, Some(&pod(&name, Some(owner)))).await }
        };
        let uids: BTreeMap<String, String> = futures_util::stream::iter(names.clone())
            .map(make)
            .buffer_unordered(8)
            .map_ok(|made| {
                let text = |key: &str| made["metadata"][key].as_str().unwrap_or_default().to_owned();
                (text("name"), text("uid"))
            })
            .try_collect()
            .await?;
        let mut child =
            self.program(&["observe", "Deployment/web", "--verbose"]).stdout(Stdio::piped()).spawn()?;
        let pid = child.id();
        let told = lines_of(&mut child)?;
        let (counted, counts) = channel();
        std::thread::spawn(move || {
            let (mut pods, mut restarts, mut events) = (0, 0, 0);
            let all = (PODS, PODS * RESTARTS, PODS * RESTARTS);
            while (pods, restarts, events) != all {
                let Ok((_, line)) = told.recv_timeout(LONGEST) else { break };
                pods += usize::from(line.contains(" of Deployment/web is there"));
                restarts += usize::from(line.contains("container web waiting: CrashLoopBackOff"));
                events += usize::from(line.contains("BackOff: Back-off restarting"));
                if pods == PODS && restarts == 0 && events == 0 {
                    let _ = counted.send((Instant::now(), pods, restarts, events));
                }
            }
            let _ = counted.send((Instant::now(), pods, restarts, events));
        });
        counts.recv_timeout(LONGEST)?;
        let (begin, before) = (Instant::now(), processor(pid));
        for round in 1..=RESTARTS {
            let uids = &uids;
            let each = names.iter().map(|name| async move {
                let status = json!({ "status": { "phase": "Running", "containerStatuses": [{ "name": "web", "ready": false,
                    "restartCount": round, "image": "web", "imageID": "",
                    "state": { "waiting": { "reason": "CrashLoopBackOff", "message": "back-off 10s" } },
                    "lastState": { "terminated": { "exitCode": 1, "reason": "Error" } } }] } });
                self.call(Method::PATCH, &format!("{PODS_PATH}/{name}/status"), Some(&status)).await?;
                let event = json!({ "apiVersion": "v1", "kind": "Event", "metadata": { "name": format!("{name}.{round}") },
                    "involvedObject": { "apiVersion": "v1", "kind": "Pod", "name": name, "namespace": NAMESPACE, "uid": uids.get(name) },
                    "type": "Warning", "reason": "BackOff", "message": format!("Back-off restarting container web, {round}"), "count": 1,
                    "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:00Z", "source": { "component": "kubelet" } });
                self.call(Method::POST, EVENTS_PATH, Some(&event)).await.map(|_| ())
            });
            futures_util::stream::iter(each).buffer_unordered(8).try_collect::<Vec<()>>().await?;
        }
        let wrote = begin.elapsed();
        // All that was counted last.
        let mut last = counts.recv_timeout(LONGEST)?;
        while let Ok(more) = counts.recv_timeout(Duration::from_millis(200)) {
            last = more;
        }
        let (at, pods, restarts, events) = last;
        let load = (processor(pid) - before) / (at - begin).as_secs_f64();
        let memory = peak(pid);
        child.kill()?;
        child.wait()?;
        println!(
            "{PODS} pods restarting {RESTARTS} times, written within {:.1} s: {pods} pods, {restarts} restarts and {events} events told, \
             the last {:.0} ms behind; peak memory {:.0} MB; {:.0} % of a core",
            wrote.as_secs_f64(),
            millis((at - begin).saturating_sub(wrote)),
            memory as f64 / 1024.0,
            load * 100.0
        );
        Ok(())
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).args(["-n", NAMESPACE]).arg("--kubeconfig").arg(&self.kubeconfig);
        command
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let kind = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        let body = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
        let request = Request::builder().method(method).uri(path).header("Content-Type", kind).body(body)?;
        Ok(self.client.request::<Value>(request).await?)
    }
}

/// The requests of a run whose SeldonDeployment has three predictors with ten pods each, observed and not.
async fn seldon(dir: &Path) -> Result<(), Failure> {
    let world = World::begin(world::Settings {
        seed: 1,
        start: jiff::Timestamp::now(),
        speed: 1.0,
        namespaces: [NAMESPACE.to_owned()].into(),
        definitions: Vec::new(),
        kinds: [("machinelearning.seldon.io/v1".to_owned(), "SeldonDeployment".to_owned())].into(),
        scripts: Vec::new(),
        faults: Vec::new(),
    })
    .await?;
    let bench = Bench::inside(world.server().clone(), dir, "seldon").await?;
    let predictor = |name: &str, traffic: u32| {
        json!({ "name": name, "replicas": 10, "traffic": traffic, "graph": { "name": "classifier", "type": "MODEL" },
            "componentSpecs": [{ "spec": { "containers": [{ "name": "classifier", "image": "model:1" }] } }] })
    };
    let playbook = json!({
        "manifest": { "apiVersion": "machinelearning.seldon.io/v1", "kind": "SeldonDeployment", "metadata": { "name": "iris" },
            "spec": { "predictors": [predictor("one", 34), predictor("two", 33), predictor("three", 33)] } },
        "steps": ["apply", { "wait-until": "ready" }, "delete"] });
    let path = dir.join("seldon.yaml");
    std::fs::write(&path, playbook.to_string())?;
    for (words, options) in
        [("observed", ["-vv", "-o", "json"].as_slice()), ("not observed", &["--quiet", "-o", "json"])]
    {
        let output = bench.program(&["run"]).arg(&path).args(options).stderr(Stdio::null()).output()?;
        let events = String::from_utf8_lossy(&output.stdout).into_owned();
        let events: Vec<Value> = events.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        let last = events.last().cloned().unwrap_or_default();
        println!(
            "SeldonDeployment with 3 predictors and 30 pods, {words}: {}, requests {}",
            last["ending"], last["requests"]
        );
        // Each selection once, however often its watch was opened anew.
        let mut watches: BTreeMap<&str, std::collections::BTreeSet<String>> = BTreeMap::new();
        for path in events
            .iter()
            .filter(|event| event["type"] == "requested")
            .filter_map(|event| event["path"].as_str())
        {
            let (collection, query) = path.split_once('?').unwrap_or((path, ""));
            if query.contains("watch=true") {
                let selects = query.split('&').filter(|part| part.contains("Selector="));
                let kind = collection.rsplit('/').next().unwrap_or_default();
                watches.entry(kind).or_default().insert(selects.collect::<Vec<_>>().join("&"));
            }
        }
        for (kind, selections) in watches {
            println!("  {kind}: {} watches", selections.len());
        }
    }
    Ok(())
}

/// A Pod as large as those that clusters have.
fn pod(name: &str, owner: Option<&Value>) -> Value {
    let env: Vec<Value> = (0..60)
        .map(|number| json!({ "name": format!("SETTING_{number}"), "value": format!("a value of some length, number {number}, as settings have") }))
        .collect();
    let owners: Vec<Value> = owner
        .map(|owner| json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": owner["metadata"]["uid"], "controller": true }))
        .into_iter()
        .collect();
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "labels": { "app": "web" }, "ownerReferences": owners },
        "spec": { "automountServiceAccountToken": false, "containers": [{ "name": "web", "image": "web", "env": env }] } })
}

/// The lines of a child's output, each with the time when it came.
fn lines_of(child: &mut Child) -> Result<Receiver<(Instant, String)>, Failure> {
    let stdout = child.stdout.take().ok_or("no output")?;
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send((Instant::now(), line)).is_err() {
                return;
            }
        }
    });
    Ok(lines)
}

/// When the next line with these words came.
fn find(lines: &Receiver<(Instant, String)>, words: &str) -> Result<Instant, Failure> {
    let mut others = String::new();
    loop {
        let (at, line) =
            lines.recv_timeout(LONGEST).map_err(|_| format!("no line says {words}, but\n{others}"))?;
        if line.contains(words) {
            return Ok(at);
        }
        others.push_str(&line);
        others.push('\n');
    }
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The most memory that a process has held, in KiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The time that a process has spent on a processor, in seconds; Linux counts in hundredths.
fn processor(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
