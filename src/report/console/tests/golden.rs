//! Runs of every sort, as a person sees them.

use super::emulator::Emulator;
use super::log::{Log, Shared, path, place, unmet};
use crate::event::*;
use crate::report::{Console, ConsoleOptions, Reporter, Surface, Verbosity};

/// Compares with the file of the name, or writes it.
fn expect(name: &str, shown: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, shown).expect("the file can be written");
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(shown == expected, "{name} is not as expected (UPDATE=1 writes it anew); it is\n{shown}");
}

/// A terminal of 100 columns, then a plain stream.
fn expect_both(name: &str, log: &Log) {
    let plain = log.plain(Verbosity::Normal);
    expect(&format!("{name}.txt"), &format!("{}--- plain\n{plain}", log.seen(100)));
}

fn timed_out() -> Failure {
    let mut failure = Failure::new(
        Cause::TimedOut,
        "not every object satisfies after 3m: $.status.replicas is 1, wanted >= 2",
    )
    .help("look at the pods: kubectl describe pods");
    failure.unmet = vec![
        unmet("$.status.replicas", "1", ">= 2"),
        unmet("$.status.state", "'Creating'", "== 'Available'"),
    ];
    failure.details = vec!["Deployment/iris-default-0-classifier: 1 of 2 updated\nsince 2m".into()];
    failure.at(place("$.status.replicas >= 2"))
}

fn passed() -> Log {
    Log::begun()
        .three_well()
        .at(Phase::Steps, 4)
        .started("up", Some(180_000))
        .after(12_000)
        .passed("available, 2/2 replicas", 12_000)
        .at(Phase::Finally, 1)
        .started("delete", Some(300_000))
        .wrote("SeldonDeployment/iris", Operation::Deleted, &[])
        .after(3_100)
        .passed("", 3_100)
        .ended(Ending::Passed, [5, 0, 0], 56_600, None)
}

fn failed_wait() -> Log {
    let failure = timed_out();
    Log::begun()
        .three_well()
        .at(Phase::Steps, 4)
        .started("up", Some(180_000))
        .progress("iris-default-0-classifier 1/2 ready · Pod …-x7k2p ContainerCreating")
        .after(180_000)
        .finished(Outcome::Failed, "", 180_000, Some(failure.clone()))
        .at(Phase::Finally, 1)
        .started("delete", Some(300_000))
        .after(3_100)
        .passed("SeldonDeployment/iris and what it owned are gone", 3_100)
        .run()
        .event(EventKind::LeftBehind {
            objects: vec!["ConfigMap/kept".into(), "Secret/kept".into()],
            command: "kubectl --context staging -n seldon delete ConfigMap/kept Secret/kept".into(),
        })
        .ended(Ending::TimedOut, [4, 1, 0], 224_500, Some(failure))
}

#[test]
fn a_run_that_passes() {
    expect_both("passed", &passed());
    expect("passed-verbose.txt", &passed().plain(Verbosity::Verbose));
    expect("passed-quiet.txt", &passed().plain(Verbosity::Quiet));
}

#[test]
fn a_deadline_that_passes() {
    expect_both("timed-out", &failed_wait());
    expect("timed-out-40.txt", &failed_wait().seen(40));
    expect("timed-out-200.txt", &failed_wait().seen(200));
}

#[test]
fn the_line_that_decides_is_the_last() {
    let decisive = "✗ scale-test failed at step 4 \"up\": not every object satisfies after 3m: \
                    $.status.replicas is 1, wanted >= 2 (playbooks/scale-test.yaml:10:18) · 4 passed, 1 failed · 3m 44s · exit code 4";
    assert_eq!(
        failed_wait().plain(Verbosity::Quiet).lines().last(),
        Some(format!("2026-01-02T03:07:49Z {decisive}").as_str())
    );
    assert_eq!(failed_wait().seen(1000).lines().last(), Some(decisive));
    assert_eq!(passed().seen(100).lines().last(), Some("✓ scale-test passed · 5 steps · 56.6s"));
}

#[test]
fn a_conflict() {
    let mut failure = Failure::new(Cause::Refused, "SeldonDeployment/iris is also managed by others")
        .help("`force: true` takes the fields over")
        .at(place("apply"));
    failure.refusal = Some(Refusal {
        code: 409,
        reason: "Conflict".into(),
        message: "Apply failed with 1 conflict: conflict with \"helm\":\n- .spec.predictors".into(),
    });
    failure.details = vec![".spec.predictors is managed by helm".into()];
    let log = Log::begun()
        .at(Phase::Steps, 1)
        .started("apply", Some(300_000))
        .wrote("ConfigMap/settings", Operation::Created, &[])
        .after(80)
        .finished(Outcome::Failed, "", 80, Some(failure.clone()))
        .at(Phase::Steps, 2)
        .finished(Outcome::Skipped, "the run ended before it", 0, None)
        .ended(Ending::Failed, [0, 1, 4], 120, Some(failure));
    expect_both("conflict", &log);
}

