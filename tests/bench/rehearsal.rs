//! Measures rehearsals: the program as a user meets it, and the API server inside the process.
//!
//! `tests/bench/run` builds it as the program is released and prints figures; it judges nothing. No cluster is needed.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock of the wall")]

use http::Request;
use http_body_util::BodyExt;
use kube::Client;
use seldonplay::rehearsal::clock::Clock;
use seldonplay::rehearsal::server::{Server, Settings, User};
use serde_json::{Value, json};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Failure = Box<dyn Error + Send + Sync>;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/release/seldonplay");
const RUNS: usize = 30;
const GETS: u32 = 200_000;
const WATCHERS: usize = 1000;
const MODELS: usize = 1000;

fn main() -> Result<(), Failure> {
    let dir = std::env::temp_dir().join(format!("rehearsal-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let measured = measure(&dir);
    std::fs::remove_dir_all(&dir)?;
    measured
}

fn measure(dir: &Path) -> Result<(), Failure> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks");
    let scale_test = p50(|| rehearse(&[examples.join("scale-test.yaml")]))?;
    println!("rehearsal of the scale test, process start to end: p50 {:.1} ms", millis(scale_test));

    let waits = |length: &str, name: &str| -> Result<Duration, Failure> {
        let path = dir.join(name);
        std::fs::write(
            &path,
            format!("steps: [sleep: {length}, assert: {{ condition: exists, target: Namespace/default }}]\n"),
        )?;
        p50(|| rehearse(std::slice::from_ref(&path)))
    };
    let (short, long) = (waits("1s", "short.yaml")?, waits("600s", "long.yaml")?);
    println!("600 virtual seconds of waiting: {:.2} ms", millis(long.saturating_sub(short)));

    let many = many(dir)?;
    let started = Instant::now();
    let peak = peak(&many)?;
    println!(
        "{MODELS} SeldonDeployments applied, waited for and deleted: {:.2} s, at most {:.0} MB",
        started.elapsed().as_secs_f64(),
        peak
    );

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(in_process())
}

/// The API server without anything around it.
async fn in_process() -> Result<(), Failure> {
    let start = "2026-01-01T00:00:00Z".parse()?;
    let server = Server::new(Settings { clock: Clock::new(start, 1.0), seed: 1, interfere: None });
    let client = server.client();
    let map = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "shelf" }, "data": { "jam": "1" } });
    send(&client, Request::post(MAPS).header("content-type", "application/json"), &map).await?;
    let path = format!("{MAPS}/shelf");

    let admin = User::admin();
    let started = Instant::now();
    for _ in 0..GETS {
        let request = Request::get(&path).body(bytes::Bytes::new())?;
        let answer = server.handle(&admin, request).await?;
        std::hint::black_box(answer.into_body().collect().await?.to_bytes());
    }
    println!("GET in process: {:.0} per second", f64::from(GETS) / started.elapsed().as_secs_f64());

    let mut bodies = Vec::new();
    for _ in 0..WATCHERS {
        let request = Request::get(format!(
            "{MAPS}?watch=true&fieldSelector=metadata.name=shelf&resourceVersion={}",
            server.version()
        ));
        bodies.push(server.handle(&admin, request.body(bytes::Bytes::new())?).await?.into_body());
    }
    let started = Instant::now();
    let change = json!({ "data": { "jam": "2" } });
    send(&client, Request::patch(&path).header("content-type", "application/merge-patch+json"), &change)
        .await?;
    for body in &mut bodies {
        let frame = body.frame().await.ok_or("a watch ended")??;
        assert!(frame.into_data().is_ok_and(|data| !data.is_empty()), "an event has bytes");
    }
    println!("one change seen by {WATCHERS} watchers: {:.2} ms", millis(started.elapsed()));
    Ok(())
}

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

async fn send(client: &Client, request: http::request::Builder, body: &Value) -> Result<Value, Failure> {
    Ok(client.request(request.body(body.to_string().into_bytes())?).await?)
}

/// A playbook over many SeldonDeployments.
fn many(dir: &Path) -> Result<PathBuf, Failure> {
    let manifests: String = (0..MODELS)
        .map(|number| {
            format!(
                "---\napiVersion: machinelearning.seldon.io/v1\nkind: SeldonDeployment\nmetadata: {{ name: model-{number} }}\nspec:\n  \
                 predictors:\n    - name: default\n      replicas: 1\n      graph: {{ name: model, type: MODEL }}\n      \
                 componentSpecs: [{{ spec: {{ containers: [{{ name: model, image: \"example.com/model:1\" }}] }} }}]\n"
            )
        })
        .collect();
    std::fs::write(dir.join("models.yaml"), manifests)?;
    let path = dir.join("many.yaml");
    std::fs::write(&path, "manifest: models.yaml\nsteps: [apply, wait-until: ready, delete]\n")?;
    Ok(path)
}

fn rehearse(playbooks: &[PathBuf]) -> Result<(), Failure> {
    let status = Command::new(PROGRAM).arg("rehearse").args(playbooks).stdout(Stdio::null()).status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("a rehearsal of {playbooks:?} ended with {status}").into())
    }
}

/// Rehearses, and returns the most memory that the program held, in megabytes.
fn peak(playbook: &Path) -> Result<f64, Failure> {
    let mut child = Command::new(PROGRAM).arg("rehearse").arg(playbook).stdout(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0.0_f64;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        most = most.max(kilobytes.unwrap_or_default() / 1000.0);
        if let Some(ended) = child.try_wait()? {
            return if ended.success() { Ok(most) } else { Err(format!("it ended with {ended}").into()) };
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The median of some runs.
fn p50(mut run: impl FnMut() -> Result<(), Failure>) -> Result<Duration, Failure> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let started = Instant::now();
        run()?;
        times.push(started.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2])
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
