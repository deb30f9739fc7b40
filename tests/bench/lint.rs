//! Measures checks: the program on one manifest, with and without a large definition, and verdicts on objects inside the process.
//!
//! `tests/bench/run` builds it as the program is released and prints figures; it judges nothing. No cluster is needed.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock of the wall")]

use seldonplay::json::Value;
use seldonplay::kinds;
use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Failure = Box<dyn Error>;

const RUNS: usize = 40;
const VERDICTS: u32 = 2_000;

fn main() -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let samples = root.join("../shared/samples");
    if samples.is_dir() {
        checks(&samples)?;
    } else {
        println!("without samples at {}: no checks are measured", samples.display());
    }
    verdicts(&root.join("tests/kinds"))
}

/// The program from its start to its end.
fn checks(samples: &Path) -> Result<(), Failure> {
    let mut manifests: Vec<PathBuf> =
        std::fs::read_dir(samples.join("seldon"))?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    manifests.sort_by_key(|path| std::fs::metadata(path).map_or(0, |meta| meta.len()));
    let largest = manifests.pop().ok_or("no samples")?;
    let definition = samples.join("crd/seldondeployments.yaml");
    let playbook = std::env::temp_dir().join(format!("lint-{}.yaml", std::process::id()));
    std::fs::write(&playbook, format!("manifest: {}\nsteps: [apply]\n", largest.canonicalize()?.display()))?;
    for (what, with) in [("what is known", None), ("the definition of 1.8 MB", Some(&definition))] {
        let mut took = Vec::new();
        for _ in 0..RUNS {
            let program = std::env::var_os("SELDONPLAY").map_or_else(released, PathBuf::from);
            let mut command = Command::new(program);
            command.arg("validate").arg(&playbook).stdout(Stdio::null()).stderr(Stdio::null());
            if let Some(definition) = with {
                command.arg("--crd").arg(definition);
            }
            let started = Instant::now();
            command.status()?;
            took.push(started.elapsed());
        }
        took.sort();
        println!(
            "the largest sample checked by {what}, process start to end: least {:.1} ms, p50 {:.1} ms",
            millis(took[0]),
            millis(took[RUNS / 2])
        );
    }
    std::fs::remove_file(&playbook)?;
    Ok(())
}

fn released() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/release/seldonplay")
}

/// Freshness, ready and scaled of every object that the tests know, as one look of a wait asks for them.
fn verdicts(folder: &Path) -> Result<(), Failure> {
    let mut each: Vec<(Duration, String)> = Vec::new();
    let entries = |folder: &Path| -> std::io::Result<Vec<PathBuf>> {
        Ok(std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect())
    };
    for file in entries(folder)?
        .iter()
        .filter(|path| path.is_dir())
        .map(|path| entries(path))
        .collect::<Result<Vec<_>, _>>()?
        .concat()
    {
        let case: Value = serde_yaml::from_str(&std::fs::read_to_string(&file)?)?;
        let object = &case["object"];
        if !object.is_object() {
            continue;
        }
        let children: Vec<&Value> = case["children"].as_array().into_iter().flatten().collect();
        let started = Instant::now();
        for _ in 0..VERDICTS {
            black_box(kinds::freshness(black_box(object), &children, None));
            black_box(kinds::ready(black_box(object), &children));
            black_box(kinds::scaled(black_box(object), &children));
        }
        let name = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
        each.push((started.elapsed() / VERDICTS, name));
    }
    each.sort();
    let micros = |took: Duration| took.as_secs_f64() * 1e6;
    let (slowest, name) = each.last().ok_or("no objects")?;
    println!(
        "a verdict on one of {} objects: median {:.1} µs, slowest {:.1} µs ({name})",
        each.len(),
        micros(each[each.len() / 2].0),
        micros(*slowest)
    );
    Ok(())
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}