#[test]
fn a_run_that_never_begins() {
    let failure =
        Failure::new(Cause::Unreachable, "https://10.0.0.1:6443 cannot be reached: connection refused")
            .help("is the context `staging` the right one?");
    expect_both(
        "unreachable",
        &Log::begun().after(10_000).ended(Ending::Refused, [0, 0, 5], 10_000, Some(failure)),
    );
}

#[test]
fn an_interruption() {
    let log = Log::begun()
        .three_well()
        .at(Phase::Steps, 4)
        .started("up", Some(180_000))
        .progress("1/2 ready")
        .after(2_000)
        .run()
        .event(EventKind::Interrupted { signal: "SIGINT".into(), grace_ms: Some(30_000) })
        .at(Phase::Steps, 4)
        .finished(Outcome::Interrupted, "1/2 ready", 2_000, Some(Failure::new(Cause::Interrupted, "SIGINT")))
        .at(Phase::Finally, 1)
        .started("delete", Some(30_000))
        .after(500)
        .run()
        .event(EventKind::Interrupted { signal: "SIGINT".into(), grace_ms: None })
        .at(Phase::Finally, 1)
        .finished(Outcome::Interrupted, "", 500, None)
        .run()
        .event(EventKind::LeftBehind {
            objects: vec!["SeldonDeployment/iris".into()],
            command: "kubectl -n seldon delete SeldonDeployment/iris".into(),
        })
        .ended(Ending::Interrupted, [3, 0, 0], 44_000, None);
    expect_both("interrupted", &log);
}

#[test]
fn skipped_retried_troubled_warned_and_asked() {
    let mut again = Failure::new(Cause::Unmet, "the answer is not as expected");
    again.unmet = vec![unmet("$.status.state", "'Failed'", "== 'Available'")];
    let log = Log::begun()
        .at(Phase::Steps, 1)
        .finished(Outcome::Skipped, "vars.fast is true", 0, None)
        .at(Phase::Steps, 2)
        .started("wait-until ready", Some(300_000))
        .attempt(1)
        .progress("0/1 ready")
        .after(1_500)
        .trouble(Some(503), "Service Unavailable", 1, None)
        .after(100)
        .trouble(Some(503), "Service Unavailable", 2, None)
        .after(40_000)
        .trouble(None, "connection refused", 9, None)
        .after(3_000)
        .trouble(None, "connection refused", 12, Some(44_600))
        .after(100)
        .trouble(Some(429), "Too Many Requests", 1, None)
        .event(EventKind::Warning { message: "the field spec.oauth_key\nis ignored".into() })
        .event(EventKind::StepRetried { delay_ms: 2_000, failure: again })
        .after(2_000)
        .attempt(2)
        .progress("0/1 ready")
        .after(1_000)
        .passed("available", 47_700)
        .at(Phase::Steps, 3)
        .started("pause", None)
        .event(EventKind::Asked { text: "Does the dashboard look right?\nThen go on.".into() })
        .after(7_000)
        .event(EventKind::Answered { go_on: true, by: "person".into() })
        .passed("went on", 7_000)
        .run()
        .event(EventKind::Warning { message: "events may not be listed here".into() })
        .ended(Ending::Passed, [2, 0, 1], 60_000, None);
    expect_both("remarks", &log);
}

#[test]
fn several_objects() {
    let mut log = Log::begun().at(Phase::Steps, 1).started("apply", Some(300_000));
    log = log.wrote("ConfigMap/same", Operation::Unchanged, &[]);
    for number in 0..17 {
        log = log.wrote(&format!("Deployment/web-{number}"), Operation::Created, &[]);
    }
    let log = log.after(400).passed("", 400).ended(Ending::Passed, [1, 0, 0], 400, None);
    expect_both("several-objects", &log);
}

#[test]
fn unicode_and_hostile_names() {
    let log = Log::default()
        .start("größe-試験", &["ConfigMap/\u{1b}[31mrot", "b", "c", "d", "e"])
        .at(Phase::Steps, 1)
        .started("日本語の名前がとても長いステップ", Some(300_000))
        .progress("cafe\u{301} 準備中 👩‍🚀 \u{1b}]0;owned\u{7}\r\u{9b}2J\u{202e}txet\u{2028}next\nline")
        .after(5)
        .event(EventKind::Warning { message: "\u{1b}[1A\u{1b}[2Krewritten\rhistory\n\nnew paragraph".into() })
        .passed("e\u{301}\u{301} 完了\u{7f}", 5)
        .at(Phase::Steps, 2)
        .started("wait-until ready", None)
        .finished(
            Outcome::Failed,
            "",
            5,
            Some(Failure::new(Cause::Unmet, "\u{1b}c is wrong\nhere").at(place("wait-until: ready"))),
        )
        .ended(Ending::Failed, [1, 1, 0], 10, None);
    expect_both("hostile", &log);
    expect("hostile-40.txt", &log.seen(40));
}

