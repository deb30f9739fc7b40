//! What must hold whatever the events say.

use super::emulator::Emulator;
use super::log::{Log, place};
use crate::escape::is_hidden;
use crate::event::*;
use crate::report::{ConsoleOptions, Surface, Verbosity};
use crate::source::Place;
use proptest::prelude::*;

/// Texts with many characters that terminals obey, and some that take two columns or none.
fn text() -> impl Strategy<Value = String> {
    let hostile = prop_oneof![
        Just('\u{1b}'),
        Just('\r'),
        Just('\n'),
        Just('\u{7}'),
        Just('\t'),
        Just('\u{9b}'),
        Just('\u{85}'),
        Just('\u{202e}'),
        Just('\u{2028}'),
        Just('日'),
        Just('\u{301}'),
        Just('\u{fe0f}'),
        Just('['),
        Just('1'),
        Just('A'),
        Just('J'),
        any::<char>(),
    ];
    prop::collection::vec(hostile, 0..50).prop_map(|chars| chars.into_iter().collect())
}

/// A run with these texts in every field that holds one.
fn log(texts: &[String], outcome: Outcome, odd: usize) -> Log {
    let text = |at: usize| texts[at % texts.len()].clone();
    let odd_place = Place {
        file: text(8),
        source: text(9),
        offset: odd,
        length: odd,
        source_line: odd.max(1),
        ..place("apply")
    };
    let mut failure = Failure::new(Cause::Unmet, text(0)).help(text(1)).at(odd_place);
    failure.unmet = vec![
        Unmet {
            object: text(2).into(),
            path: text(3).into(),
            actual: text(4).into(),
            wanted: text(5).into()
        };
        2
    ];
    failure.refusal = Some(Refusal { code: 422, reason: text(6), message: text(7) });
    failure.details = texts.to_vec();
    let finished = EventKind::StepFinished {
        outcome,
        words: text(3),
        duration_ms: 5,
        failure: Some(failure.clone()),
        kept_going: true,
        saved: [(text(1), crate::json::json!({ (text(2)): text(3) }))].into_iter().collect(),
        evidence: texts.to_vec(),
    };
    Log::default()
        .start(&text(0), &[&text(1), &text(2)])
        .at(Phase::Steps, 2)
        .started(&text(4), Some(10))
        .attempt(2)
        .progress(&text(5))
        .wrote(&text(6), Operation::Created, &[&text(7)])
        .wrote(&text(7), Operation::Patched, &[&text(6)])
        .trouble(Some(500), &text(8), 3, None)
        .event(EventKind::Warning { message: text(9) })
        .event(EventKind::StepRetried { delay_ms: 1, failure: failure.clone() })
        .event(EventKind::Asked { text: text(0) })
        .event(EventKind::Answered { go_on: false, by: text(1) })
        .event(EventKind::Interrupted { signal: text(2), grace_ms: Some(5) })
        .event(finished)
        .event(EventKind::LeftBehind { objects: texts.to_vec(), command: text(3) })
        .ended(Ending::Failed, [0, 1, 0], 5, Some(failure))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_text_reaches_the_console_raw(
        texts in prop::collection::vec(text(), 1..12),
        outcome in prop::sample::select(&[Outcome::Passed, Outcome::Failed, Outcome::Skipped, Outcome::Interrupted][..]),
        odd in prop_oneof![0usize..60, Just(usize::MAX)],
        width in 0usize..130,
        verbosity in prop::sample::select(&[Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose][..]),
    ) {
        let log = log(&texts, outcome, odd);
        let plain = log.told(ConsoleOptions { surface: Surface::Log, colour: false, width, verbosity, log_times: false });
        prop_assert!(!plain.contains(|c| c != '\n' && is_hidden(c)), "{plain:?}");
        let lines = plain.lines().count();
        prop_assert_eq!(lines, plain.lines().filter(|line| line.starts_with("2026-01-02T03:04:05Z")).count());
        // The emulator panics at whatever is not the console's own.
        let terminal = log.told(ConsoleOptions { surface: Surface::Terminal, colour: true, width, verbosity, log_times: false });
        let mut emulator = Emulator::new(width.max(2));
        emulator.feed(&terminal);
        prop_assert!(!emulator.screen().contains(|c| c != '\n' && is_hidden(c)), "{terminal:?}");
        prop_assert!(!emulator.screen().contains(|c| ('⠋'..='⠿').contains(&c)), "a live line is left: {}", emulator.screen());
    }
}
