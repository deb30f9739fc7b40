//! Event logs written by hand, with a clock of their own, and what the console makes of them.
//! It must never know what is expected.

use super::emulator::Emulator;
use crate::event::*;
use crate::json::{Map, json};
use crate::report::{Console, ConsoleOptions, Reporter, Surface, Verbosity};
use crate::source::{Place, Sources, Span};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

/// The playbook that the logs speak of.
pub(super) const PLAYBOOK: &str = "\
name: scale-test
manifest: manifests/iris.yaml
steps:
  - apply
  - wait-until: ready
  - name: scale it to 2
    scale: 2
  - id: up
    wait-until:
      condition: $.status.replicas >= 2
finally:
  - delete
";

/// What a writer of a console got.
#[derive(Clone, Default)]
pub(super) struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).expect("the console writes UTF-8")
    }
}

/// A place in the playbook: the first of a text.
pub(super) fn place(of: &str) -> Place {
    let mut sources = Sources::new();
    let file = sources.add("playbooks/scale-test.yaml", PLAYBOOK);
    let start = PLAYBOOK.find(of).expect("the playbook has it");
    let number = |at: usize| u32::try_from(at).expect("a small playbook");
    sources.place(Span { file, start: number(start), end: number(start + of.len()) })
}

pub(super) fn path(phase: Phase, index: &[u32]) -> StepPath {
    StepPath { phase, index: index.to_vec(), iteration: Vec::new() }
}

pub(super) fn unmet(path: &str, actual: &str, wanted: &str) -> Unmet {
    let text = |text: &str| text.to_owned();
    Unmet {
        object: text("SeldonDeployment/iris").into(),
        path: text(path).into(),
        actual: text(actual).into(),
        wanted: text(wanted).into(),
    }
}

/// Events in order, and the steps that the console of a terminal is ticked between them.
#[derive(Default)]
pub(super) struct Log {
    pub events: Vec<Event>,
    elapsed_ms: u64,
    step: Option<StepPath>,
    attempt: Option<u32>,
}

impl Log {
    /// A log whose run has begun.
    pub(super) fn begun() -> Log {
        Log::default().start("scale-test", &["SeldonDeployment/iris"])
    }

    pub(super) fn start(self, name: &str, objects: &[&str]) -> Log {
        let planned = |phase, number: u32, name: &str, at: &str| PlannedStep {
            step: path(phase, &[number]),
            id: None,
            name: name.to_owned(),
            verb: name.split(' ').next().unwrap_or_default().to_owned(),
            place: place(at),
        };
        self.event(EventKind::RunStarted {
            tool: Tool { name: "seldonplay".into(), version: "0.1.0".into() },
            playbook: PlaybookInfo {
                name: name.to_owned(),
                file: "playbooks/scale-test.yaml".into(),
                text: PLAYBOOK.into(),
                description: Some("Create, scale, delete.".into()),
                tags: Vec::new(),
            },
            mode: Mode::Run,
            seed: 7,
            cluster: Some(ClusterInfo {
                server: "https://10.0.0.1:6443".into(),
                context: Some("staging".into()),
            }),
            namespace: "seldon".into(),
            vars: Map::new(),
            objects: objects.iter().map(|object| (*object).to_owned()).collect(),
            steps: vec![
                planned(Phase::Steps, 1, "apply", "apply"),
                planned(Phase::Steps, 2, "wait-until ready", "wait-until: ready"),
                planned(Phase::Steps, 3, "scale it to 2", "scale: 2"),
                planned(Phase::Steps, 4, "up", "wait-until:\n"),
                planned(Phase::Finally, 1, "delete", "delete"),
            ],
        })
    }

    /// Time passes.
    pub(super) fn after(mut self, ms: u64) -> Log {
        self.elapsed_ms += ms;
        self
    }

    /// What follows belongs to this step.
    pub(super) fn at(mut self, phase: Phase, number: u32) -> Log {
        self.step = Some(path(phase, &[number]));
        self.attempt = None;
        self
    }

    /// What follows belongs to no step.
    pub(super) fn run(mut self) -> Log {
        self.step = None;
        self
    }

    pub(super) fn attempt(mut self, attempt: u32) -> Log {
        self.attempt = Some(attempt);
        self
    }

    pub(super) fn event(mut self, kind: EventKind) -> Log {
        let began: jiff::Timestamp = "2026-01-02T03:04:05Z".parse().expect("a time");
        let at = began.checked_add(Duration::from_millis(self.elapsed_ms)).expect("a time");
        self.events.push(Event {
            version: VERSION,
            seq: self.events.len() as u64 + 1,
            at: format!("{at:.3}"),
            elapsed_ms: self.elapsed_ms,
            run: "r1".into(),
            step: self.step.clone(),
            attempt: self.attempt,
            kind,
        });
        self
    }

