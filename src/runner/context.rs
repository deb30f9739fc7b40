//! What a verb has in its hands while its step runs.
//! It must never know how events are shown, nor whether this is a rehearsal.

use super::outstanding::Outstanding;
use super::trouble;
use crate::cluster::Cluster;
use crate::diagnostic::Diagnostics;
use crate::event::{Cause, EventKind, Failure, StepPath};
use crate::json::Value;
use crate::plan::{self, Object, Plan, secret};
use crate::playbook::action::{Action, Apply};
use crate::playbook::decode::{Decode, Decoder};
use crate::playbook::duration;
use crate::playbook::expression::When;
use crate::playbook::late::Late;
use crate::playbook::template::{self, Scope};
use crate::source::{Place, Sources, Span, Tree};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

/// What is told while a run lasts.
pub(super) enum Told {
    /// Something happened: in which step, in which attempt, what.
    Event(Option<StepPath>, Option<u32>, EventKind),
    /// These values must not be shown from now on.
    Mask(Vec<String>),
}

/// Tells events of one step.
#[derive(Clone)]
pub(super) struct Teller {
    sender: UnboundedSender<Told>,
    step: Option<StepPath>,
    attempt: Option<u32>,
}

impl Teller {
    /// A teller of what belongs to no step.
    pub(super) fn new(sender: UnboundedSender<Told>) -> Teller {
        Teller { sender, step: None, attempt: None }
    }

    /// A teller of a step.
    pub(super) fn of(&self, step: &StepPath) -> Teller {
        Teller { sender: self.sender.clone(), step: Some(step.clone()), attempt: None }
    }

    /// A teller of an attempt of the step.
    pub(super) fn attempt(&self, attempt: u32) -> Teller {
        Teller { attempt: Some(attempt), ..self.clone() }
    }

    /// Tells it. Nobody listens only when the run is over.
    pub(super) fn tell(&self, kind: EventKind) {
        let _ = self.sender.send(Told::Event(self.step.clone(), self.attempt, kind));
    }

    /// Sees to it that what a Secret holds is not shown.
    pub(super) fn mask(&self, object: &Value) {
        let values = secret::values(object);
        if !values.is_empty() {
            let _ = self.sender.send(Told::Mask(values));
        }
    }

    /// Tells a warning.
    pub(super) fn warn(&self, message: impl Into<String>) {
        self.tell(EventKind::Warning { message: message.into() });
    }
}

/// A deadline from outside of the step.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    /// When.
    pub at: Instant,
    /// Whose it is, such as `the run's timeout (20m)`.
    pub of: String,
}

/// How a step goes about what it does while the run is being ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// It takes its time.
    Full,
    /// It sends what is outstanding and waits for nothing.
    Hurried,
}

/// What a verb has in its hands.
pub(super) struct Context<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The texts, for places.
    pub sources: &'a Sources,
    /// The cluster, patient until the attempt's deadline.
    pub cluster: Cluster,
    /// When the step began.
    pub began: Instant,
    /// The attempt's deadline.
    pub deadline: Option<Instant>,
    /// The deadline of what the step belongs to.
    pub bound: Option<&'a Bound>,
    /// What expressions may name now.
    pub scope: &'a Scope,
    /// Writes that go on when the step is ended.
    pub outstanding: &'a Outstanding,
    /// The step.
    pub step: &'a plan::Step,
    /// Tells what happens.
    pub teller: Teller,
    /// How to go about it.
    pub pace: Pace,
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Done {
    /// Its result: one object where the target names one, else a list.
    pub value: Value,
    /// In short, for the console.
    pub words: String,
    /// Why the status was believed.
    pub evidence: Vec<String>,
}

impl Done {
    /// A result with its words.
    pub(super) fn new(value: Value, words: impl Into<String>) -> Done {
        Done { value, words: words.into(), evidence: Vec::new() }
    }

    /// The result of several objects: one is itself, more are a list.
    pub(super) fn of(mut values: Vec<Value>, words: impl Into<String>) -> Done {
        let value = if values.len() == 1 { values.remove(0) } else { values.into() };
        Done::new(value, words)
    }
}

