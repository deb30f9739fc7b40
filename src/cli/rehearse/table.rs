//! How playbooks end with each fault, as a table: would they notice?
//! It must never run anything.

use super::Rehearsed;
use super::faults;
use crate::escape::{cut, one_line};
use crate::event::Ending;
use crate::rehearsal::faults::FaultKind;
use crate::report;
use unicode_width::UnicodeWidthStr;

/// How much of a reason is shown, in characters.
const REASON: usize = 70;

/// A table that grows by a row a rehearsal.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<[String; 5]>,
}

impl Table {
    /// A playbook as it is.
    pub(super) fn plain(&mut self, playbook: &str, rehearsed: &Rehearsed, as_it_must: bool) {
        let verdict = if as_it_must { "as it must" } else { "NOT AS IT MUST" };
        self.add(playbook, "", rehearsed, verdict);
    }

    /// The same playbook with a fault. Returns whether it stands the test.
    pub(super) fn fault(&mut self, kind: FaultKind, rehearsed: &Rehearsed) -> bool {
        let came = rehearsed.seen.faults.contains(&kind);
        let passed = rehearsed.ending == Ending::Passed;
        let (verdict, stands) = match (came, is_to_be_noticed(kind), passed) {
            (false, ..) => ("does not concern it", true),
            (true, true, false) => ("noticed", true),
            (true, true, true) => ("NOT NOTICED", false),
            (true, false, true) => ("borne", true),
            (true, false, false) => ("not borne", true),
        };
        self.add("", faults::name(kind), rehearsed, verdict);
        stands
    }

    fn add(&mut self, playbook: &str, fault: &str, rehearsed: &Rehearsed, verdict: &str) {
        let ends = match rehearsed.ending {
            Ending::Passed => "passed",
            Ending::Failed => "failed",
            Ending::Invalid => "invalid",
            Ending::Refused => "refused",
            Ending::TimedOut => "timed out",
            Ending::Interrupted => "interrupted",
            Ending::Terminated => "terminated",
        };
        let verdict = match &rehearsed.failure {
            Some(reason) => format!("{verdict}: {}", cut(&one_line(reason), REASON)),
            None => verdict.to_owned(),
        };
        let after = report::took(u64::try_from(rehearsed.took.as_millis()).unwrap_or(u64::MAX));
        self.rows.push([one_line(playbook).into_owned(), fault.into(), ends.into(), after, verdict]);
    }

    /// The table as text, columns aligned.
    pub(super) fn draw(&self) -> String {
        let heads = ["playbook", "fault", "ends", "after", "verdict"].map(str::to_owned);
        let rows: Vec<&[String; 5]> = std::iter::once(&heads).chain(&self.rows).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..heads.len()).map(width).collect();
        let mut drawn = String::new();
        for row in rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
            }
            drawn.push_str(line.trim_end());
            drawn.push('\n');
        }
        drawn
    }
}

/// Whether a playbook that passes with this fault has not noticed what it is there to notice.
fn is_to_be_noticed(kind: FaultKind) -> bool {
    match kind {
        FaultKind::ImagePull
        | FaultKind::CrashLoop
        | FaultKind::NeverReady
        | FaultKind::Quota
        | FaultKind::Forbidden
        | FaultKind::OperatorDown => true,
        FaultKind::Slow | FaultKind::Conflict | FaultKind::ApiOutage | FaultKind::WatchDrop => false,
    }
}