    pub(super) fn started(self, name: &str, deadline_ms: Option<u64>) -> Log {
        let verb = name.split(' ').next().unwrap_or_default().to_owned();
        let targets = vec!["SeldonDeployment/iris".to_owned()];
        self.event(EventKind::StepStarted { name: name.to_owned(), verb, targets, deadline_ms })
    }

    pub(super) fn progress(self, words: &str) -> Log {
        let unmet = vec![unmet("$.status.state", "'Creating'", "== 'Available'")];
        self.event(EventKind::StepProgress { met: 0, total: 1, words: words.to_owned(), unmet })
    }

    pub(super) fn wrote(self, object: &str, operation: Operation, fields: &[&str]) -> Log {
        self.event(EventKind::ObjectWritten {
            object: object.to_owned(),
            namespace: Some("seldon".into()),
            operation,
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            resource_version: Some("12".into()),
        })
    }

    pub(super) fn finished(
        self,
        outcome: Outcome,
        words: &str,
        duration_ms: u64,
        failure: Option<Failure>,
    ) -> Log {
        self.event(EventKind::StepFinished {
            outcome,
            words: words.to_owned(),
            duration_ms,
            failure,
            kept_going: false,
            saved: [("url".to_owned(), json!("http://iris"))].into_iter().collect(),
            evidence: vec!["observedGeneration 3 is the generation".into()],
        })
    }

    pub(super) fn passed(self, words: &str, duration_ms: u64) -> Log {
        self.finished(Outcome::Passed, words, duration_ms, None)
    }

    pub(super) fn trouble(
        self,
        status: Option<u16>,
        message: &str,
        count: u64,
        outage_ms: Option<u64>,
    ) -> Log {
        let what = "watching SeldonDeployments".to_owned();
        self.event(EventKind::TransportTrouble {
            what,
            status,
            message: message.to_owned(),
            count,
            outage_ms,
        })
    }

    pub(super) fn ended(
        self,
        ending: Ending,
        counts: [u32; 3],
        duration_ms: u64,
        failure: Option<Failure>,
    ) -> Log {
        let [passed, failed, skipped] = counts;
        let troubles = self
            .events
            .iter()
            .filter(|event| matches!(event.kind, EventKind::TransportTrouble { .. }))
            .count();
        self.run().event(EventKind::RunFinished {
            ending,
            exit_code: ending.exit_code(),
            counts: Counts { passed, failed, skipped },
            duration_ms,
            requests: Requests {
                total: 14,
                get: 2,
                list: 4,
                watch: 4,
                write: 4,
                troubles: troubles as u64,
                ..Requests::default()
            },
            failure,
        })
    }

    /// The three steps before the one that is of interest, all well.
    pub(super) fn three_well(self) -> Log {
        self.at(Phase::Steps, 1)
            .started("apply", Some(300_000))
            .after(90)
            .wrote("SeldonDeployment/iris", Operation::Created, &[])
            .after(20)
            .passed("", 110)
            .at(Phase::Steps, 2)
            .started("wait-until ready", Some(300_000))
            .after(40)
            .progress("not fresh yet")
            .after(300)
            .progress("iris-default-0-classifier 0/1 ready")
            .after(40_900)
            .passed("available, 1/1 replicas", 41_240)
            .at(Phase::Steps, 3)
            .started("scale it to 2", Some(300_000))
            .after(100)
            .wrote("SeldonDeployment/iris", Operation::Scaled, &["spec.predictors[0].replicas: 1 → 2"])
            .passed("predictor default: 1 → 2 (spec.predictors[0].replicas)", 100)
    }

    /// What a console writes of it, a tick after each event.
    pub(super) fn told(&self, options: ConsoleOptions) -> String {
        // A clock that stands still: only the events' own times count.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let _clock = runtime.enter();
        let shared = Shared::default();
        let mut console = Console::new(shared.clone(), options);
        for event in &self.events {
            console.take(event);
            console.tick();
        }
        console.finish().expect("memory does not break");
        shared.text()
    }

    /// What a terminal of a width shows in the end.
    pub(super) fn seen(&self, width: usize) -> String {
        let mut terminal = Emulator::new(width);
        terminal.feed(&self.told(ConsoleOptions {
            surface: Surface::Terminal,
            colour: true,
            width,
            verbosity: Verbosity::Normal,
            log_times: false,
        }));
        terminal.screen()
    }

    /// What a plain stream holds in the end.
    pub(super) fn plain(&self, verbosity: Verbosity) -> String {
        self.told(ConsoleOptions {
            surface: Surface::Log,
            colour: false,
            width: 100,
            verbosity,
            log_times: false,
        })
    }
}