impl Context<'_> {
    /// The value of a field, which may have waited for what earlier steps saved.
    pub(super) fn late<T: Decode + Clone>(&self, field: &Late<T>) -> Result<T, Failure> {
        let tree = match field {
            Late::Known { value, .. } => return Ok(value.clone()),
            Late::Open(tree) => tree,
        };
        let filled = self.fill(tree)?;
        let mut found = Diagnostics::new();
        let (at, origin) = template::origin(tree).unwrap_or((tree.span, "an expression gave this".into()));
        let decoded = T::decode(&filled, &mut Decoder::late(&mut found, at, origin.clone()));
        decoded.filter(|_| !found.has_errors()).ok_or_else(|| {
            let first =
                found.in_order().first().map(|finding| (finding.message.clone(), finding.help.clone()));
            let (message, help) = first.unwrap_or(("this does not fit here".into(), None));
            let value = Value::to_string(&filled.to_value());
            let mut failure = Failure::new(Cause::Invalid, message).at(self.place(at));
            failure.help = help;
            failure.details.push(format!("{origin}: {value}"));
            failure
        })
    }

    /// The same of a field that may be left out.
    pub(super) fn maybe<T: Decode + Clone>(&self, field: Option<&Late<T>>) -> Result<Option<T>, Failure> {
        field.map(|field| self.late(field)).transpose()
    }

    /// A tree with every expression filled in.
    pub(super) fn fill(&self, tree: &Tree) -> Result<Tree, Failure> {
        template::fill(tree, self.scope).map_err(|findings| {
            let Some(first) = findings.first() else {
                return Failure::new(Cause::Invalid, "an expression has no value");
            };
            let mut failure = Failure::new(Cause::Invalid, first.message.clone()).at(self.place(first.span));
            failure.help = first.help.clone();
            failure
        })
    }

    /// Why the step is skipped; nothing if it runs.
    pub(super) fn asked(&self, when: &When) -> Result<Option<String>, Failure> {
        let expression = &when.0;
        let answer = expression.value(&Value::Object(self.scope.known.clone()));
        match answer {
            Ok(Value::Bool(true)) => Ok(None),
            Ok(Value::Bool(false)) => Ok(Some(format!("`when: {}` is false", expression.source().trim()))),
            Ok(other) => {
                let message =
                    format!("`when` must be true or false, and `{}` is {other}", expression.source().trim());
                Err(Failure::new(Cause::Invalid, message).at(self.place(expression.span())))
            }
            Err(message) => Err(Failure::new(Cause::Invalid, message).at(self.place(expression.span()))),
        }
    }

    /// What the console shows.
    pub(super) fn name(&self) -> String {
        match &self.step.envelope.name {
            Some(name) => self.late(name).unwrap_or_else(|_| self.step.title.clone()),
            None => self.step.title.clone(),
        }
    }

    /// The objects that the step acts on, as far as they are known before it runs.
    pub(super) fn targets(&self) -> Vec<String> {
        match (&self.step.action, self.step.action.target()) {
            (Action::Apply(Apply { manifest: Some(manifest), .. }), _) => {
                self.plan.objects_at(manifest.span()).map(Object::title).collect()
            }
            (Action::Pause(_) | Action::Sleep(_), _) => Vec::new(),
            (_, None) => self.plan.default_target().map(Object::title).collect(),
            (_, Some(target)) => target.known().map(|target| target.source()).into_iter().collect(),
        }
    }

    /// Whether somebody reads the step's result.
    pub(super) fn wants_result(&self) -> bool {
        self.step.envelope.save.is_some() || self.step.envelope.expect.is_some()
    }

    /// Which deadline has passed: `within 3s`, or `before the run's timeout (20m) had passed`.
    pub(super) fn in_time(&self) -> String {
        match self.bound.filter(|bound| self.deadline == Some(bound.at)) {
            Some(bound) => format!("before {} had passed", bound.of),
            None => format!("within {}", duration::words(self.step_time())),
        }
    }

    /// How long the step has taken, to a tenth of a second.
    fn step_time(&self) -> Duration {
        let end = self.deadline.unwrap_or_else(Instant::now);
        let spent = end.saturating_duration_since(self.began).as_millis();
        Duration::from_millis(u64::try_from(spent / 100 * 100).unwrap_or(u64::MAX))
    }

    /// A place in the playbook or a manifest.
    pub(super) fn place(&self, span: Span) -> Place {
        self.sources.place(span)
    }

    /// A refusal or an outage as a failure of this step.
    pub(super) fn failed(&self, what: &str, error: crate::cluster::Error) -> Failure {
        trouble::failure(what, error).at(self.place(self.step.verb))
    }
}