/// What the terminal shows in the middle of a run, and what of it is final.
#[tokio::test(start_paused = true)]
async fn running_steps_live_at_the_bottom() {
    let mut log = Log::begun()
        .three_well()
        .at(Phase::Steps, 4)
        .started("up", Some(180_000))
        .progress("iris-default-0-classifier 1/2 ready · Pod …-x7k2p ContainerCreating");
    for number in 1..=6 {
        log = log.event(EventKind::Warning { message: format!("warning {number}") });
    }
    let shared = Shared::default();
    let options = ConsoleOptions {
        surface: Surface::Terminal,
        colour: false,
        width: 80,
        verbosity: Verbosity::Normal,
        log_times: false,
    };
    let mut console = Console::new(shared.clone(), options);
    log.events.iter().for_each(|event| console.take(event));
    let mut other = log.events.last().expect("events").clone();
    other.step = Some(path(Phase::Steps, &[5, 1]));
    other.kind = EventKind::StepStarted {
        name: "beside".into(),
        verb: "sleep".into(),
        targets: Vec::new(),
        deadline_ms: None,
    };
    console.take(&other);
    for _ in 0..3 {
        console.tick();
    }
    let mut terminal = Emulator::new(80);
    terminal.feed(&shared.text());
    expect("live.txt", &terminal.screen());
    console.finish().expect("memory does not break");
    let mut terminal = Emulator::new(80);
    terminal.feed(&shared.text());
    assert!(terminal.screen().contains("warning 1\n"), "{}", terminal.screen());
}

#[test]
fn plain_progress_is_folded_and_the_last_is_kept() {
    let mut log = Log::begun().at(Phase::Steps, 2).started("wait-until ready", Some(60_000));
    for number in 0..25 {
        log = log.progress(&format!("{number}/25 ready")).after(100).progress(&format!("{number}/25 ready"));
    }
    let log = log.passed("25/25 ready", 2_500).ended(Ending::Passed, [1, 0, 0], 2_500, None);
    let plain = log.plain(Verbosity::Normal);
    let progress: Vec<&str> = plain.lines().filter(|line| line.contains(" … ")).collect();
    let words = ["0/25 ready", "9/25 ready", "19/25 ready", "24/25 ready"];
    assert_eq!(progress.len(), words.len(), "{plain}");
    assert!(progress.iter().zip(words).all(|(line, words)| line.contains(words)), "{plain}");
    assert!(!log.plain(Verbosity::Quiet).contains('…'));
}

/// A step that says nothing is named after a second, once; words that came too soon follow when their second is over.
#[tokio::test(start_paused = true)]
async fn a_silent_step_is_named_on_a_plain_stream() {
    let log = Log::begun()
        .at(Phase::Steps, 2)
        .started("wait-until ready", Some(60_000))
        .after(5_000)
        .progress("a")
        .progress("b");
    let shared = Shared::default();
    let options = ConsoleOptions {
        surface: Surface::Log,
        colour: false,
        width: 100,
        verbosity: Verbosity::Normal,
        log_times: false,
    };
    let mut console = Console::new(shared.clone(), options);
    for event in &log.events[..2] {
        console.take(event);
    }
    for _ in 0..50 {
        tokio::time::advance(std::time::Duration::from_millis(100)).await;
        console.tick();
    }
    assert_eq!(shared.text().matches("wait-until ready").count(), 1, "{}", shared.text());
    let line = shared.text().lines().nth(1).map(str::to_owned).unwrap_or_default();
    assert!(
        line.starts_with("2026-01-02T03:04:06Z … wait-until ready ") && line.ends_with("1s of 1m"),
        "{line}"
    );
    console.take(&log.events[2]);
    console.take(&log.events[3]);
    let before = shared.text();
    tokio::time::advance(std::time::Duration::from_millis(999)).await;
    console.tick();
    assert_eq!(shared.text(), before);
    tokio::time::advance(std::time::Duration::from_millis(1)).await;
    console.tick();
    let line = "2026-01-02T03:04:10Z … wait-until ready  b ";
    assert!(shared.text()[before.len()..].starts_with(line), "{}", shared.text());
}

/// A terminal that grows narrow has its lines cut to what it is now, and a pipe that closes is told of at the end.
#[test]
fn a_console_follows_its_terminal() {
    let log = Log::begun()
        .at(Phase::Steps, 2)
        .started("wait-until ready", Some(60_000))
        .progress("0/1 ready, and so on");
    let shared = Shared::default();
    let options = ConsoleOptions {
        surface: Surface::Terminal,
        colour: true,
        width: 80,
        verbosity: Verbosity::Normal,
        log_times: false,
    };
    let mut console = Console::new(shared.clone(), options);
    log.events.iter().for_each(|event| console.take(event));
    console.tick();
    let before = shared.text().len();
    console.resize(30);
    console.tick();
    let mut terminal = Emulator::new(30);
    terminal.feed(shared.text()[before..].trim_start_matches('\r'));
    assert_eq!(terminal.screen().lines().count(), 1, "{}", terminal.screen());
    assert!(terminal.screen().contains('…'), "{}", terminal.screen());
    let mut nowhere = [0_u8; 0];
    let mut console = Console::new(&mut nowhere[..], options);
    log.events.iter().for_each(|event| console.take(event));
    assert_eq!(console.finish().map_err(|fault| fault.kind()), Err(std::io::ErrorKind::WriteZero));
}
