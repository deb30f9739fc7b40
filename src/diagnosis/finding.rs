//! What is wrong with an object or below it, as data: the sentence, its evidence, what to try.
//! Must never know how it was found or how it is shown.

use std::fmt;

/// How many objects of one finding are named in its evidence.
const MOST_EVIDENCE: usize = 12;

/// Something that is wrong, and why that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's stable name, `image-pull`.
    pub rule: &'static str,
    /// The object at fault, `Deployment/web`: for Pods what made them, since that is what people wrote.
    pub object: String,
    /// What is wrong with it, a sentence without its subject and full stop.
    pub what: String,
    /// What shows it, a line each: states, events, last lines of a log.
    pub evidence: Vec<String>,
    /// What to try.
    pub fix: Option<String>,
}

impl Finding {
    /// Something wrong with an object.
    pub(super) fn new(rule: &'static str, object: impl Into<String>, what: impl Into<String>) -> Finding {
        let (object, what) = (object.into(), what.into());
        Finding { rule, object, what, evidence: Vec::new(), fix: None }
    }

    /// The same with a line of evidence.
    pub(super) fn shown_by(mut self, line: impl Into<String>) -> Finding {
        self.evidence.push(line.into());
        self
    }

    /// The same with lines of evidence.
    pub(super) fn shown_by_all(mut self, lines: impl IntoIterator<Item = String>) -> Finding {
        self.evidence.extend(lines);
        self
    }

    /// The same with what to try.
    pub(super) fn fix(mut self, fix: impl Into<String>) -> Finding {
        self.fix = Some(fix.into());
        self
    }

    /// The whole sentence, without a full stop: `Deployment/web: the image web:2 of container web cannot be pulled`.
    pub fn sentence(&self) -> String {
        format!("{}: {}", self.object, self.what)
    }

    /// Folds what is the same of several objects into one.
    pub(super) fn fold(findings: Vec<Finding>) -> Vec<Finding> {
        let mut folded: Vec<Finding> = Vec::new();
        for finding in findings {
            let same = |known: &&mut Finding| {
                (known.rule, &known.object, &known.what) == (finding.rule, &finding.object, &finding.what)
            };
            match folded.iter_mut().find(same) {
                Some(known) => {
                    for line in finding.evidence {
                        if !known.evidence.contains(&line) && known.evidence.len() < MOST_EVIDENCE {
                            known.evidence.push(line);
                        }
                    }
                }
                None => folded.push(finding),
            }
        }
        folded
    }
}

impl fmt::Display for Finding {
    /// The sentence, then its evidence and what to try, a line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} [{}]", self.sentence(), self.rule)?;
        self.evidence.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        self.fix.iter().try_for_each(|fix| writeln!(f, "  try: {fix}"))
    }
}
